"""Trees of sglang as its sdists on the real index have them: the same tuple, and the same requirements, as the release."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

from stackpin.app.index_session import open_index
from stackpin.index.pages import fetch_page

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

pytestmark = pytest.mark.real

#: A release of every shape that sglang's pyproject.toml has had, each with a tag that its torch is built for.
RELEASES = {
    "0.4.3": "cu124",
    "0.4.6.post5": "cu124",
    "0.4.7": "cu126",
    "0.4.9.post6": "cu126",
    "0.4.10.post2": "pypi",
    "0.5.0rc2": "pypi",
    "0.5.2": "cu129",
    "0.5.3": "cu126",
    "0.5.6": "pypi",
    "0.5.8": "cu126",
    "0.5.9": "pypi",
    "0.5.10.post1": "cu129",
}


@pytest.fixture(scope="session")
def sdists() -> dict[str, str]:
    """The sdists of sglang on the index: file name to address."""
    with open_index(None, None) as session:
        page = fetch_page(session.http, session.base, "sglang").page
    assert page is not None
    return {file.name: file.url for file in page.files if file.name.endswith(".tar.gz")}


def unpacked(version: str, sdists: dict[str, str], folder: Path) -> Path:
    """The tree that the sdist of a release is."""
    name = f"sglang-{version}"
    with open_index(None, None) as session:
        reply = session.http.get(sdists[f"{name}.tar.gz"], limit=50_000_000)
    with tarfile.open(fileobj=io.BytesIO(reply.body), mode="r:gz") as archive:
        safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Pythons before 3.11.4 have none
        archive.extractall(folder, **safe)  # type: ignore[arg-type]  # the one keyword
    return folder / name


def stackpin(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "stackpin", *words], capture_output=True, text=True, check=False)


def bound(text: str) -> list[str]:
    """What a constraints file binds: all lines but the anchor's pin, comments left out."""
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    return [line for line in lines if line and not re.match(r"sglang\W", line)]


#: Three shapes are looked at each time, all of them in the full run.
OFTEN = {"0.4.3", "0.4.7", "0.5.10.post1"}


@pytest.mark.parametrize(
    "version", [pytest.param(each, marks=[] if each in OFTEN else [pytest.mark.slow]) for each in RELEASES]
)
def test_a_tree_gives_the_tuple_of_its_release_and_says_what_its_metadata_says(
    version: str, sdists: dict[str, str], tmp_path: Path
) -> None:
    tree = unpacked(version, sdists, tmp_path)
    cuda = RELEASES[version]
    of_tree = stackpin("compile", str(tree), "--cuda", cuda)
    of_release = stackpin("compile", f"sglang=={version}", "--cuda", cuda)
    assert (of_tree.returncode, of_release.returncode) == (0, 0), of_tree.stderr + of_release.stderr
    assert bound(of_tree.stdout) == bound(of_release.stdout)
    held = stackpin("catalog", "verify", "--source", str(tree), "--json")
    assert held.returncode == 0, held.stdout
    document = json.loads(held.stdout)
    assert (document["version"], document["differences"], document["unknown"]) == (version, [], [])
    assert document["compared"] > 60
