"""``stackpin explain``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from stackpin.app.compile import Workshop
from stackpin.app.explain import driver_side, explain
from stackpin.cli.compile import job_of
from stackpin.cli.options import output_options, settings_here, target_options
from stackpin.cli.render import as_json, error_document, explanation_text, tuple_document
from stackpin.emit.constraints import target_text
from stackpin.emit.tuple_tree import tree_lines, tuple_tree
from stackpin.errors import NoTuple
from stackpin.model.explanation import Explanation
from stackpin.model.stack import TORCH
from stackpin.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.app.explain import Explained
    from stackpin.emit.tuple_tree import Node
    from stackpin.model.locked import LockedTuple

__all__ = ["command"]


@click.command("explain")
@click.argument("requirements", nargs=-1, required=True, metavar="REQ...")
@target_options
@click.option("--allow", multiple=True, metavar="NAME", help="Set a member free; repeatable.")
@output_options
def command(requirements: tuple[str, ...], **options: Any) -> int:
    """Say what a tuple rests on; or why there is none, and what is nearest.

    REQ is a requirement on a stack's anchor, and may be followed by requirements on its members.

    \b
    Examples:
      stackpin explain 'sglang==0.4.*' --cuda cu124
      stackpin explain sglang==0.4.7 --cuda cu124
      stackpin explain sglang 'torch>=2.6' --cuda cu126
      stackpin explain vllm --cuda auto --driver 550.54
    """
    workshop = Workshop(settings_here())
    try:
        found = explain(job_of(requirements, options), workshop, version=VERSION)
    except NoTuple as error:
        return _refused(error, workshop, options)
    if options["as_json"]:
        document = tuple_document(found.locked, found.file, found.notes)
        document["driver"] = list(found.driver)
        document["tree"] = [_node(node) for node in tuple_tree(found.locked, every=True)]
        click.echo(as_json(document))
    else:
        click.echo("\n".join(_text(found, verbose=options["verbose"], quiet=options["quiet"])))
    return 0


def _refused(error: NoTuple, workshop: Workshop, options: dict[str, Any]) -> int:
    """A refusal is what was asked for here: it goes to stdout, whole; the code is that of every refusal."""
    explanation = error.explanation
    if not isinstance(explanation, Explanation):
        raise error
    driver = driver_side(explanation, explanation.driver, workshop.facts)
    if options["as_json"]:
        click.echo(as_json({**error_document(error), "driver": list(driver)}))
        return error.exit_code
    click.echo(explanation_text(explanation, whole=True))
    if driver:
        click.echo("\ndriver:\n" + "\n".join(f"  {line}" for line in driver))
    return error.exit_code


def _text(found: Explained, *, verbose: bool, quiet: bool) -> Iterator[str]:
    """The tuple in a line, the trees, what is left open and kept out, the target, the notes, and the command."""
    locked = found.locked
    torch = locked.pin(TORCH)
    with_torch = f", torch {torch.full_version}" if torch and str(torch.name) != str(locked.anchors[0].name) else ""
    yield click.style(f"{_anchors(locked)} on {locked.cuda}{with_torch}", bold=True)
    yield from (
        f"{f'{anchor.name} {anchor.version}'.strip()}: {anchor.chosen}" for anchor in locked.anchors if anchor.chosen
    )
    yield ""
    yield from tree_lines(tuple_tree(locked, every=verbose))
    yield ""
    for bound in locked.bounds:
        yield f"left open   {bound.name}{bound.specifier}  {bound.note}"
    if locked.blocks:
        names = locked.blocks if verbose else locked.blocks[:0]
        told = [f"kept out    {block.name}  {block.note}".rstrip() for block in names]
        yield from told or [f"kept out    {', '.join(str(block.name) for block in locked.blocks)}"]
    yield f"target      {target_text(locked)}"
    yield from (f"driver      {line}" for line in found.driver)
    yield f"catalog     {locked.catalog_date}, {locked.catalog_digest}"
    if not quiet:
        yield from (f"note        {note}" for note in found.notes)
    rebuild = next(line for line in found.file.splitlines() if line.startswith("# rebuild "))
    yield f"the file    {rebuild.removeprefix('# rebuild').strip()}"


def _anchors(locked: LockedTuple) -> str:
    return " and ".join(f"{anchor.name} {anchor.version}".strip() for anchor in locked.anchors)


def _node(node: Node) -> dict[str, Any]:
    return {
        "name": node.name,
        "version": node.version,
        "evidence": list(node.evidence),
        "children": [_node(child) for child in node.children],
    }
