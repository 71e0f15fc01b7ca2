"""``stackpin shim install --venv``: a plain ``pip install`` of real pips, old and new, takes the tuple, and can be set free."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pip
import pytest
from tests.support.emitting import BACKEND, PROJECT
from tests.support.hollow import HollowFile, HollowIndex
from tests.support.wheels import metadata_text, wheel_name

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__: list[str] = []

#: A tuple for every Python that stackpin runs on.
STACK = "torch==2.10.*"
PIPS = ("22.3", "23.2.1", "24.3.1", "25.3", "26.3")


class Venv(NamedTuple):
    """An environment with a pip of its own."""

    prefix: Path
    pip: str

    @property
    def conf(self) -> Path:
        return self.prefix / "pip.conf"

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """``python -m pip`` with the configuration files that a person's pip reads."""
        around = {name: value for name, value in os.environ.items() if name != "PIP_CONFIG_FILE"}
        return subprocess.run(
            [self.prefix / "bin" / "python", "-m", "pip", *words],
            env={**around, **env},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def selects(self, *requirements: str, **env: str) -> dict[str, str]:
        """What ``pip install`` of these would install into it."""
        report = self.prefix / "report.json"
        report.unlink(missing_ok=True)
        done = self.run("install", "--dry-run", "--report", str(report), *requirements, **env)
        assert done.returncode == 0, done.stderr
        items = json.loads(report.read_text(encoding="utf-8"))["install"]
        return {item["metadata"]["name"]: item["metadata"]["version"] for item in items}


@pytest.fixture(scope="module")
def hollow() -> Iterator[HollowIndex]:
    with HollowIndex() as index:
        metadata = metadata_text("loose", "1.0", requires=["torch>=2"])
        index.publish("pypi/simple", HollowFile(wheel_name("loose", "1.0"), metadata))
        yield index


@pytest.fixture(autouse=True)
def settings(hollow: HollowIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKPIN_MIRRORS", hollow.mirrors)
    monkeypatch.setenv("PIP_INDEX_URL", hollow.pypi)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")


def make(prefix: Path, site: Path, python: str) -> Venv:
    """An environment with the pip of another one."""
    subprocess.run([python, "-m", "venv", "--without-pip", prefix], check=True)
    packages = next(prefix.glob("lib/python3*/site-packages"))
    described = next(site.glob("pip-*.dist-info"))
    shutil.copytree(site / "pip", packages / "pip", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(described, packages / described.name)
    return Venv(prefix, described.name.removeprefix("pip-").removesuffix(".dist-info"))


@pytest.fixture
def venv(tmp_path: Path) -> Venv:
    """An environment with the newest pip."""
    return make(tmp_path / "venv", Path(pip.__file__).parents[1], sys.executable)


@pytest.fixture(params=[*(pytest.param(old, marks=pytest.mark.slow) for old in PIPS[:-1]), PIPS[-1]])
def old(request: pytest.FixtureRequest, tool_folder: Path, tmp_path: Path) -> Venv:
    """An environment with a released pip."""
    tool = tool_folder / f"pip-{request.param}"
    site = next(tool.glob("lib/python3*/site-packages"))
    found = make(tmp_path / "venv", site, str(tool / "bin" / "python"))
    if found.run("--version").returncode:
        pytest.skip(f"pip {request.param} does not run on this Python")
    return found


def shim(*words: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stackpin", "shim", *words]
    around = {name: value for name, value in os.environ.items() if name != "PIP_CONFIG_FILE"}
    return subprocess.run(
        command, env={**around, **env}, cwd=cwd, capture_output=True, text=True, check=False, timeout=300
    )


def guard(venv: Venv, cuda: str = "cu128") -> None:
    done = shim("install", "--venv", str(venv.prefix), "--stack", STACK, "--cuda", cuda)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


def free(venv: Venv) -> str:
    done = shim("remove", "--venv", str(venv.prefix))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.real
def test_a_plain_install_takes_the_tuples_torch_until_it_is_set_free(old: Venv, hollow: HollowIndex) -> None:
    hollow.publish("pypi/simple", HollowFile(wheel_name("apart", "1.0"), metadata_text("apart", "1.0")))
    guard(old)
    assert old.selects("loose")["torch"] == "2.10.0"
    assert old.selects("apart") == {"apart": "1.0"}
    refused = old.run("install", "--dry-run", "torch==2.9.0")
    assert (refused.returncode, "torch===2.10.0" in refused.stdout + refused.stderr) == (1, True)
    guard(old, cuda="cu126")
    assert old.selects("loose")["torch"] == "2.10.0+cu126"
    free(old)
    assert old.selects("loose")["torch"] not in {"2.10.0", "2.10.0+cu126"}


@pytest.mark.real
@pytest.mark.slow
def test_a_build_sees_the_tuples_torch(old: Venv, tmp_path: Path) -> None:
    """Pip 26.2 and newer have a key for builds, and refuse --no-build-isolation beside it."""
    project = tmp_path / "native"
    project.mkdir()
    (project / "backend.py").write_text(BACKEND, encoding="utf-8")
    (project / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    seen = tmp_path / "seen.txt"
    guard(old)
    done = old.run("wheel", "--no-deps", "-w", str(tmp_path / "out"), str(project), SEEN_TORCH=str(seen))
    assert done.returncode == 0, done.stderr
    assert seen.read_text(encoding="utf-8") == "2.10.0"
    done = old.run("install", "--no-build-isolation", "--no-deps", "--dry-run", "loose")
    refused = "--build-constraint cannot be used with --no-build-isolation" in done.stderr
    assert (refused, done.returncode) == ((True, 1) if old.pip.startswith("26.3") else (False, 0))


@pytest.mark.real
def test_configuration_of_wider_scope_still_acts(old: Venv, tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("loose<1\n", encoding="utf-8")
    home = Path(os.environ["HOME"])
    conf = home / ".config" / "pip" / "pip.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text(f"[install]\nconstraint = {tmp_path}/own.txt\n", encoding="utf-8")
    guard(old)
    done = old.run("install", "--dry-run", "loose")
    assert (done.returncode, "loose<1" in done.stdout) == (1, True)
    assert old.selects("torch")["torch"] == "2.10.0"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[global]\ntimeout = 60\n", id="a section"),
        pytest.param("# mine\n[global]\ntimeout = 60", id="no break at the end", marks=pytest.mark.slow),
        pytest.param(
            "[global]\nconstraint = {own}\n\n[list]\nformat = columns\n", id="a constraint", marks=pytest.mark.slow
        ),
        pytest.param(
            "[install]\nconstraint =\n    {own}\n    {own}\nno-clean = yes\n",
            id="a command's constraints",
            marks=pytest.mark.slow,
        ),
        pytest.param("", id="empty", marks=pytest.mark.slow),
        pytest.param("[list]\r\nformat = columns\r\n", id="breaks of another system", marks=pytest.mark.slow),
    ],
)
def test_the_users_file_is_extended_and_given_back(venv: Venv, tmp_path: Path, text: str) -> None:
    own = tmp_path / "own.txt"
    own.write_text("loose<2\n", encoding="utf-8")
    text = text.format(own=own)
    venv.conf.write_bytes(text.encode())
    venv.conf.chmod(0o600)
    guard(venv)
    guarded = venv.conf.read_bytes()
    assert venv.selects("loose")["torch"] == "2.10.0"
    listed = venv.run("config", "list").stdout
    assert ("timeout" in text) == ("global.timeout='60'" in listed)
    assert ("format" in text) == ("list.format='columns'" in listed)
    assert ("own.txt" in text) == (str(own) in listed)
    guard(venv)
    assert (venv.conf.read_bytes(), venv.conf.stat().st_mode & 0o777) == (guarded, 0o600)
    assert free(venv) == f"{venv.prefix}: pip.conf, stackpin-constraints.txt set right\n"
    assert venv.conf.read_bytes() == text.encode()
    assert free(venv) == f"{venv.prefix}: nothing of stackpin is there\n"


def test_without_a_file_of_the_user_nothing_stays(venv: Venv) -> None:
    before = sorted(venv.prefix.iterdir())
    guard(venv)
    free(venv)
    assert sorted(venv.prefix.iterdir()) == before


def test_what_the_user_wrote_since_stays(venv: Venv) -> None:
    guard(venv)
    with venv.conf.open("a", encoding="utf-8") as file:
        file.write("timeout = 60\n")
    assert "global.timeout='60'" in venv.run("config", "list").stdout
    free(venv)
    assert venv.conf.read_text(encoding="utf-8") == "[global]\ntimeout = 60\n"


@pytest.mark.slow
def test_an_environment_with_a_blank_in_its_name_is_held(tmp_path: Path) -> None:
    venv = make(tmp_path / "my venv", Path(pip.__file__).parents[1], sys.executable)
    guard(venv)
    assert f"constraint = {(venv.prefix / 'stackpin-constraints.txt').as_uri()}\n" in venv.conf.read_text("utf-8")
    assert venv.selects("loose")["torch"] == "2.10.0"


@pytest.mark.slow
def test_the_stack_of_the_settings_is_taken(venv: Venv, tmp_path: Path) -> None:
    (tmp_path / "stackpin.toml").write_text(f'stack = ["{STACK}"]\ncuda = "cu126"\n', encoding="utf-8")
    assert shim("install", "--venv", "venv", cwd=tmp_path).returncode == 0
    assert venv.selects("loose")["torch"] == "2.10.0+cu126"


def test_no_stack_is_an_error_with_a_command(venv: Venv) -> None:
    done = shim("install", "--venv", str(venv.prefix))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: no stack is in force that the environment could be held to\n"
        "  expected: --stack, STACKPIN_STACK, or stack = [...] in [tool.stackpin]\n"
        f"  do:       stackpin shim install --venv {venv.prefix} --stack sglang\n"
    )
    assert not venv.conf.exists()


def test_a_file_that_pip_could_not_read_is_left_alone(venv: Venv) -> None:
    venv.conf.write_text("[global]\n[global]\n", encoding="utf-8")
    done = shim("install", "--venv", str(venv.prefix), "--stack", STACK)
    assert (done.returncode, done.stderr.splitlines()[0]) == (15, "error: pip's configuration cannot be read")
    assert venv.conf.read_text(encoding="utf-8") == "[global]\n[global]\n"
    assert not (venv.prefix / "stackpin-constraints.txt").exists()


def test_a_link_in_the_place_of_pip_conf_is_left_alone(venv: Venv, tmp_path: Path) -> None:
    (tmp_path / "team.conf").write_text("[global]\n", encoding="utf-8")
    venv.conf.symlink_to(tmp_path / "team.conf")
    done = shim("install", "--venv", str(venv.prefix), "--stack", STACK)
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "error: pip's configuration is a link")
    assert (tmp_path / "team.conf").read_text(encoding="utf-8") == "[global]\n"


def test_a_constraints_file_of_somebody_else_is_left_alone(venv: Venv) -> None:
    theirs = venv.prefix / "stackpin-constraints.txt"
    theirs.write_text("torch\n", encoding="utf-8")
    done = shim("install", "--venv", str(venv.prefix), "--stack", STACK)
    assert (done.returncode, theirs.read_text(encoding="utf-8")) == (2, "torch\n")
    assert free(venv) == f"{venv.prefix}: nothing of stackpin is there\n"


@pytest.mark.parametrize("command", ["install", "status"])
def test_a_folder_that_is_no_environment_is_said(tmp_path: Path, command: str) -> None:
    done = shim(command, "--venv", str(tmp_path), *(["--stack", STACK] if command == "install" else []))
    assert (done.returncode, done.stderr.splitlines()[0]) == (16, "error: the folder is no Python environment")
    assert not list(tmp_path.iterdir())


def test_the_systems_own_python_is_not_guarded(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info[1]}")
    done = shim("install", "--venv", str(tmp_path), "--stack", STACK)
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "error: the folder is no environment of its own")


def test_status_tells_how_it_stands(venv: Venv) -> None:
    python = ".".join(map(str, sys.version_info[:3]))
    place, conf = f"{venv.prefix} (Python {python}, pip {venv.pip})", venv.conf
    again = f"  do: stackpin shim install --venv {venv.prefix}\n"
    assert shim("status", "--venv", str(venv.prefix)).stdout == f"{place}: not guarded\n{again}"
    guard(venv)
    said = shim("status", "--venv", str(venv.prefix)).stdout
    assert said.startswith(f"{place}: guarded\n  torch 2.10.x on cu128, compiled by stackpin ")
    assert len(said.splitlines()) == 2
    assert f"  PIP_CONSTRAINT is set and goes before {conf}\n" in (
        shim("status", "--venv", str(venv.prefix), PIP_CONSTRAINT="x").stdout
    )
    (venv.prefix / "stackpin-constraints.txt").unlink()
    document = json.loads(shim("status", "--venv", str(venv.prefix), "--json").stdout)
    assert document["faults"] == [f"{venv.prefix}/stackpin-constraints.txt is gone"]
    assert (document["installed"], document["pip"]) == (True, venv.pip)


@pytest.mark.slow
def test_status_tells_of_a_guard_that_no_longer_holds(venv: Venv) -> None:
    guard(venv)
    with venv.conf.open("a", encoding="utf-8") as file:
        file.write("[install]\nconstraint = /elsewhere.txt\n")
    (fault,) = json.loads(shim("status", "--venv", str(venv.prefix), "--json").stdout)["faults"]
    assert fault == (
        f"{venv.conf} does not hold this pip any more: the environment was moved, or pip or a pip.conf has changed"
    )
    guard(venv)
    assert json.loads(shim("status", "--venv", str(venv.prefix), "--json").stdout)["faults"] == []


def test_a_moved_environment_can_be_set_free(venv: Venv, tmp_path: Path) -> None:
    guard(venv)
    moved = Venv(tmp_path / "moved", venv.pip)
    venv.prefix.rename(moved.prefix)
    assert "does not hold this pip any more" in shim("status", "--venv", str(moved.prefix)).stdout
    assert free(moved) == f"{moved.prefix}: pip.conf, stackpin-constraints.txt set right\n"
    assert not moved.conf.exists()


def test_an_environment_without_pip_is_guarded_for_a_pip_from_outside(tmp_path: Path) -> None:
    prefix = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
    guard(Venv(prefix, ""))
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(prefix), "install", "--dry-run", "loose"],
        env={name: value for name, value in os.environ.items() if name != "PIP_CONFIG_FILE"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "torch-2.10.0" in done.stdout, done.stderr
