"""Which wheels of a release fit a Python and a platform, and what glibc they ask for (PEP 425, PEP 600)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from packaging import tags

from stackpin.model.target import Platform, glibc_of_platform_tag
from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stackpin.model.release import Release, ReleaseFile

__all__ = ["Fit", "fit", "fit_of_name", "fitting_files", "pythons_of"]

_PLACE = "place"


class Fit(Value):
    """How a release meets a target.

    ``wheel`` is whether some wheel fits; ``glibc`` is the least glibc that one of the fitting wheels needs. Where none fits,
    ``python_fits`` and ``needs_glibc`` say what stood in the way: wheels for the Python exist, but for this glibc.
    """

    wheel: bool
    glibc: tuple[int, int] = (0, 0)
    python_fits: bool = False
    needs_glibc: tuple[int, int] | None = None
    source_only: bool = False


@cache
def _interpreters(python: str) -> frozenset[tuple[str, str]]:
    """The (interpreter, ABI) pairs that CPython ``python`` with the GIL accepts, platform left out."""
    major, minor = (int(part) for part in python.split(".")[:2])
    version = (major, minor)
    abi = f"cp{major}{minor}"
    found = {(tag.interpreter, tag.abi) for tag in tags.cpython_tags(version, abis=[abi], platforms=[_PLACE])}
    found |= {(tag.interpreter, tag.abi) for tag in tags.compatible_tags(version, f"cp{major}{minor}", [_PLACE])}
    return frozenset(found)


@cache
def _split(compressed: str) -> tuple[frozenset[tuple[str, str]], tuple[str, ...]]:
    """The (interpreter, ABI) pairs and the platform tags of a wheel's compressed tag set."""
    interpreters, abis, platforms = compressed.split("-")
    pairs = frozenset((one, abi) for one in interpreters.split(".") for abi in abis.split("."))
    return pairs, tuple(platforms.split("."))


@cache
def _glibc(compressed: str, machine: str) -> tuple[int, int] | None:
    """The least glibc that a wheel's tags ask for on ``machine``; None where it is for another machine or system."""
    found = [glibc for tag in _split(compressed)[1] if (glibc := glibc_of_platform_tag(tag, machine)) is not None]
    return min(found, default=None)


def fit(release: Release, python: str, platform: Platform) -> Fit:
    """How the wheels of a release meet CPython ``python`` on ``platform``."""
    wheels = release.wheel_tags
    if not wheels:
        return Fit(wheel=False, source_only=True)
    accepted = _interpreters(python)
    here = [tag for tag in wheels if _split(tag)[0] & accepted]
    needs = [glibc for tag in here if (glibc := _glibc(tag, platform.machine)) is not None]
    least = min(needs, default=None)
    if least is None:
        return Fit(wheel=False, python_fits=bool(here))
    if platform.glibc is not None and least > platform.glibc:
        return Fit(wheel=False, python_fits=True, needs_glibc=least)
    return Fit(wheel=True, glibc=least, python_fits=True)


def fitting_files(release: Release, pythons: Iterable[str], platform: Platform) -> tuple[ReleaseFile, ...]:
    """The wheels of a release for any of the Pythons (CPython minors) on a platform; its sources where it has no wheel."""
    wheels = [file for file in release.files if file.is_wheel]
    accepted = frozenset[tuple[str, str]]().union(*map(_interpreters, pythons))
    found = []
    for file in wheels:
        compressed = _compressed(file.name)
        least = _glibc(compressed, platform.machine)
        if _split(compressed)[0] & accepted and least is not None and least <= (platform.glibc or least):
            found.append(file)
    return tuple(found) if wheels else release.files


def fit_of_name(wheel: str, machine: str) -> tuple[int, int]:
    """The least glibc that a wheel asks for, by its name.

    :raises ValueError: for a wheel of another machine or system.
    """
    found = _glibc(_compressed(wheel), machine)
    if found is None:
        raise ValueError(wheel)
    return found


def _compressed(wheel: str) -> str:
    return "-".join(wheel[: -len(".whl")].rsplit("-", 3)[-3:])


def pythons_of(release: Release, platform: Platform) -> tuple[str, ...]:
    """The CPython minors that a release's version-specific wheels for a machine name, oldest first."""
    found = frozenset[int]().union(*(_minors(tag, platform.machine) for tag in release.wheel_tags))
    return tuple(f"3.{minor}" for minor in sorted(found))


@cache
def _minors(compressed: str, machine: str) -> frozenset[int]:
    """The CPython minors that a wheel's tags name together with their own ABI; none where it is for another machine."""
    if _glibc(compressed, machine) is None:
        return frozenset()
    pairs = _split(compressed)[0]
    return frozenset(int(one[3:]) for one, abi in pairs if one.startswith("cp3") and abi == one)
