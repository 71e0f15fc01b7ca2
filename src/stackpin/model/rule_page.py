"""The page of a rule: what it finds, why that matters, an example with its twin, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.value import Value

if TYPE_CHECKING:
    from stackpin.model.finding import Rule

__all__ = ["Example", "RulePage"]


class Example(Value):
    """Files that are checked together, by their path, and the arguments of the ``stackpin check`` that looks at them."""

    files: tuple[tuple[str, str], ...]
    arguments: tuple[str, ...]


class RulePage(Value):
    """One rule's page. ``text`` is all of it, in Markdown; ``parts`` are the texts below its headings, by heading.

    What is in ``found`` the rule finds; of ``silent``, its twin, it says nothing.
    """

    rule: Rule
    text: str
    parts: tuple[tuple[str, str], ...]
    found: Example
    silent: Example

    def part(self, heading: str) -> str:
        """The text below a heading.

        :raises KeyError: where the page has no such heading.
        """
        return dict(self.parts)[heading]
