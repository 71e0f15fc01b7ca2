"""pylock.toml: what uv exports, and what is none."""

from __future__ import annotations

import pytest
from tests.support.uv_locks import DATA

from stackpin.errors import InputUnreadable
from stackpin.parse.pylock import parse_pylock

__all__: list[str] = []

HEAD = 'lock-version = "1.0"\ncreated-by = "hand"\n'


def test_a_lock_that_uv_exports_is_read() -> None:
    lock = parse_pylock((DATA / "indexes" / "pylock").read_bytes())
    assert [(each.name, str(each.version or "")) for each in lock.packages] == [
        ("kernel", ""),
        ("torch", "2.6.0+cu126"),
        ("torchaudio", "2.5.1"),
        ("torchvision", "0.21.0"),
        ("triton", "3.2.0"),
    ]


@pytest.mark.parametrize(
    ("text", "where", "got"),
    [
        pytest.param("packages =", "my.lock", "Invalid value (at end of document)", id="no TOML"),
        pytest.param('lock-version = "1.0"\npackages = []\n', "my.lock: created-by", None, id="who made it"),
        pytest.param(HEAD + '[[packages]]\nname = "torch"\n', "my.lock: packages[0]", None, id="no file"),
        pytest.param(HEAD + 'packages = [{ name = "torch", marker = 3 }]\n', "my.lock: packages[0].marker", None, id="type"),
    ],
)  # fmt: skip
def test_a_wrong_part_is_named(text: str, where: str, got: str | None) -> None:
    with pytest.raises(InputUnreadable) as raised:
        parse_pylock(text.encode(), "my.lock")
    error = raised.value
    assert (error.where, error.expected) == (where, "a lock file as PEP 751 has it")
    assert error.got
    assert got in {None, error.got}
