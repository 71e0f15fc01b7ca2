"""Baselines as text: JSON with one entry a line, sorted, so that a merge of two branches is a merge of lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from stackpin.model.value import as_dict

if TYPE_CHECKING:
    from stackpin.model.baseline import Baseline

__all__ = ["baseline_text"]


def baseline_text(baseline: Baseline) -> str:
    """The file of a baseline; all in ASCII, for names of files may be no text."""
    lines = [json.dumps(as_dict(entry)) for entry in sorted(baseline.entries, key=lambda entry: entry.key)]
    rows = ",\n".join(f"    {line}" for line in lines)
    return f'{{\n  "schema": 1,\n  "findings": [{f"{chr(10)}{rows}{chr(10)}  " if rows else ""}]\n}}\n'
