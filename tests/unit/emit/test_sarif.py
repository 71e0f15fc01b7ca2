from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.findings import HOSTILE, checked, finding, installed, torchvision_of_another_torch, trouble
from tests.support.sarif import schema_errors

from stackpin.check.rule_book import RULES
from stackpin.check.rule_pages import all_pages
from stackpin.emit.sarif import sarif_text
from stackpin.model.finding import Checked, Edit, Fix
from stackpin.model.mention import Place
from stackpin.model.value import replace

__all__: list[str] = []


def run_of(told: Checked) -> dict[str, Any]:
    """The one run of the log, which is held against the schema on the way."""
    log = json.loads(sarif_text(told, all_pages(), version="1.2.3").encode())
    assert schema_errors(log) == []
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    run: dict[str, Any] = log["runs"][0]
    return run


def result_of(*findings: Any) -> dict[str, Any]:
    """The result of findings that become one."""
    (result,) = run_of(checked(*findings))["results"]
    found: dict[str, Any] = result
    return found


def test_a_result_has_its_rule_message_place_and_fix() -> None:
    here = {"uri": "requirements.txt", "uriBaseId": "%SRCROOT%"}
    result = result_of(torchvision_of_another_torch())
    mark = result.pop("partialFingerprints")
    assert set(mark) == {"stackpinFinding/v1"}
    assert result == {
        "ruleId": "SP102",
        "ruleIndex": 1,
        "level": "error",
        "message": {
            "text": "torchvision 0.22.1 belongs to torch 2.7.1, not to torch 2.6.0 (line 3). "
            "See [torch==2.6.0](1). Fix: torchvision==0.21.0"
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": here,
                    "region": {"startLine": 7, "startColumn": 1, "endColumn": 20},
                }
            }
        ],
        "relatedLocations": [
            {
                "id": 1,
                "physicalLocation": {
                    "artifactLocation": here,
                    "region": {"startLine": 3, "startColumn": 1, "endColumn": 13},
                },
                "message": {"text": "torch==2.6.0"},
            }
        ],
        "fixes": [
            {
                "description": {"text": "torchvision==0.21.0"},
                "artifactChanges": [
                    {
                        "artifactLocation": here,
                        "replacements": [
                            {
                                "deletedRegion": {"startLine": 7, "startColumn": 1, "endLine": 7, "endColumn": 20},
                                "insertedContent": {"text": "torchvision==0.21.0"},
                            }
                        ],
                    }
                ],
            }
        ],
        "properties": {
            "package": "torchvision",
            "found": "0.22.1",
            "wanted": "0.21.0",
            "evidence": "torch==2.7.1 (torchvision-0.22.1 wheel)",
        },
    }


def test_every_rule_is_described_once_in_order() -> None:
    driver = run_of(checked())["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("stackpin", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == [rule.id for rule in RULES]
    first, conda = driver["rules"][0], driver["rules"][14]
    assert (first["name"], first["defaultConfiguration"]) == ("TritonNotTorchs", {"level": "error"})
    assert (conda["id"], conda["defaultConfiguration"]) == ("SP304", {"level": "warning"})
    assert first["shortDescription"] == {"text": "triton is not the one that this torch asks for."}
    assert first["fullDescription"]["text"].startswith("A torch and a triton that are named together")
    assert first["help"]["text"].endswith("In an environment:\n\npip install triton==3.2.0")
    assert "## Why it matters" in first["help"]["markdown"]
    assert all("](SP" not in rule["help"]["markdown"] for rule in driver["rules"])


def test_an_installed_distribution_is_a_logical_place_and_its_metadata() -> None:
    result = result_of(installed())
    (place,) = result["locations"]
    assert place == {
        "physicalLocation": {
            "artifactLocation": {
                "uri": ".venv/lib/python3.12/site-packages/torch-2.6.0.dist-info/METADATA",
                "uriBaseId": "%SRCROOT%",
            },
            "region": {"startLine": 1},
        },
        "logicalLocations": [{"name": "torch", "fullyQualifiedName": ".venv: torch", "kind": "package"}],
    }
    marks = result["partialFingerprints"]
    assert marks["primaryLocationLineHash"] == marks["stackpinFinding/v1"]


@pytest.mark.parametrize(
    ("path", "address"),
    [
        pytest.param(
            "./a/requirements.txt", {"uri": "a/requirements.txt", "uriBaseId": "%SRCROOT%"}, id="with a dot in front"
        ),
        pytest.param("../up.txt", {"uri": "../up.txt", "uriBaseId": "%SRCROOT%"}, id="above"),
        pytest.param("/srv/a b.txt", {"uri": "file:///srv/a%20b.txt"}, id="absolute"),
        pytest.param(".", {"uri": ".", "uriBaseId": "%SRCROOT%"}, id="the folder itself"),
        pytest.param("c:x.txt", {"uri": "c%3Ax.txt", "uriBaseId": "%SRCROOT%"}, id="no scheme"),
        pytest.param(
            HOSTILE,
            {"uri": "a%20b%27%22%0A%1B%5B31m%2C%3A%FF%25%C3%A9%E2%80%AE.txt", "uriBaseId": "%SRCROOT%"},
            id="hostile",
        ),
    ],
)
def test_a_path_is_an_address(path: str, address: dict[str, str]) -> None:
    (place,) = result_of(finding(path=path))["locations"]
    assert place["physicalLocation"]["artifactLocation"] == address


@pytest.mark.parametrize(
    ("at", "region"),
    [
        pytest.param((0, 0, 0), {"startLine": 1}, id="no line"),
        pytest.param((4, 0, 0), {"startLine": 4}, id="no column"),
        pytest.param((4, 2, 0), {"startLine": 4, "startColumn": 2}, id="no end"),
        pytest.param((4, 2, 9), {"startLine": 4, "startColumn": 2, "endColumn": 9}, id="all"),
    ],
)
def test_a_region_says_what_is_known(at: tuple[int, int, int], region: dict[str, int]) -> None:
    (place,) = result_of(finding(at=at))["locations"]
    assert place["physicalLocation"]["region"] == region


def test_an_edit_of_several_lines_ends_where_its_old_text_ends() -> None:
    edit = Edit(place=Place(path="a.txt", line=2, column=5), old="one\ntwo", new="")
    result = result_of(finding(fix=Fix(text="drop it", edits=(edit,))))
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 2, "startColumn": 5, "endLine": 3, "endColumn": 4},
            "insertedContent": {"text": ""},
        }
    ]


def test_an_edit_that_does_not_say_where_is_left_out() -> None:
    edit = Edit(place=Place(path="a.txt", line=2), old="one", new="two")
    assert "fixes" not in result_of(finding(fix=Fix(text="two", edits=(edit,))))


def test_parts_are_one_result() -> None:
    result = result_of(finding(part="Python 3.9"), finding(part="Python 3.10"))
    assert result["message"]["text"].endswith(" For Python 3.9; Python 3.10.")
    assert result["properties"]["parts"] == ["Python 3.9", "Python 3.10"]


def test_brackets_of_a_message_are_no_link_and_those_of_a_link_are_escaped() -> None:
    related = ((Place(path="a.txt", line=1), "sglang[srt]"),)
    result = result_of(finding(message="[a](1) is wrong", related=related))
    assert result["message"]["text"] == r"[a] (1) is wrong. See [sglang\[srt\]](1)."


def test_a_fingerprint_outlives_a_move_and_tells_two_alike_apart() -> None:
    there = run_of(checked(finding(at=(2, 1, 5)), finding(at=(9, 1, 5))))["results"]
    moved = run_of(checked(finding(at=(4, 1, 5)), finding(at=(11, 1, 5)), finding(path="b.txt")))["results"]
    marks = [each["partialFingerprints"]["stackpinFinding/v1"] for each in moved]
    assert marks[1:] == [each["partialFingerprints"]["stackpinFinding/v1"] for each in there]
    assert len(set(marks)) == 3


def test_troubles_and_notes_are_notifications_of_a_run_that_did_not_succeed() -> None:
    run = run_of(checked(troubles=(trouble(),), notes=("rocm is not covered",)))
    assert run["invocations"] == [
        {
            "executionSuccessful": False,
            "toolExecutionNotifications": [
                {
                    "descriptor": {"id": "input-unreadable"},
                    "level": "error",
                    "message": {"text": "cut in the middle of a table."},
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {"uri": "poetry.lock", "uriBaseId": "%SRCROOT%"},
                                "region": {"startLine": 12},
                            }
                        }
                    ],
                },
                {"level": "note", "message": {"text": "rocm is not covered."}},
            ],
        }
    ]
    assert run_of(checked())["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_columns_count_characters() -> None:
    assert run_of(checked())["columnKind"] == "unicodeCodePoints"


def test_the_same_findings_give_the_same_text() -> None:
    one, two = finding(), replace(finding(), place=Place(path="a", line=1))
    assert sarif_text(checked(one, two), all_pages(), version="1") == sarif_text(
        checked(two, one), all_pages(), version="1"
    )


def test_the_schema_refuses_what_is_no_log() -> None:
    assert schema_errors({"version": "2.1.0", "runs": [{"results": []}]}) != []
