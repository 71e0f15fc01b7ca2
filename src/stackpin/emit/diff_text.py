"""What changes between two tuples, as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.change import ChangeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stackpin.model.change import Change, Difference, Stated, TargetChange

__all__ = ["diff_text", "kind_text", "name_of", "summary_of", "target_line"]

_COUNTED = {
    ChangeKind.UPGRADE: "upgrade",
    ChangeKind.DOWNGRADE: "downgrade",
    ChangeKind.BUILD: "other build",
    ChangeKind.BOUND: "other bound",
    ChangeKind.PINNED: "newly pinned",
    ChangeKind.FREED: "now only bounded",
    ChangeKind.ADDED: "added",
    ChangeKind.REMOVED: "removed",
}
_PLURALS = {"upgrade", "downgrade", "other build", "other bound"}
_NOTHING = "-"


def name_of(stated: Stated) -> str:
    """A tuple by its anchors and its tag: ``sglang 0.5.6 on cu130``."""
    anchors = " and ".join(f"{name} {version}".strip() for name, version in stated.anchors)
    return f"{anchors or stated.title} on {stated.cuda}"


def summary_of(difference: Difference) -> str:
    """One line: how many members change, and how."""
    if not difference.differs:
        return f"nothing changes: {_count(len(difference.same), 'member')}"
    every = len(difference.members) + len(difference.same)
    parts = [f"{len(difference.members)} of {_count(every, 'member')} change", _tally(difference.members)]
    if difference.others:
        parts.append(f"{_count(len(difference.others), 'other package')} too")
    told = parts[0] + (f": {parts[1]}" if parts[1] else "")
    return "; ".join([told, *parts[2:]])


def kind_text(change: Change | TargetChange) -> str:
    """How a row differs, with what else a reviewer should see."""
    kind = getattr(change, "kind", None)
    return "; ".join(part for part in (kind.value if kind else "", change.note) if part)


def target_line(difference: Difference) -> str:
    """The target that both have."""
    stated = difference.after
    driver = f", NVIDIA driver {stated.driver} or newer" if stated.driver else ""
    pythons = f", Python {stated.python_range}" if stated.pythons else ""
    return f"the same target: {stated.cuda}{driver}{pythons}, linux {stated.machine}"


def diff_text(difference: Difference, *, evidence: bool = False) -> str:
    """The whole text; the same difference gives the same bytes.

    :param evidence: below each package the fact that forced it.
    """
    head = [f"{name_of(difference.before)} to {name_of(difference.after)}", summary_of(difference)]
    blocks = [head, *_blocks(difference, evidence=evidence)]
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block) + "\n"


def _blocks(difference: Difference, *, evidence: bool) -> Iterator[list[str]]:
    yield _table("target", [(row.what, row) for row in difference.target], evidence=False) or [target_line(difference)]
    yield _table("member", [(row.name, row) for row in difference.members], evidence=evidence)
    yield [f"the same in both: {', '.join(difference.same)}"] if difference.same and difference.differs else []
    yield _table("other package", [(row.name, row) for row in difference.others], evidence=False)
    yield _signed("index lines", difference.pages_gone, difference.pages_new)
    kept = [(row, f"{row.name}  {row.note}") for row in difference.kept_out]
    yield _signed(
        "kept out",
        [text for row, text in kept if row.kind is ChangeKind.REMOVED],
        [text for row, text in kept if row.kind is ChangeKind.ADDED],
    )
    yield _signed("notes", difference.notes_gone, difference.notes_new)


def _table(title: str, rows: Sequence[tuple[str, Change | TargetChange]], *, evidence: bool) -> list[str]:
    """Rows with their columns aligned; nothing where there are none."""
    if not rows:
        return []
    cells = [(title, "before", "after", "change")]
    cells += [(name, row.before or _NOTHING, row.after or _NOTHING, kind_text(row)) for name, row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(3)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[3]]) for line in cells
    ]
    if not evidence:
        return lines
    why = ["", *(getattr(row, "why", "") for _, row in rows)]
    return [text for line, reason in zip(lines, why, strict=True) for text in (line, f"    {reason}") if text.strip()]


def _signed(title: str, gone: Iterable[str], new: Iterable[str]) -> list[str]:
    lines = [*(f"- {text}" for text in gone), *(f"+ {text}" for text in new)]
    return [title, *lines] if lines else []


def _tally(changes: Sequence[Change]) -> str:
    """How many of each kind; downgrades by name, for they must not be missed in a long table."""
    kinds = [change.kind for change in changes]
    counted = [(kinds.count(kind), word) for kind, word in _COUNTED.items() if kind in kinds]
    told = {word: _count(number, word) if word in _PLURALS else f"{number} {word}" for number, word in counted}
    down = ", ".join(change.name for change in changes if change.kind is ChangeKind.DOWNGRADE)
    return ", ".join(
        f"{text} ({down})" if word == _COUNTED[ChangeKind.DOWNGRADE] else text for word, text in told.items()
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
