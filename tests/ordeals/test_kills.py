"""SIGKILL at random moments of a scripted day (issue: Must show 5; THREATS.md I4, I5, I6).

    pytest -m ordeal tests/ordeals/test_kills.py                              small, as in .ci/run: 3 kills, 12 people
    pytest -m ordeal tests/ordeals/test_kills.py --kills 50 --people 50       full: 200 kills in all, up to an hour

Fifty people in three languages live their day at a real `kelisim serve` (its environment is all it gets) and the
sandbox's Bot API, which brings an update again until it is taken, as Telegram does. Doubles are receipts that were on
the wire at a kill: sendDocument has no idempotency key (THREATS.md section 4), so they are counted and listed.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.ordeals.conftest import Figures, Sizes
from tests.ordeals.scene import Scene, scene

pytestmark = [pytest.mark.ordeal, pytest.mark.timeout(3600)]

PATIENCE = (
    900.0  # seconds: on a busy machine one start after another may be killed before an offset has passed
)
ALIVE = 4.0  # seconds at most between serving and a kill
IN_THE_START = 0.15  # share of kills that fall before the process says that it serves


async def fall(stage: Scene, kills: int) -> list[float]:
    """Kill and start again, so many times; seconds from each start to serving."""
    starts = [await stage.serve.ready()]
    for _kill in range(kills):
        if stage.dice.random() < IN_THE_START:
            await asyncio.sleep(stage.dice.uniform(0.0, starts[-1]))
        else:
            starts.append(await stage.serve.ready())
            await asyncio.sleep(stage.dice.uniform(0.0, ALIVE))
        await stage.serve.kill()
        await stage.serve.spawn()
    starts.append(await stage.serve.ready())
    stage.over.set()
    return sorted(starts)


@pytest.mark.parametrize("updates", ["polling", "webhook"])
async def test_every_confirmed_act_outlives_a_kill_and_none_is_done_twice(
    updates: str,
    store_url: str,
    tmp_path: Path,
    sizes: Sizes,
    figures: Figures,
    request: pytest.FixtureRequest,
) -> None:
    async with scene(store_url, tmp_path, updates, sizes.dice(request.node.name)) as stage:
        async with asyncio.TaskGroup() as tasks:
            killing = tasks.create_task(fall(stage, sizes.kills))
            for person in stage.invite(sizes.people):
                person.patience = PATIENCE
                tasks.create_task(stage.live(person))
        findings = await stage.finish()
        starts = killing.result()
        figures.tell(
            f"{sizes.kills} kills, to serving {starts[0]:.1f}-{starts[-1]:.1f} s; {stage.told(findings)}"
        )
        assert "database is locked" not in stage.serve.log()
