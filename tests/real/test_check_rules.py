"""What SP501 and SP502 say that pip and uv do, they do; and what their fixes leave, both take."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from tests.support.index_server import IndexServer
from tests.support.tools import newest_pip, newest_uv
from tests.support.wheels import wheel_bytes, wheel_name

from stackpin.app.check.fixing import fix_files
from stackpin.app.check.requirement_files import requirement_subjects

if TYPE_CHECKING:
    from pathlib import Path

    from stackpin.model.finding import Finding

__all__: list[str] = []

pytestmark = pytest.mark.real


def resolved(path: Path, *options: str) -> tuple[subprocess.CompletedProcess[str], subprocess.CompletedProcess[str]]:
    """What pip and uv make of a requirements file, without installing anything."""
    pip = [*newest_pip(), "install", "--dry-run", "--ignore-installed", "--no-deps", "--retries", "0", "-r", str(path)]
    uv = [newest_uv(), "pip", "compile", "--no-deps", "--no-cache", str(path)]
    variables = {**os.environ, "NO_COLOR": "1", "UV_HTTP_RETRIES": "0"}
    runs = [
        subprocess.run([*words, *options], env=variables, capture_output=True, text=True, check=False)
        for words in (pip, uv)
    ]
    return runs[0], runs[1]


def findings(path: Path) -> tuple[Finding, ...]:
    return requirement_subjects(str(path), path.read_bytes(), lambda _: b"").findings


@pytest.mark.parametrize(
    "line",
    [
        "demo>=1.0+cu1",
        *(pytest.param(f"demo{each}+cu1", marks=pytest.mark.slow) for each in ("<=1.0", ">0.9", "~=1.0", "==1.*")),
    ],
)
def test_both_refuse_a_range_with_a_local_version_and_take_the_fix(line: str, tmp_path: Path) -> None:
    path, wheels = tmp_path / "r.txt", tmp_path / "wheels"
    wheels.mkdir()
    (wheels / wheel_name("demo", "1.0+cu1")).write_bytes(wheel_bytes("demo", "1.0+cu1"))
    path.write_text(f"{line}\n")
    options = ("--no-index", "--find-links", str(wheels))
    assert [each.rule.id for each in findings(path)] == ["SP501"]
    assert all(done.returncode for done in resolved(path, *options))
    fix_files(findings(path))
    assert findings(path) == ()
    assert [done.returncode for done in resolved(path, *options)] == [0, 0], path.read_text()


@pytest.mark.parametrize("glue", [" ; ", pytest.param("; ", marks=pytest.mark.slow)])
def test_a_marker_behind_an_index_has_no_effect_and_leads_astray(glue: str, tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    with IndexServer() as index:
        index.add(wheel_name("demo", "1"), wheel_bytes("demo", "1"))
        path.write_text(f"--index-url {index.url}{glue}sys_platform == 'win32'\ndemo\n")
        (found,) = findings(path)
        pip, uv = resolved(path)
        assert (pip.returncode == 0, uv.returncode == 0) == (glue == " ; ", False)
        assert ("pip takes the index everywhere" in found.message) is (pip.returncode == 0)
        fix_files([found])
        assert path.read_text() == f"--index-url {index.url}\ndemo\n"
        assert findings(path) == ()
        assert [done.returncode for done in resolved(path)] == [0, 0]
