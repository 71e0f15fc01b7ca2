from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stackpin.check import rule_pages
from stackpin.check.rule_book import RULES, rule
from stackpin.check.rule_pages import HEADINGS, all_pages, parse_page, rule_page
from stackpin.errors import CatalogGap

if TYPE_CHECKING:
    from stackpin.model.rule_page import RulePage

__all__: list[str] = []

ROOT = Path(__file__).resolve().parents[3]
PAGES = all_pages()
THREAD = re.compile(r"\[([\w.-]+/[\w.-]+)#(\d+)\]\(https://github\.com/([\w.-]+/[\w.-]+)/(?:issues|pull)/(\d+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.rule.id)
def test_a_page_has_every_part_and_a_thread(page: RulePage) -> None:
    assert tuple(heading for heading, _ in page.parts) == HEADINGS
    assert [heading for heading, text in page.parts if len(text) < 15] == []
    threads = THREAD.findall(page.part("Why it matters"))
    assert threads
    assert [each for each in threads if (each[0], each[1]) != (each[2], each[3])] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.rule.id)
def test_the_twin_differs_from_the_example_and_is_looked_at_alike(page: RulePage) -> None:
    assert page.found.files != page.silent.files
    assert page.found.arguments == page.silent.arguments


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.rule.id)
def test_what_puts_it_right_can_be_pasted(page: RulePage) -> None:
    assert re.search(r"^```sh\n(?:(?:stackpin|pip|uv|conda) .+\n)+```$", page.part("How to put it right"), re.MULTILINE)


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    files = {path.stem for path in Path(rule_pages.__file__).with_name("pages").glob("*")}
    assert files == {each.id for each in RULES}


def test_an_example_is_its_files_and_the_arguments() -> None:
    plain = rule_page(rule("triton-not-torchs"))
    assert plain.found.files == (("requirements.txt", "torch==2.6.0\ntriton==3.3.0\n"),)
    assert plain.found.arguments == ("requirements.txt",)
    gpu = rule_page(rule("SP205")).silent
    assert gpu.files[1] == (
        ".venv/lib/python3.12/site-packages/torch-2.10.0.dist-info/METADATA",
        "Metadata-Version: 2.1\nName: torch\nVersion: 2.10.0\n",
    )
    assert gpu.arguments == ("--env", ".venv", "--gpu", "sm_70")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("# SP101", "# SP999", id="another title"),
        pytest.param("triton is not the one", "Triton is", id="another summary"),
        pytest.param("## Found", "## Example", id="another heading"),
        pytest.param("## When to ignore it", "When to ignore it", id="one heading less"),
    ],
)
def test_a_page_that_is_laid_out_otherwise_is_refused(old: str, new: str) -> None:
    one = rule_page(rule("SP101"))
    with pytest.raises(ValueError, match=r"^the page of SP101 does not have the title, the summary and the headings"):
        parse_page(one.rule, one.text.replace(old, new))


def test_an_example_without_a_file_is_refused() -> None:
    one = rule_page(rule("SP101"))
    with pytest.raises(ValueError, match=r"^an example without a file$"):
        parse_page(one.rule, one.text.replace(' title="requirements.txt"', ""))


def test_a_page_that_the_installation_lost_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_pages, "_FOLDER", tmp_path)
    with pytest.raises(CatalogGap) as caught:
        rule_page(rule("SP101"))
    assert caught.value.what == "this installation lacks the page of SP101"
    assert caught.value.where == str(tmp_path / "SP101.md")


def test_the_pages_of_the_documentation_are_those_of_the_package() -> None:
    done = subprocess.run([sys.executable, ROOT / "tools" / "rule_pages.py", "--check"], check=False)
    assert done.returncode == 0
