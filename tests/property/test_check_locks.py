"""Damaged lock files: what they install is told, or they are refused; nothing else is ever raised."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from tests.support.check_locks import DATA, lock_files

from stackpin.app.check.locks import lock_subjects
from stackpin.errors import InputUnreadable
from stackpin.model.input_file import InputKind

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

#: Small ones: the damage is the same, and there is more of it in a second.
SMALL = [path for path in lock_files() if path.stat().st_size < 20_000]
FOLDERS = {"uv": InputKind.UV_LOCK, "pylock": InputKind.PYLOCK, "poetry": InputKind.POETRY_LOCK}
KINDS = {path: FOLDERS[path.relative_to(DATA).parts[0]] for path in SMALL}
#: What keeps a file's form, and changes what it says.
WORDS = st.sampled_from(
    [
        b"",
        b'"',
        b"1",
        b"[",
        b"]",
        b"{}",
        b"\n",
        b"\r\n",
        b"\x00",
        b"\xff",
        b"extra == 'x'",
        b" or ",
        b"torch",
        b"[[package]]\n",
    ]
)


def read(content: bytes, path: Path) -> None:
    """Read a lock; its places are inside the file."""
    project = path.with_suffix(".project")
    given = project.read_bytes() if project.is_file() else None
    with contextlib.suppress(InputUnreadable):
        found = lock_subjects(content, path.name, KINDS[path], ("3.11", "3.13"), project=given)
        lines = content.decode().split("\n")
        for mention in (mention for subject in found.subjects for mention in subject.mentions):
            if mention.place.line:
                line = lines[mention.place.line - 1]
                assert line[mention.place.column - 1 : mention.place.end_column - 1] == mention.text


@given(st.sampled_from(SMALL), st.data())
def test_a_damaged_lock_is_read_or_refused(path: Path, data: st.DataObject) -> None:
    raw = bytearray(path.read_bytes())
    start = data.draw(st.integers(0, len(raw) - 1))
    raw[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=8) | WORDS)
    read(bytes(raw), path)


@given(st.sampled_from(SMALL), st.data())
def test_a_lock_without_some_of_its_lines_is_read_or_refused(path: Path, data: st.DataObject) -> None:
    lines = path.read_bytes().split(b"\n")
    start = data.draw(st.integers(0, len(lines) - 1))
    del lines[start : start + data.draw(st.integers(1, 30))]
    read(b"\n".join(lines), path)


@given(st.sampled_from(SMALL), st.integers(0, 20_000))
def test_a_lock_that_was_cut_is_read_or_refused(path: Path, size: int) -> None:
    read(path.read_bytes()[:size], path)
