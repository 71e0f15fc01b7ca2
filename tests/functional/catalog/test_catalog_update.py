"""``catalog update`` against a real server: what is asked, what is written, and what a second run costs."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from tests.support.catalog_desk import LINUX
from tests.support.index_server import IndexServer
from tests.support.wheels import metadata_text, sdist_bytes, sdist_name, wheel_bytes, wheel_name

from stackpin.app.catalog import seal, status
from stackpin.errors import FileUnwritable, IndexFailed, UnknownName

if TYPE_CHECKING:
    from tests.support.catalog_desk import Desk

LARGE = 6 * 1024 * 1024


def test_a_row_has_all_that_page_and_metadata_say(desk: Desk) -> None:
    requires = ("torch (==2.6.0) ; platform_system == 'Linux'", 'Näme>=1; extra == "all"')
    file = desk.release("1.0", requires=requires)
    content = desk.index.files[file].content
    desk.update()
    text = metadata_text("demo", "1.0", requires=requires, requires_python=">=3.9", extras=("all",)).encode()
    line = (desk.folder / "releases" / "demo.jsonl").read_text()
    assert json.loads(line) == {
        "version": "1.0",
        "index": "pypi",
        "uploaded": "2025-01-02T03:04:05Z",
        "yanked": False,
        "requires_python": ">=3.9",
        "metadata": file,
        "metadata_sha256": sha256(text).hexdigest(),
        "requires": list(requires),
        "extras": ["all"],
        "files": [[file, len(content), sha256(content).hexdigest(), "2025-01-02T03:04:05Z"]],
    }
    assert line.endswith("}\n")
    assert "Näme" in line


def test_releases_come_sorted_by_version_and_old_ones_stay_out(desk: Desk) -> None:
    desk.cover("demo", more='first = "0.9"\nskip = "dev"\n')
    for version in ("1.10", "0.8", "1.9", "1.10rc1", "2.0.dev1", "1.10.post1"):
        desk.release(version)
    desk.update()
    assert [row.version for row in desk.rows()] == ["1.9", "1.10rc1", "1.10", "1.10.post1"]


def test_a_file_that_is_no_release_is_left_out_and_named(desk: Desk) -> None:
    desk.release("1.0")
    desk.index.add("demo-1.0-nightly.tar.gz", b"")
    desk.index.add("demo-broken.whl", b"")
    desk.index.add("demo-1.0.exe", b"")
    desk.update()
    assert [row.version for row in desk.rows()] == ["1.0"]
    odd = "demo-1.0-nightly.tar.gz, demo-broken.whl"
    assert desk.notes.notes == [f"demo: left out, no PEP 440 version or another project's: {odd}"]


def test_a_large_wheel_is_read_by_ranges_from_its_tail(desk: Desk) -> None:
    file = desk.release("1.0", requires=("torch==2.6.0",), padding=LARGE)
    desk.update()
    assert desk.rows()[0].source is not None
    assert [request.status for request in desk.index.requests if request.path == f"/files/{file}"] == [206]
    assert desk.index.sent < 200_000


def test_metadata_beside_the_wheel_is_taken_where_it_is_announced(desk: Desk) -> None:
    desk.index.behaviour.metadata = "announced"
    file = desk.release("1.0", requires=("torch==2.6.0",))
    desk.update()
    assert desk.index.paths() == ["/simple/demo/", f"/files/{file}.metadata"]
    source = desk.rows()[0].source
    assert source is not None
    assert source.requires == ("torch==2.6.0",)


def test_metadata_that_nobody_announced_is_tried_until_the_first_404(desk: Desk) -> None:
    for number in range(8):
        desk.release(f"1.{number}")
    desk.update()
    assert len(desk.index.paths(".metadata")) == 1
    assert len(desk.rows()) == 8


def test_metadata_that_nobody_announced_is_used_where_it_is_there(desk: Desk) -> None:
    desk.index.behaviour.metadata = "silent"
    for number in range(3):
        desk.release(f"1.{number}")
    desk.update()
    assert len(desk.index.paths(".metadata")) == 3
    assert len(desk.index.requests) == 4


def test_an_index_that_says_it_has_no_metadata_is_not_asked_for_it(desk: Desk) -> None:
    desk.index.behaviour.metadata = "absent"
    desk.release("1.0")
    desk.update()
    assert desk.index.paths(".metadata") == []


def test_an_html_index_gives_the_same_requirements_without_times(desk: Desk) -> None:
    file = desk.release("1.0", requires=("torch==2.6.0",))
    desk.update()
    from_json = desk.rows()[0]
    desk.index.behaviour.pages = "html"
    desk.update(refresh=True)
    row = desk.rows()[0]
    assert row.source == from_json.source
    assert row.uploaded is None
    assert [(item.name, item.sha256, item.size) for item in row.files] == [(file, from_json.files[0].sha256, None)]


def test_a_release_that_is_an_sdist_is_read_from_its_pkg_info(desk: Desk) -> None:
    info = metadata_text("demo", "1.0", requires=("torch",), format_version="2.2")
    desk.index.add(sdist_name("demo", "1.0"), sdist_bytes("demo", "1.0", info))
    desk.update()
    row = desk.rows()[0]
    assert row.source is not None
    assert (row.source.metadata, row.source.requires) == ("demo-1.0.tar.gz", ("torch",))


@pytest.mark.parametrize(
    ("pkg_info", "padding", "why"),
    [
        pytest.param(
            metadata_text("demo", "1.0"),
            0,
            "no wheel, and the sdist's PKG-INFO leaves its requirements open (PEP 643)",
            id="old metadata without requirements",
        ),
        pytest.param(None, LARGE, "no wheel, and an sdist that is not small", id="large"),
    ],
)
def test_an_sdist_that_cannot_tell_leaves_the_requirements_unknown(
    desk: Desk, pkg_info: str | None, padding: int, why: str
) -> None:
    desk.index.add(sdist_name("demo", "1.0"), sdist_bytes("demo", "1.0", pkg_info, padding=padding))
    desk.update()
    assert (desk.rows()[0].source, desk.rows()[0].why) == (None, why)


def test_the_aarch64_wheel_is_read_too_where_it_may_differ(desk: Desk) -> None:
    desk.cover("demo", more="variants = true\n")
    desk.release("1.0", requires=("triton==3.2.0",))
    desk.release("1.0", requires=("numpy",), tag="cp312-cp312-manylinux_2_28_aarch64")
    desk.release("1.1", requires=("triton==3.2.0",))
    desk.release("1.1", requires=("triton==3.2.0",), tag="cp312-cp312-manylinux_2_28_aarch64")
    desk.update()
    differs, same = desk.rows()
    assert [(machine, source.requires) for machine, source in differs.variants] == [("aarch64", ("numpy",))]
    assert same.variants == ()


def test_a_yanked_release_says_so_and_a_partly_yanked_one_names_the_file(desk: Desk) -> None:
    gone = desk.release("1.0")
    desk.index.files[gone].yanked = "broken on import"
    half = desk.release("1.1")
    desk.index.files[half].yanked = True
    desk.release("1.1", tag="cp311-cp311-manylinux_2_28_x86_64")
    desk.update()
    yanked, partly = desk.rows()
    assert (yanked.yanked, partly.yanked) == ("broken on import", False)
    assert [(item.name, item.yanked) for item in partly.files][1] == (half, True)
    assert partly.source is not None
    assert partly.source.metadata == wheel_name("demo", "1.1", "cp311-cp311-manylinux_2_28_x86_64")


def test_an_unchanged_project_costs_one_request_and_the_same_bytes_come_out(desk: Desk) -> None:
    for number in range(3):
        desk.release(f"1.{number}")
    desk.update()
    before = desk.everything()
    desk.index.forget()
    report = desk.update()
    assert desk.index.paths() == ["/simple/demo/"]
    assert desk.everything() == before
    assert (report.requests, report.projects[0].read, report.projects[0].changed) == (1, 0, False)


def test_two_fresh_updates_write_the_same_bytes(desk: Desk) -> None:
    for number in range(6):
        desk.release(f"1.{number}")
    desk.update()
    first = desk.everything()
    desk.update(refresh=True)
    assert desk.everything() == first


def test_validators_turn_an_unchanged_page_into_a_304(desk: Desk) -> None:
    desk.index.behaviour.validators = True
    desk.release("1.0")
    desk.update()
    before = desk.everything()
    desk.index.forget()
    desk.update()
    assert [(request.path, request.status, request.sent) for request in desk.index.requests] == [
        ("/simple/demo/", 304, 0)
    ]
    assert desk.everything() == before


def test_a_page_that_changed_is_read_although_there_were_validators(desk: Desk) -> None:
    desk.index.behaviour.validators = True
    desk.release("1.0")
    desk.update()
    desk.release("1.1")
    desk.index.forget()
    desk.update()
    assert [row.version for row in desk.rows()] == ["1.0", "1.1"]
    assert desk.index.paths("demo-1.0") == []


def test_validators_are_not_used_once_the_rows_or_the_rules_are_others(desk: Desk) -> None:
    desk.index.behaviour.validators = True
    desk.release("1.0")
    desk.release("1.1")
    desk.update()
    desk.cover("demo", more='first = "1.1"\n')
    desk.index.forget()
    desk.update()
    assert [request.status for request in desk.index.requests] == [200]
    assert [row.version for row in desk.rows()] == ["1.1"]


def test_a_release_that_was_yanked_since_costs_no_second_reading(desk: Desk) -> None:
    file = desk.release("1.0")
    desk.update()
    desk.index.files[file].yanked = "too slow"
    desk.index.forget()
    desk.update()
    assert desk.index.paths() == ["/simple/demo/"]
    assert desk.rows()[0].yanked == "too slow"


def test_a_release_with_another_digest_is_read_again(desk: Desk) -> None:
    desk.release("1.0", requires=("torch==2.6.0",))
    desk.update()
    desk.release("1.0", requires=("torch==2.7.0",))
    desk.update()
    source = desk.rows()[0].source
    assert source is not None
    assert source.requires == ("torch==2.7.0",)


def test_a_release_that_the_index_removed_leaves_the_catalog(desk: Desk) -> None:
    desk.release("1.0")
    file = desk.release("1.1")
    desk.update()
    desk.index.files.pop(file)
    desk.update()
    assert [row.version for row in desk.rows()] == ["1.0"]


def test_a_vendor_index_keeps_its_local_versions_and_its_address(desk: Desk) -> None:
    desk.release("1.0")
    desk.update()
    with IndexServer() as vendor:
        vendor.add(wheel_name("demo", "1.0+cu126", LINUX), wheel_bytes("demo", "1.0+cu126", tag=LINUX))
        desk.update(index_url=vendor.url)
        label = vendor.url.rstrip("/")
        assert [(row.version, row.index) for row in desk.rows()] == [("1.0", "pypi"), ("1.0+cu126", label)]
        desk.update()
        assert [row.version for row in desk.rows()] == ["1.0", "1.0+cu126"]


def test_a_vendor_index_need_not_have_every_project(desk: Desk) -> None:
    desk.cover("demo", "other")
    with IndexServer() as vendor:
        vendor.add(wheel_name("demo", "1.0+cu126", LINUX), wheel_bytes("demo", "1.0+cu126", tag=LINUX))
        report = desk.update(index_url=vendor.url)
    assert [(project.name, project.on_index) for project in report.projects] == [("demo", True), ("other", False)]


def test_the_manifest_names_digest_rows_and_serial_of_each_file(desk: Desk) -> None:
    desk.index.behaviour.serial = 4711
    desk.release("1.0")
    report = desk.update()
    content = (desk.folder / "releases" / "demo.jsonl").read_bytes()
    digest = sha256(content).hexdigest()
    over_all = sha256(f"releases/demo.jsonl {digest}\n".encode()).hexdigest()
    assert json.loads((desk.folder / "manifest.json").read_text()) == {
        "schema": 1,
        "date": report.date,
        "digest": f"sha256:{over_all}",
        "files": {"releases/demo.jsonl": {"sha256": digest, "rows": 1, "serial": "4711"}},
    }


def test_the_date_moves_only_with_the_digest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1735689600")
    desk.release("1.0")
    assert desk.update().date == "2025-01-01"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    assert desk.update().date == "2025-01-01"
    assert status(directory=desk.folder).age == 365
    desk.release("1.1")
    assert desk.update().date == "2026-01-01"


def test_sealing_takes_in_facts_and_changes_nothing_when_done_twice(desk: Desk) -> None:
    desk.release("1.0")
    desk.update()
    (desk.folder / "facts.json").write_text("{}")
    digest = seal(desk.folder)
    before = desk.everything()
    assert seal(desk.folder) == digest
    assert desk.everything() == before
    assert b'"facts.json"' in before["manifest.json"]


def test_only_the_named_packages_are_asked_for(desk: Desk) -> None:
    desk.cover("demo", "other")
    desk.release("1.0")
    desk.release("1.0", name="other")
    desk.update(packages=("Other",))
    assert desk.index.paths("/simple/") == ["/simple/other/"]


def test_a_package_that_the_list_names_no_more_is_taken_out(desk: Desk) -> None:
    desk.cover("demo", "other")
    desk.release("1.0")
    desk.release("1.0", name="other")
    desk.update()
    desk.cover("demo")
    desk.update(packages=("demo",))
    assert "releases/other.jsonl" in desk.everything()
    desk.update()
    assert "releases/other.jsonl" not in desk.everything()
    assert [package.name for package in status(directory=desk.folder).packages] == ["demo"]
    assert desk.notes.notes == ["other: taken out, for packages.toml does not name it"]


def test_a_mirror_of_the_file_host_is_used_and_named_nowhere(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    file = desk.release("1.0")
    desk.index.file_root = "https://files.example"
    mirrors = f"pypi={desk.index.url},https://files.example/={desk.index.root}/"
    monkeypatch.setenv("STACKPIN_MIRRORS", mirrors)
    desk.update()
    assert f"/files/{file}" in desk.index.paths()
    assert "127.0.0.1" not in (desk.folder / "releases" / "demo.jsonl").read_text()


def test_a_package_that_is_not_covered_is_refused_with_the_near_miss(desk: Desk) -> None:
    with pytest.raises(UnknownName) as caught:
        desk.update(packages=("dem0",))
    assert str(caught.value) == "the catalog does not cover dem0\n  found:    dem0\n  do:       did you mean demo?"
    assert caught.value.exit_code == 2


def test_a_folder_that_cannot_be_written_to_is_told_and_nothing_is_left(desk: Desk) -> None:
    desk.release("1.0")
    (desk.folder / "releases").write_text("a file where the folder should be")
    before = desk.everything()
    with pytest.raises(FileUnwritable) as caught:
        desk.update()
    assert caught.value.exit_code == 17
    assert caught.value.where == str(desk.folder / "releases" / "demo.jsonl")
    assert desk.everything() == before


def test_a_cache_that_cannot_be_written_costs_no_facts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = desk.folder.parent / "no-folder"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    desk.index.behaviour.validators = True
    desk.release("1.0")
    desk.update()
    assert [row.version for row in desk.rows()] == ["1.0"]


def test_a_project_that_vanished_is_an_error_and_its_rows_stay(desk: Desk) -> None:
    desk.release("1.0")
    desk.update()
    before = desk.everything()
    desk.index.files.clear()
    with pytest.raises(IndexFailed) as caught:
        desk.update()
    assert caught.value.what == "the index has no project demo"
    assert desk.everything() == before
