"""A difference as text and as Markdown, word for word."""

from __future__ import annotations

from stackpin.check.compare import compare
from stackpin.emit.diff_markdown import diff_markdown
from stackpin.emit.diff_text import diff_text
from stackpin.model.change import Difference, Held, Role, Stated

__all__: list[str] = []

BEFORE = Stated(
    title="app 1.0",
    anchors=(("app", "1.0"),),
    cuda="cu124",
    machine="x86_64",
    pythons=("3.10", "3.11"),
    driver="525.60.13",
    command="stackpin compile app==1.0 --cuda cu124",
    held=(
        Held(name="app", specifier="==1.0", role=Role.MEMBER),
        Held(name="torch", specifier="===2.6.0", role=Role.MEMBER, why="app 1.0: torch==2.6.0"),
        Held(name="kern", specifier="==0.2", role=Role.MEMBER, why="app 1.0: kern==0.2"),
        Held(name="triton", specifier="==3.2.0", role=Role.MEMBER, why="torch 2.6.0: triton==3.2.0"),
        Held(name="idna", specifier="==3.9", role=Role.OTHER),
        Held(name="old-kern", specifier="0+blocked.by.stackpin.use.kern.0.2", role=Role.BLOCK, why="writes kern/"),
    ),
    told=("kern was not verified",),
)
AFTER = Stated(
    title="app 2.0",
    anchors=(("app", "2.0"),),
    cuda="cu130",
    machine="x86_64",
    pythons=("3.10", "3.11"),
    driver="580.65.06",
    command="stackpin compile app==2.0 --cuda cu130",
    pages=("--find-links https://index.example/whl/cu130/torch/",),
    held=(
        Held(name="app", specifier="==2.0", role=Role.MEMBER),
        Held(name="torch", specifier="==2.6.0+cu130", role=Role.MEMBER, why="app 2.0: torch==2.6.0"),
        Held(name="kern", specifier="==0.1", role=Role.MEMBER, why="app 2.0: kern==0.1; os_name == 'a|b'"),
        Held(name="triton", specifier="==3.2.0", role=Role.MEMBER, why="torch 2.6.0: triton==3.2.0"),
        Held(name="idna", specifier="==3.10", role=Role.OTHER),
    ),
    told=("kern has *no* code",),
)

TEXT = """\
app 1.0 on cu124 to app 2.0 on cu130
3 of 4 members change: 1 upgrade, 1 downgrade (kern), 1 other build; 1 other package too

target         before     after      change
CUDA tag       cu124      cu130      from CUDA 12 to CUDA 13
NVIDIA driver  525.60.13  580.65.06  a newer driver is needed

member  before  after        change
app     1.0     2.0          upgrade
torch   2.6.0   2.6.0+cu130  other build; from PyPI's build to the cu130 build of another index
kern    0.2     0.1          downgrade

the same in both: triton

other package  before  after  change
idna           3.9     3.10   upgrade

index lines
+ --find-links https://index.example/whl/cu130/torch/

kept out
- old-kern  writes kern/

notes
- kern was not verified
+ kern has *no* code
"""
MARKDOWN = """\
**app 1.0 on cu124 → app 2.0 on cu130**: 3 of 4 members change: 1 upgrade, 1 downgrade (kern), 1 other build; 1 other package too

| member | before | after | change |
|---|---|---|---|
| app | `1.0` | `2.0` | upgrade |
| torch | `2.6.0` | `2.6.0+cu130` | other build; from PyPI's build to the cu130 build of another index |
| kern | `0.2` | `0.1` | **downgrade** |

| target | before | after | change |
|---|---|---|---|
| CUDA tag | `cu124` | `cu130` | from CUDA 12 to CUDA 13 |
| NVIDIA driver | `525.60.13` | `580.65.06` | a newer driver is needed |

<details><summary>Why</summary>

- torch: `app 2.0: torch==2.6.0`
- kern: `app 2.0: kern==0.1; os_name == 'a|b'`

</details>

<details><summary>The same in both (1)</summary>

triton

</details>

<details><summary>Other packages (1)</summary>

| package | before | after | change |
|---|---|---|---|
| idna | `3.9` | `3.10` | upgrade |

</details>

<details><summary>Index lines</summary>

```diff
+ --find-links https://index.example/whl/cu130/torch/
```

</details>

<details><summary>Kept out</summary>

- no longer: old-kern (writes kern/)

</details>

<details><summary>Notes</summary>

- gone: kern was not verified
- new: kern has \\*no\\* code

</details>

<details><summary>Commands</summary>

```sh
stackpin compile app==1.0 --cuda cu124
stackpin compile app==2.0 --cuda cu130
```

</details>
"""


def found() -> Difference:
    """The difference of the two."""
    return compare(BEFORE, AFTER)


def test_a_text_has_its_columns_aligned_and_its_downgrades_by_name() -> None:
    assert diff_text(found()) == TEXT


def test_evidence_stands_below_its_row_where_it_is_asked_for() -> None:
    lines = diff_text(found(), evidence=True).splitlines()
    row = next(place for place, line in enumerate(lines) if line.startswith("kern"))
    assert lines[row + 1] == "    app 2.0: kern==0.1; os_name == 'a|b'"
    assert [line for line in lines if not line.startswith("    ")] == TEXT.splitlines()


def test_markdown_shows_the_tables_and_folds_the_rest() -> None:
    assert diff_markdown(found()) == MARKDOWN


def test_a_pipe_in_a_cell_ends_no_cell() -> None:
    change = Held(name="odd", specifier="===1|2", role=Role.MEMBER)
    text = diff_markdown(compare(BEFORE, BEFORE.__replace__(held=(*BEFORE.held, change))))
    assert r"| odd |  | `1\|2` | added |" in text.splitlines()


def test_nothing_is_said_in_two_lines() -> None:
    text = "app 1.0 on cu124 to app 1.0 on cu124\nnothing changes: 4 members\n\n"
    text += "the same target: cu124, NVIDIA driver 525.60.13 or newer, Python 3.10 to 3.11, linux x86_64\n"
    same = compare(BEFORE, BEFORE)
    assert (diff_text(same), same.differs) == (text, False)
    assert diff_markdown(same).startswith(
        "**app 1.0 on cu124 → app 1.0 on cu124**: nothing changes: 4 members\n\n"
        "the same target: cu124, NVIDIA driver 525.60.13 or newer, Python 3.10 to 3.11, linux x86\\_64\n"
    )
