"""``stackpin matrix``: what each release of a stack's anchor comes to on each CUDA tag."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stackpin.app.tree import tree_folder
from stackpin.app.tuple_notes import notes_of
from stackpin.effects.files import LocalFiles
from stackpin.emit.constraints import command_words
from stackpin.errors import CatalogGap, UsageError
from stackpin.model.cuda import cuda_order, parse_cuda_tag
from stackpin.model.driver import meets
from stackpin.model.explanation import Reason, ReasonKind
from stackpin.model.matrix import Cell, Mark, Matrix, Row, mark_of
from stackpin.model.request import AUTO, PYPI
from stackpin.model.target import DEFAULT_PLATFORM
from stackpin.model.value import replace
from stackpin.resolve.answers import Answer, with_cuda
from stackpin.resolve.attempt import own_release
from stackpin.resolve.cell import Cells

if TYPE_CHECKING:
    from pathlib import Path

    from stackpin.app.compile import Job, Workshop
    from stackpin.emit.matrix_html import Parts
    from stackpin.model.cuda import CudaTag
    from stackpin.model.release import Release
    from stackpin.model.request import Request
    from stackpin.ports import Reporter

__all__ = ["matrix", "page_parts"]

_STAGE = "releases"


def matrix(job: Job, workshop: Workshop, reporter: Reporter | None = None) -> Matrix:
    """Every release that the one requirement admits, pre-releases too, on every tag that the facts know.

    Cost: a few milliseconds a cell; the catalog and its facts are read once.

    :param job: its ``cuda`` narrows the matrix to one tag.
    :raises UsageError: for a ``cuda`` that is no tag, and for what does not parse.
    :raises UnknownName: for a stack, tag or platform that is not known.
    :raises CatalogGap: where the catalog has no release that the requirement admits.
    """
    if job.cuda in {PYPI, AUTO}:
        raise UsageError(
            f"a matrix has every tag, or one: not {job.cuda!r}",
            expected="--cuda with a tag such as cu124, or no --cuda at all",
            hint="stackpin matrix " + " ".join(job.requirements),
        )
    request = workshop.request(replace(job, cuda=PYPI))
    tags = (parse_cuda_tag(job.cuda, workshop.facts.tags),) if job.cuda else tuple(workshop.facts.tags)
    tags = tuple(sorted(tags, key=cuda_order, reverse=True))
    maker = _Maker(workshop, request)
    return Matrix(
        stack=maker.stack.name,
        anchor=maker.stack.anchor,
        request=request.asks[0].text,
        tags=tags,
        drivers=tuple(workshop.facts.least_driver(tag) for tag in tags),
        rows=tuple(maker.rows(tags, reporter)),
        platform=request.platform,
        python=request.python,
        driver=request.driver,
        gpu=request.gpu,
        catalog_date=workshop.catalog.date,
        catalog_digest=workshop.catalog.digest,
    )


class _Maker:
    """Makes the rows of one matrix, with one solver."""

    def __init__(self, workshop: Workshop, request: Request) -> None:
        self._workshop, self._request = workshop, request
        self._ask = request.asks[0]
        self._cells = Cells(workshop.solver)
        self.stack = self._ask.stack
        self._ready = self._ready_made()

    def rows(self, tags: tuple[CudaTag, ...], reporter: Reporter | None) -> list[Row]:
        """One row a release, newest first."""
        releases = self._releases()
        if reporter is not None:
            reporter.begin(_STAGE, len(releases))
        rows = []
        for release in releases:
            rows.append(self._row(release, tags))
            if reporter is not None:
                reporter.advance(_STAGE)
        return rows

    def _releases(self) -> list[Release]:
        own = own_release(self._ask)
        if own is not None:
            return [own]
        self._workshop.solver.refuse_unmatched(self._ask)
        specifier = self._ask.requirement.specifier
        found = self._workshop.catalog.releases(self.stack.anchor) or ()
        return [release for release in found if specifier.contains(release.version, prereleases=True)]

    def _row(self, release: Release, tags: tuple[CudaTag, ...]) -> Row:
        version = "" if self.stack.requires else release.text
        return Row(
            version=version,
            uploaded=release.uploaded[:10],
            prerelease=release.version.is_prerelease,
            yanked=bool(release.yanked),
            cells=tuple(self._cell(version, tag) for tag in tags),
        )

    def _cell(self, version: str, tag: CudaTag) -> Cell:
        floor = self._workshop.facts.least_driver(tag)
        if self._request.driver and not meets(self._request.driver, floor):
            return Cell(tag=tag, mark=Mark.IMPOSSIBLE, reasons=(self._driver_reason(tag, floor),))
        request = with_cuda(self._request, tag)
        found = self._cells.find(request, {str(self.stack.anchor): version} if version else {})
        if not isinstance(found, Answer):
            return Cell(tag=tag, mark=Mark.IMPOSSIBLE, reasons=found)
        return Cell(
            tag=tag,
            mark=mark_of(found.locked),
            locked=found.locked,
            notes=notes_of(found.locked, request),
            command=self._command(version, tag),
            ready_made=self._ready.get((version, str(tag)), ""),
        )

    def _driver_reason(self, tag: CudaTag, floor: str) -> Reason:
        return Reason(
            kind=ReasonKind.DRIVER,
            subject=tag,
            text=f"{tag} needs NVIDIA driver {floor} or newer; this one is {self._request.driver}",
            evidence=next((row.source for row in self._workshop.facts.drivers if row.floor == floor), ""),
        )

    def _command(self, version: str, tag: CudaTag) -> str:
        request, extras = self._request, ",".join(sorted(self._ask.requirement.extras))
        name = f"{self._ask.requirement.name}{f'[{extras}]' if extras else ''}"
        return command_words(
            (f"{name}=={version}" if version else name,),
            str(tag),
            python=request.python,
            platform="" if request.platform == DEFAULT_PLATFORM else str(request.platform),
            gpu=request.gpu,
        )

    def _ready_made(self) -> dict[tuple[str, str], str]:
        """Which version and tag stand in a ready-made file, with its series; none for any target but the default one."""
        settings, request = self._workshop.settings, self._request
        plain = request.platform == DEFAULT_PLATFORM and not (request.python or request.gpu or request.allow)
        if not plain or settings.catalog or self.stack in settings.stacks:
            return {}
        try:
            folder = tree_folder()
        except CatalogGap:
            return {}
        return _anchors_in(folder, self.stack.name, str(self.stack.anchor))


def _anchors_in(folder: Path, stack: str, anchor: str) -> dict[tuple[str, str], str]:
    """Version and tag of each file of a stack in the tree of ready-made files, with its series."""
    found = {}
    for name in LocalFiles().names(folder, ".txt"):
        called = re.fullmatch(rf"{re.escape(stack)}-(\d+\.\d+)\.x-(\w+)\.txt", name)
        raw = LocalFiles().read(folder / name) if called else None
        held = re.search(rf"^{re.escape(anchor)}={{2,3}}([^\s+]+)", raw.decode(), re.MULTILINE) if raw else None
        if called and held:
            found[held[1], called[2]] = called[1]
    return found


def page_parts() -> Parts:
    """The fixed parts of the page, which travel inside the package.

    :raises CatalogGap: where the installation has lost one.
    """
    from pathlib import Path

    from stackpin.emit.matrix_html import Parts

    folder = Path(__file__).parents[1] / "emit" / "page"
    texts = {}
    for part, name in (("frame", "matrix.html"), ("style", "matrix.css"), ("script", "matrix.js")):
        raw = LocalFiles().read(folder / name)
        if raw is None:
            raise CatalogGap(
                "this installation lacks a part of the page",
                where=str(folder / name),
                expected="the file that the package ships",
                hint="pip install --force-reinstall --no-deps stackpin",
            )
        texts[part] = raw.decode()
    return Parts(**texts)
