"""Renovate itself, as ``nox -s real`` lays it out: its validator, and its lookup in a repository on this machine.

Its exit code says nothing of a lookup; what it found stands in its log, in JSON. "packageFiles with updates" has every
update with its branch, the disabled ones too; what is left of them is named by "N flattened updates found".
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["HOME", "Looked", "Update", "looked_up", "run_script", "served", "validated"]

#: The folder with ``bin/node`` and ``node_modules/renovate`` in it; empty where it is not laid out.
HOME = os.environ.get("TEST_RENOVATE", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One update that was found: of what, in which file, from which text to which, on which branch."""

    file: str
    name: str
    current: str
    new: str
    kind: str
    branch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a lookup came to: the updates found, the names that are offered in the end, branches, and what was skipped."""

    updates: tuple[Update, ...]
    offered: tuple[str, ...]
    branches: int
    skipped: Mapping[tuple[str, str], str]
    log: tuple[Mapping[str, Any], ...]

    @property
    def moved(self) -> set[tuple[str, str, str]]:
        """File, name as it is written there, and the new text of each update."""
        return {(each.file, each.name, each.new) for each in self.updates}


def _environment(home: Path) -> dict[str, str]:
    home.mkdir(exist_ok=True)
    path = os.pathsep.join([str(Path(HOME, "bin")), os.defpath])
    return {"PATH": path, "HOME": str(home), "LOG_LEVEL": "debug", "LOG_FORMAT": "json"}


def _run(folder: Path, program: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(HOME, "bin", "node")), str(Path(HOME, "node_modules", "renovate", "dist", program)), *words]
    home = folder.with_name(f"{folder.name}-home")
    done = subprocess.run(
        command, cwd=folder, env=_environment(home), capture_output=True, text=True, check=False, timeout=300
    )
    return subprocess.CompletedProcess(command, done.returncode, done.stdout, done.stderr)


def validated(folder: Path, name: str) -> tuple[int, str]:
    """What the validator says of a file, as strictly as it can be: exit code, and its complaints."""
    done = _run(folder, "config-validator.js", "--strict", "--no-global", name)
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    told = [json.dumps(row) for row in rows if row["level"] >= 40 and "RE2" not in row["msg"]]
    return done.returncode, "\n".join(told)


def looked_up(folder: Path) -> Looked:
    """Commit all that is in a folder, and let Renovate look up what it would update there; nothing is changed."""
    identity = ("-c", "user.name=test", "-c", "user.email=test@test.invalid")
    for words in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-qm", "all", "--allow-empty")):
        subprocess.run(["git", *words], cwd=folder, check=True)
    done = _run(folder, "renovate.js", "--platform=local", "--dry-run=lookup")
    rows = tuple(json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
    found = [row for row in rows if "packageFiles with updates" in row["msg"]]
    assert len(found) == 1, done.stdout[-3000:] + done.stderr
    assert not [row for row in rows if row["level"] >= 50]
    return _looked(found[0]["config"], rows)


def _looked(config: Mapping[str, Any], rows: tuple[Mapping[str, Any], ...]) -> Looked:
    updates, skipped = [], {}
    deps = [(file, dep) for files in config.values() for file in files for dep in file["deps"]]
    for file, dep in deps:
        if dep.get("skipReason"):
            skipped[file["packageFile"], dep["depName"]] = dep["skipReason"]
        updates += [
            Update(
                file=file["packageFile"],
                name=dep["depName"],
                current=dep["currentValue"],
                new=each["newValue"],
                kind=each["updateType"],
                branch=each["branchName"],
            )
            for each in dep.get("updates", ())
        ]
    said = "\n".join(row["msg"] for row in rows)
    named = re.search(r"flattened updates found: (.*)", said)
    branches = re.search(r"Returning (\d+) branch", said)
    return Looked(
        updates=tuple(updates),
        offered=tuple(named[1].split(", ")) if named else (),
        branches=int(branches[1]) if branches else 0,
        skipped=skipped,
        log=rows,
    )


def run_script(folder: Path, text: str) -> Any:
    """What a script prints as JSON that imports parts of Renovate by ``RENOVATE``, the folder of its modules."""
    script = folder / "script.mjs"
    script.write_text(text.replace("RENOVATE", str(Path(HOME, "node_modules", "renovate", "dist"))), encoding="utf-8")
    command = [str(Path(HOME, "bin", "node")), str(script)]
    env = {**_environment(folder / "home"), "LOG_LEVEL": "fatal"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def served(pages: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """A server on the loopback of pages by path (lists: one answer after the other), and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        """Answers with a page, as HTML or JSON."""

        def do_GET(self) -> None:
            """One request."""
            page = pages.get(self.path)
            asked.append(self.path)
            if isinstance(page, list):
                page = page[(asked.count(self.path) - 1) % len(page)]
            self.send_response(200 if page else 404)
            body = page.encode() if page else b""
            self.send_header("Content-Type", "application/json" if body.startswith(b"{") else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
