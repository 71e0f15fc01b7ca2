"""Small libraries made by the compiler of this machine, and what its dynamic loader says of them.

The loader is asked in two ways: a process of its own opens the file as Python opens an extension module
(``RTLD_NOW``), and ``ldd -r`` resolves every reference and names all that fail, where opening names the first alone.
"""

from __future__ import annotations

import io
import os
import platform
import re
import shutil
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["LOADER", "Linked", "Site", "built", "linked", "needs_compiler", "refusal", "with_moved_strings"]

_TOOLS = ("g++", "ldd", "strip")
_MISSING = [tool for tool in _TOOLS if shutil.which(tool) is None]
#: The loader whose words are read here is glibc's.
LOADER = sys.platform == "linux" and platform.libc_ver()[0] == "glibc" and shutil.which("ldd") is not None
needs_compiler = pytest.mark.skipif(
    not LOADER or bool(_MISSING), reason=f"compiles and loads: needs glibc's loader and {', '.join(_TOOLS)} on PATH"
)

_OPEN = "import ctypes, os, sys; ctypes.CDLL(sys.argv[1], mode=os.RTLD_NOW)"
_FOUND = re.compile(r"^\t(\S+) => (/\S+) \(0x", re.MULTILINE)
_ITSELF = re.compile(r"^\t(/\S+) \(0x", re.MULTILINE)
_ABSENT = re.compile(r"^\t(\S+) => not found$", re.MULTILINE)
_UNDEFINED = re.compile(r"^(?:undefined symbol: |symbol )([^\s,]+)(?:, version .*?)?\s+\((\S+)\)$", re.MULTILINE)
_PT_LOAD, _PT_NOTE, _PAGE = 1, 4, 0x10000


class Linked(NamedTuple):
    """What ``ldd -r`` says of a file.

    ``libraries``: where each library lies that the file needs, or one of those needs; empty where none was found.
    ``undefined``: the names that nothing defines, each with the file that refers to it. ``words``: all that was said.
    """

    libraries: Mapping[str, str]
    undefined: frozenset[tuple[str, str]]
    words: str

    def undefined_in(self, path: Path) -> set[str]:
        """The names that one file refers to and nothing defines."""
        return {name for name, where in self.undefined if where == str(path)}


def built(path: Path, source: str, *options: str) -> Path:
    """A shared library at ``path``, made of C++."""
    path.parent.mkdir(parents=True, exist_ok=True)
    command = ["g++", "-shared", "-fPIC", "-O1", "-Wl,--no-as-needed", f"-Wl,-soname,{path.name}", "-x", "c++", "-"]
    command += ["-x", "none", "-o", str(path), *options]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return path


def refusal(path: Path, *folders: Path) -> str:
    """The loader's words where it refuses a file that it opens at once and whole; empty where it takes it."""
    command = [sys.executable, "-c", _OPEN, str(path)]
    done = subprocess.run(command, env=_looking_in(folders), capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return done.stderr.strip().rpartition("\n")[2] if done.returncode else ""


def linked(path: Path, *folders: Path) -> Linked:
    """What ``ldd -r`` says; libraries are looked for in ``folders`` too."""
    done = subprocess.run(["ldd", "-r", path], env=_looking_in(folders), capture_output=True, text=True, check=False)
    words = done.stdout + done.stderr
    libraries = {where.rpartition("/")[2]: where for where in _ITSELF.findall(words)}
    libraries |= dict.fromkeys(_ABSENT.findall(words), "") | dict(_FOUND.findall(words))
    return Linked(libraries, frozenset(_UNDEFINED.findall(words)), words)


def _looking_in(folders: Iterable[Path]) -> dict[str, str]:
    return {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(map(str, folders))} if folders else dict(os.environ)


class Site:
    """An environment on the disk, into which distributions are put as installers leave them."""

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix
        self.packages = prefix / "lib" / "python3.11" / "site-packages"
        self.packages.mkdir(parents=True)
        (prefix / "pyvenv.cfg").write_text("version = 3.11.9\n", encoding="utf-8")

    @property
    def torch_libraries(self) -> Path:
        """Where torch's libraries lie."""
        return self.packages / "torch" / "lib"

    def record(self, name: str, version: str, *files: Path) -> None:
        """Make these files, which are there, a distribution."""
        folder = self.packages / f"{name}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
        rows = [path.relative_to(self.packages).as_posix() for path in (*files, folder / "METADATA", folder / "RECORD")]
        (folder / "RECORD").write_text("".join(f"{row},,\n" for row in rows), encoding="utf-8")


def with_moved_strings(content: bytes) -> bytes:
    """A 64-bit library whose ``.dynstr`` lies at the end of the file in a segment of its own, as patchelf leaves it.

    The segment takes the program header of a note, for which nobody looks. Where the strings were, nothing is left.
    """
    elf = ELFFile(io.BytesIO(content))
    number, section = next((number, each) for number, each in enumerate(elf.iter_sections()) if each.name == ".dynstr")
    segments = list(elf.iter_segments())
    note = max(place for place, segment in enumerate(segments) if segment["p_type"] == "PT_NOTE")
    assert note > max(place for place, segment in enumerate(segments) if segment["p_type"] == "PT_LOAD")
    size, old, start = section["sh_size"], section["sh_offset"], -(-len(content) // _PAGE) * _PAGE
    address = -(-max(segment["p_vaddr"] + segment["p_memsz"] for segment in segments) // _PAGE) * _PAGE
    moved = bytearray(content.ljust(start, b"\0") + content[old : old + size])
    moved[old : old + size] = bytes(size)
    row = (_PT_LOAD, 4, start, address, address, size, size, _PAGE)
    struct.pack_into("<IIQQQQQQ", moved, elf["e_phoff"] + note * elf["e_phentsize"], *row)
    struct.pack_into("<QQ", moved, elf["e_shoff"] + number * elf["e_shentsize"] + 16, address, start)
    dynamic = next(segment for segment in segments if isinstance(segment, DynamicSegment))
    place = next(place for place, tag in enumerate(dynamic.iter_tags()) if tag.entry.d_tag == "DT_STRTAB")
    struct.pack_into("<Q", moved, dynamic["p_offset"] + place * 16 + 8, address)
    return bytes(moved)
