"""Which extras and groups of a project one uv command is about.

Source: uv's command line reference (``--extra``, ``--group`` and their kin) and its setting ``default-groups``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.names import normalized_name
from stackpin.model.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from stackpin.inject.command_line import Call

__all__ = ["selection_of"]

#: Commands that take a part of a lock; the others are about all of it.
_SELECTING = frozenset({("sync",), ("run",), ("export",), ("check",)})


def selection_of(call: Call, environ: Mapping[str, str], defaults: Collection[str] | None) -> Selection:
    """What a command takes out of the lock of a project.

    :param defaults: the groups that the project takes by default; None: all.
    """
    if call.verb not in _SELECTING or call.has("--all-packages", "--script"):
        return Selection()
    extras = None if call.has("--all-extras") else _named(call, "--extra") - _named(call, "--no-extra")
    return Selection(extras, _groups(call, environ, defaults))


def _groups(call: Call, environ: Mapping[str, str], defaults: Collection[str] | None) -> Collection[str] | None:
    only = _named(call, "--only-group") | ({"dev"} if call.has("--only-dev") else frozenset())
    if only:
        return only
    out = _named(call, "--no-group") | ({"dev"} if call.has("--no-dev") or environ.get("UV_NO_DEV") else frozenset())
    plain = frozenset() if call.has("--no-default-groups") else defaults
    if plain is None or call.has("--all-groups"):
        return None
    named = _named(call, "--group") | ({"dev"} if call.has("--dev") else frozenset())
    return (frozenset(plain) - out) | named


def _named(call: Call, option: str) -> frozenset[str]:
    return frozenset(str(normalized_name(value)) for value in call.values(option))
