"""poetry.lock: what its formats tell, and what is none."""

from __future__ import annotations

import sys

import pytest
from tests.support.check_locks import DATA

from stackpin.errors import InputUnreadable
from stackpin.parse.poetry_lock import PoetryEdge, PoetryPackage, parse_poetry_lock
from stackpin.parse.poetry_project import parse_poetry_project

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__: list[str] = []

KEPT = sorted(DATA.glob("poetry/*/poetry-*.lock"))
TAIL = '\n[metadata]\nlock-version = "2.1"\npython-versions = "*"\ncontent-hash = "0"\n'


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name} {path.stem}")
def test_every_kept_lock_has_the_packages_and_files_that_toml_shows(path: object) -> None:
    raw = path.read_bytes()  # type: ignore[attr-defined]  # a path out of KEPT
    document = tomllib.loads(raw.decode())
    found = parse_poetry_lock(raw)
    assert [(each.name, each.version, each.optional) for each in found.packages] == [
        (each["name"], each["version"], each["optional"]) for each in document["package"]
    ]
    for package, table in zip(found.packages, document["package"], strict=True):
        files = table.get("files") or document["metadata"].get("files", {}).get(package.name, [])
        assert list(package.files) == [each["file"] for each in files]
        assert package.address == table["source"]["url"]
    assert found.version == document["metadata"]["lock-version"]


def package(name: str, path: str) -> PoetryPackage:
    """The last of a name: the newest."""
    lock = parse_poetry_lock((DATA / "poetry" / path).read_bytes())
    return [each for each in lock.packages if each.name == name][-1]


def test_a_package_has_a_marker_for_each_of_its_groups() -> None:
    torch = package("torch", "groups/poetry-2.5.1.lock")
    assert (torch.groups, torch.dependencies) == (
        {"main": 'sys_platform == "linux"', "dev": 'sys_platform == "linux" and python_version >= "3.11"'},
        (PoetryEdge("triton", "3.2.0", 'sys_platform == "linux" and platform_machine == "x86_64"'),),  # type: ignore[arg-type]  # normalized
    )
    assert package("jinja2", "groups/poetry-2.5.1.lock").groups == {"main": ""}
    assert package("jinja2", "first/poetry-1.8.5.lock").groups is None


def test_a_project_has_the_edges_of_its_groups_and_the_digest_of_its_lock() -> None:
    project = parse_poetry_project((DATA / "poetry" / "several" / "poetry-1.8.5.project").read_bytes())
    assert project is not None
    assert [(edge.name, edge.constraint, edge.python) for edge in project.edges] == [
        ("torch", "2.6.0", "*"),
        ("torch", "2.5.1", "*"),
        ("numpy", "<2", "<3.12"),
        ("numpy", ">=2", ">=3.12"),
        ("pytest", "^8.0", "*"),
    ]
    lock = parse_poetry_lock((DATA / "poetry" / "several" / "poetry-1.8.5.lock").read_bytes())
    assert project.content_hash == lock.content_hash
    assert parse_poetry_project(b"[project]\nname = 'app'\n") is None


@pytest.mark.parametrize(
    ("text", "what", "where", "got"),
    [
        pytest.param(
            '[[package]]\nname = "torch"\nversion = "2.6.0"\n',
            "a lock file is cut, or none: it lacks its [metadata]",
            "my.lock",
            "no [metadata]",
            id="cut behind a package",
        ),
        pytest.param(
            '[metadata]\nlock-version = "3.0"\n',
            "a lock file of a format that stackpin does not know",
            "my.lock: metadata.lock-version",
            "'3.0'",
            id="format to come",
        ),
        pytest.param(
            "[metadata]\ncontent-hash = '0'\n",
            "a lock file of a format that stackpin does not know",
            "my.lock: metadata.lock-version",
            "''",
            id="poetry 0",
        ),
        pytest.param(
            "package = 3" + TAIL,
            "a lock file has a part that is not what it must be",
            "my.lock: package",
            "3",
            id="no list",
        ),
        pytest.param(
            "package = [3]" + TAIL,
            "a lock file has a part that is not what it must be",
            "my.lock: package[0]",
            "3",
            id="no table",
        ),
        pytest.param(
            '[[package]]\nname = "torch"\n' + TAIL,
            "a lock file has a part that is not what it must be",
            "my.lock: package[0].version",
            "nothing",
            id="no version",
        ),
        pytest.param(
            f'[[package]]\nname = "torch"\nversion = "{"9" * 5000}"\n' + TAIL,
            "a lock file has a part that is not what it must be",
            "my.lock: package[0].version",
            "9" * 40 + "… (5000 characters)",
            id="endless version",
        ),
        pytest.param(
            '[[package]]\nname = "torch"\nversion = "1"\ngroups = ["main"]\nmarkers = 3\n' + TAIL,
            "a lock file has a part that is not what it must be",
            "my.lock: package[0].markers",
            "3",
            id="no marker",
        ),
        pytest.param(
            '[[package]]\nname = "torch"\nversion = "1"\n[package.dependencies]\ntriton = 3\n' + TAIL,
            "a lock file has a part that is not what it must be",
            "my.lock: package[0].dependencies.triton",
            "3",
            id="no constraint",
        ),
    ],
)
def test_a_wrong_part_is_named(text: str, what: str, where: str, got: str) -> None:
    with pytest.raises(InputUnreadable) as raised:
        parse_poetry_lock(text.encode(), "my.lock")
    error = raised.value
    assert (error.what, error.where, error.got) == (what, where, got)
    assert error.hint
