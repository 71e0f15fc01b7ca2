"""Errors, notes and tuples as text and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from stackpin.errors import NoTuple, StackpinError
from stackpin.model.explanation import Explanation, Reason, Refusal
from stackpin.model.value import as_dict
from stackpin.resolve.wording import of_many

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stackpin.model.abi import Judgement
    from stackpin.model.locked import LockedTuple, Pin

__all__ = ["as_json", "error_document", "error_text", "explanation_text", "print_notes", "tuple_document"]

_SHOWN = 6
#: A fact longer than this (characters) has its evidence below it, not beside it.
_WIDEST = 76


def print_notes(notes: Iterable[str]) -> None:
    """Notes on stderr, one a line."""
    for note in notes:
        click.echo(f"{click.style('note:', bold=True)} {note}", err=True)


def error_text(error: StackpinError) -> str:
    """An error as people read it: what happened, the facts that force it, what to do."""
    if isinstance(error, NoTuple) and isinstance(error.explanation, Explanation):
        return f"{click.style('error:', bold=True)} {explanation_text(error.explanation)}"
    first, *rest = str(error).splitlines()
    return "\n".join([f"{click.style('error:', bold=True)} {first}", *rest])


def explanation_text(explanation: Explanation, *, whole: bool = False) -> str:
    """A refusal: the headline, each chain with its evidence, and the nearest answers with their commands.

    :param whole: every chain, however many there are.
    """
    shown = len(explanation.refusals) if whole else _SHOWN
    blocks = [explanation.first_line, *(_refusal(item) for item in explanation.refusals[:shown])]
    left = explanation.refusals[shown:]
    if left:
        count = sum(len(item.releases) for item in left)
        blocks.append(f"  … and {count} older releases, each for a reason of its own (stackpin explain has them all)")
    for title, items in (("nearest:", explanation.nearest), ("in environments of their own:", explanation.apart)):
        if items:
            width = max(len(item.text) for item in items)
            lines = [f"  {item.text:<{width}}    {item.command}" for item in items]
            blocks.append("\n".join([title, *lines]))
    return "\n\n".join(blocks)


def _refusal(refusal: Refusal) -> str:
    count = len(refusal.releases)
    told = {_spread(reason, refusal) if count > 1 else reason.text: reason.evidence for reason in refusal.reasons}
    column = max((len(text) for text in told if len(text) <= _WIDEST), default=0)
    lines = []
    for text, evidence in told.items():
        if len(text) > _WIDEST and evidence:
            lines += [f"  {text}", f"  {'':<{column}}  {evidence}"]
        else:
            lines.append(f"  {text:<{column}}  {evidence}".rstrip())
    return "\n".join(lines)


def _spread(reason: Reason, refusal: Refusal) -> str:
    """A reason of one release told of the whole run of releases."""
    newest, oldest = refusal.releases[0], refusal.releases[-1]
    return of_many(reason.text, f"{refusal.anchor} {newest}", f"{refusal.anchor} {oldest} to {newest}")


def error_document(error: StackpinError) -> dict[str, Any]:
    """An error as ``--json`` prints it."""
    document: dict[str, Any] = {"schema": 1, "error": error.as_dict()}
    if isinstance(error, NoTuple) and isinstance(error.explanation, Explanation):
        explanation = error.explanation
        document["explanation"] = {
            "headline": explanation.headline,
            "cause": explanation.cause,
            "cure": explanation.cure,
            "refusals": [
                {
                    "anchor": refusal.anchor,
                    "releases": list(refusal.releases),
                    "reasons": [
                        {
                            "kind": reason.kind.value,
                            "subject": reason.subject,
                            "text": reason.text,
                            "evidence": reason.evidence,
                            "claims": [as_dict(claim) for claim in reason.claims],
                        }
                        for reason in refusal.reasons
                    ],
                }
                for refusal in explanation.refusals
            ],
            "nearest": [
                {"text": item.text, "command": item.command, "gives_up": item.gives_up} for item in explanation.nearest
            ],
        }
        if explanation.apart:
            document["explanation"]["apart"] = [
                {"text": item.text, "command": item.command} for item in explanation.apart
            ]
    return document


def tuple_document(locked: LockedTuple, text: str, notes: Iterable[str]) -> dict[str, Any]:
    """A tuple as ``--json`` prints it; ``text`` is the constraints file."""
    return {
        "schema": 1,
        "anchors": [
            {
                "name": item.name,
                "version": item.version,
                "request": item.request,
                "chosen": item.chosen,
                "extra": item.extra,
                "tree": item.tree or None,
                "revision": item.revision or None,
            }
            for item in locked.anchors
        ],
        "target": {
            "cuda": locked.cuda,
            "platform": str(locked.platform),
            "pythons": list(locked.pythons),
            "glibc": ".".join(map(str, locked.glibc)),
            "driver": locked.driver,
        },
        "pins": [_pin(pin) for pin in locked.pins],
        "bounds": [{"name": item.name, "specifier": item.specifier, "note": item.note} for item in locked.bounds],
        "blocked": [{"name": item.name, "reads": item.reads, "note": item.note} for item in locked.blocks],
        "closure": [{"name": name, "version": version} for name, version in locked.closure],
        "catalog": {"date": locked.catalog_date, "digest": locked.catalog_digest},
        "notes": list(notes),
        "file": text,
    }


def _pin(pin: Pin) -> dict[str, Any]:
    build = pin.build
    return {
        "name": pin.name,
        "version": pin.version,
        "specifier": pin.specifier,
        "build": {
            "channel": build.channel.value,
            "local": build.local,
            "tag": build.tag,
            "cuda_major": build.major,
            "sureness": build.sureness.value,
            "verified": build.verified,
            "find_links": build.page,
        },
        "evidence": [
            {"subject": item.subject, "line": item.line, "source": item.source, "sha256": item.sha256}
            for item in pin.evidence
        ],
        "note": pin.note,
        "symbols": _symbols(pin.symbols) if pin.symbols else None,
    }


def _symbols(found: Judgement) -> dict[str, Any]:
    return {
        "verdict": found.verdict.value,
        "compared": found.looked_at,
        "missing": list(found.missing),
        "why": found.why,
        "read": [{"file": each.file, "sha256": each.sha256} for each in (found.kernel, found.torch) if each],
    }


def as_json(document: dict[str, Any]) -> str:
    """A document as it goes to stdout."""
    return json.dumps(document, indent=2, ensure_ascii=False)
