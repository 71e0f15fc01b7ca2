"""Findings: what is wrong, where it stands, what the tuple has, the evidence, and what to do about it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from stackpin.model.value import Value

if TYPE_CHECKING:
    from stackpin.model.mention import Place

__all__ = ["Checked", "Edit", "Finding", "Fix", "Rule", "Severity", "Trouble"]


class Severity(str, Enum):
    """How much a finding weighs; SARIF's levels go by these names."""

    #: It breaks, or the next install breaks it.
    ERROR = "error"
    #: It may break on some machine, or does harm without breaking.
    WARNING = "warning"


class Rule(Value):
    """A rule by its stable id (``SP101``), its name (``triton-not-torchs``) and one sentence on what it finds."""

    id: str
    name: str
    severity: Severity
    summary: str


class Edit(Value):
    """One replacement in a file: the text at ``place``, which is ``old``, becomes ``new``.

    Where ``new`` is empty and ``old`` is all that stands on its line but a comment, the line goes.
    """

    place: Place
    old: str
    new: str


class Fix(Value):
    """What puts it right: in words or as the line to write (``text``), as a command to type, as edits that are safe to make.

    ``edits`` is empty where no edit alone puts it right.
    """

    text: str = ""
    command: str = ""
    edits: tuple[Edit, ...] = ()


class Finding(Value):
    """One thing that is wrong. ``message`` is a sentence for people without the place and the rule.

    ``package`` is normalized, empty where the finding is about none. ``found`` and ``wanted`` are versions, specifiers or
    tags. ``part`` names the target where a subject has several (``linux x86_64, Python 3.11``); ``related`` are other places
    that the message speaks of, each with a word on it.
    """

    rule: Rule
    place: Place
    message: str
    package: str = ""
    found: str = ""
    wanted: str = ""
    evidence: str = ""
    fix: Fix = Fix()
    part: str = ""
    related: tuple[tuple[Place, str], ...] = ()


class Trouble(Value):
    """An input that could not be looked at, or only in part: the slug of the error, one line, and where."""

    slug: str
    message: str
    place: Place


class Checked(Value):
    """All that a run of ``check`` came to. ``looked_at`` are the paths of the subjects; ``notes`` what was not judged, and why.

    ``silenced`` counts findings that a baseline, a comment or a setting holds back.
    """

    findings: tuple[Finding, ...]
    troubles: tuple[Trouble, ...] = ()
    notes: tuple[str, ...] = ()
    looked_at: tuple[str, ...] = ()
    silenced: int = 0
