"""METADATA and PKG-INFO."""

from __future__ import annotations

import pytest
from packaging.version import Version
from tests.support.wheels import metadata_text

from stackpin.errors import InputUnreadable
from stackpin.parse.core_metadata import CoreMetadata, parse_core_metadata, speaks_for


def test_the_fields_come_verbatim_and_in_order() -> None:
    requires = ('triton (==3.2.0) ; platform_system == "Linux"', "filelock", "Zebra[all] >= 1")
    text = metadata_text("Demo_Pkg", "1.0+cu124", requires=requires, extras=("B", "a"), requires_python=">=3.9.0")
    assert parse_core_metadata(text.encode()) == CoreMetadata(
        name="Demo_Pkg",
        version="1.0+cu124",
        requires=requires,
        extras=("B", "a"),
        requires_python=">=3.9.0",
        complete=True,
    )


def test_a_description_in_the_body_or_of_other_bytes_changes_nothing() -> None:
    text = metadata_text("demo", "1", requires=("a",)).encode()
    assert parse_core_metadata(text + b"\xff\xfe Requires-Dist: b\n").requires == ("a",)


@pytest.mark.parametrize(
    ("more", "complete"),
    [
        pytest.param("Metadata-Version: 2.1\n", False, id="before PEP 643"),
        pytest.param("Metadata-Version: 2.2\n", True, id="since PEP 643"),
        pytest.param("Metadata-Version: 2.4\nDynamic: Requires-Dist\n", False, id="dynamic"),
        pytest.param("Metadata-Version: 2.4\nDynamic: Version\n", True, id="another field is dynamic"),
        pytest.param("Metadata-Version: 2.1\nRequires-Dist: a\n", True, id="old, but it has some"),
    ],
)
def test_an_sdist_may_leave_its_requirements_open(more: str, complete: bool) -> None:
    assert parse_core_metadata(f"{more}Name: demo\nVersion: 1\n\n".encode()).complete is complete


@pytest.mark.parametrize("content", [b"", b"<html><body>not found</body></html>", b"Name: demo\n\n", b"Version: 1\n\n"])
def test_what_names_no_release_is_unreadable(content: bytes) -> None:
    with pytest.raises(InputUnreadable, match="the metadata names no project"):
        parse_core_metadata(content)


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [
        ("Demo.Pkg", "1.0", True),
        ("demo_pkg", "1.0+cu124", True),
        ("demo-pkg", "1", True),
        ("demo-pkg", "1.1", False),
        ("other", "1.0", False),
        ("demo-pkg", "one", False),
    ],
)
def test_metadata_speaks_for_its_own_release_only(name: str, version: str, expected: bool) -> None:
    metadata = CoreMetadata(name=name, version=version)
    assert speaks_for(metadata, project="demo-pkg", version=Version("1.0+cu124")) is expected
