"""What a value of the core is: named parts, given by keyword, set once and for all.

The contract of ``@dataclass(frozen=True, slots=True, kw_only=True)``, and type checkers see just that. It is not the
standard library's because that compiles half a dozen methods for every class: about a millisecond each, and
``stackpin compile`` needs some twenty classes before it can begin. Here the methods are written once.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[type], type]:
        """What type checkers are told; of no effect when the code runs."""
        return lambda kind: kind


__all__ = ["Value", "as_dict", "replace"]

_Some = TypeVar("_Some", bound="Value")


@dataclass_transform(eq_default=True, frozen_default=True, kw_only_default=True)
class _Kind(type):
    """Turns the annotations of a class into slots, and what is assigned to them into defaults.

    ``eq=False`` in the head of a class makes each of its objects equal to itself only.
    """

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any], *, eq: bool = True) -> _Kind:
        """The class with its slots; every value's class is derived from :class:`Value` itself."""
        parts = tuple(body.get("__annotations__", ())) if bases else ()
        if parts:
            body["_defaults"] = {part: body.pop(part) for part in parts if part in body}
            body["_parts"] = dict.fromkeys(parts)
            body["_key"] = attrgetter(*parts)
        body["__slots__"] = parts
        if not eq:
            body["__eq__"], body["__hash__"] = object.__eq__, object.__hash__
        return super().__new__(cls, name, bases, body)


class Value(metaclass=_Kind):
    """Base of all values: equal where the parts are, hashable where they are, and never changed."""

    _defaults: ClassVar[Mapping[str, Any]]
    _parts: ClassVar[Mapping[str, None]]
    _key: ClassVar[attrgetter[Any]]

    def __init__(self, **given: Any) -> None:
        parts = {**self._defaults, **given}
        if parts.keys() != self._parts.keys():
            wrong = ", ".join(sorted(parts.keys() ^ self._parts.keys()))
            raise TypeError(f"{type(self).__name__} misses, or does not know: {wrong}")
        for name, part in parts.items():
            object.__setattr__(self, name, part)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} is set once and for all")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} is set once and for all")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and bool(self._key(self) == self._key(other))

    def __hash__(self) -> int:
        return hash(self._key(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={part!r}' for name, part in as_dict(self).items())})"

    def __replace__(self, **changes: Any) -> Self:
        return type(self)(**{**as_dict(self), **changes})

    def __reduce__(self) -> tuple[object, ...]:
        return _made, (type(self), as_dict(self))


def as_dict(value: Value) -> dict[str, Any]:
    """The parts by name, in the order in which the class lists them; a part that is a value stays one."""
    return {name: getattr(value, name) for name in value._parts}  # noqa: SLF001 - a method in all but name


def replace(value: _Some, **changes: Any) -> _Some:
    """The same value with other parts in place of those named (``copy.replace`` of newer Pythons)."""
    return value.__replace__(**changes)


def _made(kind: type[_Some], parts: Mapping[str, Any]) -> _Some:
    """A value out of a pickle or a copy."""
    return kind(**parts)
