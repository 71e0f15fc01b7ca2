"""Without a stack in force the wrapper is not there: output and exit code are the tool's, and so is the process."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.support.desk import Desk

__all__: list[str] = []

pytestmark = pytest.mark.real

OFF = b"stackpin: off (STACKPIN_OFF=1): %s runs as it is\n"
#: A program that says what it was given, byte for byte, and ends with a code of its own.
ECHO = "import os, sys; print([os.fsencode(each) for each in sys.argv[1:]]); sys.exit(7)"
UNINSTALL = {"uv": "uv pip uninstall -q plain-lib", "pip": "pip uninstall -q -y plain-lib"}
UV_LINES = (
    "uv --version",
    "uv",
    "uv help pip",
    "uv pip install --help",
    "uv pip list",
    "uv pip freeze",
    "uv pip show plain-lib",
    "uv pip install plain-lib",
    "uv pip install --no-deps plain-lib==1.0",
    "uv pip install no-such-package-anywhere",
    "uv pip install 'plain-lib==9'",
    "uv pip install",
    "uv pip install --no-such-option plain-lib",
    "uv pip compile -",
    "uv no-such-command",
    "uv python list --only-installed",
    "uv cache dir",
    "uv tool list",
    "uv lock",
    "uv run --no-project python -c 'print(1)'",
    "uv run --no-project python -c 'raise SystemExit(3)'",
    "uv run no-such-program",
    "uvx plain-tool",
    "uvx --help",
    "uv --color always pip install plain-lib",
)
PIP_LINES = (
    "pip --version",
    "pip",
    "pip help",
    "pip list",
    "pip freeze",
    "pip install plain-lib",
    "pip install -v 'plain-lib==1.0'",
    "pip install no-such-package-anywhere",
    "pip install --no-such-option",
    "pip no-such-command",
    "pip download -d there plain-lib",
    "pip config list",
    "pip cache dir",
    "pip check",
)


class Ended(NamedTuple):
    """All that a process leaves to whoever called it."""

    code: int
    stdout: bytes
    stderr: bytes


def run(desk: Desk, words: Sequence[str | bytes], **variables: str) -> Ended:
    """A command as words, with no shell between."""
    environment = {**desk.environment, **variables}
    done = subprocess.run(words, cwd=desk.work, env=environment, capture_output=True, check=False, input=b"plain-lib\n")
    return Ended(done.returncode, _timeless(done.stdout), _timeless(done.stderr))


def _timeless(output: bytes) -> bytes:
    """An output without what no two runs share: times, process numbers, names of temporary files."""
    output = re.sub(rb"\b[\d.]+ ?(ns|us|\xc2\xb5s|ms|s)\b", b"TIME", output)
    output = re.sub(rb"(pip-[a-z-]+-|\.tmp|sandbox-|tmp)[A-Za-z0-9_]{6,}", rb"\1RANDOM", output)
    return re.sub(rb"\d{4}-\d\d-\d\dT[\d:.]+Z?|\d+\.\d+ [kM]B/s", b"TIME", output)


def both(desk: Desk, line: str, tool: str, **variables: str) -> tuple[Ended, Ended]:
    """The same line typed with the bare tool and through the wrapper, each from the same state."""
    words = desk.place.argv(line)
    run(desk, words, **variables)  # what is fetched once only is there for both
    desk.type(UNINSTALL[tool])
    bare = run(desk, words, **variables)
    desk.type(UNINSTALL[tool])
    return bare, run(desk, ["stackpin", *words], **variables)


@pytest.mark.parametrize("line", UV_LINES)
def test_uv_without_a_stack_is_uv_itself(line: str, desk: Callable[..., Desk]) -> None:
    bare, wrapped = both(desk("uv", stack=""), line, "uv")
    assert wrapped == bare


@pytest.mark.parametrize(
    "line", [*PIP_LINES[::2], *(pytest.param(line, marks=pytest.mark.slow) for line in PIP_LINES[1::2])]
)
def test_pip_without_a_stack_is_pip_itself(line: str, desk: Callable[..., Desk]) -> None:
    bare, wrapped = both(desk("pip", stack=""), line, "pip")
    assert wrapped == bare


@pytest.mark.parametrize(
    "variables", [{"FORCE_COLOR": "1"}, {"CLICOLOR_FORCE": "1"}], ids=lambda each: next(iter(each))
)
def test_colours_are_the_tools_own_affair(variables: dict[str, str], desk: Callable[..., Desk]) -> None:
    here = desk("uv", stack="")
    del here.place.environment["NO_COLOR"]
    bare, wrapped = both(here, "uv pip install plain-lib==9", "uv", **variables)
    assert wrapped == bare
    assert b"\x1b[" in bare.stderr


@pytest.mark.parametrize(("tool", "line"), [("uv", "uv pip install plain-lib"), ("pip", "pip install plain-lib==9")])
def test_switched_off_it_says_one_line_and_nothing_else(tool: str, line: str, desk: Callable[..., Desk]) -> None:
    bare, wrapped = both(desk(tool), line, tool, STACKPIN_OFF="1")
    assert wrapped == bare._replace(stderr=OFF % tool.encode() + bare.stderr)


def test_arguments_arrive_as_they_were_typed(desk: Callable[..., Desk]) -> None:
    here = desk("uv", stack="")
    awkward = [b"a b", b"", b"'", b'"', b"line\nbreak", b"\xff\xfe", "ü".encode(), b"--stack", b"--", b"$HOME", b"*"]
    words = [b"uv", b"run", b"--no-project", b"python", b"-c", ECHO.encode(), *awkward]
    bare, wrapped = run(here, words), run(here, [b"stackpin", *words])
    assert wrapped == bare
    assert wrapped.code == 7
    assert wrapped.stdout.decode().strip() == str(awkward)


def test_arguments_of_a_program_arrive_with_a_stack_in_force_too(desk: Callable[..., Desk]) -> None:
    here = desk("uv")
    awkward = [b"a b", b"", b"line\nbreak", b"\xff\xfe", b"--stack", b"x", b"--", b"--cuda=cu126"]
    wrapped = run(here, [b"stackpin", b"uv", b"run", b"python", b"-c", ECHO.encode(), *awkward])
    assert (wrapped.code, wrapped.stdout.decode().strip()) == (7, str(awkward))


@pytest.mark.parametrize(
    "variables", [{}, {"STACKPIN_STACK": "torch==2.6.0", "STACKPIN_OFF": "1"}], ids=["none", "off"]
)
def test_the_process_becomes_the_tool(variables: dict[str, str], desk: Callable[..., Desk]) -> None:
    here = desk("uv", stack="")
    ask = (
        "import os; p = os.getppid(); print(open(f'/proc/{p}/comm').read(), open(f'/proc/{p}/stat').read().split()[3])"
    )
    done = run(here, ["stackpin", "uv", "run", "--no-project", "python", "-c", ask], **variables)
    assert done.stdout.decode().split() == ["uv", str(os.getpid())]
