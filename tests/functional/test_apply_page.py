"""The examples of the page on ``apply``: each line does to the page's own project what the page says."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

from tests.support.environments import sglang_stack
from tests.support.in_process import run_here

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__: list[str] = []

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "apply.md").read_text(encoding="utf-8")
LINES = [
    line for text in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE) for line in text.splitlines()
]
(PROJECT,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_a_project_is_patched_once_and_has_it_then(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    first, checked = [shlex.split(line)[1:] for line in LINES if line.startswith("stackpin apply")][:2]
    assert [run_here(*words, cwd=tmp_path).returncode for words in (checked, first, checked)] == [1, 0, 0]
    uv = tomllib.loads((tmp_path / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["uv"]
    assert sorted(uv) == ["build-constraint-dependencies", "constraint-dependencies"]
    assert {"torch===2.6.0", "triton==3.2.0"} <= set(uv["constraint-dependencies"])


def test_several_tags_get_an_extra_each(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (line,) = [line for line in LINES if line.count("--cuda") == 2]
    assert run_here(*shlex.split(line)[1:], cwd=tmp_path).returncode == 0
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert sorted(project["optional-dependencies"]) == ["cu126", "cu128"]


def test_what_is_installed_is_kept(tmp_path: Path) -> None:
    place = sglang_stack(tmp_path / "env")
    for line in (line for line in LINES if "--freeze-installed" in line):
        done = run_here(*shlex.split(line)[1:], cwd=tmp_path, env={"VIRTUAL_ENV": str(place.prefix)})
        assert done.returncode == 0, done.stderr
        assert "\ntorch===2.6.0 " in (tmp_path / "constraints.txt").read_text(encoding="utf-8")
