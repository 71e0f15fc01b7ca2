"""Environments with broken parts: each is one line of trouble, and the rest is looked at; roots; what is not covered."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from tests.support.elf_files import Recipe, Symbol, elf_bytes
from tests.support.environments import LaidOut

from stackpin.app.check.environments import (
    EnvironmentJob,
    Looked,
    environment_subjects,
    environments_in_root,
    look_at,
)
from stackpin.catalog.facts import Facts
from stackpin.catalog.loader import Catalog
from stackpin.effects.environments import environment_of_folder, read_environment
from stackpin.model.mention import Role, SubjectKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__: list[str] = []

FACTS = Facts(Catalog.open())


def stack(folder: Path, *, virtual: bool = True) -> LaidOut:
    place = LaidOut(folder, virtual=virtual)
    place.torch("2.6.0", "12.4", label="cu124")
    place.member("triton", "3.2.0")
    place.put("idna", "3.20")
    return place


def looked_at(place: LaidOut) -> Looked:
    return look_at(read_environment(place.prefix), FACTS)


def told(looked: Looked, place: LaidOut) -> list[tuple[str, str, str]]:
    """Slug, message and place of each trouble; places below the packages of the environment."""
    return [(each.slug, each.message, os.path.relpath(each.place.path, place.packages)) for each in looked.troubles]


def test_an_environment_is_a_subject(tmp_path: Path) -> None:
    place = stack(tmp_path / "env")
    subject = environment_subjects(read_environment(place.prefix), shown=".venv")
    assert (subject.path, subject.kind, subject.pythons, subject.machine) == (
        ".venv",
        SubjectKind.ENVIRONMENT,
        ("3.11",),
        "x86_64",
    )
    assert (subject.tag, subject.torch_label) == ("cu124", "2.6.0+cu124")
    assert subject.tag_place is not None
    assert subject.tag_place.path == str(place.packages / "torch" / "version.py")
    found = {str(each.name): (each.version, each.role, each.place.distribution) for each in subject.mentions}
    assert found["torch"] == ("2.6.0", Role.INSTALLED, "torch")
    assert found["idna"] == ("3.20", Role.INSTALLED, "idna")
    assert len(found) == 3 + 13  # and the nvidia-* that torch 2.6.0 names


def test_the_version_is_the_metadata_s(tmp_path: Path) -> None:
    """A wheel whose name says +cu130 and whose METADATA does not: what importlib.metadata tells is METADATA's."""
    place = stack(tmp_path / "env")
    described = place.put("sgl-kernel", "0.3.21+cu124")
    text = (described / "METADATA").read_text().replace("0.3.21+cu124", "0.3.21")
    (described / "METADATA").write_text(text)
    mentions = looked_at(place).subject.mentions
    assert [each.version for each in mentions if each.name == "sgl-kernel"] == ["0.3.21"]


def test_the_machine_is_that_of_torch_s_wheel(tmp_path: Path) -> None:
    place = stack(tmp_path / "env")
    wheel = place.packages / "torch-2.6.0.dist-info" / "WHEEL"
    wheel.write_text(wheel.read_text().replace("x86_64", "aarch64"))
    assert looked_at(place).subject.machine == "aarch64"


BROKEN = {
    "no METADATA": (
        lambda place: (place.packages / "idna-3.20.dist-info" / "METADATA").unlink(),
        "a distribution has no METADATA (a folder as a cut installation or removal leaves it)",
        "idna-3.20.dist-info",
    ),
    "no METADATA of a member": (
        lambda place: (place.packages / "triton-3.2.0.dist-info" / "METADATA").unlink(),
        "a distribution has no METADATA (a folder as a cut installation or removal leaves it)",
        "triton-3.2.0.dist-info",
    ),
    "no METADATA under an odd name": (
        lambda place: (place.packages / "odd.dist-info").mkdir(),
        "a distribution has no METADATA (a folder as a cut installation or removal leaves it)",
        "odd.dist-info",
    ),
    "METADATA of noise": (
        lambda place: (place.packages / "triton-3.2.0.dist-info" / "METADATA").write_bytes(bytes(range(256))),
        "a distribution's METADATA is none (256 bytes without Metadata-Version)",
        "triton-3.2.0.dist-info/METADATA",
    ),
    "METADATA of nothing": (
        lambda place: (place.packages / "triton-3.2.0.dist-info" / "METADATA").write_bytes(b""),
        "a distribution's METADATA is none (an empty file)",
        "triton-3.2.0.dist-info/METADATA",
    ),
    "no RECORD": (
        lambda place: (place.packages / "idna-3.20.dist-info" / "RECORD").unlink(),
        "a distribution has no RECORD of what it has installed (no file, where uv writes one)",
        "idna-3.20.dist-info/RECORD",
    ),
    "a RECORD that is cut": (
        lambda place: cut(place.packages / "triton-3.2.0.dist-info" / "RECORD"),
        "a RECORD is cut (a last line that breaks off)",
        "triton-3.2.0.dist-info/RECORD",
    ),
    "an empty RECORD": (
        lambda place: (place.packages / "triton-3.2.0.dist-info" / "RECORD").write_bytes(b""),
        "a RECORD is cut (an empty file)",
        "triton-3.2.0.dist-info/RECORD",
    ),
    "METADATA that is a folder": (
        lambda place: folder_for(place.packages / "triton-3.2.0.dist-info" / "METADATA"),
        "a file of an environment cannot be read (no regular file)",
        "triton-3.2.0.dist-info",
    ),
    "RECORD that is a pipe": (
        lambda place: pipe_for(place.packages / "triton-3.2.0.dist-info" / "RECORD"),
        "a file of an environment cannot be read (no regular file)",
        "triton-3.2.0.dist-info/RECORD",
    ),
    "a RECORD beyond all measure": (
        lambda place: os.truncate(place.packages / "triton-3.2.0.dist-info" / "RECORD", 100_000_000),
        "a file of an environment cannot be read (100000000 bytes, more than 67108864)",
        "triton-3.2.0.dist-info/RECORD",
    ),
}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-12])


def folder_for(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe_for(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_one_line_and_the_rest_is_looked_at(
    tmp_path: Path, broken: tuple[Callable[[LaidOut], object], str, str]
) -> None:
    place = stack(tmp_path / "env")
    place.put("nvidia-nccl-cu12", "2.26.2")
    plant, message, where = broken
    plant(place)
    looked = looked_at(place)
    assert told(looked, place) == [("input-unreadable", message, where)]
    assert [each.rule.id for each in looked.findings] == ["SP105"]


def test_a_folder_of_packages_that_cannot_be_listed_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = stack(tmp_path / "env")
    scan = os.scandir

    def refusing(path: object) -> object:
        if str(path) == str(place.packages):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)  # type: ignore[call-overload]  # whatever it was

    monkeypatch.setattr(os, "scandir", refusing)
    looked = looked_at(place)
    assert told(looked, place) == [
        ("input-unreadable", "an environment cannot be read (Permission denied)", "."),
    ]
    assert looked.subject.mentions == ()


def test_names_that_are_no_utf_8_are_spelled_out(tmp_path: Path) -> None:
    place = stack(tmp_path / "env")
    (place.packages / os.fsdecode(b"caf\xe9-1.0.dist-info")).mkdir()
    (trouble,) = looked_at(place).troubles
    assert trouble.place.path.endswith("/caf\\xe9-1.0.dist-info")
    assert trouble.place.path.encode()


def test_an_environment_whose_own_name_is_no_utf_8_is_written_anywhere(tmp_path: Path) -> None:
    place = stack(tmp_path / os.fsdecode(b"caf\xe9"))
    place.put("nvidia-nccl-cu12", "2.26.2")
    place.put("triton", "3.3.1", beside=True)
    looked = looked_at(place)
    assert [each.rule.id for each in looked.findings] == ["SP105", "SP303"]
    assert str(looked).encode()
    assert looked.findings[0].fix.command.encode()
    assert "caf\\xe9" in looked.findings[1].evidence


def test_a_record_that_names_what_no_file_can_be_named_does_no_harm(tmp_path: Path) -> None:
    place = stack(tmp_path / "env")
    for name in ("sgl-kernel", "stranger"):
        described = place.put(name, "0.1.4")
        with (described / "RECORD").open("ab") as file:
            file.write(
                b"sgl_kernel/\0.so,sha256=" + name.encode() + b",7\n" + b'"sgl_kernel/' + b"x" * 200_000 + b'",,\n'
            )
    assert looked_at(place).findings == ()


def test_debian_s_distributions_have_no_record_and_that_is_no_trouble(tmp_path: Path) -> None:
    place = stack(tmp_path / "env")
    described = place.put("six", "1.16.0", installer="debian")
    (described / "RECORD").unlink()
    assert looked_at(place).troubles == ()


KERNEL = elf_bytes(Recipe(symbols=(Symbol("_ZN3c1010throwErrorEv", defined=False),), needed=("libc10.so",)))
LIBRARY = elf_bytes(Recipe(symbols=(Symbol("_ZN3c1010throwErrorEv"),)))


@pytest.mark.parametrize(
    ("library", "kernel", "where"),
    [
        pytest.param(LIBRARY, KERNEL, [], id="sound"),
        pytest.param(LIBRARY, KERNEL[:200], ["sgl_kernel/ops.so"], id="a kernel's"),
        pytest.param(LIBRARY[:200], KERNEL, ["torch/lib/libc10.so"], id="torch's"),
        pytest.param(LIBRARY, b"no ELF file", ["sgl_kernel/ops.so"], id="something else"),
        pytest.param(LIBRARY[:200], b"", ["sgl_kernel/ops.so"], id="an empty file"),
    ],
)
def test_a_damaged_shared_object_is_one_line(tmp_path: Path, library: bytes, kernel: bytes, where: list[str]) -> None:
    place = stack(tmp_path / "env")
    place.put("torch", "2.6.0", files={"torch/lib/libc10.so": library})
    place.put("sgl-kernel", "0.1.4", files={"sgl_kernel/ops.so": kernel})
    place.put("stranger", "1.0", files={"stranger/ops.so": b"no member's: nobody asks"})
    looked = looked_at(place)
    assert [place for _, _, place in told(looked, place)] == where
    assert looked.findings == ()


def test_an_interrupted_removal_of_pip_s_is_no_distribution(tmp_path: Path) -> None:
    place = stack(tmp_path / "env")
    (place.packages / "~riton-3.1.0.dist-info").mkdir()
    looked = looked_at(place)
    assert (looked.findings, looked.troubles) == ((), ())


NOT_COVERED = {
    "ROCm by its label": ("2.6.0+rocm6.2", "torch 2.6.0+rocm6.2 is a build that is not covered"),
    "NGC's": ("2.6.0a0+ecf3bae40a.nv25.1", "torch 2.6.0a0+ecf3bae40a.nv25.1 is a build that is not covered"),
    "a nightly": ("2.8.0.dev20250601+cu128", "torch 2.8.0.dev20250601+cu128 is no release, and not covered"),
}


@pytest.mark.parametrize(("version", "note"), NOT_COVERED.values(), ids=NOT_COVERED)
def test_what_is_not_covered_is_a_note_and_no_finding(tmp_path: Path, version: str, note: str) -> None:
    place = LaidOut(tmp_path / "env")
    place.put("torch", version, "nvidia-nccl-cu12==2.21.5")
    place.put("nvidia-nccl-cu12", "2.26.2")
    place.put("triton", "3.2.0")
    place.put("pytorch-triton-rocm", "3.2.0", files={"triton/__init__.py": b"# another's\n"})
    looked = looked_at(place)
    assert (looked.findings, looked.notes) == ((), (f"{place.prefix}: {note}",))


def test_rocm_by_torch_s_own_files_is_not_covered(tmp_path: Path) -> None:
    place = LaidOut(tmp_path / "env")
    place.put("torch", "2.6.0", files={"torch/version.py": b"__version__ = '2.6.0'\ncuda = None\nhip = '6.2.41'\n"})
    looked = looked_at(place)
    assert looked.notes == (f"{place.prefix}: torch 2.6.0 is built for hip, which is not covered",)
    assert looked.subject.tag == "hip"


SILENT = {
    "PyPI's torch with its label": ("2.6.0", "__version__ = '2.6.0+cu124'\ncuda = '12.4'\n"),
    "a labelled torch": ("2.6.0+cu126", "__version__ = '2.6.0+cu126'\ncuda = '12.6'\n"),
    "a CPU torch": ("2.6.0+cpu", "__version__ = '2.6.0+cpu'\ncuda = None\n"),
    "conda's torch, for a CUDA of its own": ("2.6.0", "__version__ = '2.6.0'\ncuda = '12.6'\n"),
    "a label of several parts": ("2.6.0+cpu.cxx11.abi", "__version__ = '2.6.0+cpu.cxx11.abi'\ncuda = None\n"),
    "a release that no fact names": ("99.0.0", "__version__ = '99.0.0+cu990'\ncuda = '99.0'\n"),
    "a file that says little": ("2.6.0+cu124", "__version__ = '2.6.0'\n"),
    "a file that says nothing": ("2.6.0", "cuda = '11.8'\n"),
}


@pytest.mark.parametrize(("version", "said"), SILENT.values(), ids=SILENT)
def test_equal_builds_of_torch_are_silent(tmp_path: Path, version: str, said: str) -> None:
    place = LaidOut(tmp_path / "env")
    place.put("torch", version, files={"torch/version.py": said.encode()})
    assert looked_at(place).findings == ()


LOUD = {
    "another label": ("2.6.0+cu126", "__version__ = '2.6.0+cu124'\ncuda = '12.4'\n", "2.6.0+cu124"),
    "another release": ("2.6.0", "__version__ = '2.7.1+cu126'\ncuda = '12.6'\n", "2.7.1+cu126"),
    "a CPU build": ("2.6.0", "__version__ = '2.6.0+cpu'\ncuda = None\n", "2.6.0+cpu"),
    "another toolkit without a label": (
        "2.6.0+cu126",
        "__version__ = '2.6.0'\ncuda = '12.4'\n",
        "2.6.0, built for cu124",
    ),
}


@pytest.mark.parametrize(("version", "said", "shown"), LOUD.values(), ids=LOUD)
def test_torch_s_files_of_another_build_are_told(tmp_path: Path, version: str, said: str, shown: str) -> None:
    place = LaidOut(tmp_path / "env")
    place.put("torch", version, files={"torch/version.py": said.encode()})
    (finding,) = looked_at(place).findings
    assert finding.rule.id == "SP203"
    assert finding.message.startswith(f"torch's files are those of {shown}; its metadata says {version}")


def test_the_environments_of_a_root_are_looked_at_in_there(tmp_path: Path) -> None:
    root = tmp_path / "image"
    place = stack(root / "opt" / "venv")
    place.put("nvidia-nccl-cu12", "2.26.2")
    version = place.packages / "torch" / "version.py"
    version.unlink()
    version.symlink_to("/data/version.py")  # means the image's, where there is none
    stack(root / "srv" / "other")
    jobs, troubles = environments_in_root(root)
    assert troubles == ()
    looked = [look_at(environment, FACTS, job) for environment, job in jobs]
    assert [each.subject.path for each in looked] == [f"{root}/opt/venv", f"{root}/srv/other"]
    assert [each.subject.torch_label for each in looked] == ["", "2.6.0+cu124"]
    assert [[finding.rule.id for finding in each.findings] for each in looked] == [["SP105"], []]
    command = "uv pip install --python /opt/venv nvidia-nccl-cu12==2.21.5"
    assert looked[0].findings[0].fix.command == command


def test_files_that_are_links_into_a_cache_are_read_in_the_root(tmp_path: Path) -> None:
    """As with uv's ``--link-mode symlink``: the files of a distribution are absolute links."""
    root = tmp_path / "image"
    place = stack(root / "opt" / "venv")
    for file in list(place.packages.rglob("*")):
        if file.is_file():
            kept = root / "cache" / file.relative_to(place.packages)
            kept.parent.mkdir(parents=True, exist_ok=True)
            file.rename(kept)
            file.symlink_to(f"/cache/{file.relative_to(place.packages)}")
    ((environment, job),), _ = environments_in_root(root)
    looked = look_at(environment, FACTS, job)
    assert (looked.findings, looked.troubles) == ((), ())
    assert looked.subject.torch_label == "2.6.0+cu124"
    assert len(looked.subject.mentions) == 16


def test_a_system_s_python_is_addressed_with_its_guard(tmp_path: Path) -> None:
    place = stack(tmp_path / "usr", virtual=False)
    place.put("nvidia-nccl-cu12", "2.26.2")
    (place.packages.parent / "EXTERNALLY-MANAGED").touch()
    (finding,) = looked_at(place).findings
    target = f"--python {place.prefix}/bin/python --break-system-packages"
    assert finding.fix.command == f"uv pip install {target} nvidia-nccl-cu12==2.21.5"


def test_a_target_folder_is_addressed_as_one(tmp_path: Path) -> None:
    place = stack(tmp_path / "env")
    place.put("nvidia-nccl-cu12", "2.26.2")
    looked = look_at(environment_of_folder(place.packages, "3.11"), FACTS, EnvironmentJob(shown="vendored"))
    assert looked.findings[0].fix.command == "uv pip install --target vendored nvidia-nccl-cu12==2.21.5"
