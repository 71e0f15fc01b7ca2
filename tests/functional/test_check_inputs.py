"""Requirements files of real tools against pip's own reader, which is the one that installs them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pip._internal.network.session import PipSession
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._internal.req.req_file import parse_requirements

from stackpin.app.check.requirement_files import requirement_subjects
from stackpin.model.mention import Role
from stackpin.parse.requirement_file import requirement_file_text

__all__: list[str] = []

DATA = Path(__file__).parents[1] / "data" / "check" / "requirements"
#: What one certain file says of itself is no mention: a folder, a version that no release has.
_BLOCKED = re.compile(r"==0\+(?:blocked|stackpin)")


def by_pip(path: Path) -> list[tuple[str, int, str, str, str, bool]]:
    """File, line, name, specifier, marker and whether it only constrains, of each requirement that pip reads."""
    rows = []
    for parsed in parse_requirements(str(path), session=PipSession()):
        if _BLOCKED.search(parsed.requirement):
            continue
        found = install_req_from_parsed_requirement(parsed)
        where = re.fullmatch(r"-[rc] (?P<file>.*) \(line (?P<line>\d+)\)", str(parsed.comes_from))
        assert where
        name = canonicalize_name(found.name or "")
        if name:
            specifier = "" if found.link else str(found.specifier or "")
            marker = str(found.markers or "")
            rows.append((Path(where["file"]).name, int(where["line"]), name, specifier, marker, parsed.constraint))
    return sorted(rows)


def by_us(path: Path) -> list[tuple[str, int, str, str, str, bool]]:
    found = requirement_subjects(str(path), path.read_bytes(), lambda name: Path(name).read_bytes())
    assert (found.troubles, found.findings) == ((), ())
    rows = []
    for mention in found.subjects[0].mentions:
        required = Requirement(
            f"x{mention.specifier} ; {mention.marker}" if mention.marker else f"x{mention.specifier}"
        )
        marker, specifier = str(required.marker or ""), str(required.specifier)
        constrains = mention.role is Role.CONSTRAINED
        rows.append((Path(mention.place.path).name, mention.place.line, mention.name, specifier, marker, constrains))
    return sorted(rows)


@pytest.mark.parametrize("path", sorted(DATA.glob("requirements*.txt")), ids=lambda path: path.stem)
def test_pip_reads_the_same_at_the_same_lines(path: Path) -> None:
    assert by_us(path) == by_pip(path)


@pytest.mark.parametrize("path", sorted(DATA.glob("*.txt")), ids=lambda path: path.stem)
def test_every_requirement_stands_where_it_is_said_to(path: Path) -> None:
    found = requirement_subjects(str(path), path.read_bytes(), lambda name: Path(name).read_bytes())
    mentions = found.subjects[0].mentions
    assert mentions
    for mention in mentions:
        place = mention.place
        lines = re.split(r"\r\n|\n", requirement_file_text(Path(place.path).read_bytes()))
        assert lines[place.line - 1][place.column - 1 : place.end_column - 1] == mention.text


def test_hashes_beside_a_requirement_are_told() -> None:
    found = {
        name: requirement_subjects(name, (DATA / name).read_bytes(), lambda _: b"").subjects[0].mentions
        for name in ("requirements-uv-hashes.txt", "requirements-pip-tools.txt")
    }
    assert [{each.hashed for each in mentions} for mentions in found.values()] == [{True}, {False}]
    torch = [next(each.version for each in mentions if each.name == "torch") for mentions in found.values()]
    assert torch == ["2.6.0", "2.6.0"]
