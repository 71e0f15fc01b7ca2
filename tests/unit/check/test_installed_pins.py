"""What installed distributions pin of each other: lines old and new, markers, extras, and whose word counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from stackpin.check.installed_pins import InstalledPins, described_twice, meets_pin
from stackpin.model.environment import Environment
from stackpin.model.installed import Contents, Described

__all__: list[str] = []

#: Lines as wheels on PyPI have them: torch 2.6.0, torch 2.11.0, sglang 0.4.6.post5.
TORCH = (
    'triton (==3.2.0) ; platform_system == "Linux" and platform_machine == "x86_64"',
    'nvidia-nccl-cu12 (==2.21.5) ; platform_system == "Linux" and platform_machine == "x86_64"',
    'nvidia-nccl-cu12==2.25.0; platform_machine == "aarch64"',
    'cuda-toolkit[cublas,cudart]==13.0.2; platform_system == "Linux"',
    "cuda-bindings<14,>=13.0.3",
    "sympy (==1.13.1) ; python_version >= '3.9'",
    "networkx==3.*",
    "nothing ==",
)
SGLANG = ('torch==2.6.0; extra == "srt"', 'sgl-kernel==0.1.4; extra == "srt"', "Flashinfer_Python == 0.2.5")


def described(name: str, version: str, *requires: str, folder: str = "") -> Described:
    lines = [f"Name: {name}", *(f"Requires-Dist: {line}" for line in requires)]
    place = folder or f"{name}-{version}.dist-info"
    return Described(canonicalize_name(name), version, "site", place, "\n".join(lines) if requires else "")


def contents(*distributions: Described, machine: str = "x86_64") -> Contents:
    environment = Environment(prefix=Path("env"), python="3.11", executable="", packages=(Path("site"),))
    return Contents(environment=environment, distributions=distributions, machine=machine)


def pins(machine: str = "x86_64") -> InstalledPins:
    both = (described("torch", "2.6.0", *TORCH), described("sglang", "0.4.6.post5", *SGLANG))
    return InstalledPins(contents(*both, machine=machine))


@pytest.mark.parametrize(
    ("name", "versions"),
    [
        ("triton", ["3.2.0"]),
        ("nvidia-nccl-cu12", ["2.21.5"]),
        ("cuda-toolkit", ["13.0.2"]),
        ("flashinfer-python", ["0.2.5"]),
        ("torch", ["2.6.0"]),
        ("cuda-bindings", []),
        ("networkx", []),
        ("nothing", []),
        ("absent", []),
    ],
)
def test_exact_pins_that_hold_here(name: str, versions: list[str]) -> None:
    assert [pin.version for pin in pins().exact(name)] == versions


def test_a_marker_is_judged_for_the_environment() -> None:
    assert [pin.version for pin in pins("aarch64").exact("nvidia-nccl-cu12")] == ["2.25.0"]


def test_pins_of_an_extra_count_where_they_may() -> None:
    assert pins().exact("torch", extras=False) == ()
    assert pins().exact("torch", by="torch") == ()


def test_the_evidence_is_the_line_and_whose_it_is() -> None:
    (pin,) = pins().exact("sgl-kernel")
    assert pin.evidence == 'sglang 0.4.6.post5: sgl-kernel==0.1.4; extra == "srt"'


def test_a_pin_that_is_not_met_is_told() -> None:
    broken = pins().broken(described("nvidia-nccl-cu12", "2.26.2"), "torch")
    assert broken is not None
    assert broken.version == "2.21.5"
    assert pins().broken(described("nvidia-nccl-cu12", "2.21.5"), "torch") is None
    assert pins().broken(described("nvidia-nccl-cu12", "2.26.2"), "sglang") is None
    assert pins().broken(described("cuda-bindings", "1.0"), "torch") is None


def test_torch_s_word_comes_first() -> None:
    engine = described("engine", "1.0", "triton==3.1.0")
    both = InstalledPins(contents(engine, described("torch", "2.6.0", *TORCH)))
    assert both.wanted("triton", "9.9") == "3.2.0"
    assert both.wanted("absent", "9.9") == "9.9"


def test_contradicting_pins_decide_nothing() -> None:
    both = InstalledPins(contents(described("one", "1", "kern==1.0"), described("two", "2", "kern==2.0")))
    assert both.wanted("kern", "9.9") == "9.9"


def test_who_asks_for_a_distribution_at_all() -> None:
    assert set(pins().askers("networkx")) == {"torch"}
    assert set(pins().askers("sgl-kernel")) == {"sglang"}
    assert set(pins().askers("absent")) == set()


@pytest.mark.parametrize(
    ("version", "pinned", "meets"),
    [
        ("2.6.0", "2.6.0", True),
        ("2.6.0+cu124", "2.6.0", True),
        ("2.6", "2.6.0", True),
        ("2.6.0", "2.6.0+cu124", False),
        ("2.6.0+cu126", "2.6.0+cu124", False),
        ("odd-version", "2.6.0", False),
    ],
)
def test_a_pin_is_met_as_pep_440_says(version: str, pinned: str, meets: bool) -> None:
    assert meets_pin(version, pinned) is meets


def test_a_line_of_any_length_is_read_in_time() -> None:
    line = "demo" + " " * 200_000 + "(" * 1000 + "==1.0" + " " * 200_000
    assert [pin.version for pin in InstalledPins(contents(described("a", "1", line))).exact("demo")] == ["1.0"]


def test_a_marker_that_is_none_pins_nothing() -> None:
    assert InstalledPins(contents(described("a", "1", "demo==1.0; this is no marker"))).exact("demo") == ()


def test_folders_of_one_name_are_told_once_an_egg_beside_a_member_alone() -> None:
    egg, member_egg = (
        described("demo", "1.0", folder="demo-1.0-py3.11.egg-info"),
        described("torch", "2.5.1", "sympy", folder="torch-2.5.1-py3.11.egg-info"),
    )
    found = described_twice(contents(egg, described("demo", "2.0"), member_egg, described("torch", "2.6.0", *TORCH)))
    assert [[each.version for each in several] for several in found] == [["2.5.1", "2.6.0"]]
