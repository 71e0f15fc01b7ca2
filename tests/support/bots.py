"""Tuples for the bots' formats, and small readers that take a tuple back out of what was emitted."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import yaml
from packaging.utils import canonicalize_name
from tests.support.locked import pin

from stackpin.model.build import Build, Channel
from stackpin.model.cuda import CudaTag
from stackpin.model.emission import Emission
from stackpin.model.locked import Anchor, Block, LockedTuple
from stackpin.model.target import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["dependabot_versions", "document_versions", "emission_of", "renovate_versions"]

_NO_LABEL = Build()


def emission_of(versions: Mapping[str, str], *, documents: str = "", digest: str = "sha256:today") -> Emission:
    """An emission of a made tuple: versions by name, a labelled one with its label; the first is the anchor."""
    pins = []
    for name, version in versions.items():
        public, _, label = version.partition("+")
        build = Build(channel=Channel.FIND_LINKS, local=label, tag=CudaTag(label)) if label else _NO_LABEL
        pins.append(pin(name, public, build=build))
    first = pins[0]
    locked = LockedTuple(
        anchors=(Anchor(name=first.name, version=first.version, request=first.name, chosen="the newest"),),
        pins=tuple(pins),
        bounds=(),
        blocks=(Block(name=canonicalize_name("pytorch-triton"), reads="0+blocked.by.stackpin", note="writes triton/"),),
        cuda=CudaTag("cu124"),
        platform=Platform(machine="x86_64"),
        pythons=("3.11",),
        catalog_digest=digest,
    )
    return Emission(
        locked=locked,
        header=(f"{first.name} {first.version} on cu124",),
        command="stackpin emit renovate demo",
        free=("xformers",),
        documents=documents,
        members=(*sorted(versions), "xformers"),
        look_alikes=("pytorch-triton",),
    )


def renovate_versions(config: Mapping[str, Any]) -> dict[str, str]:
    """The tuple that rules hold: what the datasource answers with; each must be the one version that its rule allows."""
    transform = config["customDatasources"]["stackpin"]["transformTemplates"][0]
    literal = re.search(r"\$lookup\((\{.*?\}), ", transform)
    assert literal
    found: dict[str, str] = json.loads(literal[1])
    rules = [rule for rule in config["packageRules"] if rule.get("allowedVersions", "").startswith("/")]
    allowed = {rule["matchPackageNames"][0]: rule["allowedVersions"][1:-1] for rule in rules}
    assert allowed.keys() == found.keys()
    for name, version in found.items():
        assert [each for each in found.values() if re.fullmatch(allowed[name].strip("^$"), each)].count(version)
        assert not re.search(allowed[name], version + "0")
    return found


def document_versions(text: str) -> dict[str, str]:
    """The tuple that a document holds."""
    return {name: row["version"] for name, row in json.loads(text)["members"].items()}


def dependabot_versions(text: str) -> dict[str, str]:
    """The tuple that ``dependabot.yml`` leaves open: of each member of the group the one version that is not ignored."""
    (entry,) = yaml.safe_load(text)["updates"]
    (group,) = entry["groups"].values()
    ignored = {each["dependency-name"]: each["versions"] for each in entry["ignore"]}
    found = {}
    for name in group["patterns"]:
        if ignored[name] == [">=0"]:
            found[name] = ""  # not moved at all
            continue
        below, above = ignored[name]
        assert (below[0], above[0], below[1:]) == ("<", ">", above[1:])
        found[name] = above[1:]
    return found
