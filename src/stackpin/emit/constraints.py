"""Constraints files, as ``pip install -c`` and ``uv pip install -c`` take them.

One pin a line, each with the fact that forced it. Format: ``contract.md`` of the project's documentation ("constraints").
A pin is never split over lines, carries no extra and no hash; those turn other modes of pip and uv on.
"""

from __future__ import annotations

import re
import shlex
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING

from stackpin.emit.url_lines import python_guard, url_lines
from stackpin.model.build import Channel
from stackpin.model.stack import TORCH
from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stackpin.model.build import WheelAddress
    from stackpin.model.locked import LockedTuple, Pin

__all__ = [
    "IndexStyle",
    "Options",
    "command_words",
    "constraints_text",
    "file_name",
    "head_lines",
    "rewritten",
    "target_text",
    "title_of",
]

_SERIES = re.compile(r"[\w.-]+(?:\[.*\])?\s*==\s*(\d+(?:\.\d+)*)\.\*")
_COLUMN = 22
_CONTROL = r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+"


class IndexStyle(str, Enum):
    """How a file names the index of a build that PyPI does not carry."""

    FIND_LINKS = "find-links"
    EXTRA_INDEX_URL = "extra-index-url"
    URL = "url"


class Options(Value):
    """Choices of the emitter. ``mirrors`` rewrites URLs by prefix; ``command`` is the line that rebuilds the file.

    ``guard`` closes the file outside its target; a file that is made for one run needs none, and pip reads markers for the
    Python that it runs with, not for the one that it gathers files for. ``addresses`` are the wheels of each pin by its name,
    for the style ``url``.
    """

    mirrors: Mapping[str, str]
    command: str
    version: str
    style: IndexStyle = IndexStyle.FIND_LINKS
    guard: bool = True
    addresses: Mapping[str, tuple[WheelAddress, ...]] = MappingProxyType({})


def title_of(locked: LockedTuple) -> str:
    """What a file is about: ``sglang 0.4.x`` for a series, ``sglang 0.4.6.post5`` for a release."""
    titles = []
    for anchor in locked.anchors:
        series = _SERIES.fullmatch(anchor.request)
        version = "(source tree)" if anchor.tree else anchor.version
        titles.append(f"{anchor.name} {series[1]}.x" if series else f"{anchor.name} {version}".strip())
    return " and ".join(titles)


def file_name(stack: str, series_or_version: str, tag: str) -> str:
    """The name of a ready-made file: ``sglang-0.4.x-cu124.txt``."""
    return f"{stack}-{series_or_version}-{tag}.txt"


def constraints_text(locked: LockedTuple, options: Options) -> str:
    """The whole file; the same tuple and options give the same bytes."""
    by_url = options.style is IndexStyle.URL
    lines = [*_header(locked, options), *([] if by_url else _index_lines(locked.pins, options))]
    rows = []
    for pin in locked.pins:
        found = url_lines(pin, options.addresses[pin.name], locked) if by_url else [f"{pin.name}{pin.specifier}"]
        rows += [(line, _pin_comment(pin)) for line in found]
    rows += [(f"{bound.name}{bound.specifier}", bound.note) for bound in locked.bounds]
    rows += [(f"{name}=={version}", "") for name, version in locked.closure]
    rows += [(f"{block.name}=={block.reads}", block.note) for block in locked.blocks]
    width = max((len(pin) for pin, _ in rows if len(pin) <= _COLUMN + 8), default=_COLUMN)
    lines += [f"{pin:<{width}}  # {comment}" if comment else pin for pin, comment in rows]
    lines += [python_guard(locked)] if options.guard and by_url else []
    lines += [_guard(locked)] if options.guard else []
    return "\n".join(_one_line(line) for line in lines) + "\n"


def _one_line(text: str) -> str:
    """A text as one line of a requirements file: texts of others may hold breaks, and a backslash at the end joins lines."""
    return (text if text.isprintable() else re.sub(_CONTROL, " ", text)).rstrip(" \\")


def head_lines(locked: LockedTuple, made: str) -> Iterator[str]:
    """What every text says first: of what it is, how the anchors were chosen, for what, and from which catalog.

    :param made: how and by which stackpin it was made (``compiled by stackpin 1.0``).
    """
    yield f"{title_of(locked)} on {locked.cuda}, {made}"
    for anchor in locked.anchors:
        chosen = f": {anchor.chosen}" if anchor.chosen else ""
        yield f"anchor   {anchor.name} {anchor.version}".rstrip() + chosen
    yield f"target   {target_text(locked)}"
    yield f"catalog  {locked.catalog_date}, {locked.catalog_digest}"


def _header(locked: LockedTuple, options: Options) -> Iterator[str]:
    yield from (f"# {line}" for line in head_lines(locked, f"compiled by stackpin {options.version}"))
    yield f"# rebuild  {options.command}"
    yield from (f"# note     {note}" for note in locked.notes)


def target_text(locked: LockedTuple) -> str:
    """What a tuple is for, in a line: tag, platform, glibc, Pythons, driver."""
    glibc = f", glibc {locked.glibc[0]}.{locked.glibc[1]} or newer" if any(locked.glibc) else ""
    if locked.python_asked or len(locked.pythons) == 1:
        pythons = f", Python {locked.python_asked or locked.pythons[0]}"
    elif locked.pythons:
        pythons = f", Python {locked.pythons[0]} to {locked.pythons[-1]}"
    else:
        pythons = ""
    driver = f"; NVIDIA driver {locked.driver} or newer" if locked.driver else ""
    return f"{locked.cuda}, linux {locked.platform.machine}{glibc}{pythons}{driver}"


def rewritten(url: str, mirrors: Mapping[str, str]) -> str:
    """A URL with its longest mirrored prefix replaced."""
    for prefix in sorted(mirrors, key=len, reverse=True):
        if prefix != "pypi" and url.startswith(prefix):
            return mirrors[prefix] + url[len(prefix) :]
    return url


def _index_lines(pins: Iterable[Pin], options: Options) -> Iterator[str]:
    """One line for each page that a pin needs; an index that serves several projects is named once."""
    pages = [pin.build.page for pin in pins if pin.build.channel is Channel.FIND_LINKS]
    if options.style is IndexStyle.EXTRA_INDEX_URL:
        roots = dict.fromkeys(page.rstrip("/").rpartition("/")[0] for page in pages)
        yield from (f"--extra-index-url {rewritten(root, options.mirrors)}" for root in roots)
        return
    yield from (f"--find-links {rewritten(page, options.mirrors)}" for page in dict.fromkeys(pages))


def _pin_comment(pin: Pin) -> str:
    """The first piece of evidence and the note, on one line."""
    first = str(pin.evidence[0]) if pin.evidence else ""
    return ". ".join(part for part in (first, pin.note) if part)


def _guard(locked: LockedTuple) -> str:
    """The line that contradicts the torch pin outside the target, and says why (a local version takes dots only)."""
    machine = locked.platform.machine
    marker = f'sys_platform != "linux" or platform_machine != "{machine}"'
    only = f"linux.{machine.replace('_', '.')}"
    if locked.python_asked:
        marker += f' or python_version != "{locked.python_asked}"'
        only += f".python.{locked.python_asked}"
    return f"{TORCH}==0+stackpin.only.{only} ; {marker}"


def command_words(requirement: Iterable[str], cuda: str, **options: str) -> str:
    """The ``stackpin compile`` line that rebuilds a file; options with an empty value are left out."""
    words = ["stackpin", "compile", *requirement, "--cuda", cuda]
    for option, value in options.items():
        words += [f"--{option.replace('_', '-')}", value] if value else []
    return shlex.join(words)
