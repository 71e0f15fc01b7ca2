"""What a person should know beside a tuple: the extra that the kernels need, what is not proven, what was passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.abi.gpus import compute_capability, runs_on
from stackpin.model.build import Sureness
from stackpin.model.request import PYPI
from stackpin.model.stack import TORCH

if TYPE_CHECKING:
    from stackpin.model.locked import Anchor, LockedTuple, Pin
    from stackpin.model.request import Request

__all__ = ["notes_of"]


def notes_of(locked: LockedTuple, request: Request) -> tuple[str, ...]:
    """What a person should know beside the file: the extra that the kernels need, what is not proven, what was passed over."""
    notes = []
    for anchor, ask in zip(locked.anchors, request.asks, strict=True):
        if anchor.extra and not ask.requirement.extras:
            whole = ask.tree.installable(anchor.extra) if ask.tree else f"{anchor.name}[{anchor.extra}]"
            notes.append(f"plain {_subject(anchor)} installs no torch and no kernels: install {whole}")
        if ask.tree is not None:
            from stackpin.app.source_tree import notes_on_tree

            notes += notes_on_tree(ask.tree, ask.requirement.extras, locked.pins)
        if not ask.requirement.specifier and anchor.chosen.startswith("the newest release "):
            notes.append(f"{anchor.name} {anchor.version} is {anchor.chosen}")
    notes += [
        f"{pin.name} {pin.full_version} for {locked.cuda}: {pin.build.note or pin.note}"
        for pin in locked.pins
        if pin.build.sureness is Sureness.UNPROVEN
    ]
    notes += [
        f"{pin.name} {pin.full_version} was not verified against its index"
        for pin in locked.pins
        if not pin.build.verified
    ]
    notes += [_misfit_note(pin, locked) for pin in locked.pins if pin.symbols and pin.symbols.missing]
    notes += _overlap_notes(locked)
    notes += _gpu_notes(locked, request)
    if request.cuda == PYPI and locked.driver:
        notes.append(f"{locked.cuda} needs NVIDIA driver {locked.driver} or newer")
    notes += [f"{name} is set free (allow)" for name in request.allow]
    return (*notes, *locked.notes)


def _subject(anchor: Anchor) -> str:
    return f"{anchor.name} {'of that tree' if anchor.tree else anchor.version}"


def _gpu_notes(locked: LockedTuple, request: Request) -> list[str]:
    """Kernels without code for the GPU that was named: some are made for others only, so that is told and no refusal."""
    gpu = compute_capability(request.gpu)
    if gpu is None:
        return []
    return [
        f"{pin.name} {pin.version} has no code for {request.gpu}, only for {', '.join(pin.architectures)}"
        for pin in locked.pins
        if pin.architectures and not runs_on(pin.architectures, gpu)
    ]


def _overlap_notes(locked: LockedTuple) -> list[str]:
    """Members that write the same names into site-packages: of those whichever is installed last stays."""
    by_name: dict[str, list[str]] = {}
    for pin in locked.pins:
        for name in pin.writes:
            by_name.setdefault(name, []).append(f"{pin.name} {pin.version}")
    return [
        f"{' and '.join(pins)} both write {name}: whichever is installed last stays"
        for name, pins in by_name.items()
        if len(pins) > 1
    ]


def _misfit_note(pin: Pin, locked: LockedTuple) -> str:
    """That an anchor's own pins do not fit by their symbols: a finding, not a refusal."""
    from stackpin.resolve.symbols import misfit_text  # only a finding needs it

    torch = next(each.full_version for each in locked.pins if each.name == TORCH)
    anchor = locked.anchors[0]
    text = f"a library of {pin.name} {pin.version} does not load with torch {torch}, and {_subject(anchor)} pins both"
    why = f" ({pin.optional})" if pin.optional else ""
    return f"{text}: {misfit_text(pin.symbols)}{why}" if pin.symbols else text
