"""``pip-conf``: pip's configuration for a virtual environment, a user or a machine, which names a constraints file.

Constraints files carry the pages of labelled builds themselves. Source: pip's documentation ("Configuration").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from stackpin.emit.emitted_lines import commented, header_lines

if TYPE_CHECKING:
    from stackpin.model.emission import Emission

__all__ = ["pip_conf_text"]

_SAID = (
    "reaches pip install, download and wheel; isolated builds up to pip 26.1",
    "not reached: PIP_CONSTRAINT and a pip.conf nearer to the environment take its place; --isolated, --no-deps; uv",
)
_BUILDS = (
    "isolated builds of pip 26.2 and newer; pip then refuses --no-build-isolation (pip 25.3 and newer):",
    "build-constraint = {word}",
)


def pip_conf_text(emission: Emission) -> str:
    """The file, for ``$VENV/pip.conf``, ``~/.config/pip/pip.conf`` or ``/etc/pip.conf``."""
    word = _word(emission.constraints_path)
    lines = [
        *header_lines(emission, *_SAID),
        "[global]",
        f"constraint = {word}",
        *commented(line.format(word=word) for line in _BUILDS),
    ]
    return "\n".join(lines) + "\n"


def _word(path: str) -> str:
    """A path as one word: pip splits the value at blanks and takes a ``file:`` URL for a path."""
    return f"file://{quote(path)}" if re.search(r"\s", path) else path
