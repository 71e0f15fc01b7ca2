"""``dependabot.yml``: our group and what is ignored, every other line as it was, and what cannot be done said."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from tests.support.bots import emission_of

from stackpin.emit.dependabot import dependabot_entry
from stackpin.errors import InputUnreadable, UsageError
from stackpin.patch.dependabot import with_group

__all__: list[str] = []

WANTED = dependabot_entry(emission_of({"demo": "1.0", "torch": "2.6.0"}))
NEWER = dependabot_entry(emission_of({"demo": "2.0", "torch": "2.7.1"}))
OWN = """\
# the team's
version: 2
updates:
  # actions first
  - package-ecosystem: github-actions
    directory: /
    schedule: {interval: monthly}

  - package-ecosystem: "pip"  # ours
    directory: /
    schedule:
      interval: weekly
    groups:
      # everything
      all:
        patterns: ["*"]
    ignore:
      - dependency-name: numpy  # not yet
        versions: [">=3"]

    # the end of pip
  - package-ecosystem: uv
    directories: [/tools]
    schedule:
      interval: daily
"""


def patched(text: str, wanted: dict[str, Any] = WANTED) -> str:
    return with_group(text, wanted, where="dependabot.yml")[0]


def test_the_group_comes_first_and_the_ignored_last_in_each_entry_of_pip_and_uv() -> None:
    new = patched(OWN)
    before, after = yaml.safe_load(OWN)["updates"], yaml.safe_load(new)["updates"]
    assert after[0] == before[0]
    assert list(after[1]["groups"]) == ["demo-stack", "all"]
    assert after[1]["ignore"] == [*before[1]["ignore"], *WANTED["ignore"]]
    assert after[2] == {**before[2], **WANTED}
    lines = iter(new.splitlines())
    assert all(line in lines for line in OWN.splitlines())  # in order


def test_a_second_run_changes_nothing_and_another_tuple_replaces_ours_alone() -> None:
    once = patched(OWN)
    assert patched(once) == once
    other = patched(once, NEWER)
    assert patched(other) == once
    assert "2.6.0" not in other


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("version: 2\n", id="no updates"),
        pytest.param("version: 2\nupdates: []\n", id="an empty list"),
        pytest.param("version: 2\nupdates:\n", id="nothing under updates"),
        pytest.param("updates: ~  # none\nversion: 2\n", id="null"),
        pytest.param("# x\r\nupdates: []\r\n# y\r\nversion: 2", id="CRLF"),
        pytest.param(
            "version: 2\nupdates:\n- package-ecosystem: npm\n  directory: /\n  schedule: {interval: weekly}", id="npm"
        ),
    ],
)
def test_an_entry_is_added_where_there_is_none(text: str) -> None:
    new = patched(text)
    assert patched(new) == new
    added = yaml.safe_load(new)["updates"][-1]
    assert added == {"package-ecosystem": "pip", "directory": "/", "schedule": {"interval": "weekly"}, **WANTED}
    assert new.endswith("\n") == text.endswith("\n")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(OWN.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(OWN.rstrip("\n"), id="no line break at the end"),
        pytest.param(OWN.replace("\n  ", "\n"), id="lists at the edge"),
        pytest.param(
            "version: 2\nupdates:\n- package-ecosystem: pip\n  ignore: []\n  groups: {}  # none\n", id="empty"
        ),
        pytest.param(
            "version: 2\nupdates:\n- package-ecosystem: pip\n  groups:\n  # none\n  directory: /\n", id="null"
        ),
        pytest.param(
            "version: 2\nupdates:\n- &a\n  package-ecosystem: pip\n  x: &b [1]\n- *a\n- y: *b\n", id="aliases"
        ),
        pytest.param("version: 2\nupdates:\n- groups:\n  package-ecosystem: uv\n  ignore:\n", id="groups first"),
        pytest.param("version: 2\nupdates:\n- package-ecosystem: uv\n  x: |\n    a\n    b\n", id="a text of lines"),
    ],
)
def test_what_was_there_stays_line_for_line(text: str) -> None:
    new = patched(text)
    assert patched(new) == new
    there = iter(new.splitlines())
    kept = (line.replace(": []", ":").replace(": {}", ":") for line in text.splitlines() if line)
    assert all(line in there for line in kept)  # in order
    assert ("\r\n" in text) == ("\r\n" in new)
    assert new.replace("\r\n", "").count("\n") == 0 or "\r\n" not in text
    for before, after in zip(yaml.safe_load(text)["updates"], yaml.safe_load(new)["updates"], strict=True):
        rest = {key: value for key, value in after.items() if key not in WANTED}
        assert rest == {key: value for key, value in before.items() if key not in WANTED}
        assert ("groups" in after) == (before.get("package-ecosystem") in {"pip", "uv"} or "groups" in before)


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("", "it does not say version: 2"),
        ("version: 1\n", "it does not say version: 2"),
        ("version: 2\nupdates: {a: 1}\n", "updates is no list of entries"),
        ("version: 2\nupdates: [1]\n", "updates is no list of entries"),
        ("version: 2\nversion: 2\n", "a key is there twice: version"),
        (
            "version: 2\nupdates:\n- package-ecosystem: pip\n  ignore: torch\n",
            'updates[0].ignore is "torch"',
        ),
    ],
)
def test_what_is_no_configuration_is_refused(text: str, got: str) -> None:
    with pytest.raises(InputUnreadable) as caught:
        patched(text)
    assert caught.value.what == "the file is no configuration of Dependabot's"
    assert (caught.value.where, caught.value.got) == ("dependabot.yml", got)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("version: 2\nupdates:\n\t- a: 1\n", id="tabs"),
        pytest.param("version: 2\nupdates: [", id="cut"),
        pytest.param("version: 2\n---\nversion: 2\n", id="two documents"),
        pytest.param("version: 2\nupdates: *nowhere\n", id="an alias of nothing"),
        pytest.param("version: 2\nx: !!python/object/apply:os.getcwd []\n", id="a tag of Python's"),
    ],
)
def test_what_is_no_yaml_is_refused(text: str) -> None:
    with pytest.raises(InputUnreadable, match="the file is no configuration of Dependabot's"):
        patched(text)


@pytest.mark.parametrize(
    ("text", "got"),
    [
        (
            "version: 2\nupdates:\n- {package-ecosystem: pip, directory: /}\n",
            "an entry is written in braces, in line 3",
        ),
        (
            "version: 2\nupdates:\n- package-ecosystem: pip\n  groups: {all: {patterns: [a]}}\n",
            "groups is written in braces, in line 4",
        ),
        (
            "version: 2\nupdates:\n- package-ecosystem: npm\n  groups: &g\n    a: {}\n- package-ecosystem: pip\n  groups: *g\n",
            "groups is shared by an alias with an entry of another ecosystem",
        ),
        (
            "version: 2\nx: &base\n  ignore:\n  - dependency-name: a\nupdates:\n- package-ecosystem: pip\n  <<: *base\n",
            "groups or ignore come by a merge key (<<)",
        ),
    ],
)
def test_what_cannot_be_changed_without_loss_is_refused(text: str, got: str) -> None:
    with pytest.raises(InputUnreadable) as caught:
        patched(text)
    assert caught.value.what == "the file is laid out in a way that stackpin cannot change without loss"
    assert caught.value.got == got


def test_a_group_of_the_users_with_our_name_is_not_overwritten() -> None:
    with pytest.raises(UsageError) as caught:
        patched("version: 2\nupdates:\n- package-ecosystem: pip\n  groups:\n    demo-stack:\n      patterns: [a]\n")
    assert str(caught.value) == (
        "a group is named demo-stack already\n"
        "  where:    dependabot.yml: updates[0].groups.demo-stack\n"
        '  found:    {"patterns": ["a"]}\n'
        "  expected: no group of that name but one with the comment # stackpin\n"
        "  do:       give it another name, then type the command again"
    )


def test_own_settings_for_the_same_packages_stay_and_are_told() -> None:
    text = OWN.replace("numpy", "torch").replace('["*"]', '["torch", "six"]')
    new, notes = with_group(text, WANTED, where="dependabot.yml")
    assert yaml.safe_load(new)["updates"][1]["ignore"][0] == {"dependency-name": "torch", "versions": [">=3"]}
    assert notes == (
        "dependabot.yml: updates[1] ignores versions of torch already; that stays, and both hold",
        "dependabot.yml: updates[1]: the group all has torch too; that of stackpin stands first and wins",
    )


def test_a_comment_inside_what_is_ours_is_not_lost() -> None:
    once = patched(OWN).replace("        patterns:\n", "        # by hand\n        patterns:\n")
    with pytest.raises(InputUnreadable) as caught:
        patched(once, NEWER)
    assert caught.value.got.startswith("a comment stands inside what is to be replaced, near line ")


def test_a_tuple_with_builds_that_the_index_does_not_carry_is_held_whole() -> None:
    entry = dependabot_entry(emission_of({"demo": "1.0", "torch": "2.6.0+cu126"}))
    assert [each["versions"] for each in entry["ignore"]] == [[">=0"]] * len(entry["ignore"])
