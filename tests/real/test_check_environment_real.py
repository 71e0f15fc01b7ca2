"""A real kernel beside a real torch that it was not built for: the finding, what the loader says, and what the fix does.

Both wheels are PyPI's, installed by uv and imported by nobody.
"""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.support.loader import LOADER
from tests.support.tools import newest_uv

from stackpin.app.check.environments import Looked, look_at
from stackpin.catalog.facts import Facts
from stackpin.catalog.loader import Catalog
from stackpin.effects.environments import read_environment

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the wheels are for another machine"),
]

#: sgl-kernel 0.1.7 was built with torch 2.7.1 (the sglang release that pins both is 0.4.7); its wheel does not say so.
TORCH, KERNEL = "torch==2.6.0", "sgl-kernel==0.1.7"
#: ``c10::Error::Error(c10::SourceLocation, std::string)`` of the C++ ABI that torch 2.6.0's builds of CUDA 12.4 do not have.
MISSING = "_ZN3c105ErrorC2ENS_14SourceLocationENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, shared_uv_cache: Path, index_settings: dict[str, str]
) -> tuple[Path, dict[str, str]]:
    """The environment, and the variables with which uv reaches the index."""
    env = {**os.environ, **index_settings, "UV_CACHE_DIR": str(shared_uv_cache), "UV_NO_CONFIG": "1"}
    folder = tmp_path_factory.mktemp("real") / "env"
    for words in (
        ("venv", "--python", sys.executable, str(folder)),
        ("pip", "install", "--python", str(folder), "--no-deps", TORCH, KERNEL),
    ):
        subprocess.run([newest_uv(), *words, "--quiet"], env=env, check=True)
    return folder, env


def looked_at(folder: Path) -> Looked:
    return look_at(read_environment(folder), Facts(Catalog.open()))


@pytest.mark.skipif(not LOADER, reason="glibc's ldd is the oracle")
def test_the_loader_misses_what_the_finding_is_about(place: tuple[Path, dict[str, str]]) -> None:
    (packages,) = place[0].glob("lib/python*/site-packages")
    env = {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": str(packages / "torch" / "lib")}
    said = ""
    for library in packages.glob("sgl_kernel/*.so"):
        done = subprocess.run(["ldd", "-r", str(library)], env=env, capture_output=True, text=True, check=False)
        said += done.stdout + done.stderr
    assert f"undefined symbol: {MISSING}" in said


def test_the_finding_and_its_fix(place: tuple[Path, dict[str, str]]) -> None:
    folder, env = place
    looked = looked_at(folder)
    assert (looked.troubles, looked.notes) == ((), ())
    assert looked.subject.torch_label == "2.6.0+cu124"
    (finding,) = looked.findings
    assert (finding.rule.id, finding.package, finding.found) == ("SP401", "sgl-kernel", "0.1.7")
    assert finding.message.startswith("sgl-kernel 0.1.7 does not load with torch 2.6.0: ")
    assert "c10::Error::Error(c10::SourceLocation" in finding.evidence
    words = shlex.split(finding.fix.command)
    assert words[:5] == ["uv", "pip", "install", "--python", str(folder)]
    assert words[5].startswith("sgl-kernel==0.1.")
    subprocess.run([newest_uv(), *words[1:], "--quiet"], env=env, check=True)
    assert looked_at(folder).findings == ()
