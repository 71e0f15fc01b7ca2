"""Which CUDA builds a vendor's page carries: from the rows that were read of it to rows of the fact tables.

A page that was read speaks for itself alone: what it lists is a build there, what it does not list is none there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.version import Version

from stackpin.index.pages import page_url
from stackpin.model.stack import TORCH
from stackpin.parse.build_label import is_tag, parse_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stackpin.parse.read_builds import Tables
    from stackpin.parse.release_rows import FileRow, ReleaseRow

__all__ = ["PageBuilds", "builds_of_page", "tag_of_index"]

_MACHINES = ("x86_64", "aarch64")
_PROJECT, _TAG = "{project}", "{tag}"


class PageBuilds(NamedTuple):
    """``tables`` are rows for the fact tables, by table; ``untold`` names the wheels whose CUDA tag cannot be told."""

    tables: Tables
    untold: tuple[str, ...]

    @property
    def builds(self) -> int:
        """How many builds the page carries."""
        return sum(len(rows) for table, rows in self.tables.items() if table != "pages_read")


def tag_of_index(index: str, indexes: Iterable[Mapping[str, Any]]) -> str:
    """The CUDA tag that an index root stands for, by the templates of ``indexes.toml``; empty where none fits.

    What stands in the place of the tag need not be one that is known yet: a new tag is no new row.
    """
    for row in indexes:
        root = str(row.get("template", "")).rstrip("/").removesuffix(_PROJECT).rstrip("/")
        if root.count(_TAG) != 1:
            continue
        before, _, after = root.partition(_TAG)
        match = re.fullmatch(re.escape(before) + r"([^/]+)" + re.escape(after), index.rstrip("/"))
        if match and is_tag(match[1]):
            return match[1]
    return ""


def builds_of_page(package: str, rows: Sequence[ReleaseRow], *, index: str, tag: str, seen: str) -> PageBuilds:
    """The builds that the page of a package carries.

    :param rows: all rows of the package on that index.
    :param index: the root of the index.
    :param tag: the CUDA tag that the root stands for, or empty: then only a file's own label can tell it.
    :param seen: when the page was read (ISO 8601).
    """
    page = page_url(index, package)
    torch: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    listed, untold = [], []
    for row in sorted(rows, key=lambda row: row.order):
        machines = {machine: files for machine in _MACHINES if (files := _wheels(row, machine))}
        if not machines:
            continue
        listed.append(row.version)
        told = _tag_of_row(row, tag)
        if told is None:
            untold += [] if _is_pure(row) else [next(iter(machines.values()))[0].name]
        elif package != TORCH:
            others.append(_index_build(package, row, machines, page=page, tag=told, seen=seen))
        elif Version(row.version).local == told:
            torch.append(_torch_build(row, machines, index=index, page=page, tag=told, seen=seen))
    tags = sorted({*([tag] if tag else []), *(build["tag"] for build in (*torch, *others))})
    read = {"package": package, "page": page, "index": index, "tags": tags, "listed": listed, "seen": seen}
    tables = {"pages_read": [read], "torch_builds": torch, "index_builds": others}
    return PageBuilds(tables={name: found for name, found in tables.items() if found}, untold=tuple(untold))


def _wheels(row: ReleaseRow, machine: str) -> list[FileRow]:
    """The wheels of a row that Linux on a machine can use; none of a row whose every file was yanked."""
    if row.yanked:
        return []
    wheels = [(file, file.name[:-4].rpartition("-")[2]) for file in row.files if file.name.endswith(".whl")]
    return [file for file, platform in wheels if platform == "any" or ("linux" in platform and machine in platform)]


def _is_pure(row: ReleaseRow) -> bool:
    return all(file.name.endswith("-any.whl") for file in row.files if file.name.endswith(".whl"))


def _tag_of_row(row: ReleaseRow, tag: str) -> str | None:
    """The tag of a build: what its label says, else, where it has none and is compiled, what the index stands for."""
    local = Version(row.version).local
    if local is not None:
        return parse_label(local).tag
    return None if _is_pure(row) else tag or None


def _evidence(row: ReleaseRow, machines: Mapping[str, list[FileRow]], *, page: str, seen: str) -> dict[str, Any]:
    files = {file.name: file for found in machines.values() for file in found}
    return {
        "files": [
            {"filename": name, **({"sha256": files[name].sha256} if files[name].sha256 else {})} for name in files
        ],
        **({"metadata": row.source.metadata, "metadata_sha256": row.source.metadata_sha256} if row.source else {}),
        "source": page,
        "seen": seen,
        "checked": "yes" if row.source else "partly",
    }


def _torch_build(
    row: ReleaseRow, machines: Mapping[str, list[FileRow]], *, index: str, page: str, tag: str, seen: str
) -> dict[str, Any]:
    return {
        "torch": Version(row.version).public,
        "tag": tag,
        "arches": list(machines),
        "index": index,
        **_evidence(row, machines, page=page, seen=seen),
    }


def _index_build(
    package: str, row: ReleaseRow, machines: Mapping[str, list[FileRow]], *, page: str, tag: str, seen: str
) -> dict[str, Any]:
    version = Version(row.version)
    series = parse_label(version.local or "").torch
    return {
        "package": package,
        "tag": tag,
        "label": f"+{version.local}" if version.local else "",
        **({"torch": series} if series else {}),
        "versions": [version.public] if "x86_64" in machines else [],
        "versions_aarch64": [version.public] if "aarch64" in machines else [],
        "find_links": page,
        **_evidence(row, machines, page=page, seen=seen),
    }
