"""``stackpin diff``: two tuples, each solved or read from a file, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.app.compile import Workshop, compile_job
from stackpin.check.compare import compare
from stackpin.effects.files import LocalFiles
from stackpin.errors import InputUnreadable, UsageError
from stackpin.model.value import replace
from stackpin.parse.constraints import parse_constraints
from stackpin.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stackpin.app.compile import Job
    from stackpin.model.change import Difference, Stated

__all__ = ["diff"]


def diff(before: str, after: str, job: Job, workshop: Workshop, *, cuda: Sequence[str] = ()) -> Difference:
    """What changes from one tuple to another.

    :param before: a requirement on a stack's anchor (PEP 508), a source tree of it, or the path of a constraints file that
        stackpin wrote: a word that ends in ``.txt``, or with a slash in it that is no folder.
    :param job: the target and the choices for what is solved; its requirements are not read.
    :param cuda: one tag for what is solved, or one for each of the two; none: the job's.
    :raises UsageError: when there are more tags than two, or a tag is given for a file, which has its own.
    :raises NoTuple: when no tuple satisfies one of the requirements.
    :raises InputUnreadable: when a file is not there, or is none that stackpin wrote.
    """
    words = (before, after)
    tags = _tags(words, cuda) if cuda else (job.cuda, job.cuda)
    stated = [
        _read(word) if _is_file(word) else _solved(replace(job, requirements=(word,), cuda=tag), workshop)
        for word, tag in zip(words, tags, strict=True)
    ]
    return compare(*stated)


def _is_file(word: str) -> bool:
    if word.lower().endswith(".txt"):
        return True
    return (
        "/" in word and not word.startswith("git+") and " @ " not in word and not Path(word.partition("[")[0]).is_dir()
    )


def _tags(words: Sequence[str], cuda: Sequence[str]) -> tuple[str, str]:
    """The tag for each of the two words; a file does not read its own."""
    files = [word for word in words if _is_file(word)]
    if len(cuda) > len(words):
        raise UsageError(
            "--cuda is given more than twice", got=", ".join(cuda), expected="one tag, or one for A and one for B"
        )
    if files and len(cuda) > len(words) - len(files):
        raise UsageError(
            "a file has its tag already",
            where=files[0],
            got=f"--cuda {' --cuda '.join(cuda)}",
            expected="one --cuda for each requirement",
        )
    if len(cuda) == len(words):
        return cuda[0], cuda[1]
    return cuda[0], cuda[0]


def _solved(job: Job, workshop: Workshop) -> Stated:
    """What the file says that ``stackpin compile`` would write: a tuple and a file are then compared by one measure.

    The note on the driver is left out, for the target has it.
    """
    compiled = compile_job(job, workshop, version=VERSION)
    driver = f"{compiled.locked.cuda} needs NVIDIA driver "
    told = tuple(note for note in compiled.notes if not note.startswith(driver))
    return replace(parse_constraints(compiled.text, where=job.requirements[0]), told=told)


def _read(word: str) -> Stated:
    content = LocalFiles().read(Path(word))
    if content is None:
        raise InputUnreadable(
            "there is no such file",
            where=word,
            expected="a constraints file that stackpin wrote, or a requirement such as sglang",
        )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputUnreadable("the file is no UTF-8", where=word, got=str(error), expected="UTF-8") from error
    return parse_constraints(text, where=word)
