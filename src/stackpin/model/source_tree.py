"""A source tree that stands for its anchor's release: what its ``pyproject.toml`` says, and which revision it is."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.version import Version

from stackpin.model.release import OWN, Release
from stackpin.model.value import Value

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

__all__ = ["ProjectMetadata", "Revision", "SourceTree", "TreeRelease", "version_of_tag"]

_SHOWN = 12


def version_of_tag(tag: str) -> str:
    """The version that a tag names (``v0.5.6`` names ``0.5.6``); empty where it names none."""
    try:
        return str(Version(tag.removeprefix("v"))) if tag.removeprefix("v")[:1].isdigit() else ""
    except ValueError:
        return ""  # a tag of another kind


class ProjectMetadata(Value):
    """What a ``pyproject.toml`` says of its project, in the words of core metadata.

    ``version`` is empty where it is dynamic. ``requires`` are Requires-Dist lines, those of extras with their marker.
    ``uv_sources`` are the packages that ``[tool.uv.sources]`` binds to a place: uv looks for them nowhere else.
    """

    name: NormalizedName
    version: str = ""
    requires_python: str = ""
    requires: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    uv_sources: tuple[str, ...] = ()


class Revision(Value):
    """A commit: its whole hash, its committer's date (ISO 8601, UTC), the tags on it, and whether what was read differs from it."""

    commit: str
    committed: str = ""
    tags: tuple[str, ...] = ()
    changed: bool = False

    @property
    def short(self) -> str:
        """The hash as messages have it, marked where what was read differs from the commit."""
        return self.commit[:_SHOWN] + "-changed" * self.changed

    @property
    def told(self) -> str:
        """The commit with its tags, as a sentence has it."""
        tags = f" ({', '.join(self.tags)})" if self.tags else ""
        day = f" of {self.committed[:10]}" if self.committed else ""
        changed = ", with changes that are not committed" if self.changed else ""
        return f"{self.commit[:_SHOWN]}{tags}{day}{changed}"


class SourceTree(Value):
    """A tree as it was read.

    ``address`` is the path or URL as it was typed, without credentials and extras; ``file`` the ``pyproject.toml`` inside
    the tree, and ``sha256`` that of its bytes. ``unsure`` is why git does not tell the revision, where it could. ``release``
    is the version of the release that the tree is; empty where nothing says that it is one. ``as_of`` is the day for what
    the tree leaves open (ISO 8601); empty where none is known.
    """

    address: str
    file: str
    sha256: str
    metadata: ProjectMetadata
    revision: Revision | None = None
    unsure: str = ""
    release: str = ""
    as_of: str = ""

    @property
    def label(self) -> str:
        """What stands where a release has its version: ``tree@1a2b3c4d5e6f``."""
        return f"tree@{self.revision.short}" if self.revision else "tree"

    def installable(self, extra: str) -> str:
        """What pip and uv are told to install the project with an extra: the folder that has it, or a direct reference."""
        folder = self.file.rpartition("/")[0]
        if "://" not in self.address:
            path = f"{self.address.rstrip('/')}/{folder}" if folder else self.address
            return f"{path}[{extra}]"
        below = f"#subdirectory={folder}" if folder and "#" not in self.address else ""
        return f"{self.metadata.name}[{extra}] @ {self.address}{below}"

    @property
    def manifest(self) -> str:
        """Where its ``pyproject.toml`` is, as a command can name it; for a repository elsewhere, as it lies there."""
        return self.file if "://" in self.address else f"{self.address.rstrip('/')}/{self.file}"

    @property
    def told(self) -> str:
        """Which tree it is, as a file's header has it."""
        if self.revision:
            return f"the source tree at {self.revision.told}"
        return f"a source tree, by its own account {self.release}" if self.release else "a source tree"


class TreeRelease(Release):
    """The release that a tree stands for: no index has it, so that nothing pins it.

    :param tree: the tree.
    """

    def __init__(self, tree: SourceTree) -> None:
        metadata = tree.metadata
        row = {
            "version": tree.label,
            "index": OWN,
            "requires": list(metadata.requires),
            "requires_python": metadata.requires_python,
            "extras": list(metadata.extras),
            "metadata": tree.file,
            "metadata_sha256": tree.sha256,
            "uploaded": tree.as_of,
            "files": [],
        }
        super().__init__(metadata.name, tree.label, json.dumps(row))
        self._stands_for = tree.release or metadata.version or "0"

    @cached_property
    def version(self) -> Version:
        """The version that the tree gives itself; nothing where nobody can tell."""
        return Version(self._stands_for)
