"""Patterns of paths."""

from __future__ import annotations

import pytest

from stackpin.check.globs import Patterns
from stackpin.model.settings import PathPattern

__all__: list[str] = []


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        pytest.param("vendored", "vendored/requirements.txt", True, id="a folder's name, at the top"),
        pytest.param("vendored", "a/vendored/b/requirements.txt", True, id="a folder's name, anywhere"),
        pytest.param("vendored/", "a/vendored/b/requirements.txt", True, id="a folder's name with a slash behind it"),
        pytest.param("vendored", "vendored2/requirements.txt", False, id="not a longer name"),
        pytest.param("*.in", "a/dev.in", True, id="an ending"),
        pytest.param("*.in", "a/dev.in.txt", False, id="an ending that is none"),
        pytest.param("dev-?.txt", "dev-1.txt", True, id="one character"),
        pytest.param("dev-[!1].txt", "dev-1.txt", False, id="a set that it is not in"),
        pytest.param("dev-[.txt", "dev-[.txt", True, id="a bracket that is never closed"),
        pytest.param("a/*.txt", "a/b.txt", True, id="below the folder"),
        pytest.param("a/*.txt", "a/b/c.txt", False, id="a star stops at a slash"),
        pytest.param("a/*.txt", "x/a/b.txt", False, id="with a slash only from the folder on"),
        pytest.param("a/b", "a/b/c/d.txt", True, id="all that is in a folder"),
        pytest.param("./a/b", "a/b/c.txt", True, id="with a dot first"),
        pytest.param("a/**/x.txt", "a/x.txt", True, id="two stars for no folder"),
        pytest.param("a/**/x.txt", "a/b/c/x.txt", True, id="two stars for several"),
        pytest.param("**/x", "a/b/x/y.txt", True, id="two stars first"),
        pytest.param("a/**", "a/b.txt", True, id="two stars last"),
        pytest.param("a/**", "b.txt", False, id="two stars last, elsewhere"),
        pytest.param("a", "/repo/a/x.txt", True, id="an absolute path"),
        pytest.param("b", "../b/x.txt", True, id="a path that leads up"),
        pytest.param("A", "a/x.txt", False, id="another case"),
    ],
)
def test_a_pattern_matches_a_path_or_a_folder_of_it(pattern: str, path: str, expected: bool) -> None:
    assert Patterns([PathPattern(text=pattern, folder="/repo")], "/repo").matches(path) is expected


def test_a_pattern_is_below_its_own_folder_not_below_the_current_one() -> None:
    patterns = Patterns([PathPattern(text="a/*.txt", folder="/repo")], "/repo/sub")
    assert not patterns.matches("a/b.txt")
    assert patterns.matches("../a/b.txt")


def test_no_pattern_is_false_and_matches_nothing() -> None:
    assert not Patterns([], "/repo")
    assert not Patterns([], "/repo").matches("a")
