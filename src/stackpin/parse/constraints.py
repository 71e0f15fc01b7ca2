"""Constraints files as stackpin writes them: the header as data, and each line with the fact that forced it.

The format is the one of :mod:`stackpin.emit.constraints`. Other files, and lines that a person put in, are refused: what
is not understood must not look like a tuple.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stackpin.errors import InputUnreadable
from stackpin.model.change import Held, Role, Stated
from stackpin.parse.requirement_file import file_name_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["parse_constraints"]

_TITLE = re.compile(r"# (?P<title>.+) on (?P<cuda>\S+), compiled by stackpin \S+")
_HEADER = re.compile(r"# (?P<key>anchor|target|catalog|rebuild|note) +(?P<value>.+)")
_ANCHOR = re.compile(r"(?P<name>[^\s:]+)(?: (?P<version>[^\s:]+))?(?:: .*)?")
_TARGET = re.compile(
    r"\S+, linux (?P<machine>\w+)(?:, glibc (?P<glibc>\d+\.\d+) or newer)?"
    r"(?:, Python (?P<first>\d+\.\d+)(?: to (?P<last>\d+\.\d+))?)?(?:; NVIDIA driver (?P<driver>[\d.]+) or newer)?"
)
_LINE = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(?P<specifier>[=<>!~][^\s;#]*)(?:\s+#(?:\s+(?P<why>.*))?)?")
#: A file by its address and hash (``--index-style url``); there is a line for each wheel.
_FILE = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*) @ (?P<url>\S+#sha256=\w{64})(?: ; [^#]*?)?(?:\s+#(?:\s+(?P<why>.*))?)?"
)
_GUARD = re.compile(r"torch==0\+stackpin\.only\.\S+ ;.*")
_INDEX = ("--find-links ", "--extra-index-url ")
#: What a block's pin begins with: of a look-alike, or of a member without a build.
_BLOCKS = ("==0+blocked.by.stackpin.", "==0+stackpin.")


def parse_constraints(text: str, *, where: str) -> Stated:
    """Read one file.

    :param where: the file's name, for messages.
    :raises InputUnreadable: when the header is none of stackpin's, a line is none that it writes, or the file is cut.
    """
    lines = text.splitlines()
    title = _TITLE.fullmatch(lines[0]) if lines else None
    if title is None:
        raise InputUnreadable(
            "this is no constraints file of stackpin",
            where=f"{where}:1",
            got=lines[0][:80] if lines else "an empty file",
            expected="a first line that says what was compiled by stackpin",
            hint="name a file that stackpin compile wrote, or a requirement such as sglang",
        )
    header = [(match["key"], match["value"]) for line in lines if (match := _HEADER.fullmatch(line))]
    target = _TARGET.fullmatch(next((value for key, value in header if key == "target"), ""))
    if target is None:
        raise InputUnreadable("the header names no target", where=where, expected="# target   <tag>, linux x86_64, …")
    if not any(map(_GUARD.fullmatch, lines)):
        raise InputUnreadable(
            "the file is cut: the line that closes it outside its target is not there",
            where=where,
            got=f"{len(lines)} lines",
            expected="torch==0+stackpin.only… as the last pin",
            hint="make it again: stackpin compile",
        )
    anchors = tuple(_anchors(value for key, value in header if key == "anchor"))
    return Stated(
        title=title["title"],
        anchors=anchors,
        cuda=title["cuda"],
        machine=target["machine"],
        held=_with_roles(list(dict.fromkeys(_held(lines, where))), {name for name, _ in anchors}),
        pythons=_minors(target["first"], target["last"]),
        glibc=target["glibc"] or "",
        driver=target["driver"] or "",
        catalog=next((value for key, value in header if key == "catalog"), ""),
        command=next((value for key, value in header if key == "rebuild"), ""),
        pages=tuple(line.strip() for line in lines if line.startswith(_INDEX)),
        notes=tuple(value for key, value in header if key == "note"),
    )


def _anchors(values: Iterable[str]) -> Iterator[tuple[str, str]]:
    for value in values:
        match = _ANCHOR.fullmatch(value)
        if match:
            yield match["name"], match["version"] or ""


def _minors(first: str | None, last: str | None) -> tuple[str, ...]:
    """The minors of a range; a file names the ends only."""
    if not first:
        return ()
    major, _, low = first.partition(".")
    high = (last or first).partition(".")[2]
    return tuple(f"{major}.{minor}" for minor in range(int(low), int(high) + 1))


def _held(lines: list[str], where: str) -> Iterator[Held]:
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith(("#", *_INDEX)) or _GUARD.fullmatch(line):
            continue
        file = _FILE.fullmatch(line)
        if file is not None:
            yield Held(
                name=file["name"],
                specifier=f"=={file_name_parts(file['url'])[1]}",
                role=Role.MEMBER,
                why=file["why"] or "",
            )
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise InputUnreadable(
                "a line is none that stackpin writes",
                where=f"{where}:{number}",
                got=line[:80],
                expected="<name>==<version>, or a bound",
                hint="run the command that stands in the file behind rebuild, and compare that",
            )
        specifier, why = match["specifier"], match["why"] or ""
        if specifier.startswith(_BLOCKS):
            yield Held(name=match["name"], specifier=specifier[2:], role=Role.BLOCK, why=why)
        else:
            yield Held(name=match["name"], specifier=specifier, role=Role.MEMBER, why=why)


def _with_roles(held: list[Held], anchors: set[str]) -> tuple[Held, ...]:
    """Lines with their roles: what ``--closure`` adds follows the last line with a reason, and has none itself."""
    reasoned = [
        place for place, each in enumerate(held) if each.role is Role.MEMBER and (each.why or each.name in anchors)
    ]
    last = max(reasoned, default=-1)
    return tuple(
        each.__replace__(role=Role.OTHER) if each.role is Role.MEMBER and place > last else each
        for place, each in enumerate(held)
    )
