"""What became of a message on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kelisim.desk.outbox import Claimed

SENT, GONE, REFUSED, LATER, UNKNOWN, HELD = "sent", "gone", "refused", "later", "unknown", "held"
AWAY, BROKEN, UNAUTHORIZED = "no connection", "5xx", "401"  # causes that are the server's and no message's


@dataclass(frozen=True, slots=True)
class Outcome:
    """`sent`; `gone` (the address takes nothing any more); `refused` (this message never will be taken); `later` (a
    passing failure, `wait` seconds when the server said so); `unknown` (it may have arrived); `held` (it never left
    the house: its turn would have come after its lease)."""

    kind: str
    cause: str = ""
    wait: float | None = None
    all: bool = False  # the wait is for everybody, not for this message alone


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed message that may go now: its address and what it says, opened."""

    message: Claimed
    address: str
    body: dict[str, Any]
