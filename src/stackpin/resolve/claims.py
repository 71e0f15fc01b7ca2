"""What needs say, as claims that a program can hold against the catalog and against each other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stackpin.model.explanation import CUDA, GPU, PLATFORM, PYTHON, Claim, ReasonKind
from stackpin.model.target import marker_environment
from stackpin.model.value import replace
from stackpin.resolve.context import applies, parsed
from stackpin.resolve.target_needs import admits_python
from stackpin.resolve.wheels import fit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stackpin.model.release import Release
    from stackpin.resolve.context import Context
    from stackpin.resolve.needs import Need, TargetNeed

__all__ = ["merged", "need_claims", "no_release", "target_claims"]

_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")


def need_claims(
    need: Need, context: Context, pythons: Sequence[str], *, without: Release | None = None
) -> tuple[Claim, ...]:
    """What a need says of the package that it is about.

    :param pythons: the Pythons that are of interest (``3.11``).
    :param without: the release that it rules out, where that does not stand in its specifier: symbols do not.
    """
    parent = need.parent
    return (
        Claim(
            package=str(parent.name) if parent is not None else "",
            versions=(parent.text,) if parent is not None else (),
            on=str(need.name),
            specifier=f"!={without.text}" if without is not None else str(need.specifier),
            pythons=_pythons_of(need.line, context, pythons),
        ),
    )


def _pythons_of(line: str, context: Context, pythons: Sequence[str]) -> tuple[str, ...]:
    """The Pythons on which a METADATA line holds; empty where its marker does not ask."""
    marker = line.partition(";")[2]
    if "python" not in marker:
        return ()
    requirement = parsed(line)
    extras = ("", *_EXTRA.findall(marker))
    machine = context.platform.machine
    return tuple(
        python
        for python in pythons
        if any(applies(requirement, marker_environment(python, machine), extra) for extra in extras)
    )


def target_claims(need: TargetNeed, context: Context, pythons: Sequence[str]) -> tuple[Claim, ...]:
    """What a need says of the target: the values that it leaves."""
    if need.reason.claims or need.parent is None:
        return need.reason.claims
    release = need.parent
    on, values = need.key, tuple[str, ...]()
    if need.reason.kind is ReasonKind.PYTHON:
        on, values = PYTHON, tuple(python for python in pythons if _serves(release, python, context))
    elif need.key == CUDA:
        values = tuple(sorted(str(tag) for tag in context.facts.tags if need.accepts(tag)))
    elif need.reason.kind is ReasonKind.GPU:
        on = GPU
    elif need.key == PLATFORM:
        on = PLATFORM
    return (Claim(package=str(release.name), versions=(release.text,), on=on, values=values),)


def _serves(release: Release, python: str, context: Context) -> bool:
    """Whether a release can be had for a Python: it admits it, and has a wheel for it or none at all."""
    if release.requires_python and not admits_python(release.requires_python, python):
        return False
    found = fit(release, python, context.platform)
    return found.wheel or found.source_only


def no_release(need: Need) -> tuple[Claim, ...]:
    """That nothing which a need admits can be taken."""
    return (Claim(package=str(need.name), on=str(need.name), specifier=str(need.specifier)),)


def merged(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """The same claims with what is said alike of several releases of a package said once."""
    versions: dict[Claim, dict[str, None]] = {}
    for claim in claims:
        versions.setdefault(replace(claim, versions=()), {}).update(dict.fromkeys(claim.versions))
    return tuple(replace(claim, versions=tuple(texts)) for claim, texts in versions.items())
