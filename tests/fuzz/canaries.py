"""Targets with a fault each: a session begins by seeing that they are found, or its silence would say nothing."""

from __future__ import annotations

from tests.fuzz.judge import LIMIT_GROWTH
from tests.fuzz.seeds import elf_seeds
from tests.fuzz.targets import Target

__all__ = ["CANARIES"]


def _crashes(content: bytes) -> bool:
    return content[:4] != b"\x7fELF" or bool(content[4])  # an IndexError for a file that ends there


def _hangs(content: bytes) -> bool:
    while content:
        pass
    return True


def _grows(content: bytes) -> bool:
    return len(b"x" * (2 * LIMIT_GROWTH + len(content))) > 0


CANARIES = {
    "canary-crash": Target(_crashes, elf_seeds),
    "canary-hang": Target(_hangs, elf_seeds),
    "canary-memory": Target(_grows, elf_seeds),
}
