"""``pylock.toml`` (PEP 751): bytes in, what :mod:`packaging.pylock` makes of them out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.pylock import Pylock, PylockValidationError

from stackpin.errors import InputUnreadable
from stackpin.parse.lock_text import LockForm, LockPlace, lock_document, lock_text, package_places, sane_version

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PlacedPylock", "parse_placed_pylock", "parse_pylock"]

_FORM = LockForm("a lock file as PEP 751 has it", "make it anew with what made it: uv export, pip lock, pdm export")
_VERSION = "1.0"


class PlacedPylock(NamedTuple):
    """A lock, with the version of each package as it stands in the file, empty where there is none, and where."""

    lock: Pylock
    versions: Sequence[str]
    places: Sequence[LockPlace]


def parse_pylock(content: bytes, where: str = "pylock.toml") -> Pylock:
    """Read a lock file of the standard's format 1.

    :param where: the file's name, for messages.
    :raises InputUnreadable: when it is too large, no TOML, or not what the standard asks for; ``where`` then has the key
        path.
    """
    return parse_placed_pylock(content, where).lock


def parse_placed_pylock(content: bytes, where: str = "pylock.toml") -> PlacedPylock:
    """The same, with the places of the packages.

    :raises InputUnreadable: as :func:`parse_pylock`.
    """
    text = lock_text(content, where, _FORM)
    document = lock_document(text, where, _FORM)
    given = document.get("lock-version", _VERSION)
    if isinstance(given, str) and given.partition(".")[0] != _VERSION.partition(".")[0]:
        raise InputUnreadable(
            "a lock file of a format that stackpin does not know",
            where=f"{where}: lock-version",
            got=repr(given),
            expected=f'lock-version = "{_VERSION}"',
            hint=_FORM.hint,
        )
    if isinstance(given, str) and "lock-version" in document:
        document["lock-version"] = _VERSION  # a later minor version only adds what may be passed over
    try:
        lock = Pylock.from_dict(document)
    except PylockValidationError as error:
        place = f"{where}: {error.context}" if error.context else where
        raise InputUnreadable(
            "a lock file has a part that is not what it must be",
            where=place,
            got=error.message,
            expected=_FORM.expected,
            hint=_FORM.hint,
        ) from error
    versions = [sane_version(each.get("version", ""), where, _FORM) for each in document["packages"]]
    names = (str(package.name) for package in lock.packages)
    return PlacedPylock(lock, versions, package_places(text, "packages", zip(names, versions, strict=True)))
