"""The walk through a shell script: its tokens, its simple commands, and the lists that join them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from stackpin.parse.marked_text import Marked
from stackpin.parse.shell_lists import Element, conditional, label_of
from stackpin.parse.shell_programs import program_of
from stackpin.parse.shell_spans import Unclosed, after_heredoc, end_of, heredoc_head
from stackpin.parse.shell_words import WordReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stackpin.parse.shell_lists import Branch
    from stackpin.parse.shell_state import ShellState
    from stackpin.parse.shell_variables import Ledger
    from stackpin.parse.shell_words import Word

__all__ = ["CommandReader", "Frame", "ShellCommand"]

_SPACE = re.compile(r"(?:[ \t\r\f\v]|\\\r?\n)+")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=")
_OPERATOR = re.compile(r";;&|;;|;&|;|&&|&>>|&>|&|\|\||\|&|\||\(|\)|<<<|<<-|<<|<>|<&|<|>>|>&|>\||>|\n")
_DESCRIPTOR = re.compile(r"(?:[0-9]+|\{[A-Za-z_]\w*\})(?=[<>])")


class ShellCommand(NamedTuple):
    """One simple command.

    ``words`` are what it is given, its program first. ``variables`` are those that govern pip and uv when it runs.
    ``branch`` are the branches it stands on, outermost first, none where it runs in any case. ``scope`` tells the subshells
    that it is in. ``written`` are the files that its output goes to, ``output`` is the one of them that holds nothing else.
    ``body`` is its here-document as it stands there, ``text`` what the command reads of it, with the variables filled in.
    """

    words: tuple[Word, ...]
    variables: Mapping[str, Marked | None]
    branch: tuple[Branch, ...] = ()
    scope: tuple[int, ...] = ()
    written: tuple[str, ...] = ()
    output: str = ""
    body: Marked | None = None
    text: Marked | None = None


class _HereDocument(NamedTuple):
    """One that a line names; ``command`` is the number of the one that reads it, ``tabs`` whether leading ones go."""

    delimiter: str
    quoted: bool
    tabs: bool
    command: int


class Frame:
    """A compound command that is open. ``branch`` is the branch that is being read, None for none."""

    def __init__(self, kind: str, start: int, *, function: bool = False) -> None:
        self.kind = kind
        self.start = start
        self.function = function
        self.branch: Branch | None = None
        self.scope: int | None = None
        self.elements: list[Element] = []


class CommandReader:
    """Reads the simple commands of one script into ``commands``.

    ``finish`` is told of each simple command when its words are read. ``ledger`` is the file's.
    """

    def __init__(self, source: Marked, state: ShellState, ledger: Ledger) -> None:
        self.source = source
        self.text = source.text
        self.state = state
        self.ledger = ledger
        self.commands: list[ShellCommand] = []
        self.words = WordReader(source, ledger)
        self.at = 0
        self.frames = [Frame("script", 0)]
        self._new_list()
        self._current: list[Word] = []
        self._assigned: list[tuple[str, Marked | None]] = []
        self._written: list[str] = []
        self._output = ""
        self._heredocs: list[_HereDocument] = []
        self._bodies: dict[int, tuple[Marked, Marked | None]] = {}
        self._function = False
        self._after_operator = False
        self._after_compound = False
        self.finish: Callable[[tuple[Word, ...]], None] = lambda _words: None

    def read(self) -> None:
        """Read to the end.

        :raises Unclosed: where something does not end.
        """
        try:
            while self.at < len(self.text):
                self._token()
            self._end_command()
            self._end_list()
            self._all_closed()
        except Unclosed as fault:
            fault.origin = self.source.origin(fault.start) if fault.origin < 0 else fault.origin
            raise
        self.commands = [
            command._replace(body=self._bodies[number][0], text=self._bodies[number][1])
            if number in self._bodies
            else command
            for number, command in enumerate(self.commands)
        ]

    def _all_closed(self) -> None:
        if len(self.frames) > 1:
            raise Unclosed(_NAMES[self.frames[-1].kind], self.frames[-1].start)

    # One token after the other.

    def _token(self) -> None:
        space = _SPACE.match(self.text, self.at)
        if space:
            self.at = space.end()
            return
        if self.text[self.at] == "#":
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
            return
        descriptor = _DESCRIPTOR.match(self.text, self.at)
        if descriptor:
            self.at = descriptor.end()
        operator = _OPERATOR.match(self.text, self.at)
        if operator and not (operator[0] in "<>" and self.text[self.at + 1 : self.at + 2] == "("):
            self.at = operator.end()
            self._operator(operator[0])
        else:
            self._word()
            self._after_operator = False

    def _operator(self, sign: str) -> None:
        if sign[0] not in "<>" and sign not in {"&>", "&>>"}:
            self._after_compound = False
        if sign in {"&&", "||", "|", "|&"}:
            self._end_command()
            if sign in {"&&", "||"}:
                self._next_element(sign)
            self._after_operator = True
        elif sign in {"\n", ";", "&"}:
            self._separator(sign)
        elif sign in {";;", ";&", ";;&"}:
            self._end_command()
            self._end_list()
            if self.frames[-1].kind == "case":
                self.clause()
        elif sign == "(":
            self.parenthesis()
        elif sign == ")":
            self._end_command()
            self.close("(")
        else:
            self._redirect(sign)

    def _separator(self, sign: str) -> None:
        if sign == "\n":
            self._read_bodies()
            if self._after_operator and not (self._current or self._assigned):
                return
        self._end_command()
        self._end_list()
        self._after_operator = False

    def _read_bodies(self) -> None:
        """Behind a line, the here-documents that it named."""
        for named in self._heredocs:
            start = self.at
            end, self.at = after_heredoc(self.text, self.at, named.delimiter, tabs=named.tabs)
            body = self.source.part(start, end)
            self._bodies[named.command] = body, body if named.quoted else self._filled_in(body)
        self._heredocs = []

    def _filled_in(self, body: Marked) -> Marked | None:
        """A here-document with its variables; None where something in it does not end, which a shell tells as it runs."""
        self.words.variables = self.state.variables
        try:
            return self.words.expanded(body)
        except Unclosed:
            return None

    def _redirect(self, sign: str) -> None:
        if sign in {"<<", "<<-"}:
            head = heredoc_head(self.text, self.at)
            if head:
                number = -1 if self._after_compound else len(self.commands)  # a compound command's goes nowhere
                self._heredocs.append(_HereDocument(head[0], head[1], sign == "<<-", number))
                self.at = head[2]
            return
        self._skip_space()
        found, self.at = self._read_word(split=False)
        if ">" in sign and found:
            self._output = found[0].text if sign in {">", ">|"} and not self._written else ""
            self._written.append(found[0].text)

    def _skip_space(self, *, lines: bool = False) -> None:
        while True:
            match = _SPACE.match(self.text, self.at)
            if match:
                self.at = match.end()
            elif lines and self.text[self.at : self.at + 1] == "\n":
                self.at += 1
            elif lines and self.text[self.at : self.at + 1] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return

    def _read_word(self, *, split: bool = True, at: int | None = None) -> tuple[list[Word], int]:
        self.words.variables = self.state.variables
        start = self.at if at is None else at
        found, end = self.words.read(start, split=split)
        if end == start and start < len(self.text):
            return [], start + (0 if self.text[start] in "\n;&|()<>" else 1)
        return found, end

    # Words: reserved ones where a command begins, assignments in front, else operands.

    def _word(self) -> None:
        begins = not self._current
        if begins and not self._assigned and self.reserved():
            return
        match = _ASSIGNMENT.match(self.text, self.at) if begins else None
        if match:
            self._assignment(match)
            return
        found, self.at = self._read_word()
        self._current += found

    def _assignment(self, match: re.Match[str]) -> None:
        start = match.end()
        if self.text[start : start + 1] == "(":
            self.at = end_of(self.text, start + 1, "(")
            self._assigned.append((match[1], None))
            return
        found, self.at = self._read_word(split=False, at=start)
        value = found[0].marked if found else Marked("", ())
        self._assigned.append((match[1], None if match[2] else value))

    # What compound commands add, and lists.

    def reserved(self) -> bool:
        """Take a reserved word, where one stands here; whether one did."""
        return False

    def clause(self) -> None:
        """Begin the next clause of a ``case``."""

    def parenthesis(self) -> None:
        """Take what an opening parenthesis begins."""

    def close(self, kind: str) -> bool:
        """Close the innermost compound command where it is of a kind; whether it was."""
        return kind == ""

    def _new_list(self) -> None:
        self.frames[-1].elements = [Element(len(self.commands))]

    def _next_element(self, operator: str) -> None:
        elements = self.frames[-1].elements
        elements[-1].end = len(self.commands)
        elements.append(Element(len(self.commands), operator))

    def _end_list(self) -> None:
        """A list has ended: its conditional elements are put on branches of their own."""
        elements = self.frames[-1].elements
        elements[-1].end = len(self.commands)
        if len(elements) > 1:
            depth = len(self._path())
            for position, branch in conditional(elements, self.ledger.number).items():
                element = elements[position]
                for number in range(element.start, element.end):
                    path = self.commands[number].branch
                    self.commands[number] = self.commands[number]._replace(
                        branch=(*path[:depth], branch, *path[depth:])
                    )
                for name in element.assigned:
                    self.state.assign(name, None)
        self._new_list()

    def _path(self) -> tuple[Branch, ...]:
        return tuple(frame.branch for frame in self.frames if frame.branch is not None)

    def _end_command(self) -> None:
        words, assigned = tuple(self._current), self._assigned
        written, output = tuple(self._written), self._output
        self._current, self._assigned, self._written, self._output = [], [], [], ""
        if not words:
            for name, value in assigned:
                self.assign(name, value)
            return
        program = program_of(words)
        label = label_of([program.name, *(word.text for word in program.words[1:2])])
        for frame in self.frames:
            frame.elements[-1].names.append(label)
        variables = self.state.mattering
        if assigned or program.assigned:
            variables = {**variables, **dict(assigned), **dict(program.assigned)}
        scope = tuple(frame.scope for frame in self.frames if frame.scope is not None)
        self.commands.append(ShellCommand(program.words, variables, self._path(), scope, written, output))
        self.finish(program.words)

    def assign(self, name: str, value: Marked | None) -> None:
        """Set a variable from here on."""
        self.state.assign(name, value)
        for frame in self.frames:
            frame.elements[-1].assigned.add(name)


_NAMES = {"if": "an if", "loop": "a loop", "case": "a case", "(": "a (", "{": "a {"}
