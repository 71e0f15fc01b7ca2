"""The embedded symbols: whole for the kernels that sglang stands on, and right where others have found it out before."""

from __future__ import annotations

import pytest

from stackpin.abi.verdict import window
from stackpin.app.abi import abi
from stackpin.app.compile import Job, Workshop
from stackpin.errors import CatalogGap
from stackpin.model.abi import Verdict

__all__: list[str] = []

WORKSHOP = Workshop()
KERNELS = [
    (name, row.text) for name in ("sgl-kernel", "sglang-kernel") for row in WORKSHOP.catalog.releases(name) or ()
]


def verdict(*words: str) -> Verdict:
    (answer,) = abi(words, WORKSHOP, machine="x86_64")
    assert answer.judgement is not None
    return answer.judgement.verdict


@pytest.mark.parametrize(
    ("kernel", "torch", "expected"),
    [
        pytest.param("sgl-kernel==0.1.7", "torch==2.6.0", Verdict.MISFIT, id="a kernel for a newer torch"),
        pytest.param("sgl-kernel==0.1.4", "torch==2.6.0", Verdict.NOT_REFUTED, id="as sglang 0.4.6.post5 ships it"),
        pytest.param("sglang-kernel==0.4.2", "torch==2.11.0", Verdict.NOT_REFUTED, id="as sglang 0.5.11 ships it"),
        pytest.param("sglang-kernel==0.4.2", "torch==2.9.1", Verdict.MISFIT, id="the torch of the sglang before"),
        pytest.param("torchao==0.9.0", "torch==2.8.0", Verdict.MISFIT, id="as sglang 0.5.3 ships it"),
        pytest.param("torch-c-dlpack-ext==0.1.5", "torch==2.9.1", Verdict.NOT_REFUTED, id="a file for each torch"),
        pytest.param("torch-c-dlpack-ext==0.1.5", "torch==2.11.0", Verdict.UNKNOWN, id="no file for that torch"),
        pytest.param("torchvision==0.21.0", "torch==2.6.0+cu126", Verdict.UNKNOWN, id="one version, two C++ ABIs"),
        pytest.param(
            "torchvision==0.22.1", "torch==2.7.1+cu128", Verdict.NOT_REFUTED, id="another build with the same ABI"
        ),
    ],
)
def test_known_pairs_are_judged_as_they_are_known(kernel: str, torch: str, expected: Verdict) -> None:
    assert verdict(kernel, torch) is expected


@pytest.mark.parametrize(("name", "version"), KERNELS)
def test_every_kernel_release_of_sglang_was_read_or_says_why_not(name: str, version: str) -> None:
    facts = WORKSHOP.facts.abi
    kernel = facts.kernel(name, version, "x86_64")
    if kernel is None:
        assert facts.why_unread(name, version, "x86_64")
        return
    assert kernel.read.sha256
    fitting, unknown = window(kernel, facts.torches("x86_64"))
    assert fitting, "each of them was compiled for some torch of the catalog"
    assert not unknown, "every symbol that a kernel asks for was looked for in every torch"


def test_no_torch_outside_the_catalog_is_guessed() -> None:
    with pytest.raises(CatalogGap, match=r"no symbols of torch 2\.99\.0"):
        verdict("sgl-kernel==0.1.4", "torch==2.99.0")


@pytest.mark.parametrize(("release", "tag"), [("0.4.6.post5", "cu124"), ("0.5.3", "cu128"), ("0.5.23", "cu130")])
def test_each_native_member_of_a_tuple_has_a_verdict(release: str, tag: str) -> None:
    locked = WORKSHOP.solver.solve(WORKSHOP.request(Job(requirements=(f"sglang=={release}",), cuda=tag)))
    native = [pin for pin in locked.pins if WORKSHOP.facts.abi.follows(pin.name)]
    assert len(native) >= 4
    assert all(pin.symbols is not None for pin in native)
    assert all(pin.symbols.why for pin in native if pin.symbols and pin.symbols.verdict is Verdict.UNKNOWN)
