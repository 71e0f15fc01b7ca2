"""``pip.conf``: our lines put in beside the user's, and taken out again.

What is put in stands between two marks, wherever it stands, so that taking it out gives back the very text of before.
pip reads the file with ``configparser.RawConfigParser``; a multi-valued key is one value that pip splits at blanks; a
key in a command's section (``[install]``) hides that of ``[global]``; a file hides those of wider scope key by key.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from stackpin.errors import InputUnreadable
from stackpin.parse.pip_conf import Values, pip_key, pip_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stackpin.model.shims import Guard

__all__ = ["Values", "guarded", "is_guarded", "pip_values", "unguarded"]

_OPEN = "# >>> stackpin: `stackpin shim remove --venv` takes this out"
_CLOSE = "# <<< stackpin"
_ADDED_BREAK = " (and the line break before it)"
_NEW_FILE = " (and the file)"
#: Sections whose own value hides that of ``[global]``: the commands that resolve.
_SECTIONS = ("global", "install", "download", "wheel", "lock")
_HEADER = re.compile(r"\[(.+)\]")


class _Layout(NamedTuple):
    """Where sections and keys stand: numbers of lines; of a key the first and the last line of its value."""

    sections: dict[str, int]
    keys: dict[tuple[str, str], tuple[int, int]]


def guarded(text: str | None, guard: Guard, *, where: str, wider: Mapping[tuple[str, str], str]) -> str:
    """A ``pip.conf`` that holds pip to our constraints as well; what was ours in it before is replaced.

    :param text: what it is now; None where there is none.
    :param wider: values of pip's files of wider scope (the user's, the machine's), which ours would hide.
    :raises InputUnreadable: where pip could not read the text, or would not read the result as it is meant.
    """
    old = None if text is None else unguarded(text)
    before = pip_values(old or "", where)
    wanted = _wanted(before, guard, wider)
    new = _inserted(old or "", wanted, guard, fresh=old is None)
    after = pip_values(new, where)
    meant = {**before, **wanted}
    if {key: value.split() for key, value in after.items()} != {key: value.split() for key, value in meant.items()}:
        raise InputUnreadable(
            "pip's configuration is laid out in a way that stackpin cannot add to",
            where=where,
            expected="sections and keys once each, values indented deeper than their key",
        )
    return new


def _wanted(before: Values, guard: Guard, wider: Mapping[tuple[str, str], str]) -> Values:
    """What our keys must be: in [global], and in each command's section that has the key, here or in a wider file."""
    known = {**wider, **before}
    wanted = {}
    keys = ("constraint", "build-constraint") if guard.builds else ("constraint",)
    for section in _SECTIONS:
        for key in keys:
            if section == "global" or (section, key) in known:
                wanted[section, key] = "\n".join([*known.get((section, key), "").split(), guard.constraint])
    return wanted


def _inserted(text: str, wanted: Values, guard: Guard, *, fresh: bool) -> str:
    lines = text.splitlines(keepends=True)
    end = "\r\n" if text.endswith("\r\n") else "\n"
    layout = _layout(lines)
    places: dict[int, list[str]] = {}  # after which line; -1: at the end
    for (section, key), value in wanted.items():
        if (section, key) in layout.keys:
            first, last = layout.keys[section, key]
            places[last] = [_indent(lines[first]) + "    " + guard.constraint]
        elif section in layout.sections:
            keys = [first for (name, _), (first, _) in layout.keys.items() if name == section]
            indent = _indent(lines[min(keys)]) if keys else ""
            places.setdefault(layout.sections[section], []).extend(indent + part for part in _assigned(key, value))
        else:
            header = [] if f"[{section}]" in places.get(-1, ()) else [f"[{section}]"]
            places.setdefault(-1, []).extend([*header, *_assigned(key, value)])
    out = []
    for number, line in enumerate(lines):
        added = places.get(number, ())
        whole = line.endswith(("\n", "\r")) or not added
        out += [line if whole else line + end, *_marked(added, "" if whole else _ADDED_BREAK, end)]
    added = places.get(-1, ())
    whole = not out or out[-1].endswith(("\n", "\r")) or not added
    note = _NEW_FILE if fresh else "" if whole else _ADDED_BREAK
    return "".join([*out, "" if whole else end, *_marked(added, note, end)])


def _marked(added: Sequence[str], note: str, end: str) -> list[str]:
    """Lines between the marks, the marks indented as the first of them is."""
    if not added:
        return []
    indent = _indent(added[0])
    return [line + end for line in (f"{indent}{_OPEN}{note}", *added, indent + _CLOSE)]


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _assigned(key: str, value: str) -> list[str]:
    first, *rest = value.splitlines()
    return [f"{key} = {first}", *(f"    {word}" for word in rest)]


def _layout(lines: list[str]) -> _Layout:
    """Sections and keys by the number of their line; continuation lines and comments are neither."""
    layout = _Layout({}, {})
    section, indent, inside = "", 0, ""
    for number, line in enumerate(lines):
        word = line.strip()
        if not word or word.startswith(("#", ";")):
            continue
        depth = len(line) - len(line.lstrip())
        if inside and depth > indent:
            layout.keys[section, inside] = (layout.keys[section, inside][0], number)
            continue
        indent = depth
        if header := _HEADER.match(word):
            section, inside = header[1], ""
            layout.sections.setdefault(section, number)
        else:
            inside = pip_key(re.split(r"[=:]", word, maxsplit=1)[0])
            layout.keys[section, inside] = (number, number)
    return layout


def is_guarded(text: str) -> bool:
    """Whether a ``pip.conf`` has lines of ours."""
    return any(line.strip().startswith(_OPEN) for line in text.splitlines())


def unguarded(text: str) -> str | None:
    """A ``pip.conf`` without our lines; None where the file was ours alone, and should go."""
    lines = text.splitlines(keepends=True)
    kept = "".join(_kept(lines))
    made = any(line.startswith(_OPEN + _NEW_FILE) for line in lines)
    return None if made and not kept.strip() else kept


def _kept(lines: list[str]) -> Iterator[str]:
    """The lines that are not ours. A section's header stays where others have written below it since."""
    held, ours, broken, header = "", False, False, ""
    for line in lines:
        word = line.strip()
        if word.startswith(_OPEN):
            ours, header = True, ""
            broken = word.endswith(_ADDED_BREAK)
            yield held.rstrip("\r\n") if broken else held
            held = ""
        elif ours:
            header = line if _HEADER.match(word) else header
            ours = word != _CLOSE
        else:
            if header and word and not _HEADER.match(word):
                yield held + header
                held, header = "", ""
            elif _HEADER.match(word):
                header = ""
            yield held
            held = line
    yield held
