"""A page as bytes, in the form that a client reads, by the serializers of simple-repository.

Two things are ours. A page that came as JSON goes out as JSON with every key that it had (the library would drop what it does
not know, and cuts upload times to seconds). And what goes into HTML is escaped, which the library leaves out for the reason of
a yank, for names and for addresses.
"""

from __future__ import annotations

import json
from dataclasses import replace
from html import escape

from simple_repository import model
from simple_repository.content_negotiation import Format
from simple_repository.serializer import serialize

from stackpin.serve.negotiation import JSON
from stackpin.serve.upstream import SentPage

__all__ = ["page_bytes"]


def page_bytes(page: model.ProjectDetail | model.ProjectList, form: str) -> bytes:
    """A page in one of the forms of PEP 691; the same page gives the same bytes.

    :param form: the content type.
    """
    if form == JSON and isinstance(page, SentPage):
        return page.body or json.dumps(page.sent, separators=(",", ":")).encode()
    if form == JSON:
        return _sorted(serialize(page, Format.JSON_V1)).encode()
    return serialize(_escaped(page), Format(form)).encode()


def _sorted(text: str) -> str:
    """A JSON document with its versions and projects in order: the library's model holds them as sets."""
    document = json.loads(text)
    if "versions" in document:
        document["versions"].sort()
    if "projects" in document:
        document["projects"].sort(key=lambda project: project["name"])
    return json.dumps(document, separators=(",", ":"))


def _escaped(page: model.ProjectDetail | model.ProjectList) -> model.ProjectDetail | model.ProjectList:
    """A page whose texts may stand in HTML, in an order that stays; what the library escapes itself is left to it."""
    if isinstance(page, model.ProjectList):
        ordered = tuple(sorted(page.projects, key=lambda project: project.name))
        return replace(page, projects=ordered)  # type: ignore[arg-type]  # a set there has another order in each run
    files = tuple(
        replace(
            file,
            filename=escape(file.filename),
            url=escape(file.url),
            yanked=escape(file.yanked) if isinstance(file.yanked, str) else file.yanked,
        )
        for file in page.files
    )
    return model.ProjectDetail(model.Meta(page.meta.api_version), escape(page.name), files, page.versions)
