"""``stackpin abi`` on wheel files, addresses and what is installed: read on the spot, nothing imported."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from tests.support.elf_files import Recipe, Symbol, elf_bytes
from tests.support.index_server import IndexServer
from tests.support.wheels import wheel_bytes, wheel_name

from stackpin.cli.main import cli, main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__: list[str] = []

#: Of the catalog's torch 2.6.0 the first is exported, the second is not: std::string is of the new ABI in it.
OLD = "_ZN3c106detail14torchCheckFailEPKcS2_jRKSs"
NEW = "_ZN3c106detail14torchCheckFailEPKcS2_jRKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"
TAG = "cp310-abi3-manylinux_2_17_x86_64"


def needing(*names: str, weak: tuple[str, ...] = ()) -> bytes:
    symbols = [Symbol(name, defined=False) for name in (*names, "memcpy")]
    return elf_bytes(Recipe(symbols=(*symbols, *(Symbol(name, defined=False, weak=True) for name in weak))))


def having(*names: str, hashes: tuple[str, ...] = ("gnu_hash",)) -> bytes:
    return elf_bytes(Recipe(symbols=tuple(map(Symbol, names)), hashes=hashes))


def wheel(folder: Path, name: str, version: str, **objects: bytes) -> Path:
    """A wheel on the disk; ``__`` in a keyword stands for a slash, ``_so`` at its end for ``.so``."""
    path = folder / wheel_name(name, version, TAG)
    path.write_bytes(wheel_bytes(name, version, tag=TAG, members={_place(key): raw for key, raw in objects.items()}))
    return path


def install(place: Path, name: str, version: str, *, record: bool = True, **objects: bytes) -> None:
    """Lay a distribution out in an environment as pip does."""
    packages = place / "lib" / "python3.11" / "site-packages"
    described = packages / f"{name}-{version}.dist-info"
    described.mkdir(parents=True)
    (place / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.7\n", encoding="utf-8")
    rows = [f"{name}/__init__.py,,"]
    for key, raw in objects.items():
        path = packages / _place(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
        rows.append(f"{_place(key)},sha256=x,{len(raw)}")
    if record:
        (described / "RECORD").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _place(key: str) -> str:
    return key.replace("__", "/").removesuffix("_so") + ".so"


def ask(*words: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit code and the answers."""
    done = CliRunner().invoke(cli, ["abi", "--json", *words])
    return done.exit_code, json.loads(done.stdout)["answers"]


def verdicts(*words: str) -> list[tuple[str, str | None]]:
    return [(answer["subject"], answer["verdict"]) for answer in ask(*words)[1]]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An environment with a torch, a kernel that fits it, one that does not, and one that is none."""
    home = tmp_path / "env"
    install(home, "torch", "9.0", torch__lib__libc10_so=having(OLD), torch__lib__libtorch_cpu_so=having("memset"))
    install(home, "good", "1.0", good__ops_so=needing(OLD, weak=(NEW,)))
    install(home, "bad", "2.0", bad__ops_so=needing(OLD), bad__more_so=needing(NEW))
    install(home, "plain", "3.0", plain__ops_so=needing())
    return home


def test_a_wheel_is_judged_with_a_torch_of_the_catalog(tmp_path: Path) -> None:
    good, bad = wheel(tmp_path, "good", "1.0", a_so=needing(OLD)), wheel(tmp_path, "bad", "1.0", a_so=needing(NEW))
    assert ask(str(good), "torch==2.6.0")[0] == 0
    code, (answer,) = ask(str(bad), "torch==2.6.0")
    assert (code, answer["verdict"], [each["symbol"] for each in answer["missing"]]) == (1, "MISFIT", [NEW])
    assert answer["kernel"]["file"] == bad.name


def test_the_torches_around_a_wheel_are_shown(tmp_path: Path) -> None:
    found = ask(str(wheel(tmp_path, "demo", "1.0", a_so=needing(NEW))))[1][0]
    assert found["verdict"] is None
    assert "2.7.1" in found["torches"]
    assert "2.6.0" not in found["torches"]


def test_both_sides_may_be_wheels(tmp_path: Path) -> None:
    torch = wheel(tmp_path, "torch", "9.0", torch__lib__libc10_so=having(OLD))
    kernels = [wheel(tmp_path, name, "1.0", a_so=needing(symbol)) for name, symbol in (("good", OLD), ("bad", NEW))]
    assert verdicts(*map(str, kernels), str(torch)) == [
        ("good 1.0 with torch 9.0", "NOT REFUTED"),
        ("bad 1.0 with torch 9.0", "MISFIT"),
    ]


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as opened:
        yield opened


def test_an_address_is_read_by_ranges(tmp_path: Path, server: IndexServer) -> None:
    path = wheel(tmp_path, "demo", "1.0", a_so=needing(NEW))
    server.add(path.name, path.read_bytes())
    assert verdicts(f"{server.root}/files/{path.name}", "torch==2.6.0") == [("demo 1.0 with torch 2.6.0", "MISFIT")]


def test_an_environment_alone_is_judged_whole(place: Path) -> None:
    code, answers = ask("--env", str(place))
    assert code == 1
    assert [(answer["subject"], answer["verdict"]) for answer in answers] == [
        ("bad 2.0 with torch 9.0", "MISFIT"),
        ("good 1.0 with torch 9.0", "NOT REFUTED"),
    ]


def test_a_name_is_what_is_installed_under_it(place: Path) -> None:
    assert verdicts("--env", str(place), "good", "plain") == [
        ("good 1.0 with torch 9.0", "NOT REFUTED"),
        ("plain 3.0 with torch 9.0", "UNKNOWN"),
    ]


def test_a_wheel_is_judged_with_the_installed_torch_before_it_is_installed(place: Path, tmp_path: Path) -> None:
    path = wheel(tmp_path, "demo", "1.0", a_so=needing(NEW))
    assert verdicts(str(path), "--env", str(place)) == [("demo 1.0 with torch 9.0", "MISFIT")]


def test_an_installed_kernel_is_judged_with_another_torch(place: Path) -> None:
    assert verdicts("bad", "torch==2.7.1", "--env", str(place))[0][1] == "MISFIT"
    assert verdicts("good", "torch==2.6.0", "--env", str(place))[0][1] == "NOT REFUTED"


def test_a_release_of_the_catalog_is_judged_with_the_installed_torch(place: Path) -> None:
    assert verdicts("sgl-kernel==0.1.4", "--env", str(place)) == [("sgl-kernel 0.1.4 with torch 9.0", "MISFIT")]


def test_a_distribution_without_a_record_is_unknown(place: Path) -> None:
    install(place, "lost", "1.0", record=False, lost__ops_so=needing(NEW))
    code, (answer,) = ask("lost", "--env", str(place))
    assert (code, answer["verdict"]) == (0, "UNKNOWN")
    assert answer["why"].startswith("what a distribution has installed cannot be told")


def test_a_damaged_kernel_is_told_and_the_others_are_judged(place: Path) -> None:
    install(place, "hurt", "1.0", hurt__ops_so=needing(OLD)[:90])
    code, answers = ask("--env", str(place))
    found = {answer["subject"].partition(" ")[0]: answer for answer in answers}
    assert (code, {name: answer["verdict"] for name, answer in found.items()}) == (
        1,
        {"bad": "MISFIT", "good": "NOT REFUTED", "hurt": "UNKNOWN"},
    )
    assert "cut" in found["hurt"]["why"]
    assert "hurt/ops.so" in found["hurt"]["why"]


def test_a_damaged_torch_is_one_clear_error_that_names_the_file(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = place / "lib" / "python3.11" / "site-packages" / "torch" / "lib" / "libc10.so"
    library.write_bytes(library.read_bytes()[:90])
    with pytest.raises(SystemExit, match="15"):
        main(["abi", "--env", str(place)])
    error = capsys.readouterr().err
    assert f"{library.parents[2]}, torch/lib/libc10.so, " in error


def test_a_wheel_with_a_damaged_library_names_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = wheel(tmp_path, "demo", "1.0", a_so=needing(OLD)[:90])
    with pytest.raises(SystemExit, match="15"):
        main(["abi", str(path), "torch==2.6.0"])
    assert f"{path}, a.so, " in capsys.readouterr().err


def test_what_the_record_names_and_is_gone_is_passed_over(place: Path) -> None:
    (place / "lib" / "python3.11" / "site-packages" / "bad" / "more.so").unlink()
    assert verdicts("bad", "--env", str(place))[0][1] == "NOT REFUTED"


CASES = {
    "torch is not installed": (("--env", "{empty}"), 2, "torch is not installed there"),
    "a name that is not installed": (("nosuch", "--env", "{place}"), 2, "nosuch is not installed there"),
    "no environment": (("--env", "{nowhere}"), 16, "no Python environment"),
    "two environments": (("--env", "{place}", "--python", "{place}"), 2, "--python and --env both name"),
    "nothing": ((), 2, "nothing to judge was named"),
    "no wheel's name": (("./odd.whl",), 2, "names no wheel"),
    "a file that is not there": (("./demo-1.0-py3-none-any.whl",), 15, "cannot be read"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_cannot_be_judged_is_one_clear_error(
    case: tuple[tuple[str, ...], int, str], place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words, code, text = case
    empty = tmp_path / "empty"
    install(empty, "other", "1.0")
    told = [word.format(place=place, empty=empty, nowhere=tmp_path / "nowhere") for word in words]
    with pytest.raises(SystemExit) as ended:
        main(["abi", *told])
    assert ended.value.code == code
    error = capsys.readouterr().err
    assert error.count("error:") == 1
    assert text in error


@pytest.mark.parametrize("content", [b"", b"PK\3\4 and no more", b"no zip at all" * 99], ids=["empty", "cut", "none"])
def test_a_damaged_wheel_is_one_clear_error(content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / wheel_name("demo", "1.0", TAG)
    path.write_bytes(content)
    with pytest.raises(SystemExit, match="15"):
        main(["abi", str(path), "torch==2.6.0"])
    assert str(path) in capsys.readouterr().err


def test_a_torch_without_a_hash_table_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "env"
    install(home, "torch", "9.0", torch__lib__libc10_so=having(OLD, hashes=("hash",)))
    install(home, "good", "1.0", good__ops_so=needing(OLD))
    with pytest.raises(SystemExit, match="15"):
        main(["abi", "--env", str(home)])
    assert "no GNU hash table" in capsys.readouterr().err
