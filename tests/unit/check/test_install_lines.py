"""The lines that are printed to put an environment right."""

from __future__ import annotations

import shlex

import pytest

from stackpin.catalog.facts import Facts
from stackpin.catalog.loader import Catalog
from stackpin.check.install_lines import InstallLines

__all__: list[str] = []

FACTS = Facts(Catalog.open())
LINES = InstallLines(("--python", ".venv"), FACTS)


def test_a_release_of_pypi_s_needs_no_page() -> None:
    assert LINES.install("triton", "3.2.0") == "uv pip install --python .venv triton==3.2.0"


@pytest.mark.parametrize(
    ("name", "version", "page"),
    [
        ("torch", "2.6.0+cu126", "https://download.pytorch.org/whl/cu126/torch/"),
        ("torchvision", "0.21.0+cu126", "https://download.pytorch.org/whl/cu126/torchvision/"),
        ("torchaudio", "2.6.0+cpu", "https://download.pytorch.org/whl/cpu/torchaudio/"),
    ],
)
def test_a_labelled_build_is_found_on_its_page(name: str, version: str, page: str) -> None:
    expected = f"uv pip install --python .venv --reinstall-package {name} {name}=={version} --find-links {page}"
    assert LINES.install(name, version, again=True) == expected


@pytest.mark.parametrize(("name", "version"), [("torch", "2.6.0+cu999"), ("stranger", "1.0+cu126")])
def test_a_build_that_nobody_is_known_to_have_has_no_page(name: str, version: str) -> None:
    assert LINES.install(name, version) == f"uv pip install --python .venv {name}=={version}"


def test_a_mirror_stands_for_the_page() -> None:
    lines = InstallLines((), FACTS, lambda url: url.replace("https://download.pytorch.org", "http://mirror"))
    assert lines.install("torch", "2.6.0+cu126").endswith(" --find-links http://mirror/whl/cu126/torch/")


def test_what_a_shell_would_take_apart_is_quoted() -> None:
    lines = InstallLines(("--python", "/srv/my env's\n"), FACTS)
    words = ["uv", "pip", "install", "--python", "/srv/my env's\n", "cuda-python>=12,<13"]
    assert shlex.split(lines.install_range("cuda-python>=12,<13")) == words


def test_a_build_from_source_is_against_what_is_installed() -> None:
    options = "--reinstall-package flash-attn --no-binary flash-attn --no-build-isolation --no-cache"
    assert LINES.build("flash-attn", "2.8.3") == f"uv pip install --python .venv {options} flash-attn==2.8.3"
