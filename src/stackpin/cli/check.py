"""``stackpin check``: environments, lock files, requirements, projects and images, held against their tuple."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stackpin.cli.options import output_options, settings_here

if TYPE_CHECKING:
    from stackpin.app.check.run import Run
    from stackpin.model.finding import Checked

__all__ = ["command"]

_FORMATS = ("text", "json", "sarif", "github")
_UNREADABLE = 15
#: So many notes are shown where no more are asked for.
_NOTES = 8
_STYLES: dict[str, dict[str, Any]] = {
    "place": {"bold": True},
    "error": {"fg": "red"},
    "warning": {"fg": "yellow"},
    "fix": {"fg": "green"},
}


def _words(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Rules may be listed with commas as well."""
    return tuple(word for value in values for word in value.replace(",", " ").split())


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--env", default="", metavar="DIR", help="Look at this environment, not the active one.")
@click.option("--root", default="", metavar="DIR", help="Look at every environment in a container's root file system.")
@click.option("--python", default="", metavar="PYTHON", help="Look at the environment of this interpreter.")
@click.option("--stack", "stacks", multiple=True, metavar="REQ", help="A stack in force; default: what is found.")
@click.option("--cuda", default="", metavar="TAG", help="The CUDA tag in force; default: what is found.")
@click.option("--driver", default="", metavar="VERSION", help="Judge for this NVIDIA driver, not this machine's.")
@click.option("--gpu", default="", metavar="ARCH", help="Judge for this GPU (sm_90).")
@click.option("--allow", multiple=True, metavar="NAME", help="Set a member free; repeatable.")
@click.option("--select", multiple=True, callback=_words, metavar="RULES", help="Only these rules: SP101, SP2, a name.")
@click.option("--ignore", multiple=True, callback=_words, metavar="RULES", help="Not these rules.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Pass these over in folders; repeatable.")
@click.option("--baseline", default="", metavar="FILE", help="Hold back the findings that this file lists.")
@click.option("--write-baseline", is_flag=True, help="Write the findings of now into the baseline.")
@click.option("--fix", is_flag=True, help="Put right in files what is safe to put right.")
@click.option("--format", "style", type=click.Choice(_FORMATS), default="text", show_default=True, help="The output.")
@click.option("--explain", default="", metavar="RULE", help="Show the page of a rule.")
@output_options
def command(paths: tuple[str, ...], explain: str, *, fix: bool, style: str, **options: Any) -> int:
    """Find what breaks the tuple: in the active environment, or in files and folders.

    Environments are read from their files: nothing is imported, no GPU is needed. With no stack in force, the stacks are
    those whose anchor is there. Ends with 1 where something was found, 15 where something could not be read.

    \b
    Examples:
      stackpin check
      stackpin check requirements.txt --fix
      stackpin check . --format github
      stackpin check --env .venv --driver 550.54
      stackpin check --explain SP101
    """
    if explain:
        return _explained(explain)
    from stackpin.app.check.run import CheckJob, check

    quiet, verbose, as_json = (options.pop(name) for name in ("quiet", "verbose", "as_json"))
    job = CheckJob(paths=paths, **options)
    settings = settings_here()
    run = check(job, settings, os.environ, Path.cwd())
    if fix:
        from stackpin.app.check.run import fixed

        run = fixed(job, run, settings, os.environ, Path.cwd())
    style = "json" if as_json else style
    click.echo(_output(run.checked, style, evidence=verbose), nl=False)
    if not quiet:
        _notes(run, style, verbose=verbose)
    return _code(run.checked)


def _explained(word: str) -> int:
    """The page of a rule."""
    from stackpin.check.rule_book import rule
    from stackpin.check.rule_choice import near_rule
    from stackpin.check.rule_pages import rule_page
    from stackpin.errors import UnknownName

    try:
        found = rule(word.upper() if word[:2].upper() == "SP" else word)
    except KeyError:
        near = near_rule(word)
        raise UnknownName(
            f"there is no rule {word!r}",
            expected="an id such as SP101",
            hint=f"stackpin check --explain {near}" if near else "",
        ) from None  # the key says no more than the word does
    click.echo(rule_page(found).text, nl=False)
    return 0


def _output(checked: Checked, style: str, *, evidence: bool) -> str:
    if style == "json":
        from stackpin.emit.findings_json import findings_json

        return findings_json(checked)
    if style == "sarif":
        from stackpin.check.rule_pages import all_pages
        from stackpin.emit.sarif import sarif_text
        from stackpin.version import VERSION

        return sarif_text(checked, all_pages(), version=VERSION)
    if style == "github":
        from stackpin.emit.github_annotations import github_annotations

        return github_annotations(checked)
    from stackpin.emit.findings_text import findings_text

    return findings_text(
        checked, evidence=evidence, paint=lambda role, text: click.style(text, **_STYLES.get(role, {}))
    )


def _notes(run: Run, style: str, *, verbose: bool) -> None:
    from stackpin.emit.findings_text import note_lines, trouble_lines

    lines = [f"error: {line}" for line in trouble_lines(run.checked)] if style == "text" else []
    notes = note_lines(run.checked) if style == "text" else ()
    shown = notes if verbose else notes[:_NOTES]
    lines += [f"note: {line}" for line in shown]
    lines += [f"note: {len(notes) - len(shown)} more: -v shows them"] if len(notes) > len(shown) else []
    lines += [f"note: {line}" for line in run.remarks] if verbose else []
    if run.written is not None:
        lines.append(f"note: the baseline holds {run.written} finding{'s' * (run.written != 1)} now")
    lines += [f"note: {path} was put right" for path in run.fixed]
    for line in lines:
        click.echo(line, err=True)


def _code(checked: Checked) -> int:
    """What could not be read weighs more than what was found: the answer is not whole."""
    return _UNREADABLE if checked.troubles else int(bool(checked.findings))
