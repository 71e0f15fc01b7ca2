"""What the judge asks of whoever can solve: a tuple for anchors and members, and why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from stackpin.model.request import PYPI
from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stackpin.model.explanation import Explanation, Reason
    from stackpin.model.locked import LockedTuple

__all__ = ["Question", "Tuples"]


class Question(Value):
    """Requirements on anchors and on members (PEP 508, no labels), and the target; ``python`` is empty for any."""

    anchors: tuple[str, ...]
    members: tuple[str, ...] = ()
    cuda: str = PYPI
    python: str = ""
    machine: str = "x86_64"


class Tuples(Protocol):
    """Answers questions; each is solved once, and asked again at no cost."""

    def tuple_of(self, question: Question) -> LockedTuple | None:
        """The tuple; None where there is none, or the catalog lacks what is asked for."""
        ...

    def refuted(self, question: Question) -> tuple[Reason, ...]:
        """Why there is none for the newest release that the first anchor's requirement admits; empty where nothing tells.

        Cost: one run of the resolver for each Python.
        """
        ...

    def refusal(self, question: Question) -> Explanation | None:
        """The whole refusal with the nearest answers; None where there is a tuple. Costs many runs."""
        ...

    def carries(self, name: str, version: str = "") -> bool:
        """Whether the catalog has a package, or a release of it."""
        ...

    def releases(self, name: str) -> Iterable[str]:
        """The final releases of a package that the catalog has and that are not yanked, newest first."""
        ...
