"""What the files of installed distributions give away: look-alikes, files overwritten, two installs of one, conda's.

Two distributions may name the same file in their RECORDs. Whose it is tells the file itself, by its size and hash; which
files have to be looked at is decided here, and here is judged what was seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stackpin.check.installed_pins import described_twice
from stackpin.check.rule_book import rule
from stackpin.model.finding import Finding, Fix
from stackpin.model.mention import Place
from stackpin.parse.record import recorded, recorded_tops

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from stackpin.catalog.fact_rows import LookAlike
    from stackpin.check.on_disk import Disk
    from stackpin.model.installed import Contents, Described, Recorded

__all__ = [
    "Overwritten",
    "Shared",
    "conda_beside_pip",
    "files_overwritten",
    "installed_twice",
    "look_alikes",
    "overwritten",
    "shared_files",
]

#: First parts of paths that are nobody's package: scripts and data, and folders that many leave there by mistake.
_NOBODYS = frozenset(
    b".. bin lib lib64 include share etc test tests doc docs example examples benchmark benchmarks scripts tools".split()
)
#: So many distributions write a file of a namespace, such as ``nvidia/__init__.py``.
_NAMESPACE = 3


class Shared(NamedTuple):
    """A file that the RECORDs of two distributions name with different hashes; the first of them is a member."""

    path: bytes
    member: Described
    other: Described
    own: Recorded
    others: Recorded

    @property
    def place(self) -> str:
        """Where the file lies."""
        return f"{self.member.packages}/{self.path.decode('utf-8', 'surrogateescape')}"

    @property
    def told_by_size(self) -> bool:
        """Whether its size alone tells whose it is."""
        return min(self.own.size, self.others.size) >= 0 and self.own.size != self.others.size


class Overwritten(NamedTuple):
    """The files of a member that are another distribution's now, sorted."""

    member: Described
    other: Described
    files: tuple[Shared, ...]


def _shown(path: bytes) -> str:
    """A path of a RECORD as it is shown; what is no UTF-8 in it is spelled out."""
    return path.decode("utf-8", "backslashreplace")


def shared_files(contents: Contents, members: Collection[str]) -> tuple[Shared, ...]:
    """The files that have to be looked at: named by a member and by another distribution in the same folder.

    :param members: normalized names.
    """
    tops = {each: recorded_tops(each.record) - _NOBODYS for each in contents.distributions if each.record}
    writers: dict[tuple[str, bytes], list[Described]] = {}
    for each, own in tops.items():
        for top in own:
            writers.setdefault((each.packages, top), []).append(each)
    crowded = {key: several for key, several in writers.items() if len({each.name for each in several}) > 1}
    rows: dict[Described, dict[bytes, Recorded]] = {}
    for key, several in crowded.items():
        if any(each.name in members for each in several):
            for each in several:
                rows.setdefault(each, {}).update(recorded(each.record or b"", {key[1]}))
    return tuple(_shared(rows, members))


def _shared(rows: Mapping[Described, Mapping[bytes, Recorded]], members: Collection[str]) -> Iterator[Shared]:
    count: dict[tuple[str, bytes], int] = {}
    for each, files in rows.items():
        for path in files:
            count[each.packages, path] = count.get((each.packages, path), 0) + 1
    for member, own in rows.items():
        if member.name not in members:
            continue
        for other, theirs in rows.items():
            if other.packages != member.packages or other.name == member.name:
                continue
            for path in sorted(own.keys() & theirs.keys()):
                one, two = own[path], theirs[path]
                namespace = path.endswith(b"/__init__.py") and count[member.packages, path] >= _NAMESPACE
                if one.sha256 and two.sha256 and one.sha256 != two.sha256 and not namespace:
                    yield Shared(path, member, other, one, two)


def overwritten(shared: Iterable[Shared], seen: Mapping[Shared, Recorded | None]) -> tuple[Overwritten, ...]:
    """The members whose files are another's: those whose size and hash are what the other's RECORD says.

    :param seen: each file as it lies there; the hash is empty where the size tells, or the file is too large for it.
    """
    found: dict[tuple[Described, Described], list[Shared]] = {}
    for each in shared:
        file = seen.get(each)
        if file is None:
            continue
        theirs = file.size == each.others.size if each.told_by_size else file.sha256 == each.others.sha256
        if theirs:
            found.setdefault((each.member, each.other), []).append(each)
    return tuple(Overwritten(*pair, tuple(files)) for pair, files in found.items())


def look_alikes(disk: Disk, taken: Iterable[Overwritten]) -> tuple[tuple[Finding, ...], tuple[Overwritten, ...]]:
    """SP301: look-alikes beside the member whose import package they write, or beside each other; then SP302's rest.

    :param taken: which files were found to be another's; those that a look-alike took are told with it.
    """
    taken = tuple(taken)
    found: list[Finding] = []
    told: set[frozenset[str]] = set()
    for row in disk.facts.look_alikes:
        pair = _pair(disk, row)
        if pair is None:
            continue
        alike, member = pair
        key = frozenset({str(alike.name), str(member.name)})
        if key in told or _is_the_one(disk, alike, member):
            continue
        told.add(key)
        files = next((each for each in taken if each.member == member and each.other == alike), None)
        found.append(_look_alike(disk, row, alike, member, files))
    rest = [each for each in taken if frozenset({str(each.member.name), str(each.other.name)}) not in told]
    return tuple(found), tuple(rest)


def _pair(disk: Disk, row: LookAlike) -> tuple[Described, Described] | None:
    """The look-alike of a row and what it is to be kept from, in one folder: the member, else another of its look-alikes."""
    alike, member = disk.contents.first(row.distribution), disk.contents.first(row.member)
    if alike is None:
        return None
    if member is None:
        names = {each.distribution for each in disk.facts.look_alikes if each.member == row.member} - {row.distribution}
        others = (disk.contents.first(name) for name in sorted(names))
        top = row.import_package.encode()
        writing = (each for each in others if each is not None and top in recorded_tops(each.record or b""))
        member = next(writing, None) if top in recorded_tops(alike.record or b"") else None
    return (alike, member) if member is not None and member.packages == alike.packages else None


def _is_the_one(disk: Disk, alike: Described, member: Described) -> bool:
    """Whether of two that are each other's look-alikes this is the one to keep: it is asked for, or else the newer name."""
    pairs = {(row.distribution, row.member) for row in disk.facts.look_alikes}
    if (str(member.name), str(alike.name)) not in pairs:
        return False
    asked = [bool(disk.pins.askers(str(each.name))) for each in (alike, member)]
    if asked[0] != asked[1]:
        return asked[0]
    return _order(alike.version) > _order(member.version)


def _order(version: str) -> tuple[int, ...]:
    """A version's leading numbers: enough to tell the later of two names of one package."""
    numbers = []
    for part in version.split("."):
        if not part.isdecimal():
            break
        numbers.append(int(part))
    return tuple(numbers)


def _look_alike(disk: Disk, row: LookAlike, alike: Described, member: Described, files: Overwritten | None) -> Finding:
    more = f"; {_files(files)} {alike.name}'s now{_such_as(files)}" if files is not None else ""
    version = disk.pins.wanted(str(member.name), member.version)
    again = disk.lines.install(str(member.name), version, again=True)
    return Finding(
        rule=rule("SP301"),
        place=disk.place(str(alike.name)),
        message=f"{alike.text} writes into {row.import_package}/, which is {member.text}'s{more}",
        package=str(alike.name),
        found=alike.version,
        wanted=f"{member.name} {version}",
        evidence=row.evidence,
        fix=Fix(command=f"{disk.lines.uninstall(str(alike.name))} && {again}"),
    )


def _files(taken: Overwritten) -> str:
    """Whose files are another's, in words that go on with that other."""
    number = len(taken.files)
    return f"{number} {'file' if number == 1 else 'files'} of {taken.member.name} {'is' if number == 1 else 'are'}"


def _such_as(taken: Overwritten) -> str:
    """The first of the files, as an example where there are more."""
    return f"{',' if len(taken.files) == 1 else ', such as'} {_shown(taken.files[0].path)}"


def files_overwritten(disk: Disk, taken: Iterable[Overwritten]) -> Iterator[Finding]:
    """SP302: files of a member that another distribution has overwritten."""
    for each in taken:
        first = each.files[0]
        version = disk.pins.wanted(str(each.member.name), each.member.version)
        again = disk.lines.install(str(each.member.name), version, again=True)
        yield Finding(
            rule=rule("SP302"),
            place=disk.place(str(each.member.name)),
            message=f"{_files(each)} {each.other.text}'s now{_such_as(each)}",
            package=str(each.member.name),
            found=f"{each.other.name} {each.other.version}",
            wanted=f"{each.member.name} {each.member.version}",
            evidence=f"RECORD of {each.member.text}: {_shown(first.path)},sha256={first.own.sha256}; "
            f"the file is the one in the RECORD of {each.other.text}",
            fix=Fix(command=f"{disk.lines.uninstall(str(each.other.name))} && {again}"),
            related=tuple(
                (Place(path=f"{file.member.packages}/{_shown(file.path)}"), f"{each.other.name}'s")
                for file in each.files[:5]
            ),
        )


def installed_twice(disk: Disk) -> Iterator[Finding]:
    """SP303: several folders of metadata for one distribution in one place."""
    for several in described_twice(disk.contents):
        name = str(several[0].name)
        newest = max(several, key=lambda each: _order(each.version)).version
        version = disk.pins.wanted(name, newest)
        versions = " and ".join(each.version for each in several)
        yield Finding(
            rule=rule("SP303"),
            place=disk.place(name),
            message=f"{name} is installed {len(several)} times in one folder, as {versions}",
            package=name,
            found=versions,
            wanted=version,
            evidence=f"{' and '.join(each.folder for each in several)} in {several[0].packages}",
            fix=Fix(command=f"{disk.lines.uninstall(name)} && {disk.lines.install(name, version)}"),
            related=tuple((Place(path=each.path), each.version) for each in several),
        )


def conda_beside_pip(disk: Disk) -> Iterator[Finding]:
    """SP304: a member that conda lists, and whose metadata another installer has written."""
    for package in disk.contents.conda:
        found = disk.contents.first(package.name)
        if found is None or found.installer in {"", "conda"} or found.folder in package.described:
            continue
        version = disk.pins.wanted(package.name, found.version)
        from shlex import join

        removed = join(["conda", "remove", "--force", "--prefix", disk.shown, package.conda])
        yield Finding(
            rule=rule("SP304"),
            place=disk.place(package.name),
            message=f"{found.text} was installed by {found.installer}, beside conda's {package.conda} {package.version}",
            package=package.name,
            found=f"{found.version} ({found.installer}) and {package.version} (conda)",
            wanted="one of them",
            evidence=f"{package.file}; {found.folder}/INSTALLER: {found.installer}",
            fix=Fix(
                text=f"keep one of the two; to keep {found.installer}'s",
                command=f"{removed} && {disk.lines.install(package.name, version, again=True)}",
            ),
        )
