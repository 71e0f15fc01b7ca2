"""One project's rows, brought up to date from its page: what stays, what must be read, and reading it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stackpin.errors import IndexFailed, StackpinError
from stackpin.index.metadata import MetadataReader
from stackpin.index.releases import IndexRelease, carried_over, group_releases, read_release
from stackpin.parse.release_rows import ReleaseRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stackpin.parse.package_list import PackageRule
    from stackpin.parse.simple_api import ProjectPage
    from stackpin.ports import HttpClient, Workers

__all__ = ["Harvest", "ReadingPlan", "plan_reading", "read_plan"]

#: After so many releases that the index failed to give, the rest of the project is not asked for.
_PATIENCE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingPlan:
    """``kept`` rows need no request; ``wanted`` releases must be read; ``odd`` names files that are no release's."""

    rule: PackageRule
    kept: tuple[ReleaseRow, ...]
    wanted: tuple[IndexRelease, ...]
    odd: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """All rows that are now known of a project on one index, and what could not be read."""

    rows: tuple[ReleaseRow, ...]
    read: int
    failures: tuple[StackpinError, ...]


def plan_reading(page: ProjectPage, *, rule: PackageRule, index: str, known: Iterable[ReleaseRow]) -> ReadingPlan:
    """What a page means for the rows: a release whose files (name and sha256) are known is not read again.

    :raises IndexFailed: when the page lists no release that belongs into the catalog although rows of it are known.
    """
    by_version = {row.version: row for row in known if row.index == index}
    releases, odd = group_releases(page.files, rule=rule, index=index)
    if by_version and not releases:
        raise IndexFailed(
            f"the index lists no file of {rule.name} any more",
            got=f"{len(page.files)} files",
            expected=f"files of the {len(by_version)} releases that the catalog knows",
        )
    kept, wanted = [], []
    for release in releases:
        row = carried_over(release, by_version.get(str(release.version)))
        if row is None:
            wanted.append(release)
        else:
            kept.append(row)
    return ReadingPlan(rule=rule, kept=tuple(kept), wanted=tuple(wanted), odd=odd)


def read_plan(plan: ReadingPlan, http: HttpClient, workers: Workers, *, done: Callable[[ReleaseRow], None]) -> Harvest:
    """Read the wanted releases side by side; ``done`` is called in this thread with each row as it gets complete.

    A release that cannot be read is left out and told in ``failures``, so that the next run tries it again.
    """
    reader = MetadataReader(http)
    wanted = {str(release.version): release for release in plan.wanted}
    failures: list[StackpinError] = []

    def read(version: str) -> ReleaseRow | None:
        if sum(isinstance(error, IndexFailed) for error in failures) >= _PATIENCE:
            return None
        return read_release(wanted[version], reader, variants=plan.rule.variants)

    rows = []
    for _, outcome in workers.each(read, wanted):
        if isinstance(outcome, StackpinError):
            failures.append(outcome)
        elif isinstance(outcome, ReleaseRow):
            rows.append(outcome)
            done(outcome)
    return Harvest(rows=(*plan.kept, *rows), read=len(rows), failures=tuple(failures))
