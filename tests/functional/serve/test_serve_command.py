"""``stackpin serve`` as it is typed: what it says, what it refuses, and how it ends."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import pytest
from tests.support.hollow import HollowIndex
from tests.support.in_process import run_here
from tests.support.serving import Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__: list[str] = []

#: A command line under which an import fails as it does where the extra is not installed.
WITHOUT = "import sys; sys.modules['{}'] = None; from stackpin.cli.main import main; main(sys.argv[1:])"


@pytest.fixture(scope="module")
def hollow() -> Iterator[HollowIndex]:
    with HollowIndex(hashes=True) as index:
        yield index


@pytest.fixture(autouse=True)
def settings(hollow: HollowIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKPIN_MIRRORS", hollow.mirrors)


def fetched(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_it_says_what_it_serves_and_how_it_is_used_and_ctrl_c_ends_it(hollow: HollowIndex, tmp_path: Path) -> None:
    with Served("--stack", "torch==2.6.0", cwd=tmp_path) as served:
        assert fetched(f"{served.url}torch/")[0] == 200
        assert fetched(f"{served.url}pytorch-triton/")[0] == 404
        code = served.stop()
    root, url = served.root, served.url
    assert code == 0
    notes = [line for line in served.told if line.startswith("note: ")]
    left_out = [line for line in served.told if line.startswith("left out: torch ")]
    assert [line for line in served.told if not line.startswith(("note: ", "left out: "))] == [
        f"serving torch 2.6.0 on cu124 at {url}",
        "  target   cu124, linux x86_64, glibc 2.17 or newer, Python 3.9 to 3.13; NVIDIA driver 525.60.13 or newer",
        f"  behind   {hollow.pypi}",
        f"  pip      pip install --index-url {url} torch==2.6.0",
        f"  uv       uv pip install --default-index {url} torch==2.6.0",
        f"  missing  {root}missing/NAME says what is left out of a page, and why",
        "Ctrl-C ends it",
    ]
    assert notes == ["note: cu124 needs NVIDIA driver 525.60.13 or newer"]
    assert "left out: torch 2.7.1: the tuple has torch 2.6.0  (PyPI's own build is cu124)" in left_out
    assert len(left_out) == len(set(left_out))


def test_json_says_where_it_is_and_what_it_holds(hollow: HollowIndex, tmp_path: Path) -> None:
    with Served("--stack", "torch==2.10.*", "--cuda", "cu126", "-q", cwd=tmp_path) as served:
        document = served.document
        status, page = fetched(f"{served.url}torch/")
        served.stop()
    assert served.told == []
    assert (document["schema"], document["tuple"], document["upstream"]) == (1, "torch 2.10.0 on cu126", hollow.pypi)
    assert document["pins"]["torch"] == "2.10.0+cu126"
    assert (document["install"], status) == (["torch==2.10.0"], 200)
    assert f"{hollow.root}/download.pytorch.org/whl/cu126/torch/torch-2.10.0%2Bcu126-" in page


def test_the_stacks_of_the_settings_are_served_and_a_member_that_is_set_free_keeps_its_page(tmp_path: Path) -> None:
    with Served("--allow", "torchvision", cwd=tmp_path, STACKPIN_STACK="torch==2.6.0") as served:
        page = fetched(f"{served.url}torchvision/")[1]
        served.stop()
    assert served.document["tuple"] == "torch 2.6.0 on cu124"
    assert {"torchvision-0.20.1", "torchvision-0.21.0", "torchvision-0.22.1"} <= set(
        re.findall(r"torchvision-[\d.]+\d", page)
    )
    assert "note: torchvision is set free (allow)" in served.told


def test_without_a_stack_it_says_how_one_is_named(tmp_path: Path) -> None:
    done = run_here("serve", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        (
            "error: no stack is named\n"
            "  expected: --stack, STACKPIN_STACK, or stack = [...] in [tool.stackpin]\n"
            "  do:       stackpin serve --stack sglang\n"
        ),
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_it_serves_this_machine_only(tmp_path: Path, host: str) -> None:
    done = run_here("serve", "--stack", "torch==2.6.0", "--host", host, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        (
            "error: the index is for this machine only\n"
            f"  found:    --host {host}\n"
            "  expected: a loopback address: 127.0.0.1 or ::1\n"
            "  do:       for other machines, an index server of their own: stackpin emit devpi --help\n"
        ),
    )


def test_a_host_that_is_no_address_is_refused(tmp_path: Path) -> None:
    done = run_here("serve", "--stack", "torch==2.6.0", "--host", "index.example", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        (
            "error: the host is no address\n"
            "  found:    --host index.example\n"
            "  expected: a loopback address: 127.0.0.1 or ::1\n"
        ),
    )


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run_here("serve", "--stack", "torch==2.6.0", "--port", port, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        (
            "error: the port cannot be had\n"
            f"  found:    127.0.0.1 port {port}: Address already in use\n"
            "  expected: a port that is free\n"
            "  do:       --port 0 takes one that is\n"
        ),
    )


def test_no_tuple_is_no_index(tmp_path: Path) -> None:
    assert run_here("serve", "--stack", "sglang==0.4.7", "--cuda", "cu124", cwd=tmp_path).returncode == 10


@pytest.mark.parametrize("library", ["simple_repository", "uvicorn"])
def test_without_the_extra_it_says_how_it_is_installed(tmp_path: Path, library: str) -> None:
    words = [sys.executable, "-c", WITHOUT.format(library), "serve", "--stack", "torch==2.6.0", "--json"]
    done = subprocess.run(words, cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False)
    assert (done.returncode, json.loads(done.stdout)["error"]["slug"]) == (16, "tool-missing")
    assert done.stderr == (
        "error: the libraries that serve an index are not installed\n"
        f"  found:    import of {library} halted; None in sys.modules\n"
        "  expected: simple-repository and uvicorn\n"
        "  do:       pip install 'stackpin[serve]'\n"
    )


def test_ctrl_c_ends_it_at_once_while_the_index_behind_is_silent(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/simple/"
        with Served("--stack", "torch==2.6.0", cwd=tmp_path, STACKPIN_MIRRORS=f"pypi={url}") as served:
            host, port = served.root[7:-1].split(":")
            with socket.create_connection((host, int(port))) as client:
                client.sendall(b"GET /simple/torch/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                with silent.accept()[0]:  # the request has come through; nothing answers it
                    assert served.stop() == 0


def test_a_login_in_the_address_of_the_index_stands_in_no_line(hollow: HollowIndex, tmp_path: Path) -> None:
    url = hollow.pypi.replace("://", "://ada:s3cret@")
    mirrors = hollow.mirrors.replace(f"pypi={hollow.pypi}", f"pypi={url}")
    with Served("--stack", "torch==2.6.0", cwd=tmp_path, STACKPIN_MIRRORS=mirrors) as served:
        pages = [fetched(f"{served.url}{name}/")[1] for name in ("torch", "nothing-of-that-name")]
        served.stop()
    said = "\n".join([json.dumps(served.document), *served.told, *pages])
    assert f"  behind   {hollow.pypi}" in served.told
    assert "s3cret" not in said


def test_two_hundred_clients_at_once_are_all_answered_alike(hollow: HollowIndex, tmp_path: Path) -> None:
    """Each over a connection of its own, and no page fetched by the server yet."""
    import asyncio

    import httpx

    names = ("torch", "triton", "sglang", "nothing-of-that-name")

    async def answers(root: str) -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(base_url=root, timeout=60, limits=limits) as client:
            return await asyncio.gather(*(client.get(f"{names[number % 4]}/") for number in range(200)))

    with Served("--stack", "torch==2.6.0", "-q", cwd=tmp_path) as served:
        found = asyncio.run(answers(served.url))
        assert served.stop() == 0
    said = {name: {(each.status_code, each.text) for each in found[number::4]} for number, name in enumerate(names)}
    assert {name: [code for code, _ in one] for name, one in said.items()} == {
        "torch": [200],
        "triton": [200],
        "sglang": [200],
        "nothing-of-that-name": [404],
    }


@pytest.mark.slow
def test_ten_thousand_requests_in_a_row_do_not_let_memory_grow(tmp_path: Path, hollow: HollowIndex) -> None:
    """Pages of every kind, a third of them fetched anew: what is kept has an end, and the threads' memory is taken first."""
    import httpx

    names = ["torch", "triton", "pytorch-triton", "requests", "numpy", "transformers", "sglang"]
    with Served("--stack", "torch==2.6.0", "-q", cwd=tmp_path) as served, httpx.Client(base_url=served.url) as client:
        for number in range(3_000):
            client.get(f"early{number}/")
        paths = [f"late{number}" if number % 3 == 0 else names[number % 7] for number in range(10_000)]
        for path in names:
            client.get(f"{path}/")
        before = served.memory
        assert {client.get(f"{path}/").status_code for path in paths} == {200, 404}
        assert served.memory - before < 8_000
        assert served.stop() == 0
