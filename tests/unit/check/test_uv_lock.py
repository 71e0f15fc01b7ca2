"""What of a lock file breaks a tuple: on locks that real uvs wrote, and small ones by hand."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.hollow import HollowIndex
from tests.support.locked import pin, sglang_cu124, sglang_cu126
from tests.support.tools import newest_uv
from tests.support.uv_locks import CASES, UVS, kept_lock, lay_out, make_lock, mini_index, run_uv

from stackpin.check.environment import describe
from stackpin.check.uv_lock import lock_alternatives, lock_faults, lock_holds_members
from stackpin.errors import InputUnreadable
from stackpin.model.cuda import CudaTag
from stackpin.model.locked import LockedTuple
from stackpin.model.target import Platform
from stackpin.parse.uv_lock import LockDependency, LockPackage, LockSource, UvLock, parse_uv_lock

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

EVERY = [(case, uv) for case, since in CASES.items() for uv in UVS if UVS.index(since) <= UVS.index(uv)]
PYPI = LockSource("registry", "https://pypi.org/simple")
MEMBERS = ("torch", "triton", "torchvision", "torchaudio", "pytorch-triton", "triton-windows", "numpy")


def kept(case: str, uv: str = "0.13.9") -> UvLock:
    return parse_uv_lock(kept_lock(case, uv))


def told(lock: UvLock, locked: LockedTuple | None = None, **options: Any) -> list[str]:
    """The faults for Python 3.11 as people read them."""
    options.setdefault("pythons", ["3.11"])
    return [describe(each, state="locked") for each in lock_faults(lock, locked or sglang_cu124(), **options)]


def project(*edges: LockDependency, packages: tuple[LockPackage, ...]) -> UvLock:
    """A lock of one project with these edges."""
    return UvLock(packages=(LockPackage("app", "1", LockSource("virtual", "."), (), edges), *packages))


def nothing_fits() -> LockedTuple:
    """A tuple in which every version of every member of the mini index is a fault: faults are then what is reached."""
    return LockedTuple(
        anchors=(),
        pins=tuple(pin(name, "0") for name in MEMBERS),
        bounds=(),
        blocks=(),
        cuda=CudaTag("cu124"),
        platform=Platform(machine="x86_64"),
        pythons=("3.11",),
    )


@pytest.mark.parametrize("uv", [uv for case, uv in EVERY if case == "plain"])
def test_a_lock_that_holds_the_tuple_is_without_fault(uv: str) -> None:
    assert told(kept("plain", uv)) == []


@pytest.mark.parametrize("uv", [uv for case, uv in EVERY if case == "forks"])
def test_what_other_systems_get_is_no_fault(uv: str) -> None:
    """The lock holds torch 2.5.1 for darwin and triton-windows for Windows."""
    assert told(kept("forks", uv), pythons=["3.10", "3.11", "3.12"]) == []


@pytest.mark.parametrize("uv", [uv for case, uv in EVERY if case == "script"])
def test_a_script_is_judged_by_its_requirements(uv: str) -> None:
    assert told(kept("script", uv)) == []
    assert told(kept("script", uv), sglang_cu126()) == [
        "torch 2.6.0 is locked; the tuple has torch 2.6.0+cu126, the build for cu126"
    ]


@pytest.mark.parametrize("uv", [uv for case, uv in EVERY if case == "indexes"])
def test_a_build_is_told_by_its_label_or_by_its_index(uv: str) -> None:
    assert told(kept("indexes", uv)) == [
        "torch 2.6.0+cu126 is locked; the tuple has torch 2.6.0, the build for cu124",
        "torchaudio 2.5.1 is locked; the tuple has torchaudio 2.6.0",
        "torchvision 0.21.0 built for cu118 is locked; the tuple has torchvision 0.21.0, the build for cu124",
    ]


@pytest.mark.parametrize("uv", [uv for case, uv in EVERY if case == "workspace"])
def test_a_workspace_is_judged_with_every_members_extras_and_groups(uv: str) -> None:
    assert told(kept("workspace", uv)) == [
        "pytorch-triton 3.2.0 is locked and writes triton/; the tuple has triton 3.2.0",
        "torchaudio 2.5.1 is locked; the tuple has torchaudio 2.6.0",
    ]
    assert told(kept("workspace", uv), extras=(), groups=()) == []
    assert told(kept("workspace", uv), allow=["torchaudio", "pytorch-triton"]) == []


@pytest.mark.parametrize("uv", [uv for case, uv in EVERY if case == "conflict"])
def test_of_extras_that_exclude_each_other_the_selected_one_counts(uv: str) -> None:
    wrong = ["torch 2.6.0+cu126 is locked; the tuple has torch 2.6.0, the build for cu124"]
    assert told(kept("conflict", uv)) == wrong
    assert told(kept("conflict", uv), extras=["other"]) == wrong
    assert told(kept("conflict", uv), extras=["plain"]) == []
    assert told(kept("conflict", uv), extras=[]) == []


@pytest.mark.parametrize("uv", [uv for case, uv in EVERY if case == "conflict"])
def test_each_choice_among_extras_that_exclude_each_other_is_told(uv: str) -> None:
    lock = parse_uv_lock(kept_lock("conflict", uv))
    assert sorted(sorted(extras or ()) for extras, _ in lock_alternatives(lock)) == [["other"], ["plain"]]
    found = [told(lock, extras=extras, groups=groups) for extras, groups in lock_alternatives(lock)]
    assert sorted(len(each) for each in found) == [0, 1]


@pytest.mark.parametrize("uv", [uv for case, uv in EVERY if case == "plain"])
def test_where_nothing_excludes_anything_there_is_one_choice_of_all(uv: str) -> None:
    lock = parse_uv_lock(kept_lock("plain", uv))
    assert len(list(lock_alternatives(lock))) == 1
    extras, groups = next(lock_alternatives(lock))
    assert told(lock, extras=extras, groups=groups) == told(lock)


def test_extras_in_markers_are_judged_by_the_selection() -> None:
    edge = LockDependency("torch", marker="extra == 'extra-3-app-cpu' and python_full_version >= '3.11'")
    other = LockDependency("triton", marker="sys_platform == 'linux' and extra != 'extra-3-app-cpu'")
    lock = project(edge, other, packages=(LockPackage("torch", "9", PYPI), LockPackage("triton", "9", PYPI)))
    app = lock.packages[0]._replace(extras={"cpu": (), "gpu": ()})
    lock = lock._replace(packages=(app, *lock.packages[1:]))

    def named(**options: Any) -> list[str]:
        return [line.split()[0] for line in told(lock, **options)]

    assert named(extras=["cpu"]) == ["torch"]
    assert named(extras=["gpu"]) == ["triton"]
    assert named(extras=["cpu"], pythons=["3.10"]) == []
    assert named() == ["torch", "triton"]


def test_the_patch_release_counts_where_it_is_known() -> None:
    edge = LockDependency("torch", marker="python_full_version >= '3.11.4'")
    lock = project(edge, packages=(LockPackage("torch", "9", PYPI),))
    assert [bool(told(lock, pythons=[python])) for python in ("3.11", "3.11.3", "3.11.9")] == [False, False, True]


def test_a_package_of_another_fork_is_not_reached() -> None:
    darwin = LockPackage("torch", "9", PYPI, ("sys_platform == 'darwin'",))
    linux = LockPackage("torch", "2.6.0", PYPI, ("sys_platform == 'linux'", "sys_platform == 'win32'"))
    assert told(project(LockDependency("torch"), packages=(darwin, linux))) == []


def test_what_nothing_leads_to_is_no_fault() -> None:
    assert told(project(packages=(LockPackage("torch", "9", PYPI),))) == []


def test_a_lock_for_other_pythons_has_no_fault_here() -> None:
    lock = project(LockDependency("torch"), packages=(LockPackage("torch", "9", PYPI),))
    assert told(lock._replace(requires_python=">=3.12")) == []
    assert len(told(lock._replace(requires_python=">=3.11.5"))) == 1


def test_a_project_is_no_member_of_its_own_tuple() -> None:
    app = LockPackage("sglang", "0.5.dev1", LockSource("editable", "."))
    assert told(UvLock(packages=(app,))) == []


def test_a_source_tree_without_a_version_is_said_to_come_from_there() -> None:
    tree = LockPackage("torch", "", LockSource("directory", "../pytorch"))
    assert told(project(LockDependency("torch"), packages=(tree,))) == [
        "torch from ../pytorch is locked; sglang 0.4.6.post5 needs torch 2.6.0"
    ]


def test_a_marker_that_is_none_is_an_error() -> None:
    lock = project(LockDependency("torch", marker="moon == 'full'"), packages=(LockPackage("torch", "9", PYPI),))
    with pytest.raises(InputUnreadable) as raised:
        told(lock)
    assert raised.value.got == "moon == 'full'"


def test_a_lock_knows_whether_it_holds_members() -> None:
    assert lock_holds_members(kept("plain"), sglang_cu124())
    look_alike = project(packages=(LockPackage("pytorch-triton", "3.2.0", PYPI),))
    assert lock_holds_members(look_alike, sglang_cu124())
    assert not lock_holds_members(project(packages=(LockPackage("numpy", "2.1.0", PYPI),)), sglang_cu124())


@pytest.mark.real
@pytest.mark.parametrize(("case", "uv"), EVERY)
def test_the_kept_locks_are_what_these_uvs_make(case: str, uv: str, tool_folder: Path, tmp_path: Path) -> None:
    with HollowIndex() as index:
        root = mini_index(index)
        made = make_lock(str(tool_folder / f"uv-{uv}" / "bin" / "uv"), case, tmp_path, index, root)
    assert made == kept_lock(case, uv).decode()


@pytest.mark.real
@pytest.mark.parametrize(
    ("case", "options"),
    [
        ("plain", ["--all-extras", "--all-groups"]),
        ("plain", ["--no-default-groups"]),
        ("forks", ["--all-extras"]),
        ("workspace", ["--all-packages", "--all-extras", "--all-groups"]),
        ("conflict", ["--extra", "other"]),
        ("conflict", ["--extra", "plain"]),
        ("conflict", []),
        ("script", ["--script", "app.py"]),
    ],
)
def test_what_is_reached_is_what_uv_would_install(case: str, options: list[str], tmp_path: Path) -> None:
    with HollowIndex() as index:
        lay_out(case, tmp_path, index.root)
        text = kept_lock(case, "0.13.9").decode().replace("https://index.example", index.root)
        (tmp_path / ("app.py.lock" if case == "script" else "uv.lock")).write_text(text)
        said = run_uv(newest_uv(), tmp_path, mini_index(index), "sync", "--frozen", "--dry-run", *options)
    installed = {line.strip("+ ") for line in said.splitlines() if line.startswith(" + ")}
    every = "--all-extras" in options or case == "script"
    extras = None if every else [each for each in options if each in {"other", "plain"}]
    groups: list[str] | None = [] if "--no-default-groups" in options else None
    python = ".".join(map(str, sys.version_info[:3]))
    reached = lock_faults(kept(case), nothing_fits(), pythons=[python], extras=extras, groups=groups)
    assert {f"{each.name}=={each.found.split()[0]}" for each in reached} == {
        line for line in installed if line.split("==")[0] in MEMBERS
    }
