"""The driver's own files, as drivers of several branches write them."""

from __future__ import annotations

import pytest

from stackpin.parse.nvidia_driver import driver_version, gpu_model

CLOSED = """NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024
GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)
"""
OPEN = """NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (dvs-builder@U22)
GCC version:
"""
ARM = "NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  570.26  Release Build\n"
GPU = "Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 120\nGPU UUID: \t GPU-0\n"


@pytest.mark.parametrize(
    ("text", "version"),
    [
        pytest.param(CLOSED, "550.54.14", id="closed module"),
        pytest.param(OPEN, "580.65.06", id="open module"),
        pytest.param(ARM, "570.26", id="two numbers, aarch64"),
        pytest.param("", "", id="no file"),
        pytest.param("something else 1.2.3", "", id="another file"),
    ],
)
def test_the_driver_version_is_read_from_its_module_line(text: str, version: str) -> None:
    assert driver_version(text) == version


@pytest.mark.parametrize(
    ("text", "model"),
    [pytest.param(GPU, "NVIDIA H100 80GB HBM3", id="known"), pytest.param("IRQ: 1", "", id="unnamed")],
)
def test_a_gpus_model_is_read_from_its_information(text: str, model: str) -> None:
    assert gpu_model(text) == model
