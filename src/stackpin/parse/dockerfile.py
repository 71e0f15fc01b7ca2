"""A Dockerfile as far as it says what is in its images: stages, base images, the commands that are run, the files copied.

``ARG`` counts with its default, as in a build that is given no arguments; ``ENV`` stands above it. What a base image sets is
not known. Source: the Dockerfile reference (environment replacement, scope of ``ARG``), BuildKit's ``dockerfile2llb``.
"""

from __future__ import annotations

import re
from posixpath import normpath
from typing import TYPE_CHECKING, NamedTuple

from stackpin.errors import InputUnreadable
from stackpin.parse.dockerfile_lines import exec_words, instructions
from stackpin.parse.marked_text import UNKNOWN, Lines, Marked, readable_text
from stackpin.parse.shell_commands import SCRIPT_LIMIT, exec_command, shell_commands
from stackpin.parse.shell_programs import SHELLS
from stackpin.parse.shell_spans import Unclosed
from stackpin.parse.shell_variables import Ledger, Variables
from stackpin.parse.shell_words import Word, WordReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stackpin.parse.dockerfile_lines import Instruction
    from stackpin.parse.shell_reader import ShellCommand

__all__ = ["Copied", "Dockerfile", "Ran", "Stage", "Unread", "parse_dockerfile"]

#: Set by BuildKit itself for each build.
_PLATFORM = re.compile(r"(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT|STAGE)")
_SHEBANG = re.compile(r"#!\s*(?:\S*/env\s+(?:-\S+\s+)*)?(\S+)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HERE = re.compile(r"\d*<<-?[^<]")


#: Each stage is gone through with those that it is built from.
_STAGES = 300


class Ran(NamedTuple):
    """The commands of one ``RUN``, in the folder that ``WORKDIR`` names (empty where that cannot be told).

    ``mounted`` are files of the build context that are there while it runs, as pairs of the context's path and the image's.
    """

    commands: tuple[ShellCommand, ...]
    folder: str
    mounted: tuple[tuple[str, str], ...] = ()


class Copied(NamedTuple):
    """Files that ``COPY`` or ``ADD`` brings: paths of the build context, or of ``source``, a stage or an image.

    ``written`` are files that the Dockerfile holds itself, as here-documents: the path in the image, empty where that cannot
    be told, and the text.
    """

    paths: tuple[str, ...]
    target: str
    folder: str
    source: str = ""
    written: tuple[tuple[str, Marked], ...] = ()


class Unread(NamedTuple):
    """A ``RUN`` whose shell is none that can be followed; ``offset`` is where it stands."""

    offset: int


class Stage(NamedTuple):
    """One stage.

    ``image`` is what it is built from, standing where that is written; ``parent`` is the number of the stage that this is,
    None for an image. ``platform`` is empty where ``FROM`` names none.
    """

    number: int
    name: str
    image: Marked
    parent: int | None
    platform: str
    steps: tuple[Ran | Copied | Unread, ...]


class Dockerfile(NamedTuple):
    """A Dockerfile's stages in their order, and its text for places."""

    lines: Lines
    stages: tuple[Stage, ...]


def parse_dockerfile(content: bytes, path: str) -> Dockerfile:
    """Read a Dockerfile.

    :param path: as it is shown.
    :raises InputUnreadable: for what BuildKit would not read either, a file that is cut, too large or no text.
    """
    lines = Lines(readable_text(content, "Dockerfile", path, limit=SCRIPT_LIMIT), path)
    reading = _Reading(lines)
    for each in instructions(lines):
        try:
            reading.take(each)
        except Unclosed as fault:
            line, _ = lines.position(max(fault.origin, each.start))
            raise InputUnreadable(
                f"{fault.what} is not closed: the file is cut, or no build would read it",
                where=f"{path}:{line}",
            ) from fault
    if not reading.stages:
        raise InputUnreadable("the file is no Dockerfile: it has no FROM", where=path)
    return Dockerfile(lines, tuple(reading.finished()))


class _Building:
    """A stage while its instructions are read."""

    def __init__(self, image: Marked, name: str, platform: str, parent: _Building | None, number: int) -> None:
        self.image = image
        self.name = name
        self.platform = platform
        self.parent = parent
        self.number = number
        self.env: dict[str, Marked | None] = dict(parent.env) if parent else {}
        self.args: dict[str, Marked | None] = dict(parent.args) if parent else {}
        self.unset: set[str] = set(parent.unset) if parent else set()
        self.folder: str = parent.folder if parent else "/"
        self.shell: bool = parent.shell if parent else True
        self.steps: list[Ran | Copied | Unread] = []

    @property
    def variables(self) -> Variables:
        """What its instructions and commands see; a base image may have set any other."""
        return Variables({**self.args, **self.env}, frozenset(self.unset), open=True)


class _Reading:
    """Takes one instruction after the other."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.ledger = Ledger()
        self.stages: list[_Building] = []
        self.args: dict[str, Marked | None] = {}
        self.unset: set[str] = set()
        self._takers: dict[str, Callable[[Instruction], None]] = {
            "FROM": self._from,
            "ARG": self._arg,
            "ENV": self._env,
            "WORKDIR": self._workdir,
            "SHELL": self._shell,
            "RUN": self._run,
            "COPY": self._copy,
            "ADD": self._copy,
        }

    def take(self, instruction: Instruction) -> None:
        """One instruction; those that install nothing are gone past."""
        taker = self._takers.get(instruction.name)
        if taker and (self.stages or instruction.name in {"FROM", "ARG"}):
            taker(instruction)

    def finished(self) -> list[Stage]:
        """The stages as they are told."""
        return [
            Stage(
                each.number,
                each.name,
                each.image,
                each.parent.number if each.parent else None,
                each.platform,
                tuple(each.steps),
            )
            for each in self.stages
        ]

    def _words(self, value: Marked, instruction: Instruction, variables: Variables | None = None) -> list[Word]:
        """The words of an instruction with its variables filled in."""
        reader = WordReader(value, self.ledger, shell=False, escape=instruction.escape)
        known = variables or (self.stages[-1].variables if self.stages else self._global)
        reader.variables = known
        found: list[Word] = []
        at = 0
        try:
            while at < len(value.text):
                if value.text[at].isspace():
                    at += 1
                    continue
                words, end = reader.read(at, split=False)
                found += words
                at = max(end, at + 1)
        except Unclosed as fault:
            fault.origin = value.origin(fault.start) if fault.origin < 0 else fault.origin
            raise
        return found

    @property
    def _global(self) -> Variables:
        """What ``FROM`` sees: the arguments before the first stage."""
        return Variables(self.args, frozenset(self.unset), open=False)

    def _from(self, instruction: Instruction) -> None:
        words = self._words(instruction.value, instruction, self._global)
        if not words:
            raise InputUnreadable("a FROM names no image", where=self._where(instruction))
        if len(self.stages) >= _STAGES:
            raise InputUnreadable("the file has more stages than any Dockerfile", where=self._where(instruction))
        named = len(words) > 2 and words[1].text.lower() == "as"
        platform = next((flag.partition("=")[2] for flag in instruction.flags if flag.startswith("--platform=")), "")
        image = words[0].marked
        parent = next((each for each in reversed(self.stages) if each.name and each.name == image.text.lower()), None)
        name = words[2].text.lower() if named else ""
        self.stages.append(_Building(image, name, platform, parent, len(self.stages)))

    def _where(self, instruction: Instruction) -> str:
        line, _ = self.lines.position(instruction.start)
        return f"{self.lines.path}:{line}"

    def _arg(self, instruction: Instruction) -> None:
        args, unset = (self.stages[-1].args, self.stages[-1].unset) if self.stages else (self.args, self.unset)
        for word in self._words(instruction.value, instruction):
            name, equals, _ = word.text.partition("=")
            if not _NAME.fullmatch(name):
                continue
            if equals:
                args[name] = word.marked.part(len(name) + 1, len(word.text))
            elif self.stages and self.args.get(name) is not None:
                args[name] = self.args[name]
            elif _PLATFORM.fullmatch(name):
                args[name] = None
            elif name not in args:
                unset.add(name)

    def _env(self, instruction: Instruction) -> None:
        stage = self.stages[-1]
        words = self._words(instruction.value, instruction)
        if not words:
            return
        if "=" not in words[0].text:  # `ENV NAME the rest of the line`
            rest = (
                instruction.value.part(words[0].end, len(instruction.value.text)) if words[0].end else words[0].marked
            )
            text = rest.text.strip()
            start = rest.text.find(text)
            reader = WordReader(
                rest.part(start, start + len(text)), self.ledger, shell=False, escape=instruction.escape
            )
            reader.variables = stage.variables
            stage.env[words[0].text] = reader.expanded(rest.part(start, start + len(text)))
            return
        found = {}
        for word in words:
            name, equals, _ = word.text.partition("=")
            if equals and _NAME.fullmatch(name):
                found[name] = word.marked.part(len(name) + 1, len(word.text))
        stage.env.update(found)

    def _workdir(self, instruction: Instruction) -> None:
        words = self._words(instruction.value, instruction)
        self.stages[-1].folder = _path(self.stages[-1].folder, words[0].text) if words else ""

    def _shell(self, instruction: Instruction) -> None:
        words = exec_words(instruction.value)
        name = words[0].text.replace("\\", "/").rpartition("/")[2] if words else ""
        self.stages[-1].shell = name in SHELLS

    def _run(self, instruction: Instruction) -> None:
        stage = self.stages[-1]
        words = exec_words(instruction.value)
        variables = stage.variables
        if words is not None:
            commands = exec_command(words, variables, self.ledger) if words else ()
        elif not stage.shell:
            stage.steps.append(Unread(instruction.start))
            return
        else:
            commands = shell_commands(_script(instruction), variables, self.lines, self.ledger)
        stage.steps.append(Ran(commands, stage.folder, tuple(_mounted(instruction, stage.folder))))

    def _copy(self, instruction: Instruction) -> None:
        stage = self.stages[-1]
        words = exec_words(instruction.value) or self._words(instruction.value, instruction)
        source = next((flag.partition("=")[2] for flag in instruction.flags if flag.startswith("--from=")), "")
        if len(words) > 1:
            paths = tuple(word.text for word in words[:-1] if not (instruction.bodies and _HERE.match(word.text)))
            target = _path(stage.folder, words[-1].text)
            written = tuple(self._written(instruction, target))
            stage.steps.append(Copied(paths, target, stage.folder, source, written))

    def _written(self, instruction: Instruction, target: str) -> Iterator[tuple[str, Marked]]:
        """The here-documents of a ``COPY`` or ``ADD`` as files; in a folder each has the name of its delimiter."""
        reader = WordReader(Marked("", ()), self.ledger, shell=False, escape=instruction.escape)
        reader.variables = self.stages[-1].variables
        for body in instruction.bodies:
            text = body.text if body.quoted else reader.expanded(body.text)
            yield f"{target}{body.name}" if target.endswith("/") else target, text


def _path(folder: str, text: str) -> str:
    """A path in the image from a folder on; empty where it cannot be told. One that ends in a slash keeps it."""
    if UNKNOWN in text or (not text.startswith("/") and not folder):
        return ""
    ends = "/" if text.endswith(("/", "/.")) or text == "." else ""
    path = normpath(text if text.startswith("/") else f"{folder}/{text}")
    return path if path == "/" else path + ends


def _script(instruction: Instruction) -> Marked:
    """What the shell is given: the value with its here-documents, or what a lone here-document holds."""
    if not instruction.bodies:
        return instruction.value
    alone = re.fullmatch(r"\d*<<-?\S+", instruction.value.text.strip())
    if not alone:
        return instruction.script
    body = instruction.bodies[0].text
    interpreter = _SHEBANG.match(body.text)
    if interpreter and interpreter[1].rpartition("/")[2] not in SHELLS:
        return Marked("", ())
    return body


def _mounted(instruction: Instruction, folder: str) -> list[tuple[str, str]]:
    found = []
    for flag in instruction.flags:
        options = dict(part.partition("=")[::2] for part in flag.removeprefix("--mount=").split(","))
        if not flag.startswith("--mount=") or options.get("type", "bind") != "bind" or "from" in options:
            continue
        source = options.get("source") or options.get("src") or "."
        target = options.get("target") or options.get("dst") or options.get("destination") or ""
        if target:
            found.append((source, _path(folder, target)))
    return found
