"""A letter as a visit of the desk: one transaction, the same letter twice does nothing twice, and none stops the others.

A letter that cannot be read, or whose visit keeps failing, is set aside: a row, our folder, and a word to the person
responsible. What is no letter to the desk (a newsletter, a robot's) is left as it is.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection

from kelisim.desk import codes, letterbox, letters, subjects, threads
from kelisim.desk.letterbox import ASIDE, Handled
from kelisim.desk.visit import EMAIL, TELEGRAM, Desk, Visit
from kelisim.mail import bounces, brakes, people, reading, staff
from kelisim.mail.letter import AUTOMATIC, BOUNCE, LIST, Letter, TooMuch
from kelisim.mail.mailbox import LARGEST, Raw
from kelisim.store.database import Busy, Database, in_trouble

log = logging.getLogger("kelisim.mail")

DOOR = "letter"
TRIES = 5
TOLD_A_DAY = 10  # letters set aside that the person responsible hears of; anybody can send more, and all lie in one folder
TO_STAFF = ("case", "reminder", "echo", "told")  # kinds of our letters that staff answer
FROM_PEOPLE = ("answer-letter", "ack", "confirm", "notice-letter", "file-letter")


@dataclass(slots=True)
class Door:
    """The desk and its store, as a letter meets them."""

    desk: Desk
    database: Database
    _tries: dict[int, int] = field(default_factory=dict)

    async def serve(self, raw: Raw) -> Handled:
        """Serve one letter; it is kept when this returns. Raises only when the store is in trouble: then it comes again."""
        if raw.too_large:  # only its headers are here
            return await self._aside(raw, f"more than {LARGEST >> 20} MB")
        try:
            letter = await asyncio.to_thread(reading.read, raw, self.desk.operator)
        except TooMuch as fault:
            return await self._aside(raw, str(fault))
        except Exception as fault:  # a bug of ours, met by one letter: the others go on
            log.error("a letter cannot be read: %s", type(fault).__name__, exc_info=fault)
            return await self._aside(raw, type(fault).__name__)
        number = letterbox.key(self.desk, identity(letter, raw))
        try:
            turn = await self.database.look(lambda connection: _turn(self._visit(connection, letter), letter))
            handled = await self.database.keep(partial(self._work, raw, letter, number), turn)
        except Exception as fault:
            if isinstance(fault, Busy) or in_trouble(fault):
                raise
            log.error("a letter failed: %s", type(fault).__name__, exc_info=fault)
            self._tries[number] = self._tries.get(number, 0) + 1
            if self._tries[number] < TRIES:
                raise
            handled = await self._aside(raw, type(fault).__name__, number)
        self._tries.pop(number, None)
        return handled

    def _work(self, raw: Raw, letter: Letter, number: int, connection: Connection) -> Handled:
        visit = self._visit(connection, letter)
        before = letterbox.seen(visit, number)
        if before is not None:
            return before
        handled = route(visit, letter)
        letterbox.keep(visit, number, raw.content, raw.received_at, handled)
        return handled

    async def _aside(self, raw: Raw, cause: str, number: int | None = None) -> Handled:
        known = number or letterbox.key(self.desk, hashlib.sha256(raw.content).hexdigest())

        def work(connection: Connection) -> Handled:
            visit = self._visit(connection, None)
            before = letterbox.seen(visit, known)
            if before is not None:
                return before
            handled = Handled(ASIDE)
            letterbox.keep(visit, known, raw.content, raw.received_at, handled, cause)
            about = self.desk.vault.find("automatic", ASIDE)
            if codes.attempts(visit, ASIDE, about, codes.DAY) < TOLD_A_DAY:
                codes.attempted(visit, ASIDE, about)
                letters.set_aside(visit, raw.received_at, cause)
            else:
                log.error("a letter was set aside: the person responsible has heard of %s today", TOLD_A_DAY)
            return handled

        return await self.database.keep(work)

    def _visit(self, connection: Connection, letter: Letter | None) -> Visit:
        """Nobody is known yet; the evidence is the letter's own name."""
        address = letter.sender.address if letter is not None else None
        visitor = subjects.visitor(self.desk, EMAIL, address.lookup if address is not None else "")
        evidence = f"{DOOR} {letter.message_id}" if letter is not None else ""
        return Visit(connection, self.desk, DOOR, evidence, self.desk.clock.now(), "kk", visitor)


def identity(letter: Letter, raw: Raw) -> str:
    """What makes two copies one letter: its Message-ID, writer, date, subject and body; a copied id hides nothing (T-LET-22)."""
    body = raw.content.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    writer = " ".join(sorted(address.lookup for address in letter.sender.every))
    return "\0".join(
        [letter.message_id, writer, str(letter.date), letter.subject, hashlib.sha256(body).hexdigest()]
    )


def route(visit: Visit, letter: Letter) -> Handled:
    """Whose letter it is decides who deals with it."""
    rows = threads.rows(visit.desk, letter.returned if letter.kind == BOUNCE else letter.named)
    posted = next((found for row in rows if (found := threads.posted(visit, row)) is not None), None)
    if letter.kind == BOUNCE:
        return bounces.act(visit, letter, posted)
    if threads.rows(visit.desk, [letter.message_id]):
        return Handled("own", ours=False)  # our own letter came back: nobody answers it (T-LET-14)
    if letter.kind in (AUTOMATIC, LIST):
        return Handled("automatic", ours=posted is not None)
    member = staff.member(visit, letter)
    if posted is not None and posted.kind in TO_STAFF:
        if brakes.spins(visit, letter, member, posted):
            return Handled("robot")
        return staff.act(visit, letter, member, posted)
    return people.act(visit, letter, posted if posted is not None and posted.kind in FROM_PEOPLE else None)


def _turn(visit: Visit, letter: Letter) -> int | None:
    """The turn of the person the letter may be from: the same as at the other doors, so that no two act at once."""
    if letter.sender.address is None:
        return None
    for subject in subjects.with_mailbox(visit, visit.visitor.hash):
        visit.subject = subject
        for chat in subjects.contacts(visit, TELEGRAM):
            return int.from_bytes(chat.hash[:8], "big", signed=True)
    return int.from_bytes(visit.visitor.hash[:8], "big", signed=True)
