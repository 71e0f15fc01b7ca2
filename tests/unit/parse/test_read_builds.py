"""``builds-read.json``, read and written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stackpin.errors import CatalogDamaged
from stackpin.parse.read_builds import dump_tables, load_tables, of_page, without_page

__all__: list[str] = []

TABLES: dict[str, list[dict[str, Any]]] = {
    "pages_read": [{"page": "a", "listed": ["1"]}, {"page": "b", "listed": []}],
    "torch_builds": [{"source": "b", "torch": "1"}],
    "index_builds": [{"source": "a", "versions": ["1"]}, {"source": "a", "versions": ["2"]}],
}


def test_what_is_written_is_read_and_written_again_the_same() -> None:
    written = dump_tables(TABLES)
    assert load_tables(written) == TABLES
    assert dump_tables(load_tables(written)) == written
    assert json.loads(written) == TABLES
    assert written.count(b'"versions"') == len([line for line in written.splitlines() if b'"versions"' in line])


def test_nothing_is_written_and_read_as_nothing() -> None:
    assert load_tables(None) == {}
    assert load_tables(dump_tables({})) == {"pages_read": [], "torch_builds": [], "index_builds": []}


def test_a_page_can_be_taken_out_of_the_tables() -> None:
    assert of_page(TABLES, "a") == {
        "pages_read": [{"page": "a", "listed": ["1"]}],
        "index_builds": TABLES["index_builds"],
    }
    assert of_page(without_page(TABLES, "a"), "a") == {}
    assert of_page(without_page(TABLES, "a"), "b") == of_page(TABLES, "b")


@pytest.mark.parametrize("content", [b"{", b"[]x", b"3", b'{"index_builds": [1]}', b'{"pages_read": 1}'])
def test_what_is_no_table_is_damaged(content: bytes) -> None:
    with pytest.raises(CatalogDamaged) as caught:
        load_tables(content)
    assert caught.value.expected == "JSON as `stackpin catalog update --index` writes it"
