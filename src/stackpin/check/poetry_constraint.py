"""Poetry's version constraints, as PEP 440's specifiers: ``^2.1``, ``~3.10``, ``2.*``, ``>=3.9 <4 || ^4.1``.

Source: poetry's documentation, "Dependency specification".
"""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet

__all__ = ["admitted", "specifiers"]

_PART = re.compile(r"(?P<operator>\^|~(?!=)|~=|===?|!=|<=?|>=?|=)?\s*(?P<version>[^\s,|^~=!<>]+)\s*,?\s*")
_RELEASE = re.compile(r"v?(\d{1,9}(?:\.\d{1,9})*)(?P<rest>.*)")


def specifiers(constraint: str) -> tuple[SpecifierSet, ...] | None:
    """The specifiers of which one must be met; None where the text is not understood."""
    found = []
    for alternative in re.split(r"\s*\|\|?\s*", constraint.strip()[:1000]):
        parts = _parts(alternative)
        if parts is None:
            return None
        try:
            found.append(SpecifierSet(",".join(parts)))
        except InvalidSpecifier:
            return None
    return tuple(found)


def admitted(constraint: str, version: str) -> bool | None:
    """Whether a version meets a constraint; None where that cannot be told."""
    found = specifiers(constraint)
    if found is None:
        return None
    try:
        return any(each.contains(version, prereleases=True) for each in found)
    except ValueError:  # no version, or a number beyond bounds
        return None


def _parts(alternative: str) -> list[str] | None:
    found: list[str] = []
    position = 0
    while position < len(alternative):
        match = _PART.match(alternative, position)
        if match is None:
            return None
        position = match.end()
        part = _part(match["operator"] or "", match["version"])
        if part is None:
            return None
        found += part
    return found if found or alternative else None


def _part(operator: str, version: str) -> list[str] | None:
    if version in {"*", "x", "X"}:
        return [] if operator in {"", "=", "=="} else None
    if operator in {"^", "~"}:
        return _caret_or_tilde(operator, version)
    if operator in {"", "="}:
        operator = "=="
    return [f"{operator}{version}"]


def _caret_or_tilde(operator: str, version: str) -> list[str] | None:
    match = _RELEASE.fullmatch(version)
    if match is None:
        return None
    numbers = [int(each) for each in match[1].split(".")]
    last = min(1, len(numbers) - 1)
    if operator == "^":
        last = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
    upper = [*numbers[:last], numbers[last] + 1]
    return [f">={version}", f"<{'.'.join(map(str, upper))}"]
