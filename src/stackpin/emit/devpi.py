"""``devpi``: the ``constraints`` of an index of devpi-constrained, under which no other release of a member is listed.

One requirement a line: normalized names, no options, and no markers, which it would take and ignore. Lines of comment are
taken out by the server. A project that is not named passes, and so do, in devpi-constrained 2.1, the files of one with a hyphen
in its name: it compares the name with that in the file, which has an underscore. Source: devpi-constrained's documentation;
measured with a running server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.emit.emitted_lines import header_lines

if TYPE_CHECKING:
    from stackpin.model.emission import Emission

__all__ = ["devpi_text"]


def devpi_text(emission: Emission) -> str:
    """The text for ``devpi index root/NAME constraints=…``; ``<0`` is a release that no project has.

    A build of PyPI's is held by ``===``: under ``==`` other builds of the version, on another base of the index, would be
    listed beside it.
    """
    locked = emission.locked
    lines = [f"{pin.name}{pin.specifier}" for pin in locked.pins]
    lines += [f"{bound.name}{bound.specifier}" for bound in locked.bounds]
    lines += [f"{block.name}<0" for block in locked.blocks]
    names = [str(pin.name) for pin in locked.pins] + [str(bound.name) for bound in locked.bounds]
    names += [str(block.name) for block in locked.blocks]
    said = [
        f"passes {name}: devpi-constrained 2.1 filters no name with a hyphen (docs: organisation)"
        for name in sorted(names)
        if "-" in name
    ]
    return "\n".join([*header_lines(emission, *said), *sorted(lines)]) + "\n"
