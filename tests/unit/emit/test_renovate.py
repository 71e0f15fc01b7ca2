"""Rules for Renovate: known as ours, one version a member, nothing else let loose."""

from __future__ import annotations

import json

from tests.support.bots import emission_of
from tests.support.locked import sglang_cu124

from stackpin.emit.renovate import document_text, renovate_rules
from stackpin.model.emission import OURS, Emission
from stackpin.model.value import replace

__all__: list[str] = []

EMISSION = Emission(
    locked=sglang_cu124(),
    header=("sglang 0.4.x on cu124", "anchor   sglang 0.4.6.post5"),
    command="stackpin emit renovate sglang",
    free=("xformers",),
)


def test_every_rule_is_known_as_ours() -> None:
    rules = renovate_rules(EMISSION)["packageRules"]
    assert all(rule["description"][0].startswith(OURS) for rule in rules)
    assert all(rule["matchPackageNames"] for rule in rules)


def test_a_member_is_allowed_its_build_alone_and_the_rule_says_why() -> None:
    rules = renovate_rules(EMISSION)["packageRules"]
    torch = [rule for rule in rules if rule["matchPackageNames"] == ["torch"]]
    assert torch == [
        {
            "description": ['stackpin: sglang 0.4.6.post5: torch==2.6.0; extra == "srt"'],
            "matchPackageNames": ["torch"],
            "allowedVersions": "/^2\\.6\\.0$/",
        }
    ]


def test_what_the_anchor_leaves_open_stays_in_its_bounds_and_look_alikes_stand_still() -> None:
    rules = renovate_rules(EMISSION)["packageRules"]
    assert [rule["allowedVersions"] for rule in rules if rule["matchPackageNames"] == ["cuda-python"]] == ["<13,>=12"]
    assert rules[-1]["matchPackageNames"] == ["pytorch-triton", "triton-windows", "xformers"]
    assert rules[-1]["enabled"] is False


def test_a_document_names_the_catalog_in_every_row() -> None:
    document = json.loads(document_text(emission_of({"demo": "1.0", "torch": "2.6.0+cu126"}, digest="sha256:x")))
    assert document["members"] == {
        "demo": {"version": "1.0", "catalog": "sha256:x"},
        "torch": {"version": "2.6.0+cu126", "catalog": "sha256:x"},
    }
    assert (document["schema"], document["stack"], document["catalog"]) == (1, ["demo"], "sha256:x")


def test_two_stacks_are_one_group() -> None:
    one = emission_of({"sglang": "1.0", "torch": "2.6.0"}).locked
    other = emission_of({"vllm": "1.0"}).locked
    joint = Emission(locked=replace(one, anchors=one.anchors + other.anchors), header=("both",), command="")
    rule = renovate_rules(joint)["packageRules"][0]
    assert (rule["groupName"], rule["groupSlug"]) == ("sglang and vllm stack", "sglang-and-vllm-stack")
