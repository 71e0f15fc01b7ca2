"""SP206: an index or a base image is for another CUDA tag than what is pinned through it.

Only what can never work is told: a label that none of the named indexes has builds of, and a torch that takes the place of an
image's own under packages that were built with that. PyPI has no labelled builds; an index whose address tells no tag may have any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.check.rule_book import rule
from stackpin.check.rules import tag_in_address
from stackpin.model.finding import Edit, Finding, Fix
from stackpin.model.mention import Role, SubjectKind
from stackpin.model.stack import FAMILY, TORCH
from stackpin.parse.build_label import parse_label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stackpin.model.mention import IndexLine, Mention, Subject

__all__ = ["ONLY_INDEX", "index_findings"]

#: How the one index is named: pip's and uv's options and variables; uv's torch backend is the one for torch.
ONLY_INDEX = frozenset({
    "--index-url", "-i", "--default-index", "--torch-backend", "PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX",
    "UV_TORCH_BACKEND",
})  # fmt: skip
_ARCHIVES = (".whl", ".zip", ".tar.gz")
_RULE = rule("SP206")


def index_findings(subject: Subject) -> tuple[Finding, ...]:
    """All findings of the rule on one subject, in the order in which the pins stand."""
    return (*_against_indexes(subject), *_against_image(subject))


def _against_indexes(subject: Subject) -> Iterator[Finding]:
    pinned = [(mention, _label(mention), _tag_of_index(mention, subject)) for mention in subject.mentions]
    for mention, label, tag in pinned:
        if not label or not tag or label == tag:
            continue
        labels = {each for _, each, other in pinned if other == tag and each}
        line = _line_for(tag, subject)
        evidence = f"{line.option} {line.address}" if line else mention.address
        yield Finding(
            rule=_RULE,
            place=mention.place,
            message=f"{mention.name} {mention.version} cannot be found: {_spoken(subject, tag)}",
            package=str(mention.name),
            found=mention.version,
            wanted=tag,
            evidence=evidence,
            fix=_other_index(line, tag, label) if line and labels == {label} else Fix(),
            part=subject.part,
            related=((line.place, f"the index for {tag}"),) if line else (),
        )


def _spoken(subject: Subject, tag: str) -> str:
    """What the indexes are for, in words."""
    tags = list(dict.fromkeys(told for line in subject.indexes if (told := tag_in_address(line.address))))
    return f"the index is for {tag}" if len(tags) < 2 else f"the indexes are for {', '.join(tags[:-1])} and {tags[-1]}"


def _label(mention: Mention) -> str:
    """The tag that a pin's label names, of the packages whose builds lie on one index a tag."""
    if mention.name not in {TORCH, *FAMILY} or mention.role is not Role.REQUIRED or mention.marker:
        return ""
    return str(parse_label(mention.version.partition("+")[2]).tag or "")


def _tag_of_index(mention: Mention, subject: Subject) -> str:
    """The tag of the indexes that a pin is looked for on beside PyPI, which has no labelled builds; empty where one may have it."""
    if mention.address:
        return "" if mention.address.endswith(_ARCHIVES) else tag_in_address(mention.address)
    tags = [tag_in_address(line.address) for line in subject.indexes]
    if subject.kind is SubjectKind.REQUIREMENTS and len(tags) == 1 and subject.indexes[0].option in ONLY_INDEX:
        return tags[0]
    own = parse_label(mention.version.partition("+")[2]).tag
    if not all(tags) or str(own or "") in tags:
        return ""  # an index without a tag may have any build
    return tags[0] if tags else ""


def _line_for(tag: str, subject: Subject) -> IndexLine | None:
    lines = [line for line in subject.indexes if tag_in_address(line.address) == tag]
    return lines[0] if len({line.address for line in lines}) == 1 else None


def _other_index(line: IndexLine, tag: str, label: str) -> Fix:
    """The index of the pins' own tag; an edit where the address stands in the file as it is."""
    if line.option in {"--torch-backend", "UV_TORCH_BACKEND"}:
        old, new = tag, label
    else:
        old, new = line.address, f"/{label}".join(line.address.rsplit(f"/{tag}", 1))
    text = f"{line.option} {new}" if line.option.startswith("-") else f"{line.option}={new}"
    written = line.place.end_column - line.place.column == len(old)
    return Fix(text=text, edits=(Edit(place=line.place, old=old, new=new),) if written else ())


def _against_image(subject: Subject) -> Iterator[Finding]:
    """A torch for another tag than the base image's, of the same release, under what the image has beside its own."""
    base = next((each for each in subject.base if each.name == TORCH), None)
    mention = next((each for each in subject.mentions if each.name == TORCH), None)
    if base is None or mention is None or not subject.tag or subject.tag_place is None:
        return
    label = _label(mention)
    public = mention.version.partition("+")[0]
    if not label or label == subject.tag or public != base.version.partition("+")[0]:
        return
    new = mention.text.replace(f"+{mention.version.partition('+')[2]}", "", 1)
    written = mention.place.end_column - mention.place.column == len(mention.text)
    yield Finding(
        rule=_RULE,
        place=mention.place,
        message=(
            f"torch {mention.version} takes the place of the image's torch {public} for {subject.tag}, "
            "and what was built with that stays"
        ),
        package=TORCH,
        found=mention.version,
        wanted=subject.tag,
        evidence=f"FROM {base.text}",
        fix=Fix(text=new, edits=(Edit(place=mention.place, old=mention.text, new=new),) if written else ()),
        part=subject.part,
        related=((subject.tag_place, f"the image for {subject.tag}"),),
    )
