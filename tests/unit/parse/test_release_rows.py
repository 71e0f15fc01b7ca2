"""Rows of the catalog: what is written is read back, byte for byte."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import stackpin.catalog.loader
from stackpin.errors import CatalogDamaged
from stackpin.parse.release_rows import FileRow, ReleaseRow, Source, dump_row, dump_rows, load_row, load_rows

COMMITTED = sorted((Path(stackpin.catalog.loader.__file__).parent / "data" / "releases").glob("*.jsonl"))
TEXT = st.text(max_size=20)
DIGESTS = st.text(alphabet="0123456789abcdef", min_size=64, max_size=64)
YANKED = st.one_of(st.just(value=False), st.just(value=True), st.text(min_size=1, max_size=20))
SOURCES = st.builds(Source, metadata=TEXT, metadata_sha256=DIGESTS, requires=st.lists(TEXT, max_size=3).map(tuple))
FILES = st.builds(
    FileRow,
    name=TEXT,
    size=st.none() | st.integers(min_value=0),
    sha256=st.none() | DIGESTS,
    uploaded=st.none() | TEXT,
    yanked=YANKED,
)
ROWS = st.builds(
    ReleaseRow,
    version=st.sampled_from(["1.0", "1.0rc1", "2.6.0+cu124", "0.4.6.post5", "1!2.0.dev3"]),
    index=st.sampled_from(["pypi", "https://index.example/whl/cu124"]),
    uploaded=st.none() | TEXT,
    yanked=YANKED,
    requires_python=st.none() | TEXT,
    source=st.none() | SOURCES,
    extras=st.lists(TEXT, max_size=3).map(tuple),
    variants=st.lists(st.tuples(st.just("aarch64"), SOURCES), max_size=1).map(tuple),
    files=st.lists(FILES, max_size=3).map(tuple),
    why=TEXT,
)


@given(ROWS)
def test_a_row_that_is_dumped_and_loaded_is_the_same(row: ReleaseRow) -> None:
    assert load_row(dump_row(row)) == row
    assert "\n" not in dump_row(row)


@given(st.lists(ROWS, max_size=4).map(tuple))
def test_a_file_that_is_loaded_and_dumped_has_the_same_bytes(rows: tuple[ReleaseRow, ...]) -> None:
    content = dump_rows(rows)
    assert dump_rows(load_rows(content)) == content


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_a_committed_file_is_written_as_it_would_be_today(path: Path) -> None:
    content = path.read_bytes()
    assert dump_rows(load_rows(content)) == content


def test_rows_are_sorted_by_version_and_pypi_comes_first() -> None:
    def row(version: str, index: str = "pypi") -> ReleaseRow:
        return ReleaseRow(
            version=version, index=index, uploaded=None, yanked=False, requires_python=None, source=None, extras=()
        )

    rows = (row("1.10"), row("1.9", "https://b"), row("1.9", "https://a"), row("1.9+cu1"), row("1.9"), row("1.9rc1"))
    loaded = load_rows(dump_rows(rows))
    assert [(item.version, item.index) for item in loaded] == [
        ("1.9rc1", "pypi"),
        ("1.9", "pypi"),
        ("1.9", "https://a"),
        ("1.9", "https://b"),
        ("1.9+cu1", "pypi"),
        ("1.10", "pypi"),
    ]


def test_a_fault_is_told_by_line() -> None:
    good = dump_row(
        ReleaseRow(version="1", index="pypi", uploaded=None, yanked=False, requires_python=None, source=None, extras=())
    )
    with pytest.raises(CatalogDamaged) as caught:
        load_rows(f"{good}\n{good[:40]}\n".encode())
    assert (caught.value.what, caught.value.where) == ("a catalog row is cut or altered", "line 2")


@pytest.mark.parametrize(
    "line", ["", "[]", "{}", "null", '{"version":"x"}', json.dumps({"version": 1, "index": "pypi"}), "\xff"]
)
def test_what_is_no_row_is_damaged(line: str) -> None:
    with pytest.raises(CatalogDamaged):
        load_row(line)


@given(st.binary(max_size=60))
def test_any_bytes_are_rows_or_damaged(content: bytes) -> None:
    outcome: object = None
    with contextlib.suppress(CatalogDamaged):
        outcome = load_rows(content)
    assert outcome is None or isinstance(outcome, tuple)
