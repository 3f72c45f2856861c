"""What happens by itself: sealed, destroyed, ended, by one caretaker among all."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from tests.doorstep import Doorstep, Person

from kelisim.caretaker.rounds import LEASE, Caretaker
from kelisim.desk import consents, dialogue, ledger, links, outbox, retention, subjects
from kelisim.desk.visit import EMAIL, Visit
from kelisim.telegram import screens


async def test_one_of_two_caretakers_goes_round_and_the_other_takes_over(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    first, second = Caretaker(step.desk, step.database), Caretaker(step.desk, step.database)
    told = await asyncio.gather(first.round(), second.round())
    assert sorted(told) == [False, True]
    holder, other = (first, second) if told[0] else (second, first)
    assert await holder.round() and not await other.round()
    step.desk.clock.move(LEASE - timedelta(seconds=1))
    assert not await other.round()
    assert await holder.round()  # renewed
    step.desk.clock.move(LEASE + timedelta(seconds=1))
    assert await other.round() and not await holder.round()


async def test_a_round_seals_everything(each_doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch) -> None:
    """I5."""
    monkeypatch.setattr(ledger, "BATCH", 3)
    saule = await each_doorstep.person("saule").registers()
    for _n in range(3):
        await saule.press(data="resume:en::telegram")
        await saule.say("STOP")
    await each_doorstep.caretaker()
    assert await each_doorstep.keep(ledger.oldest_unsealed) is None
    assert await each_doorstep.keep(ledger.broken) is None


async def given(step: Doorstep, purpose: str = "informing-telegram") -> Person:
    saule = await step.person("saule").registers()
    await saule.say("/consent")
    await saule.press(step.desk.operator.pairs[purpose].label("en"))
    await saule.press("I agree")
    return saule


async def to_the_day(step: Doorstep, day: date) -> None:
    """Move the clock to the noon of a day in Almaty."""
    now = step.desk.clock.now()
    noon = now.replace(year=day.year, month=day.month, day=day.day, hour=7, minute=0, second=0)
    step.desk.clock.move(noon - now)


async def last_day(step: Doorstep, purpose: str) -> date:
    row = (await step.rows("SELECT valid_until FROM consents WHERE purpose = :p", p=purpose))[0]
    return date.fromisoformat(str(row[0])[:10])


async def test_a_consent_ends_after_its_last_day_and_not_on_it(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await given(step)
    last = await last_day(step, "informing-telegram")
    await to_the_day(step, last)
    await step.caretaker()
    assert "informing-telegram" in await step.keep(consents.given, saule)
    await to_the_day(step, last + timedelta(days=1))
    assert "informing-telegram" not in await step.keep(consents.given, saule)
    await step.caretaker()
    record = (
        await step.rows(
            "SELECT act, number, locale, cancelled FROM consent_records ORDER BY at DESC, id DESC"
        )
    )[0]
    assert (record[0], record[2]) == ("expired", "en")
    assert await step.keep(consents.differences) == []
    assert await step.keep(lambda visit: consents.how_many(visit, "informing-telegram")) == 0
    handed = await step.courier("telegram")
    assert record[1] in {parcel.message.number for parcel in handed}
    count = await step.rows("SELECT count(*) FROM consent_records")
    step.later(minutes=2)
    await step.caretaker()
    assert await step.rows("SELECT count(*) FROM consent_records") == count


async def test_the_chat_closes_with_the_desks_own_consent(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    await to_the_day(doorstep, await last_day(doorstep, "desk") + timedelta(days=1))
    await doorstep.caretaker()
    assert (await doorstep.rows("SELECT state FROM subjects"))[0][0] == "closed"
    said = await saule.say("/menu")
    assert "My consents" not in said.buttons


async def test_consents_of_blocked_people_end_too(doorstep: Doorstep) -> None:
    """I7: it only takes away."""
    saule = await given(doorstep)
    await doorstep.keep(lambda visit: subjects.set_state(visit, subjects.BLOCKED), saule)
    await to_the_day(doorstep, await last_day(doorstep, "informing-telegram") + timedelta(days=1))
    await doorstep.caretaker()
    assert (await doorstep.rows("SELECT state FROM consents WHERE purpose = 'informing-telegram'"))[0][
        0
    ] == "expired"


async def test_a_consent_given_anew_in_the_meantime_is_not_ended(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await given(step)
    document = step.desk.shelf.current("informing-telegram", "en")
    await to_the_day(step, await last_day(step, "informing-telegram") + timedelta(days=1))

    def late(visit: Visit) -> str:
        over = consents.ended(visit, 10)
        consents.give(visit, document)
        assert (visit.known.id, "informing-telegram") in over
        return consents.expire(visit, "informing-telegram")

    assert await step.keep(late, saule) == ""
    assert "informing-telegram" in await step.keep(consents.given, saule)
    assert await step.keep(consents.differences) == []


async def test_what_was_begun_is_forgotten_after_a_day(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    token = step.desk.shelf.current("informing-email", "en").token
    await saule.press(data=f"agree:en:{token}:informing-email")
    await saule.say("Qanarysova Saule")
    stranger = step.person("777")
    await stranger.say("STOP")
    await stranger.press("Stop e-mails")
    assert await step.rows("SELECT 1 FROM subjects WHERE draft IS NOT NULL")
    assert await step.rows("SELECT 1 FROM prompts")
    step.later(hours=23, minutes=59)
    await step.caretaker()
    assert await step.rows("SELECT 1 FROM subjects WHERE draft IS NOT NULL")
    step.later(minutes=2)
    waiting = await step.keep(dialogue.waiting, saule)
    assert waiting.screen == ""  # already before the caretaker comes
    await step.caretaker()
    rows = await step.rows("SELECT screen, draft, asked_at FROM subjects")
    assert [tuple(row) for row in rows] == [("", None, None)]
    assert await step.rows("SELECT 1 FROM prompts") == []


async def test_settled_messages_go_after_four_hundred_days_and_waiting_ones_stay(doorstep: Doorstep) -> None:
    post = {"subject": "s", "text": "t"}
    await doorstep.keep(lambda visit: outbox.post(visit, "alarm", EMAIL, post, address="a@alit.kz"))
    await doorstep.courier()
    await doorstep.keep(
        lambda visit: outbox.post(
            visit, "alarm", EMAIL, post, address="a@alit.kz", due=visit.at + timedelta(days=500)
        )
    )
    doorstep.later(days=399)
    await doorstep.caretaker()
    assert len(await doorstep.rows("SELECT 1 FROM outbox WHERE kind = 'alarm'")) == 2
    doorstep.later(days=2)
    await doorstep.caretaker()
    rows = await doorstep.rows("SELECT state FROM outbox WHERE kind = 'alarm'")
    assert [row[0] for row in rows] == ["waiting"]


async def test_a_round_that_fails_is_followed_by_the_next(doorstep: Doorstep) -> None:
    broken = Caretaker(doorstep.desk, doorstep.database, every=0.01)
    await doorstep.person("saule").registers()
    await doorstep.database.keep(lambda c: c.execute(text("ALTER TABLE parked RENAME TO elsewhere")))
    task = asyncio.create_task(broken.run())
    await asyncio.sleep(0.1)
    assert not task.done()
    await doorstep.database.keep(lambda c: c.execute(text("ALTER TABLE elsewhere RENAME TO parked")))
    await asyncio.sleep(0.1)
    task.cancel()
    assert await doorstep.keep(ledger.oldest_unsealed) is None


async def test_the_head_goes_out_by_letter_each_working_day_with_the_next_number(doorstep: Doorstep) -> None:
    """T-STORE-13."""
    await doorstep.person("saule").registers()
    found = []
    await to_the_day(doorstep, date(2030, 6, 3))  # a Monday
    for _day in range(8):
        for _round in range(2):
            await doorstep.caretaker()
            doorstep.later(minutes=2)
        letters = [parcel for parcel in await doorstep.courier(EMAIL) if parcel.message.kind == "anchor"]
        found.append(len(letters))
        for parcel in letters:
            heads = await doorstep.rows("SELECT chain FROM ledger WHERE chain IS NOT NULL")
            assert any(head[0] in parcel.body["text"] for head in heads)
            assert str(sum(found)) in parcel.body["subject"]
        doorstep.later(days=1, minutes=-4)
    assert found == [1, 1, 1, 1, 1, 0, 0, 1]


async def test_a_consent_that_cannot_be_ended_holds_no_other_up(
    each_doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    step = each_doorstep
    for who in ("aigul", "dias", "saule"):
        await step.person(who).registers()
    bad = (await step.rows("SELECT subject_id FROM consents ORDER BY subject_id LIMIT 1"))[0][0]
    expire = consents.expire

    def failing(visit: Visit, purpose: str) -> str:
        done = expire(visit, purpose)
        if visit.known.id == bad:
            raise ValueError("a damaged row")
        return done

    monkeypatch.setattr(consents, "expire", failing)
    step.later(days=400)
    await step.caretaker()
    states = await step.rows("SELECT subject_id, state FROM consents")
    assert {row[0]: row[1] == "expired" for row in states} == {row[0]: row[0] != bad for row in states}
    assert (
        await step.rows("SELECT 1 FROM consent_records WHERE act = 'expired' AND subject_id = :bad", bad=bad)
        == []
    )
    assert "ValueError" in caplog.text


async def test_a_part_of_the_round_that_fails_holds_no_other_up(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await doorstep.person("saule").registers()

    def failing(_visit: Visit) -> int:
        raise ValueError("what a person said")

    monkeypatch.setattr(outbox, "lapse", failing)
    doorstep.later(days=400)
    with pytest.raises(ExceptionGroup):
        await doorstep.caretaker()
    assert (await doorstep.rows("SELECT state FROM consents"))[0][0] == "expired"
    assert (await doorstep.keep(retention.last)).over
    assert "_sweep_all: ValueError" in caplog.text and "what a person said" not in caplog.text


async def test_a_caretaker_that_is_stopped_gives_its_lease_back(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    first, second = Caretaker(step.desk, step.database), Caretaker(step.desk, step.database)
    task = asyncio.create_task(first.run())
    for _tick in range(100):
        await asyncio.sleep(0.05)
        if await step.rows("SELECT 1 FROM leases WHERE name = 'caretaker'"):
            break
    assert not await second.round()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert await second.round()
    await step.keep(lambda _visit: None)
    assert not await first.round()


async def test_links_that_are_over_are_forgotten(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    doorstep.desk.url = "https://desk.example"
    await doorstep.keep(lambda visit: links.make(visit, "access", "x"), saule)
    doorstep.later(hours=71)
    await doorstep.caretaker()
    assert len(await doorstep.rows("SELECT 1 FROM links")) == 1
    doorstep.later(hours=2)
    await doorstep.caretaker()
    assert await doorstep.rows("SELECT 1 FROM links") == []


async def test_the_days_retention_runs_in_the_round_and_says_how_much(
    each_doorstep: Doorstep, caplog: pytest.LogCaptureFixture
) -> None:
    """P16: each day once, in batches, with counts in the log and nobody's data."""
    step = each_doorstep
    caplog.set_level("INFO")
    saule = await step.person("saule").registers()
    await saule.gives_email("canary.saule@mail.kz", "Canaryname Saule")
    await step.courier()
    await step.keep(lambda visit: consents.withdraw(visit, "informing-email"), saule)
    await step.courier()
    step.later(days=8)
    await step.courier()
    await step.caretaker()
    assert "retention is done: fields 2, addresses 1" in caplog.text and "anary" not in caplog.text
    assert await step.rows("SELECT 1 FROM profile") == []
    caplog.clear()
    step.later(minutes=2)
    await step.caretaker()
    assert "fields" not in caplog.text


def test_every_screen_has_a_view() -> None:
    assert set(screens.READERS) <= set(screens.VIEWS)
