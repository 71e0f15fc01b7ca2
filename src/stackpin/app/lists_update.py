"""The last step of ``catalog update``: the release lists of packages that several stacks bound (``lists.json.z``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stackpin.app.catalog_update import ProjectReport
from stackpin.catalog.bounded import bounded_by_several, bounded_with_members
from stackpin.catalog.listed_rows import ListedRow, Lists, dump_lists, load_lists
from stackpin.catalog.loader import Catalog, Layer
from stackpin.catalog.manifest import LISTS_FILE
from stackpin.catalog.stacks import Stacks
from stackpin.errors import CatalogDamaged, IndexFailed, InputUnreadable, StackpinError
from stackpin.index.listing import ListReader
from stackpin.index.pages import fetch_page

if TYPE_CHECKING:
    from collections.abc import Collection

    from stackpin.app.catalog_folder import CatalogFolder
    from stackpin.app.index_session import IndexSession
    from stackpin.catalog.bounded import Bounds
    from stackpin.ports import Reporter

__all__ = ["ListsUpdate", "listed_names"]


def listed_names(folder: CatalogFolder) -> tuple[str, ...]:
    """The packages that a catalog folder has a release list of; none where the file cannot be read."""
    try:
        return folder.lists().names()
    except CatalogDamaged:
        return ()


@dataclass(slots=True, kw_only=True)
class ListsUpdate:
    """One run over PyPI. ``refresh`` forgets what is known; ``only`` names the lists that are meant, else all are."""

    session: IndexSession
    folder: CatalogFolder
    reporter: Reporter
    refresh: bool = False
    only: Collection[str] = ()

    def run(self) -> tuple[tuple[ProjectReport, ...], tuple[StackpinError, ...]]:
        """Bring the lists up to date; which packages have one follows from the rows of this folder as they are now.

        A package whose page fails keeps its list as it was.

        :raises FileUnwritable: when the catalog folder cannot be written to.
        """
        catalog = Catalog(Layer(self.folder.root, sealed=False))
        embedded = Catalog.open()
        stacks = tuple(Stacks(embedded).by_name.values())
        covered = {*embedded.names(), *catalog.names()}
        known = self._known()
        rows: dict[str, tuple[ListedRow, ...]] = {}
        reports: list[ProjectReport] = []
        failures: list[StackpinError] = []
        first = bounded_by_several(catalog, stacks, covered)
        self._read(first, known, rows, reports, failures, deep=True)
        lines = {name: [line for row in found for line in row.requires or ()] for name, found in rows.items()}
        self._read(bounded_with_members(catalog, stacks, covered, lines), known, rows, reports, failures, deep=False)
        self.reporter.end()
        if {name: known.rows(name) for name in known.names()} != rows:
            self.folder.put_file(LISTS_FILE, dump_lists(rows, seen=self.folder.today()))
        return tuple(reports), tuple(failures)

    def _known(self) -> Lists:
        if self.refresh:
            return load_lists(None)
        try:
            return self.folder.lists()
        except CatalogDamaged as error:
            self.reporter.note(f"{LISTS_FILE}: read again: {error.what}")
            return load_lists(None)

    def _read(
        self,
        bounds: Bounds,
        known: Lists,
        rows: dict[str, tuple[ListedRow, ...]],
        reports: list[ProjectReport],
        failures: list[StackpinError],
        *,
        deep: bool,
    ) -> None:
        """Read these packages into ``rows``."""
        if bounds:
            self.reporter.begin("lists", len(bounds))
        for name in sorted(bounds):
            before = known.rows(name)
            if self.only and name not in self.only and before:
                rows[name] = before
            else:
                report, failed = self._one(name, bounds, before, rows, deep=deep)
                reports.append(report)
                failures.extend(failed)
            self.reporter.advance("lists")

    def _one(
        self,
        name: str,
        bounds: Bounds,
        before: tuple[ListedRow, ...],
        rows: dict[str, tuple[ListedRow, ...]],
        *,
        deep: bool,
    ) -> tuple[ProjectReport, tuple[StackpinError, ...]]:
        session = self.session
        try:
            page = fetch_page(session.http, session.base, name).page
        except (IndexFailed, InputUnreadable) as error:
            if before:
                rows[name] = before
            return ProjectReport(name=name, releases=len(before), on_index=False), (error,)
        assert page is not None  # noqa: S101 - the request was not conditional
        reader = ListReader(http=session.http, workers=session.workers, reporter=self.reporter)
        earlier = {row.version: row for row in before}
        listing = reader.read(name, page, bounds[name].values(), earlier, deep=deep)
        rows[name] = listing.rows
        report = ProjectReport(name=name, releases=len(listing.rows), read=listing.read, changed=listing.rows != before)
        return report, listing.failures
