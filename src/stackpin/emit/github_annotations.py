"""What a run of ``check`` found, as workflow commands that GitHub shows beside the lines of a pull request.

Source of the rule: GitHub's workflow commands; what must be escaped stands in the toolkit of GitHub Actions (``command.ts``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.emit.finding_words import entries, harmless, parts_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stackpin.emit.finding_words import Entry
    from stackpin.model.finding import Checked
    from stackpin.model.mention import Place

__all__ = ["github_annotations"]


def github_annotations(checked: Checked) -> str:
    """One line a finding, a trouble and a note; empty where there is nothing to tell."""
    lines = [_finding(entry) for entry in entries(checked.findings)]
    lines += [
        _command(
            "error", {**_position(each.place), "title": each.slug}, _elsewhere(each.place) + harmless(each.message)
        )
        for each in checked.troubles
    ]
    lines += [_command("notice", {"title": "stackpin"}, harmless(note)) for note in checked.notes]
    return "".join(f"{line}\n" for line in lines)


def _finding(entry: Entry) -> str:
    finding = entry.finding
    title = f"{finding.rule.id} {finding.rule.name}"
    message = "\n".join([_elsewhere(finding.place) + harmless(finding.message), *_more(entry)])
    return _command(finding.rule.severity.value, {**_position(finding.place), "title": title}, message)


def _more(entry: Entry) -> Iterator[str]:
    fix = entry.finding.fix
    for text in (*fix.text.splitlines(), *fix.command.splitlines()):
        yield f"fix: {harmless(text)}"
    if entry.parts:
        yield f"for: {parts_text(entry.parts)}"


def _position(place: Place) -> dict[str, str]:
    """The properties that say where; none for an environment, whose files are not of the repository."""
    if place.distribution or not place.path:
        return {}
    numbers = {"line": place.line, "col": place.column, "endColumn": place.end_column}
    known = {name: str(number) for name, number in numbers.items() if place.line and number}
    return {"file": _path(place.path), **known}


def _path(path: str) -> str:
    """A path as the runner compares it with the repository's; line breaks are left to the escaping, which keeps them."""
    return "".join(part if part in "\r\n" else harmless(part) for part in path.removeprefix("./"))


def _elsewhere(place: Place) -> str:
    """Where the properties cannot say it, the message does."""
    if not place.distribution:
        return ""
    return f"{harmless(place.path)}: " if place.path else ""


def _command(kind: str, properties: Mapping[str, str], message: str) -> str:
    told = ",".join(f"{name}={_property(text)}" for name, text in properties.items())
    return f"::{kind} {told}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
