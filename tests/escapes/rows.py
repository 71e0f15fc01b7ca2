"""The rows of the suite: routes (``routes/*.toml``) and the situations that they start from (``situations.toml``).

Unknown keys are refused. In texts, ``{pypi}``, ``{vendors}``, ``{cpu}`` (a folder of CPU builds), ``{work}`` and ``{home}``
stand for addresses and folders of the moment; ``{url torch 2.5.1}``, ``{wheel torch 2.5.1}`` and ``{hash torch 2.5.1}`` for
the address, a local copy and the sha256 of that wheel.
"""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass, field, fields
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from stackpin.inject import pip as pip_rules
from stackpin.inject import uv as uv_rules

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Expect", "Route", "Situation", "every_route", "every_situation", "held_releases", "releases"]

HERE = Path(__file__).resolve().parent
NOXFILE = HERE.parents[1] / "noxfile.py"
FLOORS = {"pip": pip_rules.FLOOR, "uv": uv_rules.FLOOR}
Row = TypeVar("Row")


class Expect(str, Enum):
    """What must come of a route under the wrapper."""

    #: It ends with 0, and only members of the tuple lie there.
    HELD = "held"
    #: It ends with 10 or 11 and nothing has changed, or with the tool's own failure and nothing wrong came in.
    REFUSED = "refused"
    #: One of the two.
    SAFE = "safe"
    #: The same exit code and the same environment as with the bare tool.
    HARMLESS = "harmless"
    #: A documented limit: the wrong member comes in.
    LEAK = "leak"


class Bare(str, Enum):
    """What the bare tool must show, so that the row proves something."""

    LEAK = "leak"
    #: It fails for want of the network, or has nothing to show; ``why`` says so.
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What lies there before.

    :ivar installed: distributions in the environment, ``name==version``.
    :ivar files: text files by their path below the folder of the run (``work/`` is where the command is typed).
    :ivar environment: variables; an empty value takes one away.
    :ivar sources: source trees below ``work/``, by name: what their build requires.
    :ivar before: commands that the bare tool ran before, under the same environment.
    """

    installed: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way to type it.

    :ivar argv: what is typed after ``pip``, ``uv`` or ``uvx``.
    :ivar own: options of stackpin's own, typed as well under the wrapper.
    :ivar versions: the releases of the tool that have this route.
    :ivar lands: names, or ``name==version``, that must be there where the route ends with 0.
    :ivar unless: another expectation for some releases, by specifier.
    :ivar joint: what is solved together where more than the stack decides, as ``stackpin compile`` takes it.
    """

    id: str
    why: str
    tool: str
    argv: str
    expect: Expect
    given: tuple[str, ...] = ()
    stack: str = "torch==2.6.0"
    cuda: str = "pypi"
    own: str = ""
    stdin: str = ""
    versions: str = ""
    lands: tuple[str, ...] = ()
    unless: Mapping[str, Expect] = field(default_factory=dict)
    bare: Bare = Bare.LEAK
    joint: tuple[str, ...] = ()

    @property
    def program(self) -> str:
        """The tool whose releases run it."""
        return "uv" if self.tool == "uvx" else self.tool

    def runs_on(self, version: str) -> bool:
        """Whether a release has this route."""
        return SpecifierSet(self.versions).contains(version)

    def expectation(self, version: str) -> Expect:
        """What must come of it with a release."""
        special = (value for specifier, value in self.unless.items() if SpecifierSet(specifier).contains(version))
        return next(special, self.expect)


@cache
def releases(tool: str) -> tuple[str, ...]:
    """The releases of pip or uv that ``nox`` lays out, oldest first."""
    name = {"pip": "PIP_RELEASES", "uv": "UV_RELEASES"}[tool]
    found = re.search(rf"^{name} = (\(.*\))$", NOXFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"{name} is not in the noxfile"
    return tuple(ast.literal_eval(found[1]))


def held_releases(tool: str) -> tuple[str, ...]:
    """Those of the releases that the wrapper holds; an older one is refused with 16 (``test_old_tools.py``)."""
    return tuple(release for release in releases(tool) if Version(release).release >= FLOORS[tool])


@cache
def every_situation() -> dict[str, Situation]:
    """The situations by name."""
    return {name: _made(Situation, row, name) for name, row in _read(HERE / "situations.toml").items()}


@cache
def every_route() -> tuple[Route, ...]:
    """The routes, file by file, as they stand there."""
    paths = sorted((HERE / "routes").glob("*.toml"))
    return tuple(_route(row) for path in paths for row in _read(path)["route"])


def _route(row: dict[str, Any]) -> Route:
    row = {**row, "expect": Expect(row["expect"]), "bare": Bare(row.get("bare", "leak"))}
    row["unless"] = {specifier: Expect(value) for specifier, value in row.get("unless", {}).items()}
    route = _made(Route, row, row["id"])
    assert set(route.given) <= set(every_situation()), f"{route.id}: {route.given} is not all in situations.toml"
    assert route.tool in {"pip", "uv", "uvx"}, f"{route.id}: no tool {route.tool}"
    return route


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


def _made(kind: type[Row], row: dict[str, Any], name: str) -> Row:
    known = {each.name for each in fields(kind)}  # type: ignore[arg-type]  # both kinds of row are dataclasses
    assert set(row) <= known, f"{name}: unknown keys {sorted(set(row) - known)}"
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()})
