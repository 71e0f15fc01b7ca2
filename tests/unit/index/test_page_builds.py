"""From the rows of a vendor's page to builds: tags, machines, evidence."""

from __future__ import annotations

import pytest

from stackpin.index.page_builds import builds_of_page, tag_of_index
from stackpin.parse.release_rows import FileRow, ReleaseRow, Source

__all__: list[str] = []

INDEX = "https://index.example/whl/cu126"
PAGE = f"{INDEX}/demo/"
TEMPLATES = [
    {"url_template": "https://elsewhere.example/whl/{tag}/"},
    {"template": "https://index.example/whl/{tag}/{project}/"},
    {"template": "https://index.example/whl/nightly/{tag}/{project}/"},
]
X86, ARM, PURE, WINDOWS = (
    "cp39-abi3-linux_x86_64",
    "cp39-abi3-manylinux_2_28_aarch64",
    "py3-none-any",
    "cp39-abi3-win_amd64",
)


def row(version: str, *tags: str, name: str = "demo", yanked: bool = False) -> ReleaseRow:
    files = tuple(
        FileRow(name=f"{name}-{version}-{tag}.whl", size=None, sha256="a" * 64, uploaded=None) for tag in tags
    )
    return ReleaseRow(
        version=version,
        index=INDEX,
        uploaded=None,
        yanked=yanked,
        requires_python=None,
        source=Source(metadata=files[0].name, metadata_sha256="b" * 64, requires=()),
        extras=(),
        files=files,
    )


@pytest.mark.parametrize(
    ("index", "tag"),
    [
        pytest.param("https://index.example/whl/cu126", "cu126", id="a root"),
        pytest.param("https://index.example/whl/cu126/", "cu126", id="with a slash"),
        pytest.param("https://index.example/whl/cpu", "cpu", id="without CUDA"),
        pytest.param("https://index.example/whl/nightly/cu999", "cu999", id="a tag that is new"),
        pytest.param("https://index.example/whl/rocm6.3", "", id="another accelerator"),
        pytest.param("https://index.example/whl", "", id="no tag"),
        pytest.param("https://index.example/whl/cu126/torch2.5", "", id="below a root"),
        pytest.param("https://elsewhere.example/whl/cu126", "", id="no template"),
    ],
)
def test_an_index_root_says_its_tag(index: str, tag: str) -> None:
    assert tag_of_index(index, TEMPLATES) == tag


def test_a_build_has_its_files_its_metadata_and_its_page_as_evidence() -> None:
    found = builds_of_page("demo", [row("1.0+cu126", X86, ARM)], index=INDEX, tag="", seen="2026-01-02")
    assert found.tables["index_builds"] == [
        {
            "package": "demo",
            "tag": "cu126",
            "label": "+cu126",
            "versions": ["1.0"],
            "versions_aarch64": ["1.0"],
            "find_links": PAGE,
            "files": [
                {"filename": f"demo-1.0+cu126-{X86}.whl", "sha256": "a" * 64},
                {"filename": f"demo-1.0+cu126-{ARM}.whl", "sha256": "a" * 64},
            ],
            "metadata": f"demo-1.0+cu126-{X86}.whl",
            "metadata_sha256": "b" * 64,
            "source": PAGE,
            "seen": "2026-01-02",
            "checked": "yes",
        }
    ]
    assert found.tables["pages_read"] == [
        {
            "package": "demo",
            "page": PAGE,
            "index": INDEX,
            "tags": ["cu126"],
            "listed": ["1.0+cu126"],
            "seen": "2026-01-02",
        }
    ]


@pytest.mark.parametrize(
    ("version", "tag", "expected"),
    [
        pytest.param("1.0", "cu126", "cu126", id="no label on a tag's page"),
        pytest.param("1.0+cu128", "cu126", "cu128", id="the label speaks for itself"),
        pytest.param("1.0", "", None, id="neither"),
        pytest.param("1.0+abc", "cu126", None, id="a label that names no tag"),
    ],
)
def test_a_compiled_wheel_has_the_tag_of_its_label_else_of_its_page(
    version: str, tag: str, expected: str | None
) -> None:
    found = builds_of_page("demo", [row(version, X86)], index=INDEX, tag=tag, seen="")
    assert [build["tag"] for build in found.tables.get("index_builds", [])] == ([expected] if expected else [])
    assert len(found.untold) == (0 if expected else 1)


def test_a_pure_wheel_is_no_build_and_no_riddle() -> None:
    found = builds_of_page("demo", [row("1.0", PURE)], index=INDEX, tag="cu126", seen="")
    assert (found.builds, found.untold) == (0, ())
    assert found.tables["pages_read"][0]["listed"] == ["1.0"]


def test_what_linux_cannot_use_and_what_was_yanked_is_not_listed() -> None:
    rows = [row("1.0+cu126", WINDOWS), row("1.1+cu126", X86, yanked=True)]
    assert builds_of_page("demo", rows, index=INDEX, tag="cu126", seen="").tables["pages_read"][0]["listed"] == []


def test_torch_is_a_build_only_under_the_label_that_is_its_tag() -> None:
    rows = [row(version, X86, name="torch") for version in ("2.0", "2.0+cu126", "2.0+cu126.x")]
    found = builds_of_page("torch", rows, index=INDEX, tag="cu126", seen="")
    (build,) = found.tables["torch_builds"]
    assert (build["torch"], build["tag"], build["arches"], build["index"]) == ("2.0", "cu126", ["x86_64"], INDEX)
    assert "index_builds" not in found.tables
