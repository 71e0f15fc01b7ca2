"""Whatever a tuple holds, its file reads back to it, and nothing differs from itself."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.strategies import locked_tuples

from stackpin.check.compare import compare
from stackpin.emit.constraints import IndexStyle, Options, constraints_text
from stackpin.emit.diff_markdown import diff_markdown
from stackpin.emit.diff_text import diff_text
from stackpin.errors import InputUnreadable
from stackpin.model.change import ChangeKind, Role, Stated
from stackpin.model.locked import LockedTuple  # noqa: TC001 - hypothesis reads the annotations
from stackpin.parse.constraints import parse_constraints

__all__: list[str] = []

SWAPPED = {
    ChangeKind.ADDED: ChangeKind.REMOVED,
    ChangeKind.UPGRADE: ChangeKind.DOWNGRADE,
    ChangeKind.PINNED: ChangeKind.FREED,
}
BACK = {**SWAPPED, **{new: old for old, new in SWAPPED.items()}}


def stated(locked: LockedTuple, style: IndexStyle = IndexStyle.FIND_LINKS) -> Stated:
    """What the file of a tuple says."""
    options = Options(style=style, mirrors={}, command="stackpin compile x", version="0")
    return parse_constraints(constraints_text(locked, options), where="x.txt")


@given(locked=locked_tuples(), style=st.sampled_from([IndexStyle.FIND_LINKS, IndexStyle.EXTRA_INDEX_URL]))
def test_a_file_reads_back_to_its_tuple(locked: LockedTuple, style: IndexStyle) -> None:
    found = stated(locked, style)
    held = [(each.name, each.specifier) for each in found.held if each.role is not Role.BLOCK]
    pins = [(pin.name, pin.specifier) for pin in locked.pins]
    assert held == pins + [(bound.name, bound.specifier) for bound in locked.bounds]
    blocks = [(each.name, each.specifier) for each in found.held if each.role is Role.BLOCK]
    assert blocks == [(block.name, block.reads) for block in locked.blocks]
    assert (found.cuda, found.machine) == (locked.cuda, locked.platform.machine)
    assert found.pythons == ((locked.python_asked,) if locked.python_asked else locked.pythons)
    assert len(found.notes) == len(locked.notes)


@given(locked=locked_tuples())
def test_nothing_differs_from_itself(locked: LockedTuple) -> None:
    same = compare(stated(locked), stated(locked))
    assert not same.differs
    names = (*(pin.name for pin in locked.pins), *(bound.name for bound in locked.bounds))
    told = (*same.same, *same.others_same)  # a bound without a word on it reads as another's line
    assert sorted(told) == sorted(names)


@settings(max_examples=40)
@given(first=locked_tuples(), second=locked_tuples())
def test_the_way_back_is_the_way_there_turned_round(first: LockedTuple, second: LockedTuple) -> None:
    there, back = compare(stated(first), stated(second)), compare(stated(second), stated(first))
    assert {(row.name, row.before, row.after, row.kind) for row in there.members} == {
        (row.name, row.after, row.before, BACK.get(row.kind, row.kind)) for row in back.members
    }
    assert there.differs == back.differs
    assert set(there.same) == set(back.same)


@settings(max_examples=40)
@given(first=locked_tuples(), second=locked_tuples())
def test_every_table_in_the_markdown_has_rows_of_one_width(first: LockedTuple, second: LockedTuple) -> None:
    found = compare(stated(first), stated(second))
    rows = [line for line in diff_markdown(found).splitlines() if line.startswith("| ")]
    assert {line.replace("\\|", "").count("|") for line in rows} <= {5}
    assert diff_text(found) == diff_text(found)


@given(text=st.text(max_size=80) | st.text(alphabet="#torch==0+ on,compiled by stackpin\n-", max_size=80))
def test_any_text_is_a_tuple_or_refused(text: str) -> None:
    try:
        found = parse_constraints(text, where="x.txt")
    except InputUnreadable:
        return
    assert found.cuda
