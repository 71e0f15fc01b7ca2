"""What one resolution reads from METADATA lines; the lines quoted here are those of the wheels on PyPI."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name
from tests.support.small_catalog import SmallCatalog, row

from stackpin.model.cuda import CudaTag
from stackpin.model.target import Platform
from stackpin.resolve.context import Context, torch_line

if TYPE_CHECKING:
    from pathlib import Path

    from stackpin.model.release import Release

__all__: list[str] = []

#: METADATA of torch's wheels: the line that names the toolkit.
TORCH_LINES = {
    "2.3.0": 'nvidia-cuda-runtime-cu12 (==12.1.105) ; platform_system == "Linux" and platform_machine == "x86_64"',
    "2.6.0": 'nvidia-cuda-runtime-cu12 (==12.4.127) ; platform_system == "Linux" and platform_machine == "x86_64"',
    "2.10.0": 'nvidia-cuda-runtime-cu12==12.8.90; platform_system == "Linux" and platform_machine == "x86_64"',
    "2.11.0": "cuda-toolkit[cublas,cudart,cufft,cufile,cupti,curand,cusolver,cusparse,nvjitlink,nvrtc,nvtx]==13.0.2; "
    'platform_system == "Linux"',
    "2.15.0": "cuda-toolkit[cublas,cudart,cufft,cufile,cupti,cusolver,cusparse,nvjitlink,nvrtc,nvtx]==13.2.2; "
    'platform_system == "Linux"',
}
SGLANG = [
    'sglang[runtime_common]; extra == "srt"',
    'sgl-kernel==0.1.4; extra == "srt"',
    'torch==2.6.0; extra == "srt"',
    'torch; extra == "blackwell"',
    'flashinfer_python==0.2.5; extra == "srt"',
    'xgrammar==0.1.19; extra == "runtime-common"',
    'decord; extra == "srt"',
    "aiohttp",
]


@pytest.fixture
def small(tmp_path: Path) -> SmallCatalog:
    small = SmallCatalog(tmp_path)
    small.fact("cuda_members", name="nvidia-cuda-runtime-cu12", major=12, runtime=True)
    small.fact("cuda_members", name="cuda-toolkit", major="version", runtime=True)
    small.fact("cuda_members", name="cuda-python", major="version")
    small.release("torch", *(row("torch", version, line) for version, line in TORCH_LINES.items()))
    small.release("sglang", row("sglang", "0.4.6.post5", *SGLANG, extras=["srt", "runtime-common", "blackwell"]))
    return small


def context(small: SmallCatalog, machine: str = "x86_64", python: str = "3.11", cuda: str = "cu124") -> Context:
    catalog, facts = small.open()
    return Context(
        catalog=catalog,
        facts=facts,
        python=python,
        platform=Platform(machine=machine),
        cuda=CudaTag(cuda),
        tracked=frozenset({"torch", "triton", "sgl-kernel", "flashinfer-python", "xgrammar", "sglang"}),
    )


def release(small: SmallCatalog, name: str, version: str) -> Release:
    found = small.open()[0].release(name, version)
    assert found
    return found


@pytest.mark.parametrize(
    ("torch", "machine", "tag"),
    [
        ("2.3.0", "x86_64", "cu121"),
        ("2.6.0", "x86_64", "cu124"),
        ("2.10.0", "x86_64", "cu128"),
        ("2.11.0", "x86_64", "cu130"),
        ("2.15.0", "x86_64", "cu132"),
        ("2.6.0", "aarch64", "cpu"),
        ("2.10.0", "aarch64", "cpu"),
        ("2.11.0", "aarch64", "cu130"),
    ],
)
def test_pypis_own_tag_stands_in_torchs_metadata(small: SmallCatalog, torch: str, machine: str, tag: str) -> None:
    here = context(small, machine)
    found = release(small, "torch", torch)
    assert here.pypi_tag(found) == tag
    assert here.runtime_line(found) == ("" if tag == "cpu" else TORCH_LINES[torch])


def test_a_torch_without_metadata_has_no_known_tag(small: SmallCatalog) -> None:
    small.release("torch", row("torch", "2.99.0", requires=None, metadata=None))
    assert context(small).pypi_tag(release(small, "torch", "2.99.0")) is None


def test_the_metadata_of_the_wheel_for_the_machine_counts(small: SmallCatalog) -> None:
    arm = {"aarch64": {"metadata": "arm.whl", "metadata_sha256": "", "requires": ["cuda-toolkit==12.9.1"]}}
    small.release("torch", row("torch", "2.99.0", "cuda-toolkit==13.0.2", variants=arm))
    found = release(small, "torch", "2.99.0")
    assert [context(small, machine).pypi_tag(found) for machine in ("x86_64", "aarch64")] == ["cu130", "cu129"]


@pytest.mark.parametrize(
    ("extra", "names"),
    [
        ("", []),
        ("srt", ["sglang", "sgl-kernel", "torch", "flashinfer-python"]),
        ("runtime-common", ["xgrammar"]),
        ("blackwell", ["torch"]),
        ("nonesuch", []),
    ],
)
def test_the_lines_of_an_extra_are_those_that_it_adds_about_members(
    small: SmallCatalog, extra: str, names: list[str]
) -> None:
    found = context(small).lines(release(small, "sglang", "0.4.6.post5"), extra)
    assert [line.name for line in found] == names
    assert all(line.text in SGLANG for line in found)


@pytest.mark.parametrize(("python", "names"), [("3.11", ["triton"]), ("3.12", [])])
def test_a_marker_is_judged_for_the_python_of_the_target(small: SmallCatalog, python: str, names: list[str]) -> None:
    line = 'triton (==2.3.0) ; platform_system == "Linux" and platform_machine == "x86_64" and python_version < "3.12"'
    small.release("torch", row("torch", "2.99.0", line))
    found = context(small, python=python).lines(release(small, "torch", "2.99.0"))
    assert [str(item.name) for item in found] == names


@pytest.mark.parametrize(
    ("requires", "text"),
    [
        pytest.param(["numpy", "torch (==2.6.0)"], "torch (==2.6.0)", id="the old parenthesised form"),
        pytest.param(['torch==2.6.0; extra == "gpu"', "torch>=2"], "torch>=2", id="not an extra's"),
        pytest.param(["torch-memory-saver==0.0.9", "torchao"], None, id="nor another name that begins alike"),
        pytest.param(["Torch>=2.1"], "Torch>=2.1", id="names are normalized"),
    ],
)
def test_what_a_release_says_of_torch(requires: list[str], text: str | None, tmp_path: Path) -> None:
    small = SmallCatalog(tmp_path)
    small.release("some", row("some", "1.0", *requires))
    found = torch_line(release(small, "some", "1.0"), "x86_64")
    assert (found.text if found else None) == text
    assert found is None or found.name == canonicalize_name("torch")


def test_a_family_members_torch_is_its_own_pin_else_the_pair(small: SmallCatalog) -> None:
    small.release("torchaudio", row("torchaudio", "2.6.0", "torch==2.6.0"), row("torchaudio", "2.11.0"))
    small.release("torchaudio", row("torchaudio", "2.12.0"))
    small.fact("family", torch="2.12.0", torchvision="0.27.0", torchaudio="2.11.0")
    small.fact("family", torch="2.11.0", torchvision="0.26.0", torchaudio="2.11.0")
    here = context(small)
    found = [here.torch_of(release(small, "torchaudio", version)) for version in ("2.6.0", "2.11.0", "2.12.0")]
    assert found == ["2.6.0", "2.11.0", ""]
