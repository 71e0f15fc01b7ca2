"""What a check of a whole repository costs: 2,000 files in 250 projects, of which every second one is an input.

Once every fifth project names torch, as in a repository of many services; once, at worst, all do.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from tests.bench.measure import run_once, timed_in_turns
from tests.bench.wrapped import Installed, Measured

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["folder_lines", "lay_out_repository"]

PROJECTS = 250
#: Of each project: four inputs, the last told by its first line only, and four other files.
FILES = {
    "pyproject.toml": '[project]\nname = "{name}"\nversion = "1"\ndependencies = ["torch==2.6.0", "triton==3.2.0", "numpy<3"]\n',
    "requirements.txt": "torch==2.6.0\ntriton==3.2.0\ntorchvision==0.21.0\n"
    + "".join(f"package-{n}==1.{n}\n" for n in range(40)),
    "Dockerfile": "FROM python:3.11-slim\nCOPY . /app\nRUN pip install torch==2.6.0 triton==3.2.0\n",
    "bin/setup": "#!/usr/bin/env bash\nset -e\npip install torch==2.6.0 triton==3.2.0\n",
    "README.md": "# {name}\n",
    "src/main.py": "import torch\n",
    "src/LICENSE": "MIT\n",
    "tests/test_main.py": "import main\n",
}
#: Seconds that the search alone takes in a process that has started, and how many inputs it finds.
PROGRAM = """
import sys, time
from stackpin.app.check.found_files import find_inputs
start = time.perf_counter()
found = find_inputs([sys.argv[1]])
print(time.perf_counter() - start, len(found.files), len(found.troubles))
"""


def lay_out_repository(folder: Path, *, every: int) -> int:
    """Write the repository, torch in every so many-th project; returns how many files it has."""
    for number in range(PROJECTS):
        name = f"service-{number}"
        for path, torch in FILES.items():
            plain = torch.replace("torchvision", "httpx").replace("torch", "flask").replace("triton", "uvicorn")
            file = folder / f"group-{number % 10}" / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text((plain if number % every else torch).replace("{name}", name), encoding="utf-8")
    return PROJECTS * len(FILES)


def folder_lines(bench: Installed) -> Iterator[Measured]:
    """The search alone, then the whole command."""
    folder, worst = bench.folder / "repository", bench.folder / "torch-everywhere"
    files = lay_out_repository(folder, every=5)
    lay_out_repository(worst, every=1)
    told = [run_once(bench.command(bench.python, "-c", PROGRAM, str(folder)))[2].split() for _ in range(bench.runs)]
    seconds = statistics.median(float(each[0]) for each in told)
    inputs, troubles = map(int, told[0][1:])
    if (inputs, troubles) != (4 * PROJECTS, 0):
        message = f"the search finds {inputs} inputs and {troubles} troubles"
        raise RuntimeError(message)
    yield Measured(f"finding the {inputs:,} inputs among {files:,} files", f"{seconds * 1000:.0f} ms")
    commands = {
        "mixed": bench.command(bench.stackpin, "check", str(folder)),
        "worst": bench.command(bench.stackpin, "check", str(worst)),
    }
    found = timed_in_turns(commands, min(bench.runs, 5))
    yield Measured("`stackpin check .` of these, torch in a fifth of them", f"{found['mixed'].median:.2f} s", "≤ 2 s")
    yield Measured("… its peak memory", f"{found['mixed'].memory / 1e6:.1f} MB")
    yield Measured("… torch in all of them", f"{found['worst'].median:.2f} s")
