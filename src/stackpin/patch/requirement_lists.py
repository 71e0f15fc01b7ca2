"""Lists of requirements in a project's tables: our pins put in, old ones taken out, what the user wrote left as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement

from stackpin.errors import UsageError
from stackpin.model.names import normalized_name
from stackpin.parse.project_tables import table_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["asked_lists", "contradicted", "contradiction", "left_out", "name_of", "replaced"]

#: How the pin of a look-alike begins, which no release meets.
_NO_VERSION = "0+"
#: The bound of a CUDA member that the anchor leaves open: one major.
_BOUND = re.compile(r"<\d+,>=\d+|>=\d+,<\d+")


def asked_lists(document: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """The lists of requirements of a project itself, its extras and its groups, each as it is told (PEP 621, PEP 735)."""
    project = table_of(document.get("project"))
    lists = {"[project] dependencies": project.get("dependencies")}
    lists |= {f"extra {name}": lines for name, lines in table_of(project.get("optional-dependencies")).items()}
    lists |= {f"group {name}": lines for name, lines in table_of(document.get("dependency-groups")).items()}
    yield from ((place, lines) for place, lines in lists.items() if isinstance(lines, list))


def replaced(there: Iterable[Any], lines: tuple[str, ...], managed: frozenset[str], where: str) -> list[Any]:
    """Requirements with the pins of managed names replaced; ranges that the user has on them stay, as all else does.

    :raises UsageError: where such a range leaves the tuple's version out.
    """
    kept = [line for line in there if line in lines or not _is_pin(line, managed)]
    for line, version in left_out(kept, lines):
        raise contradicted(line, version, where)
    return [*kept, *(line for line in lines if line not in kept)]


def left_out(there: Iterable[Any], lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The user's requirements that leave a pin of ours out, each with the version of that pin.

    One with a marker is not judged: where it holds is not known.
    """
    held = set(lines)
    versions = {name_of(line): pin for line in held if (pin := _pinned(line))}
    for line in there:
        own, version = _requirement(line), versions.get(name_of(line))
        if own is None or version is None or own.marker is not None or own.url or line in held:
            continue
        if not own.specifier.contains(version.partition("+")[0], prereleases=True):
            yield str(line), version


def contradiction(line: str, version: str) -> str:
    """That a line of the user's leaves out what the tuple has; a look-alike has a version that nothing meets."""
    name = Requirement(line).name
    if version.startswith(_NO_VERSION):
        return f"the project itself asks for {name}, which the tuple keeps out"
    return f"the project itself leaves {name} {version} out"


def contradicted(line: str, version: str, where: str) -> UsageError:
    """The refusal to write beside a line of the user's that leaves out what the tuple has."""
    name = Requirement(line).name
    return UsageError(
        contradiction(line, version),
        where=where,
        got=line,
        expected=f"no {name}" if version.startswith(_NO_VERSION) else f"{name}=={version}",
        hint="take that line out, then type the command again",
    )


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
