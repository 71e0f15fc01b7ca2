"""Arguments that name a source tree: a path, ``git+URL@REV``, or ``NAME @ URL``, each with extras."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

from packaging.requirements import InvalidRequirement, Requirement

from stackpin.errors import NotCovered, UsageError

__all__ = ["TreeAddress", "names_tree", "parse_tree_address", "tree_at"]

#: What git is asked to speak; its other transports can run programs.
SCHEMES = ("https", "http", "ssh", "git", "file")
_WITH_EXTRAS = re.compile(r"(.+?)\s*\[([A-Za-z0-9._,\s-]*)\]")
_REVISION = re.compile(r"\w[\w./+-]*")
_HEAD = re.compile(r"[^;<>=!\s\[]*")


class TreeAddress(NamedTuple):
    """Where a tree is. ``path`` is a folder, or else ``url`` a repository at ``rev`` (empty: its own HEAD).

    ``name`` is the project that the argument says it is, where it does. ``shown`` is the argument without credentials,
    ``place`` what of it is the path or the address.
    """

    shown: str
    place: str
    path: str = ""
    url: str = ""
    rev: str = ""
    subdirectory: str = ""
    extras: tuple[str, ...] = ()
    name: str = ""


def names_tree(text: str) -> bool:
    """Whether an argument names a tree and no release: it has a slash, begins with a dot, or is ``NAME @ URL``."""
    head = _HEAD.match(text.strip())
    return text.strip().startswith((".", "git+")) or "/" in (head[0] if head else "") or _direct(text) is not None


def parse_tree_address(text: str) -> TreeAddress:
    """The address in an argument.

    :raises UsageError: where it names no tree, or a revision that is none.
    :raises NotCovered: for an address that is neither a folder nor a git repository.
    """
    try:
        found = _parsed(text)
    except ValueError as error:  # what urllib says of brackets and ports
        raise _unclear(text) from error
    parts = (found.path, found.url, found.rev, found.subdirectory)
    if not (found.path or found.url) or not all(part.isprintable() for part in parts):
        raise _unclear(text)
    return found


def _unclear(text: str) -> UsageError:
    return UsageError(
        "an argument names no source tree",
        got=_masked(text),
        expected="./FOLDER, or git+https://HOST/REPOSITORY@REV",
    )


def _parsed(text: str) -> TreeAddress:
    direct = _direct(text)
    if direct is not None and direct.url:
        found = _at(direct.url, text)
        extras = tuple(sorted({*found.extras, *direct.extras}))
        return found._replace(extras=extras, name=direct.name, shown=text.replace(direct.url, found.shown))
    return _at(text.strip(), text)


def tree_at(path: str) -> TreeAddress:
    """The address of a folder, whatever its name looks like."""
    return TreeAddress(shown=path, place=path, path=path)


def _direct(text: str) -> Requirement | None:
    """A requirement with an address in it (PEP 508); None where it is none."""
    if "@" not in text or "://" not in text:
        return None
    try:
        found = Requirement(text)
    except InvalidRequirement:
        return None
    return found if found.url else None


def _at(text: str, whole: str) -> TreeAddress:
    if text.startswith("git+"):
        return _in_git(text, whole)
    if "://" in text and not text.startswith("file://"):
        raise NotCovered(
            "a file at an address is no source tree",
            got=_masked(text),
            expected="a folder, or git+https://HOST/REPOSITORY@REV",
            hint="unpack it, and name the folder",
        )
    match = _WITH_EXTRAS.fullmatch(text)
    path, extras = (match[1], _names(match[2])) if match else (text, ())
    if path.startswith("file://"):
        path = unquote(urlsplit(path).path)
    return TreeAddress(shown=text, place=path, path=path, extras=extras)


def _in_git(text: str, whole: str) -> TreeAddress:
    parts = urlsplit(text.removeprefix("git+"))
    if parts.scheme not in SCHEMES:
        raise UsageError(
            "an address that git is not asked for",
            got=_masked(whole),
            expected="git+https://HOST/REPOSITORY@REV (or http, ssh, git, file)",
        )
    path, at, rev = parts.path.rpartition("@")
    path, rev = (path, rev) if at else (parts.path, "")
    if at and not _REVISION.fullmatch(unquote(rev)):
        raise UsageError("an address with @ names no revision", got=_masked(text), expected="…@REV")
    fields = parse_qs(parts.fragment)
    subdirectory = fields.get("subdirectory", [""])[0].strip("/")
    if ".." in subdirectory.split("/"):
        raise UsageError("a subdirectory outside the tree", got=subdirectory, expected="#subdirectory=python")
    egg = _WITH_EXTRAS.fullmatch(fields.get("egg", [""])[0])
    return TreeAddress(
        shown=_shown(text),
        place=_shown(text),
        url=urlunsplit((parts.scheme, parts.netloc, path, parts.query, "")),
        rev=unquote(rev),
        subdirectory=subdirectory,
        extras=_names(egg[2]) if egg else (),
        name=egg[1] if egg else fields.get("egg", [""])[0],
    )


def _masked(text: str) -> str:
    """A text without the credentials of an address in it, whatever else is wrong with that."""
    return re.sub(r"//[^/]*@", "//", text)


def _shown(text: str) -> str:
    """The address without password and query; the user of an ssh address is part of it (``git@``)."""
    parts = urlsplit(text.removeprefix("git+"))
    user, at, host = parts.netloc.rpartition("@")
    keep = f"{user.partition(':')[0]}@" if at and parts.scheme == "ssh" else ""
    return "git+" + urlunsplit((parts.scheme, f"{keep}{host}", parts.path, "", parts.fragment))


def _names(text: str) -> tuple[str, ...]:
    return tuple(sorted({name.strip() for name in text.split(",") if name.strip()}))
