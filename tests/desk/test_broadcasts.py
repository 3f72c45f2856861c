"""Broadcasts at the desk: who is counted is addressed, who is addressed is asked again, and every move happens once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.doorstep import Doorstep

from kelisim.desk import audiences, broadcasts, deliveries, drafts, outbox, staff
from kelisim.desk.broadcasts import Broadcast, Content, Stale
from kelisim.desk.visit import TELEGRAM, Visit

NEWS = Content(texts={"kk": "Жаңалық", "ru": "Новость", "en": "<b>News</b>"})


def author(visit: Visit) -> staff.Actor:
    """Gulnar, who may broadcast."""
    return staff.acting(visit.operator, "gulnar@alit.kz", "telegram")


def ready(visit: Visit, channels: tuple[str, ...] = (TELEGRAM,), purpose: str = "informing") -> Broadcast:
    """A broadcast with its words, counted."""
    draft = drafts.begin(visit, author(visit), purpose, channels)
    draft = drafts.edit(visit, draft, NEWS)
    return drafts.counted(visit, draft, audiences.count(visit, draft).told())


def running(visit: Visit) -> Broadcast:
    """One that runs, addressed."""
    one = ready(visit)
    one = broadcasts.start(visit, broadcasts.confirm(visit, one, one.digest, author(visit)))
    while audiences.address(visit, one):
        one = broadcasts.known(visit, one.number)
    return broadcasts.known(visit, one.number)


@pytest.fixture(autouse=True)
def _by_day(doorstep: Doorstep) -> None:
    """Nobody is written to at night, whenever these tests run: it is noon in Almaty."""
    now = doorstep.desk.clock.now()
    doorstep.desk.clock.move(now.replace(hour=7, minute=0) + timedelta(days=1) - now)


async def agreed(step: Doorstep, name: str, locale: str) -> int:
    """Somebody who agreed to information by Telegram; their chat."""
    person = await step.person(name).registers(locale)
    label = {"kk": "Ақпарат: Telegram", "ru": "Информация: Telegram", "en": "Information: Telegram"}[locale]
    agree = {"kk": "Келісемін", "ru": "Даю согласие", "en": "I agree"}[locale]
    await person.say("/consent")
    await person.press(label)
    await person.press(agree)
    return person.id


async def test_those_who_agreed_are_counted_addressed_and_claimed_and_nobody_else(doorstep: Doorstep) -> None:
    chats = {
        await agreed(doorstep, name, locale)
        for name, locale in (("aigul", "kk"), ("dias", "ru"), ("saule", "en"))
    }
    await doorstep.person("7001").registers("en")  # agreed to nothing

    def work(visit: Visit) -> set[int]:
        one = running(visit)
        assert one.counted["to"] == {"telegram en": 1, "telegram kk": 1, "telegram ru": 1}
        assert one.addressed == 3
        taken, looked = deliveries.take(visit, one, TELEGRAM, 10)
        assert looked == 3
        assert {each.locale for each in taken} == {"kk", "ru", "en"}
        for each in taken:
            assert deliveries.settle(visit, each, outbox.SENT)
        assert not deliveries.left(visit, one, TELEGRAM)
        return {int(each.address) for each in taken}

    assert await doorstep.keep(work) == chats


async def test_a_stop_after_addressing_is_seen_at_the_claim(doorstep: Doorstep) -> None:
    await agreed(doorstep, "aigul", "kk")
    dias = await agreed(doorstep, "dias", "ru")
    number = await doorstep.keep(lambda visit: running(visit).number)
    said = await doorstep.person("aigul").say("STOP")
    assert "1" in said.text

    def work(visit: Visit) -> list[str]:
        taken, looked = deliveries.take(visit, broadcasts.known(visit, number), TELEGRAM, 10)
        assert looked == 1
        return [each.address for each in taken]

    assert await doorstep.keep(work) == [str(dias)]


async def test_an_edit_voids_what_was_confirmed(doorstep: Doorstep) -> None:
    await agreed(doorstep, "aigul", "kk")

    def work(visit: Visit) -> None:
        one = ready(visit)
        edited = drafts.edit(visit, one, Content(texts={**NEWS.texts, "en": "Other words"}))
        for version in (one, edited):
            with pytest.raises(Stale):
                broadcasts.confirm(visit, version, one.digest, author(visit))

    await doorstep.keep(work)


async def test_one_that_is_too_late_is_missed(doorstep: Doorstep) -> None:
    await agreed(doorstep, "aigul", "kk")

    def work(visit: Visit) -> str:
        one = ready(visit)
        planned = broadcasts.confirm(visit, one, one.digest, author(visit), at=visit.at + timedelta(hours=1))
        visit.at += timedelta(hours=4)
        return broadcasts.start(visit, planned).state

    assert await doorstep.keep(work) == broadcasts.MISSED


async def test_no_more_are_claimed_than_asked_for(each_doorstep: Doorstep) -> None:
    """One at a time right before the wire: more in hand would be more in doubt after a kill."""
    now = each_doorstep.desk.clock.now()
    each_doorstep.desk.clock.move(now.replace(hour=7, minute=0) + timedelta(days=1) - now)
    for name, locale in (("aigul", "kk"), ("dias", "ru"), ("saule", "en")):
        await agreed(each_doorstep, name, locale)
    number = await each_doorstep.keep(lambda visit: running(visit).number)

    def work(visit: Visit) -> list[int]:
        one = broadcasts.known(visit, number)
        return [deliveries.take(visit, one, TELEGRAM)[1] for _time in range(4)]

    assert await each_doorstep.keep(work) == [1, 1, 1, 0]
    assert await each_doorstep.rows("SELECT count(*) FROM outbox WHERE state = 'claimed'") == [(3,)]
