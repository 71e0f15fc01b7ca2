"""Lock files that a call installs from as they stand: held against the tuple, since a constraint would make uv fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.check.environment import describe
from stackpin.check.pylock import pylock_faults
from stackpin.effects.files import LocalFiles
from stackpin.errors import LockOutside
from stackpin.parse.pylock import parse_pylock

if TYPE_CHECKING:
    from stackpin.app.wrap.holding import Held

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
                facts=((describe(first, state="locked"), ""), (f"in force: {held.in_force.text}", "")),
                ways=(("to lock anew", f"stackpin uv pip compile --format pylock.toml -o {path.name} REQUIREMENTS"),),
            )
