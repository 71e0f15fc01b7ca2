"""What happens to one uv command on a project or a script.

What uv writes for a team (``uv.lock``, ``pyproject.toml``) must hold nothing of ours: ``-P name==version`` holds the one
resolution and leaves no trace. Installing is a step of its own then, from the lock as it stands (``--frozen``): so the lock
is held against the tuple before anything comes in, and builds can be held by a configuration that a lock would record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stackpin.errors import LockOutside, Refused, WrongMember
from stackpin.inject.plan import Plan, Situation, Watch, named_members
from stackpin.inject.repair import command_line, grounds, place_of, refuse_look_alikes, typed
from stackpin.inject.uv_pip import build_variables, page_variables
from stackpin.model.names import normalized_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stackpin.inject.command_line import Call, Own
    from stackpin.model.environment import Fault
    from stackpin.model.locked import LockedTuple

__all__ = [
    "SHARED",
    "LockState",
    "apply_command",
    "installs",
    "is_frozen",
    "option_words",
    "plan_project",
    "ways_to_a_build",
]

#: From here on ``--upgrade`` keeps to the versions that ``-P`` names; before, it cancels them.
UPGRADE_KEEPS_PINS = (0, 10, 12)
_EDITS = frozenset({("add",), ("remove",), ("version",)})
#: What bears on a resolution only; uv takes most of them beside ``--frozen`` for a mistake.
_RESOLVING = ("--upgrade", "--upgrade-package", "--upgrade-group", "--no-sources", "--no-sources-package")
#: Variables that uv takes for a mistake beside ``--frozen``.
_BESIDE_FROZEN = ("UV_LOCKED", "UV_NO_SOURCES")
#: Options that bear on what uv resolves, and that ``uv lock`` shares with the other project commands.
_SHARED_NAMES = (
    "allow-insecure-host cache-dir config-file config-setting default-index directory exclude-newer exclude-newer-package "
    "extra-index-url find-links fork-strategy index index-strategy index-url keyring-provider link-mode native-tls "
    "no-build no-build-isolation no-build-package no-cache no-config no-index no-sources no-binary offline prerelease "
    "project python resolution"
)
SHARED = frozenset(f"--{name}" for name in _SHARED_NAMES.split())
_LOUDNESS = ("--quiet", "--verbose", "--color", "--no-progress")
_PYTHONS = ("--managed-python", "--no-managed-python", "--no-python-downloads", "--python-preference", "--system-certs")
_FILES = (
    *("--config-settings-package", "--no-binary-package", "--no-build-isolation-package", "--refresh"),
    "--refresh-package",
)
_OF_LOCK = SHARED | {*_RESOLVING, *_LOUDNESS, *_PYTHONS, *_FILES}
_INSTALLING = (
    *("--active", "--compile-bytecode", "--no-install-local", "--no-install-package", "--no-install-project"),
    *("--no-install-workspace", "--package", "--reinstall", "--reinstall-package"),
)
_OF_SYNC = (SHARED - {*_RESOLVING}) | {*_LOUDNESS, *_PYTHONS, *_FILES, *_INSTALLING}
#: Commands that never write a lock when they are asked not to.
_LOOKS = ("--check", "--check-exists")


class LockState(NamedTuple):
    """The lock file that a project command works with.

    ``faults`` are its members outside the tuple, ``members`` whether it has any member at all, ``current`` whether uv finds
    nothing to change in it. ``names_index`` is whether the project names an index for the tuple's own CUDA builds,
    ``always_upgrades`` whether it says ``upgrade = true``, ``names`` every package that the lock names; ``script`` is the
    script (PEP 723) that it belongs to. ``excludes`` is whether it has extras or groups that exclude each
    other, ``pinned`` whether the project itself constrains every resolution to the tuple.
    """

    exists: bool = False
    faults: tuple[Fault, ...] = ()
    members: bool = False
    current: bool = False
    names_index: bool = True
    always_upgrades: bool = False
    path: str = "uv.lock"
    names: frozenset[str] = frozenset()
    builds: bool = False
    script: str = ""
    excludes: bool = False
    pinned: bool = False


def is_frozen(call: Call, environ: Mapping[str, str]) -> bool:
    """Whether a project command takes the lock as it stands, right or wrong."""
    return call.has("--frozen", "--locked", *_LOOKS) or any(environ.get(name) for name in ("UV_FROZEN", "UV_LOCKED"))


def plan_project(call: Call, situation: Situation, lock: LockState | None) -> Plan:
    """Hold one project or script command to the tuple.

    :param lock: None for ``uv run`` where there is neither a project nor a script.
    :raises LockOutside: where the lock holds members outside the tuple and the call takes it as it stands.
    :raises Refused: where the call cannot be held; the error has what to type instead.
    """
    layer = _layer_words(call, situation) if call.verb == ("run",) else ()
    as_it_stands = call.with_options(*layer)
    if lock is None:
        return Plan(words=as_it_stands, environ=build_variables(situation), builds=bool(layer))
    unsynced = call.has("--no-sync") or bool(situation.environ.get("UV_NO_SYNC"))
    _refuse_leftovers(call, situation, lock, unsynced=unsynced)
    if call.verb == ("run",) and unsynced:
        return Plan(words=as_it_stands, environ=build_variables(situation), builds=bool(layer))
    if is_frozen(call, situation.environ):
        if lock.faults and not call.has(*_LOOKS):
            raise _outside(call, lock, situation)
        if _must_be_current(call, situation) and not lock.current:
            return Plan(words=as_it_stands)  # uv says so
        return _from_the_lock(call, situation, lock, layer)
    if lock.exists and lock.current and not lock.faults and not _changes(call, lock):
        return _from_the_lock(call, situation, lock, layer)
    return _resolved(call, situation, lock, layer)


def _resolved(call: Call, situation: Situation, lock: LockState, layer: tuple[str, ...]) -> Plan:
    """Let uv resolve, with the versions of the tuple named."""
    if call.verb == ("upgrade",):
        return Plan(words=call.with_options(*_left_out(call, situation)), watch=Watch.LOCK)
    if not lock.pinned:
        _refuse_unheld(call, situation, lock)
    pins = [word for pin in situation.locked.requirements for word in ("-P", pin)]
    if lock.pinned:
        pins = []  # uv takes the project's own constraints into every resolution
    if lock.excludes and not lock.faults:
        pins = []  # they would hold the other choices too; uv keeps what the lock has, and it is looked at afterwards
    if lock.script and not lock.exists and call.verb in {("run",), ("sync",)}:
        environ = build_variables(situation)
        return Plan(words=call.with_options(*pins, *layer), environ=environ, watch=Watch.LOCK, builds=True)
    if not installs(call, situation.environ):
        return Plan(words=call.with_options(*pins, *layer), watch=Watch.LOCK)
    first, then = _two_steps(call, lock, pins, layer)
    late = page_variables(situation)
    return Plan(words=then, watch=Watch.LOCK, unset=_BESIDE_FROZEN, late=late, first=first, builds=bool(layer))


def _must_be_current(call: Call, situation: Situation) -> bool:
    return call.has("--locked") or bool(situation.environ.get("UV_LOCKED"))


def _from_the_lock(call: Call, situation: Situation, lock: LockState, layer: tuple[str, ...]) -> Plan:
    """Let uv work with a lock that holds the tuple; where it builds something, the lock may not be written on the way."""
    if not installs(call, situation.environ) or not (lock.builds or layer) or call.verb in _EDITS:
        return Plan(words=call.with_options(*layer), watch=Watch.LOCK)
    environ = page_variables(situation)
    return Plan(words=_frozen(call, layer), environ=environ, unset=_BESIDE_FROZEN, builds=True)


def _left_out(call: Call, situation: Situation) -> tuple[str, ...]:
    """The words by which ``uv upgrade``, which knows no ``-P``, leaves the members alone.

    :raises WrongMember: where it names one: it would ask for its newest release in the project's own file.
    """
    named = named_members(call, situation.locked)
    if not named:
        return tuple(word for pin in situation.locked.pins for word in ("--exclude", str(pin.name)))
    rest = [word for word in call.words if word not in named]
    raise WrongMember(
        f"not run: uv upgrade would ask for the newest {named[0]}, whatever the tuple has",
        facts=grounds(situation.locked, str(normalized_name(named[0])), situation.in_force),
        ways=(("to upgrade the rest", command_line("stackpin", call.tool, *rest, *situation.own.words)),),
    )


def installs(call: Call, environ: Mapping[str, str]) -> bool:
    """Whether a command brings an environment to what the lock has."""
    if call.has("--dry-run", *_LOOKS, "--no-sync") or environ.get("UV_NO_SYNC"):
        return False
    return call.verb in {("run",), ("sync",), ("check",)} or (
        call.verb in _EDITS and not call.has("--script", "--frozen")
    )


def _frozen(call: Call, layer: tuple[str, ...]) -> tuple[str, ...]:
    """The same command on the lock as it stands: what it said of resolving has been done, or is not wanted."""
    return call.trimmed(*_RESOLVING, "--frozen", "--locked").with_options("--frozen", *layer)


def _two_steps(
    call: Call, lock: LockState, pins: Sequence[str], layer: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What resolves, held by the pins, and what then installs from the lock as it stands.

    So the lock can be held against the tuple before anything is installed or started, and builds can be held too.
    """
    if call.verb in _EDITS:
        first = call.with_options(*pins, "--no-sync")
        return first, ("sync", "--frozen", *_sync_words(call))
    script = ("--script", lock.script) if lock.script else ()
    return ("lock", *pins, *script, *option_words(call, _OF_LOCK)), _frozen(call, layer)


def _sync_words(call: Call) -> tuple[str, ...]:
    """The options of ``uv sync`` by which it installs what ``uv add``, ``remove`` or ``version`` would.

    Source: uv's ``add.rs``, ``remove.rs`` and ``version.rs``: an addition also brings the extra or group that it went into,
    a removal takes out what is not needed any longer.
    """
    words = list(option_words(call, _OF_SYNC))
    if call.verb == ("add",):
        words += [f"--extra={name}" for name in call.values("--optional")]
        words += [f"--group={name}" for name in call.values("--group")]
    return (*words, *(() if call.verb == ("remove",) else ("--inexact",)))


def option_words(call: Call, names: frozenset[str]) -> tuple[str, ...]:
    """The options of a call that are among ``names``, as words."""
    chosen = (option for option in call.options if option.name in names)
    return tuple(option.name if option.value is None else f"{option.name}={option.value}" for option in chosen)


def _refuse_leftovers(call: Call, situation: Situation, lock: LockState, *, unsynced: bool) -> None:
    """Refuse where the project's environment holds what uv would leave there: nothing that a lock names puts it right.

    An inexact sync leaves every distribution alone that the lock does not name, and ``--no-sync`` all of them.

    :raises Refused: for the first such distribution.
    """
    inexact = call.verb in {("run",), ("add",), ("remove",)} or call.has("--inexact")
    if call.verb not in {("run",), ("add",), ("remove",), ("sync",)} or (unsynced and call.verb != ("run",)):
        return
    left = [fault for fault in situation.faults if unsynced or (inexact and fault.name not in lock.names)]
    refuse_look_alikes(call, tuple(left), situation)
    if not left:
        return
    first = left[0]
    raise WrongMember(
        f"not run: {first.name} {first.found} is installed, the tuple has {first.wanted}, and uv would leave it there",
        facts=grounds(situation.locked, first.name, situation.in_force),
        ways=(("to repair", typed(situation.own, "uv sync", *place_of(call))),),
    )


def _changes(call: Call, lock: LockState) -> bool:
    """Whether a command asks for a new resolution although the lock is current."""
    return (
        call.verb[0] in {"add", "remove", "upgrade", "version"}
        or lock.always_upgrades
        or call.has("--upgrade", "--upgrade-package", "--upgrade-group", "--refresh", "--script")
    )


def _layer_words(call: Call, situation: Situation) -> tuple[str, ...]:
    """The words that hold the layer of ``run --with``; none where there is no such layer."""
    if not call.has("--with", "--with-editable", "--with-requirements"):
        return ()
    return ("--with-requirements", situation.materials.requirements)


def _refuse_unheld(call: Call, situation: Situation, lock: LockState) -> None:
    """Refuse what ``-P`` cannot hold: a build whose index the project does not name, an upgrade of all by an older uv."""
    labelled = [pin for pin in situation.locked.pins if pin.build.local]
    concerned = lock.members or named_members(call, situation.locked)
    if labelled and not lock.names_index and concerned:  # else uv finds out whether any of them is needed at all
        first = labelled[0]
        raise Refused(
            f"not run: the tuple has {first.name} {first.full_version}, and the project names no index that carries it",
            facts=((f"{first.name} {first.full_version} is on", first.build.page), situation.in_force),
            ways=ways_to_a_build(call, situation.locked, situation.own),
        )
    if lock.always_upgrades:
        raise Refused(
            "not run: the project says upgrade = true to uv, so that no lock keeps a version",
            facts=(("the plain uv lock would take the newest of all again", ""), situation.in_force),
            ways=(("to hold it in the project, once", apply_command(situation.locked, situation.own)),),
        )
    by_settings = lock.script and not lock.exists  # what holds builds there holds the resolution too
    if call.has("--upgrade") and situation.version < UPGRADE_KEEPS_PINS and not by_settings:
        least = ".".join(map(str, UPGRADE_KEEPS_PINS))
        raise Refused(
            "not run: this uv forgets every version that it is given once it upgrades all",
            facts=((f"uv {least} and newer keep to them", ""), situation.in_force),
            ways=(
                ("to upgrade nothing", _without_upgrade(call, situation)),
                ("to have a newer uv", f"pip install 'uv>={least}'"),
            ),
        )


def apply_command(locked: LockedTuple, own: Own) -> str:
    """The command that puts the tuple into the project itself."""
    return command_line("stackpin", "apply", "pyproject.toml", *own._replace(cuda=str(locked.cuda)).words)


def ways_to_a_build(call: Call, locked: LockedTuple, own: Own) -> tuple[tuple[str, str], ...]:
    """What to do where a project cannot have a build because no index of its own carries it."""
    by_pypi = command_line("stackpin", call.tool, *call.with_options(*own._replace(cuda="pypi").words))
    return (
        ("to name it in the project, once", apply_command(locked, own)),
        ("with the build that PyPI has", by_pypi),
    )


def _without_upgrade(call: Call, situation: Situation) -> str:
    """The same command, with nothing that asks for an upgrade of all."""
    return command_line("stackpin", call.tool, *call.without("--upgrade"), *situation.own.words)


def _outside(call: Call, lock: LockState, situation: Situation) -> LockOutside:
    first = lock.faults[0]
    script = ("--script", lock.script) if lock.script else ()
    return LockOutside(
        f"not run: {lock.path} has {first.name} {first.found}, the tuple has {first.wanted}",
        facts=grounds(situation.locked, first.name, situation.in_force),
        ways=(("to bring the lock to the tuple", typed(situation.own, "uv lock", *place_of(call), *script)),),
    )
