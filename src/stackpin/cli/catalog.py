"""``stackpin catalog``: how old the facts are, bringing them up to date, holding them against their sources."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stackpin.cli.options import color_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from stackpin.cli.progress import StderrReporter
    from stackpin.ports import HttpSettings

__all__ = ["catalog"]

#: What a shell gives for a program that Ctrl-C ended.
_INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """The options that every catalog command has."""

    directory: Path | None
    as_json: bool
    quiet: bool
    verbose: bool

    def reporter(self) -> StderrReporter:
        """What a long run tells its progress to."""
        from stackpin.cli.progress import StderrReporter

        return StderrReporter(-1 if self.quiet else int(self.verbose))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The options of the commands that ask an index."""

    packages: tuple[str, ...]
    settings: HttpSettings


def _shown(command: Callable[..., None]) -> Callable[..., None]:
    """Hand the common options to a command as one ``shown``."""

    @functools.wraps(command)
    def run(**options: Any) -> None:
        names = [field.name for field in fields(_Shown)]
        command(shown=_Shown(**{name: options.pop(name) for name in names}), **options)

    folder = click.Path(path_type=Path, file_okay=False)
    place = "The catalog's folder; else STACKPIN_CATALOG, else the embedded one."
    return _with_options(
        run,
        click.option("--directory", "-d", type=folder, help=place),
        click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
        click.option("--quiet", "-q", is_flag=True, help="No progress, no notes; the bare result."),
        click.option("--verbose", "-v", is_flag=True, help="Tell more."),
        color_option,
    )


def _asked(command: Callable[..., None]) -> Callable[..., None]:
    """Hand the network options to a command as one ``asked``."""

    @functools.wraps(command)
    def run(*, packages: tuple[str, ...], timeout: float, retries: int, **options: Any) -> None:
        from stackpin.ports import HttpSettings

        settings = HttpSettings(timeout=timeout, attempts=retries + 1)
        command(asked=_Asked(packages=packages, settings=settings), **options)

    seconds, count = click.FloatRange(min=0, min_open=True), click.IntRange(min=0)
    return _with_options(
        run,
        click.option("--package", "-p", "packages", multiple=True, metavar="NAME", help="Only this one; repeatable."),
        click.option("--timeout", default=30.0, show_default=True, type=seconds, help="Longest silence, in seconds."),
        click.option("--retries", default=3, show_default=True, type=count, help="After 5xx, 429, lost connections."),
    )


def _with_options(command: Callable[..., None], *options: Callable[[Any], Any]) -> Callable[..., None]:
    for option in reversed(options):
        command = option(command)
    return command


@click.group("catalog")
def catalog() -> None:
    """Tell the facts that every answer stands on: how old they are, and where they come from.

    \b
    Examples:
      stackpin catalog status
      stackpin catalog show torch
    """


@catalog.command("status")
@_shown
def status_command(*, shown: _Shown) -> None:
    """Tell how old the catalog is, how many releases it has, and its digest; every file is checked.

    \b
    Examples:
      stackpin catalog status
      stackpin catalog status --json
    """
    from stackpin.app.catalog import status
    from stackpin.cli.catalog_text import status_json, status_text

    report = status(directory=shown.directory)
    click.echo(status_json(report) if shown.as_json else status_text(report, every=shown.verbose, least=shown.quiet))


@catalog.command("show")
@click.argument("package", metavar="PKG")
@click.argument("version", required=False)
@_shown
def show_command(package: str, version: str | None, *, shown: _Shown) -> None:
    """Show what is known of a package, or of one release: files, requirements, builds, each with its evidence.

    \b
    Examples:
      stackpin catalog show torch
      stackpin catalog show sgl-kernel --json
    """
    from stackpin.app.catalog import show
    from stackpin.cli.catalog_text import show_json, show_text

    report = show(package, version, directory=shown.directory)
    click.echo(show_json(report) if shown.as_json else show_text(report, every=shown.verbose, least=shown.quiet))


@catalog.command("update")
@click.option("--index", "index_url", metavar="URL", help="A vendor's Simple index: its rows, and its CUDA builds.")
@click.option("--refresh", is_flag=True, help="Read everything again, also what has not changed.")
@click.option("--abi", is_flag=True, help="The symbols in the wheels instead; a new torch costs its whole wheel.")
@click.option("--gpus", is_flag=True, help="With --abi: the GPUs that wheels have code for, too; costs whole wheels.")
@_asked
@_shown
def update_command(
    index_url: str | None, *, refresh: bool, abi: bool, gpus: bool, asked: _Asked, shown: _Shown
) -> None:
    """Bring the catalog up to date from PyPI, or from a vendor's index.

    Asks once for each project that has not changed; reads METADATA, never whole wheels. Ctrl-C loses nothing that was
    read: the same command goes on where this one ended. The CUDA builds that a vendor's pages carry come before the
    embedded tables.

    \b
    Examples:
      stackpin catalog update --package triton --directory my-catalog
      stackpin catalog update --package triton --directory my-catalog --refresh
    """
    from stackpin.app.catalog import update
    from stackpin.cli.catalog_text import update_json, update_text

    if gpus and not abi:
        from stackpin.errors import UsageError

        raise UsageError("--gpus goes with --abi", expected="stackpin catalog update --abi --gpus")
    if abi:
        _update_abi(asked, shown, gpus=gpus)
        return
    reporter = shown.reporter()
    try:
        report = update(
            directory=shown.directory,
            index_url=index_url,
            packages=asked.packages,
            refresh=refresh,
            reporter=reporter,
            settings=asked.settings,
        )
    except KeyboardInterrupt:
        reporter.end()
        click.echo("interrupted: what was read is kept, and the same command goes on from there", err=True)
        sys.exit(_INTERRUPTED)
    finally:
        reporter.end()
    click.echo(update_json(report) if shown.as_json else update_text(report, least=shown.quiet))


def _update_abi(asked: _Asked, shown: _Shown, *, gpus: bool) -> None:
    from stackpin.app.abi_update import update_abi
    from stackpin.cli.catalog_text import abi_json, abi_text

    reporter = shown.reporter()
    try:
        report = update_abi(
            directory=shown.directory,
            packages=asked.packages,
            gpus=gpus,
            reporter=reporter,
            settings=asked.settings,
        )
    finally:
        reporter.end()
    click.echo(abi_json(report) if shown.as_json else abi_text(report, every=shown.verbose))


def _verify_tree(source: str, asked: _Asked, shown: _Shown, *, everything: bool) -> int:
    from stackpin.app.catalog import verify_tree
    from stackpin.cli.catalog_text import source_json, source_text

    if asked.packages or everything:
        from stackpin.errors import UsageError

        raise UsageError("--source goes with neither --package nor --all", expected=f"--source {source} alone")
    report = verify_tree(source, directory=shown.directory)
    click.echo(source_json(report) if shown.as_json else source_text(report))
    return 1 if report.differences else 0


@catalog.command("verify")
@click.option(
    "--sample", default=20, show_default=True, type=click.IntRange(min=1), help="How many releases; others each day."
)
@click.option("--all", "everything", is_flag=True, help="Every release; reads hundreds of megabytes.")
@click.option(
    "--source", metavar="TREE", help="Compare a source tree with its release instead: a folder or git+URL@REV."
)
@_asked
@_shown
def verify_command(sample: int, *, everything: bool, source: str | None, asked: _Asked, shown: _Shown) -> None:
    """Read releases again from where they came, and compare every field; any difference is exit 1.

    With --source, what a tag's own pyproject.toml says (torch: triton_version.txt and setup.py) is held against the
    METADATA of its release. No index is asked, and nothing of the tree is run.

    \b
    Examples:
      stackpin catalog verify --package triton --sample 2
      stackpin catalog verify --source ./sglang
    """
    if source is not None:
        sys.exit(_verify_tree(source, asked, shown, everything=everything))
    from stackpin.app.catalog import verify
    from stackpin.cli.catalog_text import verify_json, verify_text

    reporter = shown.reporter()
    try:
        report = verify(
            directory=shown.directory,
            packages=asked.packages,
            sample=None if everything else sample,
            reporter=reporter,
            settings=asked.settings,
        )
    finally:
        reporter.end()
    click.echo(verify_json(report) if shown.as_json else verify_text(report))
    sys.exit(1 if report.differences else 0)
