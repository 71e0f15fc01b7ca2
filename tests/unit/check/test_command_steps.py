"""What commands leave in an environment: replaced, removed, brought along, on branches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from stackpin.check.command_steps import ALL, ANY, Ground, Settled, Step, settled
from stackpin.model.mention import IndexLine, Mention, Place, Role
from stackpin.model.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stackpin.model.mention import Subject

__all__: list[str] = []

#: What packages ask for, by name and version; those without a version are the newest's.
NEEDS = {
    ("vllm", "0.9.0"): (("torch", "==2.7.0"),),
    ("vllm", ""): (("torch", "==2.9.0"),),
    ("vllm", ANY): (("torch", "==2.7.0"), ("torch", "==2.9.0")),
    ("torchvision", "0.22.0"): (("torch", "==2.7.0"),),
    ("accelerate", ""): (("torch", ">=2.0"),),
}
IMAGE = Place(path="it", line=1, column=6)


def mention(text: str, line: int = 0) -> Mention:
    role = Role.CONSTRAINED if text.startswith("-c ") else Role.REQUIRED
    found = Requirement(text.removeprefix("-c "))
    exact = [each.version for each in found.specifier if each.operator == "=="]
    return Mention(
        name=canonicalize_name(found.name),
        place=Place(path="it", line=line, column=1),
        role=role,
        version=exact[0] if exact else "",
        specifier=str(found.specifier),
        text=text,
    )


def step(line: int, *pins: str, **parts: object) -> Step:
    values: dict[str, object] = {"environment": "", "mentions": tuple(mention(pin, line) for pin in pins), **parts}
    return Step(line=line, **values)  # type: ignore[arg-type]  # of the fields' own types


def needs(asked: Mention) -> Iterable[tuple[str, str]]:
    return NEEDS.get((str(asked.name), asked.version), ())


def pins(subjects: Iterable[Subject]) -> list[list[str]]:
    return [sorted(each.text for each in subject.mentions) for subject in subjects]


def came_to(*steps: Step, ground: Ground | None = None) -> Settled:
    return settled(steps, ground or Ground(path="it"), needs)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([step(1, "torch==2.6.0"), step(2, "triton==3.2.0")], ["torch==2.6.0", "triton==3.2.0"], id="both"),
        pytest.param([step(1, "torch==2.6.0"), step(2, "torch==2.7.0")], ["torch==2.7.0"], id="the last"),
        pytest.param([step(1, "torch==2.6.0"), step(2, removed=("torch",))], [], id="removed"),
        pytest.param([step(1, "torch==2.6.0"), step(2, "torch")], ["torch==2.6.0"], id="there already"),
        pytest.param([step(1, "torch==2.6.0"), step(2, "torch>=2.5")], ["torch==2.6.0"], id="does already"),
        pytest.param([step(1, "torch==2.6.0"), step(2, "torch>=2.7")], ["torch>=2.7"], id="does not do"),
        pytest.param([step(1, "torch==2.6.0"), step(2, "torch", upgrade=True)], ["torch"], id="upgraded"),
        pytest.param([step(1, "torch==2.6.0"), step(2, "vllm==0.9.0")], ["vllm==0.9.0"], id="replaced by a need"),
        pytest.param([step(1, "torch==2.7.0"), step(2, "vllm==0.9.0")], ["torch==2.7.0", "vllm==0.9.0"], id="met"),
        pytest.param([step(1, "vllm==0.9.0"), step(2, "torch==2.6.0")], ["torch==2.6.0", "vllm==0.9.0"], id="broken"),
        pytest.param([step(1, "torch==2.6.0", "vllm==0.9.0")], ["torch==2.6.0", "vllm==0.9.0"], id="at once"),
        pytest.param(
            [step(1, "torch==2.6.0"), step(2, "vllm==0.9.0", needs=False)],
            ["torch==2.6.0", "vllm==0.9.0"],
            id="without dependencies",
        ),
        pytest.param([step(1, "torch==2.6.0"), step(2, "vllm")], ["vllm"], id="the newest's need"),
        pytest.param(
            [step(1, "torch==2.6.0"), step(2, "accelerate")], ["accelerate", "torch==2.6.0"], id="a wide need"
        ),
        pytest.param([step(1, "torch==2.6.0"), step(2, "accelerate", fresh=True)], ["accelerate"], id="all anew"),
        pytest.param(
            [step(1, "torch==2.6.0"), step(2, touched=(replace(mention("vllm"), version=ANY),))], [], id="any"
        ),
        pytest.param([step(1, "torch==2.6.0"), step(2, "a==1", unknown=True)], ["a==1"], id="untold"),
        pytest.param(
            [step(1, "torch==2.6.0"), Step(environment=ALL, line=2, unknown=True), step(3, "triton==3.3.1")],
            ["triton==3.3.1"],
            id="anything",
        ),
        pytest.param([step(1, "a==1"), Step(environment=ALL, line=2, ends=True), step(3, "b==1")], ["a==1"], id="left"),
        pytest.param([step(1, "-c torch==2.6.0", "a==1")], ["-c torch==2.6.0", "a==1"], id="constrained"),
        pytest.param(
            [step(1, "-c torch==2.6.0", "a==1"), step(2, "torch==2.7.0")], ["a==1", "torch==2.7.0"], id="once"
        ),
        pytest.param(
            [step(1, "-c torch==2.6.0", "-c triton==3.2.0", "a==1"), step(2, "torch==2.7.0")],
            ["a==1", "torch==2.7.0"],
            id="another torch than a command before was held to",
        ),
        pytest.param(
            [step(1, "torch==2.7.0"), step(2, "-c torch==2.6.0", "-c triton==3.2.0", "a==1")],
            ["a==1", "torch==2.7.0"],
            id="held too late",
        ),
        pytest.param(
            [step(1, "torch==2.7.0"), step(2, "-c torch==2.7.0+cu128", "a==1")],
            ["-c torch==2.7.0+cu128", "a==1", "torch==2.7.0"],
            id="held to one build of it",
        ),
        pytest.param(
            [step(1, "torch==2.7.0", "triton==3.3.0"), step(2, "-c torch==2.7.0", "-c triton==3.2.0", "a==1")],
            ["-c torch==2.7.0", "a==1", "torch==2.7.0", "triton==3.3.0"],
            id="held too late in one name",
        ),
        pytest.param(
            [step(1, "torch==2.7.0"), step(2, "-c torch==2.6.0", "torch==2.7.0")],
            ["-c torch==2.6.0", "torch==2.7.0"],
            id="held and asked for at once",
        ),
        pytest.param(
            [step(1, "torch==2.6.0"), step(2, "-c torch==2.7.0", "vllm==0.9.0")],
            ["-c torch==2.7.0", "vllm==0.9.0"],
            id="held for what is replaced",
        ),
    ],
)
def test_what_is_sure_in_the_end(steps: list[Step], expected: list[str]) -> None:
    assert pins(came_to(*steps).sure) == ([sorted(expected)] if expected else [])


def test_environments_are_apart() -> None:
    found = came_to(
        step(1, "torch==2.6.0"),
        step(2, "torch==2.7.0", environment="/srv"),
        step(3, "vllm==0.9.0", environment="uv tool, line 3"),
        Step(environment=ALL, line=4, unknown=True),
    ).sure
    assert [(subject.part, *pins([subject])) for subject in found] == [("environment uv tool, line 3", ["vllm==0.9.0"])]


def test_each_branch_is_followed_for_itself() -> None:
    found = came_to(
        step(1, "torch==2.6.0", "a==1"),
        step(2, "torch==2.7.0", branch=((1, 0),)),
        step(3, "torch==2.5.1", branch=((1, 1),)),
        step(4, "triton==3.3.0", branch=((2, 0),)),
    )
    assert pins(found.sure) == [["a==1"]]
    assert [subject.part for subject in found.branches] == [f"where line {line} runs" for line in (2, 3, 4)]
    assert pins(found.branches) == [["a==1", "torch==2.7.0"], ["a==1", "torch==2.5.1"], ["a==1", "triton==3.3.0"]]


def test_a_branch_within_another_goes_with_it() -> None:
    found = came_to(
        step(1, "torch==2.7.0", branch=((1, 0),)),
        step(2, "triton==3.3.0", branch=((1, 0), (2, 0))),
        step(3, "a==1", branch=((1, 1),)),
    )
    assert pins(found.branches) == [["torch==2.7.0"], ["torch==2.7.0", "triton==3.3.0"], ["a==1"]]


def test_a_branch_that_leaves_ends_there() -> None:
    leaves = Step(environment=ALL, line=2, branch=((1, 0),), ends=True)
    found = came_to(step(1, "a==1", branch=((1, 0),)), leaves, step(3, "b==1"))
    assert pins(found.sure) == [["b==1"]]
    assert pins(found.branches) == [["a==1"]]


def test_a_command_whose_pins_do_not_stand_is_told_alone() -> None:
    line = IndexLine(address="https://a.example", option="--index-url", place=Place(path="it", line=1, column=1))
    found = came_to(step(1, "torch==2.5.0", "triton==3.2.0", indexes=(line,)), step(2, "torch==2.6.0"))
    assert pins(found.sure) == [["torch==2.6.0", "triton==3.2.0"]]
    assert pins(found.alone) == [["torch==2.5.0", "triton==3.2.0"]]
    assert (found.alone[0].part, found.alone[0].indexes) == ("line 1", (line,))


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(step(1, "torch==2.5.0"), id="one pin"),
        pytest.param(step(1, "torch==2.5.0", "a"), id="one version"),
        pytest.param(step(1, "torch==2.5.0", "triton==3.2.0", needs=False), id="without dependencies"),
        pytest.param(step(1, "torch==2.5.0", "triton==3.2.0", unknown=True), id="with more"),
    ],
)
def test_a_command_that_may_stand_is_not_told_alone(first: Step) -> None:
    assert came_to(first, step(2, "torch==2.6.0")).alone == ()


def image(**parts: object) -> Ground:
    base = replace(mention("torch==2.6.0", 1), role=Role.INSTALLED)
    values: dict[str, object] = {"base": (base,), "tag": "cu124", "tag_place": IMAGE, "also": ("torchvision",), **parts}
    return Ground(path="it", **values)  # type: ignore[arg-type]  # of the fields' own types


@pytest.mark.parametrize(
    ("steps", "base", "tag"),
    [
        pytest.param([step(2, "a==1")], ["torch==2.6.0"], "cu124", id="kept"),
        pytest.param([step(2, "torch==2.6.0")], ["torch==2.6.0"], "cu124", id="there already"),
        pytest.param([step(2, "torch==2.7.0")], [], "", id="replaced"),
        pytest.param([step(2, "vllm==0.9.0")], [], "", id="replaced by a need"),
        pytest.param([step(2, "torch==2.6.0+cu126")], ["torch==2.6.0"], "cu124", id="rebuilt"),
        pytest.param(
            [step(2, "torch==2.6.0+cu126", "torchvision==0.21.0+cu126")], [], "", id="rebuilt with its family"
        ),
        pytest.param([step(2, "torch==2.6.0+cu126"), step(3, removed=("torchvision",))], [], "", id="family gone"),
        pytest.param([step(2, "a==1", unknown=True)], [], "", id="untold"),
        pytest.param([step(2, removed=("torch",)), step(3, "a==1")], [], "", id="removed"),
        pytest.param([step(2, "a==1", environment="/srv")], [], "", id="another environment"),
    ],
)
def test_what_stays_of_an_image(steps: list[Step], base: list[str], tag: str) -> None:
    (subject,) = came_to(*steps, ground=image()).sure
    assert ([each.text for each in subject.base], subject.tag) == (base, tag)
    assert subject.tag_place == (IMAGE if tag else None)


def test_a_pin_that_an_image_meets_already_is_fetched_from_nowhere() -> None:
    pin = replace(mention("torch==2.6.0", 2), address="https://download.pytorch.org/whl/cu126")
    (subject,) = came_to(Step(environment="", line=2, mentions=(pin,)), ground=image()).sure
    assert subject.mentions == (replace(pin, address=""),)


def test_many_branches_and_commands_are_bounded() -> None:
    steps = [step(number, f"a{number}==1", "b==1", branch=((number, 0),)) for number in range(1, 400)]
    found = came_to(*steps)
    assert (len(found.branches), len(found.alone)) == (64, 100)


def test_a_constraint_does_not_count_for_the_torch_that_an_image_has() -> None:
    """The command has no cause to replace it, and the triton of that torch is not told in the image's name."""
    torch = Mention(name=canonicalize_name("torch"), place=IMAGE, role=Role.INSTALLED, version="2.6.0", text="image")
    held = step(2, "-c torch==2.7.0", "-c triton==3.3.0", "a==1")
    assert pins(came_to(held, ground=Ground(path="it", base=(torch,))).sure) == [["a==1"]]
    assert pins(came_to(held).sure) == [["-c torch==2.7.0", "-c triton==3.3.0", "a==1"]]
