"""Lock files that real uvs make of the small projects in ``tests/data/uv_lock``, on an index of a dozen hollow wheels.

``python -m tests.support.uv_locks FOLDER`` makes them anew, FOLDER being that of released uvs (``nox -s real`` lays it
out). The index's address becomes ``https://index.example`` in the files.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.hollow import HollowFile, HollowIndex
from tests.support.wheels import metadata_text, wheel_name

__all__ = [
    "CASES",
    "DATA",
    "PYLOCKS",
    "UVS",
    "kept_lock",
    "lay_out",
    "make_lock",
    "make_pylock",
    "mini_index",
    "run_uv",
]

DATA = Path(__file__).resolve().parents[1] / "data" / "uv_lock"
UVS = ("0.5.0", "0.5.31", "0.9.11", "0.13.9")
#: Each project, and the oldest uv that understands it.
CASES = {
    "plain": "0.5.0",
    "forks": "0.5.0",
    "indexes": "0.5.0",
    "workspace": "0.5.31",
    "conflict": "0.5.31",
    "script": "0.5.31",
}
#: Those of which a pylock.toml is kept too, as the newest uv exports it.
PYLOCKS = ("forks", "indexes")
ADDRESS = "https://index.example"


def _file(name: str, version: str, *requires: str) -> HollowFile:
    return HollowFile(wheel_name(name, version), metadata_text(name, version, requires=requires))


def mini_index(index: HollowIndex) -> str:
    """Put the dozen wheels on an index; returns the Simple root that stands for PyPI."""
    linux = "sys_platform == 'linux' and platform_machine == 'x86_64'"
    index.publish("whl/cu126", _file("torch", "2.6.0+cu126", f"triton==3.2.0; {linux}"))
    index.publish("whl/cu118", _file("torchvision", "0.21.0"))
    return index.publish(
        "simple",
        _file("torch", "2.6.0", f"triton==3.2.0; {linux}"),
        _file("torch", "2.5.1", f"triton==3.1.0; {linux}"),
        _file("triton", "3.1.0"),
        _file("triton", "3.2.0"),
        _file("triton-windows", "3.2.0.post18"),
        _file("pytorch-triton", "3.2.0"),
        _file("torchvision", "0.21.0", "torch==2.6.0"),
        _file("torchaudio", "2.5.1"),
        _file("torchaudio", "2.6.0"),
        _file("numpy", "1.26.4"),
        _file("numpy", "2.1.0"),
    )


def kept_lock(case: str, uv: str) -> bytes:
    """A lock as it is kept."""
    return (DATA / case / f"uv-{uv}.lock").read_bytes()


def lay_out(case: str, folder: Path, address: str) -> None:
    """A project's files, without its locks, with the index at this address."""
    for path in sorted((DATA / case).rglob("*")):
        if path.suffix in {".toml", ".py"}:
            target = folder / path.relative_to(DATA / case)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(path.read_text().replace("@ROOT@", address))


def run_uv(uv: str, folder: Path, root: str, *arguments: str) -> str:
    """Run a uv in a project's folder with this Simple root for PyPI; returns what it says on stderr."""
    kept = {name: value for name, value in os.environ.items() if name != "UV_NO_CONFIG"}
    done = subprocess.run(
        [uv, *arguments, "--python", sys.executable],
        cwd=folder,
        env={**kept, "UV_INDEX_URL": root, "UV_PYTHON_DOWNLOADS": "never"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def make_lock(uv: str, case: str, folder: Path, index: HollowIndex, root: str) -> str:
    """The lock that a uv makes of a case, with the index's address made plain."""
    lay_out(case, folder, index.root)
    script = ["--script", "app.py"] if case == "script" else []
    run_uv(uv, folder, root, "lock", *script)
    return (folder / ("app.py.lock" if script else "uv.lock")).read_text().replace(index.root, ADDRESS)


def make_pylock(uv: str, case: str, folder: Path, index: HollowIndex, root: str) -> str:
    """The pylock.toml (PEP 751) that a uv makes of a case, the index's address made plain and digests made zeros.

    What a wheel's digest is depends on the zlib of the Python that makes it.
    """
    lay_out(case, folder, index.root)
    options = ("--format", "pylock.toml", "--all-extras", "--all-groups", "--no-header", "--output-file", "pylock.toml")
    run_uv(uv, folder, root, "export", *options)
    text = (folder / "pylock.toml").read_text().replace(index.root, ADDRESS)
    return re.sub(r"\b[0-9a-f]{64}\b", "0" * 64, text)


def _main(tools: Path) -> None:
    with HollowIndex() as index:
        root = mini_index(index)
        for case in PYLOCKS:
            with TemporaryDirectory() as folder:
                text = make_pylock(str(tools / f"uv-{UVS[-1]}" / "bin" / "uv"), case, Path(folder), index, root)
            (DATA / case / "pylock").write_text(text)
        for version in UVS:
            for case, since in CASES.items():
                if UVS.index(since) <= UVS.index(version):
                    with TemporaryDirectory() as folder:
                        text = make_lock(str(tools / f"uv-{version}" / "bin" / "uv"), case, Path(folder), index, root)
                    (DATA / case / f"uv-{version}.lock").write_text(text)


if __name__ == "__main__":
    _main(Path(sys.argv[1]).resolve())
