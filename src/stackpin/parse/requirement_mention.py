"""One requirement (PEP 508, an address, a path) as a mention of a distribution."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from stackpin.model.mention import Mention
from stackpin.model.names import normalized_name
from stackpin.parse.requirement_file import RequirementKind
from stackpin.parse.web_address import without_credentials

if TYPE_CHECKING:
    from collections.abc import Collection

    from packaging.specifiers import SpecifierSet

    from stackpin.model.mention import Place, Role
    from stackpin.parse.requirement_file import RequiredLine

__all__ = ["exact_version", "is_marker", "is_template", "joined_markers", "mention_of", "shown_address"]

#: What nearly all lines are, so that few need the whole grammar: the version has no local part but behind ``==``.
_RELEASE = r"\d+(?:\.\d+)*(?:(?:a|b|rc|\.post|\.dev)\d+)*"
_CLAUSE = (
    rf"(?:==|===)\s*{_RELEASE}(?:\+[a-z0-9]+(?:\.[a-z0-9]+)*)?|[=!]=\s*\d+(?:\.\d+)*\.\*|(?:<=|>=|!=|<|>)\s*{_RELEASE}"
)
_PLAIN = re.compile(
    r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([A-Za-z0-9._,\s-]*)\])?\s*"
    rf"((?:{_CLAUSE})(?:\s*,\s*(?:{_CLAUSE}))*)?\s*(?:;(.*))?",
    re.DOTALL,
)
_EXTRA = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_EXTRAS = re.compile(rf"\s*(?:{_EXTRA}(?:\s*,\s*{_EXTRA})*)?\s*")
#: Versions that no release has: what stackpin blocks a name with.
_BLOCKED = re.compile(r"0\+(?:blocked|stackpin)\b")
#: What other programs put text in place of before any installer reads it.
_TEMPLATES = ("${", "{{", "{%", "$(", "%(", "<%", "@@")
_LONGEST = 4000


def mention_of(
    line: RequiredLine, place: Place, role: Role, *, text: str = "", names: Collection[str] | None = None
) -> Mention | None:
    """A requirement's mention; None where it names no distribution, or blocks one.

    :param text: the requirement as it stands at ``place``; by default the line's.
    :param names: the normalized names that matter; another one is no mention. None: all do.
    :raises ValueError: when pip would refuse the text as a requirement.
    """
    text = text or line.text
    if line.kind is not RequirementKind.NAME:
        return _direct(line, place, role, text=text)
    if len(line.text) > _LONGEST:
        raise ValueError(line.text[:80])
    match = _PLAIN.fullmatch(line.text)
    if match and (match[2] is None or _EXTRAS.fullmatch(match[2])) and (match[4] is None or is_marker(match[4])):
        extras = tuple(sorted(filter(None, re.split(r"[\s,]+", match[2])))) if match[2] else ()
        specifier, own = "".join((match[3] or "").split()), (match[4] or "").strip()
    else:
        specifier, extras, own = _by_grammar(line.text)
    if names is not None and line.name not in names:
        return None
    version = exact_version(specifier)
    if _BLOCKED.match(version):
        return None
    return Mention(
        name=normalized_name(line.name),
        place=place,
        role=role,
        version=version,
        specifier=specifier,
        extras=extras,
        marker=own,
        text=text,
        hashed=line.hashed,
    )


def exact_version(specifier: str) -> str:
    """The version that ``==`` or ``===`` asks for; empty where none does."""
    if "==" not in specifier:
        return ""
    for clause in specifier.split(","):
        found = re.fullmatch(r"===?\s*([^*]+)", clause.strip())
        if found:
            return found[1].strip()
    return ""


def joined_markers(one: str, other: str) -> str:
    """Both markers as one; an empty one always holds."""
    if not one or not other:
        return one or other
    return f"({one}) and ({other})"


def shown_address(address: str) -> str:
    """An address without credentials; a path as it is. Empty where it is none."""
    try:
        return without_credentials(address) if "://" in address else address
    except ValueError:  # brackets that are no IPv6 address
        return ""


def is_template(text: str) -> bool:
    """Whether a text is there for another program to fill in, so that nothing is known of what it will be."""
    return any(sign in text for sign in _TEMPLATES)


def _direct(line: RequiredLine, place: Place, role: Role, *, text: str) -> Mention | None:
    """An address or path; one that does not tell what it holds is no mention.

    :raises ValueError: where it is no path at all.
    """
    if line.kind is RequirementKind.PATH and not line.editable and not _looks_like_path(line):
        raise ValueError(line.text[:80])
    address = shown_address(line.target)
    if not line.name or is_template(address) or (line.marker and not is_marker(line.marker)):
        return None
    return Mention(
        name=normalized_name(line.name),
        place=place,
        role=role,
        version=line.version,
        marker=line.marker,
        text=text,
        address=address,
        hashed=line.hashed,
    )


def _looks_like_path(line: RequiredLine) -> bool:
    """What pip takes for a path: it has a separator, begins with a dot, or is an archive's name."""
    target = line.target
    return bool(target) and " " not in target and ("/" in target or target.startswith(".") or bool(line.name))


def _by_grammar(text: str) -> tuple[str, tuple[str, ...], str]:
    """Specifier, extras and marker by the whole grammar.

    :raises ValueError: when it is no requirement (PEP 508).
    """
    from packaging.requirements import Requirement  # costly, and most files have no line that needs it

    try:
        found = Requirement(text)  # InvalidRequirement is a ValueError
    except RecursionError as error:
        raise ValueError("a marker with thousands of parentheses") from error
    return _in_order(found.specifier), tuple(sorted(found.extras)), str(found.marker or "")


def _in_order(specifiers: SpecifierSet) -> str:
    """A set's clauses, the exact one first, so that the same set gives the same text."""
    return ",".join(sorted(map(str, specifiers), key=lambda each: (not each.startswith("=="), each)))


@lru_cache(maxsize=4096)
def is_marker(text: str) -> bool:
    """Whether a text is an environment marker (PEP 508)."""
    from packaging.markers import InvalidMarker, Marker  # costly, and many files have none

    if len(text) > _LONGEST:
        return False
    try:
        Marker(text)
    except (InvalidMarker, RecursionError):
        return False
    return True
