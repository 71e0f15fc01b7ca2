"""Requirements and constraints files with the place of everything that they say.

The grammar is that of :mod:`stackpin.parse.requirement_file`, which hands a file on and needs no places. Variables are not
put in: what they stand for is known where the file is used, not where it is looked at.
"""

from __future__ import annotations

import re
import shlex
from bisect import bisect_right
from io import StringIO
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from stackpin.model.names import normalized_name
from stackpin.parse.requirement_file import RequiredLine, RequirementKind, option_of, required_line, takes_value
from stackpin.parse.requirement_mention import is_marker
from stackpin.parse.text_places import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["INDEX_OPTIONS", "PlacedFile", "PlacedLine", "PlacedNested", "PlacedOption", "parse_placed_file"]

#: Options whose value is an index or a page of links.
INDEX_OPTIONS = frozenset({"--index-url", "--pypi-url", "--extra-index-url", "--find-links"})
_NESTED = {"--requirement": False, "--constraint": True}
#: Every way to end a line that pip knows; editors and code scanners count the first three only.
_ENDS = "\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_COMMENT = re.compile(r"(?:^|(?<=\s))#")
_OPTIONS_BEGIN = re.compile(r"(?:^|(?<=[ \t]))-")
_HASH = re.compile(r"\s--has?h?\b")
#: A name with a version, and a marker behind it.
_PLAIN = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)[ \t]*[<>=!~]=?[^;@\[(]*(?:;\s*(.*))?\Z")
#: What a path may end in; a requirement hardly does.
_ENDINGS = ("whl", "zip", "gz", "tgz", "bz2", "tbz", "xz", "txz", "lzma", "tlz", "tar")
#: Characters. Options of what is longer are not looked at: nobody writes such a line.
_LONGEST = 20_000
#: An address may hold some itself.
_SEMICOLONS = 9


class PlacedLine(NamedTuple):
    """A requirement; ``text`` is what stands at ``span``, joined where it goes over several lines."""

    line: RequiredLine
    span: Span
    text: str


class PlacedNested(NamedTuple):
    """Another file that is read too; ``path`` may be an address."""

    path: str
    constraint: bool
    span: Span


class PlacedOption(NamedTuple):
    """An index or a page of links; ``span`` is the address's.

    ``tail`` is what stands behind the semicolon where somebody has put a marker there; ``tail_span`` goes from the
    address's end to the marker's. ``glued`` is whether nothing but the semicolon parts the two.
    """

    option: str
    address: str
    span: Span
    tail: str = ""
    tail_text: str = ""
    tail_span: Span = Span(0, 0, 0)
    glued: bool = False


class PlacedFile(NamedTuple):
    """What a file says, each in its order."""

    lines: tuple[PlacedLine, ...]
    nested: tuple[PlacedNested, ...]
    options: tuple[PlacedOption, ...]


class _Token(NamedTuple):
    """A word of a line's options: where it begins and ends in the joined line, and what it means without quotes."""

    begin: int
    end: int
    value: str


class _Piece(NamedTuple):
    """A part of a joined line: where it begins in that, and its line and column in the file."""

    joined: int
    line: int
    column: int


class _Logical(NamedTuple):
    """A line with those that it is continued on, without its comment and the blanks around it."""

    text: str
    pieces: tuple[_Piece, ...]

    def span(self, begin: int, end: int) -> Span:
        """Where a stretch of it stands in the file."""
        if len(self.pieces) == 1:
            piece = self.pieces[0]
            return Span(piece.line, piece.column + begin - piece.joined, piece.column + end - piece.joined)
        first, last = self._piece(begin), self._piece(max(end - 1, begin))
        ends = first == last  # parts of one line are parted by a line end that editors do not count, such as U+0085
        return Span(first.line, first.column + begin - first.joined, last.column + end - last.joined if ends else 0)

    def _piece(self, at: int) -> _Piece:
        return self.pieces[bisect_right(self.pieces, (at, 1 << 62)) - 1]


def parse_placed_file(text: str) -> PlacedFile:
    """Read a requirements or constraints file; any text is one."""
    lines: list[PlacedLine] = []
    nested: list[PlacedNested] = []
    options: list[PlacedOption] = []
    for logical in _logical_lines(text):
        begin = _OPTIONS_BEGIN.search(logical.text) if "-" in logical.text else None
        start = begin.start() if begin else len(logical.text)
        requirement = logical.text[:start].rstrip()
        if requirement:
            span = logical.span(0, len(requirement))
            blank = requirement.replace("\t", " ")
            line = _plain_line(blank, span.line) or required_line(blank, "", span.line)
            if begin and _HASH.search(logical.text, start - 1):
                line = line._replace(hashed=True)
            lines.append(PlacedLine(line, span, requirement))
            continue
        for option, token in _given(logical, start):
            if option == "--editable":
                span = logical.span(token.begin, token.end)
                lines.append(PlacedLine(required_line("", token.value, span.line), span, token.value))
            elif option in _NESTED:
                nested.append(PlacedNested(token.value, _NESTED[option], logical.span(token.begin, token.end)))
            elif option in INDEX_OPTIONS:
                options.append(_index(logical, option, token))
    return PlacedFile(tuple(lines), tuple(nested), tuple(options))


def _plain_line(text: str, number: int) -> RequiredLine | None:
    """A requirement as nearly all are, at once; None where it may be something else."""
    match = _PLAIN.match(text)
    if match is None or "/" in text or text.endswith(_ENDINGS):
        return None
    return RequiredLine(number, RequirementKind.NAME, normalized_name(match[1]), text, marker=match[2] or "")


def _logical_lines(text: str) -> Iterator[_Logical]:
    """Lines as pip joins them: those that end in a backslash with the next, comments and empty ones out."""
    parts: list[str] = []
    pieces: list[_Piece] = []
    line, column, joined = 1, 1, 0
    for raw in [*text.splitlines(keepends=True), ""]:
        body = raw.rstrip(_ENDS)
        said = body.lstrip()
        comment = said.startswith("#")
        if parts or (said and not comment):
            goes_on = body.endswith("\\") and not comment
            part = f" {body}" if comment else body.rstrip("\\") if goes_on else body
            parts.append(part)
            pieces.append(_Piece(joined, line, column - comment))
            joined += len(part)
            if not goes_on:
                logical = _trimmed("".join(parts), pieces)
                if logical.text:
                    yield logical
                parts, pieces, joined = [], [], 0
        if raw[-1:] in {"\n", "\r"}:
            line, column = line + 1, 1
        else:
            column += len(raw)


def _trimmed(whole: str, pieces: list[_Piece]) -> _Logical:
    """A joined line without its comment and blanks."""
    comment = _COMMENT.search(whole) if "#" in whole else None
    kept = whole[: comment.start()] if comment else whole
    lead = len(kept) - len(kept.lstrip())
    placed = (piece._replace(joined=piece.joined - lead) for piece in pieces) if lead else pieces
    return _Logical(kept.strip(), tuple(placed))


def _given(logical: _Logical, start: int) -> Iterator[tuple[str, _Token]]:
    """The options of a line that have a value, by their long names, each with the place of its value."""
    waiting = iter(_tokens(logical.text, start))
    for token in waiting:
        if not token.value.startswith("-"):
            continue
        option, glue, value = option_of(token.value)
        if not takes_value(option):
            continue
        if glue:
            yield option, _placed_value(logical.text, token, value)
        else:
            yield option, next(waiting, _Token(token.end, token.end, ""))


def _placed_value(text: str, token: _Token, value: str) -> _Token:
    """The value in a word that has the option as well; quotes around the whole of the word are left with it."""
    raw = text[token.begin : token.end]
    lead = raw.find("=") + 1 if raw.startswith("--") else 2
    if not raw.startswith("-") or not lead:
        return _Token(token.begin, token.end, value)
    return _unquoted(text, _Token(token.begin + lead, token.end, value))


def _tokens(text: str, start: int) -> Iterator[_Token]:
    """The words from a place on, as a shell parts them; where a quote does not close, by blanks."""
    if len(text) - start > _LONGEST:
        return
    stream = StringIO(text[start:])
    words = shlex.shlex(stream, posix=True)
    words.whitespace_split, words.commenters = True, ""
    found, at = [], 0
    try:
        while (value := words.get_token()) is not None:
            raw = text[start + at : start + stream.tell()]
            begin = start + at + len(raw) - len(raw.lstrip())
            at = stream.tell()
            found.append(_unquoted(text, _Token(begin, begin + len(raw.strip()), value)))
    except ValueError:
        found = [
            _Token(start + word.start(), start + word.end(), word[0]) for word in re.finditer(r"\S+", text[start:])
        ]
    yield from found


def _unquoted(text: str, token: _Token) -> _Token:
    """A word's place without the quotes around it."""
    raw = text[token.begin : token.end]
    if raw != token.value and len(raw) == len(token.value) + 2 and raw[1:-1] == token.value:
        return _Token(token.begin + 1, token.end - 1, token.value)
    return token


def _index(logical: _Logical, option: str, token: _Token) -> PlacedOption:
    """An index with its address, and the marker that somebody has put behind it."""
    plain = PlacedOption(option, token.value, logical.span(token.begin, token.end))
    text = logical.text
    for match in islice(re.finditer(";", text[token.begin : token.begin + _LONGEST]), _SEMICOLONS):
        semicolon = token.begin + match.start()
        tail = text[semicolon + 1 :].strip()
        if not is_marker(tail):
            continue
        end = len(text[:semicolon].rstrip())
        if end > token.end:
            return plain  # there is something between the two that is neither
        return plain._replace(
            address=text[token.begin : end],
            span=logical.span(token.begin, end),
            tail=tail,
            tail_text=text[end:],
            tail_span=logical.span(end, len(text)),
            glued=end == semicolon,
        )
    return plain
