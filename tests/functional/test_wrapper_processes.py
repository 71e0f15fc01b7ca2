"""Many wrapped runs at once, runs that are interrupted or killed, and machines with no room: nothing half, nothing left."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.desk import Desk

__all__: list[str] = []

pytestmark = pytest.mark.real

MANY = 20
#: How long every answer of the index takes where a run is to be caught in the middle.
SLOW = 1.5
LOOSE = """[project]
name = "demo"
version = "0.1"
requires-python = ">=3.11"
dependencies = ["loose-user"]
"""


def started(desk: Desk, line: str) -> subprocess.Popen[bytes]:
    """A wrapped command in a session of its own, as a terminal would have it; it has reached the index."""
    before = len(desk.world.index.requests)
    words = [str(desk.place.folder / "bin" / "stackpin"), *desk.place.argv(line)]
    process = subprocess.Popen(
        words,
        cwd=desk.work,
        env=desk.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    wait_until(lambda: len(desk.world.index.requests) > before)
    return process


def wait_until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Look again and again until it is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def child_of(process: subprocess.Popen[bytes]) -> int:
    """The process that the wrapper has started last: the tool."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    return int(children[-1])


def runs(number: int) -> bool:
    """Whether a process is there and no corpse."""
    try:
        return Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def left_over(desk: Desk) -> list[str]:
    """What lies in the folder for temporary files, without the locks that a bare uv leaves there as well."""
    return [name for name in desk.left_over() if not name.startswith("uv-")]


@contextmanager
def slow_index(desk: Desk, seconds: float = SLOW) -> Iterator[None]:
    """The index answers late."""
    desk.world.index.latency = seconds
    try:
        yield
    finally:
        desk.world.index.latency = 0.0


def test_twenty_installs_at_once_all_end_right(desk: Callable[..., Desk]) -> None:
    here = desk("uv")
    here.type(f"for n in $(seq {MANY}); do uv venv -q --python {here.place.python[0]} many/$n; done", VIRTUAL_ENV="")
    line = "stackpin uv pip install -p many/$n loose-user plain-lib || echo $n failed"
    done = here.type(f"for n in $(seq {MANY}); do ({line}) & done; wait")
    assert done.stdout == "", done.stderr
    sites = [next((here.work / "many" / str(each)).glob("lib/python*/site-packages")) for each in range(1, MANY + 1)]
    whole = {"torch-2.6.0", "triton-3.2.0", "plain_lib-2.0", "loose_user-1.0"}
    for site in sites:
        assert whole <= {
            each.name.removesuffix(".dist-info") for each in site.glob("*.dist-info") if (each / "RECORD").is_file()
        }
    assert left_over(here) == []
    kept = sorted(each.name for each in (here.place.home / ".cache" / "stackpin" / "kept").iterdir())
    assert [name for name in kept if len(name) != len("01234567")] == []


@pytest.mark.parametrize(("tool", "line"), [("uv", "uv pip install loose-user"), ("pip", "pip install loose-user")])
def test_ctrl_c_ends_the_tool_and_leaves_nothing(tool: str, line: str, desk: Callable[..., Desk]) -> None:
    here = desk(tool)
    with slow_index(here):
        bare = subprocess.Popen(
            here.place.argv(line),
            cwd=here.work,
            env=here.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            executable=here.run(["sh", "-c", f"command -v {tool}"]).stdout.strip(),
        )
        requests = len(here.world.index.requests)
        wait_until(lambda: len(here.world.index.requests) > requests)
        os.killpg(bare.pid, signal.SIGINT)
        code = bare.wait(60)
        process = started(here, line)
        asked = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
        took = time.monotonic() - asked
    assert process.returncode == (code if code >= 0 else 128 - code), stderr.decode()
    assert b"stackpin[" not in stderr
    assert took < 5 * SLOW
    assert left_over(here) == []
    assert here.installed() & {"torch==2.6.0", "loose-user==1.0"} == set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_interrupted_lock_leaves_project_and_lock_as_they_were(number: int, desk: Callable[..., Desk]) -> None:
    here = desk("uv")
    here.write("pyproject.toml", LOOSE)
    assert here.type("stackpin uv lock -q").code == 0
    before = {name: (here.work / name).read_bytes() for name in ("pyproject.toml", "uv.lock")}
    with slow_index(here):
        process = started(here, "uv add --refresh plain-lib")
        os.killpg(process.pid, number)
        process.communicate(timeout=60)
    assert process.returncode in {130, 143}
    assert {name: (here.work / name).read_bytes() for name in before} == before
    assert left_over(here) == []


def test_sigterm_to_the_wrapper_alone_ends_both(desk: Callable[..., Desk]) -> None:
    here = desk("uv")
    with slow_index(here):
        process = started(here, "uv pip install loose-user")
        tool = child_of(process)
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert not runs(tool)
    assert left_over(here) == []


def test_a_tool_that_a_signal_ends_gives_the_shells_code(desk: Callable[..., Desk]) -> None:
    here = desk("uv")
    with slow_index(here):
        process = started(here, "uv pip install loose-user")
        os.kill(child_of(process), signal.SIGKILL)
        _, stderr = process.communicate(timeout=60)
    assert (process.returncode, b"stackpin[" in stderr) == (128 + signal.SIGKILL, False)
    assert left_over(here) == []


def test_a_wrapper_that_is_killed_leaves_the_tools_result_whole(desk: Callable[..., Desk]) -> None:
    here = desk("uv")
    with slow_index(here, 0.5):
        process = started(here, "uv pip install loose-user")
        tool = child_of(process)
        process.kill()
        wait_until(lambda: not runs(tool))
        process.communicate(timeout=60)
    assert {"torch==2.6.0", "triton==3.2.0", "loose-user==1.0"} <= here.installed()
    again = here.type("stackpin uv pip install --dry-run loose-user")
    assert (again.code, "Would install" in again.stderr) == (0, False)


@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_no_room_for_temporary_files_is_one_line_and_the_tool_is_not_run(tool: str, desk: Callable[..., Desk]) -> None:
    here = desk(tool)
    pip = "uv pip" if tool == "uv" else "pip"
    requests = len(here.world.index.requests)
    done = here.type(f"ulimit -f 0; exec stackpin {pip} install loose-user")
    assert (done.code, done.stdout, done.stderr) == (
        17,
        "",
        (
            "stackpin[file-unwritable]: a temporary file cannot be written\n"
            f"  where:    {here.scratch}\n"
            "  found:    File too large\n"
            "  do:       set TMPDIR to a folder with room\n"
        ),
    )
    assert here.left_over() == []
    assert len(here.world.index.requests) == requests
    done = here.type(f"stackpin {pip} install loose-user", TMPDIR="/dev/null")
    assert (done.code, done.stderr.splitlines()[0]) == (
        17,
        "stackpin[file-unwritable]: a temporary file cannot be written",
    )


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(desk: Callable[..., Desk]) -> None:
    here = desk("uv")
    done = here.type("stackpin uv pip install loose-user", XDG_CACHE_HOME="/dev/null/cache")
    assert (done.code, "stackpin[" in done.stderr) == (0, False)
    assert {"torch==2.6.0", "triton==3.2.0"} <= here.installed()
    assert left_over(here) == []


def test_stdin_is_the_tools(desk: Callable[..., Desk]) -> None:
    here = desk("uv")
    done = here.type("stackpin uv pip install -r -", stdin="loose-user\nplain-lib==1.0\n")
    assert done.code == 0, done.stderr
    assert {"torch==2.6.0", "plain-lib==1.0"} <= here.installed()
    done = here.type("stackpin uv run -", stdin="print(6 * 7)\n")
    assert (done.code, done.stdout) == (0, "42\n")
    done = here.type("stackpin uv run python -c 'print(input()[::-1])'", stdin="drawer\n")
    assert (done.code, done.stdout) == (0, "reward\n")


@pytest.mark.parametrize(
    ("line", "code"),
    [("install loose-user", 0), ("install torch==2.7.1", 1), ("install --torch-backend cpu torch", 11)],
)
def test_a_closed_stderr_does_not_hurt(line: str, code: int, desk: Callable[..., Desk]) -> None:
    here = desk("uv")
    done = here.type(f"stackpin uv pip {line} 2>&-")
    assert (done.code, done.stderr) == (code, "")
    assert left_over(here) == []


def test_a_pip_that_is_not_on_path_is_that_of_the_environment(desk: Callable[..., Desk]) -> None:
    here = desk("pip")
    (here.work / ".venv" / "bin" / "pip").unlink()
    path = os.pathsep.join(str(here.place.folder / name) for name in ("bin", "python"))
    version = here.run(["stackpin", "pip", "--version"], PATH=path)
    assert (version.code, version.stdout.split()[:2]) == (0, ["pip", here.place.version])
    done = here.run(["stackpin", "pip", "install", "loose-user"], PATH=path)
    assert done.code == 0, done.stderr
    assert {"loose-user==1.0", "torch==2.6.0", "triton==3.2.0"} <= here.installed()


def test_an_environment_without_pip_is_told(desk: Callable[..., Desk]) -> None:
    here = desk("uv")
    path = os.pathsep.join(str(here.place.folder / name) for name in ("bin", "python"))
    done = here.run(["stackpin", "pip", "install", "loose-user"], PATH=path)
    assert done.code == 16
    assert done.stderr == (
        "stackpin[tool-missing]: there is no pip on PATH but stackpin's own\n"
        "  where:    PATH\n"
        "  expected: a folder with pip in it, or an environment that has pip\n"
        "  do:       python -m ensurepip\n"
    )
