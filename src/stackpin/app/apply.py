"""``stackpin apply``: put the tuple into a file that another tool reads; what kind of file it is, its name tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stackpin.app.emit import EmitJob, emission_of
from stackpin.effects.files import LocalFiles
from stackpin.errors import InputUnreadable, UsageError
from stackpin.model.value import Value, replace
from stackpin.parse.text_input import refuse_conflict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stackpin.app.compile import Compiled, Job, Workshop
    from stackpin.model.emission import Emission

__all__ = ["Applied", "ApplyJob", "apply"]


_PROJECT = "pyproject.toml"
_RENOVATE = "renovate"
_DEPENDABOT = "dependabot"
#: Names by which each bot finds its file. Sources: Renovate's "Configuration options", GitHub's "Dependabot options".
_NAMES = {
    "pyproject.toml": _PROJECT,
    "renovate.json": _RENOVATE,
    "renovate.json5": _RENOVATE,
    ".renovaterc": _RENOVATE,
    ".renovaterc.json": _RENOVATE,
    ".renovaterc.json5": _RENOVATE,
    "dependabot.yml": _DEPENDABOT,
    "dependabot.yaml": _DEPENDABOT,
}


class ApplyJob(Value):
    """What one ``apply`` is asked for: the file, the stacks (those of the settings where none is named), and the tags.

    ``check`` is whether nothing is to be written. ``documents`` is where Renovate finds its document.
    """

    path: Path
    job: Job
    tags: tuple[str, ...] = ()
    check: bool = False
    documents: str = ""


class Applied(NamedTuple):
    """The text of a file before and after, and what the person should know."""

    before: str
    after: str
    notes: tuple[str, ...]


class _Patched(NamedTuple):
    """A text with the tuple in it, and what is said of the user's own settings that speak of the same."""

    text: str
    notes: tuple[str, ...] = ()


def apply(asked: ApplyJob, workshop: Workshop) -> Applied:
    """Put the tuple of the stacks into a file; written whole, or not at all.

    :raises UsageError: when no stack is named or set, the file is of no kind that can be patched, or its own settings
        contradict the tuple.
    :raises InputUnreadable: when the file is not there, cannot be read as what it is, or cannot be patched without loss.
    :raises NoTuple: when no tuple satisfies the stacks.
    :raises FileUnwritable: when the file cannot be written.
    """
    path = asked.path
    kind = _kind_of(path)
    stacks = asked.job.requirements or workshop.settings.stack
    if not stacks:
        raise UsageError(
            "no stack is named",
            expected="--stack, STACKPIN_STACK, or stack = [...] in [tool.stackpin]",
            hint=f"stackpin apply {path} --stack sglang",
        )
    raw = LocalFiles().read(path)
    if raw is None:
        raise InputUnreadable("there is no such file", where=str(path), expected=kind)
    before = _decoded(raw, path)
    jobs = [replace(asked.job, requirements=stacks, cuda=tag) for tag in asked.tags or (asked.job.cuda,)]
    if kind != _PROJECT and len(jobs) > 1:
        raise UsageError(f"{kind} holds one tuple", got=" ".join(asked.tags), expected="one --cuda")
    compiled = [_compiled(job, workshop) for job in jobs]
    if kind == _PROJECT:
        from stackpin.app.apply_project import wanted_of
        from stackpin.patch.uv_project import with_tuple
        from stackpin.patch.uv_project_notes import notes_on

        wanted, where = wanted_of(compiled, workshop), str(path)
        after = with_tuple(before, wanted, where=where)
        done = _Patched(after, notes_on(after, wanted, where=where))
    else:
        emission = emission_of(compiled[0], EmitJob(format=kind, job=jobs[0], documents=asked.documents), workshop)
        done = _patch_of(kind)(before, emission, str(path))
    if done.text != before and not asked.check:
        # A link stays one: what it leads to is replaced.
        LocalFiles().write(path.resolve() if path.is_symlink() else path, _encoded(done.text, raw))
    notes = [note for each in compiled for note in each.notes]
    return Applied(before, done.text, tuple(dict.fromkeys([*notes, *done.notes])))


def _kind_of(path: Path) -> str:
    """The kind of a file by its name.

    :raises UsageError: where there is none.
    """
    kind = _NAMES.get(path.name)
    if kind is None:
        raise UsageError("files of this name cannot be patched", got=path.name, expected=", ".join(sorted(_NAMES)))
    return kind


def _patch_of(kind: str) -> Callable[[str, Emission, str], _Patched]:
    """The patch of a kind: text, tuple and the file's name in."""
    if kind == _RENOVATE:
        from stackpin.emit.renovate import renovate_rules
        from stackpin.patch.renovate import with_rules

        return lambda text, emission, where: _Patched(*with_rules(text, renovate_rules(emission), where=where))
    from stackpin.emit.dependabot import dependabot_entry
    from stackpin.patch.dependabot import with_group

    return lambda text, emission, where: _Patched(*with_group(text, dependabot_entry(emission), where=where))


def _compiled(job: Job, workshop: Workshop) -> Compiled:
    from stackpin.app.compile import compile_job
    from stackpin.version import VERSION

    return compile_job(job, workshop, version=VERSION)


_BOM = "\ufeff".encode()


def _decoded(raw: bytes, path: Path) -> str:
    try:
        text = raw.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        raise InputUnreadable("the file is no UTF-8", where=str(path), got=str(error), expected="UTF-8") from error
    refuse_conflict(text, str(path))  # a parser tells its marks in words of its own
    return text


def _encoded(text: str, raw: bytes) -> bytes:
    """A text as bytes, with the byte order mark that the file had."""
    return (_BOM if raw.startswith(_BOM) else b"") + text.encode()
