"""Project names, normalized."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

__all__ = ["normalized_name"]


def normalized_name(text: str) -> NormalizedName:
    """A project's name as PEP 503 compares it.

    ``packaging.utils.canonicalize_name`` says the same; it brings wheel tags and versions with it, which are a quarter of
    what a wrapped call may take.
    """
    return re.sub(r"[-_.]+", "-", text).lower()  # type: ignore[return-value]  # a new type of str
