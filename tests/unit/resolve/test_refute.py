"""Claims held against each other: what they leave, and which of them are needed."""

from __future__ import annotations

import pytest
from packaging.version import Version

from stackpin.model.explanation import CUDA, PLATFORM, PYTHON, Claim, Reason, ReasonKind
from stackpin.resolve.refute import World, needed, refutes

__all__: list[str] = []

RELEASES = {
    "engine": ("1.0", "2.0"),
    "torch": ("2.5.0", "2.6.0", "2.7.0"),
    "kernel": ("0.1", "0.2", "0.3"),
}


def world(engine: str = "==1.0", pythons: tuple[str, ...] = ("3.12",), cuda: str = "cu124") -> World:
    def releases(name: str) -> dict[str, Version]:
        return {text: Version(text) for text in RELEASES.get(name, ())}

    return World(
        anchors={"engine": engine}, releases=releases, pythons=pythons, target={CUDA: frozenset({cuda})}, known={}
    )


def needs(package: str, version: str, on: str, specifier: str, *pythons: str) -> Claim:
    return Claim(package=package, versions=(version,), on=on, specifier=specifier, pythons=pythons)


def left(package: str, version: str, on: str, *values: str) -> Claim:
    return Claim(package=package, versions=(version,), on=on, values=values)


TORCH = needs("engine", "1.0", "torch", "==2.6.0")
BUILT = left("torch", "2.6.0", CUDA, "cu118", "cu126")


@pytest.mark.parametrize(
    ("claims", "refuted"),
    [
        ([], False),
        ([TORCH], False),
        ([BUILT], False),  # nothing asks for torch at all
        ([TORCH, BUILT], True),
        ([needs("engine", "1.0", "torch", ">=2.6"), BUILT], False),  # 2.7.0 is left
        ([needs("engine", "2.0", "torch", "==2.6.0"), BUILT], False),  # of a release that was not asked for
        ([needs("engine", "1.0", "torch", "==9"), TORCH], True),  # no release meets both
        ([left("engine", "1.0", PYTHON, "3.9")], True),
        ([left("engine", "1.0", PLATFORM)], True),
        ([Claim(package="", on="torch", specifier="==2.6.0"), BUILT], True),  # asked for beside the engine
    ],
)
def test_claims_refute_what_they_leave_nothing_of(claims: list[Claim], refuted: bool) -> None:
    assert refutes(claims, world()) is refuted


def test_every_python_has_to_be_ruled_out() -> None:
    pinned = needs("engine", "1.0", "torch", "==2.6.0", "3.12")
    assert refutes([pinned, BUILT], world(pythons=("3.12",)))
    assert not refutes([pinned, BUILT], world(pythons=("3.12", "3.13")))


def test_a_choice_is_refuted_where_each_of_its_releases_is() -> None:
    either = needs("engine", "1.0", "kernel", ">=0.2")
    first, second = needs("kernel", "0.2", "torch", "<2.6"), needs("kernel", "0.3", "torch", "<2.7")
    held = needs("engine", "1.0", "torch", "==2.7.0")
    assert not refutes([either, held, first], world())
    assert refutes([either, held, first, second], world())


def reason(*claims: Claim, kind: ReasonKind = ReasonKind.REQUIRES) -> Reason:
    return Reason(kind=kind, text=f"{claims[0].package} {claims[0].on}", claims=claims)


def test_steps_that_the_others_can_do_without_go_the_later_ones_first() -> None:
    other = reason(needs("engine", "1.0", "kernel", "==0.1"))
    steps = (
        reason(TORCH),
        reason(BUILT, kind=ReasonKind.NO_BUILD),
        other,
        reason(left("kernel", "0.1", CUDA, "cu118")),
    )
    assert needed(steps, world()) == steps[:2]


def test_a_chain_that_leaves_something_is_not_cut() -> None:
    steps = (reason(TORCH), reason(needs("engine", "1.0", "kernel", "==0.1")))
    assert needed(steps, world()) == steps


def test_that_nothing_matches_is_a_step_of_its_own() -> None:
    """Without it there might be such a release for all that the other steps say."""
    steps = (
        reason(needs("engine", "1.0", "kernel", "==0.9")),
        reason(Claim(package="kernel", on="kernel", specifier="==0.9"), kind=ReasonKind.NO_RELEASE),
    )
    assert needed(steps, world()) == steps


def test_a_release_that_exists_and_may_not_be_taken_is_ruled_out_by_that_step() -> None:
    steps = (
        reason(needs("engine", "1.0", "kernel", "==0.3")),
        reason(Claim(package="kernel", on="kernel", specifier="==0.3"), kind=ReasonKind.YANKED),
    )
    assert needed(steps, world()) == steps


def test_nobody_has_a_release_that_meets_what_contradicts_itself() -> None:
    """A release that nobody knows of may be asked for; it is not what another line asks for instead."""
    asked = Claim(package="", on="kernel", specifier="==0.9")
    assert not refutes([asked], world())
    assert not refutes([asked, needs("engine", "1.0", "kernel", ">=0.2")], world())
    assert refutes([asked, needs("engine", "1.0", "kernel", "==0.2")], world())
