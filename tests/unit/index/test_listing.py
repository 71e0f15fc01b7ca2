"""A release list from a project's page: which releases are in it, and of which the METADATA is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from tests.support.catalog_desk import Notes
from tests.support.wheels import metadata_text, wheel_name

from stackpin.catalog.listed_rows import ListedRow
from stackpin.index.listing import Listing, ListReader
from stackpin.parse.simple_api import IndexFile, ProjectPage
from stackpin.ports import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__: list[str] = []

LINES = ("core==0.1", "loose", 'docs<2; extra == "docs"', 'old<3; python_version < "3.9"')


class Index:
    """An index that has the METADATA of every wheel beside it, and remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, limit: int) -> Reply:
        assert headers is None
        assert limit
        self.asked.append(url.rpartition("/")[2])
        version = self.asked[-1].split("-")[1]
        if version == "9.0":
            return Reply(status=500, url=url)
        return Reply(status=200, url=url, body=metadata_text("text", version, requires=LINES).encode())


class InTurn:
    """Workers that work one after the other."""

    def each(self, function: Callable[[str], object], keys: Iterable[str]) -> Iterator[tuple[str, object]]:
        for key in keys:
            yield key, function(key)


def file(version: str, tag: str = "py3-none-any", **more: object) -> IndexFile:
    name = wheel_name("text", version, tag) if tag else f"text-{version}.tar.gz"
    values: dict[str, object] = {"uploaded": "2025-01-02T03:04:05Z", "requires_python": ">=3.9", "metadata": True}
    return IndexFile(name=name, url=f"https://index.example/{name}", **{**values, **more})  # type: ignore[arg-type]


def read(index: Index, *files: IndexFile, known: tuple[ListedRow, ...] = (), deep: bool = True) -> Listing:
    reader = ListReader(http=index, workers=InTurn(), reporter=Notes())
    bounds = [SpecifierSet(">=1.0,<2"), SpecifierSet("==3.0rc1")]
    return reader.read("text", ProjectPage(files=files), bounds, {row.version: row for row in known}, deep=deep)


def row(version: str, requires: tuple[str, ...] | None, *, yanked: str | bool = False) -> ListedRow:
    return ListedRow(
        version=version,
        uploaded="2025-01-02",
        requires_python=">=3.9",
        yanked=yanked,
        metadata="" if requires is None else wheel_name("text", version, "py3-none-any"),
        requires=requires,
    )


KEPT = ("core==0.1", 'old<3; python_version < "3.9"')


def test_every_final_release_is_listed_and_metadata_read_where_a_bound_admits_it() -> None:
    index = Index()
    found = read(index, file("0.9"), file("1.0"), file("1.5"), file("2.0"))
    assert found.rows == (row("0.9", None), row("1.0", KEPT), row("1.5", KEPT), row("2.0", None))
    assert (found.read, found.failures) == (2, ())
    assert index.asked == ["text-1.0-py3-none-any.whl.metadata", "text-1.5-py3-none-any.whl.metadata"]


def test_a_pre_release_is_listed_only_where_a_bound_names_it() -> None:
    found = read(Index(), file("1.0rc1"), file("3.0rc1"), file("3.0rc2"))
    assert found.rows == (row("3.0rc1", KEPT),)


def test_a_release_without_a_file_for_linux_is_none() -> None:
    found = read(Index(), file("1.0", "cp312-cp312-win_amd64"), file("1.1", "cp312-cp312-win_amd64"), file("1.1", ""))
    assert [each.version for each in found.rows] == ["1.1"]


def test_metadata_that_is_known_is_not_read_again_and_a_yanked_mark_is_taken_over() -> None:
    index = Index()
    known = row("1.0", ("core==0.1",))
    found = read(index, file("1.0", yanked="it was broken"), known=(known,))
    assert found.rows == (row("1.0", ("core==0.1",), yanked="it was broken"),)
    assert (index.asked, found.read) == ([], 0)


def test_a_list_that_needs_no_metadata_asks_for_none() -> None:
    index = Index()
    assert read(index, file("1.0"), deep=False).rows == (row("1.0", None),)
    assert index.asked == []
