"""Addresses as they may be shown: without the credentials that they may carry."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit, urlunsplit

__all__ = ["credentials_of", "origin_of", "without_credentials", "without_userinfo"]


def without_userinfo(url: str) -> str:
    """The address without ``user:password@``; what is left can be requested."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, parts.fragment))


def without_credentials(url: str) -> str:
    """The address as it may stand in a message or a file: no user, no password, no query (tokens live there too)."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def credentials_of(url: str) -> tuple[str, str] | None:
    """User and password of an address, percent-decoded; None where it has none."""
    userinfo, at, _ = urlsplit(url).netloc.rpartition("@")
    if not at:
        return None
    user, _, password = userinfo.partition(":")
    return unquote(user), unquote(password)


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, in lower case: what credentials belong to."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()
