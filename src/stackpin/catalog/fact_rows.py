"""The facts as values, one class a table; each says where it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.value import Value

if TYPE_CHECKING:
    from stackpin.model.cuda import CudaTag

__all__ = ["CudaMember", "Driver", "GpuLimit", "IndexBuild", "KernelFact", "LookAlike", "ReadPage", "TorchBuild"]


def _evidence(source: str, seen: str, *, read: bool) -> str:
    return f"{source}, read {seen}" if read else source


class TorchBuild(Value):
    """One CUDA build of one torch release; ``root`` is the index of its tag, empty where only PyPI has the build.

    ``read`` tells that the index's own page said so and the wheel's METADATA was read, ``seen`` when.
    """

    torch: str
    tag: CudaTag
    pypi: bool
    arches: tuple[str, ...]
    root: str
    cxx11_abi: int | None
    source: str
    checked: str
    seen: str = ""
    read: bool = False

    @property
    def evidence(self) -> str:
        """The source, with the day where it is the index's own page."""
        return _evidence(self.source, self.seen, read=self.read)


class KernelFact(Value):
    """Which CUDA major the wheels of a range of releases load, and the toolkit's ``major.minor`` where it is known."""

    package: str
    cuda_major: int
    toolkit: str
    evidence: str
    checked: str


class IndexBuild(Value):
    """A build of a member on a vendor's index; an empty ``label`` is the very version label that PyPI's file has."""

    package: str
    tag: CudaTag
    label: str
    page: str
    torch: str
    source: str
    checked: str
    seen: str = ""
    read: bool = False

    @property
    def local(self) -> str:
        """The local version part without ``+``."""
        return self.label.lstrip("+")

    @property
    def evidence(self) -> str:
        """The source, with the day where it is the index's own page."""
        return _evidence(self.source, self.seen, read=self.read)


class ReadPage(Value):
    """A project's page on a vendor's index that was read completely; ``listed`` has its versions, labels included."""

    package: str
    page: str
    tags: tuple[str, ...]
    listed: frozenset[str]
    seen: str

    @property
    def evidence(self) -> str:
        """The page and the day."""
        return _evidence(self.page, self.seen, read=True)


class Driver(Value):
    """The least driver that runs a CUDA major, and the one that came with a toolkit."""

    cuda: str
    floor: str
    toolkit_driver: str
    source: str


class LookAlike(Value):
    """A distribution that writes into the import package of ``member``."""

    distribution: str
    member: str
    import_package: str
    evidence: str


class CudaMember(Value):
    """A distribution whose major is CUDA's; ``major`` is None where its own version says it."""

    name: str
    major: int | None
    runtime: bool


class GpuLimit(Value):
    """GPUs that a CUDA major no longer serves: those below ``least``, a compute capability."""

    major: int
    least: tuple[int, ...]
    evidence: str
    source: str

    @property
    def name(self) -> str:
        """The least one as compilers write its number (``75``)."""
        return "".join(map(str, self.least))
