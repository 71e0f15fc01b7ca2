"""What a request's headers ask for: which form of a page (PEP 691), and whether the one that it has will do (RFC 9110)."""

from __future__ import annotations

import re
from hashlib import sha256

__all__ = ["HTML", "JSON", "LEGACY", "etag_of", "form_of", "is_known"]

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
#: HTML under the name that it had before PEP 691.
LEGACY = "text/html"
#: The names under which PEP 691 lets a client ask for whatever is newest.
_LATEST = {JSON.replace(".v1", ".latest"): JSON, HTML.replace(".v1", ".latest"): HTML}
#: The forms, best first among those that a client likes equally well.
_FORMS = (JSON, HTML, LEGACY)
_WEIGHT = re.compile(r"q=([01](?:\.\d{0,3})?)", re.IGNORECASE)
_TAG = re.compile(r'(?:W/)?("[^"]*")')


def form_of(accept: str) -> str:
    """The form of a page that an Accept header likes best; empty where it takes none of them.

    Without a header, or with ``*/*`` alone, it is ``text/html``: what clients from before PEP 691 read. A type without a
    weight has the weight 1, one whose weight cannot be read the weight 0 (RFC 9110, 12.4.2).
    """
    ranges = dict(_range(part) for part in accept.split(",") if part.strip())
    if not ranges:
        return LEGACY

    def liked(form: str) -> tuple[float, bool, bool]:
        named = form in ranges
        return _weight(form, ranges), named, form == LEGACY and not named

    best = max(_FORMS, key=liked)
    return best if _weight(best, ranges) > 0 else ""


def _range(part: str) -> tuple[str, float]:
    """A media range and its weight; other parameters do not matter here."""
    name, *parameters = (text.strip() for text in part.split(";"))
    weights = [parameter for parameter in parameters if parameter[:2].lower() == "q="]
    found = _WEIGHT.fullmatch(weights[0]) if weights else None
    kind = name.lower()
    return _LATEST.get(kind, kind), (min(1.0, float(found[1])) if found else 0.0) if weights else 1.0


def _weight(form: str, ranges: dict[str, float]) -> float:
    """The weight of a form: by its own name, else by the widest range that covers it."""
    family = f"{form.partition('/')[0]}/*"
    return next((ranges[name] for name in (form, family, "*/*") if name in ranges), 0.0)


def etag_of(body: bytes) -> str:
    """A strong entity tag: the same bytes have the same, others another."""
    return f'"{sha256(body).hexdigest()[:32]}"'


def is_known(if_none_match: str, etag: str) -> bool:
    """Whether an If-None-Match header names an entity tag: the comparison is the weak one (RFC 9110, 13.1.2)."""
    return if_none_match.strip() == "*" or etag in _TAG.findall(if_none_match)
