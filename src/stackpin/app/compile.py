"""``stackpin compile`` and ``path``: from arguments and settings to a tuple, a constraints file, or the whole tree."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from stackpin.abi.gpus import parse_gpu
from stackpin.app.asked import Asked, address_of, requirement_of, shown
from stackpin.app.tuple_notes import notes_of
from stackpin.catalog.facts import Facts
from stackpin.catalog.loader import Catalog
from stackpin.catalog.stacks import Stacks
from stackpin.emit.constraints import IndexStyle, Options, command_words, constraints_text
from stackpin.errors import UnknownName, UsageError
from stackpin.model.cuda import parse_cuda_tag
from stackpin.model.driver import parse_driver
from stackpin.model.request import AUTO, PYPI, Ask, Request
from stackpin.model.settings import Settings
from stackpin.model.stack import TORCH
from stackpin.model.target import parse_platform
from stackpin.model.value import Value, replace
from stackpin.resolve.solve import Solver

if TYPE_CHECKING:
    from stackpin.model.locked import LockedTuple

__all__ = ["Compiled", "Job", "Workshop", "compile_job", "file_options", "file_text"]

_PYTHON = r"(\d+\.\d+)(?:\.\d+)?"
#: The local part of a version that names a build of torch or of a kernel.
_LABEL = re.compile(r"(?<=[\d\w])\+(cu\d{3}|cpu)(?=$|[\s,;)])")


class Job(Value):
    """What one ``compile`` is asked for, as typed; empty texts stand for the defaults.

    ``prefer`` names the stacks that stay newest before the others; without it the first that was named does. ``freeze``
    names what is kept as it is installed in the environment that is meant.
    """

    requirements: tuple[str, ...]
    cuda: str = ""
    python: str = ""
    platform: str = ""
    driver: str = ""
    gpu: str = ""
    index_style: str = IndexStyle.FIND_LINKS.value
    prefer_builds: bool = False
    closure: bool = False
    allow: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()
    freeze: str = ""


class Compiled(Value):
    """A tuple, the file that it makes, and what the person should know beside it.

    ``driver`` is the driver that it was made for; empty where none was named or looked for. ``request`` is what was solved.
    """

    locked: LockedTuple
    text: str
    notes: tuple[str, ...]
    request: Request
    driver: str = ""


class Workshop:
    """The catalog, its facts, its stacks and a solver, opened once for any number of jobs.

    :param settings: the settings in force.
    :param facts: those of the catalog that the settings name, where they were read already.
    """

    def __init__(self, settings: Settings | None = None, facts: Facts | None = None) -> None:
        self.settings = settings or Settings()
        if facts is not None:
            self.catalog, self.facts = facts.catalog, facts

    @cached_property
    def catalog(self) -> Catalog:
        """The embedded catalog with the user's own folder over it."""
        if not self.settings.catalog:
            return Catalog.open()
        from pathlib import Path

        return Catalog.open(Path(self.settings.catalog))

    @cached_property
    def facts(self) -> Facts:
        """The fact tables."""
        return Facts(self.catalog)

    @cached_property
    def stacks(self) -> Stacks:
        """The catalog's stacks and the user's own."""
        return Stacks(self.catalog, self.settings.stacks)

    @cached_property
    def solver(self) -> Solver:
        """The solver over them."""
        return Solver(self.catalog, self.facts)

    def request(self, job: Job) -> Request:
        """A job as a request.

        :raises UsageError: for a requirement or a Python that does not parse.
        :raises UnknownName: for a package, tag or platform that is not known.
        """
        requirements, label = _without_labels(job.requirements)
        if label and job.cuda not in {"", label}:
            raise UsageError(
                "two CUDA tags are asked for",
                got=f"{', '.join(job.requirements)} and --cuda {job.cuda}",
                expected="one of them",
            )
        asks, members = self._asks(requirements)
        asks = _preferred(asks, job.prefer)
        cuda, gpu = job.cuda or label or self.settings.cuda or PYPI, job.gpu or self.settings.gpu
        return Request(
            asks=asks,
            members=members,
            cuda=cuda if cuda in {PYPI, AUTO} else parse_cuda_tag(cuda, self.facts.tags),
            python=_python_of(job.python) if job.python else "",
            platform=parse_platform(job.platform or "linux-x86_64"),
            driver=parse_driver(job.driver or self.settings.driver),
            gpu="sm_{}{}".format(*parse_gpu(gpu)) if gpu else "",
            prefer_builds=job.prefer_builds,
            allow=tuple(canonicalize_name(name) for name in (*job.allow, *self.settings.allow)),
        )

    def _asks(self, texts: tuple[str, ...]) -> tuple[tuple[Ask, ...], tuple[Requirement, ...]]:
        """Requirements on anchors, and requirements on members of the stacks that those name."""
        parsed = [self._asked(text) for text in texts]
        if not parsed:
            raise UsageError("nothing to compile was named", expected="a requirement such as 'sglang==0.4.*'")
        anchors = [item for item in parsed if self._is_anchor(item.requirement.name)]
        held = {str(name) for item in anchors for name in self.stacks.find(item.requirement.name).members}
        rest = [item for item in parsed if not self._is_anchor(item.requirement.name)]
        for name in (item.requirement.name for item in rest):
            if canonicalize_name(name) not in held:
                self.stacks.refuse_look_alike(name)
                if not anchors:
                    self.stacks.find(name)
                raise UnknownName(f"{name} is no member of the stacks asked for", expected=", ".join(sorted(held)))
        first = _asked_for(anchors, held)
        narrowed = [item.requirement for item in (*anchors, *rest) if item not in first]
        asks = tuple(
            Ask(
                stack=self.stacks.find(item.requirement.name),
                requirement=item.requirement,
                text=item.text,
                tree=item.tree,
            )
            for item in first
        )
        return asks, tuple(narrowed)

    def _asked(self, text: str) -> Asked:
        """One argument; a source tree is read at once."""
        address = address_of(text)
        if address is None:
            return Asked(text, requirement_of(text), None)
        from stackpin.app.source_tree import read_anchor

        tree = read_anchor(address, self.stacks, self.catalog)
        extras = f"[{','.join(address.extras)}]" if address.extras else ""
        return Asked(address.shown, Requirement(f"{tree.metadata.name}{extras}"), tree)

    def _is_anchor(self, name: str) -> bool:
        key = canonicalize_name(name)
        return any(key in {stack.anchor, canonicalize_name(stack.name)} for stack in self.stacks.by_name.values())


def _preferred(asks: tuple[Ask, ...], names: tuple[str, ...]) -> tuple[Ask, ...]:
    """The stacks in the order in which they stay newest: those that are preferred, then the others as they were named."""
    first: list[Ask] = []
    for name in map(canonicalize_name, names):
        found = [ask for ask in asks if name in {ask.stack.anchor, canonicalize_name(ask.stack.name)}]
        if not found:
            raise UsageError(
                f"--prefer names a stack that is not asked for: {name}",
                expected="one of " + ", ".join(str(ask.stack.anchor) for ask in asks),
            )
        first += [ask for ask in found if ask not in first]
    return (*first, *(ask for ask in asks if ask not in first))


def _asked_for(anchors: list[Asked], held: set[str]) -> list[Asked]:
    """The requirements that name stacks: beside another stack ``torch>=2.6`` narrows a member of it."""
    engines = [item for item in anchors if canonicalize_name(item.requirement.name) != TORCH or TORCH not in held]
    return engines or anchors


def _without_labels(texts: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Requirements with the label of a build (``torch==2.6.0+cu126``) taken off, and the CUDA tag that it names.

    :raises UsageError: where two labels name different tags.
    """
    plain = [text for text in texts if address_of(text) is None]  # a folder's name is its own
    found = [_LABEL.search(text) for text in plain]
    tags = sorted({match[1] for match in found if match})
    if len(tags) > 1:
        raise UsageError("two CUDA tags are asked for", got=" and ".join(tags), expected="one of them")
    return tuple(_LABEL.sub("", text) if text in plain else text for text in texts), next(iter(tags), "")


def _python_of(text: str) -> str:
    """The minor version that ``--python`` names: a version, or what an interpreter says of itself."""
    match = re.fullmatch(_PYTHON, text.removeprefix("cp"))
    if match:
        return match[1]
    import os
    from pathlib import Path

    from stackpin.effects.interpreter import ask_interpreter, find_interpreter
    from stackpin.effects.process import LocalProcesses

    found = ask_interpreter(find_interpreter(text, os.environ, Path.cwd()), LocalProcesses())
    return ".".join(found.version.split(".")[:2])


def compile_job(job: Job, workshop: Workshop, *, version: str) -> Compiled:
    """Solve one job and write its file as text.

    :param version: stackpin's own version, for the header.
    :raises NoTuple: where no tuple satisfies the job.
    """
    request = workshop.request(job)
    notes: list[str] = []
    if request.cuda == AUTO and not request.driver:
        request, notes = _with_driver_here(request)
    locked = workshop.solver.solve(request)
    options = file_options(job, request, locked, workshop, version=version)
    if job.closure:
        by_url = options.style is IndexStyle.URL
        under = replace(options, style=IndexStyle.FIND_LINKS) if by_url else options
        locked = _closed(locked, request, constraints_text(locked, under), workshop)
    text = file_text(locked, options, workshop)
    told = (*notes, *notes_of(locked, request))
    return Compiled(locked=locked, text=text, notes=told, request=request, driver=request.driver)


def file_options(job: Job, request: Request, locked: LockedTuple, workshop: Workshop, *, version: str) -> Options:
    """What a constraints file says beside the tuple: above all the command that makes it again."""
    style = _style_of(job.index_style)
    command = command_words(
        [shown(text) for text in job.requirements],
        str(locked.cuda),
        python=job.python if job.freeze else request.python,  # there it names an environment
        platform="" if str(request.platform) == "linux-x86_64" else str(request.platform),
        index_style="" if style is IndexStyle.FIND_LINKS else style.value,
        gpu=request.gpu,
        freeze_installed=job.freeze,
    )
    command += "".join(f" --prefer {canonicalize_name(name)}" for name in job.prefer)
    command += " --prefer-builds" * job.prefer_builds + " --closure" * job.closure
    return Options(style=style, mirrors=workshop.settings.mirrors, command=command, version=version)


def file_text(locked: LockedTuple, options: Options, workshop: Workshop) -> str:
    """A constraints file; where it names files by their addresses, the index is asked for those.

    :raises CatalogGap: where a file has another hash there than the catalog knows.
    :raises IndexFailed: where the index cannot be asked.
    """
    if options.style is IndexStyle.URL:
        from stackpin.app.wheel_addresses import wheel_addresses

        options = replace(options, addresses=wheel_addresses(locked, workshop.catalog))
    return constraints_text(locked, options)


def _style_of(text: str) -> IndexStyle:
    try:
        return IndexStyle(text)
    except ValueError as error:
        raise UnknownName(
            f"there is no index style {text!r}", expected=", ".join(style.value for style in IndexStyle)
        ) from error


def _with_driver_here(request: Request) -> tuple[Request, list[str]]:
    """The request with this machine's driver; without one ``auto`` is ``pypi``, and a note will say what it needs."""
    from stackpin.app.driver import driver_here

    driver = driver_here()
    if driver:
        return replace(request, driver=driver), []
    return replace(request, cuda=PYPI), ["no NVIDIA driver was found here: PyPI's own build was taken"]


def _closed(locked: LockedTuple, request: Request, text: str, workshop: Workshop) -> LockedTuple:
    """The tuple with everything else that the anchor needs, as ``uv pip compile`` resolves it under the tuple."""
    from stackpin.app.closure import Uv, closure
    from stackpin.app.resolution import resolution_of

    wanted = resolution_of(locked, request, text)
    pins = closure(wanted, Uv(index_url=workshop.settings.mirrors.get("pypi")))
    held = {str(pin.name) for pin in locked.pins} | {"pip"}
    return replace(locked, closure=tuple((name, found) for name, found in pins if canonicalize_name(name) not in held))
