"""The same update again and again, a hundred of one person, a thousand people at once (issue: Must show 6; T-CHAT-04, -12).

    pytest -m ordeal tests/ordeals/test_crowds.py                  small, as in .ci/run: 200 people
    pytest -m ordeal tests/ordeals/test_crowds.py --crowd 1000     full

The door, the desk and the store are those of `kelisim serve`, in this process so that the flood limit can be chosen;
POSTs that are answered 503 or 500 are repeated as Telegram repeats them.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.ordeals.conftest import Figures, Sizes
from tests.ordeals.crowd import Crowd, Hook, Served, Update, Wire, wired
from tests.ordeals.evidence import reading
from tests.ordeals.people import NUMBER
from tests.ordeals.process import environment

from kelisim import app
from kelisim.app import House
from kelisim.sandbox import Sandbox
from kelisim.sandbox.settings import Limits
from kelisim.settings import Settings
from kelisim.telegram import elsewhere
from kelisim.telegram.flood import Flood
from kelisim.texts import speaking

pytestmark = [pytest.mark.ordeal, pytest.mark.timeout(900)]

BOTH = pytest.mark.parametrize("updates", ["polling", "webhook"])
ONE, TIMES = 100, 10
TELEGRAM = "informing-telegram"
A_MINUTE = 10_000  # messages of somebody who floods (T-CHAT-12)


@asynccontextmanager
async def square(url: str, home: Path, updates: str, flood: Flood) -> AsyncIterator[tuple[House, Wire]]:
    """A sandbox, a house on a store and a door between them."""
    async with Sandbox(limits=Limits(wire=1_000_000)) as sandbox:
        settings = Settings.read(environment(sandbox, home, url, updates))
        async with app.open_house(settings, flood=flood) as house, wired(house, sandbox, updates) as wire:
            yield house, wire


def unlimited() -> Flood:
    """No flood limit."""
    return Flood(hourly=0)


def joins(house: House, crowd: Crowd, person: int) -> Update:
    """The press that gives the desk consent."""
    token = house.desk.shelf.current("desk", crowd.locale(person)).token
    return crowd.press(person, "desk.agree", digest=token)


def gives(house: House, crowd: Crowd, person: int) -> Update:
    """The press that gives the consent to news in Telegram."""
    token = house.desk.shelf.current(TELEGRAM, crowd.locale(person)).token
    return crowd.press(person, "agree", TELEGRAM, token)


def does(what: str, house: House, crowd: Crowd, person: int) -> Update:
    """One act of one person."""
    if what == "join":
        return joins(house, crowd, person)
    return gives(house, crowd, person) if what == "give" else crowd.say(person, "STOP")


async def each_is_right(house: House, url: str, crowd: Crowd, served: Served, act: str, purpose: str) -> None:
    """Everyone got one answer with a number of their own, and the store has that very act of that very person."""
    async with reading(url) as rows:
        found = await rows(
            "SELECT r.number, r.act, r.purpose, c.hash FROM consent_records r JOIN contacts c "
            "ON c.subject_id = r.subject_id WHERE c.channel = 'telegram'"
        )
    kept = {row[0]: (row[1], row[2], bytes(row[3])) for row in found}
    assert len(kept) == len(found), "a number stands for two records"
    numbers = set()
    for person in crowd.people:
        screens = served.screens.get(person, [])
        assert len(screens) == 1, f"{person} got {len(screens)} answers"
        number = NUMBER.findall(screens[0])[0]
        assert screens[0].startswith("✔")
        assert kept[number] == (act, purpose, house.desk.vault.find("telegram", str(person)))
        numbers.add(number)
    assert len(numbers) == len(crowd.people)
    assert sum((a, p) == (act, purpose) for a, p, _hash in kept.values()) == len(crowd.people)


async def clean(url: str, caplog: Any) -> None:
    """Nothing was parked, nothing was locked."""
    async with reading(url) as rows:
        assert await rows("SELECT kind, cause FROM parked") == []
    assert [r for r in caplog.records if r.levelno >= logging.ERROR and r.name.startswith("kelisim")] == []
    assert "locked" not in caplog.text


@BOTH
async def test_the_same_update_ten_times_is_one_act_and_ten_equal_answers(
    updates: str, store_url: str, tmp_path: Path, figures: Figures, caplog: Any
) -> None:
    async with square(store_url, tmp_path, updates, unlimited()) as (house, wire):
        crowd = Crowd(wire.sandbox, 1)
        person = crowd.people[0]
        for update, act in (
            (joins(house, crowd, person), "given"),
            (gives(house, crowd, person), "given"),
            (crowd.say(person, "STOP"), "stopped"),
        ):
            served = await wire.deliver([update] * TIMES)
            screens = served.screens[person]
            assert len(screens) == TIMES
            assert len({NUMBER.findall(text)[0] for text in screens}) == 1, f"{act}: not the same number"
            assert len(set(screens)) == 1
        async with reading(store_url) as rows:
            assert [row[0] for row in await rows("SELECT act FROM consent_records ORDER BY at, id")] == [
                "given",
                "given",
                "stopped",
            ]
        await clean(store_url, caplog)
    figures.tell(f"3 updates x {TIMES}: 3 records, 3 numbers, {3 * TIMES} answers")


@BOTH
async def test_a_hundred_updates_of_one_person_at_once_are_as_many_records_as_confirmations(
    updates: str, store_url: str, tmp_path: Path, figures: Figures, caplog: Any
) -> None:
    async with square(store_url, tmp_path, updates, unlimited()) as (house, wire):
        crowd = Crowd(wire.sandbox, 1)
        person = crowd.people[0]
        await wire.deliver([joins(house, crowd, person)])
        acts = [
            crowd.press(person, "withdraw", TELEGRAM) if number % 2 else gives(house, crowd, person)
            for number in range(ONE)
        ]
        served = await wire.deliver(acts)
        screens = served.screens[person]
        assert len(screens) == ONE
        numbers = [NUMBER.findall(text)[0] for text in screens]
        done = [number for number, text in zip(numbers, screens, strict=True) if text.startswith("✔")]
        async with reading(store_url) as rows:
            kept = await rows(
                "SELECT number, act FROM consent_records WHERE purpose <> 'desk' ORDER BY at, id"
            )
        assert {row[0] for row in kept} == set(numbers), "an answer names what is not kept"
        assert len(kept) == len(set(numbers))
        assert all(one[1] != other[1] for one, other in itertools.pairwise(kept)), "given twice in a row"
        if updates == "polling":  # in the order they were sent: every one of them changes something
            assert len(kept) == ONE and done == [row[0] for row in kept]
        await clean(store_url, caplog)
    figures.tell(f"{ONE} updates at once: {len(kept)} records, {len(screens)} answers, {served.took:.2f} s")


@BOTH
async def test_a_thousand_people_at_once_each_get_their_own_record_number_and_answer(
    updates: str, store_url: str, tmp_path: Path, sizes: Sizes, figures: Figures, caplog: Any
) -> None:
    async with square(store_url, tmp_path, updates, unlimited()) as (house, wire):
        crowd = Crowd(wire.sandbox, sizes.crowd)
        told = []
        for what, act, purpose in (
            ("join", "given", "desk"),
            ("give", "given", TELEGRAM),
            ("stop", "stopped", "all"),
        ):
            updates_of = [does(what, house, crowd, person) for person in crowd.people]
            served = await wire.deliver(updates_of)
            await each_is_right(house, store_url, crowd, served, act, purpose)
            told.append(f"{what} {served.took:.1f} s ({served.repeats} repeated)")
        await clean(store_url, caplog)
    figures.tell(f"{sizes.crowd} people at once: {', '.join(told)}")


async def test_one_who_floods_delays_nobody_and_every_stop_of_theirs_acts(
    store_url: str, tmp_path: Path, sizes: Sizes, figures: Figures, caplog: Any
) -> None:
    dice = sizes.dice("flood")
    async with square(store_url, tmp_path, "webhook", Flood()) as (house, wire):
        assert isinstance(wire, Hook)
        others = Crowd(wire.sandbox, sizes.crowd)
        flooder = Crowd(wire.sandbox, 1, first=9_900_000)
        one = flooder.people[0]
        for person in others.people:
            await wire.deliver([joins(house, others, person)])
        await wire.deliver([joins(house, flooder, one)])

        async def their_turn() -> Served:
            served = Served()
            for person in others.people:
                await wire.post(others.say(person, "/menu"), served)
                await asyncio.sleep(0.01)
            assert all(len(screens) == 1 for screens in served.screens.values())
            assert len(served.screens) == len(others.people)
            return served

        await their_turn()
        before = await their_turn()
        stops, sent = 5, 0
        flooded = Served()
        over = asyncio.Event()

        async def flood() -> None:
            nonlocal sent
            async with asyncio.TaskGroup() as posts:
                while not over.is_set():
                    posts.create_task(wire.post(flooder.say(one, f"message {dice.random()}"), flooded))
                    sent += 1
                    await asyncio.sleep(60 / A_MINUTE)

        async def stop_now_and_then() -> None:
            for _stop in range(stops):
                await asyncio.sleep(dice.uniform(0.1, 0.4))
                answer = Served()
                await wire.post(flooder.say(one, "STOP"), answer)
                assert NUMBER.search(answer.screens[one][0]), answer.screens

        flooding = asyncio.create_task(flood())
        stopping = asyncio.create_task(stop_now_and_then())
        meanwhile = await their_turn()
        await stopping
        over.set()
        await flooding
        async with reading(store_url) as rows:
            kept = await rows("SELECT count(*) FROM consent_records WHERE act = 'stopped'")
        assert kept[0][0] == 1
        answered = flooded.screens.get(one, [])
        with speaking(flooder.locale(one)):
            assert answered.count(elsewhere.flood()) == 1, "one line a minute says that it is too much"
        assert len(answered) <= 21, f"{len(answered)} answers to one who floods"
        await clean(store_url, caplog)
    figures.tell(
        f"{sent} messages of one in {sum(meanwhile.seconds) + len(others.people) * 0.01:.1f} s got {len(answered)} answers; "
        f"{stops} stops all answered; p95 of {len(others.people)} others {before.p95() * 1000:.1f} ms before, "
        f"{meanwhile.p95() * 1000:.1f} ms meanwhile"
    )
    assert meanwhile.p95() < 2 * before.p95() + 0.03
