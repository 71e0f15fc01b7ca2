"""What lock files install on each target: those that real tools made, held against their own lines and against uv."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from tests.support.check_locks import ABOUT, DATA, MADE, PYTHONS, lock_files, made_lock, read, told
from tests.support.hollow import HollowIndex
from tests.support.tools import newest_uv

from stackpin.app.check.locks import lock_subjects
from stackpin.check.input_kinds import kind_by_name
from stackpin.model.input_file import InputKind
from stackpin.model.mention import Role, SubjectKind
from stackpin.model.target import marker_environment

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

FILES = lock_files()
#: For each project of uv's, what to ask uv for, and the words by which the choice is told.
CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "accelerators": {
        "extra cpu": ("--extra", "cpu", "--extra", "audio"),
        "extra cu124": ("--extra", "cu124", "--extra", "audio"),
        "neither extra cpu nor extra cu124": ("--extra", "audio"),
    },
    "groups": {"group old": ("--group", "old"), "group new": ("--group", "new")},
    "members": {"package one": ("--package", "one"), "package two": ("--package", "two")},
    "nested": {
        "extra a of app or extra x of lib": ("--extra", "a"),
        "extra b of app or extra y of lib": ("--extra", "b"),
    },
    "overlapping": {f"extra {name}": ("--extra", name) for name in ("cpu", "cu124", "old")},
    "platforms": {"": ()},
    "kernel": {"": ()},
    "sources": {"": ()},
    "script": {"": ("--script", "app.py")},
    "sglang": {"": ("--all-groups",)},
    "vllm": {"": ("--all-groups",)},
}


def ids(path: Path) -> str:
    return str(path.relative_to(DATA))


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_a_lock_installs_what_is_known_of_it(path: Path) -> None:
    assert told(read(path)) == path.with_name(f"{path.name}.expected").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_a_place_is_that_of_the_version(path: Path) -> None:
    """By the file's own lines: the version stands there, and the line above names the package."""
    lines = path.read_text(encoding="utf-8").split("\n")
    found = [mention for subject in read(path).subjects for mention in subject.mentions]
    assert found
    for mention in found:
        place = mention.place
        line = lines[place.line - 1]
        assert line == f'version = "{mention.version}"'
        assert line[place.column - 1 : place.end_column - 1] == mention.version == mention.text
        assert lines[place.line - 2].lower() == f'name = "{mention.name}"'
        assert mention.role is Role.LOCKED


def test_a_subject_says_what_it_is_for() -> None:
    found = read(DATA / "uv" / "platforms" / "uv-0.13.9.lock").subjects
    assert [(each.path, each.kind, each.machine, each.pythons) for each in found] == [
        ("uv.lock", SubjectKind.LOCK, "x86_64", ("3.9",)),
        ("uv.lock", SubjectKind.LOCK, "x86_64", ("3.10", "3.11")),
        ("uv.lock", SubjectKind.LOCK, "x86_64", ("3.12", "3.13", "3.14")),
        ("uv.lock", SubjectKind.LOCK, "aarch64", ("3.9",)),
        ("uv.lock", SubjectKind.LOCK, "aarch64", ("3.10", "3.11")),
        ("uv.lock", SubjectKind.LOCK, "aarch64", ("3.12", "3.13", "3.14")),
    ]


def test_what_does_not_matter_tells_no_targets_apart() -> None:
    raw = (DATA / "uv" / "sglang" / "uv-0.13.9.lock").read_bytes()
    found = lock_subjects(raw, "uv.lock", InputKind.UV_LOCK, PYTHONS, about={"torch", "triton"})
    assert [each.part for each in found.subjects] == ["linux x86_64, Python 3.10 to 3.12"]
    assert lock_subjects(raw, "uv.lock", InputKind.UV_LOCK, PYTHONS, about={"moon"}).subjects == ()
    assert len(lock_subjects(raw, "uv.lock", InputKind.UV_LOCK, ["3.11"]).subjects[0].mentions) > 100


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("uv.lock", InputKind.UV_LOCK),
        ("train.py.lock", InputKind.UV_LOCK),
        ("pylock.toml", InputKind.PYLOCK),
        ("pylock.gpu.toml", InputKind.PYLOCK),
        ("pylock.a.b.toml", None),
        ("poetry.lock", InputKind.POETRY_LOCK),
        ("Cargo.lock", None),
        ("flake.lock", None),
    ],
)
def test_a_lock_is_known_by_its_name(name: str, kind: InputKind | None) -> None:
    assert kind_by_name(name) is kind


@pytest.mark.real
@pytest.mark.parametrize("path", [each for each in FILES if each.relative_to(DATA).parts[0] == "uv"], ids=ids)
def test_what_is_installed_is_what_uv_exports(path: Path, tmp_path: Path) -> None:
    """For every target, although this machine is one: uv writes the markers, packaging's own code judges them."""
    case = path.parent
    for source in case.rglob("*"):
        if source.suffix in {".toml", ".py"}:
            target = tmp_path / source.relative_to(case)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = source.read_text(encoding="utf-8").replace("@ROOT@", "https://index.example")
            target.write_text(text.replace("@SIMPLE@", "https://index.example/pypi/simple/"), encoding="utf-8")
    lock = tmp_path / ("app.py.lock" if case.name == "script" else "uv.lock")
    lock.write_bytes(path.read_bytes())
    subjects = lock_subjects(path.read_bytes(), "uv.lock", InputKind.UV_LOCK, PYTHONS).subjects
    compared = 0
    for words, options in CHOICES[case.name].items():
        lines = _exported(tmp_path, *options)
        for subject in subjects:
            if not subject.part.startswith(f"{words}, linux" if words else "linux"):
                continue
            for python in subject.pythons:
                environment = marker_environment(python, subject.machine)
                wanted = {_plain(line) for line in lines if line.marker is None or line.marker.evaluate(environment)}
                assert {_named(each.name, each.version, each.address) for each in subject.mentions} - {""} == wanted
                compared += 1
    assert compared


def _exported(folder: Path, *options: str) -> list[Requirement]:
    plain = ("--no-hashes", "--no-header", "--no-annotate", "--no-emit-local", "--quiet")
    done = subprocess.run(
        [newest_uv(), "export", "--frozen", *plain, *options], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [Requirement(line) for line in done.stdout.splitlines() if line.strip()]


def _plain(line: Requirement) -> str:
    return f"{line.name} @ {line.url}" if line.url else f"{line.name}{line.specifier}"


def _named(name: str, version: str, address: str) -> str:
    if re.search(r"\.whl$", address):
        return f"{name} @ {address}"
    return f"{name}=={version}" if address.startswith("https://") else ""


@pytest.mark.real
@pytest.mark.parametrize(
    "made", [each for each in MADE if each.tool.startswith("uv")], ids=lambda made: f"{made.case} {made.tool}"
)
def test_the_kept_locks_are_what_the_tools_make(made: object, tool_folder: Path, tmp_path: Path) -> None:
    if not (tool_folder / made.tool).is_dir():  # type: ignore[attr-defined]  # one of MADE
        pytest.skip("this release is not laid out")
    with HollowIndex(hashes=True) as index:
        text = made_lock(made, tool_folder, tmp_path, index)  # type: ignore[arg-type]  # one of MADE
    assert text == made.kept.read_text(encoding="utf-8")  # type: ignore[attr-defined]  # one of MADE


def test_what_is_kept_speaks_of_something() -> None:
    assert len(FILES) >= 30
    assert all(any(name in path.read_text(encoding="utf-8") for name in ABOUT) for path in FILES)
