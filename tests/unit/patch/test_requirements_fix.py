"""Edits in requirements, projects, conda environments and other texts: what changes, what stays, what is refused."""

from __future__ import annotations

import sys

import pytest

from stackpin.errors import InputUnreadable
from stackpin.model.finding import Edit
from stackpin.model.mention import Place
from stackpin.patch.requirements_fix import Shape, edited, shape_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__: list[str] = []


def edit(text: str, old: str, new: str, *, said: str = "") -> Edit:
    """An edit of where ``old`` stands in a text; ``said`` is what the edit takes that for."""
    at = text.index(old)
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    place = Place(path="f", line=line, column=column, end_column=column + len(old))
    return Edit(place=place, old=said or old, new=new)


@pytest.mark.parametrize(
    ("text", "old", "new", "expected"),
    [
        (
            "# a\r\ntorch==2.6.0   # why\r\nx\r\n",
            "torch==2.6.0",
            "torch==2.7.1",
            "# a\r\ntorch==2.7.1   # why\r\nx\r\n",
        ),
        ("a\n  torch==2.6.0  # why\nb", "torch==2.6.0", "", "a\nb"),
        ("a\ntorch", "torch", "", "a\n"),
        ("torch \\\n  --hash=sha256:0 \\\n  --hash=sha256:1  # c\n    # via x\nb\n", "torch", "", "    # via x\nb\n"),
        ("-i https://x ; extra == 'a'\n", " ; extra == 'a'", "", "-i https://x\n"),
        ("torch>=2+cu1,<3 ; a\n", ">=2+cu1", ">=2", "torch>=2,<3 ; a\n"),
        ("torch==1 # see --hash\n", "torch==1", "torch==2", "torch==2 # see --hash\n"),
    ],
)
def test_requirements_are_edited_in_place(text: str, old: str, new: str, expected: str) -> None:
    assert edited(text, [edit(text, old, new)], Shape.REQUIREMENTS) == expected


def test_several_edits_are_made_at_once_and_each_once() -> None:
    text = "torch==1\ntriton==1\nsix\n"
    edits = [edit(text, "triton==1", "triton==22222"), edit(text, "torch==1", "torch==2"), edit(text, "six", "")]
    assert edited(text, [*edits, edits[0]], Shape.REQUIREMENTS) == "torch==2\ntriton==22222\n"
    assert edited(text, [], Shape.REQUIREMENTS) == text


@pytest.mark.parametrize(
    ("text", "old", "new", "said", "why"),
    [
        ("torch==1\n", "torch==1", "torch==2", "torch==9", "something else stands there"),
        ("torch==1 --hash=sha256:0\n", "torch==1", "torch==2", "", "hashes stand beside it"),
        ("torch==1 \\\n  --hash=sha256:0\n", "torch==1", "torch==2", "", "hashes stand beside it"),
        ("torch==1 --config-settings=a\n", "torch==1", "", "", "more than this stands"),
        ("torch==1 # x \\\nsix\n", "torch==1", "", "", "more than this stands"),
        ("torch==1\x0csix\n", "torch==1", "", "", "more than this stands"),
        ("torch==1\n", "torch==1", "a\nb", "", "several lines"),
    ],
)
def test_what_is_not_safe_in_requirements_is_refused(text: str, old: str, new: str, said: str, why: str) -> None:
    with pytest.raises(InputUnreadable, match=why) as raised:
        edited(text, [edit(text, old, new, said=said)], Shape.REQUIREMENTS)
    assert raised.value.where == "f:1"


def test_an_edit_without_a_place_is_refused() -> None:
    for place in (Place(path="f"), Place(path="f", line=1, column=1), Place(path="f", line=9, column=1, end_column=3)):
        with pytest.raises(InputUnreadable, match="its place is not in one line"):
            edited("torch\n", [Edit(place=place, old="to", new="x")])


def test_edits_that_meet_are_refused() -> None:
    text = "torch==1\n"
    with pytest.raises(InputUnreadable, match="two edits meet"):
        edited(text, [edit(text, "torch==1", "a"), edit(text, "==1", "b")])


@pytest.mark.parametrize(
    ("text", "old", "new", "expected"),
    [
        ('x = ["torch==1"]  # c\n', "torch==1", "torch==2", 'x = ["torch==2"]  # c\n'),
        ('x = ["torch"]\n', "torch", 'torch ; os_name == "a"', 'x = ["torch ; os_name == \\"a\\""]\n'),
        ("x = ['torch']\n", "torch", 'torch ; os_name == "a"', "x = ['torch ; os_name == \"a\"']\n"),
        ("x = ['torch']\n", "torch", "torch ; os_name == 'a'", "x = [\"torch ; os_name == 'a'\"]\n"),
        ('x = ["a>=1+b,<2"]\r\n', ">=1+b", ">=1", 'x = ["a>=1,<2"]\r\n'),
        ('torch = "^2.6"\n', "^2.6", "==2.6.0", 'torch = "==2.6.0"\n'),
        ('x = [\n  "a",\n  "torch",  # c\n  "b",\n]\n', "torch", "", 'x = [\n  "a",\n  "b",\n]\n'),
        ('x = [\n  "a",\n  "torch"\n]\n', "torch", "", 'x = [\n  "a",\n]\n'),
        ('x = ["a", "torch"]\n', "torch", "", 'x = ["a"]\n'),
        ('x = ["torch", "a"]\n', "torch", "", 'x = ["a"]\n'),
        ('x = ["torch"]\n', "torch", "", "x = []\n"),
        ('[t]\na = 1\ntorch = "*"  # c\nb = 2\n', "*", "", "[t]\na = 1\nb = 2\n"),
    ],
)
def test_a_project_is_edited_and_stays_toml(text: str, old: str, new: str, expected: str) -> None:
    assert edited(text, [edit(text, old, new)], Shape.TOML) == expected
    assert tomllib.loads(expected) is not None


def test_a_text_with_escapes_is_edited_as_what_it_says() -> None:
    text = 'x = ["torch ; os_name == \\"a\\""]\n'
    raw, value = 'torch ; os_name == \\"a\\"', 'torch ; os_name == "a"'
    new = edited(text, [edit(text, raw, 'torch==2 ; os_name == "a"', said=value)], Shape.TOML)
    assert tomllib.loads(new) == {"x": ['torch==2 ; os_name == "a"']}


@pytest.mark.parametrize(
    ("text", "old", "new", "said", "why"),
    [
        ('x = ["torch"]  # torch 1\n', "torch 1", "a", "", "in no string"),
        ('x = ["torch"]\n', "torch", "a", "triton", "something else stands there"),
        ('x = { version = "1", a = 2 }\n', "1", "", "", "more than this stands"),
        ('x = "\\\\a>=1"\n', ">=1", ">=2", "", "something else stands there"),
        ("x = '''a'''\n", "a", "'b'", "", "between quotes"),
        ("x = ['a>=1']\n", ">=1", "'", "", "between quotes"),
    ],
)
def test_what_is_not_safe_in_a_project_is_refused(text: str, old: str, new: str, said: str, why: str) -> None:
    with pytest.raises(InputUnreadable, match=why):
        edited(text, [edit(text, old, new, said=said)], Shape.TOML)


HEAD = "dependencies:\n  - pip:\n"


@pytest.mark.parametrize(
    ("lines", "old", "new", "expected"),
    [
        ("    - torch==1  # c\n    - six\n", "torch==1", "torch==2", "    - torch==2  # c\n    - six\n"),
        ('    - "torch==1"\n', "torch==1", "torch==2", '    - "torch==2"\n'),
        ("    - torch==1  # c\n    - six\n", "torch==1", "", "    - six\n"),
        ("    - 'torch==1'  # c\n    - six\n", "torch==1", "", "    - six\n"),
        ("    - torch>=1+a,<2\n", ">=1+a", ">=1", "    - torch>=1,<2\n"),
    ],
)
def test_the_pip_section_of_a_conda_file_is_edited(lines: str, old: str, new: str, expected: str) -> None:
    text = HEAD + lines
    assert edited(text, [edit(text, old, new)], Shape.YAML) == HEAD + expected


@pytest.mark.parametrize(
    ("lines", "old", "new", "why"),
    [
        ("    - torch\n", "torch", "", "something else than is meant"),
        ("    - torch\n", "torch", "a # b", "something else than is meant"),
        ('    - "torch"\n', "torch", 'torch ; os_name == "a"', "between quotes"),
        ("    - torch\n", "torch", "a: b", "laid out"),
    ],
)
def test_what_is_not_safe_in_a_conda_file_is_refused(lines: str, old: str, new: str, why: str) -> None:
    text = HEAD + lines
    with pytest.raises(InputUnreadable, match=why):
        edited(text, [edit(text, old, new)], Shape.YAML)


def test_any_other_text_is_edited_where_the_edit_says() -> None:
    text = "FROM x\nRUN pip install torch==1 six\n"
    assert edited(text, [edit(text, "torch==1", "torch==2")]) == text.replace("==1", "==2")
    assert edited(text, [edit(text, "RUN pip install torch==1 six", "")]) == "FROM x\n"


def test_the_shape_is_told_by_the_name() -> None:
    names = ("a/requirements.txt", "x.in", "pyproject.toml", "e.yml", "e.yaml", "Dockerfile")
    assert [shape_of(name).value for name in names] == ["requirements", "requirements", "toml", "yaml", "yaml", "plain"]
