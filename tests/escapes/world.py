"""The offline world of the escape suite: PyPI's side, the vendors' CUDA pages, folders of builds, and packages of our own.

PyPI's projects, torch and its kin among them, carry the METADATA of the catalog (see :mod:`tests.support.hollow`). Made up
are only the packages that a route needs beside them:

- ``loose-user`` takes any torch, ``old-user`` wants 2.5.1, ``triton-user`` any triton, ``lookalike-user`` a look-alike;
- ``plain-lib`` and ``plain-tool`` have nothing to do with GPUs, ``gpu-tool`` is a program that needs torch;
- ``native-ext`` is built against the torch that its build is given, ``nested-ext`` runs pip inside its build, ``pure-ext``
  needs nothing.

Programs and builds append what they see to the file that ``ESCAPES_SEEN`` names, as ``name==version`` lines.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version
from tests.support.hollow import HollowFile, HollowIndex, hollow_folder
from tests.support.wheels import metadata_text, wheel_bytes, wheel_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Self

__all__ = ["BACKEND", "SEE", "World", "source_files"]

TORCH_INDEX = "download.pytorch.org/whl"
#: What the CUDA index carries beside its own, so that it can be the only index: old releases, as in reality.
GUESTS = {
    "typing-extensions": "4.12.2",
    "networkx": "3.3",
    "fsspec": "2024.6.1",
    "sympy": "1.13.1",
    "mpmath": "1.3.0",
    "markupsafe": "2.1.5",
}
#: What a program does that tells which distributions it can import: the first of a name on the path counts.
SEE = '''"""A program that tells what it sees."""
import os
from importlib.metadata import distributions


def main():
    found = {}
    for each in distributions():
        found.setdefault(each.metadata["Name"], each.version)
    with open(os.environ["ESCAPES_SEEN"], "a") as file:
        file.writelines(f"{name}=={version}\\n" for name, version in sorted(found.items()))


if __name__ == "__main__":
    main()
'''
#: A build backend that tells which torch it was given, there and in the wheel. ``NAME`` is filled in.
BACKEND = '''"""A build backend of the escape suite."""
import os, subprocess, sys, tarfile, zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

NAME, NESTED = "{name}", {nested}
META = f"Metadata-Version: 2.1\\nName: {{NAME}}\\nVersion: 1.0\\n"
WHEEL = "Wheel-Version: 1.0\\nGenerator: escapes\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"


def seen(folder):
    if NESTED:
        target = Path(folder, "nested")
        python = [os.environ["ESCAPES_PYTHON"], "-I"]  # pip hides the environment's packages by PYTHONPATH
        subprocess.run([*python, "-m", "pip", "install", "-q", "--no-deps", "--target", str(target), "torch"], check=True)
        return next(each.name.split("-")[1][: -len(".dist-info")] for each in target.glob("torch-*.dist-info"))
    try:
        return version("torch")
    except PackageNotFoundError:
        return ""


def build_wheel(folder, config_settings=None, metadata_directory=None):
    stem = NAME.replace("-", "_")
    torch = seen(folder)
    line = f"torch=={{torch}}\\n" if torch else ""
    with open(os.environ["ESCAPES_SEEN"], "a") as file:
        file.write(line)
    name = f"{{stem}}-1.0-py3-none-any.whl"
    texts = {{f"{{stem}}_built_with.txt": line, f"{{stem}}-1.0.dist-info/METADATA": META, f"{{stem}}-1.0.dist-info/WHEEL": WHEEL}}
    with zipfile.ZipFile(Path(folder, name), "w") as wheel:
        for path, text in texts.items():
            wheel.writestr(path, text)
        record = "".join(f"{{path}},,\\n" for path in [*texts, f"{{stem}}-1.0.dist-info/RECORD"])
        wheel.writestr(f"{{stem}}-1.0.dist-info/RECORD", record)
    return name


build_editable = build_wheel


def build_sdist(folder, config_settings=None):
    stem = f"{{NAME.replace('-', '_')}}-1.0"
    Path("PKG-INFO").write_text(META)
    with tarfile.open(Path(folder, f"{{stem}}.tar.gz"), "w:gz") as archive:
        for name in ("PKG-INFO", "pyproject.toml", "backend.py"):
            archive.add(name, f"{{stem}}/{{name}}")
    return f"{{stem}}.tar.gz"
'''
SOURCE_PROJECT = """[build-system]
requires = [{requires}]
build-backend = "backend"
backend-path = ["."]

[project]
name = "{name}"
version = "1.0"
"""


class World:
    """The index and the folders; ``folder`` holds them for as long as the world is open."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="escapes-world-")
        self.folder = Path(self._folder.name)
        self.index = HollowIndex(hashes=True)

    def __enter__(self) -> Self:
        self.index.__enter__()
        self._publish()
        return self

    def __exit__(self, *raised: object) -> None:
        self.index.__exit__(*raised)
        self._folder.cleanup()

    @property
    def pypi(self) -> str:
        """The Simple root of PyPI's side."""
        return self.index.pypi

    @property
    def vendors(self) -> str:
        """What stands for ``https://download.pytorch.org/whl``."""
        return f"{self.index.root}/{TORCH_INDEX}"

    @property
    def cpu_folder(self) -> Path:
        """A folder with CPU builds of the very versions of a tuple."""
        return self.folder / "cpu-builds"

    def file(self, project: str, version: str, python: str) -> tuple[str, HollowFile]:
        """The shelf and the wheel of a release for a Python (``3.11``) on Linux x86_64.

        A labelled version comes from its vendor's page.
        """
        label = Version(version).local
        shelf = f"{TORCH_INDEX}/{label}/{project}" if label else f"pypi/simple/{project}"
        tag = f"cp{python.replace('.', '')}-"
        files = [each for each in self.index.files(shelf) if each.version == version]
        fitting = [each for each in files if "none-any" in each.name or (tag in each.name and "x86_64" in each.name)]
        return shelf, next(each for each in fitting if "win" not in each.name.partition("-")[2])

    def url(self, project: str, version: str, python: str) -> str:
        """The address of that wheel."""
        shelf, file = self.file(project, version, python)
        return f"{self.index.root}/{shelf}/{file.name.replace('+', '%2B')}"

    def digest(self, project: str, version: str, python: str) -> str:
        """The sha256 of that wheel."""
        return sha256(self.file(project, version, python)[1].content()).hexdigest()

    def _publish(self) -> None:
        """Put the packages of our own on PyPI's side, guests on the CUDA pages, and CPU builds into a folder."""
        self.index.publish("pypi/simple", *_own_packages())
        for tag in ("cu126", "cpu"):
            guests = [HollowFile(wheel_name(name, each), metadata_text(name, each)) for name, each in GUESTS.items()]
            shelf = f"{TORCH_INDEX}/{tag}"
            self.index.publish(shelf, *guests, *_tritons())
        builds = [
            each
            for project in ("torch", "torchvision", "torchaudio")
            for each in self.index.files(f"{TORCH_INDEX}/cpu/{project}")
            if each.version in {"2.6.0+cpu", "0.21.0+cpu"}
        ]
        hollow_folder(self.cpu_folder, *builds)


def _tritons() -> list[HollowFile]:
    """The tritons that the CUDA index carries."""
    return [each for each in HollowIndex.shelf("pypi/simple/triton") if each.version in {"3.1.0", "3.2.0", "3.3.1"}]


def _own_packages() -> list[HollowFile]:
    return [
        _wheel("loose-user", "1.0", requires=["torch>=2"]),
        _wheel("old-user", "1.0", requires=["torch==2.5.1"]),
        _wheel("triton-user", "1.0", requires=["triton>=3"]),
        _wheel("lookalike-user", "1.0", requires=["pytorch-triton"]),
        _wheel("pytorch-triton", "3.2.0", members={"triton/__init__.py": b"# not the triton that torch wants\n"}),
        _wheel("plain-lib", "1.0"),
        _wheel("plain-lib", "2.0"),
        _tool("plain-tool", requires=[]),
        _tool("gpu-tool", requires=["torch>=2"]),
        _wheel("pip", "25.0"),
        _wheel("wheel", "0.45.1"),
        _sdist("native-ext", requires=["torch"]),
        _sdist("nested-ext", requires=[], nested=True),
        _sdist("pure-ext", requires=[]),
    ]


def _wheel(
    name: str, version: str, *, requires: Sequence[str] = (), members: Mapping[str, bytes] | None = None
) -> HollowFile:
    metadata = metadata_text(name, version, requires=requires)
    body = wheel_bytes(name, version, metadata, members=members)
    return HollowFile(wheel_name(name, version), metadata, body=body)


def _tool(name: str, *, requires: Sequence[str]) -> HollowFile:
    """A wheel with a program of its own name."""
    module = name.replace("-", "_")
    entry = f"[console_scripts]\n{name} = {module}:main\n".encode()
    members = {f"{module}.py": SEE.encode(), f"{module}-1.0.dist-info/entry_points.txt": entry}
    return _wheel(name, "1.0", requires=requires, members=members)


def source_files(name: str, requires: Sequence[str], *, nested: bool = False) -> dict[str, str]:
    """A source tree that builds with the backend of this suite."""
    wanted = ", ".join(f'"{each}"' for each in requires)
    return {
        "backend.py": BACKEND.format(name=name, nested=nested),
        "pyproject.toml": SOURCE_PROJECT.format(name=name, requires=wanted),
    }


def _sdist(name: str, *, requires: Sequence[str], nested: bool = False) -> HollowFile:
    stem = f"{name.replace('-', '_')}-1.0"
    metadata = metadata_text(name, "1.0")
    texts = {**source_files(name, requires, nested=nested), "PKG-INFO": metadata}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, text in texts.items():
            member = tarfile.TarInfo(f"{stem}/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return HollowFile(f"{stem}.tar.gz", metadata, body=gzip.compress(buffer.getvalue(), mtime=0))
