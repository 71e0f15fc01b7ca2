"""What stands in each emitted file is the tuple, for every stack and tag of the committed tree; ``check`` has nothing to say.

The readers are those of the formats (tomllib, configparser, packaging) or a line of regular expression. The committed tree says
which stacks and tags there are, and what their tuples hold.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from configparser import ConfigParser
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.version import Version
from tests.support.docker_env import read_dockerfile
from tests.support.emitting import emitted
from tests.support.in_process import run_here
from tests.support.tools import ready_made, tree_files

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.support.tools import ReadyMade

__all__: list[str] = []

#: Emitted files that ``check`` reads itself; the others are for tools of their own.
READ_BY_CHECK = ("c.txt", "requirements.txt", "uv.toml", "Dockerfile")
#: Releases of two other tuples (METADATA of torch 2.6.0: triton==3.2.0, of 2.7.1: triton==3.3.1). Older ones pin triton for
#: some Pythons only, and a file that says nothing of Python may be for another.
OTHERS = {"torch": ("2.6.0", "2.7.1"), "triton": ("3.2.0", "3.3.1")}
SAMPLE = ("sglang-0.4.x-cu124.txt", "sglang-0.5.x-cu130.txt", "vllm-0.8.x-cu124.txt", "torch-2.7.x-cu118.txt")


def asked(ready: ReadyMade) -> list[str]:
    """The request of a file, from its own line ``rebuild``."""
    (line,) = re.findall(r"^# rebuild +stackpin compile (.*)$", ready.text, re.MULTILINE)
    return shlex.split(line)


def pinned(lines: Iterable[str]) -> dict[str, str]:
    """Releases by name, of the lines that hold one at one version; what blocks a look-alike is left out."""
    found = {}
    for requirement in map(Requirement, lines):
        for each in requirement.specifier:
            if each.operator in {"==", "==="} and not each.version.startswith("0+"):
                found[requirement.name] = each.version
    return found


def of_uv_toml(text: str, key: str) -> dict[str, str]:
    return pinned(tomllib.loads(text)[key])


def of_bandersnatch(text: str) -> dict[str, str]:
    """All but one release of a member are on the list."""
    conf = ConfigParser(delimiters=("=",), interpolation=None)
    conf.read_string(text)
    return dict(line.split("!=") for line in conf["blocklist"]["packages"].split() if "!=" in line)


def of_requirements(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[\w+\])?==(\S+)", text, re.MULTILINE))


def assert_all_hold_the_tuple(ready: ReadyMade, tmp_path: Path) -> None:
    words = [*asked(ready), "--no-hashes"]
    uv = emitted("uv-toml", *words, cwd=tmp_path)
    assert of_uv_toml(uv, "constraint-dependencies") == ready.pins
    assert of_uv_toml(uv, "build-constraint-dependencies") == ready.pins
    lines = emitted("devpi", *words, cwd=tmp_path).splitlines()
    assert pinned(line for line in lines if not line.startswith("#")) == ready.pins
    assert of_bandersnatch(emitted("bandersnatch", *words, cwd=tmp_path)) == ready.pins
    (inside,) = read_dockerfile(emitted("env", *words, "--shell", "docker", cwd=tmp_path)).files.values()
    emitted("pip-conf", *words, "--constraints", "c.txt", cwd=tmp_path)
    assert inside == (tmp_path / "c.txt").read_text(encoding="utf-8")
    assert ready_made(inside).pins == ready.pins
    text = emitted("requirements", *words, cwd=tmp_path)
    assert of_requirements(text) == ready.pins
    (tmp_path / "requirements.txt").write_text(text, encoding="utf-8")
    image = emitted("env", *words, "--shell", "docker", cwd=tmp_path)
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\n{image}RUN pip install torch\n", encoding="utf-8")
    tag = words[words.index("--cuda") + 1]
    (tmp_path / "uv.toml").write_text(uv, encoding="utf-8")
    for name in READ_BY_CHECK:
        done = run_here("check", name, "--cuda", tag, cwd=tmp_path)
        assert (done.returncode, "SP" in done.stdout) == (0, False), f"{ready.name}: {done.stdout}"
    for name in READ_BY_CHECK:
        assert_check_reads(tmp_path / name, ready, tag)


def assert_check_reads(path: Path, ready: ReadyMade, tag: str) -> None:
    """With torch or triton of another tuple in the place of this one's, one of their lines is told."""
    text = path.read_text(encoding="utf-8")
    for name, others in OTHERS.items():
        if name == "triton" and Version(ready.pins["torch"]) < Version("2.6"):
            continue
        other = next(each for each in others if each != ready.pins[name].partition("+")[0])
        planted = re.sub(rf"(?<![\w-])({name} ?===?){re.escape(ready.pins[name])}(?![\w.])", rf"\g<1>{other}", text)
        assert planted != text
        path.write_text(planted, encoding="utf-8")
        done = run_here("check", path.name, "--cuda", tag, "--json", cwd=path.parent)
        told = {row["line"] for row in json.loads(done.stdout)["findings"]}
        rows = enumerate(planted.splitlines(), 1)
        assert told & {number for number, row in rows if re.search(r"(?<![\w-])(torch|triton) ?==", row)}, (
            f"{ready.name}: {path.name}: {name}: {done.stdout}"
        )
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", SAMPLE)
def test_a_tuple_is_in_every_file(name: str, tmp_path: Path) -> None:
    (ready,) = [each for each in tree_files() if each.name == name]
    assert_all_hold_the_tuple(ready, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("ready", tree_files(), ids=lambda ready: ready.name)
def test_every_tuple_of_the_tree_is_in_every_file(ready: ReadyMade, tmp_path: Path) -> None:
    assert_all_hold_the_tuple(ready, tmp_path)
