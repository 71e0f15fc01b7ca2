"""``dependabot.yml``: our group and what is ignored, put into the user's entries; comments, order and all else stay.

Each line of ours that begins an item carries a comment, ``# stackpin``: by it the items of an earlier run are known and
taken out first. The group comes first among the groups, for a dependency belongs to the first that it matches. Places come
from ruamel.yaml's nodes, lines are put in and taken out, and the result is read by PyYAML and must say what is meant.

Source: GitHub's documentation ("Dependabot options reference": ``groups``, ``ignore``).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from stackpin.errors import InputUnreadable, UsageError
from stackpin.model.emission import ECOSYSTEMS, MARK
from stackpin.patch.bots_extra import bots_library
from stackpin.patch.yaml_lines import YamlLines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["with_group"]

#: How a key says that there is nothing under it; that goes when something comes.
_EMPTY = re.compile(r":[ \t]*(?:\{\s*\}|\[\s*\]|~|null)(?=[ \t]*(?:#|$))")


def with_group(text: str, wanted: Mapping[str, Any], *, where: str) -> tuple[str, tuple[str, ...]]:
    """The text with the group in it, and what is said of the user's own settings for the same packages.

    :param wanted: the keys of an entry of ``updates`` that are ours.
    :param where: the file, for messages.
    :raises InputUnreadable: when the text is no configuration of Dependabot's, or cannot be changed without loss.
    :raises UsageError: when a group of the user's has our name.
    :raises ToolMissing: when a library for it is not installed.
    """
    before = _read(text, where)
    lines = _lines(text, where)
    lines.refuse_shared(ECOSYSTEMS)
    own = _without_ours(lines)
    plain = _read(own, where)
    _refuse_taken(plain, wanted, where)
    meant = _meant(plain, wanted)
    notes = tuple(_notes(plain, wanted, where))
    if _same(meant, before):
        return text, notes
    new = _patched(own, wanted, where)
    if not _same(_read(new, where), meant):
        raise lines.unpatched("the result would say something else")
    _refuse_lost(text, new, lines)
    return new, notes


def _read(text: str, where: str) -> dict[str, Any]:
    """What a text says, every alias as a value of its own.

    :raises InputUnreadable: when it is no configuration of Dependabot's.
    """
    yaml = bots_library("yaml", "PyYAML")
    try:
        found = json.loads(json.dumps(yaml.safe_load(text), default=str))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _unreadable(where, " ".join(str(error).split())) from error
    if not isinstance(found, dict) or found.get("version") != 2:
        raise _unreadable(where, "it does not say version: 2")
    updates = found.get("updates")
    if not isinstance(updates, (list, type(None))) or not all(isinstance(each, dict) for each in updates or ()):
        raise _unreadable(where, "updates is no list of entries")
    for place, entry in enumerate(updates or ()):
        for key, kind in (("groups", dict), ("ignore", list)):
            if entry.get("package-ecosystem") in ECOSYSTEMS and not isinstance(entry.get(key), (kind, type(None))):
                raise _unreadable(where, f"updates[{place}].{key} is {json.dumps(entry[key])[:60]}")
    return found


def _lines(text: str, where: str) -> YamlLines:
    try:
        return YamlLines(text, where)
    except ValueError as error:
        raise _unreadable(where, str(error)) from error


def _entries(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The entries that can move a Python package."""
    return [entry for entry in found.get("updates") or () if entry.get("package-ecosystem") in ECOSYSTEMS]


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two configurations say the same, the groups in the same order."""
    groups = [[list(entry.get("groups") or {}) for entry in _entries(each)] for each in (one, other)]
    return one == other and groups[0] == groups[1]


def _without_ours(lines: YamlLines) -> str:
    """The text without the items that carry our mark; a key whose items were all ours goes with them."""
    for entry in lines.entries(ECOSYSTEMS):
        for key in ("groups", "ignore"):
            lines.cut_marked(entry, key, MARK)
    return lines.text_cut()


def _meant(plain: dict[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What the file is to say as a whole, from what the user's part says."""
    updates = [_meant_entry(entry, wanted) for entry in plain.get("updates") or ()]
    if not _entries(plain):
        updates.append({**_NEW, **wanted})
    return {**plain, "updates": updates}


_NEW = {"package-ecosystem": "pip", "directory": "/", "schedule": {"interval": "weekly"}}


def _meant_entry(entry: dict[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    if entry.get("package-ecosystem") not in ECOSYSTEMS:
        return entry
    groups = {**wanted["groups"], **(entry.get("groups") or {})}
    return {**entry, "groups": groups, "ignore": [*(entry.get("ignore") or ()), *wanted["ignore"]]}


def _patched(text: str, wanted: Mapping[str, Any], where: str) -> str:
    """The text with our lines in every entry, or with an entry that is ours."""
    lines = _lines(text, where)
    entries = lines.entries(ECOSYSTEMS)
    if not entries:
        return lines.with_entry(_new_lines(wanted, lines))
    for entry in entries:
        lines.put_first(entry, "groups", lambda indent: _group_lines(wanted, indent, lines))
        lines.put_last(entry, "ignore", lambda indent: _ignore_lines(wanted, indent, lines))
    return lines.text_put()


def _group_lines(wanted: Mapping[str, Any], indent: str, lines: YamlLines) -> Iterator[str]:
    for name, group in wanted["groups"].items():
        yield f"{indent}{name}:  {MARK}"
        yield f"{indent}  patterns:"
        yield from (f"{indent}  {lines.offset}- {pattern}" for pattern in group["patterns"])


def _ignore_lines(wanted: Mapping[str, Any], indent: str, _: YamlLines) -> Iterator[str]:
    for ignored in wanted["ignore"]:
        yield f"{indent}- dependency-name: {ignored['dependency-name']}  {MARK}"
        # A flow sequence of quoted strings is YAML as it is JSON.
        yield f"{indent}  versions: {json.dumps(ignored['versions'])}"


def _new_lines(wanted: Mapping[str, Any], lines: YamlLines) -> list[str]:
    """An entry of its own, indented as if the list stood at the left edge."""
    inside = ["package-ecosystem: pip", "directory: /", "schedule:", "  interval: weekly", "groups:"]
    inside += [*_group_lines(wanted, "  ", lines), "ignore:", *_ignore_lines(wanted, lines.offset, lines)]
    return [f"- {inside[0]}", *(f"  {line}" for line in inside[1:])]


def _refuse_taken(plain: Mapping[str, Any], wanted: Mapping[str, Any], where: str) -> None:
    """Refuse a group of the user's that has the name of ours.

    :raises UsageError: where there is one.
    """
    for place, entry in enumerate(plain.get("updates") or ()):
        for name in wanted["groups"]:
            if entry.get("package-ecosystem") in ECOSYSTEMS and name in (entry.get("groups") or {}):
                raise UsageError(
                    f"a group is named {name} already",
                    where=f"{where}: updates[{place}].groups.{name}",
                    got=json.dumps(entry["groups"][name])[:120],
                    expected=f"no group of that name but one with the comment {MARK}",
                    hint="give it another name, then type the command again",
                )


def _refuse_lost(old: str, new: str, lines: YamlLines) -> None:
    """Refuse a result in which a line of the user's is not there any more, or not in its order.

    :raises InputUnreadable: where one is lost.
    """
    there = (_EMPTY.sub(":", line) for line in new.splitlines())
    for number, line in enumerate(old.splitlines()):
        kept = _EMPTY.sub(":", line)
        if number not in lines.gone and line.strip() and not any(kept == each for each in there):
            raise lines.unpatched(f"line {number + 1} would be lost: {line.strip()[:60]}")


def _notes(plain: Mapping[str, Any], wanted: Mapping[str, Any], where: str) -> Iterator[str]:
    """What is said of the user's own settings for the same packages."""
    names = {ignored["dependency-name"] for ignored in wanted["ignore"]}
    for place, entry in enumerate(plain.get("updates") or ()):
        if entry.get("package-ecosystem") not in ECOSYSTEMS:
            continue
        at = f"{where}: updates[{place}]"
        for ignored in entry.get("ignore") or ():
            name = str(ignored.get("dependency-name", "")) if isinstance(ignored, dict) else ""
            if name in names:
                yield f"{at} ignores versions of {name} already; that stays, and both hold"
        for group, told in (entry.get("groups") or {}).items():
            patterns = told.get("patterns", ()) if isinstance(told, dict) else ()
            both = sorted({*map(str, patterns)} & {*next(iter(wanted["groups"].values()))["patterns"]})
            if both:
                yield f"{at}: the group {group} has {', '.join(both)} too; that of stackpin stands first and wins"
        if "multi-ecosystem-group" in entry:
            yield f"{at} is part of a multi-ecosystem-group, which gathers its updates with those of others"


def _unreadable(where: str, got: str) -> InputUnreadable:
    return InputUnreadable(
        "the file is no configuration of Dependabot's",
        where=where,
        got=got,
        expected="YAML with version: 2 and updates",
    )
