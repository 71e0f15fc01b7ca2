"""A call with its tuple in force: what plans, and what looks afterwards, have in common."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stackpin.app.wrap.addressed import folder_of_call
from stackpin.check.environment import faults
from stackpin.effects.environments import read_installed, torch_files_tag
from stackpin.effects.process import LocalProcesses
from stackpin.effects.tool_cache import uv_cache_beside, uv_cache_root
from stackpin.emit.constraints import Options, constraints_text, rewritten
from stackpin.inject.plan import Materials, Situation
from stackpin.model.build import Channel
from stackpin.version import VERSION

if TYPE_CHECKING:
    from stackpin.app.wrap.in_force import InForce
    from stackpin.app.wrap.requested import Requested
    from stackpin.app.wrap.wrapped import Wrapped
    from stackpin.model.environment import Environment, Fault, Installed

__all__ = ["Held"]


class Held:
    """``locked`` is the tuple in force, with equal builds named as they are there already."""

    def __init__(self, wrapped: Wrapped, in_force: InForce, requested: Requested, version: tuple[int, ...]) -> None:
        self.wrapped = wrapped
        self.in_force = in_force
        self.requested = requested
        self.version = version
        self.locked = in_force.locked

    @property
    def cache_name(self) -> str:
        """What tells builds made under this tuple from those under another: the torch that they see."""
        torch = self.locked.pin("torch")
        return f"torch-{torch.version}-{self.locked.cuda}" if torch else "no-torch"

    def uv_cache(self) -> str:
        """The cache in which what uv builds for this tuple is apart; empty where uv's own is to be used."""
        call, environ = self.wrapped.call, self.wrapped.environ
        if call.tool == "pip" or call.has("--no-cache", "--cache-dir") or environ.get("UV_NO_CACHE"):
            return ""
        root = self._uv_cache_root(folder_of_call(call, self.wrapped.cwd))
        found = uv_cache_beside(root, self.cache_name) if root is not None else None
        return str(found or "")

    def _uv_cache_root(self, folder: Path) -> Path | None:
        """Uv's own cache folder; uv is asked only where its settings lead elsewhere, or may."""
        call, environ = self.wrapped.call, self.wrapped.environ
        plain = call.has("--config-file") or environ.get("UV_CONFIG_FILE")
        root = None if plain else uv_cache_root(environ, folder)
        if root is not None:
            return root
        chosen = {"--directory", "--project", "--config-file"}
        words = [f"{name}={value}" for name, value in call.options if name in chosen]
        done = LocalProcesses().run([str(self.wrapped.uv), "cache", "dir", *words], env=environ, timeout=30.0)
        return Path(done.stdout.strip()) if done.code == 0 and done.stdout.strip() else None

    def faults_in(
        self, environment: Environment | None, installed: tuple[Installed, ...] | None = None
    ) -> tuple[Fault, ...]:
        """What is wrong in an environment; nothing where there is none.

        :param installed: its distributions, where they have just been read.
        """
        if environment is None:
            return ()
        installed = read_installed(environment.packages) if installed is None else installed
        tag = torch_files_tag(environment.packages) if any(item.name == "torch" for item in installed) else ""
        return faults(installed, self.locked, torch_tag=tag)

    def situation(self, folder: Path, found: tuple[Fault, ...]) -> Situation:
        """Everything that a plan may know."""
        pages = [pin.build.page for pin in self.locked.pins if pin.build.channel is Channel.FIND_LINKS]
        mirrors = self.wrapped.settings.mirrors
        return Situation(
            version=self.version,
            environ=self.wrapped.environ,
            locked=self.locked,
            materials=Materials(
                constraints=str(folder / "constraints.txt"),
                requirements=str(folder / "held.txt"),
                find_links=tuple(rewritten(page, mirrors) for page in dict.fromkeys(pages)),
            ),
            faults=found,
            anchors=self.in_force.anchors,
            hashes=self.requested.hashes,
            in_force=self.in_force.reason,
            own=self.wrapped.own,
        )

    def texts(self) -> dict[str, str]:
        """The files that a run is given."""
        options = Options(mirrors=self.wrapped.settings.mirrors, command="", version=VERSION, guard=False)
        return {"constraints.txt": constraints_text(self.locked, options), "held.txt": "-c constraints.txt\n"}
