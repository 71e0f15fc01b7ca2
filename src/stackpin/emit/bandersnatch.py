"""``bandersnatch``: the part of a mirror's configuration by which it keeps no other release of a member.

Without the rest of what the anchor needs, all other projects pass and the members' other releases are on the block list;
with it (``--closure``), the file is an allow list, and the mirror holds the tuple and what it needs, nothing else. Source:
bandersnatch's documentation ("Mirror filtering"); measured with its filters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.emit.emitted_lines import header_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stackpin.model.emission import Emission
    from stackpin.model.locked import LockedTuple

__all__ = ["bandersnatch_text"]


def bandersnatch_text(emission: Emission) -> str:
    """The sections ``[plugins]`` and ``[allowlist]`` or ``[blocklist]``, to be joined with those of the mirror."""
    locked = emission.locked
    if locked.closure:
        rows = [f"{pin.name}{pin.specifier}" for pin in locked.pins]
        rows += [f"{name}=={version}" for name, version in locked.closure]
        return _section(emission, "allowlist", ("allowlist_project", "allowlist_release"), rows)
    return _section(emission, "blocklist", ("blocklist_project", "blocklist_release"), _blocked(locked))


def _blocked(locked: LockedTuple) -> Iterable[str]:
    """What is kept out: of a member every release but one, of a CUDA member what is out of bounds, of a look-alike all.

    ``!=2.6.0`` lets other builds of that version pass, so those that are known stand beside it.
    """
    for pin in locked.pins:
        yield f"{pin.name}!={pin.full_version}"
        yield from (f"{pin.name}=={pin.version}+{each}" for each in pin.build.siblings if each != pin.build.local)
    for bound in locked.bounds:
        yield from (f"{bound.name}{_turned(each)}" for each in bound.specifier.split(","))
    yield from (str(block.name) for block in locked.blocks)


def _turned(clause: str) -> str:
    """The clause that holds where this one does not; ``<13`` admits no pre-release of 13, so they are on the other side."""
    for sign, other, more in (("<=", ">", ""), (">=", "<", ""), ("<", ">=", ".dev0"), (">", "<=", "")):
        if clause.startswith(sign):
            return other + clause[len(sign) :] + more
    return clause.replace("==", "!=") if clause.startswith("==") else clause.replace("!=", "==")


def _section(emission: Emission, name: str, plugins: Iterable[str], rows: Iterable[str]) -> str:
    lines = [*header_lines(emission), "[plugins]", "enabled =", *(f"    {plugin}" for plugin in plugins)]
    lines += [f"[{name}]", "packages =", *(f"    {row}" for row in sorted(rows))]
    return "\n".join(lines) + "\n"
