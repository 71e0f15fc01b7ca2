"""The verdict on kernels that are compiled here is what the dynamic loader says when it opens them.

A hollow torch has two libraries with names as torch's have them, in an environment as installers leave it. Kernels are
made against one build of it and opened beside another. Versions of symbols have a file of their own.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.support.elf_oracle import place_of
from tests.support.elf_reading import object_of
from tests.support.hollow_torch import NEW_ABI, OLD_ABI, Kernel, Torches, hollow_torches
from tests.support.loader import needs_compiler, with_moved_strings

from stackpin.model.abi import Verdict

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

pytestmark = needs_compiler

#: Sources of kernels, by what they refer to.
SIZE = """
namespace c10 { struct TensorImpl { virtual ~TensorImpl(); long size(long) const; }; }
long run(const c10::TensorImpl* it) { return it->size(1); }
"""
EMPTY = """
namespace at::_ops { struct empty { static long call(long); }; }
long make() { return at::_ops::empty::call(1); }
"""
ADD = """
namespace at { struct Tensor; long add(const Tensor*); }
long run(const at::Tensor* it) { return at::add(it); }
"""
WEAK_ADD = """
namespace at { struct Tensor; __attribute__((weak)) long add(const Tensor*); }
long run(const at::Tensor* it) { return at::add ? at::add(it) : 0; }
"""
VTABLE = """
namespace c10 { struct StorageImpl { virtual ~StorageImpl(); }; }
struct Mine : c10::StorageImpl { ~Mine() override {} };
void* run() { return new Mine; }
"""
DATA = """
namespace c10 { extern int levels[4]; }
int run() { return c10::levels[1]; }
int* there = c10::levels;
"""
THREAD = """
namespace c10 { extern __thread int level, depth; }
int run() { return c10::level + c10::depth; }
"""
STABLE = 'extern "C" int aoti_torch_get_dtype(int); int run() { return aoti_torch_get_dtype(1); }'
NEW_STABLE = 'extern "C" int aoti_torch_new(int); int run() { return aoti_torch_new(1); }'
BINDING = 'extern "C" void* THPVariable_Wrap(void*); void* run() { return THPVariable_Wrap(nullptr); }'
STRING = """
#include <string>
namespace c10::detail { void torchCheckFail(const char*, unsigned, const std::string&); }
void run() { c10::detail::torchCheckFail("here", 1, std::string("why")); }
"""
RETURNED = """
#include <string>
namespace at { struct Tensor; std::string toString(const Tensor*); }
long run() { return static_cast<long>(at::toString(nullptr).size()); }
"""


@pytest.fixture(scope="module")
def torches(tmp_path_factory: pytest.TempPathFactory) -> Torches:
    return hollow_torches(tmp_path_factory.mktemp("torches"))


@pytest.fixture
def kernel(tmp_path: Path, torches: Torches) -> Kernel:
    return Kernel(tmp_path, torches)


@pytest.mark.parametrize(
    ("source", "options", "fits"),
    [
        pytest.param(SIZE, (), True, id="a method that is there"),
        pytest.param(EMPTY, (), True, id="an operator that is there"),
        pytest.param(ADD, (), False, id="a function that is missing"),
        pytest.param(VTABLE, (), False, id="a class that is missing"),
        pytest.param(DATA, (), False, id="a table of data that is missing"),
        pytest.param(THREAD, (), False, id="a thread's own variable that is missing"),
        pytest.param(WEAK_ADD + EMPTY, (), True, id="a weak function that is missing"),
        pytest.param(STABLE, (), True, id="a function of the stable ABI that is there"),
        pytest.param(NEW_STABLE, (), False, id="a function of the stable ABI that is missing"),
        pytest.param(BINDING, (), False, id="the binding to Python, which no library here has"),
        pytest.param(ADD, ("-s",), False, id="a missing function, stripped while linking"),
        pytest.param(EMPTY, ("-Wl,--hash-style=sysv",), True, id="the hash table of the gABI"),
        pytest.param(ADD, ("-Wl,--hash-style=sysv",), False, id="a missing function, the hash table of the gABI"),
        pytest.param(ADD, ("-Wl,--hash-style=both",), False, id="a missing function, both hash tables"),
        pytest.param(ADD, ("-Wl,-z,noseparate-code",), False, id="a missing function, all in one segment"),
        pytest.param(ADD, ("-Wl,--build-id=none", "-fcf-protection=none"), False, id="a missing function, no notes"),
        pytest.param(ADD, ("-Wl,-z,lazy",), False, id="a missing function that would be bound late"),
    ],
)
def test_a_kernel_is_a_misfit_where_the_loader_refuses_it(
    kernel: Kernel, source: str, options: tuple[str, ...], fits: bool
) -> None:
    if "-fcf-protection=none" in options and platform.machine() != "x86_64":
        pytest.skip("an option of x86_64")
    kernel.built("_C.so", source, *options)
    assert kernel.beside(kernel.torches.fewer).agreed() is (Verdict.NOT_REFUTED if fits else Verdict.MISFIT)
    assert kernel.beside(kernel.torches.full).agreed() is (Verdict.MISFIT if source == BINDING else Verdict.NOT_REFUTED)


@pytest.mark.parametrize("source", [STRING, RETURNED], ids=["taken", "returned"])
@pytest.mark.parametrize("ours", [OLD_ABI, NEW_ABI], ids=["kernel of the old ABI", "kernel of the new ABI"])
@pytest.mark.parametrize("theirs", [OLD_ABI, NEW_ABI], ids=["torch of the old ABI", "torch of the new ABI"])
def test_a_string_must_be_of_the_abi_that_torch_was_made_with(
    kernel: Kernel, source: str, ours: str, theirs: str
) -> None:
    kernel.built("_C.so", source, ours)
    opened = kernel.beside(kernel.torches.old_strings if theirs == OLD_ABI else kernel.torches.full)
    assert opened.agreed() is (Verdict.NOT_REFUTED if ours == theirs else Verdict.MISFIT)
    assert opened.kernel.kernel is not None
    assert opened.kernel.kernel.cxx11_abi is (True if ours == NEW_ABI else False if source == STRING else None)


@pytest.mark.parametrize(("source", "fits"), [(EMPTY, True), (ADD, False)], ids=["nothing missing", "one missing"])
def test_strings_at_the_end_of_the_file_are_read_where_the_loader_reads_them(
    kernel: Kernel, source: str, fits: bool
) -> None:
    file = kernel.built("_C.so", source)
    before = file.read_bytes()
    file.write_bytes(with_moved_strings(before))
    start, size = place_of(file.read_bytes(), ".dynstr")
    assert start > len(before) - 1
    assert start + size == file.stat().st_size
    assert kernel.beside(kernel.torches.fewer).agreed() is (Verdict.NOT_REFUTED if fits else Verdict.MISFIT)


@pytest.mark.parametrize("fits", [True, False])
def test_a_stripped_kernel_is_judged_as_before(kernel: Kernel, fits: bool) -> None:
    file = kernel.built("_C.so", EMPTY if fits else ADD, "-g")
    before = object_of(file.read_bytes())
    subprocess.run(["strip", "--strip-all", file], check=True)
    assert object_of(file.read_bytes()) == before
    assert kernel.beside(kernel.torches.fewer).agreed() is (Verdict.NOT_REFUTED if fits else Verdict.MISFIT)


def test_one_bad_file_of_several_is_enough_and_the_loader_refuses_that_one(kernel: Kernel) -> None:
    for name, source in {"_a.so": EMPTY, "_b.so": ADD, "_c.so": SIZE, "_d.so": WEAK_ADD}.items():
        kernel.built(name, source)
    opened = kernel.beside(kernel.torches.fewer)
    assert opened.agreed() is Verdict.MISFIT
    assert list(opened.refused()) == ["_b.so"]


def test_the_command_says_of_an_environment_what_the_loader_says(kernel: Kernel) -> None:
    kernel.built("_C.so", NEW_STABLE + EMPTY)
    command = [sys.executable, "-m", "stackpin", "abi", "--json", "--env"]
    told = []
    for torch in (kernel.torches.fewer, kernel.torches.full):
        opened = kernel.beside(torch)
        done = subprocess.run([*command, opened.site.prefix], capture_output=True, text=True, check=False)
        (answer,) = json.loads(done.stdout)["answers"]
        assert {each["symbol"] for each in answer["missing"]} == opened.unresolved()
        assert done.returncode == int(bool(opened.refused()))
        told.append((answer["subject"], answer["verdict"]))
    assert told == [("demo 1.0 with torch 2.8.0", "MISFIT"), ("demo 1.0 with torch 2.9.0", "NOT REFUTED")]


def test_a_name_that_another_library_of_the_wheel_defines_is_not_missing(kernel: Kernel) -> None:
    """As plug-ins for other devices do: operators of their own in torch's namespaces, in a library beside."""
    kernel.built("libmine.so", "namespace at { struct Tensor; long add(const Tensor*) { return 2; } }")
    kernel.built("_C.so", ADD + EMPTY, f"-L{kernel.folder / 'demo'}", "-lmine", "-Wl,-rpath,$ORIGIN")
    assert kernel.beside(kernel.torches.fewer).agreed() is Verdict.NOT_REFUTED


@pytest.mark.parametrize(
    ("sources", "refused", "verdict"),
    [
        pytest.param((ADD, EMPTY), ["_hook_cu12.so"], Verdict.NOT_REFUTED, id="one of them loads"),
        pytest.param((EMPTY, SIZE), [], Verdict.NOT_REFUTED, id="both load"),
        pytest.param((ADD, DATA), ["_hook_cu12.so", "_hook_cu13.so"], Verdict.MISFIT, id="none loads"),
    ],
)
def test_of_files_for_one_cuda_each_one_that_loads_is_enough(
    kernel: Kernel, sources: tuple[str, str], refused: list[str], verdict: Verdict
) -> None:
    for major, source in zip((12, 13), sources, strict=True):
        kernel.built(f"_hook_cu{major}.so", source)
    opened = kernel.beside(kernel.torches.fewer)
    assert (opened.judged().verdict, list(opened.refused())) == (verdict, refused)
    assert set(opened.judged().missing) <= opened.unresolved()


@pytest.mark.parametrize(
    ("own", "other", "verdict"),
    [(EMPTY, ADD, Verdict.NOT_REFUTED), (ADD, EMPTY, Verdict.MISFIT)],
    ids=["its own file loads", "its own file does not"],
)
def test_of_files_for_one_torch_each_that_of_this_torch_counts(
    kernel: Kernel, own: str, other: str, verdict: Verdict
) -> None:
    kernel.built("lib_torch28-cpu.so", own)
    kernel.built("lib_torch29-cpu.so", other)
    opened = kernel.beside(kernel.torches.fewer)
    assert opened.torch.read.version == "2.8.0"
    assert opened.judged().verdict is verdict
    assert ("lib_torch28-cpu.so" in opened.refused()) == (verdict is Verdict.MISFIT)


def test_of_files_for_other_torches_nothing_is_said(kernel: Kernel) -> None:
    kernel.built("lib_torch27-cpu.so", ADD)
    kernel.built("lib_torch29-cpu.so", ADD)
    opened = kernel.beside(kernel.torches.fewer)
    assert opened.judged().verdict is Verdict.UNKNOWN
    assert len(opened.refused()) == 2


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("-static", "-no-pie"), id="a static program"),
        pytest.param(("-static-pie", "-fPIE"), id="a static program that may lie anywhere"),
        pytest.param(("-c",), id="an object that is not linked"),
    ],
)
def test_what_the_loader_takes_for_no_library_tells_nothing_of_torch(kernel: Kernel, options: tuple[str, ...]) -> None:
    source = "int main() { return 0; }" if "-c" not in options else ADD
    file = kernel.folder / "demo" / "tool.so"
    file.parent.mkdir()
    command = ["g++", *options, "-x", "c++", "-", "-o", str(file)]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    if "cannot find" in done.stderr:
        pytest.skip("the C library has no static half here")
    assert done.returncode == 0, done.stderr
    opened = kernel.beside(kernel.torches.fewer)
    assert opened.judged().verdict is Verdict.UNKNOWN
    assert [name for name in object_of(file.read_bytes()).undefined if not name.weak] == []
    assert "undefined symbol" not in opened.refused()["tool.so"]


def test_a_static_program_beside_a_kernel_changes_nothing(kernel: Kernel) -> None:
    kernel.built("_C.so", ADD)
    alone = kernel.beside(kernel.torches.fewer).judged()
    command = ["g++", "-static", "-nostdlib", "-x", "c++", "-", "-o", str(kernel.folder / "demo" / "tool.so")]
    subprocess.run(command, input='extern "C" void _start() { for (;;) {} }', text=True, check=True)
    again = kernel._replace(folder=kernel.folder / "again")
    again.folder.mkdir()
    (again.folder / "demo").symlink_to(kernel.folder / "demo")
    opened = again.beside(kernel.torches.fewer)
    assert (opened.judged().verdict, opened.judged().missing) == (Verdict.MISFIT, alone.missing)
    assert set(opened.refused()) == {"_C.so", "tool.so"}


def test_what_the_linker_throws_away_asks_for_nothing(kernel: Kernel) -> None:
    hidden = ADD.replace("long run", '__attribute__((visibility("hidden"))) long run')
    kernel.built("_C.so", hidden + EMPTY, "-ffunction-sections", "-Wl,--gc-sections")
    assert kernel.beside(kernel.torches.fewer).agreed() is Verdict.NOT_REFUTED


def test_a_name_that_is_listed_and_never_referred_to_is_taken_for_a_need(kernel: Kernel) -> None:
    """The one known MISFIT that loads: relocations are not read. Only assembler written by hand lists such a name."""
    kernel.built("_C.so", EMPTY + '__asm__(".globl _ZN2at3addEPKNS_6TensorE");')
    opened = kernel.beside(kernel.torches.fewer)
    assert opened.judged().missing == ("_ZN2at3addEPKNS_6TensorE",)
    assert (opened.refused(), opened.unresolved()) == ({}, set())


def test_a_name_that_is_not_torchs_is_not_judged_though_the_loader_refuses(kernel: Kernel) -> None:
    """The verdict is on kernel and torch: what another library lacks proves nothing against either."""
    kernel.built("_C.so", EMPTY + 'extern "C" int cublasNever(); int other() { return cublasNever(); }')
    opened = kernel.beside(kernel.torches.full)
    assert (opened.judged().verdict, opened.judged().missing) == (Verdict.NOT_REFUTED, ())
    assert opened.unresolved() == {"cublasNever"}
    assert "cublasNever" in opened.refused()["_C.so"]
