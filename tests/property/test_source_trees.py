"""Trees as anybody may have written them: metadata that stands, or an error of ours."""

from __future__ import annotations

import contextlib
from typing import Any

import tomlkit
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from tests.property.strategies import TEXTS

from stackpin.errors import StackpinError
from stackpin.parse.source_tree import files_named, parse_project, project_name
from stackpin.parse.torch_tree import listed_in_code
from stackpin.parse.tree_address import names_tree, parse_tree_address

__all__: list[str] = []

_NAMES = st.sampled_from(["sglang", "Sg_Lang", "", "-", "a b", 'x"y'])
_LINES = st.lists(
    st.sampled_from(["torch==2.6.0", "sglang[srt]", "a; os_name == 'nt' or extra == 'b'", "a @ https://b/c", "=="])
    | TEXTS,
    max_size=3,
)
_DIRECTIVES = st.fixed_dictionaries({"file": st.sampled_from(["a.txt", "../b.txt"]) | _LINES}) | TEXTS
_PROJECTS = st.fixed_dictionaries(
    {},
    optional={
        "name": _NAMES | st.integers(),
        "version": st.sampled_from(["0.5.6", "one", "1" * 5000]) | st.integers(),
        "requires-python": TEXTS | st.integers(),
        "dependencies": _LINES | TEXTS,
        "optional-dependencies": st.dictionaries(_NAMES, _LINES | TEXTS, max_size=2) | TEXTS,
        "dynamic": st.lists(st.sampled_from(["version", "dependencies", "optional-dependencies"]), max_size=3),
    },
)
_DYNAMIC = st.fixed_dictionaries(
    {},
    optional={"dependencies": _DIRECTIVES, "optional-dependencies": st.dictionaries(_NAMES, _DIRECTIVES, max_size=2)},
)


@given(_PROJECTS, _DYNAMIC)
def test_a_project_is_metadata_whose_lines_parse_or_is_refused(
    project: dict[str, Any], dynamic: dict[str, Any]
) -> None:
    raw = tomlkit.dumps({"project": project, "tool": {"setuptools": {"dynamic": dynamic}}}).encode()
    with contextlib.suppress(StackpinError):
        files = dict.fromkeys(files_named(raw, "here"), b"torch==2.6.0\n# no\n")
        found = parse_project(raw, "here", files)
        assert found.name == project_name(raw, "here")
        assert [str(Requirement(line)) for line in found.requires] == list(found.requires)
        assert all(str(Requirement(line).marker).count("extra") for line in found.requires if "; extra" in line)


@given(st.binary(max_size=60) | TEXTS.map(str.encode) | st.just(b"a = " + b"[" * 5000))
def test_any_bytes_are_a_project_or_refused(raw: bytes) -> None:
    with contextlib.suppress(StackpinError):
        assert files_named(raw, "here") == ()
        assert parse_project(raw, "here", {}).name


@given(st.sampled_from(["", "./", "git+", "git+https://a/b@", "a @ ", "a[x] @ file://", "git+ssh://g@[::1"]), TEXTS)
def test_an_argument_is_an_address_without_credentials_or_refused(start: str, text: str) -> None:
    if names_tree(start + text):
        with contextlib.suppress(StackpinError):
            found = parse_tree_address(start + text)
            assert bool(found.path) != bool(found.url)


@given(TEXTS, st.binary(max_size=40) | TEXTS.map(lambda text: f"x = [{text!r}]".encode()))
def test_any_code_has_a_list_or_none(name: str, code: bytes) -> None:
    found = listed_in_code(code, name) or listed_in_code(code, "x")
    assert found is None or all(str(Requirement(line)) == line for line in found)
