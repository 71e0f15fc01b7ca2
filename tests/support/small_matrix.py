"""A matrix of a demo engine on a tiny catalog: each mark in it once, beside a pre-release and a yanked release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.small_catalog import SmallCatalog, row, torch_row

from stackpin.app.compile import Job, Workshop
from stackpin.app.matrix import matrix
from stackpin.catalog.facts import Facts

if TYPE_CHECKING:
    from pathlib import Path

    from stackpin.catalog.loader import Catalog
    from stackpin.model.matrix import Matrix

__all__ = ["SmallWorkshop", "small_demo", "small_matrix"]


class SmallWorkshop(Workshop):
    """A workshop over a tiny catalog alone."""

    def __init__(self, catalog: Catalog) -> None:
        super().__init__()
        self.catalog = catalog
        self.facts = Facts(catalog)


def small_demo(folder: Path) -> SmallCatalog:
    """Two torches, and a demo engine with a kernel.

    =========  ======  ================================================  =======================================
    demo       torch   kernel                                            what comes of it
    =========  ======  ================================================  =======================================
    1.0        2.6.0   1.0, built with CUDA 12.4                         cu124 PyPI's own; cu126 a labelled torch
    1.1        2.7.0   2.0, built with CUDA 12.8; cu118 on a page        cu126 unproven; cu118 by its label alone
    1.1rc1     2.7.0   as 1.1                                            a pre-release
    1.2        2.6.0   9.9, which nobody has                             impossible
    1.3        2.6.0   as 1.0, yanked                                    as 1.0
    =========  ======  ================================================  =======================================
    """
    small = SmallCatalog(folder)
    small.usual_facts()
    members = ["torch", "triton", "kernel", "torchvision", "torchaudio"]
    small.fact("stacks", name="demo", anchor="demo", members=members, always=["torch", "triton"])
    small.release("torch", torch_row("2.6.0", "12.4", "3.2.0"), torch_row("2.7.0", "12.6", "3.3.0"))
    small.release("triton", *(row("triton", version) for version in ("3.2.0", "3.3.0")))
    for torch, tags in (("2.6.0", ("cu118", "cu124", "cu126")), ("2.7.0", ("cu118", "cu126"))):
        for tag in tags:
            small.torch_build(torch, tag, pypi=(torch, tag) in {("2.6.0", "cu124"), ("2.7.0", "cu126")})
    small.release("kernel", *(row("kernel", version) for version in ("1.0", "2.0")))
    for version, toolkit in (("1.0", "12.4"), ("2.0", "12.8")):
        told = {
            "first": version,
            "last": version,
            "toolkit": toolkit,
            "evidence": f"libcudart.so.12 in kernel {version}",
        }
        small.fact("kernels", package="kernel", cuda_major=12, **told)
    page = "https://index.example/whl/cu118/kernel/"
    small.fact("index_builds", package="kernel", tag="cu118", label="+cu118", find_links=page, versions=["2.0"])
    first, second = ("torch==2.6.0", "kernel==1.0"), ("torch==2.7.0", "kernel==2.0")
    small.release(
        "demo",
        row("demo", "1.0", *first, uploaded="2025-01-02T00:00:00Z"),
        row("demo", "1.1rc1", *second),
        row("demo", "1.1", *second),
        row("demo", "1.2", "torch==2.6.0", "kernel==9.9"),
        row("demo", "1.3", *first, yanked="broken"),
    )
    return small


def small_matrix(folder: Path, requirement: str = "demo", **job: str) -> Matrix:
    """The matrix of the demo engine."""
    catalog, _ = small_demo(folder).open()
    return matrix(Job(requirements=(requirement,), **job), SmallWorkshop(catalog))  # type: ignore[arg-type]
