"""The real uv on a local index: dates, fixed members, conflicts and an index that is not there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from tests.support.index_server import IndexServer
from tests.support.wheels import metadata_text, wheel_bytes, wheel_name

from stackpin.app.closure import Resolution, Uv, closure
from stackpin.errors import IndexFailed, NoTuple
from stackpin.model.target import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINUX = Platform(machine="x86_64", glibc=(2, 28))


@pytest.fixture
def uv() -> str:
    """The uv of the environment that runs the tests."""
    import uv

    return uv.find_uv_bin()


@pytest.fixture
def index() -> Iterator[IndexServer]:
    """An anchor of 2025 whose torch came later, with a helper that has an old and a new release."""
    with IndexServer() as server:
        for name, version, requires, year in (
            ("anchor", "1.0", ["fake-torch==2.0", "helper"], 2025),
            ("fake-torch", "2.0", [], 2026),
            ("helper", "1.0", [], 2024),
            ("helper", "2.0", [], 2026),
        ):
            content = wheel_bytes(name, version, metadata_text(name, version, requires=requires))
            server.add(wheel_name(name, version), content, uploaded=f"{year}-01-02T03:04:05.000000Z")
        yield server


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "UV_CACHE_DIR": str(tmp_path / "cache")}


def resolution(constraints: str, requirement: str, exclude_newer: str) -> Resolution:
    return Resolution(
        constraints=constraints, requirement=requirement, python="3.11", platform=LINUX, exclude_newer=exclude_newer
    )


def test_the_closure_is_of_the_anchors_time_and_its_members_are_exempt(
    uv: str, index: IndexServer, environ: dict[str, str]
) -> None:
    pins = closure(
        resolution("anchor==1.0\nfake-torch===2.0  # why\n", "anchor==1.0", "2025-06-01"),
        Uv(program=uv, index_url=index.url, environ=environ),
    )
    assert pins == (("anchor", "1.0"), ("fake-torch", "2.0"), ("helper", "1.0"))


def test_a_settings_variable_of_the_user_does_not_bend_it(
    uv: str, index: IndexServer, environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("helper==0.1\n")
    environ = {**environ, "UV_CONSTRAINT": str(tmp_path / "mine.txt"), "UV_EXCLUDE_NEWER": "2020-01-01"}
    pins = closure(
        resolution("anchor==1.0\n", "anchor==1.0", "2026-06-01"), Uv(program=uv, index_url=index.url, environ=environ)
    )
    assert ("helper", "2.0") in pins


def test_a_conflict_is_no_tuple_in_uvs_words(uv: str, index: IndexServer, environ: dict[str, str]) -> None:
    with pytest.raises(NoTuple) as raised:
        closure(
            resolution("fake-torch===3.0\n", "anchor", "2026-06-01"),
            Uv(program=uv, index_url=index.url, environ=environ),
        )
    assert "No solution found" in raised.value.what
    assert "fake-torch" in raised.value.what


def test_an_index_that_is_not_there_is_the_networks_failure(uv: str, environ: dict[str, str]) -> None:
    environ = {**environ, "UV_HTTP_RETRIES": "0"}
    url = "http://me:secret@127.0.0.1:9/simple/"
    with pytest.raises(IndexFailed) as raised:
        closure(resolution("anchor==1\n", "anchor", "2026-06-01"), Uv(program=uv, index_url=url, environ=environ))
    assert raised.value.where == "http://127.0.0.1:9/simple/"
    assert raised.value.what == "uv could not read the index"
    assert "secret" not in str(raised.value)


def test_a_labelled_build_from_a_find_links_line_is_taken_though_it_has_no_date(
    uv: str, index: IndexServer, environ: dict[str, str], tmp_path: Path
) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / wheel_name("fake-torch", "2.0+cu126")).write_bytes(wheel_bytes("fake-torch", "2.0+cu126"))
    text = f"--find-links {pages.as_uri()}\nfake-torch==2.0+cu126\n"
    pins = closure(resolution(text, "anchor", "2025-06-01"), Uv(program=uv, index_url=index.url, environ=environ))
    assert ("fake-torch", "2.0+cu126") in pins
