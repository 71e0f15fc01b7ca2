"""What the text of a file alone tells to be wrong, whatever the tuple: SP501 and SP502.

Source: PEP 440 ("Version specifiers": a local version goes with ``==`` and ``!=`` only), and pip's and uv's own doing, tried
with pip 22.3 to 26.3 and uv 0.5.0 to 0.13.9.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from stackpin.check.rule_book import rule
from stackpin.model.finding import Edit, Finding, Fix
from stackpin.model.mention import Place
from stackpin.model.names import normalized_name

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MarkedIndex", "local_in_range", "marker_on_index"]

_CLAUSE = re.compile(
    r"(?P<operator><=|>=|~=|==|!=|<|>)(?P<gap>\s*)(?P<public>v?[0-9][^\s,;()+]*)(?P<local>\+[A-Za-z0-9._-]+)"
)
_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?")
_LOCAL = "PEP 440: a local version goes with == and != only. uv, and pip from 24.1 on, refuse the whole line"
_PART_OF = "pip and uv take it for part of the address"
_EVERYWHERE = "pip takes the index everywhere, and uv takes the marker for part of the address"


class MarkedIndex(NamedTuple):
    """An index line with a marker behind the address.

    ``tail`` is what stands from the address's end to the line's, and ``tail_place`` its place; ``marker`` is what it says.
    ``glued`` is whether no blank parts the semicolon from the address.
    """

    option: str
    address: str
    place: Place
    marker: str
    tail: str
    tail_place: Place
    glued: bool


def local_in_range(text: str, place: Place) -> tuple[Finding, ...]:
    """SP501 for a requirement that no installer takes: a finding for each range that names a local version.

    The rest of the requirement must be right, else something else is wrong with it, and nothing is said.

    :param text: the requirement as it stands at ``place``.
    """
    clauses = list(_ranges(text))
    match = _NAME.match(text)
    if not clauses or match is None or not _is_requirement("".join(_without_locals(text, clauses))):
        return ()
    package = normalized_name(match[1])
    findings = []
    for clause in clauses:
        at = _within(place, clause.start(), clause.end())
        right = f"{clause['operator']}{clause['gap']}{clause['public']}"
        edits = (Edit(place=at, old=clause[0], new=right),) if at.end_column else ()
        findings.append(
            Finding(
                rule=rule("SP501"),
                place=at,
                message=f"{package}{clause[0]} names a local version in a range, which uv and pip refuse",
                package=package,
                found=clause[0],
                wanted=right,
                evidence=_LOCAL,
                fix=Fix(text=f"{package}{right}, or one build: {package}=={_plain(clause)}", edits=edits),
            )
        )
    return tuple(findings)


def marker_on_index(index: MarkedIndex) -> Finding:
    """SP502 for an index line with a marker. The fix takes the marker out: it never had an effect."""
    doing = _PART_OF if index.glued else _EVERYWHERE
    edits = (Edit(place=index.tail_place, old=index.tail, new=""),) if index.tail_place.end_column else ()
    return Finding(
        rule=rule("SP502"),
        place=index.place,
        message=f"a marker stands behind the address of {index.option} and has no effect: {doing}",
        found=index.marker,
        evidence="pip's requirements file format: a marker goes with a requirement, and not with an option",
        fix=Fix(
            text=f"{index.option} {index.address}, and the marker behind the requirements that need it", edits=edits
        ),
    )


def _ranges(text: str) -> Iterator[re.Match[str]]:
    """The clauses with a local version where none may be; those of the marker are not among them."""
    for clause in _CLAUSE.finditer(text.partition(";")[0]):
        wild = clause["public"].endswith(".*")
        if clause["operator"] not in {"==", "!="} or wild:
            yield clause


def _plain(clause: re.Match[str]) -> str:
    return f"{clause['public'].removesuffix('.*')}{clause['local']}"


def _without_locals(text: str, clauses: list[re.Match[str]]) -> Iterator[str]:
    at = 0
    for clause in clauses:
        yield text[at : clause.start("local")]
        at = clause.end()
    yield text[at:]


def _is_requirement(text: str) -> bool:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        Requirement(text)
    except (InvalidRequirement, RecursionError):
        return False
    return True


def _within(place: Place, begin: int, end: int) -> Place:
    """The place of a part of a text; the whole text's where it goes over several lines, or its place is not known."""
    if not place.end_column:
        return place
    return Place(path=place.path, line=place.line, column=place.column + begin, end_column=place.column + end)
