"""Every series on every tag and Python: where there is no tuple, the chain told is sound, minimal, and its nearest answers solve.

The chains are judged by :mod:`tests.walk.chains`, which shares no code with what tells them.
"""

from __future__ import annotations

import shlex
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from packaging.version import Version
from tests.walk import oracle
from tests.walk.chains import TAGS, faults_of
from tests.walk.oracle import Oracle

from stackpin.app.compile import Job, Workshop
from stackpin.cli.render import error_document
from stackpin.errors import NoTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__: list[str] = []

JUDGES: dict[str, Oracle | None] = {"sglang": Oracle("sglang"), "vllm": Oracle("vllm"), "torch": None}
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")


def series() -> Iterator[tuple[str, str]]:
    """Every series of every anchor."""
    for name in JUDGES:
        yield from dict.fromkeys((name, ".".join(map(str, Version(each).release[:2]))) for each in oracle.rows(name))


SERIES = list(series())
#: One series of each kind of refusal; the slow walk takes them all.
SAMPLE = [
    ("sglang", "0.4", "cu128", "3.14"),
    ("sglang", "0.4", "cu130", "3.9"),
    ("sglang", "0.5", "cu118", "3.12"),
    ("sglang", "0.5", "cu124", "3.14"),
    ("vllm", "0.6", "cu126", "3.12"),
    ("vllm", "0.8", "cu126", "3.12"),
    ("vllm", "0.11", "cu130", "3.9"),
    ("vllm", "0.33", "cu132", "3.12"),
    ("torch", "2.6", "cu130", "3.12"),
    ("torch", "2.6", "cu124", "3.14"),
]


@cache
def workshop() -> Workshop:
    return Workshop()


def refusal_of(requirement: str, tag: str, python: str) -> dict[str, Any] | None:
    """The refusal as ``--json`` prints it; None where there is an answer."""
    job = Job(requirements=(requirement,), cuda=tag, python=python)
    try:
        workshop().solver.solve(workshop().request(job))
    except NoTuple as error:
        return error_document(error)
    return None


@cache
def solves(command: str) -> bool:
    """Whether a nearest answer's command gives a tuple."""
    words = shlex.split(command)
    assert words[:2] == ["stackpin", "compile"]
    options = dict(zip(words[3::2], words[4::2], strict=True))
    job = Job(
        requirements=(words[2],),
        cuda=options.pop("--cuda", ""),
        python=options.pop("--python", ""),
        platform=options.pop("--platform", ""),
    )
    assert options == {}
    try:
        workshop().solver.solve(workshop().request(job))
    except NoTuple:
        return False
    return True


def wrong(name: str, series: str, tag: str, python: str) -> list[str]:
    """What is wrong with the refusal of a series; nothing where it is answered."""
    document = refusal_of(f"{name}=={series}.*", tag, python)
    if document is None:
        return []
    found = faults_of(document, JUDGES[name], f"=={series}.*", tag, python)
    near = [item["command"] for item in document["explanation"]["nearest"]]
    return found + [f"{command} has no answer" for command in near if not solves(command)]


@pytest.mark.parametrize(("name", "series", "tag", "python"), SAMPLE, ids=["-".join(item) for item in SAMPLE])
def test_a_chain_is_sound_and_minimal_and_its_nearest_answers_solve(
    name: str, series: str, tag: str, python: str
) -> None:
    assert refusal_of(f"{name}=={series}.*", tag, python) is not None
    assert wrong(name, series, tag, python) == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "series"), SERIES, ids=["-".join(item) for item in SERIES])
def test_every_chain_is_sound_and_minimal_and_its_nearest_answers_solve(name: str, series: str) -> None:
    found = {
        f"{tag}, Python {python}": faults
        for tag in TAGS
        for python in PYTHONS
        if (faults := wrong(name, series, tag, python))
    }
    assert found == {}


def test_the_judge_finds_a_false_step_a_step_too_many_and_one_too_few() -> None:
    """The judge is no rubber stamp: each kind of fault is planted in a real refusal."""
    document = refusal_of("sglang==0.4.7", "cu124", "3.12")
    assert document is not None
    (refusal,) = document["explanation"]["refusals"]
    steps = refusal["reasons"]
    judge = JUDGES["sglang"]
    assert faults_of(document, judge, "==0.4.7", "cu124", "3.12") == []
    refusal["reasons"] = steps[:1]
    assert faults_of(document, judge, "==0.4.7", "cu124", "3.12") == ["0.4.7: the steps leave an answer"]
    refusal["reasons"] = [
        *steps,
        {**steps[0], "claims": [{**steps[0]["claims"][0], "on": "sgl-kernel", "specifier": "==0.1.7"}]},
    ]
    assert any("is not needed" in fault for fault in faults_of(document, judge, "==0.4.7", "cu124", "3.12"))
    refusal["reasons"] = [{**steps[0], "claims": [{**steps[0]["claims"][0], "specifier": "==2.6.0"}]}, steps[1]]
    assert any("not in the rows" in fault for fault in faults_of(document, judge, "==0.4.7", "cu124", "3.12"))
    refusal["reasons"] = steps
    assert faults_of(document, judge, "==0.4.*", "cu124", "3.12")[0].endswith("no reason is told")
