"""What symbols can prove, and what they cannot."""

from __future__ import annotations

from typing import Any

import pytest

from stackpin.abi.verdict import judge, judge_elsewhere, window
from stackpin.model.abi import KernelSymbols, TorchSymbols, Verdict, WheelRead

__all__: list[str] = []

PLAIN, STRING, CUDA = "_ZNK3c1010TensorImpl4sizeEl", "_ZN3c105ErrorC2ENS_14SourceLocationESs", "_ZN3c104cuda6deviceEv"


def wheel(name: str, version: str) -> WheelRead:
    return WheelRead(name=name, version=version, file=f"{name}.whl", sha256="0" * 64, machine="x86_64")


def kernel(*needs: set[str], **more: Any) -> KernelSymbols:
    return KernelSymbols(read=wheel("kernel", "1.0"), needs=tuple(map(frozenset, needs)), **more)


def torch(*exports: str, version: str = "9.0", asked: set[str] | None = None, **more: Any) -> TorchSymbols:
    every = frozenset({PLAIN, STRING, CUDA}) if asked is None else frozenset(asked)
    return TorchSymbols(read=wheel("torch", version), exports=frozenset(exports), asked=every, **more)


def test_a_missing_symbol_is_a_misfit_that_names_it() -> None:
    found = judge(kernel({PLAIN, STRING}), torch(PLAIN))
    assert (found.verdict, found.missing, found.looked_at) == (Verdict.MISFIT, (STRING,), 2)


def test_all_symbols_there_refute_nothing() -> None:
    found = judge(kernel({PLAIN, STRING}), torch(PLAIN, STRING, CUDA))
    assert (found.verdict, found.missing, found.looked_at) == (Verdict.NOT_REFUTED, (), 2)


def test_a_symbol_that_nobody_looked_for_is_unknown_not_missing() -> None:
    found = judge(kernel({PLAIN, STRING}), torch(PLAIN, asked={PLAIN}))
    assert (found.verdict, found.why) == (Verdict.UNKNOWN, "1 of its symbols were never looked for in torch 9.0")


def test_a_missing_one_beside_it_is_a_misfit_all_the_same() -> None:
    assert judge(kernel({PLAIN, STRING, CUDA}), torch(asked={PLAIN})).missing == (PLAIN,)


@pytest.mark.parametrize("needs", [(), (set(),)])
def test_a_kernel_that_needs_nothing_of_torch_is_unknown(needs: tuple[set[str], ...]) -> None:
    assert judge(kernel(*needs), torch(PLAIN)).verdict is Verdict.UNKNOWN


def test_of_files_that_stand_in_for_each_other_one_is_enough() -> None:
    assert judge(kernel({PLAIN}, {STRING}), torch(PLAIN)).verdict is Verdict.NOT_REFUTED
    assert judge(kernel({CUDA, STRING}, {STRING}), torch(PLAIN)).missing == (STRING,)


def test_files_for_one_torch_each_are_judged_for_that_torch_alone() -> None:
    made = kernel({PLAIN}, {STRING}, {CUDA}, series=("2.9", "2.9", "2.10"))
    assert judge(made, torch(STRING, version="2.9.1")).verdict is Verdict.NOT_REFUTED
    assert judge(made, torch(STRING, PLAIN, version="2.10.0")).missing == (CUDA,)


def test_a_torch_that_no_file_is_for_is_unknown() -> None:
    made = kernel({PLAIN}, {STRING}, series=("2.9", "2.10"))
    found = judge(made, torch(version="2.11.0"))
    why = "it has files for torch 2.9 to 2.10, one for each, and none for torch 2.11.0"
    assert (found.verdict, found.missing, found.why) == (Verdict.UNKNOWN, (), why)
    elsewhere = judge_elsewhere(made, torch(version="2.11.0", cuda_major=12), same_abi=True, cuda_major=12)
    assert (elsewhere.verdict, elsewhere.why) == (Verdict.UNKNOWN, why)


def test_another_build_is_judged_only_with_the_same_abi() -> None:
    read = torch(PLAIN, cuda_major=12)
    found = judge_elsewhere(kernel({STRING}), read, same_abi=False, cuda_major=12)
    assert found.verdict is Verdict.UNKNOWN
    found = judge_elsewhere(kernel({STRING}), read, same_abi=True, cuda_major=12)
    assert (found.verdict, found.why) == (Verdict.MISFIT, "read from PyPI's build")


def test_symbols_of_cuda_libraries_do_not_count_across_majors() -> None:
    read = torch(PLAIN, cuda_major=12)
    found = judge_elsewhere(kernel({PLAIN, CUDA}), read, same_abi=True, cuda_major=13)
    assert found.verdict is Verdict.UNKNOWN
    found = judge_elsewhere(kernel({STRING, CUDA}), read, same_abi=True, cuda_major=13)
    assert (found.verdict, found.missing) == (Verdict.MISFIT, (STRING,))
    found = judge_elsewhere(kernel({PLAIN}), read, same_abi=True, cuda_major=13)
    assert found.verdict is Verdict.NOT_REFUTED


def test_the_window_is_what_is_not_refuted() -> None:
    torches = [torch(PLAIN, version="1"), torch(PLAIN, STRING, version="2"), torch(version="3", asked=set())]
    assert window(kernel({PLAIN, STRING}), torches) == (["2"], ["3"])
