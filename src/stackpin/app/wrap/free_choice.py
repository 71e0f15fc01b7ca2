"""What the tool would choose with nothing of ours: asked of the tool itself, and only once it has failed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from stackpin.app.wrap.addressed import folder_of_call
from stackpin.app.wrap.project import dependency_groups, find_project
from stackpin.effects.files import LocalFiles
from stackpin.effects.process import LocalProcesses, scratch_files
from stackpin.inject.plan import Kind
from stackpin.inject.uv_project import SHARED, option_words
from stackpin.parse.requirement_file import RequirementKind
from stackpin.parse.uv_lock import parse_uv_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from stackpin.app.wrap.holding import Held
    from stackpin.inject.command_line import Call
    from stackpin.inject.plan import Plan

__all__ = ["free_choice", "resolves_held"]

#: A line of uv's dry run for what it would put in; of ``uv lock --dry-run``; of ``uv pip compile``.
_WOULD = re.compile(
    r"^\s*(?:\+ |Add |Update )?([A-Za-z0-9][\w.-]*)(?:==| v[^ ]+ -> v| v)(\S+?)(?: \(from .*\))?$", re.MULTILINE
)
_MINUTES = 600.0
_QUIET = frozenset({"-q", "--quiet", "-qq", "-qqq"})
#: Options of ``pip download``, ``wheel`` and ``lock`` that an installation does not take.
_PLACES = frozenset({"--dest", "--wheel-dir", "--output", "--quiet", "--no-clean"})
_PLAIN = {"NO_COLOR": "1", "UV_NO_PROGRESS": "1"}
_NO_BUILDS = ("--only-binary", ":all:")


def resolves_held(held: Held, plan: Plan) -> bool:
    """Whether the tool finds a solution with the tuple too, so that it failed for another reason than that."""
    call, kind = held.wrapped.call, held.wrapped.kind
    if kind is Kind.UV_PIP and call.verb == ("pip", "install"):
        words = [*plan.words[: call.insert], "--dry-run", *_NO_BUILDS, *plan.words[call.insert :]]
    elif kind is Kind.PIP and call.verb == ("install",):
        words = [*plan.words[: call.insert], "--dry-run", "--quiet", *_NO_BUILDS, *plan.words[call.insert :]]
    else:
        return False
    return _ask(held, words, plan.environ) is not None


def free_choice(held: Held) -> dict[str, str]:
    """What the tool would choose with nothing of ours: normalized name to version; empty where it finds nothing either.

    Nothing is built for that: a build would see what the tuple keeps out.
    """
    if any(line.kind is not RequirementKind.NAME and not line.target.endswith(".whl") for line in held.requested.lines):
        return {}
    kind, call = held.wrapped.kind, held.wrapped.call
    if kind is Kind.PIP:
        return _choice_of_pip(held)
    if kind is Kind.UV_PIP:
        dry = () if call.verb == ("pip", "compile") or call.has("--dry-run") else ("--dry-run",)
        return _listed(held, _loud(call.with_options(*dry, *_NO_BUILDS, *held.in_force.anchors)))
    return _choice_in_project(held) if kind is Kind.PROJECT else {}


def _choice_in_project(held: Held) -> dict[str, str]:
    """What a new lock would hold; for ``uv add``, whose dry run uv does not have, what the requirements come to."""
    call = held.wrapped.call
    project = find_project(call, folder_of_call(call, held.wrapped.cwd))
    if project is None:
        return {}
    script = ("--script", str(project.manifest)) if project.is_script else ()
    if call.verb != ("add",):
        again = _loud(call.words) if call.verb == ("lock",) else ["lock", *script, *option_words(call, SHARED)]
        return _locked_anew(held, project.lock, [again[0], "--dry-run", *again[1:]])
    lines = "".join(f"{line.text}\n" for line in held.requested.lines)
    with scratch_files({"typed.txt": lines}) as folder:
        sources = [str(project.manifest), str(folder / "typed.txt")]
        groups = [] if project.is_script else ["--all-extras", *_groups(dependency_groups(project))]
        plain = ["--no-header", "--no-annotate", *_NO_BUILDS]
        return _listed(held, ["pip", "compile", *sources, *plain, *groups, *_of_compile(call)])


def _locked_anew(held: Held, lock: Path, words: Sequence[str]) -> dict[str, str]:
    """What a lock file would hold: what it holds now, with what uv would change."""
    printed = _ask(held, words, _PLAIN)
    if printed is None:
        return {}
    raw = LocalFiles().read(lock)
    there = parse_uv_lock(raw, str(lock)).packages if raw is not None else ()
    return {**{str(each.name): each.version for each in there}, **dict(_chosen(printed))}


def _groups(names: Sequence[str]) -> list[str]:
    return [word for name in names for word in ("--group", name)]


def _of_compile(call: Call) -> list[str]:
    """The options of a project command that ``uv pip compile`` has too."""
    return [word for word in option_words(call, SHARED) if not word.startswith(("--no-binary", "--no-build"))]


def _loud(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in _QUIET]


def _listed(held: Held, words: Sequence[str]) -> dict[str, str]:
    """The choice that uv prints."""
    printed = _ask(held, words, _PLAIN)
    return dict(_chosen(printed or ""))


def _chosen(text: str) -> Iterator[tuple[str, str]]:
    for match in _WOULD.finditer(text):
        yield str(canonicalize_name(match[1])), match[2]


def _ask(held: Held, words: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """All that the tool prints; None where it fails."""
    wrapped = held.wrapped
    command = [*wrapped.program.argv, *words]
    done = LocalProcesses().run(command, env={**wrapped.environ, **environ}, timeout=_MINUTES)
    return f"{done.stdout}\n{done.stderr}" if done.code == 0 else None


def _choice_of_pip(held: Held) -> dict[str, str]:
    """Pip's own report of a dry run; a command that has none is asked as an installation."""
    call = held.wrapped.call
    words = list(call.with_options(*held.in_force.anchors))
    if call.verb != ("install",):
        options = [each for each in call.options if each.name not in _PLACES]
        words = ["install", *(each.name if each.value is None else f"{each.name}={each.value}" for each in options)]
        words += call.operands
    with scratch_files({}) as folder:
        report = folder / "report.json"
        if _ask(held, [*words, "--dry-run", "--quiet", *_NO_BUILDS, "--report", str(report)], {}) is None:
            return {}
        items = json.loads(report.read_bytes()).get("install", [])
    return {str(canonicalize_name(item["metadata"]["name"])): str(item["metadata"]["version"]) for item in items}
