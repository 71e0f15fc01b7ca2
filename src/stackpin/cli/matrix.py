"""``stackpin matrix``: releases by CUDA tags, as a table in the terminal, as JSON, and as a page."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from stackpin.cli.options import output_options, settings_here, target_options

if TYPE_CHECKING:
    from stackpin.model.locked import Pin
    from stackpin.model.matrix import Cell, Matrix

__all__ = ["command", "matrix_document"]


@click.command("matrix")
@click.argument("stack", metavar="STACK")
@partial(target_options, cuda="Keep this tag alone (cu124, cpu); default: all.")
@click.option("--html", metavar="FILE", help="Write one self-contained page there.")
@output_options
def command(stack: str, **options: Any) -> int:
    """Show which release of a stack exists for which CUDA tag: what is proven, what is refused.

    STACK is a stack's name, or a requirement on its anchor that narrows the releases: sglang, 'sglang==0.5.*'. In the
    terminal releases that differ in nothing shown share a line; -v gives each its own, pre-releases too. --driver rules out
    the tags that it does not run. The page holds every tuple with its evidence, or the reasons why there is none.

    \b
    Examples:
      stackpin matrix 'sglang==0.4.*'
      stackpin matrix torch --python 3.12 --html torch.html
      stackpin matrix 'vllm==0.8.*' --json
    """
    from stackpin.app.compile import Job, Workshop
    from stackpin.app.matrix import matrix

    target: dict[str, Any] = {name: options[name] or "" for name in ("cuda", "python", "platform", "driver", "gpu")}
    job = Job(requirements=(stack,), **target)
    reporter = _reporter(quiet=options["quiet"])
    try:
        found = matrix(job, Workshop(settings_here()), reporter)
    finally:
        reporter.end()
    if options["html"]:
        _write_page(options["html"], found, quiet=options["quiet"])
    if options["as_json"]:
        from stackpin.cli.render import as_json

        click.echo(as_json(matrix_document(found)))
    elif not options["html"]:
        _show(found, folded=not options["verbose"], quiet=options["quiet"])
    return 0


def _reporter(*, quiet: bool) -> Any:
    from stackpin.cli.progress import StderrReporter

    return StderrReporter(-1 if quiet else 0)


def _write_page(name: str, found: Matrix, *, quiet: bool) -> None:
    from pathlib import Path

    from stackpin.app.matrix import page_parts
    from stackpin.app.output import write_text
    from stackpin.emit.matrix_html import matrix_page
    from stackpin.version import VERSION

    text = matrix_page(found, page_parts(), version=VERSION)
    write_text(Path(name), text)
    if not quiet:
        size = f"{len(text.encode()) / 1000:.0f} kB"
        click.echo(f"{name}: {found.anchor}, {len(found.rows)} releases by {len(found.tags)} tags, {size}", err=True)


def _show(found: Matrix, *, folded: bool, quiet: bool) -> None:
    from stackpin.cli.matrix_text import matrix_text, rows_shown
    from stackpin.cli.render import print_notes

    click.echo(matrix_text(found, width=_width(), plain=_is_plain(), folded=folded))
    left = len(found.rows) - len(rows_shown(found, folded=folded))
    wanted = f"{found.anchor}==VERSION" if any(row.version for row in found.rows) else found.stack
    notes = [f"`stackpin compile {wanted} --cuda TAG` makes the file of a cell, or says why there is none"]
    notes += [f"{left} pre-releases are left out: -v shows them"] if left else []
    print_notes(() if quiet else notes)


def _width() -> int:
    """The columns of the terminal, or what COLUMNS says; 0 where the output goes elsewhere."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal():
        return int(told)
    return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else 0


def _is_plain() -> bool:
    """Whether the output's encoding lacks the signs."""
    try:
        "●◐○·\N{EN DASH}".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return True
    return False


def matrix_document(found: Matrix) -> dict[str, Any]:
    """A matrix as ``--json`` prints it; cells by tag."""
    from stackpin.model.matrix import MEANING

    return {
        "schema": 1,
        "stack": found.stack,
        "anchor": found.anchor,
        "request": found.request,
        "target": {
            "platform": str(found.platform),
            "python": found.python,
            "driver": found.driver,
            "gpu": found.gpu,
        },
        "catalog": {"date": found.catalog_date, "digest": found.catalog_digest},
        "marks": {mark.value: {"meaning": text, "count": found.count(mark)} for mark, text in MEANING.items()},
        "tags": [{"tag": tag, "driver": driver} for tag, driver in zip(found.tags, found.drivers, strict=True)],
        "releases": [
            {
                "version": row.version,
                "uploaded": row.uploaded,
                "prerelease": row.prerelease,
                "yanked": row.yanked,
                "extra": row.extra,
                "cells": {cell.tag: _cell(cell, found) for cell in row.cells},
            }
            for row in found.rows
        ],
    }


def _cell(cell: Cell, found: Matrix) -> dict[str, Any]:
    locked = cell.locked
    if locked is None:
        reasons = [
            {"kind": item.kind.value, "subject": item.subject, "text": item.text, "evidence": item.evidence}
            for item in cell.reasons
        ]
        return {"mark": cell.mark.value, "reasons": reasons}
    ready = f"{found.stack}-{cell.ready_made}.x-{cell.tag}.txt" if cell.ready_made else ""
    return {
        "mark": cell.mark.value,
        "pypi": cell.is_pypis,
        "misfits": list(cell.misfits),
        "pythons": list(locked.pythons),
        "glibc": ".".join(map(str, locked.glibc)),
        "driver": locked.driver,
        "pins": [_pin(pin) for pin in locked.pins],
        "bounds": [{"name": item.name, "specifier": item.specifier, "note": item.note} for item in locked.bounds],
        "notes": list(cell.notes),
        "command": cell.command,
        "ready_made": ready,
    }


def _pin(pin: Pin) -> dict[str, Any]:
    return {
        "name": pin.name,
        "version": pin.version,
        "specifier": pin.specifier,
        "sureness": pin.build.sureness.value,
        "verified": pin.build.verified,
        "evidence": [{"subject": item.subject, "line": item.line, "source": item.source} for item in pin.evidence],
        "build": pin.build.source,
        "note": pin.note,
    }
