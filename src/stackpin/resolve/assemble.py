"""From a resolution to the locked tuple: pins with their evidence, bounds, blocks, and the target that they serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from stackpin.model.build import Channel, Sureness
from stackpin.model.cuda import CPU, cuda_major
from stackpin.model.locked import Block, Bound, Evidence, Pin
from stackpin.model.release import OWN
from stackpin.model.stack import FAMILY, TORCH, TRITON
from stackpin.resolve.context import Context, torch_line
from stackpin.resolve.needs import CUDA, PLATFORM, PYTHON, Candidate, Need, TargetNeed
from stackpin.resolve.symbols import symbols_text
from stackpin.resolve.target_needs import admits_python, metadata_source
from stackpin.resolve.wheels import fit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stackpin.catalog.facts import Facts
    from stackpin.model.cuda import CudaTag
    from stackpin.model.request import Request
    from stackpin.model.stack import Stack
    from stackpin.resolve.attempt import Attempt, Resolved

__all__ = ["Completed", "blocks_of", "bounds_of", "complete", "is_pinned", "pins_of", "pythons_for", "sureness_of"]


class Completed(NamedTuple):
    """The chosen candidates with the members that belong to every tuple, and what is said of those for which there is none.

    ``blocks`` keep a member out that is built for other tags only: left open, any release of it would come in.
    """

    chosen: dict[str, Candidate]
    notes: tuple[str, ...]
    blocks: tuple[Block, ...]


def complete(resolved: Resolved, attempt: Attempt) -> Completed:
    """A resolution with the members that nobody's metadata names (torchaudio beside sglang).

    Such a member is the newest release that accepts the chosen torch.
    """
    chosen = dict(resolved.candidates)
    notes = []
    blocks = []
    torch = chosen.get(TORCH)
    always = dict.fromkeys(name for ask in attempt.request.asks for name in ask.stack.always)
    for name in always:
        if name in chosen or torch is None or name in attempt.request.allow:
            continue
        found = _fitting(name, torch, resolved, attempt)
        if found is not None:
            chosen[name] = found
        elif name == TRITON:
            notes.append(f"{name} is left out: torch {torch.release.text} names none")
        else:
            reads, note = _kept_out(name, torch, resolved, attempt)
            notes.append(f"{name} is kept out: {note}")
            blocks.append(Block(name=canonicalize_name(name), reads=reads, note=note))
    return Completed(chosen, tuple(notes), tuple(blocks))


def _kept_out(name: str, torch: Candidate, resolved: Resolved, attempt: Attempt) -> tuple[str, str]:
    """What a member is held to that has no build for the tag, or none for the Python and the platform, and why."""
    cuda, python, machine = resolved.cuda, attempt.python, attempt.request.platform.machine
    if _fitting(name, torch, resolved, attempt, anywhere=True) is None:
        return f"0+stackpin.no.build.for.{cuda}", f"no release is built for {cuda}"
    return (
        f"0+stackpin.no.wheel.for.python.{python}",
        f"no release for {cuda} has a wheel for Python {python} on {machine}",
    )


def _fitting(
    name: str, torch: Candidate, resolved: Resolved, attempt: Attempt, *, anywhere: bool = False
) -> Candidate | None:
    if name not in FAMILY:
        return None
    as_of = max(
        (release.release.uploaded for key, release in resolved.candidates.items() if key in attempt.anchors), default=""
    )
    wish = Need(key=name, name=name, as_of=as_of)
    values = {
        PYTHON: resolved.context.python,
        PLATFORM: str(resolved.context.platform),
        CUDA: str(resolved.cuda),
    }
    for candidate in attempt.candidates.matching(name, [wish]):
        needs = attempt.candidates.needs_of(candidate)
        if all(_met(need, torch, values) or (anywhere and need.key in {PYTHON, PLATFORM}) for need in needs):
            return candidate
    return None


def _met(need: Need | TargetNeed, torch: Candidate, values: Mapping[str, str]) -> bool:
    if isinstance(need, TargetNeed):
        return need.accepts(values[need.key])
    return need.name != TORCH or need.admits(torch.release)


def pins_of(chosen: Mapping[str, Candidate], resolved: Resolved, request: Request) -> tuple[Pin, ...]:
    """The pins, anchors first, then torch, triton, and the rest in the order of the stacks' member lists."""
    order = _order(request, chosen)
    pins = []
    for name in order:
        candidate = chosen[name]
        if not is_pinned(name, resolved, request):
            continue
        if candidate.release.index == OWN:
            continue
        pins.append(_pin(candidate, chosen[TORCH], resolved, request))
    return tuple(pins)


def _order(request: Request, chosen: Mapping[str, Candidate]) -> list[str]:
    names = [str(ask.stack.anchor) for ask in request.asks] + [TORCH, TRITON]
    names += [str(name) for ask in request.asks for name in (*ask.stack.members, *ask.stack.always)]
    return [name for name in dict.fromkeys((*names, *sorted(chosen))) if name in chosen]


def _exact_need(needs: Iterable[Need], request: Request) -> bool:
    """Whether an anchor itself pins a CUDA member exactly."""
    anchors = {ask.stack.anchor for ask in request.asks}
    return any(need.exact and need.parent is not None and need.parent.name in anchors for need in needs)


def _pin(candidate: Candidate, torch: Candidate, resolved: Resolved, request: Request) -> Pin:
    release, build = candidate.release, candidate.build
    symbols = resolved.context.symbols.verdict(release, build, torch.release)
    assert build is not None  # noqa: S101 - a candidate without build never survives its own needs
    read = resolved.context.symbols.read(release, build)
    if build.local:
        specifier = f"=={release.text}+{build.local}"
    else:
        specifier = f"==={release.text}" if build.siblings else f"=={release.text}"
    anchors = {str(ask.stack.anchor) for ask in request.asks}
    evidence = () if release.name in anchors else _evidence(candidate, resolved, request)
    return Pin(
        name=release.name,
        version=release.text,
        specifier=specifier,
        build=build,
        evidence=evidence,
        note="; ".join(filter(None, (_note(candidate, resolved, anchors), symbols_text(symbols)))),
        uploaded=release.uploaded,
        symbols=symbols,
        architectures=read.architectures if read is not None else None,
        writes=read.writes if read is not None else (),
        optional=resolved.context.facts.optional_because(release.name, release.version) if symbols else "",
    )


def _evidence(candidate: Candidate, resolved: Resolved, request: Request) -> tuple[Evidence, ...]:
    """What forced a pin, the strongest first: an exact line, then one with an upper bound, then any other."""
    machine = resolved.context.platform.machine
    anchors = {ask.stack.anchor for ask in request.asks}
    found = [need for need in resolved.needs.get(candidate.name, ()) if need.parent is not None and need.line]
    found.sort(
        key=lambda need: (not need.exact, not need.capped, need.parent is None or need.parent.name not in anchors)
    )
    lines: dict[str, Evidence] = {}
    for need in found:
        parent = need.parent
        if parent is None or parent.name == candidate.name:
            continue
        subject = f"{parent.name} {parent.text}"
        lines.setdefault(
            f"{subject} {need.line}",
            Evidence(
                subject=subject,
                line=need.line,
                source=metadata_source(parent, machine),
                sha256=parent.metadata_file(machine)[1],
            ),
        )
    own = torch_line(candidate.release, machine)
    if own is not None and candidate.name != TORCH:
        subject = f"{candidate.name} {candidate.release.text}"
        source, digest = candidate.release.metadata_file(machine)
        told = Evidence(subject=subject, line=own.text, source=source, sha256=digest)
        exact = any(need.exact for need in found)
        return (*lines.values(), told) if exact or not own.requirement.specifier else (told, *lines.values())
    return tuple(lines.values())


def _note(candidate: Candidate, resolved: Resolved, anchors: set[str]) -> str:
    """What a pin's comment adds to its evidence: the build, its sureness, and what nobody declares."""
    release, build, context = candidate.release, candidate.build, resolved.context
    if build is None or release.name in anchors - {TORCH}:
        return build.note if build else ""
    notes = []
    if release.name == TORCH and build.channel is Channel.PYPI and build.tag is not None:
        notes.append(f"PyPI's own build is {build.tag}" if build.tag != CPU else "PyPI's own build is a CPU build here")
    elif build.channel is Channel.FIND_LINKS and build.tag is not None:
        notes.append(
            f"the {build.tag} build of that index" if build.local else f"from the {build.tag} page of that index"
        )
    needs = [need for need in resolved.needs.get(release.name, ()) if need.line]
    if release.name in FAMILY and not any(need.exact for need in needs) and context.torch_of(release):
        if torch_line(release, context.platform.machine) is None:
            notes.append(f"fit with torch not declared; built with torch {context.torch_of(release)}")
    elif _undeclared(candidate, needs, context):
        notes.append("fit with torch not declared")
    if release.yanked:
        why = release.yanked if isinstance(release.yanked, str) else "no reason given"
        notes.append(f"yanked: {why}")
    if build.note:
        notes.append(build.note)
    return "; ".join(notes)


def _undeclared(candidate: Candidate, needs: Sequence[Need], context: Context) -> bool:
    """Whether neither an anchor's exact pin nor the member's own metadata says that it fits the chosen torch."""
    release = candidate.release
    if release.name in {TORCH, TRITON, *FAMILY} or release.name in context.facts.cuda_members:
        return False
    own = torch_line(release, context.platform.machine)
    return not any(need.exact for need in needs) and (own is None or not own.requirement.specifier)


def bounds_of(chosen: Mapping[str, Candidate], resolved: Resolved, request: Request) -> tuple[Bound, ...]:
    """The CUDA members that the anchors leave open, held to the tag's major."""
    major = cuda_major(resolved.cuda)
    facts = resolved.context.facts
    bounds = []
    for name in sorted(set(chosen) & set(facts.cuda_members)):
        stated = resolved.needs.get(name, ())
        if (
            major is None
            or facts.cuda_members[name].major is not None
            or any(_holds_major(need, major) for need in stated)
        ):
            continue
        needs = [need for need in resolved.needs.get(name, ()) if need.parent is not None]
        needs.sort(
            key=lambda need: need.parent is None or need.parent.name not in {ask.stack.anchor for ask in request.asks}
        )
        parent = needs[0].parent if needs else None
        asks = f"{parent.name} {parent.text} asks for {needs[0].line}" if parent else "left open"
        bounds.append(
            Bound(
                name=chosen[name].release.name,
                specifier=f"<{major + 1},>={major}",
                note=f"{asks}; {resolved.cuda} is CUDA {major}",
            )
        )
    return tuple(bounds)


def _holds_major(need: Need, major: int) -> bool:
    """Whether a need already keeps a CUDA member below the next major and above the last."""
    return need.exact or (need.capped and not need.specifier.contains(f"{major + 1}.0", prereleases=True))


def is_pinned(name: str, resolved: Resolved, request: Request) -> bool:
    """Whether a package of the resolution becomes a pin: an open CUDA member becomes a bound, others are no members."""
    if name in resolved.context.joint:
        return False
    return name not in resolved.context.facts.cuda_members or _exact_need(resolved.needs.get(name, ()), request)


def blocks_of(pins: Sequence[Pin], stacks: Iterable[Stack], facts: Facts) -> tuple[Block, ...]:
    """The look-alikes of the pinned members, each with a version that can never be met and says what to use."""
    pinned = {str(pin.name): pin for pin in pins}
    blocks = {}
    for row in facts.look_alikes:
        pin = pinned.get(row.member)
        if pin is not None and row.distribution not in pinned:
            blocks[row.distribution] = _block(row.distribution, pin, f"writes {row.import_package}/")
    for stack in stacks:
        for name in stack.look_alikes:
            if str(name) not in pinned and str(name) not in blocks:
                torch = pinned.get(TORCH)
                if torch is not None:
                    blocks[str(name)] = _block(str(name), torch, "named a look-alike by the stack")
    return tuple(blocks[name] for name in sorted(blocks))


def _block(name: str, pin: Pin, note: str) -> Block:
    reads = f"0+blocked.by.stackpin.use.{pin.name.replace('-', '.')}.{pin.version}"
    return Block(name=canonicalize_name(name), reads=reads, note=note)


def pythons_for(
    chosen: Mapping[str, Candidate], attempt: Attempt, pythons: Iterable[str], cuda: CudaTag
) -> tuple[str, ...]:
    """The Pythons for which every chosen release has a wheel and every line that then holds is met by the same pins."""
    return tuple(python for python in pythons if _holds(chosen, attempt, python, cuda))


def _holds(chosen: Mapping[str, Candidate], attempt: Attempt, python: str, cuda: CudaTag) -> bool:
    if python == attempt.python:
        return True
    base = attempt.candidates.context
    context = Context(
        catalog=base.catalog,
        facts=base.facts,
        python=python,
        platform=base.platform,
        cuda=cuda,
        tracked=(base.tracked & set(chosen)) - set(base.facts.cuda_members),
    )
    for candidate in chosen.values():
        release = candidate.release
        if release.requires_python and not admits_python(release.requires_python, python):
            return False
        found = fit(release, python, base.platform)
        if not (found.wheel or found.source_only):
            return False
        for line in context.lines(release):
            other = chosen.get(line.name)
            if other is not None and not line.requirement.specifier.contains(other.release.version, prereleases=True):
                return False
    return True


def sureness_of(pins: Iterable[Pin]) -> Sureness:
    """Proven only where no pin is unproven."""
    return Sureness.UNPROVEN if any(pin.build.sureness is Sureness.UNPROVEN for pin in pins) else Sureness.PROVEN
