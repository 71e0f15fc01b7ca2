"""The pages of the rules, which travel inside the package: one Markdown file a rule, all with the same headings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.check.rule_book import RULES
from stackpin.errors import CatalogGap
from stackpin.model.rule_page import Example, RulePage

if TYPE_CHECKING:
    from stackpin.model.finding import Rule

__all__ = ["HEADINGS", "all_pages", "parse_page", "rule_page"]

_FOUND, _SILENT = "Found", "Not found"
#: What every page has, in this order.
HEADINGS = (
    "What it finds",
    "Why it matters",
    _FOUND,
    _SILENT,
    "How to put it right",
    "When to ignore it",
    "What it does not see",
)
_FOLDER = Path(__file__).parent / "pages"
_HEADING = re.compile(r"^## (.+)\n", re.MULTILINE)
_BLOCK = re.compile(r'^```(\w+)(?: title="([^"\n]+)")?\n(.*?)^```$', re.DOTALL | re.MULTILINE)
_COMMAND = "stackpin check "


def all_pages() -> tuple[RulePage, ...]:
    """The page of every rule, in the order of the rule book.

    :raises CatalogGap: where the installation lacks one.
    """
    return tuple(map(rule_page, RULES))


def rule_page(rule: Rule) -> RulePage:
    """The page of one rule.

    :raises CatalogGap: where the installation lacks it.
    """
    path = _FOLDER / f"{rule.id}.md"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CatalogGap(
            f"this installation lacks the page of {rule.id}",
            where=str(path),
            expected="the file that the package ships",
            hint="pip install --force-reinstall --no-deps stackpin",
        ) from error
    return parse_page(rule, text)


def parse_page(rule: Rule, text: str) -> RulePage:
    """A page by its headings, with the files and the command of its two examples.

    :raises ValueError: where it is not laid out as :data:`HEADINGS` says.
    """
    head, *rest = _HEADING.split(text)
    parts = tuple((heading, body.strip()) for heading, body in zip(rest[::2], rest[1::2], strict=True))
    if head != f"# {rule.id} {rule.name}\n\n{rule.summary}\n\n" or tuple(heading for heading, _ in parts) != HEADINGS:
        raise ValueError(f"the page of {rule.id} does not have the title, the summary and the headings of all pages")
    known = dict(parts)
    return RulePage(rule=rule, text=text, parts=parts, found=_example(known[_FOUND]), silent=_example(known[_SILENT]))


def _example(text: str) -> Example:
    """Blocks with a title are files; the block without one is the command, where there is more to it than the file."""
    blocks = _BLOCK.findall(text)
    files = tuple((title, body) for _, title, body in blocks if title)
    if not files:
        raise ValueError("an example without a file")
    command = next((body.strip() for language, title, body in blocks if language == "sh" and not title), "")
    arguments = command.removeprefix(_COMMAND).split() if command else [files[0][0]]
    return Example(files=files, arguments=tuple(arguments))
