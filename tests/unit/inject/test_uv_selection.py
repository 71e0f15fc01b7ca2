"""Which extras and groups a command is about, by uv's command line reference."""

from __future__ import annotations

import shlex

import pytest

from stackpin.inject.command_line import read_call
from stackpin.inject.grammar import UV
from stackpin.inject.uv_selection import selection_of
from stackpin.model.selection import Selection

__all__: list[str] = []


def selected(line: str, defaults: tuple[str, ...] | None = ("dev",), **environ: str) -> Selection:
    return selection_of(read_call(shlex.split(line), UV)[0], environ, defaults)


@pytest.mark.parametrize("line", ["lock", "add x", "tree", "sync --all-packages", "sync --script s.py"])
def test_what_is_about_all_selects_nothing(line: str) -> None:
    assert selected(line) == Selection(None, None)


@pytest.mark.parametrize(
    ("line", "extras"),
    [
        pytest.param("sync", frozenset(), id="none"),
        pytest.param("run --extra GPU_x --extra=b prog --extra c", {"gpu-x", "b"}, id="named"),
        pytest.param("export --all-extras", None, id="all"),
        pytest.param("sync --extra a --extra b --no-extra a", {"b"}, id="but one"),
    ],
)
def test_extras_are_those_that_are_named(line: str, extras: frozenset[str] | None) -> None:
    assert selected(line).extras == extras


@pytest.mark.parametrize(
    ("line", "groups"),
    [
        pytest.param("sync", {"dev"}, id="the default"),
        pytest.param("sync --group a", {"dev", "a"}, id="one more"),
        pytest.param("sync --no-dev", frozenset(), id="not the default"),
        pytest.param("sync --no-group dev --group a", {"a"}, id="another"),
        pytest.param("sync --no-default-groups --group a", {"a"}, id="no defaults"),
        pytest.param("sync --only-group a", {"a"}, id="only"),
        pytest.param("sync --only-dev", {"dev"}, id="only dev"),
        pytest.param("sync --all-groups", None, id="all"),
    ],
)
def test_groups_are_the_projects_defaults_and_those_that_are_named(line: str, groups: frozenset[str] | None) -> None:
    assert selected(line).groups == groups


def test_a_project_may_take_all_groups_and_a_variable_none() -> None:
    assert selected("sync", None).groups is None
    assert selected("sync", UV_NO_DEV="1").groups == frozenset()
