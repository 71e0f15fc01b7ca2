"""The committed tree: every line of every file is one that pip and uv take as a constraint, and says no more than that."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

__all__: list[str] = []

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "constraints").glob("*.txt"))
HEADER = ["# target   ", "# catalog  ", "# rebuild  "]
OPTION = re.compile(r"--find-links (https://\S+/)")
NAME = re.compile(r"(?P<stack>\w+)-(?P<series>\d+\.\d+)\.x-(?P<tag>cpu|cu\d+)\.txt")


def pins_of(path: Path) -> dict[str, Requirement]:
    """The requirements of a file that hold on the target, by name."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "--")):
            requirement = Requirement(line.partition(" #")[0])
            if requirement.marker is None:
                assert requirement.name not in found, f"{requirement.name} stands twice"
                found[requirement.name] = requirement
    return found


def test_the_folder_holds_constraints_files_and_nothing_else() -> None:
    stray = [path.name for path in (ROOT / "constraints").iterdir() if not NAME.fullmatch(path.name)]
    assert FILES
    assert [name for name in stray if name != ".gitkeep"] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_line_is_a_comment_an_index_line_or_a_plain_requirement(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    assert text.isascii() or all(ord(sign) < 0x2100 for sign in text)
    for line in text.splitlines():
        assert line == line.rstrip()
        assert "\\" not in line
        assert "\t" not in line
        if line.startswith("#") or OPTION.fullmatch(line):
            continue
        requirement = Requirement(line.partition(" #")[0])
        assert (requirement.extras, requirement.url) == (set(), None)
        assert len(requirement.specifier) >= 1
        assert "--hash" not in line


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_header_says_what_it_is_and_how_it_was_made(path: Path) -> None:
    match = NAME.fullmatch(path.name)
    assert match
    stack, series, tag = match["stack"], match["series"], match["tag"]
    first, second, *rest = path.read_text(encoding="utf-8").splitlines()
    assert first.startswith(f"# {stack} {series}.x on {tag}, compiled by stackpin ")
    assert re.match(rf"# anchor   {stack} {re.escape(series)}\.\S+: ", second)
    assert [line[: len(start)] for line, start in zip(rest, HEADER, strict=False)] == HEADER
    assert rest[2] == f"# rebuild  stackpin compile '{stack}=={series}.*' --cuda {tag}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_torch_is_one_build_of_the_tag(path: Path) -> None:
    tag = path.stem.rpartition("-")[2]
    (torch,) = pins_of(path)["torch"].specifier
    local = Version(torch.version).local
    assert (torch.operator, local) in {("===", None), ("==", tag)}
    text = path.read_text(encoding="utf-8")
    assert (f"/{tag}/torch/\n" in text) == (local is not None)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_last_line_contradicts_the_torch_pin_elsewhere(path: Path) -> None:
    guard = Requirement(path.read_text(encoding="utf-8").splitlines()[-1])
    assert guard.name == "torch"
    assert guard.marker
    linux = {"sys_platform": "linux", "platform_machine": "x86_64"}
    assert not guard.marker.evaluate(linux)
    assert guard.marker.evaluate({**linux, "platform_machine": "aarch64"})
    assert guard.marker.evaluate({**linux, "sys_platform": "darwin"})
    assert not guard.specifier.contains(next(iter(pins_of(path)["torch"].specifier)).version)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_blocked_name_cannot_be_met_and_says_what_to_use(path: Path) -> None:
    pins = pins_of(path)
    for name, requirement in pins.items():
        if "blocked" in str(requirement.specifier):
            local = str(Version(next(iter(requirement.specifier)).version).local)
            used, version = re.fullmatch(r"blocked\.by\.stackpin\.use\.([a-z.]+?)\.(\d.*)", local).groups()  # type: ignore[union-attr]
            member = pins[used.replace(".", "-")]
            assert (name in pins, member.specifier.contains(version, prereleases=True)) == (True, True)
