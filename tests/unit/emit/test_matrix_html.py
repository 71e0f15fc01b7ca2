"""The page of a matrix: one file, well formed, closed to what is not its own, with every cell in table and data."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.small_matrix import small_matrix

from stackpin.app.matrix import page_parts
from stackpin.emit.matrix_data import matrix_data
from stackpin.emit.matrix_html import matrix_page
from stackpin.model.explanation import Reason, ReasonKind

if TYPE_CHECKING:
    from pathlib import Path

    from stackpin.model.matrix import Matrix

__all__: list[str] = []

VOID = {"meta", "link", "input", "br"}
SHAPES = {"circle", "path"}


class Reader(HTMLParser):
    """Keeps what is open, every attribute that leads elsewhere, and the cells."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.leads: list[str] = []
        self.labels: list[str] = []
        self.ids: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "action"}:
                self.leads.append(value or "")
            if name == "style" or name.startswith("on"):
                self.inline.append(name)
            if name == "id":
                self.ids.append(value or "")
            if tag == "button" and name == "aria-label":
                self.labels.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def found(tmp_path: Path) -> Matrix:
    return small_matrix(tmp_path)


def page_of(found: Matrix) -> str:
    return matrix_page(found, page_parts(), version="1.2.3")


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    return reader


def data_of(text: str) -> Any:
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert match
    return json.loads(match[1])


def test_every_element_is_closed_and_every_id_is_there_once(found: Matrix) -> None:
    reader = read(page_of(found))
    assert len(reader.ids) == len(set(reader.ids))


def test_it_leads_nowhere_outside_itself(found: Matrix) -> None:
    reader = read(page_of(found))
    assert {lead for lead in reader.leads if not lead.startswith("#")} == {"data:,"}
    assert reader.inline == []


def test_its_policy_admits_just_its_own_style_and_script(found: Matrix) -> None:
    text = page_of(found)
    (style,), (script,) = (
        re.findall(r"<style>(.*?)</style>", text, re.DOTALL),
        re.findall(r"<script>(.*?)</script>", text, re.DOTALL),
    )
    digests = [b64encode(sha256(part.encode()).digest()).decode() for part in (style, script)]
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digests[0]}'; script-src 'sha256-{digests[1]}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def test_nothing_is_left_to_be_filled_in(found: Matrix) -> None:
    assert "@@" not in page_of(found)


def test_the_table_has_a_cell_for_each_release_and_tag_with_its_name(found: Matrix) -> None:
    labels = read(page_of(found)).labels
    assert len(labels) == len(found.rows) * len(found.tags)
    assert labels[:3] == [
        "demo 1.3, cu126: proven",
        "demo 1.3, cu124: proven, as on PyPI",
        "demo 1.3, cu118: impossible",
    ]
    assert "demo 1.1, cu118: declared only" in labels
    assert "demo 1.1, cu126: unproven, as on PyPI" in labels


def test_heads_have_a_scope_and_releases_that_are_special_say_so(found: Matrix) -> None:
    text = page_of(found)
    assert text.count('<th scope="row">') == len(found.rows)
    assert '<th scope="rowgroup" colspan="6">1.x</th>' in text
    assert '<th scope="row">1.1rc1<i>pre-release</i></th>' in text
    assert '<th scope="row">1.3<i>yanked</i></th>' in text


def test_a_series_of_many_releases_has_a_heading_of_its_own(found: Matrix) -> None:
    row = found.rows[-1]
    rows = [row.__replace__(version=f"{series}.{number}") for series in ("1.2", "1.1") for number in range(4)]
    text = page_of(found.__replace__(rows=tuple(rows)))
    assert re.findall(r'<th scope="rowgroup"[^>]*>([^<]*)<', text) == ["1.2.x", "1.1.x"]


def test_the_head_says_what_the_page_is_of(found: Matrix) -> None:
    text = page_of(found)
    assert "<h1>demo by CUDA tag</h1>" in text
    lines = [
        "5 releases of demo on 3 tags: 8 tuples",
        "linux-x86_64, every Python",
        "catalog of 2026-01-02, sha256:small",
        "stackpin 1.2.3",
    ]
    assert "".join(f"<li>{line}</li>" for line in lines) in text
    assert '<option value="3.10">Python 3.10</option>' in text
    assert '<option value="2.7.0">torch 2.7.0</option><option value="2.6.0">' in text


def test_the_data_tell_a_tuple_with_its_pins_and_evidence(found: Matrix) -> None:
    data = data_of(page_of(found))
    texts = data["texts"]
    version, _, cells = data["rows"][-1]
    mark, pythons, glibc, _, pins, _ = cells[data["tags"].index("cu124")]
    assert (version, data["marks"][mark], texts[glibc]) == ("1.0", "proven", "2.28")
    assert data["pythons"][pythons] == ["3.10", "3.11", "3.12"]
    told = [
        (texts[name] + texts[pin], [texts[line] for line, _ in evidence])
        for name, pin, evidence, *_ in map(data["pins"].__getitem__, pins)
    ]
    assert told[:4] == [
        ("demo==1.0", []),
        ("torch===2.6.0", ["demo 1.0: torch==2.6.0"]),
        ("triton==3.2.0", ['torch 2.6.0: triton (==3.2.0) ; platform_system == "Linux"']),
        ("kernel==1.0", ["demo 1.0: kernel==1.0"]),
    ]


def test_the_data_tell_a_refusal_with_its_reasons(found: Matrix) -> None:
    data = data_of(page_of(found))
    mark, reasons = data["rows"][2][2][data["tags"].index("cu124")]
    told = [tuple(data["texts"][place] for place in data["reasons"][number]) for number in reasons]
    assert (data["rows"][2][0], data["marks"][mark]) == ("1.1", "impossible")
    assert told == [
        ("demo 1.1 needs torch 2.7.0", "torch==2.7.0  (demo-1.1-py3-none-any.whl)"),
        ("torch 2.7.0 is built for cu118 and cu126", "matrix"),
    ]


def test_commands_are_left_open_for_version_and_tag(tmp_path: Path) -> None:
    commands = data_of(page_of(small_matrix(tmp_path, python="3.11")))["commands"]
    assert commands == {
        "compile": "stackpin compile demo=={version} --cuda {tag} --python 3.11",
        "path": "install -c \"$(stackpin path 'demo=={series}.*' --cuda {tag})\" 'demo{extra}=={version}'",
        "file": "install -c demo-{version}-{tag}.txt 'demo{extra}=={version}'",
        "output": "demo-{version}-{tag}.txt",
    }


def test_a_text_of_others_cannot_leave_its_place(found: Matrix) -> None:
    evil = "</script><script>alert('&amp;')</script>\u2028@@TITLE@@"
    reason = Reason(kind=ReasonKind.CONFLICT, text=evil, evidence=evil)
    row = found.rows[0]
    cell = row.cells[0].__replace__(locked=None, reasons=(reason,))
    rows = (row.__replace__(version="1.0", uploaded=evil, cells=(cell, *row.cells[1:])),)
    text = page_of(found.__replace__(request=evil, rows=rows))
    assert text.count("<script") == 2
    assert "\u2028" not in matrix_data(found.__replace__(rows=rows))
    assert evil in data_of(text)["texts"]
    read(text)


def test_the_same_matrix_gives_the_same_page(found: Matrix) -> None:
    assert page_of(found) == page_of(found)
