"""The wheel that is published: what it carries, that two builds are one, and that it asks for little."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from stackpin.check.rule_book import RULES

__all__: list[str] = []

ROOT = Path(__file__).resolve().parents[2]


def build(folder: Path) -> Path:
    """Build the wheel with the backend alone: no isolation, so no network."""
    code = "import sys, hatchling.build as b; print(b.build_wheel(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return folder / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def tree(folder: Path, prefix: str, pattern: str) -> set[str]:
    """Archive names that the files of a folder must have."""
    return {f"{prefix}/{path.relative_to(folder).as_posix()}" for path in folder.rglob(pattern) if path.is_file()}


def test_the_wheel_carries_the_whole_catalog(names: set[str]) -> None:
    data = ROOT / "src" / "stackpin" / "catalog" / "data"
    assert tree(data, "stackpin/catalog/data", "*.json*") <= names
    assert "stackpin/catalog/data/manifest.json" in names
    tables = {
        name.rpartition("/")[2] for name in names if name.startswith("stackpin/catalog/data/") and ".toml" in name
    }
    assert tables == {"packages.toml"}, "the others are in facts.json"


def test_the_wheel_carries_the_committed_tree(names: set[str]) -> None:
    wanted = tree(ROOT / "constraints", "stackpin/constraints", "*.txt")
    assert {name for name in names if name.startswith("stackpin/constraints/") and name.endswith(".txt")} == wanted


def test_the_wheel_carries_the_page_of_every_rule(names: set[str]) -> None:
    pages = tree(ROOT / "src" / "stackpin" / "check" / "pages", "stackpin/check/pages", "*.md")
    assert {name for name in names if name.startswith("stackpin/check/pages/")} == pages
    assert {f"stackpin/check/pages/{rule.id}.md" for rule in RULES} == pages


def test_the_wheel_is_typed_and_licensed(names: set[str]) -> None:
    assert "stackpin/py.typed" in names
    assert [name for name in names if name.endswith("dist-info/licenses/LICENSE")]


def test_nothing_but_the_package_is_in_the_wheel(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert sorted(name.partition("-")[0] for name in tops) == ["stackpin", "stackpin"]


def test_two_builds_are_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    assert build(tmp_path).read_bytes() == wheel.read_bytes()
