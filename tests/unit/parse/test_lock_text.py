"""What lock files have in common: what is none is told apart in bounded time, and packages have their lines."""

from __future__ import annotations

import pytest

from stackpin.errors import InputUnreadable
from stackpin.parse.lock_text import MOST_BYTES, LockForm, LockPlace, lock_document, lock_text, package_places
from stackpin.parse.poetry_lock import parse_poetry_lock
from stackpin.parse.pylock import parse_placed_pylock
from stackpin.parse.uv_lock import parse_uv_lock

__all__: list[str] = []

FORM = LockForm("a lock", "lock it")
CONFLICT = b"""\
version = 1

[[package]]
name = "torch"
<<<<<<< HEAD
version = "2.6.0"
=======
version = "2.7.1"
>>>>>>> theirs
"""
READERS = {"uv.lock": parse_uv_lock, "pylock.toml": parse_placed_pylock, "poetry.lock": parse_poetry_lock}


@pytest.mark.parametrize(("name", "reader"), READERS.items(), ids=READERS)
@pytest.mark.parametrize(
    ("raw", "what", "place", "got"),
    [
        pytest.param(
            CONFLICT, "a lock file has a merge conflict at line 5", "{name}:5", "<<<<<<< HEAD", id="merge conflict"
        ),
        pytest.param(
            b"a" * (MOST_BYTES + 1), "a lock file is too large to be read", "{name}", "65 MB", id="too large"
        ),
        pytest.param(
            b"a = 1 # of many\n" * 1_200_000,
            "a lock file is too large to be read",
            "{name}",
            "18 MB beside the lines of its files",
            id="too much to parse",
        ),
        pytest.param(
            b"\x7fELF\x02\x01\x01\x00\xff" * 100,
            "a lock file is not TOML",
            "{name}",
            "'utf-8' codec can't decode byte 0xff in position 8: invalid start byte",
            id="binary",
        ),
        pytest.param(
            b"version = 1\n\x00",
            "a lock file is not TOML",
            "{name}",
            "Invalid statement (at line 2, column 1)",
            id="NUL",
        ),
        pytest.param(
            b'version = 1\n[[package]]\nname = "tor',
            "a lock file is not TOML",
            "{name}",
            "Unterminated string (at end of document)",
            id="cut",
        ),
        pytest.param(
            b"a = " + b"[" * 100_000, "a lock file is not TOML", "{name}", "it is nested too deeply", id="nested lists"
        ),
        pytest.param(
            b"a = " + b"{a=" * 100_000, "a lock file is not TOML", "{name}", "it is nested too deeply", id="nested tables"
        ),
        pytest.param(
            b"a." * 1_000_000 + b"a = 1\n",
            "a lock file is not TOML",
            "{name}",
            "a key of more than 32 parts",
            id="long key",
        ),
        pytest.param(
            (b"[" + b"a." * 30_000 + b"a]\nx = 1\n") * 20,
            "a lock file is not TOML",
            "{name}",
            "a key of more than 32 parts",
            id="long headers",
        ),
    ],
)  # fmt: skip
def test_what_is_none_is_told_in_one_line(
    name: str, reader: object, raw: bytes, what: str, place: str, got: str
) -> None:
    with pytest.raises(InputUnreadable) as raised:
        reader(raw, name)  # type: ignore[operator]  # one of the readers
    error = raised.value
    assert (error.what, error.where, error.got) == (what, place.format(name=name), got)
    assert error.expected
    assert error.hint


def test_a_line_of_many_dots_in_texts_and_numbers_is_read() -> None:
    line = "a = [" + ", ".join(f'{{ url = "https://a.b.c/d-{number}.0.0.whl", n = 1.5 }}' for number in range(50)) + "]"
    assert len(lock_document(line, "x.lock", FORM)["a"]) == 50


def test_an_error_beside_no_conflict_is_not_called_one() -> None:
    with pytest.raises(InputUnreadable) as raised:
        lock_document("a = '<<<<<<<'\n=======\n", "x.lock", FORM)
    assert raised.value.what == "a lock file is not TOML"


def placed(text: str, *packages: tuple[str, str], key: str = "package") -> list[LockPlace]:
    return list(package_places(text, key, packages))


def test_a_package_has_the_place_of_its_version() -> None:
    text = '[[package]]\nname = "a"\nversion = "1.0"\n\n[[package]] # ours\nversion="2"\n  name = "b"\n'
    assert placed(text, ("a", "1.0"), ("b", "2")) == [LockPlace(3, 12, 15), LockPlace(6, 10, 11)]


def test_a_package_without_version_has_the_place_of_its_name() -> None:
    text = 'version = 1\n\n[[package]]\nname = "app"\nsource = { virtual = "." }\n'
    assert placed(text, ("app", "")) == [LockPlace(4, 9, 12)]


def test_windows_line_ends_count_no_column() -> None:
    text = lock_text(b'x = 1\r\n[[package]]\r\nname = "\xc3\xa4"\r\nversion = "1"\r\n', "x.lock", FORM)
    assert placed(text, ("ä", "1")) == [LockPlace(4, 12, 13)]


def test_a_key_of_an_inner_table_is_not_the_packages() -> None:
    text = '[[package]]\nname = "a"\n\n[package.metadata]\nversion = "1"\n'
    assert placed(text, ("a", "1")) == [LockPlace()]


def test_where_the_text_is_laid_out_otherwise_no_place_is_guessed() -> None:
    inline = 'package = [{ name = "a", version = "1" }]\n'
    in_a_text = '[[package]]\nname = "a"\nversion = "1"\nnote = """\n[[package]]\nname = "b"\n"""\n'
    assert placed(inline, ("a", "1")) == [LockPlace()]
    assert placed(in_a_text, ("a", "1")) == [LockPlace()]
    assert placed('[[package]]\nname = "\\u0061"\nversion = "1"\n', ("a", "1")) == [LockPlace()]
