"""Which build of a release can serve a CUDA tag, and why none can.

torch and its family must carry the tag itself. Any other member may be what PyPI carries where its CUDA major is the
tag's, else a build that a vendor's index labels for the tag. What no fact speaks about is taken from PyPI as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.build import Build, Channel, Sureness
from stackpin.model.cuda import CPU, CudaTag, cuda_major, cuda_order, tag_of_toolkit, toolkit_of
from stackpin.model.explanation import CUDA, Claim, Reason, ReasonKind
from stackpin.model.release import OWN
from stackpin.model.stack import TORCH
from stackpin.model.value import Value
from stackpin.resolve.phrases import host_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stackpin.catalog.fact_rows import IndexBuild, KernelFact, TorchBuild
    from stackpin.model.release import Release
    from stackpin.resolve.context import Context

__all__ = ["Choice", "builds_of", "spoken"]


class Choice(Value):
    """The builds of a release that may serve, best first; where there is none, the reason."""

    builds: tuple[Build, ...] = ()
    reason: Reason | None = None


def spoken(names: list[str]) -> str:
    """A list as a sentence has it: ``cu118, cu126 and cu128``."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def builds_of(release: Release, context: Context) -> Choice:
    """The builds of a release that may serve the context's tag (any tag where the context has none)."""
    if release.index == OWN:
        return Choice(builds=(Build(sureness=Sureness.PROVEN),))
    if release.name == TORCH:
        return _family_builds(release, release, context)
    if context.is_family(release.name):
        torch = context.catalog.release(TORCH, context.torch_of(release))
        return _family_builds(release, torch, context) if torch else _unpaired(release, context)
    member = context.facts.cuda_members.get(release.name)
    if member is not None and (release.on_pypi or not release.known):
        major = release.version.major if member.major is None else member.major
        return Choice(builds=(Build(major=major, sureness=Sureness.PROVEN),))
    return _kernel_builds(release, context)


def _family_builds(release: Release, torch: Release, context: Context) -> Choice:
    """Builds of torch, or of a package that was built with that torch: exactly the tag, on PyPI or on the tag's index."""
    own = context.pypi_tag(torch) if release.on_pypi else None
    labelled = context.facts.torch_builds(torch.text)
    here = [build for build in labelled if context.platform.machine in build.arches]
    there = {build.tag: build for build in here if build.root and _is_there(release, build, context)}
    others = tuple(str(build.tag) for build in here if build.tag != own)
    found: list[Build] = []
    if own is not None and context.cuda in {None, own}:
        siblings = tuple(str(build.tag) for build in labelled)
        found.append(Build(tag=own, sureness=Sureness.PROVEN, siblings=siblings))
    build = there.get(context.cuda) if context.cuda is not None else None
    if build is not None and (build.tag != own or context.prefer_builds):
        labelled_build = Build(
            channel=Channel.FIND_LINKS,
            local=build.tag,
            tag=build.tag,
            sureness=Sureness.PROVEN,
            page=_page(release, build),
            siblings=others,
            source=build.evidence,
        )
        found.insert(0, labelled_build)
    if found:
        return Choice(builds=tuple(found))
    tags = sorted({*there, *([own] if own else [])}, key=cuda_order)
    return Choice(reason=_no_build(release, torch, tags, context, labelled[-1].evidence if labelled else ""))


def _page(release: Release, build: TorchBuild) -> str:
    return f"{build.root.rstrip('/')}/{release.name}/"


def _is_there(release: Release, build: TorchBuild, context: Context) -> bool:
    """Whether a family member has the build of its torch: said by its own page where that was read, else by torch's."""
    page = _page(release, build)
    if release.name == TORCH or page not in context.facts.read_pages:
        return True
    own = context.facts.index_builds(release.name, release.text, context.platform.machine)
    return any(item.page == page and item.local == build.tag for item in own)


def _unlisted(release: Release, context: Context) -> tuple[str, str]:
    """What a page that was read completely lacks of a release for the context's tag, as text and evidence; or empty."""
    read = context.facts.read_page(release.name, context.cuda) if context.cuda is not None else None
    if read is None:
        return "", ""
    return f"; {read.page} lists no {context.cuda} build of it for {context.platform.machine}", read.evidence


def _no_build(release: Release, torch: Release, tags: list[CudaTag], context: Context, source: str) -> Reason:
    cuda = [tag for tag in tags if tag != CPU]
    what = f"is built for {spoken([str(tag) for tag in cuda])}" if cuda else "has no CUDA build"
    if context.platform.machine != "x86_64":
        what += f" on {context.platform.machine}"
    evidence = source or context.runtime_line(torch)
    if release.name != TORCH:
        evidence = context.facts.family_evidence(release.name, release.text) or evidence
    lacks, page = _unlisted(release, context)
    return Reason(
        kind=ReasonKind.NO_BUILD,
        subject=f"{release.name} {release.text}",
        text=f"{release.name} {release.text} {what}{lacks}",
        evidence=page or evidence,
        claims=_only(release, tags),
    )


def _only(release: Release, tags: Iterable[CudaTag]) -> tuple[Claim, ...]:
    """The claim that a release is to be had for these tags only."""
    return (Claim(package=release.name, versions=(release.text,), on=CUDA, values=tuple(map(str, tags))),)


def _unpaired(release: Release, context: Context) -> Choice:
    """A family member of which no fact says with which torch it was built: PyPI's, and only where PyPI decides."""
    if context.cuda is None and release.on_pypi:
        note = "which CUDA it was built with is not known"
        return Choice(builds=(Build(sureness=Sureness.UNPROVEN, note=note),))
    return Choice(
        reason=Reason(
            kind=ReasonKind.NO_BUILD,
            subject=f"{release.name} {release.text}",
            text=f"no fact says for which CUDA tags {release.name} {release.text} is built",
        )
    )


def _kernel_builds(release: Release, context: Context) -> Choice:
    fact = context.facts.kernel(release.name, release.version)
    elsewhere = context.facts.index_builds(release.name, release.text, context.platform.machine)
    tag = context.cuda
    found = [_labelled(build) for build in elsewhere if build.page and tag in {None, build.tag} and build.local]
    if not release.on_pypi:
        found += [
            _labelled(build) for build in elsewhere if build.page and tag in {None, build.tag} and not build.local
        ]
    if release.on_pypi and (fact is None or tag is None or cuda_major(tag) == fact.cuda_major):
        own = _pypi_build(fact, tag, tuple(build.local for build in elsewhere if build.local))
        exact = [build for build in found if context.prefer_builds and tag is not None]
        return Choice(builds=(*exact, own))
    if found:
        return Choice(builds=tuple(found))
    return Choice(reason=_no_kernel(release, fact, elsewhere, context))


def _pypi_build(fact: KernelFact | None, tag: CudaTag | None, siblings: tuple[str, ...]) -> Build:
    if fact is None:
        return Build(siblings=siblings)
    newer = bool(tag and fact.toolkit and cuda_order(tag_of_toolkit(fact.toolkit)) > cuda_order(tag))
    note = f"built with CUDA {fact.toolkit}, newer than {toolkit_of(tag)}: not proven" if newer and tag else ""
    return Build(
        major=fact.cuda_major,
        sureness=Sureness.UNPROVEN if newer else Sureness.DECLARED,
        siblings=siblings,
        note=note,
        source=fact.evidence,
    )


def _labelled(build: IndexBuild) -> Build:
    return Build(
        channel=Channel.FIND_LINKS,
        local=build.local,
        tag=build.tag,
        page=build.page,
        torch_series=build.torch,
        verified=build.read,
        note="" if build.read else "not verified: its metadata could not be read",
        source=build.evidence,
    )


def _no_kernel(
    release: Release, fact: KernelFact | None, elsewhere: tuple[IndexBuild, ...], context: Context
) -> Reason:
    """Why no build of a kernel release serves: nowhere to be had, the same label twice, or another CUDA major."""
    subject = f"{release.name} {release.text}"
    tags = [str(tag) for tag in sorted({build.tag for build in elsewhere}, key=cuda_order)]
    hosts = spoken(sorted({host_of(build.page or build.evidence) for build in elsewhere}))
    lacks, page = _unlisted(release, context)
    if not release.on_pypi:
        where = f"is built for {spoken(tags)} on {hosts} and is not on PyPI"
        return Reason(
            kind=ReasonKind.NO_RELEASE,
            subject=subject,
            text=f"{subject} {where if tags else 'is on no index that stackpin knows'}{lacks}",
            evidence=page or (elsewhere[0].evidence if elsewhere else ""),
            claims=_only(release, [build.tag for build in elsewhere if build.page]),
        )
    same = [build for build in elsewhere if build.tag == context.cuda and not build.local]
    if same:
        return Reason(
            kind=ReasonKind.SAME_LABEL,
            subject=subject,
            text=f"{subject} has the same version number for {same[0].tag} on {host_of(same[0].page)} as for CUDA "
            f"{fact.cuda_major if fact else '?'} on PyPI: no pin can tell them apart",
            evidence=same[0].evidence,
            claims=_only(release, [tag for tag in context.facts.tags if tag != context.cuda]),
        )
    there = [build.tag for build in elsewhere if build.page and build.local]
    also = f", and for {spoken(tags)} on {hosts}" if tags else ""
    place = context.facts.unlisted_place(release.name, context.cuda) if context.cuda and not lacks else ""
    lacks += f"; whether {place} has it is not known" if place else ""
    return Reason(
        kind=ReasonKind.CUDA_MAJOR,
        subject=subject,
        text=f"{subject} is built with CUDA {fact.cuda_major if fact else '?'} on PyPI{also}{lacks}",
        evidence=page or (fact.evidence if fact else ""),
        claims=_only(
            release, [tag for tag in context.facts.tags if fact and cuda_major(tag) == fact.cuda_major] + there
        ),
        leaves_open=bool(place),
    )
