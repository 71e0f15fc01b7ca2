"""Lock files that a call installs from as they stand: held against the tuple, since a constraint would make uv fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.check.pylock import pylock_faults
from stackpin.effects.files import LocalFiles
from stackpin.errors import LockOutside
from stackpin.inject.repair import grounds, place_of, typed
from stackpin.parse.pylock import parse_pylock

if TYPE_CHECKING:
    from stackpin.app.wrap.holding import Held
    from stackpin.model.environment import Fault

__all__ = ["refuse_wrong_locks"]


def refuse_wrong_locks(held: Held) -> None:
    """Refuse a ``pylock.toml`` (PEP 751) whose packages are outside the tuple.

    :raises LockOutside: for the first that is.
    :raises InputUnreadable: where it is no such file.
    """
    for path in held.requested.locks:
        raw = LocalFiles().read(path)
        if raw is None:
            continue  # the tool says that it is not there
        found = pylock_faults(parse_pylock(raw, str(path)), held.locked, pythons=held.locked.pythons)
        if found:
            first = found[0]
            raise LockOutside(
                f"not run: {path.name} has {first.name} {first.found}, the tuple has {first.wanted}",
                facts=grounds(held.locked, first.name, held.in_force.reason),
                ways=(("to install the tuple's own", _install(held, found)),),
            )


def _install(held: Held, found: tuple[Fault, ...]) -> str:
    """The command that brings in the tuple's own releases of what a lock file has otherwise."""
    pins = [held.locked.pin(name) for name in dict.fromkeys(fault.name for fault in found)]
    wanted = [f"{pin.name}{pin.specifier}" for pin in pins if pin is not None]
    install = "pip install" if held.wrapped.tool == "pip" else "uv pip install"
    return typed(held.wrapped.own, install, *place_of(held.wrapped.call), *wanted)
