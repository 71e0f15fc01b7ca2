"""Environment markers (PEP 508) of lock files: whether they hold on a Linux machine with a given Python.

uv writes the extras and groups that exclude each other into markers as well (``extra == 'extra-3-app-cpu'``: length of the
name, name, extra). They are judged by what is selected, not by the environment.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

from stackpin.errors import InputUnreadable
from stackpin.model.target import marker_environment

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MarkerTruth", "selection_name"]

_EXTRA = re.compile(r"""\bextra\s*(==|!=)\s*(['"])(.*?)\2""")
#: What a marker on Linux always and never meets: stands in for a judged selection.
_TRUE, _FALSE = "os_name == 'posix'", "os_name == ''"


def selection_name(kind: str, package: str, name: str) -> str:
    """What uv calls an extra or a group of a package in a marker; ``kind`` is ``extra`` or ``group``."""
    return f"{kind}-{len(package)}-{package}-{name}"


class MarkerTruth:
    """Judges markers for one Python on one machine; each text is parsed and judged once.

    :param python: a version such as ``3.11``, or longer where the patch release is known.
    :param selected: whether an extra or group, as uv names it, is selected; None: that is open, and any answer is possible.
    """

    def __init__(self, python: str, machine: str, selected: Callable[[str], bool | None]) -> None:
        self._environment = marker_environment(python, machine)
        self._selected = selected
        self._known: dict[str, bool] = {"": True}

    def holds(self, marker: str) -> bool:
        """Whether a marker holds; an empty one does.

        :raises InputUnreadable: when it is no marker.
        """
        if marker not in self._known:
            self._known[marker] = self._evaluate(marker)
        return self._known[marker]

    def _evaluate(self, marker: str) -> bool:
        try:
            return Marker(_EXTRA.sub(self._atom, marker)).evaluate({**self._environment})
        except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName) as error:
            raise InputUnreadable(
                "a lock file has a marker that cannot be judged", got=marker, expected="a marker as PEP 508 has it"
            ) from error

    def _atom(self, match: re.Match[str]) -> str:
        selected = self._selected(match[3])
        return _TRUE if selected is None or selected is (match[1] == "==") else _FALSE
