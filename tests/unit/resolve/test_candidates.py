"""Candidates: which releases may be tried, and in what order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.specifiers import SpecifierSet
from tests.support.small_catalog import SmallCatalog, row, torch_row

from stackpin.model.cuda import CudaTag
from stackpin.model.target import Platform
from stackpin.resolve.candidates import Candidates
from stackpin.resolve.context import Context
from stackpin.resolve.needs import CUDA, PLATFORM, PYTHON, Candidate, Need, TargetNeed
from stackpin.resolve.order import within_days

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []


@pytest.fixture
def small(tmp_path: Path) -> SmallCatalog:
    small = SmallCatalog(tmp_path)
    small.usual_facts()
    small.release("torch", torch_row("2.6.0", "12.4", "3.2.0"), torch_row("2.7.0", "12.6", "3.3.0"))
    return small


def candidates(small: SmallCatalog, anchors: dict[str, tuple[str, ...]] | None = None, **more: object) -> Candidates:
    catalog, facts = small.open()
    values = {"python": "3.11", "cuda": CudaTag("cu124"), "platform": Platform(machine="x86_64"), **more}
    names = frozenset({*small.releases, "torch", "triton", "cuda-python"})
    return Candidates(Context(catalog=catalog, facts=facts, tracked=names, **values), anchors or {})  # type: ignore[arg-type]


def need(name: str, specifier: str = "", as_of: str = "") -> Need:
    return Need(key=name, name=name, specifier=SpecifierSet(specifier), as_of=as_of)


def tried(found: Candidates, *needs: Need) -> list[str]:
    return [item.release.text for item in found.matching(needs[0].name, needs)]


def test_the_newest_comes_first(small: SmallCatalog) -> None:
    small.release("some", *(row("some", version) for version in ("0.9", "0.10", "0.10.post1")))
    assert tried(candidates(small, {"some": ()}), need("some")) == ["0.10.post1", "0.10", "0.9"]


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        ("", ["1.0", "0.9"]),
        (">=0.9", ["1.0", "0.9"]),
        ("==1.1rc1", ["1.1rc1"]),
        (">=1.1rc1", ["1.1rc1"]),
        (">=0.9rc1", ["1.1rc1", "1.0", "0.9"]),
        (">1.0", []),
    ],
)
def test_a_pre_release_of_an_anchor_is_taken_where_it_is_asked_for(
    small: SmallCatalog, specifier: str, expected: list[str]
) -> None:
    small.release("some", *(row("some", version) for version in ("0.9", "1.0", "1.1rc1")))
    assert tried(candidates(small, {"some": ()}), need("some", specifier)) == expected


@pytest.mark.parametrize(("specifier", "expected"), [("", ["1.0"]), (">1.0", ["1.1rc1"]), ("==1.1rc1", ["1.1rc1"])])
def test_a_pre_release_of_a_member_is_taken_where_no_final_release_matches(
    small: SmallCatalog, specifier: str, expected: list[str]
) -> None:
    small.release("some", row("some", "1.0", "torch==2.6.0"), row("some", "1.1rc1", "torch==2.6.0"))
    assert tried(candidates(small), need("some", specifier)) == expected


@pytest.mark.parametrize(("specifier", "expected"), [("", ["1.0"]), ("==1.1", ["1.1"]), ("==1.*", ["1.0"])])
def test_a_yanked_release_is_taken_where_it_is_pinned_exactly(
    small: SmallCatalog, specifier: str, expected: list[str]
) -> None:
    small.release("some", row("some", "1.0"), row("some", "1.1", yanked="broken"))
    assert tried(candidates(small, {"some": ()}), need("some", specifier)) == expected


def test_every_need_has_to_be_met(small: SmallCatalog) -> None:
    small.release("some", *(row("some", version) for version in ("1.0", "1.1", "1.2")))
    assert tried(candidates(small, {"some": ()}), need("some", ">=1.1"), need("some", "<1.2")) == ["1.1"]


def test_an_open_member_is_tried_where_it_declares_its_torch_first(small: SmallCatalog) -> None:
    declares = row("some", "1.0", "torch==2.6.0")
    small.release("some", declares, row("some", "1.1", "torch", uploaded="2025-03-01T00:00:00Z"), row("some", "1.2"))
    found = tried(candidates(small), need("some", "", "2025-03-01T00:00:00Z"))
    assert found == ["1.0", "1.2", "1.1"]


def test_a_member_that_declares_nothing_has_to_be_the_anchors_contemporary(small: SmallCatalog) -> None:
    small.release("some", row("some", "1.0"), row("some", "2.0", uploaded="2025-03-16T00:00:00Z"))
    assert tried(candidates(small), need("some", "", "2025-03-01T00:00:00Z")) == ["1.0"]
    assert tried(candidates(small), need("some", "", "2025-03-02T00:00:00Z")) == ["2.0", "1.0"]


def test_an_upper_bound_says_as_much_as_a_date(small: SmallCatalog) -> None:
    small.release("some", row("some", "1.0"), row("some", "2.0", uploaded="2026-01-01T00:00:00Z"))
    assert tried(candidates(small), need("some", "<3", "2025-01-01T00:00:00Z")) == ["2.0", "1.0"]


@pytest.mark.parametrize(
    ("uploaded", "as_of", "expected"),
    [
        ("2025-03-15T00:00:00Z", "2025-03-01T00:00:00Z", True),
        ("2025-03-15T00:00:01Z", "2025-03-01T00:00:00Z", False),
        ("2020-01-01T00:00:00Z", "2025-03-01T00:00:00Z", True),
        ("", "2025-03-01T00:00:00Z", False),
        ("2025-03-01T00:00:00Z", "", True),
        ("", "", True),
    ],
)
def test_a_contemporary_came_at_most_a_fortnight_later(uploaded: str, as_of: str, expected: bool) -> None:
    assert within_days(uploaded, as_of) is expected


def test_a_release_that_only_a_fact_knows_is_a_candidate_in_its_place(small: SmallCatalog) -> None:
    small.release("some", row("some", "1.0"), row("some", "3.0"))
    small.fact(
        "index_builds",
        package="some",
        tag="cu124",
        label="",
        versions=["2.0"],
        find_links="https://index.example/some/",
    )
    assert [item.text for item in candidates(small).releases("some")] == ["3.0", "2.0", "1.0"]


def of(found: Candidates, name: str, version: str) -> Candidate:
    return next(item for item in found.matching(name, [need(name, f"=={version}")]))


def targets(found: Candidates, candidate: Candidate) -> dict[str, list[TargetNeed]]:
    stated: dict[str, list[TargetNeed]] = {}
    for item in found.needs_of(candidate):
        if isinstance(item, TargetNeed):
            stated.setdefault(item.key, []).append(item)
    return stated


def test_torch_needs_its_tag_its_python_its_platform_and_its_triton(small: SmallCatalog) -> None:
    found = candidates(small, cuda=None)
    torch = of(found, "torch", "2.6.0")
    stated = targets(found, torch)
    assert [(item.accepts("cu124"), item.accepts("cu126")) for item in stated[CUDA]] == [(True, False)]
    other = targets(candidates(small, python="3.8", cuda=None), torch)
    assert [(item.accepts("3.8"), item.accepts("3.11")) for item in other[PYTHON]] == [(False, True)]
    assert [item.accepts("linux-x86_64") for item in other[PLATFORM]] == [False]
    lines = [str(item.specifier) for item in found.needs_of(torch) if isinstance(item, Need) and item.name == "triton"]
    assert lines == ["==3.2.0"]


def test_what_the_target_meets_is_no_need_of_it(small: SmallCatalog) -> None:
    found = candidates(small)
    assert targets(found, of(found, "torch", "2.6.0")) == {}
    assert not found.stopped_by_python


def test_an_anchor_that_pins_what_has_no_build_is_not_tried_again(small: SmallCatalog) -> None:
    pins = {"0.9": "2.6.0", "1.0": "2.7.0", "1.1": "2.7.0", "1.2": "2.7.0"}
    small.release("some", *(row("some", version, f"torch=={torch}") for version, torch in pins.items()))
    found = candidates(small, {"some": ()})
    assert tried(found, need("some")) == ["1.2", "1.1", "1.0", "0.9"]
    found.needs_of(of(found, "torch", "2.7.0"))
    assert tried(found, need("some")) == ["0.9"]
    assert tried(found, need("some", "==1.1")) == ["1.1"]


@pytest.mark.parametrize(
    ("line", "anchors"),
    [
        pytest.param("torch>=2.7.0", {"some": ()}, id="not exactly"),
        pytest.param('torch==2.7.0; python_version >= "3.9"', {"some": ()}, id="on some Pythons"),
        pytest.param("torch==2.7.0", {"some": (), "other": ()}, id="beside another anchor"),
    ],
)
def test_an_anchor_is_tried_where_its_end_is_not_certain(
    small: SmallCatalog, line: str, anchors: dict[str, tuple[str, ...]]
) -> None:
    small.release("some", row("some", "1.0", line))
    found = candidates(small, anchors)
    found.needs_of(of(found, "torch", "2.7.0"))
    assert tried(found, need("some")) == ["1.0"]


@pytest.mark.parametrize(
    ("python", "platform", "text"),
    [
        pytest.param(
            "3.14", "x86_64", "torch 2.6.0 has wheels for Python 3.10 to 3.12 only, not for 3.14", id="Python"
        ),
        pytest.param("3.11", "aarch64", "torch 2.6.0 has Linux wheels for x86_64 only, not for aarch64", id="machine"),
    ],
)
def test_what_a_wheel_does_not_serve_is_a_reason(small: SmallCatalog, python: str, platform: str, text: str) -> None:
    found = candidates(small, python=python, platform=Platform(machine=platform), cuda=None)
    (stated,) = targets(found, of(found, "torch", "2.6.0"))[PLATFORM]
    assert (stated.accepts(""), stated.reason.text) == (False, text)
    assert found.stopped_by_python


def test_an_extra_that_names_a_cuda_major_is_a_need_of_the_target(small: SmallCatalog) -> None:
    small.release("flash", row("flash", "1.0"))
    small.release("some", row("some", "1.0", "flash[cu13]==1.0"))
    found = candidates(small, {"some": ()})
    (stated,) = targets(found, of(found, "some", "1.0"))[CUDA]
    assert [stated.accepts(tag) for tag in ("cu130", "cu132", "cu124", "cpu")] == [True, True, False, False]
    assert (stated.reason.text, stated.reason.evidence) == (
        "some 1.0 asks for CUDA 13",
        "flash[cu13]==1.0  (some-1.0-py3-none-any.whl)",
    )


def test_an_anchor_pulls_in_the_extras_that_its_extra_asks_for(small: SmallCatalog) -> None:
    small.release("deep", row("deep", "1.0"), row("deep", "2.0"))
    lines = ['some[common]; extra == "srt"', 'torch==2.6.0; extra == "srt"', 'deep==1.0; extra == "common"']
    small.release("some", row("some", "1.0", *lines, extras=["srt", "common"]))
    found = candidates(small, {"some": ("srt",)})
    stated = [
        (item.name, str(item.specifier)) for item in found.needs_of(of(found, "some", "1.0")) if isinstance(item, Need)
    ]
    assert stated == [("torch", "==2.6.0"), ("deep", "==1.0")]


def test_a_torch_of_another_build_leaves_pypis_runtime_aside(small: SmallCatalog) -> None:
    small.torch_build("2.6.0", "cu118")
    found = candidates(small, cuda=CudaTag("cu118"))
    names = [item.name for item in found.needs_of(of(found, "torch", "2.6.0")) if isinstance(item, Need)]
    assert names == ["triton"]
