"""Where no Python was asked for, an answer exists just where one exists on some Python."""

from __future__ import annotations

import pytest

from stackpin.app.compile import Job, Workshop, compile_job
from stackpin.errors import NoTuple

__all__: list[str] = []

WORKSHOP = Workshop()
PYTHONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
TORCHES = ("2.4.1", "2.5.0", "2.5.1", "2.6.0", "2.7.1", "2.9.1")
TRITONS = ("3.0.0", "3.1.0", "3.2.0", "3.3.1", "3.5.1")


def pythons_of(torch: str, triton: str, python: str = "") -> tuple[str, ...]:
    """The Pythons of the tuple; none where there is no tuple."""
    asked = Job(requirements=(f"torch=={torch}", f"triton=={triton}"), cuda="pypi", python=python)
    try:
        return compile_job(asked, WORKSHOP, version="test").locked.pythons
    except NoTuple:
        return ()


@pytest.mark.parametrize("torch", TORCHES)
def test_a_marker_that_speaks_of_pythons_refuses_on_those_alone(torch: str) -> None:
    for triton in TRITONS:
        served = [python for python in PYTHONS if pythons_of(torch, triton, python)]
        found = pythons_of(torch, triton)
        assert bool(found) == bool(served), triton
        assert {*found} <= {*served}


def test_what_torch_pins_below_a_python_only_is_free_from_that_python_on() -> None:
    """torch-2.5.1, METADATA: triton==3.1.0; … and python_version < "3.13"."""
    assert pythons_of("2.5.1", "3.1.0") == ("3.9", "3.10", "3.11", "3.12")  # torchvision has no wheel for 3.13
    assert pythons_of("2.5.1", "3.2.0") == ("3.13",)
