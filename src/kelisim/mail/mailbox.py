"""A mailbox, whichever kind: what is new in it, and the desk's own folder for the letters it took.

Every method may wait for a server or a disk and runs in one thread of its own. A letter that is not ours stays as it is: not
moved, not flagged, not even marked as read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Away(Exception):
    """The mailbox cannot be reached or refuses us now; it is tried again. The sentence names no address and no letter."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A letter as it lies in the mailbox: its name there, its bytes and when the server took it."""

    key: str
    content: bytes
    received_at: datetime


class Mailbox(Protocol):
    """IMAP or Maildir. Each method raises Away."""

    def open(self) -> None:
        """Log in and find the folder, and make ours where it is missing."""

    def close(self) -> None:
        """Log out; never raises."""

    def new(self) -> list[str]:
        """Keys of the letters nobody has finished, the oldest first."""

    def read(self, key: str) -> Raw | None:
        """One letter; nothing when it has gone meanwhile."""

    def take(self, key: str) -> None:
        """Flag a letter as ours and move it to our folder; one that has gone is no fault."""

    def pass_over(self, key: str) -> None:
        """A letter that is not ours: it stays, and `new` does not name it again, after a restart too."""

    def taken(self) -> Iterable[tuple[str, bytes]]:
        """Our folder: key and header block of every letter that bears our flag, and of no other."""

    def expunge(self, keys: Collection[str]) -> None:
        """Destroy letters of our folder for good."""

    def wait(self, seconds: float) -> bool:
        """Until something new may have come (IDLE, a change of the folder), or the time is over; which of the two."""
