"""A project that ``stackpin apply`` has patched is held to the tuple by plain uv, of every release that is tried."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.escapes.evidence import gather
from tests.escapes.rows import held_releases

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.desk import Desk

__all__: list[str] = []

pytestmark = pytest.mark.real


def locked(here: Desk) -> set[str]:
    return {f"{each.name}=={each.version}" for each in gather(here.place).found if each.where == "uv.lock"}


@pytest.mark.parametrize("version", held_releases("uv"))
@pytest.mark.parametrize(("cuda", "torch"), [("pypi", "2.6.0"), ("cu126", "2.6.0+cu126")])
def test_plain_uv_holds_the_tuple_afterwards(cuda: str, torch: str, version: str, desk: Callable[..., Desk]) -> None:
    here = desk("uv", "project-loose", cuda=cuda, version=version)
    assert here.type("stackpin apply pyproject.toml").code == 0
    for line in ("uv lock", "uv lock --upgrade", "uv add plain-lib", "uv sync"):
        done = here.type(line)
        assert done.code == 0, done.stderr
        assert {f"torch=={torch}", "triton==3.2.0"} <= locked(here)
    assert here.type("uv add torch==2.7.1").code != 0
    assert here.type("stackpin uv lock").code == 0
    assert {f"torch=={torch}", "triton==3.2.0"} <= locked(here)


def test_another_tag_can_be_applied_afterwards(desk: Callable[..., Desk]) -> None:
    here = desk("uv", "project-loose")
    for cuda, torch in (("cu126", "2.6.0+cu126"), ("pypi", "2.6.0")):
        assert here.type(f"stackpin apply pyproject.toml --cuda {cuda}").code == 0
        done = here.type("uv lock")
        assert done.code == 0, done.stderr
        assert {f"torch=={torch}", "triton==3.2.0"} <= locked(here)


def test_check_writes_nothing_and_tells(desk: Callable[..., Desk]) -> None:
    here = desk("uv", "project-loose")
    before = (here.work / "pyproject.toml").read_text(encoding="utf-8")
    done = here.type("stackpin apply pyproject.toml --check")
    assert (done.code, (here.work / "pyproject.toml").read_text(encoding="utf-8")) == (1, before)
    assert '+    "torch===2.6.0",' in done.stdout.splitlines()
    shown = here.type("stackpin apply pyproject.toml --diff")
    assert (shown.code, shown.stdout, (here.work / "pyproject.toml").read_text(encoding="utf-8")) == (
        0,
        done.stdout,
        before,
    )
    assert here.type("stackpin apply pyproject.toml").code == 0
    again = here.type("stackpin apply pyproject.toml --check --json")
    assert (again.code, json.loads(again.stdout)) == (
        0,
        {
            "schema": 1,
            "file": "pyproject.toml",
            "changed": False,
            "written": False,
            "notes": ["cu124 needs NVIDIA driver 525.60.13 or newer"],
        },
    )


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("stackpin apply setup.cfg", 2, "files of this name cannot be patched"),
        ("stackpin apply there/pyproject.toml", 15, "there is no such file"),
        ("stackpin apply pyproject.toml --stack sglang==0.4.7 --cuda cu124", 10, "sglang"),
        ("env -u STACKPIN_STACK stackpin apply pyproject.toml", 2, "no stack is named"),
    ],
)
def test_what_cannot_be_applied_is_told_and_nothing_is_written(
    line: str, code: int, said: str, desk: Callable[..., Desk]
) -> None:
    here = desk("uv", "project-loose")
    before = (here.work / "pyproject.toml").read_bytes()
    done = here.type(line)
    assert (done.code, said in done.stderr) == (code, True), done.stderr
    assert (here.work / "pyproject.toml").read_bytes() == before
