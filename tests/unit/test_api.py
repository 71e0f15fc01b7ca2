"""The Python API: models in and out, nothing printed, errors of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support.in_process import run_here

import stackpin.api
from stackpin import api
from stackpin.model.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

__all__: list[str] = []


def test_a_tuple_is_a_model() -> None:
    locked = api.compile("sglang==0.4.*", cuda="cu124")
    assert isinstance(locked, api.LockedTuple)
    pins = {str(pin.name): pin.full_version for pin in locked.pins}
    assert pins["sglang"] == "0.4.6.post5"
    assert [pins[name] for name in ("torch", "triton", "sgl-kernel")] == ["2.6.0", "3.2.0", "0.1.4"]


def test_a_build_from_another_index_has_its_local_part() -> None:
    pin = api.compile("torch==2.7.*", cuda="cu118").pin("torch")
    assert pin
    assert (pin.full_version, pin.specifier, pin.build.tag) == ("2.7.1+cu118", "==2.7.1+cu118", "cu118")


def test_a_refusal_carries_its_reasons_as_data() -> None:
    with pytest.raises(api.NoTuple) as caught:
        api.compile("sglang==0.4.7", cuda="cu124")
    error = caught.value
    assert (error.slug, error.exit_code) == ("no-tuple", 10)
    assert error.explanation.refusals[0].releases == ("0.4.7",)  # type: ignore[attr-defined]


def test_the_stack_that_is_preferred_stays_newer() -> None:
    plain = api.compile("sglang<0.4.7", "vllm<0.9")
    turned = api.compile("sglang<0.4.7", "vllm<0.9", prefer=("vllm",))
    assert [str(anchor.name) for anchor in plain.anchors] == ["sglang", "vllm"]
    assert [str(anchor.name) for anchor in turned.anchors] == ["vllm", "sglang"]


def test_a_file_is_what_the_command_writes() -> None:
    text = api.constraints("torch==2.7.*", cuda="cu118", index_style="extra-index-url")
    assert text.startswith("# torch 2.7.x on cu118, compiled by stackpin ")
    assert "\n--extra-index-url https://download.pytorch.org/whl/cu118\n" in text


def test_settings_are_handed_in() -> None:
    settings = Settings(mirrors={"https://download.pytorch.org": "http://mirror.example"})
    text = api.constraints("torch==2.7.*", cuda="cu118", settings=settings)
    assert "--find-links http://mirror.example/whl/cu118/torch/\n" in text


@pytest.mark.parametrize(
    ("requirement", "options", "kind"),
    [
        ("sglang=0.4.7", {}, api.UsageError),
        ("sglangg", {}, api.UnknownName),
        ("sglang", {"cuda": "cu12.4"}, api.UnknownName),
        ("sglang", {"cuda": "rocm6.3"}, api.NotCovered),
        ("torch==2.2.0", {}, api.CatalogGap),
    ],
)
def test_bad_input_raises_the_class_of_its_cause(
    requirement: str, options: dict[str, str], kind: type[api.StackpinError], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(kind):
        api.compile(requirement, **options)  # type: ignore[arg-type]
    assert capsys.readouterr() == ("", "")


def test_files_are_checked(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("torch==2.6.0\ntriton==3.3.1\n", encoding="utf-8")
    (finding,) = api.check_files(str(tmp_path)).findings
    assert (finding.rule.id, finding.place.line, finding.fix.text) == ("SP101", 2, "triton==3.2.0")
    assert api.check_files(str(file), stacks=("torch==2.7.1",)).findings[0].rule.id == "SP103"
    with pytest.raises(api.UsageError):
        api.check_files()


def test_an_environment_is_checked(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    (tmp_path / "pyvenv.cfg").parent.mkdir(exist_ok=True)
    (tmp_path / "pyvenv.cfg").write_text("version = 3.11.9\n", encoding="utf-8")
    for name, version in (("torch", "2.6.0"), ("triton", "3.3.1")):
        folder = packages / f"{name}-{version}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (finding,) = api.check_environment(str(tmp_path)).findings
    assert (finding.rule.id, finding.place.distribution) == ("SP101", "triton")


def test_every_promised_name_is_there() -> None:
    assert [name for name in api.__all__ if not hasattr(stackpin.api, name)] == []


def test_emit_gives_the_text_of_the_command_and_writes_nothing(tmp_path: Path) -> None:
    asked = ("renovate", "sglang==0.4.*", "--cuda", "cu124")
    assert api.emit("renovate", "sglang==0.4.*", cuda="cu124").text == run_here("emit", *asked, cwd=tmp_path).stdout
    beside = tmp_path / "held.txt"
    made = api.emit("env", "sglang==0.4.*", cuda="cu124", constraints=str(beside))
    assert f'}}"{beside} ;;' in made.text
    assert (made.constraints, made.beside) == (str(beside), api.constraints("sglang==0.4.*", cuda="cu124"))
    assert not beside.exists()
    with pytest.raises(api.UnknownName, match="no format 'renovat'"):
        api.emit("renovat", "sglang")
