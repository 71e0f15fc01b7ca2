"""The words of refusals: how commands are spelled, what stands behind a member, what is taken out of a command line."""

from __future__ import annotations

import shlex

import pytest
from tests.support.locked import sglang_cu124

from stackpin.inject.command_line import Own, read_call
from stackpin.inject.grammar import PIP, UV
from stackpin.inject.repair import command_line, grounds, hidden, place_of, typed

__all__: list[str] = []

IN_FORCE = ("in force: sglang 0.4.6.post5 on cu124", "sglang==0.4.*  (STACKPIN_STACK)")


@pytest.mark.parametrize(
    "words", [["a b", "", "it's", 'say "x"'], ["x==1; python_version > '3'"], ["torch===2.6.0", "-U"]]
)
def test_a_command_line_reads_back_as_its_words(words: list[str]) -> None:
    assert shlex.split(command_line(*words)) == words
    assert command_line(*words) == shlex.join(words)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://user:secret@host/simple/", "http://****@host/simple/"),
        ("--index=https://token@host/x@y", "--index=https://****@host/x@y"),
        ("torch @ https://host/a@b.whl", "torch @ https://host/a@b.whl"),
        ("plain==1.0", "plain==1.0"),
    ],
)
def test_what_stands_before_a_host_is_not_repeated(text: str, shown: str) -> None:
    assert hidden(text) == shown
    assert shlex.split(command_line("uv", text)) == ["uv", shown]


def test_a_command_carries_the_wrappers_own_options() -> None:
    own = Own(stacks=("sglang==0.4.*", "vllm"), cuda="cu124", allow=("torchcodec",))
    assert typed(own, "uv pip install", "triton==3.2.0") == (
        "stackpin uv pip install --stack 'sglang==0.4.*' --stack vllm --cuda cu124 --allow torchcodec triton==3.2.0"
    )
    assert typed(Own(), "pip install", "triton==3.2.0") == "stackpin pip install triton==3.2.0"


@pytest.mark.parametrize(
    ("line", "there", "out"),
    [
        ("uv pip install -p env -q x", "--python env", "--python env"),
        ("uv pip sync --target=d --system r.txt", "--target d --system", "--target d --system"),
        ("pip --python env install --target d x", "--python env --target d", "--python env"),
        ("uv --directory d run -p 3.12 prog --target e", "--directory d", "--directory d"),
        ("uv lock", "", ""),
    ],
)
def test_a_command_works_where_the_call_does(line: str, there: str, out: str) -> None:
    tool, *rest = shlex.split(line)
    call = read_call(rest, {"pip": PIP, "uv": UV}[tool])[0]
    assert shlex.join(place_of(call)) == there
    assert shlex.join(place_of(call, uninstalls=True)) == out


def test_the_grounds_of_a_member_name_who_needs_it() -> None:
    assert grounds(sglang_cu124(), "triton", IN_FORCE) == (
        ("torch 2.6.0 needs triton 3.2.0", "triton==3.2.0"),
        IN_FORCE,
    )
    assert grounds(sglang_cu124(), "no-member", IN_FORCE) == (IN_FORCE,)


@pytest.mark.parametrize(
    ("line", "names", "left"),
    [
        ("pip install --torch-backend cpu torch", ("--torch-backend",), "pip install torch"),
        ("pip install --torch-backend=cpu torch", ("--torch-backend",), "pip install torch"),
        ("lock -U --upgrade", ("--upgrade", "-U"), "lock"),
        ("run --upgrade prog --upgrade", ("--upgrade",), "run prog --upgrade"),
    ],
)
def test_options_are_taken_out_of_a_command_line(line: str, names: tuple[str, ...], left: str) -> None:
    call, _ = read_call(line.split(), UV)
    assert " ".join(call.without(*names)) == left


def test_an_option_that_is_not_there_changes_nothing() -> None:
    call, _ = read_call(["install", "-r", "r.txt"], PIP)
    assert call.without("--upgrade") == call.words
