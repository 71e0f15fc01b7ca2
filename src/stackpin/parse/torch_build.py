"""Which build an installed torch is, from its own files: ``torch/version.py`` and the METADATA beside it."""

from __future__ import annotations

import re

from stackpin.model.installed import BuildOfTorch

__all__ = ["parse_torch_version", "version_of_metadata"]

_LINE = re.compile(r"^(__version__|cuda|hip|xpu)\s*(?::[^=\n]*)?=\s*['\"]?([^'\"\n]*)['\"]?\s*$", re.MULTILINE)


def parse_torch_version(text: str) -> BuildOfTorch | None:
    """What ``torch/version.py`` says; None where it names no version."""
    said = {name: value.strip() for name, value in _LINE.findall(text)}
    said = {name: value for name, value in said.items() if value not in {"", "None"}}
    if "__version__" not in said:
        return None
    other = next((name for name in ("hip", "xpu") if name in said), "")
    return BuildOfTorch(version=said["__version__"], cuda=said.get("cuda", ""), other=other)


def version_of_metadata(text: str) -> str:
    """The version in a METADATA file's head (core metadata); empty where it has none."""
    head = text.partition("\n\n")[0]
    match = re.search(r"^Version:[ \t]*(\S+)", head, re.MULTILINE | re.IGNORECASE)
    return match[1] if match else ""
