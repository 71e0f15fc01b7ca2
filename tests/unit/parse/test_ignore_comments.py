"""Comments that hold findings back, and the lines that they hold for."""

from __future__ import annotations

import pytest

from stackpin.parse.ignore_comments import IgnoreComment, parse_ignore_comments

__all__: list[str] = []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("torch==2.6.0  # stackpin: ignore[SP101]\n", [(1, ("SP101",), 1, 1)], id="behind a requirement"),
        pytest.param(
            "a\nb # why # stackpin:ignore[ SP101 , x-y ]", [(2, ("SP101", "x-y"), 2, 2)], id="two rules, second comment"
        ),
        pytest.param(
            '  "torch==2.6.0",# stackpin: ignore[SP1]\n', [(1, ("SP1",), 1, 1)], id="behind a comma, as in TOML"
        ),
        pytest.param("# stackpin: ignore[SP101] as upstream says\na\nb\n", [(1, ("SP101",), 2, 2)], id="above a line"),
        pytest.param(
            "# stackpin: ignore[SP101]\n# more\na\n", [(1, ("SP101",), 3, 3)], id="above, with a comment between"
        ),
        pytest.param(
            "# stackpin: ignore[SP101]\n\na\n", [(1, ("SP101",), 2, 2)], id="above an empty line: for nothing"
        ),
        pytest.param("# stackpin: ignore[SP101]", [(1, ("SP101",), 2, 2)], id="above the end"),
        pytest.param("a # stackpin: ignore-file[SP101]\n", [(1, ("SP101",), 0, 0)], id="for the file"),
        pytest.param("a # stackpin: ignore\n", [(1, (), 1, 1)], id="without a rule"),
        pytest.param("a # stackpin: ignore[]\n", [(1, (), 1, 1)], id="with none in the brackets"),
        pytest.param("a # stackpin: ignored[SP101]\n", [], id="another word"),
        pytest.param("a # stackpin: ignore-files[SP101]\n", [], id="another word for the file"),
        pytest.param("https://x/#stackpin:ignore[SP101]\n", [], id="in an address"),
        pytest.param("# see stackpin: ignore it\n", [], id="in prose"),
        pytest.param("a\r\nb # stackpin: ignore[SP101]\r\n", [(2, ("SP101",), 2, 2)], id="lines of Windows"),
        pytest.param("a # stackpin: ignore[A] # stackpin: ignore[B]", [(1, ("A",), 1, 1), (1, ("B",), 1, 1)], id="two"),
        pytest.param("a # stackpin: ignore[A", [(1, (), 1, 1)], id="a bracket that is never closed"),
        pytest.param(
            "a \\\n  --hash=x \\\n  --hash=y  # stackpin: ignore[A]\nb\n", [(3, ("A",), 1, 3)], id="behind a row"
        ),
        pytest.param("# stackpin: ignore[A]\na \\\n  --hash=x\nb\n", [(1, ("A",), 2, 3)], id="above a row"),
        pytest.param(
            "RUN pip install \\\n    # stackpin: ignore[A]\n    torch \\\n    triton\n",
            [(2, ("A",), 3, 3)],
            id="in a row, as Docker has it",
        ),
        pytest.param(
            "# stackpin: ignore[A]\nRUN pip install \\\n    # why\n    torch\nRUN x\n",
            [(1, ("A",), 2, 4)],
            id="above a row with a comment",
        ),
        pytest.param("# a \\\nb # stackpin: ignore[A]\n", [(2, ("A",), 2, 2)], id="a comment does not go on"),
    ],
)
def test_a_comment_holds_for_its_line_its_row_or_its_file(
    text: str, expected: list[tuple[int, tuple[str, ...], int, int]]
) -> None:
    assert list(parse_ignore_comments(text)) == [IgnoreComment(*each) for each in expected]


def test_a_comment_covers_its_lines_only_and_one_for_the_file_all() -> None:
    one, whole = IgnoreComment(3, ("A",), 2, 3), IgnoreComment(3, ("A",), 0, 0)
    assert [line for line in range(6) if one.covers(line)] == [2, 3]
    assert all(whole.covers(line) for line in range(6))
