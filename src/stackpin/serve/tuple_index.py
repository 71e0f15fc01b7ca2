"""The filter: a component of simple-repository that leaves out of each page what the tuple does not admit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from simple_repository import model
from simple_repository.components.core import RepositoryContainer

from stackpin.serve.rules import LeftOut, left_out_of
from stackpin.serve.upstream import SentPage

if TYPE_CHECKING:
    from simple_repository.components.core import SimpleRepository

    from stackpin.serve.rules import TupleRules

__all__ = ["HeldPage", "TupleIndex"]


class HeldPage(NamedTuple):
    """A page under the tuple: what stays of it, and what was left out."""

    page: model.ProjectDetail
    left_out: tuple[LeftOut, ...] = ()


class TupleIndex(RepositoryContainer):
    """The pages of a source, held to a tuple; a project that the tuple does not speak of passes untouched."""

    def __init__(self, source: SimpleRepository, rules: TupleRules) -> None:
        super().__init__(source)
        self._rules = rules

    async def get_project_page(
        self, project_name: str, *, request_context: model.RequestContext | None = None
    ) -> model.ProjectDetail:
        """A project's page without the files that the tuple does not admit, and without their versions.

        :raises PackageNotFoundError: when the source has no such project.
        :raises IndexFailed: when the source fails.
        """
        return (await self.held(project_name, request_context=request_context)).page

    async def held(self, project_name: str, *, request_context: model.RequestContext | None = None) -> HeldPage:
        """The same, with what was left out."""
        page = await super().get_project_page(project_name, request_context=request_context)
        if not self._rules.speaks_of(project_name):
            return HeldPage(page)
        left_out = left_out_of(self._rules, project_name, (file.filename for file in page.files))
        gone = {name for row in left_out for name in row.files}
        if not gone:
            return HeldPage(page)
        if isinstance(page, SentPage):
            return HeldPage(page.without(gone), left_out)
        return HeldPage(replace(page, files=tuple(file for file in page.files if file.filename not in gone)), left_out)

    async def get_project_list(
        self,
        *,
        request_context: model.RequestContext | None = None,  # noqa: ARG002 - the library's signature
    ) -> model.ProjectList:
        """The projects of the tuple that have releases to offer; no request.

        No installer asks for the list of all projects, which on PyPI is tens of megabytes; PEP 503 wants one.
        """
        projects = frozenset(model.ProjectListElement(name) for name in self._rules.listed)
        return model.ProjectList(meta=model.Meta("1.0"), projects=projects)
