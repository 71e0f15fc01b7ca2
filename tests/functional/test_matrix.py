"""``stackpin matrix`` as a person and a script run it: the table, the document, the page, and what goes wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

__all__: list[str] = []

ROOT = Path(__file__).resolve().parents[2]
MARKS = ["proven", "declared", "unproven", "impossible"]
TUPLE = {"mark", "pypi", "misfits", "pythons", "glibc", "driver", "pins", "bounds", "notes", "command", "ready_made"}
PIN = {"name", "version", "specifier", "sureness", "verified", "evidence", "build", "note"}
SMALL = 400_000  # bytes that the page of every sglang release may take


def run(*words: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stackpin", "matrix", *words]
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False, timeout=300
    )


@cache
def document(*words: str) -> dict[str, Any]:
    done = run(*words, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def releases(name: str) -> list[str]:
    """The versions that the embedded catalog has, read without stackpin, newest first."""
    path = ROOT / "src" / "stackpin" / "catalog" / "data" / "releases" / f"{name}.jsonl"
    return [json.loads(line)["version"] for line in path.read_text(encoding="utf-8").splitlines()][::-1]


def cells(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for release in found["releases"] for cell in release["cells"].values()]


@pytest.mark.slow
def test_every_release_of_sglang_meets_every_tag() -> None:
    found = document("sglang")
    assert sorted(release["version"] for release in found["releases"]) == sorted(releases("sglang"))
    tags = [item["tag"] for item in found["tags"]]
    assert all(list(release["cells"]) == tags for release in found["releases"])
    assert {"cu118", "cu124", "cu130", "cpu"} <= set(tags)
    counts = {mark: sum(cell["mark"] == mark for cell in cells(found)) for mark in MARKS}
    assert {mark: found["marks"][mark]["count"] for mark in MARKS} == counts


def test_the_document_has_its_shape() -> None:
    found = document("sglang")
    top = "schema stack anchor request target catalog marks tags releases"
    assert (list(found), found["schema"]) == (top.split(), 1)
    assert found["target"] == {"platform": "linux-x86_64", "python": "", "driver": "", "gpu": ""}
    for release in found["releases"]:
        assert set(release) == {"version", "uploaded", "prerelease", "yanked", "extra", "cells"}
    for cell in cells(found):
        if cell["mark"] == "impossible":
            assert set(cell) == {"mark", "reasons"}
            assert cell["reasons"]
            assert all(set(reason) == {"kind", "subject", "text", "evidence"} for reason in cell["reasons"])
        else:
            assert set(cell) == TUPLE
            assert all(set(pin) == PIN for pin in cell["pins"])


def test_a_release_is_proven_on_its_own_tag_and_refused_on_another() -> None:
    found = document("sglang==0.4.6.post5")
    (release,) = found["releases"]
    cell = release["cells"]["cu124"]
    pins = {pin["name"]: pin["specifier"] for pin in cell["pins"]}
    assert (cell["mark"], cell["pypi"], cell["ready_made"]) == ("proven", True, "sglang-0.4.x-cu124.txt")
    assert (pins["torch"], pins["triton"], pins["sgl-kernel"]) == ("===2.6.0", "==3.2.0", "===0.1.4")
    refused = release["cells"]["cu130"]
    assert [reason["text"] for reason in refused["reasons"]] == [
        "sglang 0.4.6.post5 needs torch 2.6.0",
        "torch 2.6.0 is built for cu118, cu124 and cu126",
    ]


def test_a_command_in_the_document_makes_its_tuple() -> None:
    (release,) = document("sglang==0.4.6.post5")["releases"]
    cell = release["cells"]["cu124"]
    done = subprocess.run(
        [sys.executable, "-m", *cell["command"].split()], capture_output=True, text=True, check=True, timeout=120
    )
    lines = {line.split("  ")[0].strip() for line in done.stdout.splitlines()}
    assert {f"{pin['name']}{pin['specifier']}" for pin in cell["pins"]} <= lines


def test_a_label_that_nobody_read_is_declared_and_a_newer_toolkit_unproven() -> None:
    (release,) = document("sglang==0.5.6")["releases"]
    marks = {tag: release["cells"][tag]["mark"] for tag in ("cu130", "cu129", "cu126")}
    assert marks == {"cu130": "declared", "cu129": "proven", "cu126": "unproven"}
    kernel = next(pin for pin in release["cells"]["cu130"]["pins"] if pin["name"] == "sgl-kernel")
    assert (kernel["specifier"], kernel["verified"]) == ("==0.3.18.post2+cu130", False)


def test_the_table_is_what_a_pipe_gets_whole(tmp_path: Path) -> None:
    done = run("torch==2.6.*", cwd=tmp_path)
    assert done.stdout.splitlines()[:2] == [
        "torch  cu132 cu130 cu129 cu128 cu126 cu124 cu121 cu118  cpu",
        "2.6.0    ·     ·     ·     ·     ●     ●*    ·     ●     ●",
    ]
    note = "note: `stackpin compile torch==VERSION --cuda TAG` makes the file of a cell, or says why there is none\n"
    assert (done.returncode, done.stderr) == (0, note)


def test_a_narrow_terminal_gets_a_narrow_table(tmp_path: Path) -> None:
    done = run("torch==2.6.*", "-q", cwd=tmp_path, COLUMNS="44")
    assert done.stdout.splitlines()[0] == "torch  132 130 129 128 126 124 121 118 cpu"
    assert max(map(len, done.stdout.splitlines())) <= 44


def test_colours_come_when_they_are_asked_for(tmp_path: Path) -> None:
    plain, coloured = run("torch==2.6.*", cwd=tmp_path), run("torch==2.6.*", "--color", "always", cwd=tmp_path)
    assert "\x1b[" not in plain.stdout
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured.stdout) == plain.stdout != coloured.stdout


def test_an_output_without_the_signs_gets_letters(tmp_path: Path) -> None:
    done = run("torch==2.6.*", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert done.stdout.splitlines()[1] == "2.6.0    -     -     -     -     P     P*    -     P     P"


def test_the_page_of_every_release_is_one_small_file(tmp_path: Path) -> None:
    done = run("sglang", "--html", "out/sglang.html", cwd=tmp_path)
    text = (tmp_path / "out" / "sglang.html").read_text(encoding="utf-8")
    count = len(releases("sglang"))
    assert (done.returncode, done.stdout) == (0, "")
    assert re.fullmatch(rf"out/sglang\.html: sglang, {count} releases by \d+ tags, \d+ kB\n", done.stderr)
    assert len(text.encode()) < SMALL
    assert text.count("<button class=") == sum(len(release["cells"]) for release in document("sglang")["releases"])
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["sglang.html"]


def test_page_and_document_come_in_one_run(tmp_path: Path) -> None:
    done = run("torch==2.6.*", "--html", "page.html", "--json", "-q", cwd=tmp_path)
    assert (json.loads(done.stdout)["anchor"], done.stderr) == ("torch", "")
    assert (tmp_path / "page.html").is_file()


def test_a_page_is_the_same_bytes_again(tmp_path: Path) -> None:
    for name in ("one.html", "two.html"):
        run("torch==2.6.*", "--html", name, cwd=tmp_path)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_a_page_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    done = run("torch==2.6.*", "--html", "folder", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (17, "")
    assert done.stderr.startswith("error: the file cannot be written\n  where:    folder\n")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("words", [("--json",), ("--html", "page.html"), ()], ids=["json", "page", "table"])
def test_a_stack_of_ones_own_has_one_row(words: tuple[str, ...], tmp_path: Path) -> None:
    text = '[project]\nname = "svc"\ndependencies = ["torch>=2.6,<2.8"]\n'
    text += '[tool.stackpin.stacks.svc]\nanchor = "svc"\nmembers = ["torch", "triton"]\n'
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    done = run("svc", "--cuda", "cu126", *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    if words == ("--json",):
        (release,) = json.loads(done.stdout)["releases"]
        assert (release["version"], release["cells"]["cu126"]["mark"]) == ("", "proven")
        assert release["cells"]["cu126"]["command"] == "stackpin compile svc --cuda cu126"
    elif words:
        page = (tmp_path / "page.html").read_text(encoding="utf-8")
        assert '<th scope="row">svc</th>' in page
    else:
        assert done.stdout.splitlines()[:2] == ["svc  torch  cu126", "svc  2.7.1    ●*"]
