"""``--freeze-installed torch``: a tuple that keeps the torch of an image, or the reason why there is none."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest
from tests.support.environments import PYTHON, LaidOut, sglang_stack
from tests.support.in_process import Done, run_here

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

#: As NVIDIA's images have it (``pip list`` of 25.02): between two releases, with its own triton.
VENDOR = "2.6.0a0+ecf3bae40a.nv25.2"


def typed(place: LaidOut, *words: str) -> Done:
    """A command in an activated environment."""
    return run_here(*words, "--freeze-installed", "torch", cwd=place.prefix, env={"VIRTUAL_ENV": str(place.prefix)})


def pins(text: str) -> list[str]:
    return [line.partition("  #")[0].rstrip() for line in text.splitlines() if not line.startswith(("#", "--"))]


def vendor(folder: Path) -> LaidOut:
    place = LaidOut(folder, PYTHON)
    said = f"__version__ = '{VENDOR}'\ndebug = False\ncuda: Optional[str] = '12.8'\nhip: Optional[str] = None\n"
    place.put("torch", VENDOR, files={"torch/version.py": said.encode()})
    place.put("torchvision", "0.20.0a0", "torch")
    place.put("pytorch-triton", "3.2.0+git0d4682f0b.nvinternal")
    return place


def test_a_release_that_is_installed_is_kept_with_its_tag_and_python(tmp_path: Path) -> None:
    """Its METADATA: sglang 0.4.6.post5 pins torch==2.6.0; extra == "srt". PyPI's build is cu124."""
    done = typed(sglang_stack(tmp_path / "env"), "compile", "sglang", "-q")
    assert done.returncode == 0
    assert {"sglang==0.4.6.post5", "torch===2.6.0", "triton==3.2.0"} <= set(pins(done.stdout))
    assert "# target   cu124, linux x86_64" in done.stdout
    torch = next(line for line in done.stdout.splitlines() if line.startswith("torch==="))
    assert torch.endswith(
        f'sglang 0.4.6.post5: torch==2.6.0; extra == "srt". installed in {tmp_path / "env"}, and kept'
    )


def test_a_labelled_build_is_kept_as_it_is_and_not_fetched_again(tmp_path: Path) -> None:
    place = LaidOut(tmp_path / "env", PYTHON)
    place.torch("2.7.1+cu118", "11.8", label="cu118")
    done = typed(place, "compile", "torch", "-q")
    assert done.returncode == 0
    assert {"torch===2.7.1+cu118", "triton==3.3.1", "torchvision==0.22.1+cu118"} <= set(pins(done.stdout))
    pages = [line for line in done.stdout.splitlines() if line.startswith("--find-links")]
    assert [page.rstrip("/").rpartition("/")[2] for page in pages] == ["torchvision", "torchaudio"]


def test_a_vendors_build_is_kept_with_what_lies_beside_it(tmp_path: Path) -> None:
    place = vendor(tmp_path / "env")
    done = typed(place, "compile", "torch", "-q")
    assert done.returncode == 0
    found = pins(done.stdout)
    assert found[:3] == [
        f"torch==={VENDOR}",
        "pytorch-triton===3.2.0+git0d4682f0b.nvinternal",
        "torchvision===0.20.0a0",
    ]
    assert "triton-rocm==0+blocked.by.stackpin.the.installed.torch.is.kept" in found
    assert not [pin for pin in found if pin.startswith("pytorch-triton==0")]
    assert "# target   cu128" in done.stdout


def test_an_engine_has_no_tuple_around_a_vendors_build_and_is_told_why(tmp_path: Path) -> None:
    place = vendor(tmp_path / "env")
    done = typed(place, "compile", "sglang==0.4.6.post5", "-q")
    assert (done.returncode, done.stdout) == (10, "")
    assert done.stderr == (
        f"error: sglang==0.4.6.post5 has no tuple around the torch that is installed in {place.prefix}: "
        f"torch {VENDOR} is a build that is not covered, and sglang 0.4.6.post5 needs torch 2.6.0 "
        '(torch==2.6.0; extra == "srt", sglang-0.4.6.post5-py3-none-any.whl)\n'
        "  do:       in an environment of its own: uv venv && stackpin uv pip install --stack 'sglang==0.4.6.post5'\n"
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(("compile", "torch==2.7.1"), 10, "torch==2.7.1 leaves out torch 2.6.0", id="another torch"),
        pytest.param(("compile", "sglang==0.4.7"), 10, "sglang 0.4.7", id="an engine that needs another"),
        pytest.param(
            ("compile", "sglang", "--cuda", "cu126"), 2, "the installed torch is for another CUDA tag", id="another tag"
        ),
    ],
)
def test_what_contradicts_the_installed_torch_is_told(
    tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    done = typed(sglang_stack(tmp_path / "env"), *words, "-q")
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr


def test_an_environment_without_torch_and_another_name_are_told(tmp_path: Path) -> None:
    place = LaidOut(tmp_path / "env", PYTHON)
    done = typed(place, "compile", "torch")
    assert (done.returncode, "no torch is installed that could be kept" in done.stderr) == (2, True)
    env = {"VIRTUAL_ENV": str(place.prefix)}
    done = run_here("compile", "torch", "--freeze-installed", "triton", cwd=tmp_path, env=env)
    assert (done.returncode, "triton cannot be frozen" in done.stderr) == (2, True)


def test_every_format_can_be_made_around_it(tmp_path: Path) -> None:
    place = sglang_stack(tmp_path / "env")
    done = typed(place, "emit", "uv-toml", "sglang")
    assert (done.returncode, '    "torch===2.6.0",' in done.stdout.splitlines()) == (0, True)


def test_the_file_holds_real_words_that_pip_and_uv_take(tmp_path: Path) -> None:
    from packaging.requirements import Requirement

    done = typed(vendor(tmp_path / "env"), "compile", "torch", "-q")
    for pin in pins(done.stdout):
        assert Requirement(pin).specifier


@pytest.mark.parametrize("words", [("compile",), ("emit", "uv-toml")])
def test_the_command_in_the_head_makes_the_same_text_again(words: tuple[str, ...], tmp_path: Path) -> None:
    place = sglang_stack(tmp_path / "env")
    asked = ("sglang", "--freeze-installed", "torch", "--python", str(place.prefix / "bin" / "python"), "-q")
    text = run_here(*words, *asked, cwd=tmp_path).stdout
    (line,) = re.findall(r"^# rebuild  stackpin (.*)$", text, re.MULTILINE)
    assert run_here(*shlex.split(line), "-q", cwd=tmp_path).stdout == text
