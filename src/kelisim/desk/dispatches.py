"""What operators are told of a broadcast by letter (stub until the real one is here)."""

from __future__ import annotations

from kelisim.desk.broadcasts import Broadcast
from kelisim.desk.visit import Visit


def tell(visit: Visit, broadcast: Broadcast, event: str) -> None:
    """Tell of an event: delayed, approving, failures, missed, night or done."""
