"""Every example in the README and the pages runs as it stands: Python blocks, and commands that need no network."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.in_process import run_here

__all__: list[str] = []

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
#: Words of a command that asks the index, runs uv, or takes longer than an example should; the wrapped tools, which
#: install gigabytes, are tested in tests/escapes and tests/real.
ELSEWHERE = (
    *("catalog update", "catalog verify", "--closure", "--all", "--freeze-installed"),
    *("stackpin emit pylock", "--index-style url"),
    *("stackpin apply", "stackpin uv", "stackpin pip", "stackpin abi ./", "stackpin abi --env"),
    "stackpin serve",  # runs until it is stopped: tests/functional/serve
    *("stackpin compile ./", "stackpin compile './", "stackpin compile 'git+"),
)
#: The examples that show a refusal.
REFUSED = {
    "stackpin compile sglang==0.4.7 --cuda cu124",
    "stackpin explain sglang==0.4.7 --cuda cu124",
    "stackpin explain sglang --cuda auto --driver 550.54",
    "stackpin compile sglang==0.5.23 vllm==0.33.0",
    "stackpin compile sglang==0.4.6.post5 vllm==0.8.5.post1",
    "stackpin compile sglang vllm --cuda cu130",
}


def blocks(language: str) -> list[tuple[str, str]]:
    """Page and text of each fenced block of a language."""
    fence = re.compile(rf"^```{language}\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    return [(page.name, text) for page in PAGES for text in fence.findall(page.read_text(encoding="utf-8"))]


def commands() -> list[str]:
    """Every line of a shell block that is a stackpin command, once."""
    lines = [line for _, text in blocks("sh") for line in text.splitlines() if line.startswith("stackpin ")]
    return [line for line in dict.fromkeys(lines) if not any(words in line for words in ELSEWHERE)]


@pytest.mark.parametrize("line", commands())
def test_a_command_in_the_texts_works(line: str, tmp_path: Path) -> None:
    if "requirements.txt" in line.split():
        (tmp_path / "requirements.txt").write_text("torch==2.6.0\ntriton==3.2.0\n", encoding="utf-8")
    if "--venv .venv" in line or "--env .venv" in line:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    done = run_here(*shlex.split(line)[1:], cwd=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (10 if line in REFUSED else 0, False), done.stderr


@pytest.mark.parametrize(
    ("page", "code"), blocks("python"), ids=[f"{page}-{i}" for i, (page, _) in enumerate(blocks("python"))]
)
def test_a_program_in_the_texts_works(page: str, code: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{page}: {done.stderr}"
    assert done.stdout
