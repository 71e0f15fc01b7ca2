"""``emit env`` as its readers take it: dash, bash, fish, a Dockerfile, GitHub's file of variables; what was set before stays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.support.docker_env import read_dockerfile
from tests.support.emitting import emitted
from tests.support.in_process import run_here

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

#: A build that PyPI carries, and one that it does not.
PLAIN, LABELLED = ("torch==2.10.*", "--cuda", "cu128"), ("torch==2.10.*", "--cuda", "cu126")
CONSTRAINTS = ("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT", "UV_CONSTRAINT", "UV_BUILD_CONSTRAINT")
#: https://download.pytorch.org/whl/cu126/: one page a project, as its links are.
PAGES = [f"https://download.pytorch.org/whl/cu126/{name}/" for name in ("torch", "torchvision", "torchaudio")]
SHELLS = [("dash", "sh"), ("bash", "sh"), ("fish", "fish")]
TELL = "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k[:3] in ('PIP', 'UV_')}))"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the constraints file is to lie."""
    return tmp_path / "it's$HOME" / "c.txt"


def shell(program: str) -> str:
    """The program of a shell; the test is skipped where this machine has none."""
    return shutil.which(program) or pytest.skip(f"there is no {program} here (on Debian: apt install {program})")


def seen(program: str, script: str, tmp_path: Path, **variables: str) -> dict[str, str]:
    """The variables that a program sees which a shell starts after it has read a script."""
    file = tmp_path / "tell.py"
    file.write_text(TELL, encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    command = [shell(program), *(["--no-config"] if program == "fish" else []), "-c"]
    done = subprocess.run(
        [*command, f"{script}\n'{sys.executable}' '{file}'"],
        env={**env, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(("program", "form"), SHELLS)
def test_a_shell_sets_the_variables_and_a_second_reading_adds_nothing(
    program: str, form: str, place: Path, tmp_path: Path
) -> None:
    text = emitted("env", *LABELLED, "--shell", form, "--constraints", str(place), cwd=tmp_path)
    once, twice = (seen(program, text * times, tmp_path) for times in (1, 2))
    assert once == twice == dict.fromkeys(CONSTRAINTS, str(place)) | {"UV_FIND_LINKS": ",".join(PAGES)}
    assert place.read_text(encoding="utf-8").count("torch==2.10.0+cu126 ") == 1


@pytest.mark.parametrize(("program", "form"), SHELLS)
def test_what_a_user_has_set_stays_and_comes_first(program: str, form: str, place: Path, tmp_path: Path) -> None:
    """Several files with blanks between them; pages with blanks and quotes of their own."""
    text = emitted("env", *LABELLED, "--shell", form, "--constraints", str(place), cwd=tmp_path)
    links = f'/my wheels,/it\'s "here",{PAGES[0]}'
    own = {"PIP_CONSTRAINT": "/a.txt /b*.txt", "UV_CONSTRAINT": "", "UV_FIND_LINKS": links}
    found = seen(program, text * 2, tmp_path, **own)
    assert found["PIP_CONSTRAINT"] == f"/a.txt /b*.txt {place}"
    assert found["UV_CONSTRAINT"] == found["PIP_BUILD_CONSTRAINT"] == str(place)
    assert found["UV_FIND_LINKS"].startswith(links)
    assert set(PAGES) <= set(found["UV_FIND_LINKS"].split(","))


@pytest.mark.parametrize("program", ["dash", "bash"])
def test_eval_takes_it_as_the_help_says(program: str, place: Path, tmp_path: Path) -> None:
    stackpin = f"'{sys.executable}' -m stackpin emit env 'torch==2.10.*' --cuda cu128 --constraints \"{place}\""
    script = f'set -eu; eval "$({stackpin.replace("$", chr(92) + "$")})"'
    assert seen(program, script, tmp_path) == dict.fromkeys(CONSTRAINTS, str(place))


def test_a_dockerfile_carries_the_file_and_keeps_what_the_base_image_sets(tmp_path: Path) -> None:
    """NVIDIA's images set PIP_CONSTRAINT themselves."""
    text = emitted("env", *LABELLED, "--shell", "docker", cwd=tmp_path)
    bare = read_dockerfile(text)
    nvidia = read_dockerfile(text, PIP_CONSTRAINT="/etc/pip/constraint.txt", UV_FIND_LINKS="/wheels")
    (name,) = bare.files
    assert bare.variables == dict.fromkeys(CONSTRAINTS, name) | {"UV_FIND_LINKS": ",".join(PAGES)}
    assert nvidia.variables["PIP_CONSTRAINT"] == f"/etc/pip/constraint.txt {name}"
    assert nvidia.variables["UV_FIND_LINKS"] == ",".join(["/wheels", *PAGES])
    assert nvidia.variables["UV_CONSTRAINT"] == name
    compiled = run_here("compile", *LABELLED, "-q", cwd=tmp_path)
    assert bare.files[name] == compiled.stdout
    assert not list(tmp_path.iterdir())


def test_a_dockerfile_names_a_file_that_lies_in_the_image_already(tmp_path: Path) -> None:
    text = emitted("env", *PLAIN, "--shell", "docker", "--constraints", "/opt/c.txt", cwd=tmp_path)
    image = read_dockerfile(text)
    assert (image.files, image.variables) == ({}, dict.fromkeys(CONSTRAINTS, "/opt/c.txt"))
    assert not list(tmp_path.iterdir())


def github(text: str) -> dict[str, str]:
    """GitHub's reading of ``$GITHUB_ENV``: NAME=value, a line each; a comment would be an error ("Workflow commands")."""
    pairs = [line.partition("=") for line in text.splitlines()]
    assert all(name.isidentifier() and sign and "<<" not in name for name, sign, _ in pairs)
    return {name: value for name, _, value in pairs}


def test_github_gets_one_line_a_variable_with_what_the_job_has_set(place: Path, tmp_path: Path) -> None:
    words = ("env", *LABELLED, "--shell", "github", "--constraints", str(place))
    own = {"PIP_CONSTRAINT": "/a.txt", "UV_FIND_LINKS": f"/wheels,{PAGES[0]}"}
    found = github(emitted(*words, cwd=tmp_path, env=own))
    assert found == {
        **dict.fromkeys(CONSTRAINTS, str(place)),
        "PIP_CONSTRAINT": f"/a.txt {place}",
        "UV_FIND_LINKS": ",".join(["/wheels", *PAGES]),
    }
    assert github(emitted(*words, cwd=tmp_path, env=found)) == found


def test_a_constraints_file_with_a_blank_in_its_path_is_refused_and_not_written(tmp_path: Path) -> None:
    place = tmp_path / "my files" / "c.txt"
    done = run_here("emit", "env", *PLAIN, "--constraints", str(place), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: pip and uv split these variables at blanks\n"
        f"  found:    {place}\n"
        "  expected: a constraints file without a blank in its path\n"
        "  do:       --constraints FILE\n"
    )
    assert not place.parent.exists()
