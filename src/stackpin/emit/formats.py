"""Every format that ``emit`` writes, registered in one place; a user's own is an entry point of the group ``stackpin.emit``.

An emitter is a function from an :class:`~stackpin.model.emission.Emission` to a text. It is imported when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from stackpin.model.emission import Emission

__all__ = ["ENTRY_POINTS", "FORMATS", "Emitter", "Format"]

#: The group of entry points by which a distribution brings emitters of its own; the name of one is the format's.
ENTRY_POINTS = "stackpin.emit"


class Format(NamedTuple):
    """A format: where its emitter is, what it is for, and what it needs beside the tuple.

    ``constraints`` is whether the file names a constraints file, which then has to lie somewhere; ``resolves`` whether it holds
    what uv resolves under the tuple.
    """

    name: str
    module: str
    function: str
    summary: str
    constraints: bool = False
    resolves: bool = False

    def load(self) -> Emitter:
        """The emitter itself."""
        emitter: Emitter = getattr(import_module(self.module), self.function)
        return emitter


if TYPE_CHECKING:
    Emitter = Callable[[Emission], str]

_HERE = "stackpin.emit"

FORMATS = {
    each.name: each
    for each in (
        Format("bandersnatch", f"{_HERE}.bandersnatch", "bandersnatch_text", "a mirror's lists of what it keeps"),
        Format("dependabot", f"{_HERE}.dependabot", "dependabot_text", "GitHub's bot: the members in one group, held"),
        Format("devpi", f"{_HERE}.devpi", "devpi_text", "the constraints of an index of devpi-constrained"),
        Format("env", f"{_HERE}.env", "env_text", "variables for plain pip and uv", constraints=True),
        Format("pip-conf", f"{_HERE}.pip_conf", "pip_conf_text", "pip's configuration", constraints=True),
        Format("pylock", f"{_HERE}.pylock", "pylock_text", "a lock file (PEP 751), resolved by uv", resolves=True),
        Format("renovate", f"{_HERE}.renovate", "renovate_text", "Renovate: one update for the whole tuple"),
        Format("renovate-document", f"{_HERE}.renovate", "document_text", "the document that Renovate's rules read"),
        Format("requirements", f"{_HERE}.requirements_file", "requirements_text", "the tuple with its hashes"),
        Format("uv-toml", f"{_HERE}.uv_toml", "uv_toml_text", "uv's configuration for a machine or a user"),
    )
}
