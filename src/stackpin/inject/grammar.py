"""How pip and uv read their command lines, as far as it matters: which options take a value, and what the rest is.

Taken from ``--help`` of every release that the wrapper is tested with, old ones and new ones together; in no command does
an option take a value in one release and none in another. ``tests/functional/test_tool_grammar.py`` holds this page to the
tools' own help.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GRAMMARS", "PIP", "UV", "UVX", "Grammar"]


class Grammar(NamedTuple):
    """One tool's command line.

    ``values`` are the options that take a value; ``flags`` those of one command that take none there, although others
    by that name do; ``groups`` are the words that need a second one; ``runs`` the commands whose first operand is a
    program with arguments of its own. ``long`` spells out short options. ``known`` are all long options, by which an
    abbreviation is understood; empty for a tool that takes none.
    """

    tool: str
    values: frozenset[str]
    long: Mapping[str, str]
    flags: Mapping[tuple[str, ...], frozenset[str]] = MappingProxyType({})
    groups: frozenset[str] = frozenset()
    runs: frozenset[tuple[str, ...]] = frozenset()
    known: frozenset[str] = frozenset()

    def takes_value(self, name: str, verb: tuple[str, ...]) -> bool:
        """Whether an option of a command takes a value."""
        return name in self.values and name not in self.flags.get(verb, ())


def _names(text: str) -> frozenset[str]:
    return frozenset(f"--{name}" for name in text.split())


_PIP_VALUES = _names(
    "abi algorithm all-releases build-option build-constraint cache-dir cert client-cert config-settings constraint dest "
    "editable exclude exists-action extra-index-url find-links format global-option group implementation index "
    "index-url install-option keyring-provider log no-binary only-binary only-final output path platform prefix "
    "progress-bar proxy python python-version refresh-package report requirement requirements-from-script "
    "resume-retries retries root root-user-action src target timeout trusted-host upgrade-strategy uploaded-prior-to "
    "use-deprecated use-feature wheel-dir"
)
_PIP_FLAGS = _names(
    "break-system-packages check-build-dependencies compile debug disable-pip-version-check dry-run force-reinstall help "
    "ignore-installed ignore-requires-python isolated json local no-build-isolation no-cache-dir no-clean no-color "
    "no-compile no-deps no-index no-input no-proxy-env no-python-version-warning no-require-hashes no-verify "
    "no-warn-conflicts no-warn-script-location only-deps outdated pre prefer-binary quiet require-hashes "
    "require-virtualenv upgrade use-pep517 no-use-pep517 user verbose version yes"
)

PIP = Grammar(
    tool="pip",
    values=_PIP_VALUES,
    long={
        "-C": "--config-settings",
        "-b": "--build-dir",
        "-c": "--constraint",
        "-d": "--dest",
        "-e": "--editable",
        "-f": "--find-links",
        "-i": "--index-url",
        "-o": "--output",
        "-r": "--requirement",
        "-t": "--target",
        "-w": "--wheel-dir",
        "-I": "--ignore-installed",
        "-U": "--upgrade",
        "-V": "--version",
        "-h": "--help",
        "-q": "--quiet",
        "-v": "--verbose",
        "-y": "--yes",
    },
    known=_PIP_VALUES | _PIP_FLAGS,
)

UV = Grammar(
    tool="uv",
    values=_names(
        "allow-insecure-host annotation-style author-from bounds branch build-backend build-constraint build-constraints "
        "bump cache-dir cert check-url color config-file config-setting config-settings config-setting-package "
        "config-settings-package constraint constraints custom-compile-command default-index depth description "
        "directory editable env-file exclude exclude-newer exclude-newer-package excludes extra extra-index-url "
        "find-links fork-strategy format from group ignore ignore-until-fixed index index-strategy index-url "
        "keyring-provider link-mode marker name no-binary no-binary-package no-build-isolation-package "
        "no-build-package no-editable-package no-emit-package no-extra no-group no-install-package "
        "no-sources-package only-binary only-group optional out-dir output-file output-format override overrides "
        "package password prefix prerelease prerelease-package project prompt prune publish-url python "
        "python-platform python-preference python-version refresh-package reinstall-package requirement requirements "
        "resolution rev script service-format service-url tag target token torch-backend trusted-publishing "
        "upgrade-group upgrade-package username vcs with with-editable with-executables-from with-requirements "
        "with-requirement requirements-file"
    ),
    long={
        "-C": "--config-setting",
        "-P": "--upgrade-package",
        "-b": "--build-constraints",
        "-c": "--constraints",
        "-d": "--depth",
        "-e": "--editable",
        "-f": "--find-links",
        "-i": "--index-url",
        "-m": "--marker",
        "-o": "--output-file",
        "-p": "--python",
        "-r": "--requirements",
        "-t": "--target",
        "-u": "--username",
        "-w": "--with",
        "-U": "--upgrade",
        "-V": "--version",
        "-h": "--help",
        "-n": "--no-cache",
        "-q": "--quiet",
        "-s": "--script",
        "-v": "--verbose",
    },
    flags={
        ("run",): frozenset({"--script", "--marker", "--editable", "--no-binary"}),
        ("init",): frozenset({"--script", "--package"}),
        ("venv",): frozenset({"--constraints"}),
        ("add",): frozenset({"--editable", "--no-binary"}),
        ("pip", "list"): frozenset({"--editable"}),
        ("tool", "install"): frozenset({"--editable", "--no-binary"}),
        **{
            command: frozenset({"--no-binary"})
            for command in (
                ("audit",),
                ("build",),
                ("export",),
                ("lock",),
                ("remove",),
                ("sync",),
                ("tool", "run"),
                ("tool", "upgrade"),
                ("tree",),
                ("version",),
            )
        },
    },
    groups=frozenset({"pip", "tool", "python", "cache", "self", "auth", "workspace", "preview"}),
    runs=frozenset({("run",), ("tool", "run")}),
)

UVX = UV._replace(tool="uvx")

#: The grammars by the tool's name.
GRAMMARS = MappingProxyType({"pip": PIP, "uv": UV, "uvx": UVX})
