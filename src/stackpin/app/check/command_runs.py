"""Commands in their order as steps: what each installs, into which environment, from which files and indexes."""

from __future__ import annotations

import re
from posixpath import normpath
from typing import TYPE_CHECKING, NamedTuple

from stackpin.app.check.command_calls import (
    Around,
    PlacedWord,
    activation,
    changes_anything,
    made_environment,
    tool_call,
)
from stackpin.app.check.command_installs import Installed, indexes_of, installed_by, untold_index
from stackpin.app.check.requirement_files import RequirementReader
from stackpin.check.command_steps import ALL, APART, Step
from stackpin.errors import InputUnreadable
from stackpin.model.mention import Role
from stackpin.model.names import normalized_name
from stackpin.model.value import replace
from stackpin.parse.marked_text import UNKNOWN, Marked
from stackpin.parse.requirement_places import parse_placed_file
from stackpin.parse.text_places import Lines as TextLines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from stackpin.app.check.command_calls import ToolCall
    from stackpin.app.check.command_installs import Indexes
    from stackpin.app.check.context_files import ContextFiles
    from stackpin.model.finding import Finding
    from stackpin.model.mention import IndexLine, Mention, Place, Subject
    from stackpin.parse.marked_text import Lines
    from stackpin.parse.shell_reader import ShellCommand
    from stackpin.parse.text_places import Span

    Read = Callable[[str, bool], Subject | None]

__all__ = ["Running", "Sheet"]

_FILES = ("--requirement", "--requirements")
_CONSTRAINTS = ("--constraint", "--constraints")
#: What brings in requirements that are not followed, or changes those that are.
_OTHERS = ("--override", "--overrides", "--group", "--only-group", "--requirements-from-script", "--editable")
_FRESH = ("--force-reinstall", "--ignore-installed", "--reinstall")
#: Programs that only look at the files they are given, and what sets variables.
_LOOKS = frozenset(
    {
        *("cat", "ls", "echo", "head", "tail", "test", "[", "wc", "stat", "rm", "chmod", "chown", "cd", "set"),
        *("export", "readonly", "declare", "local", "typeset"),
    }
)
_LEAVES = frozenset({"exit", "return", "exec"})
#: What a call does that installs, by its verb; uv's own tools have environments of their own.
_INSTALLS = {("install",), ("pip", "install"), ("add",)}
_REMOVES = {("uninstall",), ("pip", "uninstall"), ("remove",)}
_UNTOLD = {("sync",), ("pip", "sync")}
_TOOLS = {("tool", "install"), ("tool", "run")}


class Sheet:
    """What is put down about one file while its commands are gone through.

    :param read: the subject that a requirements file of the build context makes, by its path there; None where it is not
        there. The second argument is whether it is a constraints file.
    """

    def __init__(self, lines: Lines, read: Read | None) -> None:
        self.lines = lines
        self.read = read
        self.notes: dict[str, None] = {}
        self.wrong: list[tuple[str, Place]] = []
        self.findings: dict[Finding, None] = {}

    def written(self, text: Marked, *, constraint: bool) -> Subject | None:
        """The subject that a requirements file makes which the file holds itself; None where part of it cannot be told."""
        if UNKNOWN in text.text:
            return None
        reader = RequirementReader(self.lines.path, _elsewhere)
        role = Role.CONSTRAINED if constraint else Role.REQUIRED

        def place(span: Span) -> Place:
            start = within.offset(span.line, span.column)
            return self.lines.place(
                text.part(start, within.offset(span.line, span.end_column) if span.end_column else start)
            )

        within = TextLines(text.text)
        reader.take_parsed(parse_placed_file(text.text), self.lines.path, role, at=place)
        subject = reader.subject()
        reading = reader.reading(subject)
        self.findings.update(dict.fromkeys(reading.findings))
        return None if reading.troubles or reading.notes else subject

    def note(self, line: int, text: str) -> None:
        """Something that was not followed, and why."""
        self.notes[f"{self.lines.path}:{line}: {text}"] = None


def _elsewhere(path: str) -> bytes:
    """A file that one names which the Dockerfile holds: where in the image that is cannot be told."""
    raise InputUnreadable("the file is not followed", where=path)


class _Followed(NamedTuple):
    """The requirements files of a call: what they name, their indexes, and whether some could not be followed."""

    mentions: tuple[Mention, ...] = ()
    indexes: tuple[IndexLine, ...] = ()
    unknown: bool = False


class _Moved(NamedTuple):
    """A folder that a command changed to, or an environment that it made the current one."""

    scope: tuple[int, ...]
    branch: tuple[tuple[int, int], ...]
    value: str


class Running:
    """Commands that run one after the other, as in a stage or a script."""

    def __init__(self, sheet: Sheet, files: ContextFiles) -> None:
        self.sheet = sheet
        self.files = files
        self.steps: list[Step] = []
        self._made: set[str] = set()
        self._configured = False
        self._moved: list[_Moved] = []
        self._activated: list[_Moved] = []
        self._folder = ""

    def child(self) -> Running:
        """What a stage begins with that is built from this one."""
        other = Running(self.sheet, self.files.copy())
        other.steps = list(self.steps)
        other._made, other._configured = set(self._made), self._configured
        return other

    def untold(self, line: int) -> None:
        """Something was done that may have changed any environment."""
        self.steps.append(Step(environment=ALL, line=line, unknown=True))

    def run(self, commands: Iterable[ShellCommand], folder: str) -> None:
        """Go through the commands of one shell.

        :param folder: the one it starts in; empty where that is not told.
        """
        self._folder, self._moved, self._activated = folder, [], []
        for command in commands:
            self._command(command)

    def _line(self, command: ShellCommand) -> int:
        return self.sheet.lines.position(command.words[0].marked.origin(0))[0] if command.words else 0

    def _command(self, command: ShellCommand) -> None:
        if not command.words:
            return
        line = self._line(command)
        around = self._around(command)
        tool = tool_call(command, around)
        if tool is not None:
            self._tool(tool, command, line)
            return
        self._shell(command)
        if changes_anything(command):
            self.steps.append(Step(environment=ALL, line=line, branch=command.branch, unknown=True))
        elif command.words[0].text in _LEAVES:
            self.steps.append(Step(environment=ALL, line=line, branch=command.branch, ends=True))

    def _around(self, command: ShellCommand) -> Around:
        folder = self._at(self._moved, command, self._folder)
        active = self._at(self._activated, command, "")
        return Around(active, frozenset(self._made), "" if UNKNOWN in folder else folder)

    def _shell(self, command: ShellCommand) -> None:
        """What a command does to where the next ones run, and to files."""
        words = [word.text for word in command.words]
        active = activation(command)
        made = made_environment(command)
        if active is not None:
            active = active if active.startswith("conda ") else self._around(command).within(active)
            self._activated.append(_Moved(command.scope, command.branch, active))
        if words[0] == "deactivate":
            self._activated.append(_Moved(command.scope, command.branch, ""))
        if words[0] in {"cd", "pushd"}:
            self._moved.append(
                _Moved(command.scope, command.branch, self._joined(command, words[1] if words[1:] else ""))
            )
        if made:
            self._made.add(self._around(command).within(made))
        if words[0].rpartition("/")[2] not in _LOOKS:
            self.files.changed(words[1:])
        self.files.changed(command.written)
        if words == ["cat"] and command.text is not None and command.output and not command.branch:
            self.files.write(self._joined(command, command.output), command.text)

    def _at(self, moved: Sequence[_Moved], command: ShellCommand, default: str) -> str:
        """The last of several that holds where a command runs; unknown where one may or may not have run."""
        for each in reversed(moved):
            if each.scope == command.scope[: len(each.scope)]:
                return each.value if each.branch == command.branch[: len(each.branch)] else UNKNOWN
        return default

    def _joined(self, command: ShellCommand, path: str) -> str:
        """A path from where a command runs; empty where that is not told."""
        folder = self._at(self._moved, command, self._folder)
        if UNKNOWN in path or path.startswith(("~", "-")) or not path:
            return ""
        if path.startswith("/"):
            return normpath(path)
        return normpath(f"{folder}/{path}") if folder and UNKNOWN not in folder else ""

    def _tool(self, tool: ToolCall, command: ShellCommand, line: int) -> None:
        call = tool.call
        verb = call.verb
        if call.has("--help", "--dry-run", "--version"):
            return
        if verb in _INSTALLS:
            self.steps.append(self._install(tool, command, line))
        elif verb in _REMOVES:
            names = tuple(normalized_name(word) for word in call.operands if UNKNOWN not in word)
            unknown = len(names) < len(call.operands) or call.has(*_FILES)
            self.steps.append(
                Step(environment=tool.environment, line=line, branch=command.branch, removed=names, unknown=unknown)
            )
        elif verb in _UNTOLD:
            self.steps.append(Step(environment=ALL, line=line, branch=command.branch, unknown=True))
        elif verb in _TOOLS:
            self.steps.append(self._own_tool(tool, command, line))
        else:
            self._configured = self._configured or (verb == ("config",) and "set" in call.operands[:1])
            self.files.changed([word.text for word in tool.words])
            self._shell(command)

    def _install(self, tool: ToolCall, command: ShellCommand, line: int) -> Step:
        call = tool.call
        indexes = indexes_of(tool, self.sheet.lines, configured=self._configured)
        followed = self._follow(tool, command, line)
        if followed.indexes or UNKNOWN in call.operands:
            indexes = indexes._replace(only="")
        named = self._named([word for word in call.operands if isinstance(word, PlacedWord)], indexes)
        added = call.verb == ("add",) and call.has("--group", "--optional")
        uv = call.tool != "pip"
        return Step(
            environment=tool.environment,
            line=line,
            branch=command.branch,
            python=tool.python,
            mentions=(*followed.mentions, *(() if added else named.mentions)),
            touched=named.touched,
            indexes=(*indexes.lines, *followed.indexes),
            unknown=named.unknown or followed.unknown or call.has(*_OTHERS),
            needs=not call.has("--no-deps", "--frozen"),
            upgrade=call.has("--upgrade"),
            fresh=call.has(*_FRESH) or call.value("--upgrade-strategy") == "eager" or (uv and call.has("--upgrade")),
        )

    def _named(self, words: list[PlacedWord], indexes: Indexes, *, tool: bool = False) -> Installed:
        found = installed_by(words, indexes, self.sheet.lines, tool=tool)
        self.sheet.wrong += found.wrong
        return found

    def _own_tool(self, tool: ToolCall, command: ShellCommand, line: int) -> Step:
        """``uv tool install`` and ``uvx``: each has an environment of its own."""
        call = tool.call
        words = [word for word in (*call.operands, *call.target[:1]) if isinstance(word, PlacedWord)]
        given = [value for value in call.values("--from", "--with") if isinstance(value, PlacedWord)]
        words = [*([] if call.has("--from") else words), *given]
        indexes = indexes_of(tool, self.sheet.lines, configured=self._configured)
        named = self._named(words, indexes, tool=True)
        return Step(
            environment=f"{APART}, line {line}",
            line=line,
            branch=command.branch,
            mentions=named.mentions,
            touched=named.touched,
            indexes=indexes.lines,
            unknown=named.unknown,
        )

    def _follow(self, tool: ToolCall, command: ShellCommand, line: int) -> _Followed:
        """Read the requirements and constraints files of a call, as far as it is plain which they are."""
        found = _Followed()
        files = [(each, False) for each in tool.call.values(*_FILES)]
        files += [(each, True) for each in self._constraints(tool)]
        for path, constraint in files:
            subject = self._subject(path, command, constraint=constraint)
            if subject is None:
                if constraint and path == UNKNOWN:
                    continue  # what the base image may set: it holds versions, and asks for none
                shown = path.replace(UNKNOWN, "…")
                what = "where it lies" if self.sheet.read is None else "which file of the build context it is"
                self.sheet.note(line, f"{shown} is not read: {what} cannot be told")
                untold = untold_index("--requirement", tool.words, self.sheet.lines)
                indexes = found.indexes if untold in found.indexes else (*found.indexes, untold)
                found = found._replace(unknown=found.unknown or not constraint, indexes=indexes)
                continue
            mentions = subject.mentions
            if constraint:
                mentions = tuple(replace(each, role=Role.CONSTRAINED) for each in mentions)
            found = found._replace(mentions=(*found.mentions, *mentions), indexes=(*found.indexes, *subject.indexes))
        return found

    def _constraints(self, tool: ToolCall) -> tuple[str, ...]:
        typed = tool.call.values(*_CONSTRAINTS)
        variable = tool.variables.get("PIP_CONSTRAINT" if tool.call.tool == "pip" else "UV_CONSTRAINT")
        set_ = tuple(variable.text.split()) if variable else ()
        return (*typed, *set_) if tool.call.tool == "pip" or not typed else typed

    def _subject(self, path: str, command: ShellCommand, *, constraint: bool) -> Subject | None:
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", path):
            return None
        for source in self.files.sources(self._joined(command, path)):
            if isinstance(source, Marked):
                return self.sheet.written(source, constraint=constraint)
            subject = self.sheet.read(source, constraint) if self.sheet.read is not None else None
            if subject is not None:
                return subject
        return None
