"""Shims as shells run them: what goes to the real tool at once, what goes to stackpin, and what can go wrong."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.support.shim_world import ShimWorld, program

from stackpin.emit.shims import CODE, DEPTH

__all__: list[str] = []

SHELLS = [name for name in ("dash", "bash", "busybox") if shutil.which(name)]
AT_ONCE = """
uv
uv --version
uv -V
uv -h
uv help pip install
uv --help
uv -q --version
uv --quiet --no-cache pip list
uv pip list --outdated
uv pip freeze
uv pip show torch
uv pip check
uv pip tree
uv pip install --help
uv pip compile -h
uv pip --help
uv python install 3.12
uv python list
uv cache clean
uv self update
uv init project
uv auth login
uv format
uv publish
uv generate-shell-completion bash
uv tool list
uv tool dir
uv tool uninstall ruff
uv tool update-shell
uv tool run --help
uv workspace list
uv venv
uv venv --python 3.12 .venv
uv run --help
uv add -h
uvx
uvx --version
uvx -V
uvx --help
pip
pip --version
pip -V
pip --help
pip help install
pip list --format json
pip freeze
pip show torch
pip check
pip cache dir
pip config list
pip debug
pip hash file
pip index versions torch
pip inspect
pip search torch
pip completion --bash
pip install --help
pip --disable-pip-version-check list
pip3 --version
pip3 -q list
"""
TO_STACKPIN = """
uv pip install torch
uv pip sync requirements.txt
uv pip compile requirements.in
uv pip uninstall torch
uv pip -q list
uv pip list --stack sglang
uv pip check --cuda=cu124
uv --stack sglang pip install
uv --directory elsewhere pip list
uv --color never pip list
uv -q pip install torch
uv -q
uv add torch
uv remove torch
uv lock
uv sync
uv run pip list
uv run python --version
uv run --version
uv run --with torch python --help
uv tool install ruff
uv tool upgrade ruff
uv tool run ruff --help
uv tool run ruff --version
uv tool audit ruff
uv export
uv tree
uv build
uv version
uv check
uv audit
uv workspace metadata
uv venv --seed
uv venv .venv --seed --clear
uv something-new
uv --new-option pip list
pip install torch
pip install -r requirements.txt --help
pip download torch
pip wheel torch
pip lock
pip uninstall torch
pip --python .venv list
pip --python=.venv list
pip --log list install torch
pip --isolated install torch
pip -q
pip something-new
pip --vers
uvx ruff --version
uvx --from ruff ruff --help
"""


def rows(text: str) -> list[list[str]]:
    return [shlex.split(line) for line in text.strip().splitlines()]


@pytest.fixture
def world(tmp_path: Path) -> ShimWorld:
    return ShimWorld(tmp_path)


@pytest.mark.parametrize("words", rows(AT_ONCE), ids=" ".join)
def test_what_selects_no_package_goes_to_the_real_tool_at_once(world: ShimWorld, words: list[str]) -> None:
    said = world.run(words)
    assert (said.who, said.words, said.code) == (
        str(world.real / words[0]),
        "".join(f"[{word}]" for word in words[1:]),
        7,
    )


@pytest.mark.parametrize("words", rows(TO_STACKPIN), ids=" ".join)
def test_everything_else_goes_to_stackpin(world: ShimWorld, words: list[str]) -> None:
    said = world.run(words)
    assert (said.who, said.code) == (str(world.python), 7)
    handed = ["-I", "-c", CODE, "pip" if words[0] == "pip3" else words[0], *words[1:]]
    assert said.words == "".join(f"[{word}]" for word in handed)
    assert said.told == f"dir={world.shims} tool={world.real / words[0]} depth=1"


def test_a_seed_that_the_environment_asks_for_goes_to_stackpin(world: ShimWorld) -> None:
    assert world.run(["uv", "venv"], UV_VENV_SEED="1").who == str(world.python)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("first", [("pip", "list"), ("pip", "install"), ("run",)], ids=" ".join)
def test_arguments_arrive_as_they_were_typed(world: ShimWorld, shell: str, first: tuple[str, ...]) -> None:
    odd = ["a b", "", "*", "'", '"', "$HOME", "`id`", "\\n", "a:b", "--", "-c", "ü", "[!x]", "line\nbreak", "", "~"]
    words = ["uv", *first, *odd]
    command = ["sh", str(world.shims / "uv")] if shell == "busybox" else [str(world.shims / "uv")]
    done = subprocess.run(
        [shutil.which(shell) or shell, *command, *words[1:]],
        env={"PATH": f"{world.shims}:{world.real}"},
        capture_output=True,
        text=True,
        check=False,
        cwd=world.root,
    )
    assert "".join(f"[{word}]" for word in words[1:]) in done.stdout
    assert (done.returncode, done.stderr) == (7, "")


@pytest.mark.parametrize("words", [["uv", "--version"], ["uv", "sync"], ["pip", "list"]], ids=" ".join)
def test_the_environment_arrives_as_it_was(world: ShimWorld, words: list[str]) -> None:
    theirs = {"word": "w", "real": "r", "here": "h", "at": "a", "name": "n", "HOME": "/h", "ODD": "a\nb"}
    listing = "#!/bin/sh\n/usr/bin/env -0\n"
    program(world.python, listing)
    for name in ("uv", "pip"):
        program(world.real / name, listing)
    done = subprocess.run(
        [world.shims / words[0], *words[1:]],
        env={"PATH": f"{world.shims}:{world.real}", **theirs},
        capture_output=True,
        text=True,
        check=True,
    )
    found = dict(item.split("=", 1) for item in done.stdout.split("\0") if item)
    added = {name: value for name, value in found.items() if theirs.get(name) != value}
    added = {name: value for name, value in added.items() if not name.startswith("STACKPIN_SHIM_")}
    assert set(added) <= {"PATH", "PWD", "OLDPWD", "_", "SHLVL"}
    assert set(theirs) <= set(found)


def test_no_program_but_the_tool_is_run(world: ShimWorld) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace counts the processes")
    done = subprocess.run(
        [strace, "-f", "-e", "trace=execve,fork,vfork,clone,clone3", str(world.shims / "uv"), "--version"],
        env={"PATH": f"{world.shims}:{world.real}"},
        capture_output=True,
        text=True,
        check=False,
    )
    calls = [line for line in done.stderr.splitlines() if "(" in line and "exited" not in line]
    assert [line.partition('"')[2].partition('"')[0] for line in calls] == [
        str(world.shims / "uv"),
        str(world.real / "uv"),
    ]


def test_a_second_folder_of_shims_is_passed_over(world: ShimWorld) -> None:
    other = world.root / "other"
    world.write_shims(other)
    world.path = [other, world.shims, world.real]
    assert world.run(["uv", "--version"]).who == str(world.real / "uv")
    assert world.run(["uv", "sync"]).told == f"dir={other} tool={world.real / 'uv'} depth=1"


def test_a_link_to_a_shim_is_passed_over(world: ShimWorld) -> None:
    links = world.root / "links"
    links.mkdir()
    (links / "uv").symlink_to(world.shims / "uv")
    world.path = [links, world.shims, world.real]
    assert world.run(["uv", "--version"]).who == str(world.real / "uv")
    world.path = [world.shims, links, world.real]
    assert world.run(["uv", "--version"]).who == str(world.real / "uv")


def test_a_folder_and_a_file_that_may_not_run_are_passed_over(world: ShimWorld) -> None:
    (world.root / "folders" / "uv").mkdir(parents=True)
    program(world.root / "texts" / "uv").chmod(0o644)
    world.path = [world.shims, world.root / "nonesuch", world.root / "folders", world.root / "texts", world.real]
    assert world.run(["uv", "--version"]).who == str(world.real / "uv")


def test_path_may_have_blanks_patterns_and_relative_entries(world: ShimWorld) -> None:
    odd = world.root / "a b*[c]"
    shutil.copytree(world.real, odd)
    world.path = [Path("shims"), odd]
    assert world.run(["uv", "--version"]).who == str(odd / "uv")
    assert world.run(["uv", "sync"]).told == f"dir={world.root}/shims tool={odd / 'uv'} depth=1"


def test_the_current_folder_counts_where_path_has_an_empty_entry(world: ShimWorld) -> None:
    program(world.root / "uv")
    done = subprocess.run(
        [world.shims / "uv", "--version"],
        env={"PATH": f"{world.shims}::{world.real}"},
        capture_output=True,
        text=True,
        check=False,
        cwd=world.root,
    )
    assert done.stdout.startswith("I am ./uv\n")


def test_a_folder_of_shims_may_be_moved(world: ShimWorld) -> None:
    moved = world.root / "moved here"
    world.shims.rename(moved)
    world.path = [moved, world.real]
    assert world.run(["uv", "sync"]).told == f"dir={moved} tool={world.real / 'uv'} depth=1"


def test_a_tool_that_calls_another_through_the_shims_is_no_loop(world: ShimWorld) -> None:
    program(world.real / "uv", '#!/bin/sh\npip list inner && exit 1\nexec pip install "$@"\n')
    program(world.real / "pip", '#!/bin/sh\necho "pip $1 at depth $STACKPIN_SHIM_DEPTH"\nexit 3\n')
    program(world.python, '#!/bin/sh\nshift 3\n"$STACKPIN_SHIM_TOOL" "$2" "$STACKPIN_SHIM_DEPTH"\n')
    done = subprocess.run(
        [world.shims / "uv", "--version"],
        env={"PATH": f"{world.shims}:{world.real}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "pip list at depth 2\npip install at depth 2\n", "")


@pytest.mark.parametrize("how", ["exec uv", "uv"])
def test_a_tool_that_finds_the_shim_again_and_again_is_a_loop(world: ShimWorld, how: str) -> None:
    program(world.real / "uv", f'#!/bin/sh\n{how} "$@"\n')
    said = world.run(["uv", "--version"])
    assert said.code == 16
    assert said.stderr == (
        "stackpin[tool-missing]: uv was not run: it calls itself in a circle\n"
        f"  found:    {world.real}/uv, which runs {world.shims}/uv again, {DEPTH} times so far\n"
        f"  do:       put the folder of the real uv first on PATH, or: stackpin shim remove --dir '{world.shims}'\n"
    )


@pytest.mark.parametrize("depth", ["", "0", "x", "1x", "-3", "007", "08", "1 1", "$(exit 9)"])
def test_a_depth_that_is_none_begins_at_one(world: ShimWorld, depth: str) -> None:
    said = world.run(["uv", "--version"], STACKPIN_SHIM_DEPTH=depth)
    assert (said.told.rpartition(" ")[2], said.stderr) == ("depth=1", "")


@pytest.mark.parametrize("words", [["uv", "sync"], ["uv", "--version"], ["pip3", "install", "torch"]], ids=" ".join)
def test_off_runs_the_real_tool_and_says_so(world: ShimWorld, words: list[str]) -> None:
    said = world.run(words, STACKPIN_OFF="1")
    assert said.who == str(world.real / words[0])
    assert said.stderr == f"stackpin: off (STACKPIN_OFF=1): {words[0]} runs as it is\n"


def test_off_is_said_once_however_tools_call_each_other(world: ShimWorld) -> None:
    program(world.real / "uv", '#!/bin/sh\nexec pip "$@"\n')
    said = world.run(["uv", "sync"], STACKPIN_OFF="1")
    assert (said.who, said.stderr) == (
        str(world.real / "pip"),
        "stackpin: off (STACKPIN_OFF=1): uv runs as it is\n",
    )


@pytest.mark.parametrize("value", ["", "0", "no"])
def test_off_is_off_only_where_it_is_set(world: ShimWorld, value: str) -> None:
    said = world.run(["uv", "sync"], STACKPIN_OFF=value)
    assert (said.who, said.stderr) == (str(world.python), "")


@pytest.mark.parametrize("part", ["python", "stackpin"], ids=["interpreter", "package"])
def test_a_removed_stackpin_is_said_with_ways_on(world: ShimWorld, part: str) -> None:
    (world.root / part).rename(world.root / "gone")
    said = world.run(["pip", "install", "torch"])
    assert said.code == 16
    assert said.stderr == (
        "stackpin[tool-missing]: pip was not run: the stackpin that this shim calls is gone\n"
        f"  where:    {world.python} -m stackpin\n"
        f"  do:       install stackpin again, then: stackpin shim install --dir '{world.shims}'\n"
        f"            or take the shims away: cd '{world.shims}' && rm pip pip3 uv uvx .stackpin-shims\n"
        "            or run this once without stackpin: STACKPIN_OFF=1 pip ...\n"
    )
    assert world.run(["pip", "--version"]).who == str(world.real / "pip")
    subprocess.run(f"cd '{world.shims}' && rm pip pip3 uv uvx .stackpin-shims", shell=True, check=True)
    assert world.run(["pip", "install", "torch"]).who == str(world.real / "pip")


@pytest.mark.parametrize("words", [["uv", "--version"], ["uv", "sync"], ["uvx", "ruff"]], ids=" ".join)
@pytest.mark.parametrize("off", ["", "1"])
def test_no_real_uv_is_said_with_a_way_on(world: ShimWorld, words: list[str], off: str) -> None:
    world.path = [world.shims]
    said = world.run(words, STACKPIN_OFF=off)
    assert said.code == 16
    assert said.stderr == (
        f"stackpin[tool-missing]: {words[0]} was not run: there is no {words[0]} on PATH behind stackpin's shim\n"
        "  where:    PATH\n"
        "  do:       python3 -m pip install --user uv, or put the folder of your uv on PATH\n"
    )


@pytest.mark.parametrize("words", [["pip", "--version"], ["pip", "install", "torch"]], ids=" ".join)
def test_without_a_pip_on_path_stackpin_looks_for_the_environments_own(world: ShimWorld, words: list[str]) -> None:
    world.path = [world.shims]
    said = world.run(words)
    assert (said.who, said.told) == (str(world.python), f"dir={world.shims} tool= depth=1")


def test_the_exit_code_of_a_signal_is_the_tools(world: ShimWorld) -> None:
    program(world.real / "uv", "#!/bin/sh\nkill -TERM $$\n")
    done = subprocess.run(
        [world.shims / "uv", "--version"], env={"PATH": os.pathsep.join(map(str, world.path))}, check=False
    )
    assert done.returncode == -15
