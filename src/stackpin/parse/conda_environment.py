"""The pip section of a conda environment file (``environment.yml``), with the place of each requirement.

The few shapes of YAML that such files have are read line by line; anything else is refused, for a guess about a file's
nesting would be a guess about what is installed. Source: conda's manual ("Creating an environment file manually"), YAML 1.2.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from stackpin.errors import InputUnreadable
from stackpin.parse.text_places import Lines, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["CondaEnvironment", "CondaText", "parse_conda_environment"]

_KEY = re.compile(r"""(?P<key>[A-Za-z_][\w.-]*|"[^"\\]*"|'[^']*')\s*:(?:\s+(?P<value>.*))?""")
_ITEM = re.compile(r"-\s+(?P<value>\S.*)")
_PIP = re.compile(r"""(?:pip|"pip"|'pip')\s*:(?:\s+(?P<value>.*))?""")
_DOUBLE = re.compile(r'"(?P<text>[^"\\]*)"(?:\s+#.*)?')
_SINGLE = re.compile(r"'(?P<text>(?:[^']|'')*)'(?:\s+#.*)?")
#: A text without quotes; a colon before a blank would make it a mapping, and the signs are where other shapes begin.
_PLAIN = re.compile(r"(?P<text>(?![&*!|>{}\[\]%@`?,#\"']|-(?:\s|$))\S(?:(?!:(?:\s|$)|\s#).)*?)(?:\s+#.*|\s*)")
_COMMENT = re.compile(r"#.*")
#: ``pytorch=2.6``, ``conda-forge::python >=3.11``, ``python=3.11.*``.
_CONDA = re.compile(r"(?:[\w./-]+::)?(?P<name>[A-Za-z0-9_][\w.-]*?)\s*(?P<rest>(?:[=<>!~\s\[].*)?)")
_MINOR = re.compile(r"={1,2}\s*(\d+\.\d+)(?:[.=*]\S*)?")
#: Characters. No requirement is longer.
_LONGEST = 4000


class CondaText(NamedTuple):
    """A text of the file without its quotes, and the place of what stands between them.

    ``is_raw`` is whether it stands there as it is, without escapes.
    """

    text: str
    span: Span
    is_raw: bool = True


class CondaEnvironment(NamedTuple):
    """What a file asks pip for, each a line of a requirements file, and what it asks conda for."""

    pip: tuple[CondaText, ...] = ()
    conda: tuple[CondaText, ...] = ()

    @property
    def conda_names(self) -> dict[str, CondaText]:
        """What conda installs, by name in lower case."""
        found = ((_CONDA.fullmatch(item.text), item) for item in self.conda)
        return {match["name"].lower(): item for match, item in found if match}

    @property
    def python(self) -> str:
        """The minor of Python that is asked for; empty where that is none, or open."""
        found = self.conda_names.get("python")
        match = _CONDA.fullmatch(found.text) if found else None
        minor = _MINOR.fullmatch(match["rest"].strip()) if match else None
        return minor[1] if minor else ""


class _Line(NamedTuple):
    """A line that says something: its number from 1, its indent, its text, and where that begins in the file."""

    number: int
    indent: int
    text: str
    begin: int


def parse_conda_environment(text: str, where: str) -> CondaEnvironment:
    """Read a file.

    :param where: the file's name, as it is shown.
    :raises InputUnreadable: where it is laid out in a way that is not read; ``where`` then has the line.
    """
    lines = [line for line in _lines(text) if not _COMMENT.fullmatch(line.text)]
    block = _dependencies(lines, where)
    if not block:
        return CondaEnvironment()
    places = Lines(text)
    pip: list[CondaText] = []
    conda: list[CondaText] = []
    dash = block[0].indent
    at = 0
    while at < len(block):
        line = block[at]
        at += 1
        begin, value = _item(line, dash, where)
        section = _PIP.fullmatch(value)
        if section is None:
            conda.append(_text(value, line, begin, places, where))
            continue
        if section["value"] and not _COMMENT.fullmatch(section["value"]):
            raise _unread(line, where)
        inner = block[at : _end(block, at, dash)]
        at += len(inner)
        for each in inner:
            start, item = _item(each, inner[0].indent, where)
            if inner[0].indent < begin - line.begin + dash:
                raise _unread(each, where)
            pip.append(_text(item, each, start, places, where))
    return CondaEnvironment(tuple(pip), tuple(conda))


def _lines(text: str) -> Iterator[_Line]:
    """The lines that are not empty."""
    at = 0
    for number, raw in enumerate(re.split(r"(?<=\n)|(?<=\r)(?!\n)", text), start=1):
        indent = len(raw) - len(raw.lstrip(" "))
        body = raw[indent:].rstrip()  # a tab stays, and no list has one before its dash
        if body:
            yield _Line(number, indent, body, at + indent)
        at += len(raw)


def _dependencies(lines: Sequence[_Line], where: str) -> list[_Line]:
    """The lines below the key ``dependencies``."""
    found: list[_Line] = []
    key, seen = "", set[str]()
    for number, line in enumerate(lines):
        if line.indent == 0 and not line.text.startswith("- ") and line.text != "-":
            if line.text == "---" and number == 0:
                continue
            match = _KEY.fullmatch(line.text)
            key = match["key"].strip("\"'") if match else ""
            value = (match["value"] or "") if match else ""
            if not key or key in seen or (key == "dependencies" and value and not _COMMENT.fullmatch(value)):
                raise _unread(line, where)
            seen.add(key)
        elif key == "dependencies":
            found.append(line)
        elif not key:
            raise _unread(line, where)
    return found


def _end(block: Sequence[_Line], start: int, dash: int) -> int:
    """The first line from ``start`` on that is indented no deeper than a dash."""
    return next((at for at in range(start, len(block)) if block[at].indent <= dash), len(block))


def _item(line: _Line, dash: int, where: str) -> tuple[int, str]:
    """What stands behind a line's dash, and where it begins in the file."""
    match = _ITEM.fullmatch(line.text)
    if match is None or line.indent != dash:
        raise _unread(line, where)
    return line.begin + match.start("value"), match["value"]


def _text(value: str, line: _Line, begin: int, places: Lines, where: str) -> CondaText:
    """A plain or quoted text."""
    if len(value) > _LONGEST:
        raise _unread(line, where)
    match = _DOUBLE.fullmatch(value) or _SINGLE.fullmatch(value) or _PLAIN.fullmatch(value)
    if match is None or "{{" in value:
        raise _unread(line, where)
    raw = match["text"]
    span = places.span(begin + match.start("text"), begin + match.end("text"))
    text = raw.replace("''", "'") if value.startswith("'") else raw
    return CondaText(text, span, text == raw)


def _unread(line: _Line, where: str) -> InputUnreadable:
    return InputUnreadable(
        "the file is laid out in a way that is not read",
        where=f"{where}:{line.number}",
        got=line.text[:60],
        expected="dependencies as a list, one a line, with pip's in a list below `- pip:`",
    )
