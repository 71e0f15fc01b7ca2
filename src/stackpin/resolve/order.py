"""In which order the releases of a package are tried, and what is asked of the symbols of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.stack import TORCH
from stackpin.resolve.context import torch_line
from stackpin.resolve.needs import is_capped, is_exact
from stackpin.resolve.symbols import SymbolRule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from stackpin.model.release import Release
    from stackpin.resolve.context import Context
    from stackpin.resolve.needs import Need

__all__ = ["Order", "within_days"]

#: A member whose metadata says nothing of torch counts as the anchor's contemporary this many days after its upload.
GRACE_DAYS = 14


def within_days(uploaded: str, as_of: str, days: int = GRACE_DAYS) -> bool:
    """Whether something was uploaded not later than ``days`` after ``as_of`` (both ISO 8601); False where unknown."""
    if not uploaded or not as_of:
        return not as_of
    from datetime import datetime, timedelta

    limit = datetime.fromisoformat(as_of[:19]) + timedelta(days=days)
    return datetime.fromisoformat(uploaded[:19]) <= limit


class Order:
    """The order of one context.

    :param anchors: the anchors, which are never taken by date.
    :param extras: the extras of an anchor's release that are in force.
    """

    def __init__(
        self, context: Context, anchors: Mapping[str, tuple[str, ...]], extras: Callable[[Release], list[str]]
    ) -> None:
        self.context = context
        self.anchors = anchors
        self._extras_in_force = extras
        self._shipped: dict[str, bool] = {}

    def of(
        self, name: str, usable: Iterable[Release], needs: list[Need], *, exact: bool
    ) -> Iterator[tuple[Release, SymbolRule]]:
        """The releases in the order in which they are to be tried, each with what is asked of its symbols."""
        if any(need.exact and need.parent is not None and self._pins_torch(need.parent) for need in needs):
            yield from ((release, SymbolRule.AS_SHIPPED) for release in usable)
            return
        later: list[Release] = []
        any_taken = False
        for release in self._ordered(name, usable, needs, later, exact=exact):
            any_taken = True
            yield release, SymbolRule.NO_MISFIT
        if not any_taken:  # nothing is as old as what asks for it: the nearest in time of those whose symbols were read
            read = (release for release in reversed(later) if self.has_symbols(release))
            yield from ((release, SymbolRule.ALL_THERE) for release in read)

    def has_symbols(self, release: Release) -> bool:
        """Whether the binaries of a release were read."""
        return self.context.facts.abi.kernel(release.name, release.text, self.context.platform.machine) is not None

    def _pins_torch(self, release: Release) -> bool:
        """Whether a release pins torch exactly: an engine, which ships its other exact pins beside that torch."""
        key = f"{release.name} {release.text}"
        if key not in self._shipped:
            extras = ("", *self._extras_in_force(release))
            lines = (line for extra in extras for line in self.context.lines_about(release, TORCH, extra))
            self._shipped[key] = any(is_exact(line.requirement.specifier) for line in lines)
        return self._shipped[key]

    def _ordered(
        self, name: str, usable: Iterable[Release], needs: list[Need], later: list[Release], *, exact: bool
    ) -> Iterator[Release]:
        """Newest first; for an open member those that declare their torch, then contemporaries that declare nothing.

        Those that declare nothing and came later go to ``later``.
        """
        plain = name in self.anchors or name == TORCH or name in self.context.joint
        if exact or plain or name in self.context.facts.cuda_members:
            yield from usable
            return
        silent = []
        for release in usable:
            if self.declares(release):
                yield release
            else:
                silent.append(release)
        as_of = max((need.as_of for need in needs), default="")
        capped = any(need.capped for need in needs)
        for release in silent:
            if capped or within_days(release.uploaded, as_of):
                yield release
            else:
                later.append(release)

    def declares(self, release: Release) -> bool:
        """Whether a release's own metadata tells which torch it fits: ``torch>=1.10`` does so of a torch's family only."""
        line = torch_line(release, self.context.platform.machine)
        if line is None or not line.requirement.specifier:
            return False
        return self.context.is_family(release.name) or is_capped(line.requirement.specifier)
