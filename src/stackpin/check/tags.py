"""Which CUDA tag a subject is for, by what it says itself; several where that leaves a choice, and the first is the likeliest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stackpin.check.rules import tag_in_address
from stackpin.model.mention import Role
from stackpin.model.request import PYPI
from stackpin.model.stack import FAMILY, TORCH
from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from stackpin.check.stated import Stated
    from stackpin.model.mention import Mention, Subject

__all__ = ["Tags", "label_of", "tags_of"]

_TAG = re.compile(r"(cu\d{3}|cpu)(?:torch[\d.]+)?\Z")
#: Options that name the only index.
_ONLY = frozenset({"--index-url", "-i", "PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "--default-index"})
_DONE = (Role.INSTALLED, Role.LOCKED)


class Tags(Value):
    """The tags that come into question, likeliest first: a tag, or ``pypi``.

    ``told`` is whether the subject itself says the first one, and ``foreign`` names a build that stackpin does not cover.
    """

    tags: tuple[str, ...]
    told: bool = False
    foreign: str = ""


def label_of(version: str, known: Collection[str]) -> str:
    """The CUDA tag that a version's local part names (``2.6.0+cu124``, ``0.2.5+cu124torch2.6``); empty where it names none."""
    match = _TAG.match(version.partition("+")[2])
    return match[1] if match and match[1] in known else ""


def tags_of(subject: Subject, stated: Mapping[str, Stated], known: Collection[str], asked: str) -> Tags:
    """The tags of a subject.

    :param known: every tag that facts speak of.
    :param asked: the tag that is in force; empty where none is.
    """
    torch = stated[TORCH].first if TORCH in stated else None
    foreign = _foreign(torch, subject, known)
    if foreign:
        return Tags(tags=(), foreign=foreign)
    if asked:
        return Tags(tags=(asked,), told=True)
    sure = _tag_of(torch, known) if torch is not None else ""
    sure = sure or (subject.tag if subject.tag in known else "")
    if sure:
        return Tags(tags=(sure,), told=True)
    done = torch is not None and torch.role in _DONE
    found = [tag for each in stated.values() if (tag := _tag_of(each.first, known))]
    lines = [(line.option in _ONLY, tag) for line in subject.indexes if (tag := tag_in_address(line.address)) in known]
    found += [tag for _, tag in sorted(lines, key=lambda each: not each[0])]
    order = (PYPI, *found) if done else (*found, PYPI)  # an unlabelled torch that is there is PyPI's
    return Tags(tags=tuple(dict.fromkeys(order)), told=bool(found) and not done)


def _tag_of(mention: Mention, known: Collection[str]) -> str:
    """What a mention's label says, else the address that it is taken from; torch and its family only for the latter."""
    label = label_of(mention.version, known)
    if label or "+" in mention.version:
        return label
    if mention.name != TORCH and mention.name not in FAMILY:
        return ""
    tag = tag_in_address(mention.address)
    return tag if tag in known else ""


def _foreign(torch: Mention | None, subject: Subject, known: Collection[str]) -> str:
    """The build of torch that is none of PyTorch's CUDA or CPU builds: ``2.6.0+rocm6.2``, ``2.6.0a0+ecf3bae40a.nv25.01``."""
    if torch is None:
        return subject.tag if subject.tag and subject.tag not in known else ""
    local = torch.version.partition("+")[2]
    if local and not label_of(torch.version, known):
        return f"torch {torch.version}"
    named = f"torch {torch.version or torch.specifier}".strip()
    tag = tag_in_address(torch.address) or subject.tag
    return f"{named} for {tag}" if tag and tag not in known else ""
