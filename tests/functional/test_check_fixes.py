"""Every pin of every file in the corpus, rewritten in a copy: the file then says the new version, and the rest as before."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stackpin.app.check.fixing import fix_files
from stackpin.app.check.projects import conda_subjects, project_subjects
from stackpin.app.check.requirement_files import requirement_subjects
from stackpin.check.rewriting import rewritten
from stackpin.check.rule_book import rule
from stackpin.model.finding import Edit, Finding, Fix
from stackpin.model.input_file import InputFile, InputKind

if TYPE_CHECKING:
    from stackpin.model.mention import Mention

__all__: list[str] = []

DATA = Path(__file__).parents[1] / "data" / "check"
FILES = [path for path in sorted(DATA.rglob("*")) if path.suffix in {".txt", ".toml", ".yml"}]


def mentions(path: Path) -> list[Mention]:
    """What a file itself says, each once."""
    content = path.read_bytes()
    if path.suffix == ".toml":
        found = project_subjects(InputFile(path=str(path), kind=InputKind.PYPROJECT), content)
    elif path.suffix == ".yml":
        found = conda_subjects(str(path), content, lambda name: Path(name).read_bytes())
    else:
        found = requirement_subjects(str(path), content, lambda name: Path(name).read_bytes())
    every = [each for subject in found.subjects for each in subject.mentions if each.place.path == str(path)]
    return sorted(
        dict.fromkeys(every), key=lambda each: (each.place.line, each.place.column, each.marker, each.address)
    )


def said(found: list[Mention]) -> list[tuple[object, ...]]:
    return [(each.name, each.specifier, each.version, each.extras, each.marker, each.address) for each in found]


def pinned(mention: Mention, new: str) -> Finding:
    edit = Edit(place=mention.place, old=mention.text, new=new)
    return Finding(rule=rule("SP103"), place=mention.place, message="m", fix=Fix(edits=(edit,)))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_each_pin_is_rewritten_and_nothing_else(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / path.parent.name
    shutil.copytree(path.parent, folder)
    copy = folder / path.name
    before = mentions(copy)
    new = {each: rewritten(each, "==9.9.9") for each in before}
    done = fix_files([pinned(each, text) for each, text in new.items() if text])
    assert done.troubles == ()
    assert bool(done.files) is any(new.values())
    after = mentions(copy)
    expected = [each.__replace__(specifier="==9.9.9", version="9.9.9") if new[each] else each for each in before]
    assert said(after) == said(expected)
    lines = copy.read_bytes().count(b"\n"), copy.read_bytes().count(b"\r"), copy.read_bytes().count(b"#")
    assert lines == (path.read_bytes().count(b"\n"), path.read_bytes().count(b"\r"), path.read_bytes().count(b"#"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_look_alike_is_taken_out_and_nothing_else(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / path.parent.name
    shutil.copytree(path.parent, folder)
    copy = folder / path.name
    before = mentions(copy)
    for chosen in before[:: max(1, len(before) // 8)]:
        shutil.copyfile(path, copy)
        done = fix_files([pinned(chosen, "")])
        left = [each for each in before if each.place != chosen.place]
        assert said(mentions(copy)) == said(left if done.files else before), chosen
        assert done.files or done.troubles
