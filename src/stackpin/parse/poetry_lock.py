"""``poetry.lock``: bytes in, the packages and what their lock tells of where they belong out.

Formats 1.1, 2.0 and 2.1, as poetry 1.1 and later write them. Only 2.1 tells of each package in which groups it is, and
under which marker; the older ones tell the edges between packages, and leave what the project itself asks for to its
``pyproject.toml``. Constraints are poetry's own (``^2.1``, ``~3.10``), and stay text.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from stackpin.errors import InputUnreadable
from stackpin.model.names import normalized_name
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

    from packaging.utils import NormalizedName

__all__ = ["PoetryEdge", "PoetryLock", "PoetryPackage", "parse_poetry_lock", "poetry_edges"]

_FORM = LockForm("a lock file as poetry writes it", "poetry lock")
_text = partial(text_part, hint=_FORM.hint)
_wrong = partial(wrong_part, hint=_FORM.hint)
_VERSIONS = ("1.1", "2.0", "2.1")
#: A file's line, which is cut to the file's name before TOML is parsed.
_FILE_LINE = re.compile(r'^    \{file = "([^"\'\\\n]+)", hash = "[^"\n]*"\}(,?)$', re.MULTILINE)


class PoetryEdge(NamedTuple):
    """What a package or a project asks for; ``constraint`` and ``python`` are poetry's, ``marker`` is PEP 508's."""

    name: NormalizedName
    constraint: str = "*"
    marker: str = ""
    python: str = "*"
    platform: str = ""
    extras: tuple[str, ...] = ()
    optional: bool = False


class PoetryPackage(NamedTuple):
    """One locked package.

    ``name`` and ``version`` are as they stand. ``groups`` are the groups that it is in, each with its marker (format 2.1);
    None in the older formats. ``address`` is that of its index, file, folder or repository; empty for PyPI. ``files`` are
    names.
    """

    name: str
    version: str
    place: LockPlace = LockPlace()
    optional: bool = False
    groups: Mapping[str, str] | None = None
    dependencies: tuple[PoetryEdge, ...] = ()
    extras: Mapping[str, tuple[str, ...]] = {}
    files: tuple[str, ...] = ()
    address: str = ""

    @property
    def key(self) -> NormalizedName:
        """The normalized name."""
        return normalized_name(self.name)


class PoetryLock(NamedTuple):
    """A lock file. ``extras`` are the project's, by the packages that each brings; ``python`` is poetry's constraint."""

    packages: tuple[PoetryPackage, ...]
    version: str
    python: str = "*"
    extras: Mapping[str, tuple[str, ...]] = {}
    content_hash: str = ""


def parse_poetry_lock(content: bytes, where: str = "poetry.lock") -> PoetryLock:
    """Read a lock file.

    :param where: the file's name, for messages.
    :raises InputUnreadable: when it is too large, no TOML, of another format, cut before its end, or a part is not what it
        must be; ``where`` then has the key path.
    """
    text = _FILE_LINE.sub(r"    '\1'\2", lock_text(content, where, _FORM))
    document = lock_document(text, where, _FORM)
    if "metadata" not in document:
        raise InputUnreadable(
            "a lock file is cut, or none: it lacks its [metadata]",
            where=where,
            got="no [metadata]",
            expected=_FORM.expected,
            hint=_FORM.hint,
        )
    metadata = _table(document, "metadata", f"{where}: ")
    version = _text(metadata, "lock-version", f"{where}: metadata.")
    if version not in _VERSIONS:
        raise InputUnreadable(
            "a lock file of a format that stackpin does not know",
            where=f"{where}: metadata.lock-version",
            got=repr(version),
            expected=f"one of {', '.join(_VERSIONS)}",
            hint="poetry export --output requirements.txt",
        )
    files = metadata.get("files", {})
    entries = document.get("package", [])
    if not isinstance(entries, list):
        raise _wrong(f"{where}: package", entries, "a list")
    packages = [
        _package(entry, f"{where}: package[{number}]", files if isinstance(files, dict) else {}, version)
        for number, entry in enumerate(entries)
    ]
    places = package_places(text, "package", ((package.name, package.version) for package in packages))
    return PoetryLock(
        packages=tuple(package._replace(place=place) for package, place in zip(packages, places, strict=True)),
        version=version,
        python=_text(metadata, "python-versions", f"{where}: metadata.") or "*",
        extras=_text_lists(document, "extras", f"{where}: "),
        content_hash=_text(metadata, "content-hash", f"{where}: metadata."),
    )


def poetry_edges(name: str, value: object, where: str) -> tuple[PoetryEdge, ...]:
    """What one key of a table of dependencies asks for: a constraint, a table, or a list of them.

    :raises InputUnreadable: when it is none of them.
    """
    if isinstance(value, list):
        return tuple(
            edge for number, each in enumerate(value) for edge in poetry_edges(name, each, f"{where}[{number}]")
        )
    if isinstance(value, str):
        return (PoetryEdge(normalized_name(name), value),)
    if not isinstance(value, dict):
        raise _wrong(where, value, "a constraint or a table")
    at = f"{where}."
    return (
        PoetryEdge(
            name=normalized_name(name),
            constraint=_text(value, "version", at) or "*",
            marker=_text(value, "markers", at),
            python=_text(value, "python", at) or "*",
            platform=_text(value, "platform", at),
            extras=_texts(value.get("extras", []), f"{at}extras"),
            optional=value.get("optional") is True,
        ),
    )


def _package(entry: object, where: str, files: Mapping[str, Any], version: str) -> PoetryPackage:
    if not isinstance(entry, dict):
        raise _wrong(where, entry, "a table")
    at = f"{where}."
    name = _text(entry, "name", at, needed=True)
    source = _table(entry, "source", at)
    names = entry["files"] if "files" in entry else files.get(name, [])
    edges = _table(entry, "dependencies", at)
    return PoetryPackage(
        name=name,
        version=sane_version(_text(entry, "version", at, needed=True), f"{at}version", _FORM),
        optional=entry.get("optional") is True,
        groups=_groups(entry, at) if version == _VERSIONS[-1] else None,
        dependencies=tuple(edge for key in edges for edge in poetry_edges(key, edges[key], f"{at}dependencies.{key}")),
        extras=_text_lists(entry, "extras", at),
        files=tuple(_file_name(each) for each in names) if isinstance(names, list) else (),
        address=_text(source, "url", f"{at}source."),
    )


def _groups(entry: Mapping[str, Any], at: str) -> dict[str, str]:
    """The groups of a package, each with its marker, empty where it has none."""
    groups = _texts(entry.get("groups", []), f"{at}groups")
    markers = entry.get("markers", "")
    if isinstance(markers, str):
        return dict.fromkeys(groups, markers)
    table = _table(entry, "markers", at)
    return {group: _text(table, group, f"{at}markers.") for group in groups}


def _file_name(item: object) -> str:
    return str(item.get("file", "")) if isinstance(item, dict) else str(item)


def _text_lists(table: Mapping[str, Any], key: str, at: str) -> dict[str, tuple[str, ...]]:
    inner = _table(table, key, at)
    return {str(normalized_name(name)): _texts(value, f"{at}{key}.{name}") for name, value in inner.items()}


def _table(table: Mapping[str, Any], key: str, at: str) -> Mapping[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise _wrong(f"{at}{key}", value, "a table")
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _wrong(where, value, "a list of texts")
    return tuple(value)
