"""Line 5: a store of a thousand beside one of a million: to count, to address, memory, and what a message costs in each."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from tests import subscribers

from kelisim import opening
from kelisim.settings import Settings
from kelisim.store import schema

from .. import kelisim_bot
from ..databases import fresh_database
from ..process import BOT_CORE

SMALL = 1_000
MESSAGES = 300  # claimed in each round, out of both stores in turn
ROUNDS = 3


@dataclass
class Size:
    """What was measured with one number of people."""

    people: int
    seeded: float = 0.0
    began: dict[str, Any] = field(default_factory=dict)
    claims: list[dict[str, Any]] = field(default_factory=list)

    def per_message(self, figure: str) -> float:
        """Milliseconds of a claim and a settling, the median of the rounds."""
        return 1000 * float(median(each["claims"][figure] for each in self.claims)) / MESSAGES


async def measure(folder: Path, people: int, database: str, server: str | None) -> tuple[Size, Size]:
    """A small and a large store side by side."""
    small, large = Size(SMALL), Size(people)
    async with _store(folder / "small", small, database, server) as one, _store(
        folder / "large", large, database, server
    ) as other:  # fmt: skip
        for size, settings in ((small, one), (large, other)):
            size.began = await _worker(settings, "begin")
        for number in range(ROUNDS):
            both = [(small, one), (large, other)]
            for size, settings in both if number % 2 == 0 else reversed(both):
                size.claims.append(await _worker(settings, "claims", str(MESSAGES)))
    return small, large


@contextlib.asynccontextmanager
async def _store(
    folder: Path, size: Size, database: str, server: str | None
) -> AsyncIterator[dict[str, str]]:
    folder.mkdir(parents=True)
    async with fresh_database(database, folder, server) as url:
        environment = kelisim_bot.environment(
            "http://127.0.0.1:9", "4242:nobody-is-written-to", "polling", "", "127.0.0.1:8080", folder, url
        )
        environment["KELISIM_OPERATOR"] = str(subscribers.operator_file(folder))
        settings = Settings.read(environment)
        await schema.migrate(opening.url_of(settings))
        began = time.perf_counter()
        await subscribers.seed(
            opening.url_of(settings), opening.vault_of(settings), size.people, evidence=False
        )
        size.seeded = time.perf_counter() - began
        yield environment


async def _worker(environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    here = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {BOT_CORE})
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.broadcast.addressing", *arguments,
            env=os.environ | environment, cwd=kelisim_bot.REPOSITORY, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
    finally:
        os.sched_setaffinity(0, here)
    said = (await process.communicate())[0]
    if process.returncode:
        raise RuntimeError(f"{arguments[0]} ended with {process.returncode}")
    told: dict[str, Any] = json.loads(said)
    return told


def lines(database: str, small: Size, large: Size) -> str:
    """The rows for a person."""
    told = []
    for size in (small, large):
        count, address = size.began["count"], size.began["address"]
        told.append(
            f"{database:9} {size.people:9,d} people (seeded in {size.seeded:.0f} s): counted in {count['seconds']:.2f} s "
            f"(+{count['mb']:.0f} MB), {size.began['rows']:,d} rows in {address['seconds']:.1f} s "
            f"(+{address['mb']:.0f} MB, longest visit {1000 * address['longest']:.0f} ms); a message "
            f"{size.per_message('seconds'):.2f} ms, CPU {size.per_message('cpu'):.2f} ms; tally "
            f"{median(each['tally']['seconds'] for each in size.claims):.2f} s"
        )
    told.append(
        f"{database:9} a message of the large store costs x {large.per_message('cpu') / small.per_message('cpu'):.2f} CPU, "
        f"x {large.per_message('seconds') / small.per_message('seconds'):.2f} time of one of the small"
    )
    return "\n".join(told)
