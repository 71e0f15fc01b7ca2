from __future__ import annotations

from tests.support.findings import HOSTILE, checked, finding, installed, torchvision_of_another_torch, trouble

from stackpin.emit.github_annotations import github_annotations
from stackpin.model.finding import Fix

__all__: list[str] = []


def test_a_finding_is_a_command_with_its_place() -> None:
    assert github_annotations(checked(torchvision_of_another_torch())) == (
        "::error file=requirements.txt,line=7,col=1,endColumn=20,title=SP102 family-not-torchs::"
        "torchvision 0.22.1 belongs to torch 2.7.1, not to torch 2.6.0 (line 3)%0Afix: torchvision==0.21.0\n"
    )


def test_an_installed_distribution_has_its_environment_in_the_message() -> None:
    fix = Fix(command="pip uninstall --yes torch\npip install torch")
    assert github_annotations(checked(installed("SP304", "conda and pip", fix=fix))) == (
        "::warning title=SP304 conda-beside-pip::.venv: conda and pip"
        "%0Afix: pip uninstall --yes torch%0Afix: pip install torch\n"
    )


def test_parts_troubles_and_notes_are_told() -> None:
    told = checked(
        finding(path="./uv.lock", at=(3, 0, 0), part="Python 3.9"), troubles=(trouble(),), notes=("rocm: not covered",)
    )
    title = "SP101 triton-not-torchs"
    assert github_annotations(told).splitlines() == [
        f"::error file=uv.lock,line=3,title={title}::triton 3.3.0 is not the one that torch 2.6.0 needs%0Afor: Python 3.9",
        "::error file=poetry.lock,line=12,title=input-unreadable::cut in the middle of a table",
        "::notice title=stackpin::rocm: not covered",
    ]


def test_a_hostile_name_ends_no_property_and_no_line() -> None:
    told = checked(finding(path=HOSTILE, message="100%\r\n::set-output name=x::y\x1b[31m"))
    assert github_annotations(told) == (
        r"""::error file=a b'"%0A\x1b[31m%2C%3A\xff%25é\u202e.txt,line=2,col=1,endColumn=14,"""
        r"title=SP101 triton-not-torchs::100%25\r\n::set-output name=x::y\x1b[31m" + "\n"
    )


def test_nothing_found_says_nothing() -> None:
    assert github_annotations(checked(looked_at=("a",))) == ""
