"""RECORD: the first parts of its paths, the rows that are asked for, and whether it breaks off."""

from __future__ import annotations

import pytest

from stackpin.model.installed import Recorded
from stackpin.parse.record import is_cut, recorded, recorded_tops

__all__: list[str] = []

#: As uv writes one, with a module, a script, a name with a comma, one that is no UTF-8, and rows without a hash.
RECORD = (
    b"../../../bin/demo,sha256=AA,10\n"
    b"demo/__init__.py,sha256=BB,0\n"
    b'"demo/one,two.py",sha256=CC,7\n'
    b"demo/caf\xe9.py,sha256=DD,8\n"
    b"demo/__pycache__/a.pyc,,\n"
    b"demo/old.py,md5=EE,9\n"
    b"demo_single.py,sha256=FF,11\r\n"
    b"other/x.py,sha256=GG,x\n"
    b"demo-1.0.dist-info/RECORD,,\n"
)


def test_the_first_parts_of_all_paths_are_told() -> None:
    assert recorded_tops(RECORD) == {b"..", b"demo", b"other", b"demo-1.0.dist-info"}


def test_rows_are_read_below_the_parts_asked_for_alone() -> None:
    assert recorded(RECORD, {b"demo"}) == {
        b"demo/__init__.py": Recorded("BB", 0),
        b"demo/one,two.py": Recorded("CC", 7),
        b"demo/caf\xe9.py": Recorded("DD", 8),
        b"demo/__pycache__/a.pyc": Recorded("", -1),
        b"demo/old.py": Recorded("", 9),
    }


def test_a_size_that_is_none_is_not_known() -> None:
    assert recorded(RECORD, {b"other"}) == {b"other/x.py": Recorded("GG", -1)}
    assert recorded(b"other/x.py,sha256=GG," + b"9" * 5000 + b"\n", {b"other"}) == {b"other/x.py": Recorded("GG", -1)}


def test_a_module_is_no_package() -> None:
    assert recorded_tops(b"six.py,sha256=AA,1\nsix/x.py,,\n") == {b"six"}


@pytest.mark.parametrize(
    ("content", "cut"),
    [
        pytest.param(RECORD, False, id="whole"),
        pytest.param(RECORD.rstrip(b"\n"), False, id="no end of the last line"),
        pytest.param(RECORD + b"\n\n", False, id="empty lines at the end"),
        pytest.param(b"", True, id="empty"),
        pytest.param(b"\n", True, id="an empty line"),
        pytest.param(RECORD[:-3], True, id="a field is missing"),
        pytest.param(RECORD[: RECORD.index(b"=FF")], True, id="within a hash"),
        pytest.param(b"\0\0\0\0", True, id="no RECORD at all"),
    ],
)
def test_a_record_that_breaks_off_is_cut(content: bytes, cut: bool) -> None:
    assert is_cut(content) is cut


@pytest.mark.parametrize(
    "content",
    [
        b"demo/" * 200_000,
        b'"' * 100_000,
        b"d" * 5_000_000,
        b"a/b,,\n" * 300_000,
        b"\r\n" * 1_000_000,
        b"demo/a,b,c,d,e\n" * 3,
        b"\xff\xfe,,\n",
    ],
)
def test_any_bytes_are_read(content: bytes) -> None:
    assert all(isinstance(row, Recorded) for row in recorded(content, recorded_tops(content)).values())
