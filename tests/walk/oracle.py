"""A second opinion on every release, from the rows alone: lines picked out by regular expressions, no part of stackpin.

For an anchor release and a CUDA tag it says what the lines force (pins), and which facts stand against a tuple.
Markers and specifiers are judged by `packaging`; everything else is a look-up in the JSON rows and the TOML tables.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.specifiers import SpecifierSet
from packaging.version import Version

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["PYTHONS", "Fact", "Oracle", "Verdict", "normal"]

DATA = Path(__file__).resolve().parents[2] / "src" / "stackpin" / "catalog" / "data"
PYTHONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
LINE = re.compile(r"\s*([\w.-]+)\s*(?:\[([^\]]*)\])?\s*\(?([^;()]*)\)?\s*(?:;\s*(.*))?")
EXACT = re.compile(r"==\s*([^,*\s]+)")
#: A Linux wheel for x86_64, or one for every machine.
WHEEL = re.compile(r"-(?P<python>[^-]+)-(?P<abi>[^-]+)-(?P<platform>[^-]*(?:x86_64|any)[^-]*)\.whl$")
FAMILY = {"torchvision", "torchaudio"}


def normal(name: str) -> str:
    """A distribution's name as PEP 503 normalizes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def major_of(tag: str) -> str:
    """The CUDA major of a tag as digits; empty for ``cpu``."""
    return tag[2:-1] if tag.startswith("cu") else ""


@cache
def admits(specifier: str, version: str) -> bool:
    """Whether a version, pre-release or not, meets a specifier."""
    return SpecifierSet(specifier).contains(version, prereleases=True)


@dataclass(frozen=True)
class Line:
    """A Requires-Dist line, cut into its parts."""

    name: str
    extras: tuple[str, ...]
    specifier: str
    marker: str

    @property
    def exact(self) -> str:
        """The one version that the line admits; empty where it admits several."""
        found = EXACT.fullmatch(self.specifier.strip())
        return found[1] if found else ""

    def admits(self, version: str) -> bool:
        """Whether a version meets the line."""
        return admits(self.specifier, version)


@dataclass(frozen=True)
class Fact:
    """A fact against a tuple: of what release (its version is empty where all of them are meant), and what it is."""

    name: str
    version: str
    what: str


@dataclass
class Verdict:
    """What the rows say of one release, tag and Python."""

    python: str
    pins: dict[str, str] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    triton: str = ""


@cache
def rows(name: str) -> dict[str, dict[str, Any]]:
    """The rows of a package by version; none where the catalog has no file of it."""
    path = DATA / "releases" / f"{name}.jsonl"
    if not path.is_file():
        return {}
    return {row["version"]: row for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}


@cache
def table(name: str) -> list[dict[str, Any]]:
    """The rows of one TOML table of facts, whatever its tables are called."""
    document = tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))
    return [row for value in document.values() if isinstance(value, list) for row in value]


@cache
def cut(text: str) -> Line:
    """A Requires-Dist value in its parts."""
    match = LINE.fullmatch(text)
    assert match, text
    extras = tuple(normal(extra) for extra in (match[2] or "").split(",") if extra.strip())
    return Line(normal(match[1]), extras, match[3].strip(), match[4] or "")


@cache
def holds(marker: str, python: str, extra: str) -> bool:
    """Whether a marker holds on Linux x86_64."""
    environment = {
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "python_version": python,
        "python_full_version": f"{python}.0",
        "extra": extra,
    }
    return not marker or Marker(marker).evaluate(environment)


@cache
def lines(name: str, version: str, python: str, extras: tuple[str, ...] = ()) -> list[Line]:
    """The lines of a release that hold, with any of some extras asked for; none where there is no row."""
    found = [cut(text) for text in (row_of(name, version) or {}).get("requires") or ()]
    return [line for line in found if any(holds(line.marker, python, extra) for extra in ("", *extras))]


@cache
def row_of(name: str, version: str) -> dict[str, Any] | None:
    """The row of a release, however its version is spelled (``0.19`` is ``0.19.0``)."""
    found = rows(name).get(version)
    return found or next((row for text, row in rows(name).items() if Version(text) == Version(version)), None)


@cache
def runs_on(name: str, version: str, python: str) -> bool:
    """Whether Requires-Python and the wheels of a release serve a Python (a source distribution serves every one)."""
    row = row_of(name, version)
    if row is None:
        return True
    if row["requires_python"] and not SpecifierSet(row["requires_python"]).contains(f"{python}.99", prereleases=True):
        return False
    wheels = [entry[0] for entry in row["files"] if entry[0].endswith(".whl")]
    return not wheels or any(serves(name, python) for name in wheels)


@cache
def serves(wheel: str, python: str) -> bool:
    """Whether a wheel's name says that it serves CPython ``python`` on Linux x86_64."""
    match = WHEEL.search(wheel)
    if not match or ("any" not in match["platform"] and not re.search(r"linux\w*x86_64", match["platform"])):
        return False
    minor = int(python.split(".")[1])
    if "abi3" in match["abi"].split("."):
        return any(one.startswith("cp3") and int(one[3:]) <= minor for one in match["python"].split("."))
    if match["abi"] == "none":
        spoken = match["python"].split(".")
        return any(one in {"py3", f"py3{minor}", f"cp3{minor}"} or older(one, minor) for one in spoken)
    return f"cp3{minor}" in match["abi"].split(".")


def older(tag: str, minor: int) -> bool:
    """Whether a ``py3N`` tag names an older Python than ``minor``."""
    return tag.startswith("py3") and tag[3:].isdigit() and int(tag[3:]) <= minor


def pypi_tag(torch: dict[str, Any]) -> str:
    """The tag of PyPI's torch, from the CUDA runtime that its METADATA pins."""
    for line in map(cut, torch["requires"]):
        if re.fullmatch(r"nvidia-cuda-runtime(-cu\d+)?|cuda-toolkit", line.name) and line.exact:
            major, minor = line.exact.split(".")[:2]
            return f"cu{major}{minor}"
    return "cpu"


def tags_of(torch: str) -> list[str]:
    """Every tag that a torch release has on Linux x86_64: PyPI's own, then those of the table."""
    own = [pypi_tag(rows("torch")[torch])] if torch in rows("torch") else []
    listed = [r["tag"] for r in table("torch-builds") if r["torch"] == torch and "x86_64" in r["arches"]]
    return list(dict.fromkeys((*own, *listed)))


def other_abi(torch: str, tag: str) -> bool:
    """Whether a tag's torch is known to have another C++ ABI than PyPI's."""
    abi = {r["tag"]: r.get("cxx11_abi") for r in table("torch-builds") if r["torch"] == torch}
    own = abi.get(pypi_tag(rows("torch")[torch]))
    return own is not None and abi.get(tag) is not None and abi[tag] != own


def paired(name: str, version: str) -> str:
    """The torch that a torchvision or torchaudio was built with: its own line, else the oldest that the table pairs."""
    row = row_of(name, version) or {"version": version}
    own = [line.exact for line in map(cut, row.get("requires") or ()) if line.name == "torch"]
    listed = sorted((pair["torch"] for pair in table("family") if pair.get(name) == row["version"]), key=Version)
    return next(iter([*filter(None, own), *listed]), "")


def kernel_major(name: str, version: str) -> str:
    """The CUDA major that PyPI's wheel of a release is known to load; empty where nothing is known."""
    for row in (*table("kernels"), *table("kernels-read")):
        if row["package"] == name and Version(row["first"]) <= Version(version) <= Version(row["last"]):
            return str(row["cuda_major"])
    return ""


def elsewhere(name: str, version: str, tag: str, torch: str, *, labelled: bool) -> bool:
    """Whether a vendor's page lists a build for the tag (and for this torch, where the label names one)."""
    return any(
        row["package"] == name
        and row["tag"] == tag
        and version in row["versions"]
        and bool(row.get("find_links"))
        and (bool(row.get("label")) or not labelled)
        and torch.startswith(f"{row['torch']}." if row.get("torch") else "")
        for row in table("index-builds")
    )


class Oracle:
    """What the rows say of the releases of one stack."""

    def __init__(self, stack: str) -> None:
        entry = next(row for row in table("stacks") if row["name"] == stack)
        self.anchor: str = entry["anchor"]
        self.extra: str = entry.get("extra", "")
        self.cuda_members = {row["name"]: row["major"] for row in table("cuda-members")}
        self.members = {*entry["members"], *(name for name in self.cuda_members if rows(name))}

    def extras(self, row: dict[str, Any]) -> tuple[str, ...]:
        """The extra that brings the kernels, and those that it asks for in turn."""
        found = [self.extra] if self.extra in row["extras"] else []
        for extra in found:
            for line in lines(self.anchor, row["version"], "3.11", (extra,)):
                found += [more for more in line.extras if line.name == self.anchor and more not in found]
        return tuple(found)

    def releases(self) -> list[tuple[str, str]]:
        """Every release of the anchor that pins torch exactly, with that torch."""
        found = []
        for version, row in rows(self.anchor).items():
            torch = [
                line.exact
                for line in lines(self.anchor, version, "3.11", self.extras(row))
                if line.name == "torch" and line.exact
            ]
            found += [(version, torch[0])] if torch else []
        return found

    def verdicts(self, version: str, tag: str) -> list[Verdict]:
        """What the rows say, one Python after another; the anchor's own Pythons only, unless it has none."""
        row = rows(self.anchor)[version]
        return [self._verdict(version, row, tag, python) for python in PYTHONS]

    def _verdict(self, version: str, row: dict[str, Any], tag: str, python: str) -> Verdict:
        verdict = Verdict(python)
        stated = [line for line in lines(self.anchor, version, python, self.extras(row)) if line.name in self.members]
        verdict.pins = {line.name: line.exact for line in stated if line.exact}
        torch = verdict.pins["torch"]
        if not runs_on(self.anchor, version, python):
            verdict.facts.append(Fact(self.anchor, version, "python"))
        verdict.facts += self._of_anchor(version, stated, tag)
        verdict.facts += [fact for name, pin in verdict.pins.items() for fact in against(name, pin, tag, torch, python)]
        verdict.facts += self._clashes(verdict.pins, python)
        verdict.facts += self._open(stated, verdict, tag)
        verdict.facts += self._needed(verdict, tag)
        verdict.facts += self._abi(version, verdict.pins, tag, torch)
        verdict.triton = next((line.specifier for line in lines("torch", torch, python) if line.name == "triton"), "")
        return verdict

    def _of_anchor(self, version: str, stated: list[Line], tag: str) -> list[Fact]:
        """What the anchor's own wheel and the extras that it asks for say of the CUDA major."""
        found = []
        loads = kernel_major(self.anchor, version)
        if loads and loads != major_of(tag) and not elsewhere(self.anchor, version, tag, "", labelled=True):
            found.append(Fact(self.anchor, version, "kernels"))
        for line in stated:
            majors = [match[1] for extra in line.extras if (match := re.fullmatch(r"cu(\d\d)\d?", extra))]
            found += [Fact(self.anchor, version, "extra") for major in majors if major != major_of(tag)]
        return found

    def _clashes(self, pins: dict[str, str], python: str) -> list[Fact]:
        """Pinned members whose own lines refuse another pinned member."""
        found = []
        for name, pin in pins.items():
            if name in self.cuda_members or name == "torch" or row_of(name, pin) is None:
                continue
            refused = [
                line for line in lines(name, pin, python) if line.name in pins and not line.admits(pins[line.name])
            ]
            found += [Fact(name, pin, f"needs {line.name} {line.specifier}") for line in refused]
        return found

    def _open(self, stated: list[Line], verdict: Verdict, tag: str) -> list[Fact]:
        """Members that the anchor names without an exact version, and for which no release serves."""
        found = []
        for name in dict.fromkeys(line.name for line in stated if line.name not in verdict.pins):
            wanted = [line for line in stated if line.name == name]
            if not self._some(name, wanted, verdict, tag):
                found.append(Fact(name, "", "no release serves"))
        return found

    def _needed(self, verdict: Verdict, tag: str) -> list[Fact]:
        """Members that only pinned members name, and for which no release serves."""
        found = []
        for name, pin in verdict.pins.items():
            if name in self.cuda_members or row_of(name, pin) is None:
                continue
            for line in lines(name, pin, verdict.python):
                known = line.name in self.members - set(self.cuda_members) and line.name not in verdict.pins
                if known and line.name != name and not self._some(line.name, [line], verdict, tag):
                    found.append(Fact(line.name, "", f"no release serves {name} {pin}"))
        return found

    def _some(self, name: str, wanted: list[Line], verdict: Verdict, tag: str) -> bool:
        """Whether some release meets the lines and has nothing against it."""
        torch, python = verdict.pins["torch"], verdict.python
        for version in rows(name):
            if not all(line.admits(version) for line in wanted):
                continue
            if name in self.cuda_members:
                if str(self.cuda_members[name]).replace("version", version.split(".")[0]) == major_of(tag):
                    return True
                continue
            refuses = [line for line in lines(name, version, python) if line.name in verdict.pins]
            if against(name, version, tag, torch, python) or not all(
                line.admits(verdict.pins[line.name]) for line in refuses
            ):
                continue
            return True
        return False

    def _abi(self, version: str, pins: dict[str, str], tag: str, torch: str) -> list[Fact]:
        """PyPI's kernels beside a torch of another C++ ABI."""
        if not other_abi(torch, tag):
            return []
        kernels = {**pins, self.anchor: version}
        return [
            Fact(name, pin, "C++ ABI") for name, pin in kernels.items() if kernel_major(name, pin) and row_of(name, pin)
        ]


@cache
def against(name: str, version: str, tag: str, torch: str, python: str) -> tuple[Fact, ...]:
    """What stands against one release of a member under a tag, a torch and a Python."""
    row = row_of(name, version)
    major = {r["name"]: r["major"] for r in table("cuda-members")}.get(name)
    if row is None and not elsewhere(name, version, tag, torch, labelled=False):
        return (Fact(name, version, "nowhere"),)
    found = []
    if row is not None and not runs_on(name, version, python):
        found.append(Fact(name, version, "python"))
    if major is not None:
        own = version.split(".", maxsplit=1)[0] if major == "version" else str(major)
        found += [Fact(name, version, "CUDA major")] if own != major_of(tag) else []
    elif name == "torch":
        found += [Fact(name, version, "no build")] if tag not in tags_of(version) else []
    elif name in FAMILY:
        found += [Fact(name, version, "no build")] if tag not in tags_of(paired(name, version)) else []
    elif row is not None:
        loads = kernel_major(name, version)
        if loads and loads != major_of(tag) and not elsewhere(name, version, tag, torch, labelled=True):
            found.append(Fact(name, version, "kernels"))
    return tuple(found)
