"""What ``pip config list`` prints: ``section.key='value'`` lines, values as Python literals."""

from __future__ import annotations

__all__ = ["listed_values"]


def listed_values(text: str) -> dict[tuple[str, str], str]:
    """(section, key) → value. Variables (section ``:env:``) and lines of any other shape are left out."""
    import ast  # a call of uv imports this module and has nothing to read

    found = {}
    for line in text.splitlines():
        name, equals, literal = line.partition("=")
        section, dot, key = name.partition(".")
        if not (equals and dot) or section == ":env:":
            continue
        try:
            value = ast.literal_eval(literal)
        except (ValueError, SyntaxError):
            continue  # a warning that pip printed there
        found[section, key] = str(value)
    return found
