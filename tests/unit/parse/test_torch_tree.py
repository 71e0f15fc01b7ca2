"""Lists of requirements in torch's own code, as its trees have had them."""

from __future__ import annotations

import pytest

from stackpin.errors import InputUnreadable
from stackpin.parse.torch_tree import listed_in_code, version_in

__all__: list[str] = []

#: The shape of setup.py from torch 2.5 to 2.13, with the lines of 2.6.
SETUP = b"""
def main() -> None:
    install_requires = [
        "filelock",
        "typing-extensions>=4.10.0",
        'setuptools ; python_version >= "3.12"',
        'sympy==1.13.1 ; python_version >= "3.9"',
        "networkx",
        "jinja2",
        "fsspec",
    ]
    if BUILD_PYTHON_ONLY:
        install_requires += [f"{LIBTORCH_PKG_NAME}=={get_torch_version()}"]
"""


def test_the_list_is_read_and_nothing_is_run() -> None:
    assert listed_in_code(SETUP, "install_requires") == (
        "filelock",
        "typing-extensions>=4.10.0",
        'setuptools; python_version >= "3.12"',
        'sympy==1.13.1; python_version >= "3.9"',
        "networkx",
        "jinja2",
        "fsspec",
    )


def test_a_list_may_have_a_type() -> None:
    assert listed_in_code(b"BASE_DEPENDENCIES: list[str] = ['filelock']", "BASE_DEPENDENCIES") == ("filelock",)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(b"install_requires = make()", id="made by code"),
        pytest.param(b"install_requires = ['a', f'b=={c}']", id="with a part made by code"),
        pytest.param(b"install_requires = ['=!=']", id="no requirement"),
        pytest.param(b"other = ['a']", id="another name"),
        pytest.param(b"print 'python 2'", id="no Python of today"),
        pytest.param(b"\0", id="no code"),
    ],
)
def test_any_other_shape_is_not_known(code: bytes) -> None:
    assert listed_in_code(code, "install_requires") is None


def test_a_file_of_one_version_is_read() -> None:
    assert str(version_in(b"3.2.0\n", "triton_version.txt")) == "3.2.0"


@pytest.mark.parametrize("raw", [b"", b"main", b"\xff", b"1" * 5000])
def test_a_file_without_a_version_is_refused(raw: bytes) -> None:
    with pytest.raises(InputUnreadable, match="the file has no version in it"):
        version_in(raw, "triton_version.txt")
