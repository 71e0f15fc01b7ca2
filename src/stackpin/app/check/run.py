"""One run of ``stackpin check``: what is looked at, what the judge says of it, and what is held back of that."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.errors import UsageError
from stackpin.model.finding import Checked
from stackpin.model.mention import SubjectKind
from stackpin.model.names import normalized_name
from stackpin.model.settings import CheckSettings
from stackpin.model.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stackpin.app.check.kept_tuples import KeptTuples
    from stackpin.app.check.reading import Reading
    from stackpin.app.check.tuples import SolvedTuples
    from stackpin.catalog.facts import Facts
    from stackpin.catalog.stacks import Stacks
    from stackpin.check.judge import InForce, Judge
    from stackpin.check.silence import Silence
    from stackpin.model.environment import Environment
    from stackpin.model.finding import Finding, Trouble
    from stackpin.model.mention import Subject
    from stackpin.model.settings import PathPattern, Settings

__all__ = ["CheckJob", "Run", "check", "fixed"]


class CheckJob(Value):
    """What one run is asked for, as typed; empty texts stand for the defaults.

    ``paths`` are files and folders; without any an environment is looked at: ``env``'s, ``python``'s, all below ``root``,
    else the active one. ``stacks`` are requirements on anchors.
    """

    paths: tuple[str, ...] = ()
    env: str = ""
    root: str = ""
    python: str = ""
    stacks: tuple[str, ...] = ()
    cuda: str = ""
    driver: str = ""
    gpu: str = ""
    allow: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    baseline: str = ""
    write_baseline: bool = False


class Run(Value):
    """What came of a run: the report, and remarks on comments that hold nothing back.

    ``written`` is how many entries a baseline got; None where none was written. ``fixed`` are the files that were put right.
    """

    checked: Checked
    remarks: tuple[str, ...] = ()
    written: int | None = None
    fixed: tuple[str, ...] = ()


def check(job: CheckJob, settings: Settings, environ: Mapping[str, str], cwd: Path) -> Run:
    """Look at everything that a job names.

    :raises UsageError: where it names too much, or a file of no kind that is read.
    :raises ToolMissing: where there is no environment to look at.
    """
    _refuse_both(job)
    held_back = _Silence(job, settings.check, str(cwd))
    bench = _Bench(job, settings, environ)
    texts: dict[str, str] = {}
    if job.paths:
        from stackpin.app.check.inputs import Ground, read_all

        excluded = (*_patterns(job.exclude), *settings.check.exclude)
        ground = Ground(bench.judge.names, bench.judge.pythons, bench.facts.catalog)
        readings: Iterable[Reading] = read_all(job.paths, texts, ground, exclude=excluded, cwd=str(cwd))
    else:
        readings = _environments(job, bench, environ, cwd)
    return held_back.run(_judged(readings, bench), texts)


def fixed(job: CheckJob, run: Run, settings: Settings, environ: Mapping[str, str], cwd: Path) -> Run:
    """Make the edits that are safe, in all files that a run has found wrong, and look again.

    :raises FileUnwritable: where a file cannot be written; those before it are.
    """
    from stackpin.app.check.fixing import fix_files

    done = fix_files(run.checked.findings)
    again = check(job, settings, environ, cwd) if done.files else run
    troubles = tuple(dict.fromkeys((*again.checked.troubles, *done.troubles)))
    return replace(again, checked=replace(again.checked, troubles=troubles), fixed=done.files)


def _refuse_both(job: CheckJob) -> None:
    """Refuse what cannot be meant together."""
    named = [f"--{name}" for name in ("env", "root", "python") if getattr(job, name)]
    if len(named) > 1 or (named and job.paths):
        both = " and ".join([*named, *(["a path"] if job.paths else [])])
        raise UsageError(f"{both} each say what to look at", expected="one of them")


class _Silence:
    """What a run holds back: read before anything is looked at, so that a word that means nothing is told at once."""

    def __init__(self, job: CheckJob, settings: CheckSettings, cwd: str) -> None:
        self._writes, self._cwd = job.write_baseline, cwd
        self._path = job.baseline or settings.baseline
        if job.write_baseline and not self._path:
            raise UsageError(
                "--write-baseline names no file", expected="--baseline FILE, or baseline in [tool.stackpin.check]"
            )
        self._told: Silence | None = None
        if job.select or job.ignore or self._path or settings != CheckSettings():
            self._told = self._read(job, settings)

    def _read(self, job: CheckJob, settings: CheckSettings) -> Silence:
        from stackpin.check.silence import silence_of

        baseline = None
        if self._path and not self._writes:
            from stackpin.app.check.baseline_file import read_baseline

            baseline = read_baseline(self._path)
        return silence_of(settings, cwd=self._cwd, select=job.select, ignore=job.ignore, baseline=baseline)

    def run(self, checked: Checked, texts: Mapping[str, str]) -> Run:
        """The run without what is held back; the baseline is written where that is asked for."""
        if self._told is None and not texts:
            return Run(checked=checked)
        from stackpin.check.silence import silence_of, silenced

        done = silenced(checked, self._told or silence_of(CheckSettings(), cwd=self._cwd), texts)
        if not self._writes:
            return Run(checked=done.checked, remarks=done.remarks)
        from stackpin.app.check.baseline_file import write_baseline

        written = write_baseline(self._path, done.checked.findings, self._cwd)
        return Run(checked=replace(done.checked, findings=()), remarks=done.remarks, written=written)


class _Bench:
    """The facts and the judge of a run, each made when it is first asked for."""

    def __init__(self, job: CheckJob, settings: Settings, environ: Mapping[str, str]) -> None:
        self.job, self.settings, self._environ = job, settings, environ

    @cached_property
    def facts(self) -> Facts:
        """The fact tables of the embedded catalog, with the user's own over them."""
        from stackpin.catalog.facts import Facts
        from stackpin.catalog.loader import Catalog

        folder = self.settings.catalog
        return Facts(Catalog.open(Path(folder) if folder else None))

    @cached_property
    def judge(self) -> Judge:
        """The judge with what is in force: stacks and tag from the command line, else from the settings."""
        from stackpin.catalog.stacks import Stacks
        from stackpin.check.judge import Judge

        allow = tuple(str(normalized_name(name)) for name in (*self.job.allow, *self.settings.allow))
        stacks = Stacks(self.facts.catalog, self.settings.stacks)
        tuples = self._tuples(allow)
        known = tuple(stacks.by_name.values())
        in_force = self._in_force(stacks, allow)
        return Judge(self.facts, known, tuples, in_force=in_force, pythons=tuples.pythons, also=self._also)

    @property
    def _also(self) -> frozenset[str]:
        """What torch pins of NVIDIA's packages: an environment has torch's own METADATA for that."""
        if not self.job.paths:
            return frozenset()
        from stackpin.check.torch_pins import nvidia_names

        return nvidia_names(self.facts.catalog)

    def _tuples(self, allow: tuple[str, ...]) -> SolvedTuples | KeptTuples:
        if self.job.paths:
            from stackpin.app.check.tuples import SolvedTuples
            from stackpin.app.compile import Workshop

            return SolvedTuples(Workshop(self.settings, self.facts), allow)
        from stackpin.app.check.kept_tuples import KeptTuples

        return KeptTuples(self.facts, self.settings, self._environ, allow)

    def _in_force(self, stacks: Stacks, allow: tuple[str, ...]) -> InForce:
        from stackpin.check.judge import InForce

        cuda = self.job.cuda or self.settings.cuda
        if cuda and cuda not in {"auto", "pypi"}:
            from stackpin.model.cuda import parse_cuda_tag

            cuda = parse_cuda_tag(cuda, self.facts.tags)
        asked = tuple(_anchor(text, stacks) for text in self.job.stacks or self.settings.stack)
        return InForce(
            stacks=asked,
            cuda="" if cuda == "auto" else cuda,
            allow=allow,
            driver=self.job.driver or self.settings.driver,
            gpu=self.job.gpu or self.settings.gpu,
        )

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that matter, without a judge: where none of them is there, nothing is to be judged."""
        return self.facts.names_that_matter.union(*(stack.names for stack in self.settings.stacks))


def _anchor(text: str, stacks: Stacks) -> str:
    """A requirement on a stack as one on its anchor."""
    from stackpin.app.asked import requirement_of

    requirement = requirement_of(text)
    requirement.name = str(stacks.find(requirement.name).anchor)
    return str(requirement)


def _judged(readings: Iterable[Reading], bench: _Bench) -> Checked:
    """All readings as one report; what two of them say alike is told once, of a lock once for each of its targets."""
    findings: dict[tuple[object, ...], Finding] = {}
    troubles: list[Trouble] = []
    notes: list[str] = []
    looked_at: list[str] = []
    for reading in readings:
        found: list[Finding] = list(reading.findings)
        locked = {subject.path for subject in reading.subjects if subject.kind is SubjectKind.LOCK}
        for subject in reading.subjects:
            looked_at.append(subject.path)
            if not subject.base and not any(mention.name in bench.names for mention in subject.mentions):
                continue
            judged = bench.judge.judge(subject)
            found += _not_told(judged.findings, reading.findings)
            found += _of_index_lines(subject)
            notes += judged.notes
        looked_at += reading.read
        troubles += reading.troubles
        notes += reading.notes
        for finding in found:
            part = finding.part if finding.place.path in locked else ""
            findings.setdefault((finding.rule.id, finding.place, finding.package, finding.message, part), finding)
    return Checked(
        findings=tuple(findings.values()),
        troubles=tuple(dict.fromkeys(troubles)),
        notes=tuple(dict.fromkeys(notes)),
        looked_at=tuple(dict.fromkeys(looked_at)),
    )


def _not_told(judged: Sequence[Finding], before: Sequence[Finding]) -> list[Finding]:
    """What the judge finds and the disk has not told already, of the same package by the same rule."""
    told = {(finding.rule.id, finding.package) for finding in before}
    return [finding for finding in judged if (finding.rule.id, finding.package) not in told]


def _of_index_lines(subject: Subject) -> Sequence[Finding]:
    """What the index lines and the base image of a file rule out by themselves."""
    if not subject.indexes and not subject.base and not any(mention.address for mention in subject.mentions):
        return ()
    from stackpin.check.index_lines import index_findings

    return index_findings(subject)


def _environments(job: CheckJob, bench: _Bench, environ: Mapping[str, str], cwd: Path) -> Iterable[Reading]:
    from stackpin.app.check.environments import EnvironmentJob, environments_in_root, look_at
    from stackpin.app.check.reading import Reading

    machine = {"driver": job.driver or bench.settings.driver, "gpu": job.gpu or bench.settings.gpu}
    if job.root:
        found, troubles = environments_in_root(Path(job.root))
        yield Reading(troubles=troubles)
    else:
        machine = {**machine, "driver": machine["driver"] or _driver_here()}
        environment, shown = _environment(job, environ, cwd)
        found = ((environment, EnvironmentJob(shown=shown)),)
    for environment, one in found:
        members = tuple(str(name) for stack in bench.settings.stacks for name in stack.members)
        whole = replace(one, **machine, members=members, mirrors=bench.settings.mirrors)
        looked = look_at(environment, bench.facts, whole)
        yield Reading(
            subjects=(looked.subject,), findings=looked.findings, troubles=looked.troubles, notes=looked.notes
        )


def _driver_here() -> str:
    from stackpin.app.driver import driver_here

    return driver_here()


def _environment(job: CheckJob, environ: Mapping[str, str], cwd: Path) -> tuple[Environment, str]:
    """The environment that is meant, and its folder as it is shown."""
    from stackpin.app.named_environment import active_environment, named_environment

    named = named_environment(job.python, job.env)
    return (named, job.env) if named is not None else active_environment(environ, cwd)


def _patterns(texts: Iterable[str]) -> tuple[PathPattern, ...]:
    from stackpin.model.settings import PathPattern

    return tuple(PathPattern(text=text) for text in texts)
