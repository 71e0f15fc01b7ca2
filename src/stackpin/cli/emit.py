"""``stackpin emit``: a tuple as the file that another tool reads."""

from __future__ import annotations

import os
from typing import Any

import click

from stackpin.cli.options import freeze_option, output_options, settings_here, target_options

__all__ = ["command"]


def _list(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's callback
    """All formats with what each is for."""
    if not value or ctx.resilient_parsing:
        return
    from stackpin.app.emit import own_formats
    from stackpin.emit.formats import FORMATS

    formatter = ctx.make_formatter()
    formatter.write_dl(sorted((form.name, form.summary) for form in {**own_formats(), **FORMATS}.values()))
    click.echo(formatter.getvalue(), nl=False)
    ctx.exit()


@click.command("emit")
@click.argument("format_name", metavar="FORMAT")
@click.argument("requirements", nargs=-1, required=True, metavar="REQ...")
@target_options
@click.option("--index-style", metavar="STYLE", help="env, pip-conf: of the constraints file, as for compile.")
@click.option("--prefer-builds", is_flag=True, help="Take the tag's own labelled builds where PyPI's would do.")
@click.option("--allow", multiple=True, metavar="NAME", help="Set a member free; repeatable.")
@click.option("--prefer", multiple=True, metavar="STACK", help="Of several stacks, the one that stays newest.")
@click.option("--closure", is_flag=True, help="bandersnatch: all else that the anchor needs as well (runs uv).")
@freeze_option
@click.option("--shell", metavar="SHELL", default="sh", help="env: sh (default), fish, docker or github.")
@click.option(
    "--constraints", metavar="FILE", help="env, pip-conf: where the constraints file is to lie (it is written)."
)
@click.option(
    "--documents",
    metavar="URL",
    help="renovate: take the versions from the document there (a URL, or file://PATH in the repository).",
)
@click.option("--no-hashes", is_flag=True, help="requirements: leave the hashes out.")
@click.option("--old-uv", is_flag=True, help="uv-toml: leave out what uv before 0.6.4 refuses.")
@click.option("-o", "--output", metavar="FILE", help="Write the text there; default: stdout.")
@click.option("--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="List the formats.")
@output_options
def command(format_name: str, requirements: tuple[str, ...], **options: Any) -> int:
    """Write a tuple as the file that another tool reads: a bot, uv, pip, a lock file, an index.

    \b
    Examples:
      stackpin emit env sglang --shell docker
      stackpin emit pip-conf sglang -o .venv/pip.conf
      stackpin emit renovate sglang -o renovate.json
      stackpin emit pylock 'vllm==0.8.*' --python 3.12 -o pylock.toml
      eval "$(stackpin emit env 'sglang==0.4.*' --cuda cu124)"
    """
    from stackpin.app.compile import Workshop
    from stackpin.app.emit import EmitJob, emit, put_in_place
    from stackpin.cli.compile import job_of
    from stackpin.cli.render import as_json, print_notes

    asked = EmitJob(
        format=format_name,
        job=job_of(requirements, options),
        shell=options["shell"],
        constraints=options["constraints"] or "",
        output=options["output"] or "",
        documents=options["documents"] or "",
        hashes=not options["no_hashes"],
        old_uv=options["old_uv"],
    )
    done = emit(asked, Workshop(settings_here()), os.environ)
    put_in_place(done, asked.output)
    if not options["quiet"]:
        print_notes(done.notes)
    if options["as_json"]:
        document = {"schema": 1, "format": format_name, "text": done.text, "constraints": done.constraints or None}
        click.echo(as_json({**document, "notes": list(done.notes)}))
    elif not options["output"]:
        click.echo(done.text, nl=False)
    return 0
