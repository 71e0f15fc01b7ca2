"""The symbols of a wheel: what a kernel needs of torch, what a torch exports.

Works on any :class:`stackpin.parse.member_bytes.OpenWheel`, remote or local. A kernel's shared objects are read from their
fronts as a rule, a torch's libraries whole: their string table lies at the end.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from stackpin.abi.symbols import cuda_majors, cxx11_abi, is_stable, is_torch, torch_symbols
from stackpin.errors import InputUnreadable
from stackpin.model.abi import KernelSymbols, WheelRead
from stackpin.parse.elf import drive, read_elf
from stackpin.parse.elf_front import read_front

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stackpin.parse.member_bytes import OpenWheel
    from stackpin.parse.wheel_members import Member

__all__ = ["KEEP_TORCH", "TorchRead", "kernel_symbols", "torch_exports"]

#: A shared object; what ``auditwheel`` has put beside a package (``name.libs/``) is of others.
_OBJECT = re.compile(r"(?!.*\.libs/).*\.so(?:\.\d+)*")
_TORCH_LIBRARY = re.compile(r"torch/lib/lib(?:torch|c10)\w*\.so")
#: What tells files apart that stand in for each other: for one CUDA or another, for one torch or another.
_CUDA_CHOICE = re.compile(r"[._-]?cu(?:da)?[_-]?(1\d)\d?(?=\W|_)")
_TORCH_CHOICE = re.compile(r"(?:^|[/._-])(?P<label>torch(?P<major>\d)\.?(?P<minor>\d{1,2})[._-]?(?:cpu|cuda)?)(?=\W)")
#: A shared object up to this many bytes is read whole where its front tells nothing.
_WHOLE = 256 * 1024 * 1024
#: How far a library of torch may be inflated (bytes): they are the largest there are.
KEEP_TORCH = 2 * 1024 * 1024 * 1024
_NAMES = 256 * 1024 * 1024


class _Object(NamedTuple):
    """What one shared object needs of torch or defines in torch's namespaces, and the libraries that it needs."""

    symbols: frozenset[str]
    own: frozenset[str]
    libraries: tuple[str, ...]


class _Choice(NamedTuple):
    """Files of a wheel of which one is loaded: what it needs, and the torch series that it is for where names tell."""

    symbols: frozenset[str]
    series: str


class TorchRead(NamedTuple):
    """What all libraries of one torch export, and the CUDA majors that they are linked with."""

    exports: frozenset[str]
    cuda_majors: tuple[int, ...]


def kernel_symbols(wheel: OpenWheel, read: WheelRead) -> KernelSymbols | None:
    """What the shared objects of a kernel's wheel need; None where it has none.

    A symbol that one of them defines is not asked of torch by the others: plug-ins for other devices carry operators of
    their own in torch's namespaces. (Whether the loader would find it there is not looked at: a doubt is no proof.)

    :raises InputUnreadable: where one of them is no sound ELF file, or too large to be read whole.
    :raises IndexFailed: where the index fails.
    """
    found = [(member.name, _object(wheel, member)) for member in wheel.members if _OBJECT.fullmatch(member.name)]
    if not found:
        return None
    own = frozenset().union(*(each.own for _, each in found))
    choices = _choices([(name, each.symbols - own) for name, each in found])
    needs = tuple(choice.symbols for choice in choices)
    every = frozenset(name for each in needs for name in each)
    return KernelSymbols(
        read=read,
        needs=needs,
        series=tuple(choice.series for choice in choices if choice.series),
        cuda_majors=cuda_majors(library for _, each in found for library in each.libraries),
        cxx11_abi=cxx11_abi(every),
        stable=bool(every) and all(map(is_stable, every)),
    )


def _object(wheel: OpenWheel, member: Member) -> _Object:
    source = wheel.opened(member)
    front = drive(read_front(member.size), source)
    if front is not None:
        symbols = torch_symbols((each.name, each.weak) for each in front.undefined)
        return _Object(symbols, frozenset(filter(is_torch, front.defined)), front.libraries)
    if member.size > _WHOLE:
        raise InputUnreadable(
            "a shared object is too large to be read whole",
            where=member.name,
            got=f"{member.size} bytes",
            expected=f"its tables at the front, or at most {_WHOLE} bytes",
        )
    whole = drive(read_elf(member.size, limit=_NAMES), source)
    symbols = torch_symbols((each.name, each.weak) for each in whole.undefined)
    return _Object(symbols, frozenset(each.name for each in whole.defined if is_torch(each.name)), whole.needed)


def _choices(found: Sequence[tuple[str, frozenset[str]]]) -> tuple[_Choice, ...]:
    """One choice for each torch, else for each CUDA, that some files are for; what is common to all is in each.

    Where the names tell of no two such, there is one choice: everything.
    """
    for label in (_torch_label, _cuda_label):
        common: set[str] = set()
        choices: dict[tuple[str, str], set[str]] = {}
        for name, symbols in found:
            told = label(name)
            (common if told is None else choices.setdefault(told, set())).update(symbols)
        if len(choices) > 1:
            return tuple(_Choice(frozenset(common | choices[told]), told[0]) for told in sorted(choices))
    return (_Choice(frozenset().union(*(symbols for _, symbols in found)), ""),)


def _torch_label(name: str) -> tuple[str, str] | None:
    """The torch series that a file is for by its name, with what is left of its label (``cpu``); None for any torch."""
    match = _TORCH_CHOICE.search(name)
    return (f"{match['major']}.{match['minor']}", match["label"]) if match else None


def _cuda_label(name: str) -> tuple[str, str] | None:
    match = _CUDA_CHOICE.search(name)
    return ("", match[1]) if match else None


def torch_exports(wheel: OpenWheel) -> TorchRead:
    """All names that the libraries of a torch wheel export. Reads them whole: hundreds of megabytes.

    :raises InputUnreadable: where one of them is no sound ELF file, or none is there.
    :raises IndexFailed: where the index fails.
    """
    exports: set[str] = set()
    libraries: set[str] = set()
    for member in wheel.members:
        if _TORCH_LIBRARY.fullmatch(member.name):
            found = drive(read_elf(member.size, limit=_NAMES), wheel.opened(member))
            exports.update(each.name for each in found.defined)
            libraries.update(found.needed)
    if not exports:
        raise InputUnreadable("the wheel has no library of torch", expected="torch/lib/libtorch_cpu.so and others")
    return TorchRead(frozenset(exports), cuda_majors(libraries))
