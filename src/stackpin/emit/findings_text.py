"""What a run of ``check`` found, as people read it: one line that an editor can jump to, then the fix."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from stackpin.emit.finding_words import counted, entries, harmless, parts_text, place_text
from stackpin.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stackpin.emit.finding_words import Entry
    from stackpin.model.finding import Checked, Fix

    Paint = Callable[[str, str], str]

__all__ = ["findings_text", "note_lines", "summary_line", "trouble_lines"]


def _plain(role: str, text: str) -> str:  # noqa: ARG001 - a painter's signature
    return text


def findings_text(checked: Checked, *, evidence: bool = False, paint: Paint = _plain) -> str:
    """The whole text, its last line how many there are; the same findings give the same text.

    :param evidence: below each finding the fact that it rests on.
    :param paint: given a role (``place``, ``error``, ``warning``, ``fix``, ``summary``) and a text, that text in its colour.
    """
    shown = entries(checked.findings)
    blocks = [
        "\n".join(line for entry in group for line in _lines(entry, evidence=evidence, paint=paint))
        for _, group in groupby(shown, key=lambda entry: entry.finding.place.path)
    ]
    return "\n\n".join([*blocks, paint("summary", summary_line(checked))]) + "\n"


def summary_line(checked: Checked) -> str:
    """One line: how many findings in how many files, and what was held back or could not be read."""
    shown = entries(checked.findings)
    told = f"{counted(len(shown), 'finding')} in {_where(shown)}" if shown else f"no findings{_looked_at(checked)}"
    if checked.silenced:
        told += f" ({checked.silenced} silenced)"
    safe = sum(bool(entry.finding.fix.edits) for entry in shown)
    parts = [f"--fix puts {safe} right"] if safe else []
    unread = len({trouble.place.path for trouble in checked.troubles})
    parts += [f"{counted(unread, 'input')} not read, or only in part"] if unread else []
    return "; ".join([told, *parts])


def trouble_lines(checked: Checked) -> tuple[str, ...]:
    """What could not be looked at, a line each: ``poetry.lock:12  input-unreadable: …``."""
    return tuple(f"{place_text(each.place)}  {each.slug}: {harmless(each.message)}" for each in checked.troubles)


def note_lines(checked: Checked) -> tuple[str, ...]:
    """What was not judged, and why, a line each."""
    return tuple(map(harmless, checked.notes))


def _lines(entry: Entry, *, evidence: bool, paint: Paint) -> Iterator[str]:
    finding = entry.finding
    rule, role = finding.rule, finding.rule.severity.value
    word = " warning:" if rule.severity is Severity.WARNING else ""
    yield f"{paint('place', place_text(finding.place))}  {paint(role, rule.id + word)} {harmless(finding.message)}"
    for label, text in _fix(finding.fix):
        yield f"  {paint('fix', label)} {harmless(text)}"
    for place, text in finding.related:
        yield f"  see: {place_text(place)}  {harmless(text)}".rstrip()
    if entry.parts:
        yield f"  for: {parts_text(entry.parts)}"
    if evidence and finding.evidence:
        yield f"  evidence: {harmless(finding.evidence)}"


def _fix(fix: Fix) -> Iterator[tuple[str, str]]:
    """Label and line; where the fix is several lines, each stands on its own."""
    for number, line in enumerate(fix.text.splitlines()):
        yield ("fix:" if number == 0 else "    "), line
    for number, line in enumerate(fix.command.splitlines()):
        yield ("    " if number else "run:" if fix.text else "fix:"), line


def _where(shown: Sequence[Entry]) -> str:
    """``2 files``, ``1 environment``, or both."""
    environments = {entry.finding.place.path for entry in shown if entry.finding.place.distribution}
    files = {entry.finding.place.path for entry in shown} - environments
    told = [counted(len(paths), word) for paths, word in ((files, "file"), (environments, "environment")) if paths]
    return " and ".join(told)


def _looked_at(checked: Checked) -> str:
    paths = tuple(dict.fromkeys(checked.looked_at))
    if not paths:
        return ""
    return f" in {harmless(paths[0])}" if len(paths) == 1 else f" in {len(paths)} inputs"
