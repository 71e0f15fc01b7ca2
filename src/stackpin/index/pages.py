"""Asking an index for one project's page: content negotiation, validators, and what an answer may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stackpin.errors import IndexFailed, InputUnreadable
from stackpin.parse.simple_api import HTML, JSON, ProjectPage, parse_page
from stackpin.parse.web_address import without_credentials

if TYPE_CHECKING:
    from stackpin.ports import HttpClient, Reply

__all__ = ["PAGE_LIMIT", "FetchedPage", "NoSuchProject", "Validators", "fetch_page", "page_url"]

#: The largest project page that is read, in bytes; the largest on PyPI are below 50 MB.
PAGE_LIMIT = 128 * 1024 * 1024
_ACCEPT = f"{JSON}, {HTML};q=0.2, text/html;q=0.1"


class NoSuchProject(IndexFailed):
    """The index answers that it has no such project (404 or 410)."""

    slug = "index-lacks-project"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What an index gave to ask "has it changed?" with (RFC 9110, 13.1): entity tag and date, or empty."""

    etag: str = ""
    last_modified: str = ""

    def headers(self) -> dict[str, str]:
        """The headers of a conditional request; none where the index gave no validator."""
        pairs = (("If-None-Match", self.etag), ("If-Modified-Since", self.last_modified))
        return {name: value for name, value in pairs if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedPage:
    """``page`` is None where the index answered that nothing has changed (304)."""

    page: ProjectPage | None
    validators: Validators


def page_url(index_url: str, project: str) -> str:
    """The address of a project's page (PEP 503: normalized name, slash at the end)."""
    return f"{index_url.rstrip('/')}/{project}/"


def fetch_page(http: HttpClient, index_url: str, project: str, *, known: Validators | None = None) -> FetchedPage:
    """One request for a project's page; conditional where ``known`` has validators.

    :raises NoSuchProject: when the index has no such project.
    :raises IndexFailed: when it answers with anything but a Simple index page.
    """
    url = page_url(index_url, project)
    known = known or Validators()
    reply = http.get(url, headers={"Accept": _ACCEPT, **known.headers()}, limit=PAGE_LIMIT)
    if reply.status == 304 and known.headers():
        return FetchedPage(page=None, validators=known)
    _refuse(reply, url, project)
    return FetchedPage(page=_parsed(reply, url, project), validators=_validators(reply))


def _refuse(reply: Reply, url: str, project: str) -> None:
    where = without_credentials(url)
    if reply.status in {404, 410}:
        raise NoSuchProject(
            f"the index has no project {project}",
            where=where,
            got=f"HTTP {reply.status}",
            expected="the project's page",
        )
    if reply.status in {401, 403}:
        raise IndexFailed(
            "the index wants other credentials, or any",
            where=where,
            got=f"HTTP {reply.status}",
            expected="the project's page",
            hint="put user and password into ~/.netrc, the keyring, or the index URL",
        )
    if reply.status != 200:
        raise IndexFailed(
            "the index does not give the page", where=where, got=f"HTTP {reply.status}", expected="HTTP 200"
        )
    if not reply.complete:
        raise IndexFailed(
            "the page is too large", where=where, got=f"more than {PAGE_LIMIT} bytes", expected="a project's page"
        )


def _parsed(reply: Reply, url: str, project: str) -> ProjectPage:
    try:
        return parse_page(
            reply.body, content_type=reply.headers.get("content-type", ""), project=project, base_url=reply.url
        )
    except InputUnreadable as error:
        raise IndexFailed(
            error.what,
            where=without_credentials(url),
            got=error.got,
            expected=error.expected,
            hint="is this the address of a Simple index, and does no login page stand before it?",
        ) from error


def _validators(reply: Reply) -> Validators:
    return Validators(etag=reply.headers.get("etag", ""), last_modified=reply.headers.get("last-modified", ""))
