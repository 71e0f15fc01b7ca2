"""``stackpin compile --closure`` on hollow wheels: everything is pinned, of the anchor's time, and uv agrees."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version
from tests.support.hollow import HollowIndex
from tests.support.tools import compiled, newest_uv, uv_compile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.tools import ReadyMade


@pytest.fixture(scope="module")
def hollow() -> Iterator[HollowIndex]:
    with HollowIndex() as index:
        yield index


@pytest.fixture(autouse=True)
def settings(hollow: HollowIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", f"{Path(newest_uv()).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("STACKPIN_MIRRORS", hollow.mirrors)
    monkeypatch.setenv("UV_DEFAULT_INDEX", hollow.pypi)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))


def assert_closed(ready: ReadyMade, tmp_path: Path) -> dict[str, str]:
    """Under the file uv selects what it pins, all of it, and nothing else; what it selected."""
    file = tmp_path / "closed.txt"
    file.write_text(ready.text, encoding="utf-8")
    options = ("--python-version", ready.python(), "--python-platform", ready.uv_platform)
    answer = uv_compile(newest_uv(), ready.requirements, file, *options)
    assert answer.code == 0, answer.words
    assert ready.differences(answer.selected) == {}
    assert set(answer.selected) <= set(ready.pins)
    return answer.selected


def test_the_closure_pins_all_and_uv_selects_just_that(tmp_path: Path) -> None:
    ready = compiled("sglang==0.4.6.post5", "--cuda", "cu124", "--closure", "--python", "3.12")
    selected = assert_closed(ready, tmp_path)
    assert selected["transformers"] == "4.51.1"
    assert selected["torch"] == "2.6.0"
    assert len(selected) > 60


def test_nothing_is_newer_than_the_anchors_week(tmp_path: Path) -> None:
    """What nobody bounds is the newest of the anchor's time: each stand-in has a 9999 that came much later."""
    ready = compiled("sglang==0.4.6.post5", "--cuda", "cu124", "--closure", "--python", "3.12")
    selected = assert_closed(ready, tmp_path)
    assert "9999" not in ready.pins.values()
    assert selected["pydantic"] == "9000"
    assert Version(selected["cuda-python"]) < Version("12.10")


def test_a_closure_under_labelled_builds(tmp_path: Path) -> None:
    """Builds from a find-links page carry no date; they are members, and exempt."""
    ready = compiled("sglang==0.5.6", "--cuda", "cu130", "--closure", "--python", "3.12")
    selected = assert_closed(ready, tmp_path)
    assert selected["sgl-kernel"] == "0.3.18.post2+cu130"
