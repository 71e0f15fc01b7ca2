"""What is held back of what was found, and by what: settings, comments, a baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stackpin.check.baseline import known, stale
from stackpin.check.globs import Patterns
from stackpin.check.rule_choice import RuleChoice, choose_rules, named_rules, near_rule
from stackpin.errors import UnknownName
from stackpin.model.value import replace
from stackpin.parse.ignore_comments import parse_ignore_comments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stackpin.model.baseline import Baseline
    from stackpin.model.finding import Checked, Finding
    from stackpin.model.settings import CheckSettings
    from stackpin.parse.ignore_comments import IgnoreComment

__all__ = ["Silence", "Silenced", "silence_of", "silenced"]

_SHOWN = 3


class Silence(NamedTuple):
    """All that may hold a finding back. ``cwd`` is the absolute folder that the findings' paths are below."""

    rules: RuleChoice
    cwd: str
    per_file: tuple[tuple[Patterns, frozenset[str]], ...] = ()
    baseline: Baseline | None = None


class Silenced(NamedTuple):
    """What is left to be told, and remarks on comments that hold nothing back, for who asks for more."""

    checked: Checked
    remarks: tuple[str, ...]


class _Comment(NamedTuple):
    """A comment of a file with the ids of the rules that it names."""

    path: str
    said: IgnoreComment
    rules: frozenset[str]

    def holds_back(self, finding: Finding) -> bool:
        """Whether it is about a finding of its file."""
        return finding.rule.id in self.rules and self.said.covers(finding.place.line)


def silence_of(
    settings: CheckSettings,
    *,
    cwd: str,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    baseline: Baseline | None = None,
) -> Silence:
    """What the command line and the settings hold back.

    A ``select`` of the command line stands in place of what the settings select and ignore; an ``ignore`` alone is added.

    :param select: words as they were typed; each may be several with commas between them. The same of ``ignore``.
    :raises UnknownName: for a word that no rule goes by.
    """
    chosen, left = _words(select), _words(ignore)
    rules = choose_rules(
        chosen, left
    )  # of the command line alone first: an error then says which of the two has the word
    own = choose_rules(settings.select, settings.ignore, settings.source)
    if not chosen and own != rules:
        rules = choose_rules(settings.select, (*settings.ignore, *left), settings.source)
    per_file = tuple(
        (
            Patterns((pattern,), cwd),
            frozenset(id_ for word in words for id_ in named_rules(word, f"{settings.source} per-file-ignores")),
        )
        for pattern, words in settings.per_file_ignores
    )
    return Silence(rules, cwd, per_file, baseline)


def _words(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(word.strip() for text in texts for word in text.split(",") if word.strip())


def silenced(checked: Checked, silence: Silence, texts: Mapping[str, str]) -> Silenced:
    """What is left of what was found.

    :param texts: path → text of each file that was looked at, for its comments; a path as the findings have it.
    """
    comments, remarks = _comments(texts)
    by_path: dict[str, list[_Comment]] = {}
    for comment in comments:
        by_path.setdefault(comment.path, []).append(comment)
    asked = [finding for finding in checked.findings if finding.rule.id in silence.rules.selected]
    left, used = [], set()
    for finding in asked:
        of_comments = [each for each in by_path.get(finding.place.path, ()) if each.holds_back(finding)]
        used.update(of_comments)
        if silence.rules.holds(finding.rule) and not of_comments and not _per_file(finding, silence):
            left.append(finding)
    notes = list(checked.notes)
    if silence.baseline is not None:
        old = known(left, silence.baseline, silence.cwd)
        notes += _stale(left, silence.baseline, silence, checked.looked_at)
        left = [finding for finding, is_old in zip(left, old, strict=True) if not is_old]
    remarks += [
        f"{each.path}:{each.said.line}: this comment holds nothing back: ignore{'-file' * (not each.said.last)}"
        f"[{', '.join(each.said.words)}]"
        for each in comments
        if each not in used and each.rules & silence.rules.selected
    ]
    return Silenced(
        replace(
            checked,
            findings=tuple(left),
            notes=tuple(notes),
            silenced=checked.silenced + len(asked) - len(left),
        ),
        tuple(sorted(remarks)),
    )


def _per_file(finding: Finding, silence: Silence) -> bool:
    return any(finding.rule.id in rules and paths.matches(finding.place.path) for paths, rules in silence.per_file)


def _comments(texts: Mapping[str, str]) -> tuple[list[_Comment], list[str]]:
    """The comments of all files, and what is wrong with those that name no rule."""
    comments: list[_Comment] = []
    wrong: list[str] = []
    for path, text in texts.items():
        for said in parse_ignore_comments(text):
            rules: set[str] = set()
            if not said.words:
                wrong.append(f"{path}:{said.line}: this comment names no rule, and holds nothing back: ignore[SP101]")
            for word in said.words:
                try:
                    rules |= named_rules(word)
                except UnknownName:
                    near = near_rule(word)
                    more = f"; did you mean {near}" if near else ""
                    wrong.append(f"{path}:{said.line}: this comment names {word}, which is no rule{more}")
            if rules:
                comments.append(_Comment(path, said, frozenset(rules)))
    return comments, wrong


def _stale(findings: list[Finding], baseline: Baseline, silence: Silence, paths: Iterable[str]) -> Iterator[str]:
    """One note on the entries that are no longer needed."""
    rules = silence.rules.selected - silence.rules.ignored
    old = stale(findings, baseline, silence.cwd, paths=paths, rules=rules)
    if old:
        told = [" ".join(part for part in (each.rule, each.package, "in", each.path) if part) for each in old[:_SHOWN]]
        more = f" and {len(old) - _SHOWN} more" if len(old) > _SHOWN else ""
        yield f"{baseline.where} holds back what is no longer there ({'; '.join(told)}{more}): --write-baseline takes it out"
