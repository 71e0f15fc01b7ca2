"""What a person is told beside a tuple: misfits of upstream's own pins, GPU code, files that two members write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from tests.support.locked import sglang_cu124

from stackpin.app.compile import Workshop
from stackpin.app.tuple_notes import notes_of
from stackpin.model.abi import Judgement, Verdict
from stackpin.model.request import Ask, Request

if TYPE_CHECKING:
    from stackpin.model.locked import LockedTuple

__all__: list[str] = []

STRING = "_ZN3c105ErrorC2ENS_14SourceLocationESs"


def told(locked: LockedTuple, gpu: str = "") -> list[str]:
    """The notes on a tuple of sglang."""
    stack = Workshop().stacks.find("sglang")
    ask = Ask(stack=stack, requirement=Requirement("sglang"), text="sglang")
    return list(notes_of(locked, Request(asks=(ask,), cuda="cu124", gpu=gpu)))


def changed(name: str, **values: object) -> LockedTuple:
    """The tuple of sglang 0.4.6.post5 with one pin changed."""
    locked = sglang_cu124()
    pins = tuple(pin.__replace__(**values) if pin.name == name else pin for pin in locked.pins)
    return locked.__replace__(pins=pins)


def test_a_misfit_of_upstreams_own_pins_is_told_with_what_it_costs() -> None:
    judgement = Judgement(verdict=Verdict.MISFIT, kernel=None, torch=None, missing=(STRING,), looked_at=66)
    (note,) = [
        note for note in told(changed("torchvision", symbols=judgement, optional="read so")) if "torchvision" in note
    ]
    assert note == (
        "a library of torchvision 0.21.0 does not load with torch 2.6.0, and sglang 0.4.6.post5 pins both: torch lacks 1 of 66 "
        "symbols that it needs, for one c10::Error::Error(c10::SourceLocation, std::string) (read so)"
    )


def test_a_kernel_without_code_for_the_gpu_is_told_where_one_is_named() -> None:
    locked = changed("sgl-kernel", architectures=("sm_80", "sm_90a"))
    assert "sgl-kernel 0.1.4 has no code for sm_75, only for sm_80, sm_90a" in told(locked, "sm_75")
    assert not [note for note in (*told(locked, "sm_90"), *told(locked)) if "no code" in note]


def test_what_was_not_read_is_not_told() -> None:
    assert not [note for note in told(changed("sgl-kernel", architectures=None), "sm_75") if "code" in note]
    assert not [note for note in told(changed("sgl-kernel", architectures=()), "sm_75") if "code" in note]


def test_members_that_write_the_same_names_are_told() -> None:
    locked = changed("sgl-kernel", writes=("sgl_kernel", "deep_gemm"))
    pins = tuple(pin.__replace__(writes=("deep_gemm",)) if pin.name == "torchvision" else pin for pin in locked.pins)
    found = [note for note in told(locked.__replace__(pins=pins)) if "write" in note]
    assert found == ["sgl-kernel 0.1.4 and torchvision 0.21.0 both write deep_gemm: whichever is installed last stays"]
    assert not [note for note in told(locked) if "write" in note]
