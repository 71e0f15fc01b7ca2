"""``stackpin emit``: every format is made of a tuple of the catalog, the same each time, and what is wrong is said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.support.in_process import run_here

from stackpin.emit.formats import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

ASKED = ("sglang==0.4.*", "--cuda", "cu124")
#: sglang-0.4.6.post5-py3-none-any.whl, METADATA: "Requires-Dist: torch==2.6.0; extra == 'srt'".
TORCH = "2.6.0"
#: What uv resolves is not made without an index.
MADE_HERE = [name for name, form in FORMATS.items() if not form.resolves]


@pytest.mark.parametrize("name", MADE_HERE)
def test_a_format_holds_the_tuple_and_is_the_same_each_time(tmp_path: Path, name: str) -> None:
    env = {"HOME": str(tmp_path), "XDG_DATA_HOME": ""}
    first, second = (run_here("emit", name, *ASKED, cwd=tmp_path, env=env) for _ in range(2))
    assert first.returncode == 0
    assert first == second
    place = tmp_path / ".local" / "share" / "stackpin" / "sglang-0.4.6.post5-cu124.txt"
    if FORMATS[name].constraints:
        assert str(place) in first.stdout
        assert f"\ntorch==={TORCH} " in place.read_text(encoding="utf-8")
    else:
        assert TORCH in first.stdout.replace("\\", "")
        assert not place.exists()


@pytest.mark.parametrize("name", MADE_HERE)
def test_a_text_goes_into_a_file_and_json_has_it_whole(tmp_path: Path, name: str) -> None:
    constraints = ("--constraints", str(tmp_path / "c.txt")) if FORMATS[name].constraints else ()
    words = ("emit", name, *ASKED, *constraints, "-q")
    text = run_here(*words, cwd=tmp_path).stdout
    done = run_here(*words, "-o", "out", "--json", cwd=tmp_path)
    document = json.loads(done.stdout)
    assert (document["schema"], document["format"], document["text"]) == (1, name, text)
    assert document["constraints"] == (constraints[1] if constraints else None)
    assert (tmp_path / "out").read_text(encoding="utf-8") == text


def test_a_format_that_there_is_none_of_is_told_with_the_near_miss(tmp_path: Path) -> None:
    done = run_here("emit", "renovat", "sglang", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: there is no format 'renovat'\n"
        f"  expected: {', '.join(sorted(FORMATS))}\n"
        "  do:       stackpin emit renovate ...\n"
    )


def test_all_formats_are_listed(tmp_path: Path) -> None:
    done = run_here("emit", "--list", cwd=tmp_path)
    assert [line.split()[0] for line in done.stdout.splitlines()] == sorted(FORMATS)


def test_no_tuple_is_no_text(tmp_path: Path) -> None:
    done = run_here("emit", "devpi", "sglang==0.4.7", "--cuda", "cu124", "-o", "out", cwd=tmp_path)
    assert done.returncode == 10
    assert not (tmp_path / "out").exists()


def test_requirements_of_a_build_whose_hashes_are_not_known_are_made_without_hashes_only(tmp_path: Path) -> None:
    words = ("emit", "requirements", "torch==2.7.1", "--cuda", "cu118", "-q")
    refused = run_here(*words, cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (13, "")
    assert "the catalog has no hash of torch 2.7.1+cu118" in refused.stderr
    assert refused.stderr.endswith("--no-hashes\n")
    done = run_here(*words, "--no-hashes", cwd=tmp_path)
    assert "\ntorch==2.7.1+cu118\n" in done.stdout
    assert "--hash" not in done.stdout
