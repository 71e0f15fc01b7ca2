"""``stackpin explain``: the tuple with what each part of it rests on, and what the driver has to do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from stackpin.app.compile import compile_job
from stackpin.model.cuda import CPU, toolkit_of
from stackpin.model.driver import meets
from stackpin.model.value import Value

if TYPE_CHECKING:
    from stackpin.app.compile import Job, Workshop
    from stackpin.catalog.facts import Facts
    from stackpin.model.cuda import CudaTag
    from stackpin.model.explanation import Explanation, Nearest, Reason
    from stackpin.model.locked import LockedTuple

__all__ = ["Explained", "driver_lines", "driver_side", "explain"]


class Explained(Value):
    """A tuple, its file, what should be known beside it, and what is to be said of the driver.

    ``step`` is the oldest anchor release that has what was asked of members (``torch>=2.6``); None where nothing was, or
    where that is this one.
    """

    locked: LockedTuple
    file: str
    notes: tuple[str, ...]
    driver: tuple[str, ...]
    step: Nearest | None = None


def explain(job: Job, workshop: Workshop, *, version: str) -> Explained:
    """The tuple for a job, explained.

    :param version: stackpin's own version, for the header of the file.
    :raises NoTuple: where there is none; its ``explanation`` has the derivation and the nearest answers.
    """
    compiled = compile_job(job, workshop, version=version)
    driver = compiled.driver
    lines = driver_lines(compiled.locked.cuda, driver, workshop.facts) if driver else ()
    step = None
    several = len(job.requirements) > 1  # a source tree elsewhere is not fetched again for nothing
    request = workshop.request(job) if several else None
    if request is not None and request.members and len(request.asks) == 1 and not request.asks[0].own:
        from stackpin.resolve.explain import Explainer  # only such a question needs it

        step = Explainer(workshop.solver).smallest_step(request, compiled.locked)
    return Explained(locked=compiled.locked, file=compiled.text, notes=compiled.notes, driver=lines, step=step)


def driver_lines(tag: CudaTag, driver: str, facts: Facts) -> tuple[str, ...]:
    """What a driver (``550.54``) means for a tag: whether it meets the floor, and what it leaves open, each with its source."""
    floor = facts.least_driver(tag)
    if not floor or tag == CPU:
        return ()
    rows = [row for row in facts.drivers if row.floor == floor]
    source = rows[0].source.partition(" ; ")[0] if rows else ""
    if not meets(driver, floor):
        return (f"NVIDIA driver {driver} does not run {tag}, which needs {floor} or newer  ({source})",)
    major = toolkit_of(tag).partition(".")[0]
    lines = [f"NVIDIA driver {driver} runs {tag}: CUDA {major} needs {floor} or newer  ({source})"]
    newest = facts.toolkit_of_driver(driver)
    if newest and Version(toolkit_of(tag)) > Version(newest):
        lines.append(
            f"by minor-version compatibility: the driver came with CUDA {newest}, the build with {toolkit_of(tag)}; "
            "code that is compiled at run time from PTX is not covered by that"
        )
    return tuple(lines)


def driver_side(explanation: Explanation, driver: str, facts: Facts) -> tuple[str, ...]:
    """What a refusal says of the driver, where that is in the way: what minor-version compatibility covers and what not."""
    from stackpin.model.explanation import ReasonKind

    reasons: list[Reason] = [reason for refusal in explanation.refusals for reason in refusal.reasons]
    if not driver or not any(reason.kind is ReasonKind.DRIVER for reason in reasons):
        return ()
    majors = {row.cuda.partition(".")[0]: row.floor for row in facts.drivers}
    runs = [major for major, floor in majors.items() if meets(driver, floor)]
    if not runs:
        least = min(majors.values(), key=Version)
        return (f"NVIDIA driver {driver} runs no build of any CUDA that the catalog knows: the least is {least}",)
    newest = max(runs, key=int)
    covered = f"every build for CUDA {newest} (minor-version compatibility: {majors[newest]} or newer)"
    not_covered = "code that is compiled at run time from PTX of a toolkit newer than the driver's"
    return (
        f"NVIDIA driver {driver} runs {covered}, but not surely {not_covered}",
        "a build for a later major needs a newer driver; no setting helps",
    )
