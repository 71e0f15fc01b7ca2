"""``pyproject.toml`` however it is laid out: the tuple goes in, all else says what it said, comments stay, twice is once."""

from __future__ import annotations

import sys

from hypothesis import event, given
from hypothesis import strategies as st
from tests.support.projects import comments_of, outside

from stackpin.errors import InputUnreadable, UsageError
from stackpin.patch.uv_project import Tagged, Wanted, with_tuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__: list[str] = []

MANAGED = frozenset({"torch", "triton"})
URL = "https://download.example/whl/cu126"
WANTED = st.sampled_from([
    Wanted(("torch===2.6.0", "triton==3.2.0"), MANAGED, {}, "sys_platform == 'linux'", ("torch===2.6.0",)),
    Wanted(("torch==2.6.0+cu126",), MANAGED, {"torch": URL}, "sys_platform == 'linux'"),
    Wanted(("torch==2.6.0",), MANAGED, {}, "", (), {
        "cu126": Tagged(("torch==2.6.0+cu126",), {"torch": URL}), "cu124": Tagged(("torch===2.6.0",), {}),
    }, frozenset({"torch"})),
])  # fmt: skip
COMMENTS = st.sampled_from(["", "", "  # why", " # 'quoted' \"text\" [x]", "# at the margin"])
VALUES = st.sampled_from(
    [
        '"text"',
        "'#no comment'",
        "3",
        "true",
        "[1, 2]",
        '["a",  # in a list\n  "b",\n]',
        "{ a = 1 }",
        '"""\n# no comment\n"""',
    ]
)
LINES = st.sampled_from(['"idna<4"', '"torch==2.5.1"', '"torch<2.7"', '"torch<2.5"', "'triton==3.2.0'", '"sglang"'])
LISTS = st.builds(
    lambda items, comment: "[\n" + "".join(f"    {item},{comment}\n" for item in items) + "]",
    st.lists(LINES, max_size=3),
    st.sampled_from(["", "  # because"]),
) | st.builds(lambda items: f"[{', '.join(items)}]", st.lists(LINES, max_size=2))
KEYS = {
    "[project]": st.just({"name": st.just('"x"'), "dependencies": LISTS, "version": st.just("'1'")}),
    "[project.optional-dependencies]": st.just({"gpu": LISTS, "cu126": LISTS}),
    "[build-system]": st.just({"requires": LISTS}),
    "[dependency-groups]": st.just({"dev": LISTS}),
    "[tool.uv]": st.just({
        "constraint-dependencies": LISTS, "build-constraint-dependencies": LISTS, "package": st.just("false"),
    }),
    "[tool.uv.sources]": st.just({"idna": st.just('{ path = "i" }'), "torch": st.just(f'{{ url = "{URL}/torch.whl" }}')}),
    "[tool.uv.pip]": st.just({"strict": st.just("true")}),
    "[tool.other]": st.just({"a": VALUES, "b": VALUES}),
    "[tool.other.more]": st.just({"c": VALUES}),
}  # fmt: skip
INDEXES = ["[[tool.uv.index]]\nname = 'mine'  # ours\nurl = 'https://a.example/simple'\n",
           f"[[tool.uv.index]]\nname = 'torch-cu126'\nurl = '{URL}/'\nexplicit = true\n"]  # fmt: skip


@st.composite
def projects(draw: st.DrawFn) -> str:
    """A project file: some of the tables, each once, in any order, with some of their keys and comments between."""
    parts = []
    for head in draw(st.permutations(list(KEYS)))[: draw(st.integers(0, len(KEYS)))]:
        known = draw(KEYS[head])
        lines = [f"{head}{draw(COMMENTS)}"]
        keys = draw(st.lists(st.sampled_from(sorted(known)), unique=True))
        lines += [f"{key} = {draw(known[key])}{draw(COMMENTS)}" for key in keys]
        parts.append("\n".join(lines) + "\n" + draw(st.sampled_from(["", "\n", "\n# between\n\n"])))
    parts += draw(st.lists(st.sampled_from(INDEXES), unique=True))
    text = draw(st.sampled_from(["", "# head\n"])) + "".join(parts)
    return text if draw(st.booleans()) else text.replace("\n", "\r\n")


@given(projects(), WANTED)
def test_the_tuple_goes_in_and_nothing_else_changes(text: str, wanted: Wanted) -> None:
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        event("no TOML")
        return
    try:
        new = with_tuple(text, wanted, where="x")
    except (InputUnreadable, UsageError) as error:
        event(error.what.partition(" ")[0])
        assert error.where.startswith("x")  # noqa: PT017 - one of two ends
        return
    event("patched")
    after = tomllib.loads(new)
    assert outside(after, MANAGED) == outside(before, MANAGED)
    lines = after["tool"]["uv"]["constraint-dependencies"]
    assert set(wanted.constraints) <= set(lines)
    assert {*wanted.constraints, "idna<4", "torch<2.7", "sglang"}.issuperset(lines)
    gone = comments_of(text) - comments_of(new)
    assert gone <= {"# because"}  # it stood behind a pin that was replaced
    assert with_tuple(new, wanted, where="x") == new
