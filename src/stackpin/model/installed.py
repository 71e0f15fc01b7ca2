"""What lies in an environment, read whole: each distribution with what describes it, torch's own word, conda's list."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stackpin.model.cuda import CPU, tag_of_toolkit
from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Collection

    from packaging.utils import NormalizedName

    from stackpin.model.environment import Environment

__all__ = ["BuildOfTorch", "CondaPackage", "Contents", "Described", "Recorded", "TorchFile"]


class Described(NamedTuple):
    """One installed distribution.

    ``packages`` is the folder that it lies in and ``folder`` the name of its ``.dist-info`` or ``.egg-info`` there.
    ``metadata`` is the head of its METADATA, empty where nobody wanted it; ``record`` its RECORD, None where it has none.
    """

    name: NormalizedName
    version: str
    packages: str
    folder: str
    metadata: str = ""
    record: bytes | None = None
    installer: str = ""

    @property
    def path(self) -> str:
        """The folder that describes it."""
        return f"{self.packages}/{self.folder}"

    @property
    def text(self) -> str:
        """Name and version, as a message has them."""
        return f"{self.name} {self.version}"


class Recorded(NamedTuple):
    """A file as a RECORD has it: its sha256 as there (base64, no padding), empty where none is; its size, -1 for none."""

    sha256: str
    size: int


class BuildOfTorch(Value):
    """What torch's own ``version.py`` says: its version with local part, and the toolkit it was built with.

    ``cuda`` is ``major.minor``, empty where it was built without CUDA; ``other`` names another accelerator (``hip``,
    ``xpu``).
    """

    version: str
    cuda: str = ""
    other: str = ""

    @property
    def tag(self) -> str:
        """The CUDA tag of the build: ``cu124``, ``cpu``, or the other accelerator's name."""
        return self.other or (tag_of_toolkit(self.cuda) if self.cuda else CPU)


class TorchFile(NamedTuple):
    """A ``torch/version.py``: the folder of packages that it lies in, and what it says."""

    packages: str
    said: BuildOfTorch


class CondaPackage(NamedTuple):
    """A package of conda's that has files in site-packages; ``name`` is the distribution's, ``conda`` conda's own for it.

    ``described`` are the ``.dist-info`` and ``.egg-info`` folders among its files.
    """

    name: str
    conda: str
    version: str
    file: str
    described: Collection[str]


class Contents(Value):
    """All that an environment holds, first found first. ``machine`` is the architecture that it is for."""

    environment: Environment
    distributions: tuple[Described, ...]
    machine: str
    torch_file: TorchFile | None = None
    conda: tuple[CondaPackage, ...] = ()

    def first(self, name: str) -> Described | None:
        """The distribution that Python finds first under a normalized name."""
        return next((each for each in self.distributions if each.name == name), None)
