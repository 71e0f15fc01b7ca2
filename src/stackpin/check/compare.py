"""Two tuples side by side: what changes for whoever reviews the step from one to the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from stackpin.model.change import Change, ChangeKind, Difference, Held, Role, Stated, TargetChange
from stackpin.model.cuda import CudaTag, cuda_major

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["compare"]

#: Numbers in a note, which differ from release to release where the note says the same.
_NUMBER = re.compile(r"\d[\w.+]*")


def compare(before: Stated, after: Stated) -> Difference:
    """What changes from one tuple to the other; the same two give the same answer in the same order."""
    members, same = _changes(before, after, Role.MEMBER)
    others, others_same = _changes(before, after, Role.OTHER)
    moved = {change.name for change in (*members, *others)}
    old_notes, new_notes = _notes(before, after)
    return Difference(
        before=before,
        after=after,
        target=tuple(_target(before, after)),
        members=members,
        same=same,
        others=others,
        others_same=others_same,
        kept_out=tuple(change for change in _kept_out(before, after) if change.name not in moved),
        pages_gone=_only(before.pages, after.pages),
        pages_new=_only(after.pages, before.pages),
        notes_gone=_unsaid(old_notes, new_notes),
        notes_new=_unsaid(new_notes, old_notes),
    )


def _only(these: Iterable[str], those: Iterable[str]) -> tuple[str, ...]:
    known = set(those)
    return tuple(each for each in these if each not in known)


def _target(before: Stated, after: Stated) -> Iterator[TargetChange]:
    rows = (
        ("CUDA tag", before.cuda, after.cuda, _tag_note(before.cuda, after.cuda)),
        ("NVIDIA driver", before.driver, after.driver, _newer(before.driver, after.driver, "driver")),
        ("Python", before.python_range, after.python_range, _pythons_note(before, after)),
        ("glibc", before.glibc, after.glibc, _newer(before.glibc, after.glibc, "glibc")),
        ("architecture", before.machine, after.machine, ""),
    )
    for what, old, new, note in rows:
        if old != new:
            yield TargetChange(what=what, before=old, after=new, note=note)


def _tag_note(before: str, after: str) -> str:
    old, new = cuda_major(CudaTag(before)), cuda_major(CudaTag(after))
    if old == new:
        return "the same CUDA major"
    return f"from {f'CUDA {old}' if old else 'CPU'} to {f'CUDA {new}' if new else 'CPU'}"


def _newer(before: str, after: str, what: str) -> str:
    """Whether the machine must have something newer than it had to."""
    if not (before and after):
        return f"a {what} is needed now" if after else f"no {what} is needed any more"
    order = [tuple(map(int, text.split("."))) for text in (before, after)]
    return f"a newer {what} is needed" if order[0] < order[1] else f"an older {what} will do"


def _pythons_note(before: Stated, after: Stated) -> str:
    lost, gained = _only(before.pythons, after.pythons), _only(after.pythons, before.pythons)
    parts = [f"{', '.join(names)} {verb}" for names, verb in ((lost, "lost"), (gained, "gained")) if names]
    return "; ".join(parts)


def _changes(before: Stated, after: Stated, role: Role) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """The packages of a role that differ, and the names of those that do not; what is gone comes last.

    A package that is in this role in one of the two and in the other elsewhere is told here once, with the members.
    """
    old, new = _held(before), _held(after)
    names = [name for name, each in new.items() if each.role is role or (name in old and old[name].role is role)]
    names += [name for name, each in old.items() if each.role is role and name not in new]
    if role is Role.OTHER:
        elsewhere = {each.name for each in (*before.held, *after.held) if each.role is Role.MEMBER}
        names = [name for name in names if name not in elsewhere]
    changes, same = [], []
    for name in names:
        change = _change(name, old.get(name), new.get(name), before, after)
        if change is None:
            same.append(name)
        else:
            changes.append(change)
    return tuple(changes), tuple(same)


def _held(stated: Stated) -> dict[str, Held]:
    """The lines of members and others; what is kept out is not held."""
    return {each.name: each for each in stated.held if each.role is not Role.BLOCK}


def _change(name: str, old: Held | None, new: Held | None, before: Stated, after: Stated) -> Change | None:
    if new is None:
        shown = old.shown if old else ""
        why = old.why if old else ""
        return Change(name=name, kind=ChangeKind.REMOVED, before=shown, after="", note=_gone(name, after), why=why)
    if old is None:
        note = _channel_of(new, after) if _is_elsewhere(new, after) else ""
        return Change(name=name, kind=ChangeKind.ADDED, before="", after=new.shown, note=note, why=new.why)
    kind = _kind(old, new, moved=_channel_of(old, before) != _channel_of(new, after))
    if kind is None:
        return None
    note = _moves(old, new, before, after)
    return Change(name=name, kind=kind, before=old.shown, after=new.shown, note=note, why=new.why)


def _kind(old: Held, new: Held, *, moved: bool) -> ChangeKind | None:
    if not (old.version and new.version):
        if old.shown == new.shown:
            return None
        return ChangeKind.PINNED if new.version else ChangeKind.FREED if old.version else ChangeKind.BOUND
    first, second = _version(old.version), _version(new.version)
    if first is None or second is None:  # a version that PEP 440 does not know has no order
        return ChangeKind.BUILD if old.version != new.version else None
    old_public, new_public = Version(first.public), Version(second.public)
    if old_public != new_public:
        return ChangeKind.UPGRADE if old_public < new_public else ChangeKind.DOWNGRADE
    return ChangeKind.BUILD if first != second or moved else None


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _gone(name: str, after: Stated) -> str:
    """Why a package is not there any more, where the newer tuple says so: another writes its files, or no build is there."""
    block = next((each for each in after.held if each.role is Role.BLOCK and each.name == name), None)
    if block is None:
        return ""
    for each in after.held:
        words = f"{each.name.replace('-', '.')}.{each.version.partition('+')[0]}"
        if each.version and block.specifier.endswith(f".use.{words}"):
            return (
                f"{each.name} {each.version} takes its place ({block.why})"
                if block.why
                else f"{each.name} takes its place"
            )
    return block.why or "is kept out"


def _is_elsewhere(held: Held, stated: Stated) -> bool:
    """Whether a line's build comes from another index than PyPI."""
    return "+" in held.version or any(page.rstrip("/").endswith(f"/{held.name}") for page in stated.pages)


def _channel_of(held: Held, stated: Stated) -> str:
    """Whose build a line takes, in words."""
    if not _is_elsewhere(held, stated):
        return "PyPI's build"
    label = held.version.partition("+")[2]
    return f"the {label} build of another index" if label else "another index's build"


def _moves(old: Held, new: Held, before: Stated, after: Stated) -> str:
    if not (old.version and new.version):
        return ""
    first, second = _channel_of(old, before), _channel_of(new, after)
    return f"from {first} to {second}" if first != second else ""


def _kept_out(before: Stated, after: Stated) -> Iterator[Change]:
    """Blocks that only one of the two has; what a block says to use instead follows from a member."""
    old, new = ({each.name: each for each in side.held if each.role is Role.BLOCK} for side in (before, after))
    for name, each in new.items():
        if name not in old:
            yield Change(name=name, kind=ChangeKind.ADDED, before="", after=each.specifier, note=each.why)
    for name, each in old.items():
        if name not in new:
            yield Change(name=name, kind=ChangeKind.REMOVED, before=each.specifier, after="", note=each.why)


def _notes(before: Stated, after: Stated) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The notes that can be compared: a file alone holds those of its header only."""
    if before.told is None or after.told is None:
        return before.notes, after.notes
    return before.told, after.told


def _unsaid(notes: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    """The notes whose like is not among the others."""
    known = {_NUMBER.sub("#", note) for note in others}
    return tuple(note for note in notes if _NUMBER.sub("#", note) not in known)
