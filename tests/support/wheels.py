"""Hollow wheels and source distributions, made in memory: real METADATA, nothing inside; whole ones and broken ones.

The same arguments give the same bytes, so that digests in expected output stay what they are.
"""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import zipfile
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

__all__ = [
    "cut",
    "metadata_text",
    "noise",
    "sdist_bytes",
    "sdist_name",
    "streamed_zip",
    "wheel_bytes",
    "wheel_name",
    "zip64_bytes",
    "zip_bytes",
]

_EPOCH = (1980, 1, 1, 0, 0, 0)


def metadata_text(
    name: str,
    version: str,
    *,
    requires: Iterable[str] = (),
    extras: Iterable[str] = (),
    requires_python: str = "",
    format_version: str = "2.1",
) -> str:
    """Core metadata, with a description that must not be read as fields."""
    lines = [f"Metadata-Version: {format_version}", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Python: {requires_python}"] if requires_python else []
    lines += [f"Provides-Extra: {extra}" for extra in extras]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    return "\n".join([*lines, "", "Requires-Dist: not-a-field ; this is the description", ""])


def wheel_name(name: str, version: str, tag: str = "py3-none-any") -> str:
    """The file name of a wheel (PEP 427)."""
    return f"{name.replace('-', '_')}-{version}-{tag}.whl"


def wheel_bytes(
    name: str,
    version: str,
    metadata: str | None = None,
    *,
    tag: str = "py3-none-any",
    members: Mapping[str, bytes] | None = None,
    padding: int = 0,
    metadata_files: int = 1,
) -> bytes:
    """A wheel that pip and uv install, unless it is asked to be broken.

    :param metadata: its METADATA; made from name and version where None.
    :param members: further files, by their path inside the wheel.
    :param padding: bytes of ballast before the METADATA, not compressed, so that the wheel is at least that large.
    :param metadata_files: 0 leaves METADATA out, 2 puts in a second ``*.dist-info`` with one.
    """
    stem = f"{name.replace('-', '_')}-{version}"
    text = metadata_text(name, version) if metadata is None else metadata
    contents: dict[str, bytes] = {f"{name.replace('-', '_')}.ballast": b"\0" * padding} if padding else {}
    contents.update(members or {})
    for number in range(metadata_files):
        contents[f"{stem if not number else f'other_{number}-1'}.dist-info/METADATA"] = text.encode()
    contents[f"{stem}.dist-info/WHEEL"] = _wheel_text(tag)
    contents[f"{stem}.dist-info/RECORD"] = _record(contents, f"{stem}.dist-info/RECORD")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as wheel:
        for path, content in contents.items():
            method = zipfile.ZIP_STORED if path.endswith(".ballast") else zipfile.ZIP_DEFLATED
            wheel.writestr(zipfile.ZipInfo(path, _EPOCH), content, method)
    return buffer.getvalue()


def zip_bytes(members: Mapping[str, bytes], *, stored: Collection[str] = (), comment: bytes = b"") -> bytes:
    """A zip file of these members and nothing else; deflated, except those that are to be ``stored``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compresslevel=1) as archive:
        archive.comment = comment
        for path, content in members.items():
            method = zipfile.ZIP_STORED if path in stored else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(path, _EPOCH), content, method)
    return buffer.getvalue()


def streamed_zip(members: Mapping[str, bytes]) -> bytes:
    """A zip file whose local headers have no sizes: they come after each member."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), member, zipfile.ZIP_DEFLATED)
    return pipe.getvalue()


def zip64_bytes(members: Mapping[str, bytes], limit: int, *, stored: Collection[str] = ()) -> bytes:
    """A zip file whose sizes and offsets are in zip64 fields from a small limit on."""
    usual = zipfile.ZIP64_LIMIT
    try:
        zipfile.ZIP64_LIMIT = limit  # type: ignore[misc]  # final for typeshed only
        return zip_bytes(members, stored=stored)
    finally:
        zipfile.ZIP64_LIMIT = usual  # type: ignore[misc]  # the same


def noise(size: int, seed: int = 0) -> bytes:
    """Bytes that cannot be compressed, the same ones for the same arguments."""
    return random.Random(seed).randbytes(size)


def _wheel_text(tag: str) -> bytes:
    python, abi, platform = tag.rsplit("-", 2)
    tags = [f"{a}-{b}-{c}" for a in python.split(".") for b in abi.split(".") for c in platform.split(".")]
    head = f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: {'true' if platform == 'any' else 'false'}\n"
    return (head + "".join(f"Tag: {each}\n" for each in tags)).encode()


def _record(contents: Mapping[str, bytes], own: str) -> bytes:
    rows = [f"{path},sha256={_encoded(content)},{len(content)}" for path, content in contents.items()]
    return "\n".join([*rows, f"{own},,", ""]).encode()


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(sha256(content).digest()).rstrip(b"=").decode()


def sdist_name(name: str, version: str) -> str:
    """The file name of a source distribution (PEP 625)."""
    return f"{name.replace('-', '_')}-{version}.tar.gz"


def sdist_bytes(name: str, version: str, pkg_info: str | None = None, *, padding: int = 0) -> bytes:
    """A source distribution with PKG-INFO (an empty text leaves it out) and ``padding`` bytes of ballast."""
    stem = f"{name.replace('-', '_')}-{version}"
    text = metadata_text(name, version, format_version="2.2") if pkg_info is None else pkg_info
    contents = {f"{stem}/pyproject.toml": b"", f"{stem}/{name}.egg-info/PKG-INFO": b"Name: wrong-one\n"}
    contents |= {f"{stem}/PKG-INFO": text.encode()} if text else {}
    contents |= {f"{stem}/ballast": b"".join(sha256(str(n).encode()).digest() for n in range(padding // 32))}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in contents.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)


def cut(content: bytes, keep: float = 0.5) -> bytes:
    """The first part of a file, as a broken download leaves it."""
    return content[: int(len(content) * keep)]
