"""``emit bandersnatch`` under bandersnatch's own filters, and in a run of a mirror: what it keeps, and what it does not."""

from __future__ import annotations

import json
import os
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.emitting import emitted
from tests.support.mirror_master import mirror_master
from tests.support.own_index_tools import installed, page_block
from tests.support.tools import newest_uv

if TYPE_CHECKING:
    from tests.support.hollow import HollowIndex

__all__: list[str] = []

pytestmark = [pytest.mark.real, pytest.mark.slow]

ASKED = ("sglang==0.4.6.post5", "--cuda", "cu124")
#: Whether bandersnatch's filters let a release pass, as its mirror asks them.
QUESTION = """
import json, sys
from pathlib import Path
from bandersnatch.configuration import BandersnatchConfig
from bandersnatch.filter import LoadedFilters
BandersnatchConfig().read(Path(sys.argv[1]))
filters = LoadedFilters(load_all=False)
print(json.dumps([
    all(each.filter({"info": {"name": name}, "version": version})
        for each in [*filters.filter_project_plugins(), *filters.filter_release_plugins()])
    for name, version in json.load(sys.stdin)
]))
"""
#: What the tuple holds (METADATA of sglang 0.4.6.post5 and of torch 2.6.0), and what it is not.
KEPT = [("torch", "2.6.0"), ("triton", "3.2.0"), ("sgl-kernel", "0.1.4"), ("sglang", "0.4.6.post5")]
LEFT_OUT = [
    *(("torch", version) for version in ("2.5.1", "2.6.0.dev1", "2.6.0rc1", "2.6.0+cu126", "2.6.0.post1", "2.7.1")),
    *(("triton", version) for version in ("3.1.0", "3.3.0", "3.2.0.post1", "3.2.0rc1")),
    *(("cuda-python", version) for version in ("11.8.0", "13.0.0", "13.0.0b1")),
    *(("pytorch-triton", version) for version in ("0.0.1a1", "3.2.0", "not-a-version")),
    ("Triton_Windows", "3.2.0"),
]
IN_BOUNDS = ("cuda-python", "12.8.0")
#: Needed by sglang 0.4.6.post5: "Requires-Dist: transformers==4.51.1; extra == 'runtime-common'".
NEEDED = ("transformers", "4.51.1")
UNNAMED = [("loose", "1.0"), ("loose", "1.0b1")]


@pytest.fixture(scope="module")
def bandersnatch(tmp_path_factory: pytest.TempPathFactory, index_settings: dict[str, str]) -> Path:
    return installed(tmp_path_factory.mktemp("bandersnatch") / "venv", index_settings, "bandersnatch")


@pytest.fixture(params=["", "--closure"], ids=["others pass", "closure"])
def config(
    request: pytest.FixtureRequest, tmp_path: Path, hollow: HollowIndex, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The emitted part in a file; without ``--closure``, then with it."""
    monkeypatch.setenv("STACKPIN_MIRRORS", hollow.mirrors)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("PATH", f"{Path(newest_uv()).parent}{os.pathsep}{os.environ['PATH']}")
    more = ("--closure", "--python", "3.12") if request.param else ()
    file = tmp_path / "bandersnatch.conf"
    file.write_text(emitted("bandersnatch", *ASKED, *more, cwd=tmp_path), encoding="utf-8")
    return file


def mirror_section(folder: Path, master: str) -> str:
    """The mirror's own part of the configuration, as the page has it; the loopback has no certificate."""
    lines = page_block("[mirror]", DIR=str(folder / "mirror"), INDEX=master)
    return "\n".join(["", *lines, "allow-non-https = true", ""])


def closed(config: Path) -> bool:
    return "[allowlist]" in config.read_text(encoding="utf-8")


def passes(bandersnatch: Path, config: Path, releases: list[tuple[str, str]]) -> dict[tuple[str, str], bool]:
    command = [str(bandersnatch / "python"), "-c", QUESTION, str(config)]
    done = subprocess.run(command, input=json.dumps(releases), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(zip(releases, json.loads(done.stdout), strict=True))


def test_its_filters_let_the_tuple_pass_and_no_other_release(bandersnatch: Path, config: Path) -> None:
    with config.open("a", encoding="utf-8") as file:
        file.write(mirror_section(config.parent, "http://127.0.0.1:9"))
    found = passes(bandersnatch, config, [*KEPT, *LEFT_OUT, NEEDED, *UNNAMED])
    assert {key for key in KEPT if not found[key]} == set()
    assert {key for key in LEFT_OUT if found[key]} == set()
    assert found[NEEDED]
    assert {found[key] for key in UNNAMED} == {not closed(config)}
    if not closed(config):
        assert passes(bandersnatch, config, [IN_BOUNDS]) == {IN_BOUNDS: True}


def test_a_run_of_a_mirror_fetches_the_tuple_and_no_other_release(bandersnatch: Path, config: Path) -> None:
    """The part is joined with the mirror's own configuration as a person would: section by section."""
    master = {"torch": ["2.5.1", "2.6.0", "2.7.1"], "triton": ["3.2.0", "3.3.0"], "pytorch-triton": ["3.2.0"]}
    master |= {"loose": ["1.0"], "transformers": ["4.51.1", "5.0"], "cuda-python": ["13.0.0"]}
    with mirror_master(master) as root:
        joined = ConfigParser(delimiters=("=",), interpolation=None)
        joined.read_string(mirror_section(config.parent, root))
        joined.read(config, encoding="utf-8")
        with config.open("w", encoding="utf-8") as file:
            joined.write(file)
        command = [str(bandersnatch / "bandersnatch"), "-c", str(config), "mirror"]
        env = {**os.environ, "HOME": str(config.parent)}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    web = config.parent / "mirror" / "web"
    wheels = {"-".join(path.name.split("-")[:2]) for path in web.glob("packages/**/*.whl")}
    pages = {path.name for path in (web / "simple").iterdir() if path.is_dir()}
    expected = {"torch-2.6.0", "triton-3.2.0", "transformers-4.51.1"}
    assert wheels == (expected if closed(config) else expected | {"loose-1.0", "transformers-5.0"})
    assert "pytorch-triton" not in pages
    assert {"torch", "triton"} <= pages
