"""The manifest of a catalog folder: which files belong to it, the digest of each, and one digest over all."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from stackpin.errors import CatalogDamaged

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ABI_FILE",
    "BUILDS_READ",
    "LISTS_FILE",
    "SCHEMA",
    "dump_manifest",
    "load_manifest",
    "release_entry",
    "with_files",
]

SCHEMA = 1
#: The file of a catalog folder with the builds that `catalog update --index` read from vendors' pages.
BUILDS_READ = "builds-read.json"
#: The file with the symbols that ``catalog update --abi`` read from wheels.
ABI_FILE = "abi.json.z"
#: The file with the release lists of packages that several stacks bound.
LISTS_FILE = "lists.json.z"
_EMPTY: dict[str, Any] = {"schema": SCHEMA, "date": "", "digest": "", "files": {}}


def load_manifest(content: bytes | None) -> dict[str, Any]:
    """The manifest as a mapping; an empty one where there is no file yet.

    :raises CatalogDamaged: when it is no manifest, or one of another schema.
    """
    if content is None:
        return {**_EMPTY, "files": {}}
    try:
        found = json.loads(content)
        schema = found["schema"]
        found["files"].items()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CatalogDamaged(
            "the manifest is cut or altered", got=str(error), expected="JSON as `stackpin catalog update` writes it"
        ) from error
    if schema != SCHEMA:
        raise CatalogDamaged(
            "the manifest has another schema", got=str(schema), expected=str(SCHEMA), hint="install a newer stackpin"
        )
    return dict(found)


def release_entry(content: bytes, *, rows: int, serial: str) -> dict[str, Any]:
    """What the manifest says of one releases file."""
    entry: dict[str, Any] = {"sha256": sha256(content).hexdigest(), "rows": rows}
    return {**entry, "serial": serial} if serial else entry


def with_files(manifest: Mapping[str, Any], files: Mapping[str, Mapping[str, Any]], *, today: str) -> dict[str, Any]:
    """The manifest with these files; its date moves only when the digest over all files does."""
    ordered = {name: dict(files[name]) for name in sorted(files)}
    lines = "".join(f"{name} {entry['sha256']}\n" for name, entry in ordered.items())
    digest = f"sha256:{sha256(lines.encode()).hexdigest()}"
    date = manifest["date"] if manifest.get("digest") == digest and manifest.get("date") else today
    return {"schema": SCHEMA, "date": date, "digest": digest, "files": ordered}


def dump_manifest(manifest: Mapping[str, Any]) -> bytes:
    """The manifest as it stands on disk: one file a line."""
    lines = [f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in manifest["files"].items()]
    head = {key: manifest[key] for key in ("schema", "date", "digest")}
    return (json.dumps(head)[:-1] + ', "files": {\n' + ",\n".join(lines) + "\n}}\n").encode()
