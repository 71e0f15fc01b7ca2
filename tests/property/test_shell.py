"""Shell scripts and Dockerfiles: any text is read or refused, and plain words are split as :mod:`shlex` splits them."""

from __future__ import annotations

import contextlib
import shlex

from hypothesis import example, given
from hypothesis import strategies as st

from stackpin.app.check.commands import command_subjects
from stackpin.check.index_lines import index_findings
from stackpin.errors import StackpinError
from stackpin.model.input_file import InputKind
from stackpin.parse.shell_commands import parse_script

__all__: list[str] = []

#: What shells and BuildKit give a meaning to, and what pip and uv do.
PIECES = st.sampled_from([
    "pip install ", "uv pip install ", "uvx ", "python -m pip ", "torch==2.6.0", "torch", "==$V", "-r r.txt", "--index-url ",
    "https://download.pytorch.org/whl/cu124", "+cu126", " ", "\n", "\\\n", "\t", "'", '"', "`", "$", "$(", "${", "}", "$((", "))",
    "(", ")", "{ ", "; }", ";", "&&", "||", "|", "&", "<", ">", "<<E", "\nE\n", "<<-'E'", "#", "# ", "\\", "if ", "; then ",
    "; else ", "; fi", "for x in ", "; do ", "; done", "case x in ", ") ", ";; ", "esac", "[[ ", " ]]", "f() ", "V=", "V=1\n",
    "bash -c '", "eval ", ". x/activate\n", "exit\n", '["', '", "', '"]', "${V:-", "*", "{a,b}", "é", "\ufffd", "\r\n",
])  # fmt: skip
SCRIPTS = st.lists(PIECES, max_size=40).map("".join)
LINES = st.lists(
    st.tuples(
        st.sampled_from(
            ["RUN ", "ENV ", "ARG ", "FROM ", "COPY ", "WORKDIR ", "SHELL ", "run ", "ADD --from=x ", "# ", ""]
        ),
        SCRIPTS,
    ).map("".join),
    max_size=8,
).map("\n".join)
#: Signs that mean the same to shlex and to a shell.
PLAIN = st.text(alphabet="abcXYZ019=.,+-_/:@%^~ \t", min_size=1, max_size=20)


@given(SCRIPTS)
def test_a_script_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(StackpinError):
        found = command_subjects(f"pip\n{text}".encode(), "it.sh", InputKind.SHELL)
        assert all(subject.mentions for subject in found.subjects)
        assert all(finding.rule.id == "SP206" for subject in found.subjects for finding in index_findings(subject))


@given(LINES)
def test_a_dockerfile_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(StackpinError):
        found = command_subjects(f"FROM a\n{text}".encode(), "it", InputKind.DOCKERFILE, read=lambda _path, _c: None)
        assert all(subject.mentions for subject in found.subjects)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for kind in (InputKind.SHELL, InputKind.DOCKERFILE):
        with contextlib.suppress(StackpinError):
            assert command_subjects(b"FROM pip\n" + content, "it", kind) is not None


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=6))
def test_quoted_words_come_back_as_they_were(given_words: list[str]) -> None:
    lines, commands = parse_script(f"pip {shlex.join(given_words)}".encode(), "it.sh")
    assert [word.text for word in commands[0].words[1:]] == given_words
    assert lines.path == "it.sh"


@given(
    st.lists(st.one_of(PLAIN, st.sampled_from(["'", '"', "\\", '\\"', "\\\\", "''", '""'])), max_size=12).map("".join)
)
def test_words_are_split_as_shlex_splits_them(text: str) -> None:
    line = f"pip x{text}"
    try:
        expected = shlex.split(line, posix=True)
    except ValueError:
        return  # a quote that is not closed, or nothing behind an escape
    _, commands = parse_script(line.encode(), "it.sh")
    assert [word.text for word in commands[0].words] == expected


@given(SCRIPTS)
@example("'V=1\n'")  # a quoted word that goes on in the next row has no end in its own
def test_places_lie_in_the_text(text: str) -> None:
    with contextlib.suppress(StackpinError):
        lines, commands = parse_script(f"pip\n{text}".encode(), "it.sh")
        rows = lines.text.split("\n")
        for command in commands:
            for word in command.words:
                place = lines.place(word.marked)
                row = rows[place.line - 1]
                assert 1 <= place.column <= len(row) + 1
                if place.end_column:
                    assert row[place.column - 1 : place.end_column - 1] == word.text
