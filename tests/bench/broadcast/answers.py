"""Line 2: how long people wait for an answer while a broadcast runs, beside the same without one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from tests import subscribers

from .stage import LIMIT, desk, square


@dataclass(frozen=True)
class Waits:
    """Seconds from writing to the answer, without and with a broadcast, and what the broadcast did meanwhile."""

    without: list[float]
    during: list[float]
    lost: int
    refused: int
    rate: float  # messages of the broadcast and answers together, per second, of the limit

    @staticmethod
    def percentile(waits: list[float], share: float) -> float:
        """What `share` of them did not exceed."""
        ordered = sorted(waits)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0

    @property
    def ratio(self) -> float:
        """p95 with over p95 without."""
        return self.percentile(self.during, 0.95) / max(self.percentile(self.without, 0.95), 1e-9)


async def measure(
    folder: Path,
    updates: str,
    latency_ms: float,
    per_second: float,
    seconds: float,
    database: str,
    server: str | None,
) -> Waits:
    """So many people a second write /menu for so long: before, during and after a broadcast."""
    people = int(2 * seconds * LIMIT)
    writers = {"first": subscribers.FIRST, "count": people, "per_second": per_second}
    async with (
        square(latency_ms) as place,
        desk(place, folder, people, database, server, updates) as made,
    ):
        await place.tell("people", first=subscribers.FIRST, count=people)
        await made.serve()
        await place.tell("crowd", **writers, seconds=3.0)  # warm
        before = await place.tell("crowd", **writers, seconds=seconds / 2)
        await place.tell("mark")
        await made.broadcast()
        await place.sent(3 * LIMIT)
        during = await place.tell("crowd", **writers, seconds=seconds)
        messages = (await place.tell("heard"))["messages"]
        await place.sent(people, silence=5.0)
        await asyncio.sleep(1.0)
        after = await place.tell("crowd", **writers, seconds=seconds / 2)
    times = [at for at, _chat, code in messages if code == 200]
    return Waits(
        without=before["waits"] + after["waits"],
        during=during["waits"],
        lost=before["lost"] + during["lost"] + after["lost"],
        refused=sum(code == 429 for _at, _chat, code in messages),
        rate=(len(times) - 1) / (times[-1] - times[0]) / LIMIT if len(times) > 1 else 0.0,
    )


def line(name: str, waits: Waits) -> str:
    """One row for a person."""
    p = waits.percentile
    return (
        f"{name:32} p50 {1000 * p(waits.without, 0.5):.0f} → {1000 * p(waits.during, 0.5):.0f} ms, "
        f"p95 {1000 * p(waits.without, 0.95):.0f} → {1000 * p(waits.during, 0.95):.0f} ms (x {waits.ratio:.2f}), "
        f"p99 {1000 * p(waits.without, 0.99):.0f} → {1000 * p(waits.during, 0.99):.0f} ms; "
        f"{len(waits.during)} answers during it, {waits.lost} lost, 429s {waits.refused}, limit used {waits.rate:.3f}"
    )
