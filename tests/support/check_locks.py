"""Lock files that real tools make of the small projects in ``tests/data/check/locks``, on an index of hollow wheels.

``python -m tests.support.check_locks TOOLS`` makes them anew, TOOLS being a folder with an environment for each tool by its
name and version (``uv-0.13.9``, ``poetry-2.5.1``, ``pip-26.3``, ``pdm-2.29.3``), as :data:`MADE` lists them. In what is kept
the index is ``https://index.example`` and a digest is zeros, for it depends on the zlib of the Python that made the wheel.
Beside a lock of poetry 1 the project is kept as it was (``.project``), the index's address of that day in it: the lock has
a digest of it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from tests.support.hollow import HollowFile, HollowIndex
from tests.support.wheels import metadata_text, wheel_name

from stackpin.app.check.locks import lock_subjects
from stackpin.check.input_kinds import kind_by_name

if TYPE_CHECKING:
    from stackpin.app.check.locks import LockSubjects

__all__ = ["ABOUT", "DATA", "MADE", "PYTHONS", "Made", "lock_files", "lock_index", "made_lock", "read", "told"]

DATA = Path(__file__).resolve().parents[1] / "data" / "check" / "locks"
ADDRESS = "https://index.example"
#: What the kept expectations speak of.
ABOUT = (
    *("flashinfer-python", "numpy", "sgl-kernel", "sglang", "torch", "torchao", "torchaudio", "torchvision"),
    *("triton", "triton-windows", "vllm", "xformers", "xgrammar"),
)
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
ON_LINUX = "sys_platform == 'linux' and platform_machine == 'x86_64'"


class Made(NamedTuple):
    """A lock that is kept: the project's folder, the tool's environment, its arguments, and what it writes.

    ``LOCK`` among the arguments is the file to write; without it the tool writes ``output``.
    """

    case: str
    tool: str
    arguments: tuple[str, ...]
    output: str

    @property
    def kept(self) -> Path:
        """Where it is kept."""
        suffix = "".join(Path(self.output).suffixes[-1:])
        return DATA / self.case / f"{self.tool}{suffix}"


def _uv(case: str, *versions: str) -> list[Made]:
    return [Made(f"uv/{case}", f"uv-{version}", ("lock",), "uv.lock") for version in versions]


def _poetry(case: str, *versions: str) -> list[Made]:
    return [Made(f"poetry/{case}", f"poetry-{version}", ("lock", "-n"), "poetry.lock") for version in versions]


_EXPORT = ("export", "--format", "pylock.toml", "--no-header", "--output-file", "LOCK")
MADE: tuple[Made, ...] = (
    *_uv("accelerators", "0.5.31", "0.9.30", "0.13.9"),
    *_uv("groups", "0.5.31", "0.13.9"),
    *_uv("members", "0.13.9"),
    *_uv("nested", "0.9.30", "0.13.9"),
    *_uv("overlapping", "0.13.9"),
    *_uv("platforms", "0.5.0", "0.9.30", "0.13.9"),
    *_uv("kernel", "0.9.30", "0.13.9"),
    *_uv("sources", "0.5.31", "0.13.9"),
    Made("uv/script", "uv-0.9.30", ("lock", "--script", "app.py"), "app.py.lock"),
    Made("uv/script", "uv-0.13.9", ("lock", "--script", "app.py"), "app.py.lock"),
    Made("pylock/uv-export", "uv-0.13.9", (*_EXPORT, "--all-extras", "--all-groups"), "pylock.toml"),
    Made("pylock/uv-extra", "uv-0.13.9", (*_EXPORT, "--extra", "cu124"), "pylock.toml"),
    Made(
        "pylock/uv-universal",
        "uv-0.13.9",
        ("pip", "compile", "pyproject.toml", "--universal", "--no-header", "--format", "pylock.toml", "-o", "LOCK"),
        "pylock.toml",
    ),
    Made("pylock/pip", "pip-26.3", ("lock", "-r", "requirements.txt", "-o", "LOCK"), "pylock.toml"),
    Made("pylock/pdm", "pdm-2.29.3", ("lock", "-G", ":all"), "pylock.toml"),
    *_poetry("groups", "2.5.1"),
    *_poetry("exclusive", "2.0.1", "2.5.1"),
    *_poetry("first", "1.1.15", "1.4.2", "1.8.5"),
    *_poetry("several", "1.8.5", "2.0.1", "2.5.1"),
)


def _file(name: str, version: str, *requires: str, tag: str = "py3-none-any") -> HollowFile:
    return HollowFile(wheel_name(name, version, tag), metadata_text(name, version, requires=requires))


def lock_index(index: HollowIndex) -> dict[str, str]:
    """Put the wheels on an index; returns what stands for each name in the projects' files."""
    for label in ("cu124", "cu126", "cpu"):
        triton = [f"triton==3.2.0; {ON_LINUX}"] if label != "cpu" else []
        index.publish(
            f"whl/{label}",
            _file("torch", f"2.6.0+{label}", *triton),
            _file("torchvision", f"0.21.0+{label}", f"torch==2.6.0+{label}"),
        )
    simple = index.publish(
        "pypi/simple",
        _file("torch", "2.6.0", f"triton==3.2.0; {ON_LINUX}"),
        _file("torch", "2.5.1", f"triton==3.1.0; {ON_LINUX}"),
        _file("triton", "3.1.0"),
        _file("triton", "3.2.0"),
        _file("triton-windows", "3.2.0.post18"),
        _file("torchvision", "0.21.0", "torch==2.6.0"),
        _file("torchaudio", "2.5.1", "torch==2.5.1"),
        _file("torchaudio", "2.6.0", "torch==2.6.0"),
        _file("sgl-kernel", "0.1.0", tag="cp39-abi3-manylinux2014_x86_64"),
        _file("xgrammar", "0.1.19", tag="cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64"),
        _file("numpy", "1.26.4"),
        _file("numpy", "2.1.0"),
        _file("Jinja2", "3.1.4"),
        _file("pytest", "8.0"),
    )
    return {"@SIMPLE@": simple, "@ROOT@": index.root}


def lock_files() -> list[Path]:
    """Every lock that is kept with what it is known to install beside it."""
    return sorted(path.with_name(path.name.removesuffix(".expected")) for path in DATA.rglob("*.expected"))


def made_lock(made: Made, tools: Path, folder: Path, index: HollowIndex) -> str:
    """What a tool makes of a project, in a folder that is empty, as it is kept."""
    words = lock_index(index)
    for path in sorted((DATA / made.case).rglob("*")):
        if path.name in {"pyproject.toml", "app.py", "requirements.txt", "pdm.toml"}:
            target = folder / path.relative_to(DATA / made.case)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text(encoding="utf-8")
            for word, value in words.items():
                text = text.replace(word, value)
            target.write_text(text, encoding="utf-8")
    name = made.tool.partition("-")[0]
    arguments = [made.output if word == "LOCK" else word for word in made.arguments]
    _run([str(tools / made.tool / "bin" / name), *arguments], folder, words["@SIMPLE@"])
    text = (folder / made.output).read_text(encoding="utf-8").replace(index.root, ADDRESS)
    return re.sub(r"(?<!content-hash = \")\b[0-9a-f]{64}\b", "0" * 64, text)


def _run(command: list[str], folder: Path, simple: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "PIP_", "VIRTUAL_ENV"))}
    own = {"HOME": str(folder), "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": simple, "UV_INDEX_URL": simple}
    settings = {"UV_PYTHON_DOWNLOADS": "never", "UV_PYTHON": sys.executable, "POETRY_VIRTUALENVS_CREATE": "false"}
    done = subprocess.run(
        command, cwd=folder, env={**kept, **own, **settings}, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def _main(tools: Path, only: str = "") -> None:
    for made in MADE:
        if only in f"{made.case}/{made.tool}":
            with TemporaryDirectory() as folder, HollowIndex(hashes=True) as index:
                made.kept.write_text(made_lock(made, tools, Path(folder), index), encoding="utf-8")
                if made.tool.startswith("poetry-1"):
                    made.kept.with_suffix(".project").write_bytes((Path(folder) / "pyproject.toml").read_bytes())
                print(made.kept.relative_to(DATA))


def told(found: LockSubjects) -> str:
    """Subjects and notes as they are kept beside a lock: each part, then each mention with the place of its version."""
    lines = []
    for subject in found.subjects:
        lines.append(subject.part)
        for mention in subject.mentions:
            place = f"{mention.place.line}:{mention.place.column}-{mention.place.end_column}"
            lines.append(f"  {place} {mention.name} {mention.version} {mention.address}".rstrip())
    return "".join(f"{line}\n" for line in (*lines, *(f"# {note}" for note in found.notes)))


def read(path: Path) -> LockSubjects:
    """What a kept lock is found to install of :data:`ABOUT`, for :data:`PYTHONS`."""
    name = {"uv": "uv.lock", "pylock": "pylock.toml", "poetry": "poetry.lock"}[path.relative_to(DATA).parts[0]]
    kind = kind_by_name(name)
    assert kind is not None
    project = path.with_suffix(".project")
    given = project.read_bytes() if project.is_file() else None
    return lock_subjects(path.read_bytes(), name, kind, PYTHONS, about=ABOUT, project=given)


if __name__ == "__main__":
    _main(Path(sys.argv[1]).resolve(), *sys.argv[2:])
