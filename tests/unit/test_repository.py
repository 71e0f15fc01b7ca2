"""What the repository promises about itself: two commands, workflows, exit codes, and what it must not name."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from stackpin.errors import error_classes

__all__: list[str] = []

ROOT = Path(__file__).resolve().parents[2]
CONTRACT_CODES = {0, 1, 2, 10, 11, 12, 13, 14, 15, 16, 17}
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
#: A path of somebody's machine: a home folder, or the folder that a container or a build works in.
STRAY_PATH = re.compile(r"(?<![\w.:/])/(?:home/\w+|Users/\w+|root|work)/[\w.-]+")
#: The hosts from which packages are served; they come from pip's settings or a library, never from our text.
REGISTRY = re.compile(r"(?:pypi|files\.pythonhosted)\." + r"org|deb\.debian\." + r"org|registry\.npmjs\." + r"org")
SESSIONS = {"tests", "lint", "types", "quick", "real", "bench", "constraints", "catalog", "docs", "full"}


def tracked(*patterns: str) -> list[Path]:
    """Files that git tracks or would add; outside a clone, the files of the source tree."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "--", *patterns]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode:
        pytest.skip("not a git clone")
    return [path for line in answer.stdout.splitlines() if (path := ROOT / line).is_file()]


def texts(*patterns: str) -> dict[str, str]:
    """Name and text of each tracked file that is text."""
    found = {}
    for path in tracked(*patterns):
        try:
            found[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found


def quick_start() -> list[str]:
    """The lines of the fenced block under the README's heading."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.partition("\n## Quick start\n")[2].partition("\n## ")[0]
    blocks: list[str] = re.findall(r"^```\w*\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 1
    return blocks[0].splitlines()


def test_the_quick_start_is_two_commands_that_need_nothing_but_python() -> None:
    assert quick_start() == ["python3 tools/quickstart.py try", "python3 tools/quickstart.py test"]


def test_ci_runs_the_second_command_of_the_readme(tmp_path: Path) -> None:
    folder = tmp_path / ".ci"
    folder.mkdir()
    (folder / "run").write_bytes((ROOT / ".ci" / "run").read_bytes())
    readme = (
        "## Quick start\n\n```sh\nfalse\necho '== 3 passed in 0.1s =='\n```\n\n## Use\n\n```sh\nfalse\nfalse\n```\n"
    )
    (tmp_path / "README.md").write_text(readme, encoding="utf-8")
    done = subprocess.run(["bash", folder / "run"], capture_output=True, text=True, check=False)
    summary = "== 3 passed in 0.1s =="
    assert (done.returncode, done.stdout.splitlines()) == (0, [f"+ echo '{summary}'", summary, summary])


def test_ci_fails_with_the_command(tmp_path: Path) -> None:
    folder = tmp_path / ".ci"
    folder.mkdir()
    (folder / "run").write_bytes((ROOT / ".ci" / "run").read_bytes())
    (tmp_path / "README.md").write_text("## Quick start\n\n```sh\ntrue\nexit 7\n```\n", encoding="utf-8")
    assert subprocess.run(["bash", folder / "run"], capture_output=True, check=False).returncode == 7


def test_quickstart_names_the_debian_package_where_venv_and_pip_are_missing(tmp_path: Path) -> None:
    for name in ("ensurepip", "pip"):
        (tmp_path / f"{name}.py").write_text("raise ImportError\n", encoding="utf-8")
    tools = tmp_path / "clone" / "tools"
    tools.mkdir(parents=True)
    (tools / "quickstart.py").write_bytes((ROOT / "tools" / "quickstart.py").read_bytes())
    command = [sys.executable, str(tools / "quickstart.py"), "try"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    line = "quickstart: this Python has neither venv nor pip; on Debian and Ubuntu: apt install python3-venv\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", line)


def test_every_slug_is_used_once() -> None:
    counted = Counter(kind.slug for kind in error_classes())
    assert [slug for slug, times in counted.items() if times > 1] == []


def test_every_slug_is_kebab_case() -> None:
    assert [kind.slug for kind in error_classes() if not re.fullmatch(r"[a-z]+(?:-[a-z]+)*", kind.slug)] == []


def test_every_exit_code_is_in_the_contract() -> None:
    assert {kind.exit_code for kind in error_classes()} <= CONTRACT_CODES


def test_the_page_of_exit_codes_is_what_the_errors_say() -> None:
    done = subprocess.run([sys.executable, ROOT / "tools" / "exit_codes.py", "--check"], check=False)
    assert done.returncode == 0


def test_the_page_of_threads_is_what_the_cases_say() -> None:
    done = subprocess.run([sys.executable, ROOT / "tools" / "threads.py", "--check"], check=False)
    assert done.returncode == 0


def test_no_tracked_file_names_a_path_of_somebodys_machine() -> None:
    stray = [f"{name}: {hit}" for name, text in texts().items() for hit in STRAY_PATH.findall(text)]
    assert stray == []


def test_no_source_and_no_page_names_a_registry() -> None:
    found = [
        f"{name}: {hit}" for name, text in texts("src/**.py", "docs", "*.md").items() for hit in REGISTRY.findall(text)
    ]
    assert found == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_full_sha_with_its_version(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert used
    assert [line for line in used if not re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_workflow_starts_with_no_rights_and_keeps_no_credentials(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "\npermissions: {}\n" in text
    assert text.count("uses: actions/checkout@") == text.count("persist-credentials: false")


def sessions() -> set[str]:
    """Names of the functions in the noxfile that are decorated as sessions."""
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {node.name for node in functions if any("nox.session" in ast.unparse(each) for each in node.decorator_list)}


def test_the_noxfile_has_the_sessions_that_the_texts_name() -> None:
    named = {name for text in texts("*.md", "docs", "tools").values() for name in re.findall(r"nox -s (\w+)", text)}
    assert sessions() >= SESSIONS | named


def test_the_full_run_leaves_out_only_what_others_cover() -> None:
    text = (ROOT / "tools" / "full_run.py").read_text(encoding="utf-8")
    runs = set(ast.literal_eval(re.findall(r"^SESSIONS = (\(.*?\))$", text, re.MULTILINE | re.DOTALL)[0]))
    assert sessions() - runs == {"full", "quick"}
