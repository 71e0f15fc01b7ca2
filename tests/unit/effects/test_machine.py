"""NVML and the driver's files, asked on machines that have them and on machines that have not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stackpin.effects.machine import DriverFiles, NvmlAnswer, ask_nvml, read_driver_files, read_system

if TYPE_CHECKING:
    from pathlib import Path


class NvmlTroubleError(Exception):
    """What a fake NVML raises."""


class FakeNvml:
    """NVML with one H100; ``fails_at`` names the call that fails."""

    NVMLError: type[Exception] = NvmlTroubleError

    def __init__(self, *, fails_at: str = "", as_bytes: bool = False) -> None:
        self.fails_at = fails_at
        self.as_bytes = as_bytes
        self.open = 0

    def _called(self, name: str) -> None:
        if name == self.fails_at:
            message = f"{name} failed"
            raise NvmlTroubleError(message)

    def _text(self, text: str) -> str | bytes:
        return text.encode() if self.as_bytes else text

    def nvmlInit(self) -> None:  # noqa: N802 - NVML's name
        self._called("init")
        self.open += 1

    def nvmlShutdown(self) -> None:  # noqa: N802 - NVML's name
        self.open -= 1

    def nvmlSystemGetDriverVersion(self) -> str | bytes:  # noqa: N802 - NVML's name
        return self._text("550.54.14")

    def nvmlSystemGetCudaDriverVersion_v2(self) -> int:  # noqa: N802 - NVML's name
        self._called("cuda")
        return 12040

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802 - NVML's name
        return 1

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Any:  # noqa: N802 - NVML's name
        self._called("handle")
        return index

    def nvmlDeviceGetName(self, handle: Any) -> str | bytes:  # noqa: N802 - NVML's name
        return self._text("NVIDIA H100 80GB HBM3")

    def nvmlDeviceGetCudaComputeCapability(self, handle: Any) -> tuple[int, int]:  # noqa: N802 - NVML's name
        return (9, 0)


@pytest.mark.parametrize("as_bytes", [False, True], ids=["text", "bytes"])
def test_nvml_names_driver_cuda_and_gpus(as_bytes: bool) -> None:
    nvml = FakeNvml(as_bytes=as_bytes)
    expected = NvmlAnswer(driver="550.54.14", cuda="12.4", gpus=(("NVIDIA H100 80GB HBM3", "9.0"),))
    assert ask_nvml(nvml) == expected
    assert nvml.open == 0


@pytest.mark.parametrize("call", ["init", "cuda", "handle"])
def test_an_nvml_that_fails_says_why_and_is_left_closed(call: str) -> None:
    nvml = FakeNvml(fails_at=call)
    assert ask_nvml(nvml) == NvmlAnswer(failure=f"{call} failed")
    assert nvml.open == 0


def test_the_drivers_files_are_read_in_the_order_of_the_buses(tmp_path: Path) -> None:
    folder = tmp_path / "driver" / "nvidia"
    for bus, text in (("0000:41:00.0", "Model: b"), ("0000:01:00.0", "Model: a")):
        (folder / "gpus" / bus).mkdir(parents=True)
        (folder / "gpus" / bus / "information").write_text(text)
    (folder / "version").write_text("NVRM version: x")
    assert read_driver_files(tmp_path) == DriverFiles(version="NVRM version: x", gpus=("Model: a", "Model: b"))


def test_a_machine_without_a_driver_has_no_such_files(tmp_path: Path) -> None:
    assert read_driver_files(tmp_path) == DriverFiles()


@pytest.mark.parametrize(
    ("said", "glibc"),
    [pytest.param("glibc 2.36", (2, 36), id="glibc"), pytest.param("", None, id="another C library")],
)
def test_glibc_is_what_the_c_library_says(said: str, glibc: tuple[int, int] | None) -> None:
    assert read_system(lambda: said).glibc == glibc


def test_this_machine_names_its_architecture() -> None:
    assert read_system().machine
