"""A desk to type at: a throw-away place in the offline world with a stack in force, and what stackpin itself said there."""

from __future__ import annotations

import re
import shlex
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.escapes.place import Place
from tests.escapes.rows import Expect, Route, releases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.escapes.place import Done, Tools
    from tests.escapes.world import World
    from typing_extensions import Self

__all__ = ["CUDA", "STACK", "Desk", "commands_in", "said_by_stackpin"]

#: The stack that is in force unless a test says otherwise: PyPI's own builds of torch 2.6.0 are for cu124.
STACK, CUDA = "torch==2.6.0", "pypi"


class Desk:
    """One place; ``stackpin`` is on its PATH, and nothing but the world's index can be reached from it.

    :param given: situations of the escape suite that lie there before.
    :param stack: what stands in STACKPIN_STACK; empty for no stack in force.
    """

    def __init__(
        self,
        world: World,
        tools: Tools,
        tool: str = "uv",
        *given: str,
        stack: str = STACK,
        cuda: str = CUDA,
        version: str = "",
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="desk-")
        route = Route(id="desk", why="", tool=tool, argv="", expect=Expect.SAFE, given=given)
        self.place = Place(Path(self._folder.name, "p"), world, tools, route, version or releases(tool)[-1])
        self.world = world
        self.scratch = self.place.folder / "tmp"
        self.scratch.mkdir()
        wrapper = self.place.folder / "bin" / "stackpin"
        wrapper.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m stackpin "$@"\n', encoding="utf-8")
        wrapper.chmod(0o755)
        self.variables = {"TMPDIR": str(self.scratch)}
        if stack:
            self.variables |= {"STACKPIN_STACK": stack, "STACKPIN_CUDA": cuda, "STACKPIN_MIRRORS": world.index.mirrors}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._folder.cleanup()

    @property
    def work(self) -> Path:
        """The folder in which commands are typed."""
        return self.place.work

    @property
    def environment(self) -> dict[str, str]:
        """All variables of a command that is typed here."""
        return {**self.place.environment, **self.variables}

    def type(self, line: str, *, stdin: str = "", **variables: str) -> Done:
        """A line as a person types it at a shell."""
        return self.place.run(["sh", "-c", self.place.expand(line)], stdin=stdin, **{**self.variables, **variables})

    def run(self, words: Sequence[str], *, stdin: str = "", **variables: str) -> Done:
        """A command as words, with nothing between."""
        return self.place.run(words, stdin=stdin, **{**self.variables, **variables})

    def installed(self) -> set[str]:
        """What lies in the environment, as ``name==version``."""
        found = {each.name.removesuffix(".dist-info").partition("-") for each in self.place.site.glob("*.dist-info")}
        return {f"{name.replace('_', '-')}=={version}" for name, _, version in found}

    def write(self, path: str, text: str) -> Path:
        """A file in the folder in which commands are typed; braces stand for addresses, as in the escape suite."""
        file = self.work / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.place.expand(text), encoding="utf-8")
        return file

    def left_over(self) -> list[str]:
        """What lies in the folder for temporary files."""
        return sorted(each.name for each in self.scratch.iterdir())

    def neutral(self, text: str) -> str:
        """A text without what differs from machine to machine: addresses of the world, this Python, this glibc."""
        text = text.replace(self.world.index.root, "{root}").replace(str(self.place.folder), "{folder}")
        text = re.sub(r"manylinux_2_\d+_x86_64(?!\.whl)", "{platform}", text)
        return re.sub(rf"(Python |--python ){re.escape(self.place.python[1])}", r"\g<1>{python}", text)


def said_by_stackpin(stderr: str) -> str:
    """The part of stderr that is stackpin's own: its notes, and the last block, which nothing of the tool follows."""
    before, mark, block = stderr.partition("stackpin[")
    notes = [line for line in before.splitlines(keepends=True) if line.startswith("stackpin: ")]
    return "".join(notes) + mark + block


def commands_in(text: str) -> list[str]:
    """The commands of a block: what stands behind the labels of its last paragraph."""
    lines = text.rstrip("\n").rpartition("\n\n")[2].splitlines()
    found = [re.split(r":\s{2,}|\s{4,}", line, maxsplit=1) for line in lines]
    return [each[1] for each in found if len(each) == 2]
