"""A command line of pip or uv taken apart: our own options, the command, its options and operands.

Only what the decision needs is understood; the words themselves are handed on as they were typed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stackpin.errors import UsageError
from stackpin.inject.grammar import GRAMMARS
from stackpin.model.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stackpin.inject.grammar import Grammar

__all__ = ["OWN_OPTIONS", "Call", "Option", "Own", "read_call"]

#: Options of the wrapper itself, anywhere before a ``--`` or a run target; each takes a value.
OWN_OPTIONS = ("--stack", "--cuda", "--allow")


class Option(NamedTuple):
    """One option as it was meant: its long name where there is one, and its value (None for a flag)."""

    name: str
    value: str | None = None


class Own(NamedTuple):
    """The wrapper's own options."""

    stacks: tuple[str, ...] = ()
    cuda: str = ""
    allow: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The options as they would be typed again."""
        stacks = [word for stack in self.stacks for word in ("--stack", stack)]
        allowed = [word for name in self.allow for word in ("--allow", name)]
        return (*stacks, *(("--cuda", self.cuda) if self.cuda else ()), *allowed)


class Call(Value):
    """One invocation. ``words`` are the tool's arguments as typed, ours taken out.

    ``verb`` is the command (``("pip", "install")`` for uv, ``("install",)`` for pip); empty where there is none.
    ``insert`` is where further options of the command may be put into ``words``. ``target`` is the program that a
    running command starts, with its arguments; its words are not among the operands.
    """

    tool: str
    words: tuple[str, ...]
    verb: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    operands: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    insert: int = 0

    def values(self, *names: str) -> tuple[str, ...]:
        """The values of these options, in order."""
        return tuple(option.value for option in self.options if option.name in names and option.value is not None)

    def value(self, *names: str) -> str:
        """The last value of these options; empty where none was given."""
        return next(iter(reversed(self.values(*names))), "")

    def has(self, *names: str) -> bool:
        """Whether one of these options was given."""
        return any(option.name in names for option in self.options)

    def with_options(self, *words: str) -> tuple[str, ...]:
        """The tool's arguments with further options behind the command."""
        return (*self.words[: self.insert], *words, *self.words[self.insert :])

    def without(self, *names: str) -> tuple[str, ...]:
        """The tool's arguments without these options, by their long names."""
        return self.trimmed(*names).words

    def trimmed(self, *names: str) -> Call:
        """The same call without these options, by their long names; short ones are found among those glued to them."""
        grammar = GRAMMARS[self.tool]
        end = len(self.words) - len(self.target)
        kept: list[str] = []
        before = 0
        skip = False
        for position, word in enumerate(self.words[:end]):
            left, skip = (None, False) if skip else _trimmed_word(word, names, grammar, self.verb)
            kept += [] if left is None else [left]
            before = len(kept) if position < self.insert else before
        options = tuple(option for option in self.options if option.name not in names)
        return replace(self, words=(*kept, *self.words[end:]), insert=before, options=options)

    def with_operands(self, *words: str) -> tuple[str, ...]:
        """The tool's arguments with further operands behind the command, before those that were typed."""
        return self.with_options(*words)


def _trimmed_word(
    word: str, names: tuple[str, ...], grammar: Grammar, verb: tuple[str, ...]
) -> tuple[str | None, bool]:
    """What is left of a word without some options, None for nothing; and whether the next word was a value of one."""
    if word.startswith("--"):
        name, equals, _ = word.partition("=")
        return (None, not equals and grammar.takes_value(name, verb)) if name in names else (word, False)
    if not word.startswith("-") or word == "-":
        return word, False
    left = "-"
    for option, rest in _letters(word):
        name = grammar.long.get(option, option)
        valued = grammar.takes_value(name, verb)
        if name not in names:
            left += option[1:] + (rest if valued else "")
        if valued:
            return (left if left != "-" else None), name in names and not rest
    return (left if left != "-" else None), False


def read_call(words: Sequence[str], grammar: Grammar) -> tuple[Call, Own]:
    """Take one command line apart.

    :raises UsageError: where an option of our own lacks its value.
    """
    reader = _Reader(list(words), grammar)
    reader.read()
    call = Call(
        tool=grammar.tool,
        words=tuple(reader.kept),
        verb=tuple(reader.verb),
        options=tuple(reader.options),
        operands=tuple(reader.operands),
        target=tuple(reader.target),
        insert=reader.insert,
    )
    own = Own(
        stacks=tuple(reader.own["--stack"]),
        cuda=next(iter(reversed(reader.own["--cuda"])), ""),
        allow=tuple(reader.own["--allow"]),
    )
    return call, own


class _Reader:
    """Walks over the words once; ``kept`` are those that remain when our own options are taken out."""

    def __init__(self, words: list[str], grammar: Grammar) -> None:
        self._words = words
        self._grammar = grammar
        self._at = 0
        self.kept: list[str] = []
        self.verb: list[str] = ["tool", "run"] if grammar.tool == "uvx" else []
        self.insert = 0
        self.options: list[Option] = []
        self.operands: list[str] = []
        self.target: list[str] = []
        self.own: dict[str, list[str]] = {name: [] for name in OWN_OPTIONS}

    def read(self) -> None:
        """Read all words."""
        while self._at < len(self._words):
            word = self._words[self._at]
            if word == "--":
                self._rest()
                return
            if word.startswith("--"):
                self._long(word)
            elif word.startswith("-") and word != "-":
                self._short(word)
            elif self._positional(word):
                return

    def _take(self) -> str:
        """The next word, handed on to the tool."""
        word = self._words[self._at]
        self.kept.append(word)
        self._at += 1
        return word

    def _rest(self) -> None:
        self._take()
        rest = self._words[self._at :]
        self.kept += rest
        (self.target if self._runs else self.operands).extend(rest)
        self._at = len(self._words)

    @property
    def _runs(self) -> bool:
        return tuple(self.verb) in self._grammar.runs

    def _positional(self, word: str) -> bool:
        """Take a word that is no option; whether it began a run target, behind which nothing is ours."""
        if not self.verb or (len(self.verb) == 1 and self.verb[0] in self._grammar.groups):
            self._take()
            self.verb.append(word)
            self.insert = len(self.kept)
            return False
        if self._runs:
            self.target = self._words[self._at :]
            self.kept += self.target
            return True
        self.operands.append(self._take())
        return False

    def _long(self, word: str) -> None:
        name, equals, value = word.partition("=")
        if name in self.own:
            self._own(name, value if equals else None)
            return
        name = self._spelled_out(name)
        self._take()
        if equals:
            self.options.append(Option(name, value))
        elif self._takes_value(name) and self._at < len(self._words):
            self.options.append(Option(name, self._take()))
        else:
            self.options.append(Option(name))

    def _own(self, name: str, value: str | None) -> None:
        self._at += 1
        if value is None:
            if self._at >= len(self._words):
                raise UsageError(f"{name} needs a value", expected=f"{name} {_EXAMPLES[name]}")
            value = self._words[self._at]
            self._at += 1
        self.own[name].append(value)

    def _spelled_out(self, name: str) -> str:
        """An abbreviated long option in full, where just one begins so (pip's optparse takes those)."""
        known = self._grammar.known
        if not known or name in known:
            return name
        found = sorted(option for option in known if option.startswith(name))
        return found[0] if len(found) == 1 else name

    def _short(self, word: str) -> None:
        """One word of short options, glued or not: ``-qU``, ``-rfile``, ``-p=3.11``, ``-c file``."""
        self._take()
        for option, rest in _letters(word):
            name = self._grammar.long.get(option, option)
            if not self._takes_value(name):
                self.options.append(Option(name))
                continue
            if rest:
                self.options.append(Option(name, rest.removeprefix("=") if self._grammar.tool != "pip" else rest))
            elif self._at < len(self._words):
                self.options.append(Option(name, self._take()))
            return

    def _takes_value(self, name: str) -> bool:
        return self._grammar.takes_value(name, tuple(self.verb))


_EXAMPLES = {"--stack": "'sglang==0.4.*'", "--cuda": "TAG", "--allow": "torchcodec"}


def _letters(word: str) -> Iterator[tuple[str, str]]:
    """Each short option of a word with what stands behind it there."""
    for position in range(1, len(word)):
        yield f"-{word[position]}", word[position + 1 :]
