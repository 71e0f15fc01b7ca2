"""What a user has set of their own still acts when a stack is in force, as it does with the bare tool; no secret shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import pytest
from tests.support.desk import said_by_stackpin
from tests.support.guarded_index import PASSWORD, USER, GuardedIndex, RecordingProxy
from tests.support.wheels import wheel_bytes, wheel_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.desk import Desk

__all__: list[str] = []

pytestmark = pytest.mark.real

MINE = "plain-lib<2\n"
PROJECT = """[project]
name = "demo"
version = "0.1"
requires-python = ">=3.11"
dependencies = ["loose-user", "plain-lib"]

[tool.uv]
environments = ["sys_platform == 'linux' and platform_machine == 'x86_64'"]
"""
#: A build that tells which plain-lib it was given.
BUILD = {
    "built/pyproject.toml": (
        '[build-system]\nrequires = ["plain-lib"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "built"\nversion = "1.0"\n'
    ),
    "built/backend.py": """
import os, zipfile
from importlib.metadata import version


def build_wheel(folder, config_settings=None, metadata_directory=None):
    with open(os.environ["ESCAPES_SEEN"], "a") as file:
        file.write(f"plain-lib=={version('plain-lib')}\\n")
    name, info = "built-1.0-py3-none-any.whl", "built-1.0.dist-info"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: built\\nVersion: 1.0\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
""",
}
#: A project with a source tree whose build needs what only a folder of the user's has.
HELD_BUILD = {
    **{path: text.replace("plain-lib", "only-here") for path, text in BUILD.items()},
    "pyproject.toml": PROJECT.replace('"plain-lib"', '"built"')
    + 'package = false\n\n[tool.uv.sources]\nbuilt = { path = "built" }\n',
}
PIP, UV = "pip install loose-user plain-lib", "uv pip install loose-user plain-lib"
#: What takes pip seconds, and is left to the full run.
LONG = ("PIP_BUILD_CONSTRAINT", "pip --build-constraint", "PIP_FIND_LINKS", "pip -c")


class Own(NamedTuple):
    """Something of the user's: files below ``work``, variables, the command, and what must have come of it."""

    typed: str
    files: dict[str, str]
    variables: dict[str, str]
    lands: str = "plain-lib==1.0"

    @property
    def tool(self) -> str:
        """Whose command it is."""
        return self.typed.partition(" ")[0]


def uv_project(lines: str) -> dict[str, str]:
    """A project whose ``[tool.uv]`` says something."""
    return {"pyproject.toml": PROJECT + lines}


OWN = {
    "PIP_CONSTRAINT": Own(PIP, {"mine.txt": MINE}, {"PIP_CONSTRAINT": "mine.txt"}),
    "pip -c": Own(f"{PIP} -c mine.txt", {"mine.txt": MINE}, {}),
    "pip.conf": Own(
        PIP,
        {"mine.txt": MINE, "pip.conf": "[install]\nconstraint = {work}/mine.txt\n"},
        {"PIP_CONFIG_FILE": "{work}/pip.conf"},
    ),
    "UV_CONSTRAINT": Own(UV, {"mine.txt": MINE}, {"UV_CONSTRAINT": "mine.txt"}),
    "uv -c": Own(f"{UV} -c mine.txt", {"mine.txt": MINE}, {}),
    "uv.toml": Own(UV, {"../home/.config/uv/uv.toml": 'constraint-dependencies = ["plain-lib<2"]'}, {}),
    "constraint-dependencies": Own(UV, uv_project('constraint-dependencies = ["plain-lib<2"]\n'), {}),
    "constraint-dependencies in a project": Own(
        "uv sync", uv_project('constraint-dependencies = ["plain-lib<2"]\npackage = false\n'), {}
    ),
    "UV_OVERRIDE": Own(UV, {"mine.txt": "plain-lib==1.0\n"}, {"UV_OVERRIDE": "mine.txt"}),
    "override-dependencies": Own(
        "uv sync", uv_project('override-dependencies = ["plain-lib==1.0"]\npackage = false\n'), {}
    ),
    "PIP_FIND_LINKS": Own(f"{PIP} only-here", {}, {"PIP_FIND_LINKS": "{work}/links"}, "only-here==1.0"),
    "UV_FIND_LINKS": Own(f"{UV} only-here", {}, {"UV_FIND_LINKS": "{work}/links"}, "only-here==1.0"),
    "uv find-links": Own(f"{UV} only-here", uv_project('find-links = ["links"]\n'), {}, "only-here==1.0"),
    "sources": Own(
        "uv sync",
        {
            "pyproject.toml": PROJECT.replace('"plain-lib"', '"only-here"')
            + f'package = false\n\n[tool.uv.sources]\nonly-here = {{ path = "links/{wheel_name("only-here", "1.0")}" }}\n'
        },
        {},
        "only-here==1.0",
    ),
    "UV_BUILD_CONSTRAINT": Own(
        "uv pip install loose-user ./built",
        {"mine.txt": MINE, **BUILD},
        {"UV_BUILD_CONSTRAINT": "mine.txt"},
        "built==1.0",
    ),
    "uv.toml beside a held build": Own(
        "uv sync", {**HELD_BUILD, "../home/.config/uv/uv.toml": 'find-links = ["{work}/links"]\n'}, {}, "built==1.0"
    ),
    "[tool.uv] beside a held build": Own(
        "uv sync",
        {
            **HELD_BUILD,
            "pyproject.toml": HELD_BUILD["pyproject.toml"].replace("[tool.uv]", '[tool.uv]\nfind-links = ["links"]'),
        },
        {},
        "built==1.0",
    ),
    "--config-file beside a held build": Own(
        "uv --config-file mine/uv.toml sync",
        {**HELD_BUILD, "mine/uv.toml": 'find-links = ["../links"]\n'},
        {},
        "built==1.0",
    ),
    "uv -b": Own("uv pip install loose-user ./built -b mine.txt", {"mine.txt": MINE, **BUILD}, {}, "built==1.0"),
    "PIP_BUILD_CONSTRAINT": Own(
        "pip install loose-user ./built",
        {"mine.txt": MINE, **BUILD},
        {"PIP_BUILD_CONSTRAINT": "mine.txt"},
        "built==1.0",
    ),
    "pip --build-constraint": Own(
        "pip install loose-user ./built --build-constraint mine.txt", {"mine.txt": MINE, **BUILD}, {}, "built==1.0"
    ),
}


def laid_out(own: Own, make: Callable[..., Desk]) -> Desk:
    """A desk with the user's own things on it, and a folder of wheels that are nowhere else."""
    here = make(own.tool)
    (here.work / "links").mkdir()
    (here.work / "links" / wheel_name("only-here", "1.0")).write_bytes(wheel_bytes("only-here", "1.0"))
    for path, text in own.files.items():
        if path.endswith(".py"):
            here.write(path, "").write_text(text, encoding="utf-8")
        else:
            here.write(path, text)
    here.variables |= {name: here.place.expand(value) for name, value in own.variables.items()}
    return here


@pytest.mark.parametrize(
    "own",
    [pytest.param(own, id=name, marks=pytest.mark.slow if name in LONG else ()) for name, own in OWN.items()],
)
def test_what_a_user_has_set_still_acts(own: Own, desk: Callable[..., Desk]) -> None:
    bare = laid_out(own, desk)
    done = bare.type(own.typed)
    assert done.code == 0, done.stderr
    assert own.lands in bare.installed()
    assert "torch==2.6.0" not in bare.installed()
    here = laid_out(own, desk)
    done = here.type(f"stackpin {own.typed}")
    assert done.code == 0, done.stderr
    assert {own.lands, "torch==2.6.0", "triton==3.2.0"} <= here.installed()
    if "built/backend.py" in own.files:
        assert bare.place.seen.read_text(encoding="utf-8") == here.place.seen.read_text(encoding="utf-8")
        assert here.place.seen.read_text(encoding="utf-8").endswith("==1.0\n")


@pytest.mark.parametrize(
    ("files", "options", "variables"),
    [
        pytest.param(uv_project('constraint-dependencies = ["plain-lib<2"]\n'), "", {}, id="[tool.uv]"),
        pytest.param({"uv.toml": 'constraint-dependencies = ["plain-lib<2"]\n'}, "", {}, id="uv.toml"),
        pytest.param({"mine.txt": MINE}, "", {"UV_CONSTRAINT": "mine.txt"}, id="variable"),
        pytest.param({"mine.txt": MINE}, "-c mine.txt", {}, id="option"),
    ],
)
def test_a_compiled_file_names_nothing_of_ours(
    files: dict[str, str], options: str, variables: dict[str, str], desk: Callable[..., Desk]
) -> None:
    here = laid_out(Own("uv", {**files, "asked.txt": "loose-user\nplain-lib\n"}, variables), desk)
    done = here.type(f"stackpin uv pip compile asked.txt -o out.txt {options}".rstrip())
    assert done.code == 0, done.stderr
    text = (here.work / "out.txt").read_text(encoding="utf-8")
    assert "stackpin" not in text
    assert {"plain-lib==1.0", "torch==2.6.0", "triton==3.2.0"} <= set(text.splitlines())
    assert f"#    uv pip compile asked.txt -o out.txt {options}".rstrip() in text.splitlines()


@pytest.fixture
def guarded() -> Iterator[GuardedIndex]:
    """An index behind a password."""
    with GuardedIndex() as index:
        yield index


def with_credentials(way: str, tool: str, here: Desk, index: GuardedIndex) -> dict[str, str]:
    """The variables that lead to the guarded index; the password stands where ``way`` says."""
    name = "PIP_EXTRA_INDEX_URL" if tool == "pip" else "UV_INDEX"
    if way == "in the address":
        return {name: index.url(f"{USER}:{PASSWORD}")}
    if way == "netrc":
        netrc = here.place.home / ".netrc"
        netrc.write_text(f"machine 127.0.0.1\nlogin {USER}\npassword {PASSWORD}\n", encoding="utf-8")
        netrc.chmod(0o600)
        return {name: index.url()}
    script = here.place.folder / "bin" / "keyring"
    both = json.dumps({"username": USER, "password": PASSWORD})  # newer pips ask for both at once
    lines = ["#!/bin/sh", f"case \"$1\" in --mode*) echo '{both}' ;; *) echo {PASSWORD} ;; esac", ""]
    script.write_text("\n".join(lines), encoding="utf-8")
    script.chmod(0o755)
    provider = "PIP_KEYRING_PROVIDER" if tool == "pip" else "UV_KEYRING_PROVIDER"
    return {name: index.url(USER), provider: "subprocess"}


def told(desk: Desk, *own: str) -> list[str]:
    """Files below the place in which the password stands, but for the user's own."""
    found: list[Path] = [path for path in desk.place.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    with_it = [path.relative_to(desk.place.folder) for path in found if PASSWORD.encode() in path.read_bytes()]
    return sorted(str(path) for path in with_it if path.name not in {".netrc", "keyring", *own})


@pytest.mark.parametrize(
    "way", ["in the address", *(pytest.param(way, marks=pytest.mark.slow) for way in ("netrc", "keyring"))]
)
@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_credentials_still_open_an_index_and_are_told_to_nobody(
    way: str, tool: str, guarded: GuardedIndex, desk: Callable[..., Desk]
) -> None:
    here = desk(tool)
    variables = with_credentials(way, tool, here, guarded)
    pip = "uv pip" if tool == "uv" else "pip"
    bare = here.type(f"{pip} install private-lib", **variables)
    assert bare.code == 0, bare.stderr
    here.type("uv pip uninstall private-lib" if tool == "uv" else "pip uninstall -y private-lib")
    opened = len(guarded.let_in)
    done = here.type(
        f"stackpin {pip} install --no-cache-dir loose-user private-lib"
        if tool == "pip"
        else f"stackpin {pip} install --refresh loose-user private-lib",
        **variables,
    )
    assert done.code == 0, done.stderr
    assert {"private-lib==1.0", "torch==2.6.0"} <= here.installed()
    assert len(guarded.let_in) > opened
    assert PASSWORD not in done.stdout + done.stderr
    assert told(here) == []


@pytest.mark.parametrize(
    ("tool", "typed"),
    [
        pytest.param("uv", "uv pip install --index {url} lookalike-user", id="uv, conflict"),
        pytest.param("pip", "pip install --extra-index-url {url} lookalike-user", id="pip, conflict"),
        pytest.param("uv", "uv pip install --torch-backend cpu --index {url} torch", id="uv, backend"),
        pytest.param("uv", "uv pip install --find-links {links} lookalike-user", id="uv, find-links"),
    ],
)
def test_a_password_on_the_command_line_is_not_repeated(
    tool: str, typed: str, guarded: GuardedIndex, desk: Callable[..., Desk]
) -> None:
    here = desk(tool)
    url = guarded.url(f"{USER}:{PASSWORD}")
    verdict = here.place.folder / "verdict.json"
    line = typed.replace("{url}", url).replace("{links}", f"{url}private-lib/")
    done = here.type(f"stackpin {line}", STACKPIN_RESULT=str(verdict))
    said = said_by_stackpin(done.stderr)
    assert "stackpin[" in said
    assert PASSWORD not in said
    assert json.loads(verdict.read_text(encoding="utf-8"))["exit_code"] == done.code
    assert told(here) == []


def test_a_project_whose_index_has_a_password_is_refused_without_it(desk: Callable[..., Desk]) -> None:
    here = desk("uv")
    index = f'\n[[tool.uv.index]]\nname = "cuda"\nurl = "{here.world.vendors}/cu126/"\nexplicit = true\n'
    index = index.replace("http://", f"http://{USER}:{PASSWORD}@")
    here.write("pyproject.toml", PROJECT + '\n[tool.uv.sources]\ntorch = { index = "cuda" }\n' + index)
    verdict = here.place.folder / "verdict.json"
    done = here.type("stackpin uv lock", STACKPIN_RESULT=str(verdict))
    assert (done.code, "an index for cu126" in done.stderr) == (11, True)
    assert PASSWORD not in done.stderr
    assert told(here, "pyproject.toml") == []


@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_mirrors_with_a_password_are_used_and_not_told(tool: str, desk: Callable[..., Desk]) -> None:
    here = desk(tool, cuda="cu126")
    mirrors = here.variables["STACKPIN_MIRRORS"].replace("http://", f"http://{USER}:{PASSWORD}@")
    pip = "uv pip" if tool == "uv" else "pip"
    verdict = here.place.folder / "verdict.json"
    variables = {"STACKPIN_MIRRORS": mirrors, "STACKPIN_RESULT": str(verdict)}
    done = here.type(f"stackpin {pip} install loose-user", **variables)
    assert done.code == 0, done.stderr
    assert "torch==2.6.0+cu126" in here.installed()
    assert PASSWORD not in done.stdout + done.stderr
    done = here.type(f"stackpin {pip} install old-user", **variables)
    assert (done.code, PASSWORD in said_by_stackpin(done.stderr)) == (1, False)
    assert told(here) == []


@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_a_proxy_is_still_gone_through(tool: str, desk: Callable[..., Desk]) -> None:
    here = desk(tool)
    pip = "uv pip" if tool == "uv" else "pip"
    index = "http://index.invalid/pypi/simple/"
    with RecordingProxy(here.world.index.root) as proxy:
        variables = {
            "HTTP_PROXY": f"http://{proxy.host}",
            "http_proxy": f"http://{proxy.host}",
            "PIP_INDEX_URL": index,
            "PIP_TRUSTED_HOST": "index.invalid",
            "UV_DEFAULT_INDEX": index,
            "STACKPIN_MIRRORS": f"pypi={index}",
        }
        bare = here.type(f"{pip} install plain-lib", **variables)
        assert bare.code == 0, bare.stderr
        before = len(proxy.asked)
        done = here.type(f"stackpin {pip} install loose-user", **variables)
        assert done.code == 0, done.stderr
    assert {"torch==2.6.0", "triton==3.2.0"} <= here.installed()
    assert [
        each for each in proxy.asked[before:] if "/loose-user/" in each and each.startswith("http://index.invalid/")
    ]
