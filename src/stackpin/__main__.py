"""``python -m stackpin``: the same as the console script."""

from __future__ import annotations

from stackpin.cli.start import main

__all__: list[str] = []

if __name__ == "__main__":
    main()
