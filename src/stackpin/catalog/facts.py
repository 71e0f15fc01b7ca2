"""Questions to the fact tables: which builds exist, what kernels were built with, which driver a tag needs."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.version import Version

from stackpin.model.cuda import CPU, CudaTag, cuda_major, cuda_order, tag_of_toolkit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.catalog.loader import Catalog

__all__ = ["CudaMember", "Driver", "Facts", "IndexBuild", "KernelFact", "LookAlike", "TorchBuild"]


class TorchBuild(NamedTuple):
    """One CUDA build of one torch release; ``root`` is the index of its tag."""

    torch: str
    tag: CudaTag
    pypi: bool
    arches: tuple[str, ...]
    root: str
    cxx11_abi: int | None
    source: str
    checked: str


class KernelFact(NamedTuple):
    """Which CUDA major the wheels of a range of releases load, and the toolkit's ``major.minor`` where it is known."""

    package: str
    cuda_major: int
    toolkit: str
    evidence: str
    checked: str


class IndexBuild(NamedTuple):
    """A build of a member on a vendor's index; an empty ``label`` is the very version label that PyPI's file has."""

    package: str
    tag: CudaTag
    label: str
    page: str
    torch: str
    source: str
    checked: str

    @property
    def local(self) -> str:
        """The local version part without ``+``."""
        return self.label.lstrip("+")


class Driver(NamedTuple):
    """The least driver that runs a CUDA major, and the one that came with a toolkit."""

    cuda: str
    floor: str
    toolkit_driver: str
    source: str


class LookAlike(NamedTuple):
    """A distribution that writes into the import package of ``member``."""

    distribution: str
    member: str
    import_package: str
    evidence: str


class CudaMember(NamedTuple):
    """A distribution whose major is CUDA's; ``major`` is None where its own version says it."""

    name: str
    major: int | None
    runtime: bool


#: Which column of an index build's row lists the versions that a machine has wheels of.
_VERSIONS = {"x86_64": "versions", "aarch64": "versions_aarch64"}


class Facts:
    """The fact tables of one catalog; each table is read when it is first asked for."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @cached_property
    def _torch_builds(self) -> dict[str, list[Mapping[str, Any]]]:
        found: dict[str, list[Mapping[str, Any]]] = {}
        for row in self._catalog.facts("torch_builds"):
            found.setdefault(row["torch"], []).append(row)
        return found

    @cached_property
    def tags(self) -> frozenset[CudaTag]:
        """Every CUDA tag that some torch release is known to be built for."""
        rows = self._torch_builds.values()
        return frozenset(CudaTag(row["tag"]) for builds in rows for row in builds)

    def torch_builds(self, version: str) -> tuple[TorchBuild, ...]:
        """The builds of a torch release, oldest toolkit first, ``cpu`` before all; none where no fact names it."""
        builds = {
            row["tag"]: TorchBuild(
                torch=version,
                tag=CudaTag(row["tag"]),
                pypi=bool(row.get("pypi")),
                arches=tuple(row.get("arches") or ()),
                root=row.get("index", ""),
                cxx11_abi=row.get("cxx11_abi"),
                source=row.get("source", ""),
                checked=str(row.get("checked", "")),
            )
            for row in reversed(self._torch_builds.get(version, []))
        }
        return tuple(builds[tag] for tag in sorted(builds, key=lambda tag: cuda_order(CudaTag(tag))))

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

    @cached_property
    def _family(self) -> list[dict[str, Any]]:
        return self._catalog.facts("family")

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
            for row in self._catalog.facts(table):
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
        for row in self._catalog.facts("index_builds"):
            found.setdefault(row["package"], []).append(row)
        return found

    def index_builds(self, package: str, version: str, machine: str) -> tuple[IndexBuild, ...]:
        """The builds of one release for ``machine`` that vendors' indexes are known to carry, in the order of the table."""
        return tuple(
            IndexBuild(
                package=package,
                tag=CudaTag(row["tag"]),
                label=str(row.get("label") or ""),
                page=str(row.get("find_links") or ""),
                torch=str(row.get("torch") or ""),
                source=str(row.get("source", "")),
                checked=str(row.get("checked", "")),
            )
            for row in self._index_builds.get(package, ())
            if version in row.get(_VERSIONS[machine], ())
        )

    def index_versions(self, package: str) -> tuple[str, ...]:
        """Every version of a package that some vendor's index is known to carry."""
        rows = self._index_builds.get(package, ())
        return tuple(sorted({version for row in rows for version in row["versions"]}, key=Version, reverse=True))

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
            for row in self._catalog.facts("drivers")
        ]
        return tuple(sorted(rows, key=lambda row: Version(row.cuda)))

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
            for row in self._catalog.facts("look_alikes")
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
            for row in self._catalog.facts("cuda_members")
        }

    def tag_of_runtime(self, name: str, version: str) -> CudaTag | None:
        """The CUDA tag that an exact pin on a CUDA runtime package names; None for any other package."""
        member = self.cuda_members.get(name)
        return tag_of_toolkit(version) if member is not None and member.runtime else None

    @staticmethod
    def is_cuda(tag: CudaTag) -> bool:
        """Whether a tag stands for a CUDA toolkit (else for a CPU build)."""
        return tag != CPU
