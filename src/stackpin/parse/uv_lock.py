"""``uv.lock`` and ``script.py.lock``: bytes in, the packages and what leads to them out.

Format: version 1, whatever its revision (a revision only adds keys that older readers may pass over), as uv 0.5.0 and
later write it. Markers stay text; they are judged where an environment is known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from stackpin.errors import InputUnreadable
from stackpin.parse.lock_text import (
    LockForm,
    LockPlace,
    lock_document,
    lock_text,
    package_places,
    sane_version,
    text_part,
    wrong_part,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LockChoice", "LockDependency", "LockPackage", "LockSource", "UvLock", "parse_uv_lock"]

_VERSION = 1
#: The kinds of source that uv writes; the value beside each is an address or a path.
_KINDS = ("registry", "url", "path", "git", "directory", "editable", "virtual")
_FORM = LockForm("a lock file as uv writes it", "uv lock")
#: Nine tenths of a lock are its files, one a line. Before TOML is parsed, a package's wheels are cut to their file names, as
#: one literal text, and its sdist to nothing but a key: ten times as fast. What is laid out otherwise is parsed as it is.
#: No line is lost: those of the packages are counted afterwards.
_WHEELS = re.compile(r"^wheels = \[\n((?:    \{[^\n]*\},\n)+)\]$", re.MULTILINE)
_WHEEL_LINE = re.compile(r'^    \{ (?:url|path|filename) = "(?:[^"\\\n]*/)?([^"\'/\\\n]+)"[^\n]*\},$', re.MULTILINE)
_NAMES = "wheel-names"
_SDIST_LINE = re.compile(r'^sdist = \{ (?:url|path) = "[^\n]*\}$', re.MULTILINE)


class LockSource(NamedTuple):
    """Where a package comes from: ``registry``, ``url``, ``path``, ``git``, ``directory``, ``editable`` or ``virtual``."""

    kind: str
    address: str


class LockDependency(NamedTuple):
    """One edge to a package. ``version`` and ``source`` are empty where the name alone tells which one is meant."""

    name: str
    version: str = ""
    source: LockSource | None = None
    marker: str = ""
    extras: tuple[str, ...] = ()
    specifier: str = ""


class LockPackage(NamedTuple):
    """One locked package; ``version`` is empty for a source tree that computes its own.

    ``markers``: the forks of the resolution that it belongs to, any of which must hold; none: it belongs to all.
    ``wheels`` are file names; ``has_sdist`` is whether there is a source distribution beside them.
    """

    name: str
    version: str
    source: LockSource
    markers: tuple[str, ...] = ()
    dependencies: tuple[LockDependency, ...] = ()
    extras: Mapping[str, tuple[LockDependency, ...]] = {}
    groups: Mapping[str, tuple[LockDependency, ...]] = {}
    wheels: tuple[str, ...] = ()
    has_sdist: bool = False
    place: LockPlace = LockPlace()

    @property
    def is_local(self) -> bool:
        """Whether it is a source tree on this machine."""
        return self.source.kind in {"directory", "editable", "virtual"}


class LockChoice(NamedTuple):
    """An extra or a group of a package, or the whole package: ``kind`` is ``extra``, ``group`` or ``project``."""

    kind: str
    package: str
    name: str = ""


class UvLock(NamedTuple):
    """A lock file. ``members`` are the names of a workspace; ``requirements`` and ``groups`` hang on no package.

    A script's lock has requirements and no package of its own; a workspace without a project may have groups only.
    ``conflicts`` are the sets of extras and groups of which one at most is ever taken, each as its kind and its name;
    ``exclusions`` are the same with the package of each, and with packages that exclude each other as a whole.
    ``environments`` are the markers that the lock is made for, any of which must hold; none: it is made for all.
    """

    packages: tuple[LockPackage, ...]
    requires_python: str = ""
    members: tuple[str, ...] = ()
    requirements: tuple[LockDependency, ...] = ()
    groups: Mapping[str, tuple[LockDependency, ...]] = {}
    conflicts: tuple[tuple[tuple[str, str], ...], ...] = ()
    exclusions: tuple[tuple[LockChoice, ...], ...] = ()
    environments: tuple[str, ...] = ()


def parse_uv_lock(content: bytes, where: str = "uv.lock") -> UvLock:
    """Read a lock file.

    :param where: the file's name, for messages.
    :raises InputUnreadable: when it is too large, no TOML, of another version than 1, or a part is not what it must be;
        ``where`` then has the key path.
    """
    text = _SDIST_LINE.sub("sdist = true", _WHEELS.sub(_names_alone, lock_text(content, where, _FORM)))
    document = lock_document(text, where, _FORM)
    version = document.get("version")
    if version != _VERSION:
        raise InputUnreadable(
            "a lock file of a format that stackpin does not know",
            where=f"{where}: version",
            got=repr(version),
            expected=f"version = {_VERSION}",
            hint="uv export --format pylock.toml --output-file pylock.toml",
        )
    at = f"{where}: "
    manifest = _table(document, "manifest", at)
    packages = [
        _package(entry, f"{at}package[{number}]") for number, entry in enumerate(_list(document, "package", at))
    ]
    places = package_places(text, "package", ((package.name, package.version) for package in packages))
    exclusions = tuple(
        _alternatives(entry, f"{at}conflicts[{number}]")
        for number, entry in enumerate(_list(document, "conflicts", at))
    )
    return UvLock(
        packages=tuple(package._replace(place=place) for package, place in zip(packages, places, strict=True)),
        requires_python=text_part(document, "requires-python", at),
        members=_texts(manifest, "members", f"{at}manifest."),
        requirements=_dependencies(manifest, "requirements", f"{at}manifest."),
        groups=_dependency_tables(manifest, "dependency-groups", f"{at}manifest."),
        conflicts=tuple(
            tuple((each.kind, each.name) for each in alternatives if each.kind != "project")
            for alternatives in exclusions
        ),
        exclusions=exclusions,
        environments=_texts(document, "supported-markers", at),
    )


def _alternatives(entry: object, where: str) -> tuple[LockChoice, ...]:
    """One set of what excludes each other."""
    if not isinstance(entry, list):
        raise wrong_part(where, entry, "a list")
    return tuple(_choice(_as_table(item, f"{where}[{number}]"), f"{where}.") for number, item in enumerate(entry))


def _choice(table: Mapping[str, Any], at: str) -> LockChoice:
    package = text_part(table, "package", at)
    kind = next((kind for kind in ("extra", "group") if kind in table), "project")
    return LockChoice(kind, package, text_part(table, kind, at) if kind in table else "")


def _package(entry: object, where: str) -> LockPackage:
    table = _as_table(entry, where)
    at = f"{where}."
    groups = "dev-dependencies" if "dev-dependencies" in table else "dependency-groups"
    return LockPackage(
        name=text_part(table, "name", at, needed=True),
        version=sane_version(text_part(table, "version", at), f"{at}version", _FORM),
        source=_source(table, at) or LockSource("", ""),
        markers=_texts(table, "resolution-markers", at),
        dependencies=_dependencies(table, "dependencies", at),
        extras=_dependency_tables(table, "optional-dependencies", at),
        groups=_dependency_tables(table, groups, at),
        wheels=tuple(map(_file_name, text_part(table, _NAMES, at).split() or _list(table, "wheels", at))),
        has_sdist="sdist" in table,
    )


def _source(table: Mapping[str, Any], at: str) -> LockSource | None:
    if "source" not in table:
        return None
    source = _as_table(table["source"], f"{at}source")
    for kind in _KINDS:
        if kind in source:
            return LockSource(kind, text_part(source, kind, f"{at}source."))
    raise wrong_part(f"{at}source", source, f"one of {', '.join(_KINDS)}")


def _dependencies(table: Mapping[str, Any], key: str, at: str) -> tuple[LockDependency, ...]:
    return tuple(_dependency(entry, f"{at}{key}[{number}]") for number, entry in enumerate(_list(table, key, at)))


def _dependency(entry: object, where: str) -> LockDependency:
    table = _as_table(entry, where)
    at = f"{where}."
    extras = "extra" if "extra" in table else "extras"  # an edge has the one, a requirement of the manifest the other
    return LockDependency(
        name=text_part(table, "name", at, needed=True),
        version=text_part(table, "version", at),
        source=_source(table, at),
        marker=text_part(table, "marker", at),
        extras=_texts(table, extras, at),
        specifier=text_part(table, "specifier", at),
    )


def _dependency_tables(table: Mapping[str, Any], key: str, at: str) -> Mapping[str, tuple[LockDependency, ...]]:
    inner = _table(table, key, at)
    return {name: _dependencies(inner, name, f"{at}{key}.") for name in inner}


def _names_alone(match: re.Match[str]) -> str:
    """A package's wheels as their file names, one a line, where each line is as uv writes it."""
    names, cut = _WHEEL_LINE.subn(r"\1", match[1])
    return f"{_NAMES} = '''\n{names}'''" if cut == match[1].count("\n") else match[0]


def _file_name(item: object) -> str:
    """The file name in a wheel's entry: its address alone, or the table that uv wrote."""
    if isinstance(item, dict):
        item = next((item[key] for key in ("filename", "url", "path") if key in item), "")
    path = str(item).partition("#")[0].partition("?")[0]
    name = path.rpartition("/")[2]
    return unquote(name) if "%" in name else name


def _as_table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise wrong_part(where, value, "a table")
    return value


def _table(table: Mapping[str, Any], key: str, at: str) -> Mapping[str, Any]:
    return _as_table(table.get(key, {}), f"{at}{key}")


def _list(table: Mapping[str, Any], key: str, at: str) -> list[Any]:
    value = table.get(key, [])
    if not isinstance(value, list):
        raise wrong_part(f"{at}{key}", value, "a list")
    return value


def _texts(table: Mapping[str, Any], key: str, at: str) -> tuple[str, ...]:
    value = _list(table, key, at)
    for number, item in enumerate(value):
        if not isinstance(item, str):
            raise wrong_part(f"{at}{key}[{number}]", item, "a text")
    return tuple(value)
