"""Where PyPI is for a user."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pypi_simple

from stackpin.effects.pip_config import IndexPlace, pypi_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_mirror_stands_before_pip() -> None:
    environ = {**os.environ, "PIP_INDEX_URL": "http://pip/simple"}
    assert pypi_of(environ, mirrors={"pypi": "http://m/simple"}).url == "http://m/simple"


def test_what_pip_is_told_by_variables_stands_before_its_files(tmp_path: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nindex-url = http://file/simple\ncert = /file.pem\n[install]\nindex-url = http://no\n")
    environ = {**os.environ, "PIP_CONFIG_FILE": str(config)}
    by_file = IndexPlace(url="http://file/simple", source="pip's configuration", certificates="/file.pem")
    assert pypi_of(environ, mirrors={}) == by_file
    by_variable = pypi_of({**environ, "PIP_INDEX_URL": "http://variable/simple", "PIP_CERT": "/v.pem"}, mirrors={})
    assert (by_variable.url, by_variable.certificates) == ("http://variable/simple", "/v.pem")


def test_without_any_setting_it_is_pypi_itself() -> None:
    place = pypi_of(dict(os.environ), mirrors={})
    assert (place.url, place.source) == (pypi_simple.PYPI_SIMPLE_ENDPOINT, "the default")
