"""Source trees as people have them: unpacked sdists, clones at a tag, repositories elsewhere; the real command line on each."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.git_trees import GitServer, Repository

__all__: list[str] = []

DATA = Path(__file__).resolve().parents[1] / "data" / "source_trees"
STATIC, DYNAMIC = "0.4.6.post5", "0.5.10.post1"


def run(*words: str, cwd: Path, code: int = 0, **env: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "stackpin", *words],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    return done


def manifest(version: str) -> bytes:
    return (DATA / f"sglang-{version}" / "pyproject.toml").read_bytes()


def unpacked(folder: Path, version: str) -> Path:
    """What an sdist of sglang leaves behind, as far as it matters."""
    folder.mkdir()
    (folder / "pyproject.toml").write_bytes(manifest(version))
    (folder / "PKG-INFO").write_text(f"Metadata-Version: 2.4\nName: sglang\nVersion: {version}\n", encoding="utf-8")
    return folder


def pins(text: str) -> list[str]:
    """All lines of a constraints file that bind something, the anchor's own pin and the comments left out."""
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    return [line for line in lines if line and not re.match(r"sglang\W", line)]


def header(text: str) -> dict[str, str]:
    return dict(re.findall(r"^# (\w+) +(.*)$", text, re.MULTILINE))


@pytest.mark.parametrize(("version", "cuda"), [(STATIC, "cu124"), (DYNAMIC, "pypi"), (DYNAMIC, "cu126")])
def test_an_unpacked_sdist_gives_the_tuple_of_its_release(version: str, cuda: str, tmp_path: Path) -> None:
    unpacked(tmp_path / "tree", version)
    of_tree = run("compile", "./tree", "--cuda", cuda, cwd=tmp_path).stdout
    of_release = run("compile", f"sglang=={version}", "--cuda", cuda, cwd=tmp_path).stdout
    assert pins(of_tree) == pins(of_release)
    assert header(of_tree)["target"] == header(of_release)["target"]
    assert header(of_tree)["anchor"] == f"sglang: a source tree, by its own account {version}"
    assert not re.search(r"^sglang\W*=", of_tree, re.MULTILINE)


@pytest.mark.parametrize("folder", ["", "python/"])
def test_a_clone_at_a_tag_gives_the_tuple_of_its_release(folder: str, tmp_path: Path) -> None:
    files = {f"{folder}pyproject.toml": manifest(DYNAMIC), f"{folder}pyproject_cpu.toml": manifest(STATIC)}
    repository = Repository(tmp_path / "clone")
    commit = repository.commit(files, f"v{DYNAMIC}", "gateway-v0.3.1", day="2026-04-07")
    of_tree = run("compile", "./clone", cwd=tmp_path).stdout
    assert pins(of_tree) == pins(run("compile", f"sglang=={DYNAMIC}", cwd=tmp_path).stdout)
    told = re.fullmatch(r"sglang: the source tree at ([0-9a-f]{12}) \((.*)\) of 2026-04-07", header(of_tree)["anchor"])
    assert told is not None
    assert commit.startswith(told[1])
    assert sorted(told[2].split(", ")) == ["gateway-v0.3.1", f"v{DYNAMIC}"]
    assert f"# sglang tree@{commit[:12]}: torch==2.9.1" in of_tree


def test_the_line_in_the_file_rebuilds_it(tmp_path: Path) -> None:
    unpacked(tmp_path / "tree", STATIC)
    made = run("compile", "tree/[all]", "--cuda", "cu124", cwd=tmp_path).stdout
    words = header(made)["rebuild"].removeprefix("stackpin ")
    assert words == "compile 'tree/[all]' --cuda cu124"
    assert run(*(word.strip("'") for word in words.split()), cwd=tmp_path).stdout == made


def test_a_clone_of_another_user_is_read_and_the_missing_revision_is_told(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "clone")
    repository.commit({"pyproject.toml": manifest(DYNAMIC)}, f"v{DYNAMIC}")
    done = run("compile", "./clone", cwd=tmp_path, GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert header(done.stdout)["anchor"] == "sglang: a source tree"
    trust = f"git config --global --add safe.directory {repository.folder}"
    assert f"note: git does not tell the revision of ./clone: the folder is another user's: {trust}\n" in done.stderr


def test_an_edited_requirement_is_followed_and_the_edit_is_told(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "clone")
    commit = repository.commit({"pyproject.toml": manifest(DYNAMIC)}, f"v{DYNAMIC}", day="2026-04-07")
    edited = manifest(DYNAMIC).replace(b"xgrammar==0.1.32", b"xgrammar==0.1.33")
    (repository.folder / "pyproject.toml").write_bytes(edited)
    made = run("compile", "./clone", cwd=tmp_path).stdout
    assert "xgrammar==0.1.33" in pins(made)
    assert header(made)["anchor"].endswith("with changes that are not committed")
    assert f"sglang tree@{commit[:12]}-changed: xgrammar==0.1.33" in made


def test_what_a_tree_leaves_open_is_of_the_day_of_its_commit(tmp_path: Path) -> None:
    open_one = manifest(DYNAMIC).replace(b'"xgrammar==0.1.32"', b'"xgrammar"')
    repository = Repository(tmp_path / "clone")
    repository.commit({"pyproject.toml": open_one}, day="2026-04-07")
    then = next(line for line in pins(run("compile", "./clone", cwd=tmp_path).stdout) if line.startswith("xgrammar"))
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "pyproject.toml").write_bytes(open_one)
    done = run("compile", "./plain", cwd=tmp_path)
    now = next(line for line in pins(done.stdout) if line.startswith("xgrammar"))
    rows = json.loads(run("catalog", "show", "xgrammar", "--json", cwd=tmp_path).stdout)["releases"]
    day = {f"xgrammar=={row['version']}": row["uploaded"][:10] for row in rows}
    assert day[then] <= "2026-04-21" < day[now]
    assert "the day of ./plain is not known: what it leaves open is the newest that the catalog has" in done.stderr


@pytest.mark.parametrize(("cuda", "told"), [("cu126", True), ("pypi", False)])
def test_a_tree_that_binds_torch_for_uv_is_told_where_that_is_in_the_way(
    cuda: str, *, told: bool, tmp_path: Path
) -> None:
    unpacked(tmp_path / "tree", DYNAMIC)
    note = "note: uv takes torch from where [tool.uv.sources] of the tree says: give it --no-sources\n"
    assert (note in run("compile", "./tree", "--cuda", cuda, cwd=tmp_path).stderr) is told


def test_a_tree_is_explained_and_compared_like_a_release(tmp_path: Path) -> None:
    unpacked(tmp_path / "tree", DYNAMIC)
    told = run("explain", "./tree", cwd=tmp_path).stdout
    assert f"\nsglang: a source tree, by its own account {DYNAMIC}\n" in told
    assert re.search(r"torch 2\.9\.1 +torch==2\.9\.1  \(pyproject\.toml\)", told)
    refused = run("explain", "./tree", "--cuda", "cu124", cwd=tmp_path, code=10).stdout
    assert refused.startswith("sglang tree has no tuple for cu124: ")
    assert "stackpin compile ./tree --cuda cu126" in refused
    changes = json.loads(run("diff", f"sglang=={DYNAMIC}", "./tree", "--json", cwd=tmp_path).stdout)
    assert [(item["name"], item["kind"]) for item in changes["members"]] == [("sglang", "removed")]


def test_json_has_the_tree_and_its_revision(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "clone")
    commit = repository.commit({"python/pyproject.toml": manifest(STATIC)}, day="2025-05-24")
    document = json.loads(run("compile", "./clone[all]", "--cuda", "cu124", "--json", cwd=tmp_path).stdout)
    (anchor,) = document["anchors"]
    expected = {"name": "sglang", "version": "", "request": "./clone[all]", "tree": "./clone", "revision": commit}
    assert {key: anchor[key] for key in expected} == expected
    torch = next(pin for pin in document["pins"] if pin["name"] == "torch")
    evidence = torch["evidence"][0]
    assert (evidence["line"], evidence["source"]) == ('torch==2.6.0; extra == "srt"', "python/pyproject.toml")
    assert evidence["subject"] == f"sglang tree@{commit[:12]}"


def test_a_repository_elsewhere_is_read_at_the_revision_that_is_named(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "served" / "sglang")
    repository.git("config", "uploadpack.allowFilter", "true")
    commit = repository.commit({"python/pyproject.toml": manifest(STATIC)}, f"v{STATIC}")
    repository.commit({"python/pyproject.toml": b"[project]\nname = 'other'"})
    with GitServer(tmp_path / "served", password="secret") as server:
        address = f"http://{server.host}/sglang/.git@v{STATIC}"
        typed = f"git+{address.replace('//', '//me:secret@')}"
        done = run("compile", typed, "--cuda", "cu124", cwd=tmp_path)
    assert pins(done.stdout) == pins(run("compile", f"sglang=={STATIC}", "--cuda", "cu124", cwd=tmp_path).stdout)
    assert header(done.stdout)["anchor"] == f"sglang: the source tree at {commit[:12]} (v{STATIC}) of 2025-05-24"
    assert header(done.stdout)["rebuild"] == f"stackpin compile git+{address} --cuda cu124"
    assert f"install sglang[srt] @ git+{address}#subdirectory=python" in done.stderr
    assert "secret" not in done.stdout + done.stderr


def test_a_direct_reference_says_whose_tree_it_is(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    repository.commit({"pyproject.toml": manifest(STATIC)})
    address = f"git+file://{repository.folder}@main"
    made = run("compile", f"sglang[all] @ {address}", "--cuda", "cu124", cwd=tmp_path)
    assert "installs no torch" not in made.stderr
    done = run("compile", f"vllm @ {address}", cwd=tmp_path, code=2)
    assert done.stderr.startswith("error: the source tree is that of sglang, not of vllm\n")


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("git+file://FOLDER/r@nowhere", 2, "error: the repository has no revision 'nowhere'\n"),
        ("git+file://FOLDER/none@main", 14, "error: git cannot fetch from the repository\n"),
        ("git+http://127.0.0.1:1/r@main", 14, "error: git cannot fetch from the repository\n"),
        ("git+ext::sh@main", 2, "error: an address that git is not asked for\n"),
    ],
)
def test_what_git_cannot_give_has_its_own_code(address: str, code: int, said: str, tmp_path: Path) -> None:
    Repository(tmp_path / "r").commit({"pyproject.toml": manifest(STATIC)})
    done = run("compile", address.replace("FOLDER", str(tmp_path)), cwd=tmp_path, code=code)
    assert done.stderr.startswith(said)
    assert done.stdout == ""


def test_without_git_a_repository_elsewhere_is_refused_and_a_folder_is_not(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    repository.commit({"pyproject.toml": manifest(STATIC)})
    bare = str(tmp_path / "nothing")
    done = run("compile", f"git+file://{repository.folder}@main", cwd=tmp_path, code=16, PATH=bare)
    assert done.stderr.startswith("error: there is no git\n")
    made = run("compile", "./r", "--cuda", "cu124", cwd=tmp_path, PATH=bare).stdout
    assert header(made)["anchor"] == f"sglang: a source tree, by its own account {STATIC}"


def verified(*words: str, cwd: Path, code: int) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run("catalog", "verify", *words, "--json", cwd=cwd, code=code).stdout)
    return document


@pytest.mark.parametrize("version", [STATIC, DYNAMIC])
def test_a_tree_that_says_what_its_release_says_is_no_finding(version: str, tmp_path: Path) -> None:
    unpacked(tmp_path / "tree", version)
    done = run("catalog", "verify", "--source", "tree", cwd=tmp_path)
    assert re.fullmatch(rf"\d+ statements of tree held against sglang {version}: no difference\n", done.stdout)


def test_every_difference_between_a_tag_and_its_release_is_told(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "clone")
    changed = manifest(STATIC).replace(b'"torch==2.6.0"', b'"torch==2.6.1"').replace(b'"IPython", ', b"")
    changed = changed.replace(b'>=3.8"', b'>=3.9"').replace(
        b"[project.optional-dependencies]", b"[project.optional-dependencies]\nnew = []"
    )
    commit = repository.commit({"python/pyproject.toml": changed}, f"v{STATIC}")
    found = verified("--source", "./clone", cwd=tmp_path, code=1)
    assert (found["package"], found["version"], found["revision"]) == ("sglang", STATIC, commit)
    told = [(item["field"], item["catalog"], item["source"]) for item in found["differences"]]
    assert told[:2] == [
        ("Requires-Dist", "IPython", "not there"),
        ("Requires-Dist", 'torch==2.6.0; extra == "srt"', 'torch==2.6.1; extra == "srt"'),
    ]
    assert ("Requires-Python", ">=3.8", ">=3.9") in told
    assert ("Provides-Extra", "not there", "new") in told
    text = run("catalog", "verify", "--source", "./clone", cwd=tmp_path, code=1).stdout
    assert "sglang 0.4.6.post5: Requires-Dist differs\n  catalog   IPython\n  source    not there\n" in text


#: setup.py and its fellows as they are at torch's tag v2.6.0, as far as requirements go.
TORCH = {
    "version.txt": b"2.6.0a0\n",
    ".ci/docker/triton_version.txt": b"3.2.0\n",
    "pyproject.toml": b"[build-system]\nrequires = ['setuptools']\n",
    "setup.py": b"""
raise SystemExit("run")
install_requires = [
    "filelock",
    "typing-extensions>=4.10.0",
    'setuptools ; python_version >= "3.12"',
    'sympy==1.13.1 ; python_version >= "3.9"',
    "networkx",
    "jinja2",
    "fsspec",
]
""",
}


def lay_out(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def test_torchs_own_tree_is_held_against_its_triton_and_its_requirements(tmp_path: Path) -> None:
    lay_out(tmp_path / "pytorch", TORCH)
    done = run("catalog", "verify", "--source", "./pytorch", cwd=tmp_path)
    assert done.stdout == "8 statements of ./pytorch held against torch 2.6.0: no difference\n"


def test_a_triton_that_torchs_wheel_does_not_ask_for_is_a_finding(tmp_path: Path) -> None:
    setup = TORCH["setup.py"].replace(b"sympy==1.13.1", b"sympy>=1.13.1")
    lay_out(tmp_path / "pytorch", {**TORCH, ".ci/docker/triton_version.txt": b"3.2.1\n", "setup.py": setup})
    done = run("catalog", "verify", "--source", "./pytorch", cwd=tmp_path, code=1)
    assert done.stdout == (
        "torch 2.6.0: .ci/docker/triton_version.txt differs\n"
        '  catalog   triton (==3.2.0) ; platform_system == "Linux" and platform_machine == "x86_64"\n'
        "  source    3.2.1\n"
        "torch 2.6.0: setup.py differs\n"
        '  catalog   sympy (==1.13.1) ; python_version >= "3.9"\n'
        '  source    sympy>=1.13.1; python_version >= "3.9"\n'
        "8 statements of ./pytorch held against torch 2.6.0: 2 differences\n"
    )


def test_what_cannot_be_compared_is_unknown_and_nothing_at_all_is_an_error(tmp_path: Path) -> None:
    unreadable = {**TORCH, "setup.py": b"install_requires = made()"}
    lay_out(tmp_path / "pytorch", unreadable)
    found = verified("--source", "./pytorch", cwd=tmp_path, code=0)
    told = "BASE_DEPENDENCIES in tools/metadata/dependencies.py and install_requires in setup.py"
    assert found["unknown"] == [f"requirements: no plain list was found for {told}"]
    del unreadable[".ci/docker/triton_version.txt"]
    lay_out(
        tmp_path / "less", {**unreadable, "pyproject.toml": b"[project]\nname = 'torch'\ndynamic = ['dependencies']"}
    )
    done = run("catalog", "verify", "--source", "./less", cwd=tmp_path, code=15)
    assert done.stderr.startswith("error: nothing in the source tree of torch can be compared\n")


@pytest.mark.parametrize("words", [("--all",), ("--package", "torch")])
def test_a_source_is_compared_alone(words: tuple[str, ...], tmp_path: Path) -> None:
    done = run("catalog", "verify", "--source", "./tree", *words, cwd=tmp_path, code=2)
    assert done.stderr.startswith("error: --source goes with neither --package nor --all\n")


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("dynamic = ['version']", 2, "error: the source tree of sglang does not say which release it is\n"),
        ("version = '0.0.1'", 13, "error: the catalog has no release 0.0.1 of sglang\n"),
    ],
)
def test_a_tree_of_no_release_has_nothing_to_be_held_against(text: str, code: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[project]\nname = 'sglang'\n{text}\n", encoding="utf-8")
    assert run("catalog", "verify", "--source", ".", cwd=tmp_path, code=code).stderr.startswith(said)
