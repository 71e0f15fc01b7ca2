"""Which packages get a release list: a rule over the rows of the anchors and members."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.small_catalog import SmallCatalog, row

from stackpin.catalog.bounded import bounded_by_several, bounded_with_members, bounding_lines
from stackpin.catalog.loader import Catalog
from stackpin.catalog.stacks import Stacks

if TYPE_CHECKING:
    from pathlib import Path

    from stackpin.catalog.bounded import Bounds
    from stackpin.model.stack import Stack

__all__: list[str] = []


@pytest.fixture
def small(tmp_path: Path) -> SmallCatalog:
    """Two engines, the first of which brings its kernels by an extra that asks for another."""
    small = SmallCatalog(tmp_path)
    small.fact("stacks", name="left", anchor="left", extra="srt", members=["torch", "kern"])
    small.fact("stacks", name="right", anchor="right", members=["torch"])
    small.fact("stacks", name="torch", anchor="torch", members=["triton"])
    small.release("torch", row("torch", "2.0", "sympy>=1.13", "jinja2"))
    small.release("kern", row("kern", "1.0", "numpy<2", 'extra-only<3; extra == "dev"'))
    return small


def opened(small: SmallCatalog) -> tuple[Catalog, tuple[Stack, ...]]:
    catalog, _ = small.open()
    return catalog, tuple(Stacks(catalog).by_name.values())


def texts(bounds: Bounds) -> dict[str, set[str]]:
    return {name: set(each) for name, each in bounds.items()}


def test_what_two_anchors_bound_is_listed_with_every_bound(small: SmallCatalog) -> None:
    small.release("left", row("left", "1.0", "text==1.0", "free"), row("left", "2.0", "text>=1.5", "own<2"))
    small.release("right", row("right", "1.0", "Text (<2)", "free>=1", "kern>=1"))
    catalog, stacks = opened(small)
    assert texts(bounded_by_several(catalog, stacks, catalog.names())) == {"text": {"==1.0", ">=1.5", "<2"}}


def test_the_extra_of_the_stack_and_those_that_it_asks_for_count(small: SmallCatalog) -> None:
    lines = ['left[common]; extra == "srt"', 'text==1.0; extra == "common"', 'docs<2; extra == "docs"']
    small.release("left", row("left", "1.0", *lines))
    small.release("right", row("right", "1.0", "text<2", "docs>=2"))
    catalog, stacks = opened(small)
    assert texts(bounded_by_several(catalog, stacks, catalog.names())) == {"text": {"==1.0", "<2"}}


def test_what_torch_bounds_is_what_a_member_bounds(small: SmallCatalog) -> None:
    small.release("left", row("left", "1.0", "sympy<1.14", "numpy>=1.26", "extra-only<2", "jinja2<3"))
    small.release("right", row("right", "1.0"))
    catalog, stacks = opened(small)
    assert texts(bounded_by_several(catalog, stacks, catalog.names())) == {}
    assert texts(bounded_with_members(catalog, stacks, catalog.names(), {})) == {
        "sympy": {"<1.14", ">=1.13"},
        "numpy": {">=1.26", "<2"},
    }


def test_what_a_listed_package_bounds_counts_as_well(small: SmallCatalog) -> None:
    small.release("left", row("left", "1.0", "core<0.3"))
    small.release("right", row("right", "1.0"))
    catalog, stacks = opened(small)
    found = bounded_with_members(catalog, stacks, catalog.names(), {"text": ["core==0.1"]})
    assert texts(found) == {"core": {"<0.3", "==0.1"}}


def test_the_embedded_lists_are_those_that_the_rule_names() -> None:
    catalog = Catalog.open()
    stacks = tuple(Stacks(catalog).by_name.values())
    first = bounded_by_several(catalog, stacks, catalog.names())
    lines = {name: [line for row in catalog.lists.rows(name) for line in row.requires or ()] for name in first}
    others = bounded_with_members(catalog, stacks, catalog.names(), lines)
    assert {*first, *others} == set(catalog.lists.names())


def test_a_bounding_line_has_a_version_and_no_extra() -> None:
    lines = [
        "a",
        "b>=1",
        'c==2; python_version < "3.9"',
        'd<3; extra == "x"',
        "e[x] (~=4.0)",
        'f; python_version < "3"',
    ]
    assert bounding_lines(lines) == ("b>=1", 'c==2; python_version < "3.9"', "e[x] (~=4.0)")
