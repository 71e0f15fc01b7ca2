"""What an index can do wrong, and what the user then reads: the whole message and the exit code of the contract."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.support.catalog_desk import HASTY
from tests.support.index_server import Behaviour
from tests.support.wheels import cut, metadata_text, sdist_bytes, sdist_name, wheel_bytes, wheel_name

from stackpin.app.catalog import seal, status, verify
from stackpin.errors import CatalogDamaged, CatalogGap, IndexFailed, InputUnreadable, StackpinError

if TYPE_CHECKING:
    from tests.support.catalog_desk import Desk

LARGE = 6 * 1024 * 1024
RETRY = "do:       try again later"


def failure(desk: Desk, kind: type[StackpinError], **options: object) -> str:
    """The message of an update that must fail, addresses without their port and digests shortened."""
    with pytest.raises(kind) as caught:
        desk.update(**options)
    assert caught.value.exit_code == {IndexFailed: 14, InputUnreadable: 15}[kind]
    return str(caught.value).replace(desk.index.root, "http://index")


def catalog_is_empty(desk: Desk) -> bool:
    """Whether nothing was written but the list of packages that the test itself wrote."""
    return set(desk.everything()) <= {"packages.toml", "releases/demo.jsonl", "manifest.json"} and (
        desk.everything().get("releases/demo.jsonl", b"") == b""
    )


def test_an_unknown_project_is_a_404_with_its_address(desk: Desk) -> None:
    assert failure(desk, IndexFailed) == (
        "the index has no project demo\n"
        "  where:    http://index/simple/demo/\n"
        "  found:    HTTP 404\n"
        "  expected: the project's page"
    )
    assert len(desk.index.requests) == 1, "a 4xx is not tried again"
    assert catalog_is_empty(desk)


def test_a_server_error_is_tried_again_and_then_told(desk: Desk) -> None:
    desk.release("1.0")
    desk.index.behaviour.statuses = {"/simple/": 500}
    assert failure(desk, IndexFailed) == (
        "the index cannot be reached or keeps failing\n"
        "  where:    http://index/simple/demo/\n"
        "  found:    HTTP 500 (3 attempts)\n"
        "  expected: an answer\n"
        f"  {RETRY}"
    )
    assert len(desk.index.requests) == 3
    assert catalog_is_empty(desk)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_server_error_that_passes_is_not_noticed(desk: Desk, status: int) -> None:
    desk.release("1.0")
    desk.index.behaviour.hiccups = {"/simple/": [status, status]}
    desk.update()
    assert [row.version for row in desk.rows()] == ["1.0"]


def test_a_slow_server_ends_in_time(desk: Desk) -> None:
    desk.release("1.0")
    desk.index.behaviour.pauses = {"/simple/": 5.0}
    settings = replace(HASTY, timeout=0.1)
    assert "found:    no answer in time (3 attempts)\n" in failure(desk, IndexFailed, settings=settings)


def test_a_server_that_drips_ends_in_time(desk: Desk) -> None:
    desk.release("1.0")
    desk.index.behaviour.drips = {"/simple/": 0.05}
    settings = replace(HASTY, deadline=0.2, attempts=1)
    assert "found:    no end after 0.2 s (1 attempt)\n" in failure(desk, IndexFailed, settings=settings)


def test_a_body_that_is_cut_is_tried_again_and_then_told(desk: Desk) -> None:
    desk.release("1.0")
    desk.index.behaviour.cuts = ("/simple/",)
    said = failure(desk, IndexFailed)
    assert "  where:    http://index/simple/demo/\n  found:    peer closed connection" in said
    assert len(desk.index.requests) == 3
    assert catalog_is_empty(desk)


def test_html_that_calls_itself_json_is_told(desk: Desk) -> None:
    desk.release("1.0")
    desk.index.behaviour.pages = "html-as-json"
    assert failure(desk, IndexFailed) == (
        "the page says that it is JSON and is not a Simple index page\n"
        "  where:    http://index/simple/demo/\n"
        "  found:    HTML\n"
        "  expected: a PEP 691 page\n"
        "  do:       is this the address of a Simple index, and does no login page stand before it?"
    )


def test_a_login_page_in_place_of_the_index_is_told(desk: Desk) -> None:
    desk.release("1.0")
    desk.index.behaviour.pages = "login"
    assert failure(desk, IndexFailed) == (
        "the HTML page lists no file of the project\n"
        "  where:    http://index/simple/demo/\n"
        "  found:    62 bytes of HTML\n"
        "  expected: links to wheels (PEP 503)\n"
        "  do:       is this the address of a Simple index, and does no login page stand before it?"
    )


def test_a_server_without_ranges_is_refused_for_a_large_wheel_and_not_read(desk: Desk) -> None:
    file = desk.release("1.0", padding=LARGE)
    desk.index.behaviour.ranges = "off"
    assert failure(desk, IndexFailed) == (
        "the server does not do range requests, and the file is too large to read whole\n"
        f"  where:    http://index/files/{file}\n"
        "  found:    HTTP 200 to a range request\n"
        "  expected: HTTP 206, or a file of at most 5242880 bytes\n"
        "  do:       name an index whose files can be read in parts (the file server must answer range requests)"
    )


def test_a_large_wheel_from_a_server_without_ranges_costs_next_to_nothing(desk: Desk) -> None:
    desk.release("1.0", padding=LARGE)
    desk.index.behaviour.ranges = "off"
    failure(desk, IndexFailed)
    assert len(desk.index.paths(".whl")) == 2, "one try for METADATA beside the wheel, one range request, no retry"


def test_a_small_wheel_is_taken_whole_from_a_server_without_ranges(desk: Desk) -> None:
    desk.release("1.0", requires=("torch",))
    desk.index.behaviour.ranges = "off"
    desk.update()
    source = desk.rows()[0].source
    assert source is not None
    assert source.requires == ("torch",)


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        pytest.param("wrong", "the answer to a range request is another range", id="another range"),
        pytest.param("mute", "the answer to a range request does not say which range it is", id="no Content-Range"),
    ],
)
def test_a_wrong_answer_to_a_range_request_is_told(desk: Desk, ranges: str, message: str) -> None:
    desk.release("1.0", padding=LARGE)
    desk.index.behaviour = Behaviour(ranges=ranges)  # type: ignore[arg-type]  # one of the two above
    assert failure(desk, IndexFailed).splitlines()[0] == message


def test_a_file_of_another_size_than_the_index_says_is_told(desk: Desk) -> None:
    file = desk.release("1.0")
    size = len(desk.index.files[file].content)
    desk.index.files[file].claimed_size = size + 7
    assert failure(desk, IndexFailed) == (
        "the file is not as large as the index says\n"
        f"  where:    http://index/files/{file}\n"
        f"  found:    {size} bytes\n"
        f"  expected: {size + 7} bytes"
    )


@pytest.mark.parametrize("ranges", ["on", "off"])
def test_a_cut_zip_is_told_with_its_address(desk: Desk, ranges: str) -> None:
    name = wheel_name("demo", "1.0")
    desk.index.add(name, cut(wheel_bytes("demo", "1.0", padding=1000)))
    desk.index.behaviour = Behaviour(ranges=ranges)  # type: ignore[arg-type]  # one of the two above
    assert failure(desk, InputUnreadable) == (
        "the wheel is no zip file, or a cut one\n"
        f"  where:    http://index/files/{name}\n"
        "  found:    File is not a zip file\n"
        "  expected: a whole zip file (PEP 427)"
    )
    assert catalog_is_empty(desk)


def test_a_wheel_without_metadata_is_told(desk: Desk) -> None:
    name = wheel_name("demo", "1.0")
    desk.index.add(name, wheel_bytes("demo", "1.0", metadata_files=0))
    assert failure(desk, InputUnreadable) == (
        "the wheel has no METADATA\n"
        f"  where:    http://index/files/{name}\n"
        "  found:    2 members, none *.dist-info/METADATA\n"
        "  expected: exactly one *.dist-info/METADATA (PEP 427)"
    )


def test_a_wheel_with_two_metadata_files_is_told(desk: Desk) -> None:
    name = wheel_name("demo", "1.0")
    desk.index.add(name, wheel_bytes("demo", "1.0", metadata_files=2))
    assert failure(desk, InputUnreadable) == (
        "the wheel has 2 METADATA files\n"
        f"  where:    http://index/files/{name}\n"
        "  found:    demo-1.0.dist-info/METADATA, other_1-1.dist-info/METADATA\n"
        "  expected: exactly one *.dist-info/METADATA (PEP 427)"
    )


def test_metadata_of_another_release_is_told(desk: Desk) -> None:
    name = wheel_name("demo", "1.0")
    desk.index.add(name, wheel_bytes("demo", "1.0", metadata_text("demo", "2.0")))
    assert failure(desk, InputUnreadable) == (
        "the metadata is that of another release\n"
        f"  where:    http://index/files/{name}\n"
        "  found:    demo 2.0\n"
        "  expected: demo 1.0"
    )


def test_metadata_beside_a_wheel_with_another_digest_is_told(desk: Desk) -> None:
    file = desk.release("1.0")
    desk.index.behaviour.metadata = "wrong-digest"
    said = failure(desk, IndexFailed).splitlines()
    assert said[:2] == [
        "the metadata does not have the digest that the index names",
        f"  where:    http://index/files/{file}.metadata",
    ]
    assert said[3] == f"  expected: sha256 {'0' * 64}"


def test_metadata_that_is_announced_and_missing_is_read_from_the_wheel(desk: Desk) -> None:
    desk.release("1.0", requires=("torch",))
    desk.index.behaviour.metadata = "missing"
    desk.update()
    source = desk.rows()[0].source
    assert source is not None
    assert source.requires == ("torch",)


def test_an_sdist_with_another_digest_is_told(desk: Desk) -> None:
    name = sdist_name("demo", "1.0")
    desk.index.add(name, sdist_bytes("demo", "1.0"), claimed_sha256="1" * 64)
    said = failure(desk, IndexFailed).splitlines()
    assert said[0] == "the file does not have the digest that the index names"
    assert said[3] == f"  expected: sha256 {'1' * 64}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(
            cut(sdist_bytes("demo", "1.0"), 0.2), "the source distribution is no gzipped tar, or a cut one", id="cut"
        ),
        pytest.param(sdist_bytes("demo", "1.0", ""), "the source distribution has no PKG-INFO", id="without PKG-INFO"),
    ],
)
def test_a_broken_sdist_is_told(desk: Desk, content: bytes, message: str) -> None:
    desk.index.add(sdist_name("demo", "1.0"), content)
    assert failure(desk, InputUnreadable).splitlines()[0] == message


def test_one_broken_release_does_not_cost_the_others_and_is_tried_again(desk: Desk) -> None:
    desk.release("1.0")
    name = wheel_name("demo", "1.1")
    desk.index.add(name, wheel_bytes("demo", "1.1", metadata_files=0))
    failure(desk, InputUnreadable)
    assert [row.version for row in desk.rows()] == ["1.0"]
    desk.index.add(name, wheel_bytes("demo", "1.1"))
    desk.index.forget()
    desk.update()
    assert [row.version for row in desk.rows()] == ["1.0", "1.1"]
    assert desk.index.paths("demo-1.0") == []


def test_one_broken_project_does_not_cost_the_others(desk: Desk) -> None:
    desk.cover("demo", "other", "third")
    desk.release("1.0")
    desk.release("1.0", name="third")
    said = failure(desk, IndexFailed)
    assert said.splitlines()[0] == "the index has no project other"
    assert {"releases/demo.jsonl", "releases/third.jsonl"} < set(desk.everything())


def test_several_failures_are_one_error_that_names_them(desk: Desk) -> None:
    desk.cover("demo", "other", "third")
    desk.release("1.0")
    assert failure(desk, IndexFailed) == (
        "2 answers of the index were of no use\n"
        "  where:    http://index/simple/other/, http://index/simple/third/\n"
        "  found:    the index has no project other: HTTP 404\n"
        "  expected: the project's page\n"
        "  do:       run the same command again: it goes on where this one ended"
    )


def test_a_comparison_that_failed_twice_does_not_say_that_it_goes_on(desk: Desk) -> None:
    desk.cover("demo", "other")
    desk.release("1.0")
    desk.release("1.0", name="other")
    desk.update()
    desk.index.behaviour.statuses = {"/simple/": 500}
    with pytest.raises(IndexFailed) as caught:
        verify(directory=desk.folder, settings=HASTY)
    assert caught.value.what == "2 answers of the index were of no use"
    assert caught.value.hint == "try again later"


def test_an_index_that_is_down_is_given_up_after_three_pages(desk: Desk) -> None:
    names = [f"demo-{letter}" for letter in "abcdefghijklmnopqrst"]
    desk.cover(*names)
    for name in names:
        desk.release("1.0", name=name)
    desk.index.behaviour.statuses = {"/simple/": 503}
    failure(desk, IndexFailed)
    assert len(desk.index.requests) < 3 * len(names) / 2


def test_nobody_listening_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKPIN_MIRRORS", "pypi=http://127.0.0.1:9/simple/")
    with pytest.raises(IndexFailed) as caught:
        desk.update()
    assert caught.value.where == "http://127.0.0.1:9/simple/demo/"
    assert "refused" in caught.value.got


def test_an_address_that_is_none_is_told(desk: Desk) -> None:
    with pytest.raises(IndexFailed) as caught:
        desk.update(index_url="ftp://somewhere/simple")
    assert caught.value.what == "the address cannot be asked"
    assert caught.value.exit_code == 14


def test_a_page_that_lists_nothing_any_more_does_not_empty_the_catalog(desk: Desk) -> None:
    file = desk.release("1.0")
    desk.update()
    before = desk.everything()
    desk.index.files.pop(file)
    desk.index.add("demo-1.0.exe", b"")
    assert failure(desk, IndexFailed) == (
        "the index lists no file of demo any more\n"
        "  where:    http://index/simple/demo/\n"
        "  found:    1 files\n"
        "  expected: files of the 1 releases that the catalog knows"
    )
    assert desk.everything() == before


def test_a_catalog_file_that_is_cut_is_told_and_the_next_update_mends_it(desk: Desk) -> None:
    desk.release("1.0")
    desk.release("1.1")
    desk.update()
    before = desk.everything()
    path = desk.folder / "releases" / "demo.jsonl"
    path.write_bytes(cut(path.read_bytes()))
    with pytest.raises(CatalogDamaged) as caught:
        status(directory=desk.folder)
    assert caught.value.exit_code == 13
    assert caught.value.what == (
        "a catalog file does not have the digest that the manifest names: it is cut or was altered"
    )
    assert caught.value.where == str(path)
    assert caught.value.hint == "stackpin catalog update --package demo"
    desk.update()
    assert desk.everything() == before
    assert desk.notes.notes == [f"demo: read again: {caught.value.what}"]


def test_a_manifest_that_is_cut_is_told_and_the_next_update_mends_it(desk: Desk) -> None:
    desk.release("1.0")
    desk.update()
    before = desk.everything()
    path = desk.folder / "manifest.json"
    path.write_bytes(cut(path.read_bytes()))
    with pytest.raises(CatalogDamaged) as caught:
        status(directory=desk.folder)
    assert (caught.value.what, caught.value.where) == ("the manifest is cut or altered", str(path))
    desk.update()
    assert desk.everything() == before


def test_facts_that_were_altered_are_told(desk: Desk) -> None:
    desk.release("1.0")
    desk.update()
    facts = desk.folder / "facts.json"
    facts.write_text("{}")
    seal(desk.folder)
    facts.write_text('{"drivers": []}')
    with pytest.raises(CatalogDamaged) as caught:
        status(directory=desk.folder)
    assert (caught.value.where, caught.value.exit_code) == (str(facts), 13)


def test_a_folder_that_is_no_catalog_is_told(desk: Desk) -> None:
    with pytest.raises(CatalogGap) as caught:
        status(directory=desk.folder)
    assert str(caught.value) == (
        "the folder is no catalog\n"
        f"  where:    {desk.folder}\n"
        "  expected: a folder that `stackpin catalog update` wrote\n"
        f"  do:       stackpin catalog update --directory {desk.folder}"
    )


@pytest.mark.parametrize(
    ("text", "where", "got"),
    [
        pytest.param("[packages.demo]\nfrist = '1'\n", "packages.demo", "frist", id="unknown key"),
        pytest.param("[packages.demo]\nfirst = 'one'\n", "packages.demo.first", "one", id="no version"),
        pytest.param("[packages.demo]\nskip = 'rc'\n", "packages.demo.skip", "rc", id="unknown kind"),
    ],
)
def test_a_list_of_packages_with_a_fault_is_told_by_key(desk: Desk, text: str, where: str, got: str) -> None:
    (desk.folder / "packages.toml").write_text(text)
    with pytest.raises(CatalogDamaged) as caught:
        desk.update()
    assert (caught.value.where, caught.value.got) == (where, got)
