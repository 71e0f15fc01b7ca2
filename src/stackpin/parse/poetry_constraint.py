"""Version constraints as poetry writes them, as specifiers (PEP 440).

Source: poetry-core's ``constraints/version/parser.py`` and ``patterns.py``, and its manual ("Dependency specification").
What has no equal in PEP 440 (``||``), and what is rare, is not translated.
"""

from __future__ import annotations

import re

__all__ = ["poetry_marker", "poetry_specifier"]

_RELEASE = r"v?(\d+(?:\.\d+)*)"
_PRE = r"((?:(?:a|b|rc|\.post|\.dev)\d+)*)"
_LOCAL = r"((?:\+[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*)?)"
_ANY = re.compile(r"v?[xX*](?:\.[xX*])*")
_CARET = re.compile(rf"\^\s*{_RELEASE}{_PRE}")
_TILDE = re.compile(rf"~\s*{_RELEASE}{_PRE}")
_COMPATIBLE = re.compile(rf"~=\s*{_RELEASE}{_PRE}")
_WILDCARD = re.compile(rf"(==|!=|=)?\s*{_RELEASE}\.\*")
_BASIC = re.compile(rf"(!=|>=?|<=?|==?)?\s*{_RELEASE}{_PRE}{_LOCAL}")
#: Where poetry parts what must hold together: at commas, and at blanks that stand behind no operator.
_AND = re.compile(r"(?<!^)(?<![\^~=>< ,]) *(?<!-)[, ](?!-) *(?!,|$)")
_EXACT = {None: "==", "": "==", "=": "==", "==": "=="}
_LONGEST = 200


def poetry_specifier(text: str) -> str | None:
    """The specifier that admits the same versions, empty for any; None where it is not translated."""
    text = text.strip()
    if text == "*":
        return ""
    if not text or "|" in text or len(text) > _LONGEST:
        return None
    clauses: list[str] = []
    for part in _AND.split(text.rstrip(",").rstrip()):
        found = _clause(part.strip())
        if found is None:
            return None
        clauses += found
    return ",".join(dict.fromkeys(clauses))


def poetry_marker(pythons: str) -> str | None:
    """The marker for poetry's ``python`` beside a dependency (``^3.10``); None where it is not translated."""
    specifier = poetry_specifier(pythons)
    if specifier is None:
        return None
    parts = []
    for clause in filter(None, specifier.split(",")):
        match = re.fullmatch(r"([<>=!~]=?)([\d.]+)(\.\*)?", clause)
        if match is None:
            return None
        dots, wild = match[2].count("."), bool(match[3])
        if dots < 2 and match[1] in {"==", "!=", ">", "<="} and not wild:
            return None  # poetry means the first release of that minor
        version = f"{match[2]}.*" if wild and dots != 1 else match[2]
        parts.append(f"python_{'version' if dots < 2 else 'full_version'} {match[1]} '{version}'")
    return " and ".join(parts)


def _clause(text: str) -> list[str] | None:
    if _ANY.fullmatch(text):
        return []
    if match := _COMPATIBLE.fullmatch(text):
        return [f"~={match[1]}{match[2]}"] if "." in match[1] else None
    if match := _CARET.fullmatch(text):
        return _from(match, _next_breaking(match[1]))
    if match := _TILDE.fullmatch(text):
        parts = _numbers(match[1])
        return _from(match, [parts[0] + 1, 0] if len(parts) == 1 else [parts[0], parts[1] + 1])
    if match := _WILDCARD.fullmatch(text):
        return [f"{_EXACT.get(match[1], match[1])}{match[2]}.*"]
    if match := _BASIC.fullmatch(text):
        operator = _EXACT.get(match[1], match[1])
        if match[4] and operator not in {"==", "!="}:
            return None
        return [f"{operator}{match[2]}{match[3]}{match[4]}"]
    return None


def _from(match: re.Match[str], high: list[int]) -> list[str]:
    """From a version up to another one, without that."""
    return [f">={match[1]}{match[2]}", f"<{'.'.join(map(str, high))}"]


def _next_breaking(release: str) -> list[int]:
    """The first release that a caret leaves out: the first number that is not zero goes up, else the last one there is."""
    parts = _numbers(release)[:3]
    at = next((place for place, number in enumerate(parts) if number), len(parts) - 1)
    high = [*parts[:at], parts[at] + 1]
    return high if len(high) > 1 else [*high, 0]


def _numbers(release: str) -> list[int]:
    return [int(part) for part in release.split(".")]
