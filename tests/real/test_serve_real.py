"""Released pips and uvs, poetry and pdm through a running ``stackpin serve``: the tuple comes, the wrong torch is not there.

The index behind is hollow, with METADATA of the real releases: ``loose`` wants any torch from 2 on, and what it gets is what the
index shows. Versions that are expected stand in METADATA of torch 2.10.0: ``triton==3.6.0``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
from packaging.pylock import Pylock
from tests.support.hollow import HollowFile, HollowIndex
from tests.support.serving import Served
from tests.support.tools import newest_pip, newest_uv, pip_report, uv_compile
from tests.support.wheels import metadata_text, wheel_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real

#: A release for every Python that stackpin runs on: pip resolves for the one that runs it.
STACK = "torch==2.10.*"
TUPLE = {"torch": "2.10.0", "triton": "3.6.0"}
WRONG = "torch==2.9.1"
PIPS = ("22.3", "23.2.1", "24.3.1", "25.3", "26.3")
UVS = ("0.5.0", "0.5.31", "0.9.11", "0.13.9")
#: What real_parts.md found to install and to lock; plain pdm takes a library that it does not work with.
FOREIGN = {"poetry": "poetry==2.5.1", "pdm": "pdm[locked]==2.29.3"}
PROJECT = """\
[project]
name = "app"
version = "0"
requires-python = "=={python}.*"
dependencies = [{dependencies}]
"""
#: Without the Python pdm locks for every one that the project admits.
PDM_LOCK = ("lock", "--python", f"=={sys.version_info[0]}.{sys.version_info[1]}.*")
TABLES = {
    "poetry": """
[tool.poetry]
package-mode = false
[[tool.poetry.source]]
name = "held"
url = "{url}"
priority = "primary"
""",
    "pdm": """
[tool.pdm]
distribution = false
[[tool.pdm.source]]
name = "pypi"
url = "{url}"
verify_ssl = false
""",
    "uv": """
[[tool.uv.index]]
url = "{url}"
default = true
""",
}


@pytest.fixture(scope="module")
def hollow() -> Iterator[HollowIndex]:
    loose = HollowFile(wheel_name("loose", "1"), metadata_text("loose", "1", requires=["torch>=2"]))
    with HollowIndex(hashes=True) as index:
        index.publish("pypi/simple", loose)
        yield index


@pytest.fixture(scope="module")
def served(hollow: HollowIndex, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("served")
    own = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "PIP_CONFIG_FILE": os.devnull}
    with Served("--stack", STACK, cwd=home, STACKPIN_MIRRORS=hollow.mirrors, **own) as index:
        yield index


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No index but the one under test."""
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))


def of_tuple(selected: dict[str, str]) -> dict[str, str]:
    return {name: version for name, version in selected.items() if name in TUPLE}


def through_pip(pip: tuple[str, ...], served: Served, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    fine = pip_report(pip, ["loose"], None, report, PIP_INDEX_URL=served.url)
    assert (fine.code, of_tuple(fine.selected)) == (0, TUPLE), fine.stderr
    wrong = pip_report(pip, ["loose", WRONG], None, report, PIP_INDEX_URL=served.url)
    assert wrong.code == 1
    assert f"No matching distribution found for {WRONG}" in wrong.words
    assert "(from versions: 2.10.0)" in wrong.words


def through_uv(uv: str, served: Served) -> None:
    fine = uv_compile(uv, ["loose"], None, UV_DEFAULT_INDEX=served.url)
    assert (fine.code, of_tuple(fine.selected)) == (0, TUPLE), fine.stderr
    wrong = uv_compile(uv, ["loose", WRONG], None, UV_DEFAULT_INDEX=served.url)
    assert wrong.code == 1
    assert f"there is no version of {WRONG}" in wrong.words


def test_the_newest_pip_gets_the_tuple(served: Served, tmp_path: Path) -> None:
    through_pip(newest_pip(), served, tmp_path)
    assert any(line.startswith("left out: torch 2.9.1: the tuple has torch 2.10.0") for line in served.told)


@pytest.mark.slow
@pytest.mark.parametrize("release", PIPS)
def test_every_pip_gets_the_tuple(release: str, served: Served, tmp_path: Path, tool_folder: Path) -> None:
    through_pip((str(tool_folder / f"pip-{release}" / "bin" / "pip"),), served, tmp_path)


def test_the_newest_uv_gets_the_tuple(served: Served) -> None:
    through_uv(newest_uv(), served)


@pytest.mark.slow
@pytest.mark.parametrize("release", UVS)
def test_every_uv_gets_the_tuple(release: str, served: Served, tool_folder: Path) -> None:
    through_uv(str(tool_folder / f"uv-{release}" / "bin" / "uv"), served)


def test_pip_and_uv_get_a_labelled_build_from_its_vendors_page(hollow: HollowIndex, tmp_path: Path) -> None:
    words = ("--stack", STACK, "--cuda", "cu126")
    with Served(*words, cwd=tmp_path, STACKPIN_MIRRORS=hollow.mirrors) as served:
        by_pip = pip_report(newest_pip(), ["loose"], None, tmp_path / "report.json", PIP_INDEX_URL=served.url)
        by_uv = uv_compile(newest_uv(), ["loose"], None, UV_DEFAULT_INDEX=served.url)
    assert (by_pip.selected["torch"], by_uv.selected["torch"]) == ("2.10.0+cu126", "2.10.0+cu126")
    assert by_pip.urls["torch"].startswith(f"{hollow.root}/download.pytorch.org/whl/cu126/torch/")


def test_a_look_alike_is_not_there(served: Served, tmp_path: Path) -> None:
    wrong = pip_report(newest_pip(), ["pytorch-triton"], None, tmp_path / "report.json", PIP_INDEX_URL=served.url)
    assert wrong.code == 1
    assert "No matching distribution found for pytorch-triton" in wrong.words


# tools with projects of their own


class Project(NamedTuple):
    """A project folder and the tool that works in it, in a home of its own."""

    folder: Path
    tool: str
    env: dict[str, str]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [self.tool, *words]
        return subprocess.run(
            command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False, timeout=600
        )

    @property
    def installed(self) -> dict[str, str]:
        """The distributions in the project's environment: their folders, read as they lie there."""
        found = self.folder.glob(".venv/lib/python*/site-packages/*.dist-info")
        return dict(path.name.removesuffix(".dist-info").split("-", 1) for path in found)


def project(kind: str, tool: str, served: Served, folder: Path, *dependencies: str) -> Project:
    folder.mkdir()
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    quoted = ", ".join(f'"{each}"' for each in dependencies)
    text = PROJECT.format(python=python, dependencies=quoted) + TABLES[kind].format(url=served.url)
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    own = {"HOME": str(folder), "POETRY_VIRTUALENVS_IN_PROJECT": "true", "PDM_CHECK_UPDATE": "0"}
    own |= {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", "POETRY_NO_INTERACTION": "1"}
    env = {name: value for name, value in os.environ.items() if name not in {"UV_NO_CONFIG", "VIRTUAL_ENV"}}
    return Project(folder, tool, {**env, **own})


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Poetry and pdm from the real index, each in an environment of its own."""
    found = {}
    for name, requirement in FOREIGN.items():
        home = tmp_path_factory.mktemp(name)
        for words in (["venv", "--clear", "-q", "-p", sys.executable], ["pip", "install", "-q", requirement, "-p"]):
            subprocess.run([newest_uv(), *words, str(home)], check=True)
        found[name] = str(home / "bin" / name)
    return found


def locked(path: Path) -> dict[str, str]:
    """Name and version of each package in a lock file, whichever tool wrote it."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {row["name"]: row["version"] for row in table["package"] if "version" in row}


def test_uv_locks_and_syncs_the_tuple_and_records_the_index(
    served: Served, tmp_path: Path, hollow: HollowIndex
) -> None:
    work = project("uv", newest_uv(), served, tmp_path / "work", "loose")
    assert (done := work.run("lock")).returncode == 0, done.stderr
    text = (work.folder / "uv.lock").read_text(encoding="utf-8")
    assert of_tuple(locked(work.folder / "uv.lock")) == TUPLE
    assert f'source = {{ registry = "{served.url}" }}' in text
    assert set(re.findall(r'url = "(http://[^/]+/)', text)) == {f"{hollow.root}/"}
    assert (done := work.run("sync", "--frozen")).returncode == 0, done.stderr
    assert of_tuple(work.installed) == TUPLE
    assert work.run("export", "--format", "pylock.toml", "-o", "pylock.toml", "-q").returncode == 0
    packages = Pylock.from_dict(tomllib.loads((work.folder / "pylock.toml").read_text(encoding="utf-8"))).packages
    torch = next(package for package in packages if package.name == "torch")
    assert (str(torch.version), torch.index) == ("2.10.0", served.url)
    assert (done := work.run("add", WRONG)).returncode == 1
    assert f"there is no version of {WRONG}" in " ".join(done.stderr.split())


def test_what_uv_locked_is_installed_without_the_index(hollow: HollowIndex, tmp_path: Path) -> None:
    with Served("--stack", STACK, cwd=tmp_path, STACKPIN_MIRRORS=hollow.mirrors) as served:
        work = project("uv", newest_uv(), served, tmp_path / "work", "loose")
        assert (done := work.run("lock")).returncode == 0, done.stderr
        assert work.run("export", "--format", "pylock.toml", "-o", "pylock.toml", "-q").returncode == 0
    assert (done := work.run("sync", "--frozen", "--no-cache")).returncode == 0, done.stderr
    assert of_tuple(work.installed) == TUPLE
    assert work.run("pip", "uninstall", "torch", "triton").returncode == 0
    assert (done := work.run("pip", "sync", "pylock.toml", "--no-cache")).returncode == 0, done.stderr
    assert of_tuple(work.installed) == TUPLE


@pytest.mark.slow
def test_what_poetry_locked_is_not_installed_without_the_index(
    hollow: HollowIndex, tmp_path: Path, foreign: dict[str, str]
) -> None:
    with Served("--stack", STACK, cwd=tmp_path, STACKPIN_MIRRORS=hollow.mirrors) as served:
        work = project("poetry", foreign["poetry"], served, tmp_path / "work", "loose (>=1)")
        assert (done := work.run("lock")).returncode == 0, done.stdout + done.stderr
    assert work.run("install", "--no-cache").returncode == 1
    assert of_tuple(work.installed) == {}


@pytest.mark.slow
def test_poetry_locks_and_installs_the_tuple_and_records_the_index(
    served: Served, tmp_path: Path, foreign: dict[str, str]
) -> None:
    work = project("poetry", foreign["poetry"], served, tmp_path / "work", "loose (>=1)")
    assert (done := work.run("lock")).returncode == 0, done.stdout + done.stderr
    assert of_tuple(locked(work.folder / "poetry.lock")) == TUPLE
    assert f'url = "{served.url.rstrip("/")}"' in (work.folder / "poetry.lock").read_text(encoding="utf-8")
    assert (done := work.run("install")).returncode == 0, done.stdout + done.stderr
    assert of_tuple(work.installed) == TUPLE
    wrong = work.run("add", WRONG)
    assert wrong.returncode == 1
    assert of_tuple(locked(work.folder / "poetry.lock")) == TUPLE


@pytest.mark.slow
def test_pdm_locks_and_installs_the_tuple_and_records_names_and_hashes(
    served: Served, tmp_path: Path, foreign: dict[str, str]
) -> None:
    work = project("pdm", foreign["pdm"], served, tmp_path / "work", "loose")
    assert (done := work.run(*PDM_LOCK)).returncode == 0, done.stdout + done.stderr
    assert of_tuple(locked(work.folder / "pdm.lock")) == TUPLE
    text = (work.folder / "pdm.lock").read_text(encoding="utf-8")
    assert "http://" not in text
    assert (done := work.run("install")).returncode == 0, done.stdout + done.stderr
    assert of_tuple(work.installed) == TUPLE
    wrong = work.run("add", WRONG)
    assert wrong.returncode == 1
    assert of_tuple(locked(work.folder / "pdm.lock")) == TUPLE


@pytest.mark.slow
def test_what_pdm_locked_is_installed_from_the_index_that_is_configured_then(
    hollow: HollowIndex, tmp_path: Path, foreign: dict[str, str]
) -> None:
    with Served("--stack", STACK, cwd=tmp_path, STACKPIN_MIRRORS=hollow.mirrors) as served:
        work = project("pdm", foreign["pdm"], served, tmp_path / "work", "loose")
        assert (done := work.run(*PDM_LOCK)).returncode == 0, done.stdout + done.stderr
    file = work.folder / "pyproject.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(served.url, hollow.pypi), encoding="utf-8")
    assert (done := work.run("install", "--frozen-lockfile")).returncode == 0, done.stdout + done.stderr
    assert of_tuple(work.installed) == TUPLE
