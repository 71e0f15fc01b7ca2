"""What a catalog says of itself: how old, how many, which digest; and what it knows of one package or release."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from stackpin.catalog.facts import Facts
from stackpin.errors import CatalogGap, UnknownName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.app.catalog_folder import CatalogFolder
    from stackpin.catalog.fact_rows import IndexBuild, KernelFact, ReadPage, TorchBuild
    from stackpin.catalog.loader import Catalog
    from stackpin.model.release import Release
    from stackpin.ports import Clock

__all__ = ["PackageStatus", "PageStatus", "ReleaseFacts", "ShowReport", "StatusReport", "release_facts", "status_of"]

_TORCH = "torch"
_MACHINES = ("x86_64", "aarch64")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageStatus:
    """One package of a catalog: its releases, the newest of them, and the index's count of its changes (or empty)."""

    name: str
    releases: int
    newest: str
    unread: int
    serial: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageStatus:
    """A page of a vendor's index that was read: for which CUDA tags, how many versions it lists, and when it was read."""

    package: str
    page: str
    tags: tuple[str, ...]
    listed: int
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """The state of one catalog folder, each file checked against the manifest. ``age`` in days, ``size`` in bytes.

    ``lists`` are packages of which there is a release list alone, ``listed`` the releases in them.
    """

    directory: str
    date: str
    age: int
    digest: str
    size: int
    packages: tuple[PackageStatus, ...]
    pages: tuple[PageStatus, ...] = ()
    lists: int = 0
    listed: int = 0

    @property
    def releases(self) -> int:
        """How many releases there are in all."""
        return sum(package.releases for package in self.packages)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFacts:
    """What is known of one release beside its row: its CUDA builds, each with its source.

    ``lacking`` are pages of the package that were read and list no build of the release.
    """

    release: Release
    torch_builds: tuple[TorchBuild, ...] = ()
    kernel: KernelFact | None = None
    index_builds: tuple[IndexBuild, ...] = ()
    lacking: tuple[ReadPage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowReport:
    """One package: its releases, newest first, and the facts about the one that was asked for (or None)."""

    package: str
    catalog_date: str
    catalog_digest: str
    releases: tuple[Release, ...]
    facts: ReleaseFacts | None


def status_of(folder: CatalogFolder, clock: Clock) -> StatusReport:
    """Read and check every file of a catalog folder.

    :raises CatalogGap: when the folder is no catalog.
    :raises CatalogDamaged: when a file does not have the digest that the manifest names.
    """
    manifest = folder.manifest()
    if not manifest["files"]:
        raise CatalogGap(
            "the folder is no catalog",
            where=str(folder.root),
            expected="a folder that `stackpin catalog update` wrote",
            hint=f"stackpin catalog update --directory {folder.root}",
        )
    folder.check_facts()
    named = {name for name in manifest["files"] if name.startswith("releases/")}
    names = sorted({name.removeprefix("releases/").removesuffix(".jsonl") for name in named} | set(folder.projects()))
    packages = []
    for name in names:
        rows = folder.rows(name)
        packages.append(
            PackageStatus(
                name=name,
                releases=len(rows),
                newest=rows[-1].version if rows else "",
                unread=sum(row.source is None for row in rows),
                serial=str(manifest["files"][f"releases/{name}.jsonl"].get("serial", "")),
            )
        )
    lists = folder.lists()
    return StatusReport(
        directory=str(folder.root),
        date=manifest["date"],
        age=(date.fromisoformat(clock.today()) - date.fromisoformat(manifest["date"])).days,
        digest=manifest["digest"],
        size=sum(len(folder.content(name)) for name in names),
        packages=tuple(packages),
        pages=tuple(_page_status(row) for row in folder.read_builds().get("pages_read", ())),
        lists=len(lists.names()),
        listed=sum(len(lists.rows(name)) for name in lists.names()),
    )


def _page_status(row: Mapping[str, Any]) -> PageStatus:
    return PageStatus(
        package=row["package"],
        page=row["page"],
        tags=tuple(row["tags"]),
        listed=len(row["listed"]),
        seen=row["seen"],
    )


def release_facts(catalog: Catalog, package: str, version: str | None, *, covered: tuple[str, ...]) -> ShowReport:
    """What a catalog knows of a package, and of one release of it where a version is given.

    :param covered: the packages that the catalog is there for, for the near miss.
    :raises UnknownName: when it does not cover the package.
    :raises CatalogGap: when it has no rows of the package, or no such release.
    """
    name = canonicalize_name(package)
    releases = catalog.rows(name) or catalog.listed(name) or None
    if releases is None:
        raise _no_package(name, covered)
    facts = None if version is None else _facts(catalog, name, _find(releases, name, version))
    return ShowReport(
        package=name, catalog_date=catalog.date, catalog_digest=catalog.digest, releases=releases, facts=facts
    )


def _no_package(name: str, covered: tuple[str, ...]) -> CatalogGap | UnknownName:
    if name in covered:
        return CatalogGap(
            f"the catalog has no rows of {name}", where=name, hint=f"stackpin catalog update --package {name}"
        )
    near = difflib.get_close_matches(name, covered, n=1)
    return UnknownName(
        f"the catalog does not cover {name}",
        got=name,
        hint=f"did you mean {near[0]}?" if near else "stackpin catalog status lists the packages",
    )


def _find(releases: tuple[Release, ...], name: str, version: str) -> Release:
    try:
        wanted = Version(version)
    except InvalidVersion as error:
        raise UnknownName(f"{version} is no version", got=version, expected="a PEP 440 version") from error
    exact = [release for release in releases if release.version == wanted]
    builds = [release for release in releases if release.version.public == str(wanted)]
    found = min((*exact, *builds), key=lambda release: (release.version != wanted, not release.on_pypi), default=None)
    if found is None:
        texts = [release.text for release in releases]
        near = difflib.get_close_matches(version, texts, n=3) or texts[:3]
        raise CatalogGap(
            f"the catalog has no {name} {version}",
            where=name,
            got=version,
            expected=f"one of {len(texts)} releases, such as {', '.join(near)}",
            hint=f"stackpin catalog show {name}",
        )
    return found


def _facts(catalog: Catalog, name: str, release: Release) -> ReleaseFacts:
    facts, version = Facts(catalog), release.text.partition("+")[0]
    builds = [build for machine in _MACHINES for build in facts.index_builds(name, version, machine)]
    return ReleaseFacts(
        release=release,
        torch_builds=facts.torch_builds(version) if name == _TORCH else (),
        kernel=facts.kernel(name, release.version),
        index_builds=tuple(dict.fromkeys(builds)),
        lacking=tuple(
            page
            for _, page in sorted(facts.read_pages.items())
            if page.package == name and version not in {text.partition("+")[0] for text in page.listed}
        ),
    )
