"""Renovate's own code on what is emitted and applied: its validator, its lookup, and the drill of a tuple that moves.

Measured, and stated by none of its pages: with the versions of the index ``===2.6.0`` is never offered anything, a pin is
never lowered, and a build that the index does not carry never moves: there some members would move without the others.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from packaging.version import Version
from tests.support.bots import emission_of
from tests.support.in_process import run_here
from tests.support.renovate import HOME, Looked, looked_up, run_script, served, validated

from stackpin.catalog.loader import EMBEDDED, Layer
from stackpin.emit.renovate import document_text, renovate_rules, renovate_text
from stackpin.patch.renovate import with_rules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__: list[str] = []

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not HOME, reason="Renovate is laid out by `nox -s real`, which sets TEST_RENOVATE"),
]

BRANCH = "renovate/demo-stack"
#: A minor, a major, a release that goes back, one by its post number, a pre-release, a label that changes, one that stays.
TODAY = {
    "demo": "1.1.0",
    "torch": "3.0.0",
    "torchao": "0.9.0",
    "sgl-kernel": "0.4.6.post5",
    "flashinfer-python": "0.2.9rc2",
    "torchvision": "0.21.0+cu126",
    "xgrammar": "0.1.19",
}
YESTERDAY = {
    "demo": "1.0.0",
    "torch": "2.6.0",
    "torchao": "0.10.0",
    "sgl-kernel": "0.4.6.post4",
    "flashinfer-python": "0.2.5",
    "torchvision": "0.21.0+cu124",
    "xgrammar": "0.1.19",
}
MOVING = {name for name, version in TODAY.items() if YESTERDAY[name] != version}
DOCUMENT = ".github/stackpin/demo.json"


@pytest.fixture
def index() -> Iterator[tuple[str, list[str]]]:
    """An index that has newer releases of everything; what is asked of it is kept."""
    names = (*TODAY, "six", "xformers", "pytorch-triton")
    pages = {
        f"/simple/{name}/": "".join(
            '<a href="{0}">{0}</a>'.format(f"{name.replace('-', '_')}-{version}-py3-none-any.whl")
            for version in (YESTERDAY.get(name, "1.0.0").partition("+")[0], "1.0.0", "99.0.0")
        )
        for name in names
    }
    with served(pages) as (root, asked):
        yield f"{root}/simple/", asked


def user_config(index_url: str, *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What a team has already: its own index, which is all that can be reached."""
    own = {"matchDatasources": ["pypi"], "registryUrls": [index_url]}
    return {"packageRules": [{"matchDatasources": ["python-version"], "enabled": False}, own, *rules], **more}


def lay_out(folder: Path, config: dict[str, Any], versions: dict[str, str], *, documents: str = "") -> None:
    """A repository with yesterday's pins in every shape, and today's rules put into the team's configuration."""
    constraints = [
        "--extra-index-url http://127.0.0.1:1/extra/",
        f"demo==={YESTERDAY['demo']}",
        f"torch==={YESTERDAY['torch']}   # why",
        f"torchao=={YESTERDAY['torchao']} ; sys_platform == 'linux'",
        f"sgl-kernel==={YESTERDAY['sgl-kernel']}",
        f"flashinfer-python=={YESTERDAY['flashinfer-python']}",
        f"torchvision=={YESTERDAY['torchvision']}",
        f"xgrammar=={YESTERDAY['xgrammar']}",
        "pytorch-triton==0+blocked.by.stackpin",
    ]
    project = [
        "[project]",
        'name = "app"',
        'version = "1"',
        f'dependencies = ["torch=={YESTERDAY["torch"]}", "torchao==={YESTERDAY["torchao"]}", "six==1.0.0"]',
    ]
    poetry = [
        "[tool.poetry]",
        'name = "app"',
        'version = "1"',
        "[tool.poetry.dependencies]",
        f'torch = "{YESTERDAY["torch"]}"',
        f'torchao = "=={YESTERDAY["torchao"]}"',
        f'demo = {{version = "{YESTERDAY["demo"]}", extras = ["srt"]}}',
    ]
    requirements = ["--index-url http://127.0.0.1:1/simple/", f"torch == {YESTERDAY['torch']}", "xformers==1.0.0"]
    for path, lines in {
        "constraints/demo.txt": constraints,
        "pyproject.toml": project,
        "old/pyproject.toml": poetry,
        "requirements.txt": requirements,
    }.items():
        (folder / path).parent.mkdir(exist_ok=True, parents=True)
        (folder / path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    wanted = renovate_rules(emission_of(versions, documents=documents))
    text, _ = with_rules(json.dumps(config, indent=2), wanted, where="renovate.json")
    (folder / "renovate.json").write_text(text, encoding="utf-8")


def put_document(folder: Path, text: str) -> None:
    (folder / DOCUMENT).parent.mkdir(parents=True, exist_ok=True)
    (folder / DOCUMENT).write_text(text, encoding="utf-8")


def assert_all_moved(found: Looked) -> None:
    """Every member that changes moves wherever it stands, all on one branch, and nothing of them on another."""
    written = {("constraints/demo.txt", name) for name in MOVING} | {
        ("pyproject.toml", "torch"),
        ("pyproject.toml", "torchao"),
        ("old/pyproject.toml", "torch"),
        ("old/pyproject.toml", "torchao"),
        ("old/pyproject.toml", "demo"),
        ("requirements.txt", "torch"),
    }
    members = [each for each in found.updates if each.name != "six"]
    assert {(each.file, each.name) for each in members} == written
    assert {each.branch for each in members} == {BRANCH}
    assert {each.name: each.new.strip("= ") for each in members} == {name: TODAY[name] for name in MOVING}
    assert all(each.new == each.current.replace(YESTERDAY[each.name], TODAY[each.name]) for each in members)
    assert sorted(each for each in found.offered if each != "six") == sorted(each.name for each in members)


def assert_nothing_moved(found: Looked) -> None:
    assert [each for each in found.updates if each.name in TODAY] == []
    assert not set(found.offered) & set(TODAY)


@pytest.mark.parametrize("documents", ["", f"file://{DOCUMENT}"], ids=["rules alone", "document"])
def test_all_members_are_on_one_branch_up_and_down_and_none_is_offered_alone(
    documents: str, tmp_path: Path, index: tuple[str, list[str]]
) -> None:
    url, asked = index
    lay_out(tmp_path, user_config(url), TODAY, documents=documents)
    put_document(tmp_path, document_text(emission_of(TODAY)))
    assert validated(tmp_path, "renovate.json") == (0, "")
    found = looked_up(tmp_path)
    assert_all_moved(found)
    assert found.branches == 2  # six has its own
    assert {each.kind for each in found.updates} == {"major", "minor", "patch", "rollback"}
    # Look-alikes and what the tuple does not hold stand still, and no member is asked of the index.
    assert found.skipped["constraints/demo.txt", "pytorch-triton"] == "disabled"
    assert "xformers" not in found.offered
    assert asked == ["/simple/six/"]


@pytest.mark.parametrize("documents", ["", f"file://{DOCUMENT}"], ids=["rules alone", "document"])
def test_what_is_there_already_is_not_offered(documents: str, tmp_path: Path, index: tuple[str, list[str]]) -> None:
    lay_out(tmp_path, user_config(index[0]), YESTERDAY, documents=documents)
    put_document(tmp_path, document_text(emission_of(YESTERDAY)))
    assert_nothing_moved(looked_up(tmp_path))


@pytest.mark.parametrize(
    ("rules", "more"),
    [
        pytest.param([{"matchUpdateTypes": ["major", "patch"], "enabled": False}], {}, id="majors disabled by a rule"),
        pytest.param([], {"major": {"enabled": False}, "minor": {"enabled": False}}, id="majors disabled for all"),
        pytest.param([{"matchUpdateTypes": ["patch"], "groupName": "all patches"}], {}, id="another group"),
        pytest.param(
            [{"matchPackageNames": ["torch"], "groupName": "torch", "allowedVersions": "<3"}], {}, id="torch bounded"
        ),
        pytest.param([], {"minimumReleaseAge": "30 days", "separateMajorMinor": True}, id="an age"),
        pytest.param([{"matchManagers": ["pip_requirements"], "rollbackPrs": False}], {}, id="no rollback"),
    ],
)
def test_settings_of_the_user_part_no_member_from_the_others(
    rules: list[dict[str, Any]], more: dict[str, Any], tmp_path: Path, index: tuple[str, list[str]]
) -> None:
    lay_out(tmp_path, user_config(index[0], *rules, **more), TODAY)
    assert_all_moved(looked_up(tmp_path))


def test_a_folder_that_the_user_disables_stays_as_it_is(tmp_path: Path, index: tuple[str, list[str]]) -> None:
    lay_out(tmp_path, user_config(index[0], {"matchFileNames": ["old/**"], "enabled": False}), TODAY)
    found = looked_up(tmp_path)
    assert {each.file for each in found.updates} == {"constraints/demo.txt", "pyproject.toml", "requirements.txt"}
    assert found.skipped["old/pyproject.toml", "torch"] == "disabled"


def mixed(*, rows: int, digest: str) -> str:
    """Today's document with some rows of yesterday's; ``digest`` is what those say."""
    document = json.loads(document_text(emission_of(TODAY)))
    old = json.loads(document_text(emission_of(YESTERDAY, digest=digest)))["members"]
    for name in list(document["members"])[:rows]:
        document["members"][name] = old[name]
    return json.dumps(document)


@pytest.mark.parametrize("rows", [1, 3, len(TODAY)])
def test_of_a_document_of_two_catalogs_nothing_is_offered(
    rows: int, tmp_path: Path, index: tuple[str, list[str]]
) -> None:
    lay_out(tmp_path, user_config(index[0]), TODAY, documents=f"file://{DOCUMENT}")
    put_document(tmp_path, mixed(rows=rows, digest="sha256:yesterday"))
    assert_nothing_moved(looked_up(tmp_path))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"members": {}}', "null"])
def test_of_a_document_that_is_none_nothing_is_offered(text: str, tmp_path: Path, index: tuple[str, list[str]]) -> None:
    lay_out(tmp_path, user_config(index[0]), TODAY, documents=f"file://{DOCUMENT}")
    put_document(tmp_path, text)
    assert_nothing_moved(looked_up(tmp_path))


def test_a_published_document_is_fetched_once_a_run_so_that_no_two_of_them_meet(
    tmp_path: Path, index: tuple[str, list[str]]
) -> None:
    today, other = (document_text(emission_of(each)) for each in (TODAY, {**TODAY, "torch": "9.0.0", "demo": "9.0.0"}))
    with served({"/demo.json": [today, other]}) as (root, asked):
        lay_out(tmp_path, user_config(index[0]), TODAY, documents=f"{root}/demo.json")
        assert_all_moved(looked_up(tmp_path))
        assert asked == ["/demo.json"]


def test_the_rules_stay_the_same_while_the_document_moves() -> None:
    one, other = (renovate_text(emission_of(each, documents="file://d.json")) for each in (YESTERDAY, TODAY))
    assert one == other


def test_a_security_update_of_one_member_is_not_made_alone(tmp_path: Path) -> None:
    """As Renovate adds one behind all rules (``detectVulnerabilityAlerts``, ``fetchVulnerabilities``)."""
    alert = {
        "matchDatasources": ["pypi"],
        "matchPackageNames": ["torch"],
        "matchCurrentVersion": "< 2.9.0",
        "isVulnerabilityAlert": True,
        "force": {"groupName": None, "branchTopic": "torch-vulnerability"},
    }
    rules = renovate_rules(emission_of(TODAY))["packageRules"]
    asked = {"packageName": "torch", "depName": "torch", "datasource": "pypi", "currentValue": "==2.6.0"}
    asked["currentVersion"] = "2.6.0"
    script = f"""
    import {{ applyPackageRules }} from "RENOVATE/util/package-rules/index.js";
    const asked = {json.dumps({**asked, "versioning": "pep440"})};
    const of = async (packageRules) => (await applyPackageRules({{ ...asked, packageRules }})).isVulnerabilityAlert ?? false;
    console.log(JSON.stringify([await of([{json.dumps(alert)}]), await of({json.dumps([*rules, alert])})]));
    """
    assert run_script(tmp_path, script) == [True, False]


ASKED = ("sglang==0.5.*", "--cuda", "cu130")


@pytest.fixture
def catalogs(tmp_path: Path) -> dict[str, dict[str, str]]:
    """Yesterday's catalog, in which 0.5.21 is the newest of its series, and the embedded one, as variables."""
    folder = tmp_path / "yesterday"
    raw = Layer(EMBEDDED).file("releases/sglang.jsonl") or b""
    first = Version("0.5.21")
    newer = [line for line in raw.decode().splitlines() if first < Version(json.loads(line)["version"])]
    text = "".join(line.replace('"yanked":false', '"yanked":true') + "\n" for line in newer)
    assert '"0.5.23"' in text
    (folder / "releases").mkdir(parents=True)
    (folder / "releases" / "sglang.jsonl").write_text(text, encoding="utf-8")
    return {"yesterday": {"STACKPIN_CATALOG": str(folder)}, "today": {}}


def drill_repository(folder: Path, index_url: str, env: dict[str, str]) -> None:
    """A repository with yesterday's tuple in it, and a configuration of Renovate's that knows nothing of it."""
    folder.mkdir()
    done = run_here("compile", *ASKED, "-o", "constraints.txt", "-q", cwd=folder, env=env)
    assert done.returncode == 0, done.stderr
    requirements = "sglang==0.5.21\ntorch==2.13.0\nsix==1.0.0\n"
    (folder / "requirements.txt").write_text(requirements, encoding="utf-8")
    (folder / "renovate.json5").write_text(f"// ours\n{json.dumps(user_config(index_url))}\n", encoding="utf-8")


def drill_document(folder: Path, env: dict[str, str]) -> str:
    done = run_here("emit", "renovate-document", *ASKED, "-q", cwd=folder, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("documents", [(), ("--documents", f"file://{DOCUMENT}")], ids=["rules alone", "document"])
def test_the_drill(
    documents: tuple[str, ...], tmp_path: Path, index: tuple[str, list[str]], catalogs: dict[str, dict[str, str]]
) -> None:
    """Yesterday's tuple is in the repository; today's catalog then has a newer anchor."""
    repository = tmp_path / "repository"
    drill_repository(repository, index[0], catalogs["yesterday"])

    def applied(day: str, *more: str) -> int:
        words = ("apply", "renovate.json5", "--stack", *ASKED, *documents, *more)
        return run_here(*words, cwd=repository, env=catalogs[day]).returncode

    def found_on(day: str) -> Looked:
        assert applied(day) == 0
        if documents:
            put_document(repository, drill_document(repository, catalogs[day]))
        return looked_up(repository)

    assert [each.name for each in found_on("yesterday").updates] == ["six"]
    found = found_on("today")
    moved = {(each.file, each.name, each.new) for each in found.updates if each.name != "six"}
    # sglang-0.5.23-py3-none-any.whl, METADATA: torch==2.14.1, sglang-kernel==0.4.10; torch 2.14.1: triton~=3.8.0.
    assert moved >= {
        ("requirements.txt", "sglang", "==0.5.23"),
        ("requirements.txt", "torch", "==2.14.1"),
        ("constraints.txt", "sglang", "==0.5.23"),
        ("constraints.txt", "torch", "===2.14.1"),
        ("constraints.txt", "triton", "==3.8.0"),
        ("constraints.txt", "sglang-kernel", "==0.4.10"),
    }
    assert "xgrammar" not in {name for _, name, _ in moved}  # xgrammar==0.2.7 on both days
    assert {each.branch for each in found.updates if each.name != "six"} == {"renovate/sglang-stack"}
    assert found.branches == 2
    assert len(found.offered) == len(found.updates)
    assert applied("today", "--check") == 0


@pytest.mark.parametrize("taken", [("torch",), ("sglang", "triton"), ("sglang-kernel", "torch", "torchvision")])
def test_in_the_drill_nothing_is_offered_from_the_documents_of_two_catalogs(
    taken: tuple[str, ...], tmp_path: Path, index: tuple[str, list[str]], catalogs: dict[str, dict[str, str]]
) -> None:
    repository = tmp_path / "repository"
    drill_repository(repository, index[0], catalogs["yesterday"])
    words = ("apply", "renovate.json5", "--stack", *ASKED, "--documents", f"file://{DOCUMENT}")
    assert run_here(*words, cwd=repository).returncode == 0
    old, new = (json.loads(drill_document(repository, catalogs[day])) for day in ("yesterday", "today"))
    for name in taken:
        assert old["members"][name]["version"] != new["members"][name]["version"]
        new["members"][name] = old["members"][name]
    put_document(repository, json.dumps(new))
    assert [each.name for each in looked_up(repository).updates] == ["six"]


@pytest.mark.parametrize("answers", [{}, {"/demo.json": "<p>gone</p>"}], ids=["404", "a page"])
def test_of_a_document_that_cannot_be_fetched_nothing_is_offered(
    answers: dict[str, str], tmp_path: Path, index: tuple[str, list[str]]
) -> None:
    with served(answers) as (root, _):
        lay_out(tmp_path, user_config(index[0]), TODAY, documents=f"{root}/demo.json")
        assert_nothing_moved(looked_up(tmp_path))


def test_every_manager_of_python_files_moves_its_pins(tmp_path: Path, index: tuple[str, list[str]]) -> None:
    managers = ["pep621", "pip_requirements", "pip_setup", "pipenv", "setup-cfg"]
    config = user_config(index[0], enabledManagers=managers, pip_requirements={"fileMatch": ["dev\\.in$"]})
    lay_out(tmp_path, config, TODAY)
    files = {
        "setup.cfg": "[options]\ninstall_requires =\n    torch==2.6.0\n    torchao==0.10.0\n",
        "setup.py": 'from setuptools import setup\n\nsetup(install_requires=["torch==2.6.0", "torchao==0.10.0"])\n',
        "Pipfile": '[packages]\ntorch = "==2.6.0"\ntorchao = "===0.10.0"\n',
        "dev.in": "torch==2.6.0\ntorchao==0.10.0\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = looked_up(tmp_path)
    assert {each.branch for each in found.updates if each.name != "six"} == {BRANCH}
    for name in (*files, "pyproject.toml"):
        assert {(each.name, each.new.strip("=")) for each in found.updates if each.file == name} - {
            ("six", "99.0.0")
        } == {
            ("torch", TODAY["torch"]),
            ("torchao", TODAY["torchao"]),
        }


def test_a_range_is_no_pin_and_stays(tmp_path: Path, index: tuple[str, list[str]]) -> None:
    lay_out(tmp_path, user_config(index[0]), TODAY)
    (tmp_path / "requirements.txt").write_text("torch>=2.5\ntorchao~=0.10.0\ndemo>=1,<1.1\n", encoding="utf-8")
    assert not [each for each in looked_up(tmp_path).updates if each.file == "requirements.txt"]


@pytest.mark.parametrize("documents", ["", "file://.github/stackpin/demo.json", "https://stacks.example/demo.json"])
def test_what_is_emitted_passes_the_validator(documents: str, tmp_path: Path) -> None:
    (tmp_path / "renovate.json").write_text(renovate_text(emission_of(TODAY, documents=documents)), encoding="utf-8")
    assert validated(tmp_path, "renovate.json") == (0, "")


def test_the_validator_sees_what_renovate_does_not_know(tmp_path: Path) -> None:
    text = renovate_text(emission_of(TODAY)).replace('"followTag"', '"followTags"')
    (tmp_path / "renovate.json").write_text(text, encoding="utf-8")
    code, said = validated(tmp_path, "renovate.json")
    assert code == 1
    assert "followTags" in said


@pytest.mark.parametrize(
    ("config", "note", "reason"),
    [
        ({"ignoreDeps": ["torch"]}, "ignoreDeps has torch, and that wins: the tuple moves without", "ignored"),
        (
            {"packageRules": [{"matchPackageNames": ["torch"], "enabled": False}]},
            "packageRules[2] disables torch, and that wins: there the tuple does not move",
            "disabled",
        ),
    ],
)
def test_where_the_users_own_settings_win_it_is_told(
    config: dict[str, Any], note: str, reason: str, tmp_path: Path, index: tuple[str, list[str]]
) -> None:
    rules = config.pop("packageRules", [])
    whole = user_config(index[0], *rules, **config)
    lay_out(tmp_path, whole, TODAY)
    _, notes = with_rules(json.dumps(whole), renovate_rules(emission_of(TODAY)), where="renovate.json")
    assert notes == (f"renovate.json: {note}",)
    found = looked_up(tmp_path)
    assert found.skipped["constraints/demo.txt", "torch"] == reason
    assert {each.name for each in found.updates} >= MOVING - {"torch"}
    assert "torch" not in found.offered


def test_with_the_versions_of_the_index_members_part_from_each_other(tmp_path: Path) -> None:
    """Why they come from elsewhere: grouped, each allowed the tuple's version, and asked of an index that has them all."""
    versions = {name: {YESTERDAY[name], TODAY[name]} for name in TODAY}
    pages = {
        f"/simple/{name}/": "".join(
            '<a href="{0}">{0}</a>'.format(f"{name.replace('-', '_')}-{version}-py3-none-any.whl")
            for version in sorted(each.partition("+")[0] for each in found)
        )
        for name, found in versions.items()
    }
    with served(pages) as (root, _):
        group = {"matchPackageNames": list(TODAY), "groupName": "demo stack", "rollbackPrs": True}
        allowed = [{"matchPackageNames": [name], "allowedVersions": f"=={TODAY[name]}"} for name in TODAY]
        config = user_config(f"{root}/simple/", group, *allowed)
        lay_out(tmp_path, config, TODAY)
        config["pip_requirements"] = renovate_rules(emission_of(TODAY))["pip_requirements"]
        (tmp_path / "renovate.json").write_text(json.dumps(config), encoding="utf-8")
        found = looked_up(tmp_path)
    # Of the constraints file nothing: === is refused, a pre-release, a label and a lower version are passed over.
    assert {(each.file, each.name) for each in found.updates} == {
        ("pyproject.toml", "torch"),
        ("requirements.txt", "torch"),
        ("old/pyproject.toml", "torch"),
        ("old/pyproject.toml", "demo"),
    }
