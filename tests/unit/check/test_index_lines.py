"""SP206: indexes and images for another tag than the pins, and what it is silent about."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from stackpin.check.index_lines import index_findings
from stackpin.model.finding import Edit
from stackpin.model.mention import IndexLine, Mention, Place, Role, Subject, SubjectKind

__all__: list[str] = []

WHL = "https://download.pytorch.org/whl"


def pin(text: str, line: int = 1, *, address: str = "", role: Role = Role.REQUIRED) -> Mention:
    found = Requirement(text)
    exact = [each.version for each in found.specifier if each.operator == "=="]
    return Mention(
        name=canonicalize_name(found.name),
        place=Place(path="it", line=line, column=1, end_column=1 + len(text)),
        role=role,
        version=exact[0] if exact else "",
        specifier=str(found.specifier),
        marker=str(found.marker or ""),
        text=text,
        address=address,
    )


def index(address: str, option: str = "--index-url", line: int = 9) -> IndexLine:
    end = 20 + len(address)
    return IndexLine(address=address, option=option, place=Place(path="it", line=line, column=20, end_column=end))


def commands(*pins: Mention, indexes: tuple[IndexLine, ...] = (), **parts: object) -> Subject:
    return Subject(path="it", kind=SubjectKind.COMMANDS, mentions=pins, indexes=indexes, **parts)  # type: ignore[arg-type]


def requirements(*pins: Mention, indexes: tuple[IndexLine, ...]) -> Subject:
    return Subject(path="it", kind=SubjectKind.REQUIREMENTS, mentions=pins, indexes=indexes)


def test_a_label_that_the_one_index_has_no_builds_of() -> None:
    address = f"{WHL}/cu124"
    (found,) = index_findings(commands(pin("torch==2.6.0+cu126", 3, address=address), indexes=(index(address),)))
    assert (found.rule.id, found.place.line, found.package) == ("SP206", 3, "torch")
    assert found.message == "torch 2.6.0+cu126 cannot be found: the index is for cu124"
    assert (found.found, found.wanted) == ("2.6.0+cu126", "cu124")
    assert found.evidence == f"--index-url {address}"
    assert found.related == ((index(address).place, "the index for cu124"),)
    assert found.fix.text == f"--index-url {WHL}/cu126"
    assert found.fix.edits == (Edit(place=index(address).place, old=address, new=f"{WHL}/cu126"),)


def test_a_requirements_file_with_one_index_alone() -> None:
    found = index_findings(requirements(pin("torch==2.6.0+cu126"), indexes=(index(f"{WHL}/cu124"),)))
    assert [each.message for each in found] == ["torch 2.6.0+cu126 cannot be found: the index is for cu124"]


def test_a_torch_backend_is_named_by_its_tag() -> None:
    place = Place(path="it", line=2, column=5, end_column=10)
    line = IndexLine(address=f"{WHL}/cu128", option="--torch-backend", place=place)
    (found,) = index_findings(commands(pin("torch==2.7.1+cu126", address=line.address), indexes=(line,)))
    assert found.fix.text == "--torch-backend cu126"
    assert found.fix.edits == (Edit(place=place, old="cu128", new="cu126"),)


def test_a_variable_is_named_as_it_is_set() -> None:
    line = index(f"{WHL}/cu124/", "PIP_INDEX_URL")
    (found,) = index_findings(commands(pin("torchvision==0.21.0+cpu", address=line.address), indexes=(line,)))
    assert found.fix.text == f"PIP_INDEX_URL={WHL}/cpu/"


def test_pins_for_two_tags_have_no_one_index() -> None:
    address = f"{WHL}/cu124"
    pins = (pin("torch==2.6.0+cu126", address=address), pin("torchaudio==2.6.0+cu118", address=address))
    found = index_findings(commands(*pins, indexes=(index(address),)))
    assert [each.fix.edits for each in found] == [(), ()]


def test_an_address_that_is_put_together_is_not_edited() -> None:
    line = index(f"{WHL}/cu124")
    line = line.__replace__(place=Place(path="it", line=9, column=20))
    (found,) = index_findings(commands(pin("torch==2.6.0+cu126", address=line.address), indexes=(line,)))
    assert (found.fix.text, found.fix.edits) == (f"--index-url {WHL}/cu126", ())


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param(commands(pin("torch==2.6.0+cu124", address=f"{WHL}/cu124")), id="the same tag"),
        pytest.param(commands(pin("torch==2.6.0", address=f"{WHL}/cu124")), id="no label"),
        pytest.param(
            commands(pin("torch==2.6.0+cu126"), indexes=(index(f"{WHL}/cu124"), index("…"))), id="an index not told"
        ),
        pytest.param(commands(pin("torch==2.6.0+cu126", address="https://a.example/simple")), id="an index for all"),
        pytest.param(commands(pin("sgl-kernel==0.1.4+cu126", address=f"{WHL}/cu124")), id="another project"),
        pytest.param(commands(pin("torch==2.6.0+rocm6.2", address=f"{WHL}/cu124")), id="not covered"),
        pytest.param(
            commands(pin("torch==2.6.0+cu126", address=f"{WHL}/cu124", role=Role.CONSTRAINED)), id="a constraint"
        ),
        pytest.param(
            commands(pin("torch==2.6.0+cu126; sys_platform == 'win32'", address=f"{WHL}/cu124")), id="under a marker"
        ),
        pytest.param(
            commands(
                pin("torch==2.6.0+cu126", address=f"{WHL}/cu124/torch-2.6.0%2Bcu126-cp311-cp311-linux_x86_64.whl")
            ),
            id="a file",
        ),
        pytest.param(
            requirements(
                pin("torch==2.6.0+cu126"),
                indexes=(index(f"{WHL}/cu124", "--extra-index-url"), index(f"{WHL}/cu126", "--extra-index-url")),
            ),
            id="one of several",
        ),
        pytest.param(
            requirements(
                pin("torch==2.6.0+cu126"),
                indexes=(index(f"{WHL}/cu124"), index("https://a.example/links", "--find-links")),
            ),
            id="not alone",
        ),
    ],
)
def test_what_may_be_right_is_passed_over(subject: Subject) -> None:
    assert index_findings(subject) == ()


IMAGE = Place(path="it", line=1, column=6, end_column=56)
BASE = Mention(
    name=canonicalize_name("torch"),
    place=IMAGE,
    role=Role.INSTALLED,
    version="2.6.0",
    text="pytorch/pytorch:2.6.0-cuda12.4-cudnn9-runtime",
)


def test_a_torch_for_another_tag_on_an_image() -> None:
    subject = commands(pin("torch==2.6.0+cu126", 2), base=(BASE,), tag="cu124", tag_place=IMAGE)
    (found,) = index_findings(subject)
    assert found.message == (
        "torch 2.6.0+cu126 takes the place of the image's torch 2.6.0 for cu124, and what was built with that stays"
    )
    assert found.evidence == "FROM pytorch/pytorch:2.6.0-cuda12.4-cudnn9-runtime"
    assert found.related == ((IMAGE, "the image for cu124"),)
    place = subject.mentions[0].place
    assert found.fix.edits == (Edit(place=place, old="torch==2.6.0+cu126", new="torch==2.6.0"),)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("torch==2.6.0+cu124", id="the image's own"),
        pytest.param("torch==2.6.0", id="no label"),
        pytest.param("torch==2.7.1+cu126", id="another release"),
    ],
)
def test_a_torch_that_goes_with_the_image_or_is_another_release_is_passed_over(text: str) -> None:
    assert index_findings(commands(pin(text, 2), base=(BASE,), tag="cu124", tag_place=IMAGE)) == ()
