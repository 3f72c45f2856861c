"""Consents that were asked for anew and got no answer: paused one person at a time, by day, at a pace that leaves answers room."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from kelisim.desk import quiet, silences
from kelisim.desk.broadcasts import Broadcast
from kelisim.desk.purposes import Pair
from kelisim.desk.silences import Silent
from kelisim.desk.visit import Desk, Visit
from kelisim.store.database import Database, in_trouble

log = logging.getLogger("kelisim.caretaker")

# A round is some 15 s: with its receipt and notice everybody paused has up to four messages, half of what Telegram takes.
AT_ONCE = 50
OFTEN = timedelta(minutes=10)  # between two looks for people whose open requests held the pause up


@dataclass(slots=True)
class Renewals:
    """Looks for campaigns whose day is over; who decides meanwhile is served in turn and is not paused."""

    desk: Desk
    database: Database
    visiting: Callable[[Connection], Visit]
    _after: dict[tuple[int, str], int] = field(default_factory=dict)
    _again: dict[tuple[int, str], datetime] = field(default_factory=dict)

    async def round(self) -> int:
        """Pause up to `AT_ONCE` of each purpose; how many were."""
        night, late, due = await self.database.look(self._owed)
        if late:
            await self.database.keep(lambda connection: silences.belated(self.visiting(connection)))
        if night:  # receipts come at any hour, and nobody reads at night that a consent was paused
            return 0
        return sum([await self._go_on(broadcast, pairs) for broadcast, pairs in due])

    def _owed(self, connection: Connection) -> tuple[bool, bool, list[tuple[Broadcast, list[Pair]]]]:
        visit = self.visiting(connection)
        due = [(broadcast, broadcast.pairs(visit)) for broadcast in silences.due(visit)]
        return quiet.until(visit, "notice") is not None, bool(silences.late(visit)), due

    async def _go_on(self, broadcast: Broadcast, pairs: list[Pair]) -> int:
        """The next people of each pair; when a whole look finds nobody any more the campaign is over."""
        done, left, now = 0, False, self.desk.clock.now()
        for pair in pairs:
            key = (broadcast.id, pair.code)
            after = self._after.get(key, 0)
            if not after and key in self._again and now < self._again[key]:
                left = True
                continue
            found = await self.database.look(partial(self._silent, broadcast, pair, after))
            for each in found:
                done += await self._pause(broadcast, pair, each)
            if found:
                self._after[key], left = found[-1].subject_id, True
            elif after:  # once more from the first: somebody may have been held up
                self._after[key], left = 0, True
                self._again[key] = now + OFTEN
        if not left:
            await self.database.keep(lambda connection: silences.over(self.visiting(connection), broadcast))
            log.info("the campaign %s is over", broadcast.number)
        return done

    def _silent(self, broadcast: Broadcast, pair: Pair, after: int, connection: Connection) -> list[Silent]:
        return silences.silent(self.visiting(connection), broadcast, pair, after, AT_ONCE)

    async def _pause(self, broadcast: Broadcast, pair: Pair, each: Silent) -> bool:
        try:
            return await self.database.keep(
                lambda connection: silences.pause(
                    self.visiting(connection), broadcast, pair, each.subject_id
                ),
                each.turn,
            )
        except Exception as fault:  # its own: the others are paused
            if in_trouble(fault):
                raise
            log.error("the pause of subject %s: %s", each.subject_id, type(fault).__name__)
            return False
