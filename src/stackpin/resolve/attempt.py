"""One run of the resolver for one Python, one platform and one tag."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from resolvelib import BaseReporter, ResolutionImpossible, ResolutionTooDeep, Resolver

from stackpin.abi.gpus import compute_capability
from stackpin.model.cuda import CudaTag
from stackpin.model.release import OWN, Release
from stackpin.model.value import Value
from stackpin.resolve.agreement import disagreeing, satisfiable
from stackpin.resolve.candidates import Candidates
from stackpin.resolve.context import Context
from stackpin.resolve.needs import CUDA, Candidate, Need, TargetCandidate, TargetNeed
from stackpin.resolve.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.requirements import Requirement

    from stackpin.catalog.facts import Facts
    from stackpin.catalog.loader import Catalog
    from stackpin.model.request import Ask, Request

__all__ = ["Attempt", "Cause", "Failure", "Resolved", "own_release"]

_MAX_ROUNDS = 20_000


class Cause(Value):
    """One side of a clash: a need and the release that states it (None for what was asked for)."""

    need: Need | TargetNeed
    parent: Release | None


class Resolved(Value):
    """A resolution: the candidate of each package, the tag, and every need that was stated of each package.

    ``first_clash`` is what stood in the way of the first anchor release that was tried, where it was not taken.
    """

    candidates: Mapping[str, Candidate]
    cuda: CudaTag
    needs: Mapping[str, tuple[Need, ...]]
    context: Context
    first_clash: tuple[Cause, ...] = ()


class Failure(Value):
    """No resolution: the needs that clash, and all needs that were stated on the way.

    ``pythons`` are those that an explanation is about beside the run's own.
    """

    causes: tuple[Cause, ...]
    seen: Mapping[str, list[Need]]
    attempt: Attempt
    pythons: tuple[str, ...] = ()


def own_release(ask: Ask) -> Release | None:
    """The release that stands for a source tree, or for a user's own project whose requirements the stack has."""
    if ask.tree is not None:
        from stackpin.model.source_tree import TreeRelease  # only a tree needs it

        return TreeRelease(ask.tree)
    if not ask.stack.requires:
        return None
    import json

    row = {"version": "0", "index": OWN, "requires": list(ask.stack.requires), "files": []}
    return Release(ask.stack.anchor, "0", json.dumps(row))


class Attempt:
    """What one run is asked. ``fixed`` holds anchors to one version each (name → version text).

    ``cuda`` is None where PyPI's own torch decides the tag. ``contexts`` lends the contexts of earlier runs, and keeps
    this one's.
    """

    def __init__(
        self,
        *,
        facts: Facts,
        request: Request,
        python: str,
        cuda: CudaTag | None,
        fixed: Mapping[str, str],
        contexts: dict[object, Context] | None = None,
    ) -> None:
        self.catalog, self.facts, self.request = facts.catalog, facts, request
        self.python, self.cuda, self.fixed = python, cuda, fixed
        self.candidates = self._candidates({} if contexts is None else contexts)

    def held_to(self, fixed: Mapping[str, str]) -> Attempt:
        """The same with anchors held to one version each; what its candidates have worked out serves again."""
        other = copy(self)
        other.fixed = fixed
        other.candidates.left_out.clear()
        return other

    def _candidates(self, known: dict[object, Context]) -> Candidates:
        own = {str(ask.stack.anchor): release for ask in self.request.asks if (release := own_release(ask))}
        return Candidates(self._context(known), {str(ask.stack.anchor): _extras(ask) for ask in self.request.asks}, own)

    def _context(self, known: dict[object, Context]) -> Context:
        """The context of the run; one that is known for the same target, whose lines are parsed already, where there is one."""
        request = self.request
        members = {name for ask in request.asks for name in (ask.stack.anchor, *ask.stack.members, *ask.stack.always)}
        tracked = {*members, *self._cuda_members()}
        joint = frozenset(_joint_names(self.catalog) if len(request.asks) > 1 else ()) - tracked - set(request.allow)
        names = (frozenset(tracked), joint, request.allow)
        key = (self.python, request.platform, self.cuda, names, request.prefer_builds, request.gpu)
        if key not in known:
            known[key] = Context(
                catalog=self.catalog,
                facts=self.facts,
                python=self.python,
                platform=request.platform,
                cuda=self.cuda,
                tracked=frozenset(tracked | joint) - set(request.allow),
                joint=joint,
                prefer_builds=request.prefer_builds,
                gpu=compute_capability(request.gpu),
            )
        return known[key]

    def _cuda_members(self) -> set[str]:
        """The CUDA members of which the catalog has releases; torch's exact pins on the others need no help."""
        return {name for name in self.facts.cuda_members if self.catalog.carries(name)}

    @property
    def anchors(self) -> frozenset[str]:
        """The names of the anchors."""
        return frozenset(str(ask.stack.anchor) for ask in self.request.asks)

    def contradicts_itself(self) -> bool:
        """Whether a held anchor's own lines rule out what is asked of a member: then a run can only fail, and later."""
        asked: dict[str, SpecifierSet] = {canonicalize_name(item.name): item.specifier for item in self.request.members}
        held = [item for name in self.fixed for item in self.candidates.releases(name) if item.text == self.fixed[name]]
        return any(
            isinstance(need, Need) and need.name in asked and not satisfiable([need.specifier, asked[need.name]])
            for release in held
            for need in self.candidates.stated_by(release)
        )

    def run(self) -> Resolved | Failure:
        """Resolve. A few milliseconds where the newest anchor serves; more where many are ruled out.

        An open member that contradicts the others on an outside package is left out, and the run repeated.
        """
        while True:
            outcome = self._run()
            if isinstance(outcome, Failure):
                return outcome
            stranger = disagreeing(outcome.candidates, self._open(outcome), self.candidates.context)
            if not stranger:
                return outcome
            self.candidates.left_out.add((stranger, outcome.candidates[stranger].release.text))

    def _open(self, outcome: Resolved) -> list[str]:
        """The members of a resolution that nothing pins exactly: another release of them could be taken."""
        return [
            name
            for name in outcome.candidates
            if name not in self.anchors and not any(need.exact for need in outcome.needs.get(name, ()))
        ]

    def _run(self) -> Resolved | Failure:
        order = [str(ask.stack.anchor) for ask in self.request.asks]
        tags = sorted(self.facts.tags)
        provider = Provider(self.candidates, order, tags)
        reporter = _FirstClash()
        resolver = Resolver(provider, reporter)
        try:
            result = resolver.resolve(list(self.roots()), max_rounds=_MAX_ROUNDS)
        except ResolutionImpossible as error:
            return Failure(causes=_causes(error.causes), seen=provider.seen, attempt=self)
        except ResolutionTooDeep:
            return Failure(causes=(), seen=provider.seen, attempt=self)
        return self._resolved(result.mapping, provider.seen, reporter.causes)

    def roots(self) -> Iterable[Need]:
        """What is asked for at the start."""
        for ask in self.request.asks:
            name = str(ask.stack.anchor)
            specifier = ask.requirement.specifier
            if ask.own:
                specifier = SpecifierSet(prereleases=True)
            elif name in self.fixed:
                specifier = SpecifierSet(f"==={self.fixed[name]}")
            yield Need(key=name, name=name, specifier=specifier, line=ask.text)
        for requirement in self.request.members:
            yield self._member(requirement)

    @staticmethod
    def _member(requirement: Requirement) -> Need:
        name = canonicalize_name(requirement.name)
        return Need(key=name, name=name, specifier=requirement.specifier, line=str(requirement))

    def _resolved(
        self, mapping: Mapping[str, object], seen: Mapping[str, list[Need]], first_clash: tuple[Cause, ...]
    ) -> Resolved:
        chosen = {key: item for key, item in mapping.items() if isinstance(item, Candidate) and not item.extra}
        cuda = mapping.get(CUDA)
        tag = cuda.value if isinstance(cuda, TargetCandidate) else self.cuda
        texts = {name: item.release.text for name, item in chosen.items()}
        needs = {name: tuple(need for need in seen.get(name, ()) if _stands(need, texts)) for name in chosen}
        return Resolved(
            candidates=chosen,
            cuda=CudaTag(str(tag)),
            needs=needs,
            context=self.candidates.context,
            first_clash=first_clash,
        )


class _FirstClash(BaseReporter["Need | TargetNeed", "Candidate | TargetCandidate", str]):
    """Remembers the first clash of a run: what the newest anchor release failed on."""

    def __init__(self) -> None:
        self.causes: tuple[Cause, ...] = ()

    def resolving_conflicts(self, causes: Iterable[Any]) -> None:
        """Called by resolvelib for each clash."""
        if not self.causes:
            self.causes = _causes(causes)


def _causes(items: Iterable[Any]) -> tuple[Cause, ...]:
    return tuple(Cause(need=item.requirement, parent=_release(item.parent)) for item in items)


def _joint_names(catalog: Catalog) -> Iterable[str]:
    """Every package that the catalog has releases of, with rows or in a list."""
    return (*catalog.names(), *catalog.lists.names())


def _extras(ask: Ask) -> tuple[str, ...]:
    """The extras that are asked for, and the one that brings the stack's kernels."""
    return tuple(
        sorted({str(canonicalize_name(extra)) for extra in (*ask.requirement.extras, ask.stack.extra) if extra})
    )


def _stands(need: Need, texts: Mapping[str, str]) -> bool:
    """Whether the release that states a need is the one that was chosen."""
    return need.parent is not None and texts.get(need.parent.name) == need.parent.text


def _release(parent: object) -> Release | None:
    return parent.release if isinstance(parent, Candidate) else None
