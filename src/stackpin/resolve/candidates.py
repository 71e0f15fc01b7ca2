"""The machinery behind the provider: which releases may be candidates, in what order, and what each of them needs."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from stackpin.model.explanation import Reason, ReasonKind
from stackpin.model.stack import TORCH
from stackpin.resolve.builds import builds_of
from stackpin.resolve.needs import PLATFORM, PYTHON, Candidate, Need, TargetNeed
from stackpin.resolve.order import Order
from stackpin.resolve.symbols import SymbolNeed, SymbolRule
from stackpin.resolve.target_needs import major_need, metadata_source, python_needs, target_needs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.version import Version

    from stackpin.catalog.fact_rows import TorchBuild
    from stackpin.model.cuda import CudaTag
    from stackpin.model.release import Release
    from stackpin.resolve.context import Context, Line

__all__ = ["Candidates"]

_CUDA_EXTRA = r"cu(?:da)?(\d\d)\d?"


class _Memory:
    """What all runs in one context find alike: releases, their builds, what a specifier admits."""

    def __init__(self) -> None:
        self.all: dict[str, tuple[Release, ...]] = {}
        self.built: dict[str, tuple[Candidate, ...]] = {}
        self.passing: dict[tuple[str, str], frozenset[str]] = {}
        self.spelled: dict[str, frozenset[str]] = {}


class Candidates:
    """Candidates of one context. Order: newest first; an open member's contemporaries before all else.

    :param anchors: the anchors with the extras in force; an anchor is never taken by date, and its extras are part of it.
    :param own: releases that stand for a user's own project.

    ``left_out`` names releases of open members that disagree with the rest on an outside package.
    ``newer_than`` narrows anchors to releases above a version. ``stopped_by_python`` tells whether some candidate did not
    fit the Python or the platform: only then can another Python give a newer answer. Anchors that pin what was found to
    have no build are passed over: a series of twenty releases often shares one torch.
    """

    def __init__(
        self, context: Context, anchors: Mapping[str, tuple[str, ...]], own: dict[str, Release] | None = None
    ) -> None:
        self.context = context
        self.anchors = anchors
        self._own = own or {}
        self._order = Order(context, anchors, self.extras_in_force)
        self._breaks: tuple[TorchBuild, ...] | None = None
        self._unbuilt: set[tuple[str, str]] = set()
        self._hopeless: set[str] = set()
        self.left_out: set[tuple[str, str]] = set()
        self.newer_than: dict[str, Version] = {}
        self.stopped_by_python = False
        memory: _Memory = context.memory.setdefault("candidates", _Memory())
        self._all, self._built, self._passing, self._spelled = memory.all, memory.built, memory.passing, memory.spelled

    def releases(self, name: str) -> tuple[Release, ...]:
        """Every release of a package that the catalog or a fact about another index knows, newest first."""
        if name not in self._all:
            self._all[name] = self._merge(name)
        return self._all[name]

    def _merge(self, name: str) -> tuple[Release, ...]:
        if name in self._own:
            return (self._own[name],)
        known = self.context.catalog.releases(name) or ()
        if not known and name in self.context.joint:
            return self.context.catalog.listed(name)
        versions = {release.text for release in known}
        extra = [release for release in self.context.built_elsewhere(name) if release.text not in versions]
        if not extra:
            return known
        return tuple(sorted((*known, *extra), key=lambda release: release.version, reverse=True))

    def matching(self, key: str, needs: Iterable[Need]) -> Iterator[Candidate]:
        """The candidates for an identifier that meet every need, in the order in which they are to be tried.

        Cost: one specifier check a release and need; a release's row is parsed only for those that pass.
        """
        wanted = list(needs)
        name, extra = _split(key)
        exact = any(need.exact for need in wanted)
        admitted = frozenset.intersection(*(self.admitted(name, need.specifier) for need in wanted))
        passed = [release for release in self.releases(name) if release.text in admitted]
        judging = [need.symbols for need in wanted if need.symbols is not None]
        if self.left_out:
            passed = [release for release in passed if (name, release.text) not in self.left_out]
        if name in self.newer_than:
            passed = [release for release in passed if release.version > self.newer_than[name]]
        finals = [release for release in passed if not release.version.is_prerelease]
        if any(need.specifier.prereleases for need in wanted) if name in self.anchors else not finals:
            finals = passed
        usable = (release for release in finals if exact or not release.yanked)
        for release, rule in self._order.of(name, usable, wanted, exact=exact):
            if (exact or not self._is_hopeless(release)) and all(symbols.admits(release) for symbols in judging):
                yield from self.of(release, key, extra, rule)

    def _is_hopeless(self, release: Release) -> bool:
        """Whether the only anchor pins, on every Python, a release that was found to have no build for the target.

        Trying it would end where the anchor release before it ended.
        """
        if not self._unbuilt or len(self.anchors) > 1 or release.name not in self.anchors:
            return False
        if release.text not in self._hopeless and self._pins_the_unbuilt(release):
            self._hopeless.add(release.text)
        return release.text in self._hopeless

    def _pins_the_unbuilt(self, release: Release) -> bool:
        extras = ("", *self.extras_in_force(release))
        return any(
            item.operator == "==" and (name, item.version) in self._unbuilt and "python" not in line.text
            for name in {name for name, _ in self._unbuilt} - {release.name}
            for extra in extras
            for line in self.context.lines_about(release, name, extra)
            for item in line.requirement.specifier
        )

    def admitted(self, name: str, specifier: SpecifierSet) -> frozenset[str]:
        """The versions that a specifier admits, pre-releases included; worked out once."""
        key = (name, str(specifier))
        if key not in self._passing:
            one = key[1].lstrip("=") if key[1].startswith("==") else ""
            if one in self._texts(name):
                self._passing[key] = frozenset({one})
            else:
                self._passing[key] = frozenset(
                    release.text
                    for release in self.releases(name)
                    if specifier.contains(release.version, prereleases=True)
                )
        return self._passing[key]

    def _texts(self, name: str) -> frozenset[str]:
        """The versions of a package as their rows spell them: an exact pin on one of them admits just that one."""
        if name not in self._spelled:
            self._spelled[name] = frozenset(release.text for release in self.releases(name))
        return self._spelled[name]

    def of(
        self, release: Release, key: str, extra: str = "", rule: SymbolRule = SymbolRule.NO_MISFIT
    ) -> tuple[Candidate, ...]:
        """The candidates that one release gives: one a build; one without build, with the reason, where there is none."""
        label = f"{key} {release.text} {rule.value}"
        if label not in self._built:
            built = not extra and release.name not in self.context.joint
            choice = builds_of(release, self.context) if built else None
            if choice is None:
                self._built[label] = (Candidate(key=key, release=release, extra=extra, rule=rule),)
            elif choice.builds:
                pairs = [(self.context.as_built(release, build), build) for build in choice.builds]
                self._built[label] = tuple(
                    Candidate(key=key, release=found, build=build, rule=rule) for found, build in pairs
                )
            else:
                self._built[label] = (Candidate(key=key, release=release, reason=choice.reason),)
        return self._built[label]

    def needs_of(self, candidate: Candidate) -> list[Need | TargetNeed]:
        """Everything that a candidate needs: of the target, and of other tracked packages."""
        release = candidate.release
        if candidate.extra:
            base = Need(key=release.name, name=release.name, specifier=_this_one(release.text), parent=release)
            return [base, *self._line_needs(release, candidate.extra)]
        if release.name in self.context.joint:
            return [*python_needs(release, self.context), *self._line_needs(release, "")]
        if candidate.reason is not None:
            self._unbuilt.add((release.name, release.text))
        found: list[Need | TargetNeed] = list(target_needs(candidate, self.context))
        self.stopped_by_python |= any(need.key in {PYTHON, PLATFORM} for need in found)
        if candidate.build is not None and candidate.build.torch_series:
            series = SpecifierSet(f"=={candidate.build.torch_series}.*")
            found.append(Need(key=TORCH, name=TORCH, specifier=series, line=f"torch {series}", parent=release))
        found += self._abi_needs(candidate)
        found += self.stated_by(release)
        found += self._symbol_needs(candidate)  # after what is declared: that is the plainer reason
        return found

    def stated_by(self, release: Release) -> list[Need | TargetNeed]:
        """What a release's own lines ask, with the extras that are in force."""
        return [need for extra in ("", *self.extras_in_force(release)) for need in self._line_needs(release, extra)]

    def _abi_needs(self, candidate: Candidate) -> Iterator[Need]:
        """Kernels on PyPI are compiled against PyPI's torch: not for a build of that torch with another C++ ABI."""
        build, tag = candidate.build, self.context.cuda
        if build is None or build.major is None or build.tag is not None or tag is None:
            return
        if candidate.name in self.context.facts.cuda_members:
            return
        release = candidate.release
        for other in self._abi_breaks(tag):
            reason = Reason(
                kind=ReasonKind.CXX_ABI,
                subject=f"{release.name} {release.text}",
                text=f"{release.name} {release.text} is built for the C++ ABI of PyPI's torch {other.torch}, "
                f"which torch {other.torch}+{tag} does not have",
                evidence=other.source,
            )
            yield Need(key=TORCH, name=TORCH, specifier=_not_this(other.torch), parent=release, reason=reason)

    def _symbol_needs(self, candidate: Candidate) -> Iterator[Need]:
        """A kernel whose wheel was read asks of torch what it needs to load."""
        build, release = candidate.build, candidate.release
        if build is None or candidate.rule is SymbolRule.AS_SHIPPED or release.name in self.anchors:
            return
        if self._order.has_symbols(release):
            asked = SymbolNeed(kernel=release, build=build, rule=candidate.rule, symbols=self.context.symbols)
            yield Need(key=TORCH, name=TORCH, parent=release, symbols=asked)

    def _abi_breaks(self, tag: CudaTag) -> tuple[TorchBuild, ...]:
        if self._breaks is None:
            self._breaks = self.context.facts.abi_breaks(tag)
        return self._breaks

    def extras_in_force(self, release: Release) -> list[str]:
        """The extras of an anchor that are asked for, and those that they ask for in turn (``sglang[runtime_common]``)."""
        found = list(self.anchors.get(release.name, ()))
        for extra in found:
            for line in self.context.lines_about(release, release.name, extra):
                asked = (str(canonicalize_name(item)) for item in sorted(line.requirement.extras))
                found.extend(item for item in asked if item not in found)
        return found

    def _line_needs(self, release: Release, extra: str) -> list[Need | TargetNeed]:
        found: list[Need | TargetNeed] = []
        is_anchor = release.name in self.anchors
        as_of = release.uploaded if is_anchor else ""
        for line in self.context.lines(release, extra):
            if self._is_runtime_of_other_build(release, line) or (is_anchor and line.name == release.name):
                continue
            if line.name in self.context.joint:
                found.append(_joint_need(line, release, as_of))
                continue
            found += _needs_of_line(line, release, as_of)
            if is_anchor:
                found += self._cuda_extras(line, release)
        return found

    def _is_runtime_of_other_build(self, release: Release, line: Line) -> bool:
        """Whether a line tells of PyPI's own CUDA build of torch, while another build of it is under consideration."""
        own = self.context.pypi_tag(release) if release.name == TORCH and release.on_pypi else None
        other = own is not None and self.context.cuda not in {None, own}
        return other and line.name in self.context.facts.cuda_members

    def _cuda_extras(self, line: Line, release: Release) -> Iterator[TargetNeed]:
        for extra in line.requirement.extras:
            match = re.fullmatch(_CUDA_EXTRA, extra)
            if match and line.name in self.context.tracked:
                text = f"{release.name} {release.text} asks for CUDA {match[1]}"
                source = metadata_source(release, self.context.platform.machine)
                yield major_need(int(match[1]), release, text, f"{line.text}  ({source})")


def _split(key: str) -> tuple[str, str]:
    name, _, extra = key.partition("[")
    return name, extra.rstrip("]")


@cache
def _this_one(version: str) -> SpecifierSet:
    return SpecifierSet(f"==={version}")


@cache
def _not_this(version: str) -> SpecifierSet:
    return SpecifierSet(f"!={version}")


def _joint_need(line: Line, release: Release, as_of: str) -> Need:
    """A need of a package that no tuple holds: its extras bring packages that nobody bounds."""
    return Need(
        key=line.name,
        name=line.name,
        specifier=line.requirement.specifier,
        line=line.text,
        parent=release,
        as_of=as_of,
    )


def _needs_of_line(line: Line, release: Release, as_of: str) -> Iterator[Need]:
    own = line.name == release.name
    keys = [] if own else [str(line.name)]
    keys += [f"{line.name}[{canonicalize_name(extra)}]" for extra in sorted(line.requirement.extras)]
    for key in keys:
        yield Need(
            key=key,
            name=line.name,
            specifier=_this_one(release.text) if own else line.requirement.specifier,
            line=line.text,
            parent=release,
            as_of=as_of,
        )
