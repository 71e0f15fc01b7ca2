"""What a program may rely on: typed functions with the models of :mod:`stackpin.model` in and out.

>>> from stackpin import api
>>> locked = api.compile("sglang==0.4.*", cuda="cu124")
>>> locked.pin("torch").specifier
'===2.6.0'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.app.compile import Job, Workshop, compile_job
from stackpin.errors import (
    CatalogDamaged,
    CatalogGap,
    FileUnwritable,
    IndexFailed,
    InputUnreadable,
    NotCovered,
    NoTuple,
    StackpinError,
    ToolMissing,
    UnknownName,
    UsageError,
)
from stackpin.model.locked import LockedTuple

if TYPE_CHECKING:
    from stackpin.model.settings import Settings

__all__ = [
    "CatalogDamaged",
    "CatalogGap",
    "FileUnwritable",
    "IndexFailed",
    "InputUnreadable",
    "LockedTuple",
    "NoTuple",
    "NotCovered",
    "StackpinError",
    "ToolMissing",
    "UnknownName",
    "UsageError",
    "compile",
    "constraints",
]


def compile(  # noqa: A001 - the name of the command
    *requirements: str,
    cuda: str = "pypi",
    python: str = "",
    platform: str = "linux-x86_64",
    driver: str = "",
    prefer_builds: bool = False,
    settings: Settings | None = None,
) -> LockedTuple:
    """The locked tuple for requirements on stacks' anchors (PEP 508).

    :param cuda: a CUDA tag (``cu124``), ``pypi`` for the build that PyPI itself carries, or ``auto`` with a driver.
    :param python: a minor version (``3.11``) or an interpreter; empty for every Python that the wheels serve.
    :param platform: ``linux-x86_64`` for any glibc, or a manylinux tag.
    :raises NoTuple: where there is none; ``error.explanation`` holds the reasons and the nearest answers as data.
    """
    job = Job(
        requirements=requirements,
        cuda=cuda,
        python=python,
        platform=platform,
        driver=driver,
        prefer_builds=prefer_builds,
    )
    workshop = Workshop(settings)
    return workshop.solver.solve(workshop.request(job))


def constraints(
    *requirements: str,
    cuda: str = "pypi",
    python: str = "",
    platform: str = "linux-x86_64",
    index_style: str = "find-links",
    settings: Settings | None = None,
) -> str:
    """The constraints file for the same arguments, as ``stackpin compile`` writes it.

    :param index_style: ``find-links`` or ``extra-index-url``.
    :raises NoTuple: where no tuple satisfies the requirements.
    """
    from stackpin.version import VERSION

    job = Job(requirements=requirements, cuda=cuda, python=python, platform=platform, index_style=index_style)
    return compile_job(job, Workshop(settings), version=VERSION).text
