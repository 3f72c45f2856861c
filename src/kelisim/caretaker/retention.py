"""The day's retention run: a few seconds in every round until it is over, gone on with where a kill stopped it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from kelisim.desk import retention
from kelisim.desk.visit import Desk, Visit, zone
from kelisim.store.database import Database

log = logging.getLogger("kelisim.caretaker")

A_ROUND = 5.0  # seconds of one round: the ledger waits meanwhile, and it waits two minutes at most (I5)


@dataclass(slots=True)
class Retention:
    """Batch by batch, each a transaction of its own; the log gets counts and nothing else."""

    desk: Desk
    database: Database
    visiting: Callable[[Connection], Visit]
    _over: date | None = None

    async def round(self, ours: Callable[[], Awaitable[bool]]) -> None:
        """Go on with today's run for a while; `ours` renews the lease, and without it nothing more is done."""
        today = self.desk.clock.now().astimezone(zone(self.desk.operator.zone)).date()
        if self._over == today:
            return
        loop = asyncio.get_running_loop()
        ends, seen = loop.time() + A_ROUND, -1
        while loop.time() < ends and await ours():
            run = await self.database.keep(lambda connection: retention.step(self.visiting(connection)))
            if run.over:
                self._over = today
                if seen >= 0:  # another caretaker may have ended it before
                    log.info("retention is done: %s", retention.counts(run.done))
                return
            now = sum(run.done.values())
            if seen >= 0 and now > seen:
                log.info(
                    "retention, part %d of %d: %s",
                    run.kind + 1,
                    len(retention.KINDS),
                    retention.counts(run.done),
                )
            seen = now
