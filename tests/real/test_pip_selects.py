"""Real pips on the real index: four tuples a run, with builds that contradict them in reach.

pip downloads every wheel that it considers where the index announces no METADATA: 3 to 4 GB a tuple, so all of it is
slow. Its temporary files go with each test, and nothing is cached.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
from tests.support.hollow import HollowFile, HollowIndex, hollow_folder
from tests.support.tools import TREE, newest_pip, newest_uv, pip_report, ready_made, uv_compile
from tests.support.wheels import metadata_text, wheel_name

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.tools import ReadyMade

pytestmark = pytest.mark.real


class Case(NamedTuple):
    """A file, the pip that is tried on it (empty: the newest), and what stands in its way."""

    file: str
    pip: str
    extra_index: bool
    folder: bool


CASES = (
    Case("sglang-0.4.x-cu124.txt", "", extra_index=True, folder=True),
    Case("torch-2.6.x-cu124.txt", "23.2.1", extra_index=True, folder=True),
    Case("vllm-0.8.x-cu124.txt", "24.3.1", extra_index=False, folder=True),
    Case("sglang-0.5.x-cu128.txt", "", extra_index=False, folder=False),
)


def other_builds(ready: ReadyMade, *labels: str) -> list[HollowFile]:
    """Builds of the very versions that the file pins, under other labels, for any Python on Linux."""
    family = [name for name in ("torch", "torchvision", "torchaudio") if name in ready.pins]
    return [
        HollowFile(wheel_name(name, version, "py3-none-manylinux_2_17_x86_64"), metadata_text(name, version))
        for name in family
        for version in (f"{ready.pins[name]}+{label}" for label in labels)
    ]


def from_tree(name: str) -> ReadyMade:
    ready = ready_made((TREE / name).read_text(encoding="utf-8"), name)
    if not ready.pythons[0] <= sys.version_info[1] <= ready.pythons[1]:
        pytest.skip("the tuple is not for the Python that runs pip")
    return ready


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file}-pip-{case.pip or 'newest'}")
def test_pip_selects_the_tuple(case: Case, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    ready = from_tree(case.file)
    pip = newest_pip()
    if case.pip:
        pip = (str(request.getfixturevalue("tool_folder") / f"pip-{case.pip}" / "bin" / "pip"),)
    (tmp_path / "tmp").mkdir()
    variables = {"PIP_NO_CACHE_DIR": "1", "TMPDIR": str(tmp_path / "tmp")}
    if case.folder:
        variables["PIP_FIND_LINKS"] = str(hollow_folder(tmp_path / "wheels", *other_builds(ready, "cpu")))
    with HollowIndex() as hollow:
        if case.extra_index:
            variables["PIP_EXTRA_INDEX_URL"] = hollow.publish("other", *other_builds(ready, "cpu", "cu126"))
        answer = pip_report(pip, ready.requirements, TREE / case.file, tmp_path / "report.json", **variables)
    assert answer.code == 0, answer.stderr[-2000:]
    assert ready.differences(answer.selected) == {}
    assert answer.selected[ready.anchor] == ready.version
    assert not [url for url in answer.urls.values() if "127.0.0.1" in url or url.startswith("file:")]


def test_uv_passes_over_a_folder_of_cpu_builds(tmp_path: Path) -> None:
    ready = from_tree("torch-2.6.x-cu124.txt")
    folder = hollow_folder(tmp_path / "wheels", *other_builds(ready, "cpu", "cu126"))
    options = ("--python-version", ready.python(), "--python-platform", ready.uv_platform)
    file = TREE / ready.name
    answer = uv_compile(newest_uv(), ready.requirements, file, *options, UV_FIND_LINKS=str(folder))
    assert answer.code == 0, answer.stderr
    assert ready.differences(answer.selected) == {}
