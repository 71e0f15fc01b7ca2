"""What the names of images tell, and what they do not."""

from __future__ import annotations

import pytest

from stackpin.catalog.base_images import backend_index, base_image

__all__: list[str] = []


@pytest.mark.parametrize(
    ("reference", "packages", "tag"),
    [
        pytest.param("pytorch/pytorch:2.6.0-cuda12.4-cudnn9-runtime", (("torch", "2.6.0"),), "cu124", id="runtime"),
        pytest.param(
            "docker.io/pytorch/pytorch:2.3.1-cuda11.8-cudnn8-devel", (("torch", "2.3.1"),), "cu118", id="devel"
        ),
        pytest.param(
            "pytorch/pytorch:2.6.0-cuda12.4-cudnn9-devel@sha256:0", (("torch", "2.6.0"),), "cu124", id="digest"
        ),
        pytest.param("lmsysorg/sglang:v0.4.6.post5-cu124", (("sglang", "0.4.6.post5"),), "cu124", id="sglang"),
        pytest.param("lmsysorg/sglang:v0.4.6.post5-cu124-srt", (("sglang", "0.4.6.post5"),), "cu124", id="sglang srt"),
        pytest.param("lmsysorg/sglang:v0.5.3", (("sglang", "0.5.3"),), "", id="sglang without a tag"),
        pytest.param("vllm/vllm-openai:v0.8.5.post1", (("vllm", "0.8.5.post1"),), "", id="vllm"),
    ],
)
def test_images_whose_tag_tells_what_is_in_them(reference: str, packages: object, tag: str) -> None:
    found = base_image(reference)
    assert found is not None
    assert (found.packages, str(found.tag), found.uncovered) == (packages, tag, "")
    assert found.source.startswith("https://")


@pytest.mark.parametrize(
    "reference",
    [
        "pytorch/pytorch",
        "pytorch/pytorch:latest",
        "pytorch/pytorch:2.6.0-cuda12.4-cudnn9",
        "pytorch/pytorch@sha256:0",
        "example.org:5000/pytorch/pytorch:2.6.0-cuda12.4-cudnn9-runtime",
        "example/pytorch:2.6.0-cuda12.4-cudnn9-runtime",
        "lmsysorg/sglang:latest",
        "lmsysorg/sglang:v0.5.5-cu130",
        "vllm/vllm-openai:nightly",
        "nvidia/cuda:12.4.1-devel-ubuntu22.04",
        "nvcr.io/nvidia/cuda:12.4.1-devel-ubuntu22.04",
        "ubuntu:22.04",
        "",
        "\0",
    ],
)
def test_images_whose_name_tells_nothing(reference: str) -> None:
    assert base_image(reference) is None


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("nvcr.io/nvidia/pytorch:25.03-py3", "NVIDIA's own build of torch"),
        ("rocm/pytorch:latest", "a build for another accelerator"),
        ("rocm/vllm", "a build for another accelerator"),
        ("lmsysorg/sglang:v0.4.6.post5-rocm630", "a build for another accelerator"),
        ("vllm/vllm-openai:v0.11.0-rocm", "a build for another accelerator"),
    ],
)
def test_images_with_builds_that_are_not_covered(reference: str, why: str) -> None:
    found = base_image(reference)
    assert found is not None
    assert (found.uncovered, found.packages) == (why, ())


@pytest.mark.parametrize(("reference", "python"), [("python:3.11-slim", "3.11"), ("python:3.12.4", "3.12")])
def test_images_of_python_tell_the_minor(reference: str, python: str) -> None:
    found = base_image(reference)
    assert found is not None
    assert (found.python, found.packages) == (python, ())


def test_a_torch_backend_is_pytorchs_index() -> None:
    assert backend_index("cu126") == "https://download.pytorch.org/whl/cu126"
