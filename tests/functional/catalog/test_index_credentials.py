"""Logins of an index: used, wherever they come from, and seen nowhere."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from tests.support.index_server import IndexServer
from tests.support.wheels import wheel_bytes, wheel_name

from stackpin.errors import IndexFailed

if TYPE_CHECKING:
    from tests.support.catalog_desk import Desk

USER, SECRET = "reader", "s3cr3t-pa55"


def seen(desk: Desk, home: Path) -> str:
    """Everything that an update wrote: the catalog, the cache, and what it said."""
    files = [path for folder in (desk.folder, home) for path in folder.rglob("*") if path.is_file()]
    texts = [path.read_text(errors="replace") for path in files if path.name != ".netrc"]
    return "\n".join([*texts, *map(str, files), *desk.notes.notes])


@pytest.fixture
def guarded(desk: Desk) -> Desk:
    """An index that wants a login."""
    desk.index.behaviour.login = (USER, SECRET)
    desk.index.behaviour.validators = True
    desk.release("1.0")
    return desk


def check_used_and_unseen(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    assert [row.version for row in desk.rows()] == ["1.0"]
    assert all("@" not in row.index for row in desk.rows())
    assert SECRET not in seen(desk, Path.home())
    assert SECRET not in caplog.text


def test_a_login_in_the_mirror_address_is_used_and_unseen(
    guarded: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("STACKPIN_MIRRORS", f"pypi={guarded.index.with_login(USER, SECRET)}")
    report = guarded.update()
    check_used_and_unseen(guarded, caplog)
    assert SECRET not in repr(report)


def test_a_login_in_a_vendor_address_is_used_and_unseen(guarded: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    report = guarded.update(index_url=guarded.index.with_login(USER, SECRET))
    check_used_and_unseen(guarded, caplog)
    assert guarded.rows()[0].index == guarded.index.url.rstrip("/")
    assert SECRET not in repr(report)


def test_a_login_with_odd_characters_is_decoded(desk: Desk) -> None:
    desk.index.behaviour.login = ("a@b", "p:a/ss w")
    desk.release("1.0")
    desk.update(index_url=desk.index.with_login("a%40b", "p%3Aa%2Fss%20w"))
    assert [row.version for row in desk.rows()] == ["1.0"]


@pytest.mark.parametrize("variable", [None, "NETRC"])
def test_a_login_in_netrc_is_used_and_unseen(
    guarded: Desk,
    variable: str | None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "logins" if variable else Path.home() / ".netrc"
    path.write_text(f"machine 127.0.0.1 login {USER} password {SECRET}\n")
    path.chmod(0o600)
    if variable:
        monkeypatch.setenv(variable, str(path))
    guarded.update()
    check_used_and_unseen(guarded, caplog)


@dataclass
class Credential:
    username: str
    password: str


def fake_keyring(asked: list[tuple[str, str | None]], *, service: str) -> dict[str, ModuleType]:
    """A keyring library with one entry; it remembers what it was asked."""
    library, errors = ModuleType("keyring"), ModuleType("keyring.errors")

    def get_credential(name: str, user: str | None) -> Credential | None:
        asked.append((name, user))
        return Credential(USER, SECRET) if name == service else None

    library.get_credential = get_credential  # type: ignore[attr-defined]  # a module made by hand
    errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]  # as above
    return {"keyring": library, "keyring.errors": errors}


def test_a_login_in_the_keyring_is_asked_for_after_a_401_and_unseen(
    guarded: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asked: list[tuple[str, str | None]] = []
    host = guarded.index.root.removeprefix("http://")
    for name, module in fake_keyring(asked, service=host).items():
        monkeypatch.setitem(sys.modules, name, module)
    guarded.update()
    check_used_and_unseen(guarded, caplog)
    assert asked[0] == (guarded.index.url, None), "the index's address first, then its host, as pip does"
    assert [request.status for request in guarded.index.requests[:2]] == [401, 200]


def test_the_keyring_is_not_asked_where_nobody_wants_a_login(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str | None]] = []
    for name, module in fake_keyring(asked, service="any").items():
        monkeypatch.setitem(sys.modules, name, module)
    desk.release("1.0")
    desk.update()
    assert asked == []


@pytest.mark.parametrize("login", [None, (USER, "wrong-" + SECRET)])
def test_a_missing_or_wrong_login_is_told_without_showing_it(guarded: Desk, login: tuple[str, str] | None) -> None:
    url = guarded.index.with_login(*login) if login else guarded.index.url
    with pytest.raises(IndexFailed) as caught:
        guarded.update(index_url=url, packages=("demo",))
    assert str(caught.value).replace(guarded.index.root, "http://index") == (
        "the index wants other credentials, or any\n"
        "  where:    http://index/simple/demo/\n"
        "  found:    HTTP 401\n"
        "  expected: the project's page\n"
        "  do:       put user and password into ~/.netrc, the keyring, or the index URL"
    )
    assert caught.value.exit_code == 14


def test_an_error_about_an_address_with_a_login_does_not_show_it(guarded: Desk) -> None:
    guarded.index.behaviour.statuses = {"/simple/": 500}
    with pytest.raises(IndexFailed) as caught:
        guarded.update(index_url=guarded.index.with_login(USER, SECRET), packages=("demo",))
    shown = f"{caught.value} {caught.value.as_dict()} {caught.value.__cause__!r}"
    assert SECRET not in shown
    assert USER not in shown


def test_a_login_does_not_go_to_another_host(desk: Desk) -> None:
    """The page lies on one server, the file on another: the second must not see the first one's login."""
    with IndexServer() as files:
        name = wheel_name("demo", "1.0")
        files.add(name, wheel_bytes("demo", "1.0"))
        desk.index.behaviour.login = (USER, SECRET)
        desk.index.behaviour.pages = "html"
        desk.index.add(f"{name}", wheel_bytes("demo", "1.0"))
        desk.index.file_root = files.root
        desk.update(index_url=desk.index.with_login(USER, SECRET))
        assert files.paths() == [f"/files/{name}.metadata", f"/files/{name}"]
        assert all("authorization" not in request.headers for request in files.requests)
