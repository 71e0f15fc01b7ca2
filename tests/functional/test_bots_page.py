"""The page on dependency bots: its examples are typed in order, on the files that it shows."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pyjson5
import yaml
from tests.support.bots import dependabot_versions, document_versions, renovate_versions
from tests.support.in_process import run_here

__all__: list[str] = []

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "bots.md").read_text(encoding="utf-8")
#: METADATA of sglang-0.4.6.post5-py3-none-any.whl and of torch-2.6.0-cp312-cp312-manylinux1_x86_64.whl.
HELD = {"sglang": "0.4.6.post5", "torch": "2.6.0", "triton": "3.2.0", "sgl-kernel": "0.1.4"}


def block(language: str) -> str:
    """The one block of a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert isinstance(found, str)
    return found


def commands() -> list[str]:
    found: list[str] = re.findall(r"^stackpin .*$", PAGE, re.MULTILINE)
    return found


def test_the_examples_of_the_page_work_in_their_order(tmp_path: Path) -> None:
    (tmp_path / ".github").mkdir()
    files = {"renovate.json5": block("json5"), ".github/dependabot.yml": block("yaml")}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for line in commands():
        words = shlex.split(line)
        done = run_here(*words[1:], cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout or "-o" in words
    texts = {name: (tmp_path / name).read_text(encoding="utf-8") for name in files}
    assert all(line in texts["renovate.json5"].splitlines() for line in files["renovate.json5"].splitlines())
    assert all(
        line in texts[".github/dependabot.yml"].splitlines() for line in files[".github/dependabot.yml"].splitlines()
    )
    config = pyjson5.loads(texts["renovate.json5"])
    assert (
        config["customDatasources"]["stackpin"]["defaultRegistryUrlTemplate"] == "file://.github/stackpin/sglang.json"
    )
    assert {"sglang", "torch"} <= document_versions(
        (tmp_path / ".github/stackpin/sglang.json").read_text("utf-8")
    ).keys()
    assert renovate_versions(pyjson5.loads((tmp_path / "renovate.json").read_text("utf-8"))).items() >= HELD.items()
    assert dependabot_versions((tmp_path / "dependabot.yml").read_text("utf-8")).items() >= HELD.items()
    mixed = yaml.safe_load(texts[".github/dependabot.yml"])["updates"]
    assert list(mixed[0]) == ["package-ecosystem", "directory", "schedule"]
    assert mixed[1]["ignore"][0] == {"dependency-name": "numpy", "versions": [">=3"]}
    for name in (".github/dependabot.yml", "dependabot.yml"):
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.dependabot", name]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)


def test_the_schema_refuses_what_dependabot_does_not_know(tmp_path: Path) -> None:
    (tmp_path / "dependabot.yml").write_text("version: 2\nupdates:\n- package-ecosystem: pip\n  groupz: {}\n", "utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.dependabot", "dependabot.yml"]
    assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode == 1
