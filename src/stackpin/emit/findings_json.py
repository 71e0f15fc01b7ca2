"""What a run of ``check`` found, as the document that ``--json`` prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stackpin.emit.finding_words import in_order, well_formed

if TYPE_CHECKING:
    from stackpin.model.finding import Checked, Edit, Finding, Fix, Trouble
    from stackpin.model.mention import Place

__all__ = ["findings_document", "findings_json"]


def findings_json(checked: Checked) -> str:
    """The document as text, as UTF-8 can carry it."""
    return json.dumps(findings_document(checked), indent=2, ensure_ascii=False)


def findings_document(checked: Checked) -> dict[str, Any]:
    """The document, its findings by path and place; a line or column that is not known is null."""
    document = {
        "schema": 1,
        "findings": [_finding(each) for each in in_order(checked.findings)],
        "troubles": [_trouble(each) for each in checked.troubles],
        "notes": list(checked.notes),
        "looked_at": list(checked.looked_at),
        "silenced": checked.silenced,
    }
    return {key: _clean(part) for key, part in document.items()}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule.id,
        "name": finding.rule.name,
        "severity": finding.rule.severity.value,
        **_place(finding.place),
        "end_column": finding.place.end_column or None,
        "distribution": finding.place.distribution,
        "package": finding.package,
        "message": finding.message,
        "found": finding.found,
        "wanted": finding.wanted,
        "evidence": finding.evidence,
        "fix": _fix(finding.fix),
        "part": finding.part,
        "related": [{**_place(place), "text": text} for place, text in finding.related],
    }


def _place(place: Place) -> dict[str, Any]:
    return {"path": place.path, "line": place.line or None, "column": place.column or None}


def _fix(fix: Fix) -> dict[str, Any]:
    return {"text": fix.text, "command": fix.command, "edits": [_edit(each) for each in fix.edits]}


def _edit(edit: Edit) -> dict[str, Any]:
    return {**_place(edit.place), "old": edit.old, "new": edit.new}


def _trouble(trouble: Trouble) -> dict[str, Any]:
    place = _place(trouble.place)
    return {"slug": trouble.slug, "message": trouble.message, "path": place["path"], "line": place["line"]}


def _clean(part: Any) -> Any:
    """The same with every text well formed: a file name that is not UTF-8 must not break who reads the document."""
    if isinstance(part, str):
        return well_formed(part)
    if isinstance(part, list):
        return [_clean(each) for each in part]
    return {key: _clean(each) for key, each in part.items()} if isinstance(part, dict) else part
