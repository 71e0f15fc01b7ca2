"""The file of release lists: there and back, and what becomes of a damaged one."""

from __future__ import annotations

import zlib

import pytest
from packaging.utils import canonicalize_name

from stackpin.catalog.listed_rows import ListedRelease, ListedRow, dump_lists, load_lists
from stackpin.catalog.loader import Catalog
from stackpin.errors import CatalogDamaged

__all__: list[str] = []

PLAIN = ListedRow(
    version="1.0",
    uploaded="2025-01-02",
    requires_python=">=3.9",
    yanked=False,
    metadata="some_text-1.0-py3-none-any.whl",
    requires=("core==0.1", "numpy>=2"),
)
BUILT = ListedRow(
    version="1.1",
    uploaded="",
    requires_python="",
    yanked="it was broken",
    metadata="some_text-1.1-cp312-cp312-manylinux_2_28_x86_64.whl",
    requires=("core==0.1",),
)
BARE = ListedRow(version="2.0", uploaded="2025-03-04", requires_python=">=3.9", yanked=True, metadata="", requires=None)


def test_rows_come_back_as_they_were_written() -> None:
    lists = load_lists(dump_lists({"some-text": [PLAIN, BUILT], "bare": [BARE]}, seen="2026-01-02"))
    assert lists.names() == ("bare", "some-text")
    assert lists.rows("some-text") == (PLAIN, BUILT)
    assert lists.rows("bare") == (BARE,)
    assert lists.rows("other") == ()
    assert lists.seen == "2026-01-02"


def test_the_order_in_which_packages_are_given_changes_no_byte() -> None:
    both = {"some-text": [PLAIN, BUILT], "bare": [BARE]}
    assert dump_lists(both, seen="2026-01-02") == dump_lists(dict(reversed(both.items())), seen="2026-01-02")


def test_no_file_is_no_list() -> None:
    assert load_lists(None).names() == ()


@pytest.mark.parametrize("raw", [b"", b"no zlib", zlib.compress(b"[]"), zlib.compress(b"{}"), zlib.compress(b"{")])
def test_a_damaged_file_is_refused(raw: bytes) -> None:
    with pytest.raises(CatalogDamaged) as caught:
        load_lists(raw)
    assert caught.value.what == "the file of release lists is cut or altered"


def test_a_cut_file_is_refused() -> None:
    raw = dump_lists({"some-text": [PLAIN]}, seen="2026-01-02")
    with pytest.raises(CatalogDamaged) as caught:
        load_lists(raw[:-5])
    assert caught.value.got == "it has no end"


def test_a_listed_release_answers_as_a_row_of_the_catalog_does() -> None:
    release = ListedRelease(canonicalize_name("some-text"), BUILT)
    assert (release.known, release.on_pypi, release.index) == (True, True, "pypi")
    assert (str(release.version), release.yanked, release.uploaded) == ("1.1", "it was broken", "")
    assert release.requires("x86_64") == release.requires("aarch64") == ("core==0.1",)
    assert release.metadata_file("x86_64") == (BUILT.metadata, "")
    assert (release.files, release.wheel_tags, release.has_metadata) == ((), (), True)
    assert ListedRelease(canonicalize_name("bare"), BARE).has_metadata is False


def test_the_embedded_lists_hold_what_both_engines_bound() -> None:
    catalog = Catalog.open()
    assert {"transformers", "outlines", "openai", "huggingface-hub"} <= set(catalog.lists.names())
    assert not set(catalog.lists.names()) & set(catalog.names())
    newest, *older = catalog.listed("outlines")
    assert newest.version > older[-1].version
    pinned = next(release for release in (newest, *older) if release.text == "0.1.11")
    assert "outlines_core==0.1.26" in pinned.requires("x86_64")  # sglang's own pin leads there, vllm's to another
