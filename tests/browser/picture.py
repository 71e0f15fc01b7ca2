"""Take the screenshot of the page that the README shows: ``python -m tests.browser.picture``."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from stackpin.app.compile import Job, Workshop
from stackpin.app.matrix import matrix, page_parts
from stackpin.emit.matrix_html import matrix_page
from stackpin.version import VERSION

__all__: list[str] = []

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "img" / "matrix.png"
CELL = "0.5.10.post1/cu129"
LIMIT = 200_000  # bytes


def main() -> int:
    """Write the page of every sglang release, open a cell of it, keep what is seen."""
    text = matrix_page(matrix(Job(requirements=("sglang",)), Workshop()), page_parts(), version=VERSION)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        path = Path(folder) / "matrix.html"
        path.write_text(text, encoding="utf-8")
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": 1320, "height": 820}, color_scheme="light")
        page.goto(f"{path.as_uri()}#{CELL}")
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURE)
        browser.close()
    size = PICTURE.stat().st_size
    print(f"docs/img/{PICTURE.name}: {size / 1000:.0f} kB")
    return int(size > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
