"""``pylock``: a lock file (PEP 751) of everything that the anchor needs, as uv resolves it under the tuple."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.emit.emitted_lines import header_lines

if TYPE_CHECKING:
    from stackpin.model.emission import Emission

__all__ = ["pylock_text"]


def pylock_text(emission: Emission) -> str:
    """The lock as uv wrote it, with a head that says what it holds; uv's own comments, with its command line, go."""
    lines = emission.lock.splitlines()
    start = next((number for number, line in enumerate(lines) if line and not line.startswith("#")), 0)
    return "\n".join([*header_lines(emission), *lines[start:]]) + "\n"
