"""The pip section of conda's files: the shapes that are read, with their places, and those that are refused."""

from __future__ import annotations

import pytest

from stackpin.errors import InputUnreadable
from stackpin.parse.conda_environment import CondaText, parse_conda_environment
from stackpin.parse.text_places import Span

__all__: list[str] = []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dependencies:\n  - pip:\n    - torch==2.6.0\n", CondaText("torch==2.6.0", Span(3, 7, 19))),
        ("dependencies:\n- pip:\n  - torch==2.6.0 # c\n", CondaText("torch==2.6.0", Span(3, 5, 17))),
        ("---\r\ndependencies: # d\r\n - 'pip' : # e\r\n     - torch #no\r\n", CondaText("torch", Span(4, 8, 13))),
        ('dependencies:\n  - pip:\n    - "torch>=2"  # c\n', CondaText("torch>=2", Span(3, 8, 16))),
        ("dependencies:\n  - pip:\n    - 'x; os_name==\"a\"'\n", CondaText('x; os_name=="a"', Span(3, 8, 23))),
        ("dependencies:\n  - pip:\n    - 'it''s'\n", CondaText("it's", Span(3, 8, 13), is_raw=False)),
        ("dependencies:\n  - pip:\n    - -r a#b.txt\n", CondaText("-r a#b.txt", Span(3, 7, 17))),
        ("dependencies:\n  - pip:\n    - torch @ https://x.example/a\n", CondaText("torch @ https://x.example/a", Span(3, 7, 34))),
        ("channels: [a]\ndependencies:\n  # c\n  - pip:\n\n      - torch\nprefix: /x\n", CondaText("torch", Span(6, 9, 14))),
    ],
)  # fmt: skip
def test_a_requirement_of_the_pip_section_stands_at_its_place(text: str, expected: CondaText) -> None:
    assert parse_conda_environment(text, "e.yml").pip == (expected,)


@pytest.mark.parametrize(
    "text",
    [
        "dependencies: [torch]\n",
        "dependencies: *deps\n",
        "dependencies:\n  - pip: [torch]\n",
        "dependencies:\n  - pip: torch\n",
        "dependencies:\n  - pip:\n    - &a torch\n",
        "dependencies:\n  - pip:\n    - torch\n      ==2\n",
        "dependencies:\n  - pip:\n    - torch: 2\n",
        "dependencies:\n  - pip:\n    - >-\n      torch\n",
        "dependencies:\n  - pip:\n    - torch=={{ v }}\n",
        'dependencies:\n  - pip:\n    - "a\\tb"\n',
        "dependencies:\n  - pip:\n    - torch\n     - triton\n",
        "dependencies:\n  - pip:\n\t- torch\n",
        "dependencies:\n  - pip:\n   - torch\n",
        "dependencies:\n  pip\n",
        "dependencies:\n  - a\ndependencies:\n  - b\n",
        "- torch\n",
        "just text\n",
        "dependencies:\n  - " + "a" * 5000 + "\n",
        "{dependencies: [a]}",
    ],
)
def test_another_layout_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(InputUnreadable, match="not read") as raised:
        parse_conda_environment(text, "e.yml")
    assert raised.value.where.startswith("e.yml:")


@pytest.mark.parametrize(
    ("item", "name", "python"),
    [
        ("python=3.11", "python", "3.11"),
        ("python==3.11.9", "python", "3.11"),
        ("conda-forge::python=3.11.*", "python", "3.11"),
        ("python 3.11.* *_cpython", "python", ""),
        ("python>=3.11", "python", ""),
        ("pytorch::pytorch-cuda=12.4", "pytorch-cuda", ""),
    ],
)
def test_what_conda_installs_is_told_by_name(item: str, name: str, python: str) -> None:
    found = parse_conda_environment(f"dependencies:\n  - {item}\n", "e.yml")
    assert (list(found.conda_names), found.python) == ([name], python)


def test_a_file_without_dependencies_asks_for_nothing() -> None:
    assert parse_conda_environment("name: x\nchannels:\n  - a\n", "e.yml").pip == ()
    assert parse_conda_environment("", "e.yml").conda == ()
