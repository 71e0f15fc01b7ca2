"""``stackpin apply``: patch a file of another tool's in place."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import click

from stackpin.cli.options import output_options, settings_here

__all__ = ["command"]


@click.command("apply")
@click.argument("file", metavar="FILE")
@click.option("--stack", "stacks", multiple=True, metavar="REQ", help="A stack to hold to; else those of the settings.")
@click.option(
    "--cuda", "tags", multiple=True, metavar="TAG", help="CUDA tag (cu124, cpu), pypi (default) or auto; repeatable."
)
@click.option("--allow", multiple=True, metavar="NAME", help="Set a member free; repeatable.")
@click.option("--documents", metavar="URL", help="renovate.json: take the versions from the document there.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where the file would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@output_options
def command(file: str, stacks: tuple[str, ...], **options: Any) -> int:
    """Put the tuple into a file that another tool reads: a project's pyproject.toml, renovate.json, dependabot.yml.

    Comments, order and all else stay. Shows what changes; does nothing where all is there.

    \b
    Examples:
      stackpin apply pyproject.toml --stack 'sglang==0.4.*' --cuda cu124
      stackpin apply renovate.json --stack sglang
      stackpin apply .github/dependabot.yml --stack sglang
    """
    from stackpin.app.apply import ApplyJob, apply
    from stackpin.app.compile import Job, Workshop
    from stackpin.cli.render import as_json, print_notes

    job = Job(requirements=stacks, allow=tuple(options["allow"]))
    asked = ApplyJob(
        path=Path(file),
        job=job,
        tags=options["tags"],
        check=options["check"] or options["diff"],
        documents=options["documents"] or "",
    )
    done = apply(asked, Workshop(settings_here()))
    changed = done.before != done.after
    if options["as_json"]:
        document = {"schema": 1, "file": file, "changed": changed, "written": changed and not asked.check}
        click.echo(as_json({**document, "notes": list(done.notes)}))
    elif not options["quiet"]:
        print_notes(done.notes)
        lines = difflib.unified_diff(
            done.before.splitlines(keepends=True), done.after.splitlines(keepends=True), file, file
        )
        click.echo("".join(lines) if changed else f"{file} has it already", nl=not changed)
    return int(changed and options["check"])
