"""Mangled names as people write them."""

from __future__ import annotations

import re

__all__ = ["readable"]

_STRING = "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char>>"
_SPECIAL = re.compile(r"(?P<name>\w+)(?P<arguments><[^:]*>)?::\{(?P<which>[a-z ]*[cd]tor)\}")


def readable(name: str) -> str:
    """A symbol's name demangled; one that cannot be read stays as it is.

    The string of the new C++ ABI is told from the old one: ``std::__cxx11::string`` and ``std::string``.
    """
    if not name.startswith("_Z"):
        return name
    from itanium_demangler import parse  # only where a name is shown

    try:
        found = parse(name)
    except (NotImplementedError, ValueError, IndexError, AttributeError, RecursionError):
        return name
    if found is None:
        return name
    text = str(found).replace(_STRING, "std::__cxx11::string")
    return _SPECIAL.sub(_structor, text)


def _structor(match: re.Match[str]) -> str:
    tilde = "~" if "dtor" in match["which"] else ""
    return f"{match['name']}{match['arguments'] or ''}::{tilde}{match['name']}"
