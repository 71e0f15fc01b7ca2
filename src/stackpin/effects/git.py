"""The user's own git: which revision a folder is, and one revision of a repository elsewhere. Nothing of a tree is run.

No checkout, no hook, no submodule, no filter: what is wanted is read out of git's objects. git asks no questions; the
user's credential helpers and ssh keys work as ever.
"""

from __future__ import annotations

import os
import shlex
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stackpin.effects.kept import cache_folder
from stackpin.effects.process import LocalProcesses, find_tool
from stackpin.errors import FileUnwritable, IndexFailed, ToolMissing, UnknownName
from stackpin.model.source_tree import Revision
from stackpin.parse.web_address import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stackpin.effects.process import Finished, ProcessRunner

__all__ = ["FetchedTree", "fetched_tree", "revision_of"]

#: Seconds; a revision without its files is small, but a server may need a while to pick it.
PATIENCE = 600.0
#: What could make git run a program, or look at another repository than the one that is named.
_FOREIGN = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY"}
_QUIET = (
    "--no-optional-locks",
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"),
    *("-c", "gc.auto=0", "-c", "maintenance.auto=false"),
)
_LOG = (
    "log",
    "-1",
    "--no-show-signature",
    "--decorate-refs=refs/tags/*",
    "--date=iso-strict-local",
    "--format=%H%n%cd%n%D",
)
_SHORT = 7
_WHOLE = 40
_NO_REVISION = ("couldn't find remote ref", "unadvertised object", "not our ref", "no such remote ref", "bad object")


class _Git:
    """One git in one folder."""

    def __init__(self, folder: Path, environ: Mapping[str, str], runner: ProcessRunner | None) -> None:
        tool = find_tool("git", environ)
        if tool is None:
            raise ToolMissing(
                "there is no git", expected="git on PATH", hint="install git, or name a folder that has the tree"
            )
        self._tool, self._folder = tool, folder
        self._runner = runner or LocalProcesses()
        kept = {name: value for name, value in environ.items() if name not in _FOREIGN}
        self._environ = {**kept, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "TZ": "UTC"}

    def run(self, *words: str, protocols: str = "") -> Finished:
        env = {**self._environ, "GIT_ALLOW_PROTOCOL": protocols or "none"}
        return self._runner.run([self._tool, *_QUIET, *words], env=env, cwd=self._folder, timeout=PATIENCE)


def revision_of(
    folder: Path, files: Sequence[str], environ: Mapping[str, str], runner: ProcessRunner | None = None
) -> Revision | str:
    """The commit that a folder is at; a text where git is not there, or does not hold these files.

    :returns: the text is empty where that is all as it should be, and else says why git does not tell.
    :param files: what was read, relative to the folder; whether they differ from the commit is part of the answer.
    """
    try:
        git = _Git(folder, environ, runner)
    except ToolMissing:
        return ""
    log = git.run(*_LOG)
    if "dubious ownership" in log.stderr:  # as in a container: git wants to be told that the folder is to be trusted
        return f"the folder is another user's: git config --global --add safe.directory {shlex.quote(str(folder.resolve()))}"
    held = git.run("ls-files", "--", *files)
    if log.code != 0 or held.code != 0 or not held.stdout.strip():
        return ""
    state = git.run("status", "--porcelain", "--ignore-submodules=all", "--", *files)
    return _revision(log.stdout, changed=bool(state.stdout.strip()))


def _revision(log: str, *, changed: bool = False) -> Revision:
    commit, committed, refs = [*log.splitlines(), "", "", ""][:3]
    tags = tuple(ref.removeprefix("tag: ") for ref in refs.split(", ") if ref.startswith("tag: "))
    return Revision(commit=commit, committed=committed, tags=tags, changed=changed)


class FetchedTree:
    """One revision of a repository, as git's objects have it.

    :param git: git in a repository that holds it.
    :param url: where it came from, with credentials.
    :param revision: the commit.
    """

    def __init__(self, git: _Git, url: str, revision: Revision) -> None:
        self._git, self._url, self.revision = git, url, revision

    def read(self, path: str) -> bytes | None:
        """The bytes of a file of the revision; None where it has no such file.

        :raises IndexFailed: where the server does not hand it out.
        """
        listed = self._git.run("ls-tree", self.revision.commit, "--", path)
        if listed.code == 0 and not listed.stdout.strip():
            return None
        shown = self._git.run("cat-file", "blob", f"{self.revision.commit}:{path}", protocols=_protocols(self._url))
        if shown.code != 0:
            raise _failed(shown, self._url)
        return shown.stdout.encode()


@contextmanager
def fetched_tree(
    url: str, rev: str, environ: Mapping[str, str], runner: ProcessRunner | None = None
) -> Iterator[FetchedTree]:
    """A revision of a repository, fetched without history and, where the server can, without files; gone afterwards.

    :param rev: a branch, a tag or a commit; empty: the repository's own HEAD.
    :raises ToolMissing: where there is no git.
    :raises UnknownName: where the repository has no such revision.
    :raises IndexFailed: where the repository cannot be reached.
    """
    folder = _own_folder(environ)
    try:
        git = _Git(folder, environ, runner)
        for words in (("init", "--quiet", "--bare", "--template="), ("remote", "add", "origin", url)):
            done = git.run(*words)
            if done.code != 0:
                raise _failed(done, url)
        yield FetchedTree(git, url, _fetch(git, url, rev))
    finally:
        import shutil

        shutil.rmtree(folder, ignore_errors=True)


def _fetch(git: _Git, url: str, rev: str) -> Revision:
    """Fetch the revision: as a tag, which then tells the release, else as what it is; a short hash needs all history."""
    protocols = _protocols(url)
    options = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--filter=blob:none")
    tag = f"refs/tags/{rev}"
    done = git.run(*options, "--depth=1", "origin", f"+{tag}:{tag}" if rev else "HEAD", protocols=protocols)
    target = tag if rev and done.code == 0 else "FETCH_HEAD"
    if rev and _lacks(done):
        done = git.run(*options, "--depth=1", "origin", rev, protocols=protocols)
    if done.code != 0 and _lacks(done) and _SHORT <= len(rev) < _WHOLE and set(rev) <= set("0123456789abcdef"):
        done = git.run(*options, "origin", "+refs/heads/*:refs/heads/*", protocols=protocols)
        target = rev
    found = git.run("rev-parse", "--verify", "--quiet", f"{target}^{{commit}}")
    if done.code != 0 or found.code != 0:
        if done.code != 0 and not _lacks(done):
            raise _failed(done, url)
        raise UnknownName(
            f"the repository has no revision {rev or 'HEAD'!r}",
            where=without_credentials(url),
            expected="a branch, a tag or a commit",
            hint=f"git ls-remote {without_credentials(url)}",
        )
    return _revision(git.run(*_LOG, found.stdout.strip()).stdout)


def _lacks(done: Finished) -> bool:
    """Whether a server answered, and has no such revision."""
    return any(words in done.stderr for words in _NO_REVISION)


def _protocols(url: str) -> str:
    """What git may speak for an address: its own scheme, and https where http leads there."""
    scheme = urlsplit(url).scheme
    return "http:https" if scheme == "http" else scheme


def _failed(done: Finished, url: str) -> IndexFailed:
    said = [line for line in done.stderr.replace(url, without_credentials(url)).splitlines() if line.strip()]
    words = next(
        (line for line in said if line.startswith(("fatal:", "error:"))), next(iter(said), f"exit {done.code}")
    )
    what = "git took too long" if done.timed_out else "git cannot fetch from the repository"
    shown = without_credentials(url)
    return IndexFailed(what, where=shown, got=words, expected="a repository", hint=f"git ls-remote {shown}")


def _own_folder(environ: Mapping[str, str]) -> Path:
    """A folder of one's own below the cache; where there is none, where temporary files go."""
    import tempfile

    home = cache_folder(environ)
    place = home / "stackpin" / "trees" if home else Path(tempfile.gettempdir())
    try:
        place.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=place))
    except OSError as error:
        raise FileUnwritable(
            "a temporary folder cannot be made",
            where=str(place),
            got=error.strerror or str(error),
            hint="set XDG_CACHE_HOME to a folder with room",
        ) from error
