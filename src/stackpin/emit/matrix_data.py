"""What the page of a matrix knows of each cell, as compact JSON: every text, pin and reason stands there once.

Shape, with numbers that point into ``texts`` (T), ``pins`` (P), ``reasons`` (R) and ``pythons``::

    rows   [version, extra T, cells]      in the order of the table
    cell   [mark, pythons, glibc T, ready-made series T, pins [P], notes [T]]   of a tuple
    cell   [IMPOSSIBLE, reasons [R]]                                            of a refusal
    pin    [name T, pin T, evidence [[line T, source T]], note T, source of the build T]
    reason [text T, evidence T]

``mark`` is the place of the mark in :class:`Mark`, in the order in which that names them. T 0 is the empty text.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stackpin.emit.constraints import command_words
from stackpin.model.matrix import Mark
from stackpin.model.target import DEFAULT_PLATFORM

if TYPE_CHECKING:
    from stackpin.model.locked import Bound, Pin
    from stackpin.model.matrix import Cell, Matrix

__all__ = ["MARKS", "matrix_data"]

#: The marks in the order in which the page numbers them.
MARKS = tuple(Mark)


class _Pool:
    """Things that are said once and pointed to by number."""

    def __init__(self, *first: Any) -> None:
        self.items: list[Any] = list(first)
        self._places = {json.dumps(item): place for place, item in enumerate(first)}

    def place(self, item: Any) -> int:
        """The number of an item, new or not."""
        key = json.dumps(item)
        if key not in self._places:
            self._places[key] = len(self.items)
            self.items.append(item)
        return self._places[key]


class _Pools:
    """The four pools of one page."""

    def __init__(self) -> None:
        self.texts, self.pins, self.reasons, self.pythons = _Pool(""), _Pool(), _Pool(), _Pool()

    def cell(self, cell: Cell) -> list[Any]:
        """A cell as numbers."""
        locked, text = cell.locked, self.texts.place
        if locked is None:
            told = [[text(reason.text), text(reason.evidence)] for reason in cell.reasons]
            return [MARKS.index(cell.mark), [self.reasons.place(reason) for reason in told]]
        pins = [*(self._pin(pin) for pin in locked.pins), *(self._bound(bound) for bound in locked.bounds)]
        return [
            MARKS.index(cell.mark),
            self.pythons.place(list(locked.pythons)),
            text(".".join(map(str, locked.glibc)) if any(locked.glibc) else ""),
            text(cell.ready_made),
            [self.pins.place(pin) for pin in pins],
            [text(note) for note in cell.notes],
        ]

    def _pin(self, pin: Pin) -> list[Any]:
        text = self.texts.place
        evidence = [[text(str(item)), text(item.source)] for item in pin.evidence]
        return [text(pin.name), text(pin.specifier), evidence, text(pin.note), text(pin.build.source)]

    def _bound(self, bound: Bound) -> list[Any]:
        text = self.texts.place
        return [text(bound.name), text(bound.specifier), [], text(bound.note), 0]


def matrix_data(matrix: Matrix) -> str:
    """The document as text that may stand inside a ``script`` element: it holds no ``<``, ``>`` or ``&``."""
    pools = _Pools()
    rows = [
        [row.version, pools.texts.place(row.extra), [pools.cell(cell) for cell in row.cells]] for row in matrix.rows
    ]
    document = {
        "anchor": matrix.anchor,
        "tags": matrix.tags,
        "drivers": matrix.drivers,
        "marks": [mark.words for mark in MARKS],
        "commands": _commands(matrix),
        "rows": rows,
        "texts": pools.texts.items,
        "pins": pools.pins.items,
        "reasons": pools.reasons.items,
        "pythons": pools.pythons.items,
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _commands(matrix: Matrix) -> dict[str, str]:
    """The lines to copy, with ``{version}``, ``{extra}``, ``{tag}`` and ``{series}`` left open.

    ``path`` is for a tuple that stands in a ready-made file, ``file`` for any other: its file is made first.
    """
    platform = "" if matrix.platform == DEFAULT_PLATFORM else str(matrix.platform)
    wanted = f"{matrix.anchor}=={{version}}" if any(row.version for row in matrix.rows) else matrix.stack
    target = {"python": matrix.python, "platform": platform, "gpu": matrix.gpu}
    command = command_words((wanted,), "TAG", **target).replace("'", "").replace("TAG", "{tag}")
    file = "".join((matrix.stack, "-{version}" if "{version}" in wanted else "", "-{tag}.txt"))
    path = f"\"$(stackpin path '{matrix.anchor}=={{series}}.*' --cuda {{tag}})\""
    commands = {"compile": command}
    if "{version}" in wanted:
        install = f"'{matrix.anchor}{{extra}}=={{version}}'"
        commands |= {"path": f"install -c {path} {install}", "file": f"install -c {file} {install}", "output": file}
    return commands
