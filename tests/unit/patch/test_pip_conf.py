"""Our lines in a ``pip.conf``: read by the parser that pip uses, beside what was there, and out again byte for byte."""

from __future__ import annotations

import configparser
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackpin.errors import InputUnreadable
from stackpin.model.shims import Guard
from stackpin.patch.pip_conf import guarded, is_guarded, pip_values, unguarded

__all__: list[str] = []

OURS = "/venv/stackpin-constraints.txt"
PLAIN = Guard(constraint=OURS, builds=False)
BUILDS = Guard(constraint=OURS, builds=True)


def put_in(text: str | None, guard: Guard = PLAIN, **wider: str) -> str:
    values = {("global", key.replace("_", "-")): value for key, value in wider.items()}
    return guarded(text, guard, where="pip.conf", wider=values)


def test_a_new_file_says_whose_it_is() -> None:
    assert put_in(None, BUILDS) == (
        "# >>> stackpin: `stackpin shim remove --venv` takes this out (and the file)\n"
        "[global]\n"
        f"constraint = {OURS}\n"
        f"build-constraint = {OURS}\n"
        "# <<< stackpin\n"
    )


def test_keys_comments_and_order_of_the_user_stay() -> None:
    text = "# team\n[list]\nformat = columns\n\n[global]\n; proxy\nproxy = p\nconstraint =\n  /a.txt\n  /b.txt\ntimeout=9\n"
    assert put_in(text) == (
        "# team\n[list]\nformat = columns\n\n[global]\n; proxy\nproxy = p\nconstraint =\n  /a.txt\n  /b.txt\n"
        "    # >>> stackpin: `stackpin shim remove --venv` takes this out\n"
        f"    {OURS}\n"
        "    # <<< stackpin\n"
        "timeout=9\n"
    )


def test_a_commands_own_constraint_is_extended_too() -> None:
    values = pip_values(put_in("[install]\nconstraint = /a.txt\n[wheel]\nno-deps = 1\n"), "pip.conf")
    assert values["install", "constraint"].split() == ["/a.txt", OURS]
    assert values["global", "constraint"] == OURS
    assert ("wheel", "constraint") not in values


def test_what_a_wider_file_says_is_said_again_beside_ours() -> None:
    values = pip_values(put_in("[global]\ntimeout = 9\n", BUILDS, constraint="/w.txt\n/x.txt"), "pip.conf")
    assert values["global", "constraint"].split() == ["/w.txt", "/x.txt", OURS]
    assert values["global", "build-constraint"] == OURS


def test_what_the_file_says_hides_the_wider_one_as_before() -> None:
    values = pip_values(put_in("[global]\nconstraint = /a.txt\n", constraint="/w.txt"), "pip.conf")
    assert values["global", "constraint"].split() == ["/a.txt", OURS]


@pytest.mark.parametrize("key", ["Constraint", "CONSTRAINT", "--constraint"])
def test_a_key_counts_as_pip_spells_it(key: str) -> None:
    assert pip_values(put_in(f"[global]\n{key} = /a.txt\n"), "x")["global", "constraint"].split() == ["/a.txt", OURS]


@pytest.mark.parametrize(
    "text", ["[global]\n[global]\n", "constraint = x\n", "[global]\nx\n", "[global]\na = 1\na = 2\n"], ids=repr
)
def test_what_pip_cannot_read_is_an_error(text: str) -> None:
    with pytest.raises(InputUnreadable) as raised:
        put_in(text)
    assert (raised.value.what, raised.value.where) == ("pip's configuration cannot be read", "pip.conf")
    assert pickle.loads(pickle.dumps(raised.value)).got == raised.value.got


def test_what_was_written_below_our_section_since_keeps_its_header() -> None:
    text = put_in("[list]\nformat = columns\n") + "timeout = 9\n"
    assert unguarded(text) == "[list]\nformat = columns\n[global]\ntimeout = 9\n"


def test_a_file_of_ours_to_which_others_added_stays() -> None:
    assert unguarded(put_in(None) + "[list]\nformat = columns\n") == "[list]\nformat = columns\n"


def test_lines_that_were_never_ours_are_no_guard() -> None:
    assert not is_guarded("[global]\nconstraint = /a.txt\n")
    assert unguarded("[global]\nconstraint = /a.txt\n") == "[global]\nconstraint = /a.txt\n"


ENDS = st.sampled_from(["\n", "\r\n"])
KEYS = st.sampled_from(["constraint", "build-constraint", "index-url", "timeout", "find-links", "no_deps"])
VALUES = st.sampled_from(["/a.txt", "x = y", "[z]", "1 2", "%(odd)s", "#x"])
NOISE = st.sampled_from(["", "# c", "; c", "   ", "    # indented"])


@st.composite
def files(draw: st.DrawFn) -> str:
    """A file that pip reads: sections and keys once each, values over lines, comments and blank lines between."""
    lines: list[str] = draw(st.lists(NOISE, max_size=2))
    for section in draw(st.lists(st.sampled_from(["global", "install", "wheel", "list", "lock"]), unique=True)):
        lines.append(f"[{section}]")
        for key in draw(st.lists(KEYS, unique=True, max_size=3)):
            indent = draw(st.sampled_from(["", "  ", "\t"])) if lines[-1].startswith("[") else ""
            lines += [f"{indent}{key}{draw(st.sampled_from([' = ', '=', ': ']))}{draw(VALUES)}"]
            lines += [f"        {value}" for value in draw(st.lists(VALUES, max_size=2))]
            lines += draw(st.lists(NOISE, max_size=1))
    return draw(ENDS).join(lines) + draw(st.sampled_from(["", "\n", "\n\n"]))


@given(files(), st.booleans(), st.sampled_from(["", "/w.txt", "/w.txt\n/x.txt"]))
def test_any_file_is_extended_and_given_back(text: str, builds: bool, wider: str) -> None:
    try:
        before = pip_values(text, "x")
    except InputUnreadable:
        return
    guard = BUILDS if builds else PLAIN
    new = guarded(text, guard, where="x", wider={("install", "constraint"): wider} if wider else {})
    parser = configparser.RawConfigParser()
    parser.read_string(new)
    assert OURS in parser.get("global", "constraint").split()
    for section in ("install", "wheel", "lock"):
        value = parser.get(section, "constraint", fallback=OURS)
        assert OURS in value.split()
    after = pip_values(new, "x")
    assert all(after[key].split()[: len(value.split())] == value.split() for key, value in before.items())
    assert unguarded(new) == text
    assert guarded(new, guard, where="x", wider={("install", "constraint"): wider} if wider else {}) == new
