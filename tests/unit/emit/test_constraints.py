"""The text of a constraints file, from tuples made by hand; whole texts are compared."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from stackpin.emit.constraints import (
    IndexStyle,
    Options,
    command_words,
    constraints_text,
    file_name,
    rewritten,
    title_of,
)
from stackpin.model.build import Build, Channel
from stackpin.model.cuda import CudaTag
from stackpin.model.locked import Anchor, Block, Bound, Evidence, LockedTuple, Pin
from stackpin.model.target import Platform
from stackpin.model.value import replace

__all__: list[str] = []

ROOT = "https://index.example/whl"


def options(style: IndexStyle = IndexStyle.FIND_LINKS, mirrors: dict[str, str] | None = None) -> Options:
    command = "stackpin compile 'sglang==0.4.*' --cuda cu124"
    return Options(style=style, mirrors=mirrors or {}, command=command, version="0.1.0")


def pin(name: str, specifier: str, line: str = "", subject: str = "", note: str = "", **build: object) -> Pin:
    evidence = (Evidence(subject=subject, line=line),) if line else ()
    version = specifier.lstrip("=").partition("+")[0]
    made = Build(**build)  # type: ignore[arg-type]
    return Pin(
        name=canonicalize_name(name), version=version, specifier=specifier, build=made, evidence=evidence, note=note
    )


LOCKED = LockedTuple(
    anchors=(
        Anchor(
            name=canonicalize_name("sglang"),
            version="0.4.6.post5",
            request="sglang==0.4.*",
            chosen="the newest 0.4 release whose torch is built for cu124",
        ),
    ),
    pins=(
        pin("sglang", "==0.4.6.post5"),
        pin("torch", "===2.6.0", 'torch==2.6.0; extra == "srt"', "sglang 0.4.6.post5", "PyPI's own build is cu124"),
        pin("triton", "==3.2.0", "triton (==3.2.0)", "torch 2.6.0"),
    ),
    bounds=(Bound(name=canonicalize_name("cuda-python"), specifier="<13,>=12", note="left open; cu124 is CUDA 12"),),
    blocks=(
        Block(
            name=canonicalize_name("pytorch-triton"),
            reads="0+blocked.by.stackpin.use.triton.3.2.0",
            note="writes triton/",
        ),
    ),
    cuda=CudaTag("cu124"),
    platform=Platform(machine="x86_64"),
    pythons=("3.9", "3.10", "3.11"),
    glibc=(2, 28),
    driver="525.60.13",
    catalog_date="2026-11-23",
    catalog_digest="sha256:5e1f",
)
TEXT = """\
# sglang 0.4.x on cu124, compiled by stackpin 0.1.0
# anchor   sglang 0.4.6.post5: the newest 0.4 release whose torch is built for cu124
# target   cu124, linux x86_64, glibc 2.28 or newer, Python 3.9 to 3.11; NVIDIA driver 525.60.13 or newer
# catalog  2026-11-23, sha256:5e1f
# rebuild  stackpin compile 'sglang==0.4.*' --cuda cu124
sglang==0.4.6.post5
torch===2.6.0        # sglang 0.4.6.post5: torch==2.6.0; extra == "srt". PyPI's own build is cu124
triton==3.2.0        # torch 2.6.0: triton (==3.2.0)
cuda-python<13,>=12  # left open; cu124 is CUDA 12
pytorch-triton==0+blocked.by.stackpin.use.triton.3.2.0  # writes triton/
torch==0+stackpin.only.linux.x86.64 ; sys_platform != "linux" or platform_machine != "x86_64"
"""


def labelled(name: str, tag: str = "cu118") -> Pin:
    page = f"{ROOT}/{tag}/{name}/"
    return pin(name, f"==1.0+{tag}", channel=Channel.FIND_LINKS, local=tag, page=page)


def lines(locked: LockedTuple, style: IndexStyle = IndexStyle.FIND_LINKS) -> list[str]:
    return constraints_text(locked, options(style)).splitlines()


def test_the_whole_file() -> None:
    assert constraints_text(LOCKED, options()) == TEXT


def test_the_same_tuple_gives_the_same_bytes() -> None:
    assert constraints_text(LOCKED, options()) == constraints_text(replace(LOCKED), options())


def test_comments_stand_in_one_column() -> None:
    rows = [line for line in lines(LOCKED) if " # " in line and not line.startswith(("#", "pytorch"))]
    assert len({line.index(" # ") for line in rows}) == 1


def test_a_build_from_another_index_brings_its_page_once() -> None:
    locked = replace(LOCKED, pins=(labelled("torch"), labelled("torchvision"), labelled("torch")))
    assert lines(locked)[5:7] == [f"--find-links {ROOT}/cu118/torch/", f"--find-links {ROOT}/cu118/torchvision/"]


def test_the_classic_index_line_is_written_once_for_all_projects() -> None:
    locked = replace(LOCKED, pins=(labelled("torch"), labelled("torchvision")))
    found = lines(locked, IndexStyle.EXTRA_INDEX_URL)
    assert found[5] == f"--extra-index-url {ROOT}/cu118"
    assert [line for line in found if line.startswith("--")] == found[5:6]


@pytest.mark.parametrize("style", [IndexStyle.FIND_LINKS, IndexStyle.EXTRA_INDEX_URL])
def test_a_mirror_stands_for_its_prefix_in_every_index_line(style: IndexStyle) -> None:
    mirrored = options(style, {ROOT: "http://mirror.example/whl"})
    found = constraints_text(replace(LOCKED, pins=(labelled("torch"),)), mirrored)
    assert "http://mirror.example/whl/cu118" in found
    assert "index.example" not in found


@pytest.mark.parametrize(
    ("mirrors", "expected"),
    [
        ({}, f"{ROOT}/cu118/torch/"),
        ({ROOT: "http://m"}, "http://m/cu118/torch/"),
        ({ROOT: "http://m", f"{ROOT}/cu118": "http://n"}, "http://n/torch/"),
        ({"https://other.example": "http://m"}, f"{ROOT}/cu118/torch/"),
        ({"pypi": "http://m"}, f"{ROOT}/cu118/torch/"),
    ],
)
def test_the_longest_prefix_wins(mirrors: dict[str, str], expected: str) -> None:
    assert rewritten(f"{ROOT}/cu118/torch/", mirrors) == expected


def test_a_guard_for_one_python_refuses_the_others() -> None:
    locked = replace(LOCKED, python_asked="3.11", pythons=("3.11",))
    guard = lines(locked)[-1]
    assert guard == (
        'torch==0+stackpin.only.linux.x86.64.python.3.11 ; sys_platform != "linux" or '
        'platform_machine != "x86_64" or python_version != "3.11"'
    )
    assert "Python 3.11;" in lines(locked)[2]


def test_a_guard_for_aarch64_is_for_aarch64() -> None:
    guard = Requirement(lines(replace(LOCKED, platform=Platform(machine="aarch64")))[-1])
    assert guard.marker
    assert guard.marker.evaluate({"sys_platform": "linux", "platform_machine": "x86_64"})
    assert not guard.marker.evaluate({"sys_platform": "linux", "platform_machine": "aarch64"})


def test_notes_stand_below_the_header() -> None:
    locked = replace(LOCKED, notes=("triton is left out: torch 2.6.0 names none",))
    assert lines(locked)[5] == "# note     triton is left out: torch 2.6.0 names none"


def test_a_cpu_tuple_names_no_driver_and_any_glibc_no_glibc() -> None:
    locked = replace(LOCKED, cuda=CudaTag("cpu"), driver="", glibc=(0, 0))
    assert lines(locked)[2] == "# target   cpu, linux x86_64, Python 3.9 to 3.11"


def test_what_a_closure_adds_is_pinned_plainly() -> None:
    found = lines(replace(LOCKED, closure=(("aiohttp", "3.11.1"),)))
    assert "aiohttp==3.11.1" in found


@pytest.mark.parametrize(
    ("requests", "title"),
    [
        (["sglang==0.4.*"], "sglang 0.4.x"),
        (["sglang[all] == 0.4.6.*"], "sglang 0.4.6.x"),
        (["sglang"], "sglang 0.4.6.post5"),
        (["sglang==0.4.*", "vllm"], "sglang 0.4.x and vllm 0.8.5"),
    ],
)
def test_the_title_is_the_series_or_the_release(requests: list[str], title: str) -> None:
    versions = {"sglang": "0.4.6.post5", "vllm": "0.8.5"}
    anchors = []
    for request in requests:
        name = Requirement(request).name
        anchors.append(Anchor(name=canonicalize_name(name), version=versions[name], request=request, chosen=""))
    assert title_of(replace(LOCKED, anchors=tuple(anchors))) == title


def test_an_anchor_without_a_version_is_a_project_of_ones_own() -> None:
    own = Anchor(name=canonicalize_name("svc"), version="", request="svc", chosen="your own project")
    assert lines(replace(LOCKED, anchors=(own,)))[:2] == [
        "# svc on cu124, compiled by stackpin 0.1.0",
        "# anchor   svc: your own project",
    ]


def test_the_name_of_a_ready_made_file() -> None:
    assert file_name("sglang", "0.4.x", "cu124") == "sglang-0.4.x-cu124.txt"


def test_the_rebuild_line_can_be_pasted() -> None:
    words = command_words(("sglang==0.4.*",), "cu124", python="", index_style="extra-index-url")
    assert words == "stackpin compile 'sglang==0.4.*' --cuda cu124 --index-style extra-index-url"


@pytest.mark.parametrize(
    "note", ["yanked: broken \\", "yanked: broken\nnumpy==1", "yanked: broken\rnumpy==1", "a\x0bb"]
)
def test_no_text_of_others_breaks_out_of_its_comment(note: str) -> None:
    pins = (pin("torch", "===2.6.0", note=note), pin("triton", "==3.2.0"))
    found = constraints_text(replace(LOCKED, pins=pins), options())
    rows = [line for line in found.splitlines() if not line.startswith("#")]
    assert [line.split()[0] for line in rows[:2]] == ["torch===2.6.0", "triton==3.2.0"]
    assert not any(line.endswith("\\") for line in rows)
