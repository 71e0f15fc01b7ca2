"""The complete example of the page on ``stackpin serve`` runs as it stands, with a port that is free."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.hollow import HollowIndex

__all__: list[str] = []

PAGE = Path(__file__).resolve().parents[3] / "docs" / "serve.md"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.mark.skipif(not shutil.which("curl"), reason="the example asks for the JSON page with curl")
def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    (script,) = re.findall(r"^```bash\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (tmp_path / "bin").mkdir()
    for name in ("stackpin", "pip"):
        program = tmp_path / "bin" / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {name} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    with HollowIndex(hashes=True) as hollow:
        own = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "STACKPIN_MIRRORS": hollow.mirrors}
        done = subprocess.run(
            ["bash", "-c", script.replace("8642", str(free_port()))],
            cwd=tmp_path,
            env={**os.environ, **own, "PIP_NO_CACHE_DIR": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    assert done.returncode == 0, done.stderr
    assert [path.name.split("-")[:2] for path in (tmp_path / "wheels").iterdir()] == [["torch", "2.10.0"]]
    missing = json.loads(done.stdout[done.stdout.index("{\n") :])
    assert "2.9.1" in {row["version"] for row in missing["left_out"]}
    assert "No matching distribution found for torch==2.9.1" in done.stderr
