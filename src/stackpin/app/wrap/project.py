"""The project or script that a uv command works with: its files, its lock, and what they say beforehand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from stackpin.check.uv_lock import lock_alternatives, lock_faults, lock_holds_members
from stackpin.effects.environments import read_environment
from stackpin.effects.files import LocalFiles
from stackpin.effects.process import LocalProcesses
from stackpin.errors import Refused, StackpinError
from stackpin.inject.repair import hidden, typed
from stackpin.inject.uv_project import SHARED, LockState, installs, option_words
from stackpin.inject.uv_selection import selection_of
from stackpin.model.build import Channel
from stackpin.model.selection import Selection
from stackpin.parse.uv_lock import UvLock, parse_uv_lock
from stackpin.parse.uv_project import UvProject, UvSource, parse_uv_project, script_block

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stackpin.inject.command_line import Call, Own
    from stackpin.model.environment import Environment, Fault
    from stackpin.model.locked import LockedTuple, Pin

__all__ = [
    "Project",
    "adapted_to_project",
    "dependency_groups",
    "faults_of_lock",
    "find_project",
    "lock_state",
    "names_index",
    "restored",
]

_EMPTY = UvProject(sources={}, indexes=())


class Project(NamedTuple):
    """Where a command's files are. ``root`` is the workspace's own folder, or the script's; ``lock`` may not exist yet.

    ``manifest`` is the file that ``uv add`` edits. ``said`` is what manifest and ``uv.toml`` say to uv.
    """

    root: Path
    manifest: Path
    lock: Path
    said: UvProject
    is_script: bool = False


def find_project(call: Call, folder: Path) -> Project | None:
    """The script that a call names, else the project around a folder; None where there is neither.

    :raises InputUnreadable: where a file is no TOML.
    """
    script = _script(call, folder)
    if script is not None:
        block = script_block(LocalFiles().read(script) or b"")
        said = parse_uv_project(block, str(script)) if block else _EMPTY
        return Project(script.parent, script, script.with_name(script.name + ".lock"), said, is_script=True)
    if call.has("--no-project"):
        return None
    found: Project | None = None
    for place in (folder, *folder.parents):
        manifest = place / "pyproject.toml"
        raw = LocalFiles().read(manifest)
        if raw is None:
            continue
        said = parse_uv_project(raw, str(manifest))
        if not said.is_project and not said.workspace:
            continue
        if found is None or said.workspace:
            found = Project(
                place, manifest if found is None else found.manifest, place / "uv.lock", _with_toml(said, place)
            )
        if said.workspace:
            break
    return found


def _script(call: Call, folder: Path) -> Path | None:
    """The PEP 723 script of a call: what ``--script`` names, or a run target that has a block."""
    named = call.value("--script")
    if named:
        return folder / named
    if call.verb != ("run",) or not call.target or call.has("--module", "--marker"):
        return None
    path = folder / next((word for word in call.target if word != "--"), "")
    if not path.is_file() or (path.suffix not in {".py", ".pyw"} and not call.has("--script")):
        return None
    return path if script_block(path.read_bytes()) is not None else None


def _with_toml(said: UvProject, place: Path) -> UvProject:
    """What ``pyproject.toml`` says, with the ``uv.toml`` beside it, which comes before it where it is there."""
    raw = LocalFiles().read(place / "uv.toml")
    if raw is None:
        return said
    more = parse_uv_project(raw, str(place / "uv.toml"))
    return said._replace(indexes=(*said.indexes, *more.indexes), upgrades=said.upgrades or more.upgrades)


def dependency_groups(project: Project) -> tuple[str, ...]:
    """The names of the project's dependency groups (PEP 735)."""
    raw = LocalFiles().read(project.manifest)
    return parse_uv_project(raw, str(project.manifest)).groups if raw is not None else ()


def lock_state(
    call: Call,
    project: Project,
    locked: LockedTuple,
    uv: Path,
    environ: Mapping[str, str],
    builds: Callable[[UvLock], bool],
) -> LockState:
    """What the lock holds now; asks ``uv lock --locked`` only where nothing in it is wrong.

    :param builds: tells whether something in a lock has to be built.
    :raises InputUnreadable: where the lock is none.
    """
    raw = LocalFiles().read(project.lock)
    state = LockState(
        names_index=names_index(project.said, locked),
        always_upgrades=project.said.upgrades,
        path=project.lock.name,
        script=str(project.manifest) if project.is_script else "",
        pinned=project.said.constraints.issuperset(locked.requirements),
    )
    if raw is None:
        return state
    lock = parse_uv_lock(raw, str(project.lock))
    faults = faults_of_lock(call, project, lock, locked, environ)
    return state._replace(
        exists=True,
        faults=faults,
        members=lock_holds_members(lock, locked),
        current=not faults and _is_current(call, project, uv, environ),
        names=frozenset(str(package.name) for package in lock.packages),
        builds=not faults and installs(call, environ) and builds(lock),
        excludes=bool(lock.conflicts),
    )


def faults_of_lock(
    call: Call, project: Project, lock: UvLock, locked: LockedTuple, environ: Mapping[str, str]
) -> tuple[Fault, ...]:
    """What is outside the tuple in the part of a lock that a call is about.

    A call that is about all of it is content with one choice among extras or groups that exclude each other.
    """
    selected = selection_of(call, environ, project.said.default_groups)
    if selected != Selection() or not lock.conflicts:
        return lock_faults(lock, locked, pythons=locked.pythons, extras=selected.extras, groups=selected.groups)
    found = [
        lock_faults(lock, locked, pythons=locked.pythons, extras=extras, groups=groups)
        for extras, groups in lock_alternatives(lock)
    ]
    return min(found, key=len)


def _is_current(call: Call, project: Project, uv: Path, environ: Mapping[str, str]) -> bool:
    words = ["lock", "--locked", "--quiet", *option_words(call, SHARED)]
    words += ["--script", str(project.manifest)] if project.is_script else []
    return LocalProcesses().run([str(uv), *words], env=environ, timeout=600.0).code == 0


def names_index(said: UvProject, locked: LockedTuple) -> bool:
    """Whether the project names an index for every build that PyPI does not carry."""
    labelled = [pin for pin in locked.pins if pin.build.channel is Channel.FIND_LINKS]
    return all(any(_serves(url, pin) for url in said.indexes) for pin in labelled)


def _serves(url: str, pin: Pin) -> bool:
    """Whether an address is the page of a build, or the index that the page belongs to; a mirror ends alike."""
    root = pin.build.page.rstrip("/").rpartition("/")[0]
    tail = "/".join(root.split("/")[-2:])
    return url.rstrip("/") in {root, pin.build.page.rstrip("/")} or url.rstrip("/").endswith(f"/{tail}")


def adapted_to_project(
    project: Project, locked: LockedTuple, in_force: tuple[str, str], own: Own, selected: Selection
) -> dict[str, str]:
    """The builds that the project's own sources lead to: normalized name to the version with its local part.

    A project that binds torch to the index of the tuple's own tag gets the build labelled with it. One that binds it to
    several, by platform, extra or group, needs one of them to be that.

    :raises Refused: where it binds torch to indexes of other tags alone.
    """
    found = {}
    for pin in locked.pins:
        bound = [source.url for source in project.said.sources.get(str(pin.name), ()) if _counts(source, selected)]
        tags = {tag: url for url in bound for tag in [url.rstrip("/").rpartition("/")[2]] if _is_tag(tag)}
        if pin.build.tag is None or not tags:
            continue
        if str(pin.build.tag) not in tags:
            tag, url = next(iter(tags.items()))
            raise Refused(
                f"not run: the project takes {pin.name} from an index for {tag}, the tuple is for {pin.build.tag}",
                facts=((f"[tool.uv.sources] {pin.name}", hidden(url)), in_force),
                ways=((f"with the project's {tag}", typed(own._replace(cuda=tag), "uv lock")),),
            )
        found[str(pin.name)] = f"{pin.version}+{pin.build.tag}"
    return found


def _counts(source: UvSource, selected: Selection) -> bool:
    """Whether a source is for the extras and groups that a call is about."""
    extra = not source.extra or selected.extras is None or source.extra in selected.extras
    return extra and (not source.group or selected.groups is None or source.group in selected.groups)


def _is_tag(text: str) -> bool:
    return text == "cpu" or (text.startswith("cu") and text[2:].isdigit())


def project_environment(
    call: Call, project: Project | None, environ: Mapping[str, str], folder: Path
) -> Environment | None:
    """The environment that ``uv run`` and ``uv sync`` use: the project's own, or the active one where there is no project."""
    active = environ.get("VIRTUAL_ENV") if call.has("--active") else ""
    own = active or environ.get("UV_PROJECT_ENVIRONMENT") or ".venv"
    places = [project.root / own] if project is not None and not project.is_script else []
    if project is None:
        places = [Path(place) for place in (environ.get("VIRTUAL_ENV"), str(folder / ".venv")) if place]
    for place in places:
        try:
            return read_environment(place)
        except StackpinError:
            continue  # not made yet, or none: uv makes it
    return None


class restored:  # noqa: N801 - used as a word
    """The files of a project as they are now; :meth:`back` puts them back."""

    def __init__(self, project: Project) -> None:
        self._files = {path: LocalFiles().read(path) for path in (project.manifest, project.lock)}

    def back(self) -> None:
        """Write each file as it was; one that was not there is removed."""
        for path, raw in self._files.items():
            if raw is None:
                LocalFiles().remove(path)
            elif LocalFiles().read(path) != raw:
                LocalFiles().write(path, raw)
