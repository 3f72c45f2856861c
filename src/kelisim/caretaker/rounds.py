"""The caretaker's rounds, one caretaker among all replicas (by lease)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from sqlalchemy import Connection, bindparam, delete

from kelisim.caretaker.erasures import Erasures
from kelisim.caretaker.releases import Releases
from kelisim.caretaker.reminders import Reminders
from kelisim.caretaker.renewals import Renewals
from kelisim.caretaker.retention import Retention
from kelisim.desk import (
    anchors,
    codes,
    consents,
    dialogue,
    digests,
    expirations,
    ledger,
    links,
    mandates,
    merges,
    numbers,
    outbox,
    petitions,
    subjects,
)
from kelisim.desk.visit import Desk, Visit
from kelisim.store import leases
from kelisim.store.database import Database, in_trouble
from kelisim.store.models import Parked, Seen

log = logging.getLogger("kelisim.caretaker")

EVERY = 15.0  # seconds; nothing stays unsealed for more than two minutes (I5)
LEASE = timedelta(seconds=60)
PARKED_FOR = timedelta(days=7)
AT_ONCE = 200  # consents ended in one transaction

_S, _P = Seen.__table__.c, Parked.__table__.c
_SEEN = delete(Seen).where(_S.expires < bindparam("now"))
_PARKED = delete(Parked).where(_P.at < bindparam("before"))


@dataclass(slots=True)
class Caretaker:
    """Goes round every few seconds while the lease is its own."""

    desk: Desk
    database: Database
    every: float = EVERY
    reminders: Reminders = field(init=False)
    erasures: Erasures = field(init=False)
    retention: Retention = field(init=False)
    releases: Releases = field(init=False)
    renewals: Renewals = field(init=False)
    _token: str = field(default_factory=numbers.token)

    def __post_init__(self) -> None:
        self.reminders = Reminders(self.desk, self.database, self._visit)
        self.erasures = Erasures(self.desk, self.database, self._visit)
        self.retention = Retention(self.desk, self.database, self._visit)
        self.releases = Releases(self.database, self._visit)
        self.renewals = Renewals(self.desk, self.database, self._visit)

    async def run(self) -> None:
        """Until cancelled; then the lease is given back, so that another replica need not wait for its end."""
        try:
            while True:
                try:
                    await self.round()
                except Exception as fault:
                    log.error("a round failed: %s", type(fault).__name__)
                await asyncio.sleep(self.every)
        finally:
            await asyncio.shield(self._let_go())

    async def _let_go(self) -> None:
        try:
            await self.database.keep(lambda connection: leases.let_go(connection, "caretaker", self._token))
        except Exception as fault:  # the store is away, or closing: the lease ends by itself
            log.warning("the lease was not given back: %s", type(fault).__name__)

    async def round(self) -> bool:
        """One round; whether the lease was ours."""
        if not await self._ours():
            return False
        faults = []
        parts = (
            self._seal_all, self._sweep_all, self._digest, self._end_all, self._end_authorities, self.releases.round,
            self.reminders.round, self.erasures.round, self._tell_of_ends, self.renewals.round, self._retain,
        )  # fmt: skip
        for part in parts:
            try:
                await part()
            except Exception as fault:  # its own: it holds no other part up
                if in_trouble(fault):
                    raise
                log.error("%s: %s", part.__qualname__, type(fault).__name__)
                faults.append(fault)
        if faults:
            raise ExceptionGroup("parts of a round", faults)
        return True

    async def _ours(self) -> bool:
        return await self.database.keep(self._lease)

    async def _seal_all(self) -> None:
        while await self.database.keep(self._seal) == ledger.BATCH:
            pass

    async def _sweep_all(self) -> None:
        await self.database.keep(self._sweep)

    async def _digest(self) -> None:
        await self.database.keep(lambda connection: digests.post(self._visit(connection)))

    async def _end_all(self) -> None:
        while await self.database.keep(self._end) == AT_ONCE:
            pass

    async def _end_authorities(self) -> None:
        """Authorities over other people: both sides hear of the end before it comes, and when it has come."""
        for work in (mandates.ending, mandates.end):
            while await self.database.keep(partial(self._on, work)) == mandates.AT_ONCE:
                pass

    async def _tell_of_ends(self) -> None:
        """Consents that end in 14 days; a few hundred notices a round, so that answers have their room."""
        await self.database.keep(partial(self._on, expirations.tell))

    def _on(self, work: Callable[[Visit], int], connection: Connection) -> int:
        return work(self._visit(connection))

    async def _retain(self) -> None:
        await self.retention.round(self._ours)

    def _visit(self, connection: Connection) -> Visit:
        return subjects.own_visit(self.desk, connection, "caretaker")

    def _lease(self, connection: Connection) -> bool:
        at = self.desk.clock.now()
        return leases.take(connection, "caretaker", self._token, at + LEASE, at)

    def _seal(self, connection: Connection) -> int:
        return ledger.seal(self._visit(connection))

    def _sweep(self, connection: Connection) -> None:
        """Codes, counts, prompts and drafts, links, joinings, files of flows that were left, seen and parked updates; and
        requests by letter that nobody confirmed go to staff."""
        visit = self._visit(connection)
        codes.lapse(visit)
        dialogue.lapse(visit)
        outbox.lapse(visit)
        links.lapse(visit)
        merges.lapse(visit)
        petitions.lapse(visit)
        anchors.post(visit)
        visit.run(_SEEN, now=visit.at)
        visit.run(_PARKED, before=visit.at - PARKED_FOR)

    def _end(self, connection: Connection) -> int:
        """Consents whose last day has passed; of blocked people too, because it only takes away."""
        visit = self._visit(connection)
        ended = 0
        for subject_id, purpose in consents.ended(visit, AT_ONCE):
            try:
                with connection.begin_nested():
                    visit.subject = subjects.by_id(visit, subject_id)
                    if visit.subject is not None:
                        visit.locale = visit.subject.locale
                        consents.expire(visit, purpose)
            except Exception as fault:
                if in_trouble(fault):
                    raise
                log.error("the end of %s of subject %s: %s", purpose, subject_id, type(fault).__name__)
            else:
                ended += 1
        return ended
