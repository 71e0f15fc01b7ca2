"""Requirements files with places against the reader that needs none, and edits of them, on any text."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.property.strategies import TEXTS

from stackpin.errors import InputUnreadable
from stackpin.model.finding import Edit
from stackpin.model.mention import Place
from stackpin.parse.requirement_file import parse_requirement_file
from stackpin.parse.requirement_places import parse_placed_file
from stackpin.patch.requirements_fix import Shape, edited

__all__: list[str] = []

_PIECES = st.sampled_from(
    [
        "torch==2.6.0",
        "triton >= 3.2 ; python_version < '3.12'",
        "a[b, c]~=1.0",
        " # why",
        "#",
        "\\\n",
        "\\\r\n",
        "\n",
        "\r\n",
        "\r",
        "\x0c",
        "\u2028",
        "  ",
        "\t",
        "--hash=sha256:00",
        "-r other.txt",
        "-c 'my file.txt'",
        "-e ./x",
        "--extra-index-url https://x.example/whl/cu124",
        "-i=https://y.example",
        " ; sys_platform == 'linux'",
        "x @ https://z.example/x-1-py3-none-any.whl",
        "./w/torch-2.6.0+cu124-py3-none-any.whl",
        "'",
        '"',
        "é🙂",
    ]
)
_FILES = st.lists(_PIECES | TEXTS, max_size=12).map("".join)


def physical_lines(text: str) -> list[str]:
    """Lines as editors count them."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


@given(_FILES)
def test_both_readers_read_the_same_requirements_and_files(text: str) -> None:
    plain, placed = parse_requirement_file(text), parse_placed_file(text)
    assert [each.line._replace(number=0, text="") for each in placed.lines] == [
        each._replace(number=0, text="") for each in plain.lines
    ]
    assert [(each.path, each.constraint) for each in placed.nested] == [
        (each.path, each.constraint) for each in plain.nested
    ]


@given(_FILES)
def test_what_is_found_stands_at_its_place(text: str) -> None:
    lines = physical_lines(text)
    for found in parse_placed_file(text).lines:
        if found.span.end_column:
            stretch = lines[found.span.line - 1][found.span.column - 1 : found.span.end_column - 1]
            assert found.line.editable or stretch == found.text


@given(_FILES, st.data())
def test_an_edit_changes_one_requirement_and_nothing_else(text: str, data: st.DataObject) -> None:
    before = parse_placed_file(text)
    places = [each for each in before.lines if each.span.end_column and not each.line.editable and "--hash" not in text]
    assume(places)
    chosen = data.draw(st.sampled_from(places))
    span = chosen.span
    place = Place(path="r.txt", line=span.line, column=span.column, end_column=span.end_column)
    after = edited(text, [Edit(place=place, old=chosen.text, new="torch==9.9")], Shape.REQUIREMENTS)
    meant = [("torch==9.9" if each is chosen else each.text) for each in before.lines]
    assert [each.text for each in parse_placed_file(after).lines] == meant
    assert len(after) - len(text) == len("torch==9.9") - len(chosen.text)


@given(_FILES, st.data())
def test_a_deletion_takes_one_requirement_and_nothing_else(text: str, data: st.DataObject) -> None:
    before = parse_placed_file(text)
    places = [each for each in before.lines if each.span.end_column and not each.line.editable]
    assume(places)
    chosen = data.draw(st.sampled_from(places))
    span = chosen.span
    place = Place(path="r.txt", line=span.line, column=span.column, end_column=span.end_column)
    try:
        after = edited(text, [Edit(place=place, old=chosen.text, new="")], Shape.REQUIREMENTS)
    except InputUnreadable:
        return  # more than that and hashes stood on its line
    found = parse_placed_file(after)
    assert [each.text for each in found.lines] == [each.text for each in before.lines if each is not chosen]
    assert len(found.nested) == len(before.nested)
    assert len(found.options) == len(before.options)
