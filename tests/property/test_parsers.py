"""Parsers of what people write: a value or an error of ours, nothing else."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from tests.property.strategies import TEXTS, locked_tuples, tables
from tests.support.locked import sglang_cu124
from tests.support.uv_locks import DATA

from stackpin.catalog.stacks import user_stack
from stackpin.check.pylock import pylock_faults
from stackpin.check.uv_lock import lock_faults
from stackpin.cli.render import error_document, error_text
from stackpin.errors import StackpinError
from stackpin.model.cuda import cuda_order, parse_cuda_tag, toolkit_of
from stackpin.model.target import glibc_of_platform_tag, parse_platform
from stackpin.parse.pylock import parse_pylock
from stackpin.parse.requirement_file import parse_requirement_file, requirement_file_text
from stackpin.parse.settings import environment_settings, parse_table, table_settings
from stackpin.parse.uv_lock import parse_uv_lock

if TYPE_CHECKING:
    from stackpin.model.locked import LockedTuple

__all__: list[str] = []

KNOWN = {"cpu", "cu118", "cu124", "cu130"}


@given(TEXTS)
def test_a_tag_is_known_or_refused(text: str) -> None:
    with contextlib.suppress(StackpinError):
        assert parse_cuda_tag(text, KNOWN) in KNOWN


@given(TEXTS)
def test_a_refused_tag_can_be_shown(text: str) -> None:
    try:
        parse_cuda_tag(text, KNOWN)
    except StackpinError as error:
        shown = error_text(error), error_document(error)["error"]["exit_code"]
    else:
        shown = text, 2
    assert shown[1] == 2


@given(st.from_regex(r"cu[1-9]\d{2,3}", fullmatch=True))
def test_a_tag_and_its_toolkit_agree(tag: str) -> None:
    known = parse_cuda_tag(tag, {tag})
    assert toolkit_of(known).replace(".", "") == tag[2:]
    assert cuda_order(known) > (0, 0)


@given(TEXTS)
def test_a_platform_is_one_or_refused(text: str) -> None:
    with contextlib.suppress(StackpinError):
        found = parse_platform(text)
        assert parse_platform(str(found)) == found


@given(TEXTS, st.sampled_from(["x86_64", "aarch64"]))
def test_any_platform_tag_of_a_wheel_is_judged(tag: str, machine: str) -> None:
    found = glibc_of_platform_tag(tag, machine)
    assert found is None or len(found) == 2


@given(tables())
def test_a_settings_table_is_settings_or_refused(table: dict[str, Any]) -> None:
    with contextlib.suppress(StackpinError):
        assert set(table_settings(table, "here").sources) <= set(table)


@given(tables())
def test_a_stack_table_is_a_stack_or_refused(table: dict[str, Any]) -> None:
    with contextlib.suppress(StackpinError):
        user_stack("mine", {"anchor": "x", **table}, "here")
    with contextlib.suppress(StackpinError):
        user_stack("mine", {"anchor": "x", "members": table.get("stack"), "extra": table.get("cuda")}, "here")


@given(st.binary(max_size=60) | TEXTS.map(str.encode), st.booleans())
def test_a_settings_file_is_a_table_or_refused(raw: bytes, own_file: bool) -> None:
    with contextlib.suppress(StackpinError):
        table, project = parse_table(raw, str(Path("here")), own_file=own_file)
        assert isinstance(table, dict)
        assert isinstance(project, dict)


@given(st.dictionaries(st.sampled_from(["STACKPIN_CUDA", "STACKPIN_MIRRORS", "STACKPIN_STACK"]), TEXTS))
def test_variables_are_settings_or_refused(environ: dict[str, str]) -> None:
    with contextlib.suppress(StackpinError):
        assert environment_settings(environ).cuda == environ.get("STACKPIN_CUDA", "")


#: Pieces of a lock file that fit and pieces that do not.
_LOCK_VALUES = st.sampled_from(
    """
    "torch" ; "2.6.0" ; 3 ; true ; [] ; {} ; ["x"] ; { name = "torch" } ; [{ name = "torch", marker = "x" }]
    [{ name = "torch", marker = "extra == 'a'", extra = ["y"] }] ; { registry = "https://x/whl/cu126" }
    { virtual = "." } ; { a = [{ name = "torch" }] } ; [{ url = "https://x/torch-1.whl" }] ; "sys_platform == 1"
    """.replace("\n", " ; ").split(" ; ")
)
_LOCK_KEYS = st.sampled_from(
    ["name", "version", "source", "dependencies", "resolution-markers", "wheels", "sdist", "optional-dependencies"]
)
_LOCK_TABLES = st.dictionaries(_LOCK_KEYS, _LOCK_VALUES, max_size=8).map(
    lambda table: "".join(f"{key} = {value}\n" for key, value in table.items())
)
_LOCKS = st.lists(_LOCK_TABLES, max_size=4).map(
    lambda tables: "version = 1\n" + "".join(f"[[package]]\n{table}" for table in tables)
)


@given(st.binary(max_size=60) | _LOCKS.map(str.encode), locked_tuples())
def test_a_lock_file_is_judged_or_refused(raw: bytes, locked: LockedTuple) -> None:
    with contextlib.suppress(StackpinError):
        lock_faults(parse_uv_lock(raw), locked, pythons=["3.11"])


@given(st.sampled_from(sorted(DATA.glob("*/uv-*.lock"))), st.data())
def test_a_damaged_lock_file_is_judged_or_refused(path: Path, data: st.DataObject) -> None:
    raw = bytearray(path.read_bytes())
    start = data.draw(st.integers(0, len(raw) - 1))
    raw[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=8))
    with contextlib.suppress(StackpinError):
        lock_faults(parse_uv_lock(bytes(raw)), sglang_cu124(), pythons=["3.11"])


@given(st.sampled_from(sorted(DATA.glob("*/pylock"))), st.data())
def test_a_damaged_pylock_is_judged_or_refused(path: Path, data: st.DataObject) -> None:
    raw = bytearray(path.read_bytes())
    start = data.draw(st.integers(0, len(raw) - 1))
    raw[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=8))
    with contextlib.suppress(StackpinError):
        pylock_faults(parse_pylock(bytes(raw)), sglang_cu124(), pythons=["3.11"])


_WORDS = st.text(max_size=6) | st.sampled_from(
    [
        "torch[x]",
        "==2.6.0",
        "-r",
        "a.txt",
        "--hash=sha256:0",
        "-e",
        "./x",
        "@",
        "https://x/torch-1-py3-none-any.whl",
        *";'\\#-",
        "${X}",
        "file:",
        ".whl",
    ]
)


@given(st.text() | st.lists(_WORDS | st.just("\n")).map(" ".join), st.binary(max_size=20))
def test_any_text_is_a_requirements_file(text: str, raw: bytes) -> None:
    for each in (text, requirement_file_text(raw)):
        found = parse_requirement_file(each, {"X": "y"})
        numbers = [item[0] for group in (found.lines, found.nested, found.options) for item in group]
        assert all(1 <= number <= len(each.splitlines()) for number in numbers)
