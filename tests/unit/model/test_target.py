"""Targets: platforms as people and wheels write them, and the environment in which markers are judged."""

from __future__ import annotations

import pytest
from packaging.markers import Marker, default_environment

from stackpin.errors import NotCovered, UnknownName
from stackpin.model.target import DEFAULT_PLATFORM, Platform, glibc_of_platform_tag, marker_environment, parse_platform

__all__: list[str] = []

SHAPES = "linux-x86_64, linux-aarch64 or a tag such as manylinux_2_28_x86_64"


@pytest.mark.parametrize(
    ("text", "machine", "glibc"),
    [
        ("linux-x86_64", "x86_64", None),
        ("linux_x86_64", "x86_64", None),
        ("x86_64", "x86_64", None),
        ("linux-amd64", "x86_64", None),
        ("linux-aarch64", "aarch64", None),
        ("linux-arm64", "aarch64", None),
        ("manylinux_2_28_x86_64", "x86_64", (2, 28)),
        ("manylinux_2_34_aarch64", "aarch64", (2, 34)),
        ("manylinux2014_x86_64", "x86_64", (2, 17)),
        ("manylinux2010_x86_64", "x86_64", (2, 12)),
        ("manylinux1_x86_64", "x86_64", (2, 5)),
    ],
)
def test_a_platform_is_a_machine_and_perhaps_a_glibc(text: str, machine: str, glibc: tuple[int, int] | None) -> None:
    assert parse_platform(text) == Platform(machine=machine, glibc=glibc)


@pytest.mark.parametrize("text", ["linux-x86_64", "manylinux_2_28_x86_64", "linux-aarch64"])
def test_a_platform_is_written_as_it_is_read(text: str) -> None:
    assert str(parse_platform(text)) == text


def test_the_default_is_any_linux_on_x86_64() -> None:
    assert str(DEFAULT_PLATFORM) == "linux-x86_64"


@pytest.mark.parametrize("text", ["win_amd64", "macosx_11_0_arm64", "darwin", "musllinux_1_2_x86_64", "windows"])
def test_other_systems_are_not_covered(text: str) -> None:
    with pytest.raises(NotCovered) as caught:
        parse_platform(text)
    error = caught.value
    assert error.what == f"{text!r} is not covered: the stacks' kernels are built for Linux with glibc"
    assert error.expected == SHAPES


@pytest.mark.parametrize("text", ["", "x86", "linux", "linux-riscv64", "manylinux_2_28_s390x", "manylinux_x_y_x86_64"])
def test_anything_else_is_unknown(text: str) -> None:
    with pytest.raises(UnknownName) as caught:
        parse_platform(text)
    assert (caught.value.what, caught.value.expected) == (f"there is no platform {text!r}", SHAPES)


@pytest.mark.parametrize(
    ("tag", "machine", "glibc"),
    [
        ("any", "x86_64", (0, 0)),
        ("linux_x86_64", "x86_64", (0, 0)),
        ("linux_x86_64", "aarch64", None),
        ("manylinux1_x86_64", "x86_64", (2, 5)),
        ("manylinux2014_aarch64", "aarch64", (2, 17)),
        ("manylinux_2_34_x86_64", "x86_64", (2, 34)),
        ("manylinux_2_34_aarch64", "x86_64", None),
        ("musllinux_1_2_x86_64", "x86_64", None),
        ("win_amd64", "x86_64", None),
        ("macosx_11_0_arm64", "aarch64", None),
    ],
)
def test_a_wheels_platform_tag_asks_for_a_glibc(tag: str, machine: str, glibc: tuple[int, int] | None) -> None:
    assert glibc_of_platform_tag(tag, machine) == glibc


def test_the_environment_has_every_variable_that_a_marker_may_name() -> None:
    assert set(marker_environment("3.11", "x86_64")) >= set(default_environment())


@pytest.mark.parametrize(
    ("marker", "holds"),
    [
        ('platform_system == "Linux" and platform_machine == "x86_64"', True),
        ('python_version < "3.12"', True),
        ('python_full_version >= "3.11.0"', True),
        ('sys_platform != "linux"', False),
        ('extra == "srt"', False),
    ],
)
def test_markers_are_judged_for_the_target(marker: str, holds: bool) -> None:
    assert Marker(marker).evaluate(marker_environment("3.11", "x86_64")) is holds
