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
from stackpin.model.target import DEFAULT_PLATFORM

if TYPE_CHECKING:
    from stackpin.app.abi import AbiAnswer
    from stackpin.app.check.run import CheckJob
    from stackpin.app.emit import Emitted
    from stackpin.model.change import Difference
    from stackpin.model.finding import Checked
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
    "abi",
    "check_environment",
    "check_files",
    "compile",
    "constraints",
    "diff",
    "emit",
]


def abi(*words: str, python: str = "", env: str = "", settings: Settings | None = None) -> tuple[AbiAnswer, ...]:
    """The verdict on each kernel among the words beside the torch among them, by their symbols.

    :param words: releases (``sgl-kernel==0.1.7``), wheel files, their addresses, or names of what is installed.
    :param python: the Python whose environment is meant; ``env`` names its folder instead. Its torch stands where none is
        named, and its kernels where no word is given.
    :raises UsageError: when a word names nothing, or more than one torch is named.
    :raises CatalogGap: when the catalog has no such release.
    :raises InputUnreadable: when a wheel or an installed file cannot be read.
    """
    from stackpin.app.abi import abi as judge
    from stackpin.app.named_environment import named_environment

    environment = named_environment(python, env)
    return judge(words, Workshop(settings), machine=DEFAULT_PLATFORM.machine, environment=environment)


def check_environment(
    env: str = "",
    *,
    python: str = "",
    stacks: tuple[str, ...] = (),
    driver: str = "",
    gpu: str = "",
    settings: Settings | None = None,
) -> Checked:
    """What breaks the tuple in an environment, read from its files: nothing is imported, no GPU is needed.

    :param env: its folder; ``python`` names its interpreter instead. Neither: the active one, as uv finds it.
    :param stacks: requirements on anchors that are in force; without them, the stacks whose anchor is installed.
    :param driver: the NVIDIA driver to judge for; empty for this machine's.
    :raises ToolMissing: where there is no such environment.
    """
    from stackpin.app.check.run import CheckJob

    return _checked(CheckJob(env=env, python=python, stacks=stacks, driver=driver, gpu=gpu), settings)


def check_files(
    *paths: str, stacks: tuple[str, ...] = (), cuda: str = "", driver: str = "", settings: Settings | None = None
) -> Checked:
    """What breaks the tuple in lock files, requirements, projects, Dockerfiles and scripts; a folder stands for all in it.

    :param stacks: requirements on anchors that are in force; without them, the stacks whose anchor a file names.
    :param cuda: the CUDA tag in force; empty for the one that a file tells.
    :raises UsageError: where no path is given, or one is no file that is read.
    :raises InputUnreadable: where there is no such path. What cannot be read in a folder is in ``troubles``.
    """
    if not paths:
        raise UsageError("no path to check was named", expected="files or folders")
    from stackpin.app.check.run import CheckJob

    return _checked(CheckJob(paths=paths, stacks=stacks, cuda=cuda, driver=driver), settings)


def _checked(job: CheckJob, settings: Settings | None) -> Checked:
    import os
    from pathlib import Path

    from stackpin.app.check.run import check
    from stackpin.model.settings import Settings

    return check(job, settings or Settings(), os.environ, Path.cwd()).checked


def compile(  # noqa: A001, PLR0913 - the name of the command, and its options
    *requirements: str,
    cuda: str = "pypi",
    python: str = "",
    platform: str = "linux-x86_64",
    driver: str = "",
    prefer_builds: bool = False,
    prefer: tuple[str, ...] = (),
    settings: Settings | None = None,
) -> LockedTuple:
    """The locked tuple for requirements on stacks' anchors (PEP 508), or for source trees of them (``./sglang``).

    :param cuda: a CUDA tag (``cu124``), ``pypi`` for the build that PyPI itself carries, or ``auto`` with a driver.
    :param python: a minor version (``3.11``) or an interpreter; empty for every Python that the wheels serve.
    :param platform: ``linux-x86_64`` for any glibc, or a manylinux tag.
    :param prefer: the stacks that stay newest before the others; without it the first that is named does.
    :raises NoTuple: where there is none; ``error.explanation`` holds the reasons and the nearest answers as data.
    """
    job = Job(
        requirements=requirements,
        cuda=cuda,
        python=python,
        platform=platform,
        driver=driver,
        prefer_builds=prefer_builds,
        prefer=prefer,
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

    :param index_style: ``find-links``, ``extra-index-url``, or ``url``, which asks the index for the addresses.
    :raises NoTuple: where no tuple satisfies the requirements.
    """
    from stackpin.version import VERSION

    job = Job(requirements=requirements, cuda=cuda, python=python, platform=platform, index_style=index_style)
    return compile_job(job, Workshop(settings), version=VERSION).text


def diff(
    before: str,
    after: str,
    *,
    cuda: str | tuple[str, str] = "pypi",
    python: str = "",
    platform: str = "linux-x86_64",
    settings: Settings | None = None,
) -> Difference:
    """What changes from one tuple to another.

    :param before: a requirement on a stack's anchor (PEP 508), or the path of a constraints file that stackpin wrote: with
        a slash in it, or ending in ``.txt``; ``after`` likewise.
    :param cuda: the tag for what is solved, or one for each of the two; a file has its own.
    :raises NoTuple: where no tuple satisfies one of the requirements.
    :raises InputUnreadable: when a file is not there, or is none that stackpin wrote.
    """
    from stackpin.app.diff import diff as compare

    job = Job(requirements=(), cuda=cuda if isinstance(cuda, str) else "", python=python, platform=platform)
    return compare(before, after, job, Workshop(settings), cuda=() if isinstance(cuda, str) else cuda)


def emit(  # noqa: PLR0913 - the options of the command
    format_name: str,
    *requirements: str,
    cuda: str = "pypi",
    python: str = "",
    platform: str = "linux-x86_64",
    shell: str = "sh",
    constraints: str = "",
    documents: str = "",
    hashes: bool = True,
    settings: Settings | None = None,
) -> Emitted:
    """A tuple as the file that another tool reads, as ``stackpin emit`` makes it; nothing is written.

    :param format_name: ``stackpin emit --list`` has them all; those of entry points are among them.
    :param shell: for ``env``: ``sh``, ``fish``, ``docker`` or ``github``.
    :param constraints: where the constraints file is to lie that the text names. The answer has the path (``constraints``)
        and what the file has to hold (``beside``); both are empty for a format that names none.
    :param documents: for ``renovate``: where its document is found (a URL, or ``file://PATH`` in the repository).
    :raises UnknownName: for a format or a shell that there is none of.
    :raises NoTuple: where no tuple satisfies the requirements.
    """
    import os

    from stackpin.app.emit import EmitJob
    from stackpin.app.emit import emit as make

    job = Job(requirements=requirements, cuda=cuda, python=python, platform=platform)
    asked = EmitJob(
        format=format_name, job=job, shell=shell, constraints=constraints, documents=documents, hashes=hashes
    )
    return make(asked, Workshop(settings), os.environ)
