"""One command of a script as a call of pip or uv: which tool, into which environment, with which words."""

from __future__ import annotations

import re
from posixpath import normpath
from typing import TYPE_CHECKING, NamedTuple

from stackpin.errors import UsageError
from stackpin.inject.command_line import read_call
from stackpin.inject.grammar import GRAMMARS
from stackpin.parse.marked_text import UNKNOWN
from stackpin.parse.shell_programs import SHELLS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stackpin.inject.command_line import Call
    from stackpin.parse.marked_text import Marked
    from stackpin.parse.shell_reader import ShellCommand
    from stackpin.parse.shell_words import Word

__all__ = [
    "PROJECT",
    "Around",
    "PlacedWord",
    "ToolCall",
    "activation",
    "changes_anything",
    "made_environment",
    "tool_call",
]

#: The environment that uv keeps for a project.
PROJECT = ".venv"
_PIP = re.compile(r"pip(3(?:\.\d+)?)?")
_PYTHON = re.compile(r"(?:python|pypy)(\d(?:\.\d+)?)?[a-z]?")
#: Where a Python lives that is an image's or a machine's own.
_OWN = re.compile(r"(?:/usr(?:/local)?|/opt/(?:conda|miniconda3?|miniforge3?|mambaforge|python\S*)|.*/\.local)?/bin")
_PYTHON_VALUES = frozenset({"-W", "-X"})
#: Tools that install what their own files say.
_PROJECT_TOOLS = frozenset(
    {"poetry", "pdm", "pipenv", "hatch", "rye", "pixi", "pip-sync", "conda", "mamba", "micromamba"}
)
_PROJECT_VERBS = frozenset({"install", "sync", "add", "update", "create", "env", "develop", "remove", "uninstall"})
_ACTIVATE = re.compile(r"(.*?)/?(?:bin|Scripts)/activate(?:\.\w+)?")


class PlacedWord(str):
    """A word of a call that knows where it stands."""

    __slots__ = ("word",)
    word: Word

    @classmethod
    def of(cls, word: Word) -> PlacedWord:
        """The text of a word, with the word."""
        placed = cls(word.text)
        placed.word = word
        return placed


class Around(NamedTuple):
    """What a call goes by beside its words: the folder of an activated environment, and whether uv has made one."""

    activated: str = ""
    made: frozenset[str] = frozenset()


class ToolCall(NamedTuple):
    """A call of pip or uv. ``environment`` is empty for the one that plain ``pip`` goes to.

    ``python`` is the minor that the words name (``3.11``). ``words`` are all behind the tool's name.
    """

    call: Call
    environment: str
    words: tuple[Word, ...]
    variables: Mapping[str, Marked | None]
    python: str = ""

    def placed(self, value: str) -> Marked | None:
        """Where an option's value stands; None where none of the words has it."""
        if isinstance(value, PlacedWord):
            return value.word.marked
        for word in self.words:
            if word.text.startswith("-") and word.text.endswith(value) and value:
                return word.marked.part(len(word.text) - len(value), len(word.text))
        return None


def tool_call(command: ShellCommand, around: Around) -> ToolCall | None:
    """The call that a command makes; None where it starts neither pip nor uv, or words of it cannot be understood."""
    return _call(command.words, command.variables, around, "")


def _call(
    words: Sequence[Word], variables: Mapping[str, Marked | None], around: Around, environment: str
) -> ToolCall | None:
    if not words:
        return None
    folder, _, name = words[0].text.rpartition("/")
    python = _PYTHON.fullmatch(name) or (UNKNOWN in name and name)
    if python:
        return _module(words, variables, around, environment)
    if name in {"conda", "mamba", "micromamba"} and words[1:] and words[1].text == "run":
        rest, named = _conda_run(words[2:])
        return _call(rest, variables, around, f"conda {named}")
    if name in {"poetry", "pdm", "pipenv", "hatch", "rye", "pixi"} and words[1:] and words[1].text == "run":
        return _call(words[2:], variables, around, name)
    pip = _PIP.fullmatch(name)
    if pip or name in {"uv", "uvx"}:
        own = environment or _home(folder)
        return _read("pip" if pip else name, words[1:], variables, around, own, (pip[1] or "") if pip else "")
    return None


def _module(
    words: Sequence[Word], variables: Mapping[str, Marked | None], around: Around, environment: str
) -> ToolCall | None:
    """``python -m pip …``, also as ``-mpip``."""
    folder, _, name = words[0].text.rpartition("/")
    match = _PYTHON.fullmatch(name)
    at = 1
    while at < len(words) and words[at].text.startswith("-"):
        text = words[at].text
        if text in _PYTHON_VALUES:
            at += 2
        elif text == "-m" or text.startswith("-m"):
            module = words[at + 1].text if text == "-m" and at + 1 < len(words) else text[2:]
            rest = words[at + (2 if text == "-m" else 1) :]
            if module not in {"pip", "uv"}:
                return None
            own = environment or (_home(folder) if match else words[0].text)
            return _read(module, rest, variables, around, own, (match[1] or "") if match else "")
        elif re.fullmatch(r"-[BdEiIOPqsSuvx]+", text):
            at += 1
        else:
            return None
    return None


def _home(folder: str) -> str:
    """The environment that a program in a ``bin`` folder belongs to; empty for one of the machine's own."""
    if not folder or _OWN.fullmatch(folder):
        return ""
    return _tidy(folder.removesuffix("/bin"))


def _tidy(path: str) -> str:
    return normpath(path) if path else ""


def _conda_run(words: Sequence[Word]) -> tuple[Sequence[Word], str]:
    named = ""
    at = 0
    while at < len(words) and words[at].text.startswith("-"):
        text = words[at].text
        valued = text in {"-n", "-p", "--name", "--prefix", "--cwd"}
        if text in {"-n", "-p", "--name", "--prefix"} and at + 1 < len(words):
            named = words[at + 1].text
        at += 2 if valued else 1
    return words[at:], named


def _read(
    tool: str,
    words: Sequence[Word],
    variables: Mapping[str, Marked | None],
    around: Around,
    environment: str,
    python: str,
) -> ToolCall | None:
    try:
        call, own = read_call([PlacedWord.of(word) for word in words], GRAMMARS[tool])
    except UsageError:
        return None
    if own.words:
        return None  # our own wrapper holds these by itself
    if tool == "uv" and call.verb == ("run",):
        target = [each.word for each in call.target if isinstance(each, PlacedWord)]
        return _call(target, variables, around, environment or PROJECT)
    asked = re.fullmatch(r"(?:python)?(\d\.\d+)(?:\.\d+)?", call.value("--python"))
    minor = asked[1] if asked else python if "." in python else ""
    where = _target(call, environment, variables, around)
    return ToolCall(call, where, tuple(words), variables, minor)


def _target(call: Call, environment: str, variables: Mapping[str, Marked | None], around: Around) -> str:
    """The environment that a call goes to."""
    for name in ("--target", "--prefix", "--root", "--python"):
        value = call.value(name)
        if value and not re.fullmatch(r"(?:python)?\d(?:\.\d+)*", value):
            return _tidy(value.removesuffix("/bin/python").removesuffix("/bin/python3"))
    if environment:
        return environment
    active = variables.get("VIRTUAL_ENV")
    folder = around.activated or (active.text if active else "") or _on_path(variables, around)
    if call.tool == "pip":
        return _tidy(folder)
    if call.verb[:1] in {("add",), ("remove",), ("sync",), ("lock",)}:
        return _tidy(folder) if folder and call.has("--active") else PROJECT
    system = variables.get("UV_SYSTEM_PYTHON")
    if call.has("--system") or (system is not None and system.text.lower() in {"1", "true", "yes", "on"}):
        return ""
    return _tidy(folder) or (PROJECT if PROJECT in around.made else "")


def _on_path(variables: Mapping[str, Marked | None], around: Around) -> str:
    """The environment whose programs come first, where the search path tells one."""
    path = variables.get("PATH")
    for entry in (path.text if path else "").split(":"):
        home = entry.rstrip("/").removesuffix("/bin")
        if home != entry.rstrip("/") and (_tidy(home) in around.made or re.search(r"venv|/envs/", home)):
            return home
    return ""


def activation(command: ShellCommand) -> str | None:
    """The environment that a command makes the current one; None where it does nothing of the kind."""
    words = [word.text for word in command.words]
    if len(words) > 1 and words[0] in {".", "source"}:
        match = _ACTIVATE.fullmatch(words[1])
        return _tidy(match[1]) or "." if match else None
    name = words[0].rpartition("/")[2] if words else ""
    if name in {"conda", "mamba", "micromamba"} and words[1:2] == ["activate"]:
        return f"conda {words[2]}" if words[2:] else "conda base"
    return None


def made_environment(command: ShellCommand) -> str:
    """The folder of an environment that a command makes; empty where it makes none."""
    words = [word.text for word in command.words]
    name = words[0].rpartition("/")[2] if words else ""
    if name == "uv" and words[1:2] == ["venv"]:
        call, _ = read_call(words[1:], GRAMMARS["uv"])
        return _tidy(call.operands[0]) if call.operands else PROJECT
    folders = [word for word in words[1:] if not word.startswith("-") and word != "venv"]
    if name == "virtualenv" or (_PYTHON.fullmatch(name) and words[1:3] == ["-m", "venv"]):
        return _tidy(folders[-1]) if folders else ""
    return ""


def changes_anything(command: ShellCommand) -> bool:
    """Whether a command may install what cannot be told: other tools with files of their own, and other scripts."""
    words = [word.text for word in command.words]
    if not words:
        return False
    name = words[0].rpartition("/")[2]
    rest = [word for word in words[1:] if not word.startswith("-")]
    if name in _PROJECT_TOOLS:
        return name == "pip-sync" or bool(_PROJECT_VERBS & set(rest[:2]))
    if _PYTHON.fullmatch(name):
        return any(word in {"install", "develop"} for word in rest[1:]) and rest[0].endswith("setup.py")
    if name in SHELLS:
        return bool(rest) and rest[0].endswith((".sh", ".bash")) and "-c" not in words
    if name in {".", "source"}:
        return bool(rest) and rest[0].endswith((".sh", ".bash")) and not rest[0].endswith("conda.sh")
    return name in {"make", "stackpin", "just", "tox", "nox"} or name.endswith((".sh", ".bash"))
