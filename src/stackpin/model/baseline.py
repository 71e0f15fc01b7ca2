"""A baseline: the findings that were there when a project began to be checked, and are not told again."""

from __future__ import annotations

from stackpin.model.value import Value

__all__ = ["Baseline", "BaselineEntry"]


class BaselineEntry(Value):
    """Findings that are told apart by nothing that an edit elsewhere in the file would change: neither line nor column.

    ``path`` is as seen from the baseline's folder, with ``/`` between its parts. ``count`` is how many such findings there
    are; one more than that is a new one.
    """

    rule: str
    path: str
    package: str = ""
    found: str = ""
    wanted: str = ""
    count: int = 1

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What two entries may not share; entries are sorted by it."""
        return (self.path, self.rule, self.package, self.found, self.wanted)


class Baseline(Value):
    """The entries of a file, sorted by their keys. ``where`` names the file, ``folder`` is the absolute one it lies in."""

    entries: tuple[BaselineEntry, ...]
    where: str = ""
    folder: str = ""
