"""A broadcast under stops, kills and failures (issue 5, Must show 3, 4 and 6; T-CAST-03, T-CAST-08).

    pytest -m ordeal tests/ordeals/test_broadcasts.py                       small, as in .ci/run
    pytest -m ordeal tests/ordeals/test_broadcasts.py --kills 34 --stops 500 --recipients 1500 --outage 60
                                                                            full: 102 kills of the sender in all

Real processes of `kelisim serve`, the sandbox's Bot API with Telegram's limits on. A message is on the wire from its claim to
its outcome; whatever a kill or a cut connection meets there is uncertain, listed, and never sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.ordeals.casts import LIMIT, Cast, cast
from tests.ordeals.conftest import Figures, Sizes
from tests.ordeals.evidence import reading
from tests.ordeals.people import STOP

from kelisim.desk import broadcasts, deliveries, outbox
from kelisim.sandbox import acts
from kelisim.sandbox.settings import Faults

pytestmark = [pytest.mark.ordeal, pytest.mark.timeout(3600)]

ROUND_TRIP = 20.0  # ms: without any, hardly a kill would meet a message on the wire
IN_THE_START = 0.15  # share of kills that fall before the process says that it serves
STARTS = 240.0  # seconds: on a busy machine a start takes its time
STOPS = 3.0  # a second: each is answered by four messages of the thirty
PATIENCE = 60.0  # seconds for the answer to a stop
ALIVE = 2.0  # seconds at most between a message that left and a kill


async def test_nobody_who_said_stop_hears_of_it_again(
    store_url: str, tmp_path: Path, sizes: Sizes, figures: Figures, request: pytest.FixtureRequest
) -> None:
    people = max(sizes.recipients, 6 * sizes.stops)
    async with cast(store_url, tmp_path, sizes.dice(request.node.name), people) as stage:
        stage.sandbox.town.faults = Faults(latency_ms=ROUND_TRIP)
        await stage.serves[0].spawn()
        await stage.serves[0].ready(STARTS)
        while not stage.delivered():
            await asyncio.sleep(0.02)
        stopping = stage.dice.sample(stage.chats, sizes.stops)
        length = sizes.stops / STOPS
        moments = sorted(stage.dice.uniform(0.0, length) for _stop in stopping)
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            told = [
                tasks.create_task(_stops(stage, chat, began + moment))
                for chat, moment in zip(stopping, moments, strict=True)
            ]
        answered = dict(zip(stopping, (task.result() for task in told), strict=True))
        await stage.done(300 + 5 * people / LIMIT)
        rows, times = await stage.rows(), stage.times()
        async with reading(store_url) as read:
            cancelled = await read("SELECT sum(cancelled) FROM consent_records WHERE act = 'stopped'")
        crossed = await stage.desk(lambda visit, one: deliveries.crossed(visit, one, most=10_000))
        assert await stage.serves[0].stop() == 0
        late = {chat for chat, at in answered.items() if any(came > at for came in times.get(chat, ()))}
        marked = {chat for chat, (_state, cause) in rows.items() if cause == outbox.CROSSED}
        assert not late - marked, "a message left after its person's stop was answered"
        assert len(marked) == len(crossed)
        found = await stage.examine(ended=(outbox.SENT, outbox.CANCELLED, outbox.UNCERTAIN), without=answered)
        assert all(chat in answered for chat, (state, _cause) in rows.items() if state == outbox.CANCELLED)
        assert int(cancelled[0][0]) == sum(
            1 for state, cause in rows.values() if state == outbox.CANCELLED and not cause
        ), "a stop told another number of cancelled messages"
        figures.tell(
            f"{len(answered)} stops among {people}: {found[outbox.SENT]} sent, {found[outbox.CANCELLED]} cancelled "
            f"({int(cancelled[0][0])} of them told to their person), {len(late)} after a stop's answer, "
            f"{len(marked)} on the wire in the moment of a stop; 429s {stage.refused()}"
        )


async def _stops(stage: Cast, chat: int, at: float) -> float:
    """Say STOP at a moment; when the answer was there."""
    await asyncio.sleep(max(0.0, at - time.monotonic()))
    town, began = stage.sandbox.town, time.monotonic()
    person = town.by_id[chat]
    done = acts.say(town, {"person": person.key, "text": STOP[person.language_code or "kk"]})
    while True:
        for line in itertools.islice(reversed(town.wire), 500):
            if (
                line["method"] == "sendMessage"
                and int(line["params"].get("chat_id", 0)) == chat
                and "S-" in str(line["params"].get("text", ""))
            ):
                return float(line["at"])
        assert time.monotonic() - began < PATIENCE, [
            (line["at"], line["method"], line["answer"] and line["answer"].get("description"))
            for line in town.wire
            if str(line["params"].get("chat_id")) == str(chat)
        ]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5.0):
                await town.next_move(done.chat)


@pytest.fixture(
    params=[
        ("sqlite", 1),
        pytest.param(("postgres", 1), marks=pytest.mark.postgres),
        pytest.param(("postgres", 3), marks=pytest.mark.postgres),
    ],
    ids=["sqlite", "postgres", "postgres-three-replicas"],
)
def served(request: pytest.FixtureRequest) -> tuple[str, int]:
    """A store, and how many serve it."""
    kind, replicas = request.param
    return request.getfixturevalue(f"{kind}_url"), replicas


async def test_a_sender_that_is_killed_loses_nobody_and_writes_to_nobody_twice(
    served: tuple[str, int],
    tmp_path: Path,
    sizes: Sizes,
    figures: Figures,
    request: pytest.FixtureRequest,
) -> None:
    url, replicas = served
    # With three replicas two kills of three meet somebody who does not send, and the sending goes on meanwhile.
    kills = max(1, sizes.kills // replicas)
    people = 100 + int(kills * LIMIT * (ALIVE if replicas == 1 else 25.0))
    async with cast(url, tmp_path, sizes.dice(request.node.name), people, replicas=replicas) as stage:
        stage.sandbox.town.faults = Faults(latency_ms=ROUND_TRIP)
        for serve in stage.serves:
            await serve.spawn()
        for serve in stage.serves:
            await serve.ready(STARTS)
        met, others, gaps, wire, most = 0, 0, [], set[int](), 0
        while met < kills:
            was = await _moves(stage)
            gaps.append(was)
            await asyncio.sleep(stage.dice.uniform(0.0, ALIVE))
            assert (await stage.state())[0] == broadcasts.RUNNING, "too few people for so many kills"
            victim = stage.dice.choice(stage.serves)
            await victim.kill()
            hit = replicas == 1 or await _still(stage)
            caught = await stage.on_the_wire() - wire
            wire, most = wire | caught, max(most, len(caught))
            met, others = met + hit, others + (not hit)
            await victim.spawn()
            if stage.dice.random() < IN_THE_START:
                await asyncio.sleep(stage.dice.uniform(0.0, 2.0))
                await victim.kill()
                wire |= await stage.on_the_wire()
                await victim.spawn()
                others += 1
            await victim.ready(STARTS)
        await stage.done(120 + 2 * people / LIMIT)
        found = await stage.examine()
        for serve in stage.serves:
            assert await serve.stop() == 0
        doubtful = {chat for chat, row in (await stage.rows()).items() if row[0] == outbox.UNCERTAIN}
        arrived = sum(stage.came(chat) for chat in doubtful)
        assert doubtful <= wire, "somebody is in doubt whose message was not on the wire at a kill"
        figures.tell(
            f"{met} kills of the sender and {others} beside; {people} people: {found[outbox.SENT]} sent, lost 0, twice 0, "
            f"{len(doubtful)} in doubt ({most} at most in one kill), all listed, of which {arrived} arrived; silence after a kill "
            f"{min(gaps[1:], default=0):.1f}-{max(gaps[1:], default=0):.1f} s; 429s {stage.refused()}; "
            f"{time.monotonic() - stage.began:.0f} s"
        )


async def _moves(stage: Cast) -> float:
    """Wait until one more message arrived; how long that took."""
    began, known = time.monotonic(), stage.delivered()
    while stage.delivered() <= known:
        assert time.monotonic() - began < 120, f"nothing came for two minutes: {await stage.state()}"
        await asyncio.sleep(0.02)
    return time.monotonic() - began


async def _still(stage: Cast) -> bool:
    """Whether nothing arrives any more: the one that was killed was the sender."""
    await asyncio.sleep(0.2)
    known = stage.delivered()
    await asyncio.sleep(1.0)
    return stage.delivered() == known


async def test_a_broadcast_finishes_right_through_outages_errors_time_outs_and_closed_chats(
    store_url: str, tmp_path: Path, sizes: Sizes, figures: Figures, request: pytest.FixtureRequest
) -> None:
    people = sizes.recipients
    shares: dict[str, Any] = {"errors": 0.01, "lost": 0.005, "latency_ms": ROUND_TRIP, "seed": sizes.seed}
    async with cast(store_url, tmp_path, sizes.dice(request.node.name), people) as stage:
        town = stage.sandbox.town
        blocked = set(stage.dice.sample(stage.chats, max(1, people // 50)))
        for chat in blocked:
            town.chats[chat].blocked = True
        town.faults = Faults(**shares)
        await stage.serves[0].spawn()
        await stage.serves[0].ready(STARTS)
        for part in (0.2, 0.5):
            while stage.delivered() < part * people:
                await asyncio.sleep(0.1)
            stage.door.shut()  # nobody answers: refused connections carried nothing
            await asyncio.sleep(sizes.outage)
            await stage.door.open()
        while stage.delivered() < 0.75 * people:
            await asyncio.sleep(0.1)
        town.faults = Faults(
            outage=True
        )  # it answers the telephone and says nothing: what was said is in doubt
        paused = await _paused(stage)
        await asyncio.sleep(sizes.outage)
        town.faults = Faults(**shares)
        if paused:
            await stage.desk(broadcasts.resume)
        await stage.done(300 + 3 * people / LIMIT)
        found = await stage.examine(ended=(outbox.SENT, outbox.FAILED, outbox.UNCERTAIN))
        rows = await stage.rows()
        failed = {chat for chat, (state, _cause) in rows.items() if state == outbox.FAILED}
        assert failed <= blocked, "somebody who could be reached was given up"
        assert all(rows[chat][0] != outbox.SENT for chat in blocked)
        async with reading(store_url) as read:
            gone = await read("SELECT count(*) FROM contacts WHERE NOT reachable")
        assert int(gone[0][0]) == len(failed)
        assert found[outbox.UNCERTAIN] <= 30 + 0.02 * people
        assert await stage.serves[0].stop() == 0
        causes = Counter(cause for state, cause in rows.values() if state == outbox.UNCERTAIN)
        figures.tell(
            f"{people} people, 3 outages of {sizes.outage} s ({'paused by itself' if paused else 'never paused'} in the one "
            f"that answers nothing): {found[outbox.SENT]} sent, {found[outbox.FAILED]} closed chats, "
            f"{found[outbox.UNCERTAIN]} in doubt and listed ({dict(causes)}); 429s {stage.refused()}; "
            f"{time.monotonic() - stage.began:.0f} s"
        )


async def _paused(stage: Cast, seconds: float = 30.0) -> bool:
    """Whether too many failures pause it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        state, cause = await stage.state()
        if state == broadcasts.PAUSED:
            assert cause == broadcasts.FAILURES
            return True
        await asyncio.sleep(0.2)
    return False
