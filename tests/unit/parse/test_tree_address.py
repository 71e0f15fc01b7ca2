"""Arguments that name a tree, told apart from those that name a release."""

from __future__ import annotations

import pytest

from stackpin.errors import NotCovered, UsageError
from stackpin.parse.tree_address import names_tree, parse_tree_address

__all__: list[str] = []


@pytest.mark.parametrize(
    "text", ["./sglang", "../sglang[all]", ".", "a/b", "/a/b[x]", "git+https://h/r@v1", "a @ file:///b"]
)
def test_a_path_or_an_address_names_a_tree(text: str) -> None:
    assert names_tree(text)


@pytest.mark.parametrize(
    "text", ["sglang", "sglang[all]>=0.5,<0.6", "torch==2.6.0; platform_version == 'a/b'", "sglang @ here", ""]
)
def test_a_requirement_names_a_release(text: str) -> None:
    assert not names_tree(text)


def test_a_path_may_carry_extras() -> None:
    found = parse_tree_address("./src/sglang[all, tracing]")
    assert (found.path, found.place, found.extras) == ("./src/sglang", "./src/sglang", ("all", "tracing"))
    assert found.shown == "./src/sglang[all, tracing]"


def test_a_folder_may_be_a_file_address() -> None:
    found = parse_tree_address("sglang[all] @ file:///srv/my%20tree")
    assert (found.path, found.name, found.extras) == ("/srv/my tree", "sglang", ("all",))


@pytest.mark.parametrize(
    ("text", "url", "rev"),
    [
        ("git+https://host/a/b.git@v0.5.6", "https://host/a/b.git", "v0.5.6"),
        ("git+https://host/a/b", "https://host/a/b", ""),
        ("git+ssh://git@host/a/b@release/v1", "ssh://git@host/a/b", "release/v1"),
        ("git+file:///srv/b.git@1a2b3c4", "file:///srv/b.git", "1a2b3c4"),
        ("git+https://me:secret@host/b@main", "https://me:secret@host/b", "main"),
    ],
)
def test_a_revision_stands_behind_the_last_at_of_the_path(text: str, url: str, rev: str) -> None:
    found = parse_tree_address(text)
    assert (found.url, found.rev) == (url, rev)


def test_a_fragment_names_the_subdirectory_and_the_extras() -> None:
    found = parse_tree_address("git+https://host/b@v1#egg=sglang[all]&subdirectory=python")
    assert (found.subdirectory, found.name, found.extras) == ("python", "sglang", ("all",))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("git+https://me:secret@host/b@main", "git+https://host/b@main"),
        ("git+https://host/b@main?token=secret", "git+https://host/b@main"),
        ("git+ssh://git:secret@host/b@main", "git+ssh://git@host/b@main"),
        ("sglang[all] @ git+https://me:secret@host/b@main", "sglang[all] @ git+https://host/b@main"),
        ("git+file:///srv/b@main#subdirectory=python", "git+file:///srv/b@main#subdirectory=python"),
    ],
)
def test_what_is_shown_has_no_credentials(text: str, shown: str) -> None:
    assert parse_tree_address(text).shown == shown


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("git+ext::sh -c id@x", "an address that git is not asked for"),
        ("git+git@github.com:a/b", "an address that git is not asked for"),
        ("git+https://host/b@", "an address with @ names no revision"),
        ("git+https://host/b@--upload-pack=id", "an address with @ names no revision"),
        ("git+https://host/b@v1#subdirectory=../..", "a subdirectory outside the tree"),
        ("git+https://host/b@v%00", "an address with @ names no revision"),
        ("git+https://host/b@a:refs/heads/b", "an address with @ names no revision"),
        ("git+https://me:secret@[host/b@v1", "an argument names no source tree"),
        ("sglang @ git+ftp://me:secret@host/b@v1", "an address that git is not asked for"),
        ("sglang @ file://", "an argument names no source tree"),
    ],
)
def test_what_git_must_not_be_asked_is_refused(text: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_tree_address(text)
    assert caught.value.what == what
    assert "secret" not in str(caught.value)


def test_a_file_at_an_address_is_no_tree() -> None:
    with pytest.raises(NotCovered, match="a file at an address is no source tree"):
        parse_tree_address("sglang @ https://host/sglang-0.5.6.tar.gz")
