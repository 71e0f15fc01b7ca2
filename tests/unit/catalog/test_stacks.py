"""Stacks: the catalog's, a user's own, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.support.small_catalog import SmallCatalog, row

from stackpin.catalog.stacks import Stacks, user_stack
from stackpin.errors import InputUnreadable, UnknownName, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from stackpin.catalog.loader import Catalog

__all__: list[str] = []

WHERE = "pyproject.toml [tool.stackpin.stacks.mine]"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    small = SmallCatalog(tmp_path)
    small.fact("stacks", name="sglang", anchor="sglang", extra="srt", members=["torch", "triton"], always=["torch"])
    small.fact("stacks", name="vllm", anchor="vllm", members=["torch"])
    for name in ("torch", "triton", "torchvision", "sglang", "vllm"):
        small.release(name, row(name, "1.0"))
    return small.open()[0]


@pytest.mark.parametrize("name", ["sglang", "SGLang"])
def test_a_stack_is_found_by_its_name_or_its_anchor(catalog: Catalog, name: str) -> None:
    stack = Stacks(catalog).find(name)
    assert (stack.name, stack.anchor, stack.extra, stack.members) == ("sglang", "sglang", "srt", ("torch", "triton"))


def test_a_users_own_stack_comes_before_the_catalogs(catalog: Catalog) -> None:
    own = user_stack("vllm", {"anchor": "vllm", "members": ["torchvision"]}, WHERE)
    assert Stacks(catalog, [own]).find("vllm") is own


def test_a_slip_in_a_stacks_name_has_its_near_miss(catalog: Catalog) -> None:
    with pytest.raises(UnknownName) as caught:
        Stacks(catalog).find("sglan")
    error = caught.value
    assert (error.what, error.hint) == ("there is no stack 'sglan'", "stackpin compile sglang")
    assert error.expected == "one of sglang, vllm, or your own in [tool.stackpin.stacks]"


def test_a_member_is_no_anchor(catalog: Catalog) -> None:
    with pytest.raises(UnknownName) as caught:
        Stacks(catalog).find("triton")
    error = caught.value
    assert error.what == "triton is a member of a stack, not the anchor of one"
    assert error.hint == "name the stack too: stackpin compile sglang triton"


def test_a_users_stack_always_holds_torch_and_triton() -> None:
    stack = user_stack(
        "mine", {"anchor": "My_Service", "members": ["Torchvision"], "look-alikes": ["torch-cpu"]}, WHERE
    )
    assert (stack.anchor, stack.members) == ("my-service", ("torch", "triton", "torchvision"))
    assert (stack.always, stack.look_alikes) == (("torch", "triton", "torchvision"), ("torch-cpu",))


@pytest.mark.parametrize(
    ("table", "what"),
    [
        ({}, "stack 'mine' names no anchor"),
        ({"anchor": ""}, "stack 'mine' names no anchor"),
        ({"anchor": 3}, "stack 'mine' names no anchor"),
        ({"anchor": "a", "members": "torch"}, "members is not a list of texts"),
        ({"anchor": "a", "members": [1]}, "members is not a list of texts"),
        ({"anchor": "a", "look-alikes": {}}, "look-alikes is not a list of texts"),
        ({"anchor": "a", "member": []}, "stack 'mine' has a key that stackpin does not know: member"),
    ],
)
def test_a_table_that_is_wrong_is_refused_with_its_place(table: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError) as caught:
        user_stack("mine", table, WHERE)
    assert (caught.value.what, caught.value.where, caught.value.exit_code) == (what, WHERE, 2)


def test_an_extra_that_is_no_text_is_refused() -> None:
    with pytest.raises(UsageError):
        user_stack("mine", {"anchor": "a", "extra": ["srt"]}, WHERE)


def test_a_requirement_that_does_not_parse_is_refused() -> None:
    with pytest.raises(InputUnreadable) as caught:
        user_stack("mine", {"anchor": "a"}, WHERE, ["torch>=2", "torch=2"])
    assert (caught.value.what, caught.value.got, caught.value.exit_code) == (
        "a requirement does not parse",
        "torch=2",
        15,
    )


def test_an_unknown_member_is_refused_with_its_near_miss(catalog: Catalog) -> None:
    own = user_stack("mine", {"anchor": "vllm", "members": ["torchvison"]}, WHERE)
    with pytest.raises(UnknownName) as caught:
        Stacks(catalog, [own])
    error = caught.value
    assert error.what == "stack 'mine' names a member that the catalog does not carry: torchvison"
    assert "torchvison" not in error.hint.replace("--package torchvison", "")


@pytest.mark.parametrize(
    "tables",
    [
        pytest.param({"one": {"anchor": "vllm", "members": ["vllm"]}}, id="its own member"),
        pytest.param(
            {"one": {"anchor": "vllm", "members": ["sglang"]}, "two": {"anchor": "sglang", "members": ["vllm"]}},
            id="each other's member",
        ),
    ],
)
def test_a_cycle_is_refused(catalog: Catalog, tables: dict[str, dict[str, Any]]) -> None:
    with pytest.raises(UsageError) as caught:
        Stacks(catalog, [user_stack(name, table, WHERE) for name, table in tables.items()])
    assert caught.value.what.startswith("stack 'one' has a cycle: ")
    assert caught.value.where == "[tool.stackpin.stacks.one]"


def test_a_stack_on_another_stacks_anchor_is_no_cycle(catalog: Catalog) -> None:
    one = user_stack("one", {"anchor": "vllm", "members": ["sglang"]}, WHERE)
    two = user_stack("two", {"anchor": "sglang", "members": ["torch"]}, WHERE)
    assert list(Stacks(catalog, [one, two]).by_name) == ["sglang", "vllm", "one", "two"]
