"""Which names are torch's, and what they give away; the names are from real wheels (sgl-kernel, vllm, xformers)."""

from __future__ import annotations

import pytest

from stackpin.abi.readable import readable
from stackpin.abi.symbols import MARKS, cuda_majors, cxx11_abi, is_cuda_side, is_stable, is_torch, torch_symbols

__all__: list[str] = []

OLD = "_ZN3c105ErrorC2ENS_14SourceLocationESs"
NEW = "_ZN3c105ErrorC2ENS_14SourceLocationENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"


@pytest.mark.parametrize(
    "name",
    [
        OLD,
        "_ZNK3c1010TensorImpl4sizeEl",
        "_ZTVN5torch8autograd4NodeE",
        "_ZTIN3c1020intrusive_ptr_targetE",
        "_ZGVN3c106detail8instanceE",
        "_ZN2at4_ops5empty13memory_format4callEN3c108ArrayRefINS2_6SymIntEEE",
        "_ZN5torch7LibraryC1ENS0_4KindESsSt8optionalIN3c1011DispatchKeyEEPKcj",
        "aoti_torch_get_data_ptr",
        "torch_call_dispatcher",
        "THPVariableClass",
    ],
)
def test_torchs_own_names_are_known(name: str) -> None:
    assert is_torch(name)
    assert any(mark in name.encode() for mark in MARKS), "a file with this name would not be taken apart"


@pytest.mark.parametrize(
    "name",
    [
        "_ZNSt6vectorIN3c106ScalarESaIS1_EED1Ev",
        "_ZNKSt5ctypeIcE8do_widenEc",
        "cudaLaunchKernel",
        "PyObject_Call",
        "_Z8fa2_copyRKN2at6TensorE",
        "memcpy",
        "THREAD_SELF",
        "_ZN4vllm5torch3runEv",
    ],
)
def test_other_names_are_not_torchs(name: str) -> None:
    assert not is_torch(name)


def test_a_weak_symbol_need_not_be_there() -> None:
    assert torch_symbols([(OLD, False), (NEW, True), ("memcpy", False)]) == {OLD}


@pytest.mark.parametrize(
    ("names", "abi"),
    [
        pytest.param([OLD, "_ZNK3c1010TensorImpl4sizeEl"], False, id="old"),
        pytest.param([NEW], True, id="new"),
        pytest.param(["_ZN3c106detail14torchCheckFailEPKcS2_jRKSs"], False, id="old, by reference"),
        pytest.param(["_ZNK3c1010TensorImpl4sizeEl", "aoti_torch_get_dtype"], None, id="no strings"),
        pytest.param([OLD, NEW], None, id="both"),
        pytest.param(["_ZN5torch8PressSsE"], None, id="a name that looks like it"),
    ],
)
def test_strings_tell_the_abi(names: list[str], abi: bool | None) -> None:
    assert cxx11_abi(names) is abi


def test_the_majors_of_cudas_libraries_are_in_their_names() -> None:
    names = [
        "libcudart.so.12",
        "libcublas.so.12",
        "libc.so.6",
        "libcudart-41118559.so.12",
        "libnvrtc.so.13",
        "libcuda.so.1",
        "libcufft.so.11",  # CUDA 12's, as libcusolver.so.11 and libcurand.so.10 are
        "libcurand.so.10",
    ]
    assert cuda_majors(names) == (12, 13)


def test_the_stable_abi_and_the_cuda_side_are_told() -> None:
    assert is_stable("aoti_torch_get_data_ptr")
    assert not is_stable(OLD)
    assert is_cuda_side("_ZN3c104cuda20getCurrentCUDAStreamEa")
    assert not is_cuda_side(OLD)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (OLD, "c10::Error::Error(c10::SourceLocation, std::string)"),
        (NEW, "c10::Error::Error(c10::SourceLocation, std::__cxx11::string)"),
        ("_ZTVN5torch8autograd4NodeE", "vtable for torch::autograd::Node"),
        ("_ZN3c1010TensorImplD1Ev", "c10::TensorImpl::~TensorImpl()"),
        ("aoti_torch_get_data_ptr", "aoti_torch_get_data_ptr"),
        ("_ZN3c10", "_ZN3c10"),
    ],
)
def test_names_are_shown_as_people_write_them(name: str, text: str) -> None:
    assert readable(name) == text
