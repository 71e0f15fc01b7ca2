"""Lists of requirements in a project's tables: our pins put in, old ones taken out, what the user wrote left as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement

from stackpin.errors import UsageError
from stackpin.model.names import normalized_name

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["name_of", "replaced"]

#: The bound of a CUDA member that the anchor leaves open: one major.
_BOUND = re.compile(r"<\d+,>=\d+|>=\d+,<\d+")


def replaced(there: Iterable[Any], lines: tuple[str, ...], managed: frozenset[str], where: str) -> list[Any]:
    """Requirements with the pins of managed names replaced; ranges that the user has on them stay, as all else does.

    :raises UsageError: where such a range leaves the tuple's version out.
    """
    kept = [line for line in there if line in lines or not _is_pin(line, managed)]
    versions = {name_of(line): pin for line in lines if (pin := _pinned(line))}
    for line in kept:
        own, version = _requirement(line), versions.get(name_of(line))
        if own is None or version is None or own.marker is not None or line in lines:
            continue
        if not own.specifier.contains(version.partition("+")[0], prereleases=True):
            raise UsageError(
                f"the project itself leaves {own.name} {version} out",
                where=where,
                got=str(line),
                expected=f"{own.name}=={version}",
                hint="take that line out, then type the command again",
            )
    return [*kept, *(line for line in lines if line not in kept)]


def _is_pin(line: object, managed: frozenset[str]) -> bool:
    """Whether a requirement holds a managed name to one version, or to one major as a bound of ours does."""
    found = _requirement(line)
    if found is None or normalized_name(found.name) not in managed:
        return False
    return bool(_pinned(line)) or bool(_BOUND.fullmatch(str(found.specifier)))


def _pinned(line: object) -> str:
    """The one version that a requirement admits; empty where it admits more."""
    found = _requirement(line)
    clauses = list(found.specifier) if found is not None else []
    exact = len(clauses) == 1 and clauses[0].operator in {"==", "==="} and not clauses[0].version.endswith(".*")
    return clauses[0].version if exact else ""


def name_of(line: object) -> str:
    """The normalized name that a requirement is on; empty for what is none."""
    found = _requirement(line)
    return str(normalized_name(found.name)) if found is not None else ""


def _requirement(line: object) -> Requirement | None:
    try:
        return Requirement(str(line))
    except InvalidRequirement:
        return None  # uv itself says what is wrong with it
