"""``packages.toml``: which packages the catalog covers, and from which version on."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from stackpin.errors import CatalogDamaged

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["PackageRule", "parse_package_list"]

_KEYS = {"first", "skip", "symbols", "variants"}
_SKIPS = ("", "dev", "pre")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRule:
    """One package of the catalog.

    Releases before ``first`` are not kept. ``skip`` names what else is not (PEP 440): ``dev`` development releases,
    ``pre`` those and all pre-releases. ``variants``: the
    metadata of the Linux aarch64 wheel may differ from the x86_64 wheel's and is read as well. ``symbols``: from which
    release on the symbols in its wheels are read (``catalog update --abi``); None: of none.
    """

    name: NormalizedName
    first: Version | None = None
    skip: str = ""
    variants: bool = False
    symbols: Version | None = None

    def keeps(self, version: Version) -> bool:
        """Whether a release of this version belongs into the catalog."""
        skipped = {"": False, "dev": version.is_devrelease, "pre": version.is_prerelease}[self.skip]
        return (self.first is None or version >= self.first) and not skipped


def parse_package_list(content: bytes) -> tuple[PackageRule, ...]:
    """Read the list; rules come sorted by name.

    :raises CatalogDamaged: when it is no TOML, or has a key or a version that is none; ``where`` is the key path.
    """
    try:
        tables = tomllib.loads(content.decode("utf-8")).get("packages", {})
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogDamaged(
            "the list of packages is no TOML", got=str(error), expected="[packages.<name>] tables"
        ) from error
    return tuple(sorted((_rule(name, table) for name, table in tables.items()), key=lambda rule: rule.name))


def _rule(name: str, table: dict[str, Any]) -> PackageRule:
    where = f"packages.{name}"
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        raise CatalogDamaged(
            "an unknown key in the list of packages",
            where=where,
            got=", ".join(unknown),
            expected=", ".join(sorted(_KEYS)),
        )
    if table.get("skip", "") not in _SKIPS:
        raise CatalogDamaged(
            "an unknown kind of release to skip",
            where=f"{where}.skip",
            got=str(table["skip"]),
            expected=", ".join(filter(None, _SKIPS)),
        )
    return PackageRule(
        name=canonicalize_name(name),
        first=_version(table, "first", where),
        symbols=_version(table, "symbols", where),
        skip=table.get("skip", ""),
        variants=bool(table.get("variants", False)),
    )


def _version(table: dict[str, Any], key: str, where: str) -> Version | None:
    try:
        return Version(table[key]) if key in table else None
    except (InvalidVersion, TypeError) as error:
        raise CatalogDamaged(
            "a first version that is none", where=f"{where}.{key}", got=str(table[key]), expected="a PEP 440 version"
        ) from error
