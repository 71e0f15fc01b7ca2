"""torch's own version.py through the years, and a METADATA file's head."""

from __future__ import annotations

import pytest

from stackpin.model.installed import BuildOfTorch
from stackpin.parse.torch_build import parse_torch_version, version_of_metadata

CUDA = """from typing import Optional

__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip', 'xpu']
__version__ = '2.6.0+cu124'
debug = False
cuda: Optional[str] = '12.4'
git_version = '1eba9b3aa3c43f86f4a2c807ac8e12c4a7767340'
hip: Optional[str] = None
xpu: Optional[str] = None
"""
CPU = "__version__ = '2.3.0+cpu'\ndebug = False\ncuda = None\ngit_version = 'x'\nhip = None\n"
ROCM = "__version__ = '2.6.0+rocm6.2'\ncuda: Optional[str] = None\nhip: Optional[str] = '6.2.41133'\n"


@pytest.mark.parametrize(
    ("text", "build"),
    [
        pytest.param(CUDA, BuildOfTorch(version="2.6.0+cu124", cuda="12.4"), id="annotated"),
        pytest.param(CPU, BuildOfTorch(version="2.3.0+cpu"), id="without annotations, CPU"),
        pytest.param(ROCM, BuildOfTorch(version="2.6.0+rocm6.2", other="hip"), id="ROCm"),
        pytest.param("", None, id="no file"),
        pytest.param("print('hello')", None, id="another file"),
    ],
)
def test_version_py_names_the_build(text: str, build: BuildOfTorch | None) -> None:
    assert parse_torch_version(text) == build


def test_the_version_is_taken_from_the_head_and_not_from_the_description() -> None:
    assert version_of_metadata("Metadata-Version: 2.1\nName: torch\nVersion: 2.6.0\n\nVersion: 9.9\n") == "2.6.0"
    assert version_of_metadata("Name: torch\n\nVersion: 9.9\n") == ""
