"""Strategies: small catalogs, tuples, settings, and texts that look nearly right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from tests.support.small_catalog import SmallCatalog, row, torch_row

from stackpin.model.build import Build, Channel
from stackpin.model.cuda import CudaTag
from stackpin.model.locked import Anchor, Block, Bound, Evidence, LockedTuple, Pin
from stackpin.model.target import Platform

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TAGS", "TEXTS", "TOOLKITS", "TRITONS", "Plan", "build_catalog", "locked_tuples", "plans", "tables"]

TAGS = ("cu118", "cu124", "cu126")
TORCHES = ("2.5.0", "2.6.0", "2.7.0")
TOOLKITS = {"2.5.0": "12.1", "2.6.0": "12.4", "2.7.0": "12.6"}
TRITONS = {"2.5.0": "3.1.0", "2.6.0": "3.2.0", "2.7.0": "3.3.0"}
KERNELS = ("0.1.0", "0.2.0", "0.3.0")

#: Text of any kind, and text made of the letters that tags, platforms and requirements are made of.
TEXTS = st.text(max_size=30) | st.text(alphabet="cu0123456789.manylinux_x86aarch64-[]=<>,! ", max_size=30)
_NAMES = st.from_regex(r"[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,5})?", fullmatch=True).map(canonicalize_name)
_VERSIONS = st.builds(
    lambda parts, suffix: ".".join(map(str, parts)) + suffix,
    st.lists(st.integers(0, 40), min_size=1, max_size=4),
    st.sampled_from(["", ".post1", "rc2", "b15", ".dev3"]),
)
#: One line of text as METADATA and notes have it; no line ends in it.
_LINES = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=40
).filter(lambda text: text.strip() == text and len(text.splitlines()) == 1)


@dataclass(frozen=True)
class Plan:
    """What a small catalog around the anchor ``app`` holds: for each release of it its torch and its kernel's version."""

    releases: tuple[tuple[str, str], ...]
    builds: frozenset[tuple[str, str]]
    majors: dict[str, int]
    nowhere: str


def plans() -> st.SearchStrategy[Plan]:
    """Plans of small catalogs: some pins exist nowhere, some kernels are of another CUDA major."""
    release = st.tuples(
        st.sampled_from(["==2.5.0", "==2.6.0", "==2.7.0", ">=2.6", "<2.7", ""]),
        st.sampled_from(["==0.1.0", "==0.2.0", "==0.3.0", "==0.9.0", ">=0.2", ""]),
    )
    return st.builds(
        Plan,
        releases=st.lists(release, min_size=1, max_size=4).map(tuple),
        builds=st.frozensets(st.tuples(st.sampled_from(TORCHES), st.sampled_from(TAGS)), max_size=6),
        majors=st.dictionaries(st.sampled_from(KERNELS), st.sampled_from([11, 12]), max_size=3),
        nowhere=st.sampled_from(["", "0.1.0", "0.3.0"]),
    )


def build_catalog(plan: Plan, folder: Path) -> SmallCatalog:
    """The catalog that a plan stands for."""
    small = SmallCatalog(folder)
    small.usual_facts()
    small.fact("stacks", name="app", anchor="app", members=["torch", "triton", "kern"], always=["torch", "triton"])
    for torch in TORCHES:
        small.release("torch", torch_row(torch, TOOLKITS[torch], TRITONS[torch]))
        small.torch_build(torch, f"cu{TOOLKITS[torch].replace('.', '')}", pypi=True)
        small.release("triton", row("triton", TRITONS[torch]))
    for torch, tag in sorted(plan.builds):
        small.torch_build(torch, tag)
    for kernel in KERNELS:
        if kernel != plan.nowhere:
            small.release("kern", row("kern", kernel))
    for kernel, major in sorted(plan.majors.items()):
        small.fact("kernels", package="kern", first=kernel, last=kernel, cuda_major=major, evidence="so")
    for number, (torch, kernel) in enumerate(plan.releases):
        lines = [f"torch{torch}", f"kern{kernel}"]
        small.release("app", row("app", f"1.{number}", *lines))
    return small


def tables() -> st.SearchStrategy[dict[str, Any]]:
    """Tables as TOML may have them: our keys, near misses and others, with values of any type."""
    keys = st.sampled_from(["cuda", "cude", "stack", "allow", "mirrors", "catalog", "driver", "gpu", "stacks", "x"])
    leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
    values = st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    )
    return st.dictionaries(keys, values, max_size=4)


@st.composite
def _pins(draw: st.DrawFn) -> Pin:
    name, version = draw(_NAMES), draw(_VERSIONS)
    tag = draw(st.sampled_from(["", *TAGS]))
    operator = "==" if tag else draw(st.sampled_from(["==", "==="]))
    page = f"https://index.example/whl/{tag}/{name}/" if tag else ""
    build = Build(channel=Channel.FIND_LINKS if tag else Channel.PYPI, local=tag, page=page)
    evidence = draw(st.lists(st.builds(Evidence, subject=_LINES, line=_LINES), max_size=2))
    specifier = f"{operator}{version}" + (f"+{tag}" if tag else "")
    return Pin(
        name=name,
        version=version,
        specifier=specifier,
        build=build,
        evidence=tuple(evidence),
        note=draw(st.just("") | _LINES),
    )


@st.composite
def locked_tuples(draw: st.DrawFn) -> LockedTuple:
    """Tuples of any members, with comments of any letters."""
    pins = draw(st.lists(_pins(), min_size=1, max_size=6, unique_by=lambda pin: pin.name))
    python = draw(st.sampled_from(["", "3.11"]))
    anchor = Anchor(name=pins[0].name, version=pins[0].version, request=str(pins[0].name), chosen=draw(_LINES))
    bound = Bound(name=canonicalize_name("cuda-python"), specifier="<13,>=12", note=draw(_LINES))
    block = Block(name=canonicalize_name("zz-look-alike"), reads="0+blocked.by.stackpin.use.x.1.0", note=draw(_LINES))
    return LockedTuple(
        anchors=(anchor,),
        pins=tuple(pins),
        bounds=(bound,),
        blocks=(block,),
        cuda=CudaTag(draw(st.sampled_from(["cpu", *TAGS]))),
        platform=Platform(machine=draw(st.sampled_from(["x86_64", "aarch64"]))),
        pythons=("3.10", "3.11"),
        python_asked=python,
        notes=tuple(draw(st.lists(_LINES, max_size=2))),
    )
