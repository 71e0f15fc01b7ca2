"""Command lines of pip and uv, as people type them, taken apart."""

from __future__ import annotations

import shlex

import pytest

from stackpin.errors import UsageError
from stackpin.inject.command_line import Call, Own, read_call
from stackpin.inject.grammar import PIP, UV, UVX, Grammar

__all__: list[str] = []


def read(line: str, grammar: Grammar = UV) -> tuple[Call, Own]:
    return read_call(shlex.split(line), grammar)


@pytest.mark.parametrize(
    ("line", "stacks", "words"),
    [
        pytest.param("pip install --stack sglang torch", ("sglang",), "pip install torch", id="behind the command"),
        pytest.param("--stack=sglang pip install torch", ("sglang",), "pip install torch", id="before it, in one word"),
        pytest.param("pip install torch --stack a --stack b", ("a", "b"), "pip install torch", id="twice, at the end"),
        pytest.param("run --stack a prog --stack b", ("a",), "run prog --stack b", id="a program's own is left alone"),
        pytest.param("run -- --stack b", (), "run -- --stack b", id="behind a double dash"),
        pytest.param(
            "tool run --from x --stack a y --stack b", ("a",), "tool run --from x y --stack b", id="of a tool"
        ),
        pytest.param("pip install -- --stack", (), "pip install -- --stack", id="as an operand"),
    ],
)
def test_our_options_are_taken_out_and_nothing_else(line: str, stacks: tuple[str, ...], words: str) -> None:
    call, own = read(line)
    assert (own.stacks, shlex.join(call.words)) == (stacks, words)


def test_all_of_our_options_are_read() -> None:
    _, own = read("pip install --cuda cu124 --stack sglang --allow torchcodec --allow=xgrammar --cuda=cu126")
    assert own == Own(stacks=("sglang",), cuda="cu126", allow=("torchcodec", "xgrammar"))


def test_an_option_of_ours_without_its_value_says_so() -> None:
    with pytest.raises(UsageError) as caught:
        read("pip install --stack")
    assert str(caught.value) == "--stack needs a value\n  expected: --stack 'sglang==0.4.*'"


@pytest.mark.parametrize(
    ("grammar", "line", "verb"),
    [
        pytest.param(UV, "pip install x", ("pip", "install"), id="uv pip"),
        pytest.param(UV, "--color never --directory d pip -q install x", ("pip", "install"), id="options in between"),
        pytest.param(UV, "add x", ("add",), id="uv add"),
        pytest.param(UV, "tool run x", ("tool", "run"), id="uv tool"),
        pytest.param(UVX, "--from x y", ("tool", "run"), id="uvx is uv tool run"),
        pytest.param(PIP, "--python 3.11 install x", ("install",), id="pip with a value before the command"),
        pytest.param(PIP, "--version", (), id="none"),
        pytest.param(UV, "", (), id="nothing"),
    ],
)
def test_the_command_is_found(grammar: Grammar, line: str, verb: tuple[str, ...]) -> None:
    assert read(line, grammar)[0].verb == verb


@pytest.mark.parametrize(
    ("grammar", "line", "name", "value"),
    [
        pytest.param(PIP, "install -rfile", "--requirement", "file", id="pip, glued"),
        pytest.param(PIP, "install -Ur file", "--requirement", "file", id="pip, in a cluster"),
        pytest.param(PIP, "install --req file", "--requirement", "", id="pip, ambiguous: requirement, requirements-…"),
        pytest.param(PIP, "install --targ d", "--target", "d", id="pip, abbreviated"),
        pytest.param(PIP, "install --constr=f", "--constraint", "f", id="pip, abbreviated in one word"),
        pytest.param(PIP, "install -t d", "--target", "d", id="pip, short"),
        pytest.param(UV, "pip install -p3.11 x", "--python", "3.11", id="uv, glued"),
        pytest.param(UV, "pip install -p=3.11 x", "--python", "3.11", id="uv, glued with a sign"),
        pytest.param(UV, "pip install -qp 3.11 x", "--python", "3.11", id="uv, in a cluster"),
        pytest.param(UV, "pip install --python=3.11", "--python", "3.11", id="uv, in one word"),
        pytest.param(UV, "pip install --pyth 3.11", "--python", "", id="uv takes no abbreviation"),
    ],
)
def test_a_value_is_found_as_the_tool_finds_it(grammar: Grammar, line: str, name: str, value: str) -> None:
    assert read(line, grammar)[0].value(name) == value


@pytest.mark.parametrize(
    ("grammar", "line", "operands", "target"),
    [
        pytest.param(UV, "pip install -e ./x torch", ("torch",), (), id="an editable is no operand"),
        pytest.param(UV, "add --editable ./x", ("./x",), (), id="but for uv add it is a flag"),
        pytest.param(UV, "run --with x prog -p 1", (), ("prog", "-p", "1"), id="a program with its words"),
        pytest.param(UV, "run -m mod --with y", (), ("mod", "--with", "y"), id="a module with its words"),
        pytest.param(UV, "run --script s.py a", (), ("s.py", "a"), id="a script with its words"),
        pytest.param(UV, "run - < s", (), ("-", "<", "s"), id="a script on stdin"),
        pytest.param(UV, "run --extra e -- prog", (), ("prog",), id="behind a double dash"),
        pytest.param(UVX, "ruff check .", (), ("ruff", "check", "."), id="uvx"),
        pytest.param(PIP, "install a 'b>=1' -- -c", ("a", "b>=1", "-c"), (), id="pip, behind a double dash"),
        pytest.param(PIP, "install -i URL a", ("a",), (), id="pip, behind an index"),
    ],
)
def test_operands_and_run_targets_are_told_apart(
    grammar: Grammar, line: str, operands: tuple[str, ...], target: tuple[str, ...]
) -> None:
    call, _ = read(line, grammar)
    assert (call.operands, call.target) == (operands, target)


@pytest.mark.parametrize(
    ("grammar", "line", "with_c"),
    [
        pytest.param(UV, "--offline pip install x", "--offline pip install -c f x", id="uv pip"),
        pytest.param(UV, "run prog -c", "run -c f prog -c", id="never among a program's words"),
        pytest.param(UVX, "ruff", "-c f ruff", id="uvx"),
        pytest.param(PIP, "install x --stack sglang", "install -c f x", id="pip, ours out of the way"),
    ],
)
def test_further_options_go_behind_the_command(grammar: Grammar, line: str, with_c: str) -> None:
    assert shlex.join(read(line, grammar)[0].with_options("-c", "f")) == with_c


def test_words_without_ours_are_handed_on_to_the_letter() -> None:
    words = ["pip", "install", "--", "a b", "", "-x", "--stack=", "é", "$(id)"]
    assert read_call(words, UV)[0].words == tuple(words)
