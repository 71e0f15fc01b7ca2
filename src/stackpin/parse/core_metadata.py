"""Core metadata (METADATA of a wheel, PKG-INFO of an sdist): bytes in, the few fields that a solve needs out."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.metadata import parse_email
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from stackpin.errors import InputUnreadable

__all__ = ["CoreMetadata", "parse_core_metadata", "speaks_for"]

#: From this version of the format on, a field that an sdist leaves out is absent, unless Dynamic names it (PEP 643).
_RELIABLE = (2, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreMetadata:
    """What a distribution says of itself; requirements and extras verbatim, in the order of the file.

    ``complete`` is false for an sdist's PKG-INFO that may leave requirements out (PEP 643: older than 2.2, or Dynamic).
    """

    name: str
    version: str
    requires: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    requires_python: str | None = None
    complete: bool = True


def parse_core_metadata(content: bytes) -> CoreMetadata:
    """Read METADATA or PKG-INFO.

    :raises InputUnreadable: when it has no name, or a name or version that is none.
    """
    raw, _ = parse_email(content)
    name, version = raw.get("name", ""), raw.get("version", "")
    if not name or not version:
        raise InputUnreadable(
            "the metadata names no project", got=_first_line(content), expected="Name and Version lines"
        )
    requires = tuple(raw.get("requires_dist", ()))
    dynamic = {field.lower() for field in raw.get("dynamic", ())}
    stated = _format_version(raw.get("metadata_version", "")) >= _RELIABLE and "requires-dist" not in dynamic
    return CoreMetadata(
        name=name,
        version=version,
        requires=requires,
        extras=tuple(raw.get("provides_extra", ())),
        requires_python=raw.get("requires_python"),
        complete=stated or bool(requires),
    )


def speaks_for(metadata: CoreMetadata, *, project: str, version: Version) -> bool:
    """Whether the metadata is that of this release; a local part of the file name may be missing in the metadata."""
    try:
        own = Version(metadata.version)
    except InvalidVersion:
        return False
    return canonicalize_name(metadata.name) == canonicalize_name(project) and Version(own.public) == Version(
        version.public
    )


def _format_version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def _first_line(content: bytes) -> str:
    return content[:80].decode("utf-8", errors="replace").partition("\n")[0].strip() or "nothing"
