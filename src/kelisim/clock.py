"""The one clock: every time the desk writes down comes from here, aware and in UTC."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time; tests and rehearsals may move it."""

    def __init__(self) -> None:
        self._shift = timedelta()

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC) + self._shift

    def move(self, by: timedelta) -> None:
        """Move this clock by so much; what follows happens later (or earlier)."""
        self._shift += by


def milliseconds() -> int:
    """Milliseconds since 1970, for row ids: they only have to grow."""
    return time.time_ns() // 1_000_000
