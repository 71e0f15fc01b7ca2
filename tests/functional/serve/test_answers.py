"""What the filtered index answers, over an index on the loopback that behaves, changes, fails, or is gone half-way."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pypi_simple
import pytest
from tests.support.index_server import Behaviour, IndexServer
from tests.support.serving import HTML, HURRY, JSON, asked_of
from tests.support.wheels import wheel_bytes

from stackpin.ports import HttpSettings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    import httpx
    from tests.support.serving import Asked

__all__: list[str] = []

LINUX = "cp312-cp312-manylinux1_x86_64"
#: What the fake index carries of torch; the tuple under test has 2.6.0.
TORCH = ("2.5.1", "2.6.0", "2.6.0+cu126", "2.7.1")
LEGACY = "text/html"


@pytest.fixture
def index() -> Iterator[IndexServer]:
    with IndexServer() as server:
        for version in TORCH:
            server.add(f"torch-{version}-{LINUX}.whl", wheel_bytes("torch", version), requires_python=">=3.9")
        for version in ("1.0", "2.0"):
            server.add(f"loose-{version}-py3-none-any.whl", wheel_bytes("loose", version))
        server.add("loose-3.0-py3-none-any.whl", wheel_bytes("loose", "3.0"), yanked='broken: says "no"')
        server.add("pytorch_triton-1.0-py3-none-any.whl", wheel_bytes("pytorch-triton", "1.0"))
        server.behaviour = Behaviour(metadata="announced")
        yield server


def run(index: IndexServer, scenario: Callable[[Asked], Awaitable[Any]], base: str = "", **options: Any) -> Any:
    """What a scenario comes to that asks the application over this index."""
    with asked_of(base or index.url, **options) as asked:

        async def whole() -> Any:
            return await scenario(asked)

        return asyncio.run(whole())


def one(index: IndexServer, path: str, *given: str, base: str = "", **options: Any) -> httpx.Response:
    """The answer to one request."""

    async def ask(asked: Asked) -> httpx.Response:
        return await asked.get(path, *given)

    answer: httpx.Response = run(index, ask, base, **options)
    return answer


def listed(answer: httpx.Response, project: str) -> pypi_simple.ProjectPage:
    """A page as an independent reader of the Simple API has it."""
    body, base = answer.content, f"http://127.0.0.1/simple/{project}/"
    if answer.headers["content-type"] == JSON:
        return pypi_simple.ProjectPage.from_json_data(json.loads(body), base)
    return pypi_simple.ProjectPage.from_html(project, body, base)


@pytest.mark.parametrize("form", [JSON, HTML, LEGACY])
@pytest.mark.parametrize("upstream", ["json", "html"])
def test_a_page_has_the_tuples_release_alone_in_every_form(index: IndexServer, form: str, upstream: Any) -> None:
    index.behaviour.pages = upstream
    answer = one(index, "/simple/torch/", form)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, form)
    assert answer.headers["vary"] == "Accept"
    (file,) = listed(answer, "torch").packages
    served = index.files[f"torch-2.6.0-{LINUX}.whl"]
    assert (file.filename, file.url.partition("#")[0]) == (served.name, f"{index.root}/files/{served.name}")
    assert file.digests == {"sha256": served.sha256}
    assert (file.requires_python, file.has_metadata, file.is_yanked) == (">=3.9", True, False)


@pytest.mark.parametrize("upstream", ["json", "html"])
@pytest.mark.parametrize("form", [JSON, HTML])
def test_a_project_that_the_tuple_does_not_speak_of_passes_with_its_yanks(
    index: IndexServer, form: str, upstream: Any
) -> None:
    index.behaviour.pages = upstream
    files = listed(one(index, "/simple/loose/", form), "loose").packages
    assert [(file.version, file.yanked_reason) for file in files] == [
        ("1.0", None),
        ("2.0", None),
        ("3.0", 'broken: says "no"'),
    ]


def test_json_keeps_what_the_index_said_to_the_letter(index: IndexServer) -> None:
    """Sizes, upload times to the microsecond, digests of METADATA: all but the addresses, which are absolute."""

    async def both(asked: Asked) -> tuple[Any, Any]:
        ours = await asked.get("/simple/loose/")
        import httpx

        async with httpx.AsyncClient() as client:
            theirs = await client.get(f"{index.url}loose/", headers={"Accept": JSON})
        return ours.json(), theirs.json()

    ours, theirs = run(index, both)
    for row in theirs["files"]:
        row["url"] = f"{index.root}/files/{row['filename']}"
    assert ours == theirs
    assert ours["files"][0]["upload-time"] == "2025-01-02T03:04:05.678901Z"


def test_versions_are_narrowed_with_the_files(index: IndexServer) -> None:
    assert one(index, "/simple/torch/").json()["versions"] == ["2.6.0"]


def test_a_labelled_build_comes_from_its_vendors_page_with_its_address_unharmed(index: IndexServer) -> None:
    """``%2B`` in an address stays one: an escape of the escape would lead nowhere."""
    for label in ("cu126", "cu128"):
        index.add(f"torch-2.10.0+{label}-cp312-cp312-manylinux_2_28_x86_64.whl", b"")
    index.behaviour.pages = "html"
    from tests.support.serving import rules_of

    vendor = rules_of("torch==2.10.*", "cu126").page_of("torch").removesuffix("torch/")
    answer = one(
        index,
        "/simple/torch/",
        request="torch==2.10.*",
        cuda="cu126",
        mirror=(vendor, index.url),
        base=f"{index.root}/x/",
    )
    files = listed(answer, "torch").packages
    assert [file.version for file in files] == ["2.10.0+cu126"]
    assert [request.path for request in index.requests] == ["/simple/torch/"]
    assert files[0].url.partition("#")[0] == f"{index.root}/files/{files[0].filename}"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/simple", "/simple/"),
        ("/simple/loose", "/simple/loose/"),
        ("/simple/Loose/", "/simple/loose/"),
        ("/simple/PyTorch_Triton", "/simple/pytorch-triton/"),
    ],
)
def test_an_address_that_is_not_the_normalized_one_leads_there(index: IndexServer, path: str, place: str) -> None:
    answer = one(index, path)
    assert (answer.status_code, answer.headers["location"], index.requests) == (301, place, [])


def test_the_root_lists_the_projects_of_the_tuple_without_a_request(index: IndexServer) -> None:
    answer = one(index, "/simple/")
    assert [project["name"] for project in answer.json()["projects"]] == [
        "torch",
        "torchaudio",
        "torchvision",
        "triton",
    ]
    html = one(index, "/simple/", LEGACY).content
    assert pypi_simple.IndexPage.from_html(html).projects == ["torch", "torchaudio", "torchvision", "triton"]
    assert index.requests == []


def test_head_is_get_without_a_body(index: IndexServer) -> None:
    async def both(asked: Asked) -> list[httpx.Response]:
        return [await asked.get("/simple/torch/", method=method) for method in ("GET", "HEAD")]

    get, head = run(index, both)
    assert (head.status_code, head.content, dict(head.headers)) == (200, b"", dict(get.headers))
    assert {request.method for request in index.requests} == {"GET"}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_index_is_read_only(index: IndexServer, method: str) -> None:
    async def ask(asked: Asked) -> httpx.Response:
        return await asked.get("/simple/torch/", method=method)

    answer = run(index, ask)
    assert (answer.status_code, answer.text, answer.headers["allow"]) == (405, "an index is read only\n", "GET, HEAD")


def test_a_page_that_has_not_changed_is_not_sent_again(index: IndexServer) -> None:
    async def ask(asked: Asked) -> list[httpx.Response]:
        first = await asked.get("/simple/torch/")
        etag = first.headers["etag"]
        tags = (etag, f'"other", W/{etag}', "*", '"other"')
        return [first, *[await asked.get("/simple/torch/", if_none_match=tag) for tag in tags]]

    first, *again = run(index, ask)
    assert [(answer.status_code, len(answer.content)) for answer in again] == [
        *[(304, 0)] * 3,
        (200, len(first.content)),
    ]
    assert {answer.headers["etag"] for answer in again} == {first.headers["etag"]}
    assert len(index.requests) == 1


def test_each_form_has_an_entity_tag_of_its_own_that_stays(index: IndexServer) -> None:
    async def ask(asked: Asked) -> list[str]:
        return [(await asked.get("/simple/torch/", form)).headers["etag"] for form in (JSON, HTML)]

    first, again = run(index, ask), run(index, ask)
    assert first == again
    assert len(set(first)) == 2


def test_a_page_that_changes_is_seen_once_its_time_is_over_with_another_entity_tag(index: IndexServer) -> None:
    now = [0.0]

    async def ask(asked: Asked) -> list[tuple[int, int]]:
        first = await asked.get("/simple/loose/")
        index.add("loose-4.0-py3-none-any.whl", wheel_bytes("loose", "4.0"))
        found = []
        for seconds in (59.0, 61.0):
            now[0] = seconds
            answer = await asked.get("/simple/loose/", if_none_match=first.headers["etag"])
            found.append((answer.status_code, answer.text.count('"filename"')))
        return found

    assert run(index, ask, clock=lambda: now[0]) == [(304, 0), (200, 4)]


def test_a_client_that_takes_no_form_of_a_page_is_told_which_there_are(index: IndexServer) -> None:
    answer = one(index, "/simple/torch/", "image/png")
    assert (answer.status_code, answer.text) == (406, f"pages are {JSON}, its HTML form or text/html\n")


# what is left out


def test_the_body_of_a_404_says_why_nothing_is_there(index: IndexServer) -> None:
    answer = one(index, "/simple/pytorch-triton/")
    assert answer.status_code == 404
    assert answer.text == (
        "no release of pytorch-triton is in the tuple: torch 2.6.0 on cu124\n"
        "  pytorch-triton 1.0: writes triton/, as triton 3.2.0 of the tuple does  (seen: in the wheel)\n"
    )


def test_a_member_whose_release_the_index_does_not_have_is_a_404_that_names_the_others(index: IndexServer) -> None:
    del index.files[f"torch-2.6.0-{LINUX}.whl"]
    for minor in range(9):
        index.add(f"torch-1.{minor}.0-{LINUX}.whl", b"")
    answer = one(index, "/simple/torch/")
    first, *rest, last = answer.text.splitlines()
    assert (answer.status_code, first) == (404, "no release of torch is in the tuple: torch 2.6.0 on cu124")
    assert rest[0].startswith("  torch 2.7.1: the tuple has torch 2.6.0")
    assert (len(rest), last) == (8, "  … and 4 more: /missing/torch")


def test_a_project_that_the_index_does_not_have_is_a_404(index: IndexServer) -> None:
    answer = one(index, "/simple/nothing/")
    assert (answer.status_code, answer.text) == (404, "the index has no project nothing\n")


@pytest.mark.parametrize("path", ["/simple/..%2f..%2fetc/", "/simple/torch/torch-2.6.0.whl", "/simple/-/", "/simple//"])
def test_what_is_no_name_of_a_project_never_reaches_the_index(index: IndexServer, path: str) -> None:
    answer = one(index, path)
    assert answer.status_code in {301, 404}
    assert index.requests == []


def test_the_json_page_says_what_was_left_out_of_a_page_and_why(index: IndexServer) -> None:
    document = one(index, "/missing/Torch").json()
    assert (document["schema"], document["tuple"], document["project"]) == (1, "torch 2.6.0 on cu124", "torch")
    assert [(row["version"], row["reason"], row["files"]) for row in document["left_out"]] == [
        ("2.7.1", "the tuple has torch 2.6.0", [f"torch-2.7.1-{LINUX}.whl"]),
        (
            "2.6.0+cu126",
            "another build than the tuple's 2.6.0, the cu124 build of the index itself",
            [f"torch-2.6.0+cu126-{LINUX}.whl"],
        ),
        ("2.5.1", "the tuple has torch 2.6.0", [f"torch-2.5.1-{LINUX}.whl"]),
    ]
    assert all(row["evidence"] for row in document["left_out"])
    assert one(index, "/missing/loose").json()["left_out"] == []
    assert one(index, "/missing/nothing").status_code == 404
    assert {"torch", "triton", "pytorch-triton"} <= set(one(index, "/missing/").json()["projects"])


def test_each_release_that_is_left_out_is_logged_once(index: IndexServer) -> None:
    async def ask(asked: Asked) -> list[str]:
        for form in (JSON, HTML, JSON):
            await asked.get("/simple/torch/", form)
        await asked.get("/simple/loose/")
        return asked.told

    told = run(index, ask, fresh=0.0)
    assert [line.partition("  (")[0] for line in told] == [
        "left out: torch 2.7.1: the tuple has torch 2.6.0",
        "left out: torch 2.6.0+cu126: another build than the tuple's 2.6.0, the cu124 build of the index itself",
        "left out: torch 2.5.1: the tuple has torch 2.6.0",
    ]


# trouble behind


@pytest.mark.parametrize("status", [500, 503, 429])
def test_an_index_that_fails_is_a_502_of_one_line_and_works_again_afterwards(index: IndexServer, status: int) -> None:
    async def ask(asked: Asked) -> tuple[httpx.Response, httpx.Response, list[str]]:
        index.behaviour.statuses = {"/simple/": status}
        failed = await asked.get("/simple/torch/")
        index.behaviour.statuses = {}
        return failed, await asked.get("/simple/torch/"), asked.told

    failed, fine, told = run(index, ask)
    line = f"the index cannot be reached or keeps failing: HTTP {status} (2 attempts) ({index.url}torch/)"
    assert (failed.status_code, failed.text, told[0]) == (502, f"{line}\n", line)
    assert fine.status_code == 200


def test_an_index_that_hiccups_is_asked_again(index: IndexServer) -> None:
    index.behaviour.hiccups = {"/simple/": [500]}
    assert one(index, "/simple/torch/").status_code == 200


def test_an_index_that_does_not_answer_in_time_is_a_504(index: IndexServer) -> None:
    index.behaviour.pauses = {"/simple/": 2.0}
    answer = one(index, "/simple/torch/", patience=HttpSettings(timeout=0.1, attempts=1))
    line = f"the index cannot be reached or keeps failing: no answer in time (1 attempt) ({index.url}torch/)\n"
    assert (answer.status_code, answer.text) == (504, line)


def test_an_index_that_drips_is_a_504_once_the_patience_is_over(index: IndexServer) -> None:
    index.behaviour.drips = {"/simple/": 0.05}
    answer = one(index, "/simple/torch/", patience=HttpSettings(timeout=1.0, deadline=0.2, attempts=1))
    assert (answer.status_code, answer.text.partition(" (")[0]) == (
        504,
        "the index cannot be reached or keeps failing: no end after 0.2 s",
    )


def test_an_index_that_is_slow_but_answers_is_waited_for(index: IndexServer) -> None:
    index.behaviour.pauses = {"/simple/": 0.3}
    assert one(index, "/simple/torch/").status_code == 200


@pytest.mark.parametrize("pages", ["json", "html"])
def test_an_index_that_is_gone_half_way_through_a_page_is_a_502_never_half_a_page(
    index: IndexServer, pages: Any
) -> None:
    index.behaviour.pages = pages
    index.behaviour.cuts = ("/simple/",)
    answer = one(index, "/simple/loose/")
    assert (answer.status_code, len(answer.text.splitlines())) == (502, 1)
    assert answer.text.startswith("the index cannot be reached or keeps failing: ")


def test_an_index_that_is_not_there_is_a_502() -> None:
    with IndexServer() as gone:
        pass
    answer = one(gone, "/simple/torch/")
    assert (answer.status_code, len(answer.text.splitlines())) == (502, 1)


@pytest.mark.parametrize(
    ("pages", "got"),
    [("html-as-json", "JSONDecodeError: Expecting value: line 1 column 1 (char 0)")],
)
def test_a_page_that_is_none_is_a_502_that_says_so(index: IndexServer, pages: Any, got: str) -> None:
    index.behaviour.pages = pages
    answer = one(index, "/simple/torch/")
    line = f"the index answers with something that is no project page: {got} ({index.url}torch/)\n"
    assert (answer.status_code, answer.text) == (502, line)


# logins


def test_the_login_of_the_index_is_used_and_shown_nowhere(index: IndexServer) -> None:
    index.behaviour.login = ("ada", "s3cret")
    base = index.url.replace("://", "://ada:s3cret@")

    async def ask(asked: Asked) -> list[str]:
        index.behaviour.statuses = {"/simple/broken": 403, "/simple/worse": 500}
        pages = (
            "/simple/torch/",
            "/simple/loose/",
            "/simple/broken/",
            "/simple/worse/",
            "/simple/",
            "/missing/torch",
            "/",
        )
        answers = [await asked.get(path, form) for path in pages for form in (JSON, LEGACY)]
        texts = [f"{answer.headers}{answer.text}" for answer in answers]
        assert [answer.status_code for answer in answers[:8:2]] == [200, 200, 502, 502]
        return [*texts, *asked.told]

    secrets = ("s3cret", b64encode(b"ada:s3cret").decode(), "ada:")
    texts = run(index, ask, base)
    assert [text for text in texts if any(secret in text for secret in secrets)] == []
    assert any("/simple/worse/" in text for text in texts)


def test_a_login_that_is_wrong_is_told_as_such(index: IndexServer) -> None:
    index.behaviour.login = ("ada", "s3cret")
    answer = one(index, "/simple/torch/", base=index.url.replace("://", "://ada:wrong@"))
    line = f"the index wants other credentials, or any: HTTP 401 ({index.url}torch/)\n"
    assert (answer.status_code, answer.text) == (502, line)


# many at once, and who may ask


def test_two_hundred_requests_at_once_are_one_request_a_page(index: IndexServer) -> None:
    paths = ("/simple/torch/", "/simple/loose/", "/simple/pytorch-triton/", "/simple/nothing/")

    async def ask(asked: Asked) -> list[int]:
        answers = await asyncio.gather(*(asked.get(paths[number % 4]) for number in range(200)))
        return [answer.status_code for answer in answers]

    assert run(index, ask) == [200, 200, 404, 404] * 50
    assert len(index.requests) == 4


def test_two_hundred_projects_at_once_are_all_answered(index: IndexServer) -> None:
    for number in range(200):
        index.add(f"p{number}-1-py3-none-any.whl", b"")

    async def ask(asked: Asked) -> list[int]:
        answers = await asyncio.gather(*(asked.get(f"/simple/p{number}/") for number in range(200)))
        return [answer.status_code for answer in answers]

    patience = HttpSettings(connections=32, timeout=30.0, attempts=HURRY.attempts, back_off=0.01)
    assert run(index, ask, patience=patience) == [200] * 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8642", 200),
        ("localhost:8642", 200),
        ("[::1]:8642", 200),
        ("host.docker.internal:8642", 200),
        ("stackpin.example:8642", 421),
        ("localhost.example", 421),
    ],
)
def test_a_name_that_was_bent_to_the_loopback_is_not_answered(index: IndexServer, host: str, status: int) -> None:
    async def ask(asked: Asked) -> httpx.Response:
        return await asked.get("/simple/torch/", host=host)

    assert run(index, ask).status_code == status
