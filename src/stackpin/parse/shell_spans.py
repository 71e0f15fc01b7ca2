"""Where something that a shell nests ends: ``$(…)``, ``${…}``, backticks, double quotes, ``((…))``.

One walk with a stack of its own: text of any depth is gone through once. Source: POSIX.1-2017, Shell Command Language, 2.3 to
2.6; what bash adds (``$'…'``, ``((…))``) as its manual has it.
"""

from __future__ import annotations

import re

__all__ = ["Unclosed", "after_heredoc", "end_of", "heredoc_head", "word_before"]

#: What is nested in what: ``a`` is arithmetic, ``p`` are plain parentheses within it.
_CLOSES = {"(": ")", "{": "}", "a": ")", "p": ")"}
_NAMES = {'"': "a double quote", "`": "a backtick", "{": "a ${", "a": "a ((", "p": "a (("}
#: What can matter inside each kind of nesting; everything else is passed over in one step.
_NEXT = {
    '"': re.compile(r"[\"\\`]|\$[({]"),
    "`": re.compile(r"[`\\]"),
    "{": re.compile(r"[}'\"\\`]|\$[({']"),
    "a": re.compile(r"[()'\"\\`]|\$[({]"),
    "p": re.compile(r"[()'\"\\`]|\$[({]"),
    "(": re.compile(r"[()'\"\\`#\n]|\$[({']|<<-?(?!<)|\b(?:case|esac)\b"),
}
_HEREDOC = re.compile(r"[ \t]*((?:'[^'\n]*'|\"[^\"\n]*\"|\\.|[^\s;&|<>()'\"\\])+)")
#: What stands before a word where a command begins.
_COMMAND_START = re.compile(r"(?:^|[;&|(\n{!]|\b(?:then|do|else|elif|if|while|until))[ \t]*\Z")


class Unclosed(Exception):
    """Something that was opened does not end; it never leaves the parsers, which tell it as InputUnreadable.

    ``origin`` is where in the file it was opened, once that is known.

    :param what: what it is, with its article.
    :param start: its offset in the text that was read.
    """

    def __init__(self, what: str, start: int) -> None:
        super().__init__(what)
        self.what = what
        self.start = start
        self.origin = -1


def heredoc_head(text: str, at: int) -> tuple[str, bool, int] | None:
    """The delimiter that a ``<<`` names, whether it is quoted, and where it ends; None where no word follows.

    :param at: just behind ``<<`` or ``<<-``.
    """
    match = _HEREDOC.match(text, at)
    if match is None:
        return None
    raw = match[1]
    quoted = any(sign in raw for sign in "'\"\\")
    plain = re.sub(r"\\(.)", r"\1", raw.replace("'", "").replace('"', "")) if quoted else raw
    return plain, quoted, match.end()


def word_before(text: str, at: int) -> bool:
    """Whether a command begins at ``at``, by what stands on its line before it."""
    return _COMMAND_START.search(text[max(at - 40, 0) : at]) is not None


def end_of(text: str, at: int, kind: str) -> int:
    """The offset behind what closes a nesting.

    :param at: just behind its opening.
    :param kind: ``"``, a backtick, ``(`` for ``$(``, ``{`` for ``${``, ``a`` for ``((``.
    :raises Unclosed: where the text ends before.
    """
    return _Walk(text, at, kind).run()


def after_heredoc(text: str, at: int, delimiter: str, *, tabs: bool) -> tuple[int, int]:
    """Where a here-document's body ends and where its next line begins; the end of the text where nothing ends it.

    :param tabs: whether tabs in front of a line do not count (``<<-``).
    """
    place = at
    while place < len(text):
        end = text.find("\n", place)
        line = text[place : len(text) if end < 0 else end].removesuffix("\r")
        if (line.lstrip("\t") if tabs else line) == delimiter:
            return place, len(text) if end < 0 else end + 1
        if end < 0:
            break
        place = end + 1
    return len(text), len(text)


class _Walk:
    """One walk to the end of a nesting; ``stack`` are the nestings that are open, with where they began."""

    def __init__(self, text: str, at: int, kind: str) -> None:
        self.text = text
        self.at = at
        self.stack = [(kind, at)]
        #: Here-documents whose bodies begin on the next line: the nesting they are in, delimiter, whether tabs go.
        self.waiting: list[tuple[str, bool]] = []

    def run(self) -> int:
        """Go on until the first nesting is closed."""
        while self.stack:
            kind, start = self.stack[-1]
            match = _NEXT["(" if kind == "case" else kind].search(self.text, self.at)
            if match is None:
                raise Unclosed(_NAMES.get(kind, "a command substitution"), start)
            self.at = match.end()
            self._sign(kind, match[0], match.start())
        return self.at

    def _sign(self, kind: str, sign: str, start: int) -> None:
        if sign == "\\":
            self.at += 1
        elif sign == kind or _CLOSES.get(kind) == sign:
            self._close(kind)
        elif sign in {'"', "`"}:
            self.stack.append((sign, self.at))
        elif sign == "'":
            self._single(start)
        elif sign == "$'":
            self._dollar_quote(start)
        elif sign.startswith("$") or sign == "(":
            self._open(kind, sign)
        else:
            self._command_sign(kind, sign, start)

    def _close(self, kind: str) -> None:
        if kind != "a":
            self.stack.pop()
        elif self.text[self.at : self.at + 1] == ")":
            self.at += 1  # `))` closes what `((` opened
            self.stack.pop()
        else:  # it was a subshell within a substitution: `$((a); b)`
            self.stack[-1] = ("(", self.stack[-1][1])

    def _open(self, kind: str, sign: str) -> None:
        if sign.endswith("{"):
            self.stack.append(("{", self.at))
        elif sign == "$(" and self.text[self.at : self.at + 1] == "(":
            self.at += 1
            self.stack.append(("a", self.at))
        elif kind == "a":
            self.stack.append(("(", self.at) if sign == "$(" else ("p", self.at))
        else:
            self.stack.append(("(", self.at))

    def _single(self, start: int) -> None:
        end = self.text.find("'", start + 1)
        if end < 0:
            raise Unclosed("a single quote", start)
        self.at = end + 1

    def _dollar_quote(self, start: int) -> None:
        match = re.compile(r"(?:[^'\\]|\\.)*'", re.DOTALL).match(self.text, start + 2)
        if match is None:
            raise Unclosed("a single quote", start + 1)
        self.at = match.end()

    def _command_sign(self, kind: str, sign: str, start: int) -> None:
        """What matters where commands stand: comments, ``case``, here-documents and the line that their bodies follow."""
        if sign == "#":
            if self.text[start - 1 : start] in set(" \t\n;&|("):
                end = self.text.find("\n", start)
                self.at = len(self.text) if end < 0 else end
        elif sign.startswith("<<"):
            head = heredoc_head(self.text, self.at)
            if head:
                self.waiting.append((head[0], sign.endswith("-")))
                self.at = head[2]
        elif sign == "case" and word_before(self.text, start):
            self.stack.append(("case", start))
        elif sign == "esac" and kind == "case":
            self.stack.pop()
        elif sign == "\n":
            while self.waiting:
                delimiter, tabs = self.waiting.pop(0)
                self.at = after_heredoc(self.text, self.at, delimiter, tabs=tabs)[1]
