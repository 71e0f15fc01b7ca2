"""Places of TOML strings, and edits of them, against the library that reads TOML: on documents of every layout."""

from __future__ import annotations

import json
import sys
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from stackpin.errors import InputUnreadable
from stackpin.model.finding import Edit
from stackpin.model.mention import Place
from stackpin.parse.toml_places import toml_strings
from stackpin.patch.requirements_fix import Shape, edited

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__: list[str] = []

#: Characters that TOML treats apart, and some that it does not.
_TEXTS = st.text(alphabet="ab=>.,;#[]{}'\"\\ \té🙂", max_size=12)
_KEYS = st.one_of(st.from_regex(r"[a-c_-]{1,2}", fullmatch=True), _TEXTS)
_BREAKS = st.sampled_from(["\n", "\r\n"])


def written_key(draw: st.DrawFn, key: str) -> str:
    bare = key and all(sign.isascii() and (sign.isalnum() or sign in "-_") for sign in key)
    ways = ["bare"] if bare else []
    ways += ["basic"] if "\t" not in key else []
    ways += ["literal"] if "'" not in key else []
    assume(ways)
    return {"bare": key, "basic": json.dumps(key, ensure_ascii=False), "literal": f"'{key}'"}[draw(st.sampled_from(ways))]


def written_string(draw: st.DrawFn, text: str) -> str:
    basic = json.dumps(text, ensure_ascii=False)
    ways = [basic, f'"""{basic[1:-1]}"""', f'"""\n{basic[1:-1]}"""', json.dumps(text)] if text.isprintable() else [basic]
    if text.isascii() and "\\" not in basic:
        ways.append(f'"""{text}\\\n   """')
    if "'" not in text:
        ways += [f"'{text}'", f"'''{text}'''", f"'''\n{text}'''"]
    if "'''" not in text:
        ways.append(f"'''x\n{text} '''")
    ways.append('"""a""b"""""')
    return draw(st.sampled_from(ways))


def written_value(draw: st.DrawFn, depth: int) -> str:
    kinds = ["string", "string", "string", "other"] + (["array", "table"] if depth else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "string":
        return written_string(draw, draw(_TEXTS))
    if kind == "other":
        return draw(
            st.sampled_from(["1", "-0.5e3", "true", "inf", "1979-05-27", "1979-05-27 07:32:00Z", "07:32:00", "0xff", "[]", "{}"])
        )
    count = draw(st.integers(0, 3))
    if kind == "table":
        keys = draw(st.lists(_KEYS, unique=True, max_size=3))
        return "{ " + ", ".join(f"{written_key(draw, key)} = {written_value(draw, depth - 1)}" for key in keys) + " }"
    gap = draw(st.sampled_from(["", " ", "\n  ", "  # a, ] 'b\n", "\n\n"]))
    items = [f"{gap}{written_value(draw, depth - 1)}{gap}" for _ in range(count)]
    return "[" + ",".join(items) + (f",{gap}" if count and draw(st.booleans()) else "") + "]"


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A text that is TOML as a rule; keys may collide, which TOML does not take."""
    lines = []
    for _ in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from(["value", "value", "dotted", "table", "tables", "comment"]))
        keys = [written_key(draw, key) for key in draw(st.lists(_KEYS, min_size=1, max_size=3))]
        dot = draw(st.sampled_from([".", " . "]))
        indent = draw(st.sampled_from(["", "  ", "\t"]))
        if kind == "comment":
            lines.append(f"{indent}# it's [not] \"a\" = 1")
        elif kind in {"table", "tables"}:
            header = f"[{dot.join(keys)}]" if kind == "table" else f"[[{dot.join(keys)}]]"
            lines.append(f"{indent}{header}  # x")
        else:
            keys = keys if kind == "dotted" else keys[:1]
            lines.append(f"{indent}{dot.join(keys)}={indent}{written_value(draw, 2)} # c")
    return "".join(line + draw(_BREAKS) for line in lines)


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], str]:
    """Every string of a document by its path."""
    if isinstance(value, str):
        return {path: value}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {where: text for key, each in items for where, text in leaves(each, (*path, key)).items()}


def read(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assume(False)  # noqa: FBT003 - hypothesis takes it so
        raise


@given(documents())
def test_every_string_is_found_where_the_library_has_read_it(text: str) -> None:
    document = read(text)
    found = toml_strings(text, document)
    assert {path: string.value for path, string in found.items()} == leaves(document)
    for string in found.values():
        if string.span.end_column:
            line = text.replace("\r\n", "\n").split("\n")[string.span.line - 1]
            assert line[string.span.column - 1 : string.span.end_column - 1] == text[string.begin : string.end]
        raw = f"{string.quotes}{text[string.begin : string.end]}{string.quotes}"
        assert tomllib.loads(f"x = {raw}")["x"] == string.value


def replaced(value: Any, path: tuple[str | int, ...], new: str) -> Any:
    """A document with one string replaced."""
    if not path:
        return new
    if isinstance(value, dict):
        return {key: replaced(each, path[1:], new) if key == path[0] else each for key, each in value.items()}
    return [replaced(each, path[1:], new) if at == path[0] else each for at, each in enumerate(value)]


@given(documents(), st.data())
def test_an_edit_changes_its_string_and_nothing_else(text: str, data: st.DataObject) -> None:
    document = read(text)
    strings = {path: each for path, each in toml_strings(text, document).items() if each.span.end_column}
    assume(strings)
    path = data.draw(st.sampled_from(list(strings)))
    new = data.draw(_TEXTS.filter(bool))
    string = strings[path]
    place = Place(path="p", line=string.span.line, column=string.span.column, end_column=string.span.end_column)
    try:
        after = edited(text, [Edit(place=place, old=string.value, new=new)], Shape.TOML)
    except InputUnreadable:
        assert len(string.quotes) == 3
        return
    assert tomllib.loads(after) == replaced(document, path, new)
    quote = len(string.quotes)
    assert after.startswith(text[: string.begin - quote])
    assert after.endswith(text[string.end + quote :])


@given(st.lists(st.sampled_from(['"a"', "'b'", '"c"']), min_size=1, max_size=4), st.data())
def test_a_deletion_leaves_the_rest_of_an_array(items: list[str], data: st.DataObject) -> None:
    layout = data.draw(st.sampled_from(["x = [{}]", "x = [ {} ]\n", "x = [\n  {},  # c\n]\n", "x = [\n  {}\n]"]))
    glue = data.draw(st.sampled_from([",", ", ", ",\n  ", ",  # d\n"]))
    text = layout.format(glue.join(items))
    document = read(text)
    strings = toml_strings(text, document)
    at = data.draw(st.integers(0, len(items) - 1))
    span = strings["x", at].span
    place = Place(path="p", line=span.line, column=span.column, end_column=span.end_column)
    after = edited(text, [Edit(place=place, old=strings["x", at].value, new="")], Shape.TOML)
    assert tomllib.loads(after)["x"] == [text for number, text in enumerate(document["x"]) if number != at]
