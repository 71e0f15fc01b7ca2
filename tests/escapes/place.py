"""A throw-away place for one run: an environment, a home, a folder to type in, and what a situation puts there."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tests.escapes.rows import every_situation, releases
from tests.escapes.world import source_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.escapes.rows import Route, Situation
    from tests.escapes.world import World

__all__ = ["Done", "Place", "Tools"]

_BRACED = re.compile(r"\{(\w+)(?: ([\w.-]+) ([\w.+]+))?\}")
#: A place where nothing listens: what would leave the machine fails at once.
NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command did."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Tools:
    """The folder of released pips and uvs (``pip-23.2.1/bin/pip``)."""

    folder: Path

    def home(self, tool: str, version: str) -> Path:
        """Where a release lies."""
        return self.folder / f"{tool}-{version}"

    def packages(self, version: str) -> list[Path]:
        """What a release of pip consists of, in its ``site-packages``."""
        site = next(self.home("pip", version).glob("lib/python3*/site-packages"))
        return sorted(each for each in site.iterdir() if each.name == "pip" or each.name.startswith("pip-"))


@cache
def interpreter() -> tuple[str, str]:
    """A Python for which every member has wheels and every pip runs, and its version (``3.11``)."""
    for name in ("python3.11", "python3.10", sys.executable, "python3.12", "python3.13"):
        path = shutil.which(name)
        question = "import sys; print(sys._base_executable, '%d.%d' % sys.version_info[:2])"
        done = subprocess.run([path, "-c", question], capture_output=True, text=True, check=False) if path else None
        if done and done.returncode == 0:
            executable, version = done.stdout.split()
            return executable, version
    message = "no Python from 3.10 to 3.13 on PATH"
    raise AssertionError(message)


class Place:
    """One run's folder; ``work`` is where commands are typed, ``work/.venv`` the environment."""

    def __init__(self, folder: Path, world: World, tools: Tools, route: Route, version: str) -> None:
        self.folder = folder
        self.world = world
        self.tools = tools
        self.version = version
        self.python = interpreter()
        self.work, self.home = folder / "work", folder / "home"
        self.seen = folder / "seen.txt"
        self.environment = self._environment()
        for each in (self.work, self.home, folder / "bin"):
            each.mkdir(parents=True)
        self._lay_out(route.program)
        for name in route.given:
            self._prepare(every_situation()[name], route.program)

    @property
    def site(self) -> Path:
        """The environment's ``site-packages``."""
        return self.work / ".venv" / "lib" / f"python{self.python[1]}" / "site-packages"

    def run(self, command: Sequence[str], *, stdin: str = "", **variables: str) -> Done:
        """Type a command; it ends within five minutes."""
        done = subprocess.run(
            command,
            cwd=self.work,
            env={**self.environment, **variables},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        return Done(code=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def expand(self, text: str) -> str:
        """A text with what stands in braces put in; braces that mean nothing here stay."""
        plain = {
            "pypi": self.world.pypi,
            "vendors": self.world.vendors,
            "cpu": str(self.world.cpu_folder),
            "work": str(self.work),
            "home": str(self.home),
            "python": self.python[1],
        }

        def put(found: re.Match[str]) -> str:
            word, project, version = found.groups()
            if project:
                return {"url": self._url, "wheel": self._wheel, "hash": self._hash}[word](project, version)
            return plain.get(word, found[0])

        return _BRACED.sub(put, text)

    def argv(self, text: str) -> list[str]:
        """What is typed, as arguments."""
        return shlex.split(self.expand(text))

    def _url(self, project: str, version: str) -> str:
        return self.world.url(project, version, self.python[1])

    def _hash(self, project: str, version: str) -> str:
        return self.world.digest(project, version, self.python[1])

    def _wheel(self, project: str, version: str) -> str:
        """A wheel that somebody left in ``given/``, outside the folder that is looked at afterwards."""
        _, file = self.world.file(project, version, self.python[1])
        path = self.folder / "given" / file.name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(file.content())
        return str(path)

    def _environment(self) -> dict[str, str]:
        """The variables of a plain machine whose only index is the world's."""
        path = [self.folder / "bin", self.work / ".venv" / "bin", self.folder / "python", "/usr/bin", "/bin"]
        return {
            "PATH": os.pathsep.join(map(str, path)),
            "HOME": str(self.home),
            "XDG_CONFIG_DIRS": str(self.folder / "xdg"),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "NO_COLOR": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "HTTPS_PROXY": NOWHERE,
            "VIRTUAL_ENV": str(self.work / ".venv"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": self.world.pypi,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_CACHE_DIR": "1",
            "PIP_RETRIES": "0",
            "UV_DEFAULT_INDEX": self.world.pypi,
            "UV_CACHE_DIR": str(self.folder / "cache"),
            "UV_HTTP_RETRIES": "0",
            "UV_HTTP_TIMEOUT": "120",
            "UV_NO_PROGRESS": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_TOOL_DIR": str(self.folder / "tools"),
            "UV_TOOL_BIN_DIR": str(self.folder / "tools-bin"),
            "ESCAPES_SEEN": str(self.seen),
            "ESCAPES_PYTHON": str(self.work / ".venv" / "bin" / "python"),
        }

    def _lay_out(self, tool: str) -> None:
        """An empty environment, the tool on PATH, and a Python behind it."""
        newest = self.tools.home("uv", releases("uv")[-1]) / "bin" / "uv"
        (self.folder / "python").mkdir()
        for name in ("python", "python3", f"python{self.python[1]}"):
            (self.folder / "python" / name).symlink_to(self.python[0])
        self.run([str(newest), "venv", "--quiet", "--python", self.python[0], str(self.work / ".venv")])
        if tool == "uv":
            for name in ("uv", "uvx"):
                (self.folder / "bin" / name).symlink_to(self.tools.home("uv", self.version) / "bin" / name)
            return
        for each in self.tools.packages(self.version):
            (self.site / each.name).symlink_to(each)
        script = self.work / ".venv" / "bin" / "pip"
        script.write_text(
            f"#!{script.with_name('python')}\nfrom pip._internal.cli.main import main\nraise SystemExit(main())\n"
        )
        script.chmod(0o755)

    def _prepare(self, situation: Situation, tool: str) -> None:
        for each in situation.installed:
            self._install(*each.split("=="))
        for folder, requires in situation.sources.items():
            for name, text in source_files(folder, requires).items():
                self._write(f"work/{folder}/{name}", text)
        for path, text in situation.files.items():
            self._write(path, self.expand(text))
        for name, value in situation.environment.items():
            self.environment[name] = self.expand(value)
            if not value:
                del self.environment[name]
        for line in situation.before:
            done = self.run([tool, *self.argv(line)])
            assert done.code == 0, f"{line}: {done.stderr}"
        self.seen.unlink(missing_ok=True)

    def _write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def _install(self, project: str, version: str) -> None:
        """Put a wheel into the environment as an installer would; every file of it stands in its RECORD."""
        _, file = self.world.file(project, version, self.python[1])
        with zipfile.ZipFile(io.BytesIO(file.content())) as wheel:
            wheel.extractall(self.site)
