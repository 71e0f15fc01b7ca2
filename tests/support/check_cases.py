"""Cases of ``stackpin check`` as data: which files lie there, what is found in them and where, and the edit that takes it out.

Keys of a case; any other is refused:

description   why the case exists, in a sentence that a user would understand
thread        where it happened: the address of an issue
evidence      what decides the verdict: "torch 2.6.0: triton==3.2.0; …", lines of releases' METADATA (held against the catalog)
files         name → text, or a table: ``from`` a file of the repository; ``text``, how many ``times``, and the ``head`` before
              it; a ``link`` to a name. ``cut`` keeps that many characters of it
args          the words after ``stackpin check``; none: ``.``
exit          the code of the contract
findings      tables in the order of path, line, column and rule: ``rule``, ``path``, ``line``, ``column``, ``package``, and
              ``at``, the text that begins there. Line and column are left out together where a finding has several places
troubles      tables of ``path`` and, where it is known, ``line``
notes         parts that notes must have
silenced      how many findings are held back
stdout        the whole text that is printed without ``--json``
plant         name → pairs of old and new text: edits that put the fault in; without them nothing is found
twin          name → pairs of old and new text: edits that take the fault out; or a table with the ``from`` of another file
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["ROOT", "Case", "file_texts", "lay_out", "metadata_line", "read_case", "wrong_places"]

ROOT = Path(__file__).resolve().parents[2]
_KEYS = {
    "description": str,
    "thread": str,
    "evidence": list,
    "files": dict,
    "args": list,
    "exit": int,
    "findings": list,
    "troubles": list,
    "notes": list,
    "silenced": int,
    "stdout": str,
    "plant": dict,
    "twin": dict,
}
_NEEDED = {"description", "files", "exit"}
_TABLES = {
    "findings": ({"rule", "path"}, {"rule", "path", "line", "column", "package", "at"}),
    "troubles": ({"path"}, {"path", "line"}),
}
_FILE_KEYS = {"from", "head", "text", "times", "link", "cut"}


class Case(NamedTuple):
    """A case; ``said`` is its table."""

    name: str
    said: dict[str, Any]

    @property
    def args(self) -> list[str]:
        """The words after ``stackpin check``."""
        return list(self.said.get("args", ["."]))

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What must be found."""
        return list(self.said.get("findings", ()))

    @property
    def has_twin(self) -> bool:
        """Whether the case says what it is like without its fault."""
        return "plant" in self.said or "twin" in self.said


def read_case(name: str, text: str) -> Case:
    """A case from its text.

    :raises ValueError: where a key is not known, missing or of another type.
    """
    said = tomllib.loads(text)
    wrong = [f"unknown key {key}" for key in sorted(said.keys() - _KEYS.keys())]
    wrong += [f"missing key {key}" for key in sorted(_NEEDED - said.keys())]
    wrong += [f"{key} is of another type" for key, kind in _KEYS.items() if not isinstance(said.get(key, kind()), kind)]
    wrong = wrong or [*_wrong_rows(said), *_wrong_files(said)]
    if wrong:
        message = f"{name}: {', '.join(wrong)}"
        raise ValueError(message)
    return Case(name, said)


def _wrong_rows(said: dict[str, Any]) -> list[str]:
    found = []
    for key, (needed, known) in _TABLES.items():
        for row in said.get(key, ()):
            found += [f"unknown key {key}.{each}" for each in sorted(row.keys() - known)]
            found += [f"missing key {key}.{each}" for each in sorted(needed - row.keys())]
            if key == "findings" and len(row.keys() & {"line", "column", "at"}) not in {0, 3}:
                found.append(f"{key} needs line, column and at together")
    return found


def _wrong_files(said: dict[str, Any]) -> list[str]:
    tables = {name: each for name, each in said["files"].items() if isinstance(each, dict)}
    found = [f"unknown key files.{name}.{key}" for name, each in tables.items() for key in each.keys() - _FILE_KEYS]
    edited = {*said.get("plant", ()), *said.get("twin", ())}
    return found + [f"an edit of {name}, which is not there" for name in sorted(edited - said["files"].keys())]


def file_texts(case: Case, *, fault: bool) -> dict[str, str]:
    """The text of each file of a case that is no link, with its fault or without.

    :raises ValueError: where the text that an edit replaces does not stand there just once.
    """
    texts = {}
    for name, said in case.said["files"].items():
        table = said if isinstance(said, dict) else {"text": said}
        if "link" in table:
            continue
        edits = case.said.get("plant" if fault else "twin", {}).get(name, ())
        if isinstance(edits, dict):
            table, edits = edits, ()
        text = (ROOT / table["from"]).read_text(encoding="utf-8") if "from" in table else table["text"]
        text = table.get("head", "") + text * table.get("times", 1)
        for old, new in edits:
            if text.count(old) != 1:
                message = f"{case.name}: {old!r} stands in {name} {text.count(old)} times"
                raise ValueError(message)
            text = text.replace(old, new)
        texts[name] = text[: table.get("cut")]
    return texts


def lay_out(case: Case, folder: Path, *, fault: bool = True) -> None:
    """Write the files of a case."""
    for name, text in file_texts(case, fault=fault).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    for name, said in case.said["files"].items():
        if isinstance(said, dict) and "link" in said:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).symlink_to(said["link"])


def wrong_places(case: Case) -> list[str]:
    """The findings of a case at whose line and column another text begins than it says."""
    texts = file_texts(case, fault=True)
    found = []
    for row in case.findings:
        if "line" not in row:
            continue
        lines = texts[row["path"]].split("\n")
        line = lines[row["line"] - 1] if row["line"] <= len(lines) else ""
        if not line[row["column"] - 1 :].startswith(row["at"]):
            at = [f"{number}:{text.index(row['at']) + 1}" for number, text in enumerate(lines, 1) if row["at"] in text]
            found.append(f"{row['path']}:{row['line']}:{row['column']} is not {row['at']!r}, which stands at {at}")
    return found


def metadata_line(text: str) -> tuple[str, str, Requirement]:
    """The package, the version and the requirement of a piece of evidence.

    :raises ValueError: where it is not written so.
    """
    head, _, line = text.partition(": ")
    name, _, version = head.partition(" ")
    return name, version, Requirement(line)
