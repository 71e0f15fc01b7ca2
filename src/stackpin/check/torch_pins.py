"""What a torch release's METADATA pins exactly of NVIDIA's packages, on one Python and machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from stackpin.model.names import normalized_name
from stackpin.model.stack import TORCH
from stackpin.model.target import marker_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.catalog.loader import Catalog

__all__ = ["NvidiaPin", "nvidia_names", "nvidia_pins"]

_NAME = re.compile(r"nvidia-[\w.-]*\w")


class NvidiaPin(NamedTuple):
    """One exact pin, and the line that it stands in."""

    name: str
    version: str
    line: str


def nvidia_names(catalog: Catalog) -> frozenset[str]:
    """Every NVIDIA package that some torch release names, normalized."""
    lines = [line for release in catalog.releases(TORCH) or () for line in release.requires("x86_64")]
    found = (_NAME.match(line) for line in lines)
    return frozenset(str(normalized_name(match[0])) for match in found if match is not None)


def nvidia_pins(catalog: Catalog, version: str, python: str, machine: str) -> Iterator[NvidiaPin]:
    """The exact pins of one torch release; none where the catalog lacks it.

    :param python: a minor; where markers name a Python and none is told, their lines are left out.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    release = catalog.release(TORCH, version)
    for line in release.requires(machine) if release is not None else ():
        if not line.startswith("nvidia-"):
            continue
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        marker = requirement.marker
        if marker is not None and ("python" in str(marker) and not python):
            continue
        if marker is not None and not marker.evaluate({**marker_environment(python or "3.11", machine)}):
            continue
        exact = [item.version for item in requirement.specifier if item.operator == "==" and "*" not in item.version]
        if exact:
            yield NvidiaPin(str(normalized_name(requirement.name)), exact[0], line)
