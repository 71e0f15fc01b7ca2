"""``stackpin diff`` on real releases: what changes is what the lines of their METADATA say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stackpin import api
from stackpin.model.change import ChangeKind

__all__: list[str] = []

ROOT = Path(__file__).resolve().parents[2]

#: The first line of the refusal of sglang 0.4.7, whose METADATA says ``torch==2.7.1; extra == "srt"``.
REFUSED = (
    "sglang 0.4.7 does not exist for cu124: it needs torch 2.7.1, which is built for cu118, cu126 and cu128; "
    "take sglang 0.4.6.post5 or cu126"
)


def run(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stackpin", "diff", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


def document(*words: str) -> dict[str, Any]:
    done = run(*words, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def moves(found: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    return {row["name"]: (row["kind"], row["before"], row["after"]) for row in found["members"]}


def test_an_upgrade_changes_what_the_two_metadata_files_disagree_about() -> None:
    found = document("sglang==0.5.5", "sglang==0.5.6")
    assert moves(found) == {
        "sglang": ("upgrade", "0.5.5", "0.5.6"),
        # sglang 0.5.5: Requires-Dist: torch==2.8.0; sglang 0.5.6: Requires-Dist: torch==2.9.1
        "torch": ("upgrade", "2.8.0", "2.9.1"),
        # torch 2.8.0: Requires-Dist: triton==3.4.0; platform_system == "Linux" and platform_machine == "x86_64"
        # torch 2.9.1: Requires-Dist: triton==3.5.1; platform_system == "Linux" and platform_machine == "x86_64"
        "triton": ("upgrade", "3.4.0", "3.5.1"),
        # sglang 0.5.5: Requires-Dist: sgl-kernel==0.3.16.post5; sglang 0.5.6: Requires-Dist: sgl-kernel==0.3.18.post2
        "sgl-kernel": ("upgrade", "0.3.16.post5", "0.3.18.post2"),
        # sglang 0.5.5: Requires-Dist: flashinfer_python==0.5.0; sglang 0.5.6: Requires-Dist: flashinfer_python==0.5.3
        "flashinfer-python": ("upgrade", "0.5.0", "0.5.3"),
        # sglang 0.5.5: Requires-Dist: flashinfer_cubin==0.5.0; sglang 0.5.6: Requires-Dist: flashinfer_cubin==0.5.3
        "flashinfer-cubin": ("upgrade", "0.5.0", "0.5.3"),
        # torchvision 0.23.0: Requires-Dist: torch (==2.8.0); torchvision 0.24.1: Requires-Dist: torch (==2.9.1)
        "torchvision": ("upgrade", "0.23.0", "0.24.1"),
        # sglang 0.5.5: Requires-Dist: torchaudio==2.8.0; sglang 0.5.6: Requires-Dist: torchaudio==2.9.1
        "torchaudio": ("upgrade", "2.8.0", "2.9.1"),
        # sglang 0.5.5: Requires-Dist: xgrammar==0.1.25; sglang 0.5.6: Requires-Dist: xgrammar==0.1.27
        "xgrammar": ("upgrade", "0.1.25", "0.1.27"),
        # sglang 0.5.5 has torchcodec==0.5.0 in its extra "diffusion" only; sglang 0.5.6: Requires-Dist: torchcodec==0.7.0; …
        "torchcodec": ("added", "", "0.7.0"),
    }
    # Both: torchao==0.9.0, torch_memory_saver==0.0.9, nvidia-cutlass-dsl==4.2.1, cuda-python
    assert {"torchao", "torch-memory-saver", "nvidia-cutlass-dsl", "cuda-python"} <= set(found["same"])
    # torch 2.8.0 and 2.9.1: Requires-Dist: nvidia-cuda-runtime-cu12==12.8.90
    assert (found["before"]["cuda"], found["after"]["cuda"], found["target"]) == ("cu128", "cu128", [])


def test_a_downgrade_and_a_build_of_its_own_are_seen() -> None:
    found = document("vllm==0.19.0", "vllm==0.18.0", "--cuda", "cu129")
    assert moves(found)["vllm"] == ("downgrade", "0.19.0", "0.18.0")
    # vllm 0.19.0: Requires-Dist: flashinfer-cubin==0.6.6; vllm 0.18.0 has no such line
    assert moves(found)["flashinfer-cubin"] == ("removed", "0.6.6", "")
    # vllm 0.18.0 and 0.19.0: Requires-Dist: torch==2.10.0
    assert {"torch", "triton"} <= set(found["same"])


def test_a_tag_moves_the_builds_the_driver_and_the_index_lines() -> None:
    found = document("sglang==0.5.6", "sglang==0.5.6", "--cuda", "cu128", "--cuda", "cu130")
    rows = moves(found)
    assert rows["torch"] == ("other build", "2.9.1", "2.9.1+cu130")
    # sglang 0.5.6: Requires-Dist: cuda-python
    assert rows["cuda-python"] == ("other bound", "<13,>=12", "<14,>=13")
    assert found["index_lines"]["new"][0] == "--find-links https://download.pytorch.org/whl/cu130/torch/"
    # NVIDIA: CUDA 12.x runs from driver 525.60.13 on, CUDA 13.x from 580.65.06 on (CUDA release notes, table 2)
    assert {row["what"]: (row["before"], row["after"]) for row in found["target"]} == {
        "CUDA tag": ("cu128", "cu130"),
        "NVIDIA driver": ("525.60.13", "580.65.06"),
    }


def test_a_kernel_that_changes_its_name_is_told_as_such() -> None:
    # sglang 0.5.9: Requires-Dist: sgl-kernel==0.3.21; sglang 0.5.10: Requires-Dist: sglang-kernel==0.4.1
    found = document("sglang==0.5.9", "sglang==0.5.10")
    (row,) = [row for row in found["members"] if row["name"] == "sgl-kernel"]
    assert (row["kind"], row["note"]) == ("removed", "sglang-kernel 0.4.1 takes its place (writes sgl_kernel/)")


def test_a_file_of_the_tree_is_the_tuple_that_it_holds() -> None:
    file = ROOT / "constraints" / "torch-2.7.x-cu118.txt"
    done = run(str(file), "torch==2.7.*", "--cuda", "cu118", "--exit-code")
    assert (done.returncode, done.stdout.splitlines()[1]) == (0, "nothing changes: 4 members")


def test_every_file_of_the_tree_reads_back() -> None:
    files = sorted((ROOT / "constraints").glob("*.txt"))
    assert files
    for file in files:
        same = api.diff(str(file), str(file))
        assert not same.differs
        assert same.before.anchors
        assert same.before.pythons


def test_a_file_with_everything_else_keeps_the_rest_apart(tmp_path: Path) -> None:
    text = (ROOT / "constraints" / "torch-2.7.x-cu126.txt").read_text(encoding="utf-8")
    place = text.index("pytorch-triton==0+")
    for name, pin in (("old.txt", "filelock==3.17.0"), ("new.txt", "filelock==3.18.0")):
        (tmp_path / name).write_text(f"{text[:place]}{pin}\n{text[place:]}", encoding="utf-8")
    found = api.diff(str(tmp_path / "old.txt"), str(tmp_path / "new.txt"))
    assert found.members == ()
    assert [(row.name, row.kind) for row in found.others] == [("filelock", ChangeKind.UPGRADE)]


def test_git_names_the_code_for_a_difference() -> None:
    assert run("torch==2.7.0", "torch==2.7.1", "--exit-code").returncode == 1
    assert run("torch==2.7.0", "torch==2.7.1").returncode == 0


@pytest.mark.parametrize(
    ("words", "said"), [((), "note: auto: torch 2.7.1 on cu118, NVIDIA driver 450.80.02 or newer\n"), (("-q",), "")]
)
def test_what_auto_came_to_is_told(words: tuple[str, ...], said: str) -> None:
    # NVIDIA: CUDA 11.x runs from driver 450.80.02 on, CUDA 12.x from 525.60.13 on (CUDA release notes, table 2)
    done = run("torch==2.7.1", "torch==2.7.1", "--cuda", "auto", "--driver", "470.57.02", *words)
    assert (done.returncode, done.stderr) == (0, said)
    assert done.stdout.startswith("torch 2.7.1 on cu118 to torch 2.7.1 on cu118\n")


def test_a_program_gets_the_same() -> None:
    found = api.diff("torch==2.7.0", "torch==2.7.1", cuda=("cu126", "cu128"))
    assert [(row.name, row.before, row.after) for row in found.members][:2] == [
        ("torch", "2.7.0", "2.7.1+cu128"),
        # torch 2.7.0: Requires-Dist: triton==3.3.0; torch 2.7.1: Requires-Dist: triton==3.3.1
        ("triton", "3.3.0", "3.3.1"),
    ]
    assert api.diff("torch==2.7.1", "torch==2.7.1", cuda="cu128").differs is False


@pytest.mark.parametrize(
    ("words", "code", "first"),
    [
        (("sglang==0.4.7", "sglang==0.4.6.post5", "--cuda", "cu124"), 10, REFUSED),
        (("sglang==0.4.6.post5", "sglang==0.4.7", "--cuda", "cu124"), 10, REFUSED),
        (("nonesuch.txt", "sglang"), 15, "there is no such file"),
        (("README.rst.txt", "torch"), 15, "this is no constraints file of stackpin"),
        (
            ("torch", "torch", "--cuda", "cu126", "--cuda", "cu126", "--cuda", "cu126"),
            2,
            "--cuda is given more than twice",
        ),
        (("README.rst.txt", "README.rst.txt", "--cuda", "cu126"), 2, "a file has its tag already"),
        (("torch", "torch", "--json", "--markdown"), 2, "--markdown and --json are two formats"),
        (("sglangg", "sglang"), 2, "there is no stack 'sglangg'"),
    ],
)
def test_what_cannot_be_compared_is_one_error(words: tuple[str, ...], code: int, first: str, tmp_path: Path) -> None:
    (tmp_path / "README.rst.txt").write_text("something else\n", encoding="utf-8")
    done = run(*words, cwd=tmp_path)
    assert (done.returncode, done.stderr.splitlines()[0]) == (code, f"error: {first}")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(b"# torch\xff\n")
    done = run("x.txt", "torch", cwd=tmp_path)
    assert (done.returncode, done.stderr.splitlines()[0]) == (15, "error: the file is no UTF-8")
