"""Every tuple of the committed tree, laid out as an environment, has no finding: not one false alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.environments import LaidOut
from tests.support.tools import ReadyMade, tree_files

from stackpin.app.check.environments import EnvironmentJob, look_at
from stackpin.catalog.facts import Facts
from stackpin.catalog.loader import Catalog
from stackpin.effects.environments import read_environment

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []

FACTS = Facts(Catalog.open())
FILES = tree_files()


def toolkit(tag: str) -> str:
    """What ``version.py`` has for a tag (``12.4``); empty for ``cpu``."""
    return f"{tag[2:-1]}.{tag[-1]}" if tag != "cpu" else ""


def laid_out(folder: Path, file: ReadyMade) -> LaidOut:
    """The tuple of a file, PyPI's torch with the label that its own ``version.py`` has."""
    tag = file.name.removesuffix(".txt").rpartition("-")[2]
    place = LaidOut(folder)
    for name, version in file.pins.items():
        if name == "torch":
            place.torch(version, toolkit(tag), label=tag)
        else:
            place.member(name, version)
    return place


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_a_healthy_tuple_is_silent(tmp_path: Path, file: ReadyMade) -> None:
    place = laid_out(tmp_path / "env", file)
    looked = look_at(read_environment(place.prefix), FACTS, EnvironmentJob(driver="999.99"))
    assert [(each.rule.id, each.message) for each in looked.findings] == []
    assert (looked.troubles, looked.notes) == ((), ())
    named = {str(each.name): each.version for each in looked.subject.mentions}
    assert {name: named[name] for name in file.pins} == file.pins
