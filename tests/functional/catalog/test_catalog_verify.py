"""``catalog verify``: reads the sources again, and any difference is a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.catalog_desk import HASTY, LINUX
from tests.support.index_server import IndexServer
from tests.support.wheels import cut, wheel_bytes, wheel_name

from stackpin.app.catalog import VerifyReport, seal, verify
from stackpin.errors import CatalogDamaged, IndexFailed

if TYPE_CHECKING:
    from tests.support.catalog_desk import Desk


def run(desk: Desk, sample: int | None = None) -> VerifyReport:
    return verify(directory=desk.folder, sample=sample, settings=HASTY)


@pytest.fixture
def filled(desk: Desk) -> Desk:
    for number in range(5):
        desk.release(f"1.{number}", requires=("torch==2.6.0",))
    desk.update()
    desk.index.forget()
    return desk


def test_an_honest_catalog_has_no_difference(filled: Desk) -> None:
    report = run(filled)
    assert (report.compared, report.releases, report.differences) == (5, 5, ())
    assert filled.index.paths("/simple/") == ["/simple/demo/"]


def test_a_sample_reads_as_many_and_the_same_ones_on_the_same_day(
    filled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wheels_read(epoch: int) -> list[str]:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(epoch))
        filled.index.forget()
        assert run(filled, sample=2).compared == 2
        return sorted(path for path in filled.index.paths(".whl") if not path.endswith(".metadata"))

    first = wheels_read(1_735_689_600)
    assert len(first) == 2
    assert wheels_read(1_735_689_700) == first
    assert len({tuple(wheels_read(1_735_689_600 + day * 86_400)) for day in range(6)}) > 1


def test_an_altered_row_is_found_although_the_manifest_was_sealed_over_it(filled: Desk) -> None:
    path = filled.folder / "releases" / "demo.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    lines[2] = lines[2].replace("torch==2.6.0", "torch==2.7.0")
    path.write_text("".join(lines))
    seal(filled.folder)
    (found,) = run(filled).differences
    assert (found.package, found.version, found.field) == ("demo", "1.2", "requires")
    assert (found.catalog, found.source) == ("('torch==2.7.0',)", "('torch==2.6.0',)")


def test_every_kind_of_change_at_the_source_is_a_difference(filled: Desk) -> None:
    name = wheel_name("demo", "1.0", LINUX)
    filled.index.files[name].yanked = "bad"
    filled.release("1.1", requires=("torch==2.7.0",))
    filled.index.files.pop(wheel_name("demo", "1.2", LINUX))
    filled.release("1.3", tag="cp311-cp311-manylinux_2_28_x86_64")
    found = {(item.version, item.field) for item in run(filled).differences}
    assert found == {
        ("1.0", "yanked"),
        ("1.0", name),
        ("1.1", "metadata"),
        ("1.1", "requires"),
        ("1.1", wheel_name("demo", "1.1", LINUX)),
        ("1.2", "release"),
        ("1.3", wheel_name("demo", "1.3", "cp311-cp311-manylinux_2_28_x86_64")),
    }


def test_a_project_that_the_index_dropped_is_a_difference(filled: Desk) -> None:
    filled.index.files.clear()
    differences = run(filled).differences
    assert [(item.version, item.source) for item in differences] == [
        (f"1.{number}", "not on the index") for number in range(5)
    ]


def test_rows_of_a_vendor_index_are_read_from_there(filled: Desk) -> None:
    with IndexServer() as vendor:
        vendor.add(wheel_name("demo", "1.0+cu126", LINUX), wheel_bytes("demo", "1.0+cu126", tag=LINUX))
        filled.update(index_url=vendor.url)
        vendor.forget()
        assert run(filled).differences == ()
        assert vendor.paths("/simple/") == ["/simple/demo/"]


def test_a_source_that_fails_is_an_error_and_no_difference(filled: Desk) -> None:
    filled.index.behaviour.statuses = {"/simple/": 500}
    with pytest.raises(IndexFailed) as caught:
        run(filled)
    assert caught.value.exit_code == 14


def test_a_cut_file_is_told_before_anything_is_asked(filled: Desk) -> None:
    path = filled.folder / "releases" / "demo.jsonl"
    path.write_bytes(cut(path.read_bytes()))
    with pytest.raises(CatalogDamaged) as caught:
        run(filled)
    assert caught.value.exit_code == 13
    assert filled.index.requests == []
