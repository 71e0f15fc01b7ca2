"""What other repositories use of this one, as its files have it: read as text, for there is no YAML among what tests need."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

__all__ = ["ROOT", "action_script", "hook_pattern"]

ROOT = Path(__file__).resolve().parents[2]


def hook_pattern() -> re.Pattern[str]:
    """The ``files`` of the hook for pre-commit, as pre-commit searches for it in a path."""
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    return re.compile(textwrap.dedent(text.partition("  files: |\n")[2]).strip())


def action_script() -> str:
    """The script of the GitHub Action's one step."""
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    return textwrap.dedent(text.partition("      run: |\n")[2])
