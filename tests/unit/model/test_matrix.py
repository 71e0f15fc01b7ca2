"""The mark of a tuple: its weakest pin decides, and only the CUDA side counts."""

from __future__ import annotations

import pytest
from tests.support.locked import sglang_cu124

from stackpin.model.abi import Judgement, Verdict
from stackpin.model.build import Build, Channel, Sureness
from stackpin.model.matrix import MEANING, Cell, Mark, mark_of

__all__: list[str] = []


def judged(verdict: Verdict, missing: tuple[str, ...] = ()) -> Judgement:
    return Judgement(verdict=verdict, kernel=None, torch=None, missing=missing)


def with_kernel(build: Build, symbols: Judgement | None = None) -> Cell:
    """A cell whose kernel has a build and a verdict."""
    locked = sglang_cu124()
    pins = [pin.__replace__(build=build, symbols=symbols) if pin.name == "sgl-kernel" else pin for pin in locked.pins]
    locked = locked.__replace__(pins=tuple(pins))
    return Cell(tag=locked.cuda, mark=mark_of(locked), locked=locked)


READ = Build(major=12)
LABELLED = Build(channel=Channel.FIND_LINKS, local="cu124", verified=False)


@pytest.mark.parametrize(
    ("build", "symbols", "mark"),
    [
        pytest.param(READ, judged(Verdict.NOT_REFUTED), Mark.PROVEN, id="its CUDA was read in PyPI's wheel"),
        pytest.param(READ, None, Mark.PROVEN, id="it needs nothing of torch"),
        pytest.param(READ, judged(Verdict.MISFIT, ("a",)), Mark.PROVEN, id="a misfit is no matter of CUDA"),
        pytest.param(Build(), None, Mark.PROVEN, id="it has no CUDA of its own"),
        pytest.param(Build(), judged(Verdict.UNKNOWN), Mark.PROVEN, id="nothing in it is compiled for a CUDA"),
        pytest.param(LABELLED, None, Mark.DECLARED, id="a label that could not be verified"),
        pytest.param(LABELLED.__replace__(verified=True), None, Mark.DECLARED, id="a label that its index lists"),
        pytest.param(READ, judged(Verdict.UNKNOWN), Mark.DECLARED, id="read of another machine's wheel"),
        pytest.param(Build(major=12, sureness=Sureness.UNPROVEN), None, Mark.UNPROVEN, id="a newer CUDA"),
        pytest.param(
            Build(channel=Channel.FIND_LINKS, sureness=Sureness.PROVEN), None, Mark.PROVEN, id="torch's own index"
        ),
    ],
)
def test_the_weakest_pin_decides(build: Build, symbols: Judgement | None, mark: Mark) -> None:
    assert with_kernel(build, symbols).mark is mark


def test_a_misfit_is_a_finding_beside_the_mark() -> None:
    assert with_kernel(READ, judged(Verdict.MISFIT, ("a",))).misfits == ("sgl-kernel",)
    assert with_kernel(READ, judged(Verdict.NOT_REFUTED)).misfits == ()


def test_every_mark_has_a_meaning() -> None:
    assert list(MEANING) == list(Mark)
    assert [mark.words for mark in Mark] == ["proven", "declared only", "unproven", "impossible"]
