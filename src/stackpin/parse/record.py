"""RECORD, the list of what a distribution has installed (PyPA, "Recording installed projects"): which files, which hashes.

A RECORD may have ten thousand lines, and an environment hundreds of RECORDs: only the lines that are asked for are taken
apart. Paths are kept as bytes, for nothing holds them to UTF-8.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from stackpin.model.installed import Recorded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["is_cut", "recorded", "recorded_tops"]

_HASH = "sha256="
#: Lines that follow each other and whose paths begin alike: a package's mostly do, and one match is quicker than many.
_RUN = re.compile(rb"^([^/,\n]+)/.*(?:\n\1/.*)*", re.MULTILINE)
#: A last line is no longer than this (bytes).
_LONGEST = 16 * 1024


def recorded_tops(content: bytes) -> frozenset[bytes]:
    """The first parts of all paths that have several: packages, ``..`` for what lies outside."""
    return frozenset(match[1].strip(b'"') for match in _RUN.finditer(content))


def recorded(content: bytes, tops: Collection[bytes]) -> dict[bytes, Recorded]:
    """The files below these first parts, by their paths; a line that is none is passed over."""
    lines = (line for line in content.split(b"\n") if line[: line.find(b"/")].strip(b'"') in tops)
    return dict(_rows(lines))


def is_cut(content: bytes) -> bool:
    """Whether the last line breaks off: a row has three fields, the last two may be empty."""
    last = content[-_LONGEST:].rstrip(b"\r\n").rpartition(b"\n")[2]
    return not last or last.count(b",") < 2


def _rows(lines: Iterator[bytes]) -> Iterator[tuple[bytes, Recorded]]:
    for line in lines:
        text = line.decode("utf-8", "surrogateescape").rstrip("\r")
        try:
            fields = next(csv.reader([text])) if '"' in text else text.rsplit(",", 2)
        except csv.Error:
            continue
        if len(fields) == 3:
            digest = fields[1].removeprefix(_HASH) if fields[1].startswith(_HASH) else ""
            size = int(fields[2]) if fields[2].isdecimal() and len(fields[2]) < 20 else -1
            yield fields[0].encode("utf-8", "surrogateescape"), Recorded(digest, size)
