"""What every output of findings has in common: their order, one entry for several parts, and text that does no harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stackpin.model.finding import Finding
    from stackpin.model.mention import Place

__all__ = ["Entry", "counted", "entries", "harmless", "in_order", "parts_text", "place_text", "sentence", "well_formed"]

#: Bytes of a file name that are not UTF-8 come as these (PEP 383).
_STRAY_BYTES = range(0xDC80, 0xDD00)
_PARTS_SHOWN = 3


class Entry(Value):
    """A finding as it is shown once, and every part of its subject that it holds for."""

    finding: Finding
    parts: tuple[str, ...]


def entries(findings: Iterable[Finding]) -> tuple[Entry, ...]:
    """Findings by path, place and rule; those that differ in nothing but their part are one entry, its parts as they came."""
    parts: dict[Finding, list[str]] = {}
    for each in in_order(findings):
        parts.setdefault(replace(each, part=""), []).append(each.part)
    return tuple(
        Entry(finding=finding, parts=tuple(dict.fromkeys(part for part in several if part)))
        for finding, several in parts.items()
    )


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings by path, place and rule; those that are alike in all of these stay as they came."""
    return tuple(sorted(findings, key=_order))


def _order(finding: Finding) -> tuple[object, ...]:
    place = finding.place
    return (
        *(place.path, place.line, place.column, place.distribution),
        *(finding.rule.id, finding.package, finding.message),
    )


def harmless(text: str) -> str:
    r"""A text of others as one line that no terminal obeys: what does not print stands as an escape (``\x1b``, ``\u202e``)."""
    return (
        text if text.isprintable() else "".join(letter if letter.isprintable() else _escape(letter) for letter in text)
    )


def well_formed(text: str) -> str:
    r"""A text that UTF-8 can carry: stray bytes of a file name stand as ``\xff``, all else stays as it is."""
    return "".join(_escape(letter) if "\ud800" <= letter <= "\udfff" else letter for letter in text)


def _escape(letter: str) -> str:
    code = ord(letter)
    if code in _STRAY_BYTES:
        return f"\\x{code - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode("ascii")


def place_text(place: Place) -> str:
    """``requirements.txt:7:1`` as editors jump to it; ``.venv: triton`` where it is an installed distribution."""
    path = harmless(place.path)
    if place.line:
        return f"{path}:{place.line}" + (f":{place.column}" if place.column else "")
    return f"{path}: {harmless(place.distribution)}" if place.distribution else path


def parts_text(parts: tuple[str, ...]) -> str:
    """The parts in one line, the first few by name."""
    shown, left = parts[:_PARTS_SHOWN], parts[_PARTS_SHOWN:]
    return "; ".join(map(harmless, shown)) + (f"; and {len(left)} more" if left else "")


def sentence(text: str) -> str:
    """A message as a sentence with its full stop."""
    text = harmless(text).strip()
    return text if text.endswith((".", "?")) else f"{text}."


def counted(number: int, word: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
