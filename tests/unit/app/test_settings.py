"""Which settings are in force in a folder: the nearest source wins, key by key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stackpin.app.settings import load_settings, merged
from stackpin.errors import StackpinError
from stackpin.model.settings import CheckSettings, PathPattern, Settings

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a folder in it; a home without settings lies beside it."""
    folder = tmp_path / "project" / "src"
    folder.mkdir(parents=True)
    return folder


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_nothing_is_set_where_no_file_is(project: Path, tmp_path: Path) -> None:
    assert load_settings({"HOME": str(tmp_path)}, project) == Settings()


def test_the_nearest_file_above_is_read(project: Path, tmp_path: Path) -> None:
    path = write(project.parent / "pyproject.toml", '[tool.stackpin]\ncuda = "cu124"\n')
    write(tmp_path / "pyproject.toml", '[tool.stackpin]\ncuda = "cu118"\ndriver = "1"\n')
    found = load_settings({}, project)
    assert (found.cuda, found.driver, found.sources) == ("cu124", "", {"cuda": str(path)})


def test_a_stackpin_toml_comes_before_a_pyproject_in_the_same_folder(project: Path) -> None:
    write(project / "pyproject.toml", '[tool.stackpin]\ncuda = "cu124"\n')
    write(project / "stackpin.toml", 'cuda = "cu118"\n')
    assert load_settings({}, project).cuda == "cu118"


def test_the_environment_is_nearer_than_the_file_and_the_file_than_the_users_folder(
    project: Path, tmp_path: Path
) -> None:
    write(project / "stackpin.toml", 'cuda = "cu118"\ndriver = "2"\n')
    write(tmp_path / "config" / "stackpin" / "stackpin.toml", 'cuda = "cu126"\ndriver = "3"\ngpu = "sm_90"\n')
    found = load_settings({"XDG_CONFIG_HOME": str(tmp_path / "config"), "STACKPIN_CUDA": "cu124"}, project)
    assert (found.cuda, found.driver, found.gpu) == ("cu124", "2", "sm_90")


def test_the_users_folder_lies_in_the_home_where_nothing_else_is_said(project: Path, tmp_path: Path) -> None:
    write(tmp_path / "home" / ".config" / "stackpin" / "stackpin.toml", 'gpu = "sm_80"\n')
    assert load_settings({"HOME": str(tmp_path / "home")}, project).gpu == "sm_80"


def test_a_catalog_folder_is_named_from_the_file_that_names_it(project: Path) -> None:
    write(project.parent / "stackpin.toml", 'catalog = "facts"\n')
    assert load_settings({}, project).catalog == str(project.parent / "facts")


def test_a_stack_of_ones_own_project_takes_its_dependencies(project: Path) -> None:
    text = '[project]\nname = "My.Service"\ndependencies = ["torch>=2.6"]\n[tool.stackpin.stacks.svc]\nanchor = "my-service"\n'
    write(project / "pyproject.toml", text)
    (stack,) = load_settings({}, project).stacks
    assert (stack.name, stack.anchor, stack.requires) == ("svc", "my-service", ("torch>=2.6",))


def test_a_stack_on_another_anchor_takes_no_dependencies(project: Path) -> None:
    text = '[project]\nname = "svc"\ndependencies = ["torch>=2.6"]\n[tool.stackpin.stacks.mine]\nanchor = "vllm"\n'
    write(project / "pyproject.toml", text)
    (stack,) = load_settings({}, project).stacks
    assert stack.requires == ()


@pytest.mark.parametrize(
    "text",
    [
        '[tool.stackpin]\nstacks = "x"\n',
        '[tool.stackpin.stacks]\nmine = "x"\n',
        "[tool.stackpin]\nstacks = [1]\n",
        '[project]\nname = "svc"\ndependencies = 3\n[tool.stackpin.stacks.mine]\nanchor = "svc"\n',
        '[project]\nname = "svc"\ndependencies = [3]\n[tool.stackpin.stacks.mine]\nanchor = "svc"\n',
        "[tool]\nstackpin = 3\n",
    ],
)
def test_a_table_of_another_shape_is_refused_or_passed_over_but_never_a_traceback(project: Path, text: str) -> None:
    write(project / "pyproject.toml", text)
    try:
        load_settings({}, project)
    except StackpinError as error:
        assert error.where.startswith(str(project / "pyproject.toml"))  # noqa: PT017 - either is right


def test_mirrors_of_all_sources_count_and_the_nearer_one_wins() -> None:
    near, far = Settings(mirrors={"a": "1"}), Settings(mirrors={"a": "2", "b": "3"}, cuda="cu118")
    found = merged(near, far)
    assert (found.mirrors, found.cuda) == ({"a": "1", "b": "3"}, "cu118")


def test_what_is_said_of_check_counts_key_by_key_and_stays_below_its_own_file(project: Path, tmp_path: Path) -> None:
    path = write(project.parent / "pyproject.toml", '[tool.stackpin.check]\nselect = ["SP1"]\nexclude = ["a/*"]\n')
    write(tmp_path / "config" / "stackpin" / "stackpin.toml", '[check]\nselect = ["SP2"]\nbaseline = "b.json"\n')
    assert load_settings({"XDG_CONFIG_HOME": str(tmp_path / "config")}, project).check == CheckSettings(
        select=("SP1",),
        exclude=(PathPattern(text="a/*", folder=str(project.parent)),),
        baseline=str(tmp_path / "config" / "stackpin" / "b.json"),
        source=f"{path} [check]",
    )
