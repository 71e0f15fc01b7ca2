"""The resolvelib provider: it only adapts. What exists and what it needs is the business of ``candidates``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolvelib import AbstractProvider

from stackpin.model.cuda import cuda_order
from stackpin.model.stack import TORCH
from stackpin.resolve.needs import CUDA, PLATFORM, PYTHON, Candidate, Need, TargetCandidate, TargetNeed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from resolvelib.structs import RequirementInformation

    from stackpin.model.cuda import CudaTag
    from stackpin.resolve.candidates import Candidates

    Wanted = Need | TargetNeed
    Given = Candidate | TargetCandidate

__all__ = ["Provider"]

_TARGET = (PYTHON, PLATFORM, CUDA)


class Provider(AbstractProvider["Wanted", "Given", str]):
    """Answers resolvelib's six questions for one context.

    ``seen`` collects every need that was ever stated, for explanations.
    """

    def __init__(self, candidates: Candidates, anchors: Sequence[str], tags: Sequence[CudaTag]) -> None:
        self._candidates = candidates
        self._anchors = {name: position for position, name in enumerate(anchors)}
        self._tags = tags
        self.seen: dict[str, list[Need]] = {}

    def identify(self, requirement_or_candidate: Wanted | Given) -> str:
        """The identifier: a name, a name with one extra, or a part of the target. Called often; an attribute."""
        return requirement_or_candidate.key

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, Given],  # noqa: ARG002 - resolvelib's signature
        candidates: Mapping[str, Iterator[Given]],  # noqa: ARG002
        information: Mapping[str, Iterator[RequirementInformation[Wanted, Given]]],
        backtrack_causes: Sequence[RequirementInformation[Wanted, Given]],
    ) -> tuple[int, int, str]:
        """Which identifier to settle next: once a round for each open one.

        1. the Python and the platform, 2. the anchors in the order given, 3. other engines, for each release of them pins
        its torch, 4. torch, 5. the CUDA tag, 6. what is pinned exactly, 7. kernels whose symbols decide, lest everything
        else be tried anew for each of them, 8. CUDA members, 9. what took part in the last clash, 10. all else by name.
        """
        base = identifier.partition("[")[0]
        if base in self._anchors:
            return (1, self._anchors[base], identifier)
        needs = [item.requirement for item in information[identifier]]
        facts = self._candidates.context.facts
        ranks = (
            (0, identifier in {PYTHON, PLATFORM}),
            (2, base in facts.engines),
            (3, identifier == TORCH),
            (4, identifier == CUDA),
            (5, any(isinstance(need, Need) and need.exact for need in needs)),
            (6, facts.abi.follows(base)),
            (7, base in facts.cuda_members),
        )
        rank = next((rank for rank, true in ranks if true), None)
        if rank is None:
            sides = ({item.requirement.key, getattr(item.parent, "key", "")} for item in backtrack_causes)
            rank = 8 if any(identifier in side for side in sides) else 9
        return (rank, 0, identifier)

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Wanted]],
        incompatibilities: Mapping[str, Iterator[Given]],
    ) -> Iterable[Given] | Callable[[], Iterator[Given]]:
        """The candidates that meet the requirements, best first; called when a requirement is added.

        Packages' candidates are made one by one as the resolver asks for them.
        """
        wanted = list(requirements[identifier])
        excluded = list(incompatibilities[identifier])
        if identifier in _TARGET:
            targets = [need for need in wanted if isinstance(need, TargetNeed)]
            return [
                value
                for value in self._target(identifier)
                if value not in excluded and all(need.accepts(value.value) for need in targets)
            ]
        needs = [need for need in wanted if isinstance(need, Need)]
        refused = {id(candidate) for candidate in excluded}
        return lambda: (item for item in self._candidates.matching(identifier, needs) if id(item) not in refused)

    def _target(self, identifier: str) -> Iterable[TargetCandidate]:
        context = self._candidates.context
        if identifier == PYTHON:
            return (TargetCandidate(key=PYTHON, value=context.python),)
        if identifier == PLATFORM:
            return (TargetCandidate(key=PLATFORM, value=str(context.platform)),)
        tags = [context.cuda] if context.cuda is not None else sorted(self._tags, key=cuda_order, reverse=True)
        return tuple(TargetCandidate(key=CUDA, value=tag) for tag in tags)

    def is_satisfied_by(self, requirement: Wanted, candidate: Given) -> bool:
        """Whether a settled candidate meets a further requirement."""
        if isinstance(requirement, TargetNeed):
            return isinstance(candidate, TargetCandidate) and requirement.accepts(candidate.value)
        return isinstance(candidate, Candidate) and requirement.admits(candidate.release)

    def get_dependencies(self, candidate: Given) -> Iterable[Wanted]:
        """What a candidate needs; once for each candidate that is tried. Reads one row of the catalog."""
        if isinstance(candidate, TargetCandidate):
            return ()
        needs = self._candidates.needs_of(candidate)
        for need in needs:
            if isinstance(need, Need):
                self.seen.setdefault(need.name, []).append(need)
        return needs
