"""Reading the settings that are in force: environment first, then the nearest file, then the user's own folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stackpin.effects.files import LocalFiles, exists, nearest
from stackpin.errors import UsageError
from stackpin.model.settings import CheckSettings
from stackpin.model.value import as_dict, replace
from stackpin.parse.settings import environment_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from stackpin.model.settings import Settings
    from stackpin.model.stack import Stack

__all__ = ["load_settings", "merged"]

_TABLE = b"stackpin"


def load_settings(environ: Mapping[str, str], cwd: Path | str) -> Settings:
    """The settings in force in a folder.

    :raises InputUnreadable: where a settings file is no TOML.
    :raises UsageError: for an unknown key or a value of the wrong type.
    """
    settings = environment_settings(environ)
    for found in _files(environ, str(cwd)):
        from pathlib import Path

        path = Path(found)
        raw = LocalFiles().read(path)
        if raw is None or (path.name == "pyproject.toml" and _TABLE not in raw):
            continue
        settings = merged(settings, _from_file(raw, path))
    return settings


def _files(environ: Mapping[str, str], cwd: str) -> Iterator[str]:
    """The nearest project file, then the user's own; paths as texts, as most runs end with no file to read."""
    project = nearest(cwd, ("stackpin.toml", "pyproject.toml"))
    if project:
        yield project
    home = environ.get("XDG_CONFIG_HOME") or (f"{environ['HOME']}/.config" if environ.get("HOME") else "")
    if home and exists(f"{home}/stackpin/stackpin.toml"):
        yield f"{home}/stackpin/stackpin.toml"


def _from_file(raw: bytes, path: Path) -> Settings:
    from stackpin.parse.settings import check_settings, parse_table, table_settings

    table, project = parse_table(raw, str(path), own_file=path.name == "stackpin.toml")
    settings = table_settings(table, str(path))
    stacks = tuple(_stacks(table.get("stacks", {}), project, str(path)))
    if settings.catalog:
        settings = replace(settings, catalog=str(path.parent / settings.catalog))
    check = check_settings(table, str(path), str(path.parent.absolute()))
    return replace(settings, stacks=stacks, check=check)


def _stacks(tables: object, project: Mapping[str, Any], where: str) -> Iterator[Stack]:
    from packaging.utils import canonicalize_name

    from stackpin.catalog.stacks import strings, user_stack

    own = canonicalize_name(str(project.get("name", "")))
    for name, table in sorted(_tables(tables, where).items()):
        is_own = canonicalize_name(str(table.get("anchor", ""))) == own
        requires = strings(project, "dependencies", f"{where} [project]") if is_own else ()
        yield user_stack(name, table, f"{where} [tool.stackpin.stacks.{name}]", requires)


def _tables(value: object, where: str) -> dict[str, dict[str, Any]]:
    """The tables below ``stacks``, or the error that says that they are none."""
    if isinstance(value, dict) and all(isinstance(table, dict) for table in value.values()):
        return value
    raise UsageError(
        "stacks is not a table of tables",
        where=f"{where} [tool.stackpin]",
        got=repr(value),
        expected='[tool.stackpin.stacks.my-stack], with anchor = "package"',
    )


def merged(near: Settings, far: Settings) -> Settings:
    """Two sources as one: what the nearer one says stands, mirrors and stacks of both count."""
    return replace(
        near,
        stack=near.stack or far.stack,
        cuda=near.cuda or far.cuda,
        driver=near.driver or far.driver,
        gpu=near.gpu or far.gpu,
        allow=near.allow or far.allow,
        mirrors={**far.mirrors, **near.mirrors},
        catalog=near.catalog or far.catalog,
        stacks=(*near.stacks, *far.stacks),
        check=_nearer(near.check, far.check),
        sources={**far.sources, **near.sources},
    )


def _nearer(near: CheckSettings, far: CheckSettings) -> CheckSettings:
    """What two sources say of ``check``: key by key the nearer one's."""
    told = {key: getattr(near, key) or value for key, value in as_dict(far).items()}
    return CheckSettings(**told)
