"""Reading a catalog folder: what is checked, what is refused, and how layers lie over each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.small_catalog import SmallCatalog, row

from stackpin.catalog.loader import Catalog, Layer
from stackpin.errors import CatalogDamaged, CatalogGap

__all__: list[str] = []


@pytest.fixture
def small(tmp_path: Path) -> SmallCatalog:
    small = SmallCatalog(tmp_path / "base")
    small.release("some", row("some", "1.0"), row("some", "1.1", "torch==2.6.0"))
    small.fact("drivers", cuda="12.4", min_driver="525")
    return small


def versions(catalog: Catalog, name: str) -> list[str]:
    return [release.text for release in catalog.releases(name) or ()]


def test_releases_come_newest_first(small: SmallCatalog) -> None:
    catalog, _ = small.open()
    assert versions(catalog, "some") == ["1.1", "1.0"]
    assert (catalog.date, catalog.digest) == ("2026-01-02", "sha256:small")


def test_a_name_is_normalized_before_it_is_looked_up(small: SmallCatalog) -> None:
    small.release("flash-attn-4", row("flash-attn-4", "4.0.0b15"))
    assert versions(small.open()[0], "Flash_Attn.4") == ["4.0.0b15"]


def test_a_package_that_is_not_there_is_none(small: SmallCatalog) -> None:
    catalog, _ = small.open()
    assert (catalog.releases("other"), catalog.carries("other"), catalog.carries("some")) == (None, False, True)
    assert (catalog.release("some", "1.1") is not None, catalog.release("some", "9")) == (True, None)


def test_only_what_is_asked_for_is_read(small: SmallCatalog) -> None:
    asked: list[str] = []

    def read(path: str) -> bytes | None:
        asked.append(Path(path).name)
        return Path(path).read_bytes()

    Catalog(Layer(small.write(), read=read)).releases("some")
    assert asked == ["manifest.json", "some.jsonl"]


def test_a_file_with_another_digest_is_refused(small: SmallCatalog) -> None:
    path = small.write() / "releases" / "some.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(CatalogDamaged) as caught:
        Catalog(Layer(small.folder)).releases("some")
    error = caught.value
    assert error.what == "a catalog file does not have the digest that the manifest names: it is cut or was altered"
    assert (error.where, error.exit_code) == (str(path), 13)
    assert error.got.endswith(f", {path.stat().st_size} bytes")


def test_a_file_that_is_gone_is_refused(small: SmallCatalog) -> None:
    (small.write() / "releases" / "some.jsonl").unlink()
    with pytest.raises(CatalogDamaged) as caught:
        Catalog(Layer(small.folder)).releases("some")
    assert caught.value.got == "no file"


def test_a_file_that_the_manifest_does_not_name_is_refused(small: SmallCatalog) -> None:
    (small.write() / "releases" / "other.jsonl").write_text('{"version":"1.0"}\n', encoding="utf-8")
    with pytest.raises(CatalogDamaged):
        Catalog(Layer(small.folder)).releases("other")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"schema":1'])
def test_a_manifest_that_is_none_is_refused(small: SmallCatalog, text: str) -> None:
    (small.write() / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogGap) as caught:
        Catalog(Layer(small.folder)).releases("some")
    assert "manifest.json" in caught.value.where


def test_a_folder_without_manifest_is_no_catalog(tmp_path: Path) -> None:
    with pytest.raises(CatalogGap) as caught:
        Catalog(Layer(tmp_path)).releases("some")
    assert caught.value.what == "the folder is no catalog: it has no manifest"


@pytest.mark.parametrize("text", ['{"version":"1.0","in', "nonsense", '{"index":"pypi"}'])
def test_a_row_that_is_cut_is_named_by_its_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "releases" / "some.jsonl"
    path.parent.mkdir()
    path.write_text(f"{json.dumps(row('some', '0.9'), separators=(',', ':'))}\n{text}\n", encoding="utf-8")
    with pytest.raises(CatalogDamaged) as caught:
        Catalog(Layer(tmp_path, sealed=False)).releases("some")
    error = caught.value
    assert (error.what, error.where) == ("a catalog row is cut or altered", f"{path}:2")


def test_a_row_that_is_no_json_is_refused_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "releases" / "some.jsonl"
    path.parent.mkdir()
    path.write_text('{"version":"1.0",nonsense}\n', encoding="utf-8")
    with pytest.raises(CatalogDamaged):
        _ = [release.requires("x86_64") for release in Catalog(Layer(tmp_path, sealed=False)).releases("some") or ()]


def test_a_row_whose_version_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "releases" / "some.jsonl"
    path.parent.mkdir()
    path.write_text('{"version":"not a version"}\n', encoding="utf-8")
    with pytest.raises(CatalogDamaged):
        _ = [release.version for release in Catalog(Layer(tmp_path, sealed=False)).releases("some") or ()]


def test_a_users_folder_lies_over_the_catalog(small: SmallCatalog, tmp_path: Path) -> None:
    near = SmallCatalog(tmp_path / "near")
    near.release("some", row("some", "1.1", "torch==2.7.0"), row("some", "2.0"))
    near.release("mine", row("mine", "0.1"))
    near.fact("drivers", cuda="13.0", min_driver="580")
    catalog = Catalog(Layer(near.write(), sealed=False), Layer(small.write()))
    assert versions(catalog, "some") == ["2.0", "1.1", "1.0"]
    assert versions(catalog, "mine") == ["0.1"]
    found = catalog.release("some", "1.1")
    assert found
    assert found.requires("x86_64") == ("torch==2.7.0",)
    assert [fact["cuda"] for fact in catalog.facts("drivers")] == ["13.0", "12.4"]
    assert catalog.digest.startswith("sha256:small+")


def test_a_users_folder_needs_no_manifest(small: SmallCatalog, tmp_path: Path) -> None:
    path = tmp_path / "near" / "releases" / "some.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(row("some", "3.0"), separators=(",", ":")) + "\n", encoding="utf-8")
    catalog = Catalog(Layer(tmp_path / "near", sealed=False), Layer(small.write()))
    assert versions(catalog, "some") == ["3.0", "1.1", "1.0"]
    assert catalog.digest == "sha256:small+unsealed"


def test_the_embedded_catalog_is_whole() -> None:
    catalog = Catalog.open()
    names = [Path(name).stem for name in catalog.layers[-1].manifest["files"] if name.endswith(".jsonl")]
    assert len(names) > 30
    assert all(catalog.releases(name) for name in names)
