"""What installed distributions ask of each other by an exact pin: the lines of their own METADATA."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from stackpin.check.rules import same_version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from stackpin.model.installed import Contents, Described

__all__ = ["ExactPin", "InstalledPins", "described_twice", "meets_pin"]

#: A requirement without blanks and parentheses that pins exactly: name, extras, version.
_EXACT = re.compile(r"([\w.-]+)(?:\[[^\]]*\])?={2,3}([^,;*=]+)")
_NAME = re.compile(r"[\w.-]+")
_FIELD = "requires-dist:"
_NO_SIGNS = str.maketrans("", "", "() \t\r\f\v")
_RUNS = re.compile(r"[-_.]+")


class ExactPin(NamedTuple):
    """One such line: what it pins, who has it, and the line itself."""

    name: str
    version: str
    by: Described
    marker: str
    line: str

    @property
    def evidence(self) -> str:
        """The line and whose it is, as a pin's comment in a constraints file has it."""
        return f"{self.by.text}: {self.line}"


class InstalledPins:
    """The exact pins of an environment's members; markers are judged when it matters, for their parser costs time."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._lines: dict[str, list[ExactPin]] = {}
        self._named: dict[str, set[str]] = {}
        for each in contents.distributions:
            for line in each.metadata.splitlines():
                if line[: len(_FIELD)].lower() == _FIELD:
                    self._take(each, line[len(_FIELD) :].strip())

    def _take(self, by: Described, line: str) -> None:
        requirement, _, marker = line.partition(";")
        text = requirement.translate(_NO_SIGNS)
        if named := _NAME.match(text):
            self._named.setdefault(_normalized(named[0]), set()).add(str(by.name))
        if match := _EXACT.fullmatch(text):
            pin = ExactPin(_normalized(match[1]), match[2], by, marker.strip(), line)
            self._lines.setdefault(pin.name, []).append(pin)

    def names(self, by: str) -> set[str]:
        """The names that a distribution pins exactly."""
        return {name for name, lines in self._lines.items() if any(pin.by.name == by for pin in lines)}

    def askers(self, name: str) -> Collection[str]:
        """The distributions, among those whose METADATA was read, that ask for another at all."""
        return self._named.get(name, set())

    def exact(self, name: str, *, by: str = "", extras: bool = True) -> tuple[ExactPin, ...]:
        """The pins on a distribution that hold here.

        :param by: whose pins alone count.
        :param extras: whether those of an extra count: it is not written down which extras were asked for.
        """
        lines = [pin for pin in self._lines.get(name, ()) if by in {"", pin.by.name}]
        return tuple(pin for pin in lines if self._holds(pin.marker, extras=extras))

    def broken(self, installed: Described, by: str) -> ExactPin | None:
        """The pin of another distribution that an installed one does not meet; None where it meets one, or there is none."""
        lines = [pin for pin in self._lines.get(str(installed.name), ()) if pin.by.name == by]
        if any(meets_pin(installed.version, pin.version) for pin in lines):
            return None
        return next((pin for pin in lines if self._holds(pin.marker, extras=False)), None)

    def wanted(self, name: str, default: str) -> str:
        """The version that the others pin, torch's word first; the default where they pin none, or not all the same."""
        pins = self.exact(name)
        first = [pin.version for pin in pins if pin.by.name == "torch"] or [pin.version for pin in pins]
        return first[0] if first and all(same_version(first[0], each) for each in first) else default

    def _holds(self, marker: str, *, extras: bool) -> bool:
        if not marker:
            return True
        from stackpin.check.marker_truth import MarkerTruth
        from stackpin.errors import InputUnreadable

        python, machine = self._contents.environment.python, self._contents.machine
        try:
            return MarkerTruth(python, machine, lambda _: None if extras else False).holds(marker)
        except (InputUnreadable, ValueError):  # the latter where the environment's Python is not known
            return False  # what cannot be judged pins nothing


def meets_pin(version: str, pinned: str) -> bool:
    """Whether a version meets ``==``: a pin without a local part is met by every build (PEP 440)."""
    return same_version(version, pinned) or ("+" not in pinned and same_version(version.partition("+")[0], pinned))


def described_twice(contents: Contents) -> Iterator[tuple[Described, ...]]:
    """The distributions of one name in one folder, where they are several; an egg counts beside a member only."""
    found: dict[tuple[str, str], list[Described]] = {}
    for each in contents.distributions:
        if each.folder.endswith(".dist-info") or each.metadata:
            found.setdefault((each.packages, each.name), []).append(each)
    yield from (tuple(several) for several in found.values() if len(several) > 1)


def _normalized(name: str) -> str:
    return _RUNS.sub("-", name).lower()
