"""What a call asks for, as far as it can be read without asking the tool: names, files of distributions, hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stackpin.effects.files import LocalFiles
from stackpin.errors import InputUnreadable
from stackpin.parse.requirement_file import (
    RequiredLine,
    RequirementFile,
    parse_requirement_file,
    parse_requirement_text,
    requirement_file_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from stackpin.inject.command_line import Call

__all__ = ["Requested", "requested_by"]

#: How deep requirement files may include each other before the rest is left to the tool.
_DEPTH = 20
_FILES = ("--requirement", "--requirements", "--requirements-file", "--with-requirements")


class Requested(NamedTuple):
    """What is asked for. ``locks`` are PEP 751 lock files among the requirement files.

    ``bare`` is whether nothing at all is asked for, so that the stack itself is meant.
    """

    lines: tuple[RequiredLine, ...] = ()
    hashes: bool = False
    locks: tuple[Path, ...] = ()
    bare: bool = False

    @property
    def names(self) -> frozenset[str]:
        """The normalized names of all that is asked for, where the text tells them."""
        return frozenset(line.name for line in self.lines if line.name)

    @property
    def files(self) -> dict[str, str]:
        """The versions of distributions that are named as one certain file or address."""
        return {line.name: line.version for line in self.lines if line.name and line.version}


def requested_by(call: Call, folder: Path, environ: Mapping[str, str]) -> Requested:
    """Read the operands of a call and the requirement files that it names; what cannot be read is left to the tool."""
    names = list(call.values(*_FILES))
    words = [*call.operands, *call.values("--with", "--editable", "--with-editable")]
    if call.verb in {("pip", "sync"), ("pip", "compile")}:
        names, words = [*names, *call.operands], []
    if call.verb == ("tool", "run"):
        words.append(call.value("--from") or next(iter(call.target), "").partition("@")[0])
    if call.verb in {("uninstall",), ("pip", "uninstall")}:
        words = list(call.operands)
    read = [found for name in names if not _is_pylock(name) for found in _read(folder / name, environ)]
    lines = [parse_requirement_text(word) for word in words if word]
    lines += [line for found in read for line in found.lines]
    asked = environ.get("PIP_REQUIRE_HASHES") or environ.get("UV_REQUIRE_HASHES")
    return Requested(
        lines=tuple(lines),
        hashes=any(found.hashed for found in read) or call.has("--require-hashes") or bool(asked),
        locks=tuple(folder / name for name in names if _is_pylock(name)),
        bare=not lines and not names and not call.has("--group"),
    )


def _is_pylock(name: str) -> bool:
    """Whether a file's name is that of a PEP 751 lock file."""
    base = name.rpartition("/")[2]
    return base == "pylock.toml" or (base.startswith("pylock.") and base.endswith(".toml"))


def _read(path: Path, environ: Mapping[str, str], depth: int = 0) -> Iterator[RequirementFile]:
    """A requirements file and those that it includes; a project's own file and what is not there are left out."""
    if path.suffix == ".toml" or depth > _DEPTH:
        return
    try:
        raw = LocalFiles().read(path)
    except InputUnreadable:
        raw = None  # the tool says what is wrong with it
    if raw is None:
        return
    found = parse_requirement_file(requirement_file_text(raw), environ)
    yield found
    for nested in found.nested:
        if not nested.constraint:
            yield from _read(path.parent / nested.path, environ, depth + 1)
