#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = ["tomli>=2.0; python_version < '3.11'"]
# ///
"""Compile the catalog's fact files into ``facts.json`` and seal every file of it in ``manifest.json``.

The program reads JSON only, so that start-up never parses TOML. What ``catalog update`` wrote into the manifest about
release files (serial numbers) stays; digests and row counts are taken anew. ``--check`` writes nothing and exits 1 when
either file would change.
"""

from __future__ import annotations

import argparse
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from fact_toml import load

__all__ = ["compile_facts", "main", "seal"]

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "src" / "stackpin" / "catalog" / "data"
#: Not a fact: the list of packages that ``catalog update`` follows.
NO_FACTS = ("packages.toml",)
FIRST_DATE = "2026-11-23"


def compile_facts(data: Path) -> bytes:
    """``facts.json``: one key a fact file (dashes as underscores), its rows as they stand."""
    tables = {
        path.stem.replace("-", "_"): load(path) for path in sorted(data.glob("*.toml")) if path.name not in NO_FACTS
    }
    text = json.dumps(tables, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return f"{text}\n".encode()


def _entry(old: dict[str, Any], content: bytes, *, rows: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {**old, "sha256": sha256(content).hexdigest()}
    if rows:
        entry["rows"] = content.count(b"\n")
    return entry


def seal(data: Path, facts: bytes, manifest: dict[str, Any]) -> bytes:
    """``manifest.json`` for the release files that lie in the folder and for these facts.

    :param manifest: the manifest so far, or an empty mapping.
    """
    old = manifest.get("files", {})
    files = {"facts.json": _entry({}, facts, rows=False)}
    for path in sorted((data / "releases").glob("*.jsonl")):
        name = f"releases/{path.name}"
        files[name] = _entry(old.get(name, {}), path.read_bytes(), rows=True)
    lines = "".join(f"{name} {entry['sha256']}\n" for name, entry in sorted(files.items()))
    digest = f"sha256:{sha256(lines.encode()).hexdigest()}"
    sealed = {"schema": 1, "date": manifest.get("date", FIRST_DATE), "digest": digest, "files": files}
    return (json.dumps(sealed, indent=1, sort_keys=True) + "\n").encode()


def main(arguments: list[str] | None = None) -> int:
    """Write ``facts.json`` and ``manifest.json``, or compare them; 1 where they differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args(arguments)
    path = options.data / "manifest.json"
    before = path.read_bytes() if path.exists() else b"{}"
    facts = compile_facts(options.data)
    wanted = {options.data / "facts.json": facts, path: seal(options.data, facts, json.loads(before))}
    stale = [file for file, content in wanted.items() if not file.exists() or file.read_bytes() != content]
    for file in stale:
        if not options.check:
            file.write_bytes(wanted[file])
    print(json.dumps({"stale" if options.check else "written": [file.name for file in stale]}))
    return int(options.check and bool(stale))


if __name__ == "__main__":
    raise SystemExit(main())
