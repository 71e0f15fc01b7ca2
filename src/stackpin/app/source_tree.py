"""From an argument that names a source tree to what it says: its ``pyproject.toml``, its revision, its day."""

from __future__ import annotations

import os
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from stackpin.effects.files import LocalFiles
from stackpin.effects.git import fetched_tree, revision_of
from stackpin.errors import InputUnreadable, UnknownName, UsageError
from stackpin.model.source_tree import Revision, SourceTree, version_of_tag
from stackpin.parse.core_metadata import parse_core_metadata
from stackpin.parse.source_tree import files_named, parse_project, project_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from stackpin.catalog.loader import Catalog
    from stackpin.catalog.stacks import Stacks
    from stackpin.model.locked import Pin
    from stackpin.model.source_tree import ProjectMetadata
    from stackpin.parse.tree_address import TreeAddress

__all__ = ["OpenTree", "Project", "notes_on_tree", "open_tree", "project_in", "read_anchor", "release_of"]

_MANIFEST = "pyproject.toml"
#: Where a repository's Python project may be, beside its top folder.
_BELOW = ("", "python")


class OpenTree(NamedTuple):
    """A tree that can be read. ``revision`` takes the files that were read, for whether they differ from the commit.

    Where no revision is known it is the text that says why; an empty one where that is no wonder.
    """

    shown: str
    read: Callable[[str], bytes | None]
    revision: Callable[[tuple[str, ...]], Revision | str]


@contextmanager
def open_tree(address: TreeAddress, environ: Mapping[str, str] | None = None) -> Iterator[OpenTree]:
    """A tree on this machine, or a revision that git fetches.

    :raises InputUnreadable: where a path is no folder.
    :raises ToolMissing: where git is needed and is not there.
    :raises IndexFailed: where a repository cannot be reached.
    :raises UnknownName: where it has no such revision.
    """
    environ = os.environ if environ is None else environ
    if address.url:
        with fetched_tree(address.url, address.rev, environ) as fetched:
            yield OpenTree(address.place, fetched.read, lambda _: fetched.revision)
        return
    folder = Path(address.path)
    if not folder.is_dir():
        raise InputUnreadable(
            "there is no such source tree",
            where=address.path,
            got="a file" if folder.exists() else "nothing",
            expected="a folder with a pyproject.toml in it, or in its python/ folder",
            hint="a release is named without a slash: stackpin compile sglang",
        )
    yield OpenTree(
        address.place,
        lambda path: LocalFiles().read(folder / path),
        lambda files: revision_of(folder, files, environ),
    )


def read_anchor(address: TreeAddress, stacks: Stacks, catalog: Catalog) -> SourceTree:
    """The tree of a stack's anchor.

    :raises InputUnreadable: where it has no ``pyproject.toml``, or one that cannot be read.
    :raises NotCovered: where that does not say what the project needs.
    :raises UnknownName: where the project is no stack's anchor.
    """
    anchors = {str(stack.anchor): name for name, stack in stacks.by_name.items()}
    with open_tree(address) as tree:
        found = project_in(tree, address, anchors)
    metadata = found.metadata
    if metadata.name not in anchors:
        raise UnknownName(
            f"the source tree is that of {metadata.name}, which is no stack's anchor",
            where=f"{address.place}, {found.file}",
            expected="a tree of " + ", ".join(sorted(anchors)) + ", or a stack of your own in [tool.stackpin.stacks]",
        )
    if address.name and canonicalize_name(address.name) != metadata.name:
        raise UsageError(
            f"the source tree is that of {metadata.name}, not of {address.name}", where=f"{address.place}, {found.file}"
        )
    return _dated(found, catalog)


def release_of(catalog: Catalog, name: str, versions: Collection[str]) -> tuple[str, str]:
    """The first of these versions that the catalog has a release of, and when that was uploaded; empty where none is."""
    for version in versions:
        release = catalog.release(name, version)
        if release is not None:
            return release.text, release.uploaded
    return "", ""


class Project(NamedTuple):
    """A project in a tree; ``unpacked`` is the version in the PKG-INFO beside it, which only an sdist has."""

    address: str
    file: str
    raw: bytes
    metadata: ProjectMetadata
    revision: Revision | None
    unsure: str
    unpacked: str


def project_in(tree: OpenTree, address: TreeAddress, anchors: Collection[str]) -> Project:
    """The project of a tree: that of an anchor where there is one, in its top folder or in ``python/``.

    :raises InputUnreadable: where the tree has no ``pyproject.toml``, or one that cannot be read.
    :raises NotCovered: where that does not say what the project needs.
    """
    places = (address.subdirectory,) if address.subdirectory else _BELOW
    files = [f"{place}/{_MANIFEST}" if place else _MANIFEST for place in places]
    read = [(file, raw) for file in files if (raw := tree.read(file)) is not None]
    if not read:
        raise InputUnreadable(
            "the source tree has no pyproject.toml",
            where=address.place,
            expected=" or ".join(files),
            hint="name the folder that has it",
        )
    named = [(file, raw, project_name(raw, f"{address.place}, {file}")) for file, raw in read]
    named.sort(key=lambda item: (item[2] not in anchors, not item[2]))
    file, raw, _ = named[0]
    where = f"{address.place}, {file}"
    folder = file.removesuffix(_MANIFEST)
    others = {name: text for name in files_named(raw, where) if (text := tree.read(folder + name)) is not None}
    metadata = parse_project(raw, where, others)
    told = tree.revision((file, *(folder + name for name in others)))
    revision, unsure = (told, "") if isinstance(told, Revision) else (None, told)
    unpacked = "" if revision else _unpacked_version(tree.read(f"{folder}PKG-INFO"), metadata)
    return Project(address.place, file, raw, metadata, revision, unsure, unpacked)


def _unpacked_version(raw: bytes | None, metadata: ProjectMetadata) -> str:
    """The version that an sdist's PKG-INFO tells; empty where there is none for this project."""
    if raw is None:
        return ""
    try:
        found = parse_core_metadata(raw)
    except InputUnreadable:
        return ""  # not what the answer stands on: only a day is lost
    return found.version if canonicalize_name(found.name) == metadata.name else ""


def _dated(found: Project, catalog: Catalog) -> SourceTree:
    """The tree with the release that it is, and its day: that release's, else the commit's.

    In git only a tag says that a tree is a release: a static version stays in the file long after its release. Elsewhere
    the version in the file, or an sdist's PKG-INFO, says it.
    """
    revision, metadata = found.revision, found.metadata
    if revision is not None and revision.changed:
        versions = []
    elif revision is not None:
        versions = [version for tag in revision.tags if (version := version_of_tag(tag))]
    else:
        versions = [version for version in (metadata.version, found.unpacked) if version]
    release, uploaded = release_of(catalog, metadata.name, versions)
    return SourceTree(
        address=found.address,
        file=found.file,
        sha256=sha256(found.raw).hexdigest(),
        metadata=metadata,
        revision=revision,
        unsure=found.unsure,
        release=release,
        as_of=uploaded or (revision.committed if revision else ""),
    )


def notes_on_tree(tree: SourceTree, extras: Iterable[str], pins: Iterable[Pin]) -> list[str]:
    """What a person should know of a tree.

    Extras that were asked for and are not there, that its day is not known, and builds that uv would not look for where
    they are.
    """
    missing = sorted({*map(canonicalize_name, extras)} - {*tree.metadata.extras})
    notes = [f"{tree.metadata.name} has no extra {extra!r} in {tree.address}" for extra in missing]
    if tree.unsure:
        notes.append(f"git does not tell the revision of {tree.address}: {tree.unsure}")
    if not tree.as_of:
        notes.append(f"the day of {tree.address} is not known: what it leaves open is the newest that the catalog has")
    bound = [str(pin.name) for pin in pins if pin.build.page and str(pin.name) in tree.metadata.uv_sources]
    if bound:
        notes.append(f"uv takes {', '.join(bound)} from where [tool.uv.sources] of the tree says: give it --no-sources")
    return notes
