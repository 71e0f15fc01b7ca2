"""What names distributions: an environment, a lock, a requirements file, an image; and where each name stands in it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from stackpin.model.value import Value

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

__all__ = ["IndexLine", "Mention", "Place", "Role", "Subject", "SubjectKind"]


class Place(Value):
    """Where something stands.

    ``path`` is a file's or an environment's, as it is shown; ``line`` and the columns count characters from 1, 0 where
    they are not known, and ``end_column`` is the first behind the text. ``distribution`` is the name of an installed one;
    ``file`` is then the file that tells it (its ``METADATA``), as it is shown, for what can point at files only.
    """

    path: str
    line: int = 0
    column: int = 0
    end_column: int = 0
    distribution: str = ""
    file: str = ""


class Role(str, Enum):
    """In what way a distribution is named."""

    INSTALLED = "installed"
    LOCKED = "locked"
    #: What is to be installed.
    REQUIRED = "required"
    #: What holds only where something else asks for the distribution: a constraint, uv's ``constraint-dependencies``.
    CONSTRAINED = "constrained"
    #: What stands in place of every other requirement: uv's overrides.
    OVERRIDDEN = "overridden"


class Mention(Value):
    """One distribution as something names it.

    ``version`` is exact (an installed or locked one, what ``==`` or ``===`` asks for, what a file's name tells), its local
    part with it; it is empty where several versions are admitted. ``specifier`` is PEP 440's, empty for any. ``text`` is
    the requirement as it stands in the file, without the file's own options and comment, and ``place`` is that text's.
    ``address`` is the index, file, repository or folder that it is taken from, where that is told, without credentials.
    ``bare`` is whether ``text`` is the version constraint alone and the name stands elsewhere, as in poetry's tables;
    ``hashed`` whether hashes of files stand beside it, which hold for no other version.
    """

    name: NormalizedName
    place: Place
    role: Role
    version: str = ""
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    text: str = ""
    address: str = ""
    bare: bool = False
    hashed: bool = False


class IndexLine(Value):
    """An index, or a page of links, that a file names; ``option`` is how (``--extra-index-url``, ``FROM``, ``tool.uv.index``).

    ``place`` is that of the address.
    """

    address: str
    option: str
    place: Place


class SubjectKind(str, Enum):
    """What is held against the tuple."""

    ENVIRONMENT = "environment"
    LOCK = "lock"
    REQUIREMENTS = "requirements"
    PROJECT = "project"
    #: The lines of a Dockerfile's stage, or of a script, that install something.
    COMMANDS = "commands"


class Subject(Value):
    """Distributions that are to be in one environment together: the unit that is judged.

    ``path`` names it to the reader; ``part`` tells apart several of one file (``linux x86_64, Python 3.11``, ``extra gpu``,
    ``stage runtime``). ``pythons`` are the minors that it is for, empty for any; ``machine`` is its architecture. ``tag`` is
    the CUDA tag that something else than a version tells: torch's own files, a base image; ``tag_place`` is where.
    ``torch_label`` is the version that torch's own ``version.py`` states. ``base`` are the distributions, exact, that are
    there already, as an image that is built upon has them.
    """

    path: str
    kind: SubjectKind
    mentions: tuple[Mention, ...]
    part: str = ""
    pythons: tuple[str, ...] = ()
    machine: str = "x86_64"
    indexes: tuple[IndexLine, ...] = ()
    tag: str = ""
    tag_place: Place | None = None
    torch_label: str = ""
    base: tuple[Mention, ...] = ()
