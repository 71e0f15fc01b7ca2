"""From the files of a page to the releases of the catalog: which belong, which file speaks for each, what changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from stackpin.parse.file_names import file_name_of
from stackpin.parse.release_rows import FileRow, ReleaseRow, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.version import Version

    from stackpin.index.metadata import MetadataReader
    from stackpin.parse.core_metadata import CoreMetadata
    from stackpin.parse.package_list import PackageRule
    from stackpin.parse.simple_api import IndexFile

__all__ = ["IndexRelease", "carried_over", "group_releases", "read_release", "source_file"]

#: Sdists up to this many bytes are read for their PKG-INFO.
_SMALL_SDIST = 5 * 1024 * 1024
_MACHINE = "x86_64"
_OTHER_MACHINE = "aarch64"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRelease:
    """One release as a page lists it; ``files`` are its wheels and sdists, sorted by name, never empty."""

    project: str
    version: Version
    index: str
    files: tuple[IndexFile, ...]


def group_releases(
    files: Sequence[IndexFile], *, rule: PackageRule, index: str
) -> tuple[tuple[IndexRelease, ...], tuple[str, ...]]:
    """The releases that belong into the catalog, oldest first, and the names of the files that nothing can be made of.

    A version that is not PEP 440's cannot be ordered, so its files are left out and named.
    """
    found: dict[Version, list[IndexFile]] = {}
    odd = []
    for file in files:
        if not file.name.endswith((".whl", ".tar.gz", ".zip")):
            continue
        named = file_name_of(file.name)
        if named is None or named.project != rule.name:
            odd.append(file.name)
        elif rule.keeps(named.version):
            found.setdefault(named.version, []).append(file)
    releases = tuple(
        IndexRelease(
            project=rule.name,
            version=version,
            index=index,
            files=tuple(sorted(found[version], key=lambda file: file.name)),
        )
        for version in sorted(found)
    )
    return releases, tuple(odd)


def source_file(release: IndexRelease, machine: str) -> IndexFile | None:
    """The wheel whose metadata speaks for a machine under Linux: its own, else (on x86_64) a pure one, else any.

    Of several, a file that is not yanked, for glibc, for the newest CPython that is not free-threaded.
    """
    wheels = [(_rank(file, machine), file) for file in release.files if file.name.endswith(".whl")]
    if machine != _MACHINE:
        wheels = [(rank, file) for rank, file in wheels if rank[0] == 2]
    return max(wheels, key=lambda pair: (pair[0], pair[1].name), default=(None, None))[1]


def _rank(file: IndexFile, machine: str) -> tuple[int, bool, bool, bool, int]:
    interpreter, abi, platform = file.name[:-4].rsplit("-", 3)[-3:]
    own = "linux" in platform and machine in platform
    python = max((int(tag[2:]) for tag in interpreter.split(".") if tag[2:].isdigit()), default=0)
    suits = 2 if own else 1 if platform == "any" else 0
    return suits, not file.yanked, not abi.endswith("t"), "musllinux" not in platform, python


def _file_row(file: IndexFile) -> FileRow:
    return FileRow(name=file.name, size=file.size, sha256=file.sha256, uploaded=file.uploaded, yanked=file.yanked)


def _skeleton(release: IndexRelease) -> ReleaseRow:
    """The row as far as the page alone tells."""
    yanked = [file.yanked for file in release.files]
    return ReleaseRow(
        version=str(release.version),
        index=release.index,
        uploaded=min((file.uploaded for file in release.files if file.uploaded), default=None),
        yanked=next((reason for reason in yanked if isinstance(reason, str)), True) if all(yanked) else False,
        requires_python=None,
        source=None,
        extras=(),
        files=tuple(_file_row(file) for file in release.files),
    )


def carried_over(release: IndexRelease, old: ReleaseRow | None) -> ReleaseRow | None:
    """The old row brought up to date from the page alone; None where the files changed and must be read again."""
    if old is None:
        return None
    if {(file.name, file.sha256) for file in release.files} != {(file.name, file.sha256) for file in old.files}:
        return None
    sizes = {file.name: file.size for file in old.files}
    fresh = _skeleton(release)
    files = tuple(replace(file, size=sizes[file.name]) if file.size is None else file for file in fresh.files)
    return replace(old, uploaded=fresh.uploaded, yanked=fresh.yanked, files=files)


def read_release(release: IndexRelease, reader: MetadataReader, *, variants: bool) -> ReleaseRow:
    """The row of a release, with the metadata of the file that speaks for it.

    :raises IndexFailed: when the index fails.
    :raises InputUnreadable: when the file that speaks for the release is broken.
    """
    row = _skeleton(release)
    file = source_file(release, _MACHINE)
    if file is None:
        return _from_sdist(release, row, reader)
    content, metadata = reader.read(file)
    source = _source(file, content, metadata)
    row = replace(row, source=source, requires_python=metadata.requires_python, extras=metadata.extras)
    return replace(row, variants=_variants(release, source, reader)) if variants else row


def _variants(release: IndexRelease, source: Source, reader: MetadataReader) -> tuple[tuple[str, Source], ...]:
    file = source_file(release, _OTHER_MACHINE)
    if file is None or file.name == source.metadata:
        return ()
    other = _source(file, *reader.read(file))
    return () if other.requires == source.requires else ((_OTHER_MACHINE, other),)


def _source(file: IndexFile, content: bytes, metadata: CoreMetadata) -> Source:
    return Source(metadata=file.name, metadata_sha256=sha256(content).hexdigest(), requires=metadata.requires)


def _from_sdist(release: IndexRelease, row: ReleaseRow, reader: MetadataReader) -> ReleaseRow:
    """A release without a wheel: PKG-INFO of a small sdist, unless that leaves its requirements open (PEP 643)."""
    file = next((file for file in release.files if file.name.endswith(".tar.gz")), None)
    if file is None:
        return replace(row, why="no wheel, and no sdist that is a .tar.gz")
    if file.size is None or file.size > _SMALL_SDIST:
        return replace(row, why="no wheel, and an sdist that is not small")
    content, metadata = reader.read(file)
    if not metadata.complete:
        return replace(
            row,
            why="no wheel, and the sdist's PKG-INFO leaves its requirements open (PEP 643)",
            requires_python=metadata.requires_python,
        )
    source = _source(file, content, metadata)
    return replace(row, source=source, requires_python=metadata.requires_python, extras=metadata.extras)
