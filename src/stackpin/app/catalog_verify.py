"""``catalog verify``: read releases again from where they came, and compare; any difference is a finding."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from stackpin.errors import IndexFailed, InputUnreadable, StackpinError
from stackpin.index.metadata import MetadataReader
from stackpin.index.page_builds import builds_of_page, tag_of_index
from stackpin.index.pages import FetchedPage, NoSuchProject, fetch_page
from stackpin.index.releases import carried_over, group_releases, read_release
from stackpin.parse.read_builds import of_page
from stackpin.parse.release_rows import ReleaseRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stackpin.app.catalog_folder import CatalogFolder
    from stackpin.app.index_session import IndexSession
    from stackpin.index.releases import IndexRelease
    from stackpin.parse.package_list import PackageRule
    from stackpin.parse.read_builds import Tables
    from stackpin.ports import Reporter

__all__ = ["Difference", "Sampled", "compare_builds", "compare_with_index", "sample"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """One row that is to be held against its source."""

    rule: PackageRule
    row: ReleaseRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where the catalog and its source disagree: which field of which release, and both values."""

    package: str
    version: str
    index: str
    field: str
    catalog: str
    source: str


def sample(rows: Sequence[Sampled], size: int | None, *, seed: str) -> tuple[Sampled, ...]:
    """``size`` of the rows, the same ones for the same seed; all of them where ``size`` is None."""

    def order(item: Sampled) -> bytes:
        return sha256(f"{seed} {item.rule.name} {item.row.version} {item.row.index}".encode()).digest()

    return tuple(rows) if size is None else tuple(sorted(rows, key=order)[:size])


def compare_with_index(
    chosen: Sequence[Sampled], session: IndexSession, reporter: Reporter
) -> tuple[tuple[Difference, ...], tuple[StackpinError, ...]]:
    """Read the chosen rows again, all of this session's index; one page request a project, and each metadata anew.

    :returns: the differences, sorted, and what could not be read.
    """
    rules = {str(item.rule.name): item.rule for item in chosen}
    reporter.begin("pages", len(rules))
    found: list[Difference] = []
    failures: list[StackpinError] = []
    fetched = session.workers.each(lambda name: fetch_page(session.http, session.base, name), sorted(rules))
    pages = []
    for name, outcome in fetched:
        reporter.advance("pages")
        pages.append((name, outcome))
    reporter.begin("releases", len(chosen))
    for name, outcome in sorted(pages, key=lambda pair: pair[0]):
        rows = [item.row for item in chosen if item.rule.name == name]
        if isinstance(outcome, NoSuchProject):
            found.extend(_gone(name, row) for row in rows)
        elif isinstance(outcome, StackpinError):
            failures.append(outcome)
        elif isinstance(outcome, FetchedPage) and outcome.page is not None:
            releases, _ = group_releases(outcome.page.files, rule=rules[name], index=session.index)
            differences, failed = _project(rules[name], rows, releases, session, reporter)
            found.extend(differences)
            failures.extend(failed)
    reporter.end()
    return tuple(sorted(found, key=lambda item: (item.package, item.version, item.field))), tuple(failures)


def compare_builds(
    folder: CatalogFolder, rules: Sequence[PackageRule], indexes: Iterable[Mapping[str, Any]]
) -> tuple[Difference, ...]:
    """Hold the builds of each page that was read against the rows that were read of it; no request.

    With the rows held against their index, that holds the builds against it.
    """
    known, templates = folder.read_builds(), list(indexes)
    names = {str(rule.name) for rule in rules}
    found: list[Difference] = []
    for page in known.get("pages_read", ()):
        name, index = page["package"], page["index"]
        if name in names:
            rows = [row for row in folder.rows(name) if row.index == index]
            tag = tag_of_index(index, templates)
            fresh = builds_of_page(name, rows, index=index, tag=tag, seen=page["seen"]).tables
            found.extend(_build_differences(page, of_page(known, page["page"]), fresh))
    return tuple(found)


def _build_differences(page: Mapping[str, Any], ours: Tables, theirs: Tables) -> Iterator[Difference]:
    for table in sorted(ours.keys() | theirs.keys()):
        told, rows = ours.get(table, []), theirs.get(table, [])
        pairs: list[tuple[dict[str, Any], dict[str, Any]]] = [(row, {}) for row in told if row not in rows]
        pairs += [({}, row) for row in rows if row not in told]
        for mine, other in pairs:
            version = next(iter((mine or other).get("versions", ())), (mine or other).get("torch", "its page"))
            yield Difference(
                package=page["package"],
                version=version,
                index=page["index"],
                field=table,
                catalog=json.dumps(mine) if mine else "not there",
                source=json.dumps(other) if other else "not among the rows of that index",
            )


def _project(
    rule: PackageRule,
    rows: list[ReleaseRow],
    releases: tuple[IndexRelease, ...],
    session: IndexSession,
    reporter: Reporter,
) -> tuple[list[Difference], list[StackpinError]]:
    there = {str(release.version): release for release in releases}
    reader = MetadataReader(session.http)
    known = {row.version: row for row in rows}
    found = [_gone(rule.name, row) for row in rows if row.version not in there]
    failures: list[StackpinError] = []
    read = session.workers.each(
        lambda version: read_release(there[version], reader, variants=rule.variants), [v for v in known if v in there]
    )
    for version, outcome in read:
        reporter.advance("releases")
        if isinstance(outcome, (IndexFailed, InputUnreadable)):
            failures.append(outcome)
        elif isinstance(outcome, ReleaseRow):
            found.extend(_differences(rule.name, known[version], outcome, there[version]))
    return found, failures


def _gone(package: str, row: ReleaseRow) -> Difference:
    return Difference(
        package=package,
        version=row.version,
        index=row.index,
        field="release",
        catalog=f"{len(row.files)} files",
        source="not on the index",
    )


def _differences(package: str, row: ReleaseRow, fresh: ReleaseRow, release: IndexRelease) -> list[Difference]:
    """Field by field; where the index does not say a file's size, the catalog's stands."""
    fresh_files = (carried_over(release, row) or fresh).files
    pairs: list[tuple[str, object, object]] = [
        ("uploaded", row.uploaded, fresh.uploaded),
        ("yanked", row.yanked, fresh.yanked),
        ("requires_python", row.requires_python, fresh.requires_python),
        ("metadata", _source(row), _source(fresh)),
        ("requires", row.source and row.source.requires, fresh.source and fresh.source.requires),
        ("extras", row.extras, fresh.extras),
        ("variants", row.variants, fresh.variants),
    ]
    names = {file.name: file for file in row.files}
    fresh_names = {file.name: file for file in fresh_files}
    pairs += [(name, names.get(name), fresh_names.get(name)) for name in sorted(names.keys() | fresh_names.keys())]
    return [
        Difference(
            package=package, version=row.version, index=row.index, field=field, catalog=str(ours), source=str(theirs)
        )
        for field, ours, theirs in pairs
        if ours != theirs
    ]


def _source(row: ReleaseRow) -> str:
    return f"{row.source.metadata} sha256 {row.source.metadata_sha256}" if row.source else row.why
