"""A project's page on a Simple index: PEP 691 JSON or PEP 503 HTML in, one model out (PEP 592, 658, 700 included)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stackpin.errors import InputUnreadable

if TYPE_CHECKING:
    import pypi_simple

__all__ = ["HTML", "JSON", "IndexFile", "ProjectPage", "parse_page"]

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
_HTML_TYPES = (HTML, "text/html")
_JSON_TYPES = (JSON, "application/json")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFile:
    """One file that a page lists. What the index does not say is None.

    ``size`` is in bytes, ``uploaded`` in UTC to the second. ``metadata`` tells whether the index serves the METADATA
    beside the file (PEP 658; None: it does not say), ``metadata_sha256`` is its digest where announced.
    """

    name: str
    url: str
    size: int | None = None
    sha256: str | None = None
    uploaded: str | None = None
    yanked: str | bool = False
    metadata: bool | None = None
    metadata_sha256: str | None = None
    requires_python: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPage:
    """One project's page; ``files`` in the order of the page, ``serial`` as the index counts its changes (or empty)."""

    files: tuple[IndexFile, ...]
    serial: str = ""


def parse_page(body: bytes, *, content_type: str, project: str, base_url: str) -> ProjectPage:
    """Read a project page (PEP 691 says which content type means which format).

    :param base_url: what relative links are relative to.
    :raises InputUnreadable: when the body is not what its content type says, or the type is neither JSON nor HTML.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind in _JSON_TYPES:
        page = _from_json(body, base_url)
    elif kind in _HTML_TYPES:
        page = _from_html(body, project, base_url)
    else:
        raise InputUnreadable(
            "the page has a content type that no Simple index has", got=kind or "none", expected=f"{JSON} or text/html"
        )
    files = tuple(_file(package) for package in page.packages)
    return ProjectPage(files=files, serial=page.last_serial or "")


def _from_json(body: bytes, base_url: str) -> pypi_simple.ProjectPage:
    import pypi_simple

    try:
        return pypi_simple.ProjectPage.from_json_data(json.loads(body), base_url)
    except (ValueError, KeyError, TypeError, pypi_simple.UnsupportedRepoVersionError) as error:
        html = body.lstrip()[:1] == b"<"
        raise InputUnreadable(
            "the page says that it is JSON and is not a Simple index page",
            got="HTML" if html else str(error).partition("\n")[0],
            expected="a PEP 691 page",
        ) from error


def _from_html(body: bytes, project: str, base_url: str) -> pypi_simple.ProjectPage:
    import pypi_simple

    try:
        page = pypi_simple.ProjectPage.from_html(project, body, base_url)
    except (ValueError, pypi_simple.UnsupportedRepoVersionError) as error:
        raise InputUnreadable(
            "the HTML page cannot be read", got=str(error).partition("\n")[0], expected="a PEP 503 page"
        ) from error
    if not any(package.package_type in {"wheel", "sdist"} for package in page.packages):
        raise InputUnreadable(
            "the HTML page lists no file of the project",
            got=f"{len(body)} bytes of HTML",
            expected="links to wheels (PEP 503)",
        )
    return page


def _file(package: pypi_simple.DistributionPackage) -> IndexFile:
    return IndexFile(
        name=package.filename,
        url=package.url,
        size=package.size,
        sha256=package.digests.get("sha256"),
        uploaded=package.upload_time.strftime("%Y-%m-%dT%H:%M:%SZ") if package.upload_time else None,
        yanked=(package.yanked_reason or True) if package.is_yanked else False,
        metadata=package.has_metadata,
        metadata_sha256=(package.metadata_digests or {}).get("sha256"),
        requires_python=package.requires_python,
    )
