"""The lines that people are told, to the letter, on the real index and from a fresh environment.

Nothing of the gigabytes is kept: uv resolves only, and pip's dry run, which downloads on an index without announced METADATA,
is slow.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.tools import TREE, compiled, newest_uv, ready_made

__all__: list[str] = []

pytestmark = pytest.mark.real

FILE = "sglang-0.4.x-cu124.txt"
WOULD = re.compile(r"^ \+ ([A-Za-z0-9._-]+)==(\S+)$", re.MULTILINE)


def fresh(folder: Path) -> Path:
    """A virtual environment with nothing but pip in it."""
    subprocess.run([newest_uv(), "venv", "--quiet", "--seed", "--python", sys.executable, folder], check=True)
    return folder


def typed(line: str, environment: Path, *before: Path) -> subprocess.CompletedProcess[str]:
    """Type one line in a shell in which an environment is active; ``before`` are the first folders on PATH."""
    path = [*map(str, before), str(environment / "bin"), str(Path(newest_uv()).parent), os.environ["PATH"]]
    variables = {**os.environ, "VIRTUAL_ENV": str(environment), "PATH": os.pathsep.join(path), "NO_COLOR": "1"}
    words = ["/bin/sh", "-c", line]
    return subprocess.run(words, env=variables, cwd=environment.parent, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_pip_takes_the_ready_made_file_for_all_of_sglang(tmp_path: Path) -> None:
    environment, report = fresh(tmp_path / "env"), tmp_path / "report.json"
    (tmp_path / "constraints").symlink_to(TREE)
    line = f'pip install -c constraints/{FILE} "sglang[all]" --dry-run --no-cache-dir --report {report}'
    done = typed(line, environment)
    assert done.returncode == 0, done.stderr[-2000:]
    ready = ready_made((TREE / FILE).read_text(encoding="utf-8"), FILE)
    chosen = json.loads(report.read_bytes())["install"]
    selected = {item["metadata"]["name"].lower().replace("_", "-"): item["metadata"]["version"] for item in chosen}
    assert ready.differences(selected) == {}
    assert selected["sglang"] == ready.version


def test_uv_installs_a_stack_by_its_name_alone_where_the_shims_are_first(tmp_path: Path) -> None:
    environment, shims = fresh(tmp_path / "env"), tmp_path / "shims"
    subprocess.run(
        [sys.executable, "-m", "stackpin", "shim", "install", "--dir", shims], check=True, capture_output=True
    )
    done = typed("uv pip install --stack 'sglang==0.4.*' --cuda cu124 --dry-run", environment, shims)
    assert done.returncode == 0, done.stderr[-2000:]
    selected = {name.lower().replace("_", "-"): version for name, version in WOULD.findall(done.stderr)}
    ready = compiled("sglang==0.4.*", "--cuda", "cu124")
    assert ready.differences(selected) == {}
    assert (selected["sglang"], selected["torch"], selected["triton"]) == ("0.4.6.post5", "2.6.0", "3.2.0")


@pytest.mark.slow
def test_uv_installs_the_newest_sglang_where_only_its_name_is_typed(tmp_path: Path) -> None:
    environment, shims = fresh(tmp_path / "env"), tmp_path / "shims"
    subprocess.run(
        [sys.executable, "-m", "stackpin", "shim", "install", "--dir", shims], check=True, capture_output=True
    )
    done = typed("uv pip install --stack sglang --dry-run", environment, shims)
    ready = compiled("sglang", "--python", ".".join(map(str, sys.version_info[:2])))
    assert done.returncode == 0, done.stderr[-2000:]
    selected = {name.lower().replace("_", "-"): version for name, version in WOULD.findall(done.stderr)}
    assert ready.differences(selected) == {}
    assert selected["sglang"] == ready.version
