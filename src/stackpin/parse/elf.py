"""What an ELF file needs to be loaded and what it offers: its dynamic information, read without any I/O.

:func:`read_elf` and :func:`read_exports` are generators: they yield the range of the file that they need next, are sent
its bytes, and return a model; :func:`drive` runs one. They ask for few ranges, the low ones first where the file lets
them, and never twice for the same bytes. (ELF gABI, chapters 4 and 5; LSB Core, "Symbol Versioning".)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from stackpin.model.value import Value
from stackpin.parse.elf_bytes import StringTable, Window, unreadable
from stackpin.parse.elf_exports import ElfExports, read_exports
from stackpin.parse.elf_image import Tag, machine_name, read_image
from stackpin.parse.elf_sections import read_comment
from stackpin.parse.elf_symbols import ElfSymbol, read_symbols, symbol_count, symbol_ranges
from stackpin.parse.elf_versions import read_versions, version_ranges
from stackpin.parse.wheel_directory import Range

if TYPE_CHECKING:
    from collections.abc import Callable

    from stackpin.parse.elf_bytes import Asking
    from stackpin.parse.elf_image import Image

__all__ = ["ElfExports", "ElfObject", "ElfSymbol", "drive", "read_elf", "read_exports"]

_T = TypeVar("_T")
_STRINGS = ".dynstr"


class ElfObject(Value):
    """The dynamic information of one ELF file, in the order of the file; empty where nothing is linked dynamically.

    ``machine`` is ``x86_64``, ``aarch64`` and their like, ``EM_n`` for those without a name here. ``rpath`` and
    ``runpath`` are lists with colons between, as they stand. ``needed_versions``: library and version. ``defined`` holds
    what other files can see, older versions of a symbol too. ``comment`` is empty unless it was asked for.
    """

    machine: str
    bits: int
    little_endian: bool
    soname: str = ""
    needed: tuple[str, ...] = ()
    rpath: str = ""
    runpath: str = ""
    undefined: tuple[ElfSymbol, ...] = ()
    defined: tuple[ElfSymbol, ...] = ()
    needed_versions: tuple[tuple[str, str], ...] = ()
    comment: tuple[str, ...] = ()


def read_elf(
    size: int, *, comment: bool = False, limit: int = 64 * 1024 * 1024, head: int = 65536
) -> Asking[ElfObject]:
    """Read what a file of ``size`` bytes needs and offers.

    Asks for the head of the file, its dynamic section (behind all code), then the tables that this names. Section
    headers, at the very end, are asked for with ``comment`` or when the file has no hash table to count symbols by.

    :param comment: read ``.comment`` as well.
    :param limit: how many bytes may be asked for in all.
    :param head: how many bytes are asked for at first: more where going back in the file is dear.
    :raises InputUnreadable: when the file is no ELF file, a cut or a damaged one, or passes the limit.
    """
    window = Window(size, limit)
    image = yield from read_image(window, head)
    found = ElfObject(machine=machine_name(image.machine), bits=image.bits, little_endian=image.order == "<")
    if image.tags:
        found = yield from _with_dynamic(window, image, found)
    if comment:
        found = found.__replace__(comment=(yield from read_comment(window, image)))
    return found


def drive(reader: Asking[_T], read: Callable[[Range], bytes]) -> _T:
    """Run a reader to its end; ``read`` gives the bytes of a range.

    :raises InputUnreadable: when the file is not what the reader reads, or ``read`` gives fewer bytes than asked for.
    """
    try:
        wanted = next(reader)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # what the generator returned
    while True:
        content = read(wanted)  # not in the try block: a StopIteration of its own is none of the reader's
        try:
            wanted = reader.send(content)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # what the generator returned


def _with_dynamic(window: Window, image: Image, found: ElfObject) -> Asking[ElfObject]:
    count = yield from symbol_count(window, image)
    strings = _string_range(image)
    yield from window.fill([strings, *symbol_ranges(image, count), *version_ranges(image)], "dynamic tables")
    content = yield from window.take(strings.start, strings.stop - strings.start, _STRINGS)
    names = StringTable(content, where=_STRINGS)
    versions = yield from read_versions(window, image, names)
    symbols = yield from read_symbols(window, image, names, versions, count)
    single = {
        part: names.at(image.tags[tag])
        for part, tag in (("soname", Tag.SONAME), ("rpath", Tag.RPATH), ("runpath", Tag.RUNPATH))
        if tag in image.tags
    }
    return found.__replace__(
        **single,
        needed=tuple(names.at(offset) for offset in image.needed),
        undefined=symbols.undefined,
        defined=symbols.defined,
        needed_versions=versions.needed,
    )


def _string_range(image: Image) -> Range:
    at, room, _ = image.place(Tag.STRTAB, _STRINGS)
    size = image.number(Tag.STRSZ, _STRINGS)
    if size > room:
        raise unreadable("the string table is larger than its place", _STRINGS, f"{size} bytes", f"at most {room}")
    return Range(start=at, stop=at + size)
