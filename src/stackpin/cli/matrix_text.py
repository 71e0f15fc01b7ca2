"""The matrix in a terminal: one mark a cell, releases that share a line folded, as many tags abreast as fit."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

import click
from packaging.version import Version

from stackpin.model.matrix import MEANING, Mark
from stackpin.model.stack import TORCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stackpin.model.matrix import Cell, Matrix, Row

__all__ = ["matrix_text", "rows_shown"]

_SIGNS = {Mark.PROVEN: "●", Mark.DECLARED: "◐", Mark.UNPROVEN: "○", Mark.IMPOSSIBLE: "·"}
#: For an output that cannot show those.
_PLAIN = {Mark.PROVEN: "P", Mark.DECLARED: "D", Mark.UNPROVEN: "U", Mark.IMPOSSIBLE: "-"}
_COLORS = {Mark.PROVEN: "green", Mark.DECLARED: "blue", Mark.UNPROVEN: "yellow"}
_SERIES_PARTS = 2
#: A mark with all that may stand beside it.
_NARROWEST = 3
#: How wide the legend is where no terminal says it.
_PROSE = 120


def rows_shown(matrix: Matrix, *, folded: bool) -> tuple[Row, ...]:
    """The releases that the table has: folded, pre-releases only where there is nothing else."""
    finals = tuple(row for row in matrix.rows if not row.prerelease)
    return finals if folded and finals else matrix.rows


def matrix_text(matrix: Matrix, *, width: int = 0, plain: bool = False, folded: bool = True) -> str:
    """The table and its legend.

    :param width: the columns of the terminal; 0 for any number.
    :param plain: ASCII letters in place of the signs.
    :param folded: one line for consecutive releases of a series that differ in nothing that is shown.
    """
    signs = _PLAIN if plain else _SIGNS
    rows = rows_shown(matrix, folded=folded)
    groups = _folded(rows) if folded else [[row] for row in rows]
    heads = [
        (_label(group, matrix), ", ".join(group[0].torches) or ("-" if plain else "\N{EN DASH}")) for group in groups
    ]
    first = max([len(str(matrix.anchor)), *(len(label) for label, _ in heads)]) + 2
    second = 0 if matrix.anchor == TORCH else max([len(TORCH), *(len(torch) for _, torch in heads)]) + 2
    tags = [str(tag) for tag in matrix.tags]
    if width and first + second + len(tags) * (_longest(tags) + 1) > width:
        tags = [tag.removeprefix("cu") for tag in tags]
    cell = _longest(tags) + 1
    abreast = max(1, (width - first - second) // cell) if width else len(tags)
    blocks = []
    for start in range(0, len(tags), abreast):
        places = range(start, min(start + abreast, len(tags)))
        names = "".join(f"{tags[place]:^{cell}}" for place in places)
        lines = [
            click.style(f"{matrix.anchor!s:<{first}}{TORCH if second else '':<{second}}{names}".rstrip(), bold=True)
        ]
        for group, (label, torch) in zip(groups, heads, strict=True):
            marks = "".join(_shown(group[0].cells[place], signs, cell) for place in places)
            lines.append(f"{label:<{first}}{torch if second else '':<{second}}{marks}".rstrip())
        blocks.append("\n".join(lines))
    legend = (textwrap.fill(line, width or _PROSE, subsequent_indent="  ") for line in _legend(rows, signs))
    return "\n\n".join([*blocks, "\n".join(legend)])


def _longest(texts: Sequence[str]) -> int:
    return max(_NARROWEST, *(len(text) for text in texts))


def _folded(rows: Sequence[Row]) -> list[list[Row]]:
    return [list(group) for _, group in groupby(rows, key=_looks)]


def _looks(row: Row) -> object:
    """What a line shows of a release, its number left aside."""
    series = Version(row.version).release[:_SERIES_PARTS] if row.version else ()
    cells = tuple((cell.mark, cell.is_pypis, bool(cell.misfits)) for cell in row.cells)
    return series, row.torches, row.prerelease, row.yanked, cells


def _label(group: Sequence[Row], matrix: Matrix) -> str:
    newest, oldest = group[0], group[-1]
    told = " (pre-release)" * newest.prerelease + " (yanked)" * newest.yanked
    if newest is oldest:
        return (newest.version or matrix.stack) + told
    return f"{oldest.version} to {newest.version}{told}"


def _shown(cell: Cell, signs: dict[Mark, str], width: int) -> str:
    """A cell in the middle of its column: the mark, then what is said beside it."""
    beside = "*" * cell.is_pypis + "!" * bool(cell.misfits)
    before = (width - 1) // 2
    padding = " " * (width - before - 1 - len(beside))
    return f"{' ' * before}{_colored(cell.mark, signs)}{beside}{padding}"


def _colored(mark: Mark, signs: dict[Mark, str]) -> str:
    return click.style(signs[mark], fg=_COLORS.get(mark), dim=mark is Mark.IMPOSSIBLE)


def _legend(rows: Sequence[Row], signs: dict[Mark, str]) -> Iterator[str]:
    """What the marks say; those that do not occur are left out."""
    cells = [cell for row in rows for cell in row.cells]
    for mark, meaning in MEANING.items():
        count = sum(cell.mark is mark for cell in cells)
        if count:
            yield f"{signs[mark]} {mark.words} ({count}): {meaning}"
    if any(cell.is_pypis for cell in cells):
        yield "* torch is the very build that PyPI carries"
    if any(cell.misfits for cell in cells):
        yield "! a library in the tuple does not load with its torch, as upstream pins them"
