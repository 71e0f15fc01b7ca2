"""Holds the claims of a refusal against the rows and against each other, with no part of stackpin.

What is read is the document that ``--json`` prints. A claim says: whichever of these versions of a package is taken, of
another package (or of the target) only so much is left. Three questions are asked of a chain: is each claim in the rows; do
the claims together leave nothing; and does each of its steps take something away that the others leave.
"""

from __future__ import annotations

import json
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version
from tests.walk import oracle

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.walk.oracle import Oracle

    Claim = Mapping[str, Any]

__all__ = ["Chain", "admitted_releases", "faults_of"]

TAGS = sorted({row["tag"] for row in oracle.table("torch-builds")})
PYTHONS = (*oracle.PYTHONS, "3.15")
DAYS = 14
#: A version that no row has, of a package of which some step says that it has none.
NOBODYS = "0+nobodys"


@cache
def parsed(version: str) -> Version:
    """A version, read once."""
    return Version(version)


@cache
def symbols() -> dict[str, Any]:
    """The file of symbols: what kernels need and what torch exports, as bit masks."""
    document: dict[str, Any] = json.loads(zlib.decompress((oracle.DATA / "abi.json.z").read_bytes()))
    return document


@cache
def is_missing_symbols(name: str, version: str, torch: str) -> bool:
    """Whether some alternative of the kernel's symbols is not exported by that torch, for each of them."""
    kernels = [
        row
        for row in symbols()["kernels"]
        if (row["name"], row["version"], row["machine"]) == (name, version, "x86_64")
    ]
    torches = [row for row in symbols()["torch"] if (row["version"], row["machine"]) == (torch, "x86_64")]
    if not kernels or not torches:
        return False
    exports = int(torches[0]["exports"], 16)
    return all(int(needs, 16) & ~exports for needs in kernels[0]["needs"])


def admitted_releases(anchor: str, specifier: str) -> list[str]:
    """The releases that a requirement admits; pre-releases only where nothing else matches."""
    matching = [version for version in oracle.rows(anchor) if oracle.admits(specifier, version)]
    asks = bool(SpecifierSet(specifier).prereleases)
    finals = [version for version in matching if asks or not parsed(version).is_prerelease]
    return finals or matching


class Chain:
    """One chain: what rules the releases of one run out, for one tag and one Python."""

    def __init__(self, refusal: Mapping[str, Any], judge: Oracle | None, tag: str, python: str) -> None:
        self.anchor: str = refusal["anchor"]
        self.releases: list[str] = refusal["releases"]
        self.steps: list[list[Claim]] = [reason["claims"] for reason in refusal["reasons"]]
        self.kinds: list[str] = [reason["kind"] for reason in refusal["reasons"]]
        self.judge, self.tag, self.python = judge, tag, python
        self.open = {claim["package"] for step in self.steps for claim in step if not claim["versions"]}

    def faults(self) -> Iterator[str]:
        """Everything that is wrong with the chain, for each release of the run."""
        if all(kind in {"pre-release", "yanked"} for kind in self.kinds) and not any(self.steps):
            return  # said of what was asked for by itself: nothing is derived
        for step, kind in zip(self.steps, self.kinds, strict=True):
            yield from (f"not in the rows: {kind} {claim}" for claim in step if not self._true(claim, kind))
        for release in self.releases:
            if not self.steps or self._possible(release, self.steps):
                yield f"{release}: the steps leave an answer"
            for place, kind in enumerate(self.kinds):
                if not self._possible(release, self.steps[:place] + self.steps[place + 1 :]):
                    yield f"{release}: step {place + 1} of {len(self.steps)} is not needed: {kind}"

    # is it in the rows

    def _true(self, claim: Claim, kind: str) -> bool:
        name, on, versions = claim["package"], claim["on"], claim["versions"]
        if not name:
            return True
        if not versions:
            return all(self._untakable(name, version, kind) for version in self._admitted(name, claim["specifier"]))
        if on == "<release>":
            return all(self._untakable(name, version, kind) for version in versions)
        if on == "<cuda>":
            others = [tag for tag in TAGS if tag not in claim["values"]]
            return all(not self._on_tag(name, version, tag) for version in versions for tag in others)
        if on == "<python>":
            others = [python for python in PYTHONS if python not in claim["values"]]
            return all(not oracle.runs_on(name, version, python) for version in versions for python in others)
        if on == "<platform>":
            return all(not oracle.runs_on(name, version, self.python) for version in versions)
        return all(self._needs(name, version, on, claim) for version in versions)

    @staticmethod
    def _admitted(name: str, specifier: str) -> list[str]:
        return [version for version in oracle.rows(name) if oracle.admits(specifier, version)]

    def _untakable(self, name: str, version: str, kind: str) -> bool:
        """Whether a release that exists may not be taken: yanked, not final, or silent on torch and newer than the anchor."""
        row = oracle.row_of(name, version)
        if row is None:
            return True
        if kind == "no-such-release":
            return False
        torch = [line for line in map(oracle.cut, row.get("requires") or ()) if line.name == "torch"]
        silent = not any(mark in line.specifier for line in torch for mark in ("<", "==", "~="))
        return bool(row.get("yanked")) or parsed(version).is_prerelease or silent

    def _on_tag(self, name: str, version: str, tag: str) -> bool:
        """Whether any file of a release can stand on a tag."""
        if name == self.anchor and self._extra_majors(version) - {oracle.major_of(tag)}:
            return False
        major = {row["name"]: row["major"] for row in oracle.table("cuda-members")}.get(name)
        if major is not None:
            return (version.split(".", maxsplit=1)[0] if major == "version" else str(major)) == oracle.major_of(tag)
        if name == "torch":
            return tag in oracle.tags_of(version)
        if name in oracle.FAMILY:
            return tag in oracle.tags_of(oracle.paired(name, version))
        listed = any(self._listed(name, version, tag, row) for row in oracle.table("index-builds"))
        if oracle.row_of(name, version) is None:
            return listed
        loads = oracle.kernel_major(name, version)
        return not loads or loads == oracle.major_of(tag) or listed

    @staticmethod
    def _listed(name: str, version: str, tag: str, row: Mapping[str, Any]) -> bool:
        here = (
            row["package"] == name and row["tag"] == tag and version in row["versions"] and bool(row.get("find_links"))
        )
        return here and (bool(row.get("label")) or oracle.row_of(name, version) is None)

    def _extra_majors(self, version: str) -> set[str]:
        if self.judge is None or self.anchor != self.judge.anchor:
            return set()
        row = oracle.rows(self.anchor)[version]
        found = set()
        for line in oracle.lines(self.anchor, version, self.python, self.judge.extras(row)):
            found |= {extra[2:4] for extra in line.extras if extra[:2] == "cu" and extra[2:4].isdigit()}
        return found

    def _needs(self, name: str, version: str, on: str, claim: Claim) -> bool:
        """Whether a release's own lines, symbols or C++ ABI say this of another package."""
        row = oracle.row_of(name, version)
        wanted = SpecifierSet(claim["specifier"])
        extras = tuple(row["extras"]) if row else ()
        for python in claim["pythons"] or (self.python,):
            lines = [line for line in oracle.lines(name, version, python, extras) if line.name == on]
            if any(SpecifierSet(line.specifier) == wanted for line in lines):
                continue
            if on == "torch" and claim["specifier"].startswith("!="):
                torch = claim["specifier"][2:]
                if is_missing_symbols(name, version, torch) or oracle.other_abi(torch, self.tag):
                    continue
            labelled = [row for row in oracle.table("index-builds") if row["package"] == name and row.get("torch")]
            if on == "torch" and any(claim["specifier"] == f"=={row['torch']}.*" for row in labelled):
                continue
            return False
        return True

    # do the steps rule everything out

    def _possible(self, release: str, steps: Sequence[Sequence[Claim]]) -> bool:
        """Whether what the steps say leaves some choice of releases."""
        claims = [claim for step in steps for claim in step if not claim["pythons"] or self.python in claim["pythons"]]
        said: dict[str, list[Claim]] = {}
        for claim in claims:
            said.setdefault(claim["package"], []).append(claim)
        start: dict[str, list[str]] = {self.anchor: [f"==={release}"]}
        for claim in said.get("", ()):
            start.setdefault(claim["on"], []).append(claim["specifier"])
        return self._choose({}, start, said)

    def _choose(self, taken: dict[str, str], asked: dict[str, list[str]], said: dict[str, list[Claim]]) -> bool:
        name = next((each for each in asked if each not in taken), "")
        if not name:
            return True
        for version in self._choices(name, asked[name], said.get(name, ())):
            after = {key: list(value) for key, value in asked.items()}
            mine = [claim for claim in said.get(name, ()) if version in claim["versions"]]
            if not all(self._stands(claim) for claim in mine if claim["on"].startswith("<")):
                continue
            for claim in mine:
                if not claim["on"].startswith("<"):
                    after.setdefault(claim["on"], []).append(claim["specifier"])
            now = {**taken, name: version}
            if all(
                self._fits(now[key], limits, key, said) for key, limits in after.items() if key in now
            ) and self._choose(now, after, said):
                return True
        return False

    def _stands(self, claim: Claim) -> bool:
        value = {"<cuda>": self.tag, "<python>": self.python}.get(claim["on"], "")
        return value in claim["values"]

    def _choices(self, name: str, limits: list[str], claims: Sequence[Claim]) -> Iterator[str]:
        closed = [claim["specifier"] for claim in claims if not claim["versions"]]
        unread = {
            version for row in oracle.table("index-builds") if row["package"] == name for version in row["versions"]
        }
        for version in dict.fromkeys((*oracle.rows(name), *unread)):
            admitted = all(oracle.admits(limit, version) for limit in limits if limit)
            if admitted and not any(oracle.admits(limit, version) for limit in closed):
                yield version
        if name in self.open and not set(closed) & set(limits):
            yield NOBODYS

    @staticmethod
    def _fits(version: str, limits: list[str], name: str, said: dict[str, list[Claim]]) -> bool:
        if version == NOBODYS:
            return not {claim["specifier"] for claim in said.get(name, ()) if not claim["versions"]} & set(limits)
        return all(oracle.admits(limit, version) for limit in limits if limit)


def faults_of(document: Mapping[str, Any], judge: Oracle | None, specifier: str, tag: str, python: str) -> list[str]:
    """What is wrong with a whole refusal: chains, and releases that none of them is about.

    :param document: the refusal as ``--json`` prints it.
    :param judge: the oracle of the stack; None for torch.
    """
    explanation = document["explanation"]
    found: list[str] = []
    told: list[str] = []
    for refusal in explanation["refusals"]:
        told += refusal["releases"]
        found += Chain(refusal, judge, tag, python).faults()
    anchor = explanation["refusals"][0]["anchor"] if explanation["refusals"] else ""
    left = [version for version in admitted_releases(anchor, specifier) if version not in told]
    return found + [f"{version}: no reason is told" for version in left]
