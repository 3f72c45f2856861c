"""The digest of a working morning: what is due and who waits for whom, once, in the reader's language, nobody's data."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.desk import fullness
from tests.doorstep import Doorstep, a_desk, doorstep_on

from kelisim.courier.outcome import LATER, Outcome, Parcel
from kelisim.desk import cases, decisions, digests, handoffs, staff
from kelisim.desk import operator as operators
from kelisim.desk.visit import EMAIL, Visit
from kelisim.texts import _, speaking

DANA, DEPUTY = "dana@alit.kz", "gulnar@alit.kz"  # who is responsible, and who stands in
ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
MONDAY = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 09:00 in Almaty


def set_clock(step: Doorstep, at: datetime) -> None:
    step.desk.clock.move(at - step.desk.clock.now())


async def open_cases(step: Doorstep) -> dict[str, str]:
    """One request in each part, begun so that it stands there on Monday; their numbers."""
    aigul = await step.person("aigul").registers()

    def work(visit: Visit) -> dict[str, str]:
        made = {}
        for name, days in (("over", 12), ("today", 5), ("ours", 0), ("theirs", 0), ("late", 12)):
            case = cases.begin(
                visit, cases.QUESTION, words=f"Aigulcanary {name}", received=MONDAY - timedelta(days=days)
            )
            made[name] = handoffs.send(visit, case).number
        decisions.ask(visit, made["theirs"], "Askcanary?", ERLAN)
        decisions.answer(visit, made.pop("late"), "Answercanary.", ERLAN)
        own = cases.begin(visit, cases.ERASURE, received=MONDAY)  # the desk carries it out by itself
        fullness.draft(visit, cases.known(visit, made["ours"]), "Draftcanary")
        made["own"] = own.number
        return made

    found: dict[str, str] = await step.keep(work, aigul)
    await step.courier()
    return found


def of(parcels: list[Parcel]) -> list[Parcel]:
    return [parcel for parcel in parcels if parcel.message.kind == digests.KIND]


async def digest(step: Doorstep) -> Parcel:
    await step.caretaker()
    (found,) = of(await step.courier(EMAIL))
    return found


@pytest.mark.parametrize("locale", ["en", "kk", "ru"])
async def test_each_open_request_stands_in_its_part_and_nobodys_data_anywhere(
    store_url: str, locale: str
) -> None:
    """T-STAFF-05: numbers, kinds, dates, who works on it."""
    operator = operators.load(None)
    people = tuple(
        person.model_copy(update={"locale": locale}) if person.address == DANA else person
        for person in operator.staff
    )
    async with doorstep_on(store_url, desk=a_desk(operator.model_copy(update={"staff": people}))) as step:
        set_clock(step, MONDAY - timedelta(minutes=10))
        numbers = await open_cases(step)
        set_clock(step, MONDAY + timedelta(minutes=1))
        made = await digest(step)
        text = made.body["text"]
        assert made.address == DANA and made.message.subject_id is None
        parts = text.split("\n\n")
        found = {
            name: [n for n, part in enumerate(parts) if number in part] for name, number in numbers.items()
        }
        assert found["own"] == []
        assert [found[name] for name in ("over", "today", "ours", "theirs")] == [[1], [2], [3, 5], [4]]
        assert "canary" not in text.casefold() and "5001" not in text and "Айгүл" not in text
        assert max(len(line) for line in text.splitlines() if line.startswith(("•", "   "))) <= 64
        for line in parts[1:6]:
            assert line.splitlines()[0].endswith(": 1")
        if locale == "en":
            assert parts[0] == "Open requests this morning, Monday 23 November 2026:"
            assert parts[6] == "The desk itself works on 1 more."


async def test_it_comes_once_a_day_in_working_hours_on_working_days(doorstep: Doorstep) -> None:
    step = doorstep
    got = []
    for hour in range(4 * 24):  # Sunday 00:00 to Thursday in Almaty
        set_clock(step, MONDAY - timedelta(hours=33) + timedelta(hours=hour))
        await step.caretaker()
        got += [(MONDAY - timedelta(hours=33 - hour), parcel) for parcel in of(await step.courier(EMAIL))]
    assert [at for at, _parcel in got] == [MONDAY + timedelta(days=n) for n in range(3)]
    with speaking("ru"):  # Dana's
        said = _("Nothing is open this morning, {date}.", date="|").partition("|")[0]
    assert said and all(said in parcel.body["text"] for _at, parcel in got)


async def test_a_holiday_has_no_digest(doorstep: Doorstep) -> None:
    step = doorstep
    day = next(
        found for n in range(1, 90)
        if not step.desk.calendar.is_working(found := date(2026, 11, 23) + timedelta(days=n)) and found.weekday() < 5
    )  # fmt: skip
    set_clock(step, datetime(day.year, day.month, day.day, 5, tzinfo=UTC))
    await step.caretaker()
    assert of(await step.courier(EMAIL)) == []


async def test_two_replicas_at_the_same_moment_write_one(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    set_clock(step, MONDAY + timedelta(hours=1))
    done = await asyncio.gather(*(step.keep(digests.post) for _replica in range(4)))
    assert sorted(done) == [False, False, False, True]
    assert len(of(await step.courier(EMAIL))) == 1


async def test_the_deputy_reads_it_while_the_responsible_person_is_away(sqlite_url: str) -> None:
    operator = operators.load(None)
    people = tuple(
        person.model_copy(update={"absent_until": date(2026, 12, 1)}) if person.address == DANA else person
        for person in operator.staff
    )
    async with doorstep_on(sqlite_url, desk=a_desk(operator.model_copy(update={"staff": people}))) as step:
        set_clock(step, MONDAY + timedelta(hours=1))
        assert (await digest(step)).address == DEPUTY


async def test_yesterdays_is_not_sent_and_who_left_reads_none(doorstep: Doorstep) -> None:
    step = doorstep
    set_clock(step, MONDAY + timedelta(hours=1))
    await step.caretaker()
    assert len(of(await step.courier(EMAIL, Outcome(LATER, "451")))) >= 1  # the mail server is down all day
    set_clock(step, MONDAY + timedelta(hours=23))
    assert of(await step.courier(EMAIL)) == []
    states: list[Any] = await step.rows("SELECT state FROM outbox WHERE kind = 'digest'")
    assert [row.state for row in states] == ["expired"]
    await step.caretaker()
    set_clock(step, MONDAY + timedelta(hours=25))
    await step.caretaker()
    others = tuple(person for person in step.desk.operator.staff if person.address != DANA)
    step.desk.operator = step.desk.operator.model_copy(update={"staff": others})
    assert of(await step.courier(EMAIL)) == []


async def test_what_was_answered_since_the_morning_is_not_in_it(doorstep: Doorstep) -> None:
    """It is made when it is taken: a mail server that was down for hours brings no old news."""
    step = doorstep
    set_clock(step, MONDAY - timedelta(minutes=10))
    numbers = await open_cases(step)
    set_clock(step, MONDAY + timedelta(minutes=1))
    await step.caretaker()
    await step.keep(lambda visit: decisions.answer(visit, numbers["over"], "Done.", ERLAN))
    (made,) = of(await step.courier(EMAIL))
    assert numbers["over"] not in made.body["text"] and numbers["today"] in made.body["text"]
