"""How we learn what a release needs: METADATA beside the wheel (PEP 658), else from the wheel's tail, else PKG-INFO."""

from __future__ import annotations

from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING

from packaging.utils import parse_sdist_filename, parse_wheel_filename

from stackpin.errors import IndexFailed, InputUnreadable
from stackpin.index.range_request import SMALL
from stackpin.index.ranges import metadata_by_ranges
from stackpin.parse.core_metadata import CoreMetadata, parse_core_metadata, speaks_for
from stackpin.parse.source_archive import pkg_info_of_sdist
from stackpin.parse.web_address import without_credentials

if TYPE_CHECKING:
    from stackpin.parse.simple_api import IndexFile
    from stackpin.ports import HttpClient

__all__ = ["MetadataReader"]

#: The largest METADATA that is read, in bytes.
_LIMIT = 8 * 1024 * 1024


class MetadataReader:
    """Reads the metadata of the files of one project on one index; may be called from several threads.

    An index that does not say whether it serves METADATA (PEP 658) is asked for it until the first 404, then no more.
    """

    def __init__(self, http: HttpClient) -> None:
        self._http = http
        self._lock = Lock()
        self._beside = True
        self._tried = False

    def read(self, file: IndexFile) -> tuple[bytes, CoreMetadata]:
        """The metadata of a wheel or a small sdist, as bytes and as model.

        Costs one request (PEP 658, sdist) or up to three (ranges).

        :raises IndexFailed: when the index fails, or a digest is not the announced one.
        :raises InputUnreadable: when the file is broken, or its metadata is another release's.
        """
        try:
            content = self._wheel(file) if file.name.endswith(".whl") else self._sdist(file)
            return content, _checked(content, file)
        except InputUnreadable as error:
            error.where = without_credentials(file.url)
            raise

    def _wheel(self, file: IndexFile) -> bytes:
        content = self._announced(file) if file.metadata else self._unannounced(file) if file.metadata is None else None
        return metadata_by_ranges(self._http, file) if content is None else content

    def _announced(self, file: IndexFile) -> bytes | None:
        content = self._get_beside(file)
        if content is not None and file.metadata_sha256 and sha256(content).hexdigest() != file.metadata_sha256:
            raise IndexFailed(
                "the metadata does not have the digest that the index names",
                where=without_credentials(file.url) + ".metadata",
                got=f"sha256 {sha256(content).hexdigest()}",
                expected=f"sha256 {file.metadata_sha256}",
            )
        return content

    def _unannounced(self, file: IndexFile) -> bytes | None:
        """METADATA that nobody announced; nothing vouches for it, so it counts only if it is that release's."""
        with self._lock:
            if not self._tried:
                self._tried = True
                return self._try_beside(file)
        return self._try_beside(file) if self._beside else None

    def _try_beside(self, file: IndexFile) -> bytes | None:
        try:
            content = self._get_beside(file)
            if content is not None:
                _checked(content, file)
        except InputUnreadable:
            content = None  # a page that says "not found" with status 200: the wheel itself is read instead
        self._beside = self._beside and content is not None
        return content

    def _get_beside(self, file: IndexFile) -> bytes | None:
        reply = self._http.get(file.url.partition("#")[0] + ".metadata", limit=_LIMIT)
        return reply.body if reply.status == 200 and reply.complete else None

    def _sdist(self, file: IndexFile) -> bytes:
        reply = self._http.get(file.url, headers={"Accept-Encoding": "identity"}, limit=SMALL)
        where = without_credentials(file.url)
        if reply.status != 200 or not reply.complete:
            raise IndexFailed(
                "the index does not give the source distribution",
                where=where,
                got=f"HTTP {reply.status}" if reply.complete else f"more than {SMALL} bytes",
                expected=f"HTTP 200, at most {SMALL} bytes",
            )
        found = sha256(reply.body).hexdigest()
        if file.sha256 is not None and found != file.sha256:
            raise IndexFailed(
                "the file does not have the digest that the index names",
                where=where,
                got=f"sha256 {found}",
                expected=f"sha256 {file.sha256}",
            )
        return pkg_info_of_sdist(reply.body)


def _checked(content: bytes, file: IndexFile) -> CoreMetadata:
    metadata = parse_core_metadata(content)
    name, version = (
        (parse_wheel_filename(file.name)[:2]) if file.name.endswith(".whl") else parse_sdist_filename(file.name)
    )
    if not speaks_for(metadata, project=name, version=version):
        raise InputUnreadable(
            "the metadata is that of another release",
            got=f"{metadata.name} {metadata.version}",
            expected=f"{name} {version}",
        )
    return metadata
