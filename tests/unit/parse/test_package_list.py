"""The list of packages that the catalog covers."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

import stackpin.catalog.loader
from stackpin.errors import CatalogDamaged
from stackpin.parse.package_list import PackageRule, parse_package_list


def test_rules_come_sorted_with_normalized_names() -> None:
    text = b'[packages.Zeta_X]\nfirst = "1.0"\nskip = "dev"\n[packages.alpha]\nvariants = true\n'
    assert [(str(rule.name), rule.first, rule.skip, rule.variants) for rule in parse_package_list(text)] == [
        ("alpha", None, "", True),
        ("zeta-x", Version("1.0"), "dev", False),
    ]


@pytest.mark.parametrize(
    ("skip", "kept"),
    [("", ["1.0", "1.1rc1", "1.1.dev2", "1.1"]), ("dev", ["1.0", "1.1rc1", "1.1"]), ("pre", ["1.0", "1.1"])],
)
def test_a_rule_keeps_what_it_does_not_skip(skip: str, kept: list[str]) -> None:
    (rule,) = parse_package_list(f'[packages.demo]\nfirst = "1.0"\nskip = "{skip}"\n'.encode())
    versions = ["0.9", "1.0rc1", "1.0", "1.1rc1", "1.1.dev2", "1.1"]
    assert [version for version in versions if rule.keeps(Version(version))] == kept


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (b"[packages.demo", ""),
        (b"\xff", ""),
        (b"[packages.demo]\nsince = 1\n", "packages.demo"),
        (b"[packages.demo]\nfirst = 1\n", "packages.demo.first"),
        (b"[packages.demo]\nskip = 'x'\n", "packages.demo.skip"),
    ],
)
def test_a_fault_is_told_by_key(text: bytes, where: str) -> None:
    with pytest.raises(CatalogDamaged) as caught:
        parse_package_list(text)
    assert caught.value.where == where


def test_the_committed_list_covers_the_anchors() -> None:
    path = Path(stackpin.catalog.loader.__file__).parent / "data" / "packages.toml"
    rules = {str(rule.name): rule for rule in parse_package_list(path.read_bytes())}
    assert {"sglang", "vllm", "torch", "triton", "torchvision", "torchaudio", "sgl-kernel"} <= set(rules)
    assert isinstance(rules["torch"], PackageRule)
    assert rules["torch"].variants
