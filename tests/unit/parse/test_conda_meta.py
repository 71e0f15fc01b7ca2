"""What conda says of a package that it has installed."""

from __future__ import annotations

import json

import pytest

from stackpin.errors import InputUnreadable
from stackpin.model.installed import CondaPackage
from stackpin.parse.conda_meta import distribution_of, parse_conda_package

__all__: list[str] = []

FILE = "pytorch-2.5.1-py3.11_cuda12.4_cudnn9.1.0_0.json"
#: The fields that conda writes, cut down to those that are read and two that are not.
DOCUMENT = {
    "name": "pytorch",
    "version": "2.5.1",
    "build": "py3.11_cuda12.4_cudnn9.1.0_0",
    "channel": "https://conda.anaconda.org/pytorch/linux-64",
    "files": [
        "bin/torchrun",
        "lib/python3.11/site-packages/torch-2.5.1-py3.11.egg-info/PKG-INFO",
        "lib/python3.11/site-packages/torch/__init__.py",
    ],
}


@pytest.mark.parametrize(
    ("file", "name"),
    [(FILE, "torch"), ("torchtriton-3.1.0-py311.json", "triton"), ("cuda-python-12.8.0-py311_0.json", "cuda-python")],
)
def test_a_file_s_name_tells_the_distribution(file: str, name: str) -> None:
    assert distribution_of(file) == name


@pytest.mark.parametrize("file", ["history", "state", "odd.json", "one-two.json"])
def test_what_is_not_named_as_conda_does_is_about_none(file: str) -> None:
    assert distribution_of(file) == ""


def test_a_package_is_read_with_its_own_metadata_folders() -> None:
    assert parse_conda_package(json.dumps(DOCUMENT).encode(), FILE) == CondaPackage(
        name="torch", conda="pytorch", version="2.5.1", file=FILE, described=frozenset({"torch-2.5.1-py3.11.egg-info"})
    )


def test_what_has_nothing_in_site_packages_is_no_distribution() -> None:
    assert parse_conda_package(json.dumps({**DOCUMENT, "files": ["lib/libcudart.so.12"]}).encode(), FILE) is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(json.dumps(DOCUMENT).encode()[:-20], id="cut"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"[" * 100_000, id="deeply nested"),
        pytest.param(b'{"name": 1, "version": "2", "files": []}', id="a name that is a number"),
        pytest.param(b'{"name": "a", "version": "2", "files": 3}', id="files that are a number"),
        pytest.param(b"\xff\xfe\x00", id="binary"),
    ],
)
def test_anything_else_is_one_error(content: bytes) -> None:
    with pytest.raises(InputUnreadable) as raised:
        parse_conda_package(content, FILE)
    assert raised.value.where == FILE
