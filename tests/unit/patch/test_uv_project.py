"""``pyproject.toml`` with the tuple in it: what is added, what stays, what is refused."""

from __future__ import annotations

import sys

import pytest

from stackpin.errors import InputUnreadable, UsageError
from stackpin.patch.uv_project import Tagged, Wanted, with_tuple
from stackpin.patch.uv_project_notes import notes_on

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__: list[str] = []

WANTED = Wanted(("torch===2.6.0", "triton==3.2.0"), frozenset({"torch", "triton", "sglang"}), {})
LABELLED = Wanted(
    ("torch==2.6.0+cu126 ; sys_platform == 'linux'",),
    frozenset({"torch"}),
    {"torch": "https://a.example/whl/cu126"},
    "sys_platform == 'linux'",
)
PROJECT = """# mine
[project]
name = "demo"  # a name
dependencies = ["torch"]
"""


def uv_of(text: str) -> dict[str, object]:
    found: dict[str, object] = tomllib.loads(text)["tool"]["uv"]
    return found


def test_a_project_without_settings_gets_them_behind_its_own_text() -> None:
    new = with_tuple(PROJECT, WANTED, where="x")
    assert new.startswith(PROJECT)
    assert uv_of(new) == {"constraint-dependencies": ["torch===2.6.0", "triton==3.2.0"]}


def test_a_second_time_changes_nothing() -> None:
    for wanted in (WANTED, LABELLED):
        once = with_tuple(PROJECT, wanted, where="x")
        assert with_tuple(once, wanted, where="x") == once


def test_the_users_own_constraints_and_comments_stay_and_old_pins_go() -> None:
    text = PROJECT + (
        '\n[tool.uv]\nconstraint-dependencies = [\n    "idna<4",  # because\n    "Torch<2.7",\n    "torch==2.5.1",\n'
        '    "sglang==0.4.3",\n    "triton==3.2.0",\n]\npackage = false  # no\n\n[tool.other]\nx = 1\n'
    )
    new = with_tuple(text, WANTED, where="x")
    assert new == text.replace('    "torch==2.5.1",\n    "sglang==0.4.3",\n', "").replace(
        '    "triton==3.2.0",\n]', '    "triton==3.2.0",\n    "torch===2.6.0",\n]'
    )


def test_a_range_of_the_users_that_leaves_the_tuple_out_is_told() -> None:
    text = PROJECT + '\n[tool.uv]\nconstraint-dependencies = ["torch<2.5"]\n'
    with pytest.raises(UsageError) as caught:
        with_tuple(text, WANTED, where="pyproject.toml")
    assert (caught.value.what, caught.value.where, caught.value.got) == (
        "the project itself leaves torch 2.6.0 out",
        "pyproject.toml: [tool.uv] constraint-dependencies",
        "torch<2.5",
    )


def test_a_bound_of_an_earlier_tuple_is_replaced() -> None:
    text = PROJECT + '\n[tool.uv]\nconstraint-dependencies = ["cuda-python<13,>=12"]\n'
    wanted = Wanted(("cuda-python<14,>=13",), frozenset({"cuda-python"}), {})
    assert uv_of(with_tuple(text, wanted, where="x")) == {"constraint-dependencies": ["cuda-python<14,>=13"]}


def test_a_build_of_another_index_is_bound_to_it() -> None:
    assert uv_of(with_tuple(PROJECT, LABELLED, where="x")) == {
        "constraint-dependencies": list(LABELLED.constraints),
        "index": [{"name": "stackpin-cu126", "url": "https://a.example/whl/cu126", "explicit": True}],
        "sources": {"torch": {"index": "stackpin-cu126", "marker": "sys_platform == 'linux'"}},
    }


def test_two_indexes_for_one_tag_have_names_of_their_own() -> None:
    both = LABELLED._replace(sources={**LABELLED.sources, "kernel": "https://b.example/whl/cu126"})
    once = with_tuple(PROJECT, both, where="x")
    found = uv_of(once)
    assert found["index"] == [
        {"name": "stackpin-cu126", "url": "https://a.example/whl/cu126", "explicit": True},
        {"name": "stackpin-cu126-2", "url": "https://b.example/whl/cu126", "explicit": True},
    ]
    assert found["sources"] == {
        "torch": {"index": "stackpin-cu126", "marker": "sys_platform == 'linux'"},
        "kernel": {"index": "stackpin-cu126-2", "marker": "sys_platform == 'linux'"},
    }
    assert with_tuple(once, both, where="x") == once


def test_another_tag_takes_the_place_of_what_was_put_there_before() -> None:
    text = with_tuple(PROJECT + '\n[tool.uv.sources]\nidna = { path = "i" }\n', LABELLED, where="x")
    other = LABELLED._replace(sources={"torch": "https://a.example/whl/cu118"})
    source = {"index": "stackpin-cu118", "marker": "sys_platform == 'linux'"}
    assert uv_of(with_tuple(text, other, where="x"))["sources"] == {"idna": {"path": "i"}, "torch": source}
    assert uv_of(with_tuple(text, WANTED, where="x"))["sources"] == {"idna": {"path": "i"}}


def test_an_index_that_is_named_already_keeps_its_name() -> None:
    text = PROJECT + '\n[[tool.uv.index]]\nname = "mine"\nurl = "https://a.example/whl/cu126/"\n'
    found = uv_of(with_tuple(text, LABELLED, where="x"))
    assert found["index"] == [{"name": "mine", "url": "https://a.example/whl/cu126/"}]
    assert found["sources"] == {"torch": {"index": "mine", "marker": "sys_platform == 'linux'"}}


def test_a_source_that_says_the_same_without_a_marker_is_left_alone() -> None:
    text = PROJECT + (
        '\n[tool.uv.sources]\ntorch = { index = "mine" }\n\n[[tool.uv.index]]\nname = "mine"\n'
        'url = "https://a.example/whl/cu126"\n'
    )
    assert uv_of(with_tuple(text, LABELLED, where="x"))["sources"] == {"torch": {"index": "mine"}}


def test_another_source_of_a_member_is_refused() -> None:
    text = PROJECT + '\n[tool.uv.sources]\ntorch = { path = "torch.whl" }\n'
    with pytest.raises(UsageError) as caught:
        with_tuple(text, LABELLED, where="pyproject.toml")
    assert (caught.value.where, caught.value.got) == (
        "pyproject.toml: [tool.uv.sources] torch",
        "{'path': 'torch.whl'}",
    )


@pytest.mark.parametrize(
    ("text", "what"), [("tool = 3\n", "[tool] is no table"), ("tool.uv = 3\n", "[tool.uv] is no table")]
)
def test_what_should_be_a_table_is_named_with_what_is_there(text: str, what: str) -> None:
    with pytest.raises(InputUnreadable) as caught:
        with_tuple(text, WANTED, where="x")
    assert (caught.value.what, caught.value.got) == (what, "3")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[tool", id="no TOML"),
        pytest.param("[tool]\nuv = 3\n", id="no table"),
        pytest.param("tool = 3\n", id="no tool table"),
    ],
)
def test_what_is_no_project_file_is_told(text: str) -> None:
    with pytest.raises(InputUnreadable) as caught:
        with_tuple(text, WANTED, where="pyproject.toml")
    assert caught.value.where == "pyproject.toml"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "[tool.uv]\npackage = false\n[project]\nname = 'x'\n[tool.uv.sources]\nidna = {path = 'i'}\n", id="apart"
        ),
        pytest.param("[tool]\nuv = {package = false}\n", id="inline"),
        pytest.param("tool.uv.package = false\n", id="dotted"),
        pytest.param("[tool.a]\nx=1\n[project]\nname='x'\n[tool.b]\ny=1\n", id="tools apart"),
        pytest.param('[tool.uv]\nconstraint-dependencies = ["idna<4"]\n', id="one line"),
        pytest.param("[project]\nname = 'x'\r\n[tool.uv]\r\npackage = false\r\n", id="Windows lines"),
    ],
)
@pytest.mark.parametrize("wanted", [WANTED, LABELLED])
def test_however_it_is_laid_out_the_result_says_what_is_meant_or_nothing_is_written(text: str, wanted: Wanted) -> None:
    try:
        new = with_tuple(text, wanted, where="x")
    except InputUnreadable as error:
        assert error.what == "the file is laid out in a way that stackpin cannot add to"  # noqa: PT017 - one of two ends
    else:
        before, after = tomllib.loads(text), tomllib.loads(new)
        assert set(wanted.constraints) <= set(after["tool"]["uv"]["constraint-dependencies"])
        assert {key: value for key, value in before.items() if key != "tool"} == {
            key: value for key, value in after.items() if key != "tool"
        }


@pytest.mark.parametrize(
    ("override", "what"),
    [
        ("torch==2.9.1", "the project itself leaves torch 2.6.0 out"),
        ("torch>=2.7", "the project itself leaves torch 2.6.0 out"),
        ("Flash_Infer==0.2.5", "the project itself asks for Flash_Infer, which the tuple keeps out"),
    ],
)
def test_an_override_that_leaves_the_tuple_out_is_told_and_nothing_is_written(override: str, what: str) -> None:
    wanted = WANTED._replace(constraints=(*WANTED.constraints, "flash-infer==0+blocked.by.stackpin"))
    text = f'{PROJECT}[tool.uv]\noverride-dependencies = ["{override}"]\n'
    with pytest.raises(UsageError) as caught:
        with_tuple(text, wanted, where="x")
    assert (caught.value.what, caught.value.where) == (what, "x: [tool.uv] override-dependencies")
    assert caught.value.got == override


@pytest.mark.parametrize("override", ["torch==2.6.0", "torch>=2", "torch==2.9.1 ; sys_platform == 'win32'", "numpy<2"])
def test_an_override_that_admits_the_tuple_or_holds_elsewhere_stays(override: str) -> None:
    text = f'{PROJECT}[tool.uv]\noverride-dependencies = ["{override}"]\n'
    assert uv_of(with_tuple(text, WANTED, where="x"))["override-dependencies"] == [override]


def test_what_the_project_asks_for_beside_the_tuple_is_noted_by_its_list() -> None:
    text = """
[project]
name = "demo"
dependencies = ["torch==2.9.1", "triton>=3", "torch @ https://a.example/torch.whl", "torch>2.9; python_version > '3.12'"]
[project.optional-dependencies]
cu126 = ["torch==2.7.1"]
old = ["triton<3.2"]
[dependency-groups]
dev = [{include-group = "test"}, "numpy", "torch>=2.7"]
test = []
[tool.uv]
dev-dependencies = ["triton!=3.2.0"]
"""
    found = notes_on(text, WANTED._replace(extras={"cu126": Tagged((), {})}), where="x")
    end = "so uv finds no solution"
    assert found == (
        f"x: [project] dependencies has torch==2.9.1: the project itself leaves torch 2.6.0 out, {end}",
        f"x: extra old has triton<3.2: the project itself leaves triton 3.2.0 out, {end}",
        f"x: group dev has torch>=2.7: the project itself leaves torch 2.6.0 out, {end}",
        f"x: [tool.uv] dev-dependencies has triton!=3.2.0: the project itself leaves triton 3.2.0 out, {end}",
    )
    assert notes_on(PROJECT, WANTED, where="x") == ()
