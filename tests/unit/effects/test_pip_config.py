"""Where PyPI is for a user."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pypi_simple
import pytest

from stackpin.effects.pip_config import IndexPlace, mirrors_of, pypi_of
from stackpin.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_mirrors_are_pairs_by_prefix() -> None:
    text = " pypi=http://m/simple , https://a/whl=http://m/whl?x=1,"
    assert mirrors_of({"STACKPIN_MIRRORS": text}) == {"pypi": "http://m/simple", "https://a/whl": "http://m/whl?x=1"}
    assert mirrors_of({}) == {}


@pytest.mark.parametrize("text", ["http://mirror", "pypi="])
def test_a_mirror_that_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        mirrors_of({"STACKPIN_MIRRORS": text})
    assert (caught.value.exit_code, caught.value.where) == (2, "STACKPIN_MIRRORS")


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
