"""The index behind: a component of simple-repository that reads project pages through our own HTTP client.

The library's ``HttpRepository`` has another client than ours (no login by netrc or keyring, no mirrors, no limits), escapes
addresses that are escaped already (``%2B`` of a labelled build) and loses the keys of a page that it does not know. So this
component takes the library's model and its reader of HTML, and keeps what a JSON page said beside the model.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

from simple_repository import model, parser
from simple_repository.components.core import SimpleRepository
from simple_repository.errors import PackageNotFoundError

from stackpin.errors import IndexFailed
from stackpin.parse.web_address import without_credentials, without_userinfo
from stackpin.serve.negotiation import HTML, JSON, LEGACY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stackpin.ports import AsyncHttpClient, Reply

__all__ = ["PAGE_LIMIT", "SentFile", "SentPage", "Upstream"]

#: The largest project page that is read, in bytes; the largest on PyPI are below 50 MB.
PAGE_LIMIT = 128 * 1024 * 1024
_ACCEPT = f"{JSON}, {HTML};q=0.2, {LEGACY};q=0.1"


@dataclass(frozen=True)
class SentFile(model.File):
    """A file as a JSON page told of it: ``sent`` is all that it said."""

    sent: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class SentPage(model.ProjectDetail):
    """A page as it came in JSON: ``sent`` is all that it said, but for its files."""

    sent: Mapping[str, Any] = field(default_factory=dict, compare=False)


class Upstream(SimpleRepository):
    """Project pages of the index that is configured, and of the pages that members' builds come from.

    :param base: the Simple root; a login in it is the client's affair.
    :param page_of: from a normalized name to the address of the page to take instead; empty where there is none.
    :param address: from an address to the one that stands for it (mirrors).
    """

    def __init__(
        self, http: AsyncHttpClient, base: str, page_of: Callable[[str], str], address: Callable[[str], str]
    ) -> None:
        self._http = http
        self._base = base.rstrip("/")
        self._page_of = page_of
        self._address = address

    async def get_project_page(
        self,
        project_name: str,
        *,
        request_context: model.RequestContext | None = None,  # noqa: ARG002 - the library's signature
    ) -> model.ProjectDetail:
        """A project's page, with absolute addresses; one request.

        :raises PackageNotFoundError: when the index has no such project.
        :raises IndexFailed: when it answers with anything but a Simple index page.
        """
        url = self._page_of(project_name) or f"{self._base}/{project_name}/"
        reply = await self._http.get(url, headers={"Accept": _ACCEPT}, limit=PAGE_LIMIT)
        _refuse(reply, url, project_name)
        try:
            page = _read(reply, project_name)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexFailed(
                "the index answers with something that is no project page",
                where=without_credentials(url),
                got=f"{type(error).__name__}: {error}".partition("\n")[0],
            ) from error
        return replace(page, files=tuple(self._absolute(file, reply.url) for file in page.files))

    def _absolute(self, file: model.File, base: str) -> model.File:
        return replace(file, url=self._address(without_userinfo(urljoin(base, file.url))))


def _refuse(reply: Reply, url: str, project: str) -> None:
    where = without_credentials(url)
    if reply.status in {404, 410}:
        raise PackageNotFoundError(project)
    if reply.status in {401, 403}:
        raise IndexFailed("the index wants other credentials, or any", where=where, got=f"HTTP {reply.status}")
    if reply.status != 200:
        raise IndexFailed("the index does not give the page", where=where, got=f"HTTP {reply.status}")
    if not reply.complete:
        raise IndexFailed("the page is too large", where=where, got=f"more than {PAGE_LIMIT} bytes")


def _read(reply: Reply, project: str) -> model.ProjectDetail:
    """A body as its content type says that it is to be read (PEP 691)."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in {JSON, "application/json"}:
        return _of_json(json.loads(reply.body))
    if kind in {HTML, LEGACY, ""}:
        return _of_html(reply.body.decode("utf-8", "replace"), project)
    raise ValueError(f"the content type {kind}")


def _of_json(page: dict[str, Any]) -> SentPage:
    """A PEP 691 page. One that lacks sizes is one of version 1.0 to the library's model; its keys are kept all the same."""
    files = tuple(_file(row) for row in page["files"])
    told = str(page["meta"]["api-version"])
    if told.partition(".")[0] != "1":
        raise ValueError(f"version {told} of the Simple API")
    whole = all(file.size is not None for file in files)
    versions = page.get("versions")
    return SentPage(
        meta=model.Meta(told if whole else "1.0"),
        name=str(page["name"]),
        files=files,
        versions=frozenset(map(str, versions)) if versions is not None else None,
        sent={key: value for key, value in page.items() if key != "files"},
    )


def _file(row: dict[str, Any]) -> SentFile:
    return SentFile(
        filename=str(row["filename"]),
        url=str(row["url"]),
        hashes=dict(row["hashes"]),
        requires_python=row.get("requires-python"),
        dist_info_metadata=row.get("core-metadata", row.get("dist-info-metadata")),
        gpg_sig=row.get("gpg-sig"),
        yanked=row.get("yanked") or None,
        size=row.get("size"),
        sent=row,
    )


def _of_html(text: str, project: str) -> model.ProjectDetail:
    """A PEP 503 page. The library escapes each address once more than it is; a link that is no file's is left out."""
    page = parser.parse_html_project_page(text, project)
    files = (replace(file, url=unquote(file.url)) for file in page.files)
    named = (replace(file, filename=unquote(urlsplit(file.url).path.rpartition("/")[2])) for file in files)
    return replace(page, files=tuple(file for file in named if file.filename))
