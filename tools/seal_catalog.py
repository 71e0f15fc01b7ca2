#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = ["stackpin", "tomli>=2.0; python_version < '3.11'"]
#
# [tool.uv.sources]
# stackpin = { path = "..", editable = true }
# ///
"""Compile the catalog's fact files into ``facts.json`` and seal every file of it in ``manifest.json``.

The program reads JSON only, so that start-up never parses TOML. What ``catalog update`` wrote into the manifest about
release files (serial numbers) stays; digests and row counts are taken anew, and the date moves when the digest over all
does. ``--check`` writes nothing and exits 1 when either file would change.
"""

from __future__ import annotations

import argparse
import json
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

from fact_toml import load
from stackpin.catalog.manifest import (
    ABI_FILE,
    BUILDS_READ,
    LISTS_FILE,
    dump_manifest,
    load_manifest,
    release_entry,
    with_files,
)

__all__ = ["compile_facts", "main", "seal"]

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "src" / "stackpin" / "catalog" / "data"
#: No facts that the program asks for: the list of packages that ``catalog update`` follows, and files that were seen on
#: vendors' indexes, which vouch for other rows.
NO_FACTS = ("packages.toml", "wheels-seen.toml")


def compile_facts(data: Path) -> bytes:
    """``facts.json``: one key a fact file (dashes as underscores), its rows as they stand."""
    tables = {
        path.stem.replace("-", "_"): load(path) for path in sorted(data.glob("*.toml")) if path.name not in NO_FACTS
    }
    text = json.dumps(tables, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return f"{text}\n".encode()


def seal(data: Path, facts: bytes, manifest: dict[str, Any], *, today: str) -> bytes:
    """``manifest.json`` for the release files that lie in the folder and for these facts.

    :param manifest: the manifest so far.
    :param today: its date (ISO 8601) where the digest over all files changes.
    """
    files: dict[str, dict[str, Any]] = {"facts.json": {"sha256": sha256(facts).hexdigest()}}
    for name in (ABI_FILE, BUILDS_READ, LISTS_FILE):
        if (data / name).exists():
            files[name] = {"sha256": sha256((data / name).read_bytes()).hexdigest()}
    for path in sorted((data / "releases").glob("*.jsonl")):
        name = f"releases/{path.name}"
        content = path.read_bytes()
        serial = str(manifest["files"].get(name, {}).get("serial", ""))
        files[name] = release_entry(content, rows=content.count(b"\n"), serial=serial)
    return dump_manifest(with_files(manifest, files, today=today))


def main(arguments: list[str] | None = None) -> int:
    """Write ``facts.json`` and ``manifest.json``, or compare them; 1 where they differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--date", default=datetime.now(timezone.utc).date().isoformat(), help="of a changed catalog")
    options = parser.parse_args(arguments)
    path = options.data / "manifest.json"
    before = load_manifest(path.read_bytes() if path.exists() else None)
    facts = compile_facts(options.data)
    wanted = {options.data / "facts.json": facts, path: seal(options.data, facts, before, today=options.date)}
    stale = [file for file, content in wanted.items() if not file.exists() or file.read_bytes() != content]
    for file in stale:
        if not options.check:
            file.write_bytes(wanted[file])
    print(json.dumps({"stale" if options.check else "written": [file.name for file in stale]}))
    return int(options.check and bool(stale))


if __name__ == "__main__":
    raise SystemExit(main())
