"""A short session without a fuzzer: changed files are read or refused. The long one is ``nox -s fuzz``."""

from __future__ import annotations

import random

import pytest
from tests.fuzz.mutate import LONGEST, mutated
from tests.fuzz.targets import TARGETS

__all__: list[str] = []

#: How many changed files each target reads here; about a second's worth.
RUNS = {"elf": 1500, "elf-front": 3000, "wheel": 700, "wheel-symbols": 400}


@pytest.mark.parametrize("name", TARGETS)
def test_a_changed_file_is_read_or_refused(name: str) -> None:
    target, chance = TARGETS[name], random.Random(name)
    seeds = target.seeds()
    read = sum(target.read(mutated(chance, seeds)) for _ in range(RUNS[name]))
    assert RUNS[name] // 20 < read < RUNS[name] - RUNS[name] // 20  # some of either, or this says nothing


@pytest.mark.parametrize("name", TARGETS)
def test_a_file_that_is_not_changed_is_read_unless_it_is_none(name: str) -> None:
    target = TARGETS[name]
    assert sum(map(target.read, target.seeds())) > len(target.seeds()) // 3


def test_the_same_seed_changes_files_alike() -> None:
    seeds = TARGETS["elf"].seeds()
    first, second = ([mutated(random.Random(seed), seeds) for seed in range(50)] for _ in range(2))
    assert first == second
    assert len(set(first)) > 45
    assert max(map(len, first)) <= LONGEST
