"""Dockerfiles as BuildKit reads them: stages, what RUN runs, arguments and variables, files that are copied."""

from __future__ import annotations

import pytest

from stackpin.errors import InputUnreadable
from stackpin.parse.dockerfile import Copied, Dockerfile, Ran, Unread, parse_dockerfile

__all__: list[str] = []


def parsed(text: str) -> Dockerfile:
    return parse_dockerfile(text.encode(), "Dockerfile")


def runs(text: str) -> list[list[str]]:
    """The words of each command; what cannot be told shows as a question mark."""
    return [
        [word.text.replace("\0", "?") for word in command.words]
        for stage in parsed(text).stages
        for step in stage.steps
        if isinstance(step, Ran)
        for command in step.commands
    ]


def copied(text: str) -> list[Copied]:
    return [step for stage in parsed(text).stages for step in stage.steps if isinstance(step, Copied)]


def places(text: str) -> list[tuple[str, int, int, int]]:
    dockerfile = parsed(text)
    found = []
    for stage in dockerfile.stages:
        for step in stage.steps:
            for command in step.commands if isinstance(step, Ran) else ():
                for word in command.words:
                    place = dockerfile.lines.place(word.marked)
                    found.append((word.text, place.line, place.column, place.end_column))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("FROM a\nRUN b c", [["b", "c"]], id="plain"),
        pytest.param("from a\nrUn b", [["b"]], id="case"),
        pytest.param("FROM a\nRUN b \\\n c \\\t\n  d", [["b", "c", "d"]], id="continued"),
        pytest.param("FROM a\nRUN b \\\n # 'x\n\n c", [["b", "c"]], id="comments and empty lines"),
        pytest.param("FROM a\r\nRUN b \\\r\n c\r\n", [["b", "c"]], id="carriage returns"),
        pytest.param("FROM a\nRUN b\\\nc", [["bc"]], id="joined"),
        pytest.param("FROM a\nRUN b \\\\\nRUN c", [["b", "\\"], ["c"]], id="escaped escape"),
        pytest.param("# escape=`\nFROM a\nRUN b `\n c\\\nRUN d", [["b", "c\\"], ["d"]], id="escape"),
        pytest.param("#x\n# escape=`\nFROM a\nRUN b \\\n c", [["b", "c"]], id="directive too late"),
        pytest.param("FROM a\nRUN --mount=type=cache,target=/x --network=none b", [["b"]], id="flags"),
        pytest.param('FROM a\nRUN ["b", "c d", "\\u0065"]', [["b", "c d", "e"]], id="exec form"),
        pytest.param('FROM a\nRUN ["b", "c",]', [["[b,", "c,]"]], id="no JSON"),
        pytest.param(
            'FROM a\nRUN ["bash", "-c", "b; c"]', [["bash", "-c", "b; c"], ["b"], ["c"]], id="exec form of a shell"
        ),
        pytest.param("FROM a\nRUN <<A\nb\nc\nA\nRUN d", [["b"], ["c"], ["d"]], id="here-document"),
        pytest.param("FROM a\nRUN <<-A\n\tb\n\tA\nRUN d", [["b"], ["d"]], id="here-document with tabs"),
        pytest.param("FROM a\nRUN <<A bash -x\nb\nA\nRUN d", [["bash", "-x"], ["b"], ["d"]], id="to a shell"),
        pytest.param("FROM a\nRUN <<A python\nb\nA\nRUN d", [["python"], ["d"]], id="to another program"),
        pytest.param("FROM a\nRUN <<A\n#!/usr/bin/env python\nb(')\nA\nRUN d", [["d"]], id="of another interpreter"),
        pytest.param("FROM a\nRUN cat <<A <<B && d\nx\nA\ny\nB\nRUN e", [["cat"], ["d"], ["e"]], id="two"),
        pytest.param("FROM a\nRUN b '<<A' $((1<<2)) << c", [["b", "<<A", "?"]], id="no here-document"),
        pytest.param("FROM a\nCOPY <<A /x\nRUN b\nA\nRUN c", [["c"]], id="of COPY"),
        pytest.param('FROM a\nSHELL ["/bin/bash", "-ec"]\nRUN b', [["b"]], id="another shell"),
        pytest.param("FROM a\nONBUILD RUN b\nCMD c\nLABEL d=e\nHEALTHCHECK CMD f", [], id="what runs later"),
        pytest.param("# syntax=example/other:1\nFROM a\nINCLUDE b\nRUN c", [["c"]], id="another syntax"),
    ],
)
def test_what_is_run(text: str, expected: list[list[str]]) -> None:
    assert runs(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("ARG V=1\nFROM a\nRUN b $V", "?", id="global alone"),
        pytest.param("ARG V=1\nFROM a\nARG V\nRUN b $V", "1", id="global declared"),
        pytest.param("ARG V=1\nFROM a\nARG V=2\nRUN b $V", "2", id="own"),
        pytest.param("FROM a\nARG V=2\nENV V=3\nRUN b $V", "3", id="ENV above ARG"),
        pytest.param("FROM a\nENV V=3\nARG V=2\nRUN b $V", "3", id="ENV above ARG behind it"),
        pytest.param("FROM a\nARG V\nRUN b $V", "?", id="to be given"),
        pytest.param("FROM a\nARG V\nRUN b ${V:-4}", "4", id="to be given, with a default"),
        pytest.param("FROM a\nRUN b ${V:-4}", "?", id="perhaps the image's"),
        pytest.param("FROM a\nARG TARGETARCH\nRUN b ${TARGETARCH:-4}", "?", id="BuildKit's own"),
        pytest.param("FROM a\nENV V=1 W=x$V\nENV W2=x${V}\nRUN b $W$W2", "x?x1", id="of the same instruction"),
        pytest.param("FROM a\nENV V a  'b'\nRUN b \"$V\"", "a  'b'", id="old form"),
        pytest.param('FROM a\nENV V="a b" W=c\\ d\nRUN b "$V$W"', "a bc d", id="quoted"),
        pytest.param("FROM a\nARG V=1 W=2\nRUN b $V$W", "12", id="several"),
        pytest.param("FROM a AS x\nENV V=1\nARG W=2\nFROM x\nRUN b $V$W", "12", id="the parent's"),
        pytest.param("FROM a AS x\nENV V=1\nFROM a\nRUN b $V", "?", id="another stage's"),
        pytest.param("FROM a\nENV V=$OTHER\nRUN b $V", "?", id="unknown"),
        pytest.param('FROM a\nENV V="${V:+$V }c"\nRUN b "$V"', "? c", id="in front of another word"),
        pytest.param('FROM a\nENV V="x${V:+$V }c"\nRUN b "$V"', "x?c", id="within a word"),
        pytest.param('FROM a\nENV V="${V:+$V}c"\nRUN b "$V"', "?c", id="in front, with no blank"),
    ],
)
def test_arguments_and_variables(text: str, expected: str) -> None:
    assert runs(text)[-1] == ["b", expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("FROM a:1@sha256:0", [("a:1@sha256:0", "", None, "")], id="digest"),
        pytest.param("FROM --platform=linux/arm64 a As Bee", [("a", "bee", None, "linux/arm64")], id="named"),
        pytest.param(
            "FROM a AS b\nFROM b\nFROM B AS c", [("a", "b", None, ""), ("b", "", 0, ""), ("B", "c", 0, "")], id="stages"
        ),
        pytest.param("ARG V=1\nARG W\nFROM a:${V}-${W:-x}-$X", [("a:1-x-\0", "", None, "")], id="arguments"),
        pytest.param(
            "ARG B=a\nFROM x AS a\nFROM ${B}", [("x", "a", None, ""), ("a", "", 0, "")], id="a stage by an argument"
        ),
    ],
)
def test_stages(text: str, expected: list[tuple[str, str, int | None, str]]) -> None:
    found = [(stage.image.text, stage.name, stage.parent, stage.platform) for stage in parsed(text).stages]
    assert found == expected


def test_places_are_those_of_the_file() -> None:
    text = (
        "# x\nFROM a\nRUN b \\\n  # y\n  'torch==2.6.0' \\\n  tri\\\nton\n"
        'RUN ["c", "d"]\nRUN <<E\n  e torch==2.7.1\nE\n'
    )
    assert places(text) == [
        ("b", 3, 5, 6),
        ("torch==2.6.0", 5, 4, 16),
        ("triton", 6, 3, 0),
        ("c", 8, 7, 8),
        ("d", 8, 12, 13),
        ("e", 10, 3, 4),
        ("torch==2.7.1", 10, 5, 17),
    ]


def test_an_image_stands_where_it_is_written() -> None:
    dockerfile = parsed("ARG V=1\nFROM --platform=x a:1 AS b\nFROM a:$V")
    found = [dockerfile.lines.place(stage.image) for stage in dockerfile.stages]
    assert [(each.line, each.column, each.end_column) for each in found] == [(2, 19, 22), (3, 6, 0)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("COPY a b ./", (("a", "b"), "/w/", "/w", ""), id="several"),
        pytest.param("ADD --chown=x:y a /b", (("a",), "/b", "/w", ""), id="flags"),
        pytest.param('COPY ["a b", "c"]', (("a b",), "/w/c", "/w", ""), id="exec form"),
        pytest.param("COPY --from=x /a /b/", (("/a",), "/b/", "/w", "x"), id="another stage"),
        pytest.param("COPY a $UNSET/b", (("a",), "", "/w", ""), id="unknown"),
        pytest.param("COPY . .", ((".",), "/w/", "/w", ""), id="all"),
    ],
)
def test_what_is_copied(line: str, expected: tuple[tuple[str, ...], str, str, str]) -> None:
    found = copied(f"FROM a\nWORKDIR /v\nWORKDIR ../w\n{line}")
    assert found == [Copied(expected[0], expected[1], expected[2], expected[3])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("COPY <<EOF /c.txt\na==1\nb\nEOF\n", [("/c.txt", "a==1\nb\n")], id="one"),
        pytest.param("ADD --chmod=644 <<-'E' c.txt\n\ta==$V\n\tE\n", [("/w/c.txt", "\ta==$V\n")], id="quoted"),
        pytest.param("ENV V=1\nCOPY <<EOF /c.txt\na==$V\nEOF\n", [("/c.txt", "a==1\n")], id="filled in"),
        pytest.param("COPY <<EOF /c.txt\na==$V\nEOF\n", [("/c.txt", "a==\0\n")], id="unknown"),
        pytest.param(
            "COPY <<x.txt <<y.txt /d/\n1\nx.txt\n2\ny.txt\n", [("/d/x.txt", "1\n"), ("/d/y.txt", "2\n")], id="two"
        ),
        pytest.param("COPY <<EOF $UNSET/c.txt\na\nEOF\n", [("", "a\n")], id="somewhere"),
    ],
)
def test_files_that_the_dockerfile_holds(text: str, expected: list[tuple[str, str]]) -> None:
    (found,) = copied(f"FROM a\nWORKDIR /w\n{text}RUN true\n")
    assert [(path, written.text) for path, written in found.written] == expected
    assert found.paths == ()


def test_a_file_that_the_dockerfile_holds_beside_one_of_the_context() -> None:
    (found,) = copied("FROM a\nCOPY r.txt <<c.txt /d/\na==1\nc.txt\n")
    assert (found.paths, [path for path, _ in found.written]) == (("r.txt",), ["/d/c.txt"])


def test_files_are_mounted_from_the_context_alone() -> None:
    text = (
        "FROM a\nWORKDIR /w\nRUN --mount=type=bind,source=r.txt,target=r.txt --mount=type=bind,from=b,source=/x,target=/y "
        "--mount=type=cache,target=/c d"
    )
    step = parsed(text).stages[0].steps[0]
    assert isinstance(step, Ran)
    assert step.mounted == (("r.txt", "/w/r.txt"),)


def test_a_shell_that_cannot_be_followed_is_not_read() -> None:
    text = 'FROM a\nSHELL ["powershell", "-Command"]\nRUN "not closed\nRUN ["b"]'
    steps = parsed(text).stages[0].steps
    assert isinstance(steps[0], Unread)
    assert isinstance(steps[1], Ran)


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        pytest.param(b"", "Dockerfile", "the file is no Dockerfile: it has no FROM", id="empty"),
        pytest.param(b"ARG V=1\n", "Dockerfile", "the file is no Dockerfile: it has no FROM", id="no FROM"),
        pytest.param(
            b"FROM a\nhello b\n", "Dockerfile:2", "a line of the Dockerfile begins with no instruction", id="other text"
        ),
        pytest.param(
            b"FROM a\n\nRUN <<E\nb\n", "Dockerfile:3", "the here-document 'E' does not end: the file is cut", id="cut"
        ),
        pytest.param(
            b"FROM a\nRUN b \\\n 'c\nRUN d\n",
            "Dockerfile:3",
            "a single quote is not closed: the file is cut, or no shell would read it",
            id="quote",
        ),
        pytest.param(
            b"FROM a\nENV V='b\n",
            "Dockerfile:2",
            "a single quote is not closed: the file is cut, or no build would read it",
            id="quote of ENV",
        ),
        pytest.param(b"FROM --platform=x\n", "Dockerfile:1", "a FROM names no image", id="no image"),
        pytest.param(b"\x7fELF\0", "Dockerfile", "the file is no Dockerfile: it is binary", id="binary"),
        pytest.param(
            b"FROM a\n" + b"#" * 1_000_000, "Dockerfile", "the file is too large for a Dockerfile", id="large"
        ),
        pytest.param(
            b"FROM a\n<<<<<<< ours\nRUN b\n=======\nRUN c\n>>>>>>> theirs\n",
            "Dockerfile:2",
            "the file holds a merge conflict",
            id="conflict",
        ),
        pytest.param(b"FROM a\n" * 301, "Dockerfile:301", "the file has more stages than any Dockerfile", id="stages"),
    ],
)
def test_what_is_no_dockerfile_is_unreadable(content: bytes, where: str, what: str) -> None:
    with pytest.raises(InputUnreadable) as caught:
        parse_dockerfile(content, "Dockerfile")
    assert (caught.value.where, caught.value.what) == (where, what)
