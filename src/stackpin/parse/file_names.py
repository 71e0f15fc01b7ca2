"""What the name of a distribution file says (PEP 427, PEP 625)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from packaging.tags import Tag
    from packaging.utils import NormalizedName

__all__ = ["FileName", "file_name_of"]


class FileName(NamedTuple):
    """Project and version of a file, and the tags of a wheel."""

    project: NormalizedName
    version: Version
    tags: frozenset[Tag] = frozenset()


def file_name_of(name: str) -> FileName | None:
    """What a file name says; None for one that is neither a wheel's nor an sdist's."""
    try:
        if name.endswith(".whl"):
            project, version, _, tags = parse_wheel_filename(name)
            return FileName(project, version, tags)
        return FileName(*parse_sdist_filename(name))
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None
