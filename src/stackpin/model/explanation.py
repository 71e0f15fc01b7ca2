"""Why there is no answer, as data: reasons in a chain, and the nearest answers that do exist."""

from __future__ import annotations

from enum import Enum

from stackpin.model.value import Value

__all__ = ["Explanation", "Nearest", "Reason", "ReasonKind", "Refusal"]


class ReasonKind(str, Enum):
    """What kind of fact rules something out."""

    REQUIRES = "requires"
    NO_BUILD = "no-build-for-tag"
    NO_RELEASE = "no-such-release"
    CUDA_MAJOR = "other-cuda-major"
    SAME_LABEL = "same-label"
    CXX_ABI = "cxx-abi"
    SYMBOLS = "symbols"
    PYTHON = "python"
    PLATFORM = "platform"
    YANKED = "yanked"
    PRE_RELEASE = "pre-release"
    UNDECLARED = "undeclared"
    CONFLICT = "conflict"
    DRIVER = "driver"
    GPU = "gpu"
    REQUEST = "request"


class Reason(Value):
    """One fact that takes part in ruling the request out; ``evidence`` is the line or source it stands on."""

    kind: ReasonKind
    text: str
    evidence: str = ""
    subject: str = ""
    detail: tuple[tuple[str, str], ...] = ()


class Refusal(Value):
    """Consecutive anchor releases that the same chain of reasons rules out; ``releases`` newest first."""

    anchor: str
    releases: tuple[str, ...]
    reasons: tuple[Reason, ...]


class Nearest(Value):
    """An answer that exists near a request that has none: what it is, and the command that makes it."""

    text: str
    command: str
    gives_up: str


class Explanation(Value):
    """A whole refusal. ``headline`` alone tells what cannot be; ``refusals`` come first cause first.

    ``apart`` are the environments, one a stack, that work where several stacks cannot share one.
    """

    headline: str
    refusals: tuple[Refusal, ...]
    nearest: tuple[Nearest, ...] = ()
    apart: tuple[Nearest, ...] = ()
