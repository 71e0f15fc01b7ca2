"""Requirements files with places: lines and columns of requirements, of included files, of addresses and their markers."""

from __future__ import annotations

import pytest

from stackpin.parse.requirement_places import PlacedOption, parse_placed_file
from stackpin.parse.text_places import Lines, Span

__all__: list[str] = []

HASH = "--hash=sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("text", "place", "said", "hashed"),
    [
        ("torch==2.6.0\n", (1, 1, 13), "torch==2.6.0", False),
        ("\n\n  torch == 2.6.0  # why\n", (3, 3, 17), "torch == 2.6.0", False),
        ("a\r\ntorch ; python_version > '3'\r\n", (2, 1, 29), "torch ; python_version > '3'", False),
        ("# x \\\ntorch\n", (2, 1, 6), "torch", False),
        (f"torch==2.6.0 \\\n    {HASH} \\\n    {HASH}\n", (1, 1, 13), "torch==2.6.0", True),
        ("\\\n torch==1\n", (2, 2, 10), "torch==1", False),
        ("torch \\\n  ==2.6.0\n", (1, 1, 0), "torch   ==2.6.0", False),
        ("torch\\\x85==2.6.0\n", (1, 1, 0), "torch==2.6.0", False),
        ("é🙂\x0ctorch\n", (1, 4, 9), "torch", False),
        ("a\rtorch\r", (2, 1, 6), "torch", False),
        ("\ttorch\t==1\n", (1, 2, 11), "torch\t==1", False),
        ("-e git+https://x.example/y#egg=torch\n", (1, 4, 37), "git+https://x.example/y#egg=torch", False),
        ("--editable='./my torch'\n", (1, 13, 23), "./my torch", False),
    ],
)
def test_a_requirement_stands_at_its_place(text: str, place: tuple[int, int, int], said: str, hashed: bool) -> None:
    found = parse_placed_file(text).lines[-1]
    assert (tuple(found.span), found.text, found.line.hashed) == (place, said, hashed)


@pytest.mark.parametrize(
    ("text", "path", "constraint", "place"),
    [
        ("-r other.txt", "other.txt", False, (1, 4, 13)),
        ("-rother.txt", "other.txt", False, (1, 3, 12)),
        ("--requirement=other.txt", "other.txt", False, (1, 15, 24)),
        ('a\n  -c "my file.txt"  # x', "my file.txt", True, (2, 7, 18)),
        ("--constr \\\n c.txt", "c.txt", True, (2, 2, 7)),
        ("-r my\\ file.txt", "my file.txt", False, (1, 4, 16)),
        ("-r 'open", "'open", False, (1, 4, 9)),
    ],
)
def test_an_included_file_stands_at_its_place(
    text: str, path: str, constraint: bool, place: tuple[int, int, int]
) -> None:
    (found,) = parse_placed_file(text).nested
    assert (found.path, found.constraint, tuple(found.span)) == (path, constraint, place)


@pytest.mark.parametrize(
    ("text", "option", "address", "place"),
    [
        ("-i https://x.example/simple", "--index-url", "https://x.example/simple", (1, 4, 28)),
        ("-f./wheels --no-index", "--find-links", "./wheels", (1, 3, 11)),
        (" --extra-index-url  https://x.example/a;b", "--extra-index-url", "https://x.example/a;b", (1, 21, 42)),
        ('--index-url="https://x.example"', "--index-url", "https://x.example", (1, 14, 31)),
    ],
)
def test_an_address_stands_at_its_place(text: str, option: str, address: str, place: tuple[int, int, int]) -> None:
    assert parse_placed_file(text).options == (PlacedOption(option, address, Span(*place)),)


@pytest.mark.parametrize(
    ("text", "address", "marker", "taken", "glued"),
    [
        ("-i https://x.example ; sys_platform == 'linux'  # c", "https://x.example", "sys_platform == 'linux'", (1, 21, 47), False),
        ('-i https://x.example;python_version<"3.12"', "https://x.example", 'python_version<"3.12"', (1, 21, 43), True),
        ("--find-links=https://x.example; extra == 'a'", "https://x.example", "extra == 'a'", (1, 31, 45), True),
        ("-i https://x.example/a;b ; os_name == 'nt'", "https://x.example/a;b", "os_name == 'nt'", (1, 25, 43), False),
    ],
)  # fmt: skip
def test_a_marker_behind_an_address_is_told_from_it(
    text: str, address: str, marker: str, taken: tuple[int, int, int], glued: bool
) -> None:
    (found,) = parse_placed_file(text).options
    assert (found.address, found.tail, tuple(found.tail_span), found.glued) == (address, marker, taken, glued)
    assert text[taken[1] - 1 : taken[2] - 1] == found.tail_text


@pytest.mark.parametrize(
    "text", ["-i https://x.example ;", "-i https://x.example ; linux", "-i https://x.example x ; extra == ''"]
)
def test_what_is_no_marker_is_none(text: str) -> None:
    assert parse_placed_file(text).options[0].tail == ""


def test_options_of_a_line_that_nobody_writes_are_left() -> None:
    assert parse_placed_file("-i https://x.example " + "x" * 30_000).options == ()


def test_lines_end_as_editors_have_it() -> None:
    text = "a\rb\r\nc\nd\x0ce\u2028f"
    lines = Lines(text)
    assert len(lines) == 4
    assert lines.span(text.index("f"), len(text)) == Span(4, 5, 6)
    assert lines.span(0, 3) == Span(1, 1, 0)
    assert lines.offset(3, 1) == text.index("c")
