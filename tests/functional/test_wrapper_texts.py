"""What the wrapper says when it refuses, or when the tuple was in the way: word for word, and the command in it works."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pytest
from tests.support.desk import CUDA, STACK, Desk, commands_in, said_by_stackpin
from tests.support.hollow import HollowFile
from tests.support.wheels import metadata_text, wheel_bytes, wheel_name

if TYPE_CHECKING:
    from collections.abc import Callable

__all__: list[str] = []

pytestmark = pytest.mark.real

DRIVER = "stackpin: cu124 needs NVIDIA driver 525.60.13 or newer\n"
IN_FORCE = "  in force: torch 2.6.0 on cu124    torch==2.6.0  (STACKPIN_STACK)\n"
NEEDS_TRITON = (
    '  torch 2.6.0 needs triton 3.2.0    triton (==3.2.0) ; platform_system == "Linux" and platform_machine == "x86_64"'
    "  (torch-2.6.0-cp313-cp313-manylinux1_x86_64.whl)\n"
)
#: A project whose only dependency wants another torch.
OLD_PROJECT = """[project]
name = "demo"
version = "0.1"
requires-python = ">=3.11"
dependencies = ["torch==2.5.1", "plain-lib"]
"""


class Case(NamedTuple):
    """A command, what stackpin says, and what becomes of its commands.

    :ivar answers: what stdout of the first command holds, where it answers; else it repairs.
    :ivar again: the code of what was typed, typed once more after the first command; None where that is not the point.
    :ivar later: commands of the text that stackpin does not have yet, or that leave this machine.
    """

    typed: str
    code: int
    says: str
    tool: str = "uv"
    given: tuple[str, ...] = ()
    answers: str = ""
    again: int | None = None
    project: str = ""
    stack: str = STACK
    cuda: str = CUDA
    version: str = ""
    later: tuple[str, ...] = ()


def because(tool: str, would: str, has: str, *, grounds: str = IN_FORCE, driver: str = "", anchor: str = "") -> str:
    """A note on a conflict, and the command that says who goes with the other version."""
    name, version = would.split()
    return (
        f"{driver}stackpin[wrong-member]: {tool} failed because of the tuple: by itself it would take {would}, "
        f"the tuple has {has}\n\n{grounds}\nwho goes with {would}:  stackpin compile {anchor}{name}=={version}\n"
    )


def alike(tool: str, pip: str) -> str:
    """A note on a look-alike that a package brings."""
    return (
        f"stackpin[look-alike]: {tool} failed because of the tuple: by itself it would take pytorch-triton 3.2.0, which "
        f"writes triton/, and the tuple has triton 3.2.0\n\n{NEEDS_TRITON}{IN_FORCE}\n"
        f"to have triton:        stackpin {pip} install triton==3.2.0\n"
        f"with triton set free:  stackpin {pip} install --allow triton lookalike-user\n"
    )


def installed_alike(remove: str, again: str) -> str:
    """A refusal for a look-alike that is installed."""
    return (
        "stackpin[look-alike]: not run: pytorch-triton 3.2.0 is installed, and writes over the files of triton 3.2.0\n\n"
        f"  pytorch-triton writes triton/\n{NEEDS_TRITON}{IN_FORCE}\n"
        f"to repair:  stackpin {remove} pytorch-triton && stackpin {again} --no-deps triton==3.2.0\n"
    )


def no_room(pip: str) -> str:
    """A refusal where hashes leave no room for a correction."""
    return (
        "stackpin[refused]: not run: torch 2.5.1 is installed where the tuple has 2.6.0, and requirements with hashes "
        f"leave no room for its correction\n\n{IN_FORCE}\n"
        f"to correct it first:  stackpin {pip} install torch===2.6.0 triton==3.2.0\n"
    )


TRITON = NEEDS_TRITON + IN_FORCE
NO_PYTHON = "torch 2.6.0 has wheels for Python 3.9 to 3.13 only, not for 3.14"
CASES = {
    "uv, another torch": Case(
        "uv pip install torch==2.7.1", 1, because("uv", "torch 2.7.1", "2.6.0", driver=DRIVER), answers="torch===2.7.1 "
    ),
    "pip, another torch": Case(
        "pip install torch==2.7.1",
        1,
        because("pip", "torch 2.7.1", "2.6.0", driver=DRIVER),
        tool="pip",
        answers="torch===2.7.1 ",
    ),
    "uv, another triton": Case(
        "uv pip install triton==3.3.1",
        1,
        because("uv", "triton 3.3.1", "3.2.0", grounds=TRITON, driver=DRIVER, anchor="torch "),
        answers="triton==3.3.1 ",
    ),
    "uv, needs another torch": Case(
        "uv pip install old-user", 1, because("uv", "torch 2.5.1", "2.6.0"), answers="torch===2.5.1 "
    ),
    "pip, needs another torch": Case(
        "pip install old-user", 1, because("pip", "torch 2.5.1", "2.6.0"), tool="pip", answers="torch===2.5.1 "
    ),
    "pip download": Case(
        "pip download old-user", 1, because("pip", "torch 2.5.1", "2.6.0"), tool="pip", answers="torch===2.5.1 "
    ),
    "uv, look-alike": Case("uv pip install lookalike-user", 1, alike("uv", "uv pip")),
    "pip, look-alike": Case("pip install lookalike-user", 1, alike("pip", "pip"), tool="pip"),
    "uv, look-alike installed": Case(
        "uv pip install plain-lib",
        11,
        installed_alike("uv pip uninstall", "uv pip install --reinstall"),
        given=("look-alike",),
        again=0,
    ),
    "pip, look-alike installed": Case(
        "pip install plain-lib",
        11,
        installed_alike("pip uninstall -y", "pip install --force-reinstall"),
        tool="pip",
        given=("look-alike",),
        again=0,
    ),
    "uv, hashes": Case(
        "uv pip install -r requirements.txt",
        11,
        no_room("uv pip"),
        given=("old-torch", "requirements-right-hashed"),
        again=0,
    ),
    "pip, hashes": Case(
        "pip install -r requirements.txt",
        11,
        no_room("pip"),
        tool="pip",
        given=("old-torch", "requirements-right-hashed"),
        again=0,
    ),
    "another torch backend": Case(
        "uv pip install --torch-backend cpu torch",
        11,
        "stackpin[refused]: not run: --torch-backend cpu takes torch from another index than the tuple's, which is for "
        f"cu124\n\n{IN_FORCE}\nwith the tuple's own builds:  stackpin uv pip install torch\n",
    ),
    "pylock": Case(
        "uv pip install -r pylock.toml",
        11,
        f"stackpin[lock-outside-tuple]: not run: pylock.toml has triton 3.3.1, the tuple has 3.2.0\n\n{TRITON}\n"
        "to install the tuple's own:  stackpin uv pip install triton==3.2.0\n",
        given=("pylock-wrong",),
    ),
    "frozen": Case(
        "uv sync --frozen",
        11,
        f"stackpin[lock-outside-tuple]: not run: uv.lock has torch 2.15.0, the tuple has 2.6.0\n\n{IN_FORCE}\n"
        "to bring the lock to the tuple:  stackpin uv lock\n",
        given=("project-loose", "locked"),
        again=0,
    ),
    "uv add": Case(
        "uv add triton==3.3.1",
        1,
        because("uv", "triton 3.3.1", "3.2.0", grounds=TRITON, driver=DRIVER, anchor="torch "),
        given=("project-empty",),
        answers="triton==3.3.1 ",
    ),
    "uv remove": Case(
        "uv remove plain-lib",
        1,
        because("uv", "torch 2.5.1", "2.6.0"),
        project=OLD_PROJECT,
        answers="torch===2.5.1 ",
    ),
    "uv run": Case(
        "uv run python -c 1",
        1,
        because("uv", "torch 2.5.1", "2.6.0"),
        given=("project-old",),
        answers="torch===2.5.1 ",
    ),
    "uv lock of a lock outside": Case(
        "uv lock",
        1,
        because("uv", "torch 2.5.1", "2.6.0"),
        given=("project-old", "locked"),
        answers="torch===2.5.1 ",
    ),
    "uv lock -P": Case(
        "uv lock -P torch==2.7.1",
        1,
        because("uv", "torch 2.7.1", "2.6.0"),
        given=("project-loose",),
        answers="torch===2.7.1 ",
    ),
    "index of another tag": Case(
        "uv lock",
        11,
        "stackpin[refused]: not run: the project takes torch from an index for cu126, the tuple is for cu124\n\n"
        "  [tool.uv.sources] torch           {root}/download.pytorch.org/whl/cu126/\n"
        f"{IN_FORCE}\nwith the project's cu126:  stackpin uv lock --cuda cu126\n",
        given=("project-cu126-source",),
    ),
    "no index named": Case(
        "uv lock",
        1,
        "stackpin[wrong-member]: uv failed because of the tuple: by itself it would take torch 2.15.0, the tuple has "
        "2.6.0+cu126, and the project names no index that carries it\n\n"
        "  torch 2.6.0+cu126 is on           https://download.pytorch.org/whl/cu126/torch/\n"
        "  in force: torch 2.6.0 on cu126    torch==2.6.0  (STACKPIN_STACK)\n\n"
        "to name it in the project, once:  stackpin apply pyproject.toml --cuda cu126\n"
        "with the build that PyPI has:     stackpin uv lock --cuda pypi\n",
        given=("project-loose",),
        cuda="cu126",
        again=0,
    ),
    "no index named in a lock": Case(
        "uv lock",
        11,
        "stackpin[refused]: not run: the tuple has torch 2.6.0+cu126, and the project names no index that carries it\n\n"
        "  torch 2.6.0+cu126 is on           https://download.pytorch.org/whl/cu126/torch/\n"
        "  in force: torch 2.6.0 on cu126    torch==2.6.0  (STACKPIN_STACK)\n\n"
        "to name it in the project, once:  stackpin apply pyproject.toml --cuda cu126\n"
        "with the build that PyPI has:     stackpin uv lock --cuda pypi\n",
        given=("project-loose", "locked"),
        cuda="cu126",
        again=0,
    ),
    "a project that always upgrades": Case(
        "uv lock",
        11,
        "stackpin[refused]: not run: the project says upgrade = true to uv, so that no lock keeps a version\n\n"
        f"  the plain uv lock would take the newest of all again\n{IN_FORCE}\n"
        "to hold it in the project, once:  stackpin apply pyproject.toml --cuda cu124\n",
        project='[project]\nname = "demo"\nversion = "0.1"\nrequires-python = ">=3.11"\ndependencies = ["loose-user"]\n\n'
        "[tool.uv]\nupgrade = true\nenvironments = [\"sys_platform == 'linux' and platform_machine == 'x86_64'\"]\n",
        again=0,
    ),
    "an older uv that upgrades": Case(
        "uv lock --upgrade",
        11,
        "stackpin[refused]: not run: this uv forgets every version that it is given once it upgrades all\n\n"
        f"  uv 0.10.12 and newer keep to them\n{IN_FORCE}\n"
        "to upgrade nothing:  stackpin uv lock\n"
        "to have a newer uv:  pip install 'uv>=0.10.12'\n",
        given=("project-loose",),
        version="0.9.11",
        later=("pip install 'uv>=0.10.12'",),
    ),
    "uvx of an installed tool": Case(
        "uvx gpu-tool",
        11,
        f"stackpin[wrong-member]: not run: the installed gpu-tool has torch 2.15.0, the tuple has 2.6.0\n\n{IN_FORCE}\n"
        "to correct it:                           stackpin uv tool upgrade gpu-tool\n"
        "to run it in an environment of its own:  stackpin uvx --isolated gpu-tool\n",
        given=("tool-installed",),
        again=0,
    ),
    "a program in a wrong environment": Case(
        "uv run python -c 1",
        11,
        f"stackpin[wrong-member]: not run: torch 2.7.1 is installed; the tuple has torch 2.6.0\n\n{IN_FORCE}\n"
        "to repair:  stackpin uv pip install --reinstall --no-deps torch===2.6.0 triton==3.2.0\n",
        given=("new-torch",),
        again=0,
    ),
    "what uv would leave there": Case(
        "uv run python -c 1",
        11,
        "stackpin[wrong-member]: not run: triton 3.3.1 is installed, the tuple has 3.2.0, and uv would leave it there"
        f"\n\n{TRITON}\nto repair:  stackpin uv sync\n",
        given=("wrong-triton", "project-empty"),
        again=0,
    ),
    "no tuple for this Python": Case(
        "uv pip install --target there --python-version 3.14 loose-user",
        1,
        "stackpin[refused]: torch 2.15.0 would come in, and the stacks in force have no tuple here: torch 2.6.0 does not "
        "run on Python 3.14: it has wheels for Python 3.9 to 3.13 only, not for 3.14; take torch 2.9.0 or Python 3.9 to "
        f"3.13\n\n  {NO_PYTHON}    torch-2.6.0-cp310-cp310-manylinux1_x86_64.whl and 19 more\n"
        f"  {'in force':<{len(NO_PYTHON)}}    torch==2.6.0  (STACKPIN_STACK)\n\n"
        "a tuple that exists:  stackpin compile torch==2.9.0 --python 3.14 --platform {platform}\n",
        answers="torch===2.9.0 ",
    ),
    "no tuple for this Python, asked for": Case(
        "uv pip install --target there --python-version 3.14 torch",
        10,
        "stackpin[no-tuple]: torch 2.6.0 does not run on Python 3.14: it has wheels for Python 3.9 to 3.13 only, not for "
        f"3.14; take torch 2.9.0 or Python 3.9 to 3.13\n\n  {NO_PYTHON}  "
        "torch-2.6.0-cp310-cp310-manylinux1_x86_64.whl and 19 more\n\nnearest:\n"
        "  torch 2.9.0 on cu128                                                    "
        "stackpin compile torch==2.9.0 --python 3.14 --platform {platform}\n"
        "  torch 2.6.0 on cu124, on Python 3.9 to 3.13 with glibc 2.17 or newer    stackpin compile torch==2.6.0\n",
        answers="torch===2.9.0 ",
    ),
    "joint stacks": Case(
        "uv pip install vllm==0.10.0",
        10,
        "stackpin[no-tuple]: sglang 0.4.6.post5 and vllm 0.10.0 cannot share an environment: one needs torch 2.6.0, the other "
        "torch 2.7.1; take sglang 0.4.6.post2 and vllm 0.8.3 on cu124, or give each an environment of its own\n\n"
        "  sglang 0.4.6.post5 needs torch 2.6.0  "
        'torch==2.6.0; extra == "srt"  (sglang-0.4.6.post5-py3-none-any.whl)\n'
        "  vllm 0.10.0 needs torch 2.7.1         "
        "torch==2.7.1  (vllm-0.10.0-cp38-abi3-manylinux1_x86_64.whl)\n"
        "  that is not the only clash: they disagree on 3 other packages as well: torchvision (0.21.0, 0.22.1), xgrammar "
        "(0.1.19, 0.1.21), transformers (4.51.1, >=4.53.2)\n\nnearest:\n"
        "  sglang 0.4.6.post2 and vllm 0.8.3 on cu124, torch 2.6.0    "
        "stackpin compile sglang==0.4.6.post2 vllm==0.8.3 --python {python} --platform {platform}\n"
        "  sglang 0.4.3.post2 and vllm 0.7.2 on cu124, torch 2.5.1    "
        "stackpin compile sglang==0.4.3.post2 vllm==0.7.2 --python {python} --platform {platform}\n\n"
        "in environments of their own:\n"
        "  sglang 0.4.6.post5 on cu124, torch 2.6.0    "
        "stackpin compile sglang==0.4.6.post5 --python {python} --platform {platform}\n"
        "  vllm 0.10.0 on cu126, torch 2.7.1           "
        "stackpin compile vllm==0.10.0 --python {python} --platform {platform}\n",
        stack="sglang==0.4.6.post5",
        cuda="auto",
        answers="sglang==0.4.6.post5",
    ),
}


def laid_out(case: Case, desk: Callable[..., Desk]) -> Desk:
    """A desk with what a case begins with."""
    here = desk(case.tool, *case.given, stack=case.stack, cuda=case.cuda, version=case.version)
    if case.project:
        here.write("pyproject.toml", case.project)
    return here


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])
def test_a_refusal_says_what_it_is_about_and_its_command_works(case: Case, desk: Callable[..., Desk]) -> None:
    here = laid_out(case, desk)
    done = here.type(f"stackpin {case.typed}")
    said = said_by_stackpin(done.stderr)
    assert (done.code, here.neutral(said)) == (case.code, case.says)
    commands = [command for command in commands_in(said) if command not in case.later]
    first = here.type(commands[0])
    assert first.code == 0, first.stderr
    assert case.answers in first.stdout
    if case.again is not None:
        again = here.type(f"stackpin {case.typed}")
        assert again.code == case.again, again.stderr
    for command in commands[1:]:
        place = laid_out(case, desk) if commands[0].startswith("stackpin apply ") else here
        other = place.type(command)
        assert other.code == 0, other.stderr


def test_what_needs_nothing_of_the_stack_is_installed_where_it_has_no_tuple(desk: Callable[..., Desk]) -> None:
    here = desk("uv")
    done = here.type("stackpin uv pip install --target there --python-version 3.14 plain-lib")
    assert (done.code, said_by_stackpin(done.stderr)) == (0, "")
    assert (here.work / "there" / "plain_lib-2.0.dist-info").is_dir()


@pytest.mark.parametrize(
    ("tool", "pip", "again"),
    [("uv", "uv pip", "--reinstall"), ("pip", "pip", "--force-reinstall")],
)
def test_a_file_that_only_calls_itself_right_is_told_afterwards(
    tool: str, pip: str, again: str, desk: Callable[..., Desk]
) -> None:
    here = desk(tool)
    _, file = here.world.file("torch", "2.6.0", here.place.python[1])
    tag = re.sub(r".*?-2\.6\.0-|\.whl$", "", file.name)
    members = {"torch/version.py": b"__version__ = '2.6.0+cpu'\ncuda = None\n"}
    (here.work / "given").mkdir()
    body = wheel_bytes("torch", "2.6.0", metadata_text("torch", "2.6.0"), tag=tag, members=members)
    (here.work / "given" / file.name).write_bytes(body)
    done = here.type(f"stackpin {pip} install given/{file.name}")
    said = said_by_stackpin(done.stderr)
    assert (done.code, said) == (
        12,
        (
            f"{DRIVER}stackpin[tuple-broken]: {tool} ended well, and the environment is outside the tuple\n\n"
            "  torch 2.6.0 built for cpu is installed; the tuple has torch 2.6.0, the build for cu124\n"
            f"{IN_FORCE}\nto repair:  stackpin {pip} install {again} --no-deps torch===2.6.0\n"
        ),
    )
    repaired = here.type(commands_in(said)[0])
    assert repaired.code == 0, repaired.stderr
    assert here.type(f"stackpin {pip} install plain-lib").code == 0


@pytest.mark.parametrize(("tool", "pip"), [("uv", "uv pip"), ("pip", "pip")])
def test_a_failure_that_has_another_cause_is_not_blamed_on_the_tuple(
    tool: str, pip: str, desk: Callable[..., Desk]
) -> None:
    """The wheel is damaged; by itself the tool would take another torch, and fail all the same."""
    here = desk(tool)
    metadata = metadata_text("rotten", "1.0", requires=["torch>=2"])
    here.world.index.publish("pypi/simple", HollowFile(wheel_name("rotten", "1.0"), metadata, body=b"no wheel"))
    done = here.type(f"stackpin {pip} install rotten")
    bare = here.type(f"{pip} install rotten")
    assert bare.code != 0
    assert (done.code, said_by_stackpin(done.stderr)) == (bare.code, "")


def test_a_file_that_uv_compiles_names_none_of_our_files_on_top(desk: Callable[..., Desk]) -> None:
    here = desk("uv")
    here.write("in.txt", "plain-lib\n")
    line = "uv pip compile -q in.txt -o out.txt"
    assert here.type(f"stackpin {line}").code == 0
    ours = (here.work / "out.txt").read_text(encoding="utf-8")
    (here.work / "out.txt").unlink()
    assert here.type(line).code == 0
    assert ours == (here.work / "out.txt").read_text(encoding="utf-8")
