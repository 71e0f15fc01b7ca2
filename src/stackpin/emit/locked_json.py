"""A locked tuple as JSON, whole: what :mod:`stackpin.parse.locked_json` reads back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stackpin.parse.locked_json import SCHEMA

if TYPE_CHECKING:
    from stackpin.model.locked import LockedTuple, Pin

__all__ = ["locked_json"]


def locked_json(locked: LockedTuple, notes: tuple[str, ...], others: tuple[str, ...]) -> str:
    """The document; the same tuple gives the same text.

    :param others: the anchors of the stacks that are not in force.
    """
    plain = (
        "cuda",
        "pythons",
        "python_asked",
        "glibc",
        "driver",
        "notes",
        "catalog_date",
        "catalog_digest",
        "closure",
    )
    document: dict[str, Any] = {name: getattr(locked, name) for name in plain}
    document["schema"] = SCHEMA
    document["told"] = notes
    document["others"] = others
    document["platform"] = {"machine": locked.platform.machine, "glibc": locked.platform.glibc}
    document["anchors"] = [
        _parts(item, "name version request chosen uploaded extra tree revision") for item in locked.anchors
    ]
    document["pins"] = [_pin(pin) for pin in locked.pins]
    document["bounds"] = [_parts(item, "name specifier note") for item in locked.bounds]
    document["blocks"] = [_parts(item, "name reads note") for item in locked.blocks]
    return json.dumps(document, sort_keys=True)


def _parts(value: object, names: str) -> dict[str, Any]:
    return {name: getattr(value, name) for name in names.split()}


def _pin(pin: Pin) -> dict[str, Any]:
    build = _parts(pin.build, "local tag major page siblings torch_series verified note source")
    build |= {"channel": pin.build.channel.value, "sureness": pin.build.sureness.value}
    evidence = [_parts(item, "subject line source sha256") for item in pin.evidence]
    return {**_parts(pin, "name version specifier note uploaded"), "build": build, "evidence": evidence}
