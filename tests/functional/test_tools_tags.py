"""Real pips and uvs under files with index lines, on indexes of hollow wheels that carry the real METADATA.

The newest pip and uv run always; older ones are slow, and run in ``nox -s real``, which lays them out (``TEST_TOOLS``).
The file of each case is compiled with mirrors that lead every vendor's URL to the loopback, so that what is emitted is
what is tried.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from packaging.specifiers import SpecifierSet
from tests.support.hollow import HollowFile, HollowIndex, hollow_folder
from tests.support.tools import compiled, newest_pip, newest_uv, pip_report, tree_files, uv_compile
from tests.support.wheels import metadata_text, wheel_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.support.tools import Answer, ReadyMade

OLD_PIPS = ("22.3", "23.2.1", "24.3.1", "25.3", "26.3")
OLD_UVS = ("0.5.0", "0.5.31", "0.9.11", "0.13.9")
#: Anchor, tag, and a build that shows that the file was obeyed.
CASES = {
    ("torch==2.7.*", "cu118"): "torch 2.7.1+cu118",
    ("torch==2.10.*", "cpu"): "torchvision 0.25.0+cpu",
    ("sglang==0.5.6", "cu130"): "sgl-kernel 0.3.18.post2+cu130",
    ("sglang==0.5.10.post1", "cu126"): "torch 2.9.1+cu126",
    ("vllm==0.10.*", "cu129"): "torch 2.8.0+cu129",
}
FIND_LINKS, EXTRA_INDEX = "find-links", "extra-index-url"
#: Tried on every change in this style; all else is slow.
QUICK = {
    ("torch==2.7.*", "cu118"): {FIND_LINKS, EXTRA_INDEX},
    ("torch==2.10.*", "cpu"): {FIND_LINKS},
    ("sglang==0.5.6", "cu130"): {FIND_LINKS},
}
GUARD = "stackpin.only.linux.x86.64"


@pytest.fixture(scope="module")
def hollow() -> Iterator[HollowIndex]:
    with HollowIndex() as index:
        yield index


@pytest.fixture(autouse=True)
def settings(hollow: HollowIndex, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every tool takes the hollow PyPI for PyPI, and none keeps anything between two tests."""
    monkeypatch.setenv("STACKPIN_MIRRORS", hollow.mirrors)
    monkeypatch.setenv("PIP_INDEX_URL", hollow.pypi)
    monkeypatch.setenv("UV_DEFAULT_INDEX", hollow.pypi)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path_factory.mktemp("uv")))


class Tool:
    """One pip or uv, asked for the same thing in the same way."""

    def __init__(self, kind: str, program: Sequence[str], folder: Path) -> None:
        self.kind, self.program, self.folder = kind, program, folder

    def select(self, ready: ReadyMade, *more: str, platform: str = "", **variables: str) -> Answer:
        """What it selects for the anchor, and more, under a file; pip on the Python that runs it, uv on the target's."""
        file = self.folder / "constraints.txt"
        file.write_text(ready.text, encoding="utf-8")
        requirements = [*ready.requirements, *more]
        if self.kind == "pip":
            if not ready.pythons[0] <= sys.version_info[1] <= ready.pythons[1]:
                pytest.skip("the tuple is not for the Python that runs this pip")
            return pip_report(self.program, requirements, file, self.folder / "report.json", **variables)
        options = ("--python-version", ready.python(), "--python-platform", platform or ready.uv_platform)
        return uv_compile(self.program[0], requirements, file, *options, **variables)


@pytest.fixture
def tool(request: pytest.FixtureRequest, tmp_path: Path) -> Tool:
    """The tool that the parameters name (``tools()``)."""
    kind, release = request.param
    if not release:
        return Tool(kind, newest_pip() if kind == "pip" else (newest_uv(),), tmp_path)
    folder = request.getfixturevalue("tool_folder") / f"{kind}-{release}" / "bin"
    if not (folder / kind).exists():
        pytest.skip(f"{kind} {release} is not laid out")
    return Tool(kind, (str(folder / kind),), tmp_path)


def each_tool() -> pytest.MarkDecorator:
    """Run a test with every tool."""
    old = [("pip", release) for release in OLD_PIPS] + [("uv", release) for release in OLD_UVS]
    slow = [pytest.param(pair, id="-".join(pair), marks=(pytest.mark.slow, pytest.mark.real)) for pair in old]
    new = [pytest.param((kind, ""), id=kind) for kind in ("pip", "uv")]
    return pytest.mark.parametrize("tool", [*new, *slow], indirect=True)


def assert_tuple(ready: ReadyMade, answer: Answer) -> None:
    """Every member that was selected is the pinned one, and every bound holds."""
    assert answer.code == 0, answer.words[-2000:]
    assert ready.differences(answer.selected) == {}
    assert ready.anchor in answer.selected
    for name, bound in ready.bounds.items():
        assert name not in answer.selected or SpecifierSet(bound).contains(answer.selected[name])


def labelled(project: str, version: str, tag: str = "py3-none-manylinux_2_28_x86_64") -> HollowFile:
    return HollowFile(wheel_name(project, version, tag), metadata_text(project, version))


def cases() -> list[object]:
    """Every case in both styles."""
    return [
        pytest.param(
            *case, style, id=f"{'-'.join(case)}-{style}", marks=() if style in QUICK.get(case, ()) else pytest.mark.slow
        )
        for case in CASES
        for style in (FIND_LINKS, EXTRA_INDEX)
    ]


@each_tool()
@pytest.mark.parametrize(("request_", "tag", "style"), cases())
def test_the_tags_build_is_selected(request_: str, tag: str, style: str, tool: Tool) -> None:
    ready = compiled(request_, "--cuda", tag, "--index-style", style)
    answer = tool.select(ready, UV_INDEX_STRATEGY="unsafe-best-match" if style == EXTRA_INDEX else "first-index")
    assert_tuple(ready, answer)
    project, version = CASES[request_, tag].split()
    assert answer.selected[project] == version


@pytest.mark.slow
@pytest.mark.parametrize("ready", [pytest.param(r, id=r.name) for r in tree_files()])
def test_every_ready_made_file_makes_uv_select_its_tuple(ready: ReadyMade, hollow: HollowIndex, tmp_path: Path) -> None:
    """The whole tree, with the vendors' URLs led to the loopback as a mirror would."""
    text = ready.text.replace("--find-links https://", f"--find-links {hollow.root}/")
    assert_tuple(ready, Tool("uv", (newest_uv(),), tmp_path).select(replace(ready, text=text)))


@each_tool()
def test_a_find_links_line_shadows_nothing(tool: Tool) -> None:
    ready = compiled("torch==2.7.*", "--cuda", "cu118")
    assert tool.select(ready).selected["filelock"] == "9999"


def test_an_extra_index_shadows_pypi_in_uv_for_every_project_that_it_carries(tmp_path: Path) -> None:
    """Why find-links is the default: the torch index carries an old filelock, and uv looks no further."""
    ready = compiled("torch==2.7.*", "--cuda", "cu118", "--index-style", EXTRA_INDEX)
    answer = Tool("uv", (newest_uv(),), tmp_path).select(ready)
    assert_tuple(ready, answer)
    assert answer.selected["filelock"] == "3.13.1"


@each_tool()
def test_a_label_is_refused_by_the_pin_on_pypis_build(tool: Tool, hollow: HollowIndex) -> None:
    """A contradicting index in reach: ``===2.6.0`` takes PyPI's build, ``==2.6.0`` would not."""
    other = hollow.publish("contradicting", *(labelled("torch", f"2.6.0+{tag}") for tag in ("cpu", "cu126")))
    ready = compiled("torch==2.6.*", "--cuda", "cu124")
    reach = {"PIP_EXTRA_INDEX_URL": other, "UV_INDEX": other, "UV_INDEX_STRATEGY": "unsafe-best-match"}
    answer = tool.select(ready, **reach)
    assert_tuple(ready, answer)
    assert answer.selected["torch"] == "2.6.0"
    if tool.kind == "pip":
        loose = tool.select(replace(ready, text="torch==2.6.0\n"), **reach)
        assert loose.selected["torch"] == "2.6.0+cu126"


def test_uv_refuses_rather_than_take_a_contradicting_first_index(hollow: HollowIndex, tmp_path: Path) -> None:
    """By uv's own default an extra index hides PyPI's torch: the file fails there, where a plain pin lets +cu126 in."""
    other = hollow.publish("contradicting-first", labelled("torch", "2.6.0+cu126"))
    ready = compiled("torch==2.6.*", "--cuda", "cu124")
    tool = Tool("uv", (newest_uv(),), tmp_path)
    refused = tool.select(ready, UV_INDEX=other)
    assert refused.code == 1
    assert "there is no version of torch==2.6.0" in refused.words
    assert tool.select(replace(ready, text="torch==2.6.0\n"), UV_INDEX=other).selected["torch"] == "2.6.0+cu126"


@each_tool()
def test_a_folder_of_cpu_builds_of_the_very_version_is_passed_over(tool: Tool, tmp_path: Path) -> None:
    folder = hollow_folder(tmp_path / "wheels", labelled("torch", "2.6.0+cpu"), labelled("torchvision", "0.21.0+cpu"))
    ready = compiled("torch==2.6.*", "--cuda", "cu124")
    answer = tool.select(ready, PIP_FIND_LINKS=str(folder), UV_FIND_LINKS=str(folder))
    assert_tuple(ready, answer)
    assert (answer.selected["torch"], answer.selected["torchvision"]) == ("2.6.0", "0.21.0")


@each_tool()
def test_another_tags_build_on_an_extra_index_does_not_replace_the_pinned_one(tool: Tool, hollow: HollowIndex) -> None:
    other = hollow.publish("other-tags", labelled("torch", "2.7.1+cu128"), labelled("torchaudio", "2.7.1+cpu"))
    ready = compiled("torch==2.7.*", "--cuda", "cu118")
    answer = tool.select(ready, PIP_EXTRA_INDEX_URL=other, UV_INDEX=other, UV_INDEX_STRATEGY="unsafe-best-match")
    assert_tuple(ready, answer)
    assert answer.selected["torch"] == "2.7.1+cu118"


@each_tool()
def test_a_look_alike_fails_with_our_text(tool: Tool) -> None:
    ready = compiled("torch==2.7.*", "--cuda", "cu118")
    answer = tool.select(ready, "pytorch-triton")
    assert answer.code == 1
    assert "0+blocked.by.stackpin.use.triton.3.3.1" in answer.words


@each_tool()
def test_a_release_outside_the_tuple_is_refused(tool: Tool) -> None:
    """Another release than the file's, asked for by name, is a conflict in the tool's own words."""
    ready = compiled("sglang==0.4.*", "--cuda", "cu124")
    answer = tool.select(replace(ready, version="0.4.10.post2"))
    assert answer.code == 1
    assert "0.4.10.post2" in answer.words


@pytest.mark.parametrize("platform", ["aarch64-apple-darwin", "aarch64-manylinux_2_28", "x86_64-pc-windows-msvc"])
def test_outside_the_target_the_guard_line_says_why(platform: str, tmp_path: Path) -> None:
    ready = compiled("torch==2.6.*", "--cuda", "cu124")
    answer = Tool("uv", (newest_uv(),), tmp_path).select(ready, platform=platform)
    assert answer.code == 1
    assert GUARD in answer.words


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.parametrize("release", OLD_UVS)
def test_older_uvs_show_the_guard_lines_text(release: str, tool_folder: Path, tmp_path: Path) -> None:
    ready = compiled("torch==2.6.*", "--cuda", "cu124")
    program = tool_folder / f"uv-{release}" / "bin" / "uv"
    answer = Tool("uv", (str(program),), tmp_path).select(ready, platform="aarch64-apple-darwin")
    assert answer.code == 1
    assert GUARD in answer.words
