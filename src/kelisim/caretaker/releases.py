"""Plain answers of staff that leave by time: each in its own transaction, once, in working hours, after its echo has left."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from kelisim.desk import releases
from kelisim.desk.visit import Visit
from kelisim.store.database import Database, in_trouble

log = logging.getLogger("kelisim.caretaker")


@dataclass(slots=True)
class Releases:
    """Looks for answers whose time has come, beside the writing."""

    database: Database
    visiting: Callable[[Connection], Visit]

    async def round(self) -> int:
        """How many have left."""
        left = 0
        for row in await self.database.look(lambda connection: releases.due(self.visiting(connection))):
            try:
                left += await self.database.keep(partial(self._release, row)) == releases.DONE
            except Exception as fault:  # its own: the others leave
                if in_trouble(fault):
                    raise
                log.error("the reply %s: %s", row, type(fault).__name__)
        return left

    def _release(self, row: int, connection: Connection) -> str:
        return releases.timed(self.visiting(connection), row)
