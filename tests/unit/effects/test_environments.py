"""Environments read from their files: real ones against what their own interpreter says, odd ones made by hand."""

from __future__ import annotations

import importlib.metadata
import json
import os
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import virtualenv
from packaging.utils import canonicalize_name
from tests.support.tools import newest_uv

from stackpin.effects.environments import (
    environment_of_folder,
    environment_of_interpreter,
    environment_under,
    read_environment,
    read_installed,
    torch_files_tag,
)
from stackpin.effects.process import Finished, LocalProcesses
from stackpin.errors import InputUnreadable, ToolMissing

__all__: list[str] = []

MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
ASK = "import json, site, sys; print(json.dumps([sys.prefix, site.getsitepackages()]))"


class Unasked:
    """A runner that must not be needed."""

    def run(self, argv: object, **options: object) -> Finished:
        raise AssertionError(argv)


def make_by_venv(folder: Path) -> None:
    venv.create(folder, symlinks=True)


def make_by_virtualenv(folder: Path) -> None:
    virtualenv.cli_run(["--no-pip", "--no-setuptools", "--no-vcs-ignore", "--quiet", str(folder)])


def make_by_uv(folder: Path) -> None:
    subprocess.run([newest_uv(), "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)


def said_by(executable: str) -> tuple[Path, list[Path]]:
    """An interpreter's own prefix and site-packages folders that are there, each once."""
    answer = subprocess.run([executable, "-c", ASK], check=True, capture_output=True, text=True)
    prefix, packages = json.loads(answer.stdout)
    there = [path for path in map(Path, packages) if path.is_dir()]
    return Path(prefix), list({path.resolve(): path for path in there}.values())


def folders(root: Path, *names: str) -> Path:
    """Empty folders below ``root``, which is returned."""
    for name in names:
        (root / name).mkdir(parents=True)
    return root


def distribution(folder: Path, name: str, **files: str) -> Path:
    """A metadata folder with these files in it."""
    (folder / name).mkdir(parents=True)
    for file, text in files.items():
        (folder / name / file.replace("_", "-")).write_text(text)
    return folder


@pytest.mark.parametrize("make", [make_by_venv, make_by_virtualenv, make_by_uv], ids=["venv", "virtualenv", "uv"])
def test_a_virtual_environment_is_read_as_its_own_interpreter_describes_it(tmp_path: Path, make: object) -> None:
    make(tmp_path / "env")  # type: ignore[operator]  # one of the three above
    found = read_environment(tmp_path / "env")
    assert (found.prefix, list(found.packages)) == said_by(found.executable)
    assert (found.python, found.executable) == (MINOR, str(tmp_path / "env" / "bin" / "python"))


def test_the_running_interpreters_installation_is_read_as_it_describes_itself() -> None:
    found = read_environment(Path(sys.base_prefix))
    assert (found.prefix, list(found.packages)) == said_by(found.executable)
    assert found.python == MINOR


def test_an_environment_that_lets_the_system_shine_through_has_its_folders_last(tmp_path: Path) -> None:
    venv.create(tmp_path / "env", symlinks=True, system_site_packages=True)
    found = read_environment(tmp_path / "env")
    own = tmp_path / "env" / "lib" / f"python{MINOR}" / "site-packages"
    assert found.packages[0] == own
    assert set(found.packages[1:]) == set(read_environment(Path(sys.base_prefix)).packages)


def test_a_home_that_is_a_virtual_environment_leads_on_to_the_system(tmp_path: Path) -> None:
    """Up to Python 3.10 `python -m venv`, run by a virtual environment's Python, names that environment as home."""
    folders(tmp_path, "usr/bin", "usr/lib/python3.10/site-packages", "one/bin", "two/lib/python3.10/site-packages")
    (tmp_path / "one" / "pyvenv.cfg").write_text(f"home = {tmp_path}/usr/bin\nversion = 3.10.1\n")
    (tmp_path / "two" / "pyvenv.cfg").write_text(
        f"home = {tmp_path}/one/bin\nversion = 3.10.1\ninclude-system-site-packages = true\n"
    )
    found = [str(path.relative_to(tmp_path)) for path in read_environment(tmp_path / "two").packages]
    assert found == ["two/lib/python3.10/site-packages", "usr/lib/python3.10/site-packages"]


def test_the_interpreter_of_a_virtual_environment_is_not_run(tmp_path: Path) -> None:
    venv.create(tmp_path / "env", symlinks=True)
    program = tmp_path / "env" / "bin" / "python3"
    found = environment_of_interpreter(program, Unasked())
    assert found.executable == str(program)
    assert (found.prefix, found.packages) == (tmp_path / "env", read_environment(tmp_path / "env").packages)


def test_an_interpreter_outside_a_virtual_environment_is_asked() -> None:
    base = os.path.realpath(sys.executable)
    found = environment_of_interpreter(Path(base), LocalProcesses())
    assert (found.python, found.prefix) == (MINOR, Path(sys.base_prefix))
    assert set(said_by(base)[1]) <= set(found.packages)


def test_a_broken_link_in_a_virtual_environment_is_no_interpreter(tmp_path: Path) -> None:
    venv.create(tmp_path / "env", symlinks=True)
    gone = tmp_path / "env" / "bin" / "python9"
    gone.symlink_to(tmp_path / "nowhere")
    with pytest.raises(ToolMissing) as raised:
        environment_of_interpreter(gone, LocalProcesses())
    assert raised.value.where == str(gone)


@pytest.mark.parametrize(
    ("settings", "python"),
    [
        pytest.param("home = /usr/bin\nversion = 3.12.4\n", "3.12", id="venv"),
        pytest.param("home = /usr/bin\nversion_info = 3.12.4.final.0\n", "3.12", id="virtualenv"),
        pytest.param("Home=/usr/bin\nVersion_Info=3.12\n", "3.12", id="keys in any case"),
        pytest.param("home = /usr/bin\n", "3.9", id="no version: the library"),
    ],
)
def test_the_python_is_what_pyvenv_cfg_says_else_its_library(tmp_path: Path, settings: str, python: str) -> None:
    folders(tmp_path, "lib/python3.9/site-packages")
    (tmp_path / "pyvenv.cfg").write_text(settings)
    assert read_environment(tmp_path).python == python


def test_a_free_threaded_environment_has_its_own_library(tmp_path: Path) -> None:
    folders(tmp_path, "lib/python3.13t/site-packages")
    (tmp_path / "pyvenv.cfg").write_text("version = 3.13.1\n")
    assert read_environment(tmp_path).packages == (tmp_path / "lib/python3.13t/site-packages",)


def test_lib64_comes_first_where_it_is_another_folder(tmp_path: Path) -> None:
    """Fedora's order: `site.getsitepackages` puts sys.platlibdir before lib."""
    folders(tmp_path, "lib/python3.12/site-packages", "lib64/python3.12/site-packages")
    (tmp_path / "pyvenv.cfg").write_text("version = 3.12.1\n")
    assert [path.relative_to(tmp_path).parts[0] for path in read_environment(tmp_path).packages] == ["lib64", "lib"]


def test_debians_python_has_dist_packages_and_looks_below_local_first(tmp_path: Path) -> None:
    """The order of `python3 -m site` on Debian 12."""
    folders(tmp_path, "bin", "lib/python3", "lib/python3.11", "lib/python3.9", "local/lib/python3.11/dist-packages")
    folders(tmp_path, "lib/python3/dist-packages", "lib/python3.11/dist-packages")
    (tmp_path / "bin" / "python3").symlink_to("python3.11")
    found = read_environment(tmp_path)
    assert found.python == "3.11"
    assert [str(path.relative_to(tmp_path)) for path in found.packages] == [
        "local/lib/python3.11/dist-packages",
        "lib/python3/dist-packages",
        "lib/python3.11/dist-packages",
    ]


@pytest.mark.parametrize("place", ["nowhere", "empty"])
def test_a_folder_without_a_python_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ToolMissing) as raised:
        read_environment(tmp_path / place)
    assert raised.value.where == str(tmp_path / place)
    assert raised.value.expected == "the folder of a virtual environment, or the prefix of a Python"


def test_a_target_folder_is_its_own_packages_folder(tmp_path: Path) -> None:
    found = environment_of_folder(tmp_path / "new", "3.11.7")
    assert (found.python, found.executable, found.packages) == ("3.11", "", (tmp_path / "new",))


def test_a_prefix_need_not_be_there_yet(tmp_path: Path) -> None:
    found = environment_under(tmp_path / "new", "3.11")
    assert found.packages == (tmp_path / "new" / "lib" / "python3.11" / "site-packages",)


def test_what_is_installed_here_is_what_importlib_finds() -> None:
    folder = next(path for path in map(Path, site.getsitepackages()) if path.is_dir())
    known = importlib.metadata.distributions(path=[str(folder)])
    wanted = sorted((canonicalize_name(each.metadata["Name"]), each.version) for each in known)
    assert [(each.name, each.version) for each in read_installed([folder])] == wanted


def test_names_and_versions_come_from_the_names_of_the_folders(tmp_path: Path) -> None:
    distribution(tmp_path, "Sgl_Kernel-0.1.4.dist-info")
    distribution(tmp_path, "torch-2.6.0+cu126.dist-info")
    distribution(tmp_path, "zope.interface-5.0-py3.11-linux-x86_64.egg-info")
    (tmp_path / "PyYAML-6.0.egg-info").write_text("Metadata-Version: 1.0\n")
    assert [(each.name, each.version) for each in read_installed([tmp_path])] == [
        ("pyyaml", "6.0"),
        ("sgl-kernel", "0.1.4"),
        ("torch", "2.6.0+cu126"),
        ("zope-interface", "5.0"),
    ]


def test_an_odd_name_is_looked_up_in_the_file_inside(tmp_path: Path) -> None:
    text = "Metadata-Version: 2.1\nName: Odd-One\nVersion: 1.0\n\nName: not-this\n"
    distribution(tmp_path, "odd-one-1.0.dist-info", METADATA=text)
    distribution(tmp_path, "here.egg-info", PKG_INFO="Name: here\nVersion: 3\n")
    distribution(tmp_path, "lost-and-found-1.dist-info")
    found = read_installed([tmp_path])
    assert [(each.name, each.version) for each in found] == [("here", "3"), ("odd-one", "1.0")]


def test_a_distribution_that_is_there_twice_is_returned_twice(tmp_path: Path) -> None:
    for name in ("torch-2.5.1.dist-info", "torch-2.6.0.dist-info", "~orch-2.4.0.dist-info"):
        distribution(tmp_path, name)
    found = read_installed([tmp_path, tmp_path, tmp_path / "absent"])
    assert [(each.version, each.folder.name) for each in found] == [
        ("2.5.1", "torch-2.5.1.dist-info"),
        ("2.6.0", "torch-2.6.0.dist-info"),
    ]


def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputUnreadable) as raised:
        read_installed([tmp_path / "file"])
    assert (raised.value.where, raised.value.got) == (str(tmp_path / "file"), "Not a directory")


@pytest.mark.parametrize(
    ("lines", "tag"),
    [
        pytest.param("__version__ = '2.6.0'\ncuda: Optional[str] = '12.4'\nhip: Optional[str] = None\n", "cu124", id="cuda"),
        pytest.param("__version__ = '2.6.0+cpu'\ncuda = None\n", "cpu", id="cpu"),
        pytest.param("__version__ = '2.6.0'\ncuda = None\nhip = '6.2.41133'\n", "hip", id="rocm"),
        pytest.param("", "", id="empty file"),
    ],
)  # fmt: skip
def test_torchs_own_files_tell_its_tag(tmp_path: Path, lines: str, tag: str) -> None:
    distribution(tmp_path, "torch-2.6.0.dist-info", METADATA="Name: torch\nVersion: 2.6.0\n")
    distribution(tmp_path, "torch")
    (tmp_path / "torch" / "version.py").write_text(lines)
    assert torch_files_tag([tmp_path]) == tag


def test_without_torch_there_is_no_tag(tmp_path: Path) -> None:
    assert torch_files_tag([tmp_path]) == ""
