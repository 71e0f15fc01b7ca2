"""Start-up, solve, memory, requests and sizes, as ratios in one run: ``python -m tests.bench [--runs N]``.

The package is installed as a user has it (a wheel in an environment of its own, compiled to bytecode). Writes the table to
``docs/status/bench.md`` and between the ``bench`` marks of the README. Times are of the machine that ran it; ratios travel.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.bench.measure import Command, run_once, timed_in_turns
from tests.bench.wrapped import wrapper_lines
from tests.support.hollow import HollowIndex
from tests.support.tools import newest_uv, ready_made

__all__: list[str] = []

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "status" / "bench.md"
README = ROOT / "README.md"
REQUEST = ("sglang==0.4.*", "--cuda", "cu124")
#: The same job for a bare uv: the extra names what the tuple pins.
UV_REQUEST = "sglang[srt]==0.4.*"
#: Files for the latency runs: one family from the torch index, one engine with kernels from a vendor's.
FAR = (("torch==2.7.*", "cu118"), ("sglang==0.5.6", "cu130"))
LATENCY = 0.05
#: Settings of the machine that would bend a run; what leads to the index stays.
BENDING = re.compile(
    r"(PIP_(?!INDEX_URL|CERT)|UV_(?!DEFAULT_INDEX|INDEX_URL|SYSTEM_CERTS|NATIVE_TLS)|STACKPIN_|PYTHON)"
)


class Line(NamedTuple):
    """One line of the table."""

    what: str
    value: str
    goal: str = ""


class Bench:
    """The installed package, and a plain environment to run it in."""

    def __init__(self, folder: Path, runs: int) -> None:
        self.folder, self.runs = folder, runs
        plain = {name: value for name, value in os.environ.items() if not BENDING.match(name)}
        fixed = {"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never"}
        own = {"HOME": str(folder), "UV_CACHE_DIR": str(folder / "cache"), "LC_ALL": "C.UTF-8"}
        self.env = {**plain, **_index_settings(), **fixed, **own, "PATH": f"{folder}/venv/bin:{plain['PATH']}"}
        self.python = str(folder / "venv" / "bin" / "python")
        self.stackpin = str(folder / "venv" / "bin" / "stackpin")

    def install(self) -> None:
        """A wheel of this work tree and what it needs, with bytecode."""
        uv = newest_uv()
        for argv in (
            [uv, "venv", "--quiet", "--python", sys.executable, str(self.folder / "venv")],
            [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", self.python, str(ROOT), "pip"],
        ):
            subprocess.run(argv, env=self.env, check=True)

    def command(self, *argv: str, typed: str = "", **env: str) -> Command:
        """A command in the plain environment."""
        return Command(argv=argv, env={**self.env, **env}, typed=typed, cwd=str(self.folder))

    def start_up(self) -> list[Line]:
        """``stackpin compile`` against its imports and against a warm uv, all taking turns."""
        resolve = [newest_uv(), "pip", "compile", "-", "--quiet", "--python", self.python]
        commands = {
            "bare": self.command(self.python, "-c", "pass"),
            "base": self.command(self.python, "-c", "import packaging.requirements, resolvelib"),
            "help": self.command(self.stackpin, "--help"),
            "compile": self.command(self.stackpin, "compile", *REQUEST),
            "uv": self.command(*resolve, typed=UV_REQUEST),
        }
        found = timed_in_turns(commands, self.runs)
        median = {name: timed.median for name, timed in found.items()}
        job = f"`stackpin compile '{REQUEST[0]}' --cuda {REQUEST[2]}`"
        return [
            Line("`python -c pass`", _ms(median["bare"])),
            Line('`python -c "import packaging.requirements, resolvelib"`', _ms(median["base"])),
            Line("`stackpin --help`", _ms(median["help"])),
            Line(job, _ms(median["compile"])),
            Line("… as a multiple of those imports", f"{median['compile'] / median['base']:.1f}", "≤ 2"),
            Line(f"`uv pip compile` of `{UV_REQUEST}`, cache warm", _ms(median["uv"])),
            Line("… as a multiple of `stackpin compile`", f"{median['uv'] / median['compile']:.1f}", "≥ 10"),
            Line("peak memory of `stackpin compile`", _mb(found["compile"].memory), "≤ 80 MB"),
        ]

    def whole_tree(self) -> list[Line]:
        """``compile --all`` into an empty folder."""
        argv = (self.stackpin, "compile", "--all", "--quiet", "--output-dir", str(self.folder / "tree"))
        seconds, memory, _ = run_once(self.command(*argv))
        files = len(list((self.folder / "tree").glob("*.txt")))
        return [
            Line(f"`stackpin compile --all` ({files} files)", f"{seconds:.1f} s"),
            Line("… its peak memory", _mb(memory), "≤ 80 MB"),
        ]

    def page(self) -> list[Line]:
        """The page of every release of sglang."""
        path = self.folder / "matrix.html"
        argv = (self.stackpin, "matrix", "sglang", "--quiet", "--html", str(path))
        seconds, memory, _ = run_once(self.command(*argv))
        releases = path.read_text(encoding="utf-8").count('<th scope="row">')
        return [
            Line(f"`stackpin matrix sglang --html FILE` ({releases} releases by every tag)", f"{seconds:.1f} s"),
            Line("… its peak memory", _mb(memory)),
            Line("… size of the page", f"{path.stat().st_size / 1000:.0f} kB", "≤ 400 kB"),
        ]

    def update(self) -> list[Line]:
        """``catalog update`` of everything from an index that announces METADATA, then of nothing new."""
        lines = []
        with HollowIndex() as index:
            argv = [self.stackpin, "catalog", "update", "--quiet", "--index", index.pypi]
            for what in ("everything", "nothing new"):
                index.requests.clear()
                index.sent = 0
                seconds, _, _ = run_once(self.command(*argv, "--directory", str(self.folder / "catalog")))
                value = f"{len(index.requests)} requests, {_mb(index.sent)}, {seconds:.1f} s"
                lines.append(Line(f"`stackpin catalog update`, {what} (local index with PEP 658)", value))
        return lines

    def far_away(self) -> list[Line]:
        """Requests and time of pip and uv where every answer takes 50 ms, for both index styles."""
        lines = []
        for request, tag in FAR:
            for style in ("find-links", "extra-index-url"):
                for tool in ("pip", "uv"):
                    with HollowIndex(LATENCY) as index:
                        value = self._far(index, request, tag, style, tool)
                    lines.append(Line(f"{tool}, `{request}` on {tag}, {style}, 50 ms a request", value))
        return lines

    def _far(self, index: HollowIndex, request: str, tag: str, style: str, tool: str) -> str:
        env = {"STACKPIN_MIRRORS": index.mirrors, "PIP_INDEX_URL": index.pypi, "UV_DEFAULT_INDEX": index.pypi}
        compile_ = (self.stackpin, "compile", request, "--cuda", tag, "--index-style", style, "--quiet")
        _, _, text = run_once(self.command(*compile_, **env))
        file = self.folder / "far.txt"
        file.write_text(text, encoding="utf-8")
        wanted = ready_made(text).requirements
        if tool == "pip":
            argv = [self.python, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-cache-dir", *wanted]
        else:
            argv = [
                newest_uv(),
                "pip",
                "install",
                "--dry-run",
                "--reinstall",
                "--no-cache",
                "--python",
                self.python,
                *wanted,
            ]
            env["UV_INDEX_STRATEGY"] = "unsafe-best-match" if style == "extra-index-url" else "first-index"
        seconds, _, _ = run_once(self.command(*argv, "-c", str(file), **env))
        return f"{len(index.requests)} requests, {seconds:.1f} s"

    def wrapper(self) -> list[Line]:
        """The wrapped tools against the bare ones."""
        return [Line(*line) for line in wrapper_lines(self)]

    def symbols(self) -> list[Line]:
        """What reading symbols costs."""
        from tests.bench.symbols import symbol_lines  # what it imports would count as memory of every command before

        return [Line(*line) for line in symbol_lines(self)]

    def environments(self) -> list[Line]:
        """What a look at whole environments costs; after the symbols, whose environment it fills up."""
        from tests.bench.check_environment import check_environment_lines

        return [Line(*line) for line in check_environment_lines(self)]

    def explained(self) -> list[Line]:
        """What explanations cost."""
        from tests.bench.explained import explained_lines

        return [Line(*line) for line in explained_lines(self)]

    def joint(self) -> list[Line]:
        """What several stacks together cost, and how that grows."""
        from tests.bench.joint import joint_lines

        return [Line(*line) for line in joint_lines(self)]

    def locks(self) -> list[Line]:
        """What reading a large lock file costs."""
        from tests.bench.check_locks import lock_lines

        return [Line(*line) for line in lock_lines(self)]

    def folder_check(self) -> list[Line]:
        """What a check of a whole repository costs."""
        from tests.bench.check_folder import folder_lines

        return [Line(*line) for line in folder_lines(self)]

    def served(self) -> list[Line]:
        """What a resolve through the served index costs beside the bare one."""
        from tests.bench.served import served_lines

        return [Line(*line) for line in served_lines(self)]

    def size(self) -> list[Line]:
        """What the installed package takes, its catalog and tree in it."""
        (package,) = (self.folder / "venv").glob("lib/python*/site-packages/stackpin")
        files = [path for path in package.rglob("*") if path.is_file()]
        bytecode = sum(path.stat().st_size for path in files if path.suffix == ".pyc")
        whole = sum(path.stat().st_size for path in files)
        data = sum(path.stat().st_size for path in (package / "catalog" / "data").rglob("*") if path.is_file())
        return [
            Line("installed package with its catalog", _mb(whole - bytecode), "≤ 5 MB"),
            Line("… of which the catalog", _mb(data)),
            Line("… bytecode that pip or Python adds", _mb(bytecode)),
        ]


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="stackpin's benchmark")
    parser.add_argument("--runs", type=int, default=11, help="runs of each command that is timed (default: 11)")
    parser.add_argument("--no-write", action="store_true", help="print only")
    chosen = parser.parse_args()
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), chosen.runs)
        bench.install()
        for part in (
            bench.start_up,
            bench.whole_tree,
            bench.page,
            bench.update,
            bench.far_away,
            bench.wrapper,
            bench.symbols,
            bench.environments,
            bench.explained,
            bench.joint,
            bench.locks,
            bench.folder_check,
            bench.served,
            bench.size,
        ):
            for line in part():
                lines.append(line)
                print(" | ".join(line), flush=True)
    if not chosen.no_write:
        _write(_table(lines))
    return 0


def _table(lines: list[Line]) -> str:
    rows = [f"| {line.what.replace('|', chr(92) + '|')} | {line.value} | {line.goal} |" for line in lines]
    return "\n".join(["| what | measured | goal |", "|---|---|---|", *rows])


def _write(table: str) -> None:
    version = ".".join(map(str, sys.version_info[:3]))
    head = (
        "# Benchmark\n\nWritten by `nox -s bench`: medians of commands that took turns, in one run on "
        f"{os.cpu_count()} cores, CPython {version}, {platform.system()} {platform.machine()}.\n\n"
    )
    once = PAGE.with_name("bench_real_index.md")
    tail = f"\n{once.read_text(encoding='utf-8')}" if once.is_file() else ""
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(head + table + "\n" + tail, encoding="utf-8")
    text = README.read_text(encoding="utf-8")
    block = re.compile(r"(<!-- bench -->\n).*?(<!-- /bench -->)", re.DOTALL)
    README.write_text(block.sub(lambda match: f"{match[1]}{table}\n{match[2]}", text), encoding="utf-8")


def _index_settings() -> dict[str, str]:
    """The index that pip is configured with, for pip and uv alike; empty where their own default is meant."""
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    url = answer.stdout.strip() if answer.returncode == 0 else ""
    return {"PIP_INDEX_URL": url, "UV_DEFAULT_INDEX": url} if url else {}


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


sys.exit(main())
