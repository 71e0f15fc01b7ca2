"""``uv-toml``: uv's configuration for a machine, a user or a folder without a project.

uv hears ``constraint-dependencies`` of such a file in ``uv pip`` alone; a project's lock is held by its own
``pyproject.toml`` (``stackpin apply``). The pages stand under ``[pip]``, so that no lock gets to see them. Source: uv's
documentation ("Settings"); measured with its releases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import tomlkit

from stackpin.emit.emitted_lines import header_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tomlkit.items import Array

    from stackpin.model.emission import Emission

__all__ = ["uv_toml_text"]

_NOT_REACHED = "not reached: uv lock, sync, add and run (stackpin apply pyproject.toml), uvx; a call with --no-config"
_NEW = (
    "reaches uv pip and what it builds; uv before 0.6.4 refuses the whole file: stackpin emit uv-toml --old-uv",
    _NOT_REACHED,
)
_OLD = ("reaches uv pip, and not what it builds: for that, UV_BUILD_CONSTRAINT (stackpin emit env)", _NOT_REACHED)


def uv_toml_text(emission: Emission) -> str:
    """The file, for ``~/.config/uv/uv.toml`` or ``/etc/uv/uv.toml``."""
    document = tomlkit.document()
    pins = emission.locked.requirements
    document.add("constraint-dependencies", _lines(pins))
    if not emission.old_uv:
        document.add("build-constraint-dependencies", _lines(pins))
    if emission.pages:
        pip = tomlkit.table()
        pip.add("find-links", _lines(emission.pages))
        document.add("pip", pip)
    head = "\n".join(header_lines(emission, *(_OLD if emission.old_uv else _NEW)))
    return f"{head}\n{tomlkit.dumps(document)}"


def _lines(items: Iterable[str]) -> Array:
    array = tomlkit.array().multiline(multiline=True)
    array.extend(items)
    return array
