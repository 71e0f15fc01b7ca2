"""The steps of ``catalog update``: all pages first, then project by project what has changed, each written at once."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from stackpin.catalog.manifest import BUILDS_READ
from stackpin.errors import CatalogDamaged, IndexFailed, InputUnreadable, StackpinError
from stackpin.index.harvest import Harvest, plan_reading, read_plan
from stackpin.index.page_builds import builds_of_page
from stackpin.index.pages import FetchedPage, NoSuchProject, fetch_page, page_url
from stackpin.model.release import PYPI
from stackpin.parse.read_builds import dump_tables
from stackpin.parse.web_address import without_credentials

if TYPE_CHECKING:
    from collections.abc import Collection

    from stackpin.app.catalog_folder import CatalogFolder
    from stackpin.app.index_session import IndexSession
    from stackpin.app.update_memory import UpdateMemory
    from stackpin.index.page_builds import PageBuilds
    from stackpin.parse.package_list import PackageRule
    from stackpin.parse.release_rows import ReleaseRow
    from stackpin.parse.simple_api import ProjectPage
    from stackpin.ports import Reporter

__all__ = ["CatalogUpdate", "ProjectReport"]

#: After so many pages that failed, and none that did not, the index is taken to be down.
_PATIENCE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectReport:
    """What became of one project: releases in the catalog, how many of them were read now, whether its files changed.

    ``builds`` counts the CUDA builds that a vendor's page was found to carry, ``untold`` the wheels there whose tag cannot
    be told; both are counted when the page is read.
    """

    name: str
    releases: int
    read: int = 0
    changed: bool = False
    on_index: bool = True
    builds: int = 0
    untold: int = 0


@dataclass(slots=True, kw_only=True)
class CatalogUpdate:
    """One run over one index.

    ``refresh`` forgets what is known and reads everything again. ``optional``: the index need not have every project.
    ``tag`` is the CUDA tag that the index root stands for, where one does. ``plain`` names packages that have no CUDA
    builds to be told apart: their version says which CUDA they are.
    """

    session: IndexSession
    folder: CatalogFolder
    memory: UpdateMemory
    reporter: Reporter
    refresh: bool = False
    optional: bool = False
    tag: str = ""
    plain: Collection[str] = ()

    def run(self, rules: tuple[PackageRule, ...]) -> tuple[tuple[ProjectReport, ...], tuple[StackpinError, ...]]:
        """Bring these projects up to date; what failed is told, and does not stop the others.

        :raises IndexFailed: when the index seems to be down altogether.
        :raises FileUnwritable: when the catalog folder cannot be written to.
        """
        if self.session.index != PYPI and not self.folder.builds_whole:
            self.reporter.note(f"{BUILDS_READ} is cut or altered: update the other vendors' indexes once more as well")
        known = {str(rule.name): self._known(rule) for rule in rules}
        pages = self._pages(rules, known)
        reports: list[ProjectReport] = []
        failures: list[StackpinError] = []
        self.reporter.begin("projects", len(rules))
        for rule in rules:
            try:
                report, failed = self._project(rule, pages[rule.name], known[rule.name])
                reports.append(report)
                failures.extend(failed)
            except (IndexFailed, InputUnreadable) as error:
                failures.append(error)
            self.reporter.advance("projects")
        self._tell_untold(reports)
        self.reporter.end()
        return tuple(reports), tuple(failures)

    def _tell_untold(self, reports: list[ProjectReport]) -> None:
        untold = [f"{report.name} ({report.untold})" for report in reports if report.untold]
        if untold:
            self.reporter.note(
                f"{self.session.index}: neither indexes.toml nor a label says which CUDA tag some wheels are for, "
                f"so they are no builds: {', '.join(untold)}"
            )

    def drop_others(self, rules: tuple[PackageRule, ...]) -> None:
        """Take out the packages that the list does not name any more."""
        covered = {str(rule.name) for rule in rules}
        for project in self.folder.projects():
            if project not in covered:
                self.folder.drop(project)
                self.reporter.note(f"{project}: taken out, for packages.toml does not name it")

    def _known(self, rule: PackageRule) -> tuple[ReleaseRow, ...]:
        """The rows that can be trusted; a damaged file is none, and is read again."""
        if self.refresh:
            return ()
        try:
            return self.folder.rows(rule.name)
        except CatalogDamaged as error:
            self.reporter.note(f"{rule.name}: read again: {error.what}")
            return ()

    def _pages(
        self, rules: tuple[PackageRule, ...], known: dict[str, tuple[ReleaseRow, ...]]
    ) -> dict[str, FetchedPage | StackpinError]:
        validators = {
            str(rule.name): self.memory.validators(rule.name, basis=self._basis(rule)) if known[rule.name] else None
            for rule in rules
        }
        found: dict[str, FetchedPage | StackpinError] = {}
        self.reporter.begin("pages", len(rules))
        fetch = self.session.workers.each(
            lambda name: fetch_page(self.session.http, self.session.base, name, known=validators[name]),
            [rule.name for rule in rules],
        )
        for name, outcome in fetch:
            if isinstance(outcome, (FetchedPage, StackpinError)):
                found[name] = outcome
            down = [
                page for page in found.values() if isinstance(page, IndexFailed) and not isinstance(page, NoSuchProject)
            ]
            if len(down) == len(found) >= _PATIENCE:
                raise down[0]
            self.reporter.advance("pages")
        return found

    def _project(
        self, rule: PackageRule, fetched: FetchedPage | StackpinError, known: tuple[ReleaseRow, ...]
    ) -> tuple[ProjectReport, tuple[StackpinError, ...]]:
        if isinstance(fetched, NoSuchProject) and self.optional:
            return ProjectReport(name=rule.name, releases=len(known), on_index=False), ()
        if isinstance(fetched, StackpinError):
            raise fetched
        if fetched.page is None:
            return ProjectReport(name=rule.name, releases=len(known)), ()
        serial = fetched.page.serial if self.session.index == PYPI else ""
        harvest = self._harvest(rule, fetched.page, known)
        rows = (*harvest.rows, *(row for row in known if row.index != self.session.index))
        changed = self.folder.put(rule.name, rows, serial=serial)
        builds = None if harvest.failures else self._builds(rule, harvest.rows)
        if builds is not None:
            changed |= self.folder.put_builds(page_url(self.session.index, rule.name), builds.tables)
        if harvest.failures:
            self.memory.unsettle(rule.name)
        else:
            self.memory.settle(rule.name, fetched.validators, basis=self._basis(rule))
        report = ProjectReport(
            name=rule.name,
            releases=len(rows),
            read=harvest.read,
            changed=changed,
            builds=builds.builds if builds else 0,
            untold=len(builds.untold) if builds else 0,
        )
        return report, harvest.failures

    def _builds(self, rule: PackageRule, rows: tuple[ReleaseRow, ...]) -> PageBuilds | None:
        """What a vendor's page says of CUDA builds, once all of it was read; None for PyPI, and for a plain package."""
        if self.session.index == PYPI or rule.name in self.plain:
            return None
        today = self.folder.today()
        return builds_of_page(rule.name, rows, index=self.session.index, tag=self.tag, seen=today)

    def _harvest(self, rule: PackageRule, page: ProjectPage, known: tuple[ReleaseRow, ...]) -> Harvest:
        journal = () if self.refresh else self.memory.journal(rule.name)
        try:
            plan = plan_reading(page, rule=rule, index=self.session.index, known=(*journal, *known))
        except IndexFailed as error:
            error.where = without_credentials(page_url(self.session.base, rule.name))
            raise
        if plan.odd:
            self.reporter.note(f"{rule.name}: left out, no PEP 440 version or another project's: {', '.join(plan.odd)}")
        if plan.wanted:
            self.reporter.begin(rule.name, len(plan.wanted))

        def done(row: ReleaseRow) -> None:
            self.memory.note(rule.name, row)
            self.reporter.advance(rule.name)

        return read_plan(plan, self.session.http, self.session.workers, done=done)

    def _basis(self, rule: PackageRule) -> str:
        """What a page was turned into: if it is still this, "unchanged" (304) means that there is nothing to do."""
        made = self.folder.content(rule.name) + repr(rule).encode()
        if self.session.index != PYPI:
            made += self.tag.encode() + dump_tables(self.folder.builds_of(page_url(self.session.index, rule.name)))
        return sha256(made).hexdigest()
