"""What uv is told, and what its answers mean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stackpin.app.closure import Resolution, Uv, closure, uv_on_path, uv_platform
from stackpin.effects.process import Finished
from stackpin.errors import IndexFailed, NotCovered, NoTuple, StackpinError, ToolMissing
from stackpin.model.target import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LINUX = Platform(machine="x86_64", glibc=(2, 28))
TUPLE = """\
# a comment: name==1
torch===2.6.0   # the fact
Triton==3.2.0
cuda-python<13
pytorch-triton==0+blocked.by.stackpin.use.triton.3.2.0
torch==0+stackpin.only ; sys_platform != "linux"
--find-links https://index/
"""
NO_SOLUTION = "error: No solution found when resolving dependencies\n  cause: Because a needs b, nothing fits.\n"


class FakeUv:
    """A uv that answers as it was told, and remembers how it was called."""

    def __init__(self, code: int = 0, stdout: str = "", stderr: str = "", *, timed_out: bool = False) -> None:
        self.answer = (code, stdout, stderr, timed_out)
        self.argv: tuple[str, ...] = ()
        self.env: dict[str, str] = {}
        self.files: dict[str, str] = {}

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout: float | None = None,
    ) -> Finished:
        assert cwd is not None
        self.argv, self.env = tuple(argv), dict(env or {})
        self.files = {path.name: path.read_text() for path in cwd.iterdir()}
        code, stdout, stderr, timed_out = self.answer
        return Finished(argv=self.argv, code=code, stdout=stdout, stderr=stderr, timed_out=timed_out)


def solve(uv: FakeUv, *, index_url: str | None = None, environ: Mapping[str, str] | None = None) -> object:
    """The closure of one anchor by this uv."""
    return closure(
        Resolution(
            constraints=TUPLE,
            requirement="sglang[srt]==0.4.6.post5",
            python="3.11",
            platform=LINUX,
            exclude_newer="2025-05-30",
        ),
        Uv(program=Path("the-uv"), index_url=index_url, runner=uv, environ={} if environ is None else environ),
    )


def failure(uv: FakeUv, *, index_url: str | None = None) -> StackpinError:
    """The error that this uv's answer becomes."""
    with pytest.raises(StackpinError) as raised:
        solve(uv, index_url=index_url)
    return raised.value


def test_pins_come_back_normalized_and_sorted() -> None:
    printed = "# a line of uv's\ntorch===2.6.0\nMarkup.Safe==3.0.2 ; python_version >= '3.9'\nnumpy==2.2.6  # via x\n"
    assert solve(FakeUv(stdout=printed)) == (("markup-safe", "3.0.2"), ("numpy", "2.2.6"), ("torch", "2.6.0"))


def test_uv_gets_the_anchor_the_tuple_and_the_target() -> None:
    uv = FakeUv()
    solve(uv)
    assert uv.files == {"anchor.in": "sglang[srt]==0.4.6.post5\n", "tuple.txt": TUPLE}
    assert uv.argv[:6] == ("the-uv", "pip", "compile", "anchor.in", "--constraint", "tuple.txt")
    pairs = list(zip(uv.argv, uv.argv[1:], strict=False))
    assert ("--python-version", "3.11") in pairs
    assert ("--python-platform", "x86_64-manylinux_2_28") in pairs
    assert ("--exclude-newer", "2025-05-30") in pairs


def test_the_tuples_members_are_not_left_out_for_their_date() -> None:
    uv = FakeUv()
    solve(uv)
    exempt = [value for option, value in zip(uv.argv, uv.argv[1:], strict=False) if option == "--exclude-newer-package"]
    assert exempt == ["pytorch-triton=2999-12-31", "torch=2999-12-31", "triton=2999-12-31"]


def test_settings_that_bend_the_answer_stay_out_and_the_way_to_the_index_stays() -> None:
    bending = {"UV_CONSTRAINT": "x", "UV_OVERRIDE": "x", "UV_PRERELEASE": "allow", "UV_TORCH_BACKEND": "cpu"}
    kept = {"UV_CACHE_DIR": "c", "UV_INDEX_INTERNAL_PASSWORD": "p", "UV_HTTP_TIMEOUT": "9", "HOME": "h"}
    uv = FakeUv()
    solve(uv, environ={**bending, **kept})
    assert uv.env == kept


def test_an_index_goes_through_the_environment_where_others_cannot_read_it() -> None:
    uv = FakeUv()
    solve(uv, index_url="https://me:secret@index/simple/", environ={"UV_INDEX_URL": "https://other/"})
    assert uv.env == {"UV_DEFAULT_INDEX": "https://me:secret@index/simple/"}
    assert not [argument for argument in uv.argv if "secret" in argument]


def test_no_solution_is_told_in_uvs_own_words() -> None:
    error = failure(FakeUv(1, stderr=NO_SOLUTION))
    assert isinstance(error, NoTuple)
    assert error.exit_code == 10
    assert error.what == (
        "sglang[srt]==0.4.6.post5 has no closure under the tuple; uv says:\n\n"
        "  error: No solution found when resolving dependencies\n"
        "    cause: Because a needs b, nothing fits."
    )


@pytest.mark.parametrize(
    ("words", "what"),
    [
        pytest.param("Failed to fetch: `https://u:secret@index/simple/a/`", "uv could not read the index", id="net"),
        pytest.param("error: something else", "uv pip compile failed", id="other"),
        pytest.param("", "uv pip compile failed", id="wordless"),
    ],
)
def test_a_failure_on_the_way_is_the_indexes_and_keeps_secrets(words: str, what: str) -> None:
    error = failure(FakeUv(2, stderr=words), index_url="https://u:secret@index/simple/?token=secret")
    assert isinstance(error, IndexFailed)
    assert (error.what, error.where) == (what, "https://index/simple/")
    assert error.got
    assert "secret" not in str(error)


def test_a_uv_that_does_not_know_the_options_is_too_old() -> None:
    error = failure(FakeUv(2, stderr="error: unexpected argument '--exclude-newer-package' found\n\nUsage: uv"))
    assert isinstance(error, ToolMissing)
    assert (error.exit_code, error.what) == (16, "uv is too old")
    assert error.got == "error: unexpected argument '--exclude-newer-package' found"


def test_a_uv_that_never_answers_is_given_up() -> None:
    error = failure(FakeUv(-9, timed_out=True))
    assert isinstance(error, ToolMissing)
    assert error.got == "no answer in 900 s"


@pytest.mark.parametrize("line", ["torch", "torch>=2,<3", "torch @ https://x/torch.whl", "what is this"])
def test_a_line_that_is_no_pin_is_refused(line: str) -> None:
    error = failure(FakeUv(stdout=f"{line}\n"))
    assert isinstance(error, ToolMissing)
    assert error.got == line


@pytest.mark.parametrize(
    ("glibc", "name"),
    [
        pytest.param(None, "x86_64-manylinux_2_40", id="any"),
        pytest.param((2, 17), "x86_64-manylinux_2_17", id="oldest"),
        pytest.param((2, 27), "x86_64-manylinux_2_17", id="between two"),
        pytest.param((2, 34), "x86_64-manylinux_2_34", id="named"),
        pytest.param((2, 99), "x86_64-manylinux_2_40", id="newer than uv knows"),
    ],
)
def test_a_platform_has_uvs_name_for_the_newest_glibc_that_fits(glibc: tuple[int, int] | None, name: str) -> None:
    assert uv_platform(Platform(machine="x86_64", glibc=glibc)) == name


def test_a_glibc_that_uv_does_not_resolve_for_is_not_covered() -> None:
    with pytest.raises(NotCovered) as raised:
        uv_platform(Platform(machine="x86_64", glibc=(2, 12)))
    assert raised.value.expected == "manylinux_2_17 or newer with --closure"


def test_without_uv_on_path_the_error_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ToolMissing) as raised:
        uv_on_path({"PATH": str(tmp_path)})
    assert (raised.value.exit_code, raised.value.hint) == (16, "pip install uv")


def test_the_first_uv_on_path_is_taken(tmp_path: Path) -> None:
    tool = tmp_path / "uv"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    assert uv_on_path({"PATH": f"{tmp_path}/none:{tmp_path}"}) == str(tool)
