"""One requirement as a mention: what PEP 508 says of it, in packaging's own reading."""

from __future__ import annotations

import pytest
from packaging.requirements import InvalidRequirement, Requirement

from stackpin.model.mention import Mention, Place, Role
from stackpin.parse.requirement_file import parse_requirement_text
from stackpin.parse.requirement_mention import exact_version, is_marker, is_template, joined_markers, mention_of

__all__: list[str] = []

PLACE = Place(path="r.txt", line=1, column=1)


def mention(text: str) -> Mention | None:
    return mention_of(parse_requirement_text(text), PLACE, Role.REQUIRED)


@pytest.mark.parametrize(
    "text",
    [
        "torch",
        "Torch_Vision[extra, Two]>=0.20,<1 ; python_version > '3.8'",
        "torch==2.6.0",
        "torch === 2.6.0+cu124",
        "torch==2.6.*",
        "torch!=2.6.*, >2",
        "torch~=2.6.0",
        "torch (==2.6.0)",
        "torch==2.6.0rc1",
        "torch==2.6.0.post1.dev3",
        "torch>=v2.6",
        "torch[]",
        "torch==1!2.0",
        "torch==2.6.0 ; (sys_platform == 'linux')",
    ],
)
def test_packaging_reads_the_same(text: str) -> None:
    theirs = Requirement(text)
    ours = mention(text)
    assert ours is not None
    assert set(filter(None, ours.specifier.split(","))) == {str(each) for each in theirs.specifier}
    assert set(ours.extras) == theirs.extras
    assert Requirement(f"x ; {ours.marker}" if ours.marker else "x").marker == theirs.marker
    assert ours.text == text


@pytest.mark.parametrize(
    "text",
    [
        "torch>=2.6.0+cu124",
        "torch==2.6.*+cu124",
        "torch==",
        "torch==2.6.0_x y",
        "torch ; linux",
        "torch[a b]",
        "torch[,]",
        "a b",
        "torch~=2",
        "torch=2.6=py311_0",
        "torch>=2,,<3",
        "torch;",
        "torch ; " + "(" * 2000 + "extra == 'a'" + ")" * 2000,
        "torch ; " + "(" * 500 + "extra == 'a'" + ")" * 500,
        "torch==" + "1." * 3000 + "0",
        "<<<<<<< HEAD",
        "what is this",
    ],
)
def test_what_no_installer_takes_is_no_requirement(text: str) -> None:
    if len(text) < 1000:
        with pytest.raises(InvalidRequirement):
            Requirement(text)
    with pytest.raises(ValueError):
        mention(text)


@pytest.mark.parametrize(
    ("text", "name", "version", "address"),
    [
        ("torch @ https://u:p@x.example/torch-2.6.0%2Bcu124-cp311-cp311-linux_x86_64.whl#sha256=0", "torch", "2.6.0+cu124", "https://x.example/torch-2.6.0%2Bcu124-cp311-cp311-linux_x86_64.whl"),
        ("https://x.example/triton-3.2.0-cp311-cp311-linux_x86_64.whl", "triton", "3.2.0", "https://x.example/triton-3.2.0-cp311-cp311-linux_x86_64.whl"),
        ("git+https://x.example/flash_attn.git@v2#egg=Flash.Attn", "flash-attn", "", "git+https://x.example/flash_attn.git@v2"),
        ("./w/torch-2.6.0-cp311-cp311-linux_x86_64.whl", "torch", "2.6.0", "./w/torch-2.6.0-cp311-cp311-linux_x86_64.whl"),
        ("torch @ file:///croot/torch/work", "torch", "", "file:///croot/torch/work"),
    ],
)  # fmt: skip
def test_a_direct_reference_tells_its_file_and_no_secret(text: str, name: str, version: str, address: str) -> None:
    found = mention(text)
    assert found is not None
    assert (found.name, found.version, found.address, found.specifier) == (name, version, address, "")


@pytest.mark.parametrize(
    "text",
    [
        "./serve",
        ".[gpu]",
        "https://x.example/main.zip",
        "https://${TOKEN}.example/torch-2.6.0-py3-none-any.whl",
        "https://[x/torch-2.6.0-py3-none-any.whl ; linux",
        "pytorch-triton==0+blocked.by.stackpin.use.triton.3.2.0",
        "torch==0+stackpin.only.linux.x86.64 ; sys_platform != 'linux'",
    ],
)
def test_what_names_nothing_or_blocks_a_name_is_no_mention(text: str) -> None:
    assert mention(text) is None


def test_names_that_do_not_matter_are_left_out_and_still_read() -> None:
    line = parse_requirement_text("orjson==3")
    assert mention_of(line, PLACE, Role.REQUIRED, names={"torch"}) is None
    with pytest.raises(ValueError):
        mention_of(parse_requirement_text("orjson==3 4"), PLACE, Role.REQUIRED, names={"torch"})


@pytest.mark.parametrize(
    ("specifier", "version"),
    [("==2.6.0", "2.6.0"), (">=2,==2.6.0", "2.6.0"), ("===2.6", "2.6"), ("==2.*", ""), ("!=2,<=3", ""), ("", "")],
)
def test_an_exact_version_is_told(specifier: str, version: str) -> None:
    assert exact_version(specifier) == version


def test_markers_are_joined_and_told() -> None:
    assert joined_markers("os_name == 'a' or os_name == 'b'", "extra == 'c'") == (
        "(os_name == 'a' or os_name == 'b') and (extra == 'c')"
    )
    assert joined_markers("", "extra == 'c'") == "extra == 'c'"
    assert is_marker("extra == 'c'")
    assert not is_marker("")
    assert [is_template(text) for text in ("torch==${V}", "torch=={{ v }}", "torch==1")] == [True, True, False]
