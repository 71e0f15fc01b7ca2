"""Locked tuples made by hand, as the constraints files of the contract show them; no resolver is asked."""

from __future__ import annotations

from packaging.utils import canonicalize_name

from stackpin.model.build import Build, Channel
from stackpin.model.cuda import CudaTag
from stackpin.model.locked import Anchor, Block, Bound, Evidence, LockedTuple, Pin
from stackpin.model.target import Platform

__all__ = ["pin", "sglang_cu124", "sglang_cu126"]

_OTHERS = ("cpu", "cu118", "cu126")


def pin(name: str, version: str, evidence: str = "", build: Build | None = None) -> Pin:
    """A pin; ``evidence`` is ``subject: line``."""
    subject, _, line = evidence.partition(": ")
    build = build or Build()
    full = f"{version}+{build.local}" if build.local else version
    return Pin(
        name=canonicalize_name(name),
        version=version,
        specifier=f"==={full}" if build.siblings and not build.local else f"=={full}",
        build=build,
        evidence=(Evidence(subject=subject, line=line),) if evidence else (),
    )


def _block(name: str, use: str) -> Block:
    folder = use.partition(".")[0]
    return Block(name=canonicalize_name(name), reads=f"0+blocked.by.stackpin.use.{use}", note=f"writes {folder}/")


def _tuple(version: str, tag: str, *pins: Pin, bounds: tuple[Bound, ...], blocks: tuple[Block, ...]) -> LockedTuple:
    anchor = Anchor(name=canonicalize_name("sglang"), version=version, request="sglang", chosen="the newest")
    return LockedTuple(
        anchors=(anchor,),
        pins=pins,
        bounds=bounds,
        blocks=blocks,
        cuda=CudaTag(tag),
        platform=Platform(machine="x86_64"),
        pythons=("3.10", "3.11", "3.12"),
    )


def sglang_cu124() -> LockedTuple:
    """Sglang 0.4.6.post5 on PyPI's own torch 2.6.0."""
    own = Build(tag=CudaTag("cu124"), siblings=_OTHERS)
    return _tuple(
        "0.4.6.post5",
        "cu124",
        pin("sglang", "0.4.6.post5"),
        pin("torch", "2.6.0", 'sglang 0.4.6.post5: torch==2.6.0; extra == "srt"', own),
        pin("triton", "3.2.0", "torch 2.6.0: triton==3.2.0"),
        pin("sgl-kernel", "0.1.4", "sglang 0.4.6.post5: sgl-kernel==0.1.4", Build(major=12)),
        pin("flashinfer-python", "0.2.5", "sglang 0.4.6.post5: flashinfer_python==0.2.5", Build(siblings=("cu118",))),
        pin("torchvision", "0.21.0", "sglang 0.4.6.post5: torchvision==0.21.0", own),
        pin("torchaudio", "2.6.0", "torchaudio 2.6.0: torch==2.6.0", own),
        pin("xgrammar", "0.1.19", "sglang 0.4.6.post5: xgrammar==0.1.19"),
        bounds=(
            Bound(
                name=canonicalize_name("cuda-python"),
                specifier="<13,>=12",
                note="sglang 0.4.6.post5 asks for cuda-python; cu124 is CUDA 12",
            ),
        ),
        blocks=(_block("pytorch-triton", "triton.3.2.0"), _block("triton-windows", "triton.3.2.0")),
    )


def sglang_cu126() -> LockedTuple:
    """Sglang 0.4.6.post5 on the cu126 build of torch 2.6.0, with no torchaudio for it."""
    own = Build(channel=Channel.FIND_LINKS, local="cu126", tag=CudaTag("cu126"), siblings=("cpu", "cu118", "cu124"))
    return _tuple(
        "0.4.6.post5",
        "cu126",
        pin("torch", "2.6.0", 'sglang 0.4.6.post5: torch==2.6.0; extra == "srt"', own),
        pin("triton", "3.2.0", "torch 2.6.0: triton==3.2.0"),
        bounds=(),
        blocks=(
            Block(
                name=canonicalize_name("torchaudio"),
                reads="0+stackpin.no.build.for.cu126",
                note="no release is built for cu126",
            ),
        ),
    )
