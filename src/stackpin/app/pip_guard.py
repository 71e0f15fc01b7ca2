"""``stackpin shim --venv``: one environment's own pip held to a tuple by its ``pip.conf``, and set free again."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.app.compile import Job, Workshop, compile_job
from stackpin.effects.environment_pip import installed_pip, wider_pip_values
from stackpin.effects.files import LocalFiles
from stackpin.effects.interpreter import ask_interpreter, find_interpreter
from stackpin.effects.machine import read_system
from stackpin.effects.process import LocalProcesses
from stackpin.errors import InputUnreadable, UsageError
from stackpin.model.request import AUTO
from stackpin.model.shims import Guard, Standing
from stackpin.model.target import Platform
from stackpin.patch.pip_conf import guarded, is_guarded, unguarded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.effects.interpreter import Interpreter

__all__ = ["CONSTRAINTS", "GuardJob", "guard_environment", "guard_standing", "unguard_environment"]

#: The file inside the environment that its ``pip.conf`` names.
CONSTRAINTS = "stackpin-constraints.txt"
_CONF = "pip.conf"
_MARK = "# stackpin guard: `stackpin shim install --venv` wrote this file, `stackpin shim remove --venv` deletes it\n"
#: The first pip whose isolated builds no longer follow ``constraint``. Before it, ``build-constraint`` would gain nothing
#: and make ``--no-build-isolation`` an error.
_BUILDS_APART = (26, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardJob:
    """What an environment is to be held to, as typed; empty texts and tuples stand for the settings."""

    stacks: tuple[str, ...] = ()
    cuda: str = ""
    allow: tuple[str, ...] = ()


def guard_environment(
    folder: Path, job: GuardJob, workshop: Workshop, *, version: str
) -> tuple[Standing, tuple[str, ...]]:
    """Write the constraints into an environment and make its pip read them; how it stands then, and notes.

    :raises UsageError: where no stack is named or set.
    :raises ToolMissing: where the folder is no environment.
    :raises InputUnreadable: where its ``pip.conf`` cannot be read; nothing is written then.
    :raises NoTuple: where there is none for it.
    """
    stacks = job.stacks or workshop.settings.stack
    if not stacks:
        raise UsageError(
            "no stack is in force that the environment could be held to",
            expected="--stack, STACKPIN_STACK, or stack = [...] in [tool.stackpin]",
            hint=f"stackpin shim install --venv {folder} --stack sglang",
        )
    asked = _ask(folder)
    prefix = Path(asked.prefix)
    compiled = compile_job(
        Job(
            requirements=stacks,
            cuda=job.cuda or workshop.settings.cuda or AUTO,
            python=".".join(asked.version.split(".")[:2]),
            platform=_platform(asked.machine),
            allow=job.allow,
        ),
        workshop,
        version=version,
    )
    new = _conf(prefix, asked)
    _refuse_foreign(prefix / CONSTRAINTS)
    files = LocalFiles()
    files.write(prefix / CONSTRAINTS, (_MARK + compiled.text).encode())
    files.write(prefix / _CONF, new)
    return guard_standing(folder, os.environ), compiled.notes


def _here(folder: Path) -> Path:
    """A folder by its full name, links in it kept as they are."""
    return Path.cwd() / folder.expanduser()


def _ask(folder: Path) -> Interpreter:
    """The environment's interpreter; a system's own Python is no environment whose ``pip.conf`` one would write."""
    asked = ask_interpreter(find_interpreter(str(_here(folder)), {}, Path.cwd()), LocalProcesses())
    if not any((Path(asked.prefix) / name).exists() for name in ("pyvenv.cfg", "conda-meta")):
        raise UsageError(
            "the folder is no environment of its own",
            where=asked.prefix,
            expected="a virtual environment (pyvenv.cfg) or a conda environment",
            hint="python3 -m venv .venv",
        )
    return asked


def _platform(machine: str) -> str:
    """The platform of the environment: its machine, and this system's glibc where it has one."""
    return str(Platform(machine=machine, glibc=read_system().glibc))


def _conf(prefix: Path, asked: Interpreter) -> bytes:
    """The environment's ``pip.conf`` with our lines."""
    path = prefix / _CONF
    if path.is_symlink():
        raise UsageError("pip's configuration is a link", where=str(path), got=str(path.resolve()), expected="a file")
    raw = LocalFiles().read(path)
    wider = wider_pip_values(asked.executable, LocalProcesses(), os.environ)
    guard = Guard(constraint=_word(prefix / CONSTRAINTS), builds=_builds_apart(installed_pip(asked.packages)))
    return guarded(_decoded(raw, path), guard, where=str(path), wider=wider).encode()


def _word(path: Path) -> str:
    """A path as one word: pip splits values at blanks."""
    return path.as_uri() if re.search(r"\s", str(path)) else str(path)


def _builds_apart(release: str) -> bool:
    numbers = tuple(int(part) for part in re.findall(r"\d+", release)[:2])
    return numbers >= _BUILDS_APART


def _decoded(raw: bytes | None, path: Path) -> str | None:
    try:
        return None if raw is None else raw.decode()
    except UnicodeDecodeError as error:
        raise InputUnreadable("the file is no UTF-8", where=str(path), got=str(error)) from error


def _refuse_foreign(path: Path) -> None:
    raw = LocalFiles().read(path)
    if raw is not None and not raw.startswith(_MARK.encode()):
        raise UsageError(
            "a file there is none of stackpin's, and stays as it is",
            where=str(path),
            hint=f"mv {path} {path}.own",
        )


def unguard_environment(folder: Path) -> tuple[str, ...]:
    """Take our lines out of an environment's ``pip.conf`` and delete our file; the names of what was changed.

    Works on a moved or broken environment too: nothing is run.

    :raises FileUnwritable: where that fails.
    """
    prefix = _here(folder)
    files, path = LocalFiles(), prefix / _CONF
    text = _decoded(files.read(path), path)
    changed = []
    if text is not None and is_guarded(text):
        rest = unguarded(text)
        if rest is None:
            files.remove(path)
        else:
            files.write(path, rest.encode())
        changed.append(_CONF)
    if (files.read(prefix / CONSTRAINTS) or b"").startswith(_MARK.encode()):
        files.remove(prefix / CONSTRAINTS)
        changed.append(CONSTRAINTS)
    return tuple(changed)


def guard_standing(folder: Path, environ: Mapping[str, str]) -> Standing:
    """How an environment is guarded, and what keeps the guard from holding.

    :raises ToolMissing: where the folder is no environment.
    """
    asked = _ask(folder)
    prefix = Path(asked.prefix)
    path = prefix / _CONF
    raw = LocalFiles().read(path)
    text = _decoded(raw, path) or ""
    held = (LocalFiles().read(prefix / CONSTRAINTS) or b"").decode("utf-8", errors="replace")
    installed = is_guarded(text)
    faults = []
    if installed and not held.startswith(_MARK):
        faults.append(f"{prefix / CONSTRAINTS} is gone")
    if installed and _conf(prefix, asked) != raw:
        faults.append(
            f"{path} does not hold this pip any more: the environment was moved, or pip or a pip.conf has changed"
        )
    set_now = [name for name in ("PIP_CONSTRAINT", "PIP_CONFIG_FILE") if installed and environ.get(name)]
    faults += [f"{name} is set and goes before {path}" for name in set_now]
    return Standing(
        prefix=prefix,
        python=asked.version,
        pip=installed_pip(asked.packages),
        installed=installed,
        header=held.removeprefix(_MARK).partition("\n")[0].removeprefix("# "),
        faults=tuple(faults),
    )
