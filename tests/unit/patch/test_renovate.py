"""``renovate.json(5)``: our rules behind the user's, every other byte as it was, and what cannot be done said."""

from __future__ import annotations

import json

import pyjson5
import pytest
from tests.support.bots import emission_of

from stackpin.emit.renovate import renovate_rules
from stackpin.errors import InputUnreadable, StackpinError, UsageError
from stackpin.patch.renovate import with_rules

__all__: list[str] = []

WANTED = renovate_rules(emission_of({"demo": "1.0", "torch": "2.6.0"}))
NEWER = renovate_rules(emission_of({"demo": "2.0", "torch": "2.7.1"}))
COMMENTED = """\
// the team's
{
  extends: ['config:recommended'], // base
  packageRules: [
    { matchPackageNames: ['numpy'], enabled: false }, // held
    /* more to come */
  ],
  "timezone": "Europe/Berlin",
}
"""


def patched(text: str, wanted: dict[str, object] = WANTED) -> str:
    return with_rules(text, wanted, where="renovate.json5")[0]


def test_rules_go_behind_the_users_and_comments_stay() -> None:
    new = patched(COMMENTED)
    at = new.index('    {\n      "description": [\n        "stackpin: demo 1.0 on cu124"')
    assert new.startswith(COMMENTED[: COMMENTED.index("  ],\n")])
    assert new[:at].endswith("/* more to come */\n")
    assert '  "timezone": "Europe/Berlin",\n  "pip_requirements": {\n' in new
    rules = pyjson5.loads(new)["packageRules"]
    assert rules == [{"matchPackageNames": ["numpy"], "enabled": False}, *WANTED["packageRules"]]


def test_a_second_run_changes_nothing_and_another_tuple_replaces_ours_alone() -> None:
    once = patched(COMMENTED)
    assert patched(once) == once
    other = patched(once, NEWER)
    assert patched(other) == once
    assert "2.6.0" not in other
    assert pyjson5.loads(other)["packageRules"][1:] == NEWER["packageRules"]


def test_ours_stand_last_again_where_the_user_has_put_a_rule_behind_them() -> None:
    once = json.loads(patched("{}"))
    once["packageRules"].append({"matchPackageNames": ["torch"], "enabled": True})
    rules = json.loads(patched(json.dumps(once)))["packageRules"]
    assert rules == [{"matchPackageNames": ["torch"], "enabled": True}, *WANTED["packageRules"]]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{}", id="empty"),
        pytest.param('{"extends": ["x"]}', id="one line, no line break at the end"),
        pytest.param('{\r\n  "extends": ["x"]\r\n}\r\n', id="CRLF"),
        pytest.param('{\n\t"packageRules": []\n}\n', id="tabs"),
        pytest.param(
            '{\n  "pip_requirements": {"managerFilePatterns": ["/x/"]},\n  "customDatasources": {}\n}', id="keys"
        ),
        pytest.param("{a: [1,],}", id="commas at the end"),
        pytest.param("{\r  a: 1,\r  packageRules: [{x: 1}]\r}", id="carriage returns"),
        pytest.param("{ /* a\u2028 b */ a: 'x\\\n y', // q\n packageRules: [] }", id="lines inside comments and texts"),
        pytest.param("/* a\n b\n*/ { 'p\\u0061': [1], /* q\n */ packageRules: [\n{b: 1}] }", id="comments of lines"),
    ],
)
def test_what_was_there_stays_byte_for_byte(text: str) -> None:
    new = patched(text)
    assert patched(new) == new
    rest = iter(new)
    assert all(sign in rest for sign in text)  # in order
    assert ("\r\n" in text) == ("\r\n" in new)
    assert "\n" not in new.replace("\r\n", "") or "\r\n" not in text
    before, after = pyjson5.loads(text), pyjson5.loads(new)
    ours = {"packageRules", "customDatasources", "pip_requirements"}
    assert {key: value for key, value in after.items() if key not in ours} == {
        key: value for key, value in before.items() if key not in ours
    }
    patterns = before.get("pip_requirements", {}).get("managerFilePatterns", [])
    assert after["pip_requirements"]["managerFilePatterns"] == [
        *patterns,
        *WANTED["pip_requirements"]["managerFilePatterns"],
    ]


def test_plain_json_stays_plain() -> None:
    assert json.loads(patched('{"extends": ["x"], "packageRules": [{"enabled": true}]}'))["extends"] == ["x"]


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("", "No JSON data found"),
        ("[]", "it is no object"),
        ('{"packageRules": [', "Unclosed"),
        ('{"a": 1, "a": 2}', "a key is there twice: a"),
        ('{"packageRules": [{"enabled": true, enabled: false}]}', "a key is there twice: enabled"),
        ("version: 2\n", "Expected"),
    ],
)
def test_what_is_no_configuration_is_refused(text: str, got: str) -> None:
    with pytest.raises(InputUnreadable) as caught:
        patched(text)
    assert caught.value.what == "the file is no configuration of Renovate's"
    assert (caught.value.where, caught.value.expected) == ("renovate.json5", "JSON or JSON5")
    assert caught.value.got.startswith(got)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"packageRules": {"enabled": false}}', "packageRules is not a list"),
        ('{"customDatasources": []}', "customDatasources is not an object"),
        ('{"pip_requirements": "x"}', "pip_requirements is not an object"),
        ('{"pip_requirements": {"managerFilePatterns": "x"}}', "pip_requirements.managerFilePatterns is not a list"),
    ],
)
def test_what_is_of_another_kind_is_refused(text: str, what: str) -> None:
    with pytest.raises(InputUnreadable) as caught:
        patched(text)
    assert caught.value.what == what


def test_a_datasource_of_the_users_with_our_name_is_not_overwritten() -> None:
    with pytest.raises(UsageError) as caught:
        patched('{"customDatasources": {"stackpin": {"format": "html"}}}')
    assert str(caught.value) == (
        "a custom datasource is named stackpin already\n"
        "  where:    renovate.json5: customDatasources.stackpin\n"
        '  found:    {"format": "html"}\n'
        "  expected: no customDatasources.stackpin but that which stackpin puts there\n"
        "  do:       give it another name, then type the command again"
    )


def test_a_comment_inside_a_rule_of_ours_is_not_lost() -> None:
    once = patched(COMMENTED).replace('"groupName":', '/* by hand */ "groupName":')
    assert patched(once) == once
    with pytest.raises(StackpinError) as caught:
        patched(once, NEWER)
    assert caught.value.got == "a comment stands inside what is to be replaced"


RULE = "renovate.json5: packageRules[0]"


@pytest.mark.parametrize(
    ("own", "note"),
    [
        (
            {"matchPackageNames": ["torch"]},
            f"{RULE} speaks of torch; it stays, and the rules of stackpin behind it win",
        ),
        (
            {"matchPackageNames": ["/^tor/"]},
            f"{RULE} speaks of torch; it stays, and the rules of stackpin behind it win",
        ),
        ({"matchPackagePatterns": ["^d"]}, f"{RULE} speaks of demo; it stays, and the rules of stackpin behind it win"),
        ({"matchDepNames": ["d*"]}, f"{RULE} speaks of demo; it stays, and the rules of stackpin behind it win"),
        (
            {"excludePackageNames": ["demo"]},
            f"{RULE} speaks of demo; it stays, and the rules of stackpin behind it win",
        ),
        (
            {"matchPackageNames": ["torch"], "enabled": False},
            f"{RULE} disables torch, and that wins: there the tuple does not move",
        ),
        (
            {"matchFileNames": ["old/**"], "enabled": False},
            f"{RULE} disables old/**, and that wins: there the tuple does not move",
        ),
        ({"matchUpdateTypes": ["major"], "enabled": False}, ""),
        ({"matchPackageNames": ["numpy"], "enabled": False}, ""),
        ({"matchPackagePatterns": ["("]}, ""),
    ],
)
def test_rules_of_the_users_on_the_same_packages_are_told(own: dict[str, object], note: str) -> None:
    _, notes = with_rules(json.dumps({"packageRules": [own]}), WANTED, where="renovate.json5")
    assert notes == ((note,) if note else ())


@pytest.mark.parametrize(
    ("own", "note"),
    [
        ({"ignoreDeps": ["torch", "six"]}, "ignoreDeps has torch, and that wins: the tuple moves without"),
        ({"enabled": False}, "enabled is false: nothing moves"),
        (
            {"enabledManagers": ["pep621"]},
            "enabledManagers leaves out pip_requirements: constraints files are not looked at",
        ),
        (
            {"pip_requirements": {"fileMatch": ["x"]}},
            "pip_requirements.fileMatch is the old name of managerFilePatterns; it stays beside it",
        ),
        (
            {"minimumReleaseAge": "3 days"},
            "minimumReleaseAge does not hold back the tuple, which has no age of its own",
        ),
        ({"force": {"enabled": True}}, "force wins over all rules, also over those of stackpin"),
    ],
)
def test_settings_of_the_users_that_reach_the_tuple_are_told(own: dict[str, object], note: str) -> None:
    _, notes = with_rules(json.dumps(own), WANTED, where="renovate.json5")
    assert notes == (f"renovate.json5: {note}",)
