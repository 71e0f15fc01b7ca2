"""What a call asks for: operands, requirement files and those that they include, hashes, PEP 751 locks."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from stackpin.app.wrap.requested import Requested, requested_by
from stackpin.inject.command_line import read_call
from stackpin.inject.grammar import PIP, UV, UVX

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []


def asked(line: str, folder: Path, **environ: str) -> Requested:
    """What a line asks for in a folder."""
    tool, *words = shlex.split(line)
    call, _ = read_call(words, {"pip": PIP, "uv": UV, "uvx": UVX}[tool])
    return requested_by(call, folder, environ)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("pip install Torch_Vision 'sglang[srt]>=0.4'", {"torch-vision", "sglang"}),
        ("uv run --with xformers prog torch", {"xformers"}),
        ("uvx ruff@0.5 torch", {"ruff"}),
        ("uvx --from 'vllm==0.10' serve", {"vllm"}),
        ("uv pip uninstall triton", {"triton"}),
        ("pip install", set()),
    ],
)
def test_names_are_read_from_the_words(line: str, names: set[str], tmp_path: Path) -> None:
    assert asked(line, tmp_path).names == names


def test_requirement_files_are_read_with_those_that_they_include(tmp_path: Path) -> None:
    (tmp_path / "deps").mkdir()
    (tmp_path / "r.txt").write_text("torch==2.6.0\n-r deps/more.txt\n-c limits.txt\n", encoding="utf-8")
    (tmp_path / "deps" / "more.txt").write_text("triton\n-r ../r.txt\n", encoding="utf-8")
    (tmp_path / "limits.txt").write_text("numpy<2\n", encoding="utf-8")
    for line in ("pip install -rr.txt", "uv pip sync r.txt", "uv pip compile r.txt", "uv add -r r.txt"):
        assert asked(line, tmp_path).names == {"torch", "triton"}, line


def test_what_cannot_be_read_is_left_to_the_tool(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    found = asked("uv pip install -r nowhere.txt -r - -r pyproject.toml", tmp_path)
    assert (found.names, found.bare) == (frozenset(), False)


def test_hashes_are_seen_in_files_options_and_variables(tmp_path: Path) -> None:
    (tmp_path / "h.txt").write_text(f"torch==2.6.0 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    assert asked("pip install -r h.txt", tmp_path).hashes
    assert asked("pip install --require-hashes torch", tmp_path).hashes
    assert asked("uv pip install torch", tmp_path, UV_REQUIRE_HASHES="1").hashes
    assert not asked("pip install torch", tmp_path).hashes


def test_pylock_files_are_locks_and_no_requirements(tmp_path: Path) -> None:
    found = asked("uv pip install -r pylock.toml -r deep/pylock.gpu.toml -r pylock.txt", tmp_path)
    assert found.locks == (tmp_path / "pylock.toml", tmp_path / "deep" / "pylock.gpu.toml")


def test_nothing_asked_for_means_the_stack_itself(tmp_path: Path) -> None:
    assert asked("uv pip install", tmp_path).bare
    assert not asked("uv pip install torch", tmp_path).bare
    assert not asked("pip install --group gpu", tmp_path).bare


def test_a_file_of_a_distribution_tells_its_version(tmp_path: Path) -> None:
    wheel = "https://host/torch-2.6.0%2Bcu126-cp311-cp311-linux_x86_64.whl"
    assert asked(f"pip install {wheel}", tmp_path).files == {"torch": "2.6.0+cu126"}
