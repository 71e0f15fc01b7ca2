"""What commands, one after the other, leave in an environment: the pins that are sure to stand at the end.

A later command replaces what an earlier one installed, by name or because what it installs needs it so; one of which it
cannot be told what it installs leaves nothing sure. A command on a branch may not run: each branch is followed for itself,
with nothing taken for sure of the others. So what stands together in a subject is sure to be there together.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from stackpin.check.stated import contradict
from stackpin.model.mention import Mention, Role, Subject, SubjectKind
from stackpin.model.stack import FAMILY, TORCH
from stackpin.model.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from stackpin.model.mention import IndexLine, Place

    Needs = Callable[[Mention], Iterable[tuple[str, str]]]

__all__ = ["ALL", "ANY", "APART", "Ground", "Settled", "Step", "settled"]

#: Stands for every environment: what a program may have changed of which nothing is known.
ALL = "*"
#: How environments begin that one command makes for itself alone.
APART = "uv tool"
#: Stands for a version that cannot be told.
ANY = "*"
#: More branches than people write, and more steps in all of them; what stands on further ones is passed over.
_WORLDS, _WALKED = 64, 100_000
#: How many commands are told for themselves.
_ALONE = 100


class Step(Value):
    """What one command does to one environment.

    ``environment`` is empty for the one that plain ``pip`` goes to; ``python`` is the minor that the command names.
    ``branch`` are the branches that it stands on, each a choice and which of its alternatives. ``touched`` come in a version
    that cannot be told, :data:`ANY` stands for it; with ``unknown`` it installs what cannot be told at all.
    ``needs`` is whether dependencies come along, ``upgrade`` whether what it names is replaced although it is there,
    ``fresh`` whether its dependencies are too. With ``ends`` no later command of its branch runs.
    """

    environment: str
    line: int
    branch: tuple[tuple[int, int], ...] = ()
    python: str = ""
    mentions: tuple[Mention, ...] = ()
    touched: tuple[Mention, ...] = ()
    removed: tuple[str, ...] = ()
    indexes: tuple[IndexLine, ...] = ()
    unknown: bool = False
    needs: bool = True
    upgrade: bool = False
    fresh: bool = False
    ends: bool = False

    @property
    def names(self) -> frozenset[str]:
        """The names that the command itself gives, also those that it only holds."""
        return frozenset(str(each.name) for each in (*self.mentions, *self.touched))

    @property
    def asked(self) -> frozenset[str]:
        """The names that the command asks for."""
        return frozenset(
            str(each.name) for each in (*self.mentions, *self.touched) if each.role is not Role.CONSTRAINED
        )


class Ground(Value):
    """What is there before the first command, and what the subjects are called.

    ``also`` are packages that the base image has in versions that its name does not tell.
    """

    path: str
    part: str = ""
    base: tuple[Mention, ...] = ()
    tag: str = ""
    tag_place: Place | None = None
    also: tuple[str, ...] = ()
    pythons: tuple[str, ...] = ()
    machine: str = "x86_64"


class _Environment:
    """What is sure of one environment."""

    def __init__(self, ground: Ground | None) -> None:
        self.base = {str(each.name): each for each in ground.base} if ground else {}
        self.also = set(ground.also) if ground else set()
        self.tag = ground.tag if ground else ""
        self.kept: dict[str, tuple[Mention, Step]] = {}
        #: Whether the base image's torch was replaced by the same release for another tag.
        self.rebuilt = False
        self.constrained: list[tuple[Mention, Step]] = []

    def forget(self) -> None:
        """Nothing is sure any more."""
        self.base, self.kept, self.constrained, self.tag, self.also = {}, {}, [], "", set()

    def drop(self, name: str) -> None:
        """A package may be gone, or be another."""
        self.kept.pop(name, None)
        self.constrained = [pair for pair in self.constrained if pair[0].name != name]
        self.also.discard(name)
        if self.base.pop(name, None) is not None and name == TORCH:
            self.tag = ""

    def standing(self, name: str) -> Mention | None:
        """What is sure of a package."""
        return self.kept[name][0] if name in self.kept else self.base.get(name)

    def apply(self, step: Step, needs: Needs) -> None:
        """A command that runs."""
        if step.unknown:
            self.forget()
        for name in (*step.removed, *(str(each.name) for each in step.touched)):
            self.drop(name)
        self._bring_needs(step, needs)
        late = {str(each.name) for each in step.mentions if each.role is Role.CONSTRAINED and self._is_late(each, step)}
        for mention in step.mentions:
            if mention.role is not Role.CONSTRAINED or not late & {str(mention.name), TORCH}:
                self._name(mention, step)

    def _is_late(self, constraint: Mention, step: Step) -> bool:
        """Whether another version is there already, which the command has no cause to replace; of torch all goes with it."""
        there = self.standing(str(constraint.name))
        return there is not None and constraint.name not in step.asked and contradict(there, constraint)

    def maybe(self, step: Step, needs: Needs) -> None:
        """A command that may run."""
        if step.unknown:
            self.forget()
            return
        for name in (*step.removed, *step.names):
            self.drop(name)
        self._bring_needs(step, needs)

    def _bring_needs(self, step: Step, needs: Needs) -> None:
        """What a command installs asks for other packages: one that is there and does not do is replaced."""
        if not step.needs:
            return
        for mention in step.mentions:
            if mention.role is not Role.CONSTRAINED:
                self._bring(mention, step, needs, sure=True)
        for mention in step.touched:
            self._bring(mention, step, needs, sure=False)

    def _bring(self, mention: Mention, step: Step, needs: Needs, *, sure: bool) -> None:
        for name, specifier in needs(mention):
            there = self.standing(name)
            if name in step.asked or (there is None and name not in self.also):
                continue
            if step.fresh or not sure or there is None or not _meets(there.version, specifier):
                self.drop(name)

    def _name(self, mention: Mention, step: Step) -> None:
        name = str(mention.name)
        if mention.role is Role.CONSTRAINED:
            self.constrained.append((mention, step))
            return
        self.constrained = [pair for pair in self.constrained if pair[1] is step or name not in {pair[0].name, TORCH}]
        there = self.standing(name)
        renewed = step.upgrade or step.fresh
        if there is not None and there.version and not renewed and _meets(there.version, mention.specifier):
            if name in self.base and name not in self.kept and mention.version:
                # it is there already: nothing is fetched from where the command says
                self.kept[name] = (replace(mention, address=""), step)
            return
        if name == TORCH and name in self.base and _same_release(self.base[name], mention):
            self.rebuilt = True
        else:
            self.base.pop(name, None)
            self.tag = "" if name == TORCH else self.tag
        self.also.discard(name)
        self.kept[name] = (mention, step)

    def settle(self, ground: Ground) -> None:
        """At the end: an image's torch that was replaced is told only where what was built with it is still there."""
        built_with = set(ground.also) & set(FAMILY)
        if self.rebuilt and not (built_with and built_with <= self.also):
            self.base.pop(TORCH, None)
            self.tag = ""


def _meets(version: str, specifier: str) -> bool:
    """Whether an installed version satisfies a requirement; what cannot be told does not."""
    if not specifier:
        return True
    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return False


def _same_release(base: Mention, mention: Mention) -> bool:
    return "+" in mention.version and mention.version.partition("+")[0] == base.version.partition("+")[0]


def _nothing(_mention: Mention) -> tuple[tuple[str, str], ...]:
    return ()


class Settled(NamedTuple):
    """What commands come to: environments as they are sure to be, as they are where one branch runs, and commands alone."""

    sure: tuple[Subject, ...]
    branches: tuple[Subject, ...]
    alone: tuple[Subject, ...]


def settled(steps: Sequence[Step], ground: Ground, needs: Needs | None = None) -> Settled:
    """The environments that commands build up, each with what is sure to be in it together.

    :param needs: what a package asks for, as names and specifiers: of a mention without a version what its newest release
        does, of one in :data:`ANY` what any does. Without it a command is taken to change what it names alone.
    """
    asked = needs or _nothing
    sure = _subjects(_world(steps, (), ground, asked), (), ground)
    paths = list(dict.fromkeys(step.branch for step in steps if step.branch and step.mentions))
    branches: dict[tuple[object, ...], Subject] = {}
    for path in paths[: min(_WORLDS, _WALKED // max(len(steps), 1))]:
        for subject in _subjects(_world(steps, path, ground, asked), path, ground):
            branches.setdefault((subject.mentions, subject.base), subject)
    together = [_pins(subject.mentions) for subject in (*sure, *branches.values())]
    alone = (_alone(step, ground) for step in steps if not any(_pins(step.mentions) <= pins for pins in together))
    told = dict.fromkeys(islice((subject for subject in alone if subject is not None), _ALONE))
    return Settled(tuple(sure), tuple(branches.values()), tuple(told))


def _subjects(
    environments: dict[str, _Environment], path: tuple[tuple[int, int], ...], ground: Ground
) -> list[Subject]:
    found = (_subject(name, environment, path, ground) for name, environment in environments.items())
    return [subject for subject in found if subject is not None]


def _pins(mentions: Iterable[Mention]) -> frozenset[tuple[object, ...]]:
    """The versions that are asked for, with where."""
    return frozenset((each.name, each.version, each.place) for each in mentions if each.version or each.specifier)


def _world(
    steps: Sequence[Step], path: tuple[tuple[int, int], ...], ground: Ground, needs: Needs
) -> dict[str, _Environment]:
    """What each environment comes to where one branch is taken; with an empty path none is."""
    environments: dict[str, _Environment] = {"": _Environment(ground)}
    for step in steps:
        taken = step.branch == path[: len(step.branch)]
        if taken and step.ends:
            break
        if _is_excluded(step.branch, path):
            continue
        names = [each for each in environments if not each.startswith(APART)]
        names = names if step.environment == ALL else [step.environment]
        for name in names:
            environment = environments.setdefault(name, _Environment(None))
            if taken:
                environment.apply(step, needs)
            else:
                environment.maybe(step, needs)
    environments[""].settle(ground)
    return environments


def _is_excluded(branch: tuple[tuple[int, int], ...], path: tuple[tuple[int, int], ...]) -> bool:
    """Whether a branch is another alternative of a choice that a path has taken."""
    for (group, alternative), (other, taken) in zip(branch, path, strict=False):
        if (group, alternative) != (other, taken):
            return group == other
    return False


def _subject(name: str, environment: _Environment, path: tuple[tuple[int, int], ...], ground: Ground) -> Subject | None:
    kept = [*environment.kept.values(), *environment.constrained]
    if not kept or (path and not any(step.branch for _, step in kept)):
        return None
    first = min((step.line for _, step in kept if step.branch), default=0)
    told = [ground.part, f"environment {_shown(name)}" if name else "", f"where line {first} runs" if first else ""]
    steps = {id(step): step for _, step in kept}
    base = tuple(environment.base.values())
    return Subject(
        path=ground.path,
        kind=SubjectKind.COMMANDS,
        mentions=tuple(mention for mention, _ in kept),
        part=", ".join(filter(None, told)),
        pythons=ground.pythons if not name else (),
        machine=ground.machine,
        indexes=tuple(dict.fromkeys(line for step in steps.values() for line in step.indexes)),
        tag=environment.tag,
        tag_place=ground.tag_place if environment.tag else None,
        base=base,
    )


def _alone(step: Step, ground: Ground) -> Subject | None:
    """A command whose pins do not all stand in the end: what it asks for at once must go together all the same."""
    if len(_pins(step.mentions)) < 2 or not step.needs or step.unknown:
        return None
    return Subject(
        path=ground.path,
        kind=SubjectKind.COMMANDS,
        mentions=step.mentions,
        part=", ".join(filter(None, [ground.part, f"line {step.line}"])),
        machine=ground.machine,
        indexes=step.indexes,
    )


def _shown(name: str) -> str:
    return name.replace("\0", "…")
