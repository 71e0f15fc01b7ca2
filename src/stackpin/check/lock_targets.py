"""The targets that a lock file is for, and what it installs on each, folded into as few subjects as there are answers."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from stackpin.errors import InputUnreadable
from stackpin.model.mention import Mention, Place, Role, Subject, SubjectKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from packaging.utils import NormalizedName

    from stackpin.parse.lock_text import LockPlace

__all__ = ["Held", "Judged", "LockSubjects", "Target", "admitting", "lock_mention", "lock_targets"]

MACHINES = ("x86_64", "aarch64")
#: More than CPython gives any minor.
_PATCHES = 60


class LockSubjects(NamedTuple):
    """What a lock file comes to: the subjects to judge, and what was not looked at, and why, each in one line."""

    subjects: tuple[Subject, ...] = ()
    notes: tuple[str, ...] = ()


class Target(NamedTuple):
    """CPython on Linux: ``python`` is a minor, ``release`` its first release that the lock admits."""

    machine: str
    python: str
    release: str


class Tags(NamedTuple):
    """What a wheel is for."""

    pythons: tuple[str, ...]
    abis: tuple[str, ...]
    platforms: tuple[str, ...]


class Held(NamedTuple):
    """A locked package for whether it can be installed: the tags of its wheels; None where it can be built, or has no file."""

    name: str
    version: str
    tags: frozenset[Tags] | None

    @classmethod
    def of(cls, name: str, version: str, wheels: Sequence[str], *, from_source: bool) -> Held:
        """A package by its files' names; what is no wheel's name is not held against it."""
        tags = frozenset(map(_tags, () if from_source else wheels))
        return cls(name, version, frozenset(filter(None, tags)) if tags and None not in tags else None)


def lock_targets(pythons: Iterable[str], admits: Callable[[str], bool]) -> tuple[Target, ...]:
    """Every target of a lock.

    :param pythons: minors (``3.11``), in the order in which they are to be told.
    :param admits: whether the lock is made for a release of CPython (``3.11.4``).
    """
    found = []
    for python in pythons:
        release = next((f"{python}.{patch}" for patch in range(_PATCHES) if admits(f"{python}.{patch}")), None)
        if release is not None:
            found += [(python, release)]
    return tuple(Target(machine, python, release) for machine in MACHINES for python, release in found)


def admitting(requires_python: str, where: str) -> Callable[[str], bool]:
    """Whether a ``requires-python`` admits a release; an empty one admits all.

    :raises InputUnreadable: when it is no specifier.
    """
    try:
        specifier = SpecifierSet(requires_python)
        specifier.contains("3.0")
    except (InvalidSpecifier, ValueError) as error:  # a number beyond bounds
        raise InputUnreadable(
            "a lock file has a part that is not what it must be",
            where=where,
            got=requires_python[:80],
            expected="a specifier as PEP 440 has it",
        ) from error
    return lambda release: specifier.contains(release, prereleases=True)


def lock_mention(name: NormalizedName, version: str, path: str, place: LockPlace, address: str) -> Mention:
    """A locked package, as its lock names it."""
    return Mention(
        name=name,
        place=Place(path=path, line=place.line, column=place.column, end_column=place.end_column),
        role=Role.LOCKED,
        version=version,
        text=version or name,
        address=address,
    )


class Judged:
    """Gathers what a lock installs on its targets, and folds it.

    :param path: the lock's name, as it is shown.
    :param held: its packages; what is installed is told by their numbers.
    :param about: the names that matter, normalized; None: all. Others are not among the mentions.
    """

    def __init__(self, path: str, held: Sequence[Held], about: Collection[str] | None = None) -> None:
        self._path = path
        self._held = held
        self._about = frozenset(number for number, each in enumerate(held) if about is None or each.name in about)
        self._picks: dict[Target, list[tuple[str, frozenset[int]]]] = {}
        self._notes: dict[tuple[str, str], list[str]] = {}

    def add(self, target: Target, choice: str, reached: frozenset[int]) -> None:
        """What is installed on a target, where a choice is taken (words, empty for everything together)."""
        lacking, double = self._lacking(reached, target), self._double(reached)
        if lacking:
            self.pass_over(target, f"{lacking} has no file for it")
        elif double:
            self.pass_over(target, f"which of its {double} is installed cannot be told")
        else:
            self._picks.setdefault(target, []).append((choice, reached & self._about))

    def pass_over(self, target: Target, why: str) -> None:
        """Note that a target is not judged."""
        self._notes.setdefault((target.machine, why), []).append(target.python)

    def is_plain(self, reached: frozenset[int]) -> bool:
        """Whether no package is there twice."""
        return not self._double(reached)

    def subjects(self, mention: Callable[[int], Mention]) -> LockSubjects:
        """The subjects: those Pythons and choices of one machine together for which the same is installed.

        A choice that installs nothing but what another of the same target does is not told apart.

        :param mention: a package by its number.
        """
        alike: dict[tuple[str, frozenset[int]], list[tuple[Target, str]]] = {}
        for target, picks in self._picks.items():
            answers = {reached for _, reached in picks}
            for choice, reached in picks:
                if not any(reached < other for other in answers):
                    told = (target, choice if len(answers) > 1 else "")
                    alike.setdefault((target.machine, reached), []).append(told)
        known = {number: mention(number) for number in sorted({each for _, reached in alike for each in reached})}
        subjects = tuple(
            Subject(
                path=self._path,
                kind=SubjectKind.LOCK,
                mentions=tuple(known[number] for number in sorted(reached)),
                part=_part(same),
                pythons=tuple(dict.fromkeys(target.python for target, _ in same)),
                machine=machine,
            )
            for (machine, reached), same in alike.items()
            if reached
        )
        return LockSubjects(subjects, self._told())

    def _told(self) -> tuple[str, ...]:
        return tuple(
            f"{self._path}: not judged for linux {machine}, {_pythons(pythons)}: {why}"
            for (machine, why), pythons in self._notes.items()
        )

    def _lacking(self, reached: frozenset[int], target: Target) -> str:
        """The first package, name and version, that has no file for a target; empty where all have one."""
        for number in sorted(reached):
            name, version, tags = self._held[number]
            if tags is not None and not any(_fits(each, target) for each in tags):
                return f"{name} {version}".rstrip()
        return ""

    def _double(self, reached: frozenset[int]) -> str:
        """The first name that is there more than once: no tool installs two versions of one. Empty where none is."""
        seen: set[str] = set()
        for number in sorted(reached):
            name = self._held[number].name
            if name in seen:
                return name
            seen.add(name)
        return ""


def _part(picks: Sequence[tuple[Target, str]]) -> str:
    """What tells a subject apart: ``extra cu124, linux x86_64, Python 3.10 to 3.12``; of its choices those of fewest words."""
    choices = dict.fromkeys(choice for _, choice in picks)
    fewest = min(len(choice.split()) for choice in choices)
    words = " or ".join(choice for choice in choices if len(choice.split()) == fewest)
    machine = f"linux {picks[0][0].machine}"
    return ", ".join(filter(None, (words, machine, _pythons(target.python for target, _ in picks))))


def _pythons(minors: Iterable[str]) -> str:
    """Minors in words: runs of three and more as their ends."""
    known = sorted({tuple(map(int, minor.split("."))) for minor in minors})
    counter = count()
    runs: dict[tuple[int, int], list[str]] = {}
    for major, minor in known:
        runs.setdefault((major, minor - next(counter)), []).append(f"{major}.{minor}")
    words = [word for run in runs.values() for word in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else run)]
    told = " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
    return f"Python {told}"


def _tags(wheel: str) -> Tags | None:
    """The tags of a wheel by its name (PEP 425, PEP 427); None where it is none."""
    parts = wheel.removesuffix(".whl").split("-")
    if not wheel.endswith(".whl") or len(parts) < 5:
        return None
    python, abi, platform = (tuple(part.split(".")) for part in parts[-3:])
    return Tags(python, abi, platform)


def _fits(tags: Tags, target: Target) -> bool:
    """Whether a wheel can be installed on CPython and glibc."""
    minor = int(target.python.partition(".")[2])
    return any(_runs_on(each, target.machine) for each in tags.platforms) and any(
        _runs_with(each, abi, minor) for each in tags.pythons for abi in tags.abis
    )


def _runs_on(platform: str, machine: str) -> bool:
    return platform == "any" or (platform.startswith(("linux_", "manylinux")) and platform.endswith(f"_{machine}"))


def _runs_with(interpreter: str, abi: str, minor: int) -> bool:
    kind, digits = interpreter[:2], interpreter[3:]
    if interpreter[2:3] != "3" or (digits and not digits.isdecimal()):
        return False
    if kind == "py":
        return abi == "none" and (not digits or int(digits) <= minor)
    if kind != "cp" or not digits:
        return False
    return int(digits) <= minor if abi == "abi3" else int(digits) == minor and abi in {"none", f"cp3{digits}"}
