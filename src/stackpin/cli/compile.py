"""``stackpin compile`` and ``stackpin path``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from stackpin.app.compile import Job, Workshop
from stackpin.cli.options import freeze_option, index_options, output_options, settings_here, target_options
from stackpin.cli.render import as_json, print_notes, tuple_document
from stackpin.errors import UsageError
from stackpin.version import VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from stackpin.app.tree import TreeChange

__all__ = ["compile_command", "job_of", "path_command"]


@click.command("compile")
@click.argument("requirements", nargs=-1, metavar="REQ...")
@target_options
@index_options
@click.option(
    "--prefer",
    multiple=True,
    metavar="STACK",
    help="Of several stacks, the one that stays newest (default: the first).",
)
@freeze_option
@click.option("-o", "--output", metavar="FILE", help="Write the file there; default: stdout.")
@click.option("--closure", is_flag=True, help="Pin all else that the anchor needs as well (runs uv).")
@click.option("--all", "tree", is_flag=True, help="Rebuild the tree: one file a stack, series and tag.")
@click.option("--releases", is_flag=True, help="With --all: one file a release and tag.")
@click.option("--check", is_flag=True, help="With --all: write nothing, exit 1 where the tree is stale.")
@click.option(
    "--output-dir", metavar="DIR", default="constraints", help="With --all: the folder (default: constraints)."
)
@output_options
def compile_command(requirements: tuple[str, ...], **options: Any) -> int:
    """Solve requirements on a stack's anchor and write the constraints file for pip and uv.

    REQ is a PEP 508 requirement: sglang, 'sglang==0.4.*', 'vllm>=0.8,<0.9', torch==2.7.1; or a source tree of the
    anchor: ./sglang, './sglang[all]', git+https://HOST/REPOSITORY@REV. Several stacks get one tuple that holds for all of
    them; the first that is named stays newest.

    \b
    Examples:
      stackpin compile 'sglang==0.4.*' --cuda cu124
      stackpin compile sglang vllm --prefer vllm
      stackpin compile 'torch==2.7.*' --cuda cu118
      stackpin compile 'vllm==0.8.*' --python 3.12 --json
      stackpin compile ./sglang --cuda cu130
    """
    if options["tree"]:
        return _tree(requirements, options)
    if options["check"] or options["releases"]:
        raise UsageError("--check and --releases go with --all", hint="stackpin compile --all --check")
    job, workshop = job_of(requirements, options), Workshop(settings_here())
    if job.freeze:
        from stackpin.app.frozen import compile_around as compile_job
    else:
        from stackpin.app.compile import compile_job
    compiled = compile_job(job, workshop, version=VERSION)
    if not options["quiet"]:
        print_notes(compiled.notes)
    if options["output"]:
        _write(options["output"], compiled.text)
    if options["as_json"]:
        click.echo(as_json(tuple_document(compiled.locked, compiled.text, compiled.notes)))
    elif not options["output"]:
        click.echo(compiled.text, nl=False)
    return 0


def job_of(requirements: tuple[str, ...], options: dict[str, Any]) -> Job:
    """What a command line asks for; options that a command does not have keep their defaults."""
    return Job(
        requirements=requirements,
        cuda=options["cuda"] or "",
        python=options["python"] or "",
        platform=options["platform"] or "",
        driver=options["driver"] or "",
        gpu=options["gpu"] or "",
        index_style=options.get("index_style") or "find-links",
        prefer_builds=bool(options.get("prefer_builds")),
        closure=bool(options.get("closure")),
        allow=tuple(options.get("allow") or ()),
        prefer=tuple(options.get("prefer") or ()),
        freeze=options.get("freeze_installed") or "",
    )


def _write(path: str, text: str) -> None:
    from pathlib import Path

    from stackpin.app.output import write_text

    write_text(Path(path), text)


def _tree(requirements: tuple[str, ...], options: dict[str, Any]) -> int:
    from pathlib import Path

    from stackpin.app.tree import compare_tree, tree_files, write_tree

    if requirements:
        raise UsageError("--all takes no requirement", got=" ".join(requirements), hint="stackpin compile --all")
    folder = Path(options["output_dir"])
    files = dict(tree_files(Workshop(), version=VERSION, releases=options["releases"]))
    change = compare_tree(folder, files) if options["check"] else write_tree(folder, files)
    if options["as_json"]:
        names = {"missing": change.missing, "stale": change.stale, "extra": change.extra}
        click.echo(
            as_json({"schema": 1, "folder": str(folder), "files": len(files), **{k: list(v) for k, v in names.items()}})
        )
    elif not options["quiet"]:
        _tell(folder, len(files), change, checked=options["check"])
    return 1 if options["check"] and change else 0


def _tell(folder: Path, count: int, change: TreeChange, *, checked: bool) -> None:
    verbs = (
        ("is missing", "is stale", "does not belong here") if checked else ("is new", "was rewritten", "was removed")
    )
    for names, verb in zip((change.missing, change.stale, change.extra), verbs, strict=True):
        for name in names:
            click.echo(f"{folder}/{name} {verb}", err=True)
    state = "differs: stackpin compile --all" if checked and change else "is as the catalog has it"
    click.echo(f"{folder}: {count} files; the tree {state}", err=True)


@click.command("path")
@click.argument("requirements", nargs=-1, required=True, metavar="REQ...")
@target_options
@output_options
def path_command(requirements: tuple[str, ...], **options: Any) -> int:
    """Print the name of the ready-made constraints file for a requirement.

    \b
    Examples:
      stackpin path 'sglang==0.4.*' --cuda cu124
      stackpin path 'torch==2.7.*' --cuda cu126
    """
    from stackpin.app.tree import ready_made

    path = ready_made(job_of(requirements, options), Workshop(settings_here()))
    click.echo(as_json({"schema": 1, "path": str(path)}) if options["as_json"] else str(path))
    return 0
