"""What conda writes of a package that it has installed: ``conda-meta/<name>-<version>-<build>.json``."""

from __future__ import annotations

import json

from stackpin.errors import InputUnreadable
from stackpin.model.installed import CondaPackage
from stackpin.model.stack import TORCH, TRITON

__all__ = ["distribution_of", "parse_conda_package"]

#: What is named otherwise there: the recipes pytorch-feedstock of conda-forge, and those of the channel pytorch.
_NAMES = {"pytorch": TORCH, "torchtriton": TRITON}
_SITE = "/site-packages/"


def distribution_of(file: str) -> str:
    """The distribution that a file of this name would be about; empty where it is not named as conda names them."""
    name = file.removesuffix(".json").rsplit("-", 2)[0]
    return _NAMES.get(name, name) if file.endswith(".json") and file.count("-") > 1 else ""


def parse_conda_package(content: bytes, file: str) -> CondaPackage | None:
    """The package; None for one without a file in site-packages, which is no Python distribution whatever its name.

    :raises InputUnreadable: when it is no such document.
    """
    try:
        document = json.loads(content)
        name, version, files = document["name"], document["version"], document["files"]
        paths = [each for each in files if isinstance(each, str) and _SITE in each]
        if not (isinstance(name, str) and isinstance(version, str)):
            raise TypeError("a name or version that is no text")  # noqa: TRY301 - told as the others are
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputUnreadable(
            "a file of conda's cannot be read", where=file, got=str(error) or type(error).__name__, expected="its JSON"
        ) from error
    if not paths:
        return None
    parts = (path.partition(_SITE)[2].partition("/")[0] for path in paths)
    described = frozenset(part for part in parts if part.endswith((".dist-info", ".egg-info")))
    return CondaPackage(name=_NAMES.get(name, name), conda=name, version=version, file=file, described=described)
