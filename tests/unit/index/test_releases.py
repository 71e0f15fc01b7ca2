"""From files to releases: which belong, which file speaks for each, what changed."""

from __future__ import annotations

import pytest
from packaging.version import Version

from stackpin.index.releases import IndexRelease, carried_over, group_releases, source_file
from stackpin.parse.package_list import parse_package_list
from stackpin.parse.release_rows import FileRow, ReleaseRow
from stackpin.parse.simple_api import IndexFile

(RULE,) = parse_package_list(b"[packages.demo]\n")


def wheels(*tags: str, yanked: tuple[str, ...] = ()) -> IndexRelease:
    files = tuple(
        IndexFile(name=f"demo-1.0-{tag}.whl", url=f"u/{tag}", size=1, sha256=tag, yanked=tag in yanked) for tag in tags
    )
    return IndexRelease(project="demo", version=Version("1.0"), index="pypi", files=files)


@pytest.mark.parametrize(
    ("tags", "machine", "expected"),
    [
        (("cp310-cp310-manylinux1_x86_64", "cp312-cp312-manylinux1_x86_64"), "x86_64", "cp312-cp312-manylinux1_x86_64"),
        (("cp39-cp39-linux_x86_64", "cp310-cp310-linux_x86_64"), "x86_64", "cp310-cp310-linux_x86_64"),
        (
            ("cp313-cp313t-manylinux1_x86_64", "cp312-cp312-manylinux1_x86_64"),
            "x86_64",
            "cp312-cp312-manylinux1_x86_64",
        ),
        (
            ("cp312-cp312-musllinux_1_2_x86_64", "cp310-cp310-manylinux1_x86_64"),
            "x86_64",
            "cp310-cp310-manylinux1_x86_64",
        ),
        (("py3-none-any", "cp310-cp310-win_amd64"), "x86_64", "py3-none-any"),
        (("py3-none-any", "cp310-cp310-manylinux1_x86_64"), "x86_64", "cp310-cp310-manylinux1_x86_64"),
        (("cp310-cp310-win_amd64", "cp310-cp310-macosx_14_0_arm64"), "x86_64", "cp310-cp310-win_amd64"),
        (
            ("cp310-cp310-manylinux1_x86_64", "cp310-cp310-manylinux_2_28_aarch64"),
            "aarch64",
            "cp310-cp310-manylinux_2_28_aarch64",
        ),
        (("cp310-cp310-manylinux1_x86_64", "py3-none-any"), "aarch64", None),
        ((), "x86_64", None),
    ],
)
def test_the_wheel_that_speaks_for_a_machine(tags: tuple[str, ...], machine: str, expected: str | None) -> None:
    found = source_file(wheels(*tags), machine)
    assert (found.sha256 if found else None) == expected


def test_a_yanked_wheel_speaks_only_where_no_other_does() -> None:
    new, old = "cp312-cp312-manylinux1_x86_64", "cp310-cp310-manylinux1_x86_64"
    found = source_file(wheels(new, old, yanked=(new,)), "x86_64")
    assert found is not None
    assert found.sha256 == old


def test_files_are_grouped_by_release_and_the_odd_ones_named() -> None:
    names = (
        "demo-1.1.tar.gz",
        "demo-1.0-py3-none-any.whl",
        "demo-1.0.tar.gz",
        "other-1.0.tar.gz",
        "demo-1.0.egg",
        "demo-x.whl",
    )
    files = [IndexFile(name=name, url=name) for name in names]
    releases, odd = group_releases(files, rule=RULE, index="pypi")
    assert [(str(item.version), [file.name for file in item.files]) for item in releases] == [
        ("1.0", ["demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"]),
        ("1.1", ["demo-1.1.tar.gz"]),
    ]
    assert odd == ("other-1.0.tar.gz", "demo-x.whl")


def known(*files: tuple[str, str | None]) -> ReleaseRow:
    rows = tuple(FileRow(name=f"demo-1.0-{tag}.whl", size=7, sha256=digest, uploaded=None) for tag, digest in files)
    return ReleaseRow(
        version="1.0",
        index="pypi",
        uploaded=None,
        yanked=False,
        requires_python=">=3",
        source=None,
        extras=(),
        files=rows,
    )


def test_the_same_files_carry_the_row_over_with_what_the_page_says_now() -> None:
    tag = "py3-none-any"
    row = carried_over(wheels(tag, yanked=(tag,)), known((tag, tag)))
    assert row is not None
    assert (row.requires_python, row.yanked, row.files[0].size) == (">=3", True, 1)


@pytest.mark.parametrize(
    "files", [(("py3-none-any", "other"),), (), (("py3-none-any", "py3-none-any"), ("a-b-c", "x"))]
)
def test_other_files_do_not_carry_a_row_over(files: tuple[tuple[str, str], ...]) -> None:
    assert carried_over(wheels("py3-none-any"), known(*files)) is None


def test_nothing_is_carried_over_from_nothing() -> None:
    assert carried_over(wheels("py3-none-any"), None) is None
