"""What the tags of images that others are built from tell of what is in them.

The rows stand in ``base-images.toml`` beside this module. They say nothing of which releases go together, so they are no
part of the catalog's digest, by which constraints files are told apart.
"""

from __future__ import annotations

import os
import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from stackpin.model.cuda import CudaTag, tag_of_toolkit
from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["BaseImage", "backend_index", "base_image"]

_REGISTRIES = ("docker.io/", "index.docker.io/", "registry-1.docker.io/", "registry.hub.docker.com/")


class BaseImage(Value):
    """What an image's name tells. ``packages`` are names and exact versions; ``also`` names in versions not told.

    ``tag`` is empty, and ``python`` too, where the name does not tell it. ``uncovered`` says whose build of torch it has
    where that is one that stackpin knows nothing about.
    """

    packages: tuple[tuple[str, str], ...] = ()
    also: tuple[str, ...] = ()
    tag: CudaTag = CudaTag("")
    python: str = ""
    uncovered: str = ""
    source: str = ""


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    path = os.path.join(os.path.dirname(__file__), "base-images.toml")  # noqa: PTH118, PTH120 - as the loader does
    with open(path, "rb") as file:  # noqa: PTH123 - see above
        return tomllib.load(file)


def backend_index(tag: str) -> str:
    """The index that uv takes torch from under ``--torch-backend``."""
    return str(_tables()["torch_backend"]["index"]).replace("{tag}", tag)


def base_image(reference: str) -> BaseImage | None:
    """What an image's name tells (``pytorch/pytorch:2.6.0-cuda12.4-cudnn9-runtime``); None where no row fits.

    :param reference: with or without Docker Hub's registry and a digest.
    """
    name = reference.partition("@")[0]
    for registry in _REGISTRIES:
        name = name.removeprefix(registry)
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = name, ""
    for row in _tables()["image"]:
        if re.fullmatch(row["repository"], repository):
            match = re.fullmatch(row["tag"], tag)
            if match:
                return _image(row, {key: value for key, value in match.groupdict().items() if value})
    return None


def _image(row: Mapping[str, Any], told: Mapping[str, str]) -> BaseImage:
    packages = []
    if "torch" in told:
        packages.append(("torch", told["torch"]))
    if "version" in told:
        packages.append((str(row["package"]), told["version"]))
    cuda = CudaTag(told["cuda"]) if "cuda" in told else CudaTag("")
    return BaseImage(
        packages=tuple(packages),
        also=tuple(row.get("also", ())),
        tag=tag_of_toolkit(told["toolkit"]) if "toolkit" in told else cuda,
        python=told.get("python", ""),
        uncovered="" if row.get("covered", True) else str(row["why"]),
        source=str(row["source"]),
    )
