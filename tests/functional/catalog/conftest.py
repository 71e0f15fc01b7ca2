"""A fresh catalog folder and a fresh index for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.catalog_desk import Desk
from tests.support.index_server import IndexServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A catalog that covers ``demo``, and an empty index that stands for PyPI."""
    folder = tmp_path / "catalog"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    with IndexServer() as index:
        monkeypatch.setenv("STACKPIN_MIRRORS", f"pypi={index.url}")
        desk = Desk(folder=folder, index=index)
        desk.cover("demo")
        yield desk
