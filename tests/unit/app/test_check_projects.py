"""Projects and conda environments as subjects, and fixes made in their files."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from stackpin.app.check.fixing import fix_files
from stackpin.app.check.projects import conda_subjects, project_subjects
from stackpin.app.check.requirement_files import requirement_subjects
from stackpin.check.rule_book import rule
from stackpin.errors import InputUnreadable
from stackpin.model.finding import Edit, Finding, Fix
from stackpin.model.input_file import InputFile, InputKind
from stackpin.model.mention import Place, Role

__all__: list[str] = []

DATA = Path(__file__).parents[2] / "data" / "check"
PROJECT = InputFile(path="p.toml", kind=InputKind.PYPROJECT)
SETTINGS = InputFile(path="uv.toml", kind=InputKind.UV_TOML)


def read_file(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputUnreadable("the file cannot be read", where=path, got=str(error)) from error


def conda(name: str) -> list[tuple[str, str, int, int, int]]:
    path = str(DATA / "conda" / name)
    (subject,) = conda_subjects(path, read_file(path), read_file).subjects
    return [
        (str(each.name), each.specifier, each.place.line, each.place.column, each.place.end_column)
        for each in subject.mentions
    ]


def test_the_pip_section_of_a_conda_file_is_one_subject() -> None:
    assert conda("environment.yml") == [
        ("torchvision", "==0.21.0+cu124", 13, 9, 34),
        ("sglang", "==0.4.6.post5", 14, 10, 34),
        ("triton", "==3.2.0", 15, 10, 49),
        ("orjson", "", 1, 1, 7),
    ]
    assert conda("environment-flat.yml") == [("torch", "==2.6.0", 6, 5, 17)]


def test_what_conda_itself_installs_is_noted_and_the_python_taken() -> None:
    path = str(DATA / "conda" / "environment.yml")
    found = conda_subjects(path, read_file(path), read_file)
    assert found.notes == (
        f"{path}:8: pytorch::pytorch=2.6.0 is installed by conda, whose builds are not judged",
        f"{path}:9: pytorch-cuda=12.4 is installed by conda, whose builds are not judged",
    )
    (subject,) = found.subjects
    assert (subject.pythons, [each.place.column for each in subject.indexes]) == (("3.11",), [27])
    assert [Path(each).name for each in found.read] == ["more.txt"]


def test_a_layout_that_is_not_read_is_noted_and_what_is_no_text_is_a_trouble() -> None:
    found = conda_subjects("e.yml", b"dependencies: [pip]\n", read_file)
    assert found.notes == ("e.yml:1: the file is laid out in a way that is not read: 'dependencies: [pip]'",)
    assert conda_subjects("e.yml", b"a\0", read_file).troubles[0].message == "the file is binary: a NUL character"


def test_rules_on_texts_are_told_for_conda_and_projects() -> None:
    found = conda_subjects("e.yml", b"dependencies:\n  - pip:\n    - 'torch>=2.6.0+cu126'\n", read_file)
    assert [(each.rule.id, each.place.line, each.place.column, each.place.end_column) for each in found.findings] == [
        ("SP501", 3, 13, 26)
    ]
    found = project_subjects(PROJECT, b'[project]\ndependencies = ["torch>=2.6.0+cu126", "a b", "c d"]\n')
    assert [(each.rule.id, each.place.line, each.place.column, each.place.end_column) for each in found.findings] == [
        ("SP501", 2, 23, 36)
    ]
    assert [(each.message, each.place.column) for each in found.troubles] == [
        ("no requirement that an installer would take: 'a b', and 1 more", 40)
    ]


def test_what_uv_is_held_to_by_its_own_file() -> None:
    content = b"""# ours
constraint-dependencies = ["torch==2.6.0", "numpy<2"]
override-dependencies = ["triton==3.2.0"]
build-constraint-dependencies = [
    "torch==2.7.1",
]
index-url = "https://index.example/simple/"
find-links = ["https://links.example/torch/"]
[[index]]
url = "https://own.example/simple/"
[sources]
torch = {index = "none"}
[pip]
extra-index-url = ["https://pip.example/simple/"]
"""
    found = project_subjects(SETTINGS, content, names={"torch", "triton"})
    held, builds = found.subjects
    assert [(each.name, each.version, each.role, each.place.line) for each in held.mentions] == [
        ("torch", "2.6.0", Role.CONSTRAINED, 2),
        ("triton", "3.2.0", Role.OVERRIDDEN, 3),
    ]
    assert [(each.name, each.version, each.place.line) for each in builds.mentions] == [("torch", "2.7.1", 5)]
    assert (held.part, builds.part) == ("", "builds")
    assert [(each.option, each.address, each.place.line) for each in held.indexes] == [
        ("index", "https://own.example/simple/", 10),
        ("index-url", "https://index.example/simple/", 7),
        ("find-links", "https://links.example/torch/", 8),
    ]
    assert project_subjects(SETTINGS, b"native-tls = true\n").subjects == ()


@pytest.mark.parametrize(
    ("content", "message", "line"),
    [
        (b"a = [1 2]\n", "the file is no TOML: Unclosed array (at line 1, column 8)", 1),
        (b"a = 1\n\0", "the file is binary: a NUL character", 2),
        (b"\xff\xfea\x00", "the file is no TOML: ", 0),
        (b"<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> b\n", "the file holds a merge conflict: <<<<<<< HEAD", 1),
        (b"a = '" + b"x" * 2_000_000 + b"'", "the file is too large to be a project's: 2.0 MB", 0),
    ],
)
def test_what_is_no_project_is_one_trouble(content: bytes, message: str, line: int) -> None:
    (trouble,) = project_subjects(PROJECT, content).troubles
    assert trouble.message.startswith(message)
    assert trouble.place.line == line


# fixes


def finding(path: str, *edits: tuple[int, int, str, str]) -> Finding:
    made = tuple(
        Edit(place=Place(path=path, line=line, column=column, end_column=column + len(old)), old=old, new=new)
        for line, column, old, new in edits
    )
    return Finding(rule=rule("SP101"), place=Place(path=path, line=1), message="m", fix=Fix(edits=made))


def test_a_fix_that_was_made_makes_the_finding_go_away(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_bytes(b"torch>=2.6.0+cu126,<2.7.0+cu126  # a\r\n-i https://x.example ; extra == 'a'\r\n")
    before = requirement_subjects(str(path), path.read_bytes(), read_file)
    done = fix_files(before.findings)
    assert (len(done.findings), done.files, done.troubles) == (3, (str(path),), ())
    assert path.read_bytes() == b"torch>=2.6.0,<2.7.0  # a\r\n-i https://x.example\r\n"
    assert requirement_subjects(str(path), path.read_bytes(), read_file).findings == ()


@pytest.mark.parametrize(("mark", "encoding"), [(b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"", "utf-8")])
def test_mark_encoding_mode_and_link_stay(tmp_path: Path, mark: bytes, encoding: str) -> None:
    real, link = tmp_path / "real.txt", tmp_path / "r.txt"
    real.write_bytes(mark + "# é\r\ntorch==1\r\n".encode(encoding))
    real.chmod(0o640)
    link.symlink_to("real.txt")
    done = fix_files([finding(str(link), (2, 1, "torch==1", "torch==2"))])
    assert done.files == (str(link),)
    assert real.read_bytes() == mark + "# é\r\ntorch==2\r\n".encode(encoding)
    assert (link.is_symlink(), stat.S_IMODE(real.stat().st_mode)) == (True, 0o640)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["r.txt", "real.txt"]


def test_a_finding_whose_edits_cannot_all_be_made_has_none_made(tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("torch==1\n")
    two.write_text("torch==3\n")
    both = finding(str(one), (1, 1, "torch==1", "torch==2"))
    edits = (*both.fix.edits, finding(str(two), (1, 1, "torch==1", "torch==2")).fix.edits[0])
    done = fix_files([both.__replace__(fix=Fix(edits=edits))])
    assert (done.findings, done.files, one.read_text()) == ((), (), "torch==1\n")
    assert [(each.message, each.place.line) for each in done.troubles] == [
        ("not edited: something else stands there: torch==3", 1)
    ]


def test_of_two_that_disagree_the_first_has_its_way(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_text("torch==1\n")
    first, second = (finding(str(path), (1, 1, "torch==1", new)) for new in ("torch==2", "torch==3"))
    done = fix_files([first, first, second])
    assert (done.findings, path.read_text()) == ((first, first), "torch==2\n")
    assert [each.message for each in done.troubles] == ["not edited: two edits meet: torch==1"]


def test_what_cannot_be_decoded_or_is_gone_is_left(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_bytes(b"# \xe9\ntorch==1\n")
    found = [finding(str(each), (2, 1, "torch==1", "torch==2")) for each in (path, tmp_path / "gone.txt")]
    done = fix_files(found)
    assert done.files == ()
    assert [each.message.partition(": ")[2].partition(":")[0] for each in done.troubles] == [
        "the file's encoding is not known",
        "the file is gone",
    ]


def test_a_finding_without_edits_is_none_that_was_fixed() -> None:
    assert fix_files([finding("r.txt")]) == ((), (), ())
