"""Markers of one lock, judged for many targets: each text is parsed once, and judged once for all that it cannot tell apart.

Beside the environment, a lock's markers ask what was chosen: uv's ``extra == 'extra-3-app-cpu'`` (see
:mod:`stackpin.check.marker_truth`), poetry's ``extra == "cpu"``, and PEP 751's ``"cpu" in extras``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.utils import canonicalize_name

from stackpin.errors import InputUnreadable
from stackpin.model.target import marker_environment

if TYPE_CHECKING:
    from collections.abc import Collection

    from stackpin.check.lock_targets import Target

__all__ = ["LockMarkers", "chosen_name"]

_CHOICE = re.compile(
    r"""\bextra\s*(?P<compare>==|!=)\s*(?P<q>['"])(?P<extra>.*?)(?P=q)"""
    r"""|(?P<p>['"])(?P<name>[^'"]*)(?P=p)\s+(?P<not>not\s+)?in\s+(?P<kind>extras|dependency_groups)\b"""
)
#: What a marker on Linux always and never meets: stands in for what was chosen.
_TRUE, _FALSE = "os_name == 'posix'", "os_name == ''"


def chosen_name(kind: str, name: str) -> str:
    """How an extra or a group is called here that PEP 751's markers ask for; ``kind`` is ``extras`` or ``dependency_groups``."""
    return f"{kind}/{canonicalize_name(name)}"


class _Read(NamedTuple):
    """One text: what it asks for that can be chosen, whether it says ``not``, and what else its answer hangs on."""

    names: tuple[str, ...]
    negative: bool
    by_python: bool
    by_machine: bool


class LockMarkers:
    """Judges the markers of one lock."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._read: dict[str, _Read] = {}
        self._known: dict[tuple[str, tuple[bool, ...], str, str], bool] = {}

    def holds(self, marker: str, target: Target, chosen: Collection[str]) -> bool:
        """Whether a marker holds; an empty one does.

        :param chosen: the extras and groups that are taken, by the names that the lock's markers have for them.
        :raises InputUnreadable: when it is no marker, or compares what cannot be compared.
        """
        if not marker:
            return True
        read = self._look(marker)
        taken = tuple(name in chosen for name in read.names)
        key = (marker, taken, target.release if read.by_python else "", target.machine if read.by_machine else "")
        if key not in self._known:
            self._known[key] = self._judge(marker, target, dict(zip(read.names, taken, strict=True)))
        return self._known[key]

    def excludes(self, marker: str) -> bool:
        """Whether a marker asks that something is not chosen."""
        return bool(marker) and self._look(marker).negative

    def _look(self, marker: str) -> _Read:
        if marker not in self._read:
            found = list(_CHOICE.finditer(marker))
            self._read[marker] = _Read(
                names=tuple(dict.fromkeys(map(_name, found))),
                negative=any(each["compare"] == "!=" or each["not"] for each in found),
                by_python="python" in marker or "implementation_version" in marker,
                by_machine="machine" in marker,
            )
        return self._read[marker]

    def _judge(self, marker: str, target: Target, taken: dict[str, bool]) -> bool:
        def atom(match: re.Match[str]) -> str:
            asked = match["compare"] == "==" or (match["kind"] is not None and not match["not"])
            return _TRUE if taken[_name(match)] is asked else _FALSE

        try:
            parsed = Marker(_CHOICE.sub(atom, marker))
            return parsed.evaluate({**marker_environment(target.release, target.machine)})
        except (
            InvalidMarker,
            UndefinedComparison,
            UndefinedEnvironmentName,
            RecursionError,
            ValueError,  # a number beyond bounds
        ) as error:
            raise InputUnreadable(
                "a lock file has a marker that cannot be judged",
                where=self._where,
                got=marker[:200],
                expected="a marker as PEP 508 has it",
            ) from error


def _name(match: re.Match[str]) -> str:
    return match["extra"] if match["kind"] is None else chosen_name(match["kind"], match["name"])
