"""What is said of a user's own settings of Renovate that speak of the packages that our rules hold."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["notes_on"]

#: Keys of a rule by which it names packages; the older ones are still understood by Renovate, which rewrites them.
_NAMES = ("matchPackageNames", "matchDepNames", "excludePackageNames", "excludeDepNames")
_PATTERNS = ("matchPackagePatterns", "matchDepPatterns", "excludePackagePatterns", "excludeDepPatterns")
_PREFIXES = ("matchPackagePrefixes", "matchDepPrefixes", "excludePackagePrefixes", "excludeDepPrefixes")
#: Keys of a rule by which it speaks of a part of the updates of every package.
_KINDS = ("matchUpdateTypes", "matchCurrentVersion", "matchCurrentAge", "matchConfidence")


def notes_on(meant: Mapping[str, Any], wanted: Mapping[str, Any], where: str) -> tuple[str, ...]:
    """A line for each setting of the user's that ours overrules, and for each that ours does not.

    :param meant: the whole configuration, ours in it.
    :param wanted: what of it is ours.
    """
    names = _strings(wanted["packageRules"][0]["matchPackageNames"])
    own = [rule for rule in meant["packageRules"] if rule not in wanted["packageRules"]]
    notes = [*_on_rules(own, names, where), *_on_settings(meant, names, where)]
    return tuple(dict.fromkeys(notes))


def _on_rules(own: Iterable[Any], names: list[str], where: str) -> Iterator[str]:
    for place, rule in enumerate(own):
        if not isinstance(rule, dict):
            continue
        at = f"{where}: packageRules[{place}]"
        named = sorted(name for name in names if _speaks_of(rule, name))
        if rule.get("enabled") is False and not any(key in rule for key in _KINDS):
            of = _told(named) if named else _told_scope(rule)
            if of:
                yield f"{at} disables {of}, and that wins: there the tuple does not move"
        elif named:
            yield f"{at} speaks of {_told(named)}; it stays, and the rules of stackpin behind it win"


def _told(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _told_scope(rule: Mapping[str, Any]) -> str:
    """What a rule without names speaks of; empty where it is about other packages."""
    if any(key in rule for key in (*_NAMES, *_PATTERNS, *_PREFIXES)):
        return ""
    files = [*_strings(rule.get("matchFileNames")), *_strings(rule.get("matchPaths"))]
    managers = _strings(rule.get("matchManagers"))
    if files or managers:
        return " ".join([*files, *managers])
    return "" if any(key.startswith("match") for key in rule) else "all packages"


def _speaks_of(rule: Mapping[str, Any], name: str) -> bool:
    """Whether a rule names a package, as it is written or by a pattern; what it leaves out counts as named too."""
    written = [each for key in _NAMES for each in _strings(rule.get(key))]
    patterns = [each for key in _PATTERNS for each in _strings(rule.get(key))]
    prefixes = tuple(each for key in _PREFIXES for each in _strings(rule.get(key)))
    if any(each in {"*", ".*"} for each in (*written, *patterns)):
        return True
    return (
        any(_matches(each.removeprefix("!"), name) for each in written)
        or any(_found(each, name) for each in patterns)
        or (bool(prefixes) and name.startswith(prefixes))
    )


def _matches(written: str, name: str) -> bool:
    pattern = re.fullmatch(r"/(.*)/i?", written)
    return _found(pattern[1], name) if pattern else fnmatchcase(name, written.lower())


def _found(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return False  # Renovate itself says what is wrong with it


def _on_settings(meant: Mapping[str, Any], names: list[str], where: str) -> Iterator[str]:
    ignored = sorted({*_strings(meant.get("ignoreDeps"))} & {*names})
    if ignored:
        yield f"{where}: ignoreDeps has {_told(ignored)}, and that wins: the tuple moves without"
    if meant.get("enabled") is False:
        yield f"{where}: enabled is false: nothing moves"
    managers = _strings(meant.get("enabledManagers"))
    if managers and "pip_requirements" not in managers and "/.*/" not in managers:
        yield f"{where}: enabledManagers leaves out pip_requirements: constraints files are not looked at"
    if "fileMatch" in meant["pip_requirements"]:
        yield f"{where}: pip_requirements.fileMatch is the old name of managerFilePatterns; it stays beside it"
    if meant.get("minimumReleaseAge"):
        yield f"{where}: minimumReleaseAge does not hold back the tuple, which has no age of its own"
    if "force" in meant:
        yield f"{where}: force wins over all rules, also over those of stackpin"


def _strings(value: Any) -> list[str]:
    """A value that may be one string or a list of them."""
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
