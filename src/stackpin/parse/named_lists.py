"""A project's lists of requirements by name: its extras, or its dependency groups, which may include each other (PEP 735)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.names import normalized_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.model.mention import Mention
    from stackpin.parse.project_tables import ProjectTables
    from stackpin.parse.toml_places import Path

__all__ = ["NamedLists"]


class NamedLists:
    """The lists of one table.

    :param path: ``dependency-groups``, or else the table of the extras.
    :param own: the project's normalized name: a requirement on it stands for its extras. Empty where it has none.
    """

    def __init__(self, tables: ProjectTables, path: Path, own: str) -> None:
        self.kind = "group" if path == ("dependency-groups",) else "extra"
        self._tables = tables
        self._path = path
        self._own = own
        self._keys = {str(normalized_name(key)): key for key in tables.table(path)}
        self._read: dict[str, list[Mention]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._keys

    @property
    def names(self) -> tuple[str, ...]:
        """The normalized names, in the order of the file."""
        return tuple(self._keys)

    def whole(self, name: str, extras: NamedLists) -> Iterator[tuple[tuple[str, str], list[Mention]]]:
        """The requirements of a list and of all that it includes, with the kind and name of the list that they count for.

        A group has those that it includes as its own; an extra of the project that is asked for stays that extra.

        :param extras: the project's extras, which a requirement on the project itself names.
        """
        seen: set[tuple[str, str]] = set()
        waiting: list[tuple[NamedLists, str]] = [(self, name)]
        while waiting:
            lists, each = waiting.pop(0)
            if (lists.kind, each) in seen or each not in lists:
                continue
            seen.add((lists.kind, each))
            found = lists.mentions(each)
            ours = [mention for mention in found if self._own and mention.name == self._own]
            yield (lists.kind, name if lists is self else each), [mention for mention in found if mention not in ours]
            waiting += [(extras, extra) for mention in ours for extra in mention.extras]
            waiting += [(lists, included) for included in lists.included(each)]

    def mentions(self, name: str) -> list[Mention]:
        """The requirements that stand in a list itself."""
        if name not in self._read:
            self._read[name] = self._tables.mentions((*self._path, self._keys[name]))
        return self._read[name]

    def included(self, name: str) -> list[str]:
        """The normalized names of the groups that a group includes."""
        if self.kind != "group":
            return []
        found = self._tables.tables((*self._path, self._keys[name]))
        return [str(normalized_name(str(item.get("include-group", "")))) for _, item in found]
