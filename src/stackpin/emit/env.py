"""``env``: the variables that hold the tuple for plain pip and uv, as a shell, a Dockerfile or a workflow sets them.

What a variable holds already stays, and ours goes behind it: pip and uv split these values at blanks, uv splits the pages
of ``UV_FIND_LINKS`` at commas. Sources: pip's documentation ("Configuration", "Build constraints"), uv's ("Environment
variables"), Docker's ("Dockerfile reference": environment replacement, here-documents), GitHub's ("Workflow commands").
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

from stackpin.emit.emitted_lines import commented, header_lines
from stackpin.errors import UsageError
from stackpin.model.emission import Shell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stackpin.model.emission import Emission

__all__ = ["ALREADY_THERE", "env_text"]


class _Variable(NamedTuple):
    """A variable, what it is split at, and what it reaches and does not."""

    name: str
    separator: str
    said: tuple[str, ...]


_VARIABLES = (
    _Variable(
        "PIP_CONSTRAINT",
        " ",
        (
            "pip install, download and wheel; isolated builds up to pip 26.1. Not: pip --isolated, --no-deps, poetry, pdm",
        ),
    ),
    _Variable(
        "PIP_BUILD_CONSTRAINT",
        " ",
        (
            "isolated builds of pip 25.3 and newer, which then refuses --no-build-isolation: for such a call,",
            "take this one away (env -u PIP_BUILD_CONSTRAINT pip install --no-build-isolation ...)",
        ),
    ),
    _Variable(
        "UV_CONSTRAINT",
        " ",
        (
            "uv pip install, sync and compile, uvx. Not: a call with its own -c; uv lock, sync, add, run (stackpin apply)",
        ),
    ),
    _Variable("UV_BUILD_CONSTRAINT", " ", ("isolated builds of uv. Not: a call with its own --build-constraints",)),
    _Variable(
        "UV_FIND_LINKS",
        ",",
        (
            "where uv finds the builds that PyPI does not carry, in isolated builds as well; several pages: uv 0.5.31 and",
            "newer (uv 0.5.0 takes the whole value for one page and fails)",
        ),
    ),
)
#: What the text for GitHub extends by itself: a file of variables cannot refer to one.
ALREADY_THERE = tuple(variable.name for variable in _VARIABLES)
#: Where a constraints file lies in an image.
_IMAGE_FOLDER = "/etc/stackpin"


def env_text(emission: Emission) -> str:
    """The text to be read by a shell (``eval``), by a Dockerfile, or to be put behind ``$GITHUB_ENV``.

    :raises UsageError: for a constraints file with a blank in its path, which these variables cannot name.
    """
    path = emission.constraints_path or f"{_IMAGE_FOLDER}/constraints.txt"
    if path.split() != [path]:
        raise UsageError(
            "pip and uv split these variables at blanks",
            got=path,
            expected="a constraints file without a blank in its path",
            hint="--constraints FILE",
        )
    values = dict.fromkeys(_VARIABLES[:-1], path)
    if emission.pages:
        values[_VARIABLES[-1]] = ",".join(emission.pages)
    if emission.shell is Shell.GITHUB:
        return "".join(f"{line}\n" for line in _github(values, emission.environ))
    head = header_lines(emission)
    body = {Shell.SH: _sh, Shell.FISH: _fish, Shell.DOCKER: _docker}[emission.shell]
    extra = _image_file(emission, path) if emission.shell is Shell.DOCKER else ()
    return "".join(f"{line}\n" for line in (*head, *extra, *body(values)))


def _sh(values: Mapping[_Variable, str]) -> Iterator[str]:
    """For every POSIX shell; a second reading adds nothing."""
    for variable, value in values.items():
        name, sign = variable.name, variable.separator
        yield from commented(variable.said)
        yield f'case "{sign}${{{name}-}}{sign}" in'
        yield f"  *{shlex.quote(sign + value + sign)}*) ;;"
        yield f'  *) export {name}="${{{name}:+${name}{sign}}}"{shlex.quote(value)} ;;'
        yield "esac"


def _fish(values: Mapping[_Variable, str]) -> Iterator[str]:
    """For fish: each part is put behind what is there unless it is among that; a second reading adds nothing."""
    for variable, value in values.items():
        name, sign = variable.name, variable.separator
        yield from commented(variable.said)
        for word in map(_fish_word, value.split(sign)):
            yield f"if not contains -- {word} (string split -- '{sign}' \"${name}\")"
            yield f"    set -gx {name} (string join -- '{sign}' (string split -n -- '{sign}' \"${name}\") {word})"
            yield "end"


def _fish_word(text: str) -> str:
    """A word between fish's single quotes, in which a backslash and a quote alone are special."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _docker(values: Mapping[_Variable, str]) -> Iterator[str]:
    """One ENV a variable: what an image's own ENV says (NVIDIA's set PIP_CONSTRAINT) stays before it."""
    for variable, value in values.items():
        name, sign = variable.name, variable.separator
        yield from commented(variable.said)
        yield f'ENV {name}="${{{name}:+${name}{sign}}}{value}"'


def _image_file(emission: Emission, path: str) -> Iterator[str]:
    """The constraints file as a here-document, so that the Dockerfile needs no file beside it (BuildKit)."""
    if emission.constraints_path:
        yield from commented([f"the constraints file has to be in the image at {path}"])
        return
    end = "STACKPIN"
    yield f"COPY --chmod=644 <<'{end}' {path}"
    yield from emission.constraints.splitlines()
    yield end


def _github(values: Mapping[_Variable, str], environ: Mapping[str, str]) -> Iterator[str]:
    """Lines for ``$GITHUB_ENV``: comments are not allowed in there, and one line cannot refer to another."""
    for variable, value in values.items():
        there = [part for part in environ.get(variable.name, "").split(variable.separator) if part]
        added = [part for part in value.split(variable.separator) if part not in there]
        yield f"{variable.name}={variable.separator.join([*there, *added])}"
