"""What a source tree says of its build (PEP 518)."""

from __future__ import annotations

import pytest

from stackpin.parse.build_system import parse_build_system

__all__: list[str] = []


def test_the_requirements_are_names() -> None:
    found = parse_build_system(b'[build-system]\nrequires = ["Torch>=2 ; python_version > \'3\'", "ninja_x"]\n')
    assert (found.requires, found.plain) == (frozenset({"torch", "ninja-x"}), True)


def test_a_tree_without_a_build_system_is_plain() -> None:
    assert parse_build_system(b"") == (frozenset(), True)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('[build-system]\nrequires = []\nbackend-path = ["."]', id="a backend of its own"),
        pytest.param('[tool.hatch.build.hooks.custom]\ndependencies = ["torch"]', id="a hook of hatch"),
        pytest.param('[tool.hatch.build.targets.wheel.hooks.custom]\npath = "x.py"', id="a hook of one target"),
        pytest.param("[build-system]\nrequires = 3", id="no list"),
        pytest.param('[build-system]\nrequires = ["???"]', id="no requirement"),
        pytest.param("[build-system", id="no TOML"),
    ],
)
def test_what_may_add_to_them_is_not_plain(text: str) -> None:
    assert not parse_build_system(text.encode()).plain
