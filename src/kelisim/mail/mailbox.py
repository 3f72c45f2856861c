"""A mailbox, whichever kind: what is new in it, and the desk's own folder for the letters it took.

Every method but `interrupt` may wait for a server or a disk and runs in one thread of its own. A letter that is not ours stays
as it is: not moved, not flagged, not even marked as read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

LARGEST = 25 * 1024 * 1024  # bytes; of a larger letter only the headers are fetched (T-LET-18)
FLAG = "kelisim"  # on every letter the desk took, and on no other
START = 32 * 1024  # bytes of a letter in which its headers end, mostly


class Away(Exception):
    """The mailbox cannot be reached or refuses us now; it is tried again. The sentence names no address and no letter."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A letter as it lies in the mailbox: its name there, its bytes and when the server took it.

    `size` is what the server says; above LARGEST the content is the header block alone.
    """

    key: str
    content: bytes
    received_at: datetime
    size: int = 0

    @property
    def too_large(self) -> bool:
        """Whether only its headers were fetched."""
        return self.size > LARGEST


def headers_end(start: bytes) -> bool:
    """Whether the empty line behind the headers is among these bytes."""
    return b"\n\n" in start.replace(b"\r\n", b"\n")


def beginning(read: Callable[[int], bytes]) -> bytes:
    """The first bytes of a letter with its whole header block; `read` gives the next so many."""
    start = b""
    while not headers_end(start) and len(start) < LARGEST and (more := read(START)):
        start += more
    return start


class Mailbox(Protocol):
    """IMAP or Maildir. Each method but `close` and `interrupt` raises Away."""

    @property
    def name(self) -> str:
        """Which mailbox this is, for a keyed hash and nobody's eyes."""

    def open(self, folder: str, state: str, since: datetime) -> None:
        """Log in, find the mailbox, and make `folder` (ours) where it is missing.

        `state` is what `state` said last. Without it, or when it is of another mailbox, only letters that came after `since`
        are looked at.
        """

    def close(self) -> None:
        """Log out; never raises."""

    def interrupt(self, *, hard: bool = False) -> None:
        """From another thread: `wait` returns at once; `hard` also ends what hangs on the wire. Never raises."""

    def state(self) -> str:
        """What must be known after a restart, so that letters that are not ours are not read again; plain, nobody's data."""

    def new(self) -> list[str]:
        """Keys of the letters nobody has finished, the oldest first."""

    def read(self, key: str) -> Raw | None:
        """One letter; nothing when it has gone meanwhile."""

    def take(self, key: str) -> None:
        """Flag a letter as ours and move it to our folder; one that has gone is no fault."""

    def pass_over(self, key: str) -> None:
        """A letter that is not ours: it stays, and `new` does not name it again."""

    def taken(self) -> list[str]:
        """Our folder: keys of the letters that bear our flag, and of no other."""

    def headers(self, keys: Collection[str]) -> list[tuple[str, bytes]]:
        """The beginning of letters of our folder, with the whole header block; without those that have gone."""

    def expunge(self, keys: Collection[str]) -> None:
        """Destroy letters of our folder for good."""

    def wait(self, seconds: float) -> bool:
        """Until something new may have come (IDLE, a change of the folder), or the time is over; which of the two."""
