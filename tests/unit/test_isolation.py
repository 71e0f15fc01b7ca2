"""The isolation of `tests/conftest.py` holds: settings are gone, and only the loopback can be reached."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

__all__: list[str] = []

HARMLESS = {"PIP_CONFIG_FILE", "PIP_DISABLE_PIP_VERSION_CHECK", "UV_NO_CONFIG", "UV_PYTHON_DOWNLOADS"}


def test_no_setting_of_the_machine_is_left() -> None:
    steering = {name for name in os.environ if name.startswith(("PIP_", "UV_", "STACKPIN_", "XDG_"))}
    assert steering == HARMLESS


def test_home_is_empty_and_not_the_users() -> None:
    assert list(Path.home().iterdir()) == []


def test_a_connection_beyond_the_loopback_fails_the_test() -> None:
    with socket.socket() as probe, pytest.raises(pytest.fail.Exception, match="only the loopback"):
        probe.connect(("192.0.2.1", 80))


def test_a_look_up_of_a_foreign_name_fails_the_test() -> None:
    with pytest.raises(pytest.fail.Exception, match="only the loopback"):
        socket.getaddrinfo("index.example", 443)


def test_the_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
