"""The words of a shell's command line: quotes taken off, known variables filled in, what cannot be told left unknown.

Source: POSIX.1-2017, Shell Command Language, 2.2 (quoting), 2.6 (expansions). What a command would print and what nobody sets
is unknown, as :data:`~stackpin.parse.marked_text.UNKNOWN` in the text: it is never guessed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from stackpin.parse.marked_text import UNKNOWN, Marked, joined
from stackpin.parse.shell_spans import Unclosed, end_of
from stackpin.parse.shell_variables import Variables

if TYPE_CHECKING:
    from stackpin.parse.shell_variables import Ledger

__all__ = ["Word", "WordReader"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPECIAL = re.compile(r"[0-9@*#?$!-]")
_PLAIN = re.compile(r"[^\s;&|<>()'\"\\$`]+")
_QUOTED_PLAIN = re.compile(r"[^\"\\$`]+")
_PARAMETER = re.compile(r"\A([A-Za-z_][A-Za-z0-9_]*|[0-9])(:?[-+=])(.*)\Z", re.DOTALL)
_BRACES = re.compile(r"\{[^{}]*(?:,|\.\.)[^{}]*\}")
#: How deep defaults of variables may hold further variables.
_DEEP = 8


class Word(NamedTuple):
    """One word. ``start`` and ``end`` are its offsets in the text that was read, quotes included."""

    marked: Marked
    start: int
    end: int
    quoted: bool = False

    @property
    def text(self) -> str:
        """What the command would be given."""
        return self.marked.text

    @property
    def is_known(self) -> bool:
        """Whether all of it can be told."""
        return UNKNOWN not in self.marked.text


class WordReader:
    """Reads words out of one text.

    :param shell: whether operators end a word and commands are put in; else only white space does (Dockerfile's words).
    :param escape: the character that takes the next one as it stands.
    """

    def __init__(self, source: Marked, ledger: Ledger, *, shell: bool = True, escape: str = "\\") -> None:
        self._ledger = ledger
        self._source = source
        self._text = source.text
        self._shell = shell
        self._escape = escape
        self._plain = _PLAIN if shell else re.compile(rf"[^\s'\"$\\{re.escape(escape)}]+")
        self.variables = Variables({})

    def read(self, at: int, *, split: bool = True) -> tuple[list[Word], int]:
        """The word that begins at ``at`` (none or several where a variable's value is split), and where it ends.

        :raises Unclosed: where a quote or what is like one does not end.
        """
        reading = _Reading(self, at, split=split)
        return reading.words()

    def expanded(self, text: Marked, depth: int = 0) -> Marked:
        """A text with its variables filled in, as within double quotes.

        :raises Unclosed: where something in it does not end.
        """
        inner = WordReader(text, self._ledger, shell=self._shell, escape=self._escape)
        inner.variables = self.variables
        parts: list[Marked] = []
        at = 0
        try:
            while at < len(text.text):
                piece, at = inner.quoted_piece(at, depth)
                parts.append(piece)
        except Unclosed as fault:
            fault.origin = text.origin(fault.start) if fault.origin < 0 else fault.origin
            raise
        return joined(parts)

    def quoted_piece(self, at: int, depth: int = 0) -> tuple[Marked, int]:
        """The next piece of what stands within double quotes."""
        text = self._text
        sign = text[at]
        if sign == self._escape:
            follows = text[at + 1 : at + 2]
            if follows == "\n":
                return Marked("", ()), at + 2
            kept = at + 1 if follows in {'"', "$", "`", self._escape} and follows else at
            return self._source.part(kept, at + 2), min(at + 2, len(text))
        if sign == "$":
            return self.dollar(at, depth, quoted=True)
        if sign == "`" and self._shell:
            return Marked(UNKNOWN, ()).at(self._source.origin(at)), end_of(text, at + 1, "`")
        match = _QUOTED_PLAIN.match(text, at)
        end = match.end() if match else at + 1
        return self._source.part(at, end), end

    def dollar(self, at: int, depth: int = 0, *, quoted: bool = False) -> tuple[Marked, int]:
        """What a ``$`` stands for, and where that ends."""
        text = self._text
        unknown = Marked(UNKNOWN, ()).at(self._source.origin(at))
        follows = text[at + 1 : at + 2]
        if follows == "(" and self._shell:
            arithmetic = text[at + 2 : at + 3] == "("
            return unknown, end_of(text, at + 3, "a") if arithmetic else end_of(text, at + 2, "(")
        if follows == "{":
            end = end_of(text, at + 2, "{")
            return self._parameter(self._source.part(at + 2, end - 1), at, depth) or unknown, end
        name = _NAME.match(text, at + 1)
        if name:
            return self._value(name[0], at) or unknown, name.end()
        if follows and _SPECIAL.match(follows) and self._shell:
            return unknown, at + 2
        if follows == "'" and self._shell and not quoted:
            return self._dollar_quote(at, unknown)
        if follows == '"' and self._shell and not quoted:
            return Marked("", ()), at + 1
        return self._source.part(at, at + 1), at + 1

    def _dollar_quote(self, at: int, unknown: Marked) -> tuple[Marked, int]:
        match = re.compile(r"((?:[^'\\]|\\.)*)'", re.DOTALL).match(self._text, at + 2)
        if match is None:
            raise Unclosed("a single quote", at + 1)
        return unknown if "\\" in match[1] else self._source.part(at + 2, match.end() - 1), match.end()

    def _value(self, name: str, at: int) -> Marked | None:
        """A variable's value, standing where it is used; None where it cannot be told."""
        value = self.variables.values.get(name)
        if value is None or not self._ledger.allows(len(value.text)):
            return None
        return value.at(self._source.origin(at))

    def _parameter(self, inner: Marked, at: int, depth: int) -> Marked | None:
        """What ``${…}`` stands for, given what is between the braces; None where it cannot be told."""
        if _NAME.fullmatch(inner.text):
            return self._value(inner.text, at)
        match = _PARAMETER.match(inner.text)
        if match is None or depth >= _DEEP:
            return None
        name, sign = match[1], match[2]
        value = self._value(name, at)
        if value is None and not self.variables.has_default(name):
            return self._in_front(sign, inner, at) if depth == 0 else None
        empty = value is None or (":" in sign and not value.text)
        if sign.endswith("+") == empty:
            return Marked("", ()).at(self._source.origin(at)) if sign.endswith("+") else value
        rest = inner.part(match.start(3), match.end(3))
        if "'" in rest.text or '"' in rest.text:
            found, end = (
                WordReader(rest, self._ledger, shell=self._shell).with_variables(self.variables).read(0, split=False)
            )
            plain = found[0].marked if found and end == len(rest.text) else None
            return None if plain is None else plain.at(self._source.origin(at))
        return self.expanded(rest, depth + 1).at(self._source.origin(at))

    def _in_front(self, sign: str, inner: Marked, at: int) -> Marked | None:
        """``${NAME:+$NAME }`` at the head of a value: whatever it is, what comes behind it is a word of its own."""
        before = self._text[:at].rstrip('"')[-1:]
        if not sign.endswith("+") or not inner.text.endswith(" ") or before not in {"", "=", " "}:
            return None
        return Marked(f"{UNKNOWN} ", ()).at(self._source.origin(at))

    def with_variables(self, variables: Variables) -> WordReader:
        """The same reader, knowing these variables."""
        self.variables = variables
        return self

    def plain_end(self, at: int) -> int:
        """Where the characters end that mean nothing but themselves."""
        match = self._plain.match(self._text, at)
        return match.end() if match else at

    @property
    def source(self) -> Marked:
        """The text that is read."""
        return self._source

    @property
    def is_shell(self) -> bool:
        """Whether operators end a word."""
        return self._shell

    @property
    def escape(self) -> str:
        """The character that takes the next one as it stands."""
        return self._escape


class _Reading:
    """One word being put together; ``done`` are words that a value was split into before it."""

    def __init__(self, reader: WordReader, at: int, *, split: bool) -> None:
        self.reader = reader
        self.text = reader.source.text
        self.start = self.at = at
        self.split = split
        self.parts: list[Marked] = []
        self.done: list[Marked] = []
        self.quoted = False

    def words(self) -> tuple[list[Word], int]:
        """Read up to what ends the word."""
        while self.at < len(self.text) and self._step():
            pass
        whole = joined(self.parts)
        if self.quoted or whole.text:
            self.done.append(whole)
        if len(self.done) == 1 and not self.quoted and "{" in whole.text and self._has_braces(whole):
            self.done = [Marked(UNKNOWN, ()).at(self.reader.source.origin(self.start))]
        return [Word(each, self.start, self.at, self.quoted) for each in self.done], self.at

    def _has_braces(self, word: Marked) -> bool:
        """Whether bash would make several words of it (``torch{,vision}``)."""
        return self.reader.is_shell and _BRACES.search(word.text) is not None

    def _step(self) -> bool:
        """Take the next piece; whether there was one."""
        end = self.reader.plain_end(self.at)
        if end > self.at:
            self._take(end)
            return True
        sign = self.text[self.at]
        if sign == self.reader.escape:
            self._escaped()
        elif sign == "'":
            self._single()
        elif sign == '"':
            self._double()
        elif sign == "$":
            self._dollar()
        elif sign == "`" and self.reader.is_shell:
            end = end_of(self.text, self.at + 1, "`")
            self.parts.append(Marked(UNKNOWN, ()).at(self.reader.source.origin(self.at)))
            self.at = end
        elif sign == "\\" and not self.reader.is_shell:
            self._take(self.at + 1)  # another character escapes here
        elif self.reader.is_shell and sign in "<>" and self.text[self.at + 1 : self.at + 2] == "(" and not self.parts:
            self.parts.append(Marked(UNKNOWN, ()).at(self.reader.source.origin(self.at)))
            self.at = end_of(self.text, self.at + 2, "(")
        else:
            return False
        return True

    def _take(self, end: int) -> None:
        self.parts.append(self.reader.source.part(self.at, end))
        self.at = end

    def _escaped(self) -> None:
        follows = self.text[self.at + 1 : self.at + 2]
        if follows == "\n" and self.reader.is_shell:
            self.at += 2
        elif self.text.startswith("\r\n", self.at + 1) and self.reader.is_shell:
            self.at += 3
        elif follows:
            self.quoted = True
            self.at += 1
            self._take(self.at + 1)
        else:
            self._take(self.at + 1)

    def _single(self) -> None:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise Unclosed("a single quote", self.at)
        self.parts.append(self.reader.source.part(self.at + 1, end))
        self.quoted = True
        self.at = end + 1

    def _double(self) -> None:
        start = self.at
        self.at += 1
        self.quoted = True
        while self.at < len(self.text):
            if self.text[self.at] == '"':
                self.at += 1
                return
            piece, self.at = self.reader.quoted_piece(self.at)
            self.parts.append(piece)
        raise Unclosed("a double quote", start)

    def _dollar(self) -> None:
        value, end = self.reader.dollar(self.at)
        if self.text[self.at + 1 : self.at + 2] in {"'", '"'} and self.reader.is_shell:
            self.quoted = True
            self.parts.append(value)
        elif self.split and self.reader.is_shell and re.search(r"\s", value.text):
            self._split(value)
        else:
            self.parts.append(value)
        self.at = end

    def _split(self, value: Marked) -> None:
        """A value outside quotes is split at its white space."""
        origin = self.reader.source.origin(self.at)
        fields = value.text.split()
        if not value.text[:1].isspace() and self.parts and fields:
            self.parts.append(Marked(fields.pop(0), ()).at(origin))
        for number, field in enumerate(fields):
            if self.parts:
                self.done.append(joined(self.parts))
            self.parts = [Marked(field, ()).at(origin)]
            if number == len(fields) - 1 and value.text[-1:].isspace():
                self.done.append(joined(self.parts))
                self.parts = []
