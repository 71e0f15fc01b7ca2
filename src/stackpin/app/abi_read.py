"""Wheel files, URLs and installed distributions as sides of ``stackpin abi``: their symbols are read here and now."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from stackpin.effects.installed_files import installed_wheel
from stackpin.effects.wheel_files import local_wheel
from stackpin.errors import InputUnreadable, UsageError
from stackpin.index.wheel_symbols import KEEP_TORCH, TorchRead, TorchTables, kernel_symbols, torch_exports, torch_tables
from stackpin.model.abi import Judgement, KernelSymbols, TorchSymbols, Verdict, WheelRead
from stackpin.model.stack import TORCH
from stackpin.model.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.model.environment import Environment, Installed
    from stackpin.parse.member_bytes import OpenWheel

__all__ = ["Read", "is_file", "judge_read", "read_file", "read_installed_kernels", "read_named"]

_URL = re.compile(r"https?://", re.IGNORECASE)


class Read(Value):
    """What was read of one wheel or one installed distribution.

    ``kernel`` is None for torch, and for what has no shared object; ``exports`` is None for all but torch. ``why`` says
    why nothing could be read; ``damaged`` is whether a shared object of it was there and could not be.
    """

    read: WheelRead
    kernel: KernelSymbols | None = None
    exports: TorchRead | TorchTables | None = None
    why: str = ""
    damaged: bool = False


def is_file(word: str) -> bool:
    """Whether a word names a wheel file or its address rather than a release."""
    return bool(_URL.match(word)) or word.endswith(".whl") or os.sep in word


def read_file(word: str, machine: str) -> Read:
    """Read a wheel on this machine, or at an address by range requests.

    :raises UsageError: when it is not named as a wheel.
    :raises InputUnreadable: when it cannot be read, or is malformed.
    :raises IndexFailed: when the server fails.
    """
    name = word.split("#", maxsplit=1)[0].split("?", maxsplit=1)[0].replace(os.sep, "/").rpartition("/")[2]
    try:
        project, version, _, _ = parse_wheel_filename(name)
    except InvalidWheelFilename as error:
        raise UsageError(
            f"{word!r} names no wheel",
            got=str(error),
            expected="a wheel file, its address, or a release (NAME==VERSION)",
        ) from error
    told = WheelRead(name=str(project), version=str(version), file=name, sha256="", machine=machine)
    if not _URL.match(word):
        with _naming(word), local_wheel(word, keep=KEEP_TORCH) as wheel:
            return _read(wheel, told)
    from stackpin.app.index_session import open_index
    from stackpin.index.remote_wheel import RemoteWheel
    from stackpin.parse.simple_api import IndexFile

    with _naming(name), open_index(None, None) as session:
        return _read(RemoteWheel.open(session.http, IndexFile(name=name, url=word), keep=KEEP_TORCH), told)


@contextmanager
def _naming(place: str) -> Iterator[None]:
    """Errors say in which wheel, or which folder, the file lies that they are about."""
    try:
        yield
    except InputUnreadable as error:
        if place not in error.where:
            error.where = f"{place}, {error.where}"
        raise


def _read(wheel: OpenWheel, told: WheelRead) -> Read:
    if told.name == TORCH:
        return Read(read=told, exports=torch_exports(wheel))
    kernel = kernel_symbols(wheel, told)
    return Read(read=told, kernel=kernel, why="" if kernel is not None else "it has no shared object")


def read_named(name: str, environment: Environment, machine: str) -> Read:
    """What is installed under a name.

    :raises UsageError: when nothing is.
    """
    found = next((each for each in _installed(environment) if each.name == name), None)
    if found is None:
        raise UsageError(
            f"{name} is not installed there", where=str(environment.prefix), expected="an installed distribution"
        )
    return _read_installed(found, machine)


def read_installed_kernels(environment: Environment, machine: str) -> Iterator[Read]:
    """Every installed distribution whose shared objects need symbols of torch, torch itself left out.

    One that has a shared object that cannot be read may be such a one, and is among them.
    """
    for each in _installed(environment):
        if each.name != TORCH and not each.name.startswith("nvidia-"):
            found = _read_installed(each, machine)
            if found.damaged or (found.kernel is not None and any(found.kernel.needs)):
                yield found


def _installed(environment: Environment) -> list[Installed]:
    from stackpin.effects.environments import read_installed

    return list(read_installed(environment.packages))


def _read_installed(installed: Installed, machine: str) -> Read:
    where = str(installed.folder)
    told = WheelRead(name=str(installed.name), version=installed.version, file=where, sha256="", machine=machine)
    try:
        opened = installed_wheel(installed)
    except InputUnreadable as error:
        if told.name == TORCH:
            raise
        return Read(read=told, why=f"{error.what}: {error.got}")
    with _naming(str(installed.folder.parent)), opened as wheel:
        if told.name == TORCH:
            return Read(read=told, exports=torch_tables(wheel))
        try:
            return _read(wheel, told)
        except InputUnreadable as error:
            return Read(read=told, why=f"{error.what}: {error.where}: {error.got}", damaged=True)


def judge_read(kernel: KernelSymbols, torch: Read) -> Judgement:
    """The verdict on a kernel beside a torch that was read whole: each symbol was looked for."""
    from stackpin.abi.verdict import judge

    if torch.exports is None:
        return Judgement(verdict=Verdict.UNKNOWN, kernel=kernel.read, torch=torch.read, why=torch.why)
    asked = frozenset().union(*kernel.needs)
    return judge(kernel, TorchSymbols(read=torch.read, exports=torch.exports.among(asked), asked=asked))
