"""The version of stackpin; the build backend reads it from here, so that start-up need not read installed metadata."""

from __future__ import annotations

__all__ = ["VERSION"]

VERSION = "0.1.0"
