"""Project pages of a Simple index."""

from __future__ import annotations

import json

import pytest

from stackpin.errors import InputUnreadable
from stackpin.parse.simple_api import HTML, JSON, IndexFile, ProjectPage, parse_page

BASE = "https://index.example/simple/demo/"
WHEEL = "demo-1.0-py3-none-any.whl"


def from_json(*files: dict[str, object], **meta: object) -> ProjectPage:
    page = {"meta": {"api-version": "1.1", **meta}, "name": "demo", "files": list(files)}
    return parse_page(json.dumps(page).encode(), content_type=JSON, project="demo", base_url=BASE)


def from_html(body: str) -> ProjectPage:
    return parse_page(body.encode(), content_type="text/html; charset=utf-8", project="demo", base_url=BASE)


def test_json_says_everything() -> None:
    page = from_json(
        {
            "filename": WHEEL,
            "url": f"../../files/{WHEEL}",
            "hashes": {"sha256": "ab" * 32},
            "size": 123,
            "upload-time": "2025-01-02T03:04:05.999Z",
            "yanked": "broken",
            "core-metadata": {"sha256": "cd" * 32},
        },
        **{"_last-serial": 42},
    )
    assert page.serial == "42"
    assert page.files == (
        IndexFile(
            name=WHEEL,
            url=f"https://index.example/files/{WHEEL}",
            size=123,
            sha256="ab" * 32,
            uploaded="2025-01-02T03:04:05Z",
            yanked="broken",
            metadata=True,
            metadata_sha256="cd" * 32,
        ),
    )


@pytest.mark.parametrize(
    ("announced", "expected"), [({}, None), ({"core-metadata": False}, False), ({"core-metadata": True}, True)]
)
def test_json_tells_whether_metadata_is_served(announced: dict[str, object], expected: bool | None) -> None:
    page = from_json({"filename": WHEEL, "url": WHEEL, "hashes": {}, **announced})
    assert (page.files[0].metadata, page.files[0].metadata_sha256) == (expected, None)


def test_html_says_less_and_the_missing_is_none() -> None:
    page = from_html(f'<a href="/f/{WHEEL}#sha256={"ab" * 32}" data-yanked="" data-core-metadata="true">{WHEEL}</a>')
    assert page.files == (
        IndexFile(name=WHEEL, url=f"https://index.example/f/{WHEEL}", sha256="ab" * 32, yanked=True, metadata=True),
    )


def test_a_plus_in_an_html_address_stays_what_it_is() -> None:
    name = "demo-1.0+cu124-py3-none-any.whl"
    page = from_html(f'<a href="/f/demo-1.0%2Bcu124-py3-none-any.whl">{name}</a>')
    assert (page.files[0].name, page.files[0].url) == (
        name,
        "https://index.example/f/demo-1.0%2Bcu124-py3-none-any.whl",
    )


def test_the_html_content_type_of_pep_691_is_html() -> None:
    body = f'<a href="{WHEEL}">{WHEEL}</a>'.encode()
    assert parse_page(body, content_type=HTML, project="demo", base_url=BASE).files[0].name == WHEEL


@pytest.mark.parametrize(
    ("body", "content_type", "what", "got"),
    [
        pytest.param(
            b"<html>", JSON, "the page says that it is JSON and is not a Simple index page", "HTML", id="html"
        ),
        pytest.param(b"[]", JSON, "the page says that it is JSON and is not a Simple index page", None, id="a list"),
        pytest.param(
            b'{"a":1}', JSON, "the page says that it is JSON and is not a Simple index page", None, id="other"
        ),
        pytest.param(
            b"\xff", JSON, "the page says that it is JSON and is not a Simple index page", None, id="no UTF-8"
        ),
        pytest.param(
            b'{"meta":{"api-version":"9.0"},"name":"demo","files":[]}',
            JSON,
            "the page says that it is JSON and is not a Simple index page",
            None,
            id="a version to come",
        ),
        pytest.param(
            b"<p>hello", "text/html", "the HTML page lists no file of the project", "8 bytes of HTML", id="no link"
        ),
        pytest.param(
            b"x", "text/plain", "the page has a content type that no Simple index has", "text/plain", id="text"
        ),
        pytest.param(b"x", "", "the page has a content type that no Simple index has", "none", id="no type"),
    ],
)
def test_what_is_no_page_is_unreadable(body: bytes, content_type: str, what: str, got: str | None) -> None:
    with pytest.raises(InputUnreadable) as caught:
        parse_page(body, content_type=content_type, project="demo", base_url=BASE)
    assert caught.value.what == what
    assert got is None or caught.value.got == got
