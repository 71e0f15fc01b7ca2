"""The catalog's own commands: bring it up to date, tell its state, show a release, hold it against its sources."""

from __future__ import annotations

import difflib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from stackpin.app.catalog_folder import CatalogFolder
from stackpin.app.catalog_state import ShowReport, StatusReport, release_facts, status_of
from stackpin.app.settings import load_settings
from stackpin.catalog.facts import Facts
from stackpin.catalog.loader import EMBEDDED, Catalog
from stackpin.effects.clock import SystemClock
from stackpin.effects.files import LocalFiles
from stackpin.errors import CatalogGap, IndexFailed, InputUnreadable, StackpinError, UnknownName
from stackpin.parse.package_list import PackageRule, parse_package_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stackpin.app.catalog_update import CatalogUpdate, ProjectReport
    from stackpin.app.catalog_verify import Difference
    from stackpin.app.index_session import IndexSession
    from stackpin.app.source_verify import SourceReport
    from stackpin.ports import HttpSettings, Reporter

__all__ = [
    "Silent",
    "UpdateReport",
    "VerifyReport",
    "catalog_directory",
    "chosen_rules",
    "package_rules",
    "seal",
    "show",
    "status",
    "update",
    "verify",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateReport:
    """What an update did. ``received`` in bytes of bodies, ``seconds`` of wall time; ``index`` as the rows call it."""

    directory: str
    index: str
    projects: tuple[ProjectReport, ...]
    requests: int
    received: int
    seconds: float
    date: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """How many releases were read again, and where they differ from the catalog."""

    directory: str
    compared: int
    releases: int
    differences: tuple[Difference, ...]


class Silent:
    """A :class:`stackpin.ports.Reporter` that says nothing."""

    def begin(self, label: str, total: int) -> None:
        """Nothing."""

    def advance(self, label: str) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""


def catalog_directory() -> Path:
    """The folder that is meant where none is named: the user's setting (STACKPIN_CATALOG), else the embedded one."""
    named = load_settings(os.environ, Path.cwd()).catalog
    return Path(named or EMBEDDED)


def package_rules(directory: Path) -> tuple[PackageRule, ...]:
    """The packages that a catalog covers: its own ``packages.toml``, else the embedded one.

    :raises CatalogDamaged: when the list is none.
    :raises CatalogGap: when there is no list at all.
    """
    for folder in (directory, Path(EMBEDDED)):
        content = LocalFiles().read(folder / "packages.toml")
        if content is not None:
            return parse_package_list(content)
    raise CatalogGap("there is no list of packages", where=str(directory / "packages.toml"), hint="reinstall stackpin")


def seal(directory: Path) -> str:
    """Make ``manifest.json`` name the files that are there (releases and ``facts.json``); returns the new digest.

    :raises CatalogDamaged: when a releases file has a row that is none.
    :raises FileUnwritable: when the manifest cannot be written.
    """
    return str(CatalogFolder(directory, LocalFiles(), SystemClock()).seal()["digest"])


def status(*, directory: Path | None = None) -> StatusReport:
    """How old a catalog is, what is in it, and that every file of it is whole; no network.

    :raises CatalogGap: when the folder is no catalog.
    :raises CatalogDamaged: when a file is cut or altered.
    """
    directory = directory or catalog_directory()
    return status_of(CatalogFolder(directory, LocalFiles(), SystemClock()), SystemClock())


def show(package: str, version: str | None = None, *, directory: Path | None = None) -> ShowReport:
    """What the catalog knows of a package, or of one release of it; no network.

    :raises UnknownName: when the catalog does not cover the package.
    :raises CatalogGap: when it has no rows of it, or no such release.
    """
    directory = directory or catalog_directory()
    catalog = Catalog.open(None if directory == Path(EMBEDDED) else directory)
    covered = tuple(str(rule.name) for rule in package_rules(directory))
    return release_facts(catalog, package, version, covered=covered)


def _run_over(
    session: IndexSession, folder: CatalogFolder, reporter: Reporter, *, refresh: bool, optional: bool
) -> CatalogUpdate:
    """An update of a folder from an opened index, with its tag and what was read from it before."""
    import platformdirs

    from stackpin.app.catalog_update import CatalogUpdate
    from stackpin.app.update_memory import UpdateMemory
    from stackpin.index.page_builds import tag_of_index

    facts = Facts(Catalog.open())
    return CatalogUpdate(
        session=session,
        folder=folder,
        tag=tag_of_index(session.index, facts.index_rows),
        plain=facts.cuda_members,
        memory=UpdateMemory(LocalFiles(), platformdirs.user_cache_path("stackpin"), index=session.index),
        reporter=reporter,
        refresh=refresh,
        optional=optional,
    )


def update(
    *,
    directory: Path | None = None,
    index_url: str | None = None,
    packages: Sequence[str] | None = None,
    refresh: bool = False,
    reporter: Reporter | None = None,
    settings: HttpSettings | None = None,
) -> UpdateReport:
    """Bring the catalog up to date from a Simple index; from a vendor's also which CUDA builds its pages carry.

    Costs one request for each project that has not changed. What was read completely is kept, whatever happens after.

    :param directory: the catalog folder; else STACKPIN_CATALOG, else the embedded one.
    :param index_url: a vendor's index, whose rows carry its address; else PyPI, or what stands for it.
    :param packages: which projects; else all of ``packages.toml``.
    :param refresh: read everything again, also what has not changed.
    :param settings: how patient to be; mirrors and certificates are added from the environment.
    :raises UnknownName: when a package is not in the list.
    :raises IndexFailed: when the index fails for some project (the others are up to date then).
    :raises InputUnreadable: when a file of the index is broken (likewise).
    :raises FileUnwritable: when the folder cannot be written to.
    """
    from stackpin.app.index_session import open_index

    started = time.monotonic()
    directory = directory or catalog_directory()
    folder = CatalogFolder(directory, LocalFiles(), SystemClock())
    covered = package_rules(directory)
    lists = _lists_meant(folder, covered, packages) if index_url is None else ()
    others = [name for name in packages or () if canonicalize_name(name) not in lists]
    rules = chosen_rules(covered, others) if others or not lists else ()
    with open_index(index_url, settings) as session:
        optional = index_url is not None and not packages
        run = _run_over(session, folder, reporter or Silent(), refresh=refresh, optional=optional)
        reports, failures = run.run(rules)
        if not packages:
            run.drop_others(rules)
        if index_url is None and (lists or not packages):
            listed, failed = _update_lists(session, folder, reporter or Silent(), refresh=refresh, only=lists)
            reports, failures = (*reports, *listed), (*failures, *failed)
        traffic = session.http.traffic
    if failures:
        raise _joined(failures, hint="run the same command again: it goes on where this one ended")
    manifest = folder.manifest()
    return UpdateReport(
        directory=str(directory),
        index=session.index,
        projects=reports,
        requests=traffic.requests,
        received=traffic.received,
        seconds=time.monotonic() - started,
        date=manifest["date"],
        digest=manifest["digest"],
    )


def _lists_meant(
    folder: CatalogFolder, covered: tuple[PackageRule, ...], packages: Sequence[str] | None
) -> tuple[str, ...]:
    """Those of the packages of which the catalog has no rows but a release list (``lists.json.z``)."""
    names = {str(canonicalize_name(package)) for package in packages or ()} - {str(rule.name) for rule in covered}
    if not names:
        return ()
    from stackpin.app.lists_update import listed_names

    return tuple(sorted(names & set(listed_names(folder))))


def _update_lists(
    session: IndexSession, folder: CatalogFolder, reporter: Reporter, *, refresh: bool, only: Sequence[str]
) -> tuple[tuple[ProjectReport, ...], tuple[StackpinError, ...]]:
    """The release lists, once the rows are up to date: which packages have one follows from the rows."""
    from stackpin.app.lists_update import ListsUpdate

    run = ListsUpdate(session=session, folder=folder, reporter=reporter, refresh=refresh, only=only)
    return run.run()


def verify(
    *,
    directory: Path | None = None,
    packages: Sequence[str] | None = None,
    sample: int | None = None,
    reporter: Reporter | None = None,
    settings: HttpSettings | None = None,
) -> VerifyReport:
    """Read releases again from the indexes that they came from, and compare every field; the builds with the rows.

    :param sample: how many releases, another choice each day; None: all.
    :raises CatalogDamaged: when a file of the catalog is cut or altered.
    :raises IndexFailed: when an index fails.
    :raises InputUnreadable: when a file of an index is broken.
    """
    from stackpin.app.catalog_verify import Sampled, compare_builds, compare_with_index
    from stackpin.app.catalog_verify import sample as choose
    from stackpin.app.index_session import open_index

    directory = directory or catalog_directory()
    state = status(directory=directory)
    folder = CatalogFolder(directory, LocalFiles(), SystemClock())
    rules = chosen_rules(package_rules(directory), packages)
    rows = [Sampled(rule=rule, row=row) for rule in rules for row in folder.rows(rule.name)]
    chosen = choose(rows, sample, seed=SystemClock().today())
    differences = list(compare_builds(folder, rules, Facts(Catalog.open()).index_rows))
    failures: list[StackpinError] = []
    for index in sorted({item.row.index for item in chosen}):
        with open_index(None if index == "pypi" else index, settings) as session:
            own = [item for item in chosen if item.row.index == index]
            found, failed = compare_with_index(own, session, reporter or Silent())
        differences.extend(found)
        failures.extend(failed)
    if failures:
        raise _joined(tuple(failures), hint="try again later")
    return VerifyReport(
        directory=str(directory), compared=len(chosen), releases=state.releases, differences=tuple(differences)
    )


def verify_tree(text: str, *, directory: Path | None = None) -> SourceReport:
    """Hold a source tree against the METADATA that the catalog has of its release; no index is asked.

    :param text: a folder, or ``git+URL@REV``.
    :raises CatalogGap: where the catalog has no such release.
    :raises UsageError: where the tree does not say which release it is.
    :raises InputUnreadable: where it is no source tree, or nothing in it can be compared.
    """
    from stackpin.app.source_verify import verify_source

    directory = directory or catalog_directory()
    return verify_source(text, Catalog.open(None if directory == Path(EMBEDDED) else directory))


def chosen_rules(rules: tuple[PackageRule, ...], packages: Sequence[str] | None) -> tuple[PackageRule, ...]:
    """The rules of the packages that are named, each once; all where none is.

    :raises UnknownName: when a package is not in the list.
    """
    if not packages:
        return rules
    by_name = {str(rule.name): rule for rule in rules}
    found = []
    for name in dict.fromkeys(canonicalize_name(package) for package in packages):
        if name not in by_name:
            near = difflib.get_close_matches(name, by_name, n=1)
            raise UnknownName(
                f"the catalog does not cover {name}",
                got=name,
                hint=f"did you mean {near[0]}?" if near else "stackpin catalog status lists the packages",
            )
        found.append(by_name[name])
    return tuple(found)


def _joined(failures: tuple[StackpinError, ...], *, hint: str) -> StackpinError:
    """One error for all that failed; the only one as it is."""
    first = next((error for error in failures if isinstance(error, IndexFailed)), failures[0])
    if len(failures) == 1:
        return first
    kind = IndexFailed if isinstance(first, IndexFailed) else InputUnreadable
    return kind(
        f"{len(failures)} answers of the index were of no use",
        where=", ".join(error.where for error in failures[:5]) + (", …" if len(failures) > 5 else ""),
        got=f"{first.what}: {first.got}" if first.got else first.what,
        expected=first.expected,
        hint=hint,
    )
