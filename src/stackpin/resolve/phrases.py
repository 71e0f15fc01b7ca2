"""Small pieces of sentences: what is asked of a package, where an index is."""

from __future__ import annotations

from packaging.specifiers import InvalidSpecifier, SpecifierSet

__all__ = ["asked", "host_of", "in_order", "withdrawn"]

#: The operators in the order in which people write a range: from, what is left out, up to.
_ORDER = (">=", ">", "~=", "==", "===", "!=", "<=", "<")


def in_order(specifier: SpecifierSet | str) -> str:
    """A specifier as people write it, its lower bound first: ``>=0.6.4,<=0.7.2``; as it stands where it does not parse."""
    try:
        parts = SpecifierSet(str(specifier))
    except InvalidSpecifier:
        return str(specifier)
    return ",".join(str(part) for part in sorted(parts, key=lambda part: (_ORDER.index(part.operator), part.version)))


def asked(specifier: SpecifierSet | str) -> str:
    """What is asked of a package, to stand behind its name: ``2.6.0`` for an exact pin, else ``>=2.6,<3``."""
    text = in_order(specifier)
    exact = text.startswith("==") and "," not in text and not text.endswith("*")
    return text.lstrip("=") if exact else text or "(any version)"


def host_of(address: str) -> str:
    """The host of an index page, as messages name the index."""
    return address.partition("://")[2].partition("/")[0] or address


def withdrawn(name: str, version: str, why: object) -> str:
    """That a release was yanked, with the reason that its publisher gave, where one is known."""
    return f"{name} {version} was yanked" + (f" ({why})" if isinstance(why, str) and why else "")
