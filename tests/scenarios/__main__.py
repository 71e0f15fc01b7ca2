"""Shows how answers differ from what cases expect, and with ``--accept`` takes the answers of today over.

``python -m tests.scenarios`` looks at every case, ``python -m tests.scenarios sglang-5247 diff-`` at those whose names hold one
of these words. A case that names only parts of its answer is left to a person; so is one whose cause is no longer named.
"""

from __future__ import annotations

import difflib
import sys
import tempfile
from pathlib import Path
from typing import Any

import tomlkit
from tests.scenarios.test_scenarios import CASES, differences, read_case, run, steady

__all__: list[str] = []


def whole_answers(case: dict[str, Any], folder: Path) -> tuple[dict[str, str], int]:
    """What the command of a case says today, as a case holds it, and its code."""
    done = run(case, folder)
    return {"stdout": steady(done.stdout, folder), "stderr": steady(done.stderr, folder)}, done.returncode


def accepted(text: str, output: dict[str, str], code: int) -> str:
    """The text of a case with other answers; comments and order stay."""
    document = tomlkit.parse(text)
    document["exit_code"] = code
    for name, said in output.items():
        if name in document:
            document[name] = (
                tomlkit.parse(f"x = '''\n{said}'''")["x"] if said else ""
            )  # as people write it: on lines of its own
    return tomlkit.dumps(document)


def look(path: Path, *, accept: bool) -> bool:
    """Show what differs in one case; whether something does that was not taken over."""
    text = path.read_text(encoding="utf-8")
    case = read_case(text)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        output, code = whole_answers(case, folder)
        found = differences(case, output, folder)
        new = accepted(text, output, code)
        left = differences(read_case(new), output, folder)
    if not found and code == case["exit_code"]:
        return False
    print(f"{path.name}: code {code}, expected {case['exit_code']}")
    print("".join(difflib.unified_diff(text.splitlines(keepends=True), new.splitlines(keepends=True), n=1)))
    if left or not accept:
        print("\n".join(left))
        return True
    path.write_text(new, encoding="utf-8")
    return False


def main(words: list[str]) -> int:
    """Look at the cases that are named; 1 where one of them differs and was not taken over."""
    accept = "--accept" in words
    wanted = [word for word in words if not word.startswith("-")]
    cases = [path for path in CASES if not wanted or any(word in path.stem for word in wanted)]
    left = [look(path, accept=accept) for path in cases]
    return int(any(left))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
