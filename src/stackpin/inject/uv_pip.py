"""What happens to one ``uv pip`` invocation: install, sync, compile.

``compile`` writes the path of each constraints file beside what it held: there the tuple goes in by a configuration file
instead, which is as strong. ``-c`` replaces ``UV_CONSTRAINT``, and ``-b`` replaces ``UV_BUILD_CONSTRAINT``: what the user's
variables hold is handed on beside ours. uv reads no index line out of a build constraints file, so that the pages go by
``--find-links``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.errors import Refused
from stackpin.inject.plan import Plan, Situation, Watch, joined
from stackpin.inject.repair import command_line, repairs
from stackpin.model.environment import FaultKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.inject.command_line import Call

__all__ = ["build_variables", "build_words", "page_variables", "plan_uv_pip"]

#: Which command the head of a compiled file names.
_HEADER = "UV_CUSTOM_COMPILE_COMMAND"


def plan_uv_pip(call: Call, situation: Situation) -> Plan:
    """Hold one ``uv pip install``, ``sync`` or ``compile`` to the tuple.

    A constraint is stronger than an override, and holds what ``--no-deps`` names.

    :raises Refused: where the call cannot be held; the error has what to type instead.
    """
    _refuse_other_backend(call, situation)
    environ = situation.environ
    compiles = call.verb == ("pip", "compile")
    words = [] if compiles else ["-c", situation.materials.constraints]
    beside = not compiles and not call.has("--constraint", "--constraints")
    for path in environ.get("UV_CONSTRAINT", "").split() if beside else ():
        words += ["-c", path]
    words += build_words(call, situation)
    installs = call.verb == ("pip", "install")
    corrected = repairs(call, situation) if installs else ()
    anchors = situation.anchors if installs else ()
    builds = {fault.name for fault in situation.faults if fault.kind is FaultKind.WRONG_BUILD}
    again = [word for name in sorted(builds) for word in ("--reinstall-package", name)] if installs else []
    changes = call.verb in {("pip", "install"), ("pip", "sync")} and not call.has("--dry-run")
    return Plan(
        words=call.with_options(*words, *again, *anchors, *corrected),
        environ=_header_variable(call, environ),
        watch=Watch.ENVIRONMENT if changes else Watch.NOTHING,
        notes=tuple(f"{word} is corrected on the way: it is outside the tuple" for word in corrected),
        constrained=compiles,
    )


def _header_variable(call: Call, environ: Mapping[str, str]) -> dict[str, str]:
    """What keeps our files, which are gone afterwards, out of the command that ``uv pip compile`` writes on top.

    uv leaves out options that do not bear on the result, and hides credentials; where there may be some, it is left to it.
    """
    if call.verb != ("pip", "compile") or call.has("--custom-compile-command") or environ.get(_HEADER):
        return {}
    words = call.without("--quiet", "--upgrade", "--upgrade-package")
    return {} if any("@" in word for word in words) else {_HEADER: command_line("uv", *words)}


def build_words(call: Call, situation: Situation) -> list[str]:
    """The options that hold isolated builds to the tuple, with what the user's variable has."""
    words = ["-b", situation.materials.constraints]
    if not call.has("--build-constraint", "--build-constraints"):
        for path in situation.environ.get("UV_BUILD_CONSTRAINT", "").split():
            words += ["-b", path]
    if situation.materials.find_links:
        own = (
            ()
            if call.has("--find-links")
            else tuple(filter(None, situation.environ.get("UV_FIND_LINKS", "").split(",")))
        )
        for page in (*situation.materials.find_links, *own):
            words += ["--find-links", page]
    return words


def _refuse_other_backend(call: Call, situation: Situation) -> None:
    """Refuse ``--torch-backend`` with another tag: uv would look for torch on that tag's index alone."""
    asked = call.value("--torch-backend") or situation.environ.get("UV_TORCH_BACKEND", "")
    cuda = str(situation.locked.cuda)
    if not asked or asked == cuda:
        return
    raise Refused(
        f"not run: --torch-backend {asked} takes torch from another index than the tuple's, which is for {cuda}",
        facts=(situation.in_force,),
        ways=(("with the tuple's own builds", _without_backend(call, situation)),),
    )


def _without_backend(call: Call, situation: Situation) -> str:
    """The same command, with nothing that names a backend."""
    variable = ("env", "-u", "UV_TORCH_BACKEND") if situation.environ.get("UV_TORCH_BACKEND") else ()
    return command_line(*variable, "stackpin", call.tool, *call.without("--torch-backend"), *situation.own.words)


def build_variables(situation: Situation) -> dict[str, str]:
    """The variables that hold isolated builds, with what the user's own have."""
    own = situation.environ.get("UV_BUILD_CONSTRAINT", "")
    return {"UV_BUILD_CONSTRAINT": joined(own, situation.materials.constraints), **page_variables(situation)}


def page_variables(situation: Situation) -> dict[str, str]:
    """The variable that names the pages of builds that PyPI does not carry; a lock would name them too."""
    if not situation.materials.find_links:
        return {}
    pages = [*situation.environ.get("UV_FIND_LINKS", "").split(","), *situation.materials.find_links]
    return {"UV_FIND_LINKS": ",".join(filter(None, pages))}
