"""The requirements and candidates that the resolver works with: packages, and the target as packages of its own.

Python, platform and CUDA tag are identifiers like any other (``<python>`` …), so that what they refuse is a reason like any
other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import SpecifierSet

from stackpin.model.explanation import CUDA, PLATFORM, PYTHON
from stackpin.model.value import Value
from stackpin.resolve.symbols import SymbolRule

if TYPE_CHECKING:
    from collections.abc import Callable

    from stackpin.model.build import Build
    from stackpin.model.cuda import CudaTag
    from stackpin.model.explanation import Reason
    from stackpin.model.release import Release
    from stackpin.resolve.symbols import SymbolNeed

__all__ = ["CUDA", "PLATFORM", "PYTHON", "Candidate", "Need", "TargetCandidate", "TargetNeed", "is_capped", "is_exact"]

_ANY = SpecifierSet()


def is_exact(specifier: SpecifierSet) -> bool:
    """Whether a specifier admits one version only."""
    return any(
        item.operator == "===" or (item.operator == "==" and not item.version.endswith(".*")) for item in specifier
    )


def is_capped(specifier: SpecifierSet) -> bool:
    """Whether a specifier has an upper bound."""
    return any(item.operator in {"<", "<=", "==", "===", "~="} for item in specifier)


class Need(Value, eq=False):
    """A requirement on a package. ``key`` is the name, with one extra in brackets where that is meant.

    ``as_of`` is when the anchor that asks was uploaded (ISO 8601); ``line`` is the METADATA line, empty for a stack's own;
    ``reason`` stands for it where a fact other than metadata states the need; ``symbols`` where binaries do.
    """

    key: str
    name: str
    specifier: SpecifierSet = _ANY
    line: str = ""
    parent: Release | None = None
    as_of: str = ""
    reason: Reason | None = None
    symbols: SymbolNeed | None = None

    def admits(self, release: Release) -> bool:
        """Whether a release meets the need; pre-releases too, for which of them count is settled elsewhere."""
        if self.symbols is not None:
            return self.symbols.admits(release)
        return self.specifier.contains(release.version, prereleases=True)

    @property
    def exact(self) -> bool:
        """Whether the specifier admits one version only."""
        return is_exact(self.specifier)

    @property
    def capped(self) -> bool:
        """Whether the specifier has an upper bound."""
        return is_capped(self.specifier)


class TargetNeed(Value, eq=False):
    """A requirement on the target; ``accepts`` judges the target's value, ``reason`` says why it does not."""

    key: str
    accepts: Callable[[str], bool]
    reason: Reason
    parent: Release | None = None


class Candidate(Value, eq=False):
    """One build of one release, or one extra of a release; without a build it carries the reason why it cannot serve.

    ``rule`` is what is asked of its symbols beside a torch.
    """

    key: str
    release: Release
    build: Build | None = None
    extra: str = ""
    reason: Reason | None = None
    rule: SymbolRule = SymbolRule.NO_MISFIT

    @property
    def name(self) -> str:
        """The normalized name of the distribution."""
        return self.release.name

    @property
    def tag(self) -> CudaTag | None:
        """The CUDA tag that the build is tied to."""
        return self.build.tag if self.build else None


class TargetCandidate(NamedTuple):
    """A value of the target: the Python, the platform, or a CUDA tag."""

    key: str
    value: str
