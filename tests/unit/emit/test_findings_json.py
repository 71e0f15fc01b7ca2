from __future__ import annotations

import json

from tests.support.findings import HOSTILE, checked, finding, installed, torchvision_of_another_torch, trouble

from stackpin.emit.findings_json import findings_json

__all__: list[str] = []


def test_a_finding_has_every_key() -> None:
    one = {"path": "requirements.txt", "line": 7, "column": 1}
    assert json.loads(findings_json(checked(torchvision_of_another_torch(), looked_at=("requirements.txt",)))) == {
        "schema": 1,
        "findings": [
            {
                "rule": "SP102",
                "name": "family-not-torchs",
                "severity": "error",
                **one,
                "end_column": 20,
                "distribution": "",
                "package": "torchvision",
                "message": "torchvision 0.22.1 belongs to torch 2.7.1, not to torch 2.6.0 (line 3)",
                "found": "0.22.1",
                "wanted": "0.21.0",
                "evidence": "torch==2.7.1 (torchvision-0.22.1 wheel)",
                "fix": {
                    "text": "torchvision==0.21.0",
                    "command": "",
                    "edits": [{**one, "old": "torchvision==0.22.1", "new": "torchvision==0.21.0"}],
                },
                "part": "",
                "related": [{"path": "requirements.txt", "line": 3, "column": 1, "text": "torch==2.6.0"}],
            }
        ],
        "troubles": [],
        "notes": [],
        "looked_at": ["requirements.txt"],
        "silenced": 0,
    }


def test_a_place_without_a_line_has_none() -> None:
    found = json.loads(findings_json(checked(installed())))["findings"][0]
    assert [found[key] for key in ("path", "line", "column", "end_column", "distribution")] == [
        ".venv",
        None,
        None,
        None,
        "torch",
    ]


def test_a_trouble_has_its_slug_and_line() -> None:
    told = json.loads(findings_json(checked(troubles=(trouble(),), notes=("one",), silenced=2)))
    assert told["troubles"] == [
        {"slug": "input-unreadable", "message": "cut in the middle of a table", "path": "poetry.lock", "line": 12}
    ]
    assert (told["notes"], told["silenced"]) == (["one"], 2)


def test_parts_stay_apart() -> None:
    found = json.loads(findings_json(checked(finding(part="a"), finding(part="b"))))["findings"]
    assert [each["part"] for each in found] == ["a", "b"]


def test_a_name_that_is_not_utf_8_does_not_break_the_document() -> None:
    text = findings_json(checked(finding(path=HOSTILE), looked_at=(HOSTILE,)))
    told = json.loads(text.encode())
    assert told["looked_at"] == [HOSTILE.replace("\udcff", r"\xff")]
