"""Which form of a page a client gets, and when the one that it has will do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackpin.serve.negotiation import HTML, JSON, LEGACY, etag_of, form_of, is_known

__all__: list[str] = []

#: What clients send, as their sources have it.
PIP = f"{JSON}, {HTML}; q=0.1, text/html; q=0.01"
UV = f"{JSON}, {HTML};q=0.2, text/html;q=0.01"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (PIP, JSON),
        (UV, JSON),
        ("", LEGACY),
        ("*/*", LEGACY),
        ("text/html", LEGACY),
        (HTML, HTML),
        ("application/vnd.pypi.simple.latest+json", JSON),
        (f"{JSON};q=0, */*;q=0.5", LEGACY),
        (f"text/html;q=0.5, {HTML};q=0.7", HTML),
        (f"text/html, {JSON}", JSON),
        ("application/*", JSON),
        ("text/*", LEGACY),
        ("text/html;level=1;q=0.4", LEGACY),
        (f"{JSON.upper()}", JSON),
        ("text/html;q=0", ""),
        ("text/html;q=much", ""),
        ("image/png", ""),
    ],
)
def test_a_client_gets_the_form_that_it_likes_best(accept: str, form: str) -> None:
    assert form_of(accept) == form


@given(st.dictionaries(st.sampled_from([JSON, HTML, LEGACY]), st.integers(0, 1000), min_size=1), st.randoms())
def test_the_order_of_a_header_does_not_matter(weights: dict[str, int], random: object) -> None:
    parts = [f"{name};q={weight / 1000:.3f}" for name, weight in weights.items()]
    form = form_of(", ".join(parts))
    random.shuffle(parts)  # type: ignore[attr-defined]  # hypothesis hands out a random.Random
    assert form_of(",".join(parts)) == form
    assert weights.get(form, 0) == max(weights.values())


@given(st.text())
def test_any_header_has_an_answer(accept: str) -> None:
    assert form_of(accept) in {JSON, HTML, LEGACY, ""}
    assert is_known(accept, etag_of(b"page")) is (accept.strip() == "*")


@given(st.binary(), st.binary())
def test_the_same_bytes_have_the_same_tag_and_others_another(one: bytes, other: bytes) -> None:
    assert (etag_of(one) == etag_of(other)) is (one == other)


@pytest.mark.parametrize("header", ["{}", "W/{}", '"a", {}, "b"', "*", ' W/"x" ,{}'])
def test_a_tag_is_found_among_those_that_a_client_has(header: str) -> None:
    tag = etag_of(b"page")
    assert is_known(header.format(tag), tag)
    assert not is_known(header.replace("*", '""').format(etag_of(b"older page")), tag)
