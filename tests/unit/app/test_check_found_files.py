"""Which files a run of ``check`` reads."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stackpin.app.check.baseline_file import read_baseline, write_baseline
from stackpin.app.check.found_files import LARGEST, find_inputs, read_input
from stackpin.check.rule_book import rule
from stackpin.effects.input_files import Listed, listed
from stackpin.errors import InputUnreadable, NotCovered, UsageError
from stackpin.model.finding import Finding
from stackpin.model.input_file import InputFile, InputKind
from stackpin.model.mention import Place
from stackpin.model.settings import PathPattern

__all__: list[str] = []


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which the test stands."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def lay(*names: str, text: str = "torch==2.6.0\n") -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")


def found(*paths: str, exclude: tuple[str, ...] = ()) -> list[str]:
    inputs = find_inputs(paths, exclude=[PathPattern(text=each) for each in exclude])
    return [file.path for file in inputs.files]


def troubles(*paths: str) -> list[tuple[str, str]]:
    return [(each.place.path, each.message) for each in find_inputs(paths).troubles]


def test_a_folder_gives_all_kinds_by_name_each_folders_files_before_its_folders(work: Path) -> None:
    lay("b/uv.lock", "b/a/pyproject.toml", "requirements.txt", "a/Dockerfile", "a/poetry.lock", "README.md", "a/x.py")
    lay("tools/setup", text="#!/usr/bin/env bash\n")
    lay("envs/environment.yml", text="name: a\ndependencies:\n  - pip\n")
    inputs = find_inputs(["."])
    assert [(file.path, file.kind) for file in inputs.files] == [
        ("requirements.txt", InputKind.REQUIREMENTS),
        ("a/Dockerfile", InputKind.DOCKERFILE),
        ("a/poetry.lock", InputKind.POETRY_LOCK),
        ("b/uv.lock", InputKind.UV_LOCK),
        ("b/a/pyproject.toml", InputKind.PYPROJECT),
        ("envs/environment.yml", InputKind.CONDA),
        ("tools/setup", InputKind.SHELL),
    ]
    assert inputs[1:] == ((), ())


def test_paths_are_shown_as_they_were_typed(work: Path) -> None:
    lay("a/requirements.txt")
    assert found(".") == ["a/requirements.txt"]
    assert found("a") == ["a/requirements.txt"]
    assert found("./a/") == ["./a/requirements.txt"]
    assert found(str(work)) == [f"{work}/a/requirements.txt"]
    assert found("a/requirements.txt") == ["a/requirements.txt"]


def test_environments_and_the_folders_of_tools_are_passed_over(work: Path) -> None:
    lay(*(f"{name}/requirements.txt" for name in (".git", "node_modules", ".tox", ".venv", "lib/site-packages")))
    lay("own-venv/pyvenv.cfg", "own-venv/requirements.txt", "conda/requirements.txt", "conda/conda-meta/history")
    lay(".ci/requirements.txt")
    assert found(".") == [".ci/requirements.txt"]


def test_what_is_excluded_is_passed_over_in_folders_and_read_where_it_is_named(work: Path) -> None:
    lay("a/requirements.txt", "vendored/requirements.txt", "a/dev.in")
    assert found(".", exclude=("vendored", "*.in")) == ["a/requirements.txt"]
    assert found("vendored/requirements.txt", exclude=("vendored",)) == ["vendored/requirements.txt"]


def test_links_to_folders_are_not_followed_and_a_file_counts_once(work: Path) -> None:
    lay("a/requirements.txt")
    Path("a/up").symlink_to("..")
    Path("a/self").symlink_to("self")
    Path("a/a-requirements.txt").symlink_to("requirements.txt")
    Path("requirements.txt").symlink_to("a/requirements.txt")
    assert found(".") == ["a/requirements.txt"]
    assert found(".", "a", "a/../a") == ["a/requirements.txt"]
    assert found("requirements.txt", ".") == ["requirements.txt"]


def test_a_link_out_of_the_folder_is_the_project_s_own_choice(work: Path) -> None:
    lay("../shared-requirements.txt")
    Path("requirements.txt").symlink_to("../shared-requirements.txt")
    assert found(".") == ["requirements.txt"]


def test_links_that_lead_nowhere_and_to_themselves_are_troubles_where_their_name_is_ours(work: Path) -> None:
    Path("requirements.txt").symlink_to("nowhere")
    Path("uv.lock").symlink_to("uv.lock")
    Path("other").symlink_to("nowhere")
    assert troubles(".") == [
        ("requirements.txt", "the link leads nowhere: No such file or directory"),
        ("uv.lock", "the file cannot be reached: Too many levels of symbolic links"),
    ]


def test_a_folder_that_is_closed_is_a_trouble_and_the_rest_goes_on(work: Path) -> None:
    def closed(folder: str) -> Listed:
        if folder == "a":
            raise InputUnreadable("the folder cannot be listed", where=folder, got="Permission denied")
        return listed(folder)

    lay("a/requirements.txt", "b/requirements.txt")
    inputs = find_inputs(["."], list_folder=closed)
    assert [file.path for file in inputs.files] == ["b/requirements.txt"]
    (trouble,) = inputs.troubles
    assert (trouble.slug, trouble.message, trouble.place) == (
        "input-unreadable",
        "the folder cannot be listed: Permission denied",
        Place(path="a"),
    )


def test_pipes_are_never_opened(work: Path) -> None:
    os.mkfifo("requirements.txt")
    os.mkfifo("setup")
    lay("b.requirements.txt")
    assert found(".") == ["b.requirements.txt"]
    assert troubles("requirements.txt", "b.requirements.txt") == [
        ("requirements.txt", "this is no regular file: a pipe")
    ]


def test_a_name_that_is_no_text_opens_its_file(work: Path) -> None:
    with open(b"requirements-\xff\n.txt", "wb") as file:  # noqa: PTH123 - pathlib takes no bytes
        file.write(b"torch\n")
    (one,) = find_inputs(["."]).files
    assert (one.path, read_input(one)) == ("requirements-\udcff\n.txt", b"torch\n")


@pytest.mark.parametrize("name", ["gone.txt", "gone/requirements.txt", "requirements.txt/below"])
def test_what_is_not_there_is_a_trouble_and_the_rest_goes_on(work: Path, name: str) -> None:
    lay("requirements.txt")
    inputs = find_inputs([name, "requirements.txt"])
    assert [(each.place.path, each.message) for each in inputs.troubles] == [(name, "there is no such file or folder")]
    assert inputs.files == (InputFile(path="requirements.txt", kind=InputKind.REQUIREMENTS, named=True),)


def test_a_file_that_nothing_tells_of_is_refused_with_what_is_read(work: Path) -> None:
    lay("picture.png", text="\x89PNG")
    with pytest.raises(UsageError) as caught:
        find_inputs(["picture.png"])
    error = caught.value
    assert (error.what, error.where, error.exit_code) == (
        "neither its name nor its first lines tell what this file is",
        "picture.png",
        2,
    )
    assert error.expected.startswith("uv.lock, pylock.toml, poetry.lock, ")


def test_another_tools_lock_is_refused_where_it_is_named_and_noted_where_it_is_found(work: Path) -> None:
    lay("a/pdm.lock", "a/requirements.txt")
    with pytest.raises(NotCovered) as caught:
        find_inputs(["a/pdm.lock"])
    assert (caught.value.what, caught.value.hint) == (
        "PDM's own lock file is not read",
        "pdm export --format pylock --output pylock.toml",
    )
    assert find_inputs(["."]).notes == (
        "a/pdm.lock is PDM's own lock file, which is not read: pdm export --format pylock --output pylock.toml",
    )


def test_an_environment_that_is_named_as_a_path_is_refused_with_the_option_that_takes_it(work: Path) -> None:
    lay(".venv/pyvenv.cfg")
    with pytest.raises(UsageError) as caught:
        find_inputs([".venv"])
    assert (caught.value.what, caught.value.hint) == (
        "this folder is an environment",
        "stackpin check --env .venv",
    )


def test_folders_within_folders_within_folders_are_walked_however_deep(work: Path) -> None:
    seen = []

    def deep(folder: str) -> Listed:
        seen.append(folder)
        return Listed(("d",) if len(seen) < 3000 else (), (), ())

    assert find_inputs(["."], list_folder=deep).files == ()
    assert len(seen) == 3000


def test_a_file_that_is_too_large_is_not_read(work: Path) -> None:
    lay("requirements.txt")
    os.truncate("requirements.txt", LARGEST + 1)
    (one,) = find_inputs(["."]).files
    with pytest.raises(InputUnreadable) as caught:
        read_input(one)
    assert (caught.value.got, caught.value.expected) == ("4.0 MB", "at most 4 MB")


def test_a_baseline_is_written_and_read_back(work: Path) -> None:
    place = Place(path="requirements.txt", line=1, column=1)
    one = Finding(rule=rule("SP101"), place=place, message="m", package="triton", found="3.3.0", wanted="3.2.0")
    assert write_baseline("ci/baseline.json", [one, one], str(work)) == 1
    baseline = read_baseline("ci/baseline.json")
    assert [(entry.path, entry.count) for entry in baseline.entries] == [("../requirements.txt", 2)]
    assert (baseline.where, baseline.folder) == (f"{work}/ci/baseline.json", f"{work}/ci")


def test_a_baseline_that_is_not_there_says_how_it_is_made(work: Path) -> None:
    with pytest.raises(InputUnreadable) as caught:
        read_baseline("b.json")
    assert (caught.value.what, caught.value.hint) == (
        "there is no such baseline",
        "stackpin check --baseline b.json --write-baseline",
    )
