"""``renovate``: rules by which a tuple moves as one update, and the document that they may take it from.

Both ways the members' versions come from a custom datasource, never from the index, which knows nothing of a tuple: with
rules alone they stand in the rules, and a new tuple is a new text; with a document the rules never change, and the document
moves. Every row of it names the catalog that it is from; of a document in which two are named nothing is taken.

What the keys of the group rule are for, each measured with Renovate's real lookup (release 44):

- ``versioning``: its own ``pep440`` refuses ``===``, and never lowers a pin. This pattern reads the version behind any
  number of equal signs, numbers first, all else compared as text; no order is needed of it, for there is one release.
- ``versionCompatibility`` takes the equal signs off, and puts them back in front of the new version.
- ``followTag`` with ``rollbackPrs``: the tuple's version is taken whether it is newer or older than the one that is there.
  The version that is there is handed back as a release for that; it is left out by Renovate where it is the newer one.
- ``registryUrls`` on the rule stand before those that a manager takes from index lines.
- ``minimumReleaseAge: null``: an age that counts for each release apart, and not for one that goes back, would part them.
- The second rule undoes what the user disables by the kind of update, which would leave some members behind. It does not
  touch what is disabled for a file or a package.

Source: Renovate's documentation ("packageRules", "Custom Datasource", "versionCompatibility", "followTag").
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from stackpin.model.emission import OURS

if TYPE_CHECKING:
    from stackpin.model.emission import Emission
    from stackpin.model.locked import Bound, LockedTuple, Pin

__all__ = ["document_text", "renovate_rules", "renovate_text"]

#: The custom datasource's own name; rules name it with ``custom.`` before it.
_DATASOURCE = "stackpin"
_SCHEMA = "https://docs.renovatebot.com/renovate-schema.json"
#: Constraints files as people name them, which the manager for requirements files would not look at by itself.
_CONSTRAINTS = "/(^|/)([\\w.-]*constraints[\\w.-]*|constraints/[\\w.-]+)\\.txt$/"
#: A file of every clone, read where the datasource needs none: what it says is thrown away.
_ANY_FILE = "file://.git/HEAD"
_TAG = "tuple"
_VERSIONING = (
    "regex:^={0,3}\\s*(?<major>\\d+)(?:\\.(?<minor>\\d+))?(?:\\.(?<patch>\\d+))?"
    "(?:\\.post(?<build>\\d+))?(?<prerelease>[a-z.+][\\w.+-]*)?$"
)
_SPLIT = "^={0,3}\\s*(?<compatibility>)(?<version>[\\w.+-]+)$"
#: The kinds of update that change a version; the others have nothing to do with a tuple.
_KINDS = ["major", "minor", "patch", "rollback"]
#: JSONata, filled in for one package: its one release, and the one that is there.
_RELEASES = (
    '{{"releases": [{{"version": {version}}}, {{"version": $replace("{{{{currentValue}}}}", /^[=\\s]+/, "")}}], '
    '"tags": {{"' + _TAG + '": {version}}}}}'
)
_OF_DOCUMENT = (
    "($member := members.`{{packageName}}`; $one := $count($distinct($append(catalog, members.*.catalog))) = 1; "
    "$one and $exists($member) ? " + _RELEASES.format(version="$member.version") + ' : {"releases": []})'
)


def renovate_text(emission: Emission) -> str:
    """A ``renovate.json`` of its own, or a preset to extend; ``stackpin apply`` puts the same into an existing file."""
    return json.dumps({"$schema": _SCHEMA, **renovate_rules(emission)}, indent=2, ensure_ascii=False) + "\n"


def renovate_rules(emission: Emission) -> dict[str, Any]:
    """The keys of the configuration that are ours."""
    rules = _by_document(emission) if emission.documents else _by_version(emission)
    return {
        "pip_requirements": {"managerFilePatterns": [_CONSTRAINTS]},
        "customDatasources": {_DATASOURCE: _datasource(emission)},
        "packageRules": rules,
    }


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


def _datasource(emission: Emission) -> dict[str, Any]:
    """Where versions come from: the document, or the versions themselves."""
    if emission.documents:
        return {"defaultRegistryUrlTemplate": emission.documents, "transformTemplates": [_OF_DOCUMENT]}
    versions = json.dumps({str(pin.name): pin.full_version for pin in emission.locked.pins})
    transform = (
        f'($version := $lookup({versions}, "{{{{packageName}}}}"); $exists($version) ? '
        + _RELEASES.format(version="$version")
        + ' : {"releases": []})'
    )
    return {"defaultRegistryUrlTemplate": _ANY_FILE, "format": "plain", "transformTemplates": [transform]}


def _group(locked: LockedTuple) -> str:
    return " and ".join(str(anchor.name) for anchor in locked.anchors) + " stack"


def _together(emission: Emission, names: list[str], *about: str) -> list[dict[str, Any]]:
    """What takes all members from the datasource, and puts them on one branch, wherever each of them moves."""
    group = _group(emission.locked)
    return [
        {
            "description": [f"{OURS}{about[0]}", *about[1:]],
            "matchPackageNames": names,
            "overrideDatasource": f"custom.{_DATASOURCE}",
            "registryUrls": [emission.documents or _ANY_FILE],
            "groupName": group,
            "groupSlug": re.sub(r"\W+", "-", group),
            "separateMajorMinor": False,
            "separateMultipleMajor": False,
            "separateMinorPatch": False,
            "versioning": _VERSIONING,
            "versionCompatibility": _SPLIT,
            "followTag": _TAG,
            "rollbackPrs": True,
            "minimumReleaseAge": None,
        },
        {
            "description": [f"{OURS}all of them or none, whatever kind of update each would be"],
            "matchPackageNames": names,
            "matchUpdateTypes": _KINDS,
            "enabled": True,
        },
    ]


def _by_document(emission: Emission) -> list[dict[str, Any]]:
    """Rules that hold for every tuple of these stacks, so that only the document changes.

    A CUDA member that one anchor leaves open is pinned by another: where the document has no row of it, it stands still.
    """
    about = f"the {_group(emission.locked)} moves as one, to the tuple of {emission.documents}"
    return [*_together(emission, list(emission.members), about), *_still(emission, {*emission.look_alikes})]


def _by_version(emission: Emission) -> list[dict[str, Any]]:
    """The tuple itself: one version a member, and beside it the range of what the anchor leaves open."""
    locked = emission.locked
    rules = _together(emission, [str(pin.name) for pin in locked.pins], *emission.header)
    rules += [_allowed(pin) for pin in locked.pins]
    rules += [_bounded(bound) for bound in locked.bounds]
    return [*rules, *_still(emission, {*emission.free, *(str(block.name) for block in locked.blocks)})]


def _allowed(pin: Pin) -> dict[str, Any]:
    """A pattern and no specifier: as Renovate compares them ``==2.6.0`` also allows ``2.6.0+cu126``."""
    why = f"{pin.evidence[0]}" if pin.evidence else f"{pin.name} {pin.full_version}"
    return {
        "description": [f"{OURS}{why}"],
        "matchPackageNames": [str(pin.name)],
        "allowedVersions": f"/^{re.escape(pin.full_version)}$/",
    }


def _bounded(bound: Bound) -> dict[str, Any]:
    return {
        "description": [f"{OURS}{bound.note}"],
        "matchPackageNames": [str(bound.name)],
        "allowedVersions": bound.specifier,
    }


def _still(emission: Emission, names: set[str]) -> list[dict[str, Any]]:
    """What the tuple does not hold, and what would overwrite a member: it does not move by itself."""
    if not names:
        return []
    about = f"{_group(emission.locked)}: what the tuple does not hold does not move by itself"
    return [{"description": [f"{OURS}{about}"], "matchPackageNames": sorted(names), "enabled": False}]
