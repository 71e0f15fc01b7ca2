"""Every example that a ``--help`` shows works as it stands, and every help text has one."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from tests.support.in_process import Done, run_here

__all__: list[str] = []

#: Groups and commands, as words after ``stackpin``.
COMMANDS = [
    (),
    ("abi",),
    ("apply",),
    ("catalog",),
    ("catalog", "show"),
    ("catalog", "status"),
    ("catalog", "update"),
    ("catalog", "verify"),
    ("check",),
    ("compile",),
    ("detect",),
    ("diff",),
    ("emit",),
    ("explain",),
    ("matrix",),
    ("path",),
    ("serve",),
    ("shim",),
    ("shim", "install"),
    ("shim", "remove"),
    ("shim", "status"),
]
#: The wrapped tools: their help is the tool's own, and their example stands in the help of the whole.
WRAPPED = {("pip",), ("uv",), ("uvx",)}
#: Examples that show a refusal.
REFUSED = {"stackpin explain sglang==0.4.7 --cuda cu124", "stackpin explain vllm --cuda auto --driver 550.54"}
#: Examples that ask an index, or name a wheel, a tree or an environment; only that they are spelled right is tested here,
#: the rest in tests/functional/catalog, tests/escapes, test_source_trees.py, test_abi_files.py and emit.
ELSEWHERE = (
    "stackpin catalog update",
    "stackpin catalog verify",
    "stackpin uv ",
    "stackpin abi ./",
    "stackpin abi --env",
    "stackpin compile ./",
    "stackpin emit pylock",
    "stackpin serve ",
)

#: Files of bots, as empty as they may be.
BOTS = {"renovate.json": "{}\n", ".github/dependabot.yml": "version: 2\n"}


def run(*words: str, cwd: Path | None = None, **env: str) -> Done:
    if (*words, "")[0] in {word for (word,) in WRAPPED}:  # the process becomes the tool
        command = [sys.executable, "-m", "stackpin", *words]
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)
        return Done(done.returncode, done.stdout, done.stderr)
    return run_here(*words, cwd=cwd or Path.cwd(), env=env)


@cache
def help_of(words: tuple[str, ...]) -> str:
    done = run(*words, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def examples_of(text: str) -> list[str]:
    """The lines below ``Examples:``, up to the first blank one."""
    block = re.search(r"^ *Examples?:\n((?: +(?:eval \"\$\()?stackpin .*\n)+)", text, re.MULTILINE)
    return [line.strip() for line in block[1].splitlines()] if block else []


def examples() -> list[str]:
    return list(dict.fromkeys(line for words in COMMANDS for line in examples_of(help_of(words))))


def names_in(text: str) -> list[str]:
    """The commands that a group's help lists."""
    block = re.search(r"^Commands:\n((?: +\S.*\n)+)", text, re.MULTILINE)
    return re.findall(r"^  (\S+)", block[1], re.MULTILINE) if block else []


def test_the_list_above_has_every_command() -> None:
    listed: set[tuple[str, ...]] = {(name,) for name in names_in(help_of(()))}
    listed |= {(group, name) for group in ("catalog", "shim") for name in names_in(help_of((group,)))}
    assert listed | {()} == set(COMMANDS) | WRAPPED


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words) or "stackpin")
def test_every_help_has_an_example(words: tuple[str, ...]) -> None:
    assert examples_of(help_of(words))


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words) or "stackpin")
def test_short_and_long_help_are_the_same(words: tuple[str, ...]) -> None:
    assert run(*words, "-h").stdout == help_of(words)


@pytest.mark.parametrize("line", examples())
def test_an_example_works(line: str, tmp_path: Path) -> None:
    inside = re.fullmatch(r'eval "\$\((.*)\)"', line)
    words = shlex.split(inside[1] if inside else line, comments=True)
    assert words[0] == "stackpin"
    if line.startswith(ELSEWHERE):
        assert run(*words[1:], "--help", cwd=tmp_path).returncode == 0
        return
    if "--venv" in words or ".venv" in words:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    if "pyproject.toml" in words:
        (tmp_path / "pyproject.toml").write_text('[project]\nname = "demo"\nversion = "1.0"\n', encoding="utf-8")
    for path, text in BOTS.items():
        if path in words:
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
    if words[1] == "check":
        (tmp_path / "requirements.txt").write_text("torch==2.6.0\ntriton==3.2.0\n", encoding="utf-8")
    done = run(*words[1:], cwd=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (10 if line in REFUSED else 0, False), done.stderr
    assert done.stdout or list(tmp_path.iterdir())


def test_help_touches_no_state_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.stackpin\n", encoding="utf-8")
    done = run("compile", "--help", cwd=tmp_path, STACKPIN_CATALOG="nonesuch", STACKPIN_MIRRORS="foo")
    assert (done.returncode, done.stdout) == (0, help_of(("compile",)))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion_comes_out(shell: str) -> None:
    done = run(_STACKPIN_COMPLETE=f"{shell}_source")
    assert done.returncode == 0
    assert "stackpin" in done.stdout


def test_the_version_is_one_line() -> None:
    done = run("--version")
    assert re.fullmatch(r"stackpin \d+\.\d+\.\d+\S*\n", done.stdout)


@pytest.mark.parametrize(
    ("options", "env"),
    [
        pytest.param(["--color", "always"], {"NO_COLOR": "1"}, id="told to"),
        pytest.param(["--color=always"], {"NO_COLOR": "1"}, id="told to in one word"),
        pytest.param(["--color", "never"], {}, id="told not to"),
        pytest.param([], {"NO_COLOR": "1"}, id="NO_COLOR"),
        pytest.param([], {}, id="no terminal"),
    ],
)
def test_colour_is_there_where_it_is_asked_for_only(options: list[str], env: dict[str, str]) -> None:
    done = run(*options, "compile", "sglang==0.4.7", "--cuda", "cu124", cwd=None, **env)
    behind = run("compile", *options, "sglang==0.4.7", "--cuda", "cu124", cwd=None, **env)
    assert ("\x1b[" in done.stderr) == any("always" in word for word in options)
    assert re.sub(r"\x1b\[[\d;]*m", "", done.stderr).startswith(
        "error: sglang 0.4.7 does not exist for cu124: it needs"
    )
    assert behind.stderr == done.stderr
