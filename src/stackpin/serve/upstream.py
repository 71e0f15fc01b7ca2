"""The index behind: a component of simple-repository that reads project pages through our own HTTP client.

The library's ``HttpRepository`` has another client than ours (no login by netrc or keyring, no mirrors, no limits), escapes
addresses that are escaped already (``%2B`` of a labelled build) and loses the keys of a page that it does not know. So this
component takes the library's model and its reader of HTML, and keeps what a JSON page said beside the model.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

from packaging.utils import canonicalize_name
from simple_repository import model, parser
from simple_repository.components.core import SimpleRepository
from simple_repository.errors import PackageNotFoundError

from stackpin.errors import IndexFailed
from stackpin.parse.web_address import without_credentials, without_userinfo
from stackpin.serve.negotiation import HTML, JSON, LEGACY

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from stackpin.ports import AsyncHttpClient, Reply

__all__ = ["PAGE_LIMIT", "SentPage", "Upstream"]

#: The largest project page that is read, in bytes; the largest on PyPI are below 50 MB.
PAGE_LIMIT = 128 * 1024 * 1024
_ACCEPT = f"{JSON}, {HTML};q=0.2, {LEGACY};q=0.1"


class SentPage(model.ProjectDetail):
    """A page as it came in JSON: ``sent`` is all that it said, with absolute addresses.

    ``body`` are the bytes that say the same; empty where they are to be made. The files of the library's model are made when
    they are first asked for: most pages go out as they came, and the model costs ten times what reading them does.
    """

    def __init__(self, sent: Mapping[str, Any], body: bytes = b"") -> None:
        told, versions = str(sent["meta"]["api-version"]), sent.get("versions")
        if told.partition(".")[0] != "1":
            raise ValueError(f"version {told} of the Simple API")
        # A page that lacks sizes is one of version 1.0 to the model, which would refuse it; its keys are kept all the same.
        whole = all(row.get("size") is not None for row in sent["files"])
        parts = {
            "meta": model.Meta(told if whole else "1.0"),
            "name": str(sent["name"]),
            "versions": None if versions is None else frozenset(map(str, versions)),
            "private_metadata": model.PrivateMetadataMapping(),
            "sent": sent,
            "body": body,
        }
        for name, part in parts.items():
            object.__setattr__(self, name, part)

    sent: Mapping[str, Any]
    body: bytes

    @cached_property
    def files(self) -> tuple[model.File, ...]:
        """The files as the library's model has them."""
        return tuple(map(_file, self.sent["files"]))

    def without(self, names: Collection[str]) -> SentPage:
        """The page without the files of these names, and without the versions that have none any more."""
        rows = [row for row in self.sent["files"] if row["filename"] not in names]
        sent = {**self.sent, "files": rows}
        if "versions" in sent:
            kept = tuple(map(_file, rows))
            sent["versions"] = sorted(self.compute_versions_from_files(kept, canonicalize_name(self.name)))
        return SentPage(sent)


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
            return self._absolute(_read(reply, project_name), reply)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexFailed(
                "the index answers with something that is no project page",
                where=without_credentials(url),
                got=f"{type(error).__name__}: {error}".partition("\n")[0],
            ) from error

    def _absolute(self, page: model.ProjectDetail | dict[str, Any], reply: Reply) -> model.ProjectDetail:
        """A page whose addresses are absolute, those of mirrors where there are such, and without a login."""
        if isinstance(page, model.ProjectDetail):
            return replace(
                page, files=tuple(replace(file, url=self._address_of(file.url, reply.url)) for file in page.files)
            )
        changed = False
        for row in page["files"]:
            url = self._address_of(row["url"], reply.url)
            if url != row["url"]:
                row["url"], changed = url, True
        return SentPage(page, b"" if changed else reply.body)

    def _address_of(self, url: str, base: str) -> str:
        plain = url.startswith(("https://", "http://")) and "@" not in url
        return self._address(url if plain else without_userinfo(urljoin(base, url)))


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


def _read(reply: Reply, project: str) -> model.ProjectDetail | dict[str, Any]:
    """A body as its content type says that it is to be read (PEP 691): a JSON document, or the model of an HTML page."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in {JSON, "application/json"}:
        document: dict[str, Any] = json.loads(reply.body)
        return document
    if kind in {HTML, LEGACY, ""}:
        return _of_html(reply.body.decode("utf-8", "replace"), project)
    raise ValueError(f"the content type {kind}")


def _file(row: Mapping[str, Any]) -> model.File:
    return model.File(
        filename=str(row["filename"]),
        url=str(row["url"]),
        hashes=dict(row["hashes"]),
        requires_python=row.get("requires-python"),
        dist_info_metadata=row.get("core-metadata", row.get("dist-info-metadata")),
        gpg_sig=row.get("gpg-sig"),
        yanked=row.get("yanked") or None,
        size=row.get("size"),
    )


def _of_html(text: str, project: str) -> model.ProjectDetail:
    """A PEP 503 page. The library escapes each address once more than it is; a link that is no file's is left out."""
    page = parser.parse_html_project_page(text, project)
    files = (replace(file, url=unquote(file.url)) for file in page.files)
    named = (replace(file, filename=unquote(urlsplit(file.url).path.rpartition("/")[2])) for file in files)
    return replace(page, files=tuple(file for file in named if file.filename))
