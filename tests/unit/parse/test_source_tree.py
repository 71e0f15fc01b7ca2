"""A tree's ``pyproject.toml`` against the METADATA that the same release's wheel has on the package index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stackpin.catalog.loader import Catalog
from stackpin.errors import InputUnreadable, NotCovered
from stackpin.parse.source_tree import files_named, parse_project, project_name

if TYPE_CHECKING:
    from stackpin.model.source_tree import ProjectMetadata

__all__: list[str] = []

DATA = Path(__file__).resolve().parents[2] / "data" / "source_trees"


def project(text: str, **files: bytes) -> ProjectMetadata:
    return parse_project(
        text.encode(), "pyproject.toml", {name.replace("_txt", ".txt"): raw for name, raw in files.items()}
    )


def requires(text: str) -> tuple[str, ...]:
    return project(f'[project]\nname = "demo"\n{text}').requires


@pytest.mark.parametrize("version", ["0.4.6.post5", "0.5.10.post1"])
def test_a_tree_of_sglang_needs_what_the_metadata_of_its_release_says(version: str) -> None:
    raw = (DATA / f"sglang-{version}" / "pyproject.toml").read_bytes()
    release = Catalog.open().release("sglang", version)
    assert release is not None
    found = parse_project(raw, "pyproject.toml", {})
    assert found.requires == release.requires("x86_64")
    assert found.extras == release.extras
    assert found.requires_python == release.requires_python
    assert found.version == ("" if "scm" in raw.decode() else version)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("torch==2.6.0", 'torch==2.6.0; extra == "srt"', id="plain"),
        pytest.param(
            "uvloop ; sys_platform != 'win32'", 'uvloop; sys_platform != "win32" and extra == "srt"', id="marker"
        ),
        pytest.param(
            "av ; os_name == 'nt' or os_name == 'java'",
            'av; (os_name == "nt" or os_name == "java") and extra == "srt"',
            id="either marker",
        ),
        pytest.param("demo[run_time]", 'demo[run_time]; extra == "srt"', id="the project's own extra"),
        pytest.param("a @ https://b/a.whl", 'a@ https://b/a.whl ; extra == "srt"', id="an address"),
    ],
)
def test_a_requirement_of_an_extra_carries_it_in_its_marker(line: str, expected: str) -> None:
    (found,) = requires(f'[project.optional-dependencies]\nsrt = ["{line}"]')
    assert found.replace(" @", "@") == expected


def test_extras_are_normalized_as_in_metadata() -> None:
    found = project('[project]\nname = "Demo_X"\n[project.optional-dependencies]\nrun_time = ["torch"]')
    assert (found.name, found.extras, found.requires) == ("demo-x", ("run-time",), ('torch; extra == "run-time"',))


DYNAMIC = """
[project]
name = "demo"
dynamic = ["version", "dependencies", "optional-dependencies"]
[tool.setuptools.dynamic]
dependencies = { file = ["base.txt", "more.txt"] }
optional-dependencies.srt = { file = "srt.txt" }
"""


def test_requirements_in_files_that_setuptools_names_are_read() -> None:
    assert files_named(DYNAMIC.encode(), "") == ("base.txt", "more.txt", "srt.txt")
    found = project(DYNAMIC, base_txt=b"# base\nnumpy\n\n", more_txt=b"tqdm>=4\n", srt_txt=b"torch==2.6.0")
    assert found.requires == ("numpy", "tqdm>=4", 'torch==2.6.0; extra == "srt"')
    assert found.extras == ("srt",)


def test_files_are_not_read_where_the_requirements_stand_in_the_project() -> None:
    assert files_named(DYNAMIC.replace('"dependencies", ', "").encode(), "") == ("srt.txt",)


@pytest.mark.parametrize("field", ["dependencies", "optional-dependencies"])
def test_requirements_that_only_a_build_tells_are_refused_with_the_way_round(field: str) -> None:
    with pytest.raises(NotCovered) as caught:
        project(f'[project]\nname = "vllm"\ndynamic = ["version", "{field}"]')
    assert caught.value.what == (
        f"the tree does not say its {field}: they are dynamic, and only a build of vllm can tell them"
    )
    assert caught.value.hint == "compile a release in place of the tree: stackpin compile vllm"


def test_a_project_in_poetrys_own_form_is_refused_as_that() -> None:
    with pytest.raises(NotCovered, match="requirements are in poetry's own form"):
        project('[tool.poetry]\nname = "demo"\n[tool.poetry.dependencies]\ntorch = "*"')


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("[project", "the file is not TOML", id="no TOML"),
        pytest.param('[project]\nname = "a"\ndependencies = "torch"', "dependencies is not a list of texts", id="text"),
        pytest.param('[project]\nname = "a"\ndependencies = ["=="]', "a requirement does not parse", id="requirement"),
        pytest.param('[project]\nname = "a"\nversion = "one"', "the project's version is none", id="version"),
        pytest.param('[project]\nname = "a"\nrequires-python = 3', "requires-python is not text", id="python"),
        pytest.param(
            '[project]\nname = "a"\n[project.optional-dependencies]\n"x\\"y" = []',
            "an extra's name is none",
            id="extra",
        ),
        pytest.param(
            DYNAMIC, "a file that the project reads its requirements from is not there", id="a file that is not there"
        ),
    ],
)
def test_what_breaks_the_form_is_told(text: str, what: str) -> None:
    with pytest.raises(InputUnreadable) as caught:
        project(text)
    assert caught.value.what == what


@pytest.mark.parametrize("name", ["/etc/passwd", "../other.txt", "a\\u0000b"])
def test_a_file_outside_the_tree_is_not_asked_for(name: str) -> None:
    with pytest.raises(InputUnreadable, match="a file outside the tree is named"):
        files_named(DYNAMIC.replace("base.txt", name).encode(), "")


@pytest.mark.parametrize(("text", "name"), [('[project]\nname = "A_b"', "a-b"), ("[tool.x]", ""), ("project = 1", "")])
def test_the_name_alone_can_be_asked_for(text: str, name: str) -> None:
    assert project_name(text.encode(), "") == name
