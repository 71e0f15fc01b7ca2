"""``catalog verify --source``: hold what a source tree says of its requirements against the catalog's METADATA rows.

A tag's ``pyproject.toml`` and the METADATA of its release are written by the same people at different times; so are torch's
``triton_version.txt`` and the triton that its wheel asks for. Where they disagree, one of them is not what was meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from stackpin.app.catalog_verify import Difference
from stackpin.app.source_tree import open_tree, project_in, release_of
from stackpin.errors import CatalogGap, InputUnreadable, UsageError
from stackpin.model.source_tree import Revision, version_of_tag
from stackpin.model.stack import TORCH, TRITON
from stackpin.model.value import Value
from stackpin.parse.source_tree import project_name
from stackpin.parse.torch_tree import CODE_LISTS, TRITON_VERSION, VERSION_FILE, listed_in_code, version_in
from stackpin.parse.tree_address import names_tree, parse_tree_address, tree_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stackpin.app.source_tree import OpenTree
    from stackpin.catalog.loader import Catalog
    from stackpin.model.release import Release

__all__ = ["SourceReport", "verify_source"]

_MACHINE = "x86_64"
_ABSENT = "not there"


class SourceReport(Value):
    """What came of one tree. ``compared`` counts the statements of the tree; ``unknown`` says what could not be compared."""

    package: str
    version: str
    tree: str
    revision: str
    compared: int
    differences: tuple[Difference, ...]
    unknown: tuple[str, ...]


class _Side(NamedTuple):
    """A requirement line, and what two lines must share to be the same."""

    line: str
    name: str
    key: tuple[str, ...]
    marker: str


def verify_source(text: str, catalog: Catalog) -> SourceReport:
    """Compare a tree with the release that it is; nothing of it is run.

    :param text: a folder, or ``git+URL@REV``.
    :raises CatalogGap: where the catalog has no such release, or not its METADATA.
    :raises UsageError: where the tree does not say which release it is.
    :raises InputUnreadable: where nothing in it can be compared.
    """
    address = parse_tree_address(text) if names_tree(text) else tree_at(text)
    with open_tree(address) as tree:
        if _is_torch(tree):
            return _torch(tree, catalog)
        found = project_in(tree, address, ())
    versions = (found.metadata.version, found.unpacked)
    release = _release(tree, catalog, str(found.metadata.name), found.revision, versions)
    ours = _sides(release.requires(_MACHINE))
    theirs = _sides(found.metadata.requires)
    pairs: list[tuple[str, str, str]] = [("Requires-Dist", *pair) for pair in _unequal(ours, theirs)]
    if release.requires_python.replace(" ", "") != found.metadata.requires_python.replace(" ", ""):
        pythons = (release.requires_python or _ABSENT, found.metadata.requires_python or _ABSENT)
        pairs.append(("Requires-Python", *pythons))
    known = {str(canonicalize_name(extra)) for extra in release.extras}
    pairs += [("Provides-Extra", _ABSENT, extra) for extra in sorted({*found.metadata.extras} - known)]
    pairs += [("Provides-Extra", extra, _ABSENT) for extra in sorted(known - {*found.metadata.extras})]
    return _report(tree, release, found.revision, pairs, compared=len(theirs) + len(found.metadata.extras) + 1)


def _report(
    tree: OpenTree,
    release: Release,
    revision: Revision | None,
    pairs: Iterable[tuple[str, str, str]],
    *,
    compared: int,
    unknown: Iterable[str] = (),
) -> SourceReport:
    differences = tuple(
        Difference(
            package=release.name, version=release.text, index=release.index, field=field, catalog=ours, source=theirs
        )
        for field, ours, theirs in pairs
    )
    return SourceReport(
        package=release.name,
        version=release.text,
        tree=tree.shown,
        revision=revision.commit if revision else "",
        compared=compared,
        differences=differences,
        unknown=tuple(unknown),
    )


def _release(
    tree: OpenTree, catalog: Catalog, name: str, revision: Revision | None, versions: Iterable[str]
) -> Release:
    """The release that a tree is: of its tags the catalog's, else of what its files say."""
    told = [version_of_tag(tag) for tag in (revision.tags if revision else ())]
    told = list(dict.fromkeys(version for version in (*told, *versions) if version))
    if not told:
        raise UsageError(
            f"the source tree of {name} does not say which release it is",
            where=tree.shown,
            expected="a commit with a tag, a version in pyproject.toml, or an unpacked sdist",
            hint="check out the tag of a release",
        )
    found = catalog.release(name, release_of(catalog, name, told)[0])
    if found is None:
        raise CatalogGap(
            f"the catalog has no release {told[0]} of {name}",
            where=tree.shown,
            got=", ".join(told),
            hint=f"stackpin catalog update --package {name}",
        )
    if not found.has_metadata:
        raise CatalogGap(
            f"the catalog does not know what {name} {found.text} requires",
            hint=f"stackpin catalog show {name} {found.text}",
        )
    return found


def _sides(lines: Iterable[str]) -> list[_Side]:
    return [_side(line) for line in lines]


def _side(line: str) -> _Side:
    requirement = Requirement(line)
    name = str(canonicalize_name(requirement.name))
    extras = ",".join(sorted(canonicalize_name(extra) for extra in requirement.extras))
    marker = str(requirement.marker or "")
    if " or " not in marker:  # build backends differ in the brackets around what all must hold
        marker = marker.replace("(", "").replace(")", "")
    if "extra" in marker:
        marker = marker.replace("_", "-")  # older ones do not normalize the name of an extra
    return _Side(line, name, (name, extras, str(requirement.specifier), requirement.url or "", marker), marker)


def _unequal(ours: list[_Side], theirs: list[_Side]) -> Iterator[tuple[str, str]]:
    """The lines that only one side has; those on the same package under the same marker as a pair, catalog first."""
    left = list(theirs)
    mine = []
    for side in ours:
        same = next((other for other in left if other.key == side.key), None)
        if same is None:
            mine.append(side)
        else:
            left.remove(same)
    for side in mine:
        other = next((item for item in left if (item.name, item.marker) == (side.name, side.marker)), None)
        if other is not None:
            left.remove(other)
        yield side.line, other.line if other else _ABSENT
    for side in left:
        yield _ABSENT, side.line


def _is_torch(tree: OpenTree) -> bool:
    raw = tree.read("pyproject.toml")
    name = project_name(raw, f"{tree.shown}, pyproject.toml") if raw is not None else ""
    return name == TORCH or (not name and tree.read(TRITON_VERSION) is not None)


def _torch(tree: OpenTree, catalog: Catalog) -> SourceReport:
    """The tree of torch itself: what its builds add to METADATA by themselves (the CUDA packages) is not in it."""
    read = {file: raw for file in (TRITON_VERSION, VERSION_FILE) if (raw := tree.read(file)) is not None}
    lists = [(file, name, raw) for file, name in CODE_LISTS if (raw := tree.read(file)) is not None]
    told = tree.revision((*read, *(file for file, _, _ in lists)))
    revision = told if isinstance(told, Revision) else None
    bases = [version_in(read[VERSION_FILE], VERSION_FILE).base_version] if VERSION_FILE in read else []
    release = _release(tree, catalog, TORCH, revision, bases)
    ours = _sides(line for line in release.requires(_MACHINE) if "extra" not in line)
    pairs: list[tuple[str, str, str]] = []
    unknown: list[str] = []
    compared = 0
    if TRITON_VERSION in read:
        compared += 1
        pairs += _triton(ours, read[TRITON_VERSION])
    else:
        unknown.append(f"triton: the tree has no {TRITON_VERSION}")
    listed = next(((file, found) for file, name, raw in lists if (found := listed_in_code(raw, name))), None)
    if listed is None:
        where = " and ".join(f"{name} in {file}" for file, name in CODE_LISTS)
        unknown.append(f"requirements: no plain list was found for {where}")
    else:
        file, lines = listed
        theirs = _sides(lines)
        names = {side.name for side in theirs}
        compared += len(theirs)
        pairs += [(file, *pair) for pair in _unequal([side for side in ours if side.name in names], theirs)]
    if not compared:
        raise InputUnreadable(
            "nothing in the source tree of torch can be compared", where=tree.shown, got="; ".join(unknown)
        )
    return _report(tree, release, revision, pairs, compared=compared, unknown=unknown)


def _triton(ours: list[_Side], raw: bytes) -> Iterator[tuple[str, str, str]]:
    """The difference, where METADATA pins another triton than the file names (``~=3.8.0`` and ``==3.8.0`` name 3.8.0)."""
    version = version_in(raw, TRITON_VERSION)
    lines = [side.line for side in ours if side.name == TRITON]
    pinned = [item for line in lines for item in Requirement(line).specifier if item.operator in {"==", "===", "~="}]
    if not any(version_in(item.version.encode(), TRITON_VERSION) == version for item in pinned):
        yield TRITON_VERSION, "; ".join(lines) or _ABSENT, str(version)
