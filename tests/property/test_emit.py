"""Whatever a tuple holds, its file reads back to the pins, and says the same each time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from tests.property.strategies import locked_tuples

from stackpin.emit.constraints import IndexStyle, Options, constraints_text
from stackpin.model.locked import LockedTuple  # noqa: TC001 - hypothesis reads the annotations

__all__: list[str] = []

OPTIONS = {style: Options(style=style, mirrors={}, command="stackpin compile x", version="0") for style in IndexStyle}


def read(text: str) -> tuple[list[Requirement], list[str]]:
    """The requirements and the option lines of a file, read as pip reads it (a comment begins at a space and ``#``)."""
    requirements, options = [], []
    for line in text.splitlines():
        bare = line.partition(" #")[0].strip() if not line.startswith("#") else ""
        if bare.startswith("--"):
            options.append(bare)
        elif bare:
            requirements.append(Requirement(bare))
    return requirements, options


@given(locked=locked_tuples(), style=st.sampled_from([IndexStyle.FIND_LINKS, IndexStyle.EXTRA_INDEX_URL]))
def test_a_file_reads_back_to_its_pins(locked: LockedTuple, style: IndexStyle) -> None:
    requirements, _ = read(constraints_text(locked, OPTIONS[style]))
    held = [str(item) for item in requirements if item.marker is None]
    expected = [f"{pin.name}{pin.specifier}" for pin in locked.pins]
    expected += [f"{bound.name}{bound.specifier}" for bound in locked.bounds]
    expected += [f"{block.name}=={block.reads}" for block in locked.blocks]
    assert held == expected
    (guard,) = [item for item in requirements if item.marker is not None]
    assert guard.name == "torch"


@given(locked=locked_tuples())
def test_every_build_of_another_index_has_its_page(locked: LockedTuple) -> None:
    _, options = read(constraints_text(locked, OPTIONS[IndexStyle.FIND_LINKS]))
    assert options == list(dict.fromkeys(f"--find-links {pin.build.page}" for pin in locked.pins if pin.build.page))


@given(locked=locked_tuples(), style=st.sampled_from([IndexStyle.FIND_LINKS, IndexStyle.EXTRA_INDEX_URL]))
def test_the_text_is_stable(locked: LockedTuple, style: IndexStyle) -> None:
    text = constraints_text(locked, OPTIONS[style])
    assert text == constraints_text(locked, OPTIONS[style])
    assert text.endswith("\n")
    assert "\\\n" not in text
