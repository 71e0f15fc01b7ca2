"""Our reader agrees with pyelftools and with ``ldd -r`` on every shared object of released wheels.

The wheels are fixed ones for Python 3.11, whatever Python runs the tests: nothing of them is imported. Among them are such
as ``auditwheel`` has patched (libraries beside the package, strings moved away) and kernels made against torch.
"""

from __future__ import annotations

import platform
import subprocess
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.elf_oracle import what_pyelftools_reads
from tests.support.loader import LOADER, Linked, built, linked, needs_compiler
from tests.support.tools import newest_pip

from stackpin.abi.symbols import is_torch
from stackpin.app.abi_read import judge_read, read_file
from stackpin.model.abi import Verdict
from stackpin.model.value import as_dict
from stackpin.parse.elf import ElfObject, drive, read_elf
from stackpin.parse.elf_front import read_front

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stackpin.parse.wheel_directory import Range

__all__: list[str] = []

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not LOADER, reason="glibc's ldd is the oracle"),
    pytest.mark.skipif(platform.machine() not in {"x86_64", "aarch64"}, reason="the wheels are for other machines"),
]

QUICK = ("orjson==3.11.1", "psutil==7.0.0", "torchcodec==0.5")
LONG = (
    *("cryptography==45.0.5", "grpcio==1.74.0", "lxml==6.0.0", "msgpack==1.1.1", "numpy==2.2.6", "pillow==11.3.0"),
    *("pydantic-core==2.33.2", "pyzmq==27.0.0", "regex==2025.7.34", "shapely==2.1.1", "torchaudio==2.7.1"),
    *("torchvision==0.22.1", "ujson==5.10.0", "zstandard==0.23.0"),
)
KERNELS = ("torchcodec==0.5", "torchaudio==2.7.1", "torchvision==0.22.1")
EVERY = [*QUICK, *(pytest.param(each, marks=pytest.mark.slow) for each in LONG)]
#: The oldest glibc that a wheel may be for: those that the wheels above name, up to Debian 10's.
GLIBC = ("2_28", "2_27", "2_17", "2_12", "2_5")


class Object:
    """One shared object of an unpacked wheel, as we read it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content = path.read_bytes()
        self.read: ElfObject = drive(read_elf(len(self.content), comment=True, limit=len(self.content) * 2), self.range)

    def range(self, wanted: Range) -> bytes:
        return self.content[wanted.start : wanted.stop]


def fetched(pinned: str, folder: Path) -> Path:
    """The wheel of a release for this machine's processor, by pip as it is set up here."""
    machine = platform.machine()
    platforms = [f"manylinux_{glibc}_{machine}" for glibc in GLIBC] + [f"manylinux2014_{machine}"]
    command = [*newest_pip(), "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--python-version", "3.11"]
    command += [word for name in platforms for word in ("--platform", name)]
    done = subprocess.run([*command, "--dest", folder, pinned], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


def unpacked(wheel: Path) -> list[Path]:
    """The shared objects of a wheel, unpacked beside it."""
    folder = wheel.with_name("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    files = sorted(path for path in folder.rglob("*.so*") if path.is_file())
    return [path for path in files if path.read_bytes()[:4] == b"\x7fELF"]


def closure(start: Object, libraries: dict[str, str], known: dict[str, Object]) -> Iterator[Object]:
    """An object and all that it needs, by the names that we read; ``ldd`` tells where they lie."""
    waiting, seen = [start], set()
    while waiting:
        each = waiting.pop()
        yield each
        for name in each.read.needed:
            if name in seen:
                continue
            seen.add(name)
            where = libraries[name.rpartition("/")[2]]
            if where:
                waiting.append(known.setdefault(where, Object(Path(where))))


def unresolved(objects: Iterable[Object]) -> set[tuple[str, str]]:
    """Names that one of the objects must have and none defines, each with the object that needs it."""
    every = list(objects)
    defined = {symbol.name for each in every for symbol in each.read.defined}
    return {
        (symbol.name, str(each.path))
        for each in every
        for symbol in each.read.undefined
        if not symbol.weak and symbol.name not in defined
    }


def without_version(objects: Iterable[Object]) -> set[tuple[str, str]]:
    """Symbols that are asked for in a version, of a library that is there, which none of the objects defines in it."""
    every = list(objects)
    defined = {(symbol.name, symbol.version) for each in every for symbol in each.read.defined}
    names = {symbol.name for each in every for symbol in each.read.defined}
    asked = {(s.name, s.version) for each in every for s in each.read.undefined if s.version and not s.weak}
    return {pair for pair in asked - defined if pair[0] in names}


@pytest.mark.parametrize("pinned", EVERY)
def test_every_shared_object_of_a_release_is_read_as_pyelftools_and_ldd_read_it(pinned: str, tmp_path: Path) -> None:
    known: dict[str, Object] = {}
    counted: Counter[str] = Counter()
    for path in unpacked(fetched(pinned, tmp_path)):
        each = Object(path)
        compare_with_pyelftools(each)
        counted["told by the front"] += compare_with_front(each)
        said = linked(path)
        objects = list(closure(each, dict(said.libraries), known))
        compare_with_ldd(objects, said)
        counted["shared objects"] += 1
        counted["names that nothing defines"] += len(said.undefined)
    print(pinned, dict(counted))
    assert counted["shared objects"]
    assert counted["names that nothing defines"]  # at the least the functions of the interpreter


def compare_with_pyelftools(each: Object) -> None:
    """The tables are as pyelftools finds them by section headers."""
    found, wanted = as_dict(each.read), what_pyelftools_reads(each.content)
    assert {name: found[name] for name in wanted} == wanted, each.path.name


def compare_with_front(each: Object) -> bool:
    """Whether the front of the file told anything; it must be what the whole file tells."""
    front = drive(read_front(len(each.content)), each.range)
    if front is None:
        return False
    needs = {(symbol.name, symbol.weak) for symbol in each.read.undefined}
    assert {(symbol.name, symbol.weak) for symbol in front.undefined} == needs, each.path.name
    assert set(front.defined) >= {symbol.name for symbol in each.read.defined}, each.path.name
    assert set(front.libraries) >= set(each.read.needed), each.path.name
    return True


def compare_with_ldd(objects: list[Object], said: Linked) -> None:
    """The libraries that are needed are those that ``ldd`` lists, and what none defines is what it misses."""
    listed = {where for where in said.libraries.values() if where}
    assert {str(each.path) for each in objects[1:]} == listed
    assert unresolved(objects) == said.undefined
    assert without_version(objects) == set()


@needs_compiler
@pytest.mark.parametrize("pinned", [KERNELS[0], *(pytest.param(each, marks=pytest.mark.slow) for each in KERNELS[1:])])
def test_a_released_kernel_is_judged_beside_a_hollow_torch_as_ldd_judges_it(pinned: str, tmp_path: Path) -> None:
    """The hollow torch has all that the kernel asks of torch; then it lacks one name, five in turn."""
    wheel = fetched(pinned, tmp_path)
    paths, kernel = unpacked(wheel), read_file(str(wheel), platform.machine()).kernel
    assert kernel is not None
    (needs,) = kernel.needs
    every = sorted(needs)
    assert len(every) > 50
    asked = {library for path in paths for library, _ in Object(path).read.needed_versions}
    assert [name for name in asked if name.startswith(("libtorch", "libc10"))] == []  # torch's symbols have no versions
    for name in ("torch", "torch_cpu", "torch_python"):
        built(tmp_path / "lib" / f"lib{name}.so", "")
    for gone in ["", *every[:: len(every) // 4]]:
        torch = hollow_torch(tmp_path / "lib", [name for name in every if name != gone])
        judgement = judge_read(kernel, read_file(str(torch), platform.machine()))
        missed = {name for path in paths for name in linked(path, torch.parent).undefined_in(path) if is_torch(name)}
        assert set(judgement.missing) == missed == ({gone} - {""})
        assert judgement.verdict is (Verdict.MISFIT if gone else Verdict.NOT_REFUTED)


def hollow_torch(folder: Path, names: list[str]) -> Path:
    """A wheel of torch with one library that defines these names and holds nothing; the library lies beside it."""
    text = "".join(f".globl {name}\n{name}:\n" for name in names)
    library = built(folder / "libc10.so", f'__asm__(R"(.text\n{text})");')
    wheel = folder / "torch-9.0-cp311-cp311-linux_x86_64.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(library, "torch/lib/libc10.so")
    return wheel
