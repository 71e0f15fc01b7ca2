"""``stackpin catalog`` as a process: what a shell sees of every way it can end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from tests.support.index_server import Behaviour
from tests.support.wheels import cut, wheel_bytes, wheel_name

if TYPE_CHECKING:
    from tests.support.catalog_desk import Desk

STACKPIN = (sys.executable, "-m", "stackpin", "catalog")


def run(desk: Desk, *words: str) -> subprocess.CompletedProcess[str]:
    """One command on the desk's catalog; whatever it says, it is no traceback."""
    env = {**os.environ, "STACKPIN_CATALOG": str(desk.folder)}
    done = subprocess.run([*STACKPIN, *words], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr
    return done


def first_line(done: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    """Exit code, stdout, and the first line on stderr."""
    return done.returncode, done.stdout, done.stderr.partition("\n")[0]


def test_an_update_that_works_exits_0_and_says_nothing_on_stderr(desk: Desk) -> None:
    desk.release("1.0")
    done = run(desk, "update", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    assert run(desk, "status", "-q").stdout == done.stdout
    assert run(desk, "show", "demo", "-q").stdout == "1.0\n"
    assert first_line(run(desk, "verify")) == (0, "1 of 1 release read again: no difference\n", "")


@pytest.mark.slow
def test_a_difference_exits_1(desk: Desk) -> None:
    file = desk.release("1.0")
    run(desk, "update")
    desk.index.files[file].yanked = "bad"
    done = run(desk, "verify", "--all")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("demo 1.0: ")


def test_an_unknown_package_exits_2(desk: Desk) -> None:
    assert first_line(run(desk, "update", "-p", "dem")) == (2, "", "error: the catalog does not cover dem")


@pytest.mark.slow
def test_a_damaged_catalog_exits_13(desk: Desk) -> None:
    desk.release("1.0")
    run(desk, "update")
    path = desk.folder / "releases" / "demo.jsonl"
    path.write_bytes(cut(path.read_bytes()))
    said = "error: a catalog file does not have the digest that the manifest names: it is cut or was altered"
    for words in (("status",), ("verify",), ("show", "demo")):
        assert first_line(run(desk, *words)) == (13, "", said)


def test_an_index_that_fails_exits_14(desk: Desk) -> None:
    desk.release("1.0")
    assert first_line(run(desk, "update", "--index", "http://127.0.0.1:9/", "-p", "demo", "--retries", "0")) == (
        14,
        "",
        "error: the index cannot be reached or keeps failing",
    )
    desk.index.behaviour = Behaviour(pages="html-as-json")
    done = run(desk, "update", "--json")
    assert done.returncode == 14
    error = json.loads(done.stdout)["error"]
    assert (error["slug"], error["exit_code"], error["got"]) == ("index-failed", 14, "HTML")


def test_a_broken_wheel_exits_15(desk: Desk) -> None:
    desk.index.add(wheel_name("demo", "1.0"), wheel_bytes("demo", "1.0", metadata_files=2))
    assert first_line(run(desk, "update")) == (15, "", "error: the wheel has 2 METADATA files")


def test_a_folder_that_cannot_be_written_exits_17(desk: Desk) -> None:
    desk.release("1.0")
    (desk.folder / "releases").write_text("")
    assert first_line(run(desk, "update")) == (17, "", "error: the file cannot be written")


def test_ctrl_c_says_that_nothing_is_lost_and_exits_130(desk: Desk) -> None:
    for number in range(24):
        desk.release(f"1.{number}")
    desk.index.behaviour = Behaviour(metadata="absent", pauses={"/files/": 0.2})
    env = {**os.environ, "STACKPIN_CATALOG": str(desk.folder)}
    process = subprocess.Popen(
        [*STACKPIN, "update"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    end = time.monotonic() + 30
    while (
        len(desk.index.paths(".whl")) < 9
    ):  # four at once: five at least have been read by then, however busy the machine
        assert time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "")
    assert err == "interrupted: what was read is kept, and the same command goes on from there\n"
    desk.index.forget()
    desk.index.behaviour.pauses = {}
    assert run(desk, "update").returncode == 0
    assert len(desk.index.paths(".whl")) <= 20
    assert len(desk.rows()) == 24


@pytest.mark.slow
def test_logins_are_used_and_never_shown(desk: Desk) -> None:
    secret = "s3cr3t-pa55"
    desk.release("1.0")
    desk.index.behaviour.login = ("reader", secret)
    works = run(desk, "update", "-v", "--index", desk.index.with_login("reader", secret))
    fails = run(desk, "update", "-v", "--index", desk.index.with_login("reader", secret + "x"), "--refresh")
    assert (works.returncode, fails.returncode) == (0, 14)
    said = works.stdout + works.stderr + fails.stdout + fails.stderr
    assert secret not in said
    assert all(secret.encode() not in content for content in desk.everything().values())
