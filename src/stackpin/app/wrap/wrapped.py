"""One call of pip or uv with everything that is known before anything is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from stackpin.effects.real_tools import RealTool
    from stackpin.inject.command_line import Call, Own
    from stackpin.inject.plan import Kind
    from stackpin.model.settings import Settings

__all__ = ["Wrapped"]


class Wrapped(NamedTuple):
    """The call, the real tool, and where it was typed; ``tell`` takes a line for the person."""

    call: Call
    own: Own
    kind: Kind
    program: RealTool
    settings: Settings
    environ: Mapping[str, str]
    cwd: Path
    tell: Callable[[str], None]

    @property
    def stacks(self) -> tuple[str, ...]:
        """The stacks in force."""
        return self.own.stacks or self.settings.stack

    @property
    def tool(self) -> str:
        """The tool as people know it: ``pip`` or ``uv``."""
        return "pip" if self.call.tool == "pip" else "uv"

    @property
    def uv(self) -> Path:
        """The uv that belongs to the tool: itself, or the one beside a ``uvx``."""
        beside = self.program.path.with_name("uv")
        return beside if self.call.tool == "uvx" and beside.exists() else self.program.path
