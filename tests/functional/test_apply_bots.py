"""``stackpin apply`` on the files of bots: by name, in place, whole or not at all."""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import TYPE_CHECKING

import pytest
import yaml
from tests.support.bots import dependabot_versions, renovate_versions
from tests.support.in_process import run_here

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

ASKED = ("--stack", "sglang==0.4.6.post5", "--cuda", "cu124")
#: METADATA of sglang-0.4.6.post5-py3-none-any.whl and of torch-2.6.0-cp312-cp312-manylinux1_x86_64.whl.
HELD = {"sglang": "0.4.6.post5", "torch": "2.6.0", "triton": "3.2.0", "sgl-kernel": "0.1.4", "torchvision": "0.21.0"}
NAMES = ("renovate.json", "renovate.json5", ".renovaterc", ".renovaterc.json", ".renovaterc.json5")
YAML = "# ours\nversion: 2\nupdates: []\n"


@pytest.mark.parametrize("name", NAMES)
def test_a_configuration_of_renovates_holds_the_tuple_afterwards(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text('{"extends": ["config:recommended"]}', encoding="utf-8")
    done = run_here("apply", name, *ASKED, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(f"--- {name}\n+++ {name}\n@@ ")
    config = json.loads((tmp_path / name).read_text(encoding="utf-8"))
    assert renovate_versions(config).items() >= HELD.items()
    assert config["extends"] == ["config:recommended"]
    again = run_here("apply", name, *ASKED, cwd=tmp_path)
    assert (again.returncode, again.stdout) == (0, f"{name} has it already\n")


@pytest.mark.parametrize("name", ["dependabot.yml", "dependabot.yaml"])
def test_a_configuration_of_dependabots_holds_the_tuple_afterwards(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(YAML, encoding="utf-8")
    assert run_here("apply", name, *ASKED, cwd=tmp_path).returncode == 0
    assert dependabot_versions((tmp_path / name).read_text(encoding="utf-8")).items() >= HELD.items()
    assert run_here("apply", name, *ASKED, "--check", cwd=tmp_path).returncode == 0


def test_check_writes_nothing_and_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "dependabot.yml").write_text(YAML, encoding="utf-8")
    done = run_here("apply", "dependabot.yml", *ASKED, "--check", cwd=tmp_path)
    assert done.returncode == 1
    assert "+      - dependency-name: torch  # stackpin\n" in done.stdout
    assert (tmp_path / "dependabot.yml").read_text(encoding="utf-8") == YAML


def test_a_byte_order_mark_and_the_line_ends_stay(tmp_path: Path) -> None:
    path = tmp_path / "renovate.json"
    path.write_bytes(b'\xef\xbb\xbf{\r\n  "extends": []\r\n}')
    assert run_here("apply", "renovate.json", *ASKED, cwd=tmp_path).returncode == 0
    raw = path.read_bytes()
    assert raw.startswith(b'\xef\xbb\xbf{\r\n  "extends": [],\r\n')
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert raw.endswith(b"}")


def test_what_a_link_leads_to_is_changed_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "bots.json").write_text("{}", encoding="utf-8")
    (tmp_path / "renovate.json").symlink_to("shared/bots.json")
    assert run_here("apply", "renovate.json", *ASKED, cwd=tmp_path).returncode == 0
    assert (tmp_path / "renovate.json").is_symlink()
    assert renovate_versions(json.loads((tmp_path / "shared" / "bots.json").read_text(encoding="utf-8")))


def test_a_disk_that_takes_nothing_more_is_told_and_the_old_file_is_there(tmp_path: Path) -> None:
    (tmp_path / "renovate.json").write_text("{}", encoding="utf-8")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))
    try:
        done = run_here("apply", "renovate.json", *ASKED, cwd=tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert done.returncode == 17
    assert "error: the file cannot be written\n  where:    renovate.json\n" in done.stderr
    assert {each.name: each.read_text(encoding="utf-8") for each in tmp_path.iterdir()} == {"renovate.json": "{}"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_to_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    (tmp_path / "renovate.json").write_text("{}", encoding="utf-8")
    tmp_path.chmod(0o500)
    assert run_here("apply", "renovate.json", *ASKED, cwd=tmp_path).returncode == 17
    assert (tmp_path / "renovate.json").read_text(encoding="utf-8") == "{}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("renovate.json", '{"packageRules": ['),
        ("renovate.json5", "// nothing"),
        ("dependabot.yml", "version: 2\nupdates:\n\t- x"),
        ("dependabot.yml", ""),
    ],
)
def test_a_file_that_cannot_be_read_stays_as_it_is(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    done = run_here("apply", name, *ASKED, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (15, "")
    assert (tmp_path / name).read_text(encoding="utf-8") == text
    assert sorted(each.name for each in tmp_path.iterdir()) == [name]


@pytest.mark.parametrize("name", ["package.json", "renovate.yaml"])
def test_other_files_of_a_repository_are_not_patched(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text('{"renovate": {}}', encoding="utf-8")
    done = run_here("apply", name, *ASKED, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: files of this name cannot be patched\n  found:    {name}\n")


def test_two_tags_have_no_place_in_one_file_of_a_bots(tmp_path: Path) -> None:
    (tmp_path / "renovate.json").write_text("{}", encoding="utf-8")
    done = run_here("apply", "renovate.json", *ASKED, "--cuda", "cu126", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: renovate holds one tuple\n")


@pytest.mark.parametrize(
    ("name", "text", "library"),
    [("renovate.json", "{}", "json5"), ("renovate.json", "{}", "pyjson5"), ("dependabot.yml", YAML, "ruamel.yaml")],
)
def test_without_the_libraries_the_extra_is_named(
    name: str, text: str, library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [each for each in sys.modules if each == library or each.startswith(f"{library}.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    (tmp_path / name).write_text(text, encoding="utf-8")
    done = run_here("apply", name, *ASKED, cwd=tmp_path)
    assert done.returncode == 16
    assert done.stderr.endswith("do:       pip install 'stackpin[bots]'\n")


def test_json_has_what_is_said_of_the_users_own_settings(tmp_path: Path) -> None:
    (tmp_path / "renovate.json").write_text('{"ignoreDeps": ["torch"]}', encoding="utf-8")
    document = json.loads(run_here("apply", "renovate.json", *ASKED, "--json", cwd=tmp_path).stdout)
    assert document["notes"][-1:] == ["renovate.json: ignoreDeps has torch, and that wins: the tuple moves without"]
    assert (document["changed"], document["written"]) == (True, True)


def test_an_emitted_file_is_what_apply_makes(tmp_path: Path) -> None:
    stack, *cuda = ASKED[1:]
    for name, form in (("renovate.json", "renovate"), ("dependabot.yml", "dependabot")):
        run_here("emit", form, stack, *cuda, "-o", name, "-q", cwd=tmp_path)
        assert run_here("apply", name, *ASKED, "--check", "-q", cwd=tmp_path).returncode == 0
    assert yaml.safe_load((tmp_path / "dependabot.yml").read_text(encoding="utf-8"))["version"] == 2


@pytest.mark.parametrize("name", ["renovate.json", "dependabot.yml", "pyproject.toml"])
def test_a_merge_that_is_not_finished_is_told_as_such(name: str, tmp_path: Path) -> None:
    text = "a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> main\n"
    (tmp_path / name).write_text(text, encoding="utf-8")
    done = run_here("apply", name, *ASKED, cwd=tmp_path)
    assert done.returncode == 15
    assert done.stderr == (
        "error: the file holds a merge conflict\n"
        f"  where:    {name}:2\n"
        "  found:    <<<<<<< HEAD\n"
        "  expected: a file that was merged\n"
        "  do:       finish the merge, then run the same command again\n"
    )
    assert (tmp_path / name).read_text(encoding="utf-8") == text
