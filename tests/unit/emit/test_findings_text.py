from __future__ import annotations

import pytest
from tests.support.findings import HOSTILE, checked, finding, installed, torchvision_of_another_torch, trouble

from stackpin.emit.findings_text import findings_text, note_lines, summary_line, trouble_lines
from stackpin.model.finding import Fix
from stackpin.model.mention import Place
from stackpin.model.value import replace

__all__: list[str] = []


def test_a_finding_is_a_line_to_jump_to_and_its_fix() -> None:
    assert findings_text(checked(torchvision_of_another_torch())) == (
        "requirements.txt:7:1  SP102 torchvision 0.22.1 belongs to torch 2.7.1, not to torch 2.6.0 (line 3)\n"
        "  fix: torchvision==0.21.0\n"
        "  see: requirements.txt:3:1  torch==2.6.0\n"
        "\n"
        "1 finding in 1 file; --fix puts 1 right\n"
    )


def test_the_evidence_is_shown_where_it_is_asked_for() -> None:
    text = findings_text(checked(torchvision_of_another_torch()), evidence=True)
    assert "\n  evidence: torch==2.7.1 (torchvision-0.22.1 wheel)\n" in text


def test_findings_stand_by_file_and_line_in_blocks() -> None:
    mixed = (finding(path="b.txt"), finding(path="a.txt", at=(9, 1, 2)), finding(path="a.txt", at=(2, 1, 2)))
    lines = findings_text(checked(*mixed)).splitlines()
    heads = [line.partition("  ")[0] for line in lines]
    assert heads == ["a.txt:2:1", "a.txt:9:1", "", "b.txt:2:1", "", "3 findings in 2 files"]


def test_an_environments_findings_stand_by_distribution() -> None:
    fix = Fix(command="pip uninstall --yes torch\npip install torch==2.7.1")
    assert findings_text(checked(installed(fix=fix))) == (
        ".venv: torch  SP303 torch is installed twice, as 2.6.0 and 2.7.1\n"
        "  fix: pip uninstall --yes torch\n"
        "       pip install torch==2.7.1\n"
        "\n"
        "1 finding in 1 environment\n"
    )


def test_a_warning_says_that_it_is_one() -> None:
    text = findings_text(checked(installed("SP304", "conda and pip have both installed torch")))
    assert text.startswith(".venv: torch  SP304 warning: conda and pip have both installed torch\n")


def test_a_fix_in_words_and_its_command_are_two_lines() -> None:
    text = findings_text(checked(finding(fix=Fix(text="leave the line out", command="uv lock"))))
    assert "\n  fix: leave the line out\n  run: uv lock\n" in text


def test_what_differs_in_its_part_only_is_told_once() -> None:
    parts = [f"linux x86_64, Python 3.{minor}" for minor in range(9, 14)]
    text = findings_text(checked(*(finding(part=part) for part in parts)))
    shown = "linux x86_64, Python 3.9; linux x86_64, Python 3.10; linux x86_64, Python 3.11; and 2 more"
    assert text == (
        "requirements.txt:2:1  SP101 triton 3.3.0 is not the one that torch 2.6.0 needs\n"
        f"  for: {shown}\n\n1 finding in 1 file\n"
    )


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        pytest.param({}, "no findings", id="nothing to look at"),
        pytest.param({"looked_at": ("uv.lock", "uv.lock")}, "no findings in uv.lock", id="one file of two parts"),
        pytest.param({"looked_at": ("a", "b")}, "no findings in 2 inputs", id="two files"),
        pytest.param({"looked_at": ("a", "b"), "silenced": 3}, "no findings in 2 inputs (3 silenced)", id="silenced"),
        pytest.param(
            {"looked_at": ("a",), "troubles": (trouble(), trouble(line=14))},
            "no findings in a; 1 input not read, or only in part",
            id="two troubles of one file",
        ),
    ],
)
def test_the_last_line_says_when_nothing_was_found(parts: dict[str, object], line: str) -> None:
    assert findings_text(checked(**parts)) == f"{line}\n"


def test_files_and_environments_are_counted_apart() -> None:
    both = checked(finding(), installed(), silenced=1, troubles=(trouble(),))
    assert (
        summary_line(both) == "2 findings in 1 file and 1 environment (1 silenced); 1 input not read, or only in part"
    )


def test_a_trouble_is_a_line_that_an_editor_can_jump_to() -> None:
    lines = trouble_lines(checked(troubles=(trouble(),)))
    assert lines == ("poetry.lock:12  input-unreadable: cut in the middle of a table",)


def test_nothing_that_a_terminal_obeys_gets_through() -> None:
    shown = r"""a b'"\n\x1b[31m,:\xff%é\u202e.txt"""
    hostile = replace(
        finding(path=HOSTILE, message="\x1b]0;title\x07 and\r\nmore"),
        fix=Fix(text="one\x9b\ntwo\x85", command="\x1b[2J"),
        related=((Place(path=HOSTILE, line=1), "\x08"),),
        part="\x1b[1m",
        evidence="\u2028",
    )
    assert findings_text(checked(hostile), evidence=True) == (
        rf"{shown}:2:1  SP101 \x1b]0;title\x07 and\r\nmore" + "\n"
        r"  fix: one\x9b" + "\n"
        "       two\n"
        r"  run: \x1b[2J" + "\n"
        rf"  see: {shown}:1  \x08" + "\n"
        r"  for: \x1b[1m" + "\n"
        r"  evidence: \u2028" + "\n"
        "\n1 finding in 1 file\n"
    )
    told = checked(troubles=(trouble(path=HOSTILE, message="\x1bc"),), notes=("\x1bc",), looked_at=(HOSTILE,))
    assert trouble_lines(told) == (rf"{shown}:12  input-unreadable: \x1bc",)
    assert note_lines(told) == (r"\x1bc",)
    assert summary_line(told) == f"no findings in {shown}; 1 input not read, or only in part"


def test_a_painter_colours_roles_and_changes_no_text() -> None:
    both = checked(torchvision_of_another_torch(), installed("SP304", "conda and pip"))
    painted = findings_text(both, paint=lambda role, text: f"<{role}>{text}</{role}>")
    assert painted.startswith("<place>.venv: torch</place>  <warning>SP304 warning:</warning> conda and pip\n")
    assert "  <fix>fix:</fix> torchvision==0.21.0\n" in painted
    plain = painted
    for role in ("place", "error", "warning", "fix", "summary"):
        plain = plain.replace(f"<{role}>", "").replace(f"</{role}>", "")
    assert plain == findings_text(both)
