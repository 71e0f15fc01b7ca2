"""What the judge finds, and above all what it does not.

The versions come from METADATA of PyPI's wheels:

- torch 2.6.0: ``triton==3.2.0; platform_system == "Linux" and …``, ``nvidia-cuda-runtime-cu12==12.4.127``
- torch 2.7.1: ``triton==3.3.1; …``, ``nvidia-cuda-runtime-cu12==12.6.77``
- torchvision 0.21.0: ``torch==2.6.0``; torchvision 0.22.1: ``torch==2.7.1``
- sglang 0.4.6.post5: ``torch==2.6.0; extra == "srt"``, ``sgl-kernel==0.1.4; extra == "srt"``, ``xgrammar==0.1.19``
- sglang 0.4.7: ``torch==2.7.1; extra == "srt"``; vllm 0.8.5.post1: ``xgrammar==0.1.18``
- xformers 0.0.30: ``torch==2.7.0``
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.subjects import judged, subject, told

from stackpin.app.compile import Job, Workshop
from stackpin.check.judge import InForce
from stackpin.errors import NoTuple
from stackpin.model.mention import SubjectKind

if TYPE_CHECKING:
    from stackpin.model.locked import LockedTuple

__all__: list[str] = []

ENVIRONMENT, LOCK, REQUIREMENTS = SubjectKind.ENVIRONMENT, SubjectKind.LOCK, SubjectKind.REQUIREMENTS
SGLANG = ("sglang==0.4.6.post5", "torch==2.6.0", "triton==3.2.0", "sgl-kernel==0.1.4", "xgrammar==0.1.19")


@pytest.mark.parametrize(
    ("kind", "lines", "expected"),
    [
        pytest.param(
            ENVIRONMENT,
            ["torch==2.6.0", "triton==3.3.1"],
            ["SP101 2: triton 3.3.1 is installed; torch 2.6.0 needs triton 3.2.0"],
            id="triton",
        ),
        pytest.param(
            LOCK,
            ["torch==2.6.0", "torchvision==0.22.1"],
            ["SP102 2: torchvision 0.22.1 belongs to torch 2.7.1, not to torch 2.6.0"],
            id="torchvision",
        ),
        pytest.param(
            ENVIRONMENT,
            [*SGLANG[:3], "sgl-kernel==0.1.7"],
            ["SP103 4: sgl-kernel 0.1.7 is installed; sglang 0.4.6.post5 needs sgl-kernel 0.1.4"],
            id="kernel",
        ),
        pytest.param(
            REQUIREMENTS,
            ["torch==2.6.0", "xformers==0.0.30"],
            ["SP103 2: xformers 0.0.30 does not go with the rest: xformers 0.0.30 needs torch 2.7.0"],
            id="no member of any stack",
        ),
        pytest.param(
            REQUIREMENTS,
            ["sglang==0.4.7", "torch==2.6.0+cu124"],
            [
                (
                    "SP104 1: sglang 0.4.7 does not exist for cu124: it needs torch 2.7.1, which is built for cu118, cu126 "
                    "and cu128"
                )
            ],
            id="no tuple for the tag that is asked for",
        ),
        pytest.param(
            REQUIREMENTS,
            ["sglang==0.4.6.post5", "vllm==0.8.5.post1"],
            [
                (
                    "SP104 1: sglang 0.4.6.post5 and vllm 0.8.5.post1 cannot share an environment: one needs xgrammar "
                    "0.1.19, the other xgrammar 0.1.18"
                )
            ],
            id="two engines",
        ),
        pytest.param(
            REQUIREMENTS,
            ["sglang>=0.4.6", "torch==2.6.0", "triton>=3.3"],
            ["SP101 3: triton >=3.3 is asked for; torch 2.6.0 needs triton 3.2.0"],
            id="ranges that each could be met, and not together",
        ),
        pytest.param(
            ENVIRONMENT,
            ["torch==2.6.0+cu126", "torchvision==0.21.0+cu124"],
            [
                (
                    "SP201 2: torchvision 0.21.0+cu124 is installed; the tuple has torchvision 0.21.0+cu126, the build for "
                    "cu126"
                )
            ],
            id="two labels",
        ),
        pytest.param(
            ENVIRONMENT,
            [*SGLANG, "cuda-python==13.0.0"],
            [
                (
                    "SP202 6: cuda-python 13.0.0 is installed; the tuple has cuda-python<13,>=12 (sglang 0.4.6.post5 asks "
                    'for cuda-python; extra == "srt"; cu124 is CUDA 12)'
                )
            ],
            id="CUDA major",
        ),
        pytest.param(
            ENVIRONMENT,
            [*SGLANG, "pytorch-triton==3.2.0"],
            ["SP301 6: pytorch-triton 3.2.0 is installed and writes triton/; the tuple has triton 3.2.0"],
            id="look-alike",
        ),
    ],
)
def test_what_facts_rule_out_is_found(kind: SubjectKind, lines: list[str], expected: list[str]) -> None:
    assert told(subject(kind, lines)) == expected


@pytest.mark.parametrize(
    ("kind", "lines", "tag"),
    [
        pytest.param(ENVIRONMENT, [*SGLANG], "cu124", id="the tuple"),
        pytest.param(ENVIRONMENT, ["torch==2.6.0+cu124", "triton==3.2.0"], "cu124", id="PyPI's build with its label"),
        pytest.param(
            ENVIRONMENT,
            ["torch==2.14.1", "torchvision==0.29.2"],
            "",
            id="torchvision of a torch that its METADATA leaves open",
        ),
        pytest.param(ENVIRONMENT, ["torch==2.7.1+cu128", "torchvision==0.22.1"], "cu128", id="one major, one ABI"),
        pytest.param(ENVIRONMENT, ["torch==2.6.0+rocm6.2", "triton==3.3.1"], "hip", id="another accelerator"),
        pytest.param(
            ENVIRONMENT, ["torch==2.6.0a0+ecf3bae40a.nv25.1", "triton==3.2.0"], "cu128", id="NVIDIA's own torch"
        ),
        pytest.param(ENVIRONMENT, ["torch==99.0", "triton==3.3.1"], "", id="a torch that nobody knows"),
        pytest.param(ENVIRONMENT, ["triton==3.3.1"], "", id="triton alone"),
        pytest.param(
            LOCK, ["torch==2.9.1+cu126", "torchcodec==0.16.0+cu126"], "", id="another index's build of a kernel"
        ),
        pytest.param(
            REQUIREMENTS, ["torch==2.8.0", "torchao==0.9.0"], "", id="a kernel that works without its library"
        ),
        pytest.param(REQUIREMENTS, ["torch==2.6.0", "triton==3.2.0", "xgrammar==99"], "", id="an unknown release"),
        pytest.param(REQUIREMENTS, ["torch>=2.6", "triton==3.2.0"], "", id="an open torch"),
        pytest.param(REQUIREMENTS, ["torch==2.6.*", "torchvision"], "", id="a series"),
        pytest.param(REQUIREMENTS, ["torch==2.6.0+cu126", "torchvision==0.21.0"], "", id="a pin that admits the build"),
        pytest.param(
            REQUIREMENTS, ["-c sglang==0.4.6.post5", "-c vllm==0.8.5.post1"], "", id="engines that are only constrained"
        ),
        pytest.param(
            REQUIREMENTS,
            ["torch==2.6.0", "triton==3.3.1 ; sys_platform == 'win32'", "triton==3.2.0 ; sys_platform == 'linux'"],
            "",
            id="another platform's",
        ),
    ],
)
def test_what_no_fact_rules_out_is_passed_over(kind: SubjectKind, lines: list[str], tag: str) -> None:
    assert told(subject(kind, lines, tag=tag)) == []


def test_what_is_not_judged_is_told() -> None:
    told_of = {
        "torch==2.6.0+rocm6.2": "it: torch 2.6.0+rocm6.2 is not covered: nothing is said of what goes with it",
        "torch==99.0": "it: torch 99.0 is not in the catalog: nothing is said of what goes with it",
    }
    for line, note in told_of.items():
        assert judged(subject(ENVIRONMENT, [line, "triton==3.2.0"])).notes == (note,)


def test_each_python_is_judged_apart() -> None:
    lines = ["torch==2.6.0", "triton==3.2.0 ; python_version < '3.12'", "triton==3.3.1 ; python_version >= '3.12'"]
    findings = judged(subject(LOCK, lines)).findings
    assert [(each.rule.id, each.place.line, each.part) for each in findings] == [("SP101", 3, "Python 3.12")]


def test_a_stack_in_force_decides() -> None:
    force = InForce(stacks=("sglang==0.4.*",), cuda="cu124")
    assert told(subject(REQUIREMENTS, ["sglang", "torch==2.6.0"]), force) == []
    assert told(subject(REQUIREMENTS, ["torch==2.7.1"]), force) == [
        "SP103 1: torch 2.7.1 is asked for; sglang 0.4.6.post5 needs torch 2.6.0"
    ]


def test_a_member_that_is_set_free_is_no_finding() -> None:
    lines = ["torch==2.6.0", "triton==3.3.1"]
    assert told(subject(ENVIRONMENT, lines), InForce(allow=("triton",))) == []


def test_the_fix_of_a_line_keeps_its_extras_and_marker() -> None:
    line = "triton[build]==3.3.1 ; sys_platform == 'linux'"
    (finding,) = judged(subject(REQUIREMENTS, ["torch==2.6.0", line])).findings
    (edit,) = finding.fix.edits
    assert edit.new == 'triton[build]==3.2.0; sys_platform == "linux"'


def _tuples(series: bool) -> list[LockedTuple]:
    """The newest tuple of each series on each tag that has one, or of each release."""
    workshop = Workshop()
    found = []
    for stack in workshop.stacks.by_name.values():
        releases = workshop.catalog.releases(stack.anchor) or ()
        asked = dict.fromkeys(
            f"=={'.'.join(map(str, item.version.release[:2]))}.*" if series else f"=={item.text}" for item in releases
        )
        for requirement in asked:
            for tag in sorted(workshop.facts.tags):
                job = Job(requirements=(f"{stack.anchor}{requirement}",), cuda=tag)
                try:
                    found.append(workshop.solver.solve(workshop.request(job)))
                except NoTuple:
                    continue
    return found


def _silent(locked: LockedTuple) -> None:
    lines = [f"{anchor.name}=={anchor.version}" for anchor in locked.anchors]
    lines += [
        f"{pin.name}=={pin.full_version}"
        for pin in locked.pins
        if pin.name not in {each.name for each in locked.anchors}
    ]
    for kind in (ENVIRONMENT, LOCK, REQUIREMENTS):
        for python in (locked.pythons[0], locked.pythons[-1]):
            one = subject(kind, lines, tag=str(locked.cuda) if kind is ENVIRONMENT else "", pythons=(python,))
            assert told(one) == [], (locked.anchors, locked.cuda, kind, python)


@pytest.mark.slow
def test_every_tuple_of_every_series_and_tag_is_silent() -> None:
    tuples = _tuples(series=True)
    assert len(tuples) > 100
    for locked in tuples:
        _silent(locked)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            ["torch==2.7.1", "-c torch==2.6.0", "-c triton==3.2.0", "-c torchvision==0.21.0"],
            ["SP104 1: torch 2.7.1 is asked for and torch 2.6.0 is pinned: no installer takes both"],
            id="the rest goes with the constraint",
        ),
        pytest.param(
            ["torch>=2.7", "-c torch==2.6.0"],
            ["SP104 1: torch >=2.7 is asked for and torch 2.6.0 is pinned: no installer takes both"],
            id="a range",
        ),
        pytest.param(
            ["torch==2.6.0", "triton==3.3.1", "-c triton==3.2.0"],
            ["SP104 2: triton 3.3.1 is asked for and triton 3.2.0 is pinned: no installer takes both"],
            id="another member",
        ),
        pytest.param(
            ["torch==2.6.0+cu124", "-c torch===2.6.0"],
            ["SP104 1: torch 2.6.0+cu124 is asked for and torch 2.6.0 is pinned: no installer takes both"],
            id="=== takes no build with a label",
        ),
        pytest.param(["torch==2.6.0+cu124", "-c torch==2.6.0"], [], id="== takes every build"),
        pytest.param(["torch==2.6.0", "-c torch==2.6.0+cu124"], [], id="the constraint names the build"),
        pytest.param(["torch>=2.5", "torch", "-c torch==2.6.0"], [], id="a range that takes it"),
        pytest.param(["torch==2.7.1", "-c torch>=2.6"], [], id="the constraint is a range"),
    ],
)
def test_what_is_asked_for_against_a_constraint(lines: list[str], expected: list[str]) -> None:
    assert told(subject(REQUIREMENTS, lines)) == expected
