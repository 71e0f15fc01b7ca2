"""Which files a run of ``check`` reads: those that are named, and those that are found in the folders that are named."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

from stackpin.check.globs import Patterns
from stackpin.check.input_kinds import HEAD, UNCOVERED, kind_by_head, kind_by_name, named_kind, needs_head
from stackpin.effects.input_files import head_of, listed, looked, read_up_to
from stackpin.errors import InputUnreadable, NotCovered, UsageError
from stackpin.model.finding import Trouble
from stackpin.model.input_file import InputFile
from stackpin.model.mention import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from stackpin.effects.input_files import Listed
    from stackpin.model.input_file import InputKind
    from stackpin.model.settings import PathPattern

__all__ = ["LARGEST", "LARGEST_LOCK", "Found", "find_inputs", "read_input"]

#: Bytes. What people write stays far below the first; a lock of a thousand packages with all its hashes has about five million.
LARGEST, LARGEST_LOCK = 4_000_000, 32_000_000
#: Folders that hold no files of the project: of version control, of tools, of what was installed.
_SKIPPED = frozenset(
    {
        *(
            ".git",
            ".hg",
            ".svn",
            ".jj",
            "node_modules",
            "__pycache__",
            "__pypackages__",
            "site-packages",
            "dist-packages",
        ),
        *(".tox", ".nox", ".venv", ".pixi", ".eggs", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"),
        ".ipynb_checkpoints",
    }
)
#: An environment has one of these at its top: PEP 405's file, conda's folder.
_ENVIRONMENT, _CONDA = "pyvenv.cfg", "conda-meta"
_EXPECTED = (
    "uv.lock, pylock.toml, poetry.lock, requirements or constraints (.txt, .in), pyproject.toml, uv.toml, environment.yml,"
    " a Dockerfile, a shell script, or a folder of them"
)


class Found(NamedTuple):
    """The files to read, in the order of the command line and, within a folder, by name; each file once.

    ``troubles`` are paths and folders that could not be looked at; ``notes`` tell of files that are known and not read.
    """

    files: tuple[InputFile, ...]
    troubles: tuple[Trouble, ...]
    notes: tuple[str, ...]


class _Met(NamedTuple):
    """A file that may be an input; of two paths to one file the one that is no link is taken."""

    file: InputFile
    identity: tuple[int, int]
    is_link: bool


def find_inputs(
    paths: Sequence[str],
    *,
    exclude: Iterable[PathPattern] = (),
    cwd: str = "",
    list_folder: Callable[[str], Listed] = listed,
) -> Found:
    """The inputs that paths name: a file is one itself, a folder holds some, however deep.

    In folders links to folders are not followed, environments and the folders of tools are passed over, and so is what
    ``exclude`` matches. What is named on its own is never passed over: it is read, or there is a trouble about it.

    :param cwd: the absolute folder that relative paths start from; empty for the current one.
    :param list_folder: how a folder is listed.
    :raises UsageError: where a named file is none that is read, or a named folder is an environment.
    :raises NotCovered: where a named file is another tool's lock.
    """
    search = _Search(Patterns(exclude, cwd or posixpath.abspath("")), list_folder)
    for path in paths:
        search.take(path)
    return search.found()


def read_input(file: InputFile) -> bytes:
    """The bytes of an input.

    :raises InputUnreadable: when it cannot be read, or is larger than what such a file can be.
    """
    limit = LARGEST_LOCK if file.kind.is_lock else LARGEST
    return read_up_to(file.path, limit, what=file.kind.value)


class _Search:
    """Collects inputs path by path."""

    def __init__(self, excluded: Patterns, list_folder: Callable[[str], Listed]) -> None:
        self._excluded = excluded
        self._listed = list_folder
        self._met: list[_Met] = []
        self._troubles: list[Trouble] = []
        self._notes: list[str] = []

    def found(self) -> Found:
        """All that was met: of several paths to one file the first that was named, else the first that is no link."""
        best: dict[tuple[int, int], _Met] = {}
        for met in sorted(self._met, key=lambda met: (not met.file.named, met.is_link)):
            best.setdefault(met.identity, met)
        chosen = {id(met) for met in best.values()}
        files = tuple(met.file for met in self._met if id(met) in chosen)
        return Found(files, tuple(dict.fromkeys(self._troubles)), tuple(dict.fromkeys(self._notes)))

    def take(self, path: str) -> None:
        """One path of the command line."""
        try:
            there = looked(path)
        except InputUnreadable as error:
            self._trouble(error, path)
            return
        if there is None:
            self._trouble(InputUnreadable("there is no such file or folder"), path)
        elif there.what == "a folder":
            self._walk(path)
        elif there.what:
            self._trouble(InputUnreadable("this is no regular file", got=there.what), path)
        else:
            self._name(path, there.identity)

    def _name(self, path: str, identity: tuple[int, int]) -> None:
        """A regular file of the command line."""
        try:
            self._met.append(_Met(_named(path), identity, is_link=False))
        except InputUnreadable as error:
            self._trouble(error, path)

    def _walk(self, top: str) -> None:
        """A folder and all below it; each folder's files come before its folders."""
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            try:
                held = self._listed(folder)
            except InputUnreadable as error:
                self._trouble(error, folder)
                continue
            if _ENVIRONMENT in held.files or _CONDA in held.folders:
                if folder == top:
                    raise _environment(top)
                continue
            own_name = posixpath.basename(posixpath.abspath(folder))
            for name in sorted({*held.files, *held.links}):
                self._meet(folder, name, own_name, is_link=name in held.links)
            below = [_joined(folder, name) for name in held.folders if name not in _SKIPPED]
            waiting += [path for path in reversed(below) if not self._excluded.matches(path)]

    def _meet(self, folder: str, name: str, folder_name: str, *, is_link: bool) -> None:
        """A file or link of a folder; it is opened only where its name leaves open what it is."""
        kind = kind_by_name(name, folder_name)
        if kind is None and name not in UNCOVERED and not needs_head(name):
            return
        path = _joined(folder, name)
        if self._excluded.matches(path):
            return
        if name in UNCOVERED:
            what, instead = UNCOVERED[name]
            self._notes.append(f"{path} is {what}, which is not read: {instead}")
            return
        try:
            there = looked(path)
            if there is not None and not there.what:
                kind = kind or kind_by_head(name, head_of(path, HEAD))
                if kind is not None:
                    self._met.append(_Met(InputFile(path=path, kind=kind), there.identity, is_link))
        except InputUnreadable as error:
            if kind is not None:  # of a name that tells nothing it is not known to be one of ours
                self._trouble(error, path)

    def _trouble(self, error: InputUnreadable, path: str) -> None:
        told = ": ".join(part for part in (error.what, error.got) if part)
        self._troubles.append(Trouble(slug=error.slug, message=told, place=Place(path=path)))


def _named(path: str) -> InputFile:
    """A file of the command line as an input.

    :raises UsageError: where neither its name nor its head tells what it is.
    """
    name = posixpath.basename(path)
    if name in UNCOVERED:
        what, instead = UNCOVERED[name]
        raise NotCovered(f"{what} is not read", where=path, expected=_EXPECTED, hint=instead)
    kind: InputKind | None = kind_by_name(name, posixpath.basename(posixpath.dirname(posixpath.abspath(path))))
    kind = kind or named_kind(name, head_of(path, HEAD))
    if kind is None:
        raise UsageError("neither its name nor its first lines tell what this file is", where=path, expected=_EXPECTED)
    return InputFile(path=path, kind=kind, named=True)


def _environment(path: str) -> UsageError:
    return UsageError(
        "this folder is an environment", where=path, expected=_EXPECTED, hint=f"stackpin check --env {path}"
    )


def _joined(folder: str, name: str) -> str:
    """The path of what a folder holds, as it is shown: below ``.`` without it."""
    return name if folder in {".", ""} else posixpath.join(folder, name)
