"""What ``pip config list`` prints, read back."""

from __future__ import annotations

from stackpin.parse.pip_listing import listed_values

__all__: list[str] = []


def test_values_are_read_by_section_and_key() -> None:
    text = "global.constraint='\\n/a.txt\\n/b.txt'\ninstall.no-deps='true'\n"
    assert listed_values(text) == {
        ("global", "constraint"): "\n/a.txt\n/b.txt",
        ("install", "no-deps"): "true",
    }


def test_variables_warnings_and_broken_lines_are_left_out() -> None:
    text = ":env:.constraint='/x'\nWARNING: something = odd\nglobal.x=unquoted\nnothing\n.='a'\n"
    assert listed_values(text) == {("", ""): "a"}
