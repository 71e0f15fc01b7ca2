"""Faults planted in an environment: each is found and told, its twin without the fault is silent, and its fix ends it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from tests.support.environments import PYTHON, LaidOut, exporting, linked_with, sglang_stack
from tests.support.hollow import HollowFile, HollowIndex
from tests.support.in_process import run_here
from tests.support.tools import newest_uv
from tests.support.wheels import metadata_text, wheel_name

from stackpin.app.check.environments import EnvironmentJob, Looked, look_at
from stackpin.catalog.facts import Facts
from stackpin.catalog.loader import Catalog
from stackpin.effects.environments import read_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__: list[str] = []

FACTS = Facts(Catalog.open())


def libtorch(place: LaidOut) -> None:
    """Torch with libraries that export what the catalog read of those of 2.6.0."""
    exports = FACTS.abi.torch("2.6.0", "x86_64").exports
    libraries = {"torch/lib/libc10.so": exporting("memset"), "torch/lib/libtorch_cpu.so": exporting(*sorted(exports))}
    said = b"__version__ = '2.6.0+cu124'\ncuda = '12.4'\n"
    place.put("torch", "2.6.0", "triton==3.2.0", files={**libraries, "torch/version.py": said})


def kernel(place: LaidOut, version: str) -> None:
    """A kernel that needs what the catalog read of a release of sgl-kernel, beside a plug-in that has nothing of torch."""
    read = FACTS.abi.kernel("sgl-kernel", version, "x86_64")
    assert read is not None
    files = {
        "sgl_kernel/common_ops.abi3.so": linked_with(*sorted(read.needs[0])),
        "sgl_kernel/plain.so": linked_with("abort", libraries=()),
    }
    place.put("sgl-kernel", version, files=files)


def labelled_files(place: LaidOut) -> None:
    (place.packages / "torch" / "version.py").write_text("__version__ = '2.6.0+cu126'\ncuda = '12.6'\n")


def other_triton(place: LaidOut) -> None:
    place.put("pytorch-triton", "3.2.0", files={"triton/__init__.py": b"# another's\n"})


def both_kernels(place: LaidOut) -> None:
    place.put("sglang-kernel", "0.4.0", files={"sgl_kernel/__init__.py": b"# the new name's\n"})


def overwriting(place: LaidOut) -> None:
    place.put("intruder", "1.0", files={"torchvision/__init__.py": b"# an intruder's\n"})


def twice(place: LaidOut) -> None:
    place.put("triton", "3.3.1", "setuptools", beside=True)


def conda(place: LaidOut) -> None:
    (place.prefix / "conda-meta").mkdir()
    document = {"name": "torchvision", "version": "0.20.1", "files": ["lib/python3.11/site-packages/torchvision/_C.so"]}
    (place.prefix / "conda-meta" / "torchvision-0.20.1-py311_0.json").write_text(json.dumps(document))


def misfit(place: LaidOut) -> None:
    libtorch(place)
    kernel(place, "0.1.7")


class Case(NamedTuple):
    """What is planted, and the finding: rule, distribution, message, and the end of the command that puts it right."""

    plant: Callable[[LaidOut], object]
    rule: str
    package: str
    message: str
    command: str
    driver: str = ""
    gpu: str = ""


CASES = {
    "torch's files of another build": Case(
        labelled_files,
        "SP203",
        "torch",
        "torch's files are those of 2.6.0+cu126; its metadata says 2.6.0, which on PyPI is 2.6.0+cu124",
        "uv pip install --python {env} --reinstall-package torch torch==2.6.0",
    ),
    "an nvidia package of another torch": Case(
        lambda place: place.put("nvidia-nccl-cu12", "2.26.2"),
        "SP105",
        "nvidia-nccl-cu12",
        "nvidia-nccl-cu12 2.26.2 is installed; torch 2.6.0 needs nvidia-nccl-cu12 2.21.5",
        "uv pip install --python {env} nvidia-nccl-cu12==2.21.5",
    ),
    "a CUDA member of another major": Case(
        lambda place: place.member("cuda-python", "13.0.3"),
        "SP202",
        "cuda-python",
        "cuda-python 13.0.3 is for CUDA 13; torch 2.6.0 is for CUDA 12 (cu124)",
        "uv pip install --python {env} 'cuda-python>=12,<13'",
    ),
    "a kernel whose label is of another major": Case(
        lambda place: place.put("sgl-kernel", "0.3.21+cu130"),
        "SP202",
        "sgl-kernel",
        "sgl-kernel 0.3.21+cu130 is for CUDA 13; torch 2.6.0 is for CUDA 12 (cu124)",
        "stackpin explain sglang==0.4.6.post5 --cuda cu124",
    ),
    "a look-alike": Case(
        other_triton,
        "SP301",
        "pytorch-triton",
        "pytorch-triton 3.2.0 writes into triton/, which is triton 3.2.0's; 1 file of triton is pytorch-triton's now, "
        "triton/__init__.py",
        "uv pip uninstall --python {env} pytorch-triton && "
        "uv pip install --python {env} --reinstall-package triton triton==3.2.0",
    ),
    "one kernel under two names": Case(
        both_kernels,
        "SP301",
        "sglang-kernel",
        "sglang-kernel 0.4.0 writes into sgl_kernel/, which is sgl-kernel 0.1.4's; 1 file of sgl-kernel is "
        "sglang-kernel's now, sgl_kernel/__init__.py",
        "uv pip uninstall --python {env} sglang-kernel && "
        "uv pip install --python {env} --reinstall-package sgl-kernel sgl-kernel==0.1.4",
    ),
    "files that another has overwritten": Case(
        overwriting,
        "SP302",
        "torchvision",
        "1 file of torchvision is intruder 1.0's now, torchvision/__init__.py",
        "uv pip uninstall --python {env} intruder && "
        "uv pip install --python {env} --reinstall-package torchvision torchvision==0.21.0",
    ),
    "a distribution that is there twice": Case(
        twice,
        "SP303",
        "triton",
        "triton is installed 2 times in one folder, as 3.2.0 and 3.3.1",
        "uv pip uninstall --python {env} triton && uv pip install --python {env} triton==3.2.0",
    ),
    "conda's beside pip's": Case(
        conda,
        "SP304",
        "torchvision",
        "torchvision 0.21.0 was installed by uv, beside conda's torchvision 0.20.1",
        "conda remove --force --prefix {env} torchvision && "
        "uv pip install --python {env} --reinstall-package torchvision torchvision==0.21.0",
    ),
    "a kernel that does not load": Case(
        misfit,
        "SP401",
        "sgl-kernel",
        "sgl-kernel 0.1.7 does not load with torch 2.6.0: 8 of the 108 symbols that it needs of torch are not there",
        "uv pip install --python {env} sgl-kernel==0.1.4",
    ),
    "an old driver": Case(
        lambda place: None,
        "SP204",
        "torch",
        "driver 470.57 does not run torch 2.6.0 for cu124: CUDA 12 needs 525.60.13 or newer",
        "stackpin explain sglang==0.4.6.post5 --cuda auto --driver 470.57",
        driver="470.57",
    ),
    "a GPU that torch has no code for": Case(
        lambda place: None,
        "SP205",
        "torch",
        "torch 2.6.0 has no code for sm_120, only for sm_50, sm_60, sm_70, sm_75, sm_80, sm_86, sm_90, sm_90a",
        "stackpin explain sglang==0.4.6.post5 --gpu sm_120",
        gpu="sm_120",
    ),
}


def looked_at(place: LaidOut, case: Case | None = None, **more: object) -> Looked:
    job = EnvironmentJob(**{"driver": case.driver, "gpu": case.gpu, **more} if case else more)  # type: ignore[arg-type]
    return look_at(read_environment(place.prefix), FACTS, job)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_fault_is_found_and_told(tmp_path: Path, case: Case) -> None:
    place = sglang_stack(tmp_path / "env")
    case.plant(place)
    looked = looked_at(place, case)
    assert [(each.rule.id, each.package, each.message) for each in looked.findings] == [
        (case.rule, case.package, case.message)
    ]
    (finding,) = looked.findings
    assert finding.place.path == str(place.prefix)
    assert finding.place.distribution == case.package
    assert finding.evidence
    assert finding.fix.command.endswith(case.command.format(env=place.prefix))


@pytest.mark.parametrize(
    "case", [case for case in CASES.values() if case.driver or case.gpu], ids=lambda case: case.rule
)
def test_a_driver_or_gpu_that_will_do_is_silent(tmp_path: Path, case: Case) -> None:
    place = sglang_stack(tmp_path / "env")
    assert looked_at(place, driver="525.60.13", gpu="sm_90").findings == ()
    assert looked_at(place).findings == ()


def test_a_kernel_that_misses_nothing_is_silent(tmp_path: Path) -> None:
    place = sglang_stack(tmp_path / "env")
    libtorch(place)
    kernel(place, "0.1.4")
    assert looked_at(place).findings == ()


def test_a_misfit_that_the_engine_pins_so_is_a_note(tmp_path: Path) -> None:
    """Its METADATA: sglang 0.5.10.post1 pins torch 2.9.1 and torchao 0.9.0, one library of which does not load with it."""
    place = LaidOut(tmp_path / "env", PYTHON)
    exports, needs = FACTS.abi.torch("2.9.1", "x86_64").exports, FACTS.abi.kernel("torchao", "0.9.0", "x86_64")
    assert needs is not None
    place.member("torch", "2.9.1", files={"torch/lib/libc10.so": exporting(*sorted(exports))})
    place.put("torchao", "0.9.0", files={"torchao/_C.abi3.so": linked_with(*sorted(needs.needs[0]))})
    place.member("sglang", "0.5.10.post1")
    looked = looked_at(place)
    assert looked.findings == ()
    assert looked.notes == (
        f"{place.prefix}: a library in torchao 0.9.0 does not load with torch 2.9.1: sglang 0.5.10.post1 pins both so",
    )


@pytest.fixture(scope="module")
def index() -> Iterator[HollowIndex]:
    with HollowIndex() as opened:
        for name in ("intruder", "idna"):
            opened.shelves[f"pypi/simple/{name}"] = [HollowFile(wheel_name(name, "1.0"), metadata_text(name, "1.0"))]
        yield opened


@pytest.mark.parametrize(
    "case", [case for case in CASES.values() if not (case.driver or case.gpu)], ids=lambda case: case.rule
)
def test_the_fix_ends_it(tmp_path: Path, case: Case, index: HollowIndex) -> None:
    place = sglang_stack(tmp_path / "env")
    case.plant(place)
    (finding,) = looked_at(place).findings
    env = {**os.environ, "UV_DEFAULT_INDEX": index.pypi, "UV_CACHE_DIR": str(tmp_path / "cache"), "UV_NO_CONFIG": "1"}
    for command in finding.fix.command.split(" && "):
        words = shlex.split(command)
        if words[0] == "conda":  # there is none here: what it would do
            (place.prefix / "conda-meta" / "torchvision-0.20.1-py311_0.json").unlink()
        elif words[0] == "uv":
            done = subprocess.run([newest_uv(), *words[1:]], env=env, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        else:
            assert words[:2] == ["stackpin", "explain"]
            place.member("sgl-kernel", "0.1.4")
    assert looked_at(place).findings == ()


def answered(command: str, place: LaidOut) -> dict[str, Any]:
    """What a command of ours says as JSON."""
    words = shlex.split(command)
    assert words[0] == "stackpin"
    document: dict[str, Any] = json.loads(run_here(*words[1:], "--json", cwd=place.prefix).stdout)
    return document


@pytest.mark.parametrize(
    "case", [case for case in CASES.values() if case.driver or case.gpu], ids=lambda case: case.rule
)
def test_what_the_fix_of_a_machine_leads_to_is_silent(tmp_path: Path, case: Case) -> None:
    """The fix of a driver or a GPU is a choice: its command tells the nearest tuples, and each of them is no finding."""
    place = sglang_stack(tmp_path / "env")
    (finding,) = looked_at(place, case).findings
    nearest = answered(finding.fix.command, place)["explanation"]["nearest"]
    assert nearest
    for number, each in enumerate(nearest):
        other = LaidOut(tmp_path / f"other-{number}", PYTHON)
        lay_out(answered(each["command"], place), other)
        words = shlex.split(each["command"])
        driver = words[words.index("--driver") + 1] if "--driver" in words else case.driver
        assert looked_at(other, driver=driver, gpu=case.gpu).findings == ()
        assert looked_at(other, driver="1.0", gpu=case.gpu).findings != ()


def lay_out(document: dict[str, Any], place: LaidOut) -> None:
    """Install the tuple that a command has told."""
    tag = document["target"]["cuda"]
    for pin in document["pins"]:
        label = pin["build"]["local"]
        version = f"{pin['version']}+{label}" if label else pin["version"]
        if pin["name"] == "torch":
            place.torch(version, f"{tag[2:-1]}.{tag[-1]}", label=tag)
        else:
            place.member(pin["name"], version)
