"""What of a pylock.toml breaks a tuple."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.support.hollow import HollowIndex
from tests.support.locked import sglang_cu124, sglang_cu126
from tests.support.uv_locks import DATA, PYLOCKS, UVS, make_pylock, mini_index

from stackpin.check.environment import describe
from stackpin.check.pylock import pylock_faults, pylock_holds_members
from stackpin.errors import InputUnreadable
from stackpin.parse.pylock import parse_pylock

if TYPE_CHECKING:
    from pathlib import Path

    from packaging.pylock import Pylock

__all__: list[str] = []

HEAD = 'lock-version = "1.0"\ncreated-by = "hand"\nextras = ["old"]\ndependency-groups = ["dev"]\n'


def hand(*packages: str, head: str = HEAD) -> Pylock:
    """A lock of packages that come from PyPI: ``name version; marker`` each."""
    text = head
    for line in packages:
        (name, version), marker = line.partition(";")[0].split(), line.partition(";")[2].strip()
        text += f'[[packages]]\nname = "{name}"\nversion = "{version}"\n' + (f'marker = "{marker}"\n' if marker else "")
        text += f'wheels = [{{ url = "https://x/{name}-{version}-py3-none-any.whl", hashes = {{ sha256 = "0" }} }}]\n'
    return parse_pylock(text.encode())


def told(lock: Pylock, **options: Any) -> list[str]:
    """The faults for Python 3.11 as people read them."""
    options.setdefault("pythons", ["3.11"])
    return [describe(each, state="locked") for each in pylock_faults(lock, sglang_cu124(), **options)]


def test_the_locks_of_uv_are_judged_as_its_own_format_is() -> None:
    assert told(parse_pylock((DATA / "forks" / "pylock").read_bytes()), pythons=["3.10", "3.12"]) == []
    assert told(parse_pylock((DATA / "indexes" / "pylock").read_bytes())) == [
        "torch 2.6.0+cu126 is locked; the tuple has torch 2.6.0, the build for cu124",
        "torchaudio 2.5.1 is locked; the tuple has torchaudio 2.6.0",
        "torchvision 0.21.0 built for cu118 is locked; the tuple has torchvision 0.21.0, the build for cu124",
    ]


def test_a_package_counts_where_its_marker_holds() -> None:
    lock = hand("triton 3.1.0; sys_platform == 'darwin'", "torch 2.5.1; python_full_version >= '3.11.4'")
    assert told(lock) == []
    assert told(lock, pythons=["3.11.9"]) == ["torch 2.5.1 is locked; sglang 0.4.6.post5 needs torch 2.6.0"]


def test_extras_and_groups_count_unless_others_are_selected() -> None:
    lock = hand("triton 3.1.0; 'old' in extras", "torch 2.5.1; 'dev' in dependency_groups")
    assert [line.split()[0] for line in told(lock)] == ["torch", "triton"]
    assert [line.split()[0] for line in told(lock, extras=[])] == ["torch"]
    assert told(lock, extras=[], groups=[]) == []


def test_a_lock_for_other_pythons_has_no_fault_here() -> None:
    assert told(hand("torch 2.5.1", head=HEAD + 'requires-python = ">=3.12"\n')) == []


def test_a_folder_or_a_file_is_named_as_where_the_member_comes_from() -> None:
    text = HEAD + '[[packages]]\nname = "torch"\ndirectory = { path = "../torch" }\n'
    assert told(parse_pylock(text.encode())) == ["torch from ../torch is locked; sglang 0.4.6.post5 needs torch 2.6.0"]
    text = HEAD + '[[packages]]\nname = "torch"\nversion = "2.6.0"\narchive = { url = "https://x/whl/cpu/torch-2.6.0-py3-none-any.whl", hashes = { sha256 = "0" } }\n'  # fmt: skip  # noqa: E501 - one TOML table
    assert told(parse_pylock(text.encode())) == [
        "torch 2.6.0 built for cpu is locked; the tuple has torch 2.6.0, the build for cu124"
    ]


def test_a_marker_that_compares_apples_with_versions_is_an_error() -> None:
    with pytest.raises(InputUnreadable) as raised:
        told(hand("torch 2.5.1; os_name ~= 'x'"))
    assert raised.value.got == 'os_name ~= "x"'


def test_a_lock_knows_whether_it_holds_members() -> None:
    assert pylock_holds_members(hand("torchaudio 1"), sglang_cu126())
    assert not pylock_holds_members(hand("numpy 1"), sglang_cu126())


@pytest.mark.real
@pytest.mark.parametrize("case", PYLOCKS)
def test_the_kept_locks_are_what_uv_exports(case: str, tool_folder: Path, tmp_path: Path) -> None:
    with HollowIndex() as index:
        root = mini_index(index)
        made = make_pylock(str(tool_folder / f"uv-{UVS[-1]}" / "bin" / "uv"), case, tmp_path, index, root)
    assert made == (DATA / case / "pylock").read_text()
