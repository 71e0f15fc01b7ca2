"""Every tuple of the catalog, emitted for the bots and taken out again, is the tuple; a sample of it gates a change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.support.bots import dependabot_versions, document_versions, renovate_versions
from tests.support.tools import TREE, ReadyMade, tree_files

from stackpin.app.compile import Job, Workshop, compile_job
from stackpin.app.emit import EmitJob, emission_of
from stackpin.emit.dependabot import dependabot_text
from stackpin.emit.renovate import document_text, renovate_rules, renovate_text
from stackpin.model.value import replace
from stackpin.version import VERSION

if TYPE_CHECKING:
    from stackpin.model.emission import Emission

__all__: list[str] = []

#: Committed constraints files, one a series and tag: what they pin is read with regular expressions alone.
FILES = sorted(path.name for path in TREE.glob("*.txt"))
SAMPLE = FILES[:: len(FILES) // 6]
WORKSHOP = Workshop()


def emission(file: ReadyMade) -> Emission:
    """The tuple of a committed file, solved anew."""
    tag = file.name.removesuffix(".txt").rpartition("-")[2]
    job = Job(requirements=(f"{file.anchor}=={file.version}",), cuda=tag)
    compiled = compile_job(job, WORKSHOP, version=VERSION)
    return emission_of(compiled, EmitJob(format="renovate", job=job), WORKSHOP)


def assert_the_tuple_comes_back(name: str) -> None:
    file = next(each for each in tree_files() if each.name == name)
    made = emission(file)
    assert renovate_versions(json.loads(renovate_text(made))) == file.pins
    assert document_versions(document_text(made)) == file.pins
    versions = dependabot_versions(dependabot_text(made))
    assert versions == (file.pins if file.from_pypi_alone else dict.fromkeys(file.pins, ""))
    rules = renovate_rules(replace(made, documents="file://d.json"))["packageRules"]
    assert {*file.pins} <= {*rules[0]["matchPackageNames"]}
    still = [rule for rule in renovate_rules(made)["packageRules"] if rule.get("enabled") is False]
    assert {*file.blocks} <= {each for rule in still for each in rule["matchPackageNames"]}


@pytest.mark.parametrize("name", SAMPLE)
def test_the_tuple_comes_back(name: str) -> None:
    assert_the_tuple_comes_back(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_every_tuple_comes_back(name: str) -> None:
    assert_the_tuple_comes_back(name)


@pytest.mark.slow
@pytest.mark.parametrize("anchor", ["sglang", "torch", "vllm"])
def test_rules_with_a_document_are_the_same_for_every_tuple_of_a_stack(anchor: str) -> None:
    emitted = (emission(each) for each in tree_files() if each.anchor == anchor)
    assert len({renovate_text(replace(each, documents="file://d.json")) for each in emitted}) == 1
