"""PyPI and the vendors' CUDA indexes on the loopback, full of hollow wheels with the real METADATA.

PyPI's side (``pypi/simple/<project>/``) lists what the catalog's rows list: the real file names, with their tags, upload
times and Requires-Python, and the Requires-Dist lines of the release. A project that has no rows is stood in for by empty
wheels, one for each version that any row names. A vendor's side (``download.pytorch.org/whl/<tag>/<project>/`` and so on)
lists the builds of the fact tables; stackpin is led there by the mirrors that :attr:`HollowIndex.mirrors` names.

Three things differ from the world: an sdist is a wheel for any platform (a tool would build it, here it need not), a page
tells hashes only where the index is asked to (``hashes=True``), and a labelled build's METADATA is that of PyPI's build
without its lines on ``nvidia-*`` (a CPU build's: without triton as well), since the METADATA on those indexes cannot be
had here.

Wheels are made when they are asked for. Use it as a context manager; ``requests`` is the log of paths, ``sent`` counts the
bytes of the bodies.
"""

from __future__ import annotations

import json
import re
import sys
import time
from contextlib import suppress
from functools import cache
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from tests.support.wheels import metadata_text, wheel_bytes, wheel_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["DATA", "HollowFile", "HollowIndex", "hollow_folder", "rows_of"]

#: The catalog's data, read here as plain files: no code of the package stands between.
DATA = Path(__file__).resolve().parents[2] / "src" / "stackpin" / "catalog" / "data"
JSON = "application/vnd.pypi.simple.v1+json"
#: When a stand-in was uploaded; one release of each comes from the day after the catalog, to be caught by dates.
LONG_AGO, JUST_NOW = "2020-01-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z"
#: Torch releases from here on have ``manylinux_2_28`` in the names of their CUDA builds, older ones ``linux``.
_RENAMED = Version("2.7.0")
#: What the torch index carries beside its own, in old releases, as it stood when this was written.
OLD_GUESTS = {"numpy": "1.24.1", "jinja2": "3.1.3", "filelock": "3.13.1", "setuptools": "70.2.0", "pillow": "9.3.0"}


class HollowFile(NamedTuple):
    """One wheel: its name, the METADATA inside, and what the page tells of it; ``body`` where it is not hollow (an sdist)."""

    name: str
    metadata: str
    uploaded: str = LONG_AGO
    requires_python: str = ""
    body: bytes = b""

    @property
    def version(self) -> str:
        """The version in its name."""
        return _parts(self.name)[1]

    def content(self) -> bytes:
        """The wheel."""
        if self.body:
            return self.body
        stem, version, tag = _parts(self.name)
        return wheel_bytes(stem, version, self.metadata, tag=tag)


@cache
def rows_of(project: str) -> tuple[dict[str, Any], ...]:
    """The catalog's rows of a project; none for one that the catalog does not keep."""
    path = DATA / "releases" / f"{project}.jsonl"
    return tuple(map(json.loads, path.read_text(encoding="utf-8").splitlines())) if path.is_file() else ()


@cache
def _table(name: str, key: str) -> tuple[dict[str, Any], ...]:
    with (DATA / f"{name}.toml").open("rb") as file:
        return tuple(tomllib.load(file)[key])


class HollowIndex:
    """The indexes; ``pypi`` is the Simple root of PyPI's side.

    :param latency: seconds that every answer waits, as a far-away index would.
    :param hashes: whether the pages tell the sha256 of each file: every wheel of a page is made once for that.
    """

    def __init__(self, latency: float = 0.0, *, hashes: bool = False) -> None:
        self.latency = latency
        self.hashes = hashes
        self.requests: list[str] = []
        self.sent = 0
        self.shelves: dict[str, list[HollowFile]] = {}
        server = _Server(("127.0.0.1", 0), _Handler)
        server.daemon_threads = True
        server.index = self  # type: ignore[attr-defined]  # how the handler finds its index
        self._server = server
        self.root = f"http://127.0.0.1:{server.server_address[1]}"
        self.pypi = f"{self.root}/pypi/simple/"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def mirrors(self) -> str:
        """The value of STACKPIN_MIRRORS that leads every vendor's URL here."""
        hosts = sorted({host for host, _ in _vendor_pages()})
        return ",".join([f"https://{host}={self.root}/{host}" for host in hosts] + [f"pypi={self.pypi}"])

    def publish(self, shelf: str, *files: HollowFile) -> str:
        """Put wheels on an index of their own; returns its Simple root."""
        for file in files:
            project = canonicalize_name(_parts(file.name)[0])
            self.shelves.setdefault(f"{shelf}/{project}", []).append(file)
        return f"{self.root}/{shelf}/"

    def files(self, shelf: str) -> list[HollowFile]:
        """What a page lists: ``pypi/simple/torch``, ``download.pytorch.org/whl/cu126/torch``."""
        if shelf not in self.shelves:
            self.shelves[shelf] = self.shelf(shelf)
        return self.shelves[shelf]

    @staticmethod
    def shelf(shelf: str) -> list[HollowFile]:
        """The same, for what no test has added to."""
        area, _, project = shelf.rpartition("/")
        return _of_pypi(project) if area == "pypi/simple" else _of_vendor(area, project)


def hollow_folder(folder: Path, *files: HollowFile) -> Path:
    """Wheels as files, for ``--find-links FOLDER``."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        (folder / file.name).write_bytes(file.content())
    return folder


def _parts(name: str) -> tuple[str, str, str]:
    """Name, version and tag of a wheel's file name; a build number is taken out."""
    parts = name.removesuffix(".whl").split("-")
    return parts[0], parts[1], "-".join(parts[-3:])


def _of_pypi(project: str) -> list[HollowFile]:
    rows = [row for row in rows_of(project) if row["index"] == "pypi" and row["yanked"] is False]
    return [file for row in rows for file in _wheels(project, row)] or _stand_ins(project)


def _wheels(project: str, row: dict[str, Any]) -> list[HollowFile]:
    """The wheels of a release, and one for any platform where it has an sdist, or nothing at all."""
    python = row["requires_python"] or ""
    variants = row.get("variants", {})
    names = [(name, uploaded) for name, _, _, uploaded, *_ in row["files"] if name.endswith(".whl")]
    anywhere = wheel_name(project, row["version"])
    if len(names) < len(row["files"]) or not names:
        names = [*(pair for pair in names if pair[0] != anywhere), (anywhere, row["uploaded"])]

    def text(name: str) -> str:
        lines = variants.get("aarch64", row) if "aarch64" in name else row
        return _metadata(project, row["version"], lines["requires"] or [], row)

    return [HollowFile(name, text(name), uploaded, python) for name, uploaded in names]


def _metadata(project: str, version: str, requires: list[str], row: dict[str, Any]) -> str:
    return metadata_text(
        project, version, requires=requires, extras=row["extras"] or (), requires_python=row["requires_python"] or ""
    )


def _stand_ins(project: str) -> list[HollowFile]:
    """Empty wheels of a project without rows, at every version that some row names; none where no row names it."""
    versions = _versions_named().get(project)
    if versions is None:
        return []
    past = [(text, LONG_AGO) for text in sorted({*versions, "0.0.1", "9000"}, key=Version)]
    return [
        HollowFile(wheel_name(project, text), metadata_text(project, text), uploaded)
        for text, uploaded in [*past, ("9999", JUST_NOW)]
    ]


@cache
def _versions_named() -> dict[str, set[str]]:
    """Of each project that some Requires-Dist names, the versions in its specifiers, and releases just beside them."""
    rows = [row for path in sorted((DATA / "releases").glob("*.jsonl")) for row in rows_of(path.stem)]
    sources = [source for row in rows for source in (row, *row.get("variants", {}).values())]
    lines = {line.partition(";")[0] for source in sources for line in source["requires"] or ()}
    found: dict[str, set[str]] = {}
    for requirement in map(Requirement, sorted(lines)):
        versions = found.setdefault(canonicalize_name(requirement.name), set())
        for specifier in requirement.specifier:
            versions |= _beside(specifier.version)
    return found


def _beside(text: str) -> set[str]:
    """A version, its final release where it is a pre-release, and the next patch release (for ``>`` and ``!=``)."""
    with suppress(InvalidVersion):
        version = Version(text.removesuffix(".*"))
        release = [*version.release, 0, 0][:3]
        following = ".".join(map(str, [*release[:2], release[2] + 1]))
        return {str(version), version.base_version, following} if version.local is None else {str(version)}
    return set()


@cache
def _vendor_pages() -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    """(host, ``whl/cu126/torch``) -> the (version, label) pairs that the fact tables put on that page."""
    pages: dict[tuple[str, str], list[tuple[str, str]]] = {}
    family = {row["torch"]: row for row in _table("family", "family")}
    for build in _table("torch-builds", "build"):
        url = urlsplit(build["index"])
        found = {"torch": build["torch"], **family.get(build["torch"], {})}
        for project in ("torch", "torchvision", "torchaudio"):
            page = pages.setdefault((url.netloc, f"{url.path.strip('/')}/{project}"), [])
            page += [(found[project], f"+{build['tag']}")] if found.get(project) else []
    for build in _table("index-builds", "build"):
        url = urlsplit(build.get("find_links", ""))
        if url.netloc:
            page = pages.setdefault((url.netloc, url.path.strip("/")), [])
            page += [(version, build["label"]) for version in build["versions"]]
    return {key: tuple(dict.fromkeys(found)) for key, found in pages.items()}


def _of_vendor(area: str, project: str) -> list[HollowFile]:
    host, _, path = area.partition("/")
    builds = _vendor_pages().get((host, f"{path}/{project}"), ())
    rows = {row["version"]: row for row in rows_of(project)}
    files = [file for version, label in builds for file in _labelled(project, version, label, rows.get(version))]
    if host == "download.pytorch.org" and project in OLD_GUESTS:
        version = OLD_GUESTS[project]
        files.append(HollowFile(wheel_name(project, version), metadata_text(project, version)))
    return files


def _labelled(project: str, version: str, label: str, row: dict[str, Any] | None) -> list[HollowFile]:
    """The x86_64 wheels of a release as another index has them: the names of PyPI's with the label."""
    if row is None:
        name = wheel_name(project, version + label, "cp39-abi3-manylinux2014_x86_64")
        return [HollowFile(name, metadata_text(project, version + label))]
    dropped = r"(nvidia-|cuda-toolkit|cuda-bindings" + (r"|triton" if label == "+cpu" else "") + ")"
    requires = [line for line in row["requires"] or () if not re.match(dropped, line)]
    metadata = _metadata(project, version + label, requires, row)
    tags = {_parts(name)[2] for name, *_ in row["files"] if name.endswith("x86_64.whl") and "linux" in name}
    return [
        HollowFile(wheel_name(project, version + label, _platform(project, version, tag)), metadata)
        for tag in sorted(tags or {"py3-none-any"})
    ]


def _platform(project: str, version: str, tag: str) -> str:
    """A tag with the platform as the torch index writes it (seen in the names of public lock files)."""
    if project not in {"torch", "torchvision", "torchaudio"}:
        return tag
    torch = next((row["torch"] for row in _table("family", "family") if row.get(project) == version), version)
    platform = "manylinux_2_28_x86_64" if Version(torch) >= _RENAMED else "linux_x86_64"
    return f"{tag.rpartition('-')[0]}-{platform}"


class _Server(ThreadingHTTPServer):
    """Says nothing where a client hangs up, and lets as many wait as a uv in a hurry sends."""

    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Answers pages, files and the METADATA beside them."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing on stderr."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        index: HollowIndex = self.server.index  # type: ignore[attr-defined]  # set by HollowIndex
        path = unquote(self.path.partition("?")[0]).strip("/")
        index.requests.append(path)
        time.sleep(index.latency)
        if path.endswith((".whl", ".metadata", ".tar.gz")):
            self._file(index, path)
        else:
            self._page(index, path)

    def _page(self, index: HollowIndex, shelf: str) -> None:
        files = index.files(shelf)
        if not files:
            self._send(404, b"", "text/plain")
        elif shelf.startswith("pypi/") and JSON in self.headers.get("Accept", ""):
            self._send(200, _json_page(shelf, files, hashes=index.hashes), JSON)
        else:
            links = "".join(_link(shelf, file, hashes=index.hashes) for file in files)
            self._send(200, f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), "text/html")

    def _file(self, index: HollowIndex, path: str) -> None:
        shelf, _, name = path.rpartition("/")
        file = next((each for each in index.files(shelf) if each.name == name.removesuffix(".metadata")), None)
        if file is None:
            self._send(404, b"", "text/plain")
        elif name.endswith(".metadata"):
            self._send(200, file.metadata.encode(), "text/plain")
        else:
            self._send(200, file.content(), "application/octet-stream")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        with suppress(ConnectionError):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.server.index.sent += len(body)  # type: ignore[attr-defined]  # set by HollowIndex
                self.wfile.write(body)


@cache
def _digest(file: HollowFile) -> str:
    return sha256(file.content()).hexdigest()


def _json_page(shelf: str, files: list[HollowFile], *, hashes: bool) -> bytes:
    rows = [
        {
            "filename": file.name,
            "url": f"/{shelf}/{quote(file.name)}",
            "hashes": {"sha256": _digest(file)} if hashes else {},
            "upload-time": file.uploaded,
            "core-metadata": file.name.endswith(".whl"),
            **({"requires-python": file.requires_python} if file.requires_python else {}),
        }
        for file in files
    ]
    name = shelf.rpartition("/")[2]
    return json.dumps({"meta": {"api-version": "1.1"}, "name": name, "versions": [], "files": rows}).encode()


def _link(shelf: str, file: HollowFile, *, hashes: bool) -> str:
    python = f' data-requires-python="{escape(file.requires_python)}"' if file.requires_python else ""
    digest = f"#sha256={_digest(file)}" if hashes else ""
    return f'<a href="/{shelf}/{quote(file.name)}{digest}"{python}>{file.name}</a><br>\n'
