"""``pylock.toml`` (PEP 751): bytes in, what :mod:`packaging.pylock` makes of them out."""

from __future__ import annotations

import sys

from packaging.pylock import Pylock, PylockValidationError

from stackpin.errors import InputUnreadable

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["parse_pylock"]


def parse_pylock(content: bytes, where: str = "pylock.toml") -> Pylock:
    """Read a lock file of the standard's format 1.

    :param where: the file's name, for messages.
    :raises InputUnreadable: when it is no TOML, or not what the standard asks for; ``where`` then has the key path.
    """
    expected = "a lock file as PEP 751 has it"
    try:
        document = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # TOML, UTF-8, or a number beyond bounds
        raise InputUnreadable("a lock file is not TOML", where=where, got=str(error), expected=expected) from error
    try:
        return Pylock.from_dict(document)
    except PylockValidationError as error:
        place = f"{where}: {error.context}" if error.context else where
        raise InputUnreadable(
            "a lock file has a part that is not what it must be", where=place, got=error.message, expected=expected
        ) from error
