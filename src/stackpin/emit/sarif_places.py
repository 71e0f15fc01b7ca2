"""Places, edits and fingerprints of findings, as SARIF writes them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from stackpin.emit.finding_words import well_formed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stackpin.model.finding import Edit, Finding
    from stackpin.model.mention import Place

__all__ = ["BASE", "artifact", "fingerprints", "location", "physical", "replacements"]

#: The name that GitHub knows for the root of the sources.
BASE = "%SRCROOT%"
#: What stands for no byte of a file name, and is no letter either.
_NO_BYTES = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def location(place: Place) -> dict[str, Any]:
    """A place as a location; that of an installed distribution is a logical one too."""
    found: dict[str, Any] = {"physicalLocation": physical(place)}
    if place.distribution:
        name = well_formed(place.distribution)
        whole = f"{well_formed(place.path)}: {name}"
        found["logicalLocations"] = [{"name": name, "fullyQualifiedName": whole, "kind": "package"}]
    return found


def physical(place: Place) -> dict[str, Any]:
    """File and region; the first line where none is known, for GitHub shows no result without one."""
    return {"artifactLocation": artifact(place.file or place.path), "region": _region(place)}


def artifact(path: str) -> dict[str, str]:
    """A path as an address, relative to the folder that the check was started in unless it is absolute.

    A name that is not UTF-8 keeps its bytes, percent-encoded.
    """
    octets = _NO_BYTES.sub("\ufffd", path).encode("utf-8", "surrogateescape")
    address = quote(octets, safe="/").removeprefix("./") or "."
    if address.startswith("/"):
        return {"uri": f"file:///{address.lstrip('/')}"}
    return {"uri": address, "uriBaseId": BASE}


def _region(place: Place) -> dict[str, int]:
    region = {"startLine": place.line or 1}
    if place.line and place.column:
        region["startColumn"] = place.column
        if place.end_column >= place.column:
            region["endColumn"] = place.end_column
    return region


def replacements(edits: Iterable[Edit]) -> list[dict[str, Any]]:
    """Edits as changes, a file each; none at all where one of them does not say where it begins."""
    files: dict[str, list[Edit]] = {}
    for edit in edits:
        if not (edit.place.line and edit.place.column):
            return []
        files.setdefault(edit.place.path, []).append(edit)
    return [
        {"artifactLocation": artifact(path), "replacements": [_replacement(edit) for edit in several]}
        for path, several in files.items()
    ]


def _replacement(edit: Edit) -> dict[str, Any]:
    place, lines = edit.place, edit.old.split("\n")
    start = place.column if len(lines) == 1 else 1
    region = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.line + len(lines) - 1,
        "endColumn": start + len(lines[-1]),
    }
    return {"deletedRegion": region, "insertedContent": {"text": well_formed(edit.new)}}


def fingerprints(findings: Sequence[Finding]) -> Iterator[dict[str, str]]:
    """For each finding what tells it again in the next run, wherever its line has moved to.

    GitHub makes its own of the lines of a file; where there is no file of the repository it takes ours.
    """
    seen: Counter[str] = Counter()
    for finding in findings:
        place = finding.place
        told = (finding.rule.id, place.path.removeprefix("./"), place.distribution, finding.package, finding.found)
        digest = hashlib.sha256("\0".join(map(well_formed, told)).encode()).hexdigest()[:32]
        seen[digest] += 1
        mark = f"{digest}:{seen[digest]}"
        yield {"stackpinFinding/v1": mark, **({"primaryLocationLineHash": mark} if place.distribution else {})}
