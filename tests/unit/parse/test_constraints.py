"""Constraints files of stackpin read back: the header as data, each line in its role; anything else is refused."""

from __future__ import annotations

import pytest

from stackpin.errors import InputUnreadable
from stackpin.model.change import Held, Role
from stackpin.parse.constraints import parse_constraints

__all__: list[str] = []

#: As the contract shows a file, with one package that only `--closure` pins.
FILE = """\
# sglang 0.4.x on cu124, compiled by stackpin 0.1.0
# anchor   sglang 0.4.6.post5: the newest 0.4 release whose torch is built for cu124
# target   cu124, linux x86_64, glibc 2.28 or newer, Python 3.9 to 3.12; NVIDIA driver 525.60.13 or newer
# catalog  2026-11-23, sha256:5e1f0c
# rebuild  stackpin compile 'sglang==0.4.*' --cuda cu124
# note     something to know
--find-links https://index.example/whl/cu124/sgl-kernel/
sglang==0.4.6.post5
torch===2.6.0          # sglang 0.4.6.post5: torch==2.6.0; extra == "srt". PyPI's own build is cu124
sgl-kernel==0.1.4+cu124  # sglang 0.4.6.post5: sgl-kernel==0.1.4; extra == "srt"
cuda-python<13,>=12    # sglang 0.4.6.post5 leaves it open; cu124 is CUDA 12
idna==3.10
pytorch-triton==0+blocked.by.stackpin.use.triton.3.2.0  # writes triton/
torch==0+stackpin.only.linux.x86.64 ; sys_platform != "linux" or platform_machine != "x86_64"
"""


def test_a_header_is_data() -> None:
    found = parse_constraints(FILE, where="x.txt")
    assert (found.title, found.cuda, found.machine) == ("sglang 0.4.x", "cu124", "x86_64")
    assert found.anchors == (("sglang", "0.4.6.post5"),)
    assert (found.glibc, found.driver, found.python_range) == ("2.28", "525.60.13", "3.9 to 3.12")
    assert found.pythons == ("3.9", "3.10", "3.11", "3.12")
    assert (found.catalog, found.notes) == ("2026-11-23, sha256:5e1f0c", ("something to know",))
    assert found.command == "stackpin compile 'sglang==0.4.*' --cuda cu124"
    assert found.pages == ("--find-links https://index.example/whl/cu124/sgl-kernel/",)
    assert found.told is None


def test_each_line_has_its_role_and_its_reason() -> None:
    held = parse_constraints(FILE, where="x.txt").held
    assert [(each.name, each.shown, each.role) for each in held] == [
        ("sglang", "0.4.6.post5", Role.MEMBER),
        ("torch", "2.6.0", Role.MEMBER),
        ("sgl-kernel", "0.1.4+cu124", Role.MEMBER),
        ("cuda-python", "<13,>=12", Role.MEMBER),
        ("idna", "3.10", Role.OTHER),
        ("pytorch-triton", "0+blocked.by.stackpin.use.triton.3.2.0", Role.BLOCK),
    ]
    assert held[2].why == 'sglang 0.4.6.post5: sgl-kernel==0.1.4; extra == "srt"'
    assert held[1] == Held(
        name="torch",
        specifier="===2.6.0",
        role=Role.MEMBER,
        why='sglang 0.4.6.post5: torch==2.6.0; extra == "srt". PyPI\'s own build is cu124',
    )


def test_files_by_their_addresses_are_one_release() -> None:
    """``--index-style url`` has a line for each wheel, and a second guard for other Pythons."""
    marker = 'python_version == "3.1{}" and sys_platform == "linux" and platform_machine == "x86_64"'
    lines = [
        f"torch @ https://index.example/torch-2.6.0-2-cp31{n}-cp31{n}-linux_x86_64.whl#sha256={n}{'a' * 63}"
        f" ; {marker.format(n)}  # why #1"
        for n in (1, 2)
    ]
    lines += [f"flash @ https://index.example/flash-0.2.5.tar.gz#sha256={'b' * 64}  # another"]
    head, _, _ = FILE.partition("--find-links")
    guard = 'torch==0+stackpin.only.python.3.11 ; python_version != "3.11"'
    text = "\n".join([head.rstrip(), *lines, guard, FILE.splitlines()[-1], ""])
    assert parse_constraints(text, where="x.txt").held == (
        Held(name="torch", specifier="==2.6.0", role=Role.MEMBER, why="why #1"),
        Held(name="flash", specifier="==0.2.5", role=Role.MEMBER, why="another"),
    )


def test_a_file_for_one_python_and_the_cpu_has_no_range_and_no_driver() -> None:
    text = "# torch 2.7.1 on cpu, compiled by stackpin 0.1.0\n# target   cpu, linux aarch64, Python 3.12\ntorch==2.7.1+cpu\n"
    text += 'torch==0+stackpin.only.linux.aarch64 ; sys_platform != "linux" or platform_machine != "aarch64"\n'
    found = parse_constraints(text, where="x.txt")
    assert (found.pythons, found.driver, found.glibc, found.machine) == (("3.12",), "", "", "aarch64")
    assert found.anchors == ()


@pytest.mark.parametrize(
    ("text", "where", "got"),
    [
        pytest.param("", "x.txt:1", "an empty file", id="empty"),
        pytest.param("torch==2.6.0\n", "x.txt:1", "torch==2.6.0", id="of another tool"),
        pytest.param(FILE.replace("idna==3.10", "-r other.txt"), "x.txt:12", "-r other.txt", id="a nested file"),
        pytest.param(
            FILE.replace("idna==3.10", "idna @ https://index.example/idna.whl"),
            "x.txt:12",
            "idna @ https://index.example/idna.whl",
            id="an address",
        ),
        pytest.param(FILE.replace("# target", "# aim   "), "x.txt", "", id="no target"),
    ],
)
def test_what_stackpin_does_not_write_is_refused_with_its_line(text: str, where: str, got: str) -> None:
    with pytest.raises(InputUnreadable) as caught:
        parse_constraints(text, where="x.txt")
    assert (caught.value.where, caught.value.got, caught.value.exit_code) == (where, got, 15)


def test_a_file_that_ends_before_its_closing_line_is_cut() -> None:
    with pytest.raises(InputUnreadable) as caught:
        parse_constraints(FILE[: FILE.index("torch==0+stackpin.only")], where="x.txt")
    assert caught.value.what.startswith("the file is cut")
