"""RECORD, the list of what a distribution has installed (PyPA, "Recording installed projects"): which files, which hashes.

A RECORD may have ten thousand lines, and an environment hundreds of RECORDs: only the lines that are asked for are taken
apart. Paths are kept as bytes, for nothing holds them to UTF-8.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from stackpin.model.installed import Recorded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["is_cut", "recorded", "recorded_tops"]

_HASH = "sha256="


def recorded_tops(content: bytes) -> frozenset[bytes]:
    """The first parts of all paths: packages, modules, ``..`` for what lies outside."""
    firsts = {line.partition(b"/")[0] for line in content.split(b"\n")}
    return frozenset(first.partition(b",")[0].strip(b'"\r') for first in firsts) - {b""}


def recorded(content: bytes, tops: Collection[bytes]) -> dict[bytes, Recorded]:
    """The files below these first parts, by their paths; a line that is none is passed over."""
    lines = (line for line in content.split(b"\n") if line.partition(b"/")[0].strip(b'"') in tops)
    return dict(_rows(lines))


def is_cut(content: bytes) -> bool:
    """Whether the last line breaks off: a row has three fields, the last two may be empty."""
    last = content.rstrip(b"\r\n").rpartition(b"\n")[2]
    return not last or last.count(b",") < 2


def _rows(lines: Iterator[bytes]) -> Iterator[tuple[bytes, Recorded]]:
    for line in lines:
        text = line.decode("utf-8", "surrogateescape").rstrip("\r")
        fields = next(csv.reader([text])) if '"' in text else text.rsplit(",", 2)
        if len(fields) == 3:
            digest = fields[1].removeprefix(_HASH) if fields[1].startswith(_HASH) else ""
            size = int(fields[2]) if fields[2].isdecimal() and len(fields[2]) < 20 else -1
            yield fields[0].encode("utf-8", "surrogateescape"), Recorded(digest, size)
