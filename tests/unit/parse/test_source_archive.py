"""PKG-INFO in a source distribution."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.wheels import cut, metadata_text, sdist_bytes

from stackpin.errors import InputUnreadable
from stackpin.parse.source_archive import pkg_info_of_sdist


def test_the_pkg_info_at_the_top_is_the_one() -> None:
    text = metadata_text("demo", "1.0")
    assert pkg_info_of_sdist(sdist_bytes("demo", "1.0", text)) == text.encode()


def test_an_archive_without_it_is_unreadable() -> None:
    with pytest.raises(InputUnreadable, match="the source distribution has no PKG-INFO"):
        pkg_info_of_sdist(sdist_bytes("demo", "1.0", ""))


@pytest.mark.parametrize("content", [b"", b"not a tar", cut(sdist_bytes("demo", "1.0"), 0.2)])
def test_what_is_no_whole_archive_is_unreadable(content: bytes) -> None:
    with pytest.raises(InputUnreadable, match="no gzipped tar, or a cut one"):
        pkg_info_of_sdist(content)


@given(st.data())
def test_an_archive_with_one_byte_changed_is_read_or_unreadable(data: st.DataObject) -> None:
    content = bytearray(sdist_bytes("demo", "1.0"))
    place = data.draw(st.integers(min_value=0, max_value=len(content) - 1))
    content[place] ^= data.draw(st.integers(min_value=1, max_value=255))
    outcome: object = None
    with contextlib.suppress(InputUnreadable):
        outcome = pkg_info_of_sdist(bytes(content))
    assert outcome is None or isinstance(outcome, bytes)
