"""``stackpin detect``: driver, GPUs, platform, Python and torch, as text or JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from stackpin.cli.options import output_options

if TYPE_CHECKING:
    from stackpin.app.detect import Detection, TagVerdict

__all__ = ["command", "render_json", "render_text"]

_WIDTH = 10


@click.command("detect")
@click.option("--python", metavar="PYTHON", help="Look for torch in this Python: a version, a path, an environment.")
@click.option(
    "--driver", metavar="VERSION", envvar="STACKPIN_DRIVER", help="Judge for this driver, not this machine's."
)
@click.option("--gpu", metavar="ARCH", envvar="STACKPIN_GPU", help="Judge for this GPU (sm_90), not this machine's.")
@output_options
def command(python: str | None, driver: str | None, gpu: str | None, **options: bool) -> None:
    """Show the driver and the CUDA tags that it runs, the GPUs, the platform, and the installed torch with its tag.

    torch is never imported; its files are read.

    \b
    Examples:
      stackpin detect
      stackpin detect --driver 550.54 --gpu sm_90
      stackpin detect --json
    """
    from stackpin.app.detect import detect

    found = detect(python or None, driver or None, gpu or None)
    click.echo(render_json(found) if options["as_json"] else render_text(found, notes=not options["quiet"]))


def render_json(found: Detection) -> str:
    """The detection as one JSON document; ``runs`` is null where no driver is known."""
    document = asdict(found)
    document["gpus"] = [{**asdict(gpu), "arch": gpu.arch} for gpu in found.gpus]
    return json.dumps({"schema": 1, **document}, indent=2)


def render_text(found: Detection, *, notes: bool = True) -> str:
    """The detection for people: one line a thing, then the tags by verdict, then the notes where they are wanted."""
    lines = [*_machine_lines(found), *_python_lines(found), *_tag_lines(found.tags)]
    if found.notes and notes:
        lines += ["", *(f"note: {note}" for note in found.notes)]
    return "\n".join(lines)


def _line(label: str, text: str) -> str:
    return f"{label:<{_WIDTH}}{text}"


def _machine_lines(found: Detection) -> list[str]:
    driver = found.driver
    if driver is None:
        lines = [_line("driver", "none")]
    else:
        cuda = f"; CUDA {driver.cuda}" if driver.cuda else ""
        lines = [_line("driver", f"{driver.version}{cuda}  ({driver.source})")]
    if found.gpus:
        lines += [_line("GPU", f"{gpu.name}, {gpu.arch or 'compute capability not known'}") for gpu in found.gpus]
    else:
        lines.append(_line("GPU", "none" if driver is None else "none named or found"))
    return [*lines, _line("platform", found.platform)]


def _python_lines(found: Detection) -> list[str]:
    python = found.python
    if python is None:
        return [_line("Python", "none found")]
    torch = python.torch
    if torch is None:
        said = "not installed there"
    else:
        said = f"{torch.version}, {torch.tag or torch.other or 'build not known'}  ({torch.folder})"
    name = "" if python.implementation == "CPython" else f"{python.implementation} "
    return [_line("Python", f"{name}{python.version}  ({python.executable})"), _line("torch", said)]


def _tag_lines(tags: tuple[TagVerdict, ...]) -> list[str]:
    """The tags in groups of the same verdict and reason, in order."""
    groups: dict[tuple[str, str], list[str]] = {}
    for verdict in tags:
        label = {True: "runs", False: "not", None: "needs"}[verdict.runs]
        why = verdict.why if verdict.runs is not None else f"driver {verdict.least_driver or 'not known'} or newer"
        groups.setdefault((label, why), []).append(verdict.tag)
    return [_line(label, " ".join(names) + (f"  ({why})" if why else "")) for (label, why), names in groups.items()]
