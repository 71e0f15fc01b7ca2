"""The instructions of a Dockerfile: lines joined, comments and empty lines within them left out, here-documents set apart.

Source: BuildKit's parser (``frontend/dockerfile/parser``) and the Dockerfile reference: the directives ``syntax`` and
``escape``, instructions in any case, ``RUN``, ``COPY`` and ``ADD`` with here-documents, the exec form as JSON.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from stackpin.errors import InputUnreadable
from stackpin.parse.marked_text import Marked, joined, whole
from stackpin.parse.shell_spans import after_heredoc, heredoc_head
from stackpin.parse.shell_words import Word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.parse.marked_text import Lines

__all__ = ["HereDocument", "Instruction", "exec_words", "instructions"]

_KNOWN = frozenset({
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "RUN",
    "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
})  # fmt: skip
_DIRECTIVE = re.compile(r"#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*\Z")
_HEAD = re.compile(r"\s*(\S+)[ \t]*")
_FLAG = re.compile(r"--[a-z][a-z-]*(?:=\S*)?(?=\s|\Z)\s*")
#: A word that names a here-document, or something quoted that is gone past.
_HEREDOC = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.|(?<!\S)\d*<<(-?)(?=[^\s<])")
_WITH_HEREDOCS = frozenset({"RUN", "COPY", "ADD"})


class HereDocument(NamedTuple):
    """What stands behind an instruction that names it (``<<EOF``). ``quoted`` is whether nothing in it is filled in."""

    name: str
    quoted: bool
    text: Marked


class Instruction(NamedTuple):
    """One instruction. ``name`` is in capitals; ``value`` is the rest without the flags in front of it.

    ``bodies`` are its here-documents, and ``script`` is the value with them behind it, as a shell would be given both.
    ``escape`` is the file's escape character; ``start`` the instruction's offset in the file.
    """

    name: str
    value: Marked
    flags: tuple[str, ...]
    bodies: tuple[HereDocument, ...]
    script: Marked
    escape: str
    start: int


class _Directives(NamedTuple):
    """What the comments at the top of the file say."""

    escape: str = "\\"
    syntax: str = ""


def _directives(text: str) -> _Directives:
    found = _Directives()
    seen: set[str] = set()
    for line in text.split("\n", 20)[:20]:
        match = _DIRECTIVE.match(line.strip())
        if not match or match[1].lower() in seen:
            break
        seen.add(match[1].lower())
        if match[1].lower() == "escape" and match[2] in {"\\", "`"}:
            found = found._replace(escape=match[2])
        elif match[1].lower() == "syntax":
            found = found._replace(syntax=match[2])
    return found


def instructions(lines: Lines) -> Iterator[Instruction]:
    """The instructions in their order.

    :raises InputUnreadable: for a line that begins with no instruction, and for a here-document that does not end.
    """
    directives = _directives(lines.text)
    own = directives.syntax and not re.match(r"(?:docker\.io/)?docker/dockerfile", directives.syntax)
    at = 0
    while at < len(lines.text):
        value, start, at = _logical_line(lines.text, at, directives.escape)
        if not value.text.strip():
            continue
        head = _HEAD.match(value.text)
        name = head[1].upper() if head else ""
        if name not in _KNOWN:
            if own:  # another syntax may have instructions of its own
                continue
            line, _ = lines.position(start)
            raise InputUnreadable(
                "a line of the Dockerfile begins with no instruction",
                where=f"{lines.path}:{line}",
                got=name[:40],
                expected="FROM, RUN, COPY, ENV, ARG or another of them",
            )
        rest = value.part(head.end(), len(value.text)) if head else value
        flags, rest = _flags(rest)
        bodies: tuple[HereDocument, ...] = ()
        script = rest
        if name in _WITH_HEREDOCS and "<<" in rest.text and not rest.text.startswith("["):
            bodies, script, at = _bodies(lines, rest, at, start)
        yield Instruction(name, rest, flags, bodies, script, directives.escape, start)


def _logical_line(text: str, at: int, escape: str) -> tuple[Marked, int, int]:
    """The next line with those that continue it, where it begins, and where the one behind it does."""
    continues = re.compile(rf"(?:(?<=[^{re.escape(escape)}])|\A){re.escape(escape)}[ \t]*\Z")
    parts: list[Marked] = []
    start = at
    first = True
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line, origin, at = text[at:end].rstrip("\r"), at, end + 1
        bare = line.strip()
        if bare.startswith("#") or not bare:
            if first:
                break
            continue  # BuildKit leaves out comments, and empty lines with a warning
        if first:
            start = origin + len(line) - len(line.lstrip())
        first = False
        match = continues.search(line)
        parts.append(whole(line[: match.start()] if match else line, origin))
        if not match:
            break
    return joined(parts), start, at


def _flags(value: Marked) -> tuple[tuple[str, ...], Marked]:
    """The flags in front of a value (``--mount=…``), and the value behind them."""
    found: list[str] = []
    at = 0
    while match := _FLAG.match(value.text, at):
        found.append(match[0].strip())
        at = match.end()
    return tuple(found), value.part(at, len(value.text))


def _bodies(lines: Lines, value: Marked, at: int, start: int) -> tuple[tuple[HereDocument, ...], Marked, int]:
    """The here-documents that a value names, the value with them behind it, and where the next line begins."""
    bodies: list[HereDocument] = []
    parts = [value]
    for match in _HEREDOC.finditer(value.text):
        head = heredoc_head(value.text, match.end()) if match[1] is not None else None
        if head is None:
            continue
        body_end, after = after_heredoc(lines.text, at, head[0], tabs=match[1] == "-")
        if body_end == after:
            line, _ = lines.position(start)
            raise InputUnreadable(
                f"the here-document {head[0]!r} does not end: the file is cut",
                where=f"{lines.path}:{line}",
                expected=f"a line {head[0]}",
            )
        bodies.append(HereDocument(head[0], head[1], whole(lines.text[at:body_end], at)))
        parts += [Marked("\n", ()).at(max(at - 1, 0)), whole(lines.text[at:after], at)]
        at = after
    return tuple(bodies), joined(parts), at


def exec_words(value: Marked) -> list[Word] | None:
    """The words of the exec form, a JSON array of strings; None for anything else, which is then the shell form."""
    text = value.text
    if not text.startswith("["):
        return None
    decoder = json.JSONDecoder()
    found: list[Word] = []
    at = 1
    while True:
        at = _past_space(text, at)
        if text[at : at + 1] == "]" and not found:
            break
        try:
            word, end = decoder.raw_decode(text, at) if text[at : at + 1] == '"' else (None, at)
        except ValueError:
            return None
        if not isinstance(word, str):
            return None
        plain = word == text[at + 1 : end - 1]
        marked = value.part(at + 1, end - 1) if plain else Marked(word, ()).at(value.origin(at))
        found.append(Word(marked, at, end, quoted=True))
        at = _past_space(text, end)
        if text[at : at + 1] == "]":
            break
        if text[at : at + 1] != ",":
            return None
        at += 1
    return found if not text[at + 1 :].strip() else None


def _past_space(text: str, at: int) -> int:
    match = re.compile(r"\s*").match(text, at)
    return match.end() if match else at
