"""What pyelftools says about an ELF file, in the words of :class:`stackpin.parse.elf.ElfObject`: by section headers."""

from __future__ import annotations

import io

from elftools.elf.dynamic import DynamicSection, DynamicTag
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerDefSection, GNUVerNeedSection, GNUVerSymSection
from elftools.elf.sections import Section, SymbolTableSection

from stackpin.parse.elf import ElfSymbol

__all__ = ["place_of", "what_pyelftools_reads"]


def what_pyelftools_reads(content: bytes) -> dict[str, object]:
    """The parts of an ``ElfObject`` that section headers tell, by name."""
    elf = ELFFile(io.BytesIO(content))
    sections = list(elf.iter_sections())
    found: dict[str, object] = {"bits": elf.elfclass, "little_endian": elf.little_endian, "comment": _comment(elf)}
    versions, found["needed_versions"] = _versions(sections)
    found |= {"soname": "", "rpath": "", "runpath": "", "needed": (), "undefined": (), "defined": ()}
    for section in sections:
        if isinstance(section, DynamicSection):
            tags = list(section.iter_tags())
            found["needed"] = tuple(_named(tag, "needed") for tag in tags if tag.entry.d_tag == "DT_NEEDED")
            single = {"DT_SONAME": "soname", "DT_RPATH": "rpath", "DT_RUNPATH": "runpath"}
            parts = [(tag, single[tag.entry.d_tag]) for tag in tags if tag.entry.d_tag in single]
            found |= {part: _named(tag, part) for tag, part in parts}
        elif isinstance(section, SymbolTableSection) and section["sh_type"] == "SHT_DYNSYM":
            found["undefined"], found["defined"] = _symbols(section, sections, versions)
    return found


def place_of(content: bytes | bytearray, name: str) -> tuple[int, int]:
    """Where a section begins in the file, and how many bytes it has."""
    section = ELFFile(io.BytesIO(content)).get_section_by_name(name)
    assert section is not None
    return int(section["sh_offset"]), int(section["sh_size"])


def _named(tag: DynamicTag, part: str) -> str:
    """The string of a tag, which has an attribute of a name of its own for it."""
    return str(getattr(tag, part))


def _comment(elf: ELFFile) -> tuple[str, ...]:
    section = elf.get_section_by_name(".comment")
    return tuple(part.decode() for part in section.data().split(b"\0") if part) if section else ()


def _versions(sections: list[Section]) -> tuple[dict[int, tuple[str, str]], tuple[tuple[str, str], ...]]:
    by_index: dict[int, tuple[str, str]] = {}
    needed = []
    for section in sections:
        if isinstance(section, GNUVerDefSection):
            for version, names in section.iter_versions():
                by_index[version["vd_ndx"]] = ("" if version["vd_flags"] & 1 else str(next(iter(names)).name), "")
        elif isinstance(section, GNUVerNeedSection):
            for version, parts in section.iter_versions():
                for part in parts:
                    needed.append((str(version.name), str(part.name)))
                    by_index[part["vna_other"]] = (str(part.name), str(version.name))
    return by_index, tuple(needed)


def _symbols(
    table: SymbolTableSection, sections: list[Section], versions: dict[int, tuple[str, str]]
) -> tuple[tuple[ElfSymbol, ...], tuple[ElfSymbol, ...]]:
    numbers = next((section for section in sections if isinstance(section, GNUVerSymSection)), None)
    undefined, defined = [], []
    for index, symbol in enumerate(table.iter_symbols()):
        number = numbers.get_symbol(index)["ndx"] if numbers else "VER_NDX_GLOBAL"
        version = ("", "") if isinstance(number, str) else versions[number & 0x7FFF]
        bind = symbol["st_info"]["bind"]
        if not symbol.name or bind == "STB_LOCAL":
            continue
        row = ElfSymbol(symbol.name, bind == "STB_WEAK", *version)
        if symbol["st_shndx"] == "SHN_UNDEF":
            undefined.append(row)
        elif symbol["st_other"]["visibility"] not in {"STV_INTERNAL", "STV_HIDDEN"}:
            defined.append(row)
    return tuple(undefined), tuple(defined)
