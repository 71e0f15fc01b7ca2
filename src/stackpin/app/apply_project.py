"""What a project's ``pyproject.toml`` is to say of a tuple."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from stackpin.emit.constraints import rewritten
from stackpin.inject.plan import members_of
from stackpin.model.build import Channel
from stackpin.patch.uv_project import Wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stackpin.app.compile import Compiled, Workshop

__all__ = ["wanted_of"]


def wanted_of(compiled: Sequence[Compiled], workshop: Workshop) -> Wanted:
    """The tuple as constraints, and an index for each build that PyPI does not carry."""
    first = compiled[0]
    locked, stacks = first.locked, [ask.stack for ask in first.request.asks]
    names = [str(name) for stack in stacks for name in (*stack.members, *stack.always, *stack.look_alikes)]
    labelled = [pin for pin in locked.pins if pin.build.channel is Channel.FIND_LINKS]
    own = {f"{pin.name}{pin.specifier}" for pin in labelled}
    marker = f"sys_platform == 'linux' and platform_machine == '{locked.platform.machine}'"
    mirrors = workshop.settings.mirrors
    return Wanted(
        constraints=tuple(f"{line} ; {marker}" if line in own else line for line in locked.requirements),
        managed=frozenset({*map(canonicalize_name, names), *members_of(locked)}),
        sources={str(pin.name): rewritten(_root(pin.build.page), mirrors) for pin in labelled},
        marker=marker,
    )


def _root(page: str) -> str:
    """The index that a project's page belongs to."""
    return page.rstrip("/").rpartition("/")[0]
