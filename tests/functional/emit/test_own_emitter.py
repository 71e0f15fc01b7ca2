"""A user's own emitter, as an entry point of another distribution: it is listed and used, and told where it fails."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from tests.support.in_process import run_here

from stackpin.emit.formats import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

ASKED = ("torch==2.10.*", "--cuda", "cu128")
MODULE = """
def cmake(emission):
    torch = emission.locked.pin("torch")
    return f"# {emission.title}\\nset(TORCH {torch.full_version})\\n"

def broken(emission):
    return emission.nonesuch

def nothing(emission):
    return None
"""
POINTS = """[stackpin.emit]
cmake = house_formats:cmake
broken = house_formats:broken
nothing = house_formats:nothing
gone = house_formats_gone:text
devpi = house_formats:cmake
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A distribution as pip lays one out, on the path."""
    site = tmp_path / "site"
    about = site / "house_formats-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "house_formats.py").write_text(MODULE, encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: house-formats\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(POINTS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "house_formats", raising=False)
    return site


def test_it_is_listed_and_gives_its_text(installed: Path, tmp_path: Path) -> None:
    assert installed.is_dir()
    done = run_here("emit", "cmake", *ASKED, "-q", cwd=tmp_path)
    assert done == (0, "# torch 2.10.x on cu128, by stackpin 0.1.0\nset(TORCH 2.10.0)\n", "")
    listed = run_here("emit", "--list", cwd=tmp_path).stdout
    assert {"cmake", "broken", *FORMATS} <= {line.split()[0] for line in listed.splitlines()}
    assert "house_formats:cmake" in listed


def test_it_takes_no_name_of_ours(installed: Path, tmp_path: Path) -> None:
    assert installed.is_dir()
    assert "\ntorch===2.10.0\n" in run_here("emit", "devpi", *ASKED, "-q", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "broken",
            (
                "error: the emitter of broken failed\n"
                "  where:    house_formats:broken\n"
                "  found:    AttributeError: 'Emission' object has no attribute 'nonesuch'\n"
                "  do:       tell those who made it; the distributions that bring emitters: stackpin emit --list\n"
            ),
        ),
        (
            "gone",
            (
                "error: the emitter of gone failed\n"
                "  where:    house_formats_gone:text\n"
                "  found:    ModuleNotFoundError: No module named 'house_formats_gone'\n"
                "  do:       tell those who made it; the distributions that bring emitters: stackpin emit --list\n"
            ),
        ),
        (
            "nothing",
            (
                "error: the emitter of nothing gave no text\n"
                "  where:    house_formats:nothing\n"
                "  found:    NoneType\n"
                "  expected: str\n"
            ),
        ),
    ],
)
def test_a_failure_is_one_error_and_nothing_is_written(installed: Path, tmp_path: Path, name: str, text: str) -> None:
    assert installed.is_dir()
    done = run_here("emit", name, *ASKED, "-q", "-o", "out.txt", cwd=tmp_path)
    assert done == (2, "", text)
    assert not (tmp_path / "out.txt").exists()
