"""Every release that pins torch exactly, on every tag that its torch has: the answer that its lines force, or a fact.

The oracle reads the rows without any part of stackpin. It is asked first; then the solver has to agree.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version
from tests.walk import oracle
from tests.walk.oracle import FAMILY, Oracle

from stackpin.app.compile import Job, Workshop
from stackpin.errors import NoTuple
from stackpin.model.explanation import Explanation, Reason, ReasonKind
from stackpin.resolve.attempt import Attempt, Failure
from stackpin.resolve.reasons import reasons_of

if TYPE_CHECKING:
    from tests.walk.oracle import Fact, Verdict

    from stackpin.model.cuda import CudaTag
    from stackpin.model.locked import LockedTuple
    from stackpin.model.request import Request

__all__: list[str] = []

ORACLES = {name: Oracle(name) for name in ("sglang", "vllm")}
RELEASES = [(name, *entry) for name, judge in ORACLES.items() for entry in judge.releases()]
IDS = [f"{name}-{version}" for name, version, _ in RELEASES]
TAGS = sorted({row["tag"] for row in oracle.table("torch-builds")})
TORCHES = list(oracle.rows("torch"))
#: Each of these is refused for another kind of fact; the full walk takes them all.
SAMPLE = [
    ("sglang", "0.4.3.post4", "cu124"),
    ("sglang", "0.4.6.post5", "cu118"),
    ("sglang", "0.4.6.post5", "cu126"),
    ("sglang", "0.5.3", "cpu"),
    ("sglang", "0.5.9", "cu130"),
    ("sglang", "0.5.15", "cu126"),
    ("sglang", "0.5.23", "cu132"),
    ("vllm", "0.8.5.post1", "cu118"),
    ("vllm", "0.19.0", "cu130"),
    ("vllm", "0.20.0", "cu128"),
    ("vllm", "0.33.0", "cu132"),
]


@cache
def workshop() -> Workshop:
    return Workshop()


def request_for(requirement: str, tag: str) -> Request:
    return workshop().request(Job(requirements=(requirement,), cuda=tag))


def answer_for(requirement: str, tag: str) -> LockedTuple | None:
    answer = workshop().solver.answer(request_for(requirement, tag))
    return answer.locked if answer else None


def reasons_for(anchor: str, version: str, tag: CudaTag) -> list[Reason]:
    """What every Python's run gives as its reasons."""
    request = request_for(f"{anchor}=={version}", tag)
    solver = workshop().solver
    found: list[Reason] = []
    for python in solver.pythons(request):
        outcome = Attempt(
            facts=solver.facts,
            request=request,
            python=python,
            cuda=tag,
            fixed={anchor: version},
        ).run()
        assert isinstance(outcome, Failure)
        found += reasons_of(outcome)
    return found


def names_a_fact(reasons: list[Reason], facts: set[Fact]) -> bool:
    """Whether a reason that rules something out is about a release that the oracle names."""
    ends = [reason for reason in reasons if reason.kind is not ReasonKind.REQUIRES]
    return any(fact.name in reason.text and fact.version in reason.text for reason in ends for fact in facts)


def faults_of(locked: LockedTuple, verdict: Verdict, tag: str) -> list[str]:
    """Where a tuple is not what the lines force."""
    found = [
        f"{name} is {locked.pin(name) and locked.pin(name).version}, the anchor's line says {version}"  # type: ignore[union-attr]
        for name, version in verdict.pins.items()
        if (pin := locked.pin(name)) is None or Version(pin.version) != Version(version)
    ]
    triton, torch = locked.pin("triton"), verdict.pins["torch"]
    if bool(verdict.triton) != (triton is not None) or (triton and not oracle.admits(verdict.triton, triton.version)):
        found.append(f"triton is {triton and triton.version}, torch's line says {verdict.triton}")
    found += build_faults(locked, torch, tag)
    for pin in locked.pins:
        found += [f"{fact}" for fact in oracle.against(pin.name, pin.version, tag, torch, verdict.python)]
        for line in oracle.lines(pin.name, pin.version, verdict.python):
            other = locked.pin(line.name)
            if other and pin.name not in {"torch", *ORACLES} and not line.admits(other.version):
                found.append(f"{pin.name} {pin.version} needs {line.name} {line.specifier}, not {other.version}")
    return found


def build_faults(locked: LockedTuple, torch: str, tag: str) -> list[str]:
    """Whether torch and its family are the builds of the tag: PyPI's own where that is the tag, else labelled ones."""
    found = []
    own = oracle.pypi_tag(oracle.rows("torch")[torch]) == tag
    for name in ("torch", *FAMILY):
        pin = locked.pin(name)
        if pin is None:
            continue
        partner = torch if name == "torch" else oracle.paired(name, pin.version)
        mine = oracle.pypi_tag(oracle.rows("torch")[partner]) == tag if name != "torch" else own
        wanted = f"==={pin.version}" if mine else f"=={pin.version}+{tag}"
        if pin.specifier != wanted or bool(pin.build.page) == mine:
            found.append(f"{name}{pin.specifier} from {pin.build.page or 'PyPI'}, expected {wanted}")
        if not mine and not pin.build.page.endswith(f"/{tag}/{name}/"):
            found.append(f"{name} is looked for on {pin.build.page}")
    return found


def python_faults(locked: LockedTuple) -> list[str]:
    """Pythons that a tuple claims and some pin has no wheel for, and gaps in their row."""
    minors = [int(python.split(".")[1]) for python in locked.pythons]
    found = [] if minors == list(range(minors[0], minors[-1] + 1)) else [f"a gap: {locked.pythons}"]
    return found + [
        f"{pin.name} {pin.version} does not serve Python {python}"
        for pin in locked.pins
        for python in locked.pythons
        if not oracle.runs_on(pin.name, pin.version, python)
    ]


@pytest.mark.parametrize(("anchor", "version", "torch"), RELEASES, ids=IDS)
def test_a_release_has_the_tuple_that_its_lines_force_or_a_fact_against_it(
    anchor: str, version: str, torch: str
) -> None:
    wrong: dict[str, object] = {}
    for tag in oracle.tags_of(torch):
        verdicts = ORACLES[anchor].verdicts(version, tag)
        locked = answer_for(f"{anchor}=={version}", tag)
        free = [verdict for verdict in verdicts if not verdict.facts]
        if locked is None:
            facts = {fact for verdict in verdicts for fact in verdict.facts}
            if free or not names_a_fact(reasons_for(anchor, version, tag), facts):  # type: ignore[arg-type]  # a tag
                wrong[tag] = ("refused", [verdict.python for verdict in free], facts)
            continue
        served = [verdict for verdict in free if verdict.python in locked.pythons]
        faults = faults_of(locked, served[0], tag) + python_faults(locked) if served else ["answered against a fact"]
        if faults:
            wrong[tag] = faults
    assert wrong == {}


@pytest.mark.parametrize(("anchor", "version", "torch"), RELEASES, ids=IDS)
def test_a_release_has_no_tuple_on_a_tag_that_its_torch_is_not_built_for(anchor: str, version: str, torch: str) -> None:
    foreign = [tag for tag in TAGS if tag not in oracle.tags_of(torch)]
    assert [tag for tag in foreign if answer_for(f"{anchor}=={version}", tag) is not None] == []


@pytest.mark.parametrize(("anchor", "version", "torch"), RELEASES, ids=IDS)
def test_without_a_tag_a_release_is_on_the_one_that_its_torch_on_pypi_has(
    anchor: str, version: str, torch: str
) -> None:
    own = oracle.pypi_tag(oracle.rows("torch")[torch])
    locked, there = answer_for(f"{anchor}=={version}", "pypi"), answer_for(f"{anchor}=={version}", own)
    assert (locked is None, locked and locked.cuda) == (there is None, there and own)


@pytest.mark.parametrize("torch", TORCHES)
def test_torch_alone_on_each_tag(torch: str) -> None:
    wrong: dict[str, object] = {}
    for tag in TAGS:
        locked = answer_for(f"torch=={torch}", tag)
        if (locked is not None) != (tag in oracle.tags_of(torch)):
            wrong[tag] = locked
        if locked is None:
            continue
        python = locked.pythons[0]
        stated = [line.specifier for line in oracle.lines("torch", torch, python) if line.name == "triton"]
        triton = locked.pin("triton")
        faults = build_faults(locked, torch, tag) + python_faults(locked)
        faults += [f"{name} is not paired" for name in FAMILY if not is_paired(locked, name, torch)]
        if bool(stated) != bool(triton) or (triton and not oracle.admits(stated[0], triton.version)):
            faults.append(f"triton {triton and triton.version}, torch says {stated}")
        if faults:
            wrong[tag] = faults
    assert wrong == {}


def is_paired(locked: LockedTuple, name: str, torch: str) -> bool:
    """Whether a torchvision or torchaudio is the one that its own line, or the table, pairs with a torch."""
    pin = locked.pin(name)
    if pin is None:
        return any(name in line for line in locked.notes) is not False
    own = [line for line in oracle.lines(name, pin.version, locked.pythons[0]) if line.name == "torch"]
    listed = [row[name] for row in oracle.table("family") if row["torch"] == torch]
    return all(line.admits(torch) for line in own) if own else pin.version in listed


def refusal_of(anchor: str, version: str, tag: str) -> Explanation | None:
    """The refusal as a person gets it; None where there is an answer."""
    try:
        workshop().solver.solve(request_for(f"{anchor}=={version}", tag))
    except NoTuple as error:
        return error.explanation if isinstance(error.explanation, Explanation) else None
    return None


def refusal_faults(anchor: str, version: str, tag: str) -> str:
    """What is wrong with a refusal; empty where there is an answer, or nothing wrong."""
    explanation = refusal_of(anchor, version, tag)
    if explanation is None:
        return ""
    reasons = [reason for refusal in explanation.refusals for reason in refusal.reasons]
    facts = {fact for verdict in ORACLES[anchor].verdicts(version, tag) for fact in verdict.facts}
    if not names_a_fact(reasons, facts):
        return f"{[reason.text for reason in reasons]}: none of {facts}"
    if not reasons[0].text.startswith(f"{anchor} {version}"):
        return f"the first cause is {reasons[0].text}"
    for near in explanation.nearest:
        found = re.fullmatch(r"stackpin compile (\S+) --cuda (\S+)", near.command)
        if not found or answer_for(found[1], found[2]) is None:
            return f"{near.command} has no answer"
    return ""


@pytest.mark.parametrize(("anchor", "version", "tag"), SAMPLE, ids=["-".join(item) for item in SAMPLE])
def test_a_refusal_begins_with_the_anchor_names_a_fact_and_offers_what_exists(
    anchor: str, version: str, tag: str
) -> None:
    assert answer_for(f"{anchor}=={version}", tag) is None
    assert refusal_faults(anchor, version, tag) == ""


@pytest.mark.slow
@pytest.mark.parametrize(("anchor", "version", "torch"), RELEASES, ids=IDS)
def test_every_refusal_begins_with_the_anchor_names_a_fact_and_offers_what_exists(
    anchor: str, version: str, torch: str
) -> None:
    found = {tag: refusal_faults(anchor, version, tag) for tag in oracle.tags_of(torch)}
    assert {tag: fault for tag, fault in found.items() if fault} == {}
