"""Lines 1 and 8: the share of the limit and the 429s of every sender at each latency, and what a message costs."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests import subscribers

from . import baselines
from .baselines import BARE, DEFAULTS, LIBRARIES, NAIVE, Baseline
from .stage import Figures, desk, square

OURS = "kelisim"
Pass = dict[tuple[str, float], Figures]


async def ours(
    folder: Path, people: int, latency_ms: float, database: str = "sqlite", server: str | None = None
) -> Figures:
    """kelisim to so many people, on a fresh store."""
    async with square(latency_ms) as place, desk(place, folder, people, database, server) as made:
        await place.tell("people", first=subscribers.FIRST, count=people)
        await made.broadcast()
        await made.serve()
        await place.tell("mark")
        base = await place.sent(1)
        cpu = made.process.cpu_seconds()
        await place.sent(people)
        cpu = made.process.cpu_seconds() - cpu
        await asyncio.sleep(1.0)  # what should not come would come now
        made.process.must_live()
        messages = (await place.tell("heard"))["messages"]
        return Figures.of(messages, cpu, made.process.memory_mb(), base)


async def other(
    baseline: Baseline, python: Path, folder: Path, people: int, latency_ms: float, *, limits: bool = True
) -> Figures:
    """Somebody else's sender to so many people."""
    async with square(latency_ms) as place:
        await place.tell("people", first=subscribers.FIRST, count=people)
        if not limits:
            await place.tell("limits", per_second=0, per_chat=0)
        return await baselines.run(baseline, place, python, people, folder)


async def one_pass(
    number: int, folder: Path, people: int, latencies: list[float], python: Path | None, apart: bool
) -> Pass:
    """Everybody once at each latency. The others mostly sleep: they run beside each other, kelisim by itself."""
    found: Pass = {}
    others = [NAIVE, *(LIBRARIES if python is not None else ())]
    for place, latency in enumerate(latencies):
        here = folder / f"pace-{number}-{latency:g}"

        async def our_turn(latency: float = latency, here: Path = here) -> None:
            found[OURS, latency] = await ours(here / "ours", people, latency)
            _tell(OURS, latency, found)

        async def one(baseline: Baseline, latency: float = latency, here: Path = here) -> None:
            own = here / baseline.program
            found[baseline.name, latency] = await other(baseline, python or Path(), own, people, latency)
            _tell(baseline.name, latency, found)

        if (number + place) % 2 == 0:
            await our_turn()
        if apart:
            for baseline in others:
                await one(baseline)
        else:
            await asyncio.gather(*(one(baseline) for baseline in others))
        if (number + place) % 2:
            await our_turn()
    return found


async def as_it_comes(folder: Path, people: int, python: Path) -> Figures:
    """The library that takes a 429 for a failure, without the middleware that repeats."""
    return await other(DEFAULTS, python, folder, people, 0.0)


async def bare(folder: Path, people: int) -> Figures:
    """What a message costs bare aiogram: no limit, no pause, nothing kept."""
    return await other(BARE, Path(), folder, people, 0.0, limits=False)


def _tell(name: str, latency: float, found: Pass) -> None:
    print("  " + line(name, latency, found[name, latency]), flush=True)


def line(name: str, latency: float, figures: Figures) -> str:
    """One row for a person."""
    return (
        f"{name:32} {latency:4.0f} ms  share {figures.share:.3f}  429s {figures.refused:4d}  sent {figures.sent:6d}  "
        f"twice {figures.twice}  {figures.seconds:6.1f} s  CPU s/1000 {figures.cpu:.2f}"
        + (f"  {figures.memory:.0f} MB" if figures.memory else "")
    )
