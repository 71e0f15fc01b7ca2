"""How the catalog's generated fact files are written and read: one array of tables a file, the same bytes every time.

A module beside the scripts of this folder, not a script of its own.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["TABLES", "load", "render"]

#: Stem of each generated file: the name of its table, and what its comment says.
TABLES: dict[str, tuple[str, str]] = {
    "drivers": (
        "driver",
        """NVIDIA drivers: the least that runs a CUDA major, and the one that came with a toolkit.

min_driver      least Linux x86_64 driver for code built with any toolkit of this major
branch          the driver branch where the source names only that; min_driver is then its lowest known driver
toolkit_driver  lowest driver of this toolkit's own releases: what PTX compiled at run time needs""",
    ),
    "family": ("family", "Which torchvision and torchaudio releases belong to a torch release."),
    "index-builds": (
        "build",
        """Builds of members on vendors' indexes.

tag         the CUDA tag of the build (of the page that lists it)
label       local version part that the build carries; "" is the very label of PyPI's file: no version tells them apart
torch       the torch series that the label names
versions    releases that have an x86_64 wheel of this build, without local part; versions_aarch64 likewise
find_links  the project's page on the index; where no page is known to list it, url is the wheel itself
claimed     the range that the index is said to have had; what lies outside versions is unconfirmed""",
    ),
    "indexes": (
        "index",
        """Where CUDA builds are served.

template  a project's page, {tag} and {project} to be filled in; absent where no such rule holds""",
    ),
    "kernels": ("kernel", "Which CUDA the wheels of a range of releases (first and last included) were built with."),
    "look-alikes": (
        "look-alike",
        """Distributions that write into an import package which another one owns.

distribution  the one that must stay out (normalized); absent where the row only informs
member        the member whose files it overwrites""",
    ),
    "torch-builds": (
        "build",
        """CUDA builds of torch.

official  in the release matrix of PyTorch itself
pypi      the build that PyPI carries for this release (on Linux x86_64)
checked   yes, partly or no: whether a wheel of the build was seen
files     wheels of it with their hash, as public lock files record them""",
    ),
    "wheels-seen": (
        "wheel",
        """Wheels on indexes other than PyPI, with their hash, as public lock files and index pages record them.

version  without local part; label  the local part with its plus sign, or empty""",
    ),
}

_WIDTH = 118


def _value(value: object) -> str:
    """One TOML value on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_value(item)}' for key, item in value.items())} }}"
    message = f"no TOML for {type(value).__name__}"
    raise TypeError(message)


def _filled(items: list[str]) -> list[str]:
    """Array items in lines of at most the file's width."""
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + len(item) + 2 <= _WIDTH:
            lines[-1] += f" {item},"
        else:
            lines.append(f"  {item},")
    return lines


def _pair(key: str, value: object) -> list[str]:
    line = f"{key} = {_value(value)}"
    if not isinstance(value, list) or not value or (len(line) <= _WIDTH and not isinstance(value[0], dict)):
        return [line]
    items = [_value(item) for item in value]
    lines = [f"  {item}," for item in items] if isinstance(value[0], dict) else _filled(items)
    return [f"{key} = [", *lines, "]"]


def render(stem: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """The text of a fact file: its comment, then one table a row, keys in the order in which they stand."""
    table, comment = TABLES[stem]
    head = [f"# {line}".rstrip() for line in comment.splitlines()]
    head += ["#", "# Written by tools/take_over_facts.py; change the table that it reads, not this file."]
    blocks = ["\n".join(head)]
    for row in rows:
        lines = [f"[[{table}]]"]
        for key, value in row.items():
            lines += _pair(key, value)
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def load(path: Path) -> list[dict[str, Any]]:
    """The rows of a fact file: its one array of tables.

    :raises ValueError: when the file holds anything else than one array of tables.
    """
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    rows = list(tables.values())
    if len(rows) != 1 or not isinstance(rows[0], list):
        message = f"{path.name}: expected one array of tables, found the keys {sorted(tables)}"
        raise ValueError(message)
    found: list[dict[str, Any]] = rows[0]
    return found
