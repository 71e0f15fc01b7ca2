"""What uv is asked to resolve for a tuple: the anchor with its extra, at the time of its upload."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from stackpin.app.closure import Resolution
from stackpin.errors import NotCovered

if TYPE_CHECKING:
    from stackpin.model.locked import LockedTuple
    from stackpin.model.request import Request

__all__ = ["resolution_of"]

#: How long after the anchor's upload what it needs may have been uploaded: the fixes of the first week belong to it.
_GRACE = timedelta(days=7)


def resolution_of(locked: LockedTuple, request: Request, constraints: str) -> Resolution:
    """The resolution that gives all that the first anchor of a tuple needs.

    :param constraints: the tuple as a constraints file.
    :raises NotCovered: for an anchor that is a source tree, which no index has.
    """
    anchor, ask = locked.anchors[0], request.asks[0]
    if not anchor.version:
        raise NotCovered(
            "--closure and pylock pin what a release needs, and an index has none of a project's own tree",
            got=ask.text,
            hint=f"uv pip compile -c constraints.txt {ask.tree.manifest if ask.tree else 'pyproject.toml'}",
        )
    extras = sorted({*ask.requirement.extras, *([anchor.extra] if anchor.extra else [])})
    return Resolution(
        constraints=constraints,
        requirement=f"{anchor.name}{'[' + ','.join(extras) + ']' if extras else ''}=={anchor.version}",
        python=request.python or locked.pythons[-1],
        platform=request.platform,
        exclude_newer=f"{(datetime.fromisoformat(anchor.uploaded[:10]) + _GRACE).date()}",
    )
