"""``stackpin serve``: a filtered Simple index of a tuple on the loopback."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from stackpin.app.compile import compile_job
from stackpin.app.index_session import open_index
from stackpin.check.rules import accepted_by_name
from stackpin.effects.async_http import ThreadedHttp
from stackpin.effects.loopback import loopback_socket, serve_until_stopped
from stackpin.emit.constraints import rewritten, target_text
from stackpin.errors import ToolMissing, UsageError
from stackpin.model.locked import Evidence
from stackpin.model.value import Value, replace
from stackpin.parse.web_address import without_credentials
from stackpin.ports import HttpSettings
from stackpin.serve.rules import TupleRules
from stackpin.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stackpin.app.compile import Job, Workshop
    from stackpin.app.index_session import IndexSession
    from stackpin.model.locked import LockedTuple
    from stackpin.serve.asgi import Application

__all__ = ["ServeJob", "Serving", "opened_index"]

#: A client waits while we ask: fewer and shorter tries than an update makes, and more at a time. Each new connection looks the
#: name up: where dozens do so at once, a name server may drop questions, and the first pages come 5 s late (resolv.conf).
_PATIENCE = HttpSettings(connections=12, timeout=15.0, deadline=60.0, attempts=2, back_off=0.2)
#: How long a page is given without asking the index again, in seconds; clients ask with its entity tag each time.
_FRESH = 60.0
#: About how much memory the pages may take, in bytes.
_ROOM = 64 * 1024 * 1024


class ServeJob(Value):
    """What one ``serve`` is asked for: the tuple, where to listen, and how long a page is kept (seconds)."""

    job: Job
    host: str = "127.0.0.1"
    port: int = 0
    fresh: float = _FRESH
    patience: HttpSettings = _PATIENCE


class Serving(NamedTuple):
    """An index that is ready to answer; ``run`` answers until it is stopped.

    ``url`` is its Simple root, ``root`` the address above that, ``upstream`` the index behind without credentials, and
    ``wanted`` what a person installs from it.
    """

    url: str
    root: str
    title: str
    target: str
    upstream: str
    wanted: tuple[str, ...]
    locked: LockedTuple
    notes: tuple[str, ...]
    run: Callable[[], None]


@contextmanager
def opened_index(asked: ServeJob, workshop: Workshop, tell: Callable[[str], None]) -> Iterator[Serving]:
    """Solve, and open the index of the tuple.

    :param tell: hears a line for each release that is left out of a page, and for each failure.
    :raises ToolMissing: where the libraries are not installed that serve it.
    :raises UsageError: when no stack is named or set, the host is none of this machine's own, or the port is taken.
    :raises NoTuple: when no tuple satisfies the stacks.
    """
    _require_libraries()
    stacks = asked.job.requirements or workshop.settings.stack
    if not stacks:
        raise UsageError(
            "no stack is named",
            expected="--stack, STACKPIN_STACK, or stack = [...] in [tool.stackpin]",
            hint="stackpin serve --stack sglang",
        )
    with loopback_socket(asked.host, asked.port) as opened, open_index(None, asked.patience) as session:
        compiled = compile_job(replace(asked.job, requirements=stacks), workshop, version=VERSION)
        locked = compiled.locked
        title = f"{_releases(locked)} on {locked.cuda}"
        application = _application(asked, workshop, locked, session, title, tell)
        host, port = opened.getsockname()[:2]
        root = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        yield Serving(
            url=f"{root}simple/",
            root=root,
            title=title,
            target=target_text(locked),
            upstream=without_credentials(session.base),
            wanted=tuple(_installable(locked)),
            locked=locked,
            notes=compiled.notes,
            run=lambda: serve_until_stopped(application, opened),
        )


def _require_libraries() -> None:
    """See that the extra is there before anything is solved.

    :raises ToolMissing: where it is not.
    """
    try:
        import simple_repository  # noqa: F401 - only whether it is there
        import uvicorn  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise ToolMissing(
            "the libraries that serve an index are not installed",
            got=str(error),
            expected="simple-repository and uvicorn",
            hint="pip install 'stackpin[serve]'",
        ) from error


def _application(
    asked: ServeJob,
    workshop: Workshop,
    locked: LockedTuple,
    session: IndexSession,
    title: str,
    tell: Callable[[str], None],
) -> Application:
    from stackpin.serve.asgi import Application
    from stackpin.serve.page_cache import PageCache
    from stackpin.serve.tuple_index import TupleIndex
    from stackpin.serve.upstream import Upstream

    mirrors = {prefix: url for prefix, url in workshop.settings.mirrors.items() if prefix != "pypi"}
    rules = TupleRules(locked, accepted_by_name(locked), _look_alikes(workshop))
    http = ThreadedHttp(session.http, asked.patience.connections)
    source = Upstream(http, session.base, rules.page_of, lambda url: rewritten(url, mirrors) if mirrors else url)
    cache = PageCache(limit=_ROOM, seconds=asked.fresh)
    return Application(TupleIndex(source, rules), title=title, held=rules.held, cache=cache, tell=tell)


def _look_alikes(workshop: Workshop) -> dict[str, Evidence]:
    """What says of each look-alike that it is one."""
    return {
        alike.distribution: Evidence(subject=alike.distribution, line=alike.evidence)
        for alike in workshop.facts.look_alikes
        if alike.evidence
    }


def _releases(locked: LockedTuple) -> str:
    return " and ".join(f"{anchor.name} {anchor.version or '(source tree)'}" for anchor in locked.anchors)


def _installable(locked: LockedTuple) -> Iterator[str]:
    """The anchors as a person asks for them, with the extra that brings the kernels."""
    for anchor in locked.anchors:
        extra = f"[{anchor.extra}]" if anchor.extra else ""
        if anchor.version:
            yield f"{anchor.name}{extra}=={anchor.version}"
