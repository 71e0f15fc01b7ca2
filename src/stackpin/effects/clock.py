"""The clock of this machine; SOURCE_DATE_EPOCH stands in for it where a build must be reproducible."""

from __future__ import annotations

import os
from datetime import datetime, timezone

__all__ = ["SystemClock"]


class SystemClock:
    """The :class:`stackpin.ports.Clock` of this machine."""

    def today(self) -> str:
        """The date in UTC, ISO 8601."""
        epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
        now = datetime.fromtimestamp(int(epoch), timezone.utc) if epoch.isdigit() else datetime.now(timezone.utc)
        return now.date().isoformat()
