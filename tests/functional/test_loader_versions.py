"""Where symbols have versions, the loader compares them and the verdict does not: it is a verdict on names.

Torch's libraries give their symbols no versions. Should a torch come that does, a MISFIT stays a proof, for a name that is
nowhere is in no version either; what the verdict then passes over is a name that is there in another version only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.elf_reading import object_of
from tests.support.hollow_torch import Kernel, Torches
from tests.support.loader import Site, built, linked, needs_compiler

from stackpin.model.abi import Verdict
from stackpin.parse.elf import ElfSymbol

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

pytestmark = needs_compiler

BOTH = "namespace at { long add(long it) { return it; } long sub(long it) { return -it; } }"
ONE = "namespace at { long sub(long it) { return -it; } }"
KERNEL = "namespace at { long add(long); long sub(long); } long run() { return at::add(1) + at::sub(1); }"
ADD = "_ZN2at3addEl"


def torch_in(prefix: Path, source: str, version: str) -> Site:
    """A torch of one library, whose symbols have this version; none where it is empty."""
    site, options = Site(prefix), []
    if version:
        script = prefix / "versions.map"
        script.write_text(f"{version} {{ global: *; }};\n", encoding="utf-8")
        options = [f"-Wl,--version-script={script}"]
    library = built(site.torch_libraries / "libc10.so", source, *options)
    built(site.torch_libraries / "libtorch_cpu.so", "")
    site.record("torch", "2.9.0", library)
    return site


def kernel_of(folder: Path, version: str) -> Kernel:
    """A kernel made against a torch with that version."""
    torch = torch_in(folder / "made", BOTH, version)
    kernel = Kernel(folder, Torches(torch, torch, torch))
    file = kernel.built("_C.so", KERNEL)
    expected = ElfSymbol(ADD, version=version, library="libc10.so" if version else "")
    assert expected in object_of(file.read_bytes()).undefined
    return kernel


@pytest.mark.parametrize("asked", ["TORCH_1", ""], ids=["asks for a version", "asks for none"])
@pytest.mark.parametrize("there", ["TORCH_1", ""], ids=["the version is there", "no versions are there"])
def test_the_same_version_or_none_on_either_side_is_not_refuted_and_loads(
    tmp_path: Path, asked: str, there: str
) -> None:
    opened = kernel_of(tmp_path, asked).beside(torch_in(tmp_path / "other", BOTH, there))
    assert opened.agreed() is Verdict.NOT_REFUTED


@pytest.mark.parametrize("asked", ["TORCH_1", ""], ids=["asks for a version", "asks for none"])
@pytest.mark.parametrize("there", ["TORCH_1", ""], ids=["the version is there", "no versions are there"])
def test_a_name_that_is_in_no_version_is_a_misfit_and_does_not_load(tmp_path: Path, asked: str, there: str) -> None:
    opened = kernel_of(tmp_path, asked).beside(torch_in(tmp_path / "other", ONE, there))
    assert opened.agreed() is Verdict.MISFIT
    assert opened.judged().missing == (ADD,)


def test_a_name_that_is_there_in_another_version_is_refused_by_the_loader_alone(tmp_path: Path) -> None:
    """This is what the verdict does not see, and why NOT REFUTED says no more than its name."""
    opened = kernel_of(tmp_path, "TORCH_1").beside(torch_in(tmp_path / "other", BOTH, "TORCH_2"))
    assert opened.judged().verdict is Verdict.NOT_REFUTED
    assert "version `TORCH_1' not found" in opened.refused()["_C.so"]
    assert "version `TORCH_1' not found" in linked(opened.files[0], opened.site.torch_libraries).words


def test_where_another_version_is_there_beside_it_is_judged_by_the_name(tmp_path: Path) -> None:
    """The library has the version, the name is there in the other one only: refused as well, and passed over as well."""
    site = Site(tmp_path / "other")
    script = site.prefix / "versions.map"
    script.write_text("TORCH_1 { global: _ZN2at3subEl; };\nTORCH_2 { global: _ZN2at3addEl; };\n", encoding="utf-8")
    library = built(site.torch_libraries / "libc10.so", BOTH, f"-Wl,--version-script={script}")
    built(site.torch_libraries / "libtorch_cpu.so", "")
    site.record("torch", "2.9.0", library)
    opened = kernel_of(tmp_path, "TORCH_1").beside(site)
    assert opened.judged().verdict is Verdict.NOT_REFUTED
    assert opened.unresolved() == {ADD}
    assert ADD in opened.refused()["_C.so"]
