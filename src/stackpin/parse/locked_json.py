"""A locked tuple out of the JSON that :mod:`stackpin.emit.locked_json` writes."""

from __future__ import annotations

import json
from typing import Any

from stackpin.model.build import Build, Channel, Sureness
from stackpin.model.locked import Anchor, Block, Bound, Evidence, LockedTuple, Pin
from stackpin.model.target import Platform

__all__ = ["SCHEMA", "parse_locked"]

#: The shape of the document; another number is not read.
SCHEMA = 2


Kept = tuple[LockedTuple, tuple[str, ...], tuple[str, ...]]


def parse_locked(text: str) -> Kept | None:
    """The tuple, its notes, and the anchors of other stacks; None where the text is no such document."""
    try:
        document = json.loads(text) if text else {}
        return _locked(document) if document.get("schema") == SCHEMA else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # a kept answer is a convenience: it is worked out again


def _locked(document: dict[str, Any]) -> Kept:
    del document["schema"]
    told, others = tuple(document.pop("told")), tuple(document.pop("others"))
    platform = document.pop("platform")
    glibc = platform["glibc"]
    parts: dict[str, Any] = {
        "platform": Platform(machine=platform["machine"], glibc=tuple(glibc) if glibc else None),
        "anchors": tuple(Anchor(**item) for item in document.pop("anchors")),
        "pins": tuple(_pin(item) for item in document.pop("pins")),
        "bounds": tuple(Bound(**item) for item in document.pop("bounds")),
        "blocks": tuple(Block(**item) for item in document.pop("blocks")),
        "closure": tuple((name, version) for name, version in document.pop("closure")),
    }
    rest: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in document.items()}
    return LockedTuple(**parts, **rest), told, others


def _pin(item: dict[str, Any]) -> Pin:
    build = dict(item.pop("build"))
    evidence = item.pop("evidence")
    channel, sureness = Channel(build.pop("channel")), Sureness(build.pop("sureness"))
    siblings = tuple(build.pop("siblings"))
    return Pin(
        build=Build(channel=channel, sureness=sureness, siblings=siblings, **build),
        evidence=tuple(Evidence(**one) for one in evidence),
        **item,
    )
