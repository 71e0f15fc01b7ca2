"""What the catalog has of a package, as the judge asks it; nothing is solved for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.check.rules import same_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.catalog.loader import Catalog

__all__ = ["KnownReleases"]


class KnownReleases:
    """The part of :class:`stackpin.check.question.Tuples` that the catalog alone answers."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def carries(self, name: str, version: str = "") -> bool:
        """Whether the catalog has a package, or a release of it."""
        if not version or not self._catalog.carries(name):
            return self._catalog.carries(name)
        return any(same_version(item.text, version) for item in self._catalog.releases(name) or ())

    def releases(self, name: str) -> Iterator[str]:
        """The final releases of a package that the catalog has and that are not yanked, newest first."""
        for item in self._catalog.releases(name) or ():
            if not item.version.is_prerelease and not item.yanked:
                yield item.text
