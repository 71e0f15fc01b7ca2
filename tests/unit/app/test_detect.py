"""What a driver runs, and which torch is installed, on machines made of folders and fakes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from stackpin.app.detect import Detection, Gpu, Surroundings, TorchFound, detect
from stackpin.catalog.loader import Catalog, Layer
from stackpin.effects.machine import System
from stackpin.effects.process import Finished
from stackpin.errors import ToolMissing, UsageError
from stackpin.model.driver import meets

if TYPE_CHECKING:
    from pathlib import Path

FACTS = {
    "torch_builds": [{"torch": "2.6.0", "tag": tag} for tag in ("cpu", "cu118", "cu124", "cu128", "cu130")],
    "drivers": [
        {"cuda": "11.8", "min_driver": "450.80.02", "toolkit_driver": "520.61.05"},
        {"cuda": "12.4", "min_driver": "525.60.13", "toolkit_driver": "550.54.14"},
        {"cuda": "12.8", "min_driver": "525.60.13", "toolkit_driver": "570.26"},
        {"cuda": "13.0", "min_driver": "580.65.06", "toolkit_driver": "580.65.06"},
    ],
    "gpu_limits": [{"cuda_major": 13, "least_gpu": "7.5"}],
}
LINUX = System(machine="x86_64", name="linux", glibc=(2, 36))
PTX = "toolkit newer than the driver's 12.4: code compiled at run time from PTX may not load"


class OneNvml:
    """NVML of a machine with driver 550.54.14 and one H100."""

    NVMLError: type[Exception] = RuntimeError
    nvmlInit = staticmethod(lambda: None)  # noqa: N815 - NVML's name
    nvmlShutdown = staticmethod(lambda: None)  # noqa: N815 - NVML's name
    nvmlSystemGetDriverVersion = staticmethod(lambda: "550.54.14")  # noqa: N815 - NVML's name
    nvmlSystemGetCudaDriverVersion_v2 = staticmethod(lambda: 12040)  # noqa: N815 - NVML's name
    nvmlDeviceGetCount = staticmethod(lambda: 1)  # noqa: N815 - NVML's name
    nvmlDeviceGetHandleByIndex = staticmethod(lambda index: index)  # noqa: N815 - NVML's name
    nvmlDeviceGetName = staticmethod(lambda handle: "H100")  # noqa: N815 - NVML's name
    nvmlDeviceGetCudaComputeCapability = staticmethod(lambda handle: (9, 0))  # noqa: N815 - NVML's name


class Mismatched(OneNvml):
    """NVML after a driver update without a restart."""

    @staticmethod
    def nvmlInit() -> None:  # noqa: N802 - NVML's name
        message = "Driver/library version mismatch"
        raise RuntimeError(message)


class OnePython:
    """A runner whose only program is a Python with these site-packages."""

    def __init__(self, packages: Path) -> None:
        self.packages = packages

    def run(self, argv: Any, **options: Any) -> Finished:
        said = {"version": "3.11.7", "implementation": "CPython", "executable": argv[0], "prefix": "/p"}
        said |= {"machine": "x86_64", "system": "linux"}
        text = json.dumps({**said, "packages": [str(self.packages)]})
        return Finished(argv=tuple(argv), code=0, stdout=text, stderr="")


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    (tmp_path / "facts").mkdir()
    (tmp_path / "facts" / "facts.json").write_text(json.dumps(FACTS))
    return Catalog(Layer(tmp_path / "facts", sealed=False))


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    """A machine without a driver and with one environment that is empty."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    return Surroundings(
        nvml=None, proc=tmp_path / "proc", system=LINUX, runner=OnePython(tmp_path), environ={"PATH": ""}, cwd=tmp_path
    )


def verdicts(found: Detection) -> dict[str, tuple[bool | None, str]]:
    """Verdict and reason of every tag."""
    return {tag.tag: (tag.runs, tag.why) for tag in found.tags}


def drivers_files(proc: Path, version: str = "535.86.10") -> None:
    """The files of a driver and of one GPU."""
    gpu = proc / "driver" / "nvidia" / "gpus" / "0000:01:00.0"
    gpu.mkdir(parents=True)
    (gpu / "information").write_text("Model: \t NVIDIA A10\n")
    line = f"NVRM version: NVIDIA UNIX x86_64 Kernel Module  {version}  Fri\n"
    (proc / "driver" / "nvidia" / "version").write_text(line)


def test_without_a_driver_it_says_so_and_what_each_tag_needs(catalog: Catalog, around: Surroundings) -> None:
    found = detect(catalog=catalog, around=around)
    assert found.driver is None
    assert found.gpus == ()
    assert {tag.tag: tag.least_driver for tag in found.tags} == {
        "cu118": "450.80.02",
        "cu124": "525.60.13",
        "cu128": "525.60.13",
        "cu130": "580.65.06",
    }
    assert {tag.runs for tag in found.tags} == {None}
    assert found.notes == ("no NVIDIA driver here; --driver 550.54 judges for a machine that has one",)


def test_nvml_gives_driver_cuda_and_gpu(catalog: Catalog, around: Surroundings) -> None:
    around.nvml = OneNvml()
    found = detect(catalog=catalog, around=around)
    assert found.driver is not None
    assert (found.driver.version, found.driver.cuda, found.driver.source) == ("550.54.14", "12.4", "NVML")
    assert [(gpu.name, gpu.arch) for gpu in found.gpus] == [("H100", "sm_90")]
    assert verdicts(found) == {
        "cu118": (True, ""),
        "cu124": (True, ""),
        "cu128": (True, PTX),
        "cu130": (False, "needs driver 580.65.06 or newer"),
    }
    assert found.notes == ()


def test_without_nvml_the_drivers_files_answer(catalog: Catalog, around: Surroundings) -> None:
    drivers_files(around.proc)
    found = detect(catalog=catalog, around=around)
    assert found.driver is not None
    assert (found.driver.version, found.driver.cuda, found.driver.source) == ("535.86.10", "11.8", "the driver's files")
    assert found.gpus == (Gpu(name="NVIDIA A10"),)
    assert found.notes == ("nvidia-ml-py is not installed (pip install 'stackpin[nvml]'): compute capability not read",)


def test_an_nvml_that_fails_is_told_and_the_files_answer(catalog: Catalog, around: Surroundings) -> None:
    around.nvml = Mismatched()
    drivers_files(around.proc)
    found = detect(catalog=catalog, around=around)
    assert found.driver is not None
    assert found.driver.version == "535.86.10"
    assert found.notes == ("NVML does not answer: Driver/library version mismatch",)


def test_another_machine_is_judged_by_its_driver_and_gpu_alone(catalog: Catalog, around: Surroundings) -> None:
    around.nvml = OneNvml()
    found = detect(driver="580.65.06", gpu="sm_70", catalog=catalog, around=around)
    assert found.gpus == (Gpu(name="--gpu", compute="7.0"),)
    assert verdicts(found)["cu130"] == (False, "CUDA 13 has no code for sm_70")
    assert verdicts(found)["cu128"] == (True, "")
    assert found.notes == ("driver and GPU are as named; platform, Python and torch are this machine's",)


def test_a_named_driver_leaves_this_machines_gpus_out(catalog: Catalog, around: Surroundings) -> None:
    around.nvml = OneNvml()
    assert detect(driver="525.60", catalog=catalog, around=around).gpus == ()


@pytest.mark.parametrize(
    ("driver", "floor", "enough"),
    [
        pytest.param("550.54.14", "550.54.14", True, id="equal"),
        pytest.param("550.54", "550.54.14", True, id="the branch is named"),
        pytest.param("580", "580.65.06", True, id="only the major is named"),
        pytest.param("550.54.13", "550.54.14", False, id="one too old"),
        pytest.param("550.40", "550.54.14", False, id="older branch"),
        pytest.param("1000.1.1", "580.65.06", True, id="numbers, not text"),
        pytest.param("525.60.13", "525.60.13", True, id="leading floor"),
    ],
)
def test_a_driver_meets_a_floor_by_its_numbers(driver: str, floor: str, enough: bool) -> None:
    assert meets(driver, floor) is enough


@pytest.mark.parametrize("text", ["sm_90", "sm90", "9.0", "SM_90a"])
def test_a_gpu_is_understood_in_every_usual_spelling(catalog: Catalog, around: Surroundings, text: str) -> None:
    assert [gpu.arch for gpu in detect(gpu=text, catalog=catalog, around=around).gpus] == ["sm_90"]


def test_a_gpu_of_three_digits_is_split_before_the_last(catalog: Catalog, around: Surroundings) -> None:
    assert detect(gpu="sm_120", catalog=catalog, around=around).gpus[0].compute == "12.0"


@pytest.mark.parametrize(
    ("option", "text", "expected"),
    [
        pytest.param("driver", "12.4", "a version such as 550.54 or 550.54.14", id="a CUDA version"),
        pytest.param("driver", "five", "a version such as 550.54 or 550.54.14", id="a word"),
        pytest.param("gpu", "H100", "sm_ and two or three digits: sm_90", id="a model"),
    ],
)
def test_what_is_no_driver_or_gpu_is_refused(
    catalog: Catalog, around: Surroundings, option: str, text: str, expected: str
) -> None:
    with pytest.raises(UsageError) as raised:
        detect(**{option: text}, catalog=catalog, around=around)
    assert raised.value.exit_code == 2
    assert (raised.value.where, raised.value.expected) == (f"--{option}", expected)


@pytest.mark.parametrize(
    ("version_file", "metadata", "torch"),
    [
        pytest.param("__version__ = '2.6.0+cu124'\ncuda = '12.4'\n", "Version: 2.6.0\n", ("2.6.0", "cu124"), id="PyPI"),
        pytest.param(
            "__version__ = '2.6.0+cpu'\ncuda = None\n", "Version: 2.6.0+cpu\n", ("2.6.0+cpu", "cpu"), id="CPU"
        ),
        pytest.param("", "Version: 2.6.0+cu126\n", ("2.6.0+cu126", "cu126"), id="only METADATA"),
        pytest.param("", "Version: 2.6.0\n", ("2.6.0", ""), id="only METADATA, no label"),
    ],
)
def test_the_tag_of_an_installed_torch_is_read_from_its_files(
    catalog: Catalog, around: Surroundings, version_file: str, metadata: str, torch: tuple[str, str]
) -> None:
    folder = around.cwd
    (folder / "torch-x.dist-info").mkdir()
    (folder / "torch-x.dist-info" / "METADATA").write_text(metadata)
    (folder / "torch").mkdir()
    (folder / "torch" / "version.py").write_text(version_file)
    found = detect(catalog=catalog, around=around)
    assert found.python is not None
    assert found.python.torch == TorchFound(version=torch[0], tag=torch[1], folder=str(folder))


def test_a_rocm_torch_is_named_as_such(catalog: Catalog, around: Surroundings) -> None:
    (around.cwd / "torch").mkdir()
    (around.cwd / "torch" / "version.py").write_text("__version__ = '2.6.0+rocm6.2'\ncuda = None\nhip = '6.2'\n")
    found = detect(catalog=catalog, around=around)
    assert found.python is not None
    assert found.python.torch == TorchFound(version="2.6.0+rocm6.2", tag="", folder=str(around.cwd), other="hip")


def test_a_missing_python_is_a_note_and_a_missing_named_one_an_error(
    catalog: Catalog, around: Surroundings, tmp_path: Path
) -> None:
    around.cwd = tmp_path / "facts"
    found = detect(driver="550.54", catalog=catalog, around=around)
    assert found.python is None
    assert found.notes[0] == "no Python to look for torch in: there is no python on PATH"
    with pytest.raises(ToolMissing):
        detect("3.11", catalog=catalog, around=around)


def test_a_platform_without_glibc_is_named_as_it_is(catalog: Catalog, around: Surroundings) -> None:
    around.system = System(machine="arm64", name="darwin")
    assert detect(catalog=catalog, around=around).platform == "darwin-arm64"


def test_the_embedded_facts_know_a_real_driver(around: Surroundings) -> None:
    found = verdicts(detect(driver="550.54", around=around))
    assert found["cu124"] == (True, "")
    assert found["cu126"] == (True, PTX)
    assert found["cu130"] == (False, "needs driver 580.65.06 or newer")
