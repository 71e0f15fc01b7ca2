"""The compressed JSON files of a catalog, read without trust in their length."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any, TypeVar

from stackpin.errors import CatalogDamaged

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["read_packed"]

_T = TypeVar("_T")
#: As many bytes are inflated at most: a small file could else fill the memory.
_LARGEST = 64 * 1024 * 1024


def read_packed(raw: bytes, make: Callable[[Any], _T], *, what: str, where: str, command: str) -> _T:
    """What ``make`` makes of the document in a file.

    :param what: the file, in words; ``where`` is its name.
    :param command: the command that writes the file.
    :raises CatalogDamaged: when it is cut or altered.
    """
    try:
        inflater = zlib.decompressobj()
        text = inflater.decompress(raw, _LARGEST)
        if not inflater.eof:
            raise ValueError("it has no end")  # noqa: TRY301 - told as the others are
        return make(json.loads(text))
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise CatalogDamaged(
            f"the file of {what} is cut or altered",
            where=where,
            got=str(error),
            expected=f"a file as `{command}` writes it",
            hint=f"reinstall stackpin, or run {command}",
        ) from error
