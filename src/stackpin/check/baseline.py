"""Findings against a baseline: which were there before, which entries nothing matches any more."""

from __future__ import annotations

import hashlib
import posixpath
from collections import Counter
from typing import TYPE_CHECKING

from stackpin.check.globs import below
from stackpin.model.baseline import Baseline, BaselineEntry

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from stackpin.model.finding import Finding

__all__ = ["fingerprints", "known", "recorded", "stale"]


def recorded(findings: Iterable[Finding], where: str, cwd: str) -> Baseline:
    """The baseline that holds back just these findings.

    :param where: the absolute path of the file that it is for.
    :param cwd: the absolute folder that the findings' paths are below.
    """
    folder = posixpath.dirname(where)
    counts = Counter(_entry(finding, folder, cwd) for finding in findings)
    entries = sorted((entry.__replace__(count=count) for entry, count in counts.items()), key=lambda entry: entry.key)
    return Baseline(entries=tuple(entries), where=where, folder=folder)


def known(findings: Sequence[Finding], baseline: Baseline, cwd: str) -> tuple[bool, ...]:
    """For each finding whether the baseline has it; of more alike than it has, the last ones are new."""
    left = Counter({entry.key: entry.count for entry in baseline.entries})
    found = []
    for finding in findings:
        key = _entry(finding, baseline.folder, cwd).key
        found.append(left[key] > 0)
        left[key] -= 1
    return tuple(found)


def stale(
    findings: Iterable[Finding], baseline: Baseline, cwd: str, *, paths: Iterable[str], rules: Collection[str]
) -> tuple[BaselineEntry, ...]:
    """The entries that nothing matches any more, each with how many times too often it is there.

    :param paths: those that were looked at; of others nothing can be told.
    :param rules: the ids of the rules that were looked for.
    """
    counts = Counter(_entry(finding, baseline.folder, cwd).key for finding in findings)
    looked_at = {_seen(path, baseline.folder, cwd) for path in paths}
    left = ((entry, entry.count - counts[entry.key]) for entry in baseline.entries)
    return tuple(
        entry.__replace__(count=count)
        for entry, count in left
        if count > 0 and entry.path in looked_at and entry.rule in rules
    )


def fingerprints(findings: Iterable[Finding], folder: str, cwd: str) -> tuple[str, ...]:
    """A stable name for each finding, 32 hexadecimal digits, that outlives lines moving: for tools that follow findings.

    :param folder: the absolute folder that paths are seen from, a repository's root.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for finding in findings:
        key = _entry(finding, folder, cwd).key
        text = "\0".join((*key, str(seen[key])))
        seen[key] += 1
        found.append(hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32])
    return tuple(found)


def _entry(finding: Finding, folder: str, cwd: str) -> BaselineEntry:
    return BaselineEntry(
        rule=finding.rule.id,
        path=_seen(finding.place.path, folder, cwd),
        package=finding.package,
        found=finding.found,
        wanted=finding.wanted,
    )


def _seen(path: str, folder: str, cwd: str) -> str:
    return below(folder, posixpath.normpath(posixpath.join(cwd, path)))
