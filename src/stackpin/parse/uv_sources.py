"""What ``[tool.uv]``, or a ``uv.toml``, says of what is installed: constraints, overrides, indexes, and where a package comes from.

Source: uv's settings reference (``sources``, ``index``, ``conflicts``, ``pip``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from stackpin.model.mention import IndexLine, Mention, Role
from stackpin.model.names import normalized_name
from stackpin.model.target import DEFAULT_PLATFORM, marker_environment
from stackpin.parse.project_tables import table_of
from stackpin.parse.requirement_file import file_name_parts
from stackpin.parse.requirement_mention import is_marker, joined_markers, shown_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stackpin.parse.project_tables import ProjectTables
    from stackpin.parse.toml_places import Path

__all__ = ["UvSourceEntry", "UvTables"]

_UV: Path = ("tool", "uv")
#: What a marker may speak of that is the same on every Linux machine, whatever the Python.
_OPEN_VARIABLES = ("python", "implementation", "machine", "release", "platform_version", "extra")


class UvSourceEntry(NamedTuple):
    """Where a package comes from; ``marker``, ``extra`` and ``group`` are what that is so for alone, empty for all."""

    address: str
    version: str = ""
    marker: str = ""
    extra: str = ""
    group: str = ""


class UvTables:
    """What one file says to uv. ``held`` are its constraints and overrides.

    :param root: the path of the table: ``[tool.uv]``, or empty for a ``uv.toml``, which is that table alone.
    """

    def __init__(self, tables: ProjectTables, root: Path = _UV) -> None:
        self._tables = tables
        self._root = root
        self._urls = {
            str(item.get("name")): str(item.get("url", "")) for _, item in tables.tables((*self._root, "index"))
        }
        self.sources = {
            str(normalized_name(name)): tuple(self._entries(value))
            for name, value in tables.table((*self._root, "sources")).items()
        }
        held = [
            *tables.mentions((*self._root, "constraint-dependencies"), Role.CONSTRAINED),
            *tables.mentions((*self._root, "override-dependencies"), Role.OVERRIDDEN),
        ]
        self.held = tuple(mention for each in held for mention in self.with_sources(each, "", ""))

    def older_group(self) -> tuple[Mention, ...]:
        """``dev-dependencies``, which uv takes for part of the group ``dev``."""
        found = self._tables.mentions((*self._root, "dev-dependencies"))
        return tuple(mention for each in found for mention in self.with_sources(each, "group", "dev"))

    def apart_from(self, own: str) -> Iterator[tuple[str, str]]:
        """Extras and groups that exclude the project itself (``conflicts``), each with its kind."""
        conflicts = self._tables.at((*self._root, "conflicts"))
        for entry in conflicts if isinstance(conflicts, list) else ():
            items = [table_of(item) for item in entry] if isinstance(entry, list) else []
            if not any(set(item) == {"package"} and normalized_name(str(item["package"])) == own for item in items):
                continue
            for item in items:
                for kind in ("extra", "group"):
                    if isinstance(item.get(kind), str):
                        yield kind, str(normalized_name(item[kind]))

    def machine(self, pythons: Sequence[str]) -> str:
        """The architecture of the Linux machines that the project is for (``environments``); empty where it is for none.

        :param pythons: the minors that it is for.
        """
        markers = [text for _, text in self._tables.strings((*self._root, "environments")) if is_marker(text)]
        if not markers:
            return DEFAULT_PLATFORM.machine
        from packaging.markers import Marker  # few projects have one

        return next(
            (
                machine
                for machine in (DEFAULT_PLATFORM.machine, "aarch64")
                for python in pythons
                if any(Marker(text).evaluate(dict(marker_environment(python, machine))) for text in markers)
            ),
            "",
        )

    def with_sources(self, mention: Mention, kind: str, name: str) -> Iterator[Mention]:
        """A requirement with where it comes from: once for each source that may hold for it.

        :param kind: the list that it stands in: ``extra``, ``group``, or empty for the project's own.
        :param name: the list's normalized name.
        """
        entries = [
            entry
            for entry in self.sources.get(mention.name, ())
            if (not entry.extra or (kind, name) == ("extra", entry.extra))
            and (not entry.group or (kind, name) == ("group", entry.group))
        ]
        for entry in entries:
            yield mention.__replace__(
                address=entry.address,
                version=entry.version or mention.version,
                marker=joined_markers(mention.marker, entry.marker),
            )
        if not any(_always(entry.marker) for entry in entries):
            yield mention

    def _entries(self, value: object) -> Iterator[UvSourceEntry]:
        for item in value if isinstance(value, list) else [value]:
            entry = table_of(item)
            address = self._address(entry)
            marker = str(entry.get("marker", ""))
            if not address or (marker and not is_marker(marker)):
                continue
            version = file_name_parts(address)[1] if "index" not in entry and "git" not in entry else ""
            extra, group = (str(normalized_name(str(entry.get(key, "")))) for key in ("extra", "group"))
            yield UvSourceEntry(address, version, marker, extra, group)

    def _address(self, entry: dict[str, Any]) -> str:
        if "index" in entry:
            return shown_address(self._urls.get(str(entry["index"]), ""))
        return next(
            (shown_address(str(entry[key])) for key in ("url", "git", "path") if isinstance(entry.get(key), str)), ""
        )

    def indexes(self) -> Iterator[IndexLine]:
        """The indexes that all packages of the project see; those of ``uv pip`` alone where it has none."""
        tables = self._tables
        for path, item in tables.tables((*self._root, "index")):
            if item.get("explicit") is not True:
                yield from tables.index((*path, "url"), _word((*self._root, "index")))
        found = list(self._plain(self._root))
        if not found and not tables.tables((*self._root, "index")):
            found = list(self._plain((*self._root, "pip")))
        yield from found

    def _plain(self, table: Path) -> Iterator[IndexLine]:
        yield from self._tables.index((*table, "index-url"), _word((*table, "index-url")))
        for key in ("extra-index-url", "find-links"):
            for path, _ in self._tables.strings((*table, key)):
                yield from self._tables.index(path, _word((*table, key)))


def _word(path: Path) -> str:
    return ".".join(map(str, path))


def _always(marker: str) -> bool:
    """Whether a marker holds on every Linux machine that is judged, whatever the Python."""
    if not marker:
        return True
    if any(word in marker for word in _OPEN_VARIABLES):
        return False
    from packaging.markers import Marker  # few sources have one

    return bool(Marker(marker).evaluate(dict(marker_environment("3.12", DEFAULT_PLATFORM.machine))))
