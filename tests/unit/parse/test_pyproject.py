"""Projects: which parts there are, what each asks for, where it comes from, and where that stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stackpin.errors import InputUnreadable
from stackpin.model.mention import Mention, Role, Subject
from stackpin.parse.pyproject import ProjectSubjects, parse_pyproject

__all__: list[str] = []

DATA = Path(__file__).parents[2] / "data" / "check" / "pyproject"
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13")


def read(name: str) -> dict[str, Subject]:
    found = parse_pyproject((DATA / name).read_bytes(), name, pythons=PYTHONS)
    assert not found.refused
    return {subject.part: subject for subject in found.subjects}


def parsed(text: str) -> ProjectSubjects:
    return parse_pyproject(text.encode(), "pyproject.toml", pythons=PYTHONS)


def said(subject: Subject) -> set[str]:
    return {f"{each.name}{each.specifier}" for each in subject.mentions}


def of(subject: Subject, name: str) -> list[Mention]:
    return [each for each in subject.mentions if each.name == name]


@pytest.mark.parametrize("path", sorted(DATA.glob("*.toml")), ids=lambda path: path.stem)
def test_every_text_stands_at_its_place(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    subjects = parse_pyproject(path.read_bytes(), path.name).subjects
    mentions = [each for subject in subjects for each in subject.mentions]
    indexes = [each for subject in subjects for each in subject.indexes]
    assert mentions
    for mention in mentions:
        place = mention.place
        assert lines[place.line - 1][place.column - 1 : place.end_column - 1] == mention.text
        assert mention.bare or re.sub(r"\W", "", mention.name) in re.sub(r"\W", "", mention.text.lower())
    for index in indexes:
        stretch = lines[index.place.line - 1][index.place.column - 1 : index.place.end_column - 1]
        assert index.address.rpartition("/")[2] == stretch.rpartition("/")[2]


def test_a_project_of_uv_has_a_part_for_each_extra_and_group() -> None:
    found = read("uv-sources.toml")
    assert list(found) == [
        "", "extra cpu", "extra cu124", "extra all", "group dev", "group lint", "builds"
    ]  # fmt: skip
    held = {"sglang==0.4.6.post5", "triton==3.2.0", "numpy==1.26.4"}
    assert said(found[""]) == held
    assert said(found["extra cpu"]) == {*held, "torch>=2.6.0", "torchvision>=0.21.0"}
    assert said(found["extra all"]) == {*held, "torch==2.6.0", "torchvision==0.21.0", "orjson"}
    assert (
        said(found["group dev"]) == {*held, "pytest>=8", "ruff", "ipython"} == {*said(found["group lint"]), "ipython"}
    )
    assert said(found["builds"]) == {"torch==2.6.0"}
    assert {each.role for name in ("triton", "numpy") for each in of(found[""], name)} == {
        Role.CONSTRAINED,
        Role.OVERRIDDEN,
    }
    assert found[""].pythons == ("3.11", "3.12")


def test_sources_of_uv_bind_a_package_where_they_hold() -> None:
    found = read("uv-sources.toml")
    cpu, cu124 = "https://download.pytorch.org/whl/cpu", "https://download.pytorch.org/whl/cu124"
    assert [each.address for each in of(found["extra cpu"], "torch")] == [cpu]
    assert [each.address for each in of(found["extra all"], "torch")] == [cu124]
    assert [(each.address, each.marker) for each in of(found["extra cu124"], "torchvision")] == [
        (cu124, "(sys_platform == \"linux\") and (python_version < '3.12')"),
        ("", 'sys_platform == "linux"'),
    ]
    assert [each.address for each in found["extra cpu"].indexes] == ["https://packages.example/simple"]


def test_tables_of_poetry_are_translated() -> None:
    found = read("poetry1.toml")
    assert list(found) == ["", "extra gpu", "group dev"]
    base = {
        "torch==2.6.0+cu124",
        "torchvision>=0.21,<0.22",
        "orjson",
        "flash-attn",
        "xgrammar==0.1.19",
        "xgrammar>=0.1.10",
    }
    assert said(found[""]) == base
    assert said(found["extra gpu"]) == {*base, "sgl-kernel>=0.1.4,<0.2"}
    assert said(found["group dev"]) == {*base, "pytest>=8.3,<9.0", "black==24.*"}
    (torch,) = of(found[""], "torch")
    assert (torch.version, torch.address, torch.bare) == ("2.6.0+cu124", "https://download.pytorch.org/whl/cu124", True)
    assert of(found[""], "flash-attn")[0].version == "2.7.4.post1"
    assert [each.marker for each in of(found[""], "xgrammar")] == [
        "sys_platform == 'linux'",
        "sys_platform == 'darwin'",
    ]
    assert [each.address for each in found[""].indexes] == ["https://packages.example/simple"]
    assert found[""].pythons == ("3.11", "3.12", "3.13")


def test_a_project_that_poetry_2_made_says_what_the_standard_says() -> None:
    found = read("poetry2.toml")
    assert said(found[""]) == {"torch==2.6.0", "torchvision<0.22,>=0.21"}
    assert found[""].pythons == ("3.10", "3.11", "3.12")
    assert found[""].indexes == ()


def test_a_source_of_poetry_is_added_to_what_the_standard_asks_for() -> None:
    text = (DATA / "poetry2.toml").read_text(encoding="utf-8")
    text += '[tool.poetry.dependencies]\ntorch = { source = "pytorch-cu124" }\nsix = "*"\n'
    (subject, *_) = parsed(text).subjects
    assert {each.name: each.address for each in subject.mentions} == {
        "torch": "https://download.pytorch.org/whl/cu124",
        "torchvision": "",
    }


def test_groups_overrides_and_sources_of_pdm_are_read() -> None:
    found = read("pdm.toml")
    assert list(found) == ["", "group test"]
    assert said(found[""]) == {"torch>=2.6", "triton==3.2.0", "torchvision>=0.21,<0.22"}
    assert [(each.text, each.bare, each.role) for each in of(found[""], "triton")] == [("3.2.0", True, Role.OVERRIDDEN)]
    assert said(found["group test"]) - said(found[""]) == {"pytest"}
    assert [each.address for each in found[""].indexes] == ["https://download.pytorch.org/whl/cu124"]
    assert found[""].pythons == ("3.11",)


def test_parts_that_add_nothing_that_matters_are_left_out() -> None:
    content = (DATA / "uv-sources.toml").read_bytes()
    found = parse_pyproject(content, "p", names={"torch"}).subjects
    assert [(subject.part, said(subject)) for subject in found] == [
        ("extra cpu", {"torch>=2.6.0"}),
        ("extra cu124", {"torch==2.6.0"}),
        ("extra all", {"torch==2.6.0"}),
        ("builds", {"torch==2.6.0"}),
    ]
    assert parse_pyproject(content, "p", names={"vllm"}) == ProjectSubjects(())


def test_a_group_that_excludes_the_project_stands_alone() -> None:
    found = parsed(
        '[project]\nname = "My.App"\ndependencies = ["torch"]\n[dependency-groups]\nold = ["torch<2"]\nnew = ["six"]\n'
        '[tool.uv]\nconflicts = [[{ package = "my-app" }, { group = "old" }]]\n'
    ).subjects
    assert [(subject.part, said(subject)) for subject in found] == [
        ("", {"torch"}),
        ("group old", {"torch<2"}),
        ("group new", {"torch", "six"}),
    ]


def test_groups_without_a_project_are_read() -> None:
    found = parsed(
        '[dependency-groups]\na = ["torch==2.6.0"]\nb = [{include-group = "A"}, {include-group = "none"}]\n'
    ).subjects
    assert [(subject.part, said(subject)) for subject in found] == [
        ("group a", {"torch==2.6.0"}),
        ("group b", {"torch==2.6.0"}),
    ]


def test_indexes_of_uv_pip_count_where_the_project_has_none() -> None:
    head = '[project]\nname = "a"\ndependencies = ["torch"]\n'
    pip = '[tool.uv.pip]\nextra-index-url = ["https://x.example/whl/cu124"]\nindex-url = "https://y.example"\n'
    (subject,) = parsed(head + pip).subjects
    assert [(each.option, each.address) for each in subject.indexes] == [
        ("tool.uv.pip.index-url", "https://y.example"),
        ("tool.uv.pip.extra-index-url", "https://x.example/whl/cu124"),
    ]
    (subject,) = parsed(head + '[tool.uv]\nfind-links = ["./w"]\n' + pip).subjects
    assert [each.option for each in subject.indexes] == ["tool.uv.find-links"]


@pytest.mark.parametrize(
    ("environments", "machines"),
    [
        ("[\"sys_platform == 'darwin'\"]", []),
        ("[\"sys_platform == 'darwin'\", \"platform_machine == 'aarch64' and python_version >= '3.12'\"]", ["aarch64"]),
        ("[\"sys_platform == 'linux'\"]", ["x86_64"]),
        ('["what"]', ["x86_64"]),
    ],
)
def test_a_project_is_for_the_machines_that_uv_is_told(environments: str, machines: list[str]) -> None:
    found = parsed(f'[project]\ndependencies = ["torch"]\n[tool.uv]\nenvironments = {environments}\n').subjects
    assert [subject.machine for subject in found] == machines


def test_a_requirement_that_no_installer_takes_is_handed_on_with_its_place() -> None:
    found = parsed('[project]\ndependencies = ["torch>=2+cu1", "a b", "${X}", "pkg @ {root:uri}/x"]\n')
    assert [(text, place.line, place.column, place.end_column) for text, place in found.refused] == [
        ("torch>=2+cu1", 2, 18, 30),
        ("a b", 2, 34, 37),
    ]
    escaped = parsed('[project]\ndependencies = ["t\\u006frch>=2+cu1"]\n').refused[0][1]
    assert (escaped.line, escaped.column, escaped.end_column) == (2, 18, 0)


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("a = 1\nb = [1 2]", "line 2"),
        ("a = " + "[" * 3000 + "]" * 3000, "too deeply nested"),
        ("a" + ".a" * 200 + " = 1", "hundred parts"),
        ("a = 1\na = 2\n\n", "Cannot overwrite"),
    ],
)
def test_what_is_no_toml_is_refused(text: str, got: str) -> None:
    with pytest.raises(InputUnreadable, match="no TOML") as raised:
        parsed(text)
    assert got in raised.value.got


@pytest.mark.parametrize(
    "text",
    [
        "",
        "project = 1",
        "[project]\ndependencies = 'torch'\noptional-dependencies = ['x']",
        "[project]\nname = 3\ndependencies = [1, {a = 1}, []]",
        "[dependency-groups]\na = 'x'\nb = [3, {include-group = 4}]\nc = [{include-group = 'c'}]",
        "[tool]\nuv = 3\npoetry = 'a'\npdm = []",
        "[tool.uv]\nsources = 3\nindex = 'x'\nconflicts = [3, [4], [{extra = 5}]]\nconstraint-dependencies = {}",
        "[tool.uv.sources]\ntorch = 3\nsix = [3, {index = 4}, {git = 5}, {index = 'none', marker = 'no marker'}]",
        "[tool.poetry.dependencies]\ntorch = 3\nsix = {version = 4}\nx = [1, 'y', {}]\npython = 3\n'a b' = '*'",
        "[tool.poetry]\nsource = [3, {}, {url = 4}]\nextras = {a = 'x', b = [3]}\ngroup = {a = 3, b = {dependencies = 4}}",
        "[tool.pdm]\nresolution = {overrides = {a = 3, 'b c' = '1'}}\nsource = [{}]\ndev-dependencies = {a = [3]}",
        "[[tool.uv.index]]\nurl = 'https://[x'\n[[tool.uv.index]]\nurl = ''",
        "[project]\nrequires-python = 'three'",
    ],
)
def test_tables_of_another_shape_say_nothing(text: str) -> None:
    assert all(not subject.mentions for subject in parsed(text).subjects)
