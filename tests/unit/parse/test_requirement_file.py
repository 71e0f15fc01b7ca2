"""Requirements files: held against what pip's own parser makes of the same text."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name
from pip._internal.network.session import PipSession
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._internal.req.req_file import parse_requirements

from stackpin.parse.requirement_file import (
    FileOption,
    NestedFile,
    RequirementKind,
    file_name_parts,
    parse_requirement_file,
    parse_requirement_text,
    requirement_file_text,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

LINES = """\
# a comment
torch
Torch_Vision[ extra ] >=0.20 , <1 ; python_version > "3.8"   # why
triton==3.2.0 \\
    --hash=sha256:0000000000000000000000000000000000000000000000000000000000000000 \\
    --hash=sha256:1111111111111111111111111111111111111111111111111111111111111111
numpy (>=1)
sgl.kernel @ https://x.example/whl/cu126/sgl_kernel-0.1.4+cu126-cp39-abi3-linux_x86_64.whl#sha256=00 ; sys_platform == "linux"
pkg@file:///a/b.zip
https://x.example/torchaudio-2.6.0%2Bcu124-cp311-cp311-linux_x86_64.whl
git+https://x.example/flash_attn.git@v2#egg=Flash.Attn&subdirectory=x
git+ssh://git@x.example/some/thing.git
one \\
  >=1
uvloop; sys_platform != 'win32'
"""


def by_pip(path: Path) -> list[tuple[str, bool, bool]]:
    """Name, whether it is direct, and whether it has hashes, of each requirement as pip reads the file."""
    rows: list[tuple[str, bool, bool]] = []
    for parsed in parse_requirements(str(path), session=PipSession()):
        found = install_req_from_parsed_requirement(parsed)
        rows.append((canonicalize_name(found.name or ""), found.link is not None, bool(found.hash_options)))
    return rows


def by_us(text: str) -> list[tuple[str, bool, bool]]:
    found = parse_requirement_file(text).lines
    return [(line.name, line.kind is not RequirementKind.NAME, line.hashed) for line in found]


def test_pip_reads_the_same_names_addresses_and_hashes(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text(LINES)
    assert by_us(LINES) == by_pip(tmp_path / "r.txt")
    assert parse_requirement_file(LINES).hashed


def test_pip_reads_the_same_of_each_line_alone(tmp_path: Path) -> None:
    """Continuation lines apart, which make no sense alone."""
    for line in LINES.splitlines():
        if not line.endswith("\\") and not line.startswith(" "):
            (tmp_path / "r.txt").write_text(line)
            assert by_us(line) == by_pip(tmp_path / "r.txt"), line


def test_paths_and_folders_are_told_from_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pip itself needs the files to be there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "pyproject.toml").write_text("")
    for name in ("torch-2.6.0+cu126-py3-none-any.whl", "triton-3.3.1.tar.gz", "w/odd_one-1-py3-none-any.whl"):
        (tmp_path / name).write_bytes(b"")
    text = "torch-2.6.0+cu126-py3-none-any.whl\n./triton-3.3.1.tar.gz\nw/odd_one-1-py3-none-any.whl\n./w[x]\n-e w\n-e ./w\n"
    (tmp_path / "r.txt").write_text(text)
    ours = parse_requirement_file(text).lines
    assert [direct for _, direct, _ in by_us(text)] == [direct for _, direct, _ in by_pip(tmp_path / "r.txt")]
    assert [(line.kind.value, line.name, line.version, line.editable) for line in ours] == [
        ("path", "torch", "2.6.0+cu126", False),
        ("path", "triton", "3.3.1", False),
        ("path", "odd-one", "1", False),
        ("path", "", "", False),
        ("path", "", "", True),
        ("path", "", "", True),
    ]
    assert [line.target for line in ours[3:]] == ["./w[x]", "w", "./w"]


def test_direct_references_carry_address_version_and_marker() -> None:
    found = {line.name: line for line in parse_requirement_file(LINES).direct}
    kernel = found["sgl-kernel"]
    assert kernel.target == "https://x.example/whl/cu126/sgl_kernel-0.1.4+cu126-cp39-abi3-linux_x86_64.whl#sha256=00"
    assert (kernel.version, kernel.marker, kernel.number) == ("0.1.4+cu126", 'sys_platform == "linux"', 8)
    assert (found["torchaudio"].version, found["torchaudio"].kind) == ("2.6.0+cu124", RequirementKind.URL)
    assert found["flash-attn"].version == ""
    assert set(found) == {"sgl-kernel", "pkg", "torchaudio", "flash-attn", ""}


@pytest.mark.parametrize(
    ("line", "nested", "options"),
    [
        pytest.param("-r other.txt", [NestedFile(1, "other.txt", False)], [], id="short"),
        pytest.param("-rother.txt", [NestedFile(1, "other.txt", False)], [], id="glued"),
        pytest.param("--requirem 'my file.txt'", [NestedFile(1, "my file.txt", False)], [], id="abbreviated, quoted"),
        pytest.param("--constraint=c.txt # x", [NestedFile(1, "c.txt", True)], [], id="equals sign"),
        pytest.param("-i https://a/simple", [], [FileOption(1, "--index-url", "https://a/simple")], id="index"),
        pytest.param(
            "--extra-index-url https://a --no-index",
            [],
            [FileOption(1, "--extra-index-url", "https://a"), FileOption(1, "--no-index")],
            id="two on a line",
        ),
        pytest.param("-f ./wheels", [], [FileOption(1, "--find-links", "./wheels")], id="find-links"),
        pytest.param("--unheard-of 3", [], [FileOption(1, "--unheard-of")], id="unknown"),
        pytest.param("--no-binary 'x", [], [FileOption(1, "--no-binary", "'x")], id="open quote"),
    ],
)
def test_options_and_nested_files_are_found(line: str, nested: list[NestedFile], options: list[FileOption]) -> None:
    found = parse_requirement_file(line)
    assert (list(found.nested), list(found.options), found.lines) == (nested, options, ())


@pytest.mark.parametrize(
    ("text", "hashed"),
    [("torch==1\n", False), ("torch==1 --hash=sha256:00\n", True), ("--require-hashes\n", True), ("--hash=sha256:0", False)],
)  # fmt: skip
def test_a_file_uses_hashes_where_a_line_has_one_or_all_are_asked_for(text: str, hashed: bool) -> None:
    assert parse_requirement_file(text).hashed is hashed


def test_variables_are_put_in_as_pip_does() -> None:
    text = "--index-url https://${USER_1}:${SECRET}@a/${lower}\n${UNSET}torch==1\n"
    found = parse_requirement_file(text, {"USER_1": "me", "SECRET": "word", "lower": "no"})
    assert found.options[0].value == "https://me:word@a/${lower}"
    assert found.lines[0].text == "${UNSET}torch==1"


def test_numbers_are_those_of_the_first_line() -> None:
    found = parse_requirement_file("\n# x\none \\\n  ==1\n\ntwo\\\n")
    assert [(line.number, line.name, line.text) for line in found.lines] == [(3, "one", "one   ==1"), (6, "two", "two")]


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        pytest.param("torch", RequirementKind.NAME, "torch", id="name"),
        pytest.param("torch[x]==2.6.*", RequirementKind.NAME, "torch", id="extra and specifier"),
        pytest.param("torch @ ./wheels/torch-1-py3-none-any.whl", RequirementKind.PATH, "torch", id="named path"),
        pytest.param("torch @ git+https://x/y", RequirementKind.URL, "torch", id="named repository"),
        pytest.param("file:torch-2-py3-none-any.whl", RequirementKind.URL, "torch", id="file without slashes"),
        pytest.param("x; sys_platform == 'a/b'", RequirementKind.NAME, "x", id="slash in the marker"),
        pytest.param("", RequirementKind.PATH, "", id="nothing"),
    ],
)
def test_one_requirement_is_read_as_on_a_command_line(text: str, kind: RequirementKind, name: str) -> None:
    found = parse_requirement_text(text)
    assert (found.kind, found.name) == (kind, name)


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("https://x/torch-2.6.0%2Bcu126-cp311-cp311-linux_x86_64.whl#sha256=0", ("torch", "2.6.0+cu126")),
        ("/a/Sgl_Kernel-0.1.4-1build-cp39-abi3-any.whl", ("sgl-kernel", "0.1.4")),
        ("a/flash-attn-2.1.tar.gz?x=y", ("flash-attn", "2.1")),
        ("https://github.com/x/y/archive/main.zip", ("", "")),
        ("./folder", ("", "")),
    ],
)
def test_a_file_name_tells_name_and_version(target: str, parts: tuple[str, str]) -> None:
    assert file_name_parts(target) == parts


@pytest.mark.parametrize(
    "raw",
    [
        "torch é".encode(),
        "torch é".encode("latin-1"),
        codecs.BOM_UTF8 + "torch é".encode(),
        codecs.BOM_UTF16_LE + "torch é".encode("utf-16-le"),
        codecs.BOM_UTF32_BE + "torch é".encode("utf-32-be"),
    ],
)
def test_bytes_become_text_by_their_mark(raw: bytes) -> None:
    assert requirement_file_text(raw) == "torch é"
