"""Which build of a release serves a tag: each kind of choice, and each reason for none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.small_catalog import SmallCatalog, row, torch_row

from stackpin.model.build import Channel, Sureness
from stackpin.model.cuda import CudaTag
from stackpin.model.explanation import ReasonKind
from stackpin.model.target import Platform
from stackpin.resolve.builds import Choice, builds_of, spoken
from stackpin.resolve.context import Context

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []


@pytest.fixture
def small(tmp_path: Path) -> SmallCatalog:
    small = SmallCatalog(tmp_path)
    small.usual_facts()
    small.release("torch", torch_row("2.6.0", "12.4"))
    for tag in ("cpu", "cu118", "cu124", "cu126"):
        small.torch_build("2.6.0", tag, pypi=tag == "cu124")
    small.torch_build("2.6.0", "cu128", arches=["aarch64"])
    small.release("torchvision", row("torchvision", "0.21.0", "torch (==2.6.0)"), row("torchvision", "0.99.0"))
    small.release("sgl-kernel", row("sgl-kernel", "0.1.4"), row("sgl-kernel", "0.3.0"), row("sgl-kernel", "0.4.0"))
    small.fact(
        "kernels", package="sgl-kernel", first="0.1.0", last="0.3.0", cuda_major=12, toolkit="12.4", evidence="so.12"
    )
    small.fact(
        "kernels", package="sgl-kernel", first="0.4.0", last="0.4.0", cuda_major=12, toolkit="12.9", evidence="so.12"
    )
    page = "https://kernels.example/{}/sgl-kernel/"
    builds = [
        ("cu118", "", "0.1.4"),
        ("cu118", "", "0.0.8"),
        ("cu130", "+cu130", "0.4.0"),
        ("cu124", "+cu124", "0.4.0"),
    ]
    for tag, label, version in builds:
        small.fact(
            "index_builds",
            package="sgl-kernel",
            tag=tag,
            label=label,
            versions=[version],
            find_links=page.format(tag),
            source="page",
        )
    return small


def choice(small: SmallCatalog, name: str, version: str, tag: str | None, **more: object) -> Choice:
    catalog, facts = small.open()
    found = catalog.release(name, version)
    if found is None:
        from stackpin.resolve.candidates import Candidates

        known = Candidates(_context(catalog, facts, tag), {}).releases(name)
        found = next(item for item in known if item.text == version)
    return builds_of(found, _context(catalog, facts, tag, **more))


def _context(catalog: object, facts: object, tag: str | None, **more: object) -> Context:
    values = {"python": "3.11", "platform": Platform(machine="x86_64"), "tracked": frozenset(), **more}
    cuda = CudaTag(tag) if tag else None
    return Context(catalog=catalog, facts=facts, cuda=cuda, **values)  # type: ignore[arg-type]


def shape(found: Choice) -> list[tuple[str, str, str]]:
    """Channel, local part and tag of each build."""
    return [(build.channel.value, build.local, str(build.tag or "")) for build in found.builds]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        pytest.param("cu124", [("pypi", "", "cu124")], id="PyPI's own tag"),
        pytest.param(None, [("pypi", "", "cu124")], id="no tag: PyPI's own"),
        pytest.param("cu118", [("find-links", "cu118", "cu118")], id="the index of the tag"),
        pytest.param("cpu", [("find-links", "cpu", "cpu")], id="a CPU build"),
        pytest.param("cu128", [], id="another machine's tag"),
        pytest.param("cu130", [], id="never built"),
    ],
)
def test_torch_carries_exactly_the_tag(
    small: SmallCatalog, tag: str | None, expected: list[tuple[str, str, str]]
) -> None:
    assert shape(choice(small, "torch", "2.6.0", tag)) == expected


def test_torch_from_its_index_is_found_on_its_own_page_there(small: SmallCatalog) -> None:
    (build,) = choice(small, "torch", "2.6.0", "cu118").builds
    assert build.page == "https://index.example/whl/cu118/torch/"
    assert (build.sureness, build.verified) == (Sureness.PROVEN, True)


def test_pypis_torch_knows_which_other_builds_its_version_has(small: SmallCatalog) -> None:
    (build,) = choice(small, "torch", "2.6.0", "cu124").builds
    assert {"cpu", "cu118", "cu126"} <= set(build.siblings)


def test_with_prefer_builds_the_labelled_build_of_pypis_own_tag_comes_first(small: SmallCatalog) -> None:
    found = choice(small, "torch", "2.6.0", "cu124", prefer_builds=True)
    assert shape(found) == [("find-links", "cu124", "cu124"), ("pypi", "", "cu124")]


def test_a_tag_that_torch_lacks_is_refused_with_those_that_it_has(small: SmallCatalog) -> None:
    reason = choice(small, "torch", "2.6.0", "cu130").reason
    assert reason
    assert (reason.kind, reason.subject) == (ReasonKind.NO_BUILD, "torch 2.6.0")
    assert reason.text == "torch 2.6.0 is built for cu118, cu124 and cu126"
    assert reason.evidence == "matrix"


def test_torchvision_goes_with_the_builds_of_its_torch(small: SmallCatalog) -> None:
    assert shape(choice(small, "torchvision", "0.21.0", "cu124")) == [("pypi", "", "cu124")]
    (build,) = choice(small, "torchvision", "0.21.0", "cu118").builds
    assert build.page == "https://index.example/whl/cu118/torchvision/"


def test_a_torchvision_that_nothing_pairs_is_pypis_and_unproven(small: SmallCatalog) -> None:
    (build,) = choice(small, "torchvision", "0.99.0", None).builds
    assert (build.sureness, build.note) == (Sureness.UNPROVEN, "which CUDA it was built with is not known")
    reason = choice(small, "torchvision", "0.99.0", "cu118").reason
    assert reason
    assert reason.text == "no fact says for which CUDA tags torchvision 0.99.0 is built"


@pytest.mark.parametrize(
    ("version", "tag", "sureness", "note"),
    [
        ("0.1.4", "cu124", Sureness.DECLARED, ""),
        ("0.1.4", "cu128", Sureness.DECLARED, ""),
        ("0.1.4", "cu121", Sureness.UNPROVEN, "built with CUDA 12.4, newer than 12.1: not proven"),
        ("0.4.0", "cu128", Sureness.UNPROVEN, "built with CUDA 12.9, newer than 12.8: not proven"),
    ],
)
def test_pypis_kernel_serves_its_cuda_major(
    small: SmallCatalog, version: str, tag: str, sureness: Sureness, note: str
) -> None:
    (build,) = choice(small, "sgl-kernel", version, tag).builds
    assert (build.channel, build.major, build.local) == (Channel.PYPI, 12, "")
    assert (build.sureness, build.note) == (sureness, note)


def test_a_kernel_of_another_major_is_taken_from_a_labelled_build(small: SmallCatalog) -> None:
    (build,) = choice(small, "sgl-kernel", "0.4.0", "cu130").builds
    assert (build.local, build.page) == ("cu130", "https://kernels.example/cu130/sgl-kernel/")
    assert not build.verified


def test_with_prefer_builds_the_exact_tags_kernel_comes_first(small: SmallCatalog) -> None:
    found = choice(small, "sgl-kernel", "0.4.0", "cu124", prefer_builds=True)
    assert shape(found) == [("find-links", "cu124", "cu124"), ("pypi", "", "")]


def test_a_build_under_pypis_own_label_cannot_be_told_apart(small: SmallCatalog) -> None:
    reason = choice(small, "sgl-kernel", "0.1.4", "cu118").reason
    assert reason
    assert (reason.kind, reason.evidence) == (ReasonKind.SAME_LABEL, "page")
    assert reason.text == (
        "sgl-kernel 0.1.4 has the same version number for cu118 on kernels.example as for CUDA 12 on PyPI: "
        "no pin can tell them apart"
    )


def test_a_kernel_of_another_major_without_a_labelled_build_is_refused(small: SmallCatalog) -> None:
    reason = choice(small, "sgl-kernel", "0.3.0", "cu130").reason
    assert reason
    assert (reason.kind, reason.text) == (ReasonKind.CUDA_MAJOR, "sgl-kernel 0.3.0 is built with CUDA 12 on PyPI")
    assert reason.evidence == "so.12"


def test_a_release_that_only_a_vendors_index_has_is_taken_from_there_for_its_tag(small: SmallCatalog) -> None:
    (build,) = choice(small, "sgl-kernel", "0.0.8", "cu118").builds
    assert (build.local, build.page, build.verified) == ("", "https://kernels.example/cu118/sgl-kernel/", False)


def test_such_a_release_is_refused_for_any_other_tag(small: SmallCatalog) -> None:
    reason = choice(small, "sgl-kernel", "0.0.8", "cu124").reason
    assert reason
    text = "sgl-kernel 0.0.8 is built for cu118 on kernels.example and is not on PyPI"
    assert (reason.kind, reason.text) == (ReasonKind.NO_RELEASE, text)


def test_a_kernel_of_which_nothing_is_known_is_pypis(small: SmallCatalog) -> None:
    small.release("xgrammar", row("xgrammar", "0.1.19"))
    (build,) = choice(small, "xgrammar", "0.1.19", "cu118").builds
    assert (build.channel, build.major, build.siblings) == (Channel.PYPI, None, ())


def test_a_cuda_member_is_of_the_major_that_its_version_says(small: SmallCatalog) -> None:
    small.release("cuda-python", row("cuda-python", "12.9.0"))
    (build,) = choice(small, "cuda-python", "12.9.0", "cu124").builds
    assert build.major == 12


@pytest.mark.parametrize(
    ("names", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_a_list_as_a_sentence_has_it(names: list[str], text: str) -> None:
    assert spoken(names) == text
