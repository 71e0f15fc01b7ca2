"""Who gets which login."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from stackpin.effects.credentials import IndexAuth, keyring_lookup, netrc_lookup

if TYPE_CHECKING:
    from pathlib import Path


def sent(auth: IndexAuth, url: str, status: int = 200) -> list[str]:
    """The Authorization headers of the requests that one request turns into; empty where it carries none."""
    flow = auth.auth_flow(httpx.Request("GET", url))
    headers = []
    request = next(flow)
    while True:
        headers.append(request.headers.get("authorization", ""))
        try:
            request = flow.send(httpx.Response(status, request=request))
        except StopIteration:
            return headers


def make(**logins: tuple[str, str]) -> tuple[IndexAuth, list[str]]:
    asked: list[str] = []

    def from_keyring(url: str, user: str) -> tuple[str, str] | None:
        asked.append(f"{user}@{url}")
        return logins.get("keyring")

    return IndexAuth(from_netrc=lambda _: logins.get("netrc"), from_keyring=from_keyring), asked


BASIC_UP = "Basic dTpw"


def test_a_login_in_an_address_goes_to_that_origin_only() -> None:
    auth, _ = make()
    assert auth.learn("https://u:p@h/simple/") == "https://h/simple/"
    assert sent(auth, "https://h/files/x.whl") == [BASIC_UP]
    for other in ("https://h:8443/x", "http://h/x", "https://h.example/x", "https://example/h/x"):
        assert sent(auth, other) == [""]


def test_a_netrc_login_stands_behind_the_address() -> None:
    auth, _ = make(netrc=("u", "p"))
    assert sent(auth, "https://h/") == [BASIC_UP]
    auth.learn("https://a:b@h/")
    assert sent(auth, "https://h/") == ["Basic YTpi"]


def test_the_keyring_is_asked_after_a_401_once_and_its_answer_is_kept() -> None:
    auth, asked = make(keyring=("u", "p"))
    auth.learn("https://h/simple/")
    assert sent(auth, "https://h/simple/demo/", 401) == ["", BASIC_UP]
    assert sent(auth, "https://h/simple/demo/") == [BASIC_UP]
    assert asked == ["@https://h/simple/"]


def test_a_user_without_a_password_asks_the_keyring_for_that_user() -> None:
    auth, asked = make(keyring=("u", "p"))
    auth.learn("https://u@h/simple/")
    assert sent(auth, "https://h/simple/demo/", 401) == ["", BASIC_UP]
    assert asked == ["u@https://h/simple/"]


def test_a_login_that_the_server_refuses_is_not_sent_twice() -> None:
    auth, _ = make(keyring=("u", "p"))
    auth.learn("https://u:p@h/")
    assert sent(auth, "https://h/", 401) == [BASIC_UP]


@pytest.mark.parametrize("content", [None, "machine", "machine other login u password p\n"])
def test_a_netrc_that_says_nothing_is_none(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "netrc"
    if content is not None:
        path.write_text(content)
    assert netrc_lookup({"NETRC": str(path)})("https://h/") is None


def test_without_the_library_the_keyring_has_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)  # what Python takes for "cannot be imported"
    assert keyring_lookup("https://h/", "") is None
