"""``catalog update --abi`` and ``stackpin abi`` on wheels whose shared objects are made here, on a local index."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from tests.support.catalog_desk import HASTY, LINUX, Desk
from tests.support.elf_files import Recipe, Symbol, elf_bytes
from tests.support.wheels import wheel_bytes, wheel_name

from stackpin.app.abi_update import update_abi
from stackpin.catalog.abi_rows import dump_abi, load_abi
from stackpin.catalog.loader import Catalog
from stackpin.cli.main import cli, main
from stackpin.errors import CatalogDamaged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.support.index_server import IndexServer

    from stackpin.app.abi_update import AbiUpdated

__all__: list[str] = []

#: A fat binary of nvcc's; the file beside it says for which GPUs.
FIVE = (Path(__file__).resolve().parents[2] / "data" / "fatbin" / "five.fatbin").read_bytes()
PLAIN, STRING = "_ZNK3c1010TensorImpl4sizeEl", "_ZN3c105ErrorC2ENS_14SourceLocationESs"
NEW = "_ZN3c105ErrorC2ENS_14SourceLocationENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"
RULES = 'symbols = "0"\n\n'


def put(index: IndexServer, name: str, version: str, objects: dict[str, bytes], tag: str = LINUX) -> str:
    """A wheel with shared objects on the index; returns its file name."""
    file = wheel_name(name, version, tag)
    index.add(file, wheel_bytes(name, version, tag=tag, members=objects))
    return file


def kernel(*needs: str, weak: Iterable[str] = (), libraries: tuple[str, ...] = ("libcudart.so.12",)) -> bytes:
    symbols = [Symbol(name, defined=False) for name in (*needs, "memcpy")]
    symbols += [Symbol(name, defined=False, weak=True) for name in weak]
    return elf_bytes(Recipe(symbols=(*symbols, Symbol("PyInit_ops")), needed=libraries))


def torch(*exports: str) -> dict[str, bytes]:
    """The libraries of a torch, its strings moved to the end of the file as they are in real ones."""
    made = elf_bytes(Recipe(symbols=tuple(Symbol(name) for name in exports), moved=("dynstr",)))
    other = elf_bytes(Recipe(symbols=(Symbol("_ZN3c104cuda6deviceEv"),), needed=("libcudart.so.12",)))
    return {"torch/lib/libtorch_cpu.so": made, "torch/lib/libc10_cuda.so": other, "torch/lib/libgomp.so.1": other}


@pytest.fixture
def known(desk: Desk) -> Desk:
    """Two torches and three kernels, one of which has no shared object."""
    desk.cover(more=f"[packages.torch]\n{RULES}[packages.demo-kernel]\n{RULES}[packages.other]\n{RULES}")
    put(desk.index, "torch", "1.0", torch(PLAIN, STRING, "_ZN3c106detail14torchCheckFailEPKcS2_jRKSs"))
    put(desk.index, "torch", "2.0", torch(PLAIN, NEW))
    put(desk.index, "demo-kernel", "1.0", {"demo/ops.abi3.so": kernel(PLAIN, STRING, weak=["_ZN3c104goneEv"])})
    put(desk.index, "demo-kernel", "2.0", {"demo/ops.abi3.so": kernel(PLAIN, NEW), "demo.libs/libz.so.1": b"no ELF"})
    put(desk.index, "other", "1.0", {"other/data.txt": b"text"})
    return desk


def updated(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, gpus: bool = False) -> AbiUpdated:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return update_abi(directory=desk.folder, gpus=gpus, reporter=desk.notes, settings=HASTY)


def asked(desk: Desk, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["abi", *words], env={"STACKPIN_CATALOG": str(desk.folder), "NO_COLOR": "1"})
    return done.exit_code, done.output


def test_an_update_reads_what_kernels_need_and_torches_export(
    known: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    report = updated(known, monkeypatch, tmp_path)
    assert (report.read, report.kernels, report.torches) == (4, 2, 2)
    assert [(row.name, row.version, row.why) for row in report.unread] == [
        ("other", "1.0", "its wheel has no shared object")
    ]
    tables = load_abi((known.folder / "abi.json.z").read_bytes())
    assert tables.symbols == tuple(sorted((PLAIN, STRING, NEW)))
    first, second = tables.kernels("demo-kernel")
    assert (first.needs, first.cxx11_abi, first.cuda_majors) == ((frozenset({PLAIN, STRING}),), False, (12,))
    assert (second.needs, second.cxx11_abi) == ((frozenset({PLAIN, NEW}),), True)
    old, new = tables.torches()
    assert (old.exports, old.cxx11_abi, old.cuda_major) == (frozenset({PLAIN, STRING}), False, 12)
    assert (new.exports, new.cxx11_abi) == (frozenset({PLAIN, NEW}), None)
    manifest = json.loads((known.folder / "manifest.json").read_bytes())
    assert "abi.json.z" in manifest["files"]


def test_what_is_known_is_not_read_again(known: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    updated(known, monkeypatch, tmp_path)
    before = (known.folder / "abi.json.z").read_bytes()
    known.index.requests.clear()
    report = updated(known, monkeypatch, tmp_path)
    assert (report.read, (known.folder / "abi.json.z").read_bytes()) == (0, before)
    fetched = {request.path for request in known.index.requests if request.path.startswith("/files/")}
    assert fetched == {f"/files/{wheel_name('other', '1.0', LINUX)}"}


def test_an_update_of_one_package_keeps_what_is_told_of_the_others(
    known: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    updated(known, monkeypatch, tmp_path)
    before = (known.folder / "abi.json.z").read_bytes()
    update_abi(directory=known.folder, packages=["demo-kernel"], reporter=known.notes, settings=HASTY)
    assert (known.folder / "abi.json.z").read_bytes() == before


def test_a_new_kernel_asks_the_remembered_torches(known: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    updated(known, monkeypatch, tmp_path)
    name = "_ZN3c106detail14torchCheckFailEPKcS2_jRKSs"
    put(known.index, "demo-kernel", "3.0", {"demo/ops.abi3.so": kernel(name)})
    assert updated(known, monkeypatch, tmp_path).read == 1
    tables = load_abi((known.folder / "abi.json.z").read_bytes())
    assert [name in row.exports for row in tables.torches()] == [True, False]
    assert [name in row.asked for row in tables.torches()] == [True, True]


def code(desk: Desk) -> dict[str, tuple[str, ...] | None]:
    """What the catalog knows of the GPU code of each release."""
    tables = load_abi((desk.folder / "abi.json.z").read_bytes())
    kernels = {f"{row.read.name} {row.read.version}": row.architectures for row in tables.kernels()}
    return kernels | {f"torch {row.read.version}": row.architectures for row in tables.torches()}


def test_the_gpus_that_wheels_have_code_for_are_read_where_asked_for_and_once(
    known: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put(known.index, "demo-kernel", "3.0", {"demo/a.so": kernel(PLAIN) + FIVE, "demo/b.so": kernel() + b"x" * 99})
    put(known.index, "torch", "3.0", {**torch(PLAIN), "torch/lib/libtorch_cuda.so": kernel() + FIVE})
    updated(known, monkeypatch, tmp_path)
    assert set(code(known).values()) == {None}, "nobody looked"
    report = updated(known, monkeypatch, tmp_path, gpus=True)
    made = ("compute_120", "sm_80", "sm_90a", "sm_100f", "sm_120")
    assert report.read == 6
    assert code(known) == {
        "demo-kernel 1.0": (),
        "demo-kernel 2.0": (),
        "demo-kernel 3.0": made,
        "torch 1.0": (),
        "torch 2.0": (),
        "torch 3.0": made,
    }
    assert updated(known, monkeypatch, tmp_path, gpus=True).read == 0
    put(known.index, "demo-kernel", "4.0", {"demo/ops.abi3.so": kernel("_ZN3c103newEv")})
    updated(known, monkeypatch, tmp_path)
    assert code(known)["torch 3.0"] == made, "a torch that is asked for more symbols keeps what was read of its code"


def test_each_page_is_asked_for_once_and_a_wheel_that_is_damaged_further_on_costs_its_own_row_only(
    known: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The front of its shared object is sound, so that its symbols are read; the rest does not inflate."""
    file = wheel_name("demo-kernel", "3.0", LINUX)
    put(known.index, "demo-kernel", "3.0", {"demo/a.so": kernel(PLAIN) + random.Random(1).randbytes(3_000_000)})
    content = bytearray(known.index.files[file].content)
    middle = content.index(b"PK\1\2") - 1000
    content[middle : middle + 200] = b"\xff" * 200
    known.index.add(file, bytes(content))
    updated(known, monkeypatch, tmp_path, gpus=True)
    assert (code(known)["demo-kernel 3.0"], code(known)["demo-kernel 2.0"]) == (None, ())
    assert [note for note in known.notes.notes if file in note and "GPU code" in note]
    assert len(known.index.paths("/simple/demo-kernel")) == 1


def test_a_row_from_before_what_wheels_write_was_read_is_read_again_and_keeps_its_code(
    known: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    updated(known, monkeypatch, tmp_path)
    path = known.folder / "abi.json.z"
    tables = load_abi(path.read_bytes())
    old = [row.__replace__(writes=(), architectures=("sm_80",)) for row in tables.kernels()]
    path.write_bytes(dump_abi(tables.torches(), old, tables.unread()))
    assert updated(known, monkeypatch, tmp_path).read == 2
    rows = load_abi(path.read_bytes()).kernels()
    assert [(row.architectures, row.writes) for row in rows] == [
        (("sm_80",), ("demo",)),
        (("sm_80",), ("demo", "demo.libs")),
    ]


def test_gpus_go_with_abi(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["stackpin", "catalog", "update", "--gpus"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "--gpus goes with --abi" in capsys.readouterr().err


def test_a_kernel_whose_file_is_damaged_is_unread_and_the_rest_goes_on(
    known: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put(known.index, "demo-kernel", "4.0", {"demo/ops.abi3.so": kernel(PLAIN)[:200]})
    report = updated(known, monkeypatch, tmp_path)
    assert ("demo-kernel", "4.0") in {(row.name, row.version) for row in report.unread}
    assert report.kernels == 2


def test_a_misfit_names_its_symbols_and_what_would_fit(
    known: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    updated(known, monkeypatch, tmp_path)
    code, text = asked(known, "demo-kernel==1.0", "torch==2.0")
    lines = text.splitlines()
    assert code == 1
    assert lines[:5] == [
        "demo-kernel 1.0 with torch 2.0: MISFIT",
        "  1 of 2 symbols are missing, so that the loader refuses it:",
        "    c10::Error::Error(c10::SourceLocation, std::string)",
        f"  read from {lines[3].split('read from ')[1]}",
        f"  read from {lines[4].split('read from ')[1]}",
    ]
    assert lines[5:] == [
        "  torch that is not refuted for demo-kernel 1.0: 1.0",
        "  demo-kernel that is not refuted for torch 2.0: 2.0",
    ]


def test_a_pair_that_is_not_refuted_ends_well(known: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    updated(known, monkeypatch, tmp_path)
    code, text = asked(known, "demo-kernel==2.0", "torch==2.0")
    assert code == 0
    assert text.startswith("demo-kernel 2.0 with torch 2.0: NOT REFUTED\n  2 symbols looked at, all of them there;")


def test_one_side_alone_shows_the_other(known: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    updated(known, monkeypatch, tmp_path)
    assert asked(known, "demo-kernel==1.0") == (
        0,
        "demo-kernel 1.0\n  torch that is not refuted for demo-kernel 1.0: 1.0\n",
    )
    assert asked(known, "torch==2.0") == (
        0,
        "demo-kernel with torch 2.0\n  demo-kernel that is not refuted for torch 2.0: 2.0\n",
    )


def test_json_has_every_symbol_and_the_evidence(known: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    updated(known, monkeypatch, tmp_path)
    code, text = asked(known, "demo-kernel==1.0", "torch==2.0", "--json")
    (answer,) = json.loads(text)["answers"]
    assert (code, answer["verdict"], answer["looked_at"]) == (1, "MISFIT", 2)
    assert answer["missing"] == [{"symbol": STRING, "name": "c10::Error::Error(c10::SourceLocation, std::string)"}]
    assert answer["kernel"]["file"] == wheel_name("demo-kernel", "1.0", LINUX)
    assert len(answer["kernel"]["sha256"]) == 64


def test_a_release_without_binaries_is_unknown_and_says_why(
    known: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    updated(known, monkeypatch, tmp_path)
    assert asked(known, "other==1.0", "torch==2.0") == (
        0,
        "other 1.0 with torch 2.0: UNKNOWN\n  its wheel has no shared object\n",
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("demo-kernel",), 2, "'demo-kernel' names no release"),
        (("demo-kernel==1.*",), 2, "'demo-kernel==1.*' names more than one release"),
        (("torch==1.0", "torch==2.0"), 2, "torch is named more than once"),
        (("demo-kernel==9.0", "torch==2.0"), 13, "the catalog has no symbols of demo-kernel 9.0"),
        (("demo-kernel==1.0", "torch==9.0"), 13, "the catalog has no symbols of torch 9.0 for x86_64"),
    ],
)
def test_what_cannot_be_judged_is_told(
    words: tuple[str, ...], code: int, said: str, known: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    updated(known, monkeypatch, tmp_path)
    monkeypatch.setenv("STACKPIN_CATALOG", str(known.folder))
    monkeypatch.setattr("sys.argv", ["stackpin", "abi", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code


def test_a_cut_file_of_symbols_says_what_brings_it_back_and_that_does(
    known: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    updated(known, monkeypatch, tmp_path)
    path = known.folder / "abi.json.z"
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    with pytest.raises(CatalogDamaged) as caught:
        Catalog.open(known.folder).file("abi.json.z")
    assert caught.value.hint == "reinstall stackpin, or run stackpin catalog update --abi"
    updated(known, monkeypatch, tmp_path)
    assert path.read_bytes() == whole
