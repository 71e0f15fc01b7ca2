"""The PKG-INFO of a source distribution (PEP 625: one top folder, PKG-INFO directly in it)."""

from __future__ import annotations

import io
import tarfile
import zlib

from stackpin.errors import InputUnreadable

__all__ = ["pkg_info_of_sdist"]


def pkg_info_of_sdist(content: bytes) -> bytes:
    """The bytes of ``<name>-<version>/PKG-INFO`` in a gzipped tar.

    :raises InputUnreadable: when the archive is cut or no tar, or has no PKG-INFO at that place.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for member in archive:
                if member.isfile() and member.name.count("/") == 1 and member.name.endswith("/PKG-INFO"):
                    reader = archive.extractfile(member)
                    return reader.read() if reader is not None else b""
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise InputUnreadable(
            "the source distribution is no gzipped tar, or a cut one",
            got=str(error),
            expected="a .tar.gz file (PEP 625)",
        ) from error
    raise InputUnreadable("the source distribution has no PKG-INFO", expected="<name>-<version>/PKG-INFO (PEP 625)")
