"""The Python API: models in and out, nothing printed, errors of its own."""

from __future__ import annotations

import pytest

import stackpin.api
from stackpin import api
from stackpin.model.settings import Settings

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


def test_every_promised_name_is_there() -> None:
    assert [name for name in api.__all__ if not hasattr(stackpin.api, name)] == []
