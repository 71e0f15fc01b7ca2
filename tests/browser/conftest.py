"""A headless browser, and the page of every sglang release that the embedded catalog has."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.browser.opened import Opened

from stackpin.app.compile import Job, Workshop
from stackpin.app.matrix import matrix, page_parts
from stackpin.emit.matrix_html import matrix_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

    from stackpin.model.matrix import Matrix

__all__: list[str] = []

#: Where ``nox -s browser`` put axe-core.
AXE = os.environ.get("TEST_AXE", "")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium; ``nox -s browser`` says what is missing."""
    if not AXE:
        pytest.skip("axe-core is laid out by `nox -s browser`, which sets TEST_AXE")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=shutil.which("chromium") or shutil.which("google-chrome"))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The text of axe-core."""
    return Path(AXE).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def found() -> Matrix:
    """The matrix of sglang, every release there is."""
    return matrix(Job(requirements=("sglang",)), Workshop())


@pytest.fixture(scope="session")
def page_file(found: Matrix, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its page, on disk."""
    path = tmp_path_factory.mktemp("page") / "sglang.html"
    path.write_text(matrix_page(found, page_parts(), version="1.0"), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser: Browser, page_file: Path) -> Iterator[Callable[..., Opened]]:
    """Opens the page in a window of its own; what the console says of it fails the test at the end."""
    windows: list[Opened] = []

    def open_one(anchor: str = "", width: int = 1600, height: int = 1000, **options: object) -> Opened:
        window = Opened(browser, f"{page_file.as_uri()}{anchor}", width=width, height=height, **options)
        windows.append(window)
        return window

    yield open_one
    for window in windows:
        window.close()
    assert [line for window in windows for line in window.said] == []
