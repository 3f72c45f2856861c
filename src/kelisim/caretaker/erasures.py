"""Deletions carried out: rows first, then the store's files, and only then the certificate (T-STORE-03)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from kelisim.desk import blocking, holds, removals
from kelisim.desk.visit import Desk, Visit
from kelisim.store.database import Database, in_trouble

log = logging.getLogger("kelisim.caretaker")

AT_ONCE = 50


@dataclass(slots=True)
class Erasures:
    """Destroys what is due, each person in a transaction of their own, and hands over certificates."""

    desk: Desk
    database: Database
    visiting: Callable[[Connection], Visit]

    async def round(self) -> int:
        """One round; how many people were destroyed."""
        due, held, kept = await self.database.look(
            self._owed
        )  # most rounds only look, and looking holds nobody up
        if held:
            await self.database.keep(lambda connection: blocking.lapse(self.visiting(connection)))
        done = 0
        for row, turn in due:
            done += await self._carry_out(row, turn)
        if kept:
            await self.database.keep(lambda connection: removals.let_go(self.visiting(connection)))
        await self._certify()
        return done

    def _owed(self, connection: Connection) -> tuple[list[tuple[int, int | None]], bool, bool]:
        """Deletions that are due; whether holds are over, and whether disputes are kept of people who are gone."""
        visit = self.visiting(connection)
        return removals.ready(visit, AT_ONCE), bool(holds.over(visit, 1)), removals.keeps(visit)

    async def _carry_out(self, row: int, turn: int | None) -> bool:
        """One person, in turn with their own visits; a fault names the row and holds nobody else up."""
        try:
            return await self.database.keep(partial(self._destroy, row), turn)
        except Exception as fault:
            if in_trouble(fault):
                raise
            log.error("erasure %s: %s", row, type(fault).__name__)
            return False

    def _destroy(self, row: int, connection: Connection) -> bool:
        return removals.carry_out(self.visiting(connection), row)

    async def _certify(self) -> None:
        """Certificates wait until the files of the store let go of what was there before."""
        if not await self.database.look(
            lambda connection: removals.waits_for_files(self.visiting(connection))
        ):
            return
        before = self.desk.clock.now()
        if not await self.database.let_go():
            log.warning("certificates wait: somebody still reads what was destroyed")
            return
        await self.database.keep(lambda connection: removals.certify(self.visiting(connection), before))
