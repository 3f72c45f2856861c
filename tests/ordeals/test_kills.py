"""SIGKILL at random moments of a scripted day (issue: Must show 5; THREATS.md I4, I5, I6).

    pytest -m ordeal tests/ordeals/test_kills.py                              small, as in .ci/run: 3 kills, 12 people
    pytest -m ordeal tests/ordeals/test_kills.py --kills 50 --people 50       full: 200 kills in all, about 25 minutes

Fifty people in three languages live their day at a real `kelisim serve` (its environment is all it gets) and the
sandbox's Bot API, which brings an update again until it is taken, as Telegram does. Doubles are receipts that were on
the wire at a kill: sendDocument has no idempotency key (THREATS.md section 4), so they are counted and listed.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from random import Random

import pytest
from tests.ordeals.conftest import Figures, Sizes
from tests.ordeals.evidence import examine, settled
from tests.ordeals.people import Resident, residents
from tests.ordeals.process import Serve, environment

from kelisim.sandbox import Sandbox
from kelisim.sandbox.settings import Limits
from kelisim.settings import Settings

pytestmark = [pytest.mark.ordeal, pytest.mark.timeout(3600)]

ROOMY = Limits(
    wire=1_000_000, messages=10_000, letters=100_000, files_bytes=1 << 30, webhook_longest_pause=1.0
)
PACE = (0.2, 0.9)  # seconds a person thinks: some fifty updates a second are in the air when a kill falls
IN_THE_START = 0.15  # share of kills that fall before the process says that it serves


async def live(person: Resident, over: asyncio.Event) -> None:
    """The day, and rounds until the last kill has fallen."""
    await person.day()
    while not over.is_set():
        await person.round()


async def fall(serve: Serve, kills: int, dice: Random, over: asyncio.Event) -> list[float]:
    """Kill and start again, so many times; seconds from each start to serving."""
    starts = [await serve.ready()]
    for _kill in range(kills):
        if dice.random() < IN_THE_START:
            await asyncio.sleep(dice.uniform(0.0, starts[-1]))
        else:
            starts.append(await serve.ready())
            await asyncio.sleep(dice.uniform(0.0, 2.0))
        await serve.kill()
        await serve.spawn()
    starts.append(await serve.ready())
    over.set()
    return starts


@pytest.mark.parametrize("updates", ["polling", "webhook"])
async def test_every_confirmed_act_outlives_a_kill_and_none_is_done_twice(
    updates: str,
    store_url: str,
    tmp_path: Path,
    sizes: Sizes,
    figures: Figures,
    request: pytest.FixtureRequest,
) -> None:
    dice = sizes.dice(request.node.name)
    began = time.monotonic()
    async with Sandbox(limits=ROOMY) as sandbox:
        given = environment(sandbox, tmp_path, store_url, updates)
        settings = Settings.read(given)
        serve = Serve(given, tmp_path)
        try:
            await serve.spawn()
            people = residents(sandbox, sizes.people, dice, PACE)
            over = asyncio.Event()
            async with asyncio.TaskGroup() as tasks:
                killing = tasks.create_task(fall(serve, sizes.kills, dice, over))
                for person in people:
                    tasks.create_task(live(person, over))
            drained = await settled(store_url, 300)
            assert await serve.stop() == 0, serve.said()
        finally:
            await serve.close()
        findings = await examine(settings, sandbox, people)
        repeated = sum(line["method"] == "sendMessage" for line in sandbox.town.wire)
    starts = sorted(killing.result())
    done = sum(len(person.acts) for person in people)
    figures.tell(
        f"{sizes.kills} kills, {len(people)} people, {sum(p.updates for p in people)} updates, {done} acts, "
        f"{findings.records} records, {findings.receipts} receipts ({len(findings.doubles)} doubles: "
        f"{', '.join(findings.doubles) or 'none'}), {findings.letters} letters ({findings.letter_doubles} doubles), "
        f"{repeated} messages; to serving {starts[0]:.1f}-{starts[-1]:.1f} s, slowest answer "
        f"{max(p.slowest for p in people):.1f} s, outbox empty after {drained:.0f} s; {time.monotonic() - began:.0f} s"
    )
    assert findings.faults == []
    assert "database is locked" not in serve.log() and "Traceback" not in serve.log()
