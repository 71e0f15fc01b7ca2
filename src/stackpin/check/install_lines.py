"""The lines that put an environment right: what to type into a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackpin.model.stack import FAMILY, TORCH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stackpin.catalog.facts import Facts

__all__ = ["InstallLines"]


class InstallLines:
    """``uv pip`` for one environment.

    :param target: the words that name it (``--python .venv``).
    :param address: what stands for a vendor's address here: a mirror's.
    """

    def __init__(self, target: Sequence[str], facts: Facts, address: Callable[[str], str] = str) -> None:
        self._target = tuple(target)
        self._facts = facts
        self._address = address

    def install(self, name: str, version: str, *, again: bool = False) -> str:
        """The line that installs one release; ``again`` also where it is there already."""
        words = ["--reinstall-package", name] if again else []
        page = self._page(name, *version.partition("+")[::2])
        return self._line("install", *words, f"{name}=={version}", *(("--find-links", page) if page else ()))

    def install_range(self, requirement: str) -> str:
        """The line that installs what meets a requirement."""
        return self._line("install", requirement)

    def build(self, name: str, version: str) -> str:
        """The line that builds a release from its source against what is installed."""
        words = ("--reinstall-package", name, "--no-binary", name, "--no-build-isolation", "--no-cache")
        return self._line("install", *words, f"{name}=={version}")

    def uninstall(self, *names: str) -> str:
        """The line that removes distributions."""
        return self._line("uninstall", *names)

    def _line(self, verb: str, *words: str) -> str:
        from shlex import join

        return join(["uv", "pip", verb, *self._target, *words])

    def _page(self, name: str, public: str, label: str) -> str:
        """Where a labelled build is found: the page of its index; empty for what PyPI has, or nobody is known to have."""
        if not label:
            return ""
        if name == TORCH or name in FAMILY:
            torch = public if name == TORCH else self._facts.family_torch(name, public)
            roots = (build.root for build in self._facts.torch_builds(torch) if build.tag == label and build.root)
            return next((self._address(f"{root.rstrip('/')}/{name}/") for root in roots), "")
        builds = self._facts.index_builds(name, public, "x86_64")
        return next((self._address(build.page) for build in builds if build.local == label and build.page), "")
