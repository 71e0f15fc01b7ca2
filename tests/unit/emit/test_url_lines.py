"""Lines that name a file by address and hash: their markers, and the guard for every other Python."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement
from tests.support.locked import pin, sglang_cu124

from stackpin.emit.url_lines import python_guard, url_lines
from stackpin.model.build import WheelAddress

__all__: list[str] = []

URL = "https://index.example/torch-2.6.0-cp312-cp312-linux_x86_64.whl"
SHA256 = "ab" * 32
#: The tuple is for Python 3.10 to 3.12 on x86_64.
HERE = 'sys_platform == "linux" and platform_machine == "x86_64"'


@pytest.mark.parametrize(
    ("pythons", "anywhere", "marker"),
    [
        pytest.param(("3.12",), False, f'python_version == "3.12" and {HERE}', id="of one Python"),
        pytest.param(
            ("3.10", "3.11"), False, f'(python_version == "3.10" or python_version == "3.11") and {HERE}', id="of two"
        ),
        pytest.param(("3.10", "3.11", "3.12"), False, HERE, id="of all"),
        pytest.param(("3.10", "3.11", "3.12"), True, "", id="of all everywhere"),
    ],
)
def test_a_line_holds_where_its_wheel_fits(pythons: tuple[str, ...], anywhere: bool, marker: str) -> None:
    address = WheelAddress(url=URL, sha256=SHA256, pythons=pythons, anywhere=anywhere)
    (line,) = url_lines(pin("torch", "2.6.0"), [address], sglang_cu124())
    read = Requirement(line)
    assert (read.name, read.url) == ("torch", f"{URL}#sha256={SHA256}")
    assert str(read.marker or "") == marker


@pytest.mark.parametrize(("python", "closed"), [("3.9", True), ("3.10", False), ("3.12", False), ("3.13", True)])
def test_the_guard_closes_every_other_python(python: str, closed: bool) -> None:
    guard = Requirement(python_guard(sglang_cu124()))
    assert (str(guard.specifier), guard.name) == ("==0+stackpin.only.python.3.10.or.3.11.or.3.12", "torch")
    assert guard.marker is not None
    assert guard.marker.evaluate({"python_version": python}) is closed
