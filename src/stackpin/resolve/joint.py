"""Refusals of several stacks: on what two of them clash, which releases of them do go together, and how they work apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from stackpin.errors import NoTuple
from stackpin.model.explanation import Explanation, Nearest, Reason, ReasonKind, Refusal
from stackpin.model.request import AUTO, PYPI
from stackpin.model.stack import TORCH
from stackpin.model.value import Value, replace
from stackpin.resolve.answers import with_cuda
from stackpin.resolve.attempt import Failure, own_release
from stackpin.resolve.explain import Explainer
from stackpin.resolve.nearest import command_for
from stackpin.resolve.reasons import reasons_of
from stackpin.resolve.target_needs import metadata_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stackpin.model.release import Release
    from stackpin.model.request import Ask, Request
    from stackpin.resolve.answers import Answer, Answers
    from stackpin.resolve.forced import Clash, Demand
    from stackpin.resolve.together import Together

__all__ = ["JointExplainer"]

_NEAREST = 3
_NAMED = 8


class _Pair(Value):
    """Two stacks that have no tuple together, and the newest release of each that has one alone."""

    request: Request
    one: Release
    other: Release
    search: Together


class JointExplainer:
    """Explains why several stacks have no tuple together. Costs a solve for each stack and for each pair that is named."""

    def __init__(self, solver: Answers) -> None:
        self._solver = solver

    def refusal(self, request: Request) -> NoTuple:
        """The error for several stacks that cannot share an environment.

        Where one of them has no tuple even alone, that is what is told.
        """
        alone = []
        for ask in request.asks:
            single = replace(request, asks=(ask,))
            answer = self._solve(single)
            if answer is None:
                return self._dead(request, single)
            alone.append(answer)
        numbers = self._clashing(request)
        pair = self._pair(request, numbers, alone)
        clashes = sorted(pair.search.forced.clashes(pair.one, pair.other), key=lambda clash: _rank(clash, request))
        reasons = self._chain(pair, clashes)
        headline = self._headline(pair, clashes, reasons)
        told = [Refusal(anchor=str(pair.one.name), releases=(pair.one.text,), reasons=reasons)]
        counted = self._counted(pair)
        told += [Refusal(anchor="", releases=(), reasons=counted)] if counted else []
        kept = {str(ask.stack.anchor): _release(answer).text for ask, answer in zip(request.asks, alone, strict=True)}
        nearest = tuple(self._nearest(request, self._weaker(request, kept)))
        explanation = Explanation(
            headline=headline,
            refusals=tuple(told),
            nearest=nearest,
            apart=tuple(self._apart(request, alone)),
            cure=_cure(nearest),
            driver=request.driver,
        )
        first = next(iter((*nearest, *explanation.apart)))
        return NoTuple(explanation.first_line, explanation=explanation, hint=first.command)

    def _dead(self, request: Request, single: Request) -> NoTuple:
        """The error for a stack that has no tuple even alone, with what is near it and leaves room for the others."""
        error = Explainer(self._solver).refusal(single)
        told = error.explanation
        asks = tuple(_freed(ask) if ask.stack.anchor == single.asks[0].stack.anchor else ask for ask in request.asks)
        weaker = ((replace(request, asks=asks), dict[str, str](), "anchor"), *self._weaker(request, {}))
        nearest = tuple(self._nearest(request, weaker))
        if not nearest or not isinstance(told, Explanation):
            return error
        return NoTuple(told.headline, explanation=replace(told, nearest=nearest), hint=nearest[0].command)

    def _solve(self, request: Request, fixed: dict[str, str] | None = None) -> Answer | None:
        by_driver = request.cuda == AUTO and request.driver
        return self._solver.auto(request, fixed) if by_driver else self._solver.answer(request, fixed)

    # the clash

    def _clashing(self, request: Request) -> tuple[int, int]:
        """The first two stacks that have no tuple together; the first two where each pair has one."""
        pairs = [(one, other) for other in range(len(request.asks)) for one in range(other)]
        if len(pairs) == 1:
            return pairs[0]
        for one, other in pairs:
            if self._solve(replace(request, asks=(request.asks[one], request.asks[other]))) is None:
                return one, other
        return pairs[0]

    def _pair(self, request: Request, numbers: tuple[int, int], alone: Sequence[Answer]) -> _Pair:
        """The two stacks with the newest release of each, on the Python that serves the first."""
        narrowed = replace(request, asks=tuple(request.asks[number] for number in numbers))
        found = [alone[number] for number in numbers]
        releases = [_release(answer) for answer in found]
        python = next(iter(_common(found)), found[0].attempt.python)
        search = self._solver.together(narrowed, python, {})
        return _Pair(request=narrowed, one=releases[0], other=releases[1], search=search)

    def _chain(self, pair: _Pair, clashes: Sequence[Clash]) -> tuple[Reason, ...]:
        """The two chains that end in a clash; without one among the demands, what the resolver found on the way."""
        if not clashes:
            outcome = pair.search.try_out((pair.one, pair.other))
            return reasons_of(outcome) if isinstance(outcome, Failure) else ()
        machine = pair.request.platform.machine
        first, *others = clashes
        reasons = [reason for side in (first.one, first.other) for reason in _sides(side, machine)]
        if others:
            named = ", ".join(f"{clash.name} ({_short(clash.one)}, {_short(clash.other)})" for clash in others[:_NAMED])
            more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
            what = "another package" if len(others) == 1 else f"{len(others)} other packages"
            text = f"that is not the only clash: they disagree on {what} as well: {named}{more}"
            reasons.append(Reason(kind=ReasonKind.CONFLICT, subject=str(pair.one.name), text=text))
        return tuple(reasons)

    @staticmethod
    def _headline(pair: _Pair, clashes: Sequence[Clash], reasons: Sequence[Reason]) -> str:
        request, search = pair.request, pair.search
        tag = "" if request.cuda in {PYPI, AUTO} else f" for {request.cuda}"
        if all(len(side) == 1 for side in search.sides):
            names = f"{_spoken(pair.one)} and {_spoken(pair.other)}"
            if clashes:
                return f"{names} cannot share an environment: {_difference(clashes[0])}"
            last = f": {reasons[-1].text}" if reasons else ""
            return f"{names} cannot share an environment{tag}{last}"
        names = " and ".join(str(ask.requirement).replace(" ", "") for ask in request.asks)
        sides = [len(side) for side in search.sides]
        count = f"{sides[0] * sides[1]:,}"
        return f"{names} cannot share an environment{tag}: of {count} pairs of releases none agrees on every package"

    def _counted(self, pair: _Pair) -> tuple[Reason, ...]:
        """Of many pairs, how many clash on what: each pair counts once, for torch before any other package."""
        counts = pair.search.counted()
        if sum(counts.values()) < 2:
            return ()
        tag = "with PyPI's own torch" if pair.request.cuda in {PYPI, AUTO} else f"for {pair.request.cuda}"
        named = [name for name, _ in counts.most_common() if name][:_NAMED]
        rest = sum(count for name, count in counts.items() if name and name not in named)
        lines = [_count(counts[name], f"on {name}") for name in named]
        lines += [_count(rest, "on another package")] if rest else []
        lines += (
            [f"{counts['']:,} {'pairs have' if counts[''] > 1 else 'pair has'} no tuple {tag}"] if counts[""] else []
        )
        return tuple(Reason(kind=ReasonKind.CONFLICT, subject="pairs", text=text) for text in lines)

    # what does work

    def _nearest(self, request: Request, weaker: Iterable[tuple[Request, dict[str, str], str]]) -> Iterator[Nearest]:
        """Releases that go together by weaker and weaker requests, each of them solved.

        Where nothing of the request is left, one more of older releases is named, and then that is all.
        """
        found: dict[tuple[str, ...], Nearest] = {}
        everything = tuple(_freed(ask) for ask in request.asks)
        for asked, fixed, gives_up in weaker:
            answer = self._solve(asked, fixed)
            if answer is not None:
                found.setdefault(_versions(answer), self._named(asked, answer, gives_up))
            if asked.asks == everything and not fixed and answer is not None:
                if len(found) < _NEAREST - 1:
                    found.update(self._older(asked, answer, found))
                break
        yield from list(found.values())[:_NEAREST]

    @staticmethod
    def _weaker(request: Request, kept: dict[str, str]) -> Iterator[tuple[Request, dict[str, str], str]]:
        """Weaker requests, the least given up first: one stack's release kept, then none, then not the tag either.

        A user's own project is never given up.

        :param kept: the releases that may be kept, by anchor.
        """
        free = replace(request, asks=tuple(_freed(ask) for ask in request.asks))
        for ask in request.asks:
            others = " and ".join(str(other.stack.anchor) for other in request.asks if other is not ask)
            if not ask.own and str(ask.stack.anchor) in kept:
                yield free, {str(ask.stack.anchor): kept[str(ask.stack.anchor)]}, others
        yield free, {}, "anchors"
        if request.cuda not in {PYPI, AUTO}:
            yield with_cuda(free, PYPI), {}, "tag"

    def _older(
        self, request: Request, answer: Answer, found: dict[tuple[str, ...], Nearest]
    ) -> dict[tuple[str, ...], Nearest]:
        """One more: the newest releases that are all older than those."""
        asks = tuple(
            ask if ask.own else _ask(ask, f"<{anchor.version}")
            for ask, anchor in zip(request.asks, answer.locked.anchors, strict=True)
        )
        older = self._solve(replace(request, asks=asks))
        if older is None or _versions(older) in found:
            return {}
        return {_versions(older): self._named(request, older, "anchors")}

    @staticmethod
    def _named(request: Request, answer: Answer, gives_up: str) -> Nearest:
        asks = tuple(
            ask if ask.own else _ask(ask, f"=={anchor.version}")
            for ask, anchor in zip(request.asks, answer.locked.anchors, strict=True)
        )
        command = command_for(replace(request, asks=asks), asks[0].text)
        return Nearest(text=_tuple_text(answer), command=command, gives_up=gives_up)

    def _apart(self, request: Request, alone: Iterable[Answer]) -> Iterator[Nearest]:
        for ask, answer in zip(request.asks, alone, strict=True):
            yield self._named(replace(request, asks=(ask,)), answer, "environment")


def _count(number: int, what: str) -> str:
    """How many pairs disagree on something."""
    return f"{number:,} pairs disagree {what}" if number > 1 else f"1 pair disagrees {what}"


def _rank(clash: Clash, request: Request) -> tuple[bool, int, str]:
    """By torch before all else, then members in the order of the stacks, then what the anchors state themselves."""
    members = [str(name) for ask in request.asks for name in (ask.stack.anchor, *ask.stack.members)]
    place = members.index(clash.name) if clash.name in members else len(members)
    return (clash.name != TORCH, place, clash.name)


def _sides(demand: Demand, machine: str) -> Iterator[Reason]:
    """The lines that lead to a demand, and the demand."""
    for number, each in enumerate((*demand.via, demand)):
        last = number == len(demand.via)
        if not each.line:  # the anchor itself: the other side names it
            continue
        yield Reason(
            kind=ReasonKind.CONFLICT if last else ReasonKind.REQUIRES,
            subject=_spoken(each.release),
            text=f"{_spoken(each.release)} needs {each.name} {_short(each)}",
            evidence=f"{each.line}  ({metadata_source(each.release, machine)})",
        )


def _short(demand: Demand) -> str:
    """A bound as a sentence has it: the bare version of an exact pin."""
    text = demand.bound.text
    return text.lstrip("=") if demand.bound.exact and "," not in text else text


def _difference(clash: Clash) -> str:
    if not clash.one.line or not clash.other.line:
        stated = clash.one if clash.one.line else clash.other
        return f"{_spoken(stated.release)} needs {clash.name} {_short(stated)}"
    return f"one needs {clash.name} {_short(clash.one)}, the other {clash.name} {_short(clash.other)}"


def _spoken(release: Release) -> str:
    return str(release.name) if release.text == "0" else f"{release.name} {release.text}"


def _release(answer: Answer) -> Release:
    ask = answer.attempt.request.asks[0]
    return own_release(ask) or answer.resolved.candidates[str(ask.stack.anchor)].release


def _common(answers: Sequence[Answer]) -> list[str]:
    """The Pythons that all answers serve, those of the first answer's run first."""
    first = answers[0]
    shared = [python for python in first.locked.pythons if all(python in other.locked.pythons for other in answers)]
    return sorted(shared, key=lambda python: python != first.attempt.python)


def _freed(ask: Ask) -> Ask:
    return ask if ask.own else _ask(ask, "")


def _ask(ask: Ask, bound: str) -> Ask:
    """The same stack and extras with another bound on its release."""
    extras = f"[{','.join(sorted(ask.requirement.extras))}]" if ask.requirement.extras else ""
    text = f"{ask.stack.anchor}{extras}{bound}"
    return replace(ask, requirement=Requirement(text), text=text)


def _versions(answer: Answer) -> tuple[str, ...]:
    return tuple(anchor.version for anchor in answer.locked.anchors)


def _tuple_text(answer: Answer) -> str:
    locked = answer.locked
    torch = locked.pin(TORCH)
    anchors = " and ".join(f"{anchor.name} {anchor.version}".strip() for anchor in locked.anchors)
    return f"{anchors} on {locked.cuda}" + (f", torch {torch.version}" if torch else "")


def _cure(nearest: Sequence[Nearest]) -> str:
    """What to do instead, in one clause."""
    apart = "give each an environment of its own"
    return f"take {nearest[0].text.partition(', torch ')[0]}, or {apart}" if nearest else apart
