"""Poetry's version constraints, as PEP 440's specifiers: ``^2.1``, ``~3.10``, ``2.*``, ``>=3.9 <4 || ^4.1``.

Source: poetry's documentation, "Dependency specification".
"""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from stackpin.parse.poetry_constraint import poetry_specifier

__all__ = ["admitted", "specifiers"]


def specifiers(constraint: str) -> tuple[SpecifierSet, ...] | None:
    """The specifiers of which one must be met; None where the text is not understood."""
    found = []
    for alternative in re.split(r"\s*\|\|?\s*", constraint.strip()[:1000]):
        specifier = poetry_specifier(alternative) if alternative else ""
        if specifier is None:
            return None
        try:
            found.append(SpecifierSet(specifier))
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
