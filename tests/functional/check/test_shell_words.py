"""The words that a script's commands are given, held against a real shell's on a sample that harms nothing."""

from __future__ import annotations

import random
import shutil
import subprocess

import pytest

from stackpin.errors import InputUnreadable
from stackpin.parse.marked_text import UNKNOWN
from stackpin.parse.shell_commands import parse_script

__all__: list[str] = []

PIECES = (
    "torch==2.6.0", "a", " ", "  ", "\t", "'", '"', "\\", "'x y'", '"x y"', "$V", "${V}", '"$V"', "$S", '"${S}"', "${N:-d}",
    "${N:+d}", "${V:-d}", "${V+d}", "\\\n", "é", "=", "+cu126", "[extra]", ",", "#", " # ", "''", "$'q'", "%", "{b}", "\\$V",
)  # fmt: skip
SET = "V=1.2\nS='p q'\nN=\n"
SHELL = shutil.which("bash")


def by_shell(words: str) -> list[str] | None:
    """What the shell gives a program; None where it would not read the line."""
    assert SHELL is not None
    script = f"{SET}printf '%s\\0' x {words}\n"
    found = subprocess.run([SHELL, "--norc", "-f", "-c", script], capture_output=True, check=False, timeout=20)
    return None if found.stderr else found.stdout.decode().split("\0")[1:-1]


def by_us(words: str) -> list[str] | None:
    try:
        _, commands = parse_script(f"{SET}pip x {words}\n".encode(), "it.sh")
    except InputUnreadable:
        return None
    return [word.text for word in commands[-1].words[2:]]


@pytest.mark.skipif(SHELL is None, reason="no bash")
@pytest.mark.parametrize("seed", range(4))
def test_words_are_those_of_bash(seed: int) -> None:
    choose = random.Random(seed)
    for _ in range(40):
        words = "".join(choose.choices(PIECES, k=choose.randint(1, 8)))
        if words.endswith("\\") or ("#" in words and "\n" in words):
            continue  # the line would end elsewhere
        ours = by_us(words)
        if ours is None or not any(UNKNOWN in word for word in ours):  # `$Vx` is another variable
            assert ours == by_shell(words), words
