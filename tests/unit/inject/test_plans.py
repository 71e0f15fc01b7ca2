"""What is decided about a call: the words and variables that hold it, or the refusal with its way out."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.locked import sglang_cu124, sglang_cu126

from stackpin.errors import LockOutside, LookAlikeMember, Refused, ToolMissing, WrongMember
from stackpin.inject.command_line import Call, read_call
from stackpin.inject.grammar import PIP, UV, UVX
from stackpin.inject.pip import kind_of as kind_of_pip
from stackpin.inject.pip import plan_pip
from stackpin.inject.plan import Kind, Materials, Plan, Situation, Watch
from stackpin.inject.uv import kind_of as kind_of_uv
from stackpin.inject.uv import plan_tool, plan_uv_build
from stackpin.inject.uv_pip import plan_uv_pip
from stackpin.inject.uv_project import LockState, plan_project
from stackpin.model.environment import Fault, FaultKind

if TYPE_CHECKING:
    from stackpin.model.locked import LockedTuple

__all__: list[str] = []

IN_FORCE = ("in force: sglang 0.4.6.post5 on cu124", "sglang==0.4.*  (STACKPIN_STACK)")
WRONG_TRITON = Fault(
    kind=FaultKind.WRONG_VERSION, name="triton", found="3.3.1", wanted="3.2.0", evidence="torch 2.6.0: triton==3.2.0"
)
WRONG_BUILD = Fault(kind=FaultKind.WRONG_BUILD, name="torch", found="2.6.0+cu126", wanted="2.6.0")
ALIKE = Fault(kind=FaultKind.LOOK_ALIKE, name="pytorch-triton", found="3.2.0", wanted="triton 3.2.0")
PINS = (
    "-P sglang==0.4.6.post5 -P torch===2.6.0 -P triton==3.2.0 -P sgl-kernel==0.1.4 -P flashinfer-python===0.2.5 "
    "-P torchvision===0.21.0 -P torchaudio===2.6.0 -P xgrammar==0.1.19 -P 'cuda-python<13,>=12' "
    "-P pytorch-triton==0+blocked.by.stackpin.use.triton.3.2.0 -P triton-windows==0+blocked.by.stackpin.use.triton.3.2.0"
)


def call(line: str) -> Call:
    tool, _, rest = line.partition(" ")
    return read_call(shlex.split(rest), {"pip": PIP, "uv": UV, "uvx": UVX}[tool])[0]


def situation(version: str = "26.3", locked: LockedTuple | None = None, **more: Any) -> Situation:
    environ = more.pop("environ", {})
    links = more.pop("find_links", ())
    materials = Materials(constraints="T/c.txt", requirements="T/held.txt", find_links=links)
    return Situation(
        version=tuple(map(int, version.split("."))),
        environ=environ,
        locked=locked or sglang_cu124(),
        materials=materials,
        in_force=IN_FORCE,
        **more,
    )


def words(plan: Plan) -> str:
    return shlex.join(plan.words)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        pytest.param("pip install x", Kind.PIP, id="pip install"),
        pytest.param("pip --isolated lock", Kind.PIP, id="pip lock"),
        pytest.param("pip install --help", Kind.HARMLESS, id="pip's help"),
        pytest.param("pip list", Kind.HARMLESS, id="pip list"),
        pytest.param("pip", Kind.HARMLESS, id="pip alone"),
        pytest.param("pip uninstall -y torch", Kind.UNINSTALL, id="pip uninstall"),
        pytest.param("uv --version", Kind.HARMLESS, id="uv's version"),
        pytest.param("uv pip compile r.in", Kind.UV_PIP, id="uv pip compile"),
        pytest.param("uv pip tree", Kind.HARMLESS, id="uv pip tree"),
        pytest.param("uv pip uninstall torch", Kind.UNINSTALL, id="uv pip uninstall"),
        pytest.param("uv python list", Kind.HARMLESS, id="uv python"),
        pytest.param("uv venv --seed", Kind.HARMLESS, id="uv venv seeds pip only"),
        pytest.param("uv version", Kind.HARMLESS, id="a project's version, read"),
        pytest.param("uv version --bump minor", Kind.PROJECT, id="and set: uv locks anew"),
        pytest.param("uv tool list", Kind.HARMLESS, id="uv tool list"),
        pytest.param("uv tool upgrade x", Kind.TOOL, id="uv tool upgrade"),
        pytest.param("uvx ruff", Kind.TOOL, id="uvx"),
        pytest.param("uv build", Kind.BUILD, id="uv build"),
        pytest.param("uv run prog", Kind.PROJECT, id="uv run"),
    ],
)
def test_a_command_is_known_by_what_it_can_do(line: str, kind: Kind) -> None:
    assert (kind_of_pip if line.startswith("pip") else kind_of_uv)(call(line)) is kind


@pytest.mark.parametrize(
    ("version", "line", "expected"),
    [
        pytest.param("22.3", "pip install x", "install -c T/c.txt x", id="before build constraints"),
        pytest.param("25.3", "pip install x", "install -c T/c.txt --build-constraint T/c.txt x", id="with them"),
        pytest.param(
            "26.3", "pip install --no-build-isolation x", "install -c T/c.txt --no-build-isolation x", id="in place"
        ),
        pytest.param("26.3", "pip lock x", "lock -c T/c.txt --build-constraint T/c.txt x", id="a lock"),
    ],
)
def test_pip_is_given_the_tuple_on_its_command_line(version: str, line: str, expected: str) -> None:
    plan = plan_pip(call(line), situation(version))
    assert (words(plan), plan.environ) == (expected, {"PIP_CONSTRAINT": "T/c.txt"})


@pytest.mark.parametrize(
    ("more", "variable"),
    [
        pytest.param({"environ": {"PIP_CONSTRAINT": "mine.txt"}}, "mine.txt T/c.txt", id="of the environment"),
        pytest.param({"configured": {"constraint": ("a.txt", "b.txt")}}, "a.txt b.txt T/c.txt", id="of pip.conf"),
        pytest.param(
            {"environ": {"PIP_CONSTRAINT": "mine.txt"}, "configured": {"constraint": ("a.txt",)}},
            "mine.txt T/c.txt",
            id="the variable cancels pip.conf, as in pip",
        ),
    ],
)
def test_the_users_own_constraints_of_pip_stay(more: dict[str, Any], variable: str) -> None:
    assert plan_pip(call("pip install x"), situation(**more)).environ == {"PIP_CONSTRAINT": variable}


def test_uv_pip_gets_the_users_own_beside_the_tuple() -> None:
    environ = {"UV_CONSTRAINT": "a.txt b.txt", "UV_BUILD_CONSTRAINT": "c.txt", "UV_FIND_LINKS": "L1,L2"}
    plan = plan_uv_pip(call("uv pip install x"), situation("0.13.9", environ=environ, find_links=("PAGE",)))
    assert words(plan) == (
        "pip install -c T/c.txt -c a.txt -c b.txt -b T/c.txt -b c.txt "
        "--find-links PAGE --find-links L1 --find-links L2 x"
    )
    assert plan.environ == {}


def test_what_the_user_types_replaces_the_variable_as_in_uv() -> None:
    environ = {"UV_CONSTRAINT": "a.txt", "UV_BUILD_CONSTRAINT": "b.txt", "UV_FIND_LINKS": "L"}
    line = "uv pip compile -c mine.txt -b other.txt -f PAGE2 r.in"
    plan = plan_uv_pip(call(line), situation("0.13.9", environ=environ, find_links=("PAGE",)))
    assert words(plan) == ("pip compile -b T/c.txt --find-links PAGE -c mine.txt -b other.txt -f PAGE2 r.in")


@pytest.mark.parametrize(
    ("line", "watch"),
    [
        pytest.param("uv pip install x", Watch.ENVIRONMENT, id="install"),
        pytest.param("uv pip sync r.txt", Watch.ENVIRONMENT, id="sync"),
        pytest.param("uv pip install --dry-run x", Watch.NOTHING, id="a dry run"),
        pytest.param("uv pip compile r.in", Watch.NOTHING, id="compile"),
    ],
)
def test_the_environment_is_looked_at_where_it_was_changed(line: str, watch: Watch) -> None:
    assert plan_uv_pip(call(line), situation("0.13.9")).watch is watch


def test_a_bare_stack_installs_its_anchor() -> None:
    plan = plan_uv_pip(call("uv pip install"), situation("0.13.9", anchors=("sglang[srt]",)))
    assert words(plan) == "pip install -c T/c.txt -b T/c.txt 'sglang[srt]'"


def test_a_wrong_member_is_put_right_in_the_same_run() -> None:
    plan = plan_uv_pip(call("uv pip install idna"), situation("0.13.9", faults=(WRONG_TRITON,)))
    assert words(plan) == "pip install -c T/c.txt -b T/c.txt triton==3.2.0 idna"
    assert plan.notes == ("triton==3.2.0 is corrected on the way: it is outside the tuple",)


def test_a_wrong_build_is_reinstalled_since_older_uvs_take_it_for_the_same() -> None:
    plan = plan_uv_pip(call("uv pip install idna"), situation("0.9.11", faults=(WRONG_BUILD,)))
    assert words(plan) == "pip install -c T/c.txt -b T/c.txt --reinstall-package torch torch===2.6.0 idna"


def test_a_download_corrects_nothing() -> None:
    plan = plan_pip(call("pip download idna"), situation("24.3.1", faults=(WRONG_TRITON,)))
    assert words(plan) == "download -c T/c.txt idna"


def test_a_look_alike_is_refused_with_both_commands() -> None:
    with pytest.raises(LookAlikeMember) as caught:
        plan_uv_pip(call("uv pip install idna"), situation("0.13.9", faults=(ALIKE,)))
    assert str(caught.value) == (
        "not run: pytorch-triton 3.2.0 is installed, and writes over the files of triton 3.2.0\n\n"
        "  torch 2.6.0 needs triton 3.2.0           triton==3.2.0\n"
        "  in force: sglang 0.4.6.post5 on cu124    sglang==0.4.*  (STACKPIN_STACK)\n\n"
        "to repair:  stackpin uv pip uninstall pytorch-triton && "
        "stackpin uv pip install --reinstall --no-deps triton==3.2.0"
    )


def test_hashes_leave_no_room_for_a_correction() -> None:
    with pytest.raises(Refused) as caught:
        plan_pip(call("pip install -r r.txt"), situation(faults=(WRONG_TRITON,), hashes=True))
    assert str(caught.value) == (
        "not run: triton 3.3.1 is installed where the tuple has 3.2.0, and requirements with hashes leave no room for "
        "its correction\n\n"
        "  torch 2.6.0 needs triton 3.2.0           triton==3.2.0\n"
        "  in force: sglang 0.4.6.post5 on cu124    sglang==0.4.*  (STACKPIN_STACK)\n\n"
        "to correct it first:  stackpin pip install triton==3.2.0"
    )


def test_another_torch_backend_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        plan_uv_pip(call("uv pip install --torch-backend cu126 torch"), situation("0.13.9"))
    assert str(caught.value) == (
        "not run: --torch-backend cu126 takes torch from another index than the tuple's, which is for cu124\n\n"
        "  in force: sglang 0.4.6.post5 on cu124    sglang==0.4.*  (STACKPIN_STACK)\n\n"
        "with the tuple's own builds:  stackpin uv pip install torch"
    )


@pytest.mark.parametrize("line", ["uv lock", "uv export", "uv tree", "uv sync --dry-run", "uv add --no-sync idna"])
def test_a_project_command_is_held_by_versions_that_leave_no_trace(line: str) -> None:
    plan = plan_project(call(line), situation("0.13.9"), LockState())
    verb, _, rest = line.removeprefix("uv ").partition(" ")
    assert words(plan) == f"{verb} {PINS} {rest}".rstrip()
    assert (plan.watch, plan.environ, plan.first) == (Watch.LOCK, {}, ())


@pytest.mark.parametrize(
    ("line", "first", "then"),
    [
        pytest.param("uv sync", f"lock {PINS}", "sync --frozen", id="sync"),
        pytest.param(
            "uv --directory d sync -qU --extra gpu --no-sources",
            f"lock {PINS} --directory=d --quiet --upgrade --no-sources",
            "--directory d sync --frozen -q --extra gpu",
            id="options",
        ),
        pytest.param("uv check --fix", f"lock {PINS}", "check --frozen --fix", id="check"),
        pytest.param("uv run -p 3.12 prog -U", f"lock {PINS} --python=3.12", "run --frozen -p 3.12 prog -U", id="run"),
        pytest.param("uv add idna", f"add {PINS} --no-sync idna", "sync --frozen --inexact", id="add"),
        pytest.param(
            "uv add --optional gpu --active idna",
            f"add {PINS} --no-sync --optional gpu --active idna",
            "sync --frozen --active --extra=gpu --inexact",
            id="add to an extra",
        ),
        pytest.param(
            "uv add --group dev --package one idna",
            f"add {PINS} --no-sync --group dev --package one idna",
            "sync --frozen --package=one --group=dev --inexact",
            id="add to a group",
        ),
        pytest.param(
            "uv remove --group dev idna", f"remove {PINS} --no-sync --group dev idna", "sync --frozen", id="remove"
        ),
        pytest.param(
            "uv version --bump minor", f"version {PINS} --no-sync --bump minor", "sync --frozen --inexact", id="version"
        ),
    ],
)
def test_what_installs_does_so_from_a_lock_that_was_looked_at(line: str, first: str, then: str) -> None:
    plan = plan_project(call(line), situation("0.13.9"), LockState())
    assert (shlex.join(plan.first), words(plan)) == (first, then)
    assert "UV_LOCKED" in plan.unset


def test_the_pages_of_builds_are_named_to_the_step_that_installs_alone() -> None:
    told = situation("0.5.31", find_links=("PAGE",), environ={"UV_FIND_LINKS": "MINE"})
    plan = plan_project(call("uv sync"), told, LockState())
    assert (plan.environ, plan.late) == ({}, {"UV_FIND_LINKS": "MINE,PAGE"})


def test_an_upgrade_that_knows_no_pins_leaves_the_members_out() -> None:
    left_out = " ".join(f"--exclude {pin.name}" for pin in sglang_cu124().pins)
    for line in ("uv upgrade", "uv upgrade idna"):
        plan = plan_project(call(line), situation("0.13.9"), LockState(exists=True, current=True))
        assert (words(plan), plan.watch) == (f"upgrade {left_out}{line.removeprefix('uv upgrade')}", Watch.LOCK)
    with pytest.raises(WrongMember) as caught:
        plan_project(call("uv upgrade Torch idna"), situation("0.13.9"), LockState(exists=True, current=True))
    assert str(caught.value) == (
        "not run: uv upgrade would ask for the newest Torch, whatever the tuple has\n\n"
        '  sglang 0.4.6.post5 needs torch 2.6.0     torch==2.6.0; extra == "srt"\n'
        "  in force: sglang 0.4.6.post5 on cu124    sglang==0.4.*  (STACKPIN_STACK)\n\n"
        "to upgrade the rest:  stackpin uv upgrade idna"
    )


def test_a_script_with_a_lock_is_resolved_as_a_script() -> None:
    state = LockState(exists=True, script="/d/s.py", path="s.py.lock")
    plan = plan_project(call("uv run s.py"), situation("0.13.9"), state)
    assert shlex.join(plan.first) == f"lock {PINS} --script /d/s.py"
    assert words(plan) == "run --frozen s.py"


def test_a_script_without_a_lock_gets_none() -> None:
    plan = plan_project(call("uv run s.py"), situation("0.13.9"), LockState(script="/d/s.py"))
    assert (plan.first, words(plan), plan.builds) == ((), f"run {PINS} s.py", True)


@pytest.mark.parametrize(
    ("line", "then"),
    [
        pytest.param("uv sync", "sync --frozen", id="sync"),
        pytest.param("uv sync --frozen", "sync --frozen", id="frozen"),
        pytest.param("uv sync --locked", "sync --frozen", id="locked and current"),
        pytest.param("uv run prog --locked", "run --frozen prog --locked", id="run"),
        pytest.param("uv run -m prog", "run --frozen -m prog", id="module"),
    ],
)
def test_builds_are_held_beside_a_lock_that_nothing_is_written_into(line: str, then: str) -> None:
    plan = plan_project(call(line), situation("0.13.9"), LockState(exists=True, current=True, builds=True))
    assert (words(plan), plan.builds) == (then, True)


@pytest.mark.parametrize("line", ["uv lock", "uv export", "uv sync --dry-run", "uv tree"])
def test_what_builds_no_wheel_needs_no_configuration_of_ours(line: str) -> None:
    plan = plan_project(call(line), situation("0.13.9"), LockState(exists=True, current=True, builds=True))
    assert (words(plan), plan.builds) == (line.removeprefix("uv "), False)


def test_a_lock_that_is_not_current_is_for_uv_to_refuse() -> None:
    plan = plan_project(call("uv sync --locked"), situation("0.13.9"), LockState(exists=True, builds=True))
    assert (words(plan), plan.builds) == ("sync --locked", False)


@pytest.mark.parametrize("line", ["uv sync", "uv lock", "uv run prog", "uv export"])
def test_a_lock_that_holds_the_tuple_is_left_to_uv(line: str) -> None:
    plan = plan_project(call(line), situation("0.13.9"), LockState(exists=True, current=True))
    assert words(plan) == line.removeprefix("uv ")


@pytest.mark.parametrize("line", ["uv add idna", "uv sync -U", "uv lock -P idna", "uv lock --upgrade"])
def test_but_not_where_the_command_asks_for_a_new_resolution(line: str) -> None:
    plan = plan_project(call(line), situation("0.13.9"), LockState(exists=True, current=True))
    assert "-P torch===2.6.0" in shlex.join(plan.first or plan.words)


@pytest.mark.parametrize(
    ("line", "environ"),
    [
        pytest.param("uv sync --frozen", {}, id="frozen"),
        pytest.param("uv run --locked prog", {}, id="locked"),
        pytest.param("uv sync", {"UV_FROZEN": "1"}, id="frozen by a variable"),
    ],
)
def test_a_lock_that_is_taken_as_it_stands_must_hold_the_tuple(line: str, environ: dict[str, str]) -> None:
    state = LockState(exists=True, faults=(WRONG_TRITON,))
    with pytest.raises(LockOutside) as caught:
        plan_project(call(line), situation("0.13.9", environ=environ), state)
    assert str(caught.value) == (
        "not run: uv.lock has triton 3.3.1, the tuple has 3.2.0\n\n"
        "  torch 2.6.0 needs triton 3.2.0           triton==3.2.0\n"
        "  in force: sglang 0.4.6.post5 on cu124    sglang==0.4.*  (STACKPIN_STACK)\n\n"
        "to bring the lock to the tuple:  stackpin uv lock"
    )
    right = plan_project(call(line), situation("0.13.9", environ=environ), LockState(exists=True))
    assert words(right) == line.removeprefix("uv ")


def test_the_layer_of_run_is_held_beside_the_project() -> None:
    plan = plan_project(call("uv run --with xformers prog --with y"), situation("0.13.9"), LockState())
    assert shlex.join(plan.first) == f"lock {PINS}"
    assert words(plan) == "run --frozen --with-requirements T/held.txt --with xformers prog --with y"
    assert plan.builds


def test_an_older_uv_that_upgrades_all_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        plan_project(call("uv lock --upgrade"), situation("0.9.11"), LockState())
    assert str(caught.value) == (
        "not run: this uv forgets every version that it is given once it upgrades all\n\n"
        "  uv 0.10.12 and newer keep to them\n"
        "  in force: sglang 0.4.6.post5 on cu124    sglang==0.4.*  (STACKPIN_STACK)\n\n"
        "to upgrade nothing:  stackpin uv lock\n"
        "to have a newer uv:  pip install 'uv>=0.10.12'"
    )
    assert "-U" in plan_project(call("uv lock -U"), situation("0.10.12"), LockState()).words


def test_a_build_whose_index_the_project_does_not_name_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        plan_project(call("uv lock"), situation("0.13.9", sglang_cu126()), LockState(names_index=False, members=True))
    assert (
        caught.value.what == "not run: the tuple has torch 2.6.0+cu126, and the project names no index that carries it"
    )
    assert caught.value.hint == "stackpin apply pyproject.toml --cuda cu126"
    for state in (LockState(), LockState(names_index=False)):  # a project may need no member at all
        plan = plan_project(call("uv lock"), situation("0.13.9", sglang_cu126()), state)
        assert "torch==2.6.0+cu126" in plan.words


def test_a_project_that_holds_the_tuple_itself_is_left_to_uv() -> None:
    state = LockState(names_index=False, members=True, always_upgrades=True, pinned=True)
    plan = plan_project(call("uv lock --upgrade"), situation("0.9.11", sglang_cu126()), state)
    assert (words(plan), plan.watch) == ("lock --upgrade", Watch.LOCK)


def test_a_program_beside_no_project_starts_in_what_is_there() -> None:
    assert words(plan_project(call("uv run prog"), situation("0.13.9"), None)) == "run prog"
    plan = plan_project(call("uv run --with x prog"), situation("0.13.9"), None)
    assert (words(plan), plan.builds) == ("run --with-requirements T/held.txt --with x prog", True)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("uvx ruff check", "--with-requirements T/held.txt ruff check", id="uvx"),
        pytest.param("uv tool run ruff", "tool run --with-requirements T/held.txt ruff", id="tool run"),
        pytest.param("uv tool install vllm", "tool install --with-requirements T/held.txt vllm", id="tool install"),
        pytest.param("uv tool upgrade --all", f"tool upgrade {PINS} --all", id="tool upgrade"),
    ],
)
def test_a_tools_own_environment_is_held(line: str, expected: str) -> None:
    plan = plan_tool(call(line), situation("0.13.9", find_links=("PAGE",)))
    assert words(plan) == expected
    assert plan.environ == {"UV_BUILD_CONSTRAINT": "T/c.txt", "UV_FIND_LINKS": "PAGE"}


def test_the_isolated_build_of_a_package_is_held() -> None:
    assert words(plan_uv_build(call("uv build --wheel ."), situation("0.13.9"))) == "build -b T/c.txt --wheel ."


@pytest.mark.parametrize(("tool", "version", "least"), [("pip", "21.3.1", "22.3")])
def test_a_tool_that_is_too_old_is_refused_with_the_release_to_get(tool: str, version: str, least: str) -> None:
    with pytest.raises(ToolMissing) as caught:
        plan_pip(call(f"{tool} install x"), situation(version))
    assert str(caught.value) == (
        f"{tool} {version} is too old to be held to a tuple\n"
        f"  expected: {tool} {least} or newer\n"
        f"  do:       pip install '{tool}>={least}'"
    )
