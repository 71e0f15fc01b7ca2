"""What reading one file for ``check`` comes to, and how what cannot be read is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from stackpin.model.finding import Trouble
from stackpin.model.mention import Place

if TYPE_CHECKING:
    from stackpin.errors import InputUnreadable
    from stackpin.model.finding import Finding
    from stackpin.model.mention import Subject

__all__ = ["Reading", "trouble_of"]


class Reading(NamedTuple):
    """One file's subjects, and what its text alone tells.

    ``read`` are the other files that were read with it, resolved: they are judged with this one, and not apart.
    """

    subjects: tuple[Subject, ...] = ()
    findings: tuple[Finding, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    notes: tuple[str, ...] = ()
    read: tuple[str, ...] = ()


def trouble_of(error: InputUnreadable, path: str, place: Place | None = None) -> Trouble:
    """An error about a file as a trouble, on the line that it names.

    :param path: the file, as it is shown.
    :param place: where the file is named that the error is about; None: the error's own line is meant.
    """
    told = ": ".join(part for part in (error.what, error.got) if part)
    line = re.fullmatch(r".*:(\d+)", error.where, re.DOTALL)
    if place is not None:
        return Trouble(slug=error.slug, message=f"{path}: {told}", place=place)
    number = int(line[1]) if line and error.where.startswith(path) else 0
    return Trouble(slug=error.slug, message=told, place=Place(path=path, line=number, column=1 if number else 0))
