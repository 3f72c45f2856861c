"""Line 5, one store: a process that counts, addresses and claims, and tells seconds, CPU seconds and memory as JSON.

The environment is that of the desk; `python -m tests.bench.broadcast.addressing claims` begins no broadcast but goes on with
the one that runs, and claims and settles so many messages one by one, as the sender does, without the wire between.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection
from tests import subscribers

from kelisim import opening
from kelisim.desk import audiences, broadcasts, deliveries, drafts, outbox, subjects
from kelisim.desk.broadcasts import Broadcast
from kelisim.desk.visit import TELEGRAM, Visit
from kelisim.settings import Settings
from kelisim.store.database import Database, open_database

T = TypeVar("T")


class Meter:
    """Seconds, CPU seconds and the highest memory of one stage."""

    def __init__(self) -> None:
        gc.collect()
        self.base = self._status("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # proc(5): the peak begins anew
        self.began, self.cpu = time.perf_counter(), time.process_time()

    def told(self) -> dict[str, float]:
        """What it took since."""
        return {
            "seconds": time.perf_counter() - self.began,
            "cpu": time.process_time() - self.cpu,
            "mb": self._status("VmHWM") - self.base,
        }

    @staticmethod
    def _status(name: str) -> float:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
        return 0.0


class Bench:
    """A desk on its store, without doors."""

    def __init__(self, settings: Settings) -> None:
        self.desk = opening.open_desk(settings)
        self.database: Database = open_database(opening.url_of(settings))

    def visit(self, connection: Connection) -> Visit:
        """The desk's own."""
        return subjects.own_visit(self.desk, connection, "command")

    async def keep(self, work: Callable[[Visit], T]) -> T:
        """One visit that writes."""
        return await self.database.keep(lambda connection: work(self.visit(connection)))

    async def look(self, work: Callable[[Visit], T]) -> T:
        """One visit that reads."""
        return await self.database.look(lambda connection: work(self.visit(connection)))

    async def begin(self) -> dict[str, Any]:
        """Count a draft, then confirm and start it, and address it batch by batch as the conductor does."""
        draft = await self.keep(
            lambda visit: drafts.edit(
                visit,
                drafts.begin(visit, subscribers.author(visit), "informing", (TELEGRAM,)),
                subscribers.NEWS,
            )
        )
        meter = Meter()
        counted = await self.look(lambda visit: audiences.count(visit, draft))
        told: dict[str, Any] = {"people": sum(counted.to.values()), "count": meter.told()}
        one = await self.keep(lambda visit: self._start(visit, draft, counted.told()))
        meter, longest = Meter(), 0.0
        while True:
            began = time.perf_counter()
            more = await self.keep(
                lambda visit: audiences.address(visit, broadcasts.known(visit, one.number))
            )
            longest = max(longest, time.perf_counter() - began)
            if not more:
                break
        told["address"] = {**meter.told(), "longest": longest}
        told["rows"] = (await self.look(lambda visit: broadcasts.known(visit, one.number))).addressed
        return told

    @staticmethod
    def _start(visit: Visit, draft: Broadcast, counted: dict[str, Any]) -> Broadcast:
        draft = drafts.counted(visit, draft, counted)
        planned = broadcasts.confirm(visit, draft, draft.digest, subscribers.author(visit))
        return broadcasts.start(visit, planned)

    async def claims(self, messages: int) -> dict[str, Any]:
        """Claim and settle so many, each in visits of its own."""
        (one,) = await self.look(lambda visit: broadcasts.listed(visit, broadcasts.RUNNING))
        meter = Meter()
        for _message in range(messages):
            taken, _looked = await self.keep(lambda visit: deliveries.take(visit, one, TELEGRAM))
            for delivery in taken:
                await self.keep(lambda visit, each=delivery: deliveries.settle(visit, each, outbox.SENT))  # type: ignore[misc]
        told: dict[str, Any] = {"claims": meter.told()}
        meter = Meter()
        await self.look(lambda visit: deliveries.tally(visit, one))
        return told | {"tally": meter.told()}


async def main() -> None:
    """One stage, and its figures on a line."""
    bench = Bench(Settings.read(os.environ))
    try:
        stage = sys.argv[1]
        told = await (bench.claims(int(sys.argv[2])) if stage == "claims" else bench.begin())
        print(json.dumps(told), flush=True)
    finally:
        await bench.database.close()


if __name__ == "__main__":
    asyncio.run(main())
