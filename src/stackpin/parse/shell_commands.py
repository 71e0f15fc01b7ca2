"""The simple commands of a shell script, in their order, each with what it depends on.

A command that runs in any case stands on no branch. One that runs only where a condition holds (``if``, ``case``, a loop, a
function, ``[ … ] && …``, ``… || …``) stands on a branch, by a number of its own, within those around it. Variables are
followed: what is set on a branch is unknown behind it. What another shell is given to run (``bash -c '…'``, ``bash <<EOF``,
``eval '…'``) is gone into. Source: POSIX.1-2017, Shell Command Language, 2.9 and 2.10; of bash what scripts use.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stackpin.errors import InputUnreadable
from stackpin.parse.marked_text import UNKNOWN, Lines, Marked, joined, readable_text, whole
from stackpin.parse.shell_compounds import ShellReader
from stackpin.parse.shell_programs import SHELLS, program_of
from stackpin.parse.shell_reader import ShellCommand
from stackpin.parse.shell_spans import Unclosed
from stackpin.parse.shell_state import ShellState, matters
from stackpin.parse.shell_variables import Ledger, Variables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stackpin.parse.shell_words import Word

__all__ = ["SCRIPT_LIMIT", "exec_command", "parse_script", "shell_commands"]

#: The most bytes of a script: far more than people write; what is larger has a program packed into it.
SCRIPT_LIMIT = 1_000_000
_DEEP = 4
#: What a text has in it that runs pip or uv.
_INSTALLS = re.compile(r"pip|\buvx?\b")
_ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_DECLARES = frozenset({"export", "readonly", "declare", "local", "typeset"})
#: Files that are sourced for other things than the variables that scripts put into their commands.
_HARMLESS = re.compile(r"(?:/|^)(?:activate|conda\.sh|mamba\.sh|\.bashrc|\.profile|\.bash_profile|env)$")
_INTERPRETER = re.compile(r"#!\s*(?:\S*/env\s+(?:-\S+\s+)*)?(\S+)")


def parse_script(content: bytes, path: str) -> tuple[Lines, tuple[ShellCommand, ...]]:
    """Read a shell script. One that names neither pip nor uv, or is for another interpreter, has no commands to tell.

    :param path: as it is shown.
    :raises InputUnreadable: for a file that is no text, is too large, or is cut: something opened in it does not end.
    """
    lines = Lines(readable_text(content, "shell script", path, limit=SCRIPT_LIMIT), path)
    if not _INSTALLS.search(lines.text):
        return lines, ()  # most scripts by far
    interpreter = _INTERPRETER.match(lines.text)
    if interpreter and interpreter[1].rpartition("/")[2] not in SHELLS:
        return lines, ()
    return lines, shell_commands(whole(lines.text), Variables({}), lines)


def shell_commands(
    source: Marked, variables: Variables, lines: Lines, ledger: Ledger | None = None
) -> tuple[ShellCommand, ...]:
    """The commands of a text that a shell runs.

    :param variables: what is set before.
    :param lines: the file that it stands in, for the error.
    :param ledger: what several texts of one file share.
    :raises InputUnreadable: where something opened in it does not end.
    """
    try:
        return _commands(source, ShellState(variables), ledger or Ledger(), 0)
    except Unclosed as fault:
        line, _ = lines.position(max(fault.origin, 0))
        raise InputUnreadable(
            f"{fault.what} is not closed: the file is cut, or no shell would read it",
            where=f"{lines.path}:{line}",
        ) from fault


def exec_command(words: Sequence[Word], variables: Variables, ledger: Ledger) -> tuple[ShellCommand, ...]:
    """A command that is started without a shell, from its words; with the commands of a script that it is given."""
    mattering = {name: value for name, value in variables.values.items() if matters(name)}
    program = program_of(words)
    outer = ShellCommand(program.words, {**mattering, **dict(program.assigned)})
    name = program.name
    given = _given(program.words) if name in SHELLS or name == "su" else None
    return (outer, *(_inside(given.marked, variables, outer, ledger, 0) if given else ()))


def _commands(source: Marked, state: ShellState, ledger: Ledger, depth: int) -> tuple[ShellCommand, ...]:
    reader = ShellReader(source, state, ledger)
    _Following(reader, ledger, depth)
    reader.read()
    found: list[ShellCommand] = []
    for command in reader.commands:
        found.append(command)
        if command.body is not None and _reads_body(command.words):
            found += _inside(command.body, Variables({}, open=True), command, ledger, depth)
    return tuple(found)


def _reads_body(words: Sequence[Word]) -> bool:
    """Whether a command is a shell that reads its script from where a here-document goes."""
    name = words[0].text.rpartition("/")[2] if words else ""
    operands = [word.text for word in words[1:] if not word.text.startswith("-")]
    return name in SHELLS and not operands


def _inside(
    script: Marked, variables: Variables, outer: ShellCommand, ledger: Ledger, depth: int
) -> list[ShellCommand]:
    """The commands of a script within a script; none where it cannot be read, or is nested too deeply."""
    if depth >= _DEEP:
        return []
    values = {**variables.values, **outer.variables}
    state = ShellState(Variables(values, variables.unset, variables.open))
    try:
        inner = _commands(script, state, ledger, depth + 1)
    except Unclosed:
        return []
    scope = (*outer.scope, ledger.number())
    return [
        each._replace(branch=(*outer.branch, *each.branch), scope=(*scope, *each.scope), variables=each.variables)
        for each in inner
    ]


class _Following:
    """Does to a reader's variables what its commands do, and adds the commands of scripts that they are given."""

    def __init__(self, reader: ShellReader, ledger: Ledger, depth: int) -> None:
        self.reader = reader
        self.ledger = ledger
        self.depth = depth
        reader.finish = self.finish

    def finish(self, words: tuple[Word, ...]) -> None:
        """One command was read."""
        name = words[0].text.rpartition("/")[2] if words else ""
        if name in _DECLARES:
            self._declare(words[1:])
        elif name == "unset" or name == "read":  # noqa: PLR1714 - what a script reads is as good as unset
            for word in words[1:]:
                if not word.text.startswith("-") and word.is_known:
                    self.reader.assign(word.text, None)
        elif name in {"source", "."}:
            if len(words) > 1 and not _HARMLESS.search(words[1].text):
                self.reader.state.forget_all()
        elif name == "eval":
            self._script(joined(_spaced(words[1:])))
            self.reader.state.forget_all()
        elif name in SHELLS or name == "su":
            script = _given(words)
            if script:
                self._script(script.marked)

    def _declare(self, words: Sequence[Word]) -> None:
        for word in words:
            match = _ASSIGNED.match(word.text)
            if match:
                self.reader.assign(match[1], word.marked.part(match.end(), len(word.text)))

    def _script(self, script: Marked) -> None:
        if script.text.strip(UNKNOWN + " "):
            outer = self.reader.commands[-1]
            self.reader.commands += _inside(script, self.reader.state.variables, outer, self.ledger, self.depth)


def _given(words: Sequence[Word]) -> Word | None:
    """The script that a shell is given as a word: behind ``-c``, alone or among other letters."""
    for position, word in enumerate(words[1:-1], start=1):
        if re.fullmatch(r"-[A-Za-z]*c", word.text) or word.text == "--command":
            rest = words[position + 1 :]
            return next((each for each in rest if not re.fullmatch(r"[-+][A-Za-z]+", each.text)), None)
    return None


def _spaced(words: Sequence[Word]) -> list[Marked]:
    parts: list[Marked] = []
    for word in words:
        parts += [word.marked, Marked(" ", ()).at(word.marked.origin(len(word.text)))]
    return parts
