"""pip's configuration files, as far as they name constraints (pip's user guide, "Configuration")."""

from __future__ import annotations

import configparser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["configured_values"]


def configured_values(texts: Iterable[str], command: str, key: str) -> tuple[str, ...]:
    """The values of an option that takes several, as the files set it; a later file counts before an earlier one.

    :param texts: the files' contents, in the order in which pip reads them.
    :param command: pip's command; its own section counts before ``[global]``.
    A text that is no configuration file counts as none: pip itself complains about it.
    """
    found: dict[str, str] = {}
    for text in texts:
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(text)
        except configparser.Error:
            continue
        for section in ("global", command):
            for spelled in (key, key.replace("-", "_")):
                if parser.has_option(section, spelled):
                    found[section] = parser.get(section, spelled)
    value = found.get(command, found.get("global", ""))
    return tuple(value.split())
