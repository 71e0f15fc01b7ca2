"""Questions to the fact tables: which builds exist, what kernels were built with, which driver a tag needs."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from stackpin.catalog.fact_rows import (
    CudaMember,
    Driver,
    GpuLimit,
    IndexBuild,
    KernelFact,
    LookAlike,
    ReadPage,
    TorchBuild,
)
from stackpin.model.cuda import CPU, CudaTag, cuda_major, cuda_order, tag_of_toolkit
from stackpin.model.driver import meets
from stackpin.model.stack import FAMILY, TORCH, TRITON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.catalog.abi import AbiFacts
    from stackpin.catalog.loader import Catalog

__all__ = ["Facts"]


def _torch_build(version: str, row: Mapping[str, Any]) -> TorchBuild:
    return TorchBuild(
        torch=version,
        tag=CudaTag(row["tag"]),
        pypi=bool(row.get("pypi")),
        arches=tuple(row.get("arches") or ()),
        root=row.get("index", ""),
        cxx11_abi=row.get("cxx11_abi"),
        source=row.get("source", ""),
        checked=str(row.get("checked", "")),
        seen=str(row.get("seen", "")),
        read="metadata_sha256" in row,
    )


def _index_build(row: Mapping[str, Any]) -> IndexBuild:
    return IndexBuild(
        package=row["package"],
        tag=CudaTag(row["tag"]),
        label=str(row.get("label") or ""),
        page=str(row.get("find_links") or ""),
        torch=str(row.get("torch") or ""),
        source=str(row.get("source", "")),
        checked=str(row.get("checked", "")),
        seen=str(row.get("seen", "")),
        read="metadata_sha256" in row,
    )


#: Which column of an index build's row lists the versions that a machine has wheels of.
_VERSIONS = {"x86_64": "versions", "aarch64": "versions_aarch64"}


class Facts:
    """The fact tables of one catalog; each table is read when it is first asked for.

    A page that ``catalog update --index`` has read comes before every other source: what is claimed of it and is not
    listed there is no build of it.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def gpu_limit(self, major: int | None) -> GpuLimit | None:
        """The least compute capability that a CUDA major has code for; None where no fact speaks of it."""
        for row in self.catalog.facts("gpu_limits"):
            if row["cuda_major"] == major:
                return GpuLimit(
                    major=int(row["cuda_major"]),
                    least=tuple(map(int, str(row["least_gpu"]).split("."))),
                    evidence=str(row.get("evidence", "")),
                    source=str(row.get("source", "")),
                )
        return None

    @cached_property
    def engines(self) -> frozenset[str]:
        """The anchors of the catalog's stacks, torch left out: what pins a torch of its own."""
        return frozenset(row["anchor"] for row in self.catalog.facts("stacks")) - {TORCH}

    @cached_property
    def names_that_matter(self) -> frozenset[str]:
        """The members of the catalog's stacks, their anchors, CUDA members and look-alikes, normalized."""
        found = {TORCH, TRITON, *FAMILY, *self.cuda_members}
        for row in self.catalog.facts("stacks"):
            found |= {row["anchor"], *row.get("members", ()), *row.get("always", ())}
        for alike in self.look_alikes:
            found |= {alike.distribution, alike.member}
        return frozenset(found)

    @cached_property
    def abi(self) -> AbiFacts:
        """The symbols of the binaries."""
        from stackpin.catalog.abi import AbiFacts  # only where a kernel is looked at

        return AbiFacts(self.catalog)

    @cached_property
    def read_pages(self) -> dict[str, ReadPage]:
        """The pages that were read, by their address; of two readings the nearer layer's."""
        return {
            row["page"]: ReadPage(
                package=row["package"],
                page=row["page"],
                tags=tuple(row["tags"]),
                listed=frozenset(row["listed"]),
                seen=str(row["seen"]),
            )
            for row in reversed(self.catalog.facts("pages_read"))
        }

    def read_page(self, package: str, tag: CudaTag) -> ReadPage | None:
        """A page that was read and is there for a package's builds of a tag; None where no such page was."""
        return next((read for read in self.read_pages.values() if read.package == package and tag in read.tags), None)

    def _stands(self, page: str, version: str) -> bool:
        """Whether a claim that a page has a version holds: always where the page was not read."""
        read = self.read_pages.get(page)
        return read is None or version in read.listed

    @cached_property
    def _torch_builds(self) -> dict[str, list[Mapping[str, Any]]]:
        found: dict[str, list[Mapping[str, Any]]] = {}
        for row in self.catalog.facts("torch_builds"):
            found.setdefault(row["torch"], []).append(row)
        return found

    @cached_property
    def tags(self) -> frozenset[CudaTag]:
        """Every CUDA tag that some torch release is known to be built for."""
        rows = self._torch_builds.values()
        return frozenset(CudaTag(row["tag"]) for builds in rows for row in builds)

    def torch_builds(self, version: str) -> tuple[TorchBuild, ...]:
        """The builds of a torch release, oldest toolkit first, ``cpu`` before all; none where no fact names it."""
        rows: dict[str, Mapping[str, Any]] = {}
        for row in reversed(self._torch_builds.get(version, [])):
            page = f"{row.get('index', '').rstrip('/')}/{TORCH}/"
            if self._stands(page, f"{version}+{row['tag']}"):
                rows[row["tag"]] = {**rows.get(row["tag"], {}), **row}  # a page does not say the ABI, the table does
            elif row.get("pypi"):
                rows[row["tag"]] = {**row, "index": ""}
        builds = [_torch_build(version, row) for row in rows.values()]
        return tuple(sorted(builds, key=lambda build: cuda_order(build.tag)))

    def abi_breaks(self, tag: CudaTag) -> tuple[TorchBuild, ...]:
        """The torch builds of a tag whose C++ ABI is known to differ from that of PyPI's build of the same version."""
        found = []
        for version in self._torch_builds:
            builds = self.torch_builds(version)
            own = next((build.cxx11_abi for build in builds if build.pypi), None)
            found += [
                build
                for build in builds
                if build.tag == tag and own is not None and build.cxx11_abi is not None and build.cxx11_abi != own
            ]
        return tuple(found)

    def optional_because(self, package: str, version: Version) -> str:
        """Why a package works without its libraries, where that was read in it; empty where nothing is known of it."""
        for row in self.catalog.facts("kernels_optional"):
            if row["package"] == package and Version(row["first"]) <= version <= Version(row["last"]):
                return str(row["why"])
        return ""

    @cached_property
    def _family(self) -> list[dict[str, Any]]:
        return self.catalog.facts("family")

    def family_torch(self, package: str, version: str) -> str:
        """The torch release that a torchvision or torchaudio release was built with: the oldest that it is paired with.

        Empty where no fact pairs it.
        """
        paired = [row["torch"] for row in self._family if row.get(package) == version]
        return min(paired, key=Version, default="")

    def family_evidence(self, package: str, version: str) -> str:
        """What says with which torch a torchvision or torchaudio release was built."""
        torch = self.family_torch(package, version)
        return next((str(row.get("evidence", "")) for row in self._family if row["torch"] == torch), "")

    def kernel(self, package: str, version: Version) -> KernelFact | None:
        """What is known of the CUDA that PyPI's wheel of a kernel release was built with; None where nothing is."""
        for table in ("kernels", "kernels_read"):
            for row in self.catalog.facts(table):
                if row["package"] == package and Version(row["first"]) <= version <= Version(row["last"]):
                    return KernelFact(
                        package=package,
                        cuda_major=int(row["cuda_major"]),
                        toolkit=str(row.get("toolkit") or ""),
                        evidence=str(row.get("evidence", "")),
                        checked=str(row.get("checked", "")),
                    )
        return None

    @cached_property
    def _index_builds(self) -> dict[str, list[Mapping[str, Any]]]:
        found: dict[str, list[Mapping[str, Any]]] = {}
        for row in self.catalog.facts("index_builds"):
            found.setdefault(row["package"], []).append(row)
        return found

    def index_builds(self, package: str, version: str, machine: str) -> tuple[IndexBuild, ...]:
        """The builds of one release for ``machine`` that vendors' indexes are known to carry, in the order of the table."""
        rows = [row for row in self._index_builds.get(package, ()) if version in row.get(_VERSIONS[machine], ())]
        found: dict[tuple[str, str, str], IndexBuild] = {}
        for build in map(_index_build, rows):
            if self._stands(build.page, f"{version}{build.label}"):
                found.setdefault((build.tag, build.label, build.page), build)
        return tuple(found.values())

    def index_versions(self, package: str) -> tuple[str, ...]:
        """Every version of a package that some vendor's index is known to carry, in the order of the table."""
        rows = self._index_builds.get(package, ())
        return tuple(dict.fromkeys(version for row in rows for version in row["versions"]))

    @property
    def index_rows(self) -> list[dict[str, Any]]:
        """The indexes that are known, as their table has them: ``template`` is a page's address with ``{tag}`` in it."""
        return self.catalog.facts("indexes")

    def unlisted_place(self, package: str, tag: CudaTag) -> str:
        """Where a build for a tag may lie that nobody can look up: an index for each release, with ``VERSION`` in its address.

        Empty where none is known.

        Whether such an index has a release is known only of those that somebody has seen (``index_builds``).
        """
        template = self._places.get(package, {}).get(tag, "")
        return template.replace("{version}", "VERSION").replace("{tag}", tag)

    @cached_property
    def _places(self) -> dict[str, dict[str, str]]:
        """The addresses with nothing but a version and a tag to fill in, by package and tag."""
        found: dict[str, dict[str, str]] = {}
        for row in self.index_rows:
            template = str(row.get("url_template", ""))
            if set(re.findall(r"\{[^}]*\}|\s", template)) == {"{version}", "{tag}"}:
                for package in row.get("projects") or ():
                    tags = re.findall(r"cu\d+|cpu", row.get("tags", ""))
                    found.setdefault(package, {}).update(dict.fromkeys(tags, template))
        return found

    @cached_property
    def drivers(self) -> tuple[Driver, ...]:
        """All driver facts, oldest toolkit first."""
        rows = [
            Driver(
                cuda=str(row["cuda"]),
                floor=str(row["min_driver"]),
                toolkit_driver=str(row.get("toolkit_driver") or ""),
                source=str(row.get("source", "")),
            )
            for row in self.catalog.facts("drivers")
        ]
        return tuple(sorted(rows, key=lambda row: Version(row.cuda)))

    def toolkit_of_driver(self, driver: str) -> str:
        """The newest toolkit that is known to have come with a driver or an older one (``major.minor``); empty for none."""
        served = [row.cuda for row in self.drivers if row.toolkit_driver and meets(driver, row.toolkit_driver)]
        return max(served, key=Version, default="")

    def least_driver(self, tag: CudaTag) -> str:
        """The least driver that runs a tag: the floor of its CUDA major; empty for ``cpu`` or where no fact says it."""
        major = cuda_major(tag)
        floors = [row.floor for row in self.drivers if row.cuda.partition(".")[0] == str(major)]
        return min(floors, key=Version, default="")

    @cached_property
    def look_alikes(self) -> tuple[LookAlike, ...]:
        """Every distribution that is known to write into a member's import package."""
        return tuple(
            LookAlike(
                distribution=str(row["distribution"]),
                member=str(row["member"]),
                import_package=str(row.get("import_package", "")),
                evidence=str(row.get("evidence", "")),
            )
            for row in self.catalog.facts("look_alikes")
            if row.get("distribution") and row.get("member")
        )

    @cached_property
    def cuda_members(self) -> dict[str, CudaMember]:
        """The distributions whose major is CUDA's own, by name."""
        return {
            row["name"]: CudaMember(
                name=row["name"],
                major=None if row["major"] == "version" else int(row["major"]),
                runtime=bool(row.get("runtime")),
            )
            for row in self.catalog.facts("cuda_members")
        }

    def tag_of_runtime(self, name: str, version: str) -> CudaTag | None:
        """The CUDA tag that an exact pin on a CUDA runtime package names; None for any other package."""
        member = self.cuda_members.get(name)
        return tag_of_toolkit(version) if member is not None and member.runtime else None

    @staticmethod
    def is_cuda(tag: CudaTag) -> bool:
        """Whether a tag stands for a CUDA toolkit (else for a CPU build)."""
        return tag != CPU
