"""What every lock file in TOML has in common: how its bytes become a document, and on which lines its packages stand.

A file that is none, or was cut, or has a merge conflict in it, is told apart before anything is made of it; and one that
would take minutes to read is not read at all.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from stackpin.errors import InputUnreadable

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "MOST_BYTES",
    "LockForm",
    "LockPlace",
    "lock_document",
    "lock_text",
    "merge_conflict",
    "package_places",
    "sane_version",
    "text_part",
    "wrong_part",
]

#: The largest lock file that is read; those of large projects have 5 MB.
MOST_BYTES = 64 * 1024 * 1024
#: And the most of it that is parsed as TOML, without the lines of files that a reader has cut: a quarter in what tools write.
_MOST_PARSED = MOST_BYTES // 4
#: No version that anyone publishes is as long, and Python refuses to compare numbers of some thousand digits.
_LONGEST_VERSION = 200
#: tomllib's time grows with the square of a key's parts; what writes locks has keys of three.
_MOST_PARTS = 32
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'')
_DECIMAL = re.compile(r"\d\.\d")
_CONFLICT = re.compile(r"^<{7}(?: .*)?$", re.MULTILINE)
_FIELD = re.compile(r"""^[ \t]*(name|version)[ \t]*=[ \t]*(["'])([^"'\\\n]*)\2""", re.MULTILINE)


class LockForm(NamedTuple):
    """A kind of lock, for messages: what it should be, and what makes it anew."""

    expected: str
    hint: str


class LockPlace(NamedTuple):
    """Where a package's version stands, its name where it has no version; lines and columns count from 1, 0 is unknown."""

    line: int = 0
    column: int = 0
    end_column: int = 0


def lock_text(content: bytes, where: str, form: LockForm) -> str:
    """The text of a lock file, its lines ended as Unix ends them.

    :raises InputUnreadable: when there is more of it than :data:`MOST_BYTES`, or it is no UTF-8.
    """
    if len(content) > MOST_BYTES:
        raise _too_large(len(content), MOST_BYTES, "", where, form)
    try:
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise _no_toml(str(error), where, form) from error


def lock_document(text: str, where: str, form: LockForm) -> dict[str, Any]:
    """The document that a text is.

    :raises InputUnreadable: when it has a merge conflict, or is no TOML, is nested beyond reason, or of more than a quarter
        of :data:`MOST_BYTES`.
    """
    if len(text) > _MOST_PARSED:
        raise _too_large(len(text), _MOST_PARSED, " beside the lines of its files", where, form)
    if any(map(_has_long_key, text.split("\n"))):
        raise _no_toml(f"a key of more than {_MOST_PARTS} parts", where, form)
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise _no_toml("it is nested too deeply", where, form) from error
    except ValueError as error:  # TOML, or a number beyond bounds
        line = merge_conflict(text)
        if not line:
            raise _no_toml(str(error), where, form) from error
        raise InputUnreadable(
            f"a lock file has a merge conflict at line {line}",
            where=f"{where}:{line}",
            got=text.split("\n")[line - 1][:80],
            expected=form.expected,
            hint=form.hint,
        ) from error


def merge_conflict(text: str) -> int:
    """The line on which version control's first mark of a conflict stands; 0 where there is none."""
    found = _CONFLICT.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def package_places(text: str, key: str, packages: Iterable[tuple[str, str]]) -> Sequence[LockPlace]:
    """Where each of the packages stands that an array of tables has; all unknown where the text is laid out otherwise.

    Lines may have been shortened, but none may be missing.

    :param key: the array's name: ``package``, ``packages``.
    :param packages: name and version of each, in the file's order, the version empty where there is none.
    """
    wanted, text = tuple(packages), f"\n{text}"
    heads = [each.end() for each in re.finditer(rf"\n\[\[ *{key} *\]\] *(?:#.*)?(?=\n)", text)]
    if len(heads) != len(wanted):
        return (LockPlace(),) * len(wanted)
    found, line, last = [], 0, 0
    for head, (name, version) in zip(heads, wanted, strict=True):
        end = text.find("\n[", head)
        fields: dict[str, re.Match[str]] = {}
        for match in _FIELD.finditer(text, head, end if end >= 0 else len(text)):
            fields.setdefault(match[1], match)
            if len(fields) == 2:
                break
        field = fields.get("version" if version else "name")
        if field is None or "name" not in fields or fields["name"][3] != name or field[3] != (version or name):
            found.append(LockPlace())
            continue
        line, last = line + text.count("\n", last, field.start(3)), field.start(3)
        column = last - text.rfind("\n", 0, last)
        found.append(LockPlace(line, column, column + len(field[3])))
    return found


def text_part(table: Mapping[str, Any], key: str, at: str, *, needed: bool = False, hint: str = "") -> str:
    """A text out of a lock's table; empty where it is not there.

    :param at: the key path of the table, with a dot behind it.
    :raises InputUnreadable: when it is anything else, or missing though it is needed.
    """
    value = table.get(key, None if needed else "")
    if not isinstance(value, str):
        raise wrong_part(f"{at}{key}", "nothing" if value is None else value, "a text", hint)
    return value


def wrong_part(where: str, got: object, expected: str, hint: str = "") -> InputUnreadable:
    """The error for a part of a lock that is of another type than its format says."""
    shown = got if isinstance(got, str) else repr(got)
    return InputUnreadable(
        "a lock file has a part that is not what it must be", where=where, got=shown[:80], expected=expected, hint=hint
    )


def sane_version(version: str, where: str, form: LockForm) -> str:
    """The version, if it can be one at all.

    :raises InputUnreadable: when it is longer than any version is.
    """
    if len(version) <= _LONGEST_VERSION:
        return version
    raise InputUnreadable(
        "a lock file has a part that is not what it must be",
        where=where,
        got=f"{version[:40]}… ({len(version)} characters)",
        expected="a version",
        hint=form.hint,
    )


def _has_long_key(line: str) -> bool:
    """Whether a line may have a key of so many parts: by its dots outside of texts and numbers."""
    if line.count(".") <= _MOST_PARTS:
        return False
    bare = _DECIMAL.sub("", _QUOTED.sub("", line))
    return bare.count(".") > _MOST_PARTS


def _too_large(size: int, most: int, of_what: str, where: str, form: LockForm) -> InputUnreadable:
    return InputUnreadable(
        "a lock file is too large to be read",
        where=where,
        got=f"{-(-size // 2**20)} MB{of_what}",
        expected=f"at most {most // 2**20} MB{of_what}",
        hint=form.hint,
    )


def _no_toml(got: str, where: str, form: LockForm) -> InputUnreadable:
    return InputUnreadable("a lock file is not TOML", where=where, got=got, expected=form.expected, hint=form.hint)
