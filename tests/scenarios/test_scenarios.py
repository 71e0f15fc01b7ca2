"""Runs every case of this folder and those below it: a TOML file that says what is typed, what lies around, and what comes back.

Keys of a case; any other is refused:

description   why the case exists, in a sentence that a user would understand
command       the words after ``stackpin``
env           variables that are set
files         name → text, laid out in the empty folder in which the command runs; a name that ends in / is a folder
exit_code     the code of the contract
stdout, stderr                    the whole text
stdout_contains, stderr_contains  lines (or parts of lines) that must be there
stdout_lacks, stderr_lacks        parts that must not be there
written       name → lines that a file in the folder must hold afterwards
absent        names that must not exist afterwards

Cases in ``threads`` replay what happened to people, and need four keys more; `tools/threads.py` makes a page of them:

thread        the address of the thread
had           what the person typed, or had installed
cause         what was found there to be the cause, in our words
names         parts of the answer that name this cause; they must stay when its wording changes

kinds         kinds of reasons that the refusal has, as ``--json`` names them; each kind that there is must be told by some case

``python -m tests.scenarios NAME…`` shows how the answers of today differ from those that are written down.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.in_process import Done, run_here

from stackpin.model.explanation import ReasonKind

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CASES", "HERE", "THREADS", "differences", "read_case", "run", "steady"]

HERE = Path(__file__).parent
#: Those below `check` have keys and a runner of their own.
CASES = sorted(path for path in HERE.rglob("*.toml") if path.parent.name != "check")
THREADS = HERE / "threads"
KEYS = {
    "description": str,
    "command": list,
    "env": dict,
    "files": dict,
    "exit_code": int,
    "stdout": str,
    "stderr": str,
    "stdout_contains": list,
    "stderr_contains": list,
    "stdout_lacks": list,
    "stderr_lacks": list,
    "written": dict,
    "absent": list,
    "thread": str,
    "had": str,
    "cause": str,
    "names": list,
    "kinds": list,
}
WRAPPED = {"pip", "uv", "uvx"}
NEEDED = {"description", "command", "exit_code"}
#: What a case needs beside these where it replays a thread.
THREAD_NEEDS = {"thread", "had", "cause", "names"}


def read_case(text: str) -> dict[str, Any]:
    """A case from its text; what is not known, missing or of another type is refused."""
    case = tomllib.loads(text)
    unknown = sorted(set(case) - set(KEYS))
    missing = sorted(NEEDED - set(case))
    wrong = sorted(key for key, value in case.items() if key in KEYS and not isinstance(value, KEYS[key]))
    if unknown or missing or wrong:
        message = f"unknown keys {unknown}, missing keys {missing}, values of another type {wrong}"
        raise ValueError(message)
    return case


def lay_out(folder: Path, files: dict[str, str]) -> None:
    """Write the files of a case."""
    for name, text in files.items():
        path = folder / name
        if name.endswith("/"):
            path.mkdir(parents=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def steady(text: str, folder: Path) -> str:
    """A text with what differs from machine to machine and snapshot to snapshot replaced."""
    text = text.replace(str(folder), "FOLDER")
    text = re.sub(r"# catalog  .*", "# catalog  CATALOG", text)
    text = re.sub(r"^catalog     .*", "catalog     CATALOG", text, flags=re.MULTILINE)
    return re.sub(r"compiled by stackpin \S+", "compiled by stackpin VERSION", text)


def run(case: dict[str, Any], folder: Path) -> Done:
    """Run the command line in a folder of its own: a wrapped tool as a process, for it takes the place of ours."""
    lay_out(folder, case.get("files", {}))
    env = {name: value.replace("FOLDER", str(folder)) for name, value in case.get("env", {}).items()}
    if case["command"][0] not in WRAPPED:
        return run_here(*case["command"], cwd=folder, env=env)
    command = [sys.executable, "-m", "stackpin", *case["command"]]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **env}, capture_output=True, text=True, check=False, timeout=120
    )
    return Done(done.returncode, done.stdout, done.stderr)


def differences(case: dict[str, Any], output: dict[str, str], folder: Path) -> list[str]:
    """What a run gave that the case does not expect, or did not give that it does."""
    found = []
    for name, text in output.items():
        if name in case and text != case[name]:
            found.append(f"{name} is\n{text}")
        found += [f"{name} lacks {part!r}:\n{text}" for part in case.get(f"{name}_contains", []) if part not in text]
        found += [f"{name} has {part!r}:\n{text}" for part in case.get(f"{name}_lacks", []) if part in text]
    answer = "".join(output.values())
    found += [f"the cause {part!r} is not named:\n{answer}" for part in case.get("names", []) if part not in answer]
    for name, lines in case.get("written", {}).items():
        text = steady((folder / name).read_text(encoding="utf-8"), folder) if (folder / name).is_file() else ""
        found += [f"{name} lacks {line!r}:\n{text}" for line in lines if line not in text.splitlines()]
    return found + [f"{name} was left behind" for name in case.get("absent", []) if (folder / name).exists()]


def case_of(path: Path) -> dict[str, Any]:
    return read_case(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    """A case as test ids have it: ``explain/pre-releases-only``."""
    return path.relative_to(HERE).with_suffix("").as_posix()


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_scenario(path: Path, tmp_path: Path) -> None:
    case = case_of(path)
    done = run(case, tmp_path)
    output = {"stdout": steady(done.stdout, tmp_path), "stderr": steady(done.stderr, tmp_path)}
    assert "Traceback" not in done.stderr, done.stderr
    assert "\n".join(differences(case, output, tmp_path)) == ""
    assert done.returncode == case["exit_code"], done.stderr


@pytest.mark.parametrize("path", sorted(THREADS.glob("*.toml")), ids=lambda path: path.stem)
def test_a_thread_says_where_it_is_from_and_what_names_its_cause(path: Path) -> None:
    case = read_case(path.read_text(encoding="utf-8"))
    assert set(case) >= THREAD_NEEDS
    assert re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+/(issues|pull)/\d+", case["thread"])
    assert case["names"]


def test_each_thread_is_replayed_once() -> None:
    threads = [read_case(path.read_text(encoding="utf-8"))["thread"] for path in sorted(THREADS.glob("*.toml"))]
    assert len(threads) == len(set(threads)) >= 25


def refusals() -> Iterator[tuple[str, str]]:
    """Every refusal that a case has the whole text of: the case, and what it says."""
    for path in CASES:
        case = case_of(path)
        text = case.get("stdout") or case.get("stderr") or ""
        if case["exit_code"] == 10 and not text.startswith("{"):
            yield name_of(path), text.removeprefix("error: ")


@pytest.mark.parametrize(("name", "text"), [each for each in refusals() if each[1]], ids=lambda text: text[:60])
def test_the_first_line_of_a_refusal_tells_cause_and_cure(name: str, text: str) -> None:
    first, *rest = text.splitlines()
    what, _, why = first.partition(": ")
    assert "" not in {what, why}, f"{name}: no cause in {first!r}"
    assert len(first) <= 240, f"{name}: {len(first)} characters"
    cause, _, cure = why.rpartition("; take ")
    if "nearest:" not in rest:
        assert "; take " not in first, f"{name}: a cure that is not among the answers"
        return
    assert "" not in {cause, cure}, f"{name}: no cure in {first!r}"
    nearest = rest[rest.index("nearest:") + 1 :]
    for way in cure.removesuffix(", or give each an environment of its own").split(" or "):
        words = way.replace("==", " ").replace(",", " ").split()
        assert any(all(word in line for word in words) for line in nearest), f"{name}: {way!r} is not among {nearest}"


@pytest.mark.parametrize("path", [path for path in CASES if "kinds" in case_of(path)], ids=name_of)
def test_the_document_of_a_refusal_has_the_kinds_that_the_case_names(path: Path, tmp_path: Path) -> None:
    case = case_of(path)
    done = run({**case, "command": [*case["command"], "--json"]}, tmp_path)
    refusals = json.loads(done.stdout)["explanation"]["refusals"]
    told = {reason["kind"] for refusal in refusals for reason in refusal["reasons"]}
    assert set(case["kinds"]) <= told


def test_every_kind_of_reason_is_told_by_some_case() -> None:
    told = {kind for path in CASES for kind in case_of(path).get("kinds", ())}
    assert told == {kind.value for kind in ReasonKind}


def test_there_are_at_least_sixty_questions() -> None:
    assert len([path for path in CASES if case_of(path)["command"][0] == "explain"]) >= 60


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("colour = 1", "unknown keys ['colour'], missing", id="an unknown key"),
        pytest.param("description = ''", "missing keys ['command', 'exit_code']", id="a missing key"),
        pytest.param(
            "description = ''\ncommand = 'compile'\nexit_code = 0", "of another type ['command']", id="a wrong type"
        ),
    ],
)
def test_a_case_that_says_something_else_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        read_case(text)
