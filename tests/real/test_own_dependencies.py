"""The package, its extras and its tests can be installed on every Python that it is for, as the index has things today."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.tools import newest_uv

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__: list[str] = []

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
CLASSIFIERS = "\n".join(tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["classifiers"])
PYTHONS = re.findall(r"^Programming Language :: Python :: (3\.\d+)$", CLASSIFIERS, re.MULTILINE)

pytestmark = pytest.mark.real


@pytest.mark.parametrize("python", PYTHONS)
def test_all_that_the_tests_need_exists(python: str) -> None:
    target = ["--python-version", python, "--python-platform", "x86_64-manylinux_2_28"]
    everything = [str(PROJECT), "--all-extras", "--group", f"{PROJECT}:test"]
    done = subprocess.run(
        [newest_uv(), "pip", "compile", "--quiet", "--no-header", *target, *everything],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^pytest==", done.stdout, re.MULTILINE)
    assert re.search(r"^uvicorn==", done.stdout, re.MULTILINE)
