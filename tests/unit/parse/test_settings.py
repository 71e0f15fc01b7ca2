"""Settings from their texts: variables and tables."""

from __future__ import annotations

from typing import Any

import pytest

from stackpin.errors import InputUnreadable, UsageError
from stackpin.model.settings import CheckSettings, PathPattern, Settings
from stackpin.parse.settings import check_settings, environment_settings, parse_table, table_settings

__all__: list[str] = []


def test_an_empty_environment_sets_nothing() -> None:
    assert environment_settings({"PATH": "/bin", "STACKPIN_CUDA": ""}) == Settings()


def test_every_variable_has_its_setting_and_its_source() -> None:
    found = environment_settings(
        {
            "STACKPIN_STACK": "sglang==0.4.*, torch",
            "STACKPIN_CUDA": "cu124",
            "STACKPIN_DRIVER": "550.54",
            "STACKPIN_GPU": "sm_90",
            "STACKPIN_ALLOW": "torchcodec",
            "STACKPIN_MIRRORS": "https://a.example/whl=http://m/whl, pypi=http://m/simple",
            "STACKPIN_CATALOG": "facts",
        }
    )
    assert found == Settings(
        stack=("sglang==0.4.*", "torch"),
        cuda="cu124",
        driver="550.54",
        gpu="sm_90",
        allow=("torchcodec",),
        mirrors={"https://a.example/whl": "http://m/whl", "pypi": "http://m/simple"},
        catalog="facts",
        sources={
            key: f"STACKPIN_{key.upper()}" for key in ("stack", "cuda", "driver", "gpu", "allow", "mirrors", "catalog")
        },
    )


@pytest.mark.parametrize("text", ["foo", "=", "a=", "a=b,c"])
def test_a_mirror_that_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        environment_settings({"STACKPIN_MIRRORS": text})
    error = caught.value
    assert (error.what, error.where) == ("a mirror is no pair of addresses", "STACKPIN_MIRRORS")
    assert error.got == text.rsplit(",", maxsplit=1)[-1]


def test_a_pyproject_has_the_table_and_the_project() -> None:
    raw = b'[project]\nname = "svc"\n[tool.stackpin]\ncuda = "cu124"\n'
    assert parse_table(raw, "x", own_file=False) == ({"cuda": "cu124"}, {"name": "svc"})


def test_a_stackpin_toml_is_the_table() -> None:
    assert parse_table(b'cuda = "cu124"\n', "x", own_file=True) == ({"cuda": "cu124"}, {})


@pytest.mark.parametrize("raw", [b"", b"[tool.other]\n", b"[tool]\nstackpin2 = 1\n"])
def test_a_pyproject_that_does_not_speak_of_us_has_an_empty_table(raw: bytes) -> None:
    assert parse_table(raw, "x", own_file=False)[0] == {}


@pytest.mark.parametrize("raw", [b"[tool.stackpin", b"\xff\xfe", b"a = 1\na = 2\n"])
@pytest.mark.parametrize("own_file", [True, False])
def test_what_is_no_toml_is_refused(raw: bytes, own_file: bool) -> None:
    with pytest.raises(InputUnreadable) as caught:
        parse_table(raw, "settings.toml", own_file=own_file)
    error = caught.value
    assert (error.what, error.where, error.exit_code) == ("a settings file is not TOML", "settings.toml", 15)


def test_a_table_sets_what_it_names() -> None:
    found = table_settings({"stack": "sglang", "cuda": "auto", "allow": ["a", "b"], "mirrors": {"x": "y"}}, "here")
    assert (found.stack, found.cuda, found.allow, found.mirrors) == (("sglang",), "auto", ("a", "b"), {"x": "y"})
    assert found.sources == dict.fromkeys(("stack", "cuda", "allow", "mirrors"), "here")


@pytest.mark.parametrize(
    ("table", "what", "hint"),
    [
        ({"cude": "x"}, "a setting that stackpin does not know: cude", "did you mean cuda"),
        ({"zzz": 1}, "a setting that stackpin does not know: zzz", ""),
        ({"cuda": 124}, "cuda is not text", ""),
        ({"stack": 1}, "stack is not a list of texts", ""),
        ({"allow": [1]}, "allow is not a list of texts", ""),
        ({"mirrors": "x"}, "mirrors is not a table of addresses", ""),
        ({"mirrors": {"x": 1}}, "mirrors is not a table of addresses", ""),
    ],
)
def test_a_table_that_is_wrong_is_refused(table: dict[str, Any], what: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        table_settings(table, "here")
    assert (caught.value.what, caught.value.where, caught.value.hint) == (what, "here", hint)


@pytest.mark.parametrize(
    ("text", "stacks"),
    [
        pytest.param("sglang>=0.4,<0.5", ("sglang>=0.4,<0.5",), id="of a range"),
        pytest.param("sglang>=0.4, <0.5,vllm", ("sglang>=0.4, <0.5", "vllm"), id="of a range, then another stack"),
        pytest.param("vllm[a,b]==0.8.*,torch", ("vllm[a,b]==0.8.*", "torch"), id="between extras"),
    ],
)
def test_a_comma_inside_a_requirement_parts_nothing(text: str, stacks: tuple[str, ...]) -> None:
    assert environment_settings({"STACKPIN_STACK": text}).stack == stacks


def test_what_is_said_of_check_lies_below_the_files_folder() -> None:
    said = {
        "select": ["SP1", "look-alike"],
        "ignore": "SP105",
        "per-file-ignores": {"legacy/*.txt": ["SP1"]},
        "exclude": ["vendored"],
        "baseline": "ci/baseline.json",
    }
    assert check_settings({"check": said}, "here", "/repo") == CheckSettings(
        select=("SP1", "look-alike"),
        ignore=("SP105",),
        per_file_ignores=((PathPattern(text="legacy/*.txt", folder="/repo"), ("SP1",)),),
        exclude=(PathPattern(text="vendored", folder="/repo"),),
        baseline="/repo/ci/baseline.json",
        source="here [check]",
    )


def test_a_table_without_check_says_nothing_of_it_and_takes_an_absolute_baseline_as_it_is() -> None:
    assert check_settings({"cuda": "cu124"}, "here", "/repo") == CheckSettings()
    assert check_settings({"check": {"baseline": "/b.json"}}, "here", "/repo").baseline == "/b.json"


@pytest.mark.parametrize(
    ("said", "what", "hint"),
    [
        ({"selects": ["SP1"]}, "a setting that stackpin does not know: selects", "did you mean select"),
        (
            {"per_file_ignores": {}},
            "a setting that stackpin does not know: per_file_ignores",
            "did you mean per-file-ignores",
        ),
        ({"select": 1}, "select is not a list of texts", ""),
        ({"per-file-ignores": ["a"]}, "per-file-ignores is not a table of lists", ""),
        ({"per-file-ignores": {"a": 1}}, "a is not a list of texts", ""),
        ({"exclude": {}}, "exclude is not a list of texts", ""),
        ({"baseline": True}, "baseline is not text", ""),
    ],
)
def test_what_is_wrong_of_check_is_refused(said: dict[str, Any], what: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_settings({"check": said}, "here", "/repo")
    assert (caught.value.what, caught.value.where, caught.value.hint) == (what, "here [check]", hint)


def test_check_that_is_no_table_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        check_settings({"check": "SP1"}, "here", "/repo")
    assert (caught.value.what, caught.value.where) == ("check is not a table", "here")
