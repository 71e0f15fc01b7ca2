"""The tree of ready-made files: comparing a folder with what it should hold, and making it so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.small_catalog import SmallCatalog, row, torch_row

from stackpin.app.compile import Workshop
from stackpin.app.tree import TreeChange, compare_tree, tree_files, write_tree
from stackpin.errors import FileUnwritable
from stackpin.model.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

FILES = {"torch-2.6.x-cu124.txt": "torch===2.6.0\n", "torch-2.7.x-cu126.txt": "torch===2.7.1\n"}


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}


def test_a_folder_that_is_as_it_should_be_differs_in_nothing(tmp_path: Path) -> None:
    write_tree(tmp_path, FILES)
    change = compare_tree(tmp_path, FILES)
    assert (change, bool(change)) == (TreeChange(missing=(), stale=(), extra=()), False)


def test_a_folder_that_is_not_there_misses_everything(tmp_path: Path) -> None:
    change = compare_tree(tmp_path / "none", FILES)
    assert (change.missing, change.stale, change.extra) == (tuple(FILES), (), ())


def test_what_differs_is_named_and_comparing_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "torch-2.6.x-cu124.txt").write_text("torch==2.6.0\n", encoding="utf-8")
    (tmp_path / "old-1.x-cu118.txt").write_text("", encoding="utf-8")
    (tmp_path / ".gitkeep").write_text("", encoding="utf-8")
    before = texts(tmp_path)
    assert compare_tree(tmp_path, FILES) == TreeChange(
        missing=("torch-2.7.x-cu126.txt",), stale=("torch-2.6.x-cu124.txt",), extra=("old-1.x-cu118.txt",)
    )
    assert texts(tmp_path) == before


def test_writing_makes_the_folder_hold_just_the_files(tmp_path: Path) -> None:
    (tmp_path / "torch-2.6.x-cu124.txt").write_text("torch==2.6.0\n", encoding="utf-8")
    (tmp_path / "old-1.x-cu118.txt").write_text("", encoding="utf-8")
    assert write_tree(tmp_path, FILES).extra == ("old-1.x-cu118.txt",)
    assert texts(tmp_path) == FILES


def test_a_right_file_is_not_touched(tmp_path: Path) -> None:
    write_tree(tmp_path, FILES)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    write_tree(tmp_path, {**FILES, "torch-2.7.x-cu126.txt": "torch===2.7.0\n"})
    after = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert [name for name in before if before[name] == after[name]] == ["torch-2.6.x-cu124.txt"]


def test_a_folder_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept\n", encoding="utf-8")
    with pytest.raises(FileUnwritable):
        write_tree(tmp_path / "file" / "tree", FILES)
    assert texts(tmp_path) == {"file": "kept\n"}


def test_there_is_one_file_a_series_and_tag_and_none_without_a_tuple(tmp_path: Path) -> None:
    small = SmallCatalog(tmp_path)
    small.usual_facts()
    small.release("torch", torch_row("2.6.0", "12.4", "3.2.0"), torch_row("2.6.1", "12.4", "3.2.0"))
    small.release("torch", torch_row("2.7.0rc1", "12.4", "3.2.0"))
    small.release("triton", row("triton", "3.2.0"))
    small.release("torchvision", row("torchvision", "0.21.0", "torch==2.6.0"))
    small.torch_build("2.6.0", "cu118")
    small.torch_build("2.6.0", "cu124", pypi=True)
    small.torch_build("2.6.1", "cu124", pypi=True)
    workshop = Workshop(Settings())
    catalog, facts = small.open()
    workshop.catalog, workshop.facts = catalog, facts
    files = dict(tree_files(workshop, version="0.1.0"))
    assert sorted(files) == ["torch-2.6.x-cu118.txt", "torch-2.6.x-cu124.txt"]
    assert "\ntorch==2.6.0+cu118 " in files["torch-2.6.x-cu118.txt"]
    assert "\ntorch==" in files["torch-2.6.x-cu124.txt"]
    assert "2.6.1" in files["torch-2.6.x-cu124.txt"]
    releases = dict(tree_files(workshop, version="0.1.0", releases=True))
    assert sorted(releases) == ["torch-2.6.0-cu118.txt", "torch-2.6.0-cu124.txt", "torch-2.6.1-cu124.txt"]
