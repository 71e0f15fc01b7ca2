"""``catalog update --index URL`` reads which CUDA builds a vendor's pages carry, and what it read comes before the tables.

The vendors' indexes are on the loopback: hollow wheels under the real names, with the real METADATA.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import certifi
import pytest
from tests.support.catalog_desk import HASTY
from tests.support.hollow import HollowFile, HollowIndex
from tests.support.index_server import IndexServer
from tests.support.wheels import metadata_text, wheel_bytes, wheel_name

from stackpin import api
from stackpin.app.catalog import UpdateReport, seal, status, update, verify
from stackpin.cli.main import main
from stackpin.model.explanation import Explanation
from stackpin.model.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.catalog_desk import Desk

    from stackpin.model.locked import LockedTuple, Pin

__all__: list[str] = []

TORCH = "https://download.pytorch.org/whl"
SGLANG = "https://docs.sglang.ai/whl"
DAY = "2027-01-15"
LINUX = "cp311-cp311-manylinux_2_28_x86_64"


class Vendors:
    """A catalog folder over the embedded catalog, and the hollow indexes that it is read from."""

    def __init__(self, index: HollowIndex, folder: Path) -> None:
        self.index = index
        self.folder = folder

    def shelf(self, url: str, project: str) -> list[HollowFile]:
        """The files of a vendor's page, to be added to and taken from."""
        return self.index.files(f"{url.removeprefix('https://')}/{project}")

    def add(self, url: str, project: str, version: str, *requires: str, tag: str = LINUX) -> None:
        """Put one wheel on a vendor's page."""
        metadata = metadata_text(project, version, requires=requires)
        self.shelf(url, project).append(HollowFile(wheel_name(project, version, tag), metadata))

    def drop(self, url: str, project: str, version: str) -> None:
        """Take a version off a vendor's page."""
        shelf = self.shelf(url, project)
        shelf[:] = [file for file in shelf if file.version != version]

    def update(self, url: str, *packages: str) -> UpdateReport:
        """``catalog update --index``."""
        return update(directory=self.folder, index_url=url, packages=packages, settings=HASTY)

    def compile(self, *requirements: str, cuda: str, **options: Any) -> LockedTuple:
        """A tuple from what was read and the embedded catalog."""
        return api.compile(*requirements, cuda=cuda, settings=Settings(catalog=str(self.folder)), **options)

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """What was written of the builds."""
        found: dict[str, list[dict[str, Any]]] = json.loads((self.folder / "builds-read.json").read_bytes())
        return found

    def everything(self) -> dict[str, bytes]:
        """Every file of the folder."""
        return {str(path): path.read_bytes() for path in sorted(self.folder.rglob("*")) if path.is_file()}


@pytest.fixture
def vendors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendors]:
    folder = tmp_path / "catalog"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    monkeypatch.setenv("STACKPIN_CATALOG", str(folder))
    monkeypatch.setenv("PIP_CERT", certifi.where())
    with HollowIndex() as index:
        monkeypatch.setenv("STACKPIN_MIRRORS", index.mirrors)
        yield Vendors(index, folder)


def pin(locked: LockedTuple, name: str) -> Pin:
    found = locked.pin(name)
    assert found is not None
    return found


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """The command line: exit code, stdout, stderr."""
    with pytest.raises(SystemExit) as left:
        main(list(words))
    told = capsys.readouterr()
    return int(left.value.code or 0), told.out, told.err


def test_a_build_that_no_table_has_is_used_once_its_page_was_read(vendors: Vendors) -> None:
    vendors.add(f"{TORCH}/cu128", "torch", "2.6.0+cu128")
    with pytest.raises(api.NoTuple):
        vendors.compile("torch==2.6.0", cuda="cu128")
    vendors.update(f"{TORCH}/cu128", "torch")
    found = pin(vendors.compile("torch==2.6.0", cuda="cu128"), "torch")
    assert (found.specifier, found.build.page) == ("==2.6.0+cu128", f"{TORCH}/cu128/torch/")
    assert (found.build.verified, found.build.source) == (True, f"{TORCH}/cu128/torch/, read {DAY}")


def test_a_tag_that_no_table_has_is_known_once_its_page_was_read(vendors: Vendors) -> None:
    vendors.add(f"{TORCH}/cu199", "torch", "2.6.0+cu199")
    vendors.update(f"{TORCH}/cu199", "torch")
    assert pin(vendors.compile("torch==2.6.0", cuda="cu199"), "torch").full_version == "2.6.0+cu199"


def test_a_build_that_its_page_does_not_list_is_refused_with_page_and_day(
    vendors: Vendors, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pin(vendors.compile("torch==2.6.0", cuda="cu126"), "torch").full_version == "2.6.0+cu126"
    vendors.drop(f"{TORCH}/cu126", "torch", "2.6.0+cu126")
    vendors.update(f"{TORCH}/cu126", "torch")
    code, _, told = run(capsys, "compile", "torch==2.6.0", "--cuda", "cu126")
    page = f"{TORCH}/cu126/torch/"
    assert code == 10
    assert f"torch 2.6.0 is built for cu118 and cu124; {page} lists no cu126 build of it for x86_64" in told
    assert f"{page}, read {DAY}" in told
    _, told, _ = run(capsys, "catalog", "show", "torch", "2.6.0")
    builds = told.partition("\nbuilds\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in builds] == ["cpu", "cu118", "cu124", "cu126"]
    assert builds[-1] == f"  cu126   none on {page}  (read {DAY})"


def test_what_pypi_has_is_not_touched_by_what_a_vendors_page_lacks(vendors: Vendors) -> None:
    vendors.drop(f"{TORCH}/cu124", "torch", "2.6.0+cu124")
    vendors.update(f"{TORCH}/cu124", "torch")
    locked = vendors.compile("torch==2.6.0", cuda="cu124", prefer_builds=True)
    assert pin(locked, "torch").specifier == "===2.6.0"


def test_torchvision_is_judged_by_its_own_page_once_that_was_read(vendors: Vendors) -> None:
    vendors.drop(f"{TORCH}/cu126", "torchvision", "0.21.0+cu126")
    vendors.update(f"{TORCH}/cu126", "torch")
    assert pin(vendors.compile("torch==2.6.0", cuda="cu126"), "torchvision").full_version == "0.21.0+cu126"
    vendors.update(f"{TORCH}/cu126", "torchvision")
    assert vendors.compile("torch==2.6.0", cuda="cu126").pin("torchvision") is None


def test_the_wheels_own_metadata_and_platforms_decide(vendors: Vendors) -> None:
    vendors.drop(f"{TORCH}/cu126", "torch", "2.6.0+cu126")
    tag = "cp312-cp312-manylinux_2_34_x86_64"
    vendors.add(f"{TORCH}/cu126", "torch", "2.6.0+cu126", "triton==3.1.0", tag=tag)
    vendors.update(f"{TORCH}/cu126", "torch")
    locked = vendors.compile("torch==2.6.0", cuda="cu126")
    assert pin(locked, "triton").version == "3.1.0"
    assert (locked.pythons, locked.glibc) == (("3.12",), (2, 34))
    line = pin(locked, "triton").evidence[0]
    assert (line.line, line.source) == ("triton==3.1.0", wheel_name("torch", "2.6.0+cu126", tag))


def test_a_pin_from_a_page_that_was_read_is_verified(vendors: Vendors, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("compile", "sglang==0.4.5", "--cuda", "cu118")
    note = "note: sgl-kernel 0.0.8 was not verified against its index\n"
    assert note in run(capsys, *words)[2]
    vendors.update(f"{SGLANG}/cu118", "sgl-kernel")
    code, _, told = run(capsys, *words)
    assert (code, "not verified" in told) == (0, False)
    found = pin(vendors.compile("sglang==0.4.5", cuda="cu118"), "sgl-kernel")
    assert (found.build.verified, found.note) == (True, "from the cu118 page of that index")


def test_a_kernel_that_its_page_dropped_is_refused_with_page_and_day(
    vendors: Vendors, capsys: pytest.CaptureFixture[str]
) -> None:
    vendors.drop(f"{SGLANG}/cu118", "sgl-kernel", "0.0.8")
    vendors.update(f"{SGLANG}/cu118", "sgl-kernel")
    code, _, told = run(capsys, "compile", "sglang==0.4.5", "--cuda", "cu118")
    page = f"{SGLANG}/cu118/sgl-kernel/"
    assert code == 10
    assert f"sgl-kernel 0.0.8 is on no index that stackpin knows; {page} lists no cu118 build of it" in told
    assert f"{page}, read {DAY}" in told


def test_a_file_without_a_label_on_a_tags_page_is_the_same_label_as_pypis(vendors: Vendors) -> None:
    vendors.update(f"{SGLANG}/cu118", "sgl-kernel")
    build = next(row for row in vendors.tables()["index_builds"] if row["versions"] == ["0.1.4"])
    assert (build["tag"], build["label"], build["find_links"]) == ("cu118", "", f"{SGLANG}/cu118/sgl-kernel/")
    pypi = vendors.compile("sglang==0.4.6.post5", cuda="cu124")
    assert pin(pypi, "sgl-kernel").build.page == ""


def test_show_prints_the_builds_with_their_page_and_day(vendors: Vendors, capsys: pytest.CaptureFixture[str]) -> None:
    vendors.add(f"{TORCH}/cu128", "torch", "2.6.0+cu128")
    vendors.update(f"{TORCH}/cu128", "torch")
    page = f"{TORCH}/cu128/torch/"
    _, told, _ = run(capsys, "catalog", "show", "torch", "2.6.0")
    assert f"  cu128   x86_64  {TORCH}/cu128  ({page}, read {DAY}; checked: yes)\n" in told
    _, told, _ = run(capsys, "catalog", "show", "torch", "2.6.0", "--json")
    (build,) = [item for item in json.loads(told)["torch_builds"] if item["tag"] == "cu128"]
    assert (build["source"], build["seen"], build["read"]) == (page, DAY, True)
    _, told, _ = run(capsys, "catalog", "show", "torch", "2.6.0+cu128")
    assert f"index     {TORCH}/cu128\n" in told


def test_what_a_page_does_not_say_stays_what_the_table_says(vendors: Vendors) -> None:
    vendors.update(f"{TORCH}/cu126", "torch")
    with pytest.raises(api.NoTuple) as refused:
        vendors.compile("sglang==0.4.6.post5", cuda="cu126")
    explanation = refused.value.explanation
    assert isinstance(explanation, Explanation)
    reasons = [reason.text for refusal in explanation.refusals for reason in refusal.reasons]
    assert any("C++ ABI of PyPI's torch 2.6.0, which torch 2.6.0+cu126 does not have" in text for text in reasons)


def test_an_unchanged_page_costs_one_request_and_changes_no_byte(
    vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendors.update(f"{SGLANG}/cu118", "sgl-kernel")
    before = vendors.everything()
    vendors.index.requests.clear()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1810000000")
    report = vendors.update(f"{SGLANG}/cu118", "sgl-kernel")
    assert vendors.index.requests == ["docs.sglang.ai/whl/cu118/sgl-kernel"]
    assert report.projects[0].changed is False
    assert vendors.everything() == before


def test_pages_of_two_indexes_stand_side_by_side(vendors: Vendors) -> None:
    vendors.update(f"{SGLANG}/cu118", "sgl-kernel")
    vendors.update(f"{SGLANG}/cu130", "sgl-kernel")
    report = status(directory=vendors.folder)
    assert [(page.page, page.tags, page.seen) for page in report.pages] == [
        (f"{SGLANG}/{tag}/sgl-kernel/", (tag,), DAY) for tag in ("cu118", "cu130")
    ]


def test_status_tells_the_pages_and_refuses_altered_builds(
    vendors: Vendors, capsys: pytest.CaptureFixture[str]
) -> None:
    vendors.update(f"{SGLANG}/cu130", "sgl-kernel")
    _, told, _ = run(capsys, "catalog", "status", "-v")
    assert f"read      1 page of vendors' indexes, the oldest of {DAY}\n" in told
    listed = status(directory=vendors.folder).pages[0].listed
    assert f"\n{SGLANG}/cu130/sgl-kernel/  cu130, {listed} versions, read {DAY}\n" in told
    path = vendors.folder / "builds-read.json"
    path.write_bytes(path.read_bytes().replace(b"cu130", b"cu129"))
    code, _, told = run(capsys, "catalog", "status")
    assert (code, str(path) in told) == (13, True)
    vendors.update(f"{SGLANG}/cu130", "sgl-kernel")
    assert run(capsys, "catalog", "status")[0] == 0


def test_verify_reads_the_builds_rows_again_and_finds_builds_that_no_row_has(vendors: Vendors) -> None:
    vendors.update(f"{SGLANG}/cu130", "sgl-kernel")
    assert verify(directory=vendors.folder, packages=("sgl-kernel",), settings=HASTY).differences == ()
    path = vendors.folder / "builds-read.json"
    tables = vendors.tables()
    tables["index_builds"][0]["tag"] = "cu129"
    path.write_text(json.dumps(tables))
    seal(vendors.folder)
    found = verify(directory=vendors.folder, packages=("sgl-kernel",), settings=HASTY).differences
    assert {(item.package, item.index, item.field) for item in found} == {
        ("sgl-kernel", f"{SGLANG}/cu130", "index_builds")
    }
    assert [(item.catalog, item.source)[number] for number, item in enumerate(found)] == [
        json.dumps(tables["index_builds"][0]),
        json.dumps({**tables["index_builds"][0], "tag": "cu130"}),
    ]


def test_rows_of_a_vendor_do_not_stand_in_the_way_of_pypis(vendors: Vendors) -> None:
    before = vendors.compile("sglang==0.4.6.post5", cuda="cu124")
    vendors.update(f"{SGLANG}/cu118", "sgl-kernel")
    vendors.update(f"{TORCH}/cu126", "torch")
    after = vendors.compile("sglang==0.4.6.post5", cuda="cu124")
    assert [item.specifier for item in after.pins] == [item.specifier for item in before.pins]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        pytest.param("+cu126", {"tag": "cu126"}, id="the tag"),
        pytest.param("+cu124torch2.5", {"tag": "cu124", "torch": "2.5"}, id="with a torch series"),
        pytest.param("+cu.12.8.torch.2.11", {"tag": "cu128", "torch": "2.11"}, id="with dots"),
        pytest.param("+g9ea3a4015.cu129", {"tag": "cu129"}, id="behind a commit"),
    ],
)
def test_an_index_that_no_root_names_is_read_by_its_labels(desk: Desk, label: str, expected: dict[str, str]) -> None:
    with IndexServer() as vendor:
        vendor.add(wheel_name("demo", f"1.0{label}", LINUX), wheel_bytes("demo", f"1.0{label}", tag=LINUX))
        report = desk.update(index_url=vendor.url)
    (build,) = json.loads((desk.folder / "builds-read.json").read_bytes())["index_builds"]
    assert {key: build.get(key) for key in expected} == expected
    assert (build["label"], build["versions"], build["versions_aarch64"]) == (label, ["1.0"], [])
    assert build["files"][0]["sha256"] == vendor.files[wheel_name("demo", f"1.0{label}", LINUX)].sha256
    assert build["metadata_sha256"] == desk.rows()[0].source.metadata_sha256  # type: ignore[union-attr]  # was read
    assert (report.projects[0].builds, report.projects[0].untold) == (1, 0)


def test_where_no_tag_can_be_told_it_is_said_and_nothing_is_claimed(desk: Desk) -> None:
    with IndexServer() as vendor:
        for version in ("1.0", "1.1+cu12", "1.2+rocm6.3", "1.3+cu124.cu126"):
            vendor.add(wheel_name("demo", version, LINUX), wheel_bytes("demo", version, tag=LINUX))
        vendor.add(wheel_name("demo", "2.0"), wheel_bytes("demo", "2.0"))
        report = desk.update(index_url=vendor.url)
    assert json.loads((desk.folder / "builds-read.json").read_bytes())["index_builds"] == []
    assert (report.projects[0].builds, report.projects[0].untold) == (0, 4)
    what = "neither indexes.toml nor a label says which CUDA tag some wheels are for, so they are no builds"
    assert desk.notes.notes == [f"{report.index}: {what}: demo (4)"]


def test_a_page_that_could_not_be_read_completely_says_nothing(desk: Desk) -> None:
    with IndexServer() as vendor:
        for version in ("1.0+cu126", "1.1+cu126"):
            vendor.add(wheel_name("demo", version, LINUX), wheel_bytes("demo", version, tag=LINUX))
        vendor.behaviour.statuses = {"demo-1.1": 404}
        with pytest.raises(api.IndexFailed):
            desk.update(index_url=vendor.url)
        assert not (desk.folder / "builds-read.json").exists()
        vendor.behaviour.statuses = {}
        desk.update(index_url=vendor.url)
    assert len(json.loads((desk.folder / "builds-read.json").read_bytes())["index_builds"]) == 2


def test_a_yanked_build_is_none(desk: Desk) -> None:
    with IndexServer() as vendor:
        vendor.add(wheel_name("demo", "1.0+cu126", LINUX), wheel_bytes("demo", "1.0+cu126", tag=LINUX), yanked="bad")
        desk.update(index_url=vendor.url)
    assert json.loads((desk.folder / "builds-read.json").read_bytes())["index_builds"] == []


def test_a_304_is_trusted_only_while_the_builds_are_there(desk: Desk) -> None:
    with IndexServer() as vendor:
        vendor.behaviour.validators = True
        vendor.add(wheel_name("demo", "1.0+cu126", LINUX), wheel_bytes("demo", "1.0+cu126", tag=LINUX))
        desk.update(index_url=vendor.url)
        desk.update(index_url=vendor.url)
        assert vendor.requests[-1].status == 304
        (desk.folder / "builds-read.json").unlink()
        desk.update(index_url=vendor.url)
        assert [request.status for request in vendor.requests if request.path == "/simple/demo/"] == [200, 304, 200]
    assert (desk.folder / "builds-read.json").exists()


def test_builds_that_were_altered_are_written_anew_and_it_is_said(desk: Desk) -> None:
    with IndexServer() as vendor:
        vendor.add(wheel_name("demo", "1.0+cu126", LINUX), wheel_bytes("demo", "1.0+cu126", tag=LINUX))
        desk.update(index_url=vendor.url)
        before = desk.everything()
        (desk.folder / "builds-read.json").write_bytes(before["builds-read.json"][:-20])
        desk.update(index_url=vendor.url)
    note = "builds-read.json is cut or altered: update the other vendors' indexes once more as well"
    assert desk.notes.notes == [note]
    assert desk.everything() == before


def test_a_package_that_is_taken_out_takes_its_builds_with_it(desk: Desk) -> None:
    desk.cover("demo", "other")
    with IndexServer() as vendor:
        for name in ("demo", "other"):
            vendor.add(wheel_name(name, "1.0+cu126", LINUX), wheel_bytes(name, "1.0+cu126", tag=LINUX))
        desk.update(index_url=vendor.url)
        desk.cover("demo")
        desk.update(index_url=vendor.url)
    tables = json.loads((desk.folder / "builds-read.json").read_bytes())
    assert [row["package"] for table in tables.values() for row in table] == ["demo", "demo"]


def test_pypi_itself_has_no_builds_to_be_read(desk: Desk) -> None:
    desk.release("1.0")
    desk.update()
    assert not (desk.folder / "builds-read.json").exists()
