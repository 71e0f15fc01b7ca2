"""A requirement as it stands in a file, with another version in it and everything else as it was."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stackpin.model.mention import Mention

__all__ = ["rewritten"]

_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2")
#: Name and extras; what is asked for, in parentheses or not; the marker with the blanks before it.
_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*(?:\[[^\]]*\])?)[^;@]*?(?P<marker>\s*;.*)?", re.DOTALL
)


def rewritten(mention: Mention, specifier: str) -> str:
    """The text that asks for ``specifier`` in place of a mention's; empty where no edit of it alone would be right.

    That is so where the mention is one certain file or address, where hashes stand beside it, and where it goes over several
    lines or its place is not known.
    """
    if not mention.text or not mention.place.end_column or mention.hashed or "://" in mention.text:
        return ""
    if mention.address.endswith(_ARCHIVES) or mention.address.startswith("git+"):
        return ""  # uv takes that, whatever the requirement says
    if mention.bare:  # poetry and pdm know no third equals sign
        return specifier.replace("===", "==") if mention.specifier or mention.text == "*" else ""
    match = _REQUIREMENT.fullmatch(mention.text)
    if match is None:
        return ""
    return f"{match['name'].rstrip()}{specifier}{match['marker'] or ''}"
