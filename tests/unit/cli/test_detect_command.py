"""``stackpin detect`` as people and programs read it."""

from __future__ import annotations

import json
from dataclasses import replace

from click.testing import CliRunner

from stackpin.app.detect import Detection, DriverFound, Gpu, PythonFound, TagVerdict, TorchFound
from stackpin.cli.detect import command, render_json, render_text
from stackpin.model.cuda import CudaTag

TAGS = (
    TagVerdict(tag=CudaTag("cu121"), runs=True, least_driver="525.60.13"),
    TagVerdict(tag=CudaTag("cu124"), runs=True, least_driver="525.60.13"),
    TagVerdict(tag=CudaTag("cu128"), runs=True, least_driver="525.60.13", why="toolkit newer than the driver's 12.4"),
    TagVerdict(tag=CudaTag("cu130"), runs=False, least_driver="580.65.06", why="needs driver 580.65.06 or newer"),
)
FOUND = Detection(
    driver=DriverFound(version="550.54.14", cuda="12.4", source="NVML"),
    gpus=(Gpu(name="NVIDIA H100", compute="9.0"), Gpu(name="NVIDIA T4")),
    machine="x86_64",
    system="linux",
    platform="manylinux_2_36_x86_64",
    python=PythonFound(
        executable="/env/bin/python",
        version="3.11.7",
        implementation="CPython",
        torch=TorchFound(version="2.6.0", tag="cu124", folder="/env/lib"),
    ),
    tags=TAGS,
    notes=("a note",),
)
TEXT = """\
driver    550.54.14; CUDA 12.4  (NVML)
GPU       NVIDIA H100, sm_90
GPU       NVIDIA T4, compute capability not known
platform  manylinux_2_36_x86_64
Python    3.11.7  (/env/bin/python)
torch     2.6.0, cu124  (/env/lib)
runs      cu121 cu124
runs      cu128  (toolkit newer than the driver's 12.4)
not       cu130  (needs driver 580.65.06 or newer)

note: a note"""
BARE = """\
driver    none
GPU       none
platform  manylinux_2_36_x86_64
Python    none found
needs     cu121  (driver 525.60.13 or newer)"""


def test_the_text_has_a_line_for_each_thing() -> None:
    assert render_text(FOUND) == TEXT


def test_a_machine_without_anything_says_so_plainly() -> None:
    tags = (replace(TAGS[0], runs=None),)
    assert render_text(replace(FOUND, driver=None, gpus=(), python=None, tags=tags, notes=())) == BARE


def test_a_python_without_torch_says_so() -> None:
    python = PythonFound(executable="/p", version="3.10.13", implementation="PyPy", torch=None)
    lines = render_text(replace(FOUND, python=python)).splitlines()
    assert lines[4:6] == ["Python    PyPy 3.10.13  (/p)", "torch     not installed there"]


def test_the_json_is_one_document_with_the_same_facts() -> None:
    document = json.loads(render_json(FOUND))
    assert document["schema"] == 1
    assert document["driver"] == {"version": "550.54.14", "cuda": "12.4", "source": "NVML"}
    assert document["gpus"][0] == {"name": "NVIDIA H100", "compute": "9.0", "arch": "sm_90"}
    assert document["python"]["torch"]["tag"] == "cu124"
    assert [tag["runs"] for tag in document["tags"]] == [True, True, True, False]


def test_the_command_answers_on_this_machine() -> None:
    done = CliRunner().invoke(command, ["--driver", "550.54", "--gpu", "sm_90", "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["driver"]["version"] == "550.54"


def test_the_help_has_an_example() -> None:
    assert "stackpin detect --driver 550.54 --gpu sm_90" in CliRunner().invoke(command, ["--help"]).stdout
