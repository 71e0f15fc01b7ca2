"""Environments in another system's tree: all are found, and no link leads out of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from stackpin.effects.root_folder import Inside, environments_below
from stackpin.errors import InputUnreadable

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []


def folders(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).mkdir(parents=True, exist_ok=True)
    return root


def virtual(prefix: Path, python: str = "3.11", extra: str = "") -> Path:
    folders(prefix, f"lib/python{python}/site-packages")
    (prefix / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {python}.4\n{extra}", encoding="utf-8")
    return prefix


def found(root: Path) -> dict[str, list[str]]:
    """The packages of each environment, by its prefix; paths below the root."""
    environments, troubles = environments_below(Inside(str(root)))
    assert troubles == ()
    return {
        f"{each.prefix.relative_to(root)} {each.python}": [str(path.relative_to(root)) for path in each.packages]
        for each in environments
    }


def test_all_kinds_are_found(tmp_path: Path) -> None:
    virtual(tmp_path / "opt" / "venv", "3.12")
    folders(
        tmp_path,
        "usr/lib/python3/dist-packages",
        "usr/lib/python3.11",
        "usr/local/lib/python3.11/dist-packages",
        "usr/local/lib/python3.13/site-packages",
        "opt/conda/conda-meta",
        "opt/conda/lib/python3.10/site-packages",
        "opt/conda/envs/one/conda-meta",
        "opt/conda/envs/one/lib/python3.9/site-packages",
        "opt/conda/pkgs/pytorch-2.5.1/lib/python3.10/site-packages",
        "root/.local/lib/python3.11/site-packages",
        "proc/1/root/usr/lib/python3.11/site-packages",
    )
    assert found(tmp_path) == {
        "opt/conda 3.10": ["opt/conda/lib/python3.10/site-packages"],
        "opt/conda/envs/one 3.9": ["opt/conda/envs/one/lib/python3.9/site-packages"],
        "opt/venv 3.12": ["opt/venv/lib/python3.12/site-packages"],
        "root/.local 3.11": ["root/.local/lib/python3.11/site-packages"],
        "usr 3.11": ["usr/local/lib/python3.11/dist-packages", "usr/lib/python3/dist-packages"],
        "usr/local 3.13": ["usr/local/lib/python3.13/site-packages"],
    }


def test_absolute_links_mean_the_root_and_not_this_machine(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    folders(elsewhere, "data/packages/stranger-1.0.dist-info")
    folders(root, "data/packages/own-1.0.dist-info", "opt/venv/lib/python3.11")
    (root / "opt/venv/pyvenv.cfg").write_text("version = 3.11.4\n")
    (root / "opt/venv/lib/python3.11/site-packages").symlink_to("/data/packages")
    (root / "opt/venv/lib64").symlink_to("lib")
    assert found(root) == {"opt/venv 3.11": ["data/packages"]}


def test_a_link_out_of_the_root_is_not_followed(tmp_path: Path) -> None:
    root, elsewhere = folders(tmp_path / "root", "opt"), tmp_path / "elsewhere"
    virtual(elsewhere / "env")
    (root / "opt/absolute").symlink_to(elsewhere)
    (root / "opt/dots").symlink_to("../../elsewhere")
    folders(root, "venv/lib/python3.11")
    (root / "venv/pyvenv.cfg").write_text("version = 3.11.4\n")
    (root / "venv/lib/python3.11/site-packages").symlink_to("../../../../elsewhere/env/lib/python3.11/site-packages")
    assert found(root) == {}


def test_links_in_circles_do_no_harm(tmp_path: Path) -> None:
    root = folders(tmp_path, "venv/lib/python3.11", "usr/lib/python3.11/site-packages")
    (root / "venv/pyvenv.cfg").write_text("version = 3.11.4\n")
    (root / "venv/lib/python3.11/site-packages").symlink_to("/venv/lib/python3.11/site-packages")
    (root / "usr/lib/self").symlink_to(".")
    (root / "usr/lib64").symlink_to("lib64")
    assert found(root) == {"usr 3.11": ["usr/lib/python3.11/site-packages"]}


def test_what_shines_through_is_the_root_s(tmp_path: Path) -> None:
    folders(tmp_path, "usr/bin", "usr/lib/python3.11", "usr/lib/python3/dist-packages")
    (tmp_path / "bin").symlink_to("usr/bin")
    place = virtual(tmp_path / "venv", extra="include-system-site-packages = true\n")
    (place / "pyvenv.cfg").write_text((place / "pyvenv.cfg").read_text().replace("/usr/bin", "/bin"))
    assert found(tmp_path) == {
        "usr 3.11": ["usr/lib/python3/dist-packages"],
        "venv 3.11": ["venv/lib/python3.11/site-packages", "usr/lib/python3/dist-packages"],
    }


def test_a_path_inside_is_resolved_as_its_own_system_does(tmp_path: Path) -> None:
    root = folders(tmp_path / "root", "a/b", "etc")
    (root / "a/absolute").symlink_to("/etc")
    (root / "a/up").symlink_to("../../../../../etc")
    (root / "a/b/back").symlink_to("../absolute/file")
    inside = Inside(str(root))
    assert inside(f"{root}/a/absolute/x") == f"{root}/etc/x"
    assert inside(f"{root}/a/up/x") == f"{root}/etc/x"
    assert inside(f"{root}/a/b/back") == f"{root}/etc/file"
    assert inside(f"{root}/a/../../..") == str(root)
    assert inside(f"{root}/not/there") == f"{root}/not/there"


def test_the_walk_is_bounded(tmp_path: Path) -> None:
    folders(tmp_path, *(f"data/{number}" for number in range(50)))
    environments, (trouble,) = environments_below(Inside(str(tmp_path)), most=20)
    assert environments == ()
    assert trouble.what == "the root has more than 20 folders, and the others were not looked into"


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator reads every folder")
def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    virtual(tmp_path / "venv")
    closed = folders(tmp_path, "closed") / "closed"
    closed.chmod(0)
    environments, (trouble,) = environments_below(Inside(str(tmp_path)))
    closed.chmod(0o755)
    assert (len(environments), trouble.where) == (1, str(closed))


def test_a_folder_that_fails_is_told_and_the_rest_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    virtual(tmp_path / "venv")
    folders(tmp_path, "closed/inner")
    scan = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)
    environments, (trouble,) = environments_below(Inside(str(tmp_path)))
    assert [each.prefix.name for each in environments] == ["venv"]
    assert (trouble.what, trouble.got) == ("a folder cannot be looked into", "Permission denied")
    assert trouble.where == str(tmp_path / "closed")


def test_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputUnreadable, match="no such root folder"):
        environments_below(Inside(str(tmp_path / "nowhere")))


def test_names_that_are_no_utf_8_do_no_harm(tmp_path: Path) -> None:
    place = virtual(tmp_path / os.fsdecode(b"caf\xe9"))
    environments, troubles = environments_below(Inside(str(tmp_path)))
    assert [each.prefix for each in environments] == [place]
    assert troubles == ()
