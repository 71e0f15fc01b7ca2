"""``stackpin serve``: a filtered index on the loopback, for tools that ignore constraints."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click

from stackpin.cli.options import output_options, settings_here, target_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.app.serve import Serving

__all__ = ["command"]

#: The same each time: a lock file that is made through the index may hold its address.
_PORT = 8642


@click.command("serve")
@click.option("--stack", "stacks", multiple=True, metavar="REQ", help="A stack to hold to; else those of the settings.")
@target_options
@click.option("--prefer-builds", is_flag=True, help="Take the tag's own labelled builds where PyPI's would do.")
@click.option("--allow", multiple=True, metavar="NAME", help="Set a member free; repeatable.")
@click.option("--prefer", multiple=True, metavar="STACK", help="Of several stacks, the one that stays newest.")
@click.option("--port", type=click.IntRange(0, 65535), default=_PORT, show_default=True, help="0 takes a free one.")
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", help="A loopback address (default: 127.0.0.1).")
@output_options
def command(stacks: tuple[str, ...], **options: Any) -> int:
    """Serve the package index without the releases that are outside the tuple, to this machine, until Ctrl-C.

    For tools that ignore constraints: poetry, pdm, pipx, builds that call pip themselves, container builds.

    \b
    Examples:
      stackpin serve --stack 'sglang==0.4.*' --cuda cu124
      stackpin serve --stack 'torch==2.10.*' --cuda cu126 --port 0
    """
    from stackpin.app.compile import Workshop
    from stackpin.app.serve import ServeJob, opened_index
    from stackpin.cli.compile import job_of
    from stackpin.cli.render import as_json, print_notes

    def tell(line: str) -> None:
        if not options["quiet"]:
            click.echo(line, err=True)

    asked = ServeJob(job=job_of(stacks, options), host=options["host"], port=options["port"])
    with opened_index(asked, Workshop(settings_here()), tell) as serving:
        if options["as_json"]:
            click.echo(as_json(_document(serving)))
        if not options["quiet"]:
            print_notes(serving.notes)
            for line in _lines(serving):
                click.echo(line, err=True)
        serving.run()
    return 0


def _lines(serving: Serving) -> Iterator[str]:
    """What is served, for what, and how it is used."""
    wanted = shlex.join(serving.wanted)
    yield f"serving {serving.title} at {serving.url}"
    yield f"  target   {serving.target}"
    yield f"  behind   {serving.upstream}"
    yield f"  pip      pip install --index-url {serving.url} {wanted}".rstrip()
    yield f"  uv       uv pip install --default-index {serving.url} {wanted}".rstrip()
    yield f"  missing  {serving.root}missing/NAME says what is left out of a page, and why"
    yield "Ctrl-C ends it"


def _document(serving: Serving) -> dict[str, Any]:
    pins = {str(pin.name): pin.full_version for pin in serving.locked.pins}
    return {
        "schema": 1,
        "url": serving.url,
        "tuple": serving.title,
        "target": serving.target,
        "upstream": serving.upstream,
        "install": list(serving.wanted),
        "pins": pins,
        "notes": list(serving.notes),
    }
