"""One hollow index for all tests of emitted files, and tools that take it for PyPI."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.hollow import HollowIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__: list[str] = []


@pytest.fixture(scope="session")
def hollow() -> Iterator[HollowIndex]:
    """PyPI and the vendors' indexes."""
    with HollowIndex() as index:
        yield index


@pytest.fixture(scope="session")
def hashed() -> Iterator[HollowIndex]:
    """The same with hashes on their pages, which takes longer."""
    with HollowIndex(hashes=True) as index:
        yield index


@pytest.fixture
def tools_ask_it(
    hollow: HollowIndex, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Every tool takes the hollow PyPI for PyPI, and none keeps anything between two tests."""
    monkeypatch.setenv("STACKPIN_MIRRORS", hollow.mirrors)
    monkeypatch.setenv("PIP_INDEX_URL", hollow.pypi)
    monkeypatch.setenv("UV_DEFAULT_INDEX", hollow.pypi)
    monkeypatch.delenv("UV_INDEX_URL", raising=False)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path_factory.mktemp("uv")))
