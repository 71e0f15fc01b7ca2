"""Shell scripts: words with their places, branches, variables, what other shells are given to run."""

from __future__ import annotations

import pytest

from stackpin.errors import InputUnreadable
from stackpin.parse.shell_commands import SCRIPT_LIMIT, parse_script

__all__: list[str] = []


def words(text: str) -> list[list[str]]:
    """The words of each command; what cannot be told shows as a question mark."""
    _, commands = parse_script(text.encode(), "it.sh")
    return [[word.text.replace("\0", "?") for word in command.words] for command in commands]


def placed(text: str) -> list[tuple[str, int, int, int]]:
    """Each word with line, column and end."""
    lines, commands = parse_script(text.encode(), "it.sh")
    found = []
    for command in commands:
        for word in command.words:
            place = lines.place(word.marked)
            found.append((word.text, place.line, place.column, place.end_column))
    return found


def branches(text: str) -> list[tuple[str, int]]:
    """The last word of each call of pip, with how many branches it stands on."""
    _, commands = parse_script(text.encode(), "it.sh")
    return [
        (command.words[-1].text, len(command.branch))
        for command in commands
        if command.words and command.words[0].text == "pip"
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("pip install a b", ["a", "b"], id="plain"),
        pytest.param("pip install 'a b' \"c d\"", ["a b", "c d"], id="quotes"),
        pytest.param("pip install a'b'\"c\"", ["abc"], id="glued"),
        pytest.param(r"pip install a\ b \$X \\ '\'", ["a b", "$X", "\\", "\\"], id="escapes"),
        pytest.param(r'pip install "a\"b\\c\$d\e"', [r'a"b\c$d\e'], id="escapes in quotes"),
        pytest.param("pip install '' \"\"", ["", ""], id="empty"),
        pytest.param("pip install a # b", ["a"], id="comment"),
        pytest.param("pip install a#b", ["a#b"], id="no comment"),
        pytest.param("pip install a>=1", ["a"], id="a file to write"),
        pytest.param("pip install a 2>&1 >/dev/null <in b", ["a", "b"], id="redirections"),
        pytest.param("pip install $UNSET x$UNSET", ["?", "x?"], id="unset"),
        pytest.param("pip install $(cat a) `cat b` $((1 + (2))) <(cat c)", ["?", "?", "?", "?"], id="printed"),
        pytest.param("pip install ${X:-a} ${X-b} ${X:+c} ${#X} ${X%.*}", ["a", "b", "?", "?"], id="defaults"),
        pytest.param(
            "V=1.2; pip install a==$V a==${V} 'a==$V' a==\"$V\"", ["a==1.2", "a==1.2", "a==$V", "a==1.2"], id="set"
        ),
        pytest.param("V=1; pip install ${V:-2} ${V:+3} ${V}x $Vx", ["1", "3", "1x", "?"], id="set and asked"),
        pytest.param("V='a b'; pip install $V \"$V\" x$V", ["a", "b", "a b", "xa", "b"], id="split"),
        pytest.param("V=1; V+=2; pip install $V", ["?"], id="added to"),
        pytest.param("A=(1 2); pip install ${A[0]} ${A[@]}", ["?", "?"], id="array"),
        pytest.param("pip install $'a' $'a\\tb' $\"c\"", ["a", "?", "c"], id="dollar quotes"),
        pytest.param("pip install a{b,c} a{1..3} {} {a}", ["?", "?", "{}", "{a}"], id="braces"),
        pytest.param("pip install \\\n  a \\\r\n  b", ["a", "b"], id="continued"),
        pytest.param("pip install $1 $@ $# $?", ["?", "?", "?", "?"], id="arguments"),
    ],
)
def test_the_words_of_a_command(line: str, expected: list[str]) -> None:
    assert words(line)[-1] == ["pip", "install", *expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a; b & c | d |& e && f || g\nh", ["a", "b", "c", "d", "e", "f", "g", "h"], id="operators"),
        pytest.param("(a; (b)); { c; }", ["a", "b", "c"], id="groups"),
        pytest.param("if a; then b; elif c; then d; else e; fi", ["a", "b", "c", "d", "e"], id="if"),
        pytest.param("for x in 1 2; do a; done; for ((i=0;i<2;i++)); do b; done", ["a", "b"], id="for"),
        pytest.param("for x\ndo a; done; select y in z; do b; done", ["a", "b"], id="for without in"),
        pytest.param("while a; do b; done; until c; do d; done", ["a", "b", "c", "d"], id="loops"),
        pytest.param("case $x in a|'b)') c;; (d) e;& *) f;; esac; g", ["c", "e", "f", "g"], id="case"),
        pytest.param("case x in esac; a", ["a"], id="case of nothing"),
        pytest.param("f() { a; }; function g { b; }; function h() ( c )", ["a", "b", "c"], id="functions"),
        pytest.param("[[ a && ( b || c ) ]] && d; (( 1 < 2 )) && e", ["d", "e"], id="tests"),
        pytest.param(
            "! a; time b; sudo -u x -E c; env -i X=1 d; exec -a y e", ["a", "b", "c", "d", "e"], id="starters"
        ),
        pytest.param("timeout -s 9 10 a; nohup nice -n 5 b; command -v c", ["a", "b", "command"], id="more starters"),
        pytest.param("cat <<A <<-'B'; x\none\nA\n\ttwo 'not closed\n\tB\ny", ["cat", "x", "y"], id="here-documents"),
        pytest.param("cat <<<'x' a; b", ["cat", "b"], id="here-string"),
        pytest.param("while a; do b; done <<A; c\nd 'x\nA\n", ["a", "b", "c"], id="here-document of a loop"),
        pytest.param("bash -c 'a; b' && sh -ec \"c\"", ["bash", "a", "b", "sh", "c"], id="given"),
        pytest.param("bash <<'A'\na\nb\nA\nc", ["bash", "a", "b", "c"], id="given below"),
        pytest.param("eval 'a b'; su me -c 'c'", ["eval", "a", "su", "c"], id="eval"),
        pytest.param('x=$(case a in a) b;; esac; echo "\'" # )\n); c', ["c"], id="case in a substitution"),
        pytest.param("x=$(cat <<A\n) ' \"\nA\n); c", ["c"], id="here-document in a substitution"),
        pytest.param("echo done if; then_x; fi_x", ["echo", "then_x", "fi_x"], id="reserved words elsewhere"),
        pytest.param("#!/usr/bin/env -S bash -e\na", ["a"], id="shebang"),
    ],
)
def test_the_commands_of_a_script(text: str, expected: list[str]) -> None:
    assert [command[0] for command in words(text + "\ntrue pip")][:-1] == expected


def test_places_go_through_quotes_and_continuations() -> None:
    text = 'pip install \'torch==2.6.0\' \\\n\t"triton==3.2.0" tor"ch" a\\\nb é c'
    assert placed(text) == [
        ("pip", 1, 1, 4),
        ("install", 1, 5, 12),
        ("torch==2.6.0", 1, 14, 26),
        ("triton==3.2.0", 2, 3, 16),
        ("torch", 2, 18, 0),
        ("ab", 2, 26, 0),
        ("é", 3, 3, 4),
        ("c", 3, 5, 6),
    ]


def test_a_filled_in_word_stands_where_it_is_used_and_has_no_end() -> None:
    text = 'V=2.6.0\npip install "torch==$V" $V'
    assert placed(text)[2:] == [("torch==2.6.0", 2, 14, 0), ("2.6.0", 2, 25, 0)]


def test_a_script_within_a_script_keeps_its_places() -> None:
    assert placed("bash -c 'pip install torch==2.6.0'")[3:] == [
        ("pip", 1, 10, 13),
        ("install", 1, 14, 21),
        ("torch==2.6.0", 1, 22, 34),
    ]


def test_a_byte_order_mark_and_other_bytes_count_for_nothing_and_for_one() -> None:
    lines, commands = parse_script(b"\xef\xbb\xbfpip install \xff torch", "it.sh")
    place = lines.place(commands[0].words[3].marked)
    assert (place.line, place.column, place.end_column) == (1, 15, 20)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("pip a; pip b", [("a", 0), ("b", 0)], id="sequence"),
        pytest.param("x && pip a && pip b", [("a", 0), ("b", 0)], id="chain"),
        pytest.param("[ x ] && pip a && pip b; pip c", [("a", 1), ("b", 1), ("c", 0)], id="test"),
        pytest.param("command -v x && pip a; command x && pip b", [("a", 1), ("b", 0)], id="question"),
        pytest.param("pip a || pip b; pip c", [("a", 1), ("b", 1), ("c", 0)], id="or"),
        pytest.param("pip a && pip b || pip c", [("a", 1), ("b", 1), ("c", 1)], id="chain or"),
        pytest.param("pip a || exit 1; pip b || { echo; return 1; }", [("a", 0), ("b", 0)], id="or leave"),
        pytest.param("if x; then pip a; else pip b; fi; pip c", [("a", 1), ("b", 1), ("c", 0)], id="if"),
        pytest.param("if x; then if y; then pip a; fi; fi", [("a", 2)], id="nested"),
        pytest.param("x && if y; then pip a; fi && pip b", [("a", 1), ("b", 0)], id="if in a chain"),
        pytest.param("for i in a; do pip a; done; f() { pip b; }", [("a", 1), ("b", 1)], id="loop and function"),
        pytest.param("(pip a); { pip b; }; pip c | tee x", [("a", 0), ("b", 0), ("c", 0)], id="groups"),
        pytest.param("if x; then bash -c 'pip a'; fi", [("a", 1)], id="within"),
    ],
)
def test_what_runs_only_under_a_condition_stands_on_a_branch(text: str, expected: list[tuple[str, int]]) -> None:
    assert branches(text) == expected


def test_alternatives_share_the_number_of_their_choice() -> None:
    _, commands = parse_script(b"if x; then pip a; elif y; then pip b; else pip c; fi; [ z ] && pip d", "it.sh")
    found = [command.branch for command in commands if command.words[0].text == "pip"]
    (first, _), (second, _), (third, _), (other, _) = (branch[0] for branch in found)
    assert first == second == third != other
    assert len(set(found)) == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("V=1; if x; then V=2; pip $V; else pip $V; fi; pip $V", ["2", "1", "?"], id="if"),
        pytest.param("[ x ] && V=1 && pip $V; pip $V", ["1", "?"], id="list"),
        pytest.param("V=1; (V=2; pip $V); pip $V", ["2", "1"], id="subshell"),
        pytest.param("V=1; { V=2; }; pip $V", ["2"], id="group"),
        pytest.param("V=1; for V in a b; do pip $V; done; pip $V", ["?", "?"], id="loop"),
        pytest.param("V=1; f() { V=2; pip $V; }; pip $V", ["2", "?"], id="function"),
        pytest.param("case x in a) V=1;; *) V=2; pip $V;; esac; pip $V", ["2", "?"], id="case"),
        pytest.param("V=1 pip $V; export V=3; pip $V", ["?", "3"], id="in front"),
        pytest.param("V=1; . ./other.sh; pip ${V:-2}", ["?"], id="sourced"),
        pytest.param("V=1; . venv/bin/activate; pip $V", ["1"], id="activated"),
        pytest.param("V=1; unset V; pip $V; W=1; read -r W; pip $W", ["?", "?"], id="unset"),
        pytest.param('V=${V:-1}; W="${V}.${X:=2}"; pip $W', ["1.2"], id="defaults"),
    ],
)
def test_variables_are_followed_as_far_as_they_are_sure(text: str, expected: list[str]) -> None:
    assert [command[-1] for command in words(text) if command[0] == "pip"] == expected


def test_variables_that_govern_pip_go_with_its_commands() -> None:
    text = b"export PIP_INDEX_URL=https://a.example\nUV_INDEX=$X pip a\nFOO=1\npip b"
    _, commands = parse_script(text, "it.sh")
    shown = [{name: value and value.text for name, value in each.variables.items()} for each in commands[1:]]
    assert shown == [
        {"PIP_INDEX_URL": "https://a.example", "UV_INDEX": "\0"},
        {"PIP_INDEX_URL": "https://a.example"},
    ]


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        pytest.param("pip\necho 'x", "a single quote", 2, id="single"),
        pytest.param('pip\n\necho "x', "a double quote", 3, id="double"),
        pytest.param("pip $(x", "a command substitution", 1, id="substitution"),
        pytest.param("pip ${x", "a ${", 1, id="parameter"),
        pytest.param("pip `x", "a backtick", 1, id="backtick"),
        pytest.param("pip $((1", "a ((", 1, id="arithmetic"),
        pytest.param("pip\nif x; then\ny", "an if", 2, id="if"),
        pytest.param("pip\nwhile x", "a loop", 2, id="loop"),
        pytest.param("pip; (x", "a (", 1, id="subshell"),
        pytest.param("pip; { x", "a {", 1, id="group"),
        pytest.param("pip\ncase x in y) z", "a case", 2, id="case"),
        pytest.param("pip; [[ x", "a [[", 1, id="test"),
        pytest.param("pip\n" + "if x; then\n" * 500, "something in 100 others", 102, id="deep"),
    ],
)
def test_what_is_cut_is_unreadable_on_its_line(text: str, what: str, line: int) -> None:
    with pytest.raises(InputUnreadable) as caught:
        parse_script(text.encode(), "it.sh")
    assert caught.value.what == f"{what} is not closed: the file is cut, or no shell would read it"
    assert caught.value.where == f"it.sh:{line}"


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        pytest.param(b"pip\0", "it.sh", "the file is no shell script: it is binary", id="binary"),
        pytest.param(b"#" * (SCRIPT_LIMIT + 1), "it.sh", "the file is too large for a shell script", id="large"),
        pytest.param(
            b"pip\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> c\n",
            "it.sh:2",
            "the file holds a merge conflict",
            id="conflict",
        ),
    ],
)
def test_what_is_no_script_is_unreadable(content: bytes, where: str, what: str) -> None:
    with pytest.raises(InputUnreadable) as caught:
        parse_script(content, "it.sh")
    assert (caught.value.where, caught.value.what) == (where, what)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("echo 'nothing of ours", id="neither pip nor uv"),
        pytest.param("#!/usr/bin/python3\npip = '", id="another interpreter"),
        pytest.param("", id="empty"),
    ],
)
def test_what_is_no_shells_or_runs_nothing_has_no_commands(text: str) -> None:
    assert parse_script(text.encode(), "it.sh")[1] == ()


def test_a_value_that_grows_without_end_is_unknown() -> None:
    assert set(words("V=aaaaaaaaaa\n" + "V=$V$V\n" * 60 + "pip $V")[-1][1]) == {"?"}


def test_a_here_document_that_does_not_end_goes_to_the_end() -> None:
    assert words("pip a <<A; pip b\nnot 'ended") == [["pip", "a"], ["pip", "b"]]


def test_values_that_are_filled_in_too_often_are_unknown() -> None:
    text = "V=" + "a" * 9000 + "\npip " + "$V" * 1000
    assert set(words(text)[-1][1]) == {"a", "?"}


def test_quotes_that_nest_deeply_take_one_walk() -> None:
    with pytest.raises(InputUnreadable):
        parse_script(("pip " + '"$(' * 50_000).encode(), "it.sh")


def test_defaults_that_nest_deeply_are_unknown() -> None:
    assert words("pip " + "${a:-" * 50 + "x" + "}" * 50) == [["pip", "?"]]
