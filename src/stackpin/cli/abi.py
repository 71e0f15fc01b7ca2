"""``stackpin abi``: the verdict on a kernel and a torch, with the symbols that it rests on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from stackpin.cli.options import output_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stackpin.app.abi import AbiAnswer
    from stackpin.model.abi import Judgement, WheelRead

__all__ = ["command", "render_json", "render_text"]

#: How many missing symbols are shown; ``--json`` has all.
_SHOWN = 12


@click.command("abi")
@click.argument("words", metavar="[RELEASE|WHEEL|URL|NAME]...", nargs=-1)
@click.option("--python", default="", metavar="PYTHON", help="Names are what is installed for this Python.")
@click.option("--env", default="", metavar="DIR", help="Names are what is installed in this environment.")
@click.option("--platform", default="linux-x86_64", show_default=True, help="Whose wheels to judge.")
@output_options
def command(words: tuple[str, ...], python: str, env: str, platform: str, **options: bool) -> None:
    """Judge whether releases can load together, by the symbols in their binaries.

    A symbol that a kernel needs and torch does not export is a MISFIT: the loader refuses the file. Where all are there, the
    pair is NOT REFUTED, which proves nothing. A kernel alone shows the torch releases that are not refuted, torch alone the
    kernels. Ends with 1 for a MISFIT.

    Releases are judged by the catalog. Wheel files, their addresses, and with --python or --env what is installed, are read
    on the spot: nothing is imported. Where an environment is named and nothing in it, all its kernels are judged.

    \b
    Examples:
      stackpin abi sgl-kernel==0.1.4 torch==2.6.0
      stackpin abi sgl-kernel==0.1.4
      stackpin abi torch==2.7.1 --json
      stackpin abi ./sgl_kernel-0.1.4-cp39-abi3-manylinux2014_x86_64.whl torch==2.6.0
      stackpin abi --env .venv
    """
    from stackpin.app.abi import abi
    from stackpin.app.compile import Workshop
    from stackpin.app.named_environment import named_environment
    from stackpin.cli.options import settings_here
    from stackpin.model.abi import Verdict
    from stackpin.model.target import parse_platform

    environment = named_environment(python, env)
    machine = parse_platform(platform).machine
    answers = abi(words, Workshop(settings_here()), machine=machine, environment=environment)
    click.echo(render_json(answers) if options["as_json"] else render_text(answers))
    misfit = any(answer.judgement and answer.judgement.verdict is Verdict.MISFIT for answer in answers)
    raise SystemExit(int(misfit))


def render_json(answers: Sequence[AbiAnswer]) -> str:
    """All answers as one JSON document; ``verdict`` is null where one side alone was named."""
    return json.dumps({"schema": 1, "answers": [_document(answer) for answer in answers]}, indent=2)


def _document(answer: AbiAnswer) -> dict[str, Any]:
    from stackpin.abi.readable import readable
    from stackpin.model.value import as_dict

    found = answer.judgement
    told: dict[str, Any] = {"verdict": None}
    if found is not None:
        told = {
            "verdict": found.verdict.value,
            "looked_at": found.looked_at,
            "missing": [{"symbol": name, "name": readable(name)} for name in found.missing],
            "why": found.why,
            "kernel": as_dict(found.kernel) if found.kernel else None,
            "torch": as_dict(found.torch) if found.torch else None,
        }
    return {"subject": answer.subject, **told, "torches": list(answer.torches), "kernels": list(answer.kernels)}


def render_text(answers: Sequence[AbiAnswer]) -> str:
    """The answers for people: the verdict, what it rests on, and what would not be refuted."""
    return "\n\n".join("\n".join(_lines(answer)) for answer in answers)


def _lines(answer: AbiAnswer) -> list[str]:
    found = answer.judgement
    kernel, _, torch = answer.subject.partition(" with ")
    lines = [answer.subject]
    if found is not None:
        lines = [f"{answer.subject}: {click.style(found.verdict.value, bold=True)}", *_grounds(found)]
    if answer.torches or (found is None and not torch):
        lines.append(f"  torch that is not refuted for {kernel}: {', '.join(answer.torch_runs) or 'none'}")
    if answer.kernels or (found is None and torch):
        name = kernel.partition(" ")[0]
        lines.append(f"  {name} that is not refuted for {torch}: {', '.join(answer.kernel_runs) or 'none'}")
    return lines


def _grounds(found: Judgement) -> list[str]:
    from stackpin.abi.readable import readable

    lines = []
    if found.missing:
        lines.append(f"  {len(found.missing)} of {found.looked_at} symbols are missing, so that the loader refuses it:")
        lines += [f"    {readable(name)}" for name in found.missing[:_SHOWN]]
        left = len(found.missing) - _SHOWN
        lines += [f"    … and {left} more (--json has them all)"] if left > 0 else []
    elif found.verdict.value == "NOT REFUTED":
        lines.append(
            f"  {found.looked_at} symbols looked at, all of them there; that alone does not prove that it works"
        )
    lines += [f"  {found.why}"] if found.why else []
    read = [_evidence(wheel) for wheel in (found.kernel, found.torch) if wheel is not None]
    return [*lines, *(f"  read from {text}" for text in read)]


def _evidence(wheel: WheelRead) -> str:
    return f"{wheel.file}  (sha256 {wheel.sha256[:12]})" if wheel.sha256 else wheel.file
