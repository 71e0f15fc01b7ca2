"""Dockerfiles and scripts of the test data, and what they come to, as lines that can be written by hand."""

from __future__ import annotations

from pathlib import Path

from stackpin.app.check.commands import CommandReading, catalog_needs, command_subjects
from stackpin.catalog.loader import Catalog
from stackpin.check.index_lines import index_findings
from stackpin.model.input_file import InputKind
from stackpin.model.mention import IndexLine, Mention, Place, Role, Subject, SubjectKind
from stackpin.parse.requirement_file import parse_requirement_file

__all__ = ["COMMANDS", "read_context", "reading_of", "told"]

COMMANDS = Path(__file__).parents[1] / "data" / "check" / "commands"
_CATALOG = Catalog.open()


def read_context(path: str, constraint: bool) -> Subject | None:
    """The subject of a requirements file in the test data's build context, in the plainest reading."""
    file = COMMANDS / "context" / path
    if not file.is_file():
        return None
    parsed = parse_requirement_file(file.read_text(encoding="utf-8"))
    role = Role.CONSTRAINED if constraint else Role.REQUIRED
    return Subject(
        path=path,
        kind=SubjectKind.REQUIREMENTS,
        mentions=tuple(
            Mention(
                name=line.name,  # type: ignore[arg-type]  # normalized already
                place=Place(path=path, line=line.number, column=1),
                role=role,
                version=line.text.partition("==")[2],
                specifier=line.text[len(line.name) :],
                text=line.text,
            )
            for line in parsed.lines
        ),
        indexes=tuple(
            IndexLine(address=each.value, option=each.option, place=Place(path=path, line=each.number, column=1))
            for each in parsed.options
        ),
    )


def reading_of(file: Path) -> CommandReading:
    """What one file of the test data comes to."""
    kind = InputKind.SHELL if file.suffix == ".sh" else InputKind.DOCKERFILE
    return command_subjects(file.read_bytes(), file.name, kind, read=read_context, needs=catalog_needs(_CATALOG))


def told(file: Path) -> list[str]:
    """All of it, a line each: subjects with what stands in them, findings on index lines, notes."""
    reading = reading_of(file)
    lines: list[str] = []
    for subject in reading.subjects:
        lines.append(" ".join(filter(None, [f"[{subject.part}]", subject.tag, *subject.pythons])))
        lines += [f"  has {each.name} {each.version}" for each in subject.base]
        lines += [_mention(each, file.name) for each in subject.mentions]
        lines += [f"  {_place(each.place, file.name)} {each.option} {each.address}" for each in subject.indexes]
        for finding in index_findings(subject):
            edits = [f"{_place(edit.place, file.name)} {edit.old} -> {edit.new}" for edit in finding.fix.edits]
            lines.append(
                f"  {_place(finding.place, file.name)} {finding.rule.id} {finding.message}; {', '.join(edits)}"
            )
    return [*lines, *(f"note {note}" for note in reading.notes), *(f"wrong {text}" for text, _ in reading.wrong)]


def _mention(mention: Mention, name: str) -> str:
    asked = mention.specifier or (f"=={mention.version}" if mention.version else "")
    parts = [
        _place(mention.place, name),
        f"{mention.name}{asked}",
        "" if mention.role is Role.REQUIRED else mention.role.value,
        f"; {mention.marker}" if mention.marker else "",
        f"from {mention.address}" if mention.address else "",
    ]
    return "  " + " ".join(filter(None, parts))


def _place(place: Place, name: str) -> str:
    where = "" if place.path == name else f"{place.path}:"
    return f"{where}{place.line}:{place.column}" + (f"-{place.end_column}" if place.end_column else "")
