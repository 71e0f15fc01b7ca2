"""An update that is killed or interrupted in the middle: what was read is kept, and a second run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from tests.support.index_server import Behaviour

from stackpin.app.catalog import status
from stackpin.parse.release_rows import dump_row

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.catalog_desk import Desk

RELEASES = 12
#: The update as a program of its own; it is told its folder.
PROGRAM = """
import sys
from pathlib import Path
import certifi
from stackpin.app.catalog import update
from stackpin.ports import HttpSettings
update(directory=Path(sys.argv[1]), settings=HttpSettings(certificates=certifi.where()))
"""


def start(desk: Desk) -> subprocess.Popen[str]:
    """A real process that updates the catalog of the desk."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(desk.folder)], env=os.environ, stderr=subprocess.PIPE, text=True
    )


def wait_until(desk: Desk, wheels: int) -> None:
    """Wait until the index has answered so many requests for wheels."""
    end = time.monotonic() + 30
    while len(desk.index.paths(".whl")) < wheels:
        assert time.monotonic() < end, "the update did not come that far"
        time.sleep(0.01)


def settled(desk: Desk) -> None:
    """Wait until the server has noted what the ended process had asked for: an answer that is held back is noted late."""
    seen = -1
    while len(desk.index.paths("")) != seen:
        seen = len(desk.index.paths(""))
        time.sleep(0.5)


def journalled(folder: Path) -> int:
    """How many releases the journal of the slow project holds whole."""
    journal = next((folder / "cache").rglob("slow.journal"))
    return journal.read_bytes().count(b"\n")


@pytest.fixture
def long_update(desk: Desk) -> Desk:
    """Two projects: one whose releases are quick, one that answers slowly from the third wheel on."""
    desk.cover("demo", "slow")
    for number in range(RELEASES):
        desk.release(f"1.{number}")
        desk.release(f"1.{number}", name="slow")
    desk.index.behaviour = Behaviour(metadata="absent", pauses={"/files/slow": 0.15})
    return desk


@pytest.mark.parametrize("kill", [pytest.param(signal.SIGKILL, id="kill -9"), pytest.param(signal.SIGINT, id="Ctrl-C")])
def test_a_killed_update_keeps_what_it_read_and_a_second_run_goes_on(
    long_update: Desk, kill: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    desk = long_update
    process = start(desk)
    wait_until(desk, RELEASES + 6)
    began = time.monotonic()
    process.send_signal(kill)
    process.communicate(timeout=30)
    assert time.monotonic() - began < 5
    assert process.returncode != 0
    assert [row.version for row in desk.rows()] == [f"1.{number}" for number in range(RELEASES)]
    assert [package.name for package in status(directory=desk.folder).packages] == ["demo"], "whole, and nothing else"
    kept = journalled(tmp_path)
    assert 0 < kept < RELEASES, "some were read, and the rest was not waited for"
    settled(desk)
    desk.index.forget()
    desk.index.behaviour.pauses = {}
    desk.update()
    assert len(desk.index.paths("/files/demo")) == 0
    assert len(desk.index.paths("/files/slow")) == RELEASES - kept, "what was kept is not asked for again"
    assert len(desk.rows("slow")) == RELEASES


def test_an_interrupted_and_continued_update_gives_the_bytes_of_a_whole_one(long_update: Desk, tmp_path: Path) -> None:
    desk = long_update
    process = start(desk)
    wait_until(desk, RELEASES + 6)
    process.kill()
    process.communicate(timeout=30)
    desk.index.behaviour.pauses = {}
    desk.update()
    continued = desk.everything()
    desk.update(refresh=True)
    assert desk.everything() == continued
    assert not [name for name in continued if name.endswith(".part")]


def test_a_journal_line_that_was_cut_is_read_again(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    desk.release("1.0")
    desk.release("1.1")
    desk.update()
    rows = desk.rows()
    before = desk.everything()
    for name in ("releases/demo.jsonl", "manifest.json"):
        (desk.folder / name).unlink()
    folder = next((tmp_path / "cache").rglob("pages.json"), None)
    assert folder is None, "an index without validators leaves no state"
    desk.index.behaviour.statuses = {"demo-1.1": 500}
    with pytest.raises(Exception, match="keeps failing"):
        desk.update()
    journal = next((tmp_path / "cache").rglob("demo.journal"))
    assert journal.read_bytes() == dump_row(rows[0]).encode() + b"\n"
    journal.write_bytes(journal.read_bytes() + dump_row(rows[1]).encode()[:100])
    for name in ("releases/demo.jsonl", "manifest.json"):
        (desk.folder / name).unlink()
    desk.index.behaviour.statuses = {}
    desk.index.forget()
    desk.update()
    assert desk.index.paths("demo-1.0") == []
    assert desk.everything() == before
    assert not journal.exists()


def test_a_manifest_that_lags_behind_its_file_is_mended_from_the_index(desk: Desk) -> None:
    """A kill between the two renames leaves a new file under an old manifest."""
    desk.release("1.0")
    desk.update()
    old = (desk.folder / "manifest.json").read_bytes()
    desk.release("1.1")
    desk.update()
    before = desk.everything()
    (desk.folder / "manifest.json").write_bytes(old)
    desk.update()
    assert desk.everything() == before
