"""Addresses as they may be shown."""

from __future__ import annotations

import pytest

from stackpin.parse.web_address import credentials_of, origin_of, without_credentials, without_userinfo


@pytest.mark.parametrize(
    ("url", "shown", "asked", "login"),
    [
        ("https://h/simple/", "https://h/simple/", "https://h/simple/", None),
        ("https://u:p@h:8443/s/", "https://h:8443/s/", "https://h:8443/s/", ("u", "p")),
        ("https://u@h/s", "https://h/s", "https://h/s", ("u", "")),
        ("https://a%40b:p%3A%2F@h/s", "https://h/s", "https://h/s", ("a@b", "p:/")),
        ("https://h/s?token=x#sha256=1", "https://h/s", "https://h/s?token=x#sha256=1", None),
        ("https://u:p@p@h/s", "https://h/s", "https://h/s", ("u", "p@p")),
    ],
)
def test_an_address_is_shown_and_asked_without_its_login(
    url: str, shown: str, asked: str, login: tuple[str, str] | None
) -> None:
    assert (without_credentials(url), without_userinfo(url), credentials_of(url)) == (shown, asked, login)


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin_of("HTTPS://u:p@Host:8443/a?b") == "https://host:8443"
