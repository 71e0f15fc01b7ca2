"""pip's configuration files (pip's user guide, "Configuration")."""

from __future__ import annotations

import configparser
from typing import TYPE_CHECKING

from stackpin.errors import InputUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Values", "configured_values", "pip_key", "pip_values"]

#: (section, key) → value, as pip reads them.
Values = dict[tuple[str, str], str]


def pip_values(text: str, where: str) -> Values:
    """All values of a ``pip.conf``.

    :raises InputUnreadable: where pip could not read it either.
    """
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise InputUnreadable(
            "pip's configuration cannot be read",
            where=where,
            got=" ".join(str(error).split()),
            expected="sections of key = value lines, as pip reads them",
        ) from error
    return {(section, pip_key(key)): value for section in parser.sections() for key, value in parser.items(section)}


def pip_key(key: str) -> str:
    """A key as pip normalizes it."""
    return key.strip().lower().replace("_", "-").removeprefix("--")


def configured_values(texts: Iterable[str], command: str, key: str) -> tuple[str, ...]:
    """The values of an option that takes several, as the files set it; a later file counts before an earlier one.

    A text that is no configuration file counts as none: pip itself complains about it.

    :param texts: the files' contents, in the order in which pip reads them.
    :param command: pip's command; its own section counts before ``[global]``.
    """
    found: Values = {}
    for text in texts:
        try:
            found |= pip_values(text, "pip.conf")
        except InputUnreadable:
            continue  # the tool's own to tell
    return tuple(found.get((command, key), found.get(("global", key), "")).split())
