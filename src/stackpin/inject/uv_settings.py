"""A configuration file that stands in for all of a user's own to uv, and holds the tuple.

In commands on a project, on a script and in ``run --with``, uv hears no build constraint. What it hears is
``dependency-metadata``: a member of another version is told to need what no index has. A file that is named to uv replaces
every other one, so the user's own settings go in before that. Source: uv's settings reference
(``dependency-metadata``) and its chapter on configuration files; measured with the releases in the escape suite.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from stackpin.model.names import normalized_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

__all__ = [
    "HEARS_BUILD_CONSTRAINTS",
    "READ_BY_PROJECTS",
    "KnownMember",
    "SettingsFile",
    "deny_entries",
    "merged_settings",
]

#: What uv takes from a ``pyproject.toml`` only.
_OF_PROJECTS = frozenset(
    (
        *("build-backend", "conflicts", "default-groups", "dependency-groups", "dev-dependencies", "environments"),
        *("managed", "package", "required-environments", "sources", "workspace"),
    )
)
#: What the commands on a project read in its own file, whatever other file is named to uv.
READ_BY_PROJECTS = frozenset(
    f"{name}-dependencies" for name in ("build-constraint", "constraint", "exclude", "override")
)
#: The oldest release that was seen to take ``build-constraint-dependencies`` in a file; older ones end with an error.
HEARS_BUILD_CONSTRAINTS = (0, 9, 11)
#: Settings that are an address or a path, which uv takes from the folder of the file.
_PLACES = frozenset({"cache-dir", "extra-index-url", "find-links", "index-url"})
_METADATA = "dependency-metadata"
#: No index can have it: a local version is for no index (PEP 440), and the name is our own.
_IMPOSSIBLE = "stackpin==0+another.{name}.than.the.tuples.is.kept.out"


class SettingsFile(NamedTuple):
    """The settings of one file, as parsed, and the folder that its paths start from."""

    settings: Mapping[str, Any]
    folder: str


class KnownMember(NamedTuple):
    """A member at the versions that are the tuple's build, and what its metadata needs (``Requires-Dist``)."""

    name: str
    versions: frozenset[str]
    requires: Sequence[str]


def deny_entries(members: Iterable[KnownMember], look_alikes: Iterable[str]) -> list[dict[str, Any]]:
    """The metadata by which uv can take a member at the tuple's version only, and no look-alike at all."""
    entries: list[dict[str, Any]] = []
    for member in members:
        needs = {"requires-dist": list(member.requires)}
        entries += [{"name": member.name, "version": version, **needs} for version in sorted(member.versions)]
        entries.append(_impossible(member.name))
    return [*entries, *map(_impossible, look_alikes)]


def _impossible(name: str) -> dict[str, Any]:
    return {"name": name, "requires-dist": [_IMPOSSIBLE.format(name=name.replace("-", "."))]}


def merged_settings(
    files: Iterable[SettingsFile], ours: Mapping[str, Any], left_out: Collection[str] = ()
) -> dict[str, Any]:
    """What the files come to, the first one first, and our own before them.

    Lists are joined, tables are merged, of single values the first one counts: as uv merges its own files.

    :param ours: settings that go before all others; a package that they have metadata for has none of the user's.
    :param left_out: the names of settings that the file may not have.
    """
    merged: dict[str, Any] = {}
    for file in files:
        own = {name: value for name, value in file.settings.items() if name not in {*_OF_PROJECTS, *left_out}}
        merged = _combined(merged, _absolute(own, PurePath(file.folder)))
    known = {str(entry["name"]) for entry in ours.get(_METADATA, ())}
    users = [entry for entry in merged.get(_METADATA, ()) if normalized_name(str(entry.get("name"))) not in known]
    return _combined(ours, {**merged, _METADATA: users} if users else _without(merged, _METADATA))


def _without(settings: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in settings.items() if each != name}


def _combined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(first)
    for name, value in second.items():
        there = found.get(name)
        if isinstance(there, list) and isinstance(value, list):
            found[name] = [*there, *value]
        elif isinstance(there, dict) and isinstance(value, dict):
            found[name] = _combined(there, value)
        else:
            found.setdefault(name, value)
    return found


def _absolute(settings: Mapping[str, Any], folder: PurePath) -> dict[str, Any]:
    """The settings with every relative place made absolute, those in ``pip`` and ``index`` included."""
    found: dict[str, Any] = {
        name: _placed(value, folder) if name in _PLACES else value for name, value in settings.items()
    }
    if isinstance(found.get("pip"), dict):
        found["pip"] = _absolute(found["pip"], folder)
    if isinstance(found.get("index"), list):
        found["index"] = [_index(item, folder) for item in found["index"]]
    return found


def _index(item: object, folder: PurePath) -> object:
    return {**item, "url": _placed(item["url"], folder)} if isinstance(item, dict) and "url" in item else item


def _placed(value: object, folder: PurePath) -> object:
    if isinstance(value, list):
        return [_placed(each, folder) for each in value]
    if not isinstance(value, str) or ":" in value.partition("/")[0] or value.startswith("$"):
        return value
    return str(folder / value)
