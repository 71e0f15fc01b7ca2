"""What describes the distributions of an environment, read from their files: METADATA, RECORD, torch's own, conda's.

Nothing is imported and nothing runs. Each file is read once, whole and within bounds; what cannot be read is told, and
the rest is read nevertheless.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from stackpin.effects.environments import read_installed
from stackpin.errors import InputUnreadable
from stackpin.model.installed import CondaPackage, Contents, Described, Recorded, TorchFile
from stackpin.model.stack import TORCH
from stackpin.parse.record import is_cut
from stackpin.parse.torch_build import parse_torch_version, version_of_metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from stackpin.model.environment import Environment, Installed

__all__ = ["file_as_it_lies", "is_guarded", "is_virtual", "read_conda", "read_contents"]

#: The most that is read of one file, in bytes: torch's RECORD has one or two million.
_MOST = 64 * 1024 * 1024
#: A ``version.py`` has ten lines.
_MOST_SAID = 16 * 1024
#: Files larger than this are compared by their size alone.
_MOST_HASHED = 64 * 1024 * 1024
#: Who writes a RECORD for all that it installs; Debian and conda take it away or leave it to others.
_RECORDERS = frozenset({"pip", "uv"})


def read_contents(
    environment: Environment,
    wanted: Callable[[str], bool],
    trouble: Callable[[InputUnreadable], None],
    *,
    place: Callable[[str], str] | None = None,
) -> Contents:
    """Everything that lies in the folders of an environment, first found first.

    A distribution whose METADATA is missing is told and left out.

    :param wanted: of which normalized names the METADATA is read; of the others the folder's name tells the version.
    :param trouble: takes what could not be read.
    :param place: where a path leads, in a tree whose links are not this system's; raises OSError for nowhere.
    """
    read = _Reader(place)
    found = [each for folder in environment.packages for each in _described(folder, wanted, trouble, read)]
    torch = next((each for each in found if each.name == TORCH), None)
    return Contents(
        environment=environment,
        distributions=tuple(found),
        machine=_machine(torch, read) or os.uname().machine,
        torch_file=_torch_file(environment.packages, read, trouble),
    )


def read_conda(
    prefix: Path,
    wanted: Callable[[str], bool],
    trouble: Callable[[InputUnreadable], None],
    *,
    place: Callable[[str], str] | None = None,
) -> Iterator[CondaPackage]:
    """The packages that conda has installed in a prefix, sorted; none where it is no prefix of conda's.

    :param wanted: whether a file of ``conda-meta``, by its name, is to be read.
    """
    folder, read = f"{prefix}/conda-meta", _Reader(place)
    try:
        names = sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        trouble(_unreadable(folder, error))
        return
    from stackpin.parse.conda_meta import parse_conda_package

    for name in filter(wanted, names):
        path = f"{folder}/{name}"
        try:
            package = parse_conda_package(read(path) or b"", path)
        except InputUnreadable as error:
            trouble(error)
        except OSError as error:
            trouble(_unreadable(path, error))
        else:
            if package is not None:
                yield package


def is_guarded(environment: Environment) -> bool:
    """Whether the system guards an environment against installers (PEP 668)."""
    library = f"{environment.prefix}/lib/python{environment.python}"
    return os.path.lexists(f"{library}/EXTERNALLY-MANAGED") and not is_virtual(environment)


def is_virtual(environment: Environment) -> bool:
    """Whether it is a virtual environment (PEP 405)."""
    return os.path.isfile(f"{environment.prefix}/pyvenv.cfg")


def file_as_it_lies(path: str, sizes: Iterable[int], *, place: Callable[[str], str] | None = None) -> Recorded | None:
    """Size and sha256 of a file; None where it is not there or cannot be read.

    :param sizes: those that it may have; the hash is taken only where the size is among them, -1 standing for any, and
        the file is not too large for that.
    """
    from base64 import urlsafe_b64encode

    try:
        path = place(path) if place else path
        size = os.stat(path).st_size
        if size > _MOST_HASHED or not {size, -1}.intersection(sizes):
            return Recorded("", size)
        with open(path, "rb") as file:
            content = file.read(_MOST_HASHED)
    except (OSError, ValueError):  # a RECORD may name what no file can be named
        return None
    from hashlib import sha256  # most environments have no file that must be hashed

    return Recorded(urlsafe_b64encode(sha256(content).digest()).rstrip(b"=").decode(), len(content))


class _Reader:
    """Reads a file whole; None where there is none."""

    def __init__(self, place: Callable[[str], str] | None) -> None:
        self._place = place

    def __call__(self, path: str) -> bytes | None:
        """:raises OSError: when it is there and cannot be read, or is no regular file, or has more than it may have."""
        try:
            descriptor = os.open(self._place(path) if self._place else path, os.O_RDONLY | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "no regular file", path)
            if status.st_size > _MOST:
                raise OSError(errno.EFBIG, f"{status.st_size} bytes, more than {_MOST}", path)
            return os.read(descriptor, status.st_size)
        finally:
            os.close(descriptor)

    def is_there(self, path: str) -> bool:
        """Whether there is such a file."""
        try:
            return os.path.isfile(self._place(path) if self._place else path)
        except OSError:
            return False


def _described(
    folder: Path, wanted: Callable[[str], bool], trouble: Callable[[InputUnreadable], None], read: _Reader
) -> Iterator[Described]:
    try:
        installed = read_installed((folder,))
        named = {each.folder.name for each in installed}
        unnamed = [name for name in _dist_infos(folder) if name not in named]
    except InputUnreadable as error:
        trouble(error)
        return
    for name in unnamed:
        trouble(_without_metadata(f"{folder}/{name}"))
    for each in installed:
        try:
            yield _one(each, str(folder), wanted, trouble, read)
        except InputUnreadable as error:
            trouble(error)
        except OSError as error:
            trouble(_unreadable(f"{folder}/{each.folder.name}", error))


def _dist_infos(folder: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(".dist-info") and not name.startswith("~"))
    except FileNotFoundError:
        return []


def _one(
    each: Installed,
    folder: str,
    wanted: Callable[[str], bool],
    trouble: Callable[[InputUnreadable], None],
    read: _Reader,
) -> Described:
    """One distribution.

    :raises InputUnreadable: when it has no METADATA.
    :raises OSError: when a file of it cannot be read.
    """
    name = each.folder.name
    path = f"{folder}/{name}"
    if not name.endswith(".dist-info"):
        text = (read(f"{path}/PKG-INFO") or b"") if wanted(each.name) and os.path.isdir(path) else b""
        return Described(each.name, each.version, folder, name, _head(text))
    if wanted(each.name):
        content = read(f"{path}/METADATA")
        if content is None:
            raise _without_metadata(path)
        head = _head(content)
        if "metadata-version:" not in head.lower():
            trouble(_no_core_metadata(f"{path}/METADATA", content))
        version = version_of_metadata(head) or each.version
        installer = (read(f"{path}/INSTALLER") or b"").decode(errors="replace").strip().lower()
        return Described(each.name, version, folder, name, head, _record(path, trouble, read), installer)
    if not read.is_there(f"{path}/METADATA"):
        raise _without_metadata(path)
    return Described(each.name, each.version, folder, name, "", _record(path, trouble, read))


def _record(path: str, trouble: Callable[[InputUnreadable], None], read: _Reader) -> bytes | None:
    try:
        content = read(f"{path}/RECORD")
    except OSError as error:
        trouble(_unreadable(f"{path}/RECORD", error))
        return None
    if content is None:
        installer = (read(f"{path}/INSTALLER") or b"").decode(errors="replace").strip().lower()
        if installer in _RECORDERS:
            trouble(
                InputUnreadable(
                    "a distribution has no RECORD of what it has installed",
                    where=f"{path}/RECORD",
                    got=f"no file, where {installer} writes one",
                    expected="the RECORD of an installation that was finished",
                )
            )
    elif is_cut(content):
        trouble(
            InputUnreadable(
                "a RECORD is cut",
                where=f"{path}/RECORD",
                got="a last line that breaks off" if content else "an empty file",
                expected="a path, a hash and a size on each line",
            )
        )
    return content


def _head(content: bytes) -> str:
    """The header fields of a METADATA file, without the description that follows them."""
    text = content.replace(b"\r\n", b"\n")
    end = text.find(b"\n\n")
    return (text if end < 0 else text[:end]).decode("utf-8", errors="replace")


def _machine(torch: Described | None, read: _Reader) -> str:
    """The architecture that torch's wheel was for; empty where that is not told."""
    try:
        content = read(f"{torch.path}/WHEEL") if torch is not None else None
    except OSError:
        return ""  # the machine's own stands in
    tags = (line for line in (content or b"").split(b"\n") if line.startswith(b"Tag: "))
    machines = {b"x86_64": "x86_64", b"aarch64": "aarch64"}
    return next((name for tag in tags for end, name in machines.items() if tag.rstrip().endswith(end)), "")


def _torch_file(
    packages: Iterable[Path], read: _Reader, trouble: Callable[[InputUnreadable], None]
) -> TorchFile | None:
    """What the first ``torch/version.py`` says; None where there is none, or it says nothing."""
    for folder in packages:
        path = f"{folder}/torch/version.py"
        try:
            content = read(path)
        except OSError as error:
            trouble(_unreadable(path, error))
            return None
        if content is not None:
            lines = (b" ".join(line.split()) for line in content[:_MOST_SAID].splitlines())
            said = parse_torch_version(b"\n".join(lines).decode("utf-8", errors="replace"))
            return TorchFile(str(folder), said) if said is not None else None
    return None


def _without_metadata(path: str) -> InputUnreadable:
    return InputUnreadable(
        "a distribution has no METADATA",
        where=path,
        got="a folder as a cut installation or removal leaves it",
        expected="METADATA in it, or no such folder",
    )


def _no_core_metadata(path: str, content: bytes) -> InputUnreadable:
    return InputUnreadable(
        "a distribution's METADATA is none",
        where=path,
        got=f"{len(content)} bytes without Metadata-Version" if content else "an empty file",
        expected="core metadata, which begins with Metadata-Version",
    )


def _unreadable(path: str, error: OSError) -> InputUnreadable:
    return InputUnreadable(
        "a file of an environment cannot be read",
        where=path,
        got=error.strerror or str(error),
        expected="a readable file",
    )
