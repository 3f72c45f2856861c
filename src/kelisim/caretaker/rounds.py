"""The caretaker's rounds, one caretaker among all replicas (by lease)."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection, bindparam, delete, or_
from sqlalchemy.dialects.postgresql import insert as upsert

from kelisim.caretaker.erasures import Erasures
from kelisim.caretaker.reminders import Reminders
from kelisim.desk import anchors, codes, consents, dialogue, ledger, numbers, outbox, subjects
from kelisim.desk.visit import Desk, Visit
from kelisim.store.database import Database
from kelisim.store.models import Lease, OutboxMessage, Parked, Seen

log = logging.getLogger("kelisim.caretaker")

EVERY = 15.0  # seconds; nothing stays unsealed for more than two minutes (I5)
LEASE = timedelta(seconds=60)
PARKED_FOR = timedelta(days=7)
SETTLED_FOR = timedelta(days=400)
AT_ONCE = 200  # consents ended in one transaction

_L, _S, _P, _O = Lease.__table__.c, Seen.__table__.c, Parked.__table__.c, OutboxMessage.__table__.c
_made = upsert(Lease)
_TAKE = _made.on_conflict_do_update(
    index_elements=["name"],
    set_={"token": _made.excluded.token, "until": _made.excluded.until},
    where=or_(_L.until < bindparam("now"), _L.token == _made.excluded.token),
).returning(_L.token)
_SEEN = delete(Seen).where(_S.expires < bindparam("now"))
_PARKED = delete(Parked).where(_P.at < bindparam("before"))
_SETTLED = delete(OutboxMessage).where(_O.settled_at < bindparam("before"))


@dataclass(slots=True)
class Caretaker:
    """Goes round every few seconds while the lease is its own."""

    desk: Desk
    database: Database
    every: float = EVERY
    reminders: Reminders = field(init=False)
    erasures: Erasures = field(init=False)
    _token: str = field(default_factory=numbers.token)

    def __post_init__(self) -> None:
        self.reminders = Reminders(self.desk, self.database, self._visit)
        self.erasures = Erasures(self.desk, self.database, self._visit)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.round()
            except Exception as fault:
                log.error("a round failed: %s", type(fault).__name__)
            await asyncio.sleep(self.every)

    async def round(self) -> bool:
        """One round; whether the lease was ours."""
        if not await self.database.keep(self._lease):
            return False
        while await self.database.keep(self._seal) == ledger.BATCH:
            pass
        await self.database.keep(self._sweep)
        while await self.database.keep(self._end) == AT_ONCE:
            pass
        await self.reminders.round()
        await self.erasures.round()
        return True

    def _visit(self, connection: Connection) -> Visit:
        visitor = subjects.visitor(self.desk, "", "")
        return Visit(connection, self.desk, "caretaker", "", self.desk.clock.now(), "kk", visitor)

    def _lease(self, connection: Connection) -> bool:
        at = self.desk.clock.now()
        row = connection.execute(
            _TAKE, {"name": "caretaker", "token": self._token, "until": at + LEASE, "now": at}
        ).first()
        return row is not None

    def _seal(self, connection: Connection) -> int:
        return ledger.seal(self._visit(connection))

    def _sweep(self, connection: Connection) -> None:
        """Codes, counts, prompts and drafts, seen and parked updates, settled messages: gone when they are over."""
        visit = self._visit(connection)
        codes.lapse(visit)
        dialogue.lapse(visit)
        outbox.lapse(visit)
        anchors.post(visit)
        visit.run(_SEEN, now=visit.at)
        visit.run(_PARKED, before=visit.at - PARKED_FOR)
        visit.run(_SETTLED, before=visit.at - SETTLED_FOR)

    def _end(self, connection: Connection) -> int:
        """Consents whose last day has passed; of blocked people too, because it only takes away."""
        visit = self._visit(connection)
        over = consents.ended(visit, AT_ONCE)
        for subject_id, purpose in over:
            visit.subject = subjects.by_id(visit, subject_id)
            if visit.subject is not None:
                visit.locale = visit.subject.locale
                consents.expire(visit, purpose)
        return len(over)
