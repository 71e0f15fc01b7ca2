"""JSON and JSON5 as text: members and items put in or taken out, and every other byte left as it is.

Positions come from json-five's model of the text; a comment is never touched. One change at a time: the caller reads the
text anew after each, and in the end by another parser.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from stackpin.patch.bots_extra import bots_library

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from json5.model import JSONArray, JSONObject, Node, Value

__all__ = ["Json5Text", "comments_in"]

#: Strings and comments, whichever comes first; the comments are the group. Escapes may hide the end of a line.
_QUOTED = r'"(?:\\[\s\S]|[^"\\])*"|' + r"'(?:\\[\s\S]|[^'\\])*'"
_COMMENT = r"//[^\r\n\u2028\u2029]*|/\*[\s\S]*?\*/"
_TOKENS = re.compile(f"{_QUOTED}|({_COMMENT})")
_GAP = re.compile(rf"(?:\s|{_COMMENT})*")
_REST = re.compile(rf"[ \t]*(?:{_COMMENT})?[ \t]*")


def comments_in(text: str) -> list[str]:
    """The comments of a text, in order."""
    return [match[1] for match in _TOKENS.finditer(text) if match[1]]


class Json5Text:
    """A text with the places of what is in it.

    :raises ValueError: where it is neither JSON nor JSON5, is no object, or says a key twice.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        # json-five counts lines by their line feeds alone.
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._end = "\r\n" if "\r\n" in text else "\n"
        loader = bots_library("json5.loader", "json-five")
        model = bots_library("json5.model", "json-five")
        found: Value = loader.loads(text, loader=loader.ModelLoader()).value
        if not isinstance(found, model.JSONObject):
            raise ValueError("it is no object")  # noqa: TRY004 - the text is at fault, as where it is no JSON5
        self.root: JSONObject = found
        _refuse_twice(found)

    def member(self, name: str, inside: Value | None = None) -> Value | None:
        """The value of a key of an object, the whole text's where none is named."""
        holder: Any = self.root if inside is None else inside
        keys = getattr(holder, "keys", ())
        return next((value for key, value in zip(keys, holder.values, strict=True) if _key(key) == name), None)

    def with_value(self, node: Value, value: Any) -> str:
        """The text with another value in the place of one."""
        begin, end = self.span(node)
        return self.text[:begin] + self._written(value, self._indent_at(begin)) + self.text[end:]

    def with_members(self, holder: Value, members: dict[str, Any]) -> str:
        """The text with keys put in behind the last one of an object."""
        return self._with(holder, [(f"{json.dumps(key)}: ", value) for key, value in members.items()])

    def with_items(self, holder: Value, items: list[Any]) -> str:
        """The text with items put in behind the last one of an array."""
        return self._with(holder, [("", item) for item in items])

    def without_items(self, holder: JSONArray, places: Collection[int]) -> str:
        """The text without some items of an array, and without their lines where nothing else stands on them."""
        cuts: list[tuple[int, int]] = []
        kept = [place for place in range(len(holder.values)) if place not in places]
        for place, node in enumerate(holder.values):
            begin, end = self.span(node)
            comma = self._comma_after(end)
            goes = place in places
            alone = place in kept[-1:] and holder.trailing_comma is None
            if comma is not None and (goes or alone):
                cuts.append((comma, comma + 1))
            if goes:
                cuts.append((begin, end))
        return self._cut(cuts)

    def _with(self, holder: Any, items: list[tuple[str, Any]]) -> str:
        begin, end = self.span(holder)
        children: list[Node] = list(holder.values)
        closing = self._indent_at(begin)
        indent = self._indent_of(getattr(holder, "keys", None) or children) or closing + self._unit()
        trailing = holder.trailing_comma is not None
        written = [f"{self._end}{indent}{before}{self._written(value, indent)}" for before, value in items]
        new = ",".join(written) + ("," if trailing else "")
        place = end - 1 - self._blank_before(end - 1)
        behind = self.text[place:]
        if not re.search(r"[\r\n]", self.text[place : end - 1]):
            new, behind = new + self._end + closing, self.text[end - 1 :]
        text = self.text[:place] + new + behind
        if not children or trailing:
            return text
        last = self.span(children[-1])[1]
        return text[:last] + "," + text[last:]

    def _blank_before(self, place: int) -> int:
        head = self.text[:place]
        return len(head) - len(head.rstrip())

    def _comma_after(self, place: int) -> int | None:
        gap = _GAP.match(self.text, place)
        end = gap.end() if gap else place
        return end if self.text[end : end + 1] == "," else None

    def _cut(self, cuts: list[tuple[int, int]]) -> str:
        """The text without these stretches; a line on which nothing is left but blanks goes as a whole."""
        text, gone = self.text, self._widened(sorted(cuts))
        parts, at = [], 0
        for begin, end in gone:
            parts.append(text[at:begin])
            at = max(at, end)
        return "".join([*parts, text[at:]])

    def _widened(self, cuts: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Stretches that touch are one; one that leaves a line blank takes the line, with its end."""
        joined: list[tuple[int, int]] = []
        for begin, end in cuts:
            if joined and not self.text[joined[-1][1] : begin].strip():
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((begin, end))
        for begin, end in joined:
            line = max(self.text.rfind("\n", 0, begin), self.text.rfind("\r", 0, begin)) + 1
            behind = re.compile(r"[ \t]*(?:\r\n?|\n)").match(self.text, end)
            alone = behind is not None and not self.text[line:begin].strip()
            yield (line, behind.end()) if behind and alone else (begin, end)

    def span(self, node: Any) -> tuple[int, int]:
        """Where a value begins and ends in the text."""
        begin = self._starts[node.lineno - 1] + node.col_offset
        return begin, self._starts[node.end_lineno - 1] + node.end_col_offset

    def _indent_at(self, place: int) -> str:
        line = max(self.text.rfind("\n", 0, place), self.text.rfind("\r", 0, place)) + 1
        return re.compile(r"[ \t]*").match(self.text, line)[0]  # type: ignore[index]  # it matches the empty text too

    def _indent_of(self, children: list[Any]) -> str:
        """How the first child is indented; empty where it begins no line."""
        if not children:
            return ""
        begin = self.span(children[0])[0]
        indent = self._indent_at(begin)
        return indent if self.text[:begin].endswith(("\n" + indent, "\r" + indent)) else ""

    def _unit(self) -> str:
        """One step of indentation, as the first key of the text has it."""
        return self._indent_of(list(self.root.keys)) or "  "

    def _written(self, value: Any, indent: str) -> str:
        lines = json.dumps(value, indent=self._unit(), ensure_ascii=False).split("\n")
        return (self._end + indent).join(lines)


def _key(node: Any) -> str:
    return str(getattr(node, "characters", None) or getattr(node, "name", ""))


def _refuse_twice(node: Any) -> None:
    """Refuse an object that says a key twice: what it means depends on who reads it.

    :raises ValueError: where there is one.
    """
    keys = [_key(key) for key in getattr(node, "keys", ())]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"a key is there twice: {twice[0]}")
    for child in getattr(node, "values", ()):
        _refuse_twice(child)
