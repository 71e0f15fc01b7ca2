"""Requirements files as subjects: what is followed, what is not, and what is told of what cannot be read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stackpin.app.check.requirement_files import requirement_subjects
from stackpin.errors import InputUnreadable
from stackpin.model.mention import Place, Role

if TYPE_CHECKING:
    from stackpin.app.check.reading import Reading

__all__: list[str] = []

DATA = Path(__file__).parents[2] / "data" / "check" / "requirements"


def read_file(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise InputUnreadable("the file cannot be read", where=path, got=str(error)) from error


def read(text: str | bytes, path: str = "r.txt", **options: object) -> Reading:
    content = text.encode() if isinstance(text, str) else text
    return requirement_subjects(path, content, read_file, **options)  # type: ignore[arg-type]


def test_included_files_are_read_with_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "base.txt").write_text("numpy<3\n-r sub/gpu.txt\n-r top.txt\n")
    (tmp_path / "sub" / "gpu.txt").write_text(
        "torch==2.6.0\n-c ../pins.txt\n--extra-index-url https://x.example/whl/cu124\n"
    )
    (tmp_path / "pins.txt").write_text("triton==3.2.0\n-r more-pins.txt\n")
    (tmp_path / "more-pins.txt").write_text("xgrammar==0.1.19\n")
    top = f"{tmp_path}/top.txt"
    found = read("six\n-r base.txt\n-r ./base.txt\n", top)
    (subject,) = found.subjects
    assert [(each.name, each.place.path, each.place.line, each.role) for each in subject.mentions] == [
        ("six", top, 1, Role.REQUIRED),
        ("numpy", f"{tmp_path}/base.txt", 1, Role.REQUIRED),
        ("torch", f"{tmp_path}/sub/gpu.txt", 1, Role.REQUIRED),
        ("triton", f"{tmp_path}/sub/../pins.txt", 1, Role.CONSTRAINED),
        ("xgrammar", f"{tmp_path}/sub/../more-pins.txt", 1, Role.CONSTRAINED),
    ]
    (index,) = subject.indexes
    assert index.place == Place(path=f"{tmp_path}/sub/gpu.txt", line=3, column=19, end_column=46)
    real = tmp_path.resolve()
    assert found.read == tuple(str(real / name) for name in ("base.txt", "sub/gpu.txt", "pins.txt", "more-pins.txt"))
    assert (subject.path, found.troubles, found.notes) == (top, (), ())


def test_a_file_that_is_not_there_is_a_trouble_at_the_line_that_names_it(tmp_path: Path) -> None:
    found = read("six\n  -r gone.txt\n", f"{tmp_path}/r.txt")
    (trouble,) = found.troubles
    assert trouble.place == Place(path=f"{tmp_path}/r.txt", line=2, column=6, end_column=14)
    assert trouble.slug == "input-unreadable"
    assert trouble.message.startswith(f"{tmp_path}/gone.txt: the file cannot be read: ")
    assert [each.name for each in found.subjects[0].mentions] == ["six"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("-r https://me:secret@x.example/r.txt", "https://x.example/r.txt is not read: no address is fetched"),
        ("-c file:///etc/pins.txt", "file:///etc/pins.txt is not read: no address is fetched"),
        ("-r -", "- is not read: no address is fetched"),
        ("-r ${HOME}/r.txt", "${HOME}/r.txt is not read: what it stands for is not known"),
        ("-r", "a file without a name is not read"),
        ("-r pyproject.toml", "pyproject.toml is not read as a requirements file"),
    ],
)
def test_what_is_not_followed_is_noted(line: str, why: str) -> None:
    found = read(f"six\n{line}\n")
    (note,) = found.notes
    assert note.startswith("r.txt:2: ")
    assert why in note
    assert (found.read, found.troubles) == ((), ())


def test_files_that_include_themselves_or_each_other_without_end_are_bounded(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("torch\n-r a.txt\n-r link/a.txt\n-r b.txt\n")
    (tmp_path / "b.txt").write_text("triton\n-r ./a.txt\n")
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    found = read((tmp_path / "a.txt").read_bytes() + b"-r loop\n", f"{tmp_path}/a.txt")
    assert [each.name for each in found.subjects[0].mentions] == ["torch", "triton"]
    assert len(found.troubles) == 1
    for number in range(30):
        (tmp_path / f"n{number}.txt").write_text(f"x{number}\n-r n{number + 1}.txt\n")
    deep = read("-r n0.txt\n", f"{tmp_path}/top.txt")
    assert len(deep.subjects[0].mentions) == 20
    assert "too many files include each other" in deep.notes[0]


def test_what_stackpin_wrote_says_what_it_is_for_and_blocks_nothing_twice() -> None:
    found = read((DATA / "constraints-stackpin.txt").read_bytes(), "constraints-stackpin.txt")
    (subject,) = found.subjects
    assert {each.role for each in subject.mentions} == {Role.CONSTRAINED}
    names = [str(each.name) for each in subject.mentions]
    assert names[:3] == ["sglang", "torch", "triton"]
    assert names.count("torch") == 1
    assert not {"pytorch-triton", "flashinfer", "triton-xpu"} & set(names)
    assert (subject.tag, subject.machine, subject.pythons) == (
        "cu124",
        "x86_64",
        ("3.9", "3.10", "3.11", "3.12", "3.13"),
    )
    assert subject.tag_place == Place(path="constraints-stackpin.txt", line=1, column=1)
    assert next(each for each in subject.mentions if each.name == "cuda-python").specifier == "<13,>=12"
    assert (found.findings, found.troubles, found.notes) == ((), (), ())


def test_a_constraints_file_only_holds_versions() -> None:
    assert read("torch==2.6.0\n", constraints=True).subjects[0].mentions[0].role is Role.CONSTRAINED


def test_rules_on_texts_are_told_and_the_rest_still_read() -> None:
    found = read(
        "torch>=2.6.0+cu126\ntriton==3.2.0\n--extra-index-url https://x.example/whl/cu124 ; sys_platform == 'linux'\n"
    )
    assert [(each.rule.id, each.place.line, each.place.column) for each in found.findings] == [
        ("SP501", 1, 6),
        ("SP502", 3, 19),
    ]
    (subject,) = found.subjects
    assert [each.name for each in subject.mentions] == ["triton"]
    assert [each.address for each in subject.indexes] == ["https://x.example/whl/cu124"]
    assert found.troubles == ()


def test_lines_that_are_no_requirements_are_one_trouble() -> None:
    found = read("six\n\nthis is prose\nand more of it\ntorch==${VERSION}\n")
    (trouble,) = found.troubles
    assert trouble.place == Place(path="r.txt", line=3, column=1, end_column=14)
    assert trouble.message == "no requirement that pip or uv would take: 'this is prose', and 1 more lines"
    many = read("a b\n" * 5000).troubles
    assert [each.message for each in many] == ["no requirement that pip or uv would take: 'a b', and many more lines"]


@pytest.mark.parametrize(
    ("content", "message", "line"),
    [
        (b"torch==2.6.0\ntriton\0", "the requirements file is binary: a NUL character", 2),
        (b"\x7fELF\x02\x01\x01" + bytes(64), "the requirements file is binary: a NUL character", 1),
        (
            b"torch\n<<<<<<< HEAD\na==1\n=======\na==2\n>>>>>>> other\n",
            "the file holds a merge conflict: <<<<<<< HEAD",
            2,
        ),
    ],
)
def test_what_is_no_requirements_file_is_one_trouble(content: bytes, message: str, line: int) -> None:
    found = read(content)
    assert [(each.message, each.place.line) for each in found.troubles] == [(message, line)]
    assert found.subjects == ()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b" " * 300_000 + b"x #",
        b"x; " + b"(" * 3900,
        b"(" * 100_000,
        b"-r a " * 50_000,
        b"x\\\n" * 50_000,
        b"-i https://x.example/" + b" ;" * 50_000,
        b"--extra-index-url 'https://[x\n-i https://[y\nhttps://[z/torch-1-py3-none-any.whl\n",
        b"torch[" + b"a," * 50_000,
        b"torch==" + b"1." * 1500 + b"\n",
        b"git+https://x.example#egg=" * 20_000,
        os.urandom(20_000).replace(b"\0", b""),
    ],
    ids="empty mark blanks parens open options joined semicolons brackets extras digits eggs random".split(),  # noqa: SIM905 - a list is three times as long
)  # fmt: skip
def test_hostile_text_ends_in_a_reading(content: bytes) -> None:
    found = read(content)
    assert (
        len([each for each in found.troubles if each.place.path == "r.txt" and "no requirement" in each.message]) <= 1
    )
    assert all(len(each.message.splitlines()) == 1 for each in found.troubles)


def test_names_that_do_not_matter_are_left_out() -> None:
    found = read("six==1\ntorch==2.6.0\n", names={"torch"})
    assert [each.name for each in found.subjects[0].mentions] == ["torch"]
    assert read("six==1\n", names={"torch"}).subjects == ()
