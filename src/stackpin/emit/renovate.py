"""``renovate``: rules by which a tuple moves as one update, and the document that a custom datasource takes it from.

Two ways. Rules alone allow each member the tuple's version and no other: a new tuple is a new file. Rules with a document
never change: the document, published for many repositories or kept in one, is what moves. Every row of it names the
catalog that it was made from, and the rules take nothing from a document in which two are named: so a half-published one
offers nothing. Source: Renovate's documentation ("packageRules", "Custom Datasource"); measured with its real lookup.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stackpin.model.emission import Emission
    from stackpin.model.locked import LockedTuple, Pin

__all__ = ["document_text", "renovate_rules", "renovate_text"]

_SCHEMA = "https://docs.renovatebot.com/renovate-schema.json"
#: The custom datasource's own name; rules name it with ``custom.`` before it.
_DATASOURCE = "stackpin"
#: Constraints files as people name them, which the manager for requirements files would not look at by itself.
_CONSTRAINTS = "/(^|/)([\\w.-]*constraints[\\w.-]*|constraints/[\\w.-]+)\\.txt$/"
#: JSONata over the document, filled in for one package: its one release, or none where the rows are of two catalogs.
_TRANSFORM = (
    "($member := members.`{{packageName}}`; $one := $count($distinct($append(catalog, members.*.catalog))) = 1; "
    '{"releases": $one and $exists($member) ? '
    '[{"version": $member.version, "releaseTimestamp": $member.uploaded}] : []})'
)


def renovate_text(emission: Emission) -> str:
    """A ``renovate.json`` of its own, or a preset to extend; ``stackpin apply`` puts the same into an existing file."""
    return json.dumps({"$schema": _SCHEMA, **renovate_rules(emission)}, indent=2, ensure_ascii=False) + "\n"


def renovate_rules(emission: Emission) -> dict[str, Any]:
    """The keys of the configuration that are ours."""
    rules = _by_document(emission) if emission.documents else _by_version(emission)
    out = sorted({*emission.free, *(str(block.name) for block in emission.locked.blocks)})
    if out:
        rules.append({
            "description": [f"{_group(emission.locked)}: what the tuple does not hold does not move by itself"],
            "matchPackageNames": out,
            "enabled": False,
        })  # fmt: skip
    found: dict[str, Any] = {"pip_requirements": {"managerFilePatterns": [_CONSTRAINTS]}}
    if emission.documents:
        found["customDatasources"] = {
            _DATASOURCE: {"defaultRegistryUrlTemplate": emission.documents, "transformTemplates": [_TRANSFORM]}
        }
    return {**found, "packageRules": rules}


def document_text(emission: Emission) -> str:
    """The document: the tuple's version of each member, every row with the digest of the catalog that it is from."""
    locked = emission.locked
    rows = {
        str(pin.name): {
            "version": pin.full_version,
            "catalog": locked.catalog_digest,
            **({"uploaded": pin.uploaded} if pin.uploaded else {}),
        }
        for pin in locked.pins
    }
    document = {
        "schema": 1,
        "stack": [str(anchor.name) for anchor in locked.anchors],
        "about": list(emission.header),
        "rebuild": emission.command,
        "catalog": locked.catalog_digest,
        "members": rows,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _group(locked: LockedTuple) -> str:
    return " and ".join(str(anchor.name) for anchor in locked.anchors) + " stack"


def _together(emission: Emission) -> dict[str, Any]:
    """What puts all members on one branch, a new major, a minor and a release that goes back to an older one alike."""
    group = _group(emission.locked)
    return {
        "groupName": group,
        "groupSlug": re.sub(r"\W+", "-", group),
        "separateMajorMinor": False,
        "separateMultipleMajor": False,
        "separateMinorPatch": False,
        "versioning": "pep440",
        "rollbackPrs": True,
    }


def _by_document(emission: Emission) -> list[dict[str, Any]]:
    names = [str(pin.name) for pin in emission.locked.pins]
    return [
        {
            "description": list(emission.header[:1]),
            "matchPackageNames": names,
            "overrideDatasource": f"custom.{_DATASOURCE}",
            "registryUrls": [emission.documents],
            **_together(emission),
        }
    ]


def _by_version(emission: Emission) -> list[dict[str, Any]]:
    """One rule for the group, then one a member, which allows it the tuple's build alone."""
    pins = emission.locked.pins
    rules = [
        {
            "description": list(emission.header),
            "matchPackageNames": [str(pin.name) for pin in pins],
            **_together(emission),
        }
    ]
    return [*rules, *(_allowed(pin) for pin in pins)]


def _allowed(pin: Pin) -> dict[str, Any]:
    """A pattern and no specifier: as Renovate compares them ``==2.6.0`` also allows ``2.6.0+cu126``."""
    why = [str(each) for each in pin.evidence[:1]]
    return {
        **({"description": why} if why else {}),
        "matchPackageNames": [str(pin.name)],
        "allowedVersions": f"/^{re.escape(pin.full_version)}$/",
    }
