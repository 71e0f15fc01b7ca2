"""``stackpin shim`` as a person uses it: shims written, found, looked at and taken away again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.shim_world import program

from stackpin.model.shims import MARKER, TOOLS

__all__: list[str] = []

#: Every shell takes its own line.
SHELLS = {"bash": ["bash", "-c"], "zsh": ["zsh", "-fc"], "fish": ["fish", "--no-config", "-c"]}


@pytest.fixture
def home() -> Path:
    return Path(os.environ["HOME"])


@pytest.fixture
def shims(home: Path) -> Path:
    return home / ".local" / "share" / "stackpin" / "shims"


def run(
    *words: str, cwd: Path | None = None, path: list[Path] | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    if path is not None:
        env["PATH"] = os.pathsep.join(map(str, path))
    command = [sys.executable, "-m", "stackpin", "shim", *words]
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False, timeout=120
    )


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_installing_writes_programs_and_says_the_line_for_path(shims: Path) -> None:
    done = run("install", path=[], SHELL="/usr/bin/zsh")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"{shims}: pip, pip3, uv, uvx are in place\n"
        "to put it first on PATH, add one line:\n"
        f'  ~/.zshrc                    export PATH="{shims}:$PATH"\n'
        f'  ~/.bashrc                   export PATH="{shims}:$PATH"\n'
        f"  ~/.config/fish/config.fish  set -gx PATH {shims} $PATH\n"
    )
    assert names(shims) == sorted([MARKER, *TOOLS])
    assert {path.stat().st_mode & 0o777 for path in map(shims.joinpath, TOOLS)} == {0o755}


def test_installing_twice_writes_once(shims: Path) -> None:
    first = json.loads(run("install", "--json").stdout)
    before = {name: (shims / name).stat().st_ino for name in names(shims)}
    second = json.loads(run("install", "--json").stdout)
    assert (sorted(first["changed"]), second["changed"]) == (sorted([MARKER, *TOOLS]), [])
    assert {name: (shims / name).stat().st_ino for name in names(shims)} == before


def test_a_shim_that_lost_its_mode_or_text_is_mended(shims: Path) -> None:
    run("install")
    (shims / "uv").chmod(0o644)
    with (shims / "pip").open("a", encoding="utf-8") as file:
        file.write("exit 1\n")
    assert json.loads(run("install", "--json").stdout)["changed"] == ["pip", "uv"]


def test_shims_that_path_finds_first_need_no_line(shims: Path) -> None:
    run("install")
    done = run("install", path=[shims])
    assert done.stdout == f"{shims}: pip, pip3, uv, uvx were in place\nPATH finds them first\n"


def test_what_comes_before_the_shims_is_named(shims: Path, tmp_path: Path) -> None:
    program(tmp_path / "bin" / "uv")
    run("install")
    done = run("install", path=[tmp_path / "bin", shims])
    assert done.stdout.splitlines()[1] == f"uv: PATH finds {tmp_path}/bin/uv first"


@pytest.mark.parametrize("kind", ["program", "link", "link to nothing", "folder", "text in another encoding"])
def test_a_file_of_somebody_else_stays_as_it_is(tmp_path: Path, kind: str, shims: Path) -> None:
    there = tmp_path / "bin" / "uv"
    program(there.with_name("uvx.bak"))
    match kind:
        case "program":
            program(there)
        case "link":
            there.symlink_to(there.with_name("uvx.bak"))
        case "link to nothing":
            there.symlink_to("nonesuch")
        case "folder":
            there.mkdir()
        case _:
            there.write_bytes(b"\xff\xfe# stackpin shim\n")
    done = run("install", "--dir", "bin", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (17, "")
    assert done.stderr == (
        "error: a file there is none of stackpin's, and stays as it is\n"
        f"  where:    {there}\n"
        "  expected: a folder that holds nothing but shims\n"
        f"  do:       stackpin shim install --dir {shims}\n"
    )
    assert names(tmp_path / "bin") == ["uv", "uvx.bak"]
    assert run("remove", "--dir", "bin", cwd=tmp_path).stdout == f"{tmp_path}/bin: nothing of stackpin is there\n"
    assert names(tmp_path / "bin") == ["uv", "uvx.bak"]


def test_a_folder_that_path_cannot_name_is_refused(tmp_path: Path) -> None:
    done = run("install", "--dir", "a:b", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        f"error: PATH cannot name this folder\n  found:    {tmp_path}/a:b\n  expected: a name without a colon\n"
    )
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "shims").write_text("mine", encoding="utf-8")
    done = run("install", "--dir", "shims", cwd=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (17, False)
    assert (tmp_path / "shims").read_text(encoding="utf-8") == "mine"


def test_removing_takes_what_is_ours_and_the_folder_where_it_is_empty(shims: Path) -> None:
    run("install")
    done = run("remove")
    assert done.stdout == f"{shims}: pip, pip3, uv, uvx, .stackpin-shims removed\n"
    assert not shims.exists()
    assert run("remove").stdout == f"{shims}: nothing of stackpin is there\n"


def test_removing_leaves_what_others_put_there(shims: Path) -> None:
    run("install")
    program(shims / "mine")
    program(shims / "pip")
    assert json.loads(run("remove", "--json").stdout)["changed"] == ["pip3", "uv", "uvx", MARKER]
    assert names(shims) == ["mine", "pip"]


def test_status_tells_what_path_finds(shims: Path, tmp_path: Path) -> None:
    real = tmp_path / "bin"
    program(real / "uv")
    program(real / "pip")
    run("install")
    done = run("status", path=[shims, real])
    assert done.stdout == (
        f"{shims}: first on PATH\n"
        f"pip     calls the stackpin of {sys.executable}\n"
        f"pip3    calls the stackpin of {sys.executable}\n"
        f"uv      calls the stackpin of {sys.executable}\n"
        f"uvx     calls the stackpin of {sys.executable}\n"
        "\n"
        "what PATH finds:\n"
        f"pip     the shim, then {real}/pip\n"
        "pip3    the shim, and no real one behind it\n"
        f"uv      the shim, then {real}/uv\n"
        "uvx     the shim, and no real one behind it\n"
    )


def test_status_tells_of_shims_that_are_not_reached(shims: Path, tmp_path: Path) -> None:
    program(tmp_path / "uv")
    run("install")
    said = run("status", path=[tmp_path]).stdout.splitlines()
    assert (said[0], said[-4:]) == (
        f"{shims}: not on PATH",
        ["pip     nothing", "pip3    nothing", f"uv      {tmp_path}/uv, not the shim", "uvx     nothing"],
    )
    said = run("status", path=[tmp_path, shims]).stdout.splitlines()
    assert (said[0], said[-2]) == (f"{shims}: entry 2 of PATH", f"uv      {tmp_path}/uv, not the shim")


def test_status_tells_of_shims_whose_stackpin_is_gone_or_another(shims: Path) -> None:
    run("install")
    for name, python in (("uv", "/gone/python"), ("pip", "/bin/sh")):
        text = (shims / name).read_text(encoding="utf-8")
        (shims / name).write_text(text.replace(sys.executable, python, 1), encoding="utf-8")
    program(shims / "uvx")
    said = run("status", path=[shims]).stdout.splitlines()
    assert said[1:5] == [
        "pip     calls the stackpin of /bin/sh: another one than this, or of another release",
        f"pip3    calls the stackpin of {sys.executable}",
        "uv      calls the stackpin of /gone/python, which is gone",
        "uvx     none of stackpin's: left as it is",
    ]
    assert said[-1] == f"to bring them up to date: stackpin shim install --dir {shims}"
    document = json.loads(run("status", "--json", path=[shims]).stdout)
    assert [(shim["name"], shim["alive"], shim["current"]) for shim in document["shims"]] == [
        ("pip", True, False),
        ("pip3", True, True),
        ("uv", False, False),
    ]
    assert (document["foreign"], document["on_path"], document["schema"]) == (["uvx"], 0, 1)


def test_status_without_shims_says_how_to_get_them(shims: Path) -> None:
    done = run("status")
    assert (done.returncode, done.stdout) == (
        0,
        f"{shims}: no shims\nto install them: stackpin shim install --dir {shims}\n",
    )


def test_the_data_folder_of_the_user_is_where_they_go(tmp_path: Path) -> None:
    run("install", XDG_DATA_HOME=str(tmp_path))
    assert names(tmp_path / "stackpin" / "shims") == sorted([MARKER, *TOOLS])


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("name", ["plain", "with a blank", "it's $HOME `x`"])
def test_the_line_for_path_works_in_its_shell(tmp_path: Path, shell: str, name: str) -> None:
    program_path = shutil.which(shell)
    if program_path is None:
        pytest.skip(f"no {shell} here")
    lines = json.loads(run("install", "--json", "--dir", name, cwd=tmp_path).stdout)["path_lines"]
    done = subprocess.run(
        [program_path, *SHELLS[shell][1:], f"{lines[shell]}\ncommand -v uv"],
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == f"{tmp_path}/{name}/uv"


def test_a_shim_starts_this_stackpin_whatever_lies_around(shims: Path, tmp_path: Path) -> None:
    program(tmp_path / "bin" / "uv")
    program(tmp_path / "stackpin" / "__init__.py", "raise SystemExit('a foreign stackpin')")
    program(tmp_path / "click" / "__init__.py", "raise SystemExit('a foreign click')")
    run("install")
    done = subprocess.run(
        [shims / "uv", "no-such-command"],
        env={
            **os.environ,
            "PATH": f"{shims}:{tmp_path}/bin",
            "PYTHONPATH": str(tmp_path),
            "PYTHONHOME": "/nonesuch",
            "PYTHONSTARTUP": str(tmp_path / "click" / "__init__.py"),
        },
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert ("foreign" in done.stderr + done.stdout, "Traceback" in done.stderr) == (False, False)


def test_a_stackpin_that_only_pythonpath_finds_gets_no_shims(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    source = Path(__file__).resolve().parents[2] / "src"
    packages = [path for path in map(Path, sys.path) if path.name == "site-packages"]
    done = subprocess.run(
        [bare / "bin" / "python", "-m", "stackpin", "shim", "install", "--dir", "shims"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [source, *packages]))},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 16
    assert done.stderr == (
        "error: a shim could not start this stackpin: it is found by PYTHONPATH or the current folder alone\n"
        f"  where:    {source / 'stackpin'}\n"
        "  expected: a stackpin that is installed in an environment\n"
        "  do:       uv tool install stackpin\n"
    )
    assert not (tmp_path / "shims").exists()


def test_a_stackpin_of_the_users_own_site_packages_is_started_too(tmp_path: Path, shims: Path, home: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--system-site-packages", bare], check=True)
    own = home / ".local" / "lib" / f"python3.{sys.version_info[1]}" / "site-packages"
    own.mkdir(parents=True)
    source = Path(__file__).resolve().parents[2] / "src"
    packages = [path for path in map(Path, sys.path) if path.name == "site-packages"]
    (own / "own.pth").write_text("\n".join(map(str, [source, *packages])), encoding="utf-8")
    program(tmp_path / "bin" / "uv")
    program(tmp_path / "stackpin" / "__init__.py", "raise SystemExit('a foreign stackpin')")
    python = bare / "bin" / "python"
    subprocess.run([python, "-m", "stackpin", "shim", "install", "-q"], check=True, cwd=home)
    done = subprocess.run(
        [shims / "uv", "no-such-command"],
        env={**os.environ, "PATH": f"{shims}:{tmp_path}/bin", "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert 'exec "$stackpin_python" -E -c' in (shims / "uv").read_text(encoding="utf-8")
    assert ("foreign" in done.stderr + done.stdout, "Traceback" in done.stderr) == (False, False)


@pytest.mark.parametrize("command", ["install", "remove", "status"])
def test_a_folder_and_an_environment_do_not_go_together(command: str) -> None:
    done = run(command, "--dir", "a", "--venv", "b")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --dir and --venv do not go together\n")


def test_a_stack_goes_with_an_environment_only() -> None:
    done = run("install", "--stack", "sglang")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2,
        "error: --stack, --cuda and --allow go with --venv: shims read them from the settings or from each call",
    )


def test_quiet_says_nothing(shims: Path) -> None:
    done = run("install", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert names(shims) == sorted([MARKER, *TOOLS])
