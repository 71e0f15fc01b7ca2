"""What one call of pip or uv installs and removes, and from which indexes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement

from stackpin.catalog.base_images import backend_index
from stackpin.check.command_steps import ANY
from stackpin.model.mention import IndexLine, Mention, Place, Role
from stackpin.model.names import normalized_name
from stackpin.model.stack import FAMILY, TORCH
from stackpin.parse.marked_text import UNKNOWN, Marked
from stackpin.parse.requirement_file import RequirementKind, parse_requirement_text
from stackpin.parse.requirement_mention import shown_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stackpin.app.check.command_calls import PlacedWord, ToolCall
    from stackpin.parse.marked_text import Lines
    from stackpin.parse.shell_words import Word

__all__ = ["Indexes", "Installed", "indexes_of", "installed_by", "untold_index"]

_NAMED = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(?=[<>=!~;@ ]|\Z)")
_WHEEL = re.compile(r"(?:.*/)?([A-Za-z0-9](?:[A-Za-z0-9_.]*[A-Za-z0-9])?)-[^/]*\.whl(?:\[[^\]]*\])?")
#: Longer than any requirement that people write.
_LONGEST = 2000
_BACKEND = re.compile(r"cu\d{3}|cpu|rocm[\d.]+|xpu")
_TOOL_VERSION = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]]*\])?)@([^@/:]+)")
#: Options that name the only index, those that name further ones, and the variables that stand for them.
_MAIN = {
    "pip": (("--index-url", "--pypi-url"), ("PIP_INDEX_URL",)),
    "uv": (("--default-index", "--index-url"), ("UV_DEFAULT_INDEX", "UV_INDEX_URL")),
}
_MORE = {
    "pip": (("--extra-index-url", "--find-links"), ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS")),
    "uv": (
        ("--index", "--extra-index-url", "--find-links"),
        ("UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"),
    ),
}


class Indexes(NamedTuple):
    """Where a call looks. ``only`` is the one index, where it looks in no other; ``backend`` that of torch alone."""

    lines: tuple[IndexLine, ...] = ()
    only: str = ""
    backend: str = ""

    def address_for(self, name: str) -> str:
        """The index that a package is taken from; empty where that is not told."""
        return self.backend if self.backend and name in {TORCH, *FAMILY} else self.only


class Installed(NamedTuple):
    """What words ask for: mentions, those in versions that cannot be told, and whether there is more that cannot be told.

    ``wrong`` are words that no installer takes for a requirement, with their places.
    """

    mentions: tuple[Mention, ...]
    touched: tuple[Mention, ...]
    unknown: bool
    wrong: tuple[tuple[str, Place], ...]


def indexes_of(tool: ToolCall, lines: Lines, *, configured: bool) -> Indexes:
    """The indexes of a call, from its options and the variables that are set.

    :param configured: whether a command before has changed the tool's own configuration.
    """
    kind = "pip" if tool.call.tool == "pip" else "uv"
    main = list(_addresses(tool, *_MAIN[kind]))
    more = list(_addresses(tool, *_MORE[kind]))
    found = [
        IndexLine(address=shown_address(address).replace(UNKNOWN, "…"), option=option, place=lines.place(marked))
        for option, address, marked in (*main[:1], *more)
    ]
    if configured:
        found.append(untold_index("pip config", tool.words, lines))
    backend = ""
    for option, value, marked in _values(tool, ("--torch-backend",), ("UV_TORCH_BACKEND",)) if kind == "uv" else ():
        if _BACKEND.fullmatch(value):
            backend = backend_index(value)
            found.append(IndexLine(address=backend, option=option, place=lines.place(marked)))
        break
    sure = len(main) > 0 and not more and not configured and UNKNOWN not in main[0][1]
    return Indexes(tuple(found), shown_address(main[0][1]) if sure else "", backend)


def untold_index(option: str, words: Sequence[Word], lines: Lines) -> IndexLine:
    """Stands for indexes that cannot be told: any build may lie there."""
    place = lines.place(words[0].marked) if words else Place(path=lines.path)
    return IndexLine(address="…", option=option, place=place)


def _values(tool: ToolCall, options: tuple[str, ...], variables: tuple[str, ...]) -> Iterator[tuple[str, str, Marked]]:
    """Option or variable, value, and where it stands; what is typed before what is set."""
    for option in tool.call.options:
        if option.name in options and option.value is not None:
            marked = tool.placed(option.value)
            if marked is not None:
                yield option.name, str(option.value), marked
    for name in variables:
        value = tool.variables.get(name)
        if value is not None:
            yield name, value.text, value
        elif name in tool.variables:
            yield name, UNKNOWN, Marked(UNKNOWN, ())


def _addresses(
    tool: ToolCall, options: tuple[str, ...], variables: tuple[str, ...]
) -> Iterator[tuple[str, str, Marked]]:
    """The addresses that options and variables hold, of which a variable may hold several."""
    for name, value, marked in _values(tool, options, variables):
        for match in re.finditer(r"[^\s,]+" if "FIND_LINKS" in name else r"\S+", value):
            start = match.start()
            named = re.match(r"[A-Za-z0-9_-]+=(?=\w+:|/)", match[0]) if name in {"--index", "UV_INDEX"} else None
            start += named.end() if named else 0
            yield name, value[start : match.end()], marked.part(start, match.end())


def installed_by(words: list[PlacedWord], indexes: Indexes, lines: Lines, *, tool: bool = False) -> Installed:
    """What the operands of a call ask for.

    :param tool: whether they are in uv's own spelling for tools (``vllm@0.9.0``).
    """
    mentions: list[Mention] = []
    touched: list[Mention] = []
    wrong: list[tuple[str, Place]] = []
    unknown = False
    for placed in words:
        marked = placed.word.marked
        if len(marked.text) > _LONGEST:
            unknown = True
            continue
        text = _TOOL_VERSION.sub(r"\1==\2", marked.text) if tool else marked.text
        if UNKNOWN in text or "*.whl" in text or parse_requirement_text(text).kind is not RequirementKind.NAME:
            named = _direct(text, marked, lines)
            mentions += [named] if isinstance(named, Mention) else []
            touched += [_in_any_version(named, marked, lines)] if isinstance(named, str) and named else []
            unknown = unknown or not named
            continue
        mention = _required(text, marked, indexes, lines)
        if mention is not None:
            mentions.append(mention)
        else:
            match = _NAMED.match(text)
            wrong.append((text, lines.place(marked)))
            touched += [_in_any_version(match[1], marked, lines)] if match else []
    return Installed(tuple(mentions), tuple(touched), unknown, tuple(wrong))


def _in_any_version(name: str, marked: Marked, lines: Lines) -> Mention:
    return Mention(name=normalized_name(name), place=lines.place(marked), role=Role.REQUIRED, version=ANY)


def _required(text: str, marked: Marked, indexes: Indexes, lines: Lines) -> Mention | None:
    """A requirement by name; None where it is none that an installer takes."""
    try:
        found = Requirement(text)
    except (InvalidRequirement, RecursionError):
        return None
    exact = [
        each.version for each in found.specifier if each.operator in {"==", "==="} and not each.version.endswith(".*")
    ]
    name = normalized_name(found.name)
    return Mention(
        name=name,
        place=lines.place(marked),
        role=Role.REQUIRED,
        version=exact[0] if exact else "",
        specifier=str(found.specifier),
        extras=tuple(sorted(found.extras)),
        marker=str(found.marker or ""),
        text=marked.text,
        address=indexes.address_for(name),
    )


def _direct(text: str, marked: Marked, lines: Lines) -> Mention | str:
    """What an address, a path or a word with unknown parts asks for: a mention, only a name, or an empty text for neither."""
    if UNKNOWN not in text and "*" not in text:
        line = parse_requirement_text(text)
        if not line.name or not line.version:
            return line.name
        return Mention(
            name=normalized_name(line.name),
            place=lines.place(marked),
            role=Role.REQUIRED,
            version=line.version,
            text=text,
            address=shown_address(line.target),
        )
    match = _WHEEL.fullmatch(text) if ".whl" in text else _NAMED.match(text.replace(UNKNOWN, " "))
    if match is None or text.startswith(UNKNOWN) or text[match.end(1) : match.end(1) + 1] == UNKNOWN:
        return ""
    return normalized_name(match[1])
