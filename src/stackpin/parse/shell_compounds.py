"""The compound commands of a shell script: which branch each simple command stands on, and what variables are known there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stackpin.parse.shell_reader import CommandReader, Frame
from stackpin.parse.shell_spans import Unclosed, end_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ShellReader"]

#: Deeper than any script that people write.
_DEEP = 100
_TEST_END = re.compile(r"(?<=\s)\]\](?=$|[\s;&|)])")
_RESERVED = re.compile(
    r"(?:if|then|elif|else|fi|while|until|do|done|for|select|case|esac|function|time|\[\[|[{}!])(?=$|[\s;&|()<>])"
)
_FRAMES = {"if": "if", "while": "loop", "until": "loop", "{": "{"}
_CLOSERS = {"fi": "if", "done": "loop", "esac": "case", "}": "{"}
_NAME = re.compile(r"[A-Za-z_]\w*")
_FUNCTION = re.compile(r"[^\s();&|<>]+[ \t]*(?:\([ \t]*\))?")
_IN = re.compile(r"in(?=[\s;#])")
_ESAC = re.compile(r"esac(?![\w-])")


class ShellReader(CommandReader):
    """Reads one script with its compound commands."""

    def reserved(self) -> bool:
        """Take a reserved word, where one stands here; whether one did."""
        match = _RESERVED.match(self.text, self.at)
        if not match:
            return False
        word, start = match[0], self.at
        action: Callable[[str, int], bool] = {
            "if": self._opening, "while": self._opening, "until": self._opening, "{": self._opening,
            "then": self._then, "elif": self._then, "else": self._then,
            "fi": self._closing, "done": self._closing, "esac": self._closing, "}": self._closing,
            "do": self._do, "case": self._case, "for": self._for, "select": self._for, "function": self._named_function,
            "[[": self._test, "!": self._passed, "time": self._passed,
        }[word]  # fmt: skip
        self.at = match.end()
        if not action(word, start):
            self.at = start
            return False
        return True

    def _passed(self, _word: str, _start: int) -> bool:
        return True

    def _opening(self, word: str, start: int) -> bool:
        self._open(_FRAMES[word], start)
        if word in {"while", "until"}:
            self._branch()
        return True

    def _then(self, word: str, _start: int) -> bool:
        if self.frames[-1].kind != "if":
            return False
        self._end_command()
        self._end_list()
        if word != "then":
            self.state.again()
        if word != "then" or self.frames[-1].branch is None:
            self._branch()
        return True

    def _do(self, _word: str, _start: int) -> bool:
        if self.frames[-1].kind != "loop":
            return False
        self._end_command()
        self._end_list()
        return True

    def _closing(self, word: str, _start: int) -> bool:
        return self.close(_CLOSERS[word])

    def _case(self, _word: str, start: int) -> bool:
        self._skip_space()
        _, self.at = self._read_word(split=False)
        self._skip_space(lines=True)
        if not _IN.match(self.text, self.at):
            return False
        self.at += 2
        self._open("case", start)
        self.clause()
        return True

    def clause(self) -> None:
        """Read a clause's pattern; the branch of its commands begins behind it."""
        frame = self.frames[-1]
        if frame.branch is not None:
            self.state.again()
        self._skip_space(lines=True)
        if _ESAC.match(self.text, self.at):
            return  # the word itself closes
        if self.text[self.at : self.at + 1] == "(":
            self.at += 1
        while self.at < len(self.text) and self.text[self.at] != ")":
            before = self.at
            self._skip_space(lines=True)
            _, self.at = self._read_word(split=False)
            if self.text[self.at : self.at + 1] == "|" or self.at == before:
                self.at += 1
        if self.at >= len(self.text):
            raise Unclosed("a case", frame.start)
        self.at += 1
        self._branch()

    def _for(self, _word: str, start: int) -> bool:
        self._skip_space()
        name = _NAME.match(self.text, self.at)
        if self.text.startswith("((", self.at):
            self.at = end_of(self.text, self.at + 2, "a")
        elif name:
            self.at = name.end()
            self._skip_space(lines=True)
            self._over_values()
        else:
            return False
        self._open("loop", start)
        if name:
            self.assign(name[0], None)
        self._branch()
        return True

    def _over_values(self) -> None:
        """Go past ``in a b c`` of a loop."""
        if not _IN.match(self.text, self.at):
            return
        self.at += 2
        while self.at < len(self.text) and self.text[self.at] not in ";\n":
            before = self.at
            self._skip_space()
            _, self.at = self._read_word()
            if self.at == before:
                break

    def _named_function(self, _word: str, _start: int) -> bool:
        self._skip_space()
        match = _FUNCTION.match(self.text, self.at)
        if not match:
            return False
        self.at = match.end()
        self._skip_space(lines=True)
        self._function = True
        return True

    def _test(self, _word: str, start: int) -> bool:
        match = _TEST_END.search(self.text, self.at)
        if not match:
            raise Unclosed("a [[", start)
        self.at = match.end()
        self._emit_test("[[")
        return True

    def _emit_test(self, name: str) -> None:
        for frame in self.frames:
            frame.elements[-1].names.append(name)

    def parenthesis(self) -> None:
        """A function's, arithmetic, or a subshell."""
        start = self.at - 1
        if self._current or self._assigned:
            self._skip_space()
            if len(self._current) == 1 and self.text[self.at : self.at + 1] == ")":
                self.at += 1
                self._current = []
                self._skip_space(lines=True)
                self._function = True
            return
        if self.text[self.at : self.at + 1] == "(":
            self.at = end_of(self.text, self.at + 1, "a")
            self._emit_test("((")
            return
        self._open("(", start)
        self.frames[-1].scope = next(self.numbers)

    def _open(self, kind: str, start: int) -> None:
        if len(self.frames) > _DEEP:
            raise Unclosed(f"something in {_DEEP} others", start)
        self.frames[-1].elements[-1].compound = True
        self.frames.append(Frame(kind, start, function=self._function))
        self.state.open_scope()
        self._new_list()
        if self._function:
            self._function = False
            self._branch()

    def _branch(self) -> None:
        self.frames[-1].branch = next(self.numbers)

    def close(self, kind: str) -> bool:
        """Close the innermost compound command where it is of a kind; whether it was."""
        frame = self.frames[-1]
        if frame.kind != kind:
            return False
        self._end_command()
        self._end_list()
        self.frames.pop()
        if kind == "{" and not frame.function:
            self.state.merge_scope()
        else:
            self.state.close_scope(keep=kind != "(")
        self.frames[-1].elements[-1].end = len(self.commands)
        return True
