"""How the reports of the catalog commands read, as text for people and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from stackpin.model.value import as_dict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stackpin.app.abi_update import AbiUpdated
    from stackpin.app.catalog import UpdateReport, VerifyReport
    from stackpin.app.catalog_state import ReleaseFacts, ShowReport, StatusReport
    from stackpin.app.catalog_verify import Difference
    from stackpin.app.source_verify import SourceReport
    from stackpin.model.release import Release

__all__ = [
    "abi_json",
    "abi_text",
    "show_json",
    "show_text",
    "source_json",
    "source_text",
    "status_json",
    "status_text",
    "update_json",
    "update_text",
    "verify_json",
    "verify_text",
]

_WIDTH = 10
#: What stands in place of a digest where the catalog has a release list alone.
_ONLY_BOUNDS = "  (the lines that bound a version without an extra)"
_MACHINES = ("x86_64", "aarch64")


def _line(label: str, text: str) -> str:
    return f"{label:<{_WIDTH}}{text}"


def _json(document: dict[str, Any]) -> str:
    return json.dumps({"schema": 1, **document}, indent=2, ensure_ascii=False)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _size(number: int | None) -> str:
    """Bytes for people: MB with one digit from a megabyte on, kB below."""
    if number is None:
        return "size not known"
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{number / 1e3:.1f} kB"


def status_text(report: StatusReport, *, every: bool, least: bool) -> str:
    """Folder, date, digest, counts; with ``every`` one line a package, with ``least`` the digest alone."""
    if least:
        return report.digest
    lines = [
        _line("catalog", report.directory),
        _line("date", f"{report.date}, {_count(report.age, 'day')} old"),
        _line("digest", report.digest),
        _line("releases", f"{report.releases} of {_count(len(report.packages), 'package')}, {_size(report.size)}"),
    ]
    if report.lists:
        text = f"{report.listed} of {_count(report.lists, 'package')} that no tuple holds and several stacks bound"
        lines.append(_line("listed", text))
    if report.pages:
        oldest = min(page.seen for page in report.pages)
        text = f"{_count(len(report.pages), 'page')} of vendors' indexes, the oldest of {oldest}"
        lines.append(_line("read", text))
    if every:
        width = max(len(package.name) for package in report.packages)
        lines.append("")
        lines += [
            f"{package.name:<{width}}  {package.releases:>4}  {package.newest}"
            + (f"  ({package.unread} without metadata)" if package.unread else "")
            for package in report.packages
        ]
        lines += _page_lines(report)
    return "\n".join(lines)


def _page_lines(report: StatusReport) -> list[str]:
    lines = [
        f"{page.page}  {', '.join(page.tags) or 'no tag told'}, {_count(page.listed, 'version')}, read {page.seen}"
        for page in report.pages
    ]
    return ["", *lines] if lines else []


def status_json(report: StatusReport) -> str:
    """The same as one JSON document, packages included."""
    return _json({**asdict(report), "releases": report.releases})


def update_text(report: UpdateReport, *, least: bool) -> str:
    """What changed, and what it cost."""
    if least:
        return report.digest
    changed = [project for project in report.projects if project.changed]
    lines = [
        f"{project.name}: {_count(project.releases, 'release')}, {project.read} read now"
        + (f", {_count(project.builds, 'build')}" if project.builds else "")
        for project in changed
    ]
    missing = [project.name for project in report.projects if not project.on_index]
    if missing:
        lines.append(_line("not there", ", ".join(missing)))
    cost = f"{_count(report.requests, 'request')}, {_size(report.received)}, {report.seconds:.1f} s"
    lines += [
        _line("catalog", report.directory),
        _line("index", report.index),
        _line("changed", f"{len(changed)} of {_count(len(report.projects), 'project')}"),
        _line("cost", cost),
        _line("digest", report.digest),
    ]
    return "\n".join(lines)


def update_json(report: UpdateReport) -> str:
    """The same as one JSON document."""
    return _json(asdict(report))


def abi_text(report: AbiUpdated, *, every: bool) -> str:
    """What was read, how large the file is, and how many releases nothing is known of; ``every``: which, and why."""
    lines = [
        _line("read now", _count(report.read, "wheel")),
        _line("kernels", str(report.kernels)),
        _line("torch", str(report.torches)),
        _line("size", _size(report.size)),
        _line("not read", _count(len(report.unread), "release")),
    ]
    if every:
        lines += [f"  {row.name} {row.version}: {row.why}" for row in report.unread]
    return "\n".join(lines)


def abi_json(report: AbiUpdated) -> str:
    """The same as one JSON document."""
    unread = [row._asdict() for row in report.unread]
    return _json({**report._asdict(), "unread": unread})


def _differences(found: Iterable[Difference]) -> list[str]:
    """One block a difference: what differs, and both sides."""
    return [
        line
        for item in found
        for line in (
            f"{item.package} {item.version}: {item.field} differs",
            f"  catalog   {item.catalog}",
            f"  source    {item.source}",
        )
    ]


def source_text(report: SourceReport) -> str:
    """One block a difference, what could not be compared, then the count."""
    lines = _differences(report.differences)
    lines += [f"unknown: {text}" for text in report.unknown]
    at = f" at {report.revision[:12]}" if report.revision else ""
    verdict = _count(len(report.differences), "difference") if report.differences else "no difference"
    lines.append(
        f"{_count(report.compared, 'statement')} of {report.tree}{at} held against {report.package} {report.version}: {verdict}"
    )
    return "\n".join(lines)


def source_json(report: SourceReport) -> str:
    """The same as one JSON document."""
    return _json({**as_dict(report), "differences": [asdict(item) for item in report.differences]})


def verify_text(report: VerifyReport) -> str:
    """One block a difference, then the count."""
    lines = _differences(report.differences)
    differ = len({(item.package, item.version, item.index) for item in report.differences})
    verdict = f"{differ} differ" if differ else "no difference"
    lines.append(f"{report.compared} of {_count(report.releases, 'release')} read again: {verdict}")
    return "\n".join(lines)


def verify_json(report: VerifyReport) -> str:
    """The same as one JSON document."""
    return _json(asdict(report))


def show_text(report: ShowReport, *, every: bool, least: bool) -> str:
    """A list of releases, or all about one; ``every`` shows digests of all files, ``least`` only the requirements."""
    if report.facts is None:
        return "\n".join(_release_line(release, least=least) for release in report.releases)
    if least:
        return "\n".join(report.facts.release.requires(_MACHINES[0]))
    lines = _release_lines(report.facts.release)
    lines += _requirement_lines(report.facts.release)
    lines += _build_lines(report.facts)
    lines += _file_lines(report.facts.release, every=every)
    lines += ["", _line("catalog", f"{report.catalog_date}, {report.catalog_digest}")]
    return "\n".join(lines)


def _release_line(release: Release, *, least: bool) -> str:
    if least:
        return release.text
    notes = [f"{_count(len(release.files), 'file')}"] if release.files else []
    if not release.on_pypi:
        notes.append(release.index)
    if release.yanked:
        notes.append("yanked")
    if not release.has_metadata:
        notes.append("without metadata")
    return f"{release.text:<16}{release.uploaded[:10]:<12}{', '.join(notes)}"


def _release_lines(release: Release) -> list[str]:
    lines = [f"{release.name} {release.text}", ""]
    lines.append(_line("index", "PyPI" if release.on_pypi else release.index))
    lines.append(_line("uploaded", release.uploaded or "not known"))
    lines.append(_line("Python", release.requires_python or "any"))
    if release.yanked:
        lines.append(_line("yanked", release.yanked if isinstance(release.yanked, str) else "yes, no reason given"))
    if release.extras:
        lines.append(_line("extras", ", ".join(release.extras)))
    return lines


def _requirement_lines(release: Release) -> list[str]:
    """The METADATA lines, under the file they were read from and the sha256 of that METADATA."""
    if not release.has_metadata:
        why = (
            "the index has no file whose metadata can be read"
            if release.files
            else "the catalog lists its releases only"
        )
        return ["", f"requirements not known: {why}"]
    lines: list[str] = []
    seen = set()
    for machine in _MACHINES:
        name, digest = release.metadata_file(machine)
        if name in seen:
            continue
        seen.add(name)
        lines += ["", f"Requires-Dist in {name}", f"  METADATA sha256 {digest}" if digest else _ONLY_BOUNDS]
        lines += [f"  {requirement}" for requirement in release.requires(machine)] or ["  none"]
    return lines


def _build_lines(facts: ReleaseFacts) -> list[str]:
    lines: list[str] = []
    for build in facts.torch_builds:
        where = "PyPI's own" if build.pypi else build.root
        where += f", {build.root}" if build.pypi and build.read else ""
        abi = "" if build.cxx11_abi is None else f", C++11 ABI {build.cxx11_abi}"
        evidence = f"({build.evidence}; checked: {build.checked})"
        lines.append(f"  {build.tag:<8}{', '.join(build.arches)}{abi}  {where}  {evidence}")
    if facts.kernel is not None:
        toolkit = f", toolkit {facts.kernel.toolkit}" if facts.kernel.toolkit else ""
        lines.append(f"  PyPI's wheel is CUDA {facts.kernel.cuda_major}{toolkit}  ({facts.kernel.evidence})")
    for other in facts.index_builds:
        label = other.label or "no label: the same version as PyPI's"
        lines.append(f"  {other.tag:<8}{label}  {other.page}  ({other.evidence}; checked: {other.checked})")
    lines += [f"  {', '.join(page.tags):<8}none on {page.page}  (read {page.seen})" for page in facts.lacking]
    return ["", "builds", *lines] if lines else []


def _file_lines(release: Release, *, every: bool) -> list[str]:
    lines = ["", "files"] if release.files else []
    for file in release.files:
        lines.append(f"  {file.name}  {_size(file.size)}{'  yanked' if file.yanked else ''}")
        if every:
            lines.append(f"    sha256 {file.sha256}  {file.uploaded}")
    return lines


def show_json(report: ShowReport) -> str:
    """The same as one JSON document; a release as the catalog's row has it, facts with their sources."""
    document: dict[str, Any] = {
        "package": report.package,
        "catalog": {"date": report.catalog_date, "digest": report.catalog_digest},
    }
    if report.facts is None:
        document["releases"] = [
            {"version": item.text, "index": item.index, "uploaded": item.uploaded, "yanked": item.yanked}
            for item in report.releases
        ]
    else:
        document["release"] = _release_json(report.facts.release)
        document["torch_builds"] = [as_dict(build) for build in report.facts.torch_builds]
        document["kernel"] = as_dict(report.facts.kernel) if report.facts.kernel else None
        document["index_builds"] = [as_dict(build) for build in report.facts.index_builds]
        document["pages_without"] = [{"page": page.page, "seen": page.seen} for page in report.facts.lacking]
    return _json(document)


def _release_json(release: Release) -> dict[str, Any]:
    sources = {}
    for machine in _MACHINES:
        name, digest = release.metadata_file(machine)
        requires = list(release.requires(machine)) if release.has_metadata else None
        sources[machine] = {"file": name, "metadata_sha256": digest, "requires": requires}
    return {
        "version": release.text,
        "index": release.index,
        "uploaded": release.uploaded,
        "yanked": release.yanked,
        "requires_python": release.requires_python,
        "extras": list(release.extras),
        "metadata": sources,
        "files": [file._asdict() for file in release.files],
    }
