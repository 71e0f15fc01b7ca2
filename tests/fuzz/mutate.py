"""Changed files by chance alone, the same ones for the same seed: for where no coverage-guided fuzzer is at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.elf_files import EXTREME

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

__all__ = ["LONGEST", "mutated"]

#: No file is made longer than this (bytes).
LONGEST = 64 * 1024
#: What headers begin with; the numbers that matter stand in the bytes behind.
MARKS = (b"\x7fELF", b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7")
HEADER = 64
WAYS = ("flip", "flip", "word", "field", "field", "cut", "drop", "insert", "twice", "splice")


def mutated(chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds after one to four changes: bytes flipped, numbers set to extremes, pieces cut, moved, put in."""
    content = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 4)):
        _change(content, chance, seeds)
    return bytes(content[:LONGEST])


def _change(content: bytearray, chance: random.Random, seeds: Sequence[bytes]) -> None:
    place = chance.randrange(len(content) + 1)
    match chance.choice(WAYS):
        case "flip":
            content[place : place + 1] = bytes((chance.randrange(256),))
        case "word":
            _extreme(content, place - place % 4, chance)
        case "field":
            marks = [at for mark in MARKS if (at := content.find(mark, place)) >= 0]
            _extreme(content, min(marks, default=0) + chance.randrange(HEADER), chance)
        case "cut":
            del content[place:]
        case "drop":
            del content[place : place + chance.randint(1, 64)]
        case "insert":
            content[place:place] = chance.randbytes(chance.randint(1, 64))
        case "twice":
            content[place:place] = content[place : place + chance.randint(1, 4096)]
        case _:
            other = chance.choice(seeds)
            start = chance.randrange(len(other) + 1)
            content[place : place + chance.randrange(256)] = other[start : start + chance.randint(1, 256)]


def _extreme(content: bytearray, place: int, chance: random.Random) -> None:
    """A number that is none, or far too large, in either byte order; the file gets no longer."""
    width = chance.choice((1, 2, 4, 8))
    word = (chance.choice(EXTREME) % 2 ** (8 * width)).to_bytes(width, chance.choice(("little", "big")))
    content[place : place + width] = word[: max(0, len(content) - place)]
