"""Dates looked after: moved by a late holiday, reminded of in working hours, said to be late, alarmed from the store alone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.doorstep import Doorstep, Person, a_desk, doorstep_on

from kelisim.caretaker.reminders import OFTEN, Reminders
from kelisim.caretaker.rounds import Caretaker
from kelisim.courier.outcome import REFUSED, Outcome
from kelisim.desk import cases, dates, decisions, handoffs, operator, retention, staff
from kelisim.desk.cases import Case
from kelisim.desk.deadlines import Calendar
from kelisim.desk.operator import Operator

ALMATY = ZoneInfo("Asia/Almaty")
ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
MONDAY = date(2027, 2, 1)  # nothing is free this month but weekends


def go_to(step: Doorstep, day: date, hour: float = 10) -> None:
    """Move the clock to an hour of a day in Almaty."""
    then = datetime(day.year, day.month, day.day, tzinfo=ALMATY) + timedelta(hours=hour)
    step.desk.clock.move(then - step.desk.clock.now())


async def begun(step: Doorstep, kind: str = cases.QUESTION, who: str = "aigul") -> tuple[Case, Person]:
    person = await step.person(who).registers()
    go_to(step, MONDAY)
    made: Case = await step.keep(
        lambda visit: handoffs.send(visit, cases.begin(visit, kind, words="Where is my answer?")), person
    )
    return made, person


def announce(step: Doorstep, *days: date, working: tuple[date, ...] = ()) -> None:
    """The operator file was read again, with more days in it."""
    known = step.desk.operator
    holidays = known.holidays.model_copy(update={"extra_days_off": days, "extra_working_days": working})
    step.desk.operator = known.model_copy(update={"holidays": holidays})
    step.desk.calendar = Calendar(days, working, holidays.weekend)


async def go_round(step: Doorstep) -> None:
    """One round, when the lease of the one before is over."""
    step.later(minutes=2)
    await step.caretaker()


async def letters(step: Doorstep, *whats: str) -> list[tuple[str, str]]:
    """The letters about cases that leave now: reader and headline."""
    return [
        (parcel.address, next(line for line in parcel.body["text"].split("\n") if line and "▼" not in line))
        for parcel in await step.courier("email")
        if parcel.message.kind in ("case", "reminder")
    ]


async def told(step: Doorstep, person: Person) -> list[str]:
    """What the person's chat gets now."""
    return [
        parcel.body["text"]
        for parcel in await step.courier("telegram")
        if parcel.address == str(person.id) and "text" in parcel.body
    ]


async def test_a_holiday_announced_late_moves_the_date_and_both_sides_are_told_once(
    each_doorstep: Doorstep,
) -> None:
    step = each_doorstep
    case, aigul = await begun(step)
    assert case.due == date(2027, 2, 4)
    await go_round(step)
    await letters(step)
    announce(step, date(2027, 2, 3))
    for _round in range(3):
        await go_round(step)
    now = await step.keep(lambda visit: cases.known(visit, case.number))
    assert now.due == date(2027, 2, 5) and now.version == case.version  # nobody's act is overtaken by it
    moves = [each for each in await step.keep(lambda visit: cases.events(visit, case)) if each.act == "moved"]
    assert [(each.detail, each.role) for each in moves] == [("2027-02-04|2027-02-05|holiday", "desk")]
    found = await letters(step)
    assert len(found) == 1 and found[0][0] == "erlan@alit.kz" and case.number in found[0][1]
    said = await told(step, aigul)
    assert len(said) == 1
    assert case.number in said[0] and "4 February 2027" in said[0] and "5 February 2027" in said[0]


async def test_a_working_saturday_made_late_moves_the_date_back(doorstep: Doorstep) -> None:
    case, _aigul = await begun(doorstep, cases.REVOCATION)
    announce(doorstep, working=(date(2027, 2, 6),))
    await go_round(doorstep)
    now = await doorstep.keep(lambda visit: cases.known(visit, case.number))
    assert case.due == date(2027, 2, 22) and now.due == date(2027, 2, 19)


async def test_an_act_between_the_announcement_and_the_round_does_not_hide_the_move(
    doorstep: Doorstep,
) -> None:
    case, aigul = await begun(doorstep)
    announce(doorstep, date(2027, 2, 3))
    await doorstep.keep(lambda visit: decisions.note(visit, case.number, "a note", ERLAN))
    await go_round(doorstep)
    assert "5 February 2027" in "".join(await told(doorstep, aigul))


async def test_terms_corrected_in_the_file_say_so(doorstep: Doorstep) -> None:
    case, aigul = await begun(doorstep)
    pack = doorstep.desk.operator.policy_pack
    terms = pack.terms.model_copy(update={"question": 5})
    doorstep.desk.operator = doorstep.desk.operator.model_copy(
        update={"policy_pack": pack.model_copy(update={"terms": terms, "since": date(2026, 11, 22)})}
    )
    await go_round(doorstep)
    assert "corrected" in "".join(await told(doorstep, aigul))
    assert (await doorstep.keep(lambda visit: cases.known(visit, case.number))).due == date(2027, 2, 8)


async def test_a_caretaker_looks_again_as_soon_as_the_file_was_read_again(doorstep: Doorstep) -> None:
    """One that runs all the time looks every ten minutes, on a new day, and after a re-read at once."""
    case, _aigul = await begun(doorstep)
    caretaker = Caretaker(doorstep.desk, doorstep.database)
    assert await caretaker.round()
    announce(doorstep, date(2027, 2, 3))
    assert await caretaker.reminders.round() == 1
    announce(doorstep, date(2027, 2, 3), date(2027, 2, 4))
    assert await caretaker.reminders.round() == 1
    assert (await doorstep.keep(lambda visit: cases.known(visit, case.number))).due == date(2027, 2, 8)
    doorstep.desk.calendar = Calendar()  # not read again: the same file
    assert await caretaker.reminders.round() == 0
    doorstep.desk.clock.move(OFTEN)
    assert await caretaker.reminders.round() == 1


async def test_staff_are_reminded_on_the_working_day_before_and_not_at_night(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    _case, _aigul = await begun(step)
    await go_round(step)
    await letters(step)
    for day in range(1, 3):
        go_to(step, MONDAY + timedelta(days=day), 0.5)
        for _round in range(2):
            await go_round(step)
        assert await letters(step) == []  # at half past midnight nobody writes to staff
        go_to(step, MONDAY + timedelta(days=day), 9.1)
        found = await letters(step)
        assert [address for address, _head in found] == (["erlan@alit.kz"] if day == 2 else []), (day, found)
        go_to(step, MONDAY + timedelta(days=day), 15)
        await go_round(step)
        assert await letters(step) == []


async def test_what_was_answered_at_night_is_not_reminded_of_in_the_morning(doorstep: Doorstep) -> None:
    case, aigul = await begun(doorstep)
    await letters(doorstep)
    go_to(doorstep, date(2027, 2, 5), 0.5)
    await go_round(doorstep)
    await doorstep.keep(lambda visit: decisions.answer(visit, case.number, "Here it is.", ERLAN))
    go_to(doorstep, date(2027, 2, 5), 9.1)
    assert await letters(doorstep) == []
    assert not [said for said in await told(doorstep, aigul) if "late" in said]


async def test_once_it_is_over_everybody_who_answers_for_it_hears_each_working_day(
    each_doorstep: Doorstep,
) -> None:
    """T-LAW-01: the one who works on it, the person responsible and their deputy: one mailbox is not enough."""
    step = each_doorstep
    case, aigul = await begun(step)
    found: dict[int, list[str]] = {}
    late = []
    for day in range(9):  # Monday the 1st to Tuesday the 9th; due on Thursday the 4th
        go_to(step, MONDAY + timedelta(days=day), 9.5)
        await go_round(step)
        found[day] = sorted(
            address
            for address, head in await letters(step)
            if any(word in head for word in ("рос", "мерзімі өт"))
        )
        late += [(day, said) for said in await told(step, aigul) if case.number in said]
    over = ["dana@alit.kz", "erlan@alit.kz", "gulnar@alit.kz"]
    assert {day: who for day, who in found.items() if len(who) > 1} == {4: over, 7: over, 8: over}
    assert [day for day, _said in late] == [4]  # told once, on the morning after
    assert "We are late, and we apologise" in late[0][1] and "4 February 2027" in late[0][1]


async def test_the_person_hears_that_we_are_late_in_the_morning_and_not_at_midnight(
    doorstep: Doorstep,
) -> None:
    _case, aigul = await begun(doorstep)
    go_to(doorstep, date(2027, 2, 4), 23.9)
    await go_round(doorstep)
    assert await doorstep.rows("SELECT 1 FROM case_events WHERE act = 'late'") == []
    go_to(doorstep, date(2027, 2, 5), 0.01)
    await go_round(doorstep)
    assert await told(doorstep, aigul) == []
    go_to(doorstep, date(2027, 2, 5), 9.01)
    assert len(await told(doorstep, aigul)) == 1


async def test_reminders_that_bounce_or_are_switched_off_leave_the_alarm(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """T-LAW-01: overdue is computed from the events, so it needs no reminder to have been sent."""
    case, _aigul = await begun(doorstep)
    go_to(doorstep, date(2027, 2, 5))
    await go_round(doorstep)
    await doorstep.courier("email", Outcome(REFUSED, "no such mailbox"))
    assert [each.number for each in await doorstep.keep(dates.overdue)] == [case.number]
    assert "requests overdue: 1" in caplog.text
    go_to(doorstep, date(2027, 2, 8))
    await go_round(doorstep)
    assert (
        len([head for _address, head in await letters(doorstep) if case.number in head]) == 3
    )  # written again
    monkeypatch.setattr(handoffs, "write", lambda *_args: None)
    assert [each.number for each in await doorstep.keep(dates.overdue)] == [case.number]


async def test_the_letter_of_the_day_says_what_is_overdue_and_what_retention_ended(
    each_doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-LAW-01: another letter than the reminders, to another mailbox; P16: reports what it did."""
    step = each_doorstep
    monkeypatch.setattr(handoffs, "write", lambda *_args: None)
    await begun(step)
    go_to(step, date(2027, 2, 5), 9.5)
    await go_round(step)
    head = [parcel.body["text"] for parcel in await step.courier("email") if parcel.message.kind == "anchor"]
    assert len(head) == 1 and head[0].split("\n")[0].count("1") == 2  # one open, one overdue
    untold = {"fields": 3, "addresses": 2}
    monkeypatch.setattr(
        retention, "KINDS", (retention.Kind("fields", pages(untold), lambda _visit, _rows: None),)
    )
    go_to(step, date(2027, 2, 6), 12)  # a Saturday: told on Monday
    await go_round(step)
    go_to(step, date(2027, 2, 8), 9.5)
    await go_round(step)
    head = [parcel.body["text"] for parcel in await step.courier("email") if parcel.message.kind == "anchor"]
    assert len(head) == 1 and ": 5." in head[0].split("\n\n")[1]


def pages(found: dict[str, int]) -> Any:
    """A kind that finds so many rows."""
    return lambda _visit, _after: retention.Page([None] * sum(found.values()), None)


async def test_an_undecided_block_alarms_each_working_day(doorstep: Doorstep) -> None:
    """T-LAW-04."""
    case, _aigul = await begun(doorstep, cases.BLOCKING)
    await letters(doorstep)
    alarmed = []
    for day in range(1, 9):
        go_to(doorstep, MONDAY + timedelta(days=day), 9.5)
        await go_round(doorstep)
        if [head for _address, head in await letters(doorstep) if case.number in head]:
            alarmed.append(day)
    assert alarmed == [1, 2, 3, 4, 7, 8]  # not on Saturday and Sunday


async def test_a_colleague_who_is_away_is_not_the_one_reminded(doorstep: Doorstep) -> None:
    case, _aigul = await begun(doorstep)
    await letters(doorstep)
    known = doorstep.desk.operator
    away = tuple(
        person.model_copy(update={"absent_until": date(2027, 3, 1)})
        if person.address == case.assignee
        else person
        for person in known.staff
    )
    doorstep.desk.operator = known.model_copy(update={"staff": away})
    go_to(doorstep, date(2027, 2, 3), 9.5)
    await go_round(doorstep)
    assert [address for address, _head in await letters(doorstep)] == ["gulnar@alit.kz"]


async def test_a_long_term_is_reminded_of_at_its_half_as_well(doorstep: Doorstep) -> None:
    case, _aigul = await begun(doorstep, cases.REVOCATION)
    await letters(doorstep)
    reminded = []
    for day in range(1, 22):
        go_to(doorstep, MONDAY + timedelta(days=day), 9.5)
        await go_round(doorstep)
        if await letters(doorstep):
            reminded.append(MONDAY + timedelta(days=day))
    assert case.due == date(2027, 2, 22) and reminded == [date(2027, 2, 11), date(2027, 2, 19)]


def with_stops() -> Operator:
    known = operator.load(None)
    pack = known.policy_pack.model_copy(update={"stops": True, "extensions": {"question": 2}})
    return known.model_copy(update={"policy_pack": pack})


async def test_where_the_pack_allows_it_the_clock_stands_while_the_person_is_asked(store_url: str) -> None:
    async with doorstep_on(store_url, desk=a_desk(with_stops())) as step:
        case, aigul = await begun(step)
        await step.keep(lambda visit: decisions.ask(visit, case.number, "Which letter?", ERLAN))
        go_to(step, date(2027, 2, 12))
        await go_round(step)
        assert await step.keep(dates.overdue) == []
        await told(step, aigul)

        def add(visit: Any) -> Case:
            asked = cases.find(visit, case.number)
            assert asked is not None
            cases.say(visit, asked, cases.IN, "The second one.")
            return handoffs.send(visit, asked, handoffs.MORE)

        now: Case = await step.keep(add, aigul)
        assert now.state == cases.WITH_STAFF and now.due == date(
            2027, 2, 17
        )  # three days after Friday the 12th
        said = await told(step, aigul)
        assert len(said) == 1 and "4 February 2027" in said[0] and "17 February 2027" in said[0]
        await go_round(step)
        assert await told(step, aigul) == []


async def test_what_is_added_after_the_answer_has_a_term_of_its_own(doorstep: Doorstep) -> None:
    """Otherwise everything asked again would be late at once."""
    case, aigul = await begun(doorstep)
    await doorstep.keep(lambda visit: decisions.answer(visit, case.number, "Here it is.", ERLAN))
    go_to(doorstep, date(2027, 2, 15))
    now = await doorstep.keep(
        lambda visit: handoffs.send(visit, cases.known(visit, case.number), handoffs.MORE), aigul
    )
    assert now.due == date(2027, 2, 18)
    await go_round(doorstep)
    assert await doorstep.keep(dates.overdue) == []


async def test_one_case_that_fails_holds_no_other_up(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _aigul = await begun(doorstep)
    second, _dias = await begun(doorstep, who="dias")
    attend = dates.attend

    def failing(visit: Any, number: str) -> None:
        if number == first.number:
            raise LookupError("a damaged row")
        attend(visit, number)

    monkeypatch.setattr(dates, "attend", failing)
    go_to(doorstep, date(2027, 2, 5))
    await go_round(doorstep)
    rows = await doorstep.rows(
        "SELECT number FROM cases JOIN case_events ON case_id = cases.id WHERE act = 'late'"
    )
    assert [row[0] for row in rows] == [second.number]


async def test_more_cases_than_one_batch_are_all_looked_at(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dates, "BATCH", 2)
    monkeypatch.setattr(dates.in_hand, "__defaults__", (0, 2))
    _case, aigul = await begun(doorstep)
    for _n in range(4):
        await doorstep.keep(lambda visit: cases.begin(visit, cases.QUESTION, words="More"), aigul)
    go_to(doorstep, date(2027, 2, 5))
    caretaker = Caretaker(doorstep.desk, doorstep.database)
    assert isinstance(caretaker.reminders, Reminders) and await caretaker.reminders.round() == 5


async def test_what_the_desk_carries_out_by_itself_needs_no_reminder_until_it_is_late(
    each_doorstep: Doorstep,
) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers()
    go_to(step, MONDAY)
    await step.keep(lambda visit: cases.begin(visit, cases.ERASURE), aigul)
    for day in (MONDAY, MONDAY + timedelta(days=1)):
        go_to(step, day, 11)
        await go_round(step)
        assert await letters(step) == []
    go_to(step, MONDAY + timedelta(days=2), 11)
    await go_round(step)
    assert await letters(step) != []
