"""``compile --closure``: everything that the anchor needs, as the real ``uv pip compile`` selects it under the tuple.

uv decides; its pins are read and handed back. ``--exclude-newer`` near the anchor's upload keeps an old anchor from
dragging in what was written years later; the tuple's own members are exempt from it, since their versions are fixed.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from stackpin.effects.process import LocalProcesses, find_tool, scratch_files
from stackpin.errors import IndexFailed, NotCovered, NoTuple, ToolMissing
from stackpin.model.value import Value
from stackpin.parse.web_address import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from stackpin.effects.process import Finished, ProcessRunner
    from stackpin.model.target import Platform

__all__ = ["Resolution", "Uv", "closure", "lock_text", "uv_on_path", "uv_platform"]

#: The glibc minors (of glibc 2) that uv has a platform name for; a glibc between two takes the older one's wheels.
UV_GLIBC_MINORS = (17, 28, *range(31, 41))
#: Seconds; a cold resolution reads the metadata of some hundred wheels.
PATIENCE = 900.0
#: A day after every upload: what is pinned already is not to be left out for its date.
ALWAYS = "2999-12-31"
#: uv's settings that say how to reach an index; all others could bend the resolution.
KEPT = re.compile(
    r"UV_(?:CACHE_DIR|NATIVE_TLS|SYSTEM_CERTS|HTTP_\w+|CONCURRENT_\w+|KEYRING_PROVIDER|INSECURE_HOST|OFFLINE"
    r"|REQUEST_TIMEOUT|DEFAULT_INDEX|INDEX_URL|PYTHON_DOWNLOADS|INDEX_\w+_(?:USERNAME|PASSWORD))\Z"
)
_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)\s*===?\s*[^\s;#]+", re.MULTILINE)
_NETWORK = re.compile(
    r"error sending request|Failed to fetch|dns error|connection (?:refused|reset)|timed out|Could not connect"
    r"|HTTP status|request or response body|certificate|tls",
    re.IGNORECASE,
)
_TOO_OLD = re.compile(r"unexpected argument|invalid value .* for '--(?:python-platform|exclude-newer)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s`'\"()<>]+")


class Resolution(Value):
    """What uv is to resolve, and under what.

    ``constraints`` is the constraints file of the tuple, as it will be written; ``requirement`` the anchor, with its extra and
    version (PEP 508); ``python`` is ``3.11``, or with a patch release. Nothing that was uploaded after the date (ISO 8601) of
    ``exclude_newer`` is taken, the tuple's members excepted.
    """

    constraints: str
    requirement: str
    python: str
    platform: Platform
    exclude_newer: str


class Uv(Value):
    """The uv that resolves: its program (the first on PATH where None) and the index that stands for PyPI (uv's own where None)."""

    program: Path | str | None = None
    index_url: str | None = None
    runner: ProcessRunner | None = None
    environ: Mapping[str, str] | None = None


def closure(wanted: Resolution, uv: Uv | None = None) -> tuple[tuple[str, str], ...]:
    """Everything that the anchor needs under these constraints: (normalized name, version) pairs, sorted by name.

    :raises NoTuple: when uv finds no answer; its own words are part of the text.
    :raises IndexFailed: when uv could not reach the index.
    :raises ToolMissing: when there is no uv, it is too old, or it takes too long.
    """
    return _pins(_resolved(wanted, uv or Uv(), ("--no-header", "--no-annotate")))


def lock_text(wanted: Resolution, uv: Uv | None = None) -> str:
    """The same as a lock file (PEP 751), with addresses and hashes, as uv writes it. Raises what :func:`closure` raises."""
    return _resolved(wanted, uv or Uv(), ("--no-header", "--format", "pylock.toml")).stdout


def _resolved(wanted: Resolution, uv: Uv, output: tuple[str, ...]) -> Finished:
    environ = os.environ if uv.environ is None else uv.environ
    tool = str(uv.program or uv_on_path(environ))
    files = {"anchor.in": f"{wanted.requirement}\n", "tuple.txt": wanted.constraints}
    with scratch_files(files) as folder:
        argv = [tool, "pip", "compile", "anchor.in", "--constraint", "tuple.txt", *output, *_options(wanted)]
        env = _environment(environ, uv.index_url)
        done = (uv.runner or LocalProcesses()).run(argv, env=env, cwd=folder, timeout=PATIENCE)
    if done.code != 0:
        raise _failure(done, wanted.requirement, uv.index_url)
    return done


def uv_on_path(environ: Mapping[str, str]) -> str:
    """The first uv on PATH.

    :raises ToolMissing: when there is none.
    """
    found = find_tool("uv", environ)
    if found is None:
        raise ToolMissing("there is no uv on PATH", where="PATH", expected="uv", hint="pip install uv")
    return found


def uv_platform(platform: Platform) -> str:
    """The name that uv has for a platform; any glibc is the newest that uv knows.

    :raises NotCovered: for a glibc older than uv resolves for.
    """
    if platform.glibc is None:
        return f"{platform.machine}-manylinux_2_{UV_GLIBC_MINORS[-1]}"
    major, minor = platform.glibc
    fitting = [known for known in UV_GLIBC_MINORS if (2, known) <= (major, minor)]
    if not fitting:
        raise NotCovered(
            f"uv does not resolve for {platform}", expected=f"manylinux_2_{UV_GLIBC_MINORS[0]} or newer with --closure"
        )
    return f"{platform.machine}-manylinux_2_{fitting[-1]}"


def _options(wanted: Resolution) -> list[str]:
    options = ["--no-config", "--no-progress", "--color", "never"]
    options += ["--python-version", wanted.python, "--python-platform", uv_platform(wanted.platform)]
    options += ["--exclude-newer", wanted.exclude_newer]
    for name in sorted({canonicalize_name(name) for name in _PIN.findall(wanted.constraints)}):
        options += ["--exclude-newer-package", f"{name}={ALWAYS}"]
    return options


def _environment(environ: Mapping[str, str], index_url: str | None) -> dict[str, str]:
    """The environment without those settings of uv that change what it selects.

    The index goes this way too: an argument, with the password that it may hold, is there for everyone to see.
    """
    kept = {name: value for name, value in environ.items() if not name.startswith("UV_") or KEPT.match(name)}
    if index_url is not None:
        kept.pop("UV_INDEX_URL", None)
        kept["UV_DEFAULT_INDEX"] = index_url
    return kept


def _pins(done: Finished) -> tuple[tuple[str, str], ...]:
    """The pins that uv printed.

    :raises ToolMissing: when a line of it is no pin.
    """
    found = {}
    for line in _lines(done.stdout):
        try:
            requirement = Requirement(line)
            (specifier,) = requirement.specifier
        except (InvalidRequirement, ValueError) as error:
            raise ToolMissing(
                "uv printed a line that is no pin", where="uv pip compile", got=line, expected="name==version"
            ) from error
        found[str(canonicalize_name(requirement.name))] = specifier.version
    return tuple(sorted(found.items()))


def _lines(text: str) -> Iterable[str]:
    bare = (line.partition(" #")[0].strip() for line in text.splitlines())
    return [line for line in bare if line and not line.startswith(("#", "-"))]


def _failure(done: Finished, requirement: str, index_url: str | None) -> NoTuple | IndexFailed | ToolMissing:
    """The error that a failed run stands for. uv: 1 is no solution, 2 everything else."""
    words = _ADDRESS.sub(lambda match: without_credentials(match[0]), done.stderr.strip())
    if done.timed_out:
        return ToolMissing("uv took too long", where="uv pip compile", got=f"no answer in {PATIENCE:.0f} s")
    if "No solution found" in words:
        said = "\n".join(f"  {line}" for line in words.splitlines())
        return NoTuple(
            f"{requirement} has no closure under the tuple; uv says:\n\n{said}",
            hint="compile without --closure, or name an anchor whose other needs still exist",
        )
    if _TOO_OLD.search(words):
        return ToolMissing("uv is too old", where=done.argv[0], got=_first(words), hint="pip install --upgrade uv")
    where = without_credentials(index_url) if index_url else "the index that uv is told of"
    if _NETWORK.search(words):
        return IndexFailed("uv could not read the index", where=where, got=words)
    return IndexFailed("uv pip compile failed", where=where, got=words or f"exit status {done.code}")


def _first(words: str) -> str:
    return words.splitlines()[0] if words else ""
