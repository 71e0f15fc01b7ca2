"""Findings by a line each, for tests of what is made of them."""

from __future__ import annotations

from typing import Any

from stackpin.check.rule_book import rule
from stackpin.model.finding import Checked, Edit, Finding, Fix, Trouble
from stackpin.model.mention import Place

__all__ = ["HOSTILE", "checked", "finding", "installed", "torchvision_of_another_torch", "trouble"]

#: A file name with what breaks terminals, lines, addresses and UTF-8: quotes, a line break, a colour, a byte of Latin-1.
HOSTILE = "a b'\"\n\x1b[31m,:\udcff%é\u202e.txt"


def finding(
    rule_id: str = "SP101",
    path: str = "requirements.txt",
    at: tuple[int, int, int] = (2, 1, 14),
    message: str = "triton 3.3.0 is not the one that torch 2.6.0 needs",
    **parts: Any,
) -> Finding:
    """One finding; ``at`` is line, column and the column behind the text."""
    line, column, end = at
    place = Place(path=path, line=line, column=column, end_column=end)
    return Finding(rule=rule(rule_id), place=place, message=message, **parts)


def installed(
    rule_id: str = "SP303", message: str = "torch is installed twice, as 2.6.0 and 2.7.1", **parts: Any
) -> Finding:
    """One finding about a distribution of the environment ``.venv``."""
    metadata = ".venv/lib/python3.12/site-packages/torch-2.6.0.dist-info/METADATA"
    place = Place(path=".venv", distribution="torch", file=metadata)
    return Finding(rule=rule(rule_id), place=place, message=message, package="torch", **parts)


def torchvision_of_another_torch() -> Finding:
    """A finding with all its parts: the one of ``../shared/voice.md``, on line 7."""
    place = Place(path="requirements.txt", line=7, column=1, end_column=20)
    return Finding(
        rule=rule("SP102"),
        place=place,
        message="torchvision 0.22.1 belongs to torch 2.7.1, not to torch 2.6.0 (line 3)",
        package="torchvision",
        found="0.22.1",
        wanted="0.21.0",
        evidence="torch==2.7.1 (torchvision-0.22.1 wheel)",
        fix=Fix(
            text="torchvision==0.21.0",
            edits=(Edit(place=place, old="torchvision==0.22.1", new="torchvision==0.21.0"),),
        ),
        related=((Place(path="requirements.txt", line=3, column=1, end_column=13), "torch==2.6.0"),),
    )


def trouble(message: str = "cut in the middle of a table", path: str = "poetry.lock", line: int = 12) -> Trouble:
    """A file that could be read in part only."""
    return Trouble(slug="input-unreadable", message=message, place=Place(path=path, line=line))


def checked(*findings: Finding, **parts: Any) -> Checked:
    """What a run came to."""
    return Checked(findings=findings, **parts)
