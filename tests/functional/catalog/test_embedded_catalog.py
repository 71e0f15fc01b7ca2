"""The catalog that stackpin carries: whole, covering what it must, and shown with evidence; no network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from packaging.version import Version

from stackpin.app.catalog import package_rules, status
from stackpin.catalog.loader import EMBEDDED, Catalog
from stackpin.cli.catalog import catalog

if TYPE_CHECKING:
    from stackpin.app.catalog_state import StatusReport

GOAL = 5_000_000


@pytest.fixture(scope="module")
def state() -> StatusReport:
    return status(directory=Path(EMBEDDED))


def show(*words: str) -> str:
    result = CliRunner().invoke(catalog, ["show", *words])
    assert result.exit_code == 0
    return result.stdout


def test_every_file_is_the_one_that_the_manifest_names_and_every_package_is_there(state: StatusReport) -> None:
    covered = {str(rule.name) for rule in package_rules(Path(EMBEDDED))}
    assert {package.name for package in state.packages} == covered
    assert state.size < GOAL


@pytest.mark.parametrize(
    ("name", "first"), [("sglang", "0.4.0"), ("vllm", "0.6.0"), ("torch", "2.3.0"), ("triton", "2.3.0")]
)
def test_the_anchors_go_back_as_far_as_promised(name: str, first: str) -> None:
    releases = Catalog.open().releases(name)
    assert releases is not None
    assert releases[-1].version == Version(first)
    assert all(release.has_metadata for release in releases)


def test_every_row_has_files_with_digests_and_sizes() -> None:
    for package in package_rules(Path(EMBEDDED)):
        for release in Catalog.open().releases(package.name) or ():
            assert release.files, release
            assert all((file.size or 0) > 0 and len(file.sha256) == 64 for file in release.files), release


def test_a_torch_release_is_shown_with_its_builds_and_where_they_are_known_from() -> None:
    text = show("torch", "2.6.0")
    lines = text.splitlines()
    builds = lines[lines.index("builds") + 1 : lines.index("files") - 1]
    own = [line for line in builds if "PyPI's own" in line]
    assert [line.split()[0] for line in own] == ["cu124"]
    assert all("checked: " in line for line in builds)
    assert '  triton (==3.2.0) ; platform_system == "Linux" and platform_machine == "x86_64"' in lines


def test_a_kernel_release_is_shown_with_the_cuda_it_was_built_with() -> None:
    assert "PyPI's wheel is CUDA 12" in show("sgl-kernel", "0.3.21")
    document = json.loads(show("sgl-kernel", "0.3.21", "--json"))
    assert document["kernel"]["cuda_major"] == 12
    assert document["index_builds"]


def test_both_machines_are_shown_where_their_requirements_differ() -> None:
    text = show("torch", "2.6.0")
    assert text.count("Requires-Dist in ") == 2
    assert show("triton", "3.2.0").count("Requires-Dist in ") == 1
