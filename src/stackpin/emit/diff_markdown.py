"""What changes between two tuples, as Markdown for a pull request: the tables in sight, the evidence folded away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.emit.diff_text import kind_text, name_of, summary_of, target_line
from stackpin.model.change import ChangeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stackpin.model.change import Change, Difference, TargetChange

__all__ = ["diff_markdown"]


def diff_markdown(difference: Difference) -> str:
    """The whole text, in GitHub's Markdown; the same difference gives the same bytes."""
    before, after = name_of(difference.before), name_of(difference.after)
    blocks = [f"**{before} → {after}**: {summary_of(difference)}"]
    blocks += _table("member", [(row.name, row) for row in difference.members])
    blocks += _table("target", [(row.what, row) for row in difference.target]) or [_escaped(target_line(difference))]
    blocks += [_folded(title, lines) for title, lines in _details(difference) if lines]
    return "\n\n".join(blocks) + "\n"


def _table(title: str, rows: Sequence[tuple[str, Change | TargetChange]]) -> list[str]:
    if not rows:
        return []
    lines = [f"| {title} | before | after | change |", "|---|---|---|---|"]
    lines += [f"| {name} | {_cell(row.before)} | {_cell(row.after)} | {_kind(row)} |" for name, row in rows]
    return ["\n".join(lines)]


def _kind(row: Change | TargetChange) -> str:
    """A downgrade stands out: it is what a reviewer must not miss."""
    text = _escaped(kind_text(row))
    return f"**{text}**" if getattr(row, "kind", None) is ChangeKind.DOWNGRADE else text


def _details(difference: Difference) -> Iterator[tuple[str, list[str]]]:
    why = [(change.name, change.why) for change in difference.members if change.why]
    yield "Why", [f"- {name}: {_code(text)}" for name, text in why]
    yield f"The same in both ({len(difference.same)})", [", ".join(difference.same)] if difference.same else []
    others = _table("package", [(row.name, row) for row in difference.others])
    yield f"Other packages ({len(difference.others)})", others
    yield "Index lines", _diff_lines(difference.pages_gone, difference.pages_new)
    yield "Kept out", [f"- {_kept_out(change)}" for change in difference.kept_out]
    yield "Notes", _said("gone", difference.notes_gone) + _said("new", difference.notes_new)
    commands = [side.command for side in (difference.before, difference.after) if side.command]
    yield "Commands", ["```sh", *commands, "```"] if commands else []


def _folded(title: str, lines: Iterable[str]) -> str:
    text = "\n".join(lines)
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def _diff_lines(gone: Iterable[str], new: Iterable[str]) -> list[str]:
    lines = [*(f"- {text}" for text in gone), *(f"+ {text}" for text in new)]
    return ["```diff", *lines, "```"] if lines else []


def _kept_out(change: Change) -> str:
    word = "no longer: " if change.kind is ChangeKind.REMOVED else ""
    return f"{word}{change.name}" + (f" ({_escaped(change.note)})" if change.note else "")


def _said(word: str, notes: Iterable[str]) -> list[str]:
    return [f"- {word}: {_escaped(note)}" for note in notes]


def _cell(text: str) -> str:
    """A text in a table, where a pipe needs its backslash even between backticks (GitHub Flavored Markdown, tables)."""
    return _code(text).replace("|", r"\|")


def _code(text: str) -> str:
    """A text between backticks: two where it holds one itself (CommonMark, code spans)."""
    if not text:
        return ""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _escaped(text: str) -> str:
    """A text of others that must not become markup."""
    for letter in "\\`*_[]<>|#":
        text = text.replace(letter, f"\\{letter}")
    return text
