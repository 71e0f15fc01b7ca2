"""``python -m stackpin``: the console script for those whose PATH does not have it."""

from __future__ import annotations

from stackpin.cli.main import main

__all__: list[str] = []

if __name__ == "__main__":
    main()
