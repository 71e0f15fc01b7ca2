"""``stackpin compile --closure`` on the real index: all is pinned, uv selects just that, nothing is newer than its time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from packaging.version import Version
from tests.support.tools import compiled, newest_uv, uv_compile

pytestmark = pytest.mark.real


@pytest.mark.slow
def test_the_closure_of_an_old_anchor_is_of_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The anchor, sglang 0.4.6.post5, is of May 2025; a bare resolver takes numpy, pydantic and fastapi of this year."""
    monkeypatch.setenv("PATH", f"{Path(newest_uv()).parent}{os.pathsep}{os.environ['PATH']}")
    ready = compiled("sglang==0.4.6.post5", "--cuda", "cu124", "--closure", "--python", "3.12")
    file = tmp_path / "closed.txt"
    file.write_text(ready.text, encoding="utf-8")
    options = ("--python-version", "3.12", "--python-platform", ready.uv_platform)
    answer = uv_compile(newest_uv(), ready.requirements, file, *options)
    assert answer.code == 0, answer.stderr
    assert ready.differences(answer.selected) == {}
    assert set(answer.selected) <= set(ready.pins)
    assert answer.selected["transformers"] == "4.51.1"
    assert Version(answer.selected["numpy"]) < Version("2.3")
    assert Version(answer.selected["huggingface-hub"]) < Version("0.33")
    assert Version(answer.selected["fastapi"]) < Version("0.116")
