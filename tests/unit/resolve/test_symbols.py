"""Symbols as reasons: where METADATA leaves a choice they decide, and where an anchor pins both sides they are only told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.support.small_catalog import SmallCatalog, row, torch_row

from stackpin.errors import NoTuple
from stackpin.model.abi import Verdict
from stackpin.model.explanation import Explanation, ReasonKind
from stackpin.model.request import Ask, Request
from stackpin.model.stack import Stack
from stackpin.resolve.solve import Solver

if TYPE_CHECKING:
    from pathlib import Path

    from stackpin.model.locked import LockedTuple

__all__: list[str] = []

OLD, NEW, CUDA = "_ZN2at3oldEv", "_ZN2at3newEv", "_ZN3c104cuda6deviceEv"
ENGINE = Stack(
    name="engine",
    anchor=canonicalize_name("engine"),
    members=(canonicalize_name("torch"), canonicalize_name("triton"), canonicalize_name("kernel")),
)


@pytest.fixture
def small(tmp_path: Path) -> SmallCatalog:
    """Two torches with different symbols; the engine's lines and the kernel's releases are each test's own."""
    made = SmallCatalog(tmp_path)
    made.usual_facts()
    made.two_torches()
    made.symbols({"2.8.0": {OLD}, "2.9.0": {NEW}}, {})
    return made


def solve(small: SmallCatalog, requirement: str = "engine==1.0", *members: str, cuda: str = "pypi") -> LockedTuple:
    request = Request(
        asks=(Ask(stack=ENGINE, requirement=Requirement(requirement), text=requirement),),
        members=tuple(map(Requirement, members)),
        cuda=cuda,
    )
    return Solver(*small.open()).solve(request)


def versions(locked: LockedTuple) -> dict[str, str]:
    return {str(pin.name): pin.version for pin in locked.pins}


def test_an_open_member_is_the_newest_that_loads(small: SmallCatalog) -> None:
    small.release("engine", row("engine", "1.0", "torch==2.8.0", "kernel>=1"))
    small.release("kernel", row("kernel", "1.0"), row("kernel", "1.1"))
    small.symbols({}, {"kernel==1.0": {OLD}, "kernel==1.1": {NEW}})
    locked = solve(small)
    assert versions(locked)["kernel"] == "1.0"
    pin = locked.pin("kernel")
    assert pin is not None
    assert pin.note == "fit with torch not declared; 1 torch symbols, none missing in 2.8.0"


def test_a_kernel_that_allows_any_torch_chooses_between_them(small: SmallCatalog) -> None:
    """The torch is open, the kernel is not: METADATA allows the newest torch, the symbols do not."""
    small.release("engine", row("engine", "1.0", "torch", "kernel==1.0"))
    small.release("kernel", row("kernel", "1.0", "torch>=2"))
    small.symbols({}, {"kernel==1.0": {OLD}})
    assert versions(solve(small))["torch"] == "2.8.0"


def test_what_an_anchor_pins_beside_its_torch_stands_and_is_told(small: SmallCatalog) -> None:
    small.release("engine", row("engine", "1.0", "torch==2.8.0", "kernel==1.1"))
    small.release("kernel", row("kernel", "1.1"))
    small.symbols({}, {"kernel==1.1": {NEW, OLD}})
    pin = solve(small).pin("kernel")
    assert pin is not None
    assert pin.symbols is not None
    assert (pin.version, pin.symbols.verdict, pin.symbols.missing) == ("1.1", Verdict.MISFIT, (NEW,))
    assert pin.note.startswith("2 torch symbols, 1 missing in 2.8.0: a library in it does not load")


def test_what_an_engine_below_the_anchor_pins_beside_its_torch_stands_too(small: SmallCatalog) -> None:
    """As sglang of early 2025 reached torch and xformers by way of vllm."""
    small.release("engine", row("engine", "1.0", "triton"))
    small.release("triton", row("triton", "3.4.1", "torch==2.8.0", "kernel==1.1"))
    small.release("kernel", row("kernel", "1.1"))
    small.symbols({}, {"kernel==1.1": {NEW}})
    small.releases["torch"] = [torch_row("2.8.0", "12.4")]
    pin = solve(small).pin("kernel")
    assert pin is not None
    assert pin.symbols is not None
    assert (pin.version, pin.symbols.verdict) == ("1.1", Verdict.MISFIT)


def test_what_a_person_asks_for_does_not_overrule_them(small: SmallCatalog) -> None:
    small.release("engine", row("engine", "1.0", "torch==2.8.0", "kernel"))
    small.release("kernel", row("kernel", "1.0"), row("kernel", "1.1"))
    small.symbols({}, {"kernel==1.0": {OLD}, "kernel==1.1": {NEW}})
    with pytest.raises(NoTuple) as caught:
        solve(small, "engine==1.0", "kernel==1.1")
    assert "kernel 1.1 does not load with torch 2.8.0: torch lacks 1 of 1 symbols that it needs" in told(caught.value)


def test_a_refusal_names_the_symbols_and_the_files(small: SmallCatalog) -> None:
    small.release("engine", row("engine", "1.0", "torch==2.8.0", "kernel>=1.1"))
    small.release("kernel", row("kernel", "1.1"), row("kernel", "1.2"))
    small.symbols({}, {"kernel==1.1": {NEW}, "kernel==1.2": {NEW}})
    with pytest.raises(NoTuple) as caught:
        solve(small)
    explanation = caught.value.explanation
    assert isinstance(explanation, Explanation)
    (refusal,) = explanation.refusals
    assert [reason.kind for reason in refusal.reasons] == [ReasonKind.REQUIRES, ReasonKind.REQUIRES, ReasonKind.SYMBOLS]
    last = refusal.reasons[-1]
    assert last.text == (
        "kernel 1.1 to 1.2 do not load with torch 2.8.0: torch lacks 1 of 1 symbols that it needs, for one at::new()"
    )
    assert last.evidence == (
        "kernel-1.2-py3-none-any.whl (sha256 abababababab) and torch-2.8.0-py3-none-any.whl (sha256 abababababab)"
    )


def test_where_none_is_old_enough_the_nearest_in_time_that_has_every_symbol_is_taken(small: SmallCatalog) -> None:
    small.release("engine", row("engine", "1.0", "torch==2.8.0", "kernel", uploaded="2024-01-01T00:00:00Z"))
    small.release("kernel", *(row("kernel", f"1.{minor}") for minor in range(4)))
    small.symbols({}, {"kernel==1.0": {NEW}, "kernel==1.2": {OLD}, "kernel==1.3": {OLD}})
    assert versions(solve(small))["kernel"] == "1.2", "1.1 was not read, and nothing else speaks for it"


def test_a_later_one_that_nothing_speaks_for_is_not_taken(small: SmallCatalog) -> None:
    small.release("engine", row("engine", "1.0", "torch==2.8.0", "kernel", uploaded="2024-01-01T00:00:00Z"))
    small.release("kernel", row("kernel", "1.0"))
    with pytest.raises(NoTuple, match=r"engine 1\.0 does not exist"):
        solve(small)


def test_symbols_of_cuda_libraries_rule_nothing_out_across_majors(small: SmallCatalog) -> None:
    """PyPI's torch, of CUDA 12, was read; of a build for CUDA 11 its CUDA symbols prove nothing."""
    small.release("engine", row("engine", "1.0", "torch==2.8.0", "kernel"))
    small.release("kernel", row("kernel", "1.0"), row("kernel", "1.1"))
    small.torch_build("2.8.0", "cu118", cxx11_abi=True)
    small.symbols({}, {"kernel==1.0": {OLD}, "kernel==1.1": {CUDA}})
    assert versions(solve(small))["kernel"] == "1.0"
    assert versions(solve(small, cuda="cu118"))["kernel"] == "1.1"


def test_a_build_whose_abi_is_not_known_is_judged_by_no_other(small: SmallCatalog) -> None:
    small.release("engine", row("engine", "1.0", "torch==2.8.0", "kernel"))
    small.release("kernel", row("kernel", "1.0"), row("kernel", "1.1"))
    small.torch_build("2.8.0", "cu126")
    small.symbols({}, {"kernel==1.1": {NEW}})
    assert versions(solve(small))["kernel"] == "1.0"
    pin = solve(small, cuda="cu126").pin("kernel")
    assert pin is not None
    assert pin.symbols is not None
    assert (pin.version, pin.symbols.verdict) == ("1.1", Verdict.UNKNOWN)
    assert "symbols" not in pin.note, "what tells nothing is not told"


def for_gpu(small: SmallCatalog, gpu: str, cuda: str = "pypi") -> LockedTuple:
    request = Request(asks=(Ask(stack=ENGINE, requirement=Requirement("engine"), text="engine"),), cuda=cuda, gpu=gpu)
    return Solver(*small.open()).solve(request)


@pytest.fixture
def coded(small: SmallCatalog) -> SmallCatalog:
    """Two engines; the newer torch has dropped the older GPUs."""
    small.release("engine", row("engine", "1.0", "torch==2.8.0", "kernel==1.0"), row("engine", "2.0", "torch==2.9.0"))
    small.release("kernel", row("kernel", "1.0"))
    small.symbols({}, {"kernel==1.0": {OLD}})
    small.gpu_code("torch==2.8.0", "sm_70", "sm_80", "compute_90")
    small.gpu_code("torch==2.9.0", "sm_80", "sm_90a")
    small.gpu_code("kernel==1.0", "sm_90a")
    return small


def test_a_torch_with_code_for_the_gpu_is_taken(coded: SmallCatalog) -> None:
    assert versions(for_gpu(coded, "sm_89"))["torch"] == "2.9.0"
    assert versions(for_gpu(coded, "sm_90"))["torch"] == "2.9.0"


def test_a_bare_name_is_not_walked_back_for_a_gpu(coded: SmallCatalog) -> None:
    with pytest.raises(NoTuple, match=r"engine 2\.0 does not run on sm_70") as caught:
        for_gpu(coded, "sm_70")
    assert "torch 2.9.0 has code for sm_80 to sm_90 on PyPI, none for sm_70" in told(caught.value)
    assert caught.value.hint.endswith("compile engine==1.0 --gpu sm_70"), "the command keeps the GPU"


def test_a_kernel_for_other_gpus_is_no_refusal(coded: SmallCatalog) -> None:
    """Some are made for one GPU only, and are not called on the others."""
    pin = solve(coded, "engine==1.0").pin("kernel")
    assert pin is not None
    assert pin.architectures == ("sm_90a",)


def test_a_build_that_was_not_read_is_not_judged_by_its_code(coded: SmallCatalog) -> None:
    coded.torch_build("2.9.0", "cu126", cxx11_abi=True)
    assert versions(for_gpu(coded, "sm_70", "cu126"))["torch"] == "2.9.0"


def test_what_a_cuda_leaves_out_altogether_is(coded: SmallCatalog) -> None:
    limit = {"evidence": "Pre-Turing GPUs are not supported.", "source": "https://docs.example/cuda"}
    coded.fact("gpu_limits", cuda_major=13, least_gpu="7.5", **limit)
    coded.torch_build("2.9.0", "cu130", cxx11_abi=True)
    assert versions(for_gpu(coded, "sm_75", "cu130"))["torch"] == "2.9.0"
    with pytest.raises(NoTuple) as caught:
        for_gpu(coded, "sm_70", "cu130")
    assert "torch 2.9.0 needs sm_75 or newer on cu130: CUDA 13 has no code for older GPUs" in told(caught.value)


def told(error: NoTuple) -> str:
    """All reasons of a refusal."""
    explanation = error.explanation
    assert isinstance(explanation, Explanation)
    return "\n".join(reason.text for refusal in explanation.refusals for reason in refusal.reasons)
