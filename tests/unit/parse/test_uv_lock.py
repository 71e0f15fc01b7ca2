"""Lock files: those that real uvs wrote, and broken ones."""

from __future__ import annotations

import sys

import pytest
from tests.support.uv_locks import DATA, kept_lock

from stackpin.errors import InputUnreadable
from stackpin.parse.uv_lock import LockDependency, LockSource, UvLock, parse_uv_lock

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__: list[str] = []

KEPT = sorted(DATA.glob("*/uv-*.lock"))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name} {path.stem}")
def test_every_kept_lock_has_the_packages_and_files_that_toml_shows(path: object) -> None:
    raw = path.read_bytes()  # type: ignore[attr-defined]  # a path out of KEPT
    shown = tomllib.loads(raw.decode())["package"]
    found = parse_uv_lock(raw).packages
    assert [(each.name, each.version) for each in found] == [(each["name"], each["version"]) for each in shown]
    for package, table in zip(found, shown, strict=True):
        urls = [wheel["url"] for wheel in table.get("wheels", ())]
        assert [url.rpartition("/")[2].replace("%2B", "+") for url in urls] == list(package.wheels)
        assert {package.source.kind: package.source.address} == table["source"]


@pytest.mark.parametrize("uv", ["0.5.0", "0.13.9"])
def test_extras_groups_and_edges_are_read(uv: str) -> None:
    app = parse_uv_lock(kept_lock("plain", uv)).packages[0]
    assert (app.name, app.is_local, app.dependencies) == (
        "app",
        True,
        (LockDependency("torch"), LockDependency("torchvision")),
    )
    assert app.extras == {"old": (LockDependency("triton"),)}
    assert app.groups == {"dev": (LockDependency("torchaudio"),)}


def test_an_edge_into_a_fork_names_version_and_source() -> None:
    app = parse_uv_lock(kept_lock("forks", "0.5.0")).packages[0]
    assert app.dependencies[-2] == LockDependency(
        "torch",
        "2.6.0",
        LockSource("registry", "https://index.example/simple/"),
        "sys_platform == 'linux'",
    )


def test_a_workspace_has_members_and_groups_of_its_own() -> None:
    lock = parse_uv_lock(kept_lock("workspace", "0.13.9"))
    assert (lock.members, lock.requires_python) == (("one", "two"), ">=3.10, <3.14")
    assert lock.groups == {"dev": (LockDependency("torchaudio", specifier="==2.5.1"),)}


def test_a_scripts_lock_has_requirements_and_no_package_of_its_own() -> None:
    lock = parse_uv_lock(kept_lock("script", "0.9.11"))
    assert [(each.name, each.specifier) for each in lock.requirements] == [
        ("torch", "==2.5.1"),
        ("torch", "==2.6.0"),
        ("torchvision", "==0.21.0"),
    ]
    assert not any(package.is_local for package in lock.packages)


def test_an_empty_lock_is_one() -> None:
    assert parse_uv_lock(b"version = 1\n") == UvLock(packages=())


@pytest.mark.parametrize(
    "wheels",
    [
        pytest.param('[\n    { url = "https://x/a/torch-1%2Bcu126-py3-none-any.whl", hash = "sha256:0" },\n]', id="uv's"),
        pytest.param('[{ hash = "sha256:0", url = "https://x/a/torch-1%2Bcu126-py3-none-any.whl#frag" }]', id="one line"),
        pytest.param('[\n    { path = "torch-1+cu126-py3-none-any.whl" },\n]', id="local"),
        pytest.param('[\r\n    { filename = "torch-1+cu126-py3-none-any.whl" },\r\n]', id="windows' line ends"),
    ],
)  # fmt: skip
def test_wheels_are_named_however_they_are_laid_out(wheels: str) -> None:
    text = f'version = 1\n[[package]]\nname = "torch"\nsource = {{ registry = "x" }}\nwheels = {wheels}\n'
    assert parse_uv_lock(text.encode()).packages[0].wheels == ("torch-1+cu126-py3-none-any.whl",)


@pytest.mark.parametrize(
    ("text", "where", "got", "expected"),
    [
        pytest.param("version = 2\n", "version", "2", "version = 1", id="format to come"),
        pytest.param("", "version", "None", "version = 1", id="empty"),
        pytest.param("version = 1\npackage = 3\n", "package", "3", "a list", id="no list"),
        pytest.param("version = 1\npackage = [3]\n", "package[0]", "3", "a table", id="no table"),
        pytest.param("version = 1\n[[package]]\n", "package[0].name", "nothing", "a text", id="no name"),
        pytest.param(
            'version = 1\n[[package]]\nname = "a"\ndependencies = [{ name = "b", extra = [1] }]\n',
            "package[0].dependencies[0].extra[0]",
            "1",
            "a text",
            id="no text",
        ),
        pytest.param(
            'version = 1\n[[package]]\nname = "a"\nsource = { moon = "." }\n',
            "package[0].source",
            "{'moon': '.'}",
            "one of registry, url, path, git, directory, editable, virtual",
            id="unknown source",
        ),
    ],
)
def test_a_wrong_part_is_named(text: str, where: str, got: str, expected: str) -> None:
    with pytest.raises(InputUnreadable) as raised:
        parse_uv_lock(text.encode(), "my.lock")
    error = raised.value
    assert (error.where, error.got, error.expected) == (f"my.lock: {where}", got, expected)


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"version = ", b"version = 1\n[[package]\n"])
def test_what_is_no_toml_is_refused(raw: bytes) -> None:
    with pytest.raises(InputUnreadable) as raised:
        parse_uv_lock(raw, "my.lock")
    assert (raised.value.what, raised.value.where) == ("a lock file is not TOML", "my.lock")
