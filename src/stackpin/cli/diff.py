"""``stackpin diff``: what changes between two tuples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from stackpin.cli.options import index_options, machine_options, output_options, settings_here

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stackpin.model.change import Change, Difference, Stated

__all__ = ["command", "difference_document"]


@click.command("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--cuda", multiple=True, metavar="TAG", help="CUDA tag for both; given twice, for A and for B.")
@machine_options
@index_options
@click.option("--markdown", is_flag=True, help="Markdown for a pull request.")
@click.option("--exit-code", is_flag=True, help="Exit 1 where the two differ, as git diff does.")
@output_options
def command(before: str, after: str, **options: Any) -> int:
    """Show what changes from tuple A to tuple B: versions, builds, CUDA tag, driver, Pythons.

    A and B are requirements ('sglang==0.5.5') or constraints files that stackpin wrote (a path with a slash, or *.txt).
    The target options are for what is solved; a file has its own.

    \b
    Examples:
      stackpin diff sglang==0.5.5 sglang==0.5.6
      stackpin diff sglang==0.5.6 sglang==0.5.6 --cuda cu128 --cuda cu130
      stackpin diff 'vllm==0.18.*' 'vllm==0.19.*' --cuda cu129 --markdown
    """
    from stackpin.app.compile import Job, Workshop
    from stackpin.app.diff import diff
    from stackpin.cli.render import as_json, print_notes
    from stackpin.errors import UsageError
    from stackpin.model.request import AUTO

    if options["markdown"] and options["as_json"]:
        raise UsageError("--markdown and --json are two formats", expected="one of them")
    job = Job(
        requirements=(),
        python=options["python"] or "",
        platform=options["platform"] or "",
        driver=options["driver"] or "",
        gpu=options["gpu"] or "",
        index_style=options["index_style"],
        prefer_builds=options["prefer_builds"],
        allow=options["allow"],
    )
    settings = settings_here()
    found = diff(before, after, job, Workshop(settings), cuda=options["cuda"])
    if AUTO in (options["cuda"] or (settings.cuda,)) and not options["quiet"]:
        print_notes(_chosen(found))
    if options["as_json"]:
        click.echo(as_json(difference_document(found)))
    else:
        click.echo(_text(found, markdown=options["markdown"], evidence=options["verbose"]), nl=False)
    return int(options["exit_code"] and found.differs)


def _chosen(found: Difference) -> list[str]:
    """What ``auto`` came to, for each side that was solved."""
    from stackpin.emit.diff_text import name_of

    sides = [side for side in (found.before, found.after) if side.told is not None]
    lines = [
        f"auto: {name_of(side)}" + (f", NVIDIA driver {side.driver} or newer" * bool(side.driver)) for side in sides
    ]
    return list(dict.fromkeys(lines))


def _text(found: Difference, *, markdown: bool, evidence: bool) -> str:
    if markdown:
        from stackpin.emit.diff_markdown import diff_markdown

        return diff_markdown(found)
    from stackpin.emit.diff_text import diff_text

    return diff_text(found, evidence=evidence)


def difference_document(found: Difference) -> dict[str, Any]:
    """A difference as ``--json`` prints it."""
    target = [{"what": row.what, "before": row.before, "after": row.after, "note": row.note} for row in found.target]
    return {
        "schema": 1,
        "before": _side(found.before),
        "after": _side(found.after),
        "differs": found.differs,
        "target": target,
        "members": _rows(found.members),
        "same": list(found.same),
        "others": _rows(found.others),
        "others_same": list(found.others_same),
        "kept_out": _rows(found.kept_out),
        "index_lines": {"gone": list(found.pages_gone), "new": list(found.pages_new)},
        "notes": {"gone": list(found.notes_gone), "new": list(found.notes_new)},
    }


def _side(stated: Stated) -> dict[str, Any]:
    return {
        "anchors": [{"name": name, "version": version} for name, version in stated.anchors],
        "cuda": stated.cuda,
        "driver": stated.driver,
        "pythons": list(stated.pythons),
        "glibc": stated.glibc,
        "machine": stated.machine,
        "catalog": stated.catalog,
        "command": stated.command,
    }


def _rows(changes: Iterable[Change]) -> list[dict[str, str]]:
    return [
        {
            "name": change.name,
            "kind": change.kind.value,
            "before": change.before,
            "after": change.after,
            "note": change.note,
            "why": change.why,
        }
        for change in changes
    ]
