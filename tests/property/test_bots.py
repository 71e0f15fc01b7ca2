"""What is put into a bot's file changes nothing else of it, for any file: meaning, comments, and the second run."""

from __future__ import annotations

import json
from typing import Any

import pyjson5
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.bots import (
    dependabot_versions,
    document_versions,
    emission_of,
    renovate_versions,
)

from stackpin.emit.dependabot import dependabot_entry, dependabot_text
from stackpin.emit.renovate import document_text, renovate_rules, renovate_text
from stackpin.patch.dependabot import with_group
from stackpin.patch.json5_text import comments_in
from stackpin.patch.renovate import with_rules

__all__: list[str] = []

WANTED = renovate_rules(emission_of({"demo": "1.0", "torch": "2.6.0"}))
NEWER = renovate_rules(emission_of({"demo": "2.0", "torch": "2.7.1"}))
ENTRY = dependabot_entry(emission_of({"demo": "1.0", "torch": "2.6.0"}))
NEWER_ENTRY = dependabot_entry(emission_of({"demo": "2.0", "torch": "2.7.1"}))
OURS = ("packageRules", "customDatasources", "pip_requirements")

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\u2028\u2029\x85"), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-(2**31), 2**31) | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))
RULES = st.lists(
    st.dictionaries(st.sampled_from(("matchPackageNames", "enabled", "x")), SCALARS, max_size=2), max_size=3
)
CONFIGS = st.fixed_dictionaries(
    {},
    optional={
        "extends": st.lists(TEXTS, max_size=2),
        "é": VALUES,
        "packageRules": RULES,
        "customDatasources": st.dictionaries(st.sampled_from(("a", "b")), VALUES, max_size=2),
        "pip_requirements": st.fixed_dictionaries({}, optional={"managerFilePatterns": st.lists(TEXTS, max_size=2)}),
    },
)
GAPS = st.sampled_from(("", " ", "\n", "\n\t", " /* \" ' // */ ", " // it's { [\n", "\r\n"))


@st.composite
def json5_texts(draw: st.DrawFn) -> str:
    """A configuration as JSON5 of any layout: comments anywhere, single quotes, bare keys, commas at the end."""

    def written(value: Any) -> str:
        if isinstance(value, dict):
            items = [f"{key_of(key)}{draw(GAPS)}:{draw(GAPS)}{written(each)}" for key, each in value.items()]
            return "{" + joined(items) + "}"
        if isinstance(value, list):
            return "[" + joined([written(each) for each in value]) + "]"
        return json.dumps(value, ensure_ascii=draw(st.booleans()))

    def key_of(key: str) -> str:
        return key if key in {*OURS, "extends"} and draw(st.booleans()) else json.dumps(key)

    def joined(items: list[str]) -> str:
        end = draw(st.sampled_from(("", ","))) if items else ""
        return draw(GAPS) + ",".join(f"{draw(GAPS)}{item}{draw(GAPS)}" for item in items) + end + draw(GAPS)

    return draw(GAPS) + written(draw(CONFIGS)) + draw(GAPS)


def rest_of(config: dict[str, Any]) -> dict[str, Any]:
    """What a configuration says beside our keys, and what stood in them before."""
    rules = [
        each for each in config.get("packageRules", []) if each not in WANTED["packageRules"] + NEWER["packageRules"]
    ]
    sources = {key: each for key, each in config.get("customDatasources", {}).items() if key != "stackpin"}
    manager = dict(config.get("pip_requirements", {}))
    ours = WANTED["pip_requirements"]["managerFilePatterns"]
    manager["managerFilePatterns"] = [each for each in manager.get("managerFilePatterns", []) if each not in ours]
    beside = {key: each for key, each in config.items() if key not in OURS}
    return {**beside, "packageRules": rules, "customDatasources": sources, "pip_requirements": manager}


@settings(max_examples=15)
@given(json5_texts())
def test_rules_in_any_configuration_change_nothing_else(text: str) -> None:
    once, _ = with_rules(text, WANTED, where="renovate.json5")
    assert with_rules(once, WANTED, where="renovate.json5")[0] == once
    other, _ = with_rules(once, NEWER, where="renovate.json5")
    for new, wanted in ((once, WANTED), (other, NEWER)):
        after = pyjson5.loads(new)
        assert rest_of(after) == rest_of(pyjson5.loads(text))
        assert after["packageRules"][-len(wanted["packageRules"]) :] == wanted["packageRules"]
        assert comments_in(new) == comments_in(text)


NAMES = st.sampled_from(("all", "lint", "test-tools"))
WORDS = st.text("abcxyz0123456789-", min_size=1, max_size=6).map(lambda text: f"n{text}")
ENTRIES = st.fixed_dictionaries(
    {"package-ecosystem": st.sampled_from(("pip", "uv", "npm", "docker")), "directory": WORDS.map("/{}".format)},
    optional={
        "schedule": st.just({"interval": "weekly"}),
        "labels": st.lists(WORDS, max_size=2),
        "groups": st.dictionaries(NAMES, st.fixed_dictionaries({"patterns": st.lists(WORDS, min_size=1)}), max_size=2),
        "ignore": st.lists(st.fixed_dictionaries({"dependency-name": WORDS}), max_size=2),
    },
)
FILES = st.fixed_dictionaries({"version": st.just(2), "updates": st.lists(ENTRIES, max_size=3)})
LINES = st.sampled_from(("", "", "# a: b", "    # - c", "#"))


@st.composite
def yaml_texts(draw: st.DrawFn) -> str:
    """A configuration as YAML: comments and blank lines between any two lines, lists indented or not, both line ends."""
    offset = draw(st.sampled_from(("", "  ")))

    def lines_of(value: Any, indent: str) -> list[str]:
        if isinstance(value, dict):
            return [line for key, each in value.items() for line in keyed(f"{indent}{key}:", each, indent)]
        found = []
        for each in value:
            inner = lines_of(each, f"{indent}  ") if isinstance(each, dict) else [f"{indent}  {each}"]
            found += [f"{indent}- {inner[0].lstrip()}", *inner[1:]]
        return found

    def keyed(head: str, value: Any, indent: str) -> list[str]:
        if not isinstance(value, (dict, list)):
            return [f"{head} {value}"]
        if not value:
            return [f"{head} {draw(st.sampled_from(('', '[]' if isinstance(value, list) else '{}', '~')))}".rstrip()]
        return [head, *lines_of(value, indent + ("  " if isinstance(value, dict) else offset))]

    lines = [each for line in lines_of(draw(FILES), "") for each in (draw(LINES), line)]
    return draw(st.sampled_from(("\n", "\r\n"))).join(lines) + draw(st.sampled_from(("", "\n")))


@settings(max_examples=25)
@given(yaml_texts())
def test_a_group_in_any_configuration_changes_nothing_else(text: str) -> None:
    once, _ = with_group(text, ENTRY, where="dependabot.yml")
    assert with_group(once, ENTRY, where="dependabot.yml")[0] == once
    other, _ = with_group(once, NEWER_ENTRY, where="dependabot.yml")
    before = yaml.safe_load(text)["updates"] or []
    for new, wanted in ((once, ENTRY), (other, NEWER_ENTRY)):
        after = yaml.safe_load(new)["updates"]
        for old, entry in zip(before, after, strict=False):
            if old["package-ecosystem"] not in {"pip", "uv"}:
                assert entry == old
                continue
            assert entry["groups"] == {**wanted["groups"], **(old.get("groups") or {})}
            assert entry["ignore"] == [*(old.get("ignore") or ()), *wanted["ignore"]]
            assert {**entry, "groups": 0, "ignore": 0} == {**old, "groups": 0, "ignore": 0}
        comments = [line for line in text.splitlines() if line.lstrip().startswith("#")]
        assert [line for line in new.splitlines() if line.lstrip().startswith("#")] == comments


VERSIONS = st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2}){1,3}(rc[0-9]|\.post[0-9]{1,2})?", fullmatch=True)
TUPLES = st.dictionaries(st.sampled_from(("demo", "torch", "sgl-kernel", "flashinfer-python")), VERSIONS, min_size=1)


@given(TUPLES)
def test_what_is_emitted_holds_the_tuple(versions: dict[str, str]) -> None:
    emission = emission_of(versions)
    assert renovate_versions(json.loads(renovate_text(emission))) == versions
    assert document_versions(document_text(emission)) == versions
    assert dependabot_versions(dependabot_text(emission)) == versions
