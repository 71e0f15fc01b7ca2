"""What a Dockerfile's ENV, COPY of a here-document and RUN come to, by the rules of Docker's "Dockerfile reference".

No engine runs where the tests do; this reads the few forms that ``emit env --shell docker`` and the pages use, and refuses all
others. Rules: sections "Environment replacement" (``$name``, ``${name}``, ``${name:+word}``, ``${name:-word}``; a word may hold
variables), "Here-documents" (nothing is replaced where the delimiter is quoted), "Format" (comment lines).
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Image", "read_dockerfile"]

_REPLACED = re.compile(r"\$(?:(\w+)|\{(\w+)(?::([+-])((?:[^{}]|\{[^{}]*\})*))?\})")
_ENV = re.compile(r'ENV (\w+)=("?)(.*)\2')
_COPY = re.compile(r"COPY --chmod=644 <<'(\w+)' (/\S+)")


class Image(NamedTuple):
    """Variables, files by their path, and the commands in their order (continued lines joined)."""

    variables: dict[str, str]
    files: dict[str, str]
    commands: list[str]


def read_dockerfile(text: str, **inherited: str) -> Image:
    """Read a Dockerfile; ``inherited`` are the variables that the base image sets.

    :raises ValueError: for an instruction that is none of those above.
    """
    image = Image(dict(inherited), {}, [])
    lines = iter(text.splitlines())
    for line in lines:
        if not line.strip() or line.startswith(("#", "FROM ", "ARG ", "WORKDIR ")):
            continue
        if found := _COPY.fullmatch(line):
            image.files[found[2]] = "".join(f"{each}\n" for each in iter(lambda: next(lines), found[1]))
        elif found := _ENV.fullmatch(line):
            image.variables[found[1]] = _replaced(found[3], image.variables)
        elif line.startswith("RUN "):
            command = line.removeprefix("RUN ")
            while command.endswith("\\"):
                command = command[:-1] + next(lines).strip()
            image.commands.append(command)
        else:
            raise ValueError(line)
    return image


def _replaced(text: str, variables: dict[str, str]) -> str:
    def one(match: re.Match[str]) -> str:
        value = variables.get(match[1] or match[2], "")
        word = _replaced(match[4] or "", variables)
        return {"+": word if value else "", "-": value or word}.get(match[3] or "", value)

    return _REPLACED.sub(one, text)
