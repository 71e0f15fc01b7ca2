"""Which rules hold: ``--select`` and ``--ignore``, by id (``SP101``), by name, or by how ids begin (``SP1``, ``ALL``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stackpin.check.rule_book import RULES
from stackpin.errors import UnknownName

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stackpin.model.finding import Rule

__all__ = ["RuleChoice", "choose_rules", "named_rules", "near_rule"]

_ALL = "ALL"
_WHOLE = max(len(rule.id) for rule in RULES)


class RuleChoice(NamedTuple):
    """The ids of the rules that are looked for, and of those among them whose findings are held back."""

    selected: frozenset[str]
    ignored: frozenset[str] = frozenset()

    def holds(self, rule: Rule) -> bool:
        """Whether findings of a rule are told."""
        return rule.id in self.selected and rule.id not in self.ignored


def choose_rules(select: Iterable[str], ignore: Iterable[str], where: str = "") -> RuleChoice:
    """The rules that words select and ignore. Without a word to select by, all are selected.

    Where a rule is both, the longer word counts (``--select SP101 --ignore SP1`` keeps SP101), of equals the one that ignores.

    :param where: where the words stand, for an error.
    :raises UnknownName: for a word that no rule goes by.
    """
    chosen, left = _weights(select, where), _weights(ignore, where)
    selected = frozenset(chosen) if chosen else frozenset(rule.id for rule in RULES)
    return RuleChoice(selected, frozenset(id_ for id_ in selected & left.keys() if left[id_] >= chosen.get(id_, 0)))


def named_rules(word: str, where: str = "") -> frozenset[str]:
    """The ids that a word stands for.

    :raises UnknownName: where it stands for none.
    """
    upper = word.upper()
    begins = upper in {_ALL, "SP"} or (upper.startswith("SP") and upper[2:].isdigit())
    found = frozenset(
        rule.id
        for rule in RULES
        if word.lower() == rule.name or (begins and (upper == _ALL or rule.id.startswith(upper)))
    )
    if not found:
        raise UnknownName(
            f"there is no rule {word!r}",
            where=where,
            expected="an id (SP101), a name (triton-not-torchs), how ids begin (SP1), or ALL",
            hint=f"did you mean {near_rule(word)}" if near_rule(word) else "stackpin check --help",
        )
    return found


def near_rule(word: str) -> str:
    """The id or name that a word was probably meant to be; empty where none is near."""
    import difflib

    names = {name.lower(): name for rule in RULES for name in (rule.id, rule.name)}
    return next((names[near] for near in difflib.get_close_matches(word.lower(), names, n=1)), "")


def _weights(words: Iterable[str], where: str) -> Mapping[str, int]:
    """For each rule that the words stand for, how many characters the longest such word says of it."""
    found: dict[str, int] = {}
    for word in words:
        ids = named_rules(word, where)
        said = 0 if word.upper() == _ALL else len(word) if word.upper().startswith("SP") and "-" not in word else _WHOLE
        for id_ in ids:
            found[id_] = max(found.get(id_, 0), said)
    return found
