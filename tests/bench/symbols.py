"""What reading symbols costs: bytes of remote wheels, a verdict over the network, of an environment, of the catalog."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from typing import TYPE_CHECKING

from packaging.version import Version
from tests.bench.measure import run_once
from tests.bench.wrapped import Installed, Measured
from tests.support.tools import newest_uv

from stackpin.app.compile import Job, Workshop
from stackpin.app.index_session import open_index
from stackpin.index.pages import fetch_page
from stackpin.index.remote_wheel import RemoteWheel
from stackpin.index.wheel_symbols import kernel_symbols

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


__all__ = ["symbol_lines"]

MACHINE = "x86_64"
EVERY = 8
#: As `check` will call it: in one process that has started already, torch's libraries and all kernels of the environment.
ENVIRONMENT = """
import sys, time
from pathlib import Path
from stackpin.app.abi_read import judge_read, read_installed_kernels, read_named
from stackpin.effects.environments import read_environment
for _ in range(2):
    start = time.perf_counter()
    environment = read_environment(Path(sys.argv[1]))
    torch = read_named("torch", environment, "x86_64")
    found = [judge_read(read.kernel, torch) for read in read_installed_kernels(environment, "x86_64")]
    seconds = time.perf_counter() - start
assert [judgement.verdict.value for judgement in found] == ["NOT REFUTED"] * int(sys.argv[2]), found
print(seconds)
"""
CATALOG = """
import sys, time
from stackpin.app.abi import abi
from stackpin.app.compile import Workshop
workshop = Workshop()
for _ in range(2):  # the first call reads the tables
    start = time.perf_counter()
    (answer,) = abi(sys.argv[1:], workshop, machine="x86_64")
    seconds = time.perf_counter() - start
print(seconds)
"""


def symbol_lines(bench: Installed) -> Iterator[Measured]:
    """All lines about symbols."""
    workshop = Workshop()
    yield from _remote(bench, workshop)
    yield from _environment(bench, workshop)
    kernel = workshop.facts.abi.kernels("sgl-kernel", MACHINE)[-1].read
    torch = workshop.facts.abi.torches(MACHINE)[-1].read
    words = (f"{kernel.name}=={kernel.version}", f"torch=={torch.version}")
    seconds = statistics.median(_said(bench, CATALOG, *words) for _ in range(bench.runs))
    yield Measured(
        "a verdict from the catalog, after start-up, with the releases that would fit",
        f"{seconds * 1000:.1f} ms",
        "≤ 5 ms",
    )


def _remote(bench: Installed, workshop: Workshop) -> Iterator[Measured]:
    """A sample of all kernel wheels, on the real index and read in parts; then one verdict as a person types it."""
    shares: dict[str, float] = {}
    largest: list[tuple[int, int, str]] = []
    with open_index(None, None) as session:
        for kernel in workshop.facts.abi.kernels("", MACHINE)[::EVERY]:
            page = fetch_page(session.http, session.base, kernel.read.name).page
            (file,) = [file for file in (page.files if page else ()) if file.name == kernel.read.file]
            wheel = RemoteWheel.open(session.http, file)
            found = kernel_symbols(wheel, kernel.read)
            assert found is not None
            assert found.needs == kernel.needs, "the catalog has what is read now"
            shares[file.name.partition("-cp")[0]] = wheel.bytes_read / wheel.size
            largest.append((wheel.size, wheel.bytes_read, file.url))
    median, worst = statistics.median(shares.values()), max(shares, key=lambda name: shares[name])
    what = f"bytes read of a kernel's wheel, median of {len(shares)} (every {EVERY}th of the catalog)"
    yield Measured(what, f"{median:.1%} of its size; most: {worst}, {shares[worst]:.0%}", "≤ 3 %")
    torch = workshop.facts.abi.torches(MACHINE)[-1].read.version
    size, read, url = max(largest)
    start = time.perf_counter()
    argv = [bench.stackpin, "abi", url, f"torch=={torch}"]
    subprocess.run(argv, env=dict(bench.env), stdout=subprocess.DEVNULL, check=False)
    value = f"{read / 1e6:.1f} MB, {time.perf_counter() - start:.1f} s"
    yield Measured(f"`stackpin abi URL torch=={torch}` on a wheel of {size / 1e6:.0f} MB", value)


def _environment(bench: Installed, workshop: Workshop) -> Iterator[Measured]:
    """Torch and what is built with it, really installed, against ``ldd -r`` on the same shared objects."""
    locked = workshop.solver.solve(workshop.request(Job(requirements=("torch",), python=_python(bench))))
    family = [f"{pin.name}=={pin.version}" for pin in locked.pins if pin.symbols or pin.name == "torch"]
    place = bench.folder / "kernels"
    uv = newest_uv()
    for argv in (
        [uv, "venv", "--quiet", "--python", bench.python, str(place)],
        [uv, "pip", "install", "--quiet", "--no-deps", "--python", str(place), *family],
    ):
        subprocess.run(argv, env=dict(bench.env), check=True)
    (packages,) = place.glob("lib/python*/site-packages")
    own, theirs = [], []
    for _ in range(bench.runs):
        own.append(_said(bench, ENVIRONMENT, str(place), str(len(family) - 1)))
        theirs.append(_ldd(packages))
    ratio = statistics.median(theirs) / statistics.median(own)
    yield Measured(f"verdicts for an environment of {' '.join(family)}", f"{statistics.median(own) * 1000:.0f} ms")
    yield Measured("… `ldd -r` on the same files, as a multiple of that", f"{ratio:.1f}", "≥ 10")


def _ldd(packages: Path) -> float:
    """Seconds of one ``ldd -r`` over the shared objects of everything but torch itself."""
    objects = [
        str(path) for path in sorted(packages.rglob("*.so")) if "torch/" not in f"{path.relative_to(packages)}/"[:6]
    ]
    env = {**os.environ, "LD_LIBRARY_PATH": str(packages / "torch" / "lib")}
    start = time.perf_counter()
    subprocess.run(["ldd", "-r", *objects], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def _said(bench: Installed, program: str, *words: str) -> float:
    """What a program prints, run by the installed package's Python."""
    return float(run_once(bench.command(bench.python, "-c", program, *words))[2])


def _python(bench: Installed) -> str:
    return str(Version(run_once(bench.command(bench.python, "-V"))[2].split()[1]).base_version)
