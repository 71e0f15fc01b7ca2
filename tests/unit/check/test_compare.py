"""Two tuples side by side: kinds of change, builds of other indexes, packages that take another's place, the target."""

from __future__ import annotations

from typing import Any

import pytest

from stackpin.check.compare import compare
from stackpin.model.change import Change, ChangeKind, Held, Role, Stated, TargetChange

__all__: list[str] = []


def held(name: str, specifier: str, role: Role = Role.MEMBER, why: str = "") -> Held:
    """One line of a tuple."""
    return Held(name=name, specifier=specifier, role=role, why=why)


def stated(*lines: Held, **parts: Any) -> Stated:
    """A tuple of these lines."""
    usual: dict[str, Any] = {
        "title": "app",
        "anchors": (("app", "1.0"),),
        "cuda": "cu124",
        "machine": "x86_64",
        "pythons": ("3.10", "3.11"),
        "glibc": "2.28",
        "driver": "525.60.13",
    }
    return Stated(held=lines, **{**usual, **parts})


def one(before: Held | None, after: Held | None, **parts: Any) -> Change | None:
    """The only change between two tuples of one line each."""
    sides = [stated(*([line] if line else []), **parts) for line in (before, after)]
    found = compare(*sides)
    assert len(found.members) <= 1
    return next(iter(found.members), None)


@pytest.mark.parametrize(
    ("before", "after", "kind", "note"),
    [
        ("==2.9.0", "==2.10.0", ChangeKind.UPGRADE, ""),
        ("==2.10.0", "==2.9.0", ChangeKind.DOWNGRADE, ""),
        ("==2.6.0rc1", "==2.6.0", ChangeKind.UPGRADE, ""),
        ("==0.4.6", "==0.4.6.post5", ChangeKind.UPGRADE, ""),
        ("===2.6.0", "==2.6.0+cu126", ChangeKind.BUILD, "from PyPI's build to the cu126 build of another index"),
        ("==2.6.0+cu126", "===2.6.0", ChangeKind.BUILD, "from the cu126 build of another index to PyPI's build"),
        ("==2.6.0+cu118", "===2.7.0", ChangeKind.UPGRADE, "from the cu118 build of another index to PyPI's build"),
        ("<13,>=12", "<14,>=13", ChangeKind.BOUND, ""),
        ("<13,>=12", "==12.9.0", ChangeKind.PINNED, ""),
        ("==12.9.0", "<14,>=13", ChangeKind.FREED, ""),
    ],
)
def test_a_line_changes_in_one_way(before: str, after: str, kind: ChangeKind, note: str) -> None:
    change = one(held("torch", before), held("torch", after, why="app 1.0: torch"))
    assert change == Change(
        name="torch", kind=kind, before=before.lstrip("="), after=after.lstrip("="), note=note, why="app 1.0: torch"
    )


@pytest.mark.parametrize(("before", "after"), [("==2.6.0", "===2.6.0"), ("<13,>=12", "<13,>=12"), ("==2.6", "==2.6")])
def test_what_pip_obeys_alike_is_no_change(before: str, after: str) -> None:
    assert one(held("torch", before), held("torch", after)) is None


def test_what_is_new_and_what_is_gone_have_their_reasons() -> None:
    assert one(None, held("vsa", "==1.0", why="app 2.0: vsa==1.0")) == Change(
        name="vsa", kind=ChangeKind.ADDED, before="", after="1.0", why="app 2.0: vsa==1.0"
    )
    assert one(held("vsa", "==1.0", why="app 1.0: vsa"), None) == Change(
        name="vsa", kind=ChangeKind.REMOVED, before="1.0", after="", why="app 1.0: vsa"
    )


def test_an_unlabelled_build_of_a_vendors_page_is_not_pypis() -> None:
    page = "--find-links https://index.example/whl/cu124/kern/"
    found = compare(stated(held("kern", "==1.0")), stated(held("kern", "==1.0"), pages=(page,)))
    assert [(change.kind, change.note) for change in found.members] == [
        (ChangeKind.BUILD, "from PyPI's build to another index's build")
    ]
    assert (found.pages_gone, found.pages_new) == ((), (page,))


def test_a_package_that_takes_anothers_place_is_named() -> None:
    block = held("sgl-kernel", "0+blocked.by.stackpin.use.sglang.kernel.0.4.1", Role.BLOCK, "writes sgl_kernel/")
    found = compare(stated(held("sgl-kernel", "==0.3.21")), stated(held("sglang-kernel", "==0.4.1"), block))
    assert [(change.name, change.note) for change in found.members] == [
        ("sglang-kernel", ""),
        ("sgl-kernel", "sglang-kernel 0.4.1 takes its place (writes sgl_kernel/)"),
    ]
    assert found.kept_out == ()


def test_a_member_without_a_build_says_so() -> None:
    block = held("torchaudio", "0+stackpin.no.build.for.cu126", Role.BLOCK, "no release is built for cu126")
    found = compare(stated(held("torchaudio", "==2.6.0")), stated(block))
    assert [(change.kind, change.note) for change in found.members] == [
        (ChangeKind.REMOVED, "no release is built for cu126")
    ]


def test_a_look_alike_that_only_follows_another_version_is_no_change() -> None:
    old, new = (held("pytorch-triton", f"0+blocked.by.stackpin.use.triton.{version}", Role.BLOCK) for version in "12")
    assert not compare(stated(old), stated(new)).differs
    found = compare(stated(), stated(new))
    assert [(change.name, change.kind) for change in found.kept_out] == [("pytorch-triton", ChangeKind.ADDED)]
    assert [change.kind for change in compare(stated(new), stated()).kept_out] == [ChangeKind.REMOVED]


def test_each_part_of_the_target_says_what_it_means_for_the_machine() -> None:
    after = stated(cuda="cu130", pythons=("3.11", "3.12"), glibc="2.34", driver="580.65.06", machine="aarch64")
    assert compare(stated(), after).target == (
        TargetChange(what="CUDA tag", before="cu124", after="cu130", note="from CUDA 12 to CUDA 13"),
        TargetChange(what="NVIDIA driver", before="525.60.13", after="580.65.06", note="a newer driver is needed"),
        TargetChange(what="Python", before="3.10 to 3.11", after="3.11 to 3.12", note="3.10 lost; 3.12 gained"),
        TargetChange(what="glibc", before="2.28", after="2.34", note="a newer glibc is needed"),
        TargetChange(what="architecture", before="x86_64", after="aarch64"),
    )


@pytest.mark.parametrize(
    ("before", "after", "notes"),
    [
        (("cu130", "580.65.06"), ("cu124", "525.60.13"), ["from CUDA 13 to CUDA 12", "an older driver will do"]),
        (("cu124", "525.60.13"), ("cpu", ""), ["from CUDA 12 to CPU", "no driver is needed any more"]),
        (("cpu", ""), ("cu124", "525.60.13"), ["from CPU to CUDA 12", "a driver is needed now"]),
        (("cu124", "525.60.13"), ("cu126", "525.60.13"), ["the same CUDA major"]),
    ],
)
def test_tag_and_driver_are_read_in_both_directions(
    before: tuple[str, str], after: tuple[str, str], notes: list[str]
) -> None:
    sides = [stated(cuda=tag, driver=driver) for tag, driver in (before, after)]
    assert [row.note for row in compare(*sides).target] == notes


def test_what_the_closure_pins_stands_apart() -> None:
    before = stated(held("app", "==1.0"), held("idna", "==3.10", Role.OTHER), held("six", "==1.17", Role.OTHER))
    after = stated(held("app", "==1.0"), held("idna", "==3.9", Role.OTHER), held("six", "==1.17", Role.OTHER))
    found = compare(before, after)
    assert (found.members, found.same, found.others_same) == ((), ("app",), ("six",))
    assert [(change.name, change.kind) for change in found.others] == [("idna", ChangeKind.DOWNGRADE)]


def test_a_package_that_becomes_a_member_is_told_once() -> None:
    found = compare(stated(held("tilelang", "==0.1", Role.OTHER)), stated(held("tilelang", "==0.2")))
    assert [(change.name, change.kind) for change in found.members] == [("tilelang", ChangeKind.UPGRADE)]
    assert (found.others, found.others_same) == ((), ())


def test_a_note_of_which_only_numbers_differ_is_not_new() -> None:
    before = stated(told=("app 1.0 has no code for sm_75", "app 1.0 is old"))
    after = stated(told=("app 1.1 has no code for sm_75", "kern 2.0 was not verified"))
    found = compare(before, after)
    assert (found.notes_gone, found.notes_new) == (("app 1.0 is old",), ("kern 2.0 was not verified",))
    assert not found.differs


def test_beside_a_file_only_what_a_file_can_hold_is_compared() -> None:
    file = stated(notes=("in the header",))
    solved = stated(notes=("in the header",), told=("in the header", "beside the file"))
    assert (compare(file, solved).notes_new, compare(solved, file).notes_gone) == ((), ())


def test_a_version_that_has_no_order_is_another_build() -> None:
    change = one(held("app", "===1.0-odd_one"), held("app", "===2.0"))
    assert change is not None
    assert change.kind is ChangeKind.BUILD
