"""Values: named parts, set once."""

from __future__ import annotations

import copy
import pickle

import pytest

from stackpin.model.value import Value, as_dict, replace

__all__: list[str] = []


class Point(Value):
    """A value with a part that must be given and one that need not."""

    x: int
    y: int = 0


class Mark(Value, eq=False):
    """A value whose objects are told apart."""

    x: int = 0


def test_values_with_equal_parts_are_equal_and_hash_alike() -> None:
    assert Point(x=1) == Point(x=1, y=0)
    assert hash(Point(x=1)) == hash(Point(x=1, y=0))
    assert Point(x=1) != Point(x=2)


def test_values_of_two_kinds_are_never_equal() -> None:
    assert Mark(x=1).__eq__(Point(x=1)) is NotImplemented
    assert Point(x=1) != (1, 0)


def test_each_object_of_a_kind_without_equality_is_equal_to_itself_only() -> None:
    mark = Mark()
    assert mark == mark  # noqa: PLR0124 - this is the question
    assert mark != Mark()
    assert len({mark, Mark(), mark}) == 2


def test_a_part_cannot_be_changed_removed_or_added() -> None:
    point, other = Point(x=1), "z"
    with pytest.raises(AttributeError) as changed:
        point.x = 2  # type: ignore[misc] # this is the question
    with pytest.raises(AttributeError) as removed:
        del point.x
    with pytest.raises(AttributeError) as added:
        setattr(point, other, 3)
    texts = [str(item.value) for item in (changed, removed, added)]
    assert texts == [f"Point.{name} is set once and for all" for name in ("x", "x", "z")]
    assert not hasattr(point, "__dict__")


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        pytest.param({}, "x", id="missing"),
        pytest.param({"x": 1, "z": 1}, "z", id="unknown"),
        pytest.param({"z": 1}, "x, z", id="both"),
    ],
)
def test_parts_that_are_missing_or_unknown_are_named(given: dict[str, int], wrong: str) -> None:
    with pytest.raises(TypeError) as error:
        Point(**given)
    assert str(error.value) == f"Point misses, or does not know: {wrong}"


def test_replace_gives_another_value_and_leaves_the_first() -> None:
    point = Point(x=1)
    assert (replace(point, y=5), point) == (Point(x=1, y=5), Point(x=1))


def test_the_parts_of_a_value_come_in_the_order_of_its_class() -> None:
    assert list(as_dict(Point(y=2, x=1)).items()) == [("x", 1), ("y", 2)]


def test_a_value_says_what_it_holds() -> None:
    assert repr(Point(x=1)) == "Point(x=1, y=0)"


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_a_value_survives_copying_and_pickling(again: object) -> None:
    assert callable(again)
    assert again(Point(x=1)) == Point(x=1)
