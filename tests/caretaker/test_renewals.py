"""Silence after the last day: paused by day, a few at a time, to the last one, whatever holds somebody up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests import campaigns
from tests.campaigns import agreed, changed, sent, states
from tests.doorstep import Doorstep

from kelisim.caretaker import renewals as rounds
from kelisim.caretaker.rounds import Caretaker
from kelisim.desk import broadcasts, consents, silences
from kelisim.desk.visit import TELEGRAM, Visit


async def campaign(step: Doorstep, many: int) -> str:
    """A campaign that reached so many people of three languages."""
    campaigns.by_day(step)
    for n in range(many):
        await agreed(step, str(6000 + n), ("kk", "ru", "en")[n % 3])
    await changed(step)
    number, arrived = await sent(step, TELEGRAM)
    assert len(arrived) == many
    return number


async def test_a_few_at_a_time_and_in_the_end_all_and_then_no_more(
    each_doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = each_doorstep
    monkeypatch.setattr(rounds, "AT_ONCE", 2)
    number = await campaign(step, 5)
    caretaker = Caretaker(step.desk, step.database)
    step.later(days=14)  # the last day itself
    assert await caretaker.round()
    assert await states(step) == ["given"] * 5
    step.later(days=1)
    found = []
    for _round in range(4):
        assert await caretaker.round()
        found.append((await states(step)).count("suspended"))
        step.later(seconds=15)
    assert found == [2, 4, 5, 5]

    def due(visit: Visit) -> list[str]:
        return [one.number for one in silences.due(visit)]

    assert await step.keep(due) == [number]  # once more from the first, in a while
    step.later(minutes=11)
    assert await caretaker.round()
    assert await step.keep(due) == []
    assert await step.keep(consents.differences) == []
    assert (await step.keep(lambda visit: consents.how_many(visit, "informing-telegram"))) == 0


async def test_at_night_nobody_is_paused(doorstep: Doorstep) -> None:
    await campaign(doorstep, 1)
    doorstep.later(days=15, hours=-9)  # three in the morning
    caretaker = Caretaker(doorstep.desk, doorstep.database)
    assert await caretaker.round()
    assert await states(doorstep) == ["given"]
    doorstep.later(hours=9)
    assert await caretaker.round()
    assert await states(doorstep) == ["suspended"]


async def test_one_whose_row_fails_holds_nobody_up(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    await campaign(doorstep, 3)
    doorstep.later(days=16)
    pause = silences.pause
    failed: list[bool] = []

    def fails_once(visit: Visit, *about: object) -> bool:
        if not failed:
            failed.append(True)
            raise ValueError("a fault of ours")
        return pause(visit, *about)  # type: ignore[arg-type]

    monkeypatch.setattr(silences, "pause", fails_once)
    caretaker = Caretaker(doorstep.desk, doorstep.database)
    assert await caretaker.round()
    assert (await states(doorstep)).count("suspended") == 2
    for _round in range(3):
        doorstep.later(minutes=11)
        assert await caretaker.round()
    assert await states(doorstep) == ["suspended"] * 3


async def test_who_agrees_between_the_look_and_the_act_is_not_paused(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    number = await campaign(step, 2)
    step.later(days=16)

    def silent(visit: Visit) -> list[int]:
        one = broadcasts.known(visit, number)
        return [each.subject_id for each in silences.silent(visit, one, one.pairs(visit)[0], 0, 10)]

    found = await step.keep(silent)
    assert len(found) == 2
    person = step.person("6000")
    await person.press(data="ckeep:kk+::informing-telegram")
    await person.press("Келісемін")

    def pause(visit: Visit) -> list[bool]:
        one = broadcasts.known(visit, number)
        return [silences.pause(visit, one, one.pairs(visit)[0], each) for each in found]

    assert sorted(await step.keep(pause)) == [False, True]
    assert await states(step) == ["given", "suspended"]
    assert await step.keep(consents.differences) == []


async def test_a_campaign_that_left_late_gives_a_week_all_the_same(doorstep: Doorstep) -> None:
    campaigns.by_day(doorstep)
    await agreed(doorstep, "saule", "en")
    await changed(doorstep)
    number, _arrived = await sent(doorstep, TELEGRAM)

    def work(visit: Visit) -> None:
        one = broadcasts.known(visit, number)
        assert one.answer_by is not None
        assert silences.last_day(visit, one) == one.answer_by
        visit.connection.exec_driver_sql("UPDATE broadcasts SET ended_at = '2030-01-01 07:00:00'")
        late = broadcasts.known(visit, number)
        assert silences.last_day(visit, late) == visit.day_of(late.ended_at) + timedelta(days=silences.LEAST)  # type: ignore[arg-type]

    await doorstep.keep(work)
