"""One window on the page: what it says, and what a test asks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Locator, Request

__all__ = ["Opened"]

#: Milliseconds that a busy machine may take over one step.
PATIENCE = 180_000


class Opened:
    """A page in a window. ``said`` collects console lines, errors and every request beside the page's own file."""

    def __init__(self, browser: Browser, address: str, *, width: int, height: int, **options: Any) -> None:
        self.said: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": height}, **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.page.on("request", self._request)
        self._own = address.partition("#")[0]
        self.page.goto(address)

    def _console(self, message: ConsoleMessage) -> None:
        self.said.append(f"{message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        if request.url.partition("#")[0] != self._own and not request.url.startswith("data:"):
            self.said.append(f"request: {request.url}")

    def close(self) -> None:
        """Close the window."""
        self.context.close()

    def cell(self, version: str, tag: str) -> Locator:
        """The button of one release on one tag."""
        return self.page.locator(f'#table button[aria-label^="sglang {version}, {tag}:"]')

    def rows(self) -> list[str]:
        """The releases that are to be seen, top to bottom."""
        heads = self.page.locator("#table tr.r:visible th")
        return [text.split()[0].removesuffix("pre-release") for text in heads.all_inner_texts()]

    def heads(self) -> list[str]:
        """The tags that are to be seen, left to right."""
        return list(self.page.locator("#table thead th.tag:visible").all_inner_texts())

    @property
    def count(self) -> str:
        """What the page says of how much it shows."""
        return str(self.page.locator("#count").inner_text())

    @property
    def detail(self) -> str:
        """The text beside the table; empty where no cell is open."""
        panel = self.page.locator("#detail")
        return panel.inner_text() if panel.is_visible() else ""

    @property
    def focused(self) -> str:
        """The accessible name of what has the focus, or its id."""
        name = self.page.evaluate("document.activeElement.ariaLabel || document.activeElement.id")
        return str(name)

    def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def violations(self, axe: str, part: str = "html") -> list[str]:
        """What axe-core finds wrong in the page or a part of it, each with its rule and its first element."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(axe)
        found = self.page.evaluate(f"axe.run({part!r})")["violations"]
        return [f"{item['id']}: {item['help']}: {item['nodes'][0]['html']}" for item in found]
