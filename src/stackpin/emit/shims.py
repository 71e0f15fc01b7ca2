"""The texts of the shims: POSIX ``sh``, builtins only, read from the top so that harmless calls end early.

A shim finds the first real tool on PATH: a program of its own name that is neither itself nor in a folder that is marked
(:data:`stackpin.model.shims.MARKER`). A call that cannot select a package runs that tool at once. Every other one starts
stackpin, with these variables set:

``STACKPIN_SHIM_DIR``
    the folder in which the shim lies.
``STACKPIN_SHIM_TOOL``
    the real tool that was found, also where its name is another one (``pip3``); empty where there is none.
``STACKPIN_SHIM_DEPTH``
    how many shims stand above this call, itself included. Tools call each other (uv, a build backend, its pip), so that
    some depth is usual; a tool that finds the shim again and again is a loop, and ends at :data:`DEPTH`.

All names that a shim assigns begin with ``stackpin_``: what the user exported must reach the tool unchanged.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, NamedTuple

from stackpin.model.shims import MARKER, SIGNATURE, Launcher

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["CODE", "DEPTH", "launcher_in", "marker_text", "path_line", "shim_text"]

#: So many shims above each other are a loop.
DEPTH = 30
#: What the interpreter runs. Without the current folder on its path, where a folder ``stackpin`` may lie.
CODE = "import sys; sys.path[:] = filter(None, sys.path); from stackpin.cli.start import main; main()"

_HELP = "--version -V --help -h"
_UV_FLAGS = (
    "-q -qq --quiet -v -vv -vvv --verbose -n --no-cache --no-config --no-progress --offline --no-python-downloads "
    "--native-tls --system-certs --managed-python --no-managed-python"
)
_PIP_FLAGS = (
    "-q -qq -qqq --quiet -v -vv -vvv --verbose --debug --isolated --require-virtualenv --no-input --no-cache-dir "
    "--no-color --disable-pip-version-check --no-python-version-warning --no-proxy-env"
)


class _Tool(NamedTuple):
    """A tool's command line, as far as it matters (uv 0.5.0 to 0.13.9, pip 22.3 to 26.3, from their own help).

    ``flags``: options before the subcommand that take no value. ``words`` and ``pairs``: first words, and first two
    words, of calls that select no package. ``groups``: first words below which ``--help`` may come third. ``becomes``:
    the words that stand for it behind ``stackpin``.
    """

    flags: str
    words: str
    becomes: str
    pairs: tuple[str, ...] = ()
    groups: str = ""


_UV = _Tool(
    flags=_UV_FLAGS,
    words=f"{_HELP} help python cache self init auth format publish generate-shell-completion",
    becomes="uv",
    pairs=(
        *(f"pip {word}" for word in ("list", "freeze", "show", "check", "tree")),
        *(f"tool {word}" for word in ("list", "dir", "uninstall", "update-shell")),
        *(f"workspace {word}" for word in ("list", "dir")),
    ),
    groups="pip tool workspace",
)
_UVX = _Tool(flags=_UV_FLAGS, words=_HELP, becomes="uvx")
_PIP = _Tool(
    flags=_PIP_FLAGS,
    words=f"{_HELP} help list freeze show check cache config debug hash index inspect search completion",
    becomes="pip",
)
_KNOWN = {"uv": _UV, "uvx": _UVX, "pip": _PIP, "pip3": _PIP}

_FIND = """\
#!/bin/sh
@signature for @name: `stackpin shim install` wrote it, `stackpin shim remove` deletes it.
stackpin_python=@python
stackpin_package=@package
case $0 in */*) stackpin_here=${0%/*} ;; *) stackpin_here=. ;; esac
stackpin_real=
set -f
IFS=:
for stackpin_at in ${PATH-/usr/bin:/bin}; do
  stackpin_at=${stackpin_at:-.}/@name
  if [ -x "$stackpin_at" ] && [ -f "$stackpin_at" ]; then
    if ! [ -e "${stackpin_at%/*}/@marker" ] && ! [ "$stackpin_at" -ef "$0" ]; then
      stackpin_real=$stackpin_at
      break
    fi
  fi
done
case ${STACKPIN_SHIM_DEPTH-} in
  [1-9] | [1-9][0-9]) export STACKPIN_SHIM_DEPTH="$((STACKPIN_SHIM_DEPTH + 1))" ;;
  *) export STACKPIN_SHIM_DEPTH=1 ;;
esac
if [ "$STACKPIN_SHIM_DEPTH" -gt @depth ]; then
  printf '%s\\n' "stackpin[tool-missing]: @name was not run: it calls itself in a circle" \\
    "  found:    $stackpin_real, which runs $stackpin_here/@name again, @depth times so far" \\
    "  do:       put the folder of the real @name first on PATH, or: stackpin shim remove --dir '$stackpin_here'" >&2
  exit 16
fi
"""

_NO_TOOL = """\
if [ -z "$stackpin_real" ]; then
  printf '%s\\n' "stackpin[tool-missing]: @name was not run: there is no @name on PATH behind stackpin's shim" \\
    "  where:    PATH" \\
    "  do:       python3 -m pip install --user uv, or put the folder of your uv on PATH" >&2
  exit 16
fi
"""

_RUN_AT_ONCE = """\
if [ "${STACKPIN_OFF-}" = 1 ] && [ -n "$stackpin_real" ]; then
  [ "$STACKPIN_SHIM_DEPTH" -gt 1 ] || printf '%s\\n' "stackpin: off (STACKPIN_OFF=1): @name runs as it is" >&2
  exec "$stackpin_real" "$@"
fi
case $# in 0) stackpin_harmless=1 ;; *) stackpin_harmless= ;; esac
stackpin_1=
stackpin_2=
stackpin_3=
for stackpin_word do
  if [ -z "$stackpin_1" ]; then
    case $stackpin_word in
      @flags) ;;
      *) stackpin_1=$stackpin_word ;;
    esac
  elif [ -z "$stackpin_2" ]; then
    stackpin_2=$stackpin_word
  else
    stackpin_3=$stackpin_word
    break
  fi
done
case $stackpin_1 in
  @words) stackpin_harmless=1 ;;
"""
_PAIRS = """\
  venv) [ -n "${UV_VENV_SEED-}" ] || stackpin_harmless=1 ;;
  @groups)
    case "$stackpin_1 $stackpin_2" in @pairs) stackpin_harmless=1 ;; esac
    case $stackpin_2,$stackpin_3 in --help,* | -h,* | *,--help | *,-h) stackpin_harmless=1 ;; esac
    ;;
"""
_SUBCOMMANDS = """\
  -*) ;;
  *) case $stackpin_2 in --help | -h) stackpin_harmless=1 ;; esac ;;
"""
_END = """\
esac
if [ -n "$stackpin_harmless" ] && [ -n "$stackpin_real" ]; then
  for stackpin_word do
    case $stackpin_word in
      --stack | --stack=* | --cuda | --cuda=* | --allow | --allow=*) stackpin_harmless= ;;
      --seed*) [ "$stackpin_1" != venv ] || stackpin_harmless= ;;
    esac
  done
  [ -z "$stackpin_harmless" ] || exec "$stackpin_real" "$@"
fi
case $stackpin_here in /*) ;; *) stackpin_here=$PWD/$stackpin_here ;; esac
if ! [ -x "$stackpin_python" ] || ! [ -e "$stackpin_package/__main__.py" ]; then
  printf '%s\\n' "stackpin[tool-missing]: @name was not run: the stackpin that this shim calls is gone" \\
    "  where:    $stackpin_python -m stackpin" \\
    "  do:       install stackpin again, then: stackpin shim install --dir '$stackpin_here'" \\
    "            or take the shims away: cd '$stackpin_here' && rm @tools @marker" \\
    "            or run this once without stackpin: STACKPIN_OFF=1 @name ..." >&2
  exit 16
fi
"""
_START = """\
export STACKPIN_SHIM_DIR="$stackpin_here" STACKPIN_SHIM_TOOL="$stackpin_real"
exec "$stackpin_python" @options -c '@code' @becomes "$@"
"""


def shim_text(name: str, launcher: Launcher, tools: tuple[str, ...]) -> str:
    """The shim for one tool.

    :param tools: the names of all shims in its folder, for the message that says how to take them away.
    """
    tool = _KNOWN[name]
    parts = [
        _FIND,
        _NO_TOOL if tool.becomes != "pip" else "",
        _RUN_AT_ONCE,
        _PAIRS if tool.pairs else "",
        _SUBCOMMANDS if name != "uvx" else "",
        _END,
        _START,
    ]
    values = {
        "signature": SIGNATURE,
        "name": name,
        "python": shlex.quote(launcher.python),
        "package": shlex.quote(launcher.package),
        "marker": MARKER,
        "depth": str(DEPTH),
        "flags": _choice(tool.flags.split()),
        "words": _choice(tool.words.split()),
        "groups": _choice(tool.groups.split()),
        "pairs": _choice(f'"{pair}"' for pair in tool.pairs),
        "tools": " ".join(tools),
        "options": " ".join(launcher.options),
        "code": CODE,
        "becomes": tool.becomes,
    }
    return re.sub(r"@([a-z]+)", lambda found: values[found[1]], "".join(parts))


def _choice(words: Iterable[str]) -> str:
    """Words as the pattern of a ``case``."""
    return " | ".join(words)


def launcher_in(text: str) -> Launcher | None:
    """What a shim calls; None for a file that is no shim of ours."""
    lines = text.splitlines()
    if not (len(lines) > 1 and lines[1].startswith(SIGNATURE)):
        return None
    found = {}
    for line in lines[2:4]:
        name, equals, value = line.partition("=")
        words = _unquoted(value)
        if equals and len(words) == 1:
            found[name] = words[0]
    return Launcher(python=found.get("stackpin_python", ""), options=(), package=found.get("stackpin_package", ""))


def _unquoted(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return []  # a damaged shim: it calls nothing


def marker_text() -> str:
    """The file that marks a folder of shims."""
    return "Shims of stackpin lie here: `stackpin shim status` tells more, `stackpin shim remove` takes them away.\n"


def path_line(shell: str, folder: Path) -> str:
    """The line that puts a folder first on PATH: for ``bash``, ``zsh`` or ``fish``."""
    plain = re.fullmatch(r"[\w./+@%=,-]+", str(folder), re.ASCII)
    if shell == "fish":
        quoted = str(folder) if plain else "'" + re.sub(r"(['\\])", r"\\\1", str(folder)) + "'"
        return f"set -gx PATH {quoted} $PATH"
    return f'export PATH="{folder}:$PATH"' if plain else f'export PATH={shlex.quote(str(folder))}:"$PATH"'
