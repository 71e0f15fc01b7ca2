"""One conversation with one index: where it is, how patiently it is asked, and what the rows call it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.app.settings import load_settings
from stackpin.effects.http import IndexHttp
from stackpin.effects.pip_config import pypi_of
from stackpin.effects.workers import ThreadWorkers
from stackpin.parse.web_address import without_credentials
from stackpin.ports import HttpSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["IndexSession", "index_label", "open_index"]

_PYPI = "pypi"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSession:
    """``base`` is the address that is asked (it may carry credentials), ``index`` what rows call it."""

    base: str
    index: str
    http: IndexHttp
    workers: ThreadWorkers


def index_label(index_url: str | None) -> str:
    """What rows call an index: ``pypi``, or its address without credentials and without a slash at the end."""
    return _PYPI if index_url is None else without_credentials(index_url).rstrip("/")


@contextmanager
def open_index(index_url: str | None, settings: HttpSettings | None) -> Iterator[IndexSession]:
    """Open an index, PyPI (or what stands for it) where none is named; mirrors and certificates are the user's.

    :raises UsageError: when the mirrors in the user's settings cannot be understood.
    """
    settings = settings or HttpSettings()
    mirrors = {**load_settings(os.environ, Path.cwd()).mirrors, **settings.mirrors}
    place = pypi_of(os.environ, mirrors=mirrors, certificates=settings.certificates)
    prefixes = {prefix: url for prefix, url in mirrors.items() if prefix != _PYPI}
    settings = replace(settings, mirrors=prefixes, certificates=place.certificates)
    base = place.url if index_url is None else index_url
    with IndexHttp(settings) as http:
        http.auth.learn(base)
        yield IndexSession(
            base=base, index=index_label(index_url), http=http, workers=ThreadWorkers(settings.connections)
        )
