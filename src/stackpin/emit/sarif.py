"""What a run of ``check`` found, as SARIF 2.1.0: what GitHub's code scanning and most editors take.

Sources of the rules: the standard (OASIS, SARIF 2.1.0) and what GitHub's code scanning asks of a file beyond it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from stackpin.emit.finding_words import entries, harmless, parts_text, sentence, well_formed
from stackpin.emit.sarif_places import BASE, fingerprints, location, physical, replacements
from stackpin.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stackpin.emit.finding_words import Entry
    from stackpin.model.finding import Checked, Finding, Rule, Trouble
    from stackpin.model.rule_page import RulePage

__all__ = ["sarif_text"]

#: A link to another page of these, which is nowhere where the log is read; and one that leads somewhere.
_LOCAL_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\]\((https?:[^)]*)\)")
_FENCE = re.compile(r"^```.*\n?", re.MULTILINE)
_FORMAT = "2.1.0"
_SCHEMA = f"https://docs.oasis-open.org/sarif/sarif/v{_FORMAT}/os/schemas/sarif-schema-{_FORMAT}.json"


def sarif_text(checked: Checked, pages: Sequence[RulePage], *, version: str) -> str:
    """The log as text; the same findings give the same text.

    :param pages: one for each rule, in the order of their ids; every rule of a finding must be among them.
    :param version: of stackpin.
    """
    return json.dumps(_log(checked, pages, version), indent=2, ensure_ascii=False) + "\n"


def _log(checked: Checked, pages: Sequence[RulePage], version: str) -> dict[str, Any]:
    indices = {page.rule.id: index for index, page in enumerate(pages)}
    shown = entries(checked.findings)
    marks = fingerprints([entry.finding for entry in shown])
    driver = {
        "name": "stackpin",
        "version": version,
        "semanticVersion": version,
        "rules": [_rule(page) for page in pages],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(checked)],
        "originalUriBaseIds": {BASE: {"description": {"text": "The folder that the check was started in."}}},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(entry, indices[entry.finding.rule.id], mark) for entry, mark in zip(shown, marks, strict=True)
        ],
    }
    return {"$schema": _SCHEMA, "version": _FORMAT, "runs": [run]}


def _rule(page: RulePage) -> dict[str, Any]:
    rule = page.rule
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": _plain(page.part("What it finds"))},
        "help": {"text": _plain(page.part("How to put it right")), "markdown": _LOCAL_LINK.sub(r"\1", page.text)},
        "defaultConfiguration": {"level": _level(rule)},
        "properties": {
            "precision": "very-high",
            "problem.severity": _level(rule),
            "tags": ["correctness", "dependencies"],
        },
    }


def _level(rule: Rule) -> str:
    return "error" if rule.severity is Severity.ERROR else "warning"


def _plain(markdown: str) -> str:
    """Markdown without its fences, marks and links, for what shows plain text: a paragraph is one line, code keeps its own."""
    text = _LINK.sub(r"\1 (\2)", _LOCAL_LINK.sub(r"\1", markdown))
    prose_and_code = _FENCE.split(text)
    blocks = []
    for number, part in enumerate(prose_and_code):
        if number % 2:
            blocks.append(part.strip())
        else:
            blocks += [" ".join(block.split()).replace("`", "") for block in part.split("\n\n")]
    return "\n\n".join(filter(None, blocks))


def _result(entry: Entry, index: int, marks: Mapping[str, str]) -> dict[str, Any]:
    finding = entry.finding
    result: dict[str, Any] = {
        "ruleId": finding.rule.id,
        "ruleIndex": index,
        "level": _level(finding.rule),
        "message": {"text": _message(entry)},
        "locations": [location(finding.place)],
    }
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, **location(place), "message": {"text": harmless(text) or "this"}}
            for number, (place, text) in enumerate(finding.related, start=1)
        ]
    result["partialFingerprints"] = dict(marks)
    changes = replacements(finding.fix.edits)
    if changes:
        result["fixes"] = [{"description": {"text": _fix(finding)}, "artifactChanges": changes}]
    result["properties"] = _properties(entry)
    return result


def _message(entry: Entry) -> str:
    """GitHub shows the message's text and links to the related places that it names, but neither fix nor properties."""
    finding = entry.finding
    told = [sentence(finding.message).replace("](", "] (")]
    told += [f"For {parts_text(entry.parts)}."] if entry.parts else []
    told += [
        f"See [{_escaped(harmless(text) or 'this')}]({number})."
        for number, (_, text) in enumerate(finding.related, start=1)
    ]
    fix = _fix(finding).replace("](", "] (")
    return " ".join([*told, f"Fix: {fix}"] if fix else told)


def _escaped(text: str) -> str:
    """The text of a link (SARIF 2.1.0, 3.11.6)."""
    for letter in "\\[]":
        text = text.replace(letter, f"\\{letter}")
    return text


def _fix(finding: Finding) -> str:
    parts = (*finding.fix.text.splitlines(), *finding.fix.command.splitlines())
    return "; ".join(map(harmless, parts))


def _properties(entry: Entry) -> dict[str, Any]:
    finding = entry.finding
    told = {
        "package": finding.package,
        "found": finding.found,
        "wanted": finding.wanted,
        "evidence": finding.evidence,
        "command": finding.fix.command,
    }
    known: dict[str, Any] = {name: well_formed(text) for name, text in told.items() if text}
    return {**known, "parts": list(map(well_formed, entry.parts))} if entry.parts else known


def _invocation(checked: Checked) -> dict[str, Any]:
    """What was looked at only in part makes the run one that did not succeed, however many findings it has."""
    return {
        "executionSuccessful": not checked.troubles,
        "toolExecutionNotifications": list(_notifications(checked)),
    }


def _notifications(checked: Checked) -> Iterator[dict[str, Any]]:
    for trouble in checked.troubles:
        yield _notification(trouble)
    for note in checked.notes:
        yield {"level": "note", "message": {"text": sentence(note)}}


def _notification(trouble: Trouble) -> dict[str, Any]:
    told: dict[str, Any] = {
        "descriptor": {"id": trouble.slug},
        "level": "error",
        "message": {"text": sentence(trouble.message)},
    }
    return {**told, "locations": [{"physicalLocation": physical(trouble.place)}]} if trouble.place.path else told
