"""The real git: which commit a folder is at, and one revision of a repository elsewhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from tests.support.git_trees import GitServer, Repository

from stackpin.effects.git import fetched_tree, revision_of
from stackpin.errors import IndexFailed, ToolMissing, UnknownName
from stackpin.model.source_tree import Revision

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

FILE = "pyproject.toml"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repositories" / "demo")
    made.git("config", "uploadpack.allowFilter", "true")
    return made


def revision(folder: Path) -> Revision:
    found = revision_of(folder, (FILE,), os.environ)
    assert isinstance(found, Revision)
    return found


def test_a_folder_is_at_a_commit_with_its_tags_and_its_day_in_utc(repository: Repository) -> None:
    commit = repository.commit({FILE: b"1"}, "v1.0", "gateway-v2")
    found = revision(repository.folder)
    assert (found.commit, found.changed) == (commit, False)
    assert sorted(found.tags) == ["gateway-v2", "v1.0"]
    assert found.committed.startswith("2025-05-24T10:00:00")


def test_a_folder_below_the_top_is_at_the_same_commit(repository: Repository) -> None:
    commit = repository.commit({f"python/{FILE}": b"1"})
    found = revision(repository.folder / "python")
    assert (found.commit, found.tags) == (commit, ())


def test_a_change_counts_where_it_is_in_what_was_read(repository: Repository) -> None:
    repository.commit({FILE: b"1", "other": b"1"})
    (repository.folder / "other").write_bytes(b"2")
    found = revision(repository.folder)
    assert not found.changed
    (repository.folder / FILE).write_bytes(b"2")
    found = revision(repository.folder)
    assert found.changed
    assert found.told.endswith(", with changes that are not committed")


def test_a_folder_that_git_does_not_hold_is_at_no_commit(repository: Repository, tmp_path: Path) -> None:
    repository.commit({"other": b"1"})
    inside = repository.folder / "unpacked"
    inside.mkdir()
    (inside / FILE).write_bytes(b"1")
    assert revision_of(inside, (FILE,), os.environ) == ""
    assert revision_of(tmp_path, (FILE,), os.environ) == ""
    assert revision_of(repository.folder, ("other",), {"PATH": str(tmp_path)}) == ""


def test_a_folder_of_another_user_is_told_with_what_git_wants(repository: Repository) -> None:
    repository.commit({FILE: b"1"})
    environ = {**os.environ, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    found = revision_of(repository.folder, (FILE,), environ)
    assert found == f"the folder is another user's: git config --global --add safe.directory {repository.folder}"


def test_git_is_not_led_to_another_repository(repository: Repository, tmp_path: Path) -> None:
    repository.commit({FILE: b"1"})
    other = Repository(tmp_path / "other")
    other.commit({FILE: b"2"})
    found = revision_of(repository.folder, (FILE,), {**os.environ, "GIT_DIR": str(other.folder / ".git")})
    assert isinstance(found, Revision)
    assert found.commit == repository.git("rev-parse", "HEAD")


def test_what_a_repository_would_run_is_not_run(repository: Repository, tmp_path: Path) -> None:
    repository.commit({FILE: b"1"})
    told = tmp_path / "told"
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {told}\n", encoding="utf-8")
    hook.chmod(0o755)
    repository.git("config", "core.fsmonitor", str(hook))
    assert revision(repository.folder).commit
    assert not told.exists()


@pytest.mark.parametrize("rev", ["v1.0", "side", "", "HASH", "SHORT"])
def test_a_revision_is_a_tag_a_branch_the_head_or_a_hash(repository: Repository, rev: str) -> None:
    commit = repository.commit({f"python/{FILE}": b"one"}, "v1.0")
    repository.git("branch", "side")
    if rev:
        repository.commit({f"python/{FILE}": b"two"})
    named = {"HASH": commit, "SHORT": commit[:8]}.get(rev, rev)
    with fetched_tree(f"file://{repository.folder}", named, os.environ) as tree:
        assert tree.revision.commit == commit
        assert tree.revision.tags == (("v1.0",) if rev == "v1.0" else ())
        assert tree.read(f"python/{FILE}") == b"one"
        assert tree.read(FILE) is None


def test_a_server_is_asked_for_what_is_read_and_nothing_stays_behind(repository: Repository, tmp_path: Path) -> None:
    repository.commit({FILE: b"one", "large": os.urandom(300_000)}, "v1.0")
    environ = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with GitServer(tmp_path / "repositories") as server:
        with fetched_tree(f"http://{server.host}/demo/.git", "v1.0", environ) as tree:
            assert tree.read(FILE) == b"one"
            (folder,) = (tmp_path / "cache" / "stackpin" / "trees").iterdir()
            assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 300_000
        assert any("service=git-upload-pack" in path for path in server.asked)
    assert not list((tmp_path / "cache" / "stackpin" / "trees").iterdir())


def test_an_annotated_tag_leads_to_its_commit(repository: Repository) -> None:
    commit = repository.commit({FILE: b"one"})
    repository.git("tag", "--annotate", "--message=x", "v1.0")
    with fetched_tree(f"file://{repository.folder}", "v1.0", os.environ) as tree:
        assert (tree.revision.commit, tree.revision.tags) == (commit, ("v1.0",))


@pytest.mark.parametrize("rev", ["nowhere", "v9", "0123456789ab", "0" * 40])
def test_a_revision_that_is_not_there_is_told(repository: Repository, rev: str) -> None:
    repository.commit({FILE: b"one"})
    with pytest.raises(UnknownName) as caught, fetched_tree(f"file://{repository.folder}", rev, os.environ):
        pass
    assert caught.value.what == f"the repository has no revision {rev!r}"


def test_credentials_are_used_and_never_told(repository: Repository, tmp_path: Path) -> None:
    repository.commit({FILE: b"one"}, "v1.0")
    with GitServer(tmp_path / "repositories", password="secret") as server:
        with fetched_tree(f"http://me:secret@{server.host}/demo/.git", "v1.0", os.environ) as tree:
            assert tree.read(FILE) == b"one"
        wrong = f"http://me:wrong-one@{server.host}/demo/.git"
        with pytest.raises(IndexFailed) as caught, fetched_tree(wrong, "v1.0", os.environ):
            pass
    assert "wrong-one" not in str(caught.value)
    assert caught.value.where == f"http://{server.host}/demo/.git"


def test_a_repository_that_cannot_be_reached_is_a_failure_of_the_network(tmp_path: Path) -> None:
    address = f"file://{tmp_path}/none"
    with pytest.raises(IndexFailed, match="git cannot fetch"), fetched_tree(address, "v1", os.environ):
        pass


def test_without_git_the_hint_says_what_is_needed(tmp_path: Path) -> None:
    environ = {"PATH": str(tmp_path)}
    with pytest.raises(ToolMissing, match="there is no git"), fetched_tree("file:///none", "v1", environ):
        pass
