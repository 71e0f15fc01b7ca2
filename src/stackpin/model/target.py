"""The target of a tuple: Python version, platform (architecture and glibc), CUDA tag, and GPU where told."""

from __future__ import annotations

from stackpin.errors import NotCovered, UnknownName
from stackpin.model.value import Value

__all__ = [
    "DEFAULT_PLATFORM",
    "MANYLINUX_ALIASES",
    "Platform",
    "glibc_of_platform_tag",
    "marker_environment",
    "parse_platform",
]

#: The first manylinux tags were years; PEP 600 gives each its glibc.
MANYLINUX_ALIASES = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}

_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}
_ELSEWHERE = ("win", "macos", "darwin", "musl", "android", "ios", "freebsd")


class Platform(Value):
    """A Linux platform; ``glibc`` is the newest glibc that a wheel may ask for, None where any will do."""

    machine: str
    glibc: tuple[int, int] | None = None

    def __str__(self) -> str:
        if self.glibc is None:
            return f"linux-{self.machine}"
        return f"manylinux_{self.glibc[0]}_{self.glibc[1]}_{self.machine}"


DEFAULT_PLATFORM = Platform(machine="x86_64")


def parse_platform(text: str) -> Platform:
    """The platform that ``--platform`` names: ``linux-x86_64`` for any glibc, or a manylinux tag (PEP 600).

    :raises NotCovered: for a system that has no CUDA builds that stackpin knows (Windows, macOS, musl).
    :raises UnknownName: for text that is neither.
    """
    machine, glibc = _manylinux(text) or (text[6:] if text.startswith(("linux-", "linux_")) else text, None)
    if machine in _MACHINES:
        return Platform(machine=_MACHINES[machine], glibc=glibc)
    shapes = "linux-x86_64, linux-aarch64 or a tag such as manylinux_2_28_x86_64"
    if text.lower().startswith(_ELSEWHERE):
        raise NotCovered(
            f"{text!r} is not covered: the stacks' kernels are built for Linux with glibc", expected=shapes
        )
    raise UnknownName(f"there is no platform {text!r}", expected=shapes, hint="--platform linux-x86_64")


def glibc_of_platform_tag(tag: str, machine: str) -> tuple[int, int] | None:
    """The glibc that a wheel's platform tag asks for on ``machine``; (0, 0) for ``any``; None where it does not fit.

    ``linux_x86_64`` promises nothing about glibc and counts as (0, 0). Source: PEP 425, PEP 600.
    """
    if tag in {"any", f"linux_{machine}"}:
        return (0, 0)
    found = _manylinux(tag)
    return found[1] if found is not None and found[0] == machine else None


def _manylinux(tag: str) -> tuple[str, tuple[int, int]] | None:
    """The machine and the glibc of a manylinux tag, one of a year or a perennial one; None for any other tag."""
    name, _, rest = tag.partition("_")
    if name in MANYLINUX_ALIASES:
        return rest, MANYLINUX_ALIASES[name]
    major, _, rest = rest.partition("_")
    minor, _, machine = rest.partition("_")
    if name == "manylinux" and major.isdecimal() and minor.isdecimal():
        return machine, (int(major), int(minor))
    return None


def marker_environment(python: str, machine: str) -> dict[str, str]:
    """The PEP 508 environment of CPython ``python`` on Linux; ``extra`` is empty and may be replaced.

    :param python: a minor version (``3.11``, which stands for its first release), or a release (``3.11.7``).
    """
    minor = ".".join(python.split(".")[:2])
    release = python if python != minor else f"{minor}.0"
    return {
        "implementation_name": "cpython",
        "implementation_version": release,
        "os_name": "posix",
        "platform_machine": machine,
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "platform_python_implementation": "CPython",
        "python_full_version": release,
        "python_version": minor,
        "sys_platform": "linux",
        "extra": "",
    }
