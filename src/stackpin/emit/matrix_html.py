"""The page of a matrix: one HTML file that needs nothing beside it, neither a network nor a build.

The table is plain HTML and complete without a script; style, script and data stand inside, and a Content-Security-Policy
admits just these two by their digests.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING

from packaging.version import Version

from stackpin.emit.matrix_data import matrix_data
from stackpin.model.matrix import MEANING, Mark
from stackpin.model.stack import TORCH
from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stackpin.model.matrix import Cell, Matrix, Row

__all__ = ["Parts", "matrix_page"]

_LETTERS = {Mark.PROVEN: "p", Mark.DECLARED: "d", Mark.UNPROVEN: "u"}
_SHAPES = {mark: f'<svg aria-hidden="true"><use href="#{letter}"/></svg>' for mark, letter in _LETTERS.items()}
_SHAPES[Mark.IMPOSSIBLE] = ""  # the style draws its dot
#: How many releases a series has at least, on the whole, to have a heading; else the major versions have.
_SERIES = 4
_NONE = "\N{EN DASH}"


class Parts(Value):
    """The fixed parts of the page: the frame with ``@@NAME@@`` where something goes, the style, the script."""

    frame: str
    style: str
    script: str


def matrix_page(matrix: Matrix, parts: Parts, *, version: str) -> str:
    """The page as text; the same matrix gives the same text.

    :param version: stackpin's own version.
    """
    style, script = parts.style.strip(), parts.script.strip()
    texts = {
        "POLICY": f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        "TITLE": escape(f"{matrix.request} by CUDA tag"),
        "STACK": escape(matrix.stack),
        "ABOUT": _about(matrix, version),
        "LEGEND": "".join(_legend(matrix)),
        "PYTHONS": _options(_pythons(matrix), "Python "),
        "TAGS": _options(matrix.tags),
        "TORCHES": _options(_torches(matrix), "torch "),
        "NO_TORCH": " hidden" if matrix.anchor == TORCH else "",
        "NO_PRE": "" if any(row.prerelease for row in matrix.rows) else " hidden",
        "TABLE": "".join(_table(matrix)),
        "STYLE": style,
        "SCRIPT": script,
        "DATA": matrix_data(matrix),
    }
    return re.sub(r"@@([A-Z_]+)@@", lambda match: texts[match[1]], parts.frame)


def _digest(text: str) -> str:
    """A text as a Content-Security-Policy admits it (CSP 3, hash-source)."""
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _about(matrix: Matrix, version: str) -> str:
    count = len(matrix.rows)
    target = [str(matrix.platform), f"Python {matrix.python}" if matrix.python else "every Python"]
    target += [f"NVIDIA driver {matrix.driver}"] if matrix.driver else []
    target += [matrix.gpu] if matrix.gpu else []
    tuples = sum(matrix.count(mark) for mark in Mark if mark is not Mark.IMPOSSIBLE)
    releases = f"{count} release{'s' * (count != 1)} of {matrix.anchor}"
    parts = [
        f"{releases} on {len(matrix.tags)} tags: {tuples} tuples",
        ", ".join(target),
        f"catalog of {matrix.catalog_date}, {matrix.catalog_digest[:19]}",
        f"stackpin {version}",
    ]
    return "".join(f"<li>{escape(part)}</li>" for part in parts)


def _legend(matrix: Matrix) -> Iterator[str]:
    for mark, meaning in MEANING.items():
        shape = f'<span class="k {_letter(mark)}">{_SHAPES[mark]}</span>'
        count = f"<b>{matrix.count(mark)}</b>"
        yield f"<div><dt>{shape}{escape(mark.words)} {count}</dt><dd>{escape(meaning)}</dd></div>"
    own = '<span class="k o">&nbsp;</span>underlined'
    yield f"<div><dt>{own}</dt><dd>torch is the very build that PyPI carries: what a plain install takes</dd></div>"
    misfit = '<span class="k">!</span>finding'
    yield f"<div><dt>{misfit}</dt><dd>a library in the tuple does not load with its torch, as upstream pins them</dd></div>"


def _letter(mark: Mark) -> str:
    return _LETTERS.get(mark, "i")


def _options(values: Iterable[str], prefix: str = "") -> str:
    return "".join(f'<option value="{escape(value, quote=True)}">{escape(prefix + value)}</option>' for value in values)


def _pythons(matrix: Matrix) -> list[str]:
    served = {python for row in matrix.rows for cell in row.cells if cell.locked for python in cell.locked.pythons}
    return sorted(served, key=Version)


def _torches(matrix: Matrix) -> list[str]:
    return sorted({torch for row in matrix.rows for torch in row.torches}, key=Version, reverse=True)


def _table(matrix: Matrix) -> Iterator[str]:
    """The table, one ``tbody`` a series."""
    with_torch = matrix.anchor != TORCH
    columns = 2 + with_torch + len(matrix.tags)
    yield f'<thead><tr><th scope="col">{escape(str(matrix.anchor))}</th><th scope="col" class="day">uploaded</th>'
    yield '<th scope="col" class="torch">torch</th>' * with_torch
    yield "".join(f'<th scope="col" class="tag">{escape(tag)}</th>' for tag in matrix.tags) + "</tr></thead>"
    last = None
    few = len({_series(row, 2) for row in matrix.rows}) * _SERIES <= len(matrix.rows)
    for row in matrix.rows:
        series = _series(row, 2 if few else 1)
        if series != last:
            yield "</tbody>" * (last is not None) + "<tbody>"
            if series:
                yield f'<tr class="series"><th scope="rowgroup" colspan="{columns}">{escape(series)}</th></tr>'
        last = series
        yield from _row(row, matrix, with_torch=with_torch)
    yield "</tbody>"


def _series(row: Row, count: int) -> str:
    parts = Version(row.version).release[:count] if row.version else ()
    return f"{'.'.join(map(str, parts))}.x" if parts else ""


def _row(row: Row, matrix: Matrix, *, with_torch: bool) -> Iterator[str]:
    kind = "r pre" if row.prerelease else "r"
    told = "<i>pre-release</i>" * row.prerelease + "<i>yanked</i>" * row.yanked
    yield f'<tr class="{kind}"><th scope="row">{escape(row.version or matrix.stack)}{told}</th>'
    yield f'<td class="day">{escape(row.uploaded)}</td>'
    if with_torch:
        yield f'<td class="torch">{escape(", ".join(row.torches)) or _NONE}</td>'
    name = f"{matrix.anchor} {row.version}".strip()
    yield from (_button(cell, name) for cell in row.cells)
    yield "</tr>"


def _button(cell: Cell, name: str) -> str:
    said = [cell.mark.words]
    said += ["as on PyPI"] if cell.is_pypis else []
    said += ["with a finding"] if cell.misfits else []
    label = escape(f"{name}, {cell.tag}: {', '.join(said)}", quote=True)
    kind = _letter(cell.mark) + " o" * cell.is_pypis
    flag = "<sup>!</sup>" if cell.misfits else ""
    return f'<td><button class="{kind}" aria-label="{label}">{_SHAPES[cell.mark]}{flag}</button></td>'
