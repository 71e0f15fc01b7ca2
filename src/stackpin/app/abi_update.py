"""``catalog update --abi``: the symbols of every kernel wheel and every torch wheel, read from the index.

Kernels first: what they need decides which names are looked for in torch. A wheel whose sha256 is known is not read again;
the names that a torch exports are remembered in the user's cache folder, for a new kernel may ask for new ones.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from stackpin.abi.symbols import cxx11_abi
from stackpin.app.catalog import Silent, catalog_directory, chosen_rules, package_rules
from stackpin.app.catalog_folder import CatalogFolder
from stackpin.catalog.abi_rows import AbiTables, Unread, dump_abi, load_abi
from stackpin.catalog.manifest import ABI_FILE
from stackpin.effects.clock import SystemClock
from stackpin.effects.files import LocalFiles
from stackpin.errors import CatalogDamaged, FileUnwritable, InputUnreadable, StackpinError
from stackpin.index.pages import fetch_page
from stackpin.index.releases import IndexRelease, group_releases
from stackpin.index.remote_wheel import RemoteWheel
from stackpin.index.wheel_symbols import KEEP_TORCH, TorchRead, gpu_code, kernel_symbols, torch_exports
from stackpin.model.abi import KernelSymbols, TorchSymbols, WheelRead
from stackpin.model.stack import TORCH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from stackpin.app.index_session import IndexSession
    from stackpin.parse.package_list import PackageRule
    from stackpin.parse.simple_api import IndexFile
    from stackpin.ports import Files, HttpSettings, Reporter

__all__ = ["AbiUpdate", "AbiUpdated", "update_abi"]

#: Name, version and architecture of a wheel.
_Key: TypeAlias = tuple[str, str, str]
_Row = TypeVar("_Row", KernelSymbols, TorchSymbols)
#: Which of a release's wheels is read: what many Pythons share before what one has.
_PREFERRED = ("abi3", "py3-none", "cp312-cp312", "cp311-cp311", "cp310-cp310")
_NO_WHEEL = "it has no wheel for Linux {machine}"
_NO_OBJECT = "its wheel has no shared object"


class AbiUpdated(NamedTuple):
    """What a run did: wheels read now, rows in the file, bytes of the file, releases that could not be read."""

    read: int
    kernels: int
    torches: int
    size: int
    unread: tuple[Unread, ...]


def update_abi(
    *,
    directory: Path | None = None,
    packages: Sequence[str] | None = None,
    machine: str = "x86_64",
    gpus: bool = False,
    reporter: Reporter | None = None,
    settings: HttpSettings | None = None,
) -> AbiUpdated:
    """Read the symbols of the wheels on PyPI that the catalog does not have yet.

    A kernel costs about a megabyte, a new release of torch its whole wheel.

    :param packages: which packages beside torch; else all of which symbols are followed.
    :param machine: the architecture of the wheels.
    :param gpus: look for the GPU code in them as well: each wheel is read whole, once.
    :raises UnknownName: when a package is not in the list.
    :raises IndexFailed: when the index fails; what was read before is kept.
    :raises FileUnwritable: when the folder cannot be written to.
    """
    import platformdirs

    from stackpin.app.index_session import open_index

    directory = directory or catalog_directory()
    every = package_rules(directory)
    rules = chosen_rules(every, [*packages, TORCH] if packages else None)
    others = {str(rule.name) for rule in every if rule.symbols is not None}
    folder = CatalogFolder(directory, LocalFiles(), SystemClock())
    with open_index(None, settings) as session:
        memory = platformdirs.user_cache_path("stackpin")
        run = AbiUpdate(session, folder, LocalFiles(), memory, reporter or Silent())
        return run.run(rules, machine, others=others, gpus=gpus)


class AbiUpdate:
    """One run over one index, for wheels of one architecture; rows of others stay as they are."""

    def __init__(
        self, session: IndexSession, folder: CatalogFolder, files: Files, memory: Path, reporter: Reporter
    ) -> None:
        self._session = session
        self._folder = folder
        self._files = files
        self._memory = memory
        self._reporter = reporter
        self._read = 0
        self._found: dict[tuple[str, str], dict[str, IndexFile | None]] = {}

    def run(
        self, rules: Iterable[PackageRule], machine: str, *, others: Collection[str], gpus: bool = False
    ) -> AbiUpdated:
        """Bring the file up to date; it is written after each package.

        :param others: packages whose rows stay although no rule of them is given.
        :param gpus: look for the GPU code in each wheel as well, newest first: that costs whole wheels, once each.
        :raises IndexFailed: when the index fails.
        :raises FileUnwritable: when the folder cannot be written to.
        """
        known = self._known()
        followed = [rule for rule in rules if rule.symbols]
        names = {*others, *(str(rule.name) for rule in followed)}
        kernels = {key: row for key, row in _by_key(known.kernels()).items() if key[0] in names}
        torches = _by_key(known.torches())
        asked = {str(rule.name) for rule in followed}  # of these it is found out anew
        kept = [
            row for row in known.unread() if row.name in names and (row.machine != machine or row.name not in asked)
        ]
        unread = {row[:3]: row for row in kept}
        for rule in followed:
            if rule.name != TORCH:
                self._package(rule, machine, kernels, unread)
                self._write(torches, kernels, unread)
        rule = next(rule for rule in followed if rule.name == TORCH)
        self._torches(rule, machine, torches, kernels)
        content = self._write(torches, kernels, unread)
        if gpus:
            for rule in followed:
                looking = (
                    self._look_for_gpu_code(rule, machine, torches)
                    if rule.name == TORCH
                    else self._look_for_gpu_code(rule, machine, kernels)
                )
                for _ in looking:
                    content = self._write(torches, kernels, unread)
        gaps = tuple(sorted(unread.values()))
        return AbiUpdated(self._read, len(kernels), len(torches), len(content), gaps)

    def _known(self) -> AbiTables:
        raw = self._files.read(self._folder.root / ABI_FILE)
        try:
            return load_abi(raw) if raw is not None else load_abi(dump_abi((), (), ()))
        except CatalogDamaged:
            return load_abi(dump_abi((), (), ()))  # it is written anew

    def _package(
        self,
        rule: PackageRule,
        machine: str,
        kernels: dict[_Key, KernelSymbols],
        unread: dict[tuple[str, str, str], Unread],
    ) -> None:
        """The rows of one kernel package; several wheels are read at once."""
        chosen = self._chosen(rule, machine)
        wanted: dict[str, IndexFile] = {}
        code: dict[_Key, tuple[str, ...] | None] = {}  # of wheels that are the same as before
        for version, file in chosen.items():
            key = (str(rule.name), version, machine)
            before = kernels.pop(key, None)
            if before is not None and file is not None and before.read.sha256 == file.sha256:
                code[key] = before.architectures
            if file is None:
                unread[key] = Unread(*key, _NO_WHEEL.format(machine=machine))
            elif before is not None and key in code and before.writes:
                kernels[key] = before
            else:
                wanted[version] = file
        self._reporter.begin(str(rule.name), len(wanted))

        def read(version: str) -> KernelSymbols | None:
            file = wanted[version]
            evidence = _evidence(str(rule.name), version, file, machine)
            return kernel_symbols(RemoteWheel.open(self._session.http, file), evidence)

        for version, found in self._session.workers.each(read, wanted):
            self._reporter.advance(str(rule.name))
            key = (str(rule.name), version, machine)
            if isinstance(found, KernelSymbols):
                kernels[key] = found.__replace__(architectures=code.get(key))
                self._read += 1
            elif found is None or isinstance(found, InputUnreadable):
                unread[key] = Unread(*key, found.what if found is not None else _NO_OBJECT)
            elif isinstance(found, StackpinError):
                raise found

    def _torches(
        self,
        rule: PackageRule,
        machine: str,
        torches: dict[_Key, TorchSymbols],
        kernels: dict[_Key, KernelSymbols],
    ) -> None:
        symbols = frozenset(name for kernel in kernels.values() for needs in kernel.needs for name in needs)
        chosen = {version: file for version, file in self._chosen(rule, machine).items() if file is not None}
        self._reporter.begin(TORCH, len(chosen))
        for version, file in chosen.items():
            key = (TORCH, version, machine)
            before = torches.get(key)
            whole = before is not None and before.read.sha256 == file.sha256 and before.asked >= symbols
            if not whole:
                found = self._torch(_evidence(TORCH, version, file, machine), file, symbols)
                same = before is not None and before.read.sha256 == file.sha256
                torches[key] = found.__replace__(architectures=before.architectures) if before and same else found
            self._reporter.advance(TORCH)

    def _look_for_gpu_code(self, rule: PackageRule, machine: str, rows: dict[_Key, _Row]) -> Iterator[None]:
        """Fill in which GPUs the wheels of a package have code for, newest first; yields after each."""
        wanted = {
            key: file
            for version, file in sorted(
                self._chosen(rule, machine).items(), key=lambda pair: Version(pair[0]), reverse=True
            )
            if file is not None
            and (row := rows.get(key := (str(rule.name), version, machine))) is not None
            and row.architectures is None
        }
        self._reporter.begin(f"{rule.name}, GPU code", len(wanted))
        for key, file in wanted.items():
            self._reporter.advance(f"{rule.name}, GPU code")
            try:
                found = gpu_code(RemoteWheel.open(self._session.http, file, keep=KEEP_TORCH))
            except InputUnreadable as error:
                self._reporter.note(f"{file.name}: its GPU code was not read: {error.what}")
                continue
            rows[key] = rows[key].__replace__(architectures=found)
            self._read += 1
            yield

    def _torch(self, read: WheelRead, file: IndexFile, symbols: frozenset[str]) -> TorchSymbols:
        found = self._remembered(read) or self._fetched(read, file)
        return TorchSymbols(
            read=read,
            exports=found.exports & symbols,
            asked=symbols,
            cxx11_abi=cxx11_abi(name for name in found.exports if "torchCheckFail" in name),
            cuda_major=found.cuda_majors[0] if len(found.cuda_majors) == 1 else None,
        )

    def _fetched(self, read: WheelRead, file: IndexFile) -> TorchRead:
        found = torch_exports(RemoteWheel.open(self._session.http, file, keep=KEEP_TORCH))
        self._read += 1
        lines = [" ".join(map(str, found.cuda_majors)), *sorted(found.exports)]
        try:
            self._files.write(self._place(read), zlib.compress("\n".join(lines).encode()))
        except FileUnwritable:
            self._reporter.note("the cache folder cannot be written to: torch's names are read again next time")
        return found

    def _remembered(self, read: WheelRead) -> TorchRead | None:
        raw = self._files.read(self._place(read)) if read.sha256 else None
        try:
            majors, *names = zlib.decompress(raw).decode().split("\n") if raw else ("",)
        except (zlib.error, ValueError):
            return None  # it is read again
        return TorchRead(frozenset(names), tuple(map(int, majors.split()))) if names else None

    def _place(self, read: WheelRead) -> Path:
        return self._memory / "abi" / f"{read.sha256 or read.file}.z"

    def _chosen(self, rule: PackageRule, machine: str) -> dict[str, IndexFile | None]:
        """Each release with the wheel that is read for an architecture, if it has any; the index is asked once."""
        key = (str(rule.name), machine)
        if key not in self._found:
            self._found[key] = dict(self._listed(rule, machine))
        return self._found[key]

    def _listed(self, rule: PackageRule, machine: str) -> Iterator[tuple[str, IndexFile | None]]:
        page = fetch_page(self._session.http, self._session.base, str(rule.name)).page
        releases, _ = group_releases(page.files if page is not None else (), rule=rule, index=self._session.index)
        for release in releases:
            if rule.symbols is not None and release.version >= rule.symbols:
                yield str(release.version), _wheel_of(release, machine)

    def _write(
        self,
        torches: dict[_Key, TorchSymbols],
        kernels: dict[_Key, KernelSymbols],
        unread: dict[tuple[str, str, str], Unread],
    ) -> bytes:
        rows = [torches[key] for key in sorted(torches)], [kernels[key] for key in sorted(kernels)]
        content = dump_abi(*rows, [unread[key] for key in sorted(unread)])
        self._folder.put_file(ABI_FILE, content)
        return content


def _by_key(rows: Iterable[_Row]) -> dict[_Key, _Row]:
    return {(row.read.name, row.read.version, row.read.machine): row for row in rows}


def _evidence(name: str, version: str, file: IndexFile, machine: str) -> WheelRead:
    return WheelRead(name=name, version=version, file=file.name, sha256=file.sha256 or "", machine=machine)


def _wheel_of(release: IndexRelease, machine: str) -> IndexFile | None:
    """The wheel that is read for a release: one that many Pythons share, else the newest Python's that it may have."""
    found = [file for file in release.files if _is_for(file.name, machine)]
    for tag in _PREFERRED:
        fitting = [file for file in found if tag in file.name]
        if fitting:
            return fitting[-1]
    return found[-1] if found else None


def _is_for(name: str, machine: str) -> bool:
    try:
        tags = parse_wheel_filename(name)[3]
    except InvalidWheelFilename:
        return False  # an sdist
    return any("linux" in tag.platform and tag.platform.endswith(machine) for tag in tags)
