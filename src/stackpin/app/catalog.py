"""The catalog's own commands: bring it up to date, tell its state, show a release, hold it against its sources."""

from __future__ import annotations

import difflib
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from packaging.utils import canonicalize_name

from stackpin.app.catalog_folder import CatalogFolder
from stackpin.app.catalog_update import CatalogUpdate, ProjectReport
from stackpin.app.update_memory import UpdateMemory
from stackpin.catalog.loader import EMBEDDED
from stackpin.effects.clock import SystemClock
from stackpin.effects.files import LocalFiles
from stackpin.effects.http import HttpSettings, IndexHttp
from stackpin.effects.pip_config import mirrors_of, pypi_of
from stackpin.effects.workers import ThreadWorkers
from stackpin.errors import CatalogGap, FileUnwritable, IndexFailed, InputUnreadable, StackpinError, UnknownName
from stackpin.parse.package_list import PackageRule, parse_package_list
from stackpin.parse.web_address import without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stackpin.ports import Files, Reporter

__all__ = ["Silent", "UpdateReport", "catalog_directory", "package_rules", "seal", "update"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateReport:
    """What an update did. ``received`` is in bytes of bodies, ``seconds`` of wall time; ``index`` carries no credentials."""

    directory: str
    index: str
    projects: tuple[ProjectReport, ...]
    requests: int
    received: int
    seconds: float
    date: str
    digest: str


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


def catalog_directory(environ: Mapping[str, str]) -> Path:
    """The folder that is meant where none is named: STACKPIN_CATALOG, else the one that is embedded in stackpin."""
    named = environ.get("STACKPIN_CATALOG", "")
    return Path(named) if named else EMBEDDED


def package_rules(directory: Path, files: Files | None = None) -> tuple[PackageRule, ...]:
    """The packages that a catalog covers: its own ``packages.toml``, else the embedded one.

    :raises CatalogDamaged: when the list is none.
    :raises CatalogGap: when there is no list at all.
    """
    files = files or LocalFiles()
    for folder in (directory, EMBEDDED):
        content = files.read(folder / "packages.toml")
        if content is not None:
            return parse_package_list(content)
    raise CatalogGap("there is no list of packages", where=str(directory / "packages.toml"), hint="reinstall stackpin")


def seal(directory: Path) -> str:
    """Make ``manifest.json`` name the files that are there (releases and ``facts.json``); returns the new digest.

    :raises CatalogDamaged: when a releases file has a row that is none.
    :raises FileUnwritable: when the manifest cannot be written.
    """
    return str(CatalogFolder(directory, LocalFiles(), SystemClock()).seal()["digest"])


def update(
    *,
    directory: Path | None = None,
    index_url: str | None = None,
    packages: Sequence[str] | None = None,
    refresh: bool = False,
    reporter: Reporter | None = None,
    settings: HttpSettings | None = None,
) -> UpdateReport:
    """Bring the catalog up to date from a Simple index.

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
    started = time.monotonic()
    directory = directory or catalog_directory(os.environ)
    rules = _chosen(package_rules(directory), packages)
    base, settings = _place(index_url, settings or HttpSettings())
    index = "pypi" if index_url is None else without_credentials(index_url).rstrip("/")
    folder, reporter = CatalogFolder(directory, LocalFiles(), SystemClock()), reporter or Silent()
    memory = UpdateMemory(LocalFiles(), platformdirs.user_cache_path("stackpin"), index=index)
    with IndexHttp(settings) as http:
        http.auth.learn(base)
        run = CatalogUpdate(
            base=base,
            index=index,
            folder=folder,
            memory=memory,
            http=http,
            workers=ThreadWorkers(settings.connections),
            reporter=reporter,
            refresh=refresh,
            optional=index_url is not None and packages is None,
        )
        reports, failures = run.run(rules)
        traffic = http.traffic
    if failures:
        raise _joined(failures, len(rules))
    manifest = folder.manifest()
    return UpdateReport(
        directory=str(directory),
        index=without_credentials(base),
        projects=reports,
        requests=traffic.requests,
        received=traffic.received,
        seconds=time.monotonic() - started,
        date=manifest["date"],
        digest=manifest["digest"],
    )


def _place(index_url: str | None, settings: HttpSettings) -> tuple[str, HttpSettings]:
    """The address to ask, and the settings with the user's mirrors and certificates."""
    mirrors = {**mirrors_of(os.environ), **settings.mirrors}
    place = pypi_of(os.environ, mirrors=mirrors)
    prefixes = {prefix: url for prefix, url in mirrors.items() if prefix != "pypi"}
    settings = replace(settings, mirrors=prefixes, certificates=settings.certificates or place.certificates)
    return (place.url if index_url is None else index_url), settings


def _chosen(rules: tuple[PackageRule, ...], packages: Sequence[str] | None) -> tuple[PackageRule, ...]:
    if not packages:
        return rules
    by_name = {str(rule.name): rule for rule in rules}
    found = []
    for name in dict.fromkeys(canonicalize_name(package) for package in packages):
        if name not in by_name:
            near = difflib.get_close_matches(name, by_name, n=1)
            raise UnknownName(
                f"the catalog does not cover {name}",
                where="packages.toml",
                got=name,
                hint=f"did you mean {near[0]}?" if near else "stackpin catalog status lists the packages",
            )
        found.append(by_name[name])
    return tuple(found)


def _joined(failures: tuple[StackpinError, ...], total: int) -> StackpinError:
    """One error for all that failed; the only one as it is."""
    if len(failures) == 1:
        return failures[0]
    first = failures[0]
    kind = IndexFailed if any(isinstance(error, IndexFailed) for error in failures) else InputUnreadable
    return kind(
        f"{len(failures)} of the answers were no use; what could be read of {total} projects is kept",
        where=", ".join(error.where for error in failures[:5]) + (", …" if len(failures) > 5 else ""),
        got=f"{first.what}: {first.got}" if first.got else first.what,
        expected=first.expected,
        hint="stackpin catalog update goes on where this one ended",
    )
