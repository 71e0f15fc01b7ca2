"""``pyproject.toml`` files as people write them: patched without loss, and held by real uv; a kill leaves one of two files."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.escapes.evidence import gather
from tests.support.projects import comments_of, outside

from stackpin.errors import InputUnreadable, UsageError
from stackpin.patch.uv_project import Tagged, Wanted, with_tuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.desk import Desk

__all__: list[str] = []

PROJECTS = Path(__file__).parent.parent / "data" / "projects"
FILES = sorted(path.relative_to(PROJECTS).as_posix() for path in PROJECTS.rglob("pyproject.toml"))
#: Those whose dependencies the offline world has.
LOCKED = (
    *("application", "groups", "workspace", "virtual-workspace", "out-of-order", "own-constraints", "extras"),
    *("editable", "overrides", "dotted"),
)
MARKER = "sys_platform == 'linux' and platform_machine == 'x86_64'"
MANAGED = frozenset({"torch", "triton", "pytorch-triton"})
PLAIN = Wanted(("torch===2.6.0", "triton==3.2.0"), MANAGED, {}, MARKER, ("torch===2.6.0", "triton==3.2.0"))
LABELLED = Wanted(
    (f"torch==2.6.0+cu126 ; {MARKER}", "triton==3.2.0"),
    MANAGED,
    {"torch": "https://download.example/whl/cu126"},
    MARKER,
    ("triton==3.2.0",),
)
TWO_TAGS = Wanted(
    ("torch==2.6.0", "triton==3.2.0"),
    MANAGED,
    {},
    MARKER,
    ("torch==2.6.0", "triton==3.2.0"),
    {
        "cu118": Tagged(("torch==2.6.0+cu118",), {"torch": "https://download.example/whl/cu118"}),
        "cu124": Tagged(("torch===2.6.0",), {}),
    },
    frozenset({"torch"}),
)
WANTED = {"plain": PLAIN, "labelled": LABELLED, "two tags": TWO_TAGS}
#: What cannot be done, by file and by what is wanted, and why.
REFUSED = {
    ("dotted/pyproject.toml", "two tags"): "laid out",
    ("one-line/pyproject.toml", "labelled"): "laid out",
    ("one-line/pyproject.toml", "two tags"): "laid out",
    ("no-tables/pyproject.toml", "two tags"): "an extra each",
    ("poetry/pyproject.toml", "two tags"): "an extra each",
    ("setuptools/pyproject.toml", "two tags"): "an extra each",
    ("virtual-workspace/pyproject.toml", "two tags"): "an extra each",
}


def text_of(name: str) -> str:
    return (PROJECTS / name).read_bytes().decode()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("wanted", WANTED)
def test_a_file_says_what_it_said_and_the_tuple(name: str, wanted: str) -> None:
    text = text_of(name)
    try:
        new = with_tuple(text, WANTED[wanted], where=name)
    except (InputUnreadable, UsageError) as error:
        assert REFUSED[name, wanted] in error.what  # noqa: PT017 - one of two ends
        return
    assert (name, wanted) not in REFUSED
    before, after = tomllib.loads(text), tomllib.loads(new)
    assert outside(after, MANAGED) == outside(before, MANAGED)
    assert set(WANTED[wanted].constraints) <= set(after["tool"]["uv"]["constraint-dependencies"])
    assert set(WANTED[wanted].builds) <= set(after["tool"]["uv"]["build-constraint-dependencies"])
    assert not comments_of(text) - comments_of(new)
    assert ("\r\n" in text) == ("\r\n" in new)
    assert with_tuple(new, WANTED[wanted], where=name) == new


def laid_out(name: str, desk: Callable[..., Desk], cuda: str = "pypi") -> Desk:
    here = desk("uv", "project-loose", cuda=cuda)
    (here.work / "pyproject.toml").unlink()
    shutil.copytree(PROJECTS / name, here.work, dirs_exist_ok=True)
    return here


def locked(here: Desk) -> set[str]:
    return {f"{each.name}=={each.version}" for each in gather(here.place).found if each.where == "uv.lock"}


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("name", LOCKED)
@pytest.mark.parametrize(("cuda", "torch"), [("pypi", "2.6.0"), ("cu126", "2.6.0+cu126")])
def test_plain_uv_locks_and_syncs_the_tuple(name: str, cuda: str, torch: str, desk: Callable[..., Desk]) -> None:
    here = laid_out(name, desk, cuda)
    done = here.type("stackpin apply pyproject.toml")
    assert done.code == 0, done.stderr
    for line in ("uv lock", "uv lock --check", "uv sync --all-extras --all-packages --dry-run"):
        done = here.type(line)
        assert done.code == 0, done.stderr
    assert {f"torch=={torch}", "triton==3.2.0"} <= locked(here)
    assert {each for each in locked(here) if each.startswith("torch==")} <= {f"torch=={torch}", "torch==2.6.0"}


@pytest.mark.real
@pytest.mark.slow
def test_an_extra_a_tag_gives_each_its_build_and_no_two_at_once(desk: Callable[..., Desk]) -> None:
    here = laid_out("application", desk)
    assert here.type("stackpin apply pyproject.toml --cuda cu126 --cuda cu124").code == 0
    assert here.type("uv lock").code == 0
    assert {"torch==2.6.0", "torch==2.6.0+cu126"} <= locked(here)
    for extra, torch in (("cu126", "torch==2.6.0+cu126"), ("cu124", "torch==2.6.0")):
        assert here.type(f"uv sync --extra {extra}").code == 0
        assert {each for each in here.installed() if each.startswith("torch==")} == {torch}
    both = here.type("uv sync --extra cu126 --extra cu124")
    assert (both.code, "incompatible with the declared conflicts" in both.stderr) == (2, True)


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    old = text_of("own-constraints/pyproject.toml").encode()
    command = [sys.executable, "-m", "stackpin", "apply", "pyproject.toml", "--stack", "sglang==0.4.*", "-q"]
    env = {**os.environ, "STACKPIN_CUDA": "cu124", "HOME": str(tmp_path)}

    def run(seconds: float | None) -> float:
        path.write_bytes(old)
        began = time.monotonic()
        with subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.DEVNULL) as process:
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        return time.monotonic() - began

    whole = run(None)
    new = path.read_bytes()
    assert new != old
    ends: dict[bytes, int] = {}
    for number in range(40):
        run(whole * number / 25)
        ends[path.read_bytes()] = ends.get(path.read_bytes(), 0) + 1
    assert set(ends) == {old, new}


def test_what_is_no_list_is_told_and_nothing_is_changed() -> None:
    for key, text in {
        "constraint-dependencies": '[tool.uv]\nconstraint-dependencies = "torch"\n',
        "build-constraint-dependencies": "[tool.uv]\nbuild-constraint-dependencies = 3\n",
    }.items():
        with pytest.raises(InputUnreadable) as caught:
            with_tuple(text, PLAIN, where="x")
        assert (caught.value.what, caught.value.where) == (f"{key} is no list", "x: [tool.uv]")


@pytest.mark.skipif(os.name != "posix", reason="links and modes are POSIX's here")
def test_a_link_stays_one_and_what_it_leads_to_is_patched(desk: Callable[..., Desk]) -> None:
    here = desk("uv", "project-loose")
    real = here.work / "real.toml"
    (here.work / "pyproject.toml").rename(real)
    (here.work / "pyproject.toml").symlink_to("real.toml")
    assert here.type("stackpin apply pyproject.toml").code == 0
    assert (here.work / "pyproject.toml").is_symlink()
    assert "torch===2.6.0" in real.read_text(encoding="utf-8")


def test_a_byte_order_mark_stays(tmp_path: Path) -> None:
    from tests.support.in_process import run_here

    path = tmp_path / "pyproject.toml"
    path.write_bytes("\ufeff[project]\nname = 'x'\n".encode())
    done = run_here("apply", "pyproject.toml", "--stack", "torch==2.6.0", cwd=tmp_path)
    assert done.returncode == 0
    content = path.read_bytes()
    assert content.startswith("\ufeff[project]".encode())
    assert tomllib.loads(content.decode("utf-8-sig"))["project"] == {"name": "x"}


def test_a_project_of_another_source_is_told_and_stays(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\n\n[tool.uv.sources]\ntorch = { path = "torch.whl" }\n'
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    from tests.support.in_process import run_here

    done = run_here("apply", "pyproject.toml", "--stack", "torch==2.7.1", "--cuda", "cu118", cwd=tmp_path)
    assert done.returncode == 2
    assert "the project takes torch from another source already" in done.stderr
    assert (tmp_path / "pyproject.toml").read_text(encoding="utf-8") == text


def test_the_table_of_refusals_names_files_that_are_there() -> None:
    found: Any = {name for name, _ in REFUSED}
    assert found <= set(FILES)
