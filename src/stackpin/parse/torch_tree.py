"""What torch's own source tree says of its requirements: its triton, and the list in its code. The code is never run.

Source: pytorch's ``.ci/docker/triton_version.txt``, which its release builds put into METADATA, and ``install_requires`` in
``setup.py`` (in newer trees ``BASE_DEPENDENCIES`` in ``tools/metadata/dependencies.py``).
"""

from __future__ import annotations

import ast

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import Version

from stackpin.errors import InputUnreadable

__all__ = ["CODE_LISTS", "TRITON_VERSION", "VERSION_FILE", "listed_in_code", "version_in"]

#: The file that names triton's version.
TRITON_VERSION = ".ci/docker/triton_version.txt"
#: The file that names the version that the tree leads to (``2.6.0a0``).
VERSION_FILE = "version.txt"
#: Files with a list of requirements, and the name of the list; a newer tree has the first.
CODE_LISTS = (("tools/metadata/dependencies.py", "BASE_DEPENDENCIES"), ("setup.py", "install_requires"))


def version_in(raw: bytes, where: str) -> Version:
    """The version that a file of one line has.

    :raises InputUnreadable: where it has none.
    """
    text = raw.decode("utf-8", errors="replace").strip()
    try:
        return Version(text)
    except ValueError as error:  # no version, or a number of thousands of digits
        raise InputUnreadable(
            "the file has no version in it", where=where, got=text[:60], expected="one version, as 3.2.0"
        ) from error


def listed_in_code(raw: bytes, name: str) -> tuple[str, ...] | None:
    """The requirements in the first list of that name in Python code; None where it has no list of plain requirements.

    What code adds to the list afterwards is left out: that depends on the build.
    """
    try:
        tree = ast.parse(raw)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None  # code of another Python, or none at all
    for node in ast.walk(tree):
        if _assigns(node, name) and isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.List):
            return _plain(node.value)
    return None


def _assigns(node: ast.AST, name: str) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _plain(found: ast.List) -> tuple[str, ...] | None:
    texts = [item.value for item in found.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    if len(texts) != len(found.elts):
        return None
    try:
        return tuple(str(Requirement(text)) for text in texts)
    except InvalidRequirement:
        return None
