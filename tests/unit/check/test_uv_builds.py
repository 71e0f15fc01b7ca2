"""Which packages of a lock have to be built, by the tags of their wheels (PEP 425, PEP 600)."""

from __future__ import annotations

import pytest

from stackpin.check.uv_builds import built_from_source
from stackpin.parse.uv_lock import LockPackage, LockSource, UvLock

__all__: list[str] = []

REGISTRY = LockSource("registry", "https://index.example/simple")


def lock(*wheels: str, source: LockSource = REGISTRY) -> UvLock:
    return UvLock(packages=(LockPackage(name="x", version="1.0", source=source, wheels=wheels),))


@pytest.mark.parametrize(
    "wheels",
    [
        pytest.param(("x-1.0-py3-none-any.whl",), id="pure"),
        pytest.param(("x-1.0-py2.py3-none-any.whl",), id="both Pythons"),
        pytest.param(("x-1.0-cp38-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",), id="stable ABI"),
        pytest.param(("x-1.0-cp311-cp311-linux_x86_64.whl",), id="plain linux"),
        pytest.param(("x-1.0-py3-none-manylinux1_x86_64.whl",), id="a binary for every Python"),
        pytest.param(("x-1.0-cp310-cp310-win_amd64.whl", "x-1.0-cp311-cp311-musllinux_1_2_x86_64.whl"), id="musl"),
    ],
)
def test_a_wheel_serves(wheels: tuple[str, ...]) -> None:
    assert list(built_from_source(lock(*wheels), "x86_64", ["3.11"])) == []


@pytest.mark.parametrize(
    ("wheels", "pythons"),
    [
        pytest.param((), ["3.11"], id="no wheel"),
        pytest.param(("x-1.0-cp311-cp311-win_amd64.whl",), ["3.11"], id="another system"),
        pytest.param(("x-1.0-cp311-cp311-manylinux_2_17_aarch64.whl",), ["3.11"], id="another machine"),
        pytest.param(("x-1.0-cp311-cp311-manylinux_2_17_x86_64.whl",), ["3.12"], id="another Python"),
        pytest.param(("x-1.0-cp311-cp311-manylinux_2_17_x86_64.whl",), ["3.11", "3.12"], id="one of two Pythons"),
        pytest.param(("x-1.0-cp311-cp311-manylinux_2_17_x86_64.whl",), [], id="any Python"),
        pytest.param(("x-1.0-cp312-abi3-manylinux_2_17_x86_64.whl",), ["3.11"], id="a later stable ABI"),
        pytest.param(("x.whl",), ["3.11"], id="no wheel's name"),
    ],
)
def test_nothing_serves(wheels: tuple[str, ...], pythons: list[str]) -> None:
    assert [each.name for each in built_from_source(lock(*wheels), "x86_64", pythons)] == ["x"]


@pytest.mark.parametrize(
    ("kind", "built"), [("git", True), ("editable", True), ("directory", True), ("virtual", False)]
)
def test_a_source_tree_is_built(kind: str, built: bool) -> None:
    found = list(built_from_source(lock(source=LockSource(kind, ".")), "x86_64", ["3.11"]))
    assert bool(found) is built
