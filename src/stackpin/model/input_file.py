"""Files that ``check`` reads: which kinds there are, and one file of a kind."""

from __future__ import annotations

from enum import Enum

from stackpin.model.value import Value

__all__ = ["InputFile", "InputKind"]


class InputKind(str, Enum):
    """What a file claims to be; the value is the word for it in a sentence."""

    UV_LOCK = "uv lock file"
    PYLOCK = "pylock file"
    POETRY_LOCK = "poetry lock file"
    REQUIREMENTS = "requirements file"
    CONSTRAINTS = "constraints file"
    PYPROJECT = "pyproject.toml"
    UV_TOML = "uv.toml"
    CONDA = "conda environment file"
    DOCKERFILE = "Dockerfile"
    SHELL = "shell script"

    @property
    def is_lock(self) -> bool:
        """Whether a tool wrote the file, all files and hashes of a resolution in it."""
        return self in {InputKind.UV_LOCK, InputKind.PYLOCK, InputKind.POETRY_LOCK}


class InputFile(Value):
    """A file to be read. ``path`` opens it and is what is shown: as it was typed, or below the folder that was typed.

    ``named`` is whether the command line names the file itself, not a folder that it was found in.
    """

    path: str
    kind: InputKind
    named: bool = False
