"""One subject on one tag: which of its members the tuple rules out, and with which fact."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from stackpin.check.question import Question
from stackpin.check.rules import Rules, accepted_versions, same_version, tag_in_address
from stackpin.check.stated import admits
from stackpin.check.telling import (
    finding_of_anchor,
    finding_of_chain,
    finding_of_contradiction,
    finding_of_fault,
    finding_of_pin,
)
from stackpin.model.cuda import cuda_major
from stackpin.model.environment import FaultKind
from stackpin.model.explanation import ReasonKind
from stackpin.model.mention import Role, SubjectKind
from stackpin.model.stack import FAMILY, TORCH
from stackpin.model.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from stackpin.catalog.facts import Facts
    from stackpin.check.question import Tuples
    from stackpin.check.stated import Stated, Variant
    from stackpin.model.environment import Fault
    from stackpin.model.explanation import Reason
    from stackpin.model.finding import Finding
    from stackpin.model.locked import LockedTuple
    from stackpin.model.mention import Mention, Subject

__all__ = ["Case", "Ground", "proves", "requirement_of"]

_DONE = (Role.INSTALLED, Role.LOCKED)
#: Reasons about what one build was made for, or holds.
_OF_BUILDS = {
    ReasonKind.CUDA_MAJOR,
    ReasonKind.NO_BUILD,
    ReasonKind.SAME_LABEL,
    ReasonKind.CXX_ABI,
    ReasonKind.SYMBOLS,
}
#: So many releases of a package are tried to find one that goes with the rest.
_TRIED = 60
#: Reasons that say what the catalog lacks, or what a person chose knowingly: none of them is something wrong.
_OPEN = {ReasonKind.NO_RELEASE, ReasonKind.UNDECLARED, ReasonKind.PRE_RELEASE, ReasonKind.YANKED}
#: Reasons about a machine: what is there has been built or chosen for it.
_ELSEWHERE = {ReasonKind.PYTHON, ReasonKind.PLATFORM, ReasonKind.GPU, ReasonKind.DRIVER}


class Ground(Value):
    """What all cases of a run have in common; ``exact_tag`` is whether a tag is in force."""

    facts: Facts
    tuples: Tuples
    engines: frozenset[str]
    exact_tag: bool
    driver: str = ""
    gpu: str = ""


class Case:
    """One variant of a subject under one tag."""

    def __init__(self, ground: Ground, subject: Subject, variant: Variant, tag: str) -> None:
        self.subject, self.stated, self.notes = subject, variant.stated, list[str]()
        self._facts, self._tuples, self._engines = ground.facts, ground.tuples, ground.engines
        self._variant, self._tag, self._exact_tag = variant, tag, ground.exact_tag
        self._driver, self._gpu = ground.driver, ground.gpu

    @property
    def is_done(self) -> bool:
        """Whether the subject is what is there or locked, and so exact, in place of what is asked for."""
        return self.subject.kind in {SubjectKind.ENVIRONMENT, SubjectKind.LOCK}

    def is_for_python(self, chain: Iterable[Reason]) -> bool:
        """Whether a chain that rests on a Python rests on one that the subject is for: on the only one that it is for."""
        return len(self.subject.pythons) == 1 or all(reason.kind is not ReasonKind.PYTHON for reason in chain)

    def takes_pypis(self, names: Iterable[str]) -> bool:
        """Whether these are taken from PyPI, as far as the subject says: no label, no address, no index but torch's own."""
        roots = {
            build.root.rpartition("/")[0] for build in self._facts.torch_builds(self.version_of(TORCH)) if build.root
        }
        strange = [line for line in self.subject.indexes if not any(line.address.startswith(root) for root in roots)]
        mentions = [self.stated[name].first for name in names if name in self.stated]
        return not strange and all("+" not in each.version and not each.address for each in mentions)

    def of_machine(self, locked: LockedTuple, names: Sequence[str]) -> Iterator[Finding]:
        """What a driver or a GPU that files are for rules out, and what torch pins of NVIDIA's packages."""
        stated = self.stated.get(TORCH) or next((self.stated[name] for name in names if name in self.stated), None)
        if stated is None or self.subject.kind is SubjectKind.ENVIRONMENT:
            return  # of an environment its own files tell
        pin = locked.pin(TORCH)
        if (self._driver or self._gpu) and pin is not None:
            from stackpin.check.machine import JudgedTorch, driver_too_old, gpu_without_code

            anchor = locked.anchors[0]
            torch = JudgedTorch(
                version=pin.full_version,
                tag=locked.cuda,
                is_pypis=pin.build.is_pypis,
                machine=locked.platform.machine,
                place=stated.first.place,
                package=str(stated.first.name),
                asked=f"{anchor.name}=={anchor.version}",
            )
            yield from driver_too_old(self._facts, torch, self._driver)
            yield from gpu_without_code(self._facts, torch, self._gpu)
        if any(name.startswith("nvidia-") and each.first.version for name, each in self.stated.items()):
            yield from self._nvidia(stated.first)

    def _nvidia(self, torch: Mention) -> Iterator[Finding]:
        """SP105: NVIDIA's packages that are held to another version than the one that torch's METADATA pins."""
        from stackpin.check.torch_pins import nvidia_pins

        version = torch.version.partition("+")[0] if torch.name == TORCH else ""
        if not version or ("+" in torch.version and not self._is_pypis(torch.version)):
            return  # a labelled build has its own METADATA
        for pin in nvidia_pins(self._facts.catalog, version, self._variant.python, self.subject.machine):
            mention = self.stated[pin.name].first if pin.name in self.stated else None
            if mention is not None and mention.version and not same_version(mention.version, pin.version):
                yield finding_of_pin(pin, f"{TORCH} {version}", mention, self.subject)

    def _is_pypis(self, version: str) -> bool:
        """Whether a labelled torch is the build that PyPI carries."""
        public, _, label = version.partition("+")
        return any(build.pypi and build.tag == label for build in self._facts.torch_builds(public))

    def version_of(self, name: str) -> str:
        """The exact version of a package without its label; empty where it is not exact."""
        return self.stated[name].first.version.partition("+")[0] if name in self.stated else ""

    def is_exact(self, names: Iterable[str]) -> bool:
        """Whether each of these is held to one version."""
        return all(self.version_of(name) for name in names)

    def question(self, anchors: tuple[str, ...]) -> Question:
        """The question for these anchors on the subject's target."""
        return Question(anchors=anchors, cuda=self._tag, python=self._variant.python, machine=self.subject.machine)

    def members(self, anchors: Collection[str]) -> dict[str, str]:
        """What is said of everything else that the catalog has releases of, as requirements; unknown releases left out."""
        found: dict[str, str] = {}
        for name, stated in self.stated.items():
            version = self.version_of(name)
            if name in anchors or name in self._engines or not self._tuples.carries(name, version):
                continue
            if version or any(each.specifier for each in stated.all):
                found[name] = requirement_of(stated.first)
        return found

    def findings(
        self,
        locked: LockedTuple,
        question: Question,
        members: dict[str, str],
        *,
        whole: bool,
        anchors: Collection[str],
    ) -> Iterator[Finding]:
        """What breaks the tuple: outside its pins, bounds and blocks, and with a fact that says so.

        :param whole: whether the tuple was found with all that is said of members, so that their versions go together.
        """
        rules = Rules(locked)
        for name, stated in self.stated.items():
            contradicted = stated.contradicted
            if contradicted is not None:
                yield finding_of_contradiction(contradicted, stated.first, self.subject)
            fault = self._fault(rules, locked, stated)
            if name in anchors:
                yield from self._not_in_force(name, stated.first, locked)
            if name in anchors or name in self._engines or (fault is None and (whole or name not in members)):
                continue
            if fault is not None and (fault.kind is FaultKind.LOOK_ALIKE or name not in rules.pins):
                yield self._told(fault, stated.first, locked)
            elif fault is not None and fault.kind is FaultKind.WRONG_BUILD:
                if not self._loads_as_well(fault.name, fault.found, locked):
                    yield self._told(fault, stated.first, locked)
            elif not (whole and name in members):
                yield from self._ruled_out(name, stated, fault, question, locked)

    def _not_in_force(self, name: str, mention: Mention, locked: LockedTuple) -> Iterator[Finding]:
        """An anchor that is another release than the one of the stack in force."""
        anchor = next((each for each in locked.anchors if each.name == name), None)
        version = mention.version.partition("+")[0]
        if anchor is None or not anchor.version:
            return
        if same_version(version, anchor.version) if version else admits(mention, anchor.version):
            return
        yield finding_of_anchor(anchor, mention, self.subject)

    def _ruled_out(
        self, name: str, stated: Stated, fault: Fault | None, question: Question, locked: LockedTuple
    ) -> Iterator[Finding]:
        """A member whose version is another than the tuple's: only where the anchor leaves it no such choice."""
        requirement = requirement_of(stated.first)
        alone = replace(question, members=(requirement,))
        if self._tuples.carries(name, self.version_of(name)) and self._tuples.tuple_of(alone) is not None:
            return
        chain = self._tuples.refuted(alone)
        tags_only = {reason.kind for reason in chain} <= {ReasonKind.NO_BUILD, ReasonKind.REQUIRES, ReasonKind.REQUEST}
        if chain and tags_only and self._loads_as_well(name, stated.first.version, locked):
            major = [tag for tag in self._facts.tags if cuda_major(tag) == cuda_major(locked.cuda)]
            if any(self._tuples.tuple_of(replace(alone, cuda=tag)) is not None for tag in sorted(major)):
                return  # the versions go together
        if not proves(chain, done=self.is_done):
            first = stated.first
            unsaid = " is not in the catalog: nothing is said of it"
            if self._tuples.carries(name, self.version_of(name)):
                unsaid = ": no fact says whether it goes with the rest"
            self.notes.append(f"{first.place.path}: {name} {first.version or first.specifier}{unsaid}")
            return
        if not _is_of_pypi(stated.first) and {reason.kind for reason in chain} & _OF_BUILDS:
            return  # the chain speaks of PyPI's build
        excuse = self._excuse(stated.first) if any(reason.kind is ReasonKind.SYMBOLS for reason in chain) else ""
        if excuse:
            first = stated.first
            self.notes.append(f"{first.place.path}: {name} {first.version} lacks symbols of that torch: {excuse}")
        elif fault is not None:
            yield self._told(fault, stated.first, locked)
        else:
            wanted = self._goes_with(name, question)
            cuda = name in self._facts.cuda_members
            yield finding_of_chain(chain, stated.first, self.subject, wanted, cuda=cuda)

    def _excuse(self, mention: Mention) -> str:
        """Why a package works without the libraries that do not load; empty where nothing is known of that."""
        from packaging.version import InvalidVersion, Version

        try:
            return self._facts.optional_because(str(mention.name), Version(mention.version))
        except InvalidVersion:
            return ""

    def _goes_with(self, name: str, question: Question) -> str:
        """The newest release of a package that goes with the anchors; empty where none of the newest does."""
        for version in islice(self._tuples.releases(name), _TRIED):
            if self._tuples.tuple_of(replace(question, members=(f"{name}=={version}",))) is not None:
                return version
        return ""

    def _fault(self, rules: Rules, locked: LockedTuple, stated: Stated) -> Fault | None:
        """What the tuple says against a mention; a range that admits what the tuple has is right."""
        first = stated.first
        name = str(first.name)
        if first.role in _DONE:
            version = first.version
            if (
                name == TORCH
                and "+" not in version
                and self.subject.kind is SubjectKind.ENVIRONMENT
                and self.subject.tag
            ):
                version = f"{version}+{self.subject.tag}"  # what its own files say
            return rules.locked_fault(name, version, first.address)
        pin = locked.pin(name)
        torch = locked.pin(TORCH)
        if pin is not None:
            accepted = accepted_versions(pin, locked.cuda, torch=torch.version if torch else "")
            if any(admits(first, version) for version in {pin.full_version, *accepted}):
                return None
            return rules.fault(name, first.version or first.specifier)
        if first.version:
            return rules.fault(name, first.version)
        fault = rules.fault(name, "0")
        return fault if fault is not None and fault.kind is FaultKind.LOOK_ALIKE else None

    def _told(self, fault: Fault, mention: Mention, locked: LockedTuple) -> Finding:
        torch = self.stated[TORCH].first if TORCH in self.stated else None
        return finding_of_fault(fault, mention, self.subject, locked, self._facts, torch)

    def _loads_as_well(self, name: str, version: str, locked: LockedTuple) -> bool:
        """Whether PyPI's build of torchvision or torchaudio does no harm beside another build of torch, as far as facts tell.

        That is where both are for one CUDA major and torch's C++ ABI is that of PyPI's build. What bears a label
        contradicts another tag all the same, and so does everything where a tag is in force.
        """
        torch = locked.pin(TORCH)
        if self._exact_tag or "+" in version or name not in FAMILY or torch is None:
            return False
        paired = self._facts.family_torch(name, version) or torch.version
        own = next((build.tag for build in self._facts.torch_builds(paired) if build.pypi), None)
        breaks = any(build.torch == torch.version for build in self._facts.abi_breaks(locked.cuda))
        return own is None or (cuda_major(own) == cuda_major(locked.cuda) and not breaks)


def requirement_of(mention: Mention) -> str:
    """A mention as a requirement that the solver takes: without label, marker and address."""
    extras = f"[{','.join(mention.extras)}]" if mention.extras else ""
    if mention.version:
        return f"{mention.name}{extras}=={mention.version.partition('+')[0]}"
    return f"{mention.name}{extras}{mention.specifier}"


def _is_of_pypi(mention: Mention) -> bool:
    """Whether a mention is of PyPI's build of a version, as far as its label and its address tell."""
    return "+" not in mention.version and not tag_in_address(mention.address)


def proves(chain: Sequence[Reason], *, done: bool, closed: bool = False) -> bool:
    """Whether a chain rests on facts alone, and not on what nobody knows or on a machine that is there anyway.

    :param closed: whether an index that cannot be looked up does not come into question.
    """
    if not chain or (not closed and any(reason.leaves_open for reason in chain)):
        return False
    kinds = {reason.kind for reason in chain}
    return not kinds & _OPEN and not (done and kinds & _ELSEWHERE)
