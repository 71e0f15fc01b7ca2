"""Why there is no answer, as data: reasons in a chain, and the nearest answers that do exist."""

from __future__ import annotations

from enum import Enum

from stackpin.model.value import Value

__all__ = ["CUDA", "GPU", "PLATFORM", "PYTHON", "Claim", "Explanation", "Nearest", "Reason", "ReasonKind", "Refusal"]

#: What a claim may be about beside packages: the parts of the target.
PYTHON, PLATFORM, CUDA, GPU = "<python>", "<platform>", "<cuda>", "<gpu>"


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


class Claim(Value):
    """What a reason says, for a program: whichever of ``versions`` of ``package`` is taken, of ``on`` only this much is left.

    ``on`` is a package, of which ``specifier`` says what is left (PEP 440), or a part of the target, of which ``values`` are
    all that is left: none, where the release can be taken nowhere. ``versions`` is empty for all that the specifier
    admits: then the claim is that no release of ``package`` that meets it can be taken. ``package`` is empty for what was
    asked for. ``pythons`` are those on which the claim holds; empty for all.
    """

    package: str
    versions: tuple[str, ...] = ()
    on: str
    specifier: str = ""
    values: tuple[str, ...] = ()
    pythons: tuple[str, ...] = ()


class Reason(Value):
    """One fact that takes part in ruling the request out; ``evidence`` is the line or source it stands on.

    ``claims`` say the same for programs; several, where the reason is told of several releases at once. ``leaves_open`` is
    whether an index that cannot be looked up may have after all what is said not to be there.
    """

    kind: ReasonKind
    text: str
    evidence: str = ""
    subject: str = ""
    claims: tuple[Claim, ...] = ()
    leaves_open: bool = False


class Refusal(Value):
    """Consecutive anchor releases that the same chain of reasons rules out; ``releases`` newest first."""

    anchor: str
    releases: tuple[str, ...]
    reasons: tuple[Reason, ...]


class Nearest(Value):
    """An answer that exists near a request that has none: what it is, and the command that makes it.

    ``short`` is what to take instead, in a word or two (``cu126``, ``sglang 0.4.6``).
    """

    text: str
    command: str
    gives_up: str
    short: str = ""


class Explanation(Value):
    """A whole refusal. ``headline`` tells what cannot be, ``cause`` why, ``cure`` what to take instead, each in a clause.

    ``refusals`` come first cause first. ``driver`` is the NVIDIA driver that was asked for; empty where none was. ``apart``
    are the environments, one a stack, that work where several stacks cannot share one.
    """

    headline: str
    refusals: tuple[Refusal, ...]
    nearest: tuple[Nearest, ...] = ()
    cause: str = ""
    cure: str = ""
    driver: str = ""
    apart: tuple[Nearest, ...] = ()

    @property
    def first_line(self) -> str:
        """What cannot be, why, and what can: the line that many read alone."""
        told = f"{self.headline}: {self.cause}" if self.cause else self.headline
        return f"{told}; {self.cure}" if self.cure else told
