"""The configuration file that a run of uv is given in place of the user's own files, with all that they say in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackpin.app.wrap.addressed import folder_of_call
from stackpin.app.wrap.project import find_project
from stackpin.check.rules import accepted_by_name
from stackpin.effects.files import LocalFiles
from stackpin.effects.machine import read_system
from stackpin.inject.plan import Kind
from stackpin.inject.uv_settings import (
    HEARS_BUILD_CONSTRAINTS,
    READ_BY_PROJECTS,
    KnownMember,
    SettingsFile,
    deny_entries,
    merged_settings,
)
from stackpin.parse.uv_project import toml_document, uv_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.app.wrap.holding import Held
    from stackpin.inject.plan import Plan

__all__ = ["held_settings"]


def held_settings(held: Held, plan: Plan) -> str:
    """The text of the file: the user's own settings; no other build of a member, or the tuple as constraints.

    :raises InputUnreadable: where one of the user's files is no TOML.
    """
    from tomlkit import dumps

    look_alikes = [str(block.name) for block in held.locked.blocks]
    entries = deny_entries(_known(held), look_alikes) if plan.builds else []
    ours: dict[str, Any] = {"dependency-metadata": entries} if entries else {}
    if plan.constrained:
        ours["constraint-dependencies"] = list(held.locked.requirements)
    deaf = frozenset() if held.version >= HEARS_BUILD_CONSTRAINTS else frozenset({"build-constraint-dependencies"})
    return dumps(merged_settings(_files(held), ours, (deaf if plan.constrained else READ_BY_PROJECTS)))


def _known(held: Held) -> Iterator[KnownMember]:
    """The members whose needs the catalog has."""
    from stackpin.app.compile import Workshop

    catalog = Workshop(held.wrapped.settings).catalog
    machine, accepted = read_system().machine, accepted_by_name(held.locked)
    for pin in held.locked.pins:
        release = catalog.release(str(pin.name), pin.version)
        if release is None or not release.has_metadata:
            continue  # what it needs cannot be told
        versions = accepted[str(pin.name)] | {pin.specifier.lstrip("=")}
        yield KnownMember(str(pin.name), versions, release.requires(machine))


def _files(held: Held) -> Iterator[SettingsFile]:
    """The user's own files that uv would read for this call, the strongest first.

    Source: uv's documentation, "Configuration files": one that is named is the only one; else the project's, the user's and
    the system's.
    """
    call, environ = held.wrapped.call, held.wrapped.environ
    folder = folder_of_call(call, held.wrapped.cwd)
    named = call.value("--config-file") or environ.get("UV_CONFIG_FILE", "")
    if named:
        yield from _read(held.wrapped.cwd / named)
        return
    if call.has("--no-config") or environ.get("UV_NO_CONFIG"):
        return
    project = find_project(call, folder)
    places = [project.root] if project is not None and not project.is_script else [folder, *folder.parents]
    places = [] if held.wrapped.kind is Kind.TOOL else places
    for place in places:
        found = [*_read(place / "uv.toml"), *_read(place / "pyproject.toml")][:1]
        yield from found
        if found:
            break
    home = Path(environ.get("XDG_CONFIG_HOME") or f"{environ.get('HOME', '')}/.config")
    yield from _read(home / "uv" / "uv.toml")
    shared = [Path(path) for path in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":") if path]
    system = [path / "uv" / "uv.toml" for path in shared]
    yield from [found for path in (*system, Path("/etc/uv/uv.toml")) for found in _read(path)][:1]


def _read(path: Path) -> Iterator[SettingsFile]:
    raw = LocalFiles().read(path)
    if raw is None:
        return
    found = uv_settings(toml_document(raw, str(path)), path.name)
    if found is not None:
        yield SettingsFile(found, str(path.parent))
