"""A request as a visit of the desk: one transaction, and a random number as its evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from kelisim.desk import numbers, subjects
from kelisim.desk.visit import TELEGRAM, Desk, Visit
from kelisim.store.database import Database

T = TypeVar("T")
WEB = "web"  # the door, as records name it


@dataclass(frozen=True, slots=True)
class Door:
    """The desk and its store, as a request meets them."""

    desk: Desk
    database: Database

    async def keep(self, work: Callable[[Visit], T], turn: int | None = None) -> T:
        """Run `work` in a transaction; it is kept when this returns. Raises what it raised, or Busy."""
        evidence = f"{WEB} {numbers.token()}"
        return await self.database.keep(lambda connection: work(self._visit(connection, evidence)), turn)

    async def look(self, work: Callable[[Visit], T]) -> T:
        """Read beside the writing."""
        return await self.database.look(lambda connection: work(self._visit(connection, "")))

    def _visit(self, connection: Connection, evidence: str) -> Visit:
        nobody = subjects.visitor(self.desk, "", "")
        return Visit(connection, self.desk, WEB, evidence, self.desk.clock.now(), "kk", nobody)


def become(visit: Visit, subject_id: int) -> bool:
    """Let the visit be of the person whose link it is; whether they are still known."""
    visit.subject = subjects.by_id(visit, subject_id)
    return visit.subject is not None


def turn(visit: Visit) -> int | None:
    """The turn of the visit's subject: the same as at the door of the chat, so that the two never act at once."""
    chat = next((contact for contact in subjects.contacts(visit, TELEGRAM)), None)
    return int.from_bytes(chat.hash[:8], "big", signed=True) if chat is not None else None
