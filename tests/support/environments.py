"""Environments laid out on the disk as pip and uv leave them, from hollow wheels with the METADATA of the catalog's rows."""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from tests.support.hollow import rows_of
from tests.support.wheels import metadata_text, wheel_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LaidOut", "requires_of"]

PLATFORM = "manylinux_2_28_x86_64"
#: The markers of real lines hold or not for such a machine.
MARKERS = {
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "sys_platform": "linux",
    "python_version": "3.11",
    "python_full_version": "3.11.9",
    "platform_python_implementation": "CPython",
    "extra": "",
}


def requires_of(name: str, version: str, *, label: str = "") -> list[str]:
    """The Requires-Dist lines of a release in the catalog; a labelled torch is without those on ``nvidia-*``."""
    row = next((row for row in rows_of(name) if row["version"] == version), None)
    lines = row["requires"] or [] if row is not None else []
    return [line for line in lines if not label or not line.startswith(("nvidia-", "cuda-"))]


class LaidOut:
    """An environment; each distribution that is put in unpacks over what is there, as an installer does."""

    def __init__(self, prefix: Path, python: str = "3.11", *, virtual: bool = True) -> None:
        self.prefix = prefix
        self.python = python
        self.packages = prefix / "lib" / f"python{python}" / "site-packages"
        self.packages.mkdir(parents=True)
        (prefix / "bin").mkdir()
        (prefix / "bin" / "python").symlink_to(sys.executable)
        if virtual:
            home = Path(sys.executable).resolve().parent
            (prefix / "pyvenv.cfg").write_text(f"home = {home}\nversion = {python}.9\n", encoding="utf-8")

    def put(
        self,
        name: str,
        version: str,
        *requires: str,
        files: Mapping[str, bytes] | None = None,
        installer: str = "uv",
        beside: bool = False,
    ) -> Path:
        """Install a distribution, in place of another release of it; returns its ``.dist-info``.

        :param beside: leave that release's folder of metadata there, as a broken installation does.
        """
        if not beside:
            self.remove(name)
        text = metadata_text(name, version, requires=requires)
        own = {f"{name.replace('-', '_')}/__init__.py": f"# {name} {version}\n".encode(), **(files or {})}
        tag = f"cp311-cp311-{PLATFORM}" if name == "torch" else "py3-none-any"
        with zipfile.ZipFile(io.BytesIO(wheel_bytes(name, version, text, tag=tag, members=own))) as wheel:
            wheel.extractall(self.packages)
        described = self.packages / f"{name.replace('-', '_')}-{version}.dist-info"
        self.add(described, "INSTALLER", installer.encode())
        return described

    def remove(self, name: str) -> None:
        """Remove a distribution with all files that its RECORD names."""
        for described in self.packages.glob(f"{name.replace('-', '_')}-*.dist-info"):
            for row in csv.reader((described / "RECORD").read_text(encoding="utf-8").splitlines()):
                (self.packages / row[0]).unlink(missing_ok=True)
            described.rmdir()

    def add(self, described: Path, name: str, content: bytes) -> None:
        """Put a further file of an installer's beside METADATA."""
        (described / name).write_bytes(content)
        digest = urlsafe_b64encode(sha256(content).digest()).rstrip(b"=").decode()
        with (described / "RECORD").open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(
                [f"{described.name}/{name}", f"sha256={digest}", len(content)]
            )

    def member(self, name: str, version: str, **more: object) -> Path:
        """A release of the catalog, with the lines of its METADATA; ``version`` may carry a label."""
        public, _, label = version.partition("+")
        return self.put(name, version, *requires_of(name, public, label=label), **more)  # type: ignore[arg-type]

    def torch(self, version: str, cuda: str, label: str = "", *, libraries: bool = True) -> Path:
        """A torch, its ``version.py`` with the label that its build has, and the ``nvidia-*`` that it pins.

        :param cuda: the toolkit as ``version.py`` has it (``12.4``), empty for a CPU build.
        """
        public = version.partition("+")[0]
        said = f"{public}+{label}" if label else version
        text = f"__version__ = '{said}'\ndebug = False\ncuda: Optional[str] = {cuda!r}\nhip: Optional[str] = None\n"
        text = text.replace("= ''\n", "= None\n")
        described = self.member("torch", version, files={"torch/version.py": text.encode()})
        for line in requires_of("torch", public, label=version.partition("+")[2]) if libraries else ():
            requirement = Requirement(line)
            exact = next((each.version for each in requirement.specifier if each.operator == "=="), "")
            holds = requirement.marker is None or requirement.marker.evaluate(MARKERS)
            if requirement.name.startswith("nvidia-") and exact and holds:
                self.put(requirement.name, exact, files={f"nvidia/{requirement.name}/lib/lib.so.1": b"library"})
        return described
