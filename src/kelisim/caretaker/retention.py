"""The day's retention run: a few seconds in every round until it is over, gone on with where a kill stopped it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from kelisim.desk import retention
from kelisim.desk.retention import Run
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
        ends, told = loop.time() + A_ROUND, ""
        while loop.time() < ends and await ours():
            run = await self.database.keep(lambda connection: retention.step(self.visiting(connection)))
            if run.over:
                self._over = today
                log.info("retention is done: %s", counts(run.done))
                return
            told = self._progress(run, told)

    def _progress(self, run: Run, told: str) -> str:
        """A line when the run comes to another kind."""
        kind = retention.KINDS[run.kind].name
        if told and kind != told:
            log.info(
                "retention, %d of %d, now %s: %s so far",
                run.kind,
                len(retention.KINDS),
                kind,
                counts(run.done),
            )
        return kind


def counts(done: dict[str, int]) -> str:
    """How many of what, in a line."""
    return ", ".join(f"{name} {n}" for name, n in done.items()) or "nothing"
