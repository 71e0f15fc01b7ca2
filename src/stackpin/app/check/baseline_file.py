"""The file of a baseline: read, and written anew."""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.check.baseline import recorded
from stackpin.effects.files import LocalFiles
from stackpin.effects.input_files import looked, read_up_to
from stackpin.emit.baseline import baseline_text
from stackpin.errors import InputUnreadable
from stackpin.parse.baseline import parse_baseline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stackpin.model.baseline import Baseline
    from stackpin.model.finding import Finding

__all__ = ["read_baseline", "write_baseline"]

_LARGEST = 32_000_000


def read_baseline(path: str) -> Baseline:
    """The baseline in a file.

    :raises InputUnreadable: where there is no such file, it cannot be read, or it is none.
    """
    if looked(path) is None:
        raise InputUnreadable(
            "there is no such baseline",
            where=path,
            expected="a file that --write-baseline wrote",
            hint=f"stackpin check --baseline {path} --write-baseline",
        )
    return parse_baseline(read_up_to(path, _LARGEST, what="baseline"), posixpath.abspath(path))


def write_baseline(path: str, findings: Iterable[Finding], cwd: str) -> int:
    """Put the baseline that holds back these findings into a file; returns how many entries it has.

    :param cwd: the absolute folder that the findings' paths are below.
    :raises FileUnwritable: where the file cannot be written.
    """
    baseline = recorded(findings, posixpath.abspath(path), cwd)
    LocalFiles().write(Path(path), baseline_text(baseline).encode("ascii"))
    return len(baseline.entries)
