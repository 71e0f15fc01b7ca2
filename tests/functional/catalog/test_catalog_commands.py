"""The commands ``stackpin catalog …`` as a user types them: text, JSON, stdout, stderr."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import certifi
import pytest
from click.testing import CliRunner, Result
from tests.support.wheels import wheel_bytes, wheel_name

from stackpin.cli.catalog import catalog
from stackpin.errors import CatalogGap, UnknownName

if TYPE_CHECKING:
    from tests.support.catalog_desk import Desk


@pytest.fixture
def filled(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1735689600")
    monkeypatch.setenv("STACKPIN_CATALOG", str(desk.folder))
    monkeypatch.setenv("PIP_CERT", certifi.where())
    desk.release("1.0", requires=("torch==2.6.0", 'numpy; extra == "all"'))
    desk.release("1.1")
    return desk


def run(*words: str) -> Result:
    return CliRunner().invoke(catalog, [*words])


def plain(text: str, desk: Desk) -> str:
    """A text without what differs from run to run."""
    text = text.replace(str(desk.folder), "CATALOG").replace(desk.index.root, "http://index")
    text = re.sub(r"sha256:?( ?)[0-9a-f]{64}", r"sha256\1…", text)
    return re.sub(r"\d+\.\d [kM]?B|\d+\.\d s", "N", text)


def test_update_tells_what_changed_and_what_it_cost(filled: Desk) -> None:
    result = run("update")
    assert result.exit_code == 0
    assert plain(result.stdout, filled) == (
        "demo: 2 releases, 2 read now\n"
        "catalog   CATALOG\n"
        "index     pypi\n"
        "changed   1 of 1 project\n"
        "cost      4 requests, N, N\n"
        "digest    sha256…\n"
    )
    assert result.stderr == ""


def test_update_quiet_prints_the_digest_alone_and_verbose_tells_each_stage(filled: Desk) -> None:
    quiet = run("update", "-q")
    assert re.fullmatch(r"sha256:[0-9a-f]{64}\n", quiet.stdout)
    assert quiet.stderr == ""
    verbose = run("update", "-v", "--refresh")
    assert verbose.stderr == "pages: 1\nprojects: 1\ndemo: 2\n"


def test_update_gives_one_json_document(filled: Desk) -> None:
    filled.index.add("demo-odd-name.tar.gz", b"")
    result = run("update", "--json")
    document = json.loads(result.stdout)
    assert document["schema"] == 1
    (project,) = document["projects"]
    assert project == {
        "name": "demo",
        "releases": 2,
        "read": 2,
        "changed": True,
        "on_index": True,
        "builds": 0,
        "untold": 0,
    }
    assert result.stderr == ("note: demo: left out, no PEP 440 version or another project's: demo-odd-name.tar.gz\n")


def test_status_tells_age_digest_and_count(filled: Desk) -> None:
    run("update")
    result = run("status", "-v")
    assert plain(result.stdout, filled) == (
        "catalog   CATALOG\n"
        "date      2025-01-01, 0 days old\n"
        "digest    sha256…\n"
        "releases  2 of 1 package, N\n"
        "\n"
        "demo     2  1.1\n"
    )
    document = json.loads(run("status", "--json").stdout)
    assert (document["age"], document["releases"], document["packages"][0]["newest"]) == (0, 2, "1.1")
    assert run("status", "-q").stdout == document["digest"] + "\n"


def test_show_lists_the_releases_of_a_package(filled: Desk) -> None:
    run("update")
    assert run("show", "Demo").stdout == ("1.1             2025-01-02  1 file\n1.0             2025-01-02  1 file\n")
    assert run("show", "demo", "-q").stdout == "1.1\n1.0\n"


def test_show_gives_the_facts_of_a_release_with_their_evidence(filled: Desk) -> None:
    run("update")
    result = run("show", "demo", "1.0", "-v")
    assert plain(result.stdout, filled) == (
        "demo 1.0\n"
        "\n"
        "index     PyPI\n"
        "uploaded  2025-01-02T03:04:05Z\n"
        "Python    >=3.9\n"
        "extras    all\n"
        "\n"
        "Requires-Dist in demo-1.0-cp312-cp312-manylinux_2_28_x86_64.whl\n"
        "  METADATA sha256 …\n"
        "  torch==2.6.0\n"
        '  numpy; extra == "all"\n'
        "\n"
        "files\n"
        "  demo-1.0-cp312-cp312-manylinux_2_28_x86_64.whl  N\n"
        "    sha256 …  2025-01-02T03:04:05Z\n"
        "\n" + plain(result.stdout, filled).splitlines(keepends=True)[-1]
    )


def test_show_gives_one_json_document(filled: Desk) -> None:
    run("update")
    document = json.loads(run("show", "demo", "1.0", "--json").stdout)
    assert document["release"]["metadata"]["x86_64"]["requires"] == ["torch==2.6.0", 'numpy; extra == "all"']
    assert [item["version"] for item in json.loads(run("show", "demo", "--json").stdout)["releases"]] == ["1.1", "1.0"]


def test_show_refuses_an_unknown_package_with_the_near_miss(filled: Desk) -> None:
    run("update")
    error = run("show", "demmo").exception
    assert isinstance(error, UnknownName)
    assert str(error) == "the catalog does not cover demmo\n  found:    demmo\n  do:       did you mean demo?"


def test_show_refuses_a_release_that_the_catalog_lacks(filled: Desk) -> None:
    run("update")
    error = run("show", "demo", "1.2").exception
    assert isinstance(error, CatalogGap)
    assert error.exit_code == 13
    assert str(error) == (
        "the catalog has no demo 1.2\n"
        "  where:    demo\n"
        "  found:    1.2\n"
        "  expected: one of 2 releases, such as 1.1, 1.0\n"
        "  do:       stackpin catalog show demo"
    )


def test_show_says_that_a_covered_package_has_no_rows_yet(filled: Desk) -> None:
    run("update")
    filled.cover("demo", "later")
    error = run("show", "later").exception
    assert isinstance(error, CatalogGap)
    assert error.hint == "stackpin catalog update --package later"


def test_show_says_what_it_does_not_know(filled: Desk) -> None:
    filled.index.add("demo-1.2.zip", b"")
    filled.index.files["demo-1.2.zip"].yanked = True
    run("update")
    assert run("show", "demo").stdout.splitlines()[0] == (
        "1.2             2025-01-02  1 file, yanked, without metadata"
    )
    lines = run("show", "demo", "1.2").stdout.splitlines()
    assert "requirements not known: the index has no file whose metadata can be read" in lines
    assert "yanked    yes, no reason given" in lines


def test_verify_exits_0_without_and_1_with_a_difference(filled: Desk) -> None:
    run("update")
    honest = run("verify", "--all")
    assert (honest.exit_code, honest.stdout) == (0, "2 of 2 releases read again: no difference\n")
    filled.index.files.pop(filled.release("1.1"))
    found = run("verify", "--all")
    assert found.exit_code == 1
    assert found.stdout == (
        "demo 1.1: release differs\n"
        "  catalog   1 files\n"
        "  source    not on the index\n"
        "2 of 2 releases read again: 1 differ\n"
    )
    document = json.loads(run("verify", "--all", "--json").stdout)
    assert [item["field"] for item in document["differences"]] == ["release"]


def test_a_vendor_index_without_a_project_is_told(filled: Desk) -> None:
    filled.cover("demo", "other")
    result = run("update", "--index", filled.index.url)
    assert "not there other\n" in result.stdout
    assert "http://index/simple" in plain(result.stdout, filled)


def test_a_release_without_a_wheel_for_linux_is_read_from_another(filled: Desk) -> None:
    tag = "cp312-cp312-macosx_14_0_arm64"
    filled.index.add(wheel_name("demo", "2.0", tag), wheel_bytes("demo", "2.0", tag=tag))
    run("update")
    assert f"Requires-Dist in demo-2.0-{tag}.whl" in run("show", "demo", "2.0").stdout


@pytest.mark.parametrize(
    "words", [("update", "--timeout", "0"), ("verify", "--sample", "0"), ("update", "--retries", "-1")]
)
def test_an_option_out_of_range_is_a_usage_error(words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2
