"""The fact files: what the program reads is what they say, and writing them again changes no byte."""

from __future__ import annotations

import importlib.util
import itertools
import json
import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.version import Version

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "src" / "stackpin" / "catalog" / "data"
GENERATED = (
    "drivers",
    "family",
    "index-builds",
    "indexes",
    "kernels",
    "look-alikes",
    "torch-builds",
    "wheels-seen",
)
PYPI_BUILDS = [
    pytest.param(row["torch"], row["tag"], id=row["torch"])
    for row in json.loads((DATA / "facts.json").read_bytes())["torch_builds"]
    if row["pypi"]
]
#: Torch's exact pin on the CUDA runtime: major.minor of the toolkit it was built with.
RUNTIME_PIN = re.compile(
    r"(?:nvidia-cuda-runtime(?:-cu1[1-9])?|cuda-toolkit(?:\[[\w,.-]+\])?) ?\(?==(?P<version>\d+\.\d+)"
)


def rows(stem: str) -> list[dict[str, Any]]:
    """The rows of one fact file, read by the standard library alone."""
    (found,) = tomllib.loads((DATA / f"{stem}.toml").read_text(encoding="utf-8")).values()
    assert isinstance(found, list)
    return found


def tool(name: str) -> ModuleType:
    """A script of ``tools/`` as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_facts_json_says_what_the_toml_files_say() -> None:
    compiled = json.loads((DATA / "facts.json").read_bytes())
    stems = [path.stem for path in DATA.glob("*.toml") if path.stem not in {"packages", "wheels-seen"}]
    assert compiled == {stem.replace("-", "_"): rows(stem) for stem in stems}


@pytest.mark.parametrize("stem", GENERATED)
def test_reading_and_writing_a_fact_file_gives_the_same_bytes(stem: str) -> None:
    text = (DATA / f"{stem}.toml").read_text(encoding="utf-8")
    assert tool("fact_toml").render(stem, rows(stem)) == text


@pytest.mark.parametrize("stem", [*GENERATED, "gpu-limits", "kernels-optional", "kernels-read"])
def test_every_fact_says_where_it_comes_from_when_it_was_seen_and_how_sure_it_is(stem: str) -> None:
    for row in rows(stem):
        assert row["source"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["seen"])
        assert row["checked"]


def test_the_manifest_has_the_digest_of_every_file_and_of_all_together() -> None:
    manifest = json.loads((DATA / "manifest.json").read_bytes())
    on_disk = [DATA / "facts.json", DATA / "abi.json.z", DATA / "lists.json.z", *(DATA / "releases").glob("*.jsonl")]
    digests = {path.relative_to(DATA).as_posix(): sha256(path.read_bytes()).hexdigest() for path in on_disk}
    assert {name: entry["sha256"] for name, entry in manifest["files"].items()} == digests
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(digests.items()))
    assert manifest["digest"] == f"sha256:{sha256(lines.encode()).hexdigest()}"


def test_sealing_keeps_what_an_update_wrote_and_counts_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases" / "torch.jsonl").write_text('{"version":"1.0"}\n{"version":"1.1"}\n')
    (tmp_path / "notes-kept.toml").write_text("[[note]]\ntext = 'a'\n")
    (tmp_path / "packages.toml").write_text("[[package]]\nname = 'torch'\n")
    entry = {"rows": 1, "serial": "77", "sha256": "old"}
    before = {
        "schema": 1,
        "date": "2026-01-02",
        "digest": "",
        "files": {"releases/torch.jsonl": entry, "releases/gone.jsonl": entry},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(before))
    seal = tool("seal_catalog")
    assert seal.main(["--check", "--data", str(tmp_path)]) == 1
    assert seal.main(["--data", str(tmp_path), "--date", "2026-03-04"]) == 0
    assert seal.main(["--check", "--data", str(tmp_path)]) == 0
    after = json.loads((tmp_path / "manifest.json").read_text())
    assert after["date"] == "2026-03-04"
    assert sorted(after["files"]) == ["facts.json", "releases/torch.jsonl"]
    assert {**after["files"]["releases/torch.jsonl"], "sha256": "new"} == {"rows": 2, "serial": "77", "sha256": "new"}
    assert json.loads((tmp_path / "facts.json").read_text()) == {"notes_kept": [{"text": "a"}]}
    assert capsys.readouterr().out.splitlines()[-1] == '{"stale": []}'


def test_each_torch_release_has_one_build_on_pypi() -> None:
    builds = rows("torch-builds")
    releases = {row["torch"] for row in builds}
    assert sorted(row["torch"] for row in builds if row["pypi"]) == sorted(releases)


@pytest.mark.parametrize(("torch", "tag"), PYPI_BUILDS)
def test_the_tag_of_pypis_torch_is_the_cuda_runtime_that_its_metadata_pins(torch: str, tag: str) -> None:
    releases = DATA / "releases" / "torch.jsonl"
    if not releases.exists():
        pytest.skip("the catalog has no torch releases yet")
    found = [json.loads(line) for line in releases.read_text(encoding="utf-8").splitlines()]
    (release,) = [row for row in found if row["version"] == torch]
    pins = {match["version"] for match in map(RUNTIME_PIN.match, release["requires"]) if match}
    assert [f"cu{pin.replace('.', '')}" for pin in pins] == [tag]


def test_one_torch_version_has_two_abis() -> None:
    abis = {row["tag"]: row["cxx11_abi"] for row in rows("torch-builds") if row["torch"] == "2.6.0"}
    assert abis == {"cpu": 0, "cu118": 0, "cu124": 0, "cu126": 1}


def test_the_files_of_a_torch_build_carry_its_version_and_tag() -> None:
    for row in rows("torch-builds"):
        for file in row.get("files", []):
            assert file["filename"].startswith(f"torch-{row['torch']}+{row['tag']}-")
            assert re.fullmatch(r"[0-9a-f]{64}", file["sha256"])


def test_a_builds_label_names_the_tag_that_it_stands_under() -> None:
    for row in rows("index-builds"):
        assert row["label"] == "" or row["label"].startswith(f"+{row['tag']}")
        assert row["versions"] == sorted(row["versions"], key=Version)
        assert "find_links" in row or "url" in row


def test_sglangs_cu130_page_has_the_labelled_kernels_and_its_cu118_page_none() -> None:
    found = {
        (row["tag"], row["label"]): row["versions"] for row in rows("index-builds") if row["package"] == "sgl-kernel"
    }
    assert "0.3.21" in found[("cu130", "+cu130")]
    assert ("cu118", "+cu118") not in found
    assert found[("cu118", "")][-1] == "0.1.6.post1"


def test_ranges_of_kernel_facts_do_not_overlap() -> None:
    tables = [rows(stem) for stem in ("kernels", "kernels-optional", "kernels-read")]
    facts = sorted((row for table in tables for row in table), key=lambda row: (row["package"], Version(row["first"])))
    for fact, after in itertools.pairwise(facts):
        assert Version(fact["first"]) <= Version(fact["last"])
        assert fact["package"] != after["package"] or Version(fact["last"]) < Version(after["first"])


def test_the_driver_floor_of_a_major_is_a_full_driver_version() -> None:
    floors = {row["cuda"]: row["min_driver"] for row in rows("drivers")}
    assert floors["11.8"] == "450.80.02"
    assert floors["12.4"] == "525.60.13"
    assert floors["13.2"] == "580.65.06"


def test_what_must_stay_out_names_the_member_that_it_overwrites() -> None:
    pairs = {(row["distribution"], row["member"]) for row in rows("look-alikes") if "distribution" in row}
    assert ("pytorch-triton", "triton") in pairs
    assert {("sgl-kernel", "sglang-kernel"), ("sglang-kernel", "sgl-kernel")} <= pairs
    assert {(row["distribution"], row["checked"]) for row in rows("look-alikes") if row["checked"] == "no"} == {
        ("triton-nightly", "no")
    }
