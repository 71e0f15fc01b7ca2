"""What is known of a shell's variables while its commands are gone through, with what an end of a branch takes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.parse.shell_variables import Variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.parse.marked_text import Marked

__all__ = ["ShellState", "matters"]

_PREFIXES = ("PIP_", "UV_", "CONDA_")
_NAMES = frozenset({"PATH", "VIRTUAL_ENV"})


def matters(name: str) -> bool:
    """Whether pip, uv or what they install into is governed by a variable."""
    return name.startswith(_PREFIXES) or name in _NAMES


class _Scope:
    """What was set since something was opened: the values before, by name."""

    def __init__(self) -> None:
        self.before: dict[str, tuple[bool, Marked | None]] = {}
        self.assigned: set[str] = set()


class ShellState:
    """The variables of a shell. ``open`` as :class:`~stackpin.parse.shell_words.Variables` has it."""

    def __init__(self, variables: Variables) -> None:
        self._values: dict[str, Marked | None] = dict(variables.values)
        self._unset = variables.unset
        self._open = variables.open
        self._scopes: list[_Scope] = []
        self._mattering: Mapping[str, Marked | None] | None = None

    @property
    def variables(self) -> Variables:
        """What is known now; a view that changes with the state."""
        return Variables(self._values, self._unset, self._open)

    @property
    def mattering(self) -> Mapping[str, Marked | None]:
        """The variables that govern pip and uv, as they are now."""
        if self._mattering is None:
            self._mattering = {name: value for name, value in self._values.items() if matters(name)}
        return self._mattering

    def assign(self, name: str, value: Marked | None) -> None:
        """Set a variable; to None where its value cannot be told."""
        for scope in self._scopes:
            scope.before.setdefault(name, (name in self._values, self._values.get(name)))
            scope.assigned.add(name)
        self._values[name] = value
        if matters(name):
            self._mattering = None

    def forget_all(self) -> None:
        """Know nothing any more: a file was sourced that may set anything."""
        for scope in self._scopes:
            scope.before = dict.fromkeys(scope.before, (True, None))
            scope.assigned.update(self._values)
        self._values.clear()
        self._open = True
        self._mattering = None

    def open_scope(self) -> None:
        """Begin something whose assignments may be taken back."""
        self._scopes.append(_Scope())

    def again(self) -> None:
        """Take back what was set in the innermost scope: its next branch begins as it did."""
        scope = self._scopes[-1]
        self._restore(scope)
        scope.before = {}

    def close_scope(self, *, keep: bool) -> None:
        """End the innermost scope.

        :param keep: whether its commands may have run in this very shell, so that what they set is unknown behind it; else
            they ran in one of their own.
        """
        scope = self._scopes.pop()
        self._restore(scope)
        if keep:
            for name in scope.assigned:
                self.assign(name, None)

    def merge_scope(self) -> None:
        """End the innermost scope where its commands ran here in any case: what they set stays set."""
        self._scopes.pop()

    def _restore(self, scope: _Scope) -> None:
        for name, (there, value) in scope.before.items():
            if there:
                self._values[name] = value
            else:
                self._values.pop(name, None)
            if matters(name):
                self._mattering = None
