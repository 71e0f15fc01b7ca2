"""No file pins what exists nowhere; where only a vendor's index has a pin, the file leads there and says it is unproven.

What exists is read here from the catalog's plain files, by nothing of the package's own.
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version
from tests.support.hollow import HollowIndex, rows_of
from tests.support.tools import compiled, newest_uv, ready_made, tree_files, uv_compile

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.support.tools import ReadyMade

PAGE = re.compile(r"^--find-links https://(\S+?)/?$", re.MULTILINE)


def unknown_pins(files: Iterable[ReadyMade]) -> list[str]:
    """Pins that neither PyPI's rows nor a page that the file itself names has."""
    shelf = HollowIndex.shelf
    found = []
    for ready in files:
        pages = {page.rpartition("/")[2]: page for page in PAGE.findall(ready.text)}
        for name, pin in ready.pins.items():
            here = {Version(row["version"]) for row in rows_of(name) if row["index"] == "pypi"}
            there = {Version(file.version) for file in shelf(pages[name])} if name in pages else set()
            if Version(pin) not in here | there:
                found.append(f"{ready.name}: {name} {pin}")
    return found


def test_no_file_of_the_tree_pins_what_exists_nowhere() -> None:
    assert unknown_pins(tree_files()) == []


@pytest.mark.slow
def test_no_file_of_any_release_pins_what_exists_nowhere(tmp_path: Path) -> None:
    """What is published: every release of every stack on every tag that has a tuple."""
    command = [
        sys.executable,
        "-m",
        "stackpin",
        "compile",
        "--all",
        "--releases",
        "--output-dir",
        str(tmp_path / "all"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    files = [ready_made(path.read_text(encoding="utf-8"), path.name) for path in sorted((tmp_path / "all").iterdir())]
    assert len(files) > 300
    assert unknown_pins(files) == []


def test_a_pin_that_only_a_vendor_has_carries_its_page_and_says_that_it_was_not_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyPI's sgl-kernel starts at 0.1.0; sglang 0.4.6 pins 0.0.9.post2, which sglang's own cu118 page has."""
    plain = compiled("sglang==0.4.6", "--cuda", "cu118")
    assert "--find-links https://docs.sglang.ai/whl/cu118/sgl-kernel/\n" in plain.text
    (line,) = [line for line in plain.text.splitlines() if line.startswith("sgl-kernel")]
    assert "not verified" in line
    assert "0.0.9.post2" not in {row["version"] for row in rows_of("sgl-kernel") if row["index"] == "pypi"}

    with HollowIndex() as hollow:
        monkeypatch.setenv("UV_DEFAULT_INDEX", hollow.pypi)
        ready = compiled("sglang==0.4.6", "--cuda", "cu118", STACKPIN_MIRRORS=hollow.mirrors)
        file = tmp_path / "constraints.txt"
        file.write_text(ready.text, encoding="utf-8")
        options = ("--python-version", "3.12", "--python-platform", ready.uv_platform)
        answer = uv_compile(newest_uv(), ready.requirements, file, *options, UV_CACHE_DIR=str(tmp_path / "uv"))
    assert answer.code == 0, answer.words
    assert ready.differences(answer.selected) == {}
    assert answer.selected["sgl-kernel"] == "0.0.9.post2"


@pytest.mark.parametrize(("request_", "pin"), [("sglang==0.4.6", "sgl-kernel"), ("sglang==0.4.1", "flashinfer")])
def test_a_pin_that_no_index_has_is_no_tuple(request_: str, pin: str) -> None:
    command = [sys.executable, "-m", "stackpin", "compile", request_, "--cuda", "cu124"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 10
    assert done.stdout == ""
    assert pin in done.stderr
