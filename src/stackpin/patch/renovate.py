"""``renovate.json`` and ``renovate.json5``: our rules put in behind the user's; comments, order and all else stay.

Renovate applies rules in order, a later one over an earlier one: so ours stand last, and those of an earlier run, known by
their description, are taken out first. What is meant is computed before; the new text is read by another parser than the
one that told the places, and must say just that. Source: Renovate's documentation ("packageRules").
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stackpin.errors import InputUnreadable, UsageError
from stackpin.model.emission import OURS
from stackpin.patch.bots_extra import bots_library
from stackpin.patch.json5_text import Json5Text, comments_in
from stackpin.patch.renovate_notes import notes_on

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["with_rules"]

_RULES = "packageRules"
_SOURCES = "customDatasources"
_MANAGER = "pip_requirements"
_PATTERNS = "managerFilePatterns"


def with_rules(text: str, wanted: Mapping[str, Any], *, where: str) -> tuple[str, tuple[str, ...]]:
    """The text with the rules in it, and what is said of the user's own settings on the same packages.

    :param wanted: the keys of the configuration that are ours.
    :param where: the file, for messages.
    :raises InputUnreadable: when the text is neither JSON nor JSON5, is laid out so that it cannot be changed without loss,
        or holds something else where a list or a table belongs.
    :raises UsageError: when a datasource of the user's has our name.
    :raises ToolMissing: when a library for it is not installed.
    """
    before = _read(text, where)
    try:
        Json5Text(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(where, str(error)) from error
    _refuse_other_kinds(before, wanted, where)
    meant = _meant(before, wanted)
    notes = notes_on(meant, wanted, where)
    if meant == before and list(meant) == list(before):
        return text, notes
    try:
        new = _patched(text, wanted)
    except (ValueError, bots_library("pyjson5", "pyjson5").Json5Exception) as error:
        raise _unpatched(where, "the places of its parts cannot be told") from error
    if _read(new, where) != meant or _is_plain(new) != _is_plain(text):
        raise _unpatched(where, "the result would say something else")
    if comments_in(new) != comments_in(text):
        raise _unpatched(where, "a comment stands inside what is to be replaced")
    return new, notes


def _read(text: str, where: str) -> dict[str, Any]:
    """What a text says: read as JSON, and as JSON5 where it is none."""
    pyjson5 = bots_library("pyjson5", "pyjson5")
    try:
        found = json.loads(text) if _is_plain(text) else pyjson5.loads(text)
    except (ValueError, RecursionError, pyjson5.Json5Exception) as error:
        raise _unreadable(where, str(error.args[0] if error.args else error)) from error
    if not isinstance(found, dict):
        raise _unreadable(where, "it is no object")
    return found


def _is_plain(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse_other_kinds(before: Mapping[str, Any], wanted: Mapping[str, Any], where: str) -> None:
    """Refuse values of another kind than Renovate takes.

    :raises InputUnreadable: where there is one.
    :raises UsageError: where a datasource has our name, and is not ours.
    """
    sources, manager = before.get(_SOURCES, {}), before.get(_MANAGER, {})
    for key, value, kind, expected in (
        (_RULES, before.get(_RULES, []), list, "a list"),
        (_SOURCES, sources, dict, "an object"),
        (_MANAGER, manager, dict, "an object"),
        (f"{_MANAGER}.{_PATTERNS}", manager.get(_PATTERNS, []) if isinstance(manager, dict) else [], list, "a list"),
    ):
        if not isinstance(value, kind):
            got = json.dumps(value)[:60]
            raise InputUnreadable(f"{key} is not {expected}", where=f"{where}: {key}", got=got, expected=expected)
    taken = next((name for name in wanted[_SOURCES] if name in sources), "")
    if taken and not any(map(_is_ours, before.get(_RULES, []))):
        raise UsageError(
            f"a custom datasource is named {taken} already",
            where=f"{where}: {_SOURCES}.{taken}",
            got=json.dumps(sources[taken])[:120],
            expected=f"no {_SOURCES}.{taken} but that which stackpin puts there",
            hint="give it another name, then type the command again",
        )


def _is_ours(rule: Any) -> bool:
    about = rule.get("description", "") if isinstance(rule, dict) else ""
    first = about[0] if isinstance(about, list) and about else about
    return isinstance(first, str) and first.startswith(OURS)


def _meant(before: dict[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What the file is to say as a whole."""
    manager, sources = before.get(_MANAGER, {}), before.get(_SOURCES, {})
    patterns = manager.get(_PATTERNS, [])
    return {
        **before,
        _MANAGER: {**manager, _PATTERNS: [*patterns, *_lacking(patterns, wanted)]},
        _SOURCES: {**sources, **wanted[_SOURCES]},
        _RULES: [*(rule for rule in before.get(_RULES, []) if not _is_ours(rule)), *wanted[_RULES]],
    }


def _lacking(patterns: list[Any], wanted: Mapping[str, Any]) -> list[str]:
    return [each for each in wanted[_MANAGER][_PATTERNS] if each not in patterns]


def _patched(text: str, wanted: Mapping[str, Any]) -> str:
    """The text with all three keys as they are wanted; each change is made on the text that the one before left."""
    for key in (_MANAGER, _SOURCES):
        for inner, value in wanted[key].items():
            text = _with_inner(text, key, inner, value)
    there = Json5Text(text)
    rules: Any = there.member(_RULES)
    if rules is None:
        return there.with_members(there.root, {_RULES: wanted[_RULES]})
    values = [_value(text, there, node) for node in rules.values]
    ours = [place for place, value in enumerate(values) if _is_ours(value)]
    if [values[place] for place in ours] == wanted[_RULES] and ours == list(range(len(values)))[-len(ours) :]:
        return text
    text = there.without_items(rules, frozenset(ours))
    there = Json5Text(text)
    return there.with_items(there.member(_RULES) or there.root, wanted[_RULES])


def _with_inner(text: str, key: str, inner: str, value: Any) -> str:
    """The text with a key of a key; a list there is made longer, anything else is replaced."""
    there = Json5Text(text)
    holder = there.member(key)
    if holder is None:
        return there.with_members(there.root, {key: {inner: value}})
    node: Any = there.member(inner, holder)
    if node is None:
        return there.with_members(holder, {inner: value})
    now = _value(text, there, node)
    if isinstance(value, list):
        more = [each for each in value if each not in now]
        return there.with_items(node, more) if more else text
    return text if now == value else there.with_value(node, value)


def _value(text: str, there: Json5Text, node: Any) -> Any:
    """What a part of the text says."""
    begin, end = there.span(node)
    return bots_library("pyjson5", "pyjson5").loads(text[begin:end])


def _unreadable(where: str, got: str) -> InputUnreadable:
    return InputUnreadable("the file is no configuration of Renovate's", where=where, got=got, expected="JSON or JSON5")


def _unpatched(where: str, got: str) -> InputUnreadable:
    return InputUnreadable(
        "the file is laid out in a way that stackpin cannot change without loss",
        where=where,
        got=got,
        expected="lines that end with a line feed, and rules of stackpin's without comments inside",
        hint="write it so, then type the command again",
    )
