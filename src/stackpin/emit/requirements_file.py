"""``requirements``: the tuple as requirements, each with the hashes of its files for the target.

pip and uv then ask for a hash of everything: what the anchor needs beside the tuple is not in the file, so it is installed
with ``--no-deps``. Source: pip's documentation ("Requirements File Format", "Hash-checking Mode").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.emit.emitted_lines import commented, header_lines
from stackpin.errors import CatalogGap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.model.emission import Emission
    from stackpin.model.locked import LockedTuple, Pin

__all__ = ["requirements_text"]


def requirements_text(emission: Emission) -> str:
    """The file; without hashes where the emission wants none.

    :raises CatalogGap: where hashes are wanted, and those of a build's files are not known.
    """
    pins = emission.locked.pins
    unknown = [f"{pin.name} {pin.full_version}" for pin in pins if not emission.files.get(pin.name)]
    if emission.hashes and unknown:
        raise CatalogGap(
            f"the catalog has no hash of {', '.join(unknown)}",
            expected="a file of PyPI's, whose hashes it has",
            hint=f"{emission.command} --no-hashes",
        )
    said = (
        "installs the tuple alone: uv pip install --no-deps -r FILE, then the rest under stackpin compile's constraints"
    )
    lines = [*header_lines(emission, *([said] if emission.hashes else []))]
    lines += [f"--find-links {page}" for page in emission.pages]
    lines += [line for pin in pins for line in _pin(pin, emission)]
    return "\n".join(lines) + "\n"


def _pin(pin: Pin, emission: Emission) -> Iterator[str]:
    """A requirement over as many lines as it has hashes; the fact behind it stands above."""
    yield from commented([str(each) for each in pin.evidence[:1]])
    requirement = f"{pin.name}{_extra(pin, emission.locked)}=={pin.full_version}"
    if not emission.hashes:
        yield requirement
        return
    hashes = sorted({file.sha256 for file in emission.files[pin.name]})
    yield requirement + " \\"
    yield " \\\n".join(f"    --hash=sha256:{each}" for each in hashes)


def _extra(pin: Pin, locked: LockedTuple) -> str:
    """The extra of an anchor that brings its kernels."""
    extra = next((anchor.extra for anchor in locked.anchors if anchor.name == pin.name), "")
    return f"[{extra}]" if extra else ""
