"""Where the wheels of a tuple lie: their addresses from the index's pages, held against the hashes of the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import parse_wheel_filename

from stackpin.app.index_session import open_index
from stackpin.errors import CatalogGap, IndexFailed
from stackpin.index.pages import fetch_page
from stackpin.model.build import Channel, WheelAddress
from stackpin.parse.web_address import without_credentials
from stackpin.resolve.wheels import fit_of_name, fitting_files

if TYPE_CHECKING:
    from stackpin.catalog.loader import Catalog
    from stackpin.model.locked import LockedTuple, Pin
    from stackpin.model.release import ReleaseFile
    from stackpin.parse.simple_api import IndexFile

__all__ = ["wheel_addresses"]


def wheel_addresses(locked: LockedTuple, catalog: Catalog) -> dict[str, tuple[WheelAddress, ...]]:
    """The wheels of each pin for the tuple's target; one page is asked for each.

    :raises CatalogGap: for a build whose hashes are not known, a file that the index has no more, or has with another hash.
    :raises IndexFailed: where the index does not give a page.
    """
    chosen = {str(pin.name): _chosen(pin, locked, catalog) for pin in locked.pins}
    found = {}
    with open_index(None, None) as index:
        for name, files in chosen.items():
            page = fetch_page(index.http, index.base, name).page
            if page is None:
                raise IndexFailed("the index gives no page", where=without_credentials(index.base), got=name)
            listed = {file.name: file for file in page.files}
            found[name] = tuple(
                WheelAddress(
                    url=without_credentials(_checked(file, listed.get(file.name), index.base).url).partition("#")[0],
                    sha256=file.sha256,
                    pythons=pythons,
                    anywhere=not file.is_wheel or file.name.endswith("-none-any.whl"),
                )
                for file, pythons in files.items()
            )
    return found


def _chosen(pin: Pin, locked: LockedTuple, catalog: Catalog) -> dict[ReleaseFile, tuple[str, ...]]:
    """For each Python one wheel, that for the oldest glibc, of its highest build; by file, the Pythons that it is for.

    Of a release without wheels it is the sources.
    """
    release = catalog.release(pin.name, pin.version) if pin.build.channel is Channel.PYPI else None
    found: dict[ReleaseFile, tuple[str, ...]] = {}
    for python in locked.pythons:
        fitting = fitting_files(release, [python], locked.platform) if release else ()
        known = [file for file in fitting if file.sha256]
        if not known:
            raise CatalogGap(
                f"the catalog has no hash of a file of {pin.name} {pin.full_version} for Python {python}",
                expected="builds that PyPI carries, whose hashes it has",
                hint="--index-style find-links, or --cuda pypi",
            )
        machine = locked.platform.machine
        wheels = [file for file in known if file.is_wheel]
        file = (
            min(wheels, key=lambda each: (fit_of_name(each.name, machine), -_build(each.name))) if wheels else known[0]
        )
        found[file] = (*found.get(file, ()), python)
    return found


def _build(wheel: str) -> int:
    """The build number in a wheel's name, of which pip and uv take the highest; -1 where there is none."""
    build = parse_wheel_filename(wheel)[2]
    return build[0] if build else -1


def _checked(file: ReleaseFile, listed: IndexFile | None, base: str) -> IndexFile:
    """The file as the index lists it."""
    where = without_credentials(base)
    if listed is None:
        raise CatalogGap(
            "the index does not have a file that the catalog knows", where=where, got="", expected=file.name
        )
    if listed.sha256 not in {None, file.sha256}:
        raise CatalogGap(
            f"the index has {file.name} with another hash than the catalog",
            where=where,
            got=f"sha256 {listed.sha256}",
            expected=f"sha256 {file.sha256}",
            hint="stackpin catalog verify",
        )
    return listed
