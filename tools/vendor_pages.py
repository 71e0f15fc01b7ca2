"""Which builds the wheel pages of sglang and of the old flashinfer list, read from the public repositories behind them.

A module beside the scripts of this folder, no script of its own. Each page is read at one commit, which is its source.
"""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from packaging.version import Version

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["from_pages", "is_page_row"]

SGLANG = "sgl-project/whl"
SGLANG_COMMIT = "2504c0ad5d878f1f1cfdda5cf560b7209ea13fee"
SGLANG_SEEN = "2026-07-01"
FLASHINFER = "flashinfer-ai/whl"
FLASHINFER_COMMIT = "d203218a8b5f001af53d4dc0172784cefb41e92c"
FLASHINFER_SEEN = "2024-03-12"

Row = dict[str, Any]
_WHEEL = re.compile(r"([\w.]+)-([\w.]+?)(\+[\w.]+)?-[\w.]+-[\w.]+-([\w.]+)\.whl\Z")
_PAGE = re.compile(r"(?P<tag>cu\d+)/(?:torch(?P<torch>[\d.]+)/)?(?P<package>[\w-]+)/index\.html\Z")


def _git(repository: Path, *arguments: str) -> str:
    command = ["git", "--git-dir", str(repository), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _pages(repository: Path, commit: str) -> list[re.Match[str]]:
    """The project pages of a repository, by CUDA tag (nightly and pull-request pages left out)."""
    paths = _git(repository, "ls-tree", "-r", "--name-only", commit).splitlines()
    return [page for page in map(_PAGE.match, paths) if page]


def _wheels(html: str) -> list[tuple[str, str, str]]:
    """Version, label and platform tag of every wheel that a page links to."""
    names = [unquote(name) for name in re.findall(r">([^<>]+\.whl)</a>", html)]
    found = [_WHEEL.match(name) for name in names]
    return [(wheel[2], wheel[3] or "", wheel[4]) for wheel in found if wheel]


def _versions(wheels: list[tuple[str, str, str]], label: str, arch: str) -> list[str]:
    """The versions that have a wheel with this very label for an architecture, oldest first."""
    found = {version for version, own, platform in wheels if own == label and platform.endswith(arch)}
    return sorted(found, key=Version)


def _row(page: re.Match[str], label: str, wheels: list[tuple[str, str, str]], more: Row) -> Row | None:
    """One row of index-builds, or None where the page has no x86_64 wheel of that label."""
    x86 = _versions(wheels, label, "x86_64")
    if not x86:
        return None
    torch = label.partition("torch")[2]
    return {
        "package": page["package"],
        "tag": page["tag"],
        "label": label,
        **({"torch": torch} if torch else {}),
        "versions": x86,
        "versions_aarch64": _versions(wheels, label, "aarch64"),
        **more,
    }


def _note(label: str, wheels: list[tuple[str, str, str]]) -> str:
    """What a reader must know about a page: the labels of other tags that it lists too."""
    others = sorted({own for _, own, _ in wheels if own not in {label, ""}})
    also = f"; the page also lists {', '.join(others)} files" if others else ""
    own = f"x86_64 wheels labelled {label}" if label else "x86_64 wheels without a label, named as PyPI's would be"
    return f"{own}, as the page lists them at this commit{also}"


def _sglang(repository: Path) -> list[Row]:
    rows: list[Row | None] = []
    for page in _pages(repository, SGLANG_COMMIT):
        if page["package"] == "sglang":
            continue  # pure Python: the same files on every tag's page
        wheels = _wheels(_git(repository, "show", f"{SGLANG_COMMIT}:{page.group()}"))
        for label in (f"+{page['tag']}", ""):
            more = {
                "find_links": f"https://docs.sglang.ai/whl/{page['tag']}/{page['package']}/",
                "note": _note(label, wheels),
                "source": f"https://github.com/{SGLANG}/blob/{SGLANG_COMMIT}/{page.group()}",
                "seen": SGLANG_SEEN,
                "checked": "yes",
            }
            rows.append(_row(page, label, wheels, more))
    return [row for row in rows if row]


def _flashinfer(repository: Path) -> list[Row]:
    rows: list[Row | None] = []
    for page in _pages(repository, FLASHINFER_COMMIT):
        wheels = _wheels(_git(repository, "show", f"{FLASHINFER_COMMIT}:{page.group()}"))
        folder = page.group().removesuffix("index.html")
        for label in sorted({own for _, own, _ in wheels}):
            more = {
                "find_links": f"https://flashinfer.ai/whl/{folder}",
                "claimed": "0.0.1-0.2.0",
                "note": "what the public page repository lists; later releases of this old name are unconfirmed",
                "source": f"https://github.com/{FLASHINFER}/blob/{FLASHINFER_COMMIT}/{page.group()}",
                "seen": FLASHINFER_SEEN,
                "checked": "yes",
            }
            rows.append(_row(page, label, wheels, more))
    return [row for row in rows if row]


def from_pages(folder: Path) -> list[Row]:
    """The rows that the page repositories give; each lies bare in ``<owner>+<name>/repo`` of the folder."""
    return [
        *_sglang(folder / SGLANG.replace("/", "+") / "repo"),
        *_flashinfer(folder / FLASHINFER.replace("/", "+") / "repo"),
    ]


def is_page_row(row: Row) -> bool:
    """Whether a committed row came from a page repository."""
    return str(row["source"]).startswith((f"https://github.com/{SGLANG}/", f"https://github.com/{FLASHINFER}/"))
