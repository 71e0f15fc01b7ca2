"""``dependabot``: the members in one group, and every version but the tuple's ignored.

Dependabot reads no index of ours: the tuple moves when this file does, and best in the same commit as the pins. An
``ignore`` with ``versions`` holds back security updates as well, one by name alone does not in every release: so each entry
has ``versions``. That is meant: a security release of one member under kernels compiled against another is what breaks.
The alert is still shown, and ``stackpin explain`` finds the smallest step of the whole tuple.

A tuple with builds that the package index does not carry (``2.6.0+cu126``) cannot be moved by Dependabot, which would put
the index's own build in: then all versions of all members are ignored.

Source: GitHub's documentation ("Dependabot options reference": ``groups``, ``ignore``) and Dependabot's own code
(``Dependabot::Config::IgnoreCondition#ignored_versions``). Its matching cannot be run apart from GitHub.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stackpin.emit.emitted_lines import header_lines
from stackpin.model.emission import ECOSYSTEMS, MARK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.model.emission import Emission

__all__ = ["dependabot_entry", "dependabot_text", "group_name"]

_ALL = [">=0"]
_SAID = (
    "members move when this file does; alerts are still shown. The smallest step that brings a fix of torch:",
    "stackpin explain {anchor} 'torch>=VERSION'",
)


def dependabot_text(emission: Emission) -> str:
    """A ``.github/dependabot.yml`` of its own; ``stackpin apply`` puts the same into an existing one."""
    anchor = str(emission.locked.anchors[0].name)
    head = header_lines(emission, *(line.format(anchor=anchor) for line in _SAID))
    entry = dependabot_entry(emission)
    lines = ["version: 2", "updates:", f"  - package-ecosystem: {ECOSYSTEMS[0]}"]
    lines += ["    directory: /", "    schedule:", "      interval: weekly", "    groups:"]
    for name, group in entry["groups"].items():
        lines += [f"      {name}:  {MARK}", "        patterns:", *(f"          - {each}" for each in group["patterns"])]
    lines.append("    ignore:")
    for ignored in entry["ignore"]:
        lines.append(f"      - dependency-name: {ignored['dependency-name']}  {MARK}")
        # A flow sequence of quoted strings is YAML as it is JSON.
        lines.append(f"        versions: {json.dumps(ignored['versions'])}")
    return "\n".join([*head, *lines]) + "\n"


def group_name(emission: Emission) -> str:
    """The name of the group: letters and hyphens, as GitHub wants it."""
    return "-".join([*(str(anchor.name) for anchor in emission.locked.anchors), "stack"])


def dependabot_entry(emission: Emission) -> dict[str, Any]:
    """The keys of an entry of ``updates`` that are ours."""
    names = [str(pin.name) for pin in emission.locked.pins]
    return {"groups": {group_name(emission): {"patterns": names}}, "ignore": list(_ignored(emission))}


def _ignored(emission: Emission) -> Iterator[dict[str, Any]]:
    locked = emission.locked
    for pin in locked.pins:
        others = _ALL if emission.labelled else [f"<{pin.version}", f">{pin.version}"]
        yield {"dependency-name": str(pin.name), "versions": others}
    for bound in locked.bounds:
        above = [part for part in bound.specifier.split(",") if part.startswith("<")]
        yield {"dependency-name": str(bound.name), "versions": [f">={part[1:]}" for part in above]}
    held = {str(block.name) for block in locked.blocks}
    yield from ({"dependency-name": name, "versions": _ALL} for name in sorted({*emission.free, *held}))
