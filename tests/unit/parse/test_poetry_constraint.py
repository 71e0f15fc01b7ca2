"""poetry's constraints as specifiers. The ranges are those that poetry-core 2.3's ``parse_constraint`` gives."""

from __future__ import annotations

import pytest

from stackpin.parse.poetry_constraint import poetry_marker, poetry_specifier

__all__: list[str] = []


@pytest.mark.parametrize(
    ("text", "specifier"),
    [
        ("*", ""),
        ("x", ""),
        ("2.6.0", "==2.6.0"),
        ("= 2.6.0", "==2.6.0"),
        ("==2.6.0+cu124", "==2.6.0+cu124"),
        ("!=2.6.0+cu124", "!=2.6.0+cu124"),
        ("^2.6", ">=2.6,<3.0"),
        ("^2", ">=2,<3.0"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1.0"),
        ("^0.0.0.1", ">=0.0.0.1,<0.0.1"),
        ("^v1.2rc1", ">=1.2rc1,<2.0"),
        ("~2.6.1", ">=2.6.1,<2.7"),
        ("~2.6", ">=2.6,<2.7"),
        ("~2", ">=2,<3.0"),
        ("~=2.6.1", "~=2.6.1"),
        ("2.6.*", "==2.6.*"),
        ("!=2.6.*", "!=2.6.*"),
        (">=2.6,<3", ">=2.6,<3"),
        (">=2.6 <3", ">=2.6,<3"),
        (">= 2.6, != 2.7.0,", ">=2.6,!=2.7.0"),
        ("^2.6,!=2.6.1", ">=2.6,<3.0,!=2.6.1"),
    ],
)
def test_a_constraint_admits_what_poetry_admits(text: str, specifier: str) -> None:
    assert poetry_specifier(text) == specifier


@pytest.mark.parametrize(
    "text",
    ["", "^1 || ^2", "1|2", "2.6.x", "latest", "<>2", "^2.6+cu124", ">=2.6+cu124", "~=2", "1.2-beta", "^" + "1" * 300],
)
def test_what_has_no_equal_is_not_translated(text: str) -> None:
    assert poetry_specifier(text) is None


@pytest.mark.parametrize(
    ("pythons", "marker"),
    [
        ("^3.10", "python_version >= '3.10' and python_version < '4.0'"),
        (">=3.10,<3.13", "python_version >= '3.10' and python_version < '3.13'"),
        ("3.11.*", "python_version == '3.11'"),
        ("3.*", "python_version == '3.*'"),
        (">=3.10.2", "python_full_version >= '3.10.2'"),
        ("*", ""),
        ("3.11", None),
        (">3.11", None),
        ("^3.9 || ^3.12", None),
        ("3.11.4.*", "python_full_version == '3.11.4.*'"),
        (">=3.12rc1", None),
    ],
)
def test_pythons_become_a_marker(pythons: str, marker: str | None) -> None:
    assert poetry_marker(pythons) == marker
