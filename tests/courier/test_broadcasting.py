"""The sender of broadcasts over both stores: exactly those who agreed, once, and what becomes of every message."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from tests.doorstep import Doorstep

from kelisim.courier.broadcasting import Broadcaster
from kelisim.courier.conductor import Conductor
from kelisim.courier.outcome import GONE, LATER, REFUSED, SENT, UNKNOWN, Outcome
from kelisim.desk import audiences, broadcasts, deliveries, drafts, outbox, staff
from kelisim.desk.broadcasts import Broadcast, Content
from kelisim.desk.deliveries import Delivery
from kelisim.desk.visit import TELEGRAM, Visit
from kelisim.limiter import Limiter
from kelisim.store import leases

NEWS = Content(texts={"kk": "Жаңалық", "ru": "Новость", "en": "<b>News</b>"})
Wire = Callable[[Broadcast, Delivery, dict[str, Any]], Awaitable[Outcome]]


def by_day(step: Doorstep) -> None:
    """Nobody is written to at night, whenever these tests run: it is noon in Almaty."""
    now = step.desk.clock.now()
    step.desk.clock.move(now.replace(hour=7, minute=0) - now)


async def agreed(step: Doorstep, many: int) -> list[str]:
    """So many people who agreed to information by Telegram; their chats."""
    locales = ("kk", "ru", "en")
    chats = []
    for n in range(many):
        locale = locales[n % 3]
        person = await step.person(str(6000 + n)).registers(locale)
        await person.say("/consent")
        await person.press(
            {"kk": "Ақпарат: Telegram", "ru": "Информация: Telegram", "en": "Information: Telegram"}[locale]
        )
        await person.press({"kk": "Келісемін", "ru": "Даю согласие", "en": "I agree"}[locale])
        chats.append(str(person.id))
    return chats


async def sent_off(step: Doorstep, *, night: bool = False) -> str:
    """A broadcast to all of them, confirmed."""

    def work(visit: Visit) -> str:
        author = staff.acting(visit.operator, "gulnar@alit.kz", "test")
        one = drafts.edit(visit, drafts.begin(visit, author, "informing", (TELEGRAM,)), NEWS)
        one = drafts.counted(visit, one, audiences.count(visit, one).told())
        return broadcasts.confirm(visit, one, one.digest, author, night=night).number

    number: str = await step.keep(work)
    return number


@asynccontextmanager
async def under_way(
    step: Doorstep, wire: Wire, replicas: int = 1, pace: float = 0.02, per_second: float = 300
) -> AsyncIterator[None]:
    """Conductors and senders at work."""
    parts = []
    for _n in range(replicas):
        parts.append(Conductor(step.desk, step.database, tick=0.05).run())
        parts.append(
            Broadcaster(step.desk, step.database, TELEGRAM, Limiter(per_second), wire, pace=pace).run()
        )
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def ended(step: Doorstep, number: str, *states: str) -> Broadcast:
    """The broadcast once it is over, or paused, or in one of `states`."""
    async with asyncio.timeout(30):
        while True:
            one: Broadcast = await step.keep(lambda visit: broadcasts.known(visit, number))
            if one.state in (states or (*broadcasts.OVER, broadcasts.PAUSED)):
                return one
            await asyncio.sleep(0.05)


async def tally(step: Doorstep, number: str) -> Counter[tuple[str, str]]:
    """How many messages are in a state, and why."""
    rows = await step.keep(lambda visit: deliveries.tally(visit, broadcasts.known(visit, number)))
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        found[row.state, row.cause] += row.n
    return found


async def test_everybody_who_agreed_gets_it_once_whoever_sends(each_doorstep: Doorstep) -> None:
    by_day(each_doorstep)
    chats = await agreed(each_doorstep, 9)
    await each_doorstep.person("7777").registers("en")
    got: list[str] = []

    async def wire(_broadcast: Broadcast, delivery: Delivery, body: dict[str, Any]) -> Outcome:
        got.append(delivery.address)
        assert NEWS.texts[delivery.locale] in body["text"]
        await asyncio.sleep(0.01)
        return Outcome(SENT)

    number = await sent_off(each_doorstep)
    async with under_way(each_doorstep, wire, replicas=3):
        assert (await ended(each_doorstep, number)).state == broadcasts.DONE
    assert sorted(got) == sorted(chats)


async def test_every_outcome_is_told_apart(each_doorstep: Doorstep) -> None:
    by_day(each_doorstep)
    chats = await agreed(each_doorstep, 9)
    tries: Counter[str] = Counter()

    async def wire(_broadcast: Broadcast, delivery: Delivery, _body: dict[str, Any]) -> Outcome:
        tries[delivery.address] += 1
        place, again = chats.index(delivery.address), tries[delivery.address] > 1
        if place == 0:
            return Outcome(GONE, "403")
        if place == 1:
            return Outcome(REFUSED, "400")
        if place == 2:
            return Outcome(UNKNOWN, "no answer")
        if place == 3 and not again:
            return Outcome(LATER, "429", 0.1, all=True)
        if place == 4 and not again:
            return Outcome(LATER, "no connection")
        if place == 5 and not again:
            return Outcome(LATER, "5xx", 0.1)
        if place == 6:
            return Outcome(GONE, "400")
        return Outcome(SENT)

    number = await sent_off(each_doorstep)
    async with under_way(each_doorstep, wire):
        await ended(each_doorstep, number)
    assert await tally(each_doorstep, number) == {
        ("failed", "403"): 1, ("failed", "gone 400"): 1, ("failed", "400"): 1, ("uncertain", "no answer"): 1, ("sent", ""): 5,
    }  # fmt: skip
    assert tries[chats[2]] == 1

    assert await each_doorstep.rows("SELECT count(*) FROM contacts WHERE NOT reachable") == [(2,)]


async def test_a_stop_during_it_is_obeyed_at_once(each_doorstep: Doorstep) -> None:
    by_day(each_doorstep)
    chats = await agreed(each_doorstep, 6)
    first, stopped = asyncio.Event(), asyncio.Event()
    got: list[str] = []

    async def wire(_broadcast: Broadcast, delivery: Delivery, _body: dict[str, Any]) -> Outcome:
        got.append(delivery.address)
        if len(got) == 1:
            first.set()
            await stopped.wait()
        return Outcome(SENT)

    number = await sent_off(each_doorstep)
    async with under_way(each_doorstep, wire):
        await first.wait()
        before = set(got)
        for chat in chats:
            await each_doorstep.person(chat).say("STOP")
        said = set(got)
        stopped.set()
        await ended(each_doorstep, number)
    late = set(got) - said  # claimed in the very moment of its stop: one per sender at most
    states = await tally(each_doorstep, number)
    assert len(late) <= 1
    assert states["sent", "crossed a stop"] >= 1 + len(late)
    assert before <= said
    assert sum(states.values()) == 6


async def test_too_many_failures_pause_it(doorstep: Doorstep) -> None:
    by_day(doorstep)
    await agreed(doorstep, 15)

    async def wire(_broadcast: Broadcast, _delivery: Delivery, _body: dict[str, Any]) -> Outcome:
        return Outcome(REFUSED, "400")

    number = await sent_off(doorstep)
    async with under_way(doorstep, wire):
        one = await ended(doorstep, number)
    assert (one.state, one.cause) == (broadcasts.PAUSED, broadcasts.FAILURES)
    states = await tally(doorstep, number)
    assert states["waiting", ""] > 0
    assert states["failed", "400"] >= 11


async def test_the_night_pauses_it_and_the_morning_goes_on_where_the_operator_said_so(
    doorstep: Doorstep,
) -> None:
    by_day(doorstep)
    chats = await agreed(doorstep, 3)
    got: list[str] = []

    async def wire(_broadcast: Broadcast, delivery: Delivery, _body: dict[str, Any]) -> Outcome:
        got.append(delivery.address)
        return Outcome(SENT)

    number = await sent_off(doorstep, night=True)
    conductor = Conductor(doorstep.desk, doorstep.database)
    while await conductor.round():
        pass
    doorstep.later(hours=11)  # 23:00
    await conductor.round()
    night: Broadcast = await doorstep.keep(lambda visit: broadcasts.known(visit, number))
    assert (night.state, night.cause) == (broadcasts.PAUSED, broadcasts.NIGHT)
    doorstep.later(hours=11)  # 10:00
    async with under_way(doorstep, wire):
        await ended(doorstep, number, broadcasts.DONE)
    assert sorted(got) == sorted(chats)


async def test_where_nobody_else_can_serve_a_killed_senders_lease_holds_nobody_up(doorstep: Doorstep) -> None:
    by_day(doorstep)
    await agreed(doorstep, 1)
    got: list[str] = []

    async def wire(_broadcast: Broadcast, delivery: Delivery, _body: dict[str, Any]) -> Outcome:
        got.append(delivery.address)
        return Outcome(SENT)

    def killed(visit: Visit) -> None:
        for name in ("conductor", f"broadcasts {TELEGRAM}"):
            assert leases.take(visit.connection, name, "killed", visit.at + timedelta(seconds=30), visit.at)

    await sent_off(doorstep)
    await doorstep.keep(killed)
    conductor, sender = (
        asyncio.create_task(part.run())
        for part in (
            Conductor(doorstep.desk, doorstep.database, alone=True),
            Broadcaster(doorstep.desk, doorstep.database, TELEGRAM, Limiter(300), wire, alone=True),
        )
    )
    async with asyncio.timeout(5):
        while not got:
            await asyncio.sleep(0.05)
    for task in (conductor, sender):
        task.cancel()
    await asyncio.gather(conductor, sender, return_exceptions=True)


async def test_who_was_just_given_an_answer_gets_the_broadcast_a_second_later_and_holds_nobody_up(
    doorstep: Doorstep,
) -> None:
    by_day(doorstep)
    chats = await agreed(doorstep, 4)
    got: list[str] = []
    limiter = Limiter(300)

    async def wire(_broadcast: Broadcast, delivery: Delivery, _body: dict[str, Any]) -> Outcome:
        got.append(delivery.address)
        return Outcome(SENT)

    number = await sent_off(doorstep)
    conductor = Conductor(doorstep.desk, doorstep.database)
    while await conductor.round():
        pass
    limiter.left(chats[0])
    sender = asyncio.create_task(Broadcaster(doorstep.desk, doorstep.database, TELEGRAM, limiter, wire).run())
    async with asyncio.timeout(10):
        while len(got) < len(chats):
            await asyncio.sleep(0.02)
    sender.cancel()
    await asyncio.gather(sender, return_exceptions=True)
    assert sorted(got) == sorted(chats)
    assert got[-1] == chats[0]
    tally = await doorstep.keep(lambda visit: deliveries.tally(visit, broadcasts.known(visit, number)))
    assert {(each.state, each.cause) for each in tally} == {(outbox.SENT, "")}
