"""Dates looked after: cases moved by the calendar, staff reminded in working hours, people told that we are late."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from kelisim.desk import dates
from kelisim.desk.operator import Operator
from kelisim.desk.visit import Desk, Visit, zone
from kelisim.store.database import Database, in_trouble

log = logging.getLogger("kelisim.caretaker")

OFTEN = timedelta(
    minutes=10
)  # between two looks at all open cases; a new day and a re-read file are looked at at once


@dataclass(slots=True)
class Reminders:
    """Looks at every open case, beside the writing; only what owes something is written, each case by itself."""

    desk: Desk
    database: Database
    visiting: Callable[[Connection], Visit]
    _seen: tuple[date, Operator] | None = None
    _at: datetime | None = None

    async def round(self) -> int:
        """One look, if it is time for one; for how many cases something was done."""
        now, operator = self.desk.clock.now(), self.desk.operator
        today = now.astimezone(zone(operator.zone)).date()
        same = self._seen is not None and self._seen[0] == today and self._seen[1] is operator
        if same and self._at is not None and self._at <= now < self._at + OFTEN:
            return 0
        done = over = after = 0
        while found := await self.database.look(partial(self._look, after)):
            after = found[-1].id
            over += sum(case.over for case in found)
            for case in found:
                done += case.owes and await self._attend(case.number)
        self._seen, self._at = (today, operator), now
        if over:
            log.warning("requests overdue: %d", over)
        return done

    def _look(self, after: int, connection: Connection) -> list[_Looked]:
        visit = self.visiting(connection)
        return [
            _Looked(case.id, case.number, dates.owes(visit, case), case.is_over(visit.today))
            for case in dates.in_hand(visit, after)
        ]

    async def _attend(self, number: str) -> bool:
        """Do what a case owes; one that fails is named and holds no other up."""
        try:
            await self.database.keep(lambda connection: dates.attend(self.visiting(connection), number))
        except Exception as fault:
            if in_trouble(fault):
                raise
            log.error("the dates of case %s: %s", number, type(fault).__name__)
            return False
        return True


@dataclass(frozen=True, slots=True)
class _Looked:
    id: int
    number: str
    owes: bool
    over: bool
