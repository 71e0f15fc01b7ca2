"""The committed tree: one constraints file a stack, series and tag, and the ready-made file for a request."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from stackpin.app.compile import Job, Workshop, compile_job
from stackpin.effects.files import LocalFiles
from stackpin.emit.constraints import file_name
from stackpin.errors import CatalogGap, NoTuple, UsageError
from stackpin.model.cuda import cuda_order
from stackpin.model.request import PYPI

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.model.cuda import CudaTag
    from stackpin.model.stack import Stack

__all__ = ["TreeChange", "compare_tree", "ready_made", "tree_files", "tree_folder", "write_tree"]

_SERIES_PARTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeChange:
    """How a folder differs from the tree: names of files, sorted."""

    missing: tuple[str, ...]
    stale: tuple[str, ...]
    extra: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.stale or self.extra)


def tree_folder() -> Path:
    """The folder of ready-made files: inside the installed package, else beside the source tree.

    :raises CatalogGap: where neither exists.
    """
    package = Path(__file__).parents[1]
    for folder in (package / "constraints", package.parents[1] / "constraints"):
        if any(folder.glob("*.txt")):
            return folder
    raise CatalogGap(
        "this installation has no ready-made constraints files",
        where=str(package / "constraints"),
        hint="stackpin compile 'sglang==0.4.*' --cuda cu124 -o constraints.txt",
    )


def tree_files(workshop: Workshop, *, version: str, releases: bool = False) -> Iterator[tuple[str, str]]:
    """Every file of the tree, name and text: one a series and tag, or with ``releases`` one a release and tag.

    A combination without a tuple has no file. User stacks are left out: the tree is the catalog's own.
    """
    for stack in workshop.stacks.by_name.values():
        if stack.requires or stack in workshop.settings.stacks:
            continue
        for label, specifier in _points(stack, workshop, releases=releases):
            for tag in sorted(workshop.facts.tags, key=cuda_order):
                text = _text(f"{stack.anchor}=={specifier}", tag, workshop, version)
                if text:
                    yield file_name(stack.name, label, tag), text


def _points(stack: Stack, workshop: Workshop, *, releases: bool) -> Iterator[tuple[str, str]]:
    """The series of a stack (label ``0.4.x``, specifier ``0.4.*``), or its releases; oldest first."""
    found = [item for item in reversed(workshop.catalog.releases(stack.anchor) or ()) if not item.yanked]
    finals = [item for item in found if not item.version.is_prerelease]
    if releases:
        yield from ((item.text, item.text) for item in finals)
        return
    series = dict.fromkeys(".".join(map(str, item.version.release[:_SERIES_PARTS])) for item in finals)
    yield from ((f"{name}.x", f"{name}.*") for name in series)


def _text(requirement: str, tag: CudaTag, workshop: Workshop, version: str) -> str:
    """The file for a requirement and tag; empty where there is no tuple."""
    job = Job(requirements=(requirement,), cuda=tag)
    if workshop.solver.answer(workshop.request(job)) is None:
        return ""
    return compile_job(job, workshop, version=version).text


def compare_tree(folder: Path, files: dict[str, str]) -> TreeChange:
    """How a folder differs from the files that it should hold."""
    have = set(LocalFiles().names(folder, ".txt"))
    stale = [name for name in sorted(have & set(files)) if LocalFiles().read(folder / name) != files[name].encode()]
    return TreeChange(
        missing=tuple(sorted(set(files) - have)), stale=tuple(stale), extra=tuple(sorted(have - set(files)))
    )


def write_tree(folder: Path, files: dict[str, str]) -> TreeChange:
    """Make a folder hold just these files; what is right already is not touched.

    :raises FileUnwritable: where a file cannot be written; the others stand as they were or as they should be.
    """
    change = compare_tree(folder, files)
    for name in (*change.missing, *change.stale):
        LocalFiles().write(folder / name, files[name].encode())
    for name in change.extra:
        LocalFiles().remove(folder / name)
    return change


def ready_made(job: Job, workshop: Workshop) -> Path:
    """The ready-made file for a request: of its series where it names one, else of the series of what it resolves to.

    :raises NoTuple: where the tree has no file for it, because there is no tuple, or because the series' file holds
        another release than the one asked for.
    """
    folder = tree_folder()
    request = workshop.request(job)
    stack, requirement = request.asks[0].stack, request.asks[0].requirement
    if request.asks[0].tree is not None:
        raise UsageError(
            "a source tree has no ready-made file",
            got=request.asks[0].text,
            hint=f"stackpin compile {shlex.quote(request.asks[0].text)} -o constraints.txt",
        )
    series = re.fullmatch(r"==\s*(\d+\.\d+)\.\*", str(requirement.specifier))
    if series and request.cuda != PYPI:
        path = folder / file_name(stack.name, f"{series[1]}.x", request.cuda)
        if path.is_file():
            return path
    locked = workshop.solver.solve(request)
    version = locked.anchors[0].version
    path = folder / file_name(stack.name, f"{'.'.join(version.split('.')[:_SERIES_PARTS])}.x", locked.cuda)
    raw = LocalFiles().read(path)
    if raw is None or (
        f"\n{stack.anchor}==={version}".encode() not in raw and f"\n{stack.anchor}=={version}".encode() not in raw
    ):
        raise NoTuple(
            f"no ready-made file holds {stack.anchor} {version} on {locked.cuda}: "
            "the tree has one file a series and tag, with the newest release",
            hint=f"stackpin compile '{Requirement(job.requirements[0])}' --cuda {locked.cuda} -o constraints.txt",
        )
    return path
