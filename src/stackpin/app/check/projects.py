"""``pyproject.toml``, ``uv.toml`` and conda's ``environment.yml`` as subjects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.app.check.reading import Reading, trouble_of
from stackpin.app.check.requirement_files import RequirementReader
from stackpin.check.file_rules import local_in_range
from stackpin.errors import InputUnreadable
from stackpin.model.finding import Trouble
from stackpin.model.input_file import InputKind
from stackpin.model.mention import Place, Role
from stackpin.parse.conda_environment import parse_conda_environment
from stackpin.parse.pyproject import parse_pyproject
from stackpin.parse.requirement_places import parse_placed_file
from stackpin.parse.text_input import text_of
from stackpin.parse.uv_toml import parse_uv_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from stackpin.model.input_file import InputFile
    from stackpin.parse.conda_environment import CondaText
    from stackpin.parse.text_places import Span

__all__ = ["conda_subjects", "project_subjects"]

#: conda's own packages that carry torch, or choose its build.
_CONDA_TORCH = frozenset({"pytorch", "pytorch-gpu", "pytorch-cuda", "pytorch-cpu", "libtorch"})


def project_subjects(
    file: InputFile, content: bytes, *, names: Collection[str] | None = None, pythons: Sequence[str] = ()
) -> Reading:
    """A project as subjects: itself, and with each of its extras and groups; of a ``uv.toml`` what it holds.

    :param file: a ``pyproject.toml`` or a ``uv.toml``.
    :param names: the normalized names that matter; an extra or a group that adds none of them is no subject. None: all do.
    :param pythons: the minors that there are, of which the project's ``requires-python`` admits some.
    """
    path = file.path
    try:
        text_of(content, path, "file")
        if file.kind is InputKind.UV_TOML:
            found = parse_uv_toml(content, path, names=names)
        else:
            found = parse_pyproject(content, path, names=names, pythons=pythons)
    except InputUnreadable as error:
        return Reading(troubles=(trouble_of(error, path),))
    findings = [(each, local_in_range(*each)) for each in found.refused]
    wrong = [(text, place) for (text, place), told in findings if not told]
    troubles = (_not_requirements(wrong),) if wrong else ()
    return Reading(
        subjects=found.subjects, findings=tuple(one for _, told in findings for one in told), troubles=troubles
    )


def conda_subjects(
    path: str, content: bytes, read: Callable[[str], bytes], *, names: Collection[str] | None = None
) -> Reading:
    """What conda hands on to pip, as one subject: each item is a line of a requirements file.

    :param path: the file's own, as it is shown.
    :param read: the bytes of a requirements file that is included, by its path.
    :param names: the normalized names that matter; nothing is kept of the others, and conda's own are noted. None: all do.
    """
    try:
        text = text_of(content, path, "file")
    except InputUnreadable as error:
        return Reading(troubles=(trouble_of(error, path),))
    try:
        environment = parse_conda_environment(text, path)
    except InputUnreadable as error:
        return Reading(notes=(f"{error.where}: {error.what}: {error.got!r}",))
    reader = RequirementReader(path, read, names)
    for item in environment.pip:
        reader.take_parsed(parse_placed_file(item.text), path, Role.REQUIRED, at=_places(path, item))
    for name, item in environment.conda_names.items():
        if name in (names or ()) or name in _CONDA_TORCH:
            reader.note(f"{path}:{item.span.line}: {item.text} is installed by conda, whose builds are not judged")
    minor = environment.python
    return reader.reading(reader.subject((minor,) if minor else ()))


def _places(path: str, item: CondaText) -> Callable[[Span], Place]:
    """The place in the file of a stretch of one item; the item's own where escapes move its characters."""

    def place(span: Span) -> Place:
        begin, end = item.span.column, item.span.end_column
        if item.is_raw and span.end_column:
            begin, end = begin + span.column - 1, item.span.column + span.end_column - 1
        return Place(path=path, line=item.span.line, column=begin, end_column=end)

    return place


def _not_requirements(wrong: list[tuple[str, Place]]) -> Trouble:
    text, place = wrong[0]
    more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return Trouble(
        slug=InputUnreadable.slug,
        message=f"no requirement that an installer would take: {text[:60]!r}{more}",
        place=place,
    )
