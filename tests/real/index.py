"""How a long run on the real index is kept plain: no setting of the machine but what leads to that index."""

from __future__ import annotations

import os
import subprocess
import sys

__all__ = ["PLAIN", "index_settings"]

#: What must not bend a run: settings of the machine, all but those that lead to the index.
PLAIN = {"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never"}


def index_settings() -> dict[str, str]:
    """The index that pip is configured with, for uv; empty where their own default is meant."""
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return {"UV_DEFAULT_INDEX": answer.stdout.strip()} if answer.returncode == 0 else {}
