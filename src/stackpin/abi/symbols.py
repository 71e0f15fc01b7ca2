"""Which symbols of a shared object are torch's, and what their names give away.

Source: the Itanium C++ ABI, chapter 5 (mangling); GCC's manual on the dual ABI (``[abi:cxx11]``, ``std::__cxx11``); torch's
stable ABI (``torch/csrc/stable/c/shim.h`` and ``torch/csrc/inductor/aoti_torch/c/shim.h``: names that begin ``aoti_torch_``
or ``torch_``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MARKS", "cuda_majors", "cxx11_abi", "is_cuda_side", "is_stable", "is_torch", "torch_symbols"]

#: Names in torch's namespaces: functions, their type information, vtables and guards; nested in ``N…E`` or not.
_NAMESPACES = re.compile(r"_Z(?:T[ISV]|GV|Th[\dn]+_|Tv[\dn]+_[\dn]+_)?N?[rVK]*[RO]?(?:3c10|2at|5torch|6caffe2)")
#: Torch's C functions: the stable ABI, and the Python binding's.
_STABLE = re.compile(r"(?:aoti_torch_|torch_)\w+\Z")
_BINDING = re.compile(r"THP[A-Z]\w*\Z")
#: What each of them has in it: a file whose names have none of these needs nothing of torch.
MARKS = (b"3c10", b"2at", b"5torch", b"6caffe2", b"torch_", b"THP")
#: How a C name of torch begins: most names of a kernel are Python's or the C library's.
_BEGINNINGS = ("aoti_torch_", "torch_", "THP")
#: What lives in the libraries that are built against CUDA.
_CUDA_SIDE = re.compile(r"\d+(?:cuda|CUDA)[A-Za-z]*")
_CXX11 = re.compile(r"__cxx11|B5cxx11")
#: ``std::string`` of the old ABI is the abbreviation ``Ss``; behind it stands another type or the end.
_OLD_STRING = re.compile(r"(?<=[EKRPj_])Ss(?=$|[A-Z_\d])")
#: Those of CUDA's libraries whose own major is CUDA's: cuFFT, cuSPARSE, cuSOLVER and cuRAND count by themselves.
_CUDA_LIBRARY = re.compile(r"lib(?:cudart|cublas|cublasLt|nvrtc|nvJitLink|cupti)\.so\.(\d+)")


def is_torch(name: str) -> bool:
    """Whether an undefined symbol is for torch's libraries to define."""
    if name.startswith("_Z"):
        return bool(_NAMESPACES.match(name))
    return name.startswith(_BEGINNINGS) and bool(_STABLE.match(name) or _BINDING.match(name))


def is_stable(name: str) -> bool:
    """Whether a symbol of torch belongs to its stable ABI."""
    return bool(_STABLE.match(name))


def is_cuda_side(name: str) -> bool:
    """Whether a symbol of torch is one of the libraries that are built against CUDA (``libtorch_cuda``, ``libc10_cuda``)."""
    return bool(_CUDA_SIDE.search(name))


def torch_symbols(undefined: Iterable[tuple[str, bool]]) -> frozenset[str]:
    """The names that must be found in torch.

    :param undefined: each name with whether it is weak: nobody has to define a weak one.
    """
    return frozenset(name for name, weak in undefined if not weak and is_torch(name))


def cxx11_abi(names: Iterable[str]) -> bool | None:
    """The C++ ABI that the names were made with; None where none of them takes a string, or they contradict each other."""
    found = {True if _CXX11.search(name) else False if _OLD_STRING.search(name) else None for name in names} - {None}
    return found.pop() if len(found) == 1 else None


def cuda_majors(libraries: Iterable[str]) -> tuple[int, ...]:
    """The majors of CUDA by the names of its libraries (``libcudart.so.12``), each once."""
    matches = (_CUDA_LIBRARY.match(library) for library in libraries)
    return tuple(sorted({int(match[1]) for match in matches if match}))
