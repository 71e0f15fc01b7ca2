"""A solve in which source trees stand for their anchors' releases."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from stackpin.errors import NoTuple
from stackpin.model.explanation import Explanation
from stackpin.model.value import replace
from stackpin.resolve.attempt import own_release

if TYPE_CHECKING:
    from stackpin.catalog.loader import Catalog
    from stackpin.model.request import Request

__all__ = ["told_of_trees", "with_trees"]


def with_trees(catalog: Catalog, request: Request) -> Catalog:
    """The catalog in which each tree of a request is the only release of its anchor, for answers and explanations alike."""
    return catalog.with_standing(release for ask in request.asks if ask.tree and (release := own_release(ask)))


def told_of_trees(error: NoTuple, request: Request) -> NoTuple:
    """The error with each tree named as it was typed, where a command would name a version that no index has."""
    words = {
        shlex.quote(f"{ask.stack.anchor}=={ask.tree.label}"): shlex.quote(ask.text) for ask in request.asks if ask.tree
    }

    def spelled(text: str) -> str:
        for made, typed in words.items():
            text = text.replace(made, typed)
        return text

    explanation = error.explanation
    if isinstance(explanation, Explanation):
        headline = explanation.headline.replace(" does not exist ", " has no tuple ", 1)
        nearest = tuple(replace(item, command=spelled(item.command)) for item in explanation.nearest)
        explanation = replace(explanation, headline=headline, nearest=nearest)
        return NoTuple(explanation.first_line, explanation=explanation, hint=spelled(error.hint))
    return NoTuple(spelled(error.what), explanation=explanation, hint=spelled(error.hint))
