"""The schema of SARIF, and what a log of ours is held against it with."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

__all__ = ["schema_errors"]

SCHEMA = Path(__file__).resolve().parents[1] / "data" / "sarif" / "sarif-2.1.0.json"


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def schema_errors(log: Any) -> list[str]:
    """What the schema says against a log, a line each."""
    return [f"{error.json_path}: {error.message}" for error in _validator().iter_errors(log)]
