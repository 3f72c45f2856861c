"""What moves a broadcast on its way: its hour, its addressing, the night, its end. One conductor among all replicas, by lease."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from kelisim.desk import audiences, broadcasts, deliveries, dispatches, numbers, outbox, subjects
from kelisim.desk.broadcasts import CANCELLED, GROWN, NIGHT, PAUSED, RUNNING, SCHEDULED, Broadcast, Stale
from kelisim.desk.visit import Desk, Visit
from kelisim.store import leases
from kelisim.store.database import Database, in_trouble

log = logging.getLogger("kelisim.courier")

NAME = "conductor"
LEASE, RENEW = timedelta(seconds=30), 10.0
TICK = 1.0  # seconds between looks
NOTED = timedelta(minutes=1)  # how often it is written down that somebody looked


@dataclass(slots=True)
class Conductor:
    """Looks every second at the broadcasts that are under way and does what is due; what it does is always one short visit."""

    desk: Desk
    database: Database
    mark: str = field(default_factory=numbers.token)
    tick: float = TICK
    alone: bool = False  # nobody else can serve this store: a standing lease is of a process that was killed
    _renewed: float = -RENEW
    _looked: datetime | None = None

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                busy = False
                try:
                    busy = await self._leads() and await self.round()
                except Exception as fault:  # the store is away, or somebody else was faster: look again
                    log.error("broadcasts: %s", type(fault).__name__)
                await asyncio.sleep(0 if busy else self.tick)
        finally:
            with contextlib.suppress(Exception):
                await self.database.keep(lambda connection: leases.let_go(connection, NAME, self.mark))

    async def _leads(self) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self._renewed < RENEW:
            return True
        at = self.desk.clock.now()
        over = at + 2 * LEASE if self.alone else at
        mine = await self.database.keep(
            lambda connection: leases.take(connection, NAME, self.mark, at + LEASE, over)
        )
        if mine:
            self._renewed = now
        return mine

    async def round(self) -> bool:
        """Do what is due now; whether there is more to be done at once. One that fails holds no other up."""
        await self._wake()
        busy = False
        for number in await self.database.look(self._under_way):
            try:
                busy = await self.database.keep(lambda c, n=number: self._move(self._visit(c), n)) or busy  # type: ignore[misc]
            except Exception as fault:
                if in_trouble(fault):
                    raise
                log.error("broadcast %s: %s", number, type(fault).__name__)
        return busy

    def _under_way(self, connection: Connection) -> list[str]:
        """The numbers of those with which something is to be done: most rounds only look, and looking holds nobody up."""
        visit = self._visit(connection)
        return [known.number for known in broadcasts.under_way(visit) if self._due(visit, known)]

    async def _wake(self) -> None:
        """Nobody may have looked for a night or a week: what ran then does not simply go on (T-CAST-06)."""
        now = self.desk.clock.now()
        if self._looked is not None and now - self._looked < NOTED:
            return
        await self.database.keep(self._woken)
        self._looked = now

    def _woken(self, connection: Connection) -> None:
        visit = self._visit(connection)
        since = broadcasts.look_noted(visit)
        for known in broadcasts.under_way(visit) if since is not None else ():
            if (
                known.state == RUNNING
                and not known.night
                and broadcasts.slept(visit, known, since or visit.at)
            ):
                dispatches.tell(visit, broadcasts.pause(visit, known, NIGHT), "night")

    def _visit(self, connection: Connection) -> Visit:
        return subjects.own_visit(self.desk, connection, "courier")

    def _due(self, visit: Visit, broadcast: Broadcast) -> bool:
        """Whether anything is to be done with it: most rounds only look, and looking holds nobody up."""
        if broadcast.state == SCHEDULED:
            return broadcast.start_at is None or broadcast.start_at <= visit.at
        if broadcast.state == CANCELLED:
            return any(deliveries.left(visit, broadcast, channel) for channel in broadcast.channels)
        night = broadcasts.in_hours(visit, broadcast, visit.at) > visit.at
        if broadcast.state == PAUSED:
            return broadcast.cause == NIGHT and broadcast.night and not night
        return (
            night
            or broadcast.addressed_at is None
            or not any(deliveries.waits(visit, broadcast, channel) for channel in broadcast.channels)
        )

    def _move(self, visit: Visit, number: str) -> bool:
        """One step of one broadcast; whether there is more to be done at once."""
        broadcast = broadcasts.known(visit, number)
        if not self._due(visit, broadcast):
            return False
        try:
            return self._step(visit, broadcast)
        except Stale:  # a person moved it in this moment
            return True

    def _step(self, visit: Visit, broadcast: Broadcast) -> bool:
        if broadcast.state == SCHEDULED:
            begun = broadcasts.start(visit, broadcast)
            if begun.state == broadcasts.MISSED:
                dispatches.tell(visit, begun, "missed")
            return True
        if broadcast.state == CANCELLED:
            return deliveries.drop(visit, broadcast) > 0
        if broadcast.state == PAUSED:
            broadcasts.resume(visit, broadcast)
            return True
        if broadcasts.in_hours(visit, broadcast, visit.at) > visit.at:
            dispatches.tell(visit, broadcasts.pause(visit, broadcast, NIGHT), "night")
            return False
        if broadcast.addressed_at is None:
            audiences.address(visit, broadcast)
            self._grown(visit, broadcast)
            return True
        if any(deliveries.left(visit, broadcast, channel) for channel in broadcast.channels):
            outbox.lapse(visit)  # what a sender that died had on the wire: nobody knows, and the list says so
            return False
        dispatches.tell(visit, broadcasts.done(visit, broadcast), "done")
        return False

    def _grown(self, visit: Visit, before: Broadcast) -> None:
        """It turned out larger than what one person alone may send: somebody has to look again (T-CAST-05)."""
        now, alone = broadcasts.known(visit, before.number), visit.operator.broadcast.approval_above
        if before.to <= alone and before.addressed <= alone < now.addressed:
            dispatches.tell(visit, broadcasts.pause(visit, now, GROWN), "failures")
