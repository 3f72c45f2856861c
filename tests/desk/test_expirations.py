"""`svc.expiring`: 14 days before a consent ends its person hears of it, once; whoever stopped the messages does not."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from tests.campaigns import agreed, by_day
from tests.doorstep import Doorstep, Person

from kelisim.desk import expirations, notices, subjects
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit


async def to_the_day(step: Doorstep, day: date) -> None:
    """Move the clock to the noon of a day in Almaty."""
    now = step.desk.clock.now()
    step.desk.clock.move(
        now.replace(year=day.year, month=day.month, day=day.day, hour=7, minute=0, second=0) - now
    )


async def last_day(step: Doorstep, purpose: str) -> date:
    """The last day of the only consent to a purpose."""
    [(value,)] = await step.rows("SELECT DISTINCT valid_until FROM consents WHERE purpose = :p", p=purpose)
    return date.fromisoformat(str(value)[:10])


async def told(step: Doorstep, person: Person, word: str) -> list[str]:
    """What the courier brings this person now that has this word in it."""
    return [one.body["text"] for one in await step.courier(TELEGRAM)
            if one.address == str(person.id) and word in one.body.get("text", "")]  # fmt: skip


async def active(step: Doorstep, *people: Person) -> None:
    """The desk's own consent counts from the last act: it is not the one that ends."""

    def work(visit: Visit) -> None:
        visit.connection.exec_driver_sql(
            "UPDATE consents SET valid_until = '2099-01-01' WHERE purpose = 'desk'"
        )

    await step.keep(work)


async def test_it_is_told_once_in_the_persons_language_and_leads_to_that_purpose(
    each_doorstep: Doorstep,
) -> None:
    step = each_doorstep
    by_day(step)
    aigul, saule = await agreed(step, "aigul", "kk"), await agreed(step, "saule", "en")
    await active(step)
    await step.courier()
    last = await last_day(step, "informing-telegram")
    await to_the_day(step, last - timedelta(days=15))
    await step.caretaker()
    assert await told(step, saule, "ends soon") == []
    await to_the_day(step, last - timedelta(days=14))
    await step.caretaker()
    step.later(minutes=2)
    await step.caretaker()
    [words] = await told(step, saule, "ends soon")
    assert (
        "Information: Telegram" in words
        and "Do nothing and it ends by itself." in words
        and str(last.year) in words
    )
    count = "SELECT count(*) FROM outbox WHERE kind = 'notice'"
    assert await step.rows(count) == [(2,)]
    for day in range(13, -1, -4):
        await to_the_day(step, last - timedelta(days=day))
        await step.caretaker()
    assert await step.rows(count) == [(2,)]
    assert aigul
    number = (await step.rows("SELECT number FROM consents WHERE purpose = 'informing-telegram'"))[0][0]
    assert number in {row[0] for row in await step.rows("SELECT number FROM outbox WHERE kind = 'notice'")}
    await saule.press(data="c1:en+::informing-telegram")
    await saule.press("Keep the consent")
    assert "Consent recorded" in (await saule.press("I agree")).text


async def test_a_notice_of_the_night_waits_and_says_nothing_of_what_was_renewed(doorstep: Doorstep) -> None:
    by_day(doorstep)
    saule = await agreed(doorstep, "saule", "en")
    await active(doorstep)
    await doorstep.courier()
    last = await last_day(doorstep, "informing-telegram")
    await to_the_day(doorstep, last - timedelta(days=14))
    doorstep.later(hours=-9)  # three in the morning
    await doorstep.caretaker()
    assert await told(doorstep, saule, "ends soon") == []
    await saule.press(data="ckeep:en+::informing-telegram")
    await saule.press("I agree")
    doorstep.later(hours=9)
    assert await told(doorstep, saule, "ends soon") == []
    assert await doorstep.rows("SELECT state, cause FROM outbox WHERE kind = 'notice'") == [
        ("dropped", "nothing to say any more")
    ]


async def test_a_notice_of_the_night_does_not_reach_who_stopped_before_the_morning(
    doorstep: Doorstep,
) -> None:
    by_day(doorstep)
    saule, dias = await agreed(doorstep, "saule", "en"), await agreed(doorstep, "dias", "en")
    await active(doorstep)
    await doorstep.courier()
    last = await last_day(doorstep, "informing-telegram")
    await to_the_day(doorstep, last - timedelta(days=14))
    doorstep.later(hours=-9)  # three in the morning
    await doorstep.caretaker()
    await saule.say("STOP")
    doorstep.later(hours=9)
    brought = await doorstep.courier(TELEGRAM)
    notices = [one.address for one in brought if "ends soon" in one.body.get("text", "")]
    assert notices == [str(dias.id)]


async def test_stopped_and_blocked_people_hear_nothing(doorstep: Doorstep) -> None:
    by_day(doorstep)
    aigul, dias, saule = (
        await agreed(doorstep, "aigul", "kk"), await agreed(doorstep, "dias", "ru"), await agreed(doorstep, "saule", "en"),
    )  # fmt: skip
    await active(doorstep)
    await aigul.say("STOP")
    await doorstep.keep(lambda visit: subjects.set_state(visit, subjects.BLOCKED), dias)
    await to_the_day(doorstep, await last_day(doorstep, "informing-telegram") - timedelta(days=14))
    await doorstep.caretaker()
    notices = "SELECT s.locale FROM outbox o JOIN subjects s ON s.id = o.subject_id WHERE o.kind = 'notice'"
    assert await doorstep.rows(notices) == [("en",)]
    assert saule


async def test_it_goes_on_where_it_was_and_a_long_pause_tells_nobody_of_what_is_over(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_day(doorstep)
    for name, locale in (("aigul", "kk"), ("dias", "ru"), ("saule", "en")):
        await agreed(doorstep, name, locale)
    await active(doorstep)
    await to_the_day(doorstep, await last_day(doorstep, "informing-telegram") - timedelta(days=10))
    one_by_one = [await doorstep.keep(lambda visit: expirations.tell(visit, 1)) for _n in range(5)]
    assert one_by_one == [1, 1, 1, 0, 0]
    rows = await doorstep.rows(
        "SELECT subject_id, count(*) FROM outbox WHERE kind = 'notice' GROUP BY subject_id"
    )
    assert [row[1] for row in rows] == [1, 1, 1]
    doorstep.later(days=400)
    assert await doorstep.keep(expirations.tell) == 0


async def test_who_has_no_chat_is_told_by_letter(doorstep: Doorstep) -> None:
    by_day(doorstep)
    aigul = await doorstep.person("aigul").registers()
    await aigul.gives_email("canary@mail.kz")
    await aigul.say("/consent")
    await aigul.press("Requests through this bot")
    await aigul.press("Withdraw")
    await doorstep.courier()
    await to_the_day(doorstep, await last_day(doorstep, "informing-email") - timedelta(days=14))
    await doorstep.caretaker()
    [letter] = [one for one in await doorstep.courier(EMAIL) if one.message.kind == notices.LETTER]
    assert letter.address == "canary@mail.kz" and "ends soon" in letter.body["text"]
    assert doorstep.desk.operator.mailbox in letter.body["text"]  # no web door: the mailbox is the way
    assert letter.body["subject"] == "Information: e-mail"


def test_the_mark_reads_back() -> None:
    day = datetime(2027, 1, 2).date()
    assert expirations._read(expirations._packed(day, 7, "informing-email")) == (day, 7, "informing-email")
    assert expirations._read(expirations._packed(day, 0, "")) == (day, 0, "")
