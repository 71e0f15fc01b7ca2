"""One package's release list, brought up to date from its page on PyPI, with the METADATA lines that bound versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from stackpin.catalog.bounded import bounding_lines
from stackpin.catalog.listed_rows import ListedRow
from stackpin.errors import StackpinError
from stackpin.index.metadata import MetadataReader
from stackpin.index.releases import IndexRelease, group_releases, read_release
from stackpin.model.release import PYPI
from stackpin.model.value import Value, replace
from stackpin.parse.package_list import PackageRule
from stackpin.parse.release_rows import ReleaseRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.specifiers import SpecifierSet

    from stackpin.parse.simple_api import ProjectPage
    from stackpin.ports import HttpClient, Reporter, Workers

__all__ = ["ListReader", "Listing"]


class Listing(Value):
    """The rows of one package, how many releases were read, and what could not be read."""

    rows: tuple[ListedRow, ...]
    read: int
    failures: tuple[StackpinError, ...]


class ListReader(Value):
    """Reads lists over one index; ``reporter`` hears of every release that is read."""

    http: HttpClient
    workers: Workers
    reporter: Reporter

    def read(
        self,
        name: str,
        page: ProjectPage,
        bounds: Iterable[SpecifierSet],
        known: Mapping[str, ListedRow],
        *,
        deep: bool,
    ) -> Listing:
        """The list of one package: all final releases, and those pre-releases that some bound names.

        :param bounds: every bound on the package.
        :param known: the rows so far by version: METADATA that was read once is not read again.
        :param deep: read METADATA as well, of the releases that some bound admits.
        """
        bounds = list(bounds)
        rule = PackageRule(name=canonicalize_name(name))
        releases, _ = group_releases(page.files, rule=rule, index=PYPI)
        chosen = {str(release.version): release for release in releases if _belongs(release, bounds)}
        rows = {version: _row(release, known.get(version)) for version, release in chosen.items()}
        wanted = {
            version: release
            for version, release in chosen.items()
            if deep and rows[version].requires is None and _admitted(release, bounds)
        }
        failures = self._read_metadata(name, wanted, rows)
        return Listing(rows=tuple(rows.values()), read=len(wanted), failures=tuple(failures))

    def _read_metadata(
        self, name: str, wanted: Mapping[str, IndexRelease], rows: dict[str, ListedRow]
    ) -> list[StackpinError]:
        """Fill the rows of the releases that are wanted; what could not be read."""
        reader, failures = MetadataReader(self.http), list[StackpinError]()
        if wanted:
            self.reporter.begin(name, len(wanted))
        for version, outcome in self.workers.each(
            lambda key: read_release(wanted[key], reader, variants=False), wanted
        ):
            if isinstance(outcome, StackpinError):
                failures.append(outcome)
            elif isinstance(outcome, ReleaseRow):
                rows[version] = _with_metadata(rows[version], outcome)
            self.reporter.advance(name)
        return failures


def _belongs(release: IndexRelease, bounds: list[SpecifierSet]) -> bool:
    """Whether a release can be had on Linux and some bound could mean it."""
    usable = any(
        not file.name.endswith(".whl") or "linux" in file.name or "-any." in file.name for file in release.files
    )
    if not release.version.is_prerelease:
        return usable
    return usable and any(bound.prereleases and bound.contains(release.version) for bound in bounds)


def _admitted(release: IndexRelease, bounds: list[SpecifierSet]) -> bool:
    return any(bound.contains(release.version, prereleases=True) for bound in bounds)


def _row(release: IndexRelease, known: ListedRow | None) -> ListedRow:
    """What the page alone tells of a release, with the METADATA that was read before."""
    yanked = [file.yanked for file in release.files]
    days = sorted(file.uploaded[:10] for file in release.files if file.uploaded)
    return ListedRow(
        version=str(release.version),
        uploaded=days[0] if days else "",
        requires_python=next((file.requires_python for file in release.files if file.requires_python), ""),
        yanked=next((reason for reason in yanked if isinstance(reason, str)), True) if all(yanked) else False,
        metadata=known.metadata if known else "",
        requires=known.requires if known else None,
    )


def _with_metadata(row: ListedRow, read: ReleaseRow) -> ListedRow:
    """A row with what its METADATA demands; nothing where no file could be read for it without building one."""
    if read.source is None:
        return replace(row, requires=())
    return replace(row, metadata=read.source.metadata, requires=bounding_lines(read.source.requires))
