"""Which code runs on which GPU, by NVIDIA's rules."""

from __future__ import annotations

import pytest

from stackpin.abi.gpus import compute_capability, runs_on

__all__: list[str] = []


@pytest.mark.parametrize(
    ("architecture", "gpu", "runs"),
    [
        pytest.param("sm_80", (8, 0), True, id="its own"),
        pytest.param("sm_80", (8, 9), True, id="a higher minor of the same major"),
        pytest.param("sm_89", (8, 6), False, id="a lower minor"),
        pytest.param("sm_80", (9, 0), False, id="another major"),
        pytest.param("sm_90", (8, 9), False, id="a lower major"),
        pytest.param("compute_80", (9, 0), True, id="PTX on a newer GPU"),
        pytest.param("compute_80", (7, 5), False, id="PTX on an older one"),
        pytest.param("sm_90a", (9, 0), True, id="for that GPU alone"),
        pytest.param("sm_103a", (10, 0), False, id="a, another minor"),
        pytest.param("sm_100a", (10, 3), False, id="a, a higher minor"),
        pytest.param("compute_90a", (10, 0), False, id="PTX with a"),
        pytest.param("sm_100f", (10, 3), True, id="f, its family"),
        pytest.param("sm_103f", (10, 0), False, id="f, a lower minor"),
        pytest.param("compute_100f", (12, 0), False, id="PTX with f, another family"),
        pytest.param("gfx942", (9, 0), True, id="a name that is not known rules nothing out"),
    ],
)
def test_code_runs_where_nvidia_says(architecture: str, gpu: tuple[int, int], runs: bool) -> None:
    assert runs_on([architecture], gpu) is runs


def test_one_that_runs_is_enough() -> None:
    assert runs_on(["sm_80", "sm_90a"], (9, 0))
    assert not runs_on([], (9, 0))


@pytest.mark.parametrize(
    ("text", "found"),
    [("sm_90", (9, 0)), ("sm_120", (12, 0)), ("8.9", (8, 9)), ("90a", (9, 0)), ("H100", None), ("", None), ("9", None)],
)
def test_a_gpu_is_named_in_several_ways(text: str, found: tuple[int, int] | None) -> None:
    assert compute_capability(text) == found
