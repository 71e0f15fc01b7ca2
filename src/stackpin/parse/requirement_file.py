"""Requirements and constraints files of pip and uv: the few things that must be known before one is handed on.

The grammar is pip's (``pip._internal.req.req_file``; "Requirements File Format" in its manual): lines joined by a
backslash, ``#`` comments, ``${NAME}`` variables, options by their names, abbreviations or short forms. Nothing is refused:
what pip or uv would refuse they will refuse themselves.
"""

from __future__ import annotations

import re
import shlex
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from stackpin.model.names import normalized_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "FileOption",
    "NestedFile",
    "RequiredLine",
    "RequirementFile",
    "RequirementKind",
    "file_name_parts",
    "mark_of",
    "option_of",
    "parse_requirement_file",
    "parse_requirement_text",
    "required_line",
    "requirement_file_text",
    "takes_value",
]

_COMMENT = r"(^|\s+)#.*$"
_VARIABLE = r"\$\{([A-Z0-9_]+)\}"
_NAME = r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(?=$|[<>=!~@;( ])"
_SCHEME = r"(?i)file:|[A-Za-z][A-Za-z0-9+.-]+:(?://|(?=[./]))"
_EGG = r"[#&]egg=([A-Za-z0-9._-]+)"
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar.lzma", ".tlz", ".tar")
#: Options of a line, True where a value follows.
_OPTIONS = {
    "--index-url": True,
    "--pypi-url": True,
    "--extra-index-url": True,
    "--no-index": False,
    "--constraint": True,
    "--requirement": True,
    "--editable": True,
    "--find-links": True,
    "--no-binary": True,
    "--only-binary": True,
    "--prefer-binary": False,
    "--require-hashes": False,
    "--no-require-hashes": False,
    "--pre": False,
    "--all-releases": True,
    "--only-final": True,
    "--trusted-host": True,
    "--use-feature": True,
    "--hash": True,
    "--config-settings": True,
    "--global-option": True,
    "--install-option": True,
}
_SHORT = {
    "-i": "--index-url",
    "-c": "--constraint",
    "-r": "--requirement",
    "-e": "--editable",
    "-f": "--find-links",
    "-C": "--config-settings",
}
#: Longest first: the first four bytes of UTF-32's mark begin with UTF-16's.
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


class RequirementKind(str, Enum):
    """How a line names what it requires: by name, or one certain file, address, repository or folder."""

    NAME = "name"
    URL = "url"
    PATH = "path"


class RequiredLine(NamedTuple):
    """One requirement. ``number`` is its first line, from 1.

    ``name`` is normalized, and empty where the text does not tell it. ``text`` is the requirement without its options.
    For a direct reference ``target`` is its address or path, and ``version`` what its file name tells.
    """

    number: int
    kind: RequirementKind
    name: str
    text: str
    target: str = ""
    version: str = ""
    marker: str = ""
    editable: bool = False
    hashed: bool = False


class NestedFile(NamedTuple):
    """Another file that is read too: ``-r``, or ``-c`` where ``constraint``. ``path`` may be an address."""

    number: int
    path: str
    constraint: bool


class FileOption(NamedTuple):
    """An option by its long name (``--extra-index-url``); ``value`` is empty for a switch. It may hold credentials."""

    number: int
    option: str
    value: str = ""


class RequirementFile(NamedTuple):
    """What a file says, in its order; ``options`` are those that stand on a line of their own."""

    lines: tuple[RequiredLine, ...]
    nested: tuple[NestedFile, ...]
    options: tuple[FileOption, ...]

    @property
    def names(self) -> frozenset[str]:
        """The normalized names that are required, where the text tells them."""
        return frozenset(line.name for line in self.lines if line.name)

    @property
    def direct(self) -> tuple[RequiredLine, ...]:
        """The lines that name one certain file, address, repository or folder."""
        return tuple(line for line in self.lines if line.kind is not RequirementKind.NAME)

    @property
    def hashed(self) -> bool:
        """Whether hashes are used, which pip then demands of everything."""
        return any(line.hashed for line in self.lines) or any(
            each.option == "--require-hashes" for each in self.options
        )


def requirement_file_text(content: bytes) -> str:
    """The text of a file as pip decodes it: by its byte order mark, else UTF-8; what is neither is read as Latin-1."""
    mark, encoding = mark_of(content)
    if mark:
        return content[len(mark) :].decode(encoding, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def mark_of(content: bytes) -> tuple[bytes, str]:
    """The byte order mark that a file begins with, and the encoding that it tells; empty where it has none."""
    return next(((mark, encoding) for mark, encoding in _MARKS if content.startswith(mark)), (b"", ""))


def parse_requirement_file(text: str, environ: Mapping[str, str] | None = None) -> RequirementFile:
    """Read a requirements or constraints file; any text is one.

    :param environ: the variables that ``${NAME}`` stands for; a name that is not there, or empty, stays as it is.
    """
    lines: list[RequiredLine] = []
    nested: list[NestedFile] = []
    options: list[FileOption] = []
    for number, raw in _joined(text):
        line = re.sub(_VARIABLE, lambda match: (environ or {}).get(match[1]) or match[0], raw)
        requirement, given = _split(line, number)
        editable = next((each.value for each in given if each.option == "--editable"), "")
        if requirement or editable:
            hashed = any(each.option == "--hash" for each in given)
            lines.append(required_line(requirement, editable, number)._replace(hashed=hashed))
            continue
        files = [each for each in given if each.option in {"--requirement", "--constraint"}]
        nested += [NestedFile(number, each.value, each.option == "--constraint") for each in files]
        options += [each for each in given if each not in files]
    return RequirementFile(tuple(lines), tuple(nested), tuple(options))


def required_line(requirement: str, editable: str, number: int) -> RequiredLine:
    """A line's requirement; where there is none, what ``--editable`` names."""
    if requirement:
        return parse_requirement_text(requirement, number)
    found = parse_requirement_text(editable, number)
    if found.kind is RequirementKind.NAME:  # `-e name` is a folder of that name
        found = RequiredLine(number, RequirementKind.PATH, "", editable, editable)
    return found._replace(editable=True)


def parse_requirement_text(text: str, number: int = 0) -> RequiredLine:
    """One requirement as a file or a command line has it: PEP 508, an address, or a path.

    :param number: the line that it stands on.
    """
    text = text.strip()
    match = re.match(_NAME, text)
    after = text[match.end() :].lstrip() if match else ""
    if match and after.startswith("@"):
        target, marker = _split_marker(after[1:].strip())
        name: str = normalized_name(match[1])
        version = file_name_parts(target)[1]
    elif match and not _is_direct(text):
        marker = text.partition(";")[2].strip()
        return RequiredLine(number, RequirementKind.NAME, normalized_name(match[1]), text, marker=marker)
    else:
        target, marker = _split_marker(text)
        name, version = file_name_parts(target)
        egg = re.search(_EGG, target)
        name = normalized_name(egg[1]) if egg else name
    kind = RequirementKind.URL if re.match(_SCHEME, target) else RequirementKind.PATH
    return RequiredLine(number, kind, name, text, target, version, marker)


def file_name_parts(target: str) -> tuple[str, str]:
    """Normalized name and version that the file name in an address or path tells (PEP 427, PEP 625); else empty texts."""
    from urllib.parse import unquote  # few lines are addresses

    path = target.partition("#")[0].partition("?")[0].removeprefix("file:")
    file = re.sub(r"\[[^\]]*\]\Z", "", unquote(path).rstrip("/").rpartition("/")[2])
    suffix = next((each for each in _ARCHIVES if file.lower().endswith(each)), "")
    stem = file[: -len(suffix)] if suffix else ""
    if suffix == ".whl":
        name, _, rest = stem.partition("-")
        version = rest.partition("-")[0]
    else:
        name, _, version = stem.rpartition("-")
    return (normalized_name(name), version) if name and version[:1].isdigit() else ("", "")


def _is_direct(text: str) -> bool:
    """Whether a requirement is an address or a path: what pip's ``_looks_like_path`` and its list of archives say."""
    if re.match(_SCHEME, text):
        return True
    named = re.match(_NAME, text)
    body = text.partition(";")[0].strip()
    if named and body[named.end() :].lstrip()[:1] in set("<>=!~@("):
        return False
    plain = re.sub(r"\[[^\]]*\]\Z", "", body)
    return "/" in body or body.startswith(".") or plain.lower().endswith(_ARCHIVES) or named is None


def _split_marker(text: str) -> tuple[str, str]:
    """An address or path and its marker: the semicolon has white space beside it, for addresses may hold one."""
    match = re.search(r"\s;|;\s", text)
    return (text[: match.start()].strip(), text[match.end() :].strip()) if match else (text, "")


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers: those that end in a backslash joined with the next, comments and empty ones out."""
    first, parts = 0, []
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        comment = re.match(_COMMENT, line)
        parts.append(f" {line}" if comment else line.rstrip("\\") if line.endswith("\\") else line)
        first = first or number
        if line.endswith("\\") and not comment:
            continue
        whole = re.sub(_COMMENT, "", "".join(parts)).strip()
        if whole:
            yield first, whole
        first, parts = 0, []


def _split(line: str, number: int) -> tuple[str, list[FileOption]]:
    """A line's requirement and its options; the first word that begins with a hyphen is where they begin."""
    words = line.replace("\t", " ").split(" ")
    start = next((place for place, word in enumerate(words) if word.startswith("-")), len(words))
    rest = " ".join(words[start:])
    try:
        tokens = shlex.split(rest)
    except ValueError:
        tokens = rest.split()  # a quote that does not close: pip refuses the line
    return " ".join(words[:start]).strip(), list(_options(tokens, number))


def _options(tokens: list[str], number: int) -> Iterator[FileOption]:
    waiting = iter(tokens)
    for token in waiting:
        if not token.startswith("-"):
            continue
        option, equals, value = option_of(token)
        if not equals and takes_value(option):
            value = next(waiting, "")
        yield FileOption(number, option, value)


def option_of(token: str) -> tuple[str, str, str]:
    """The long name of an option, what stands between it and a value that is glued to it, and that value.

    The middle is empty where no value is glued to it.
    """
    if token.startswith("--"):
        word, equals, value = token.partition("=")
        return _full_name(word), equals, value
    return _full_name(_SHORT.get(token[:2], token[:2])), token[2:], token[2:]


def takes_value(option: str) -> bool:
    """Whether a value follows an option, by its long name."""
    return _OPTIONS.get(option, False)


def _full_name(word: str) -> str:
    """An option's whole name: optparse takes any beginning that only one option has."""
    if word in _OPTIONS:
        return word
    found = [option for option in _OPTIONS if option.startswith(word)]
    return found[0] if len(found) == 1 else word
