"""What happens to one invocation of pip.

``-c`` on the command line survives ``--isolated`` and adds to what the user has. Builds listen to ``PIP_CONSTRAINT``
until pip 26.1, to ``--build-constraint`` from 25.3 on, and a pip that a build backend starts to ``PIP_CONSTRAINT`` only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.inject.plan import Kind, Plan, Situation, Watch, joined
from stackpin.inject.repair import refuse_old, repairs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.inject.command_line import Call

__all__ = ["FLOOR", "kind_of", "plan_pip"]

#: The oldest pip whose resolver can be held on every route of the escape suite.
FLOOR = (22, 3)
_SELECTS = {"install", "download", "wheel", "lock"}
_BUILD_CONSTRAINT = (25, 3)


def kind_of(call: Call) -> Kind:
    """What a command of pip can do to a tuple."""
    verb = call.verb[0] if call.verb else ""
    if call.has("--help", "--version") or (verb not in _SELECTS and verb != "uninstall"):
        return Kind.HARMLESS
    return Kind.UNINSTALL if verb == "uninstall" else Kind.PIP


def plan_pip(call: Call, situation: Situation) -> Plan:
    """Hold one ``pip install``, ``download``, ``wheel`` or ``lock`` to the tuple.

    :raises ToolMissing: for a pip that is older than any that can be held.
    :raises Refused: where what is installed cannot be put right in the same run; the error has what to type instead.
    """
    refuse_old("pip", situation.version, FLOOR)
    installs = call.verb == ("install",)
    corrected = repairs(call, situation) if installs else ()
    words = ["-c", situation.materials.constraints]
    if situation.version >= _BUILD_CONSTRAINT and not _in_place(call, situation.environ):
        words += ["--build-constraint", situation.materials.constraints]
    anchors = situation.anchors if installs else ()
    environ = {"PIP_CONSTRAINT": _constraint_variable(situation)}
    if situation.cache:
        environ["PIP_CACHE_DIR"] = situation.cache
    return Plan(
        words=call.with_options(*words, *anchors, *corrected),
        environ=environ,
        watch=Watch.ENVIRONMENT if installs and not call.has("--dry-run") else Watch.NOTHING,
        notes=tuple(f"{word} is corrected on the way: it is outside the tuple" for word in corrected),
    )


def _in_place(call: Call, environ: Mapping[str, str]) -> bool:
    """Whether builds use the environment itself: pip then refuses a build constraint."""
    return call.has("--no-build-isolation") or bool(environ.get("PIP_NO_BUILD_ISOLATION"))


def _constraint_variable(situation: Situation) -> str:
    """Our file beside what the variable, or the configuration that the variable cancels, has already."""
    own = situation.environ.get("PIP_CONSTRAINT") or joined(*situation.configured.get("constraint", ()))
    return joined(own, situation.materials.constraints)
