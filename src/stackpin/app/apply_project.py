"""What a project's ``pyproject.toml`` is to say of a tuple, or of several, one a CUDA tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from stackpin.emit.constraints import rewritten
from stackpin.inject.plan import members_of
from stackpin.model.build import Channel
from stackpin.model.stack import TORCH
from stackpin.patch.uv_project import Tagged, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stackpin.app.compile import Compiled, Workshop
    from stackpin.model.locked import LockedTuple

__all__ = ["wanted_of"]


class _Said(NamedTuple):
    """What one tuple says: its requirements by name, those of labelled builds with the marker, and where these lie.

    ``elsewhere`` are what holds such a member on other machines: PyPI's build of the same version.
    """

    lines: Mapping[str, str]
    versions: Mapping[str, str]
    sources: Mapping[str, str]
    elsewhere: tuple[str, ...]


def wanted_of(compiled: Sequence[Compiled], workshop: Workshop) -> Wanted:
    """The tuple as constraints, and an index for each build that PyPI does not carry.

    Of several tuples the constraints are what all of them say; what differs from tag to tag is the extra's of that tag.
    """
    first = compiled[0]
    marker = f"sys_platform == 'linux' and platform_machine == '{first.locked.platform.machine}'"
    said = {str(each.locked.cuda): _said(each.locked, marker, workshop) for each in compiled}
    stacks = [ask.stack for ask in first.request.asks]
    names = [str(name) for stack in stacks for name in (*stack.members, *stack.always, *stack.look_alikes)]
    managed = frozenset(
        {*map(canonicalize_name, names), *(name for each in compiled for name in members_of(each.locked))}
    )
    alone = len(said) == 1
    constraints = (*_common(tuple(said.values())), *(next(iter(said.values())).elsewhere if alone else ()))
    return Wanted(
        constraints=constraints,
        managed=managed,
        sources=next(iter(said.values())).sources if alone else {},
        marker=marker,
        builds=constraints,
        extras={} if alone else {tag: _tagged(each, constraints) for tag, each in said.items()},
        required=_required(compiled),
    )


def _said(locked: LockedTuple, marker: str, workshop: Workshop) -> _Said:
    mirrors = workshop.settings.mirrors
    labelled = {str(pin.name): pin for pin in locked.pins if pin.build.channel is Channel.FIND_LINKS}
    lines = {str(pin.name): f"{pin.name}{pin.specifier}" for pin in locked.pins}
    lines = {name: f"{line} ; {marker}" if name in labelled else line for name, line in lines.items()}
    lines |= {str(bound.name): f"{bound.name}{bound.specifier}" for bound in locked.bounds}
    lines |= {str(block.name): f"{block.name}=={block.reads}" for block in locked.blocks}
    sources = {name: rewritten(_root(pin.build.page), mirrors) for name, pin in labelled.items()}
    other = f"sys_platform != 'linux' or platform_machine != '{locked.platform.machine}'"
    on_pypi = [pin for pin in labelled.values() if _on_pypi(str(pin.name), pin.version, workshop)]
    elsewhere = tuple(f"{pin.name}=={pin.version} ; {other}" for pin in on_pypi)
    return _Said(lines, {str(pin.name): pin.version for pin in locked.pins}, sources, elsewhere)


def _on_pypi(name: str, version: str, workshop: Workshop) -> bool:
    release = workshop.catalog.release(name, version)
    return release is not None and release.on_pypi


def _common(said: Sequence[_Said]) -> Iterator[str]:
    """What all tuples say of a package; of one that differs in its build alone, its version, which every build meets."""
    for name, line in said[0].lines.items():
        versions = {each.versions.get(name) for each in said}
        if all(each.lines.get(name) == line for each in said):
            yield line
        elif len(versions) == 1 and None not in versions:
            yield f"{name}=={said[0].versions[name]}"


def _tagged(said: _Said, constraints: Sequence[str]) -> Tagged:
    """What a tag's own extra has: each pin that is no constraint of all."""
    own = tuple(said.lines[name] for name in said.versions if said.lines[name] not in constraints)
    return Tagged(own, said.sources)


def _required(compiled: Sequence[Compiled]) -> frozenset[str]:
    """What the anchors themselves ask for, and torch."""
    anchors = {str(anchor.name) for each in compiled for anchor in each.locked.anchors}
    asked = {
        str(pin.name)
        for each in compiled
        for pin in each.locked.pins
        if pin.evidence and pin.evidence[0].subject.partition(" ")[0] in anchors
    }
    return frozenset({TORCH, *asked})


def _root(page: str) -> str:
    """The index that a project's page belongs to."""
    return page.rstrip("/").rpartition("/")[0]
