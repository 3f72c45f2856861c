"""Every row of the law's table of terms, the vectors of its working days, and the clock of a case as a fold of its events."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.desk.test_deadlines import ROWS
from tests.doorstep import Doorstep, a_desk

from kelisim.desk import cases, clocks, consents, dates, explanations, handoffs, operator, subjects
from kelisim.desk.clocks import EXTENDED, RECEIVED, RESUMED, STOPPED, Clock, Tick
from kelisim.desk.deadlines import Calendar
from kelisim.desk.operator import Operator
from kelisim.desk.packs import Terms
from kelisim.desk.visit import Visit
from kelisim.texts import speaking

SAMPLE = operator.load(None)
PLAIN = Calendar()
LAW = {1: 1, 3: 2, 10: 3, 15: 4}  # the column of a number of working days in a row of vectors


def allowing(**values: Any) -> Operator:
    """The sample with a pack that allows more than the Law."""
    return SAMPLE.model_copy(update={"policy_pack": SAMPLE.policy_pack.model_copy(update=values)})


def wound(
    kind: str,
    *ticks: Tick,
    today: date = date(2026, 11, 22),
    by: Operator = SAMPLE,
    calendar: Calendar = PLAIN,
) -> Clock:
    return clocks.wind(by, calendar, kind, ticks, today)


# Row by row (LAW.md 1.1): the kind of request it is and its number of working days.
TERMS = [
    ("D1", cases.ACCESS, 3),
    ("D2", cases.ACCESS, 3),  # a refusal is an answer: the same clock
    ("D3", cases.CORRECTION, 1),
    ("D4", cases.BLOCKING, 1),
    ("D5", cases.BLOCKING, 1),  # lifting
    ("D6", cases.BLOCKING, 1),  # destroying: the decision on the same request
    ("D7", cases.REVOCATION, 15),
    ("D8", cases.ERASURE, 1),  # our own promise; the law leaves 15
    ("D9", cases.OBJECTION, 3),
    ("D10", cases.ERASURE, 1),  # what was made public is asked for as a deletion
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row[0]))
@pytest.mark.parametrize(("name", "kind", "days"), TERMS, ids=[term[0] for term in TERMS])
def test_a_row_with_a_number_of_working_days_ends_on_the_day_of_the_vectors(
    name: str, kind: str, days: int, row: tuple[date, ...]
) -> None:
    """D1-D9 against the twelve vectors of LAW.md 8.4."""
    clock = wound(kind, Tick(RECEIVED, row[0]))
    assert clock.working and clock.due.n == days and clock.last == row[LAW[days]], name


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row[0]))
@pytest.mark.parametrize("kind", [cases.QUESTION, cases.COMPLAINT, cases.REPRESENTATION, cases.BREACH])
def test_what_only_we_promise_is_answered_in_three_working_days(kind: str, row: tuple[date, ...]) -> None:
    assert wound(kind, Tick(RECEIVED, row[0])).last == row[LAW[3]]


def test_notice_of_a_breach_to_the_authority_is_the_end_of_the_next_working_day() -> None:
    """D12: a term of the pack, counted from the day it was found."""
    assert SAMPLE.policy_pack.terms.breach_notice == 1
    assert PLAIN.due(date(2026, 11, 20), 1).last == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("received", "last"),
    [
        (date(2026, 11, 20), date(2026, 11, 30)),  # ten days on, a working Monday
        (
            date(2026, 11, 18),
            date(2026, 11, 27),
        ),  # Saturday the 28th: the working day before, the stricter reading
        (date(2026, 12, 6), date(2026, 12, 15)),  # Wednesday the 16th is Independence Day
        (date(2026, 12, 22), date(2026, 12, 31)),  # the first of January is free
        (date(2027, 12, 26), date(2028, 1, 5)),
    ],
)
def test_an_inquiry_of_the_authority_has_ten_calendar_days(received: date, last: date) -> None:
    """D14, P19: no number in the Law, ten days of the Policy; on a day off it ends the working day before."""
    clock = wound(cases.AUTHORITY, Tick(RECEIVED, received))
    assert not clock.working and clock.last == last and PLAIN.is_working(last)


def test_rows_without_a_number_have_no_clock() -> None:
    """D11 (only where a notice of each transfer was agreed: no purpose of the sample is so), D13 (the state side tells the
    subjects), D16 (no number: the setting of retention) and D17 (before starting; small operators exempt) are nobody's case.
    Every clock there is belongs to a kind of case, and every kind has one."""
    assert set(clocks.TERM) == set(cases.KINDS)
    assert set(clocks.TERM.values()) | {"breach_notice"} == set(Terms.model_fields)
    with pytest.raises(LookupError):
        wound(cases.ACCESS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row[0]))
def test_a_complaint_is_answered_within_the_ten_days_of_a_consumer(row: tuple[date, ...]) -> None:
    """D18 has no clock of its own: our own promise is the stricter one."""
    assert wound(cases.COMPLAINT, Tick(RECEIVED, row[0])).last <= row[0] + timedelta(days=10)


async def test_data_whose_purpose_ended_have_a_setting_and_no_clock(doorstep: Doorstep) -> None:
    """D16: no case is opened and no date promised; `tests/desk/test_retention.py` shows them go."""
    assert doorstep.desk.operator.retention.ended_days == 7
    saule = await doorstep.person("saule").registers()
    doorstep.later(days=400)
    await doorstep.caretaker()
    assert "desk" not in await doorstep.keep(consents.given, saule)
    assert await doorstep.rows("SELECT 1 FROM cases") == []


async def test_a_stop_is_at_once_and_has_no_clock(doorstep: Doorstep) -> None:
    """D15: nothing to wait for; the outer limit of fifteen working days is D7's."""
    saule = await doorstep.person("saule").registers()
    await saule.say("STOP")
    assert await doorstep.rows("SELECT 1 FROM cases") == []
    assert (
        await doorstep.rows("SELECT due FROM consent_records WHERE act = 'stopped' AND due IS NOT NULL") == []
    )


def test_a_leap_day_counts_like_any_other() -> None:
    """2028: the 29th of February is a Tuesday."""
    assert wound(cases.CORRECTION, Tick(RECEIVED, date(2028, 2, 28))).last == date(2028, 2, 29)
    assert wound(cases.CORRECTION, Tick(RECEIVED, date(2028, 2, 29))).last == date(2028, 3, 1)
    assert wound(cases.ACCESS, Tick(RECEIVED, date(2028, 2, 25))).last == date(2028, 3, 1)
    assert wound(cases.ACCESS, Tick(RECEIVED, date(2027, 2, 25))).last == date(2027, 3, 2)
    assert wound(cases.AUTHORITY, Tick(RECEIVED, date(2028, 2, 21))).last == date(2028, 3, 2)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati", "Asia/Almaty"])
def test_the_day_of_receipt_is_almatys_wherever_the_server_stands(zone: str) -> None:
    """T-LAW-07: 23:59 is still today and 00:00 is tomorrow, in Almaty; asked in a process of that zone."""
    script = textwrap.dedent("""
        import json
        from datetime import UTC, datetime
        from kelisim.desk import clocks, operator
        from kelisim.desk.deadlines import Calendar
        from kelisim.desk.visit import zone
        moments = [datetime(2026, 11, 20, 18, 59, 59, tzinfo=UTC), datetime(2026, 11, 20, 19, 0, tzinfo=UTC),
                   datetime.fromisoformat("2026-11-20T23:59:00+05:00"), datetime.fromisoformat("2026-11-21T00:00:00+05:00")]
        read = operator.load(None)
        days = [moment.astimezone(zone(read.zone)).date() for moment in moments]
        lasts = [clocks.wind(read, Calendar(), "revocation", [clocks.Tick("received", day)], day).last for day in days]
        print(json.dumps([[str(day), str(last)] for day, last in zip(days, lasts)]))
    """)
    told = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "TZ": zone},
        capture_output=True,
        text=True,
        check=True,
    )
    friday, saturday = ["2026-11-20", "2026-12-11"], ["2026-11-21", "2026-12-11"]
    assert json.loads(told.stdout) == [friday, saturday, friday, saturday]


async def taken(
    step: Doorstep,
    at: datetime,
    kind: str = cases.QUESTION,
    received: datetime | None = None,
    who: str = "aigul",
) -> Any:
    """A case as the store holds it, begun at that moment."""
    person = await step.person(who).registers()
    step.desk.clock.move(at - step.desk.clock.now())

    def work(visit: Visit) -> Any:
        made = cases.begin(visit, kind, words="Why?", received=received)
        return cases.known(visit, made.number), cases.clock(visit, made)

    return await step.keep(work, person)


async def test_a_request_at_a_minute_to_midnight_is_of_that_day(each_doorstep: Doorstep) -> None:
    """23:59 and 00:00 of Almaty, through the store: SQLite keeps no zones."""
    step = each_doorstep
    case, clock = await taken(step, datetime(2027, 2, 1, 18, 59, tzinfo=UTC))
    assert (clock.due.received, case.due) == (date(2027, 2, 1), date(2027, 2, 4))
    case, clock = await taken(step, datetime(2027, 2, 1, 19, 0, tzinfo=UTC), who="dias")
    assert (clock.due.received, case.due) == (date(2027, 2, 2), date(2027, 2, 5))


async def test_a_letter_counts_from_its_own_day_of_receipt(each_doorstep: Doorstep) -> None:
    """T-LAW-07: received at 23:59 on Friday, read and entered on Monday."""
    friday = datetime.fromisoformat("2027-02-05T23:59:00+05:00")
    case, clock = await taken(each_doorstep, datetime(2027, 2, 8, 5, tzinfo=UTC), cases.ACCESS, friday)
    assert case.due == date(2027, 2, 10) and clock.due.received == date(2027, 2, 5)
    assert case.received_at == friday


def two_packs(since: date) -> Operator:
    """A stricter pack from a day on; the sample's is the earlier one."""
    old = SAMPLE.policy_pack
    new = old.model_copy(
        update={"name": "kz-new", "since": since, "terms": old.terms.model_copy(update={"access": 1})}
    )
    return SAMPLE.model_copy(update={"policy_pack": new, "earlier_packs": (old,)})


def test_the_pack_of_the_day_of_receipt_counts_whatever_holds_today() -> None:
    """I10."""
    changed = two_packs(date(2027, 2, 1))
    for today in (date(2027, 1, 29), date(2027, 2, 1), date(2027, 6, 1)):
        before = wound(cases.ACCESS, Tick(RECEIVED, date(2027, 1, 29)), by=changed, today=today)
        after = wound(cases.ACCESS, Tick(RECEIVED, date(2027, 2, 1)), by=changed, today=today)
        assert (before.pack, before.due.n, before.last) == ("kz-2026-11", 3, date(2027, 2, 3))
        assert (after.pack, after.due.n, after.last) == ("kz-new", 1, date(2027, 2, 2))


async def test_a_new_pack_moves_no_open_request(doorstep: Doorstep) -> None:
    case, _clock = await taken(doorstep, datetime(2027, 1, 29, 5, tzinfo=UTC), cases.ACCESS)
    doorstep.desk.operator = two_packs(date(2027, 2, 1))
    doorstep.later(days=4)
    assert not any(each.has_moved for each in await doorstep.keep(dates.every))
    assert (await doorstep.keep(lambda visit: cases.clock(visit, case))).last == case.due


def test_the_law_knows_no_stop_and_no_extension() -> None:
    """The sample's pack: waiting for the person does not move the date."""
    ticks = (Tick(RECEIVED, date(2027, 2, 1)), Tick(STOPPED, date(2027, 2, 2)), Tick(RESUMED, date(2027, 2, 9)),
             Tick(EXTENDED, date(2027, 2, 3), "5"))  # fmt: skip
    clock = wound(cases.QUESTION, *ticks)
    assert clock.last == date(2027, 2, 4) and clock.stops == () and clock.extended == 0


def test_a_pack_may_allow_both() -> None:
    by = allowing(stops=True, extensions={"question": 2})
    begun = (Tick(RECEIVED, date(2027, 2, 1)), Tick(STOPPED, date(2027, 2, 2)))
    standing = wound(cases.QUESTION, *begun, by=by, today=date(2027, 2, 8))
    assert standing.standing and standing.last == date(2027, 2, 10)  # one day counted, two left after today
    gone = wound(cases.QUESTION, *begun, Tick(RESUMED, date(2027, 2, 9)), by=by, today=date(2027, 3, 1))
    assert not gone.standing and gone.stops == ((date(2027, 2, 2), date(2027, 2, 9)),)
    assert gone.last == date(2027, 2, 11)
    more = wound(cases.QUESTION, begun[0], Tick(EXTENDED, date(2027, 2, 2), "2"), by=by)
    assert more.last == date(2027, 2, 8) and more.extended == 2
    asked = wound(cases.QUESTION, begun[0], Tick(EXTENDED, date(2027, 2, 2), "9"), by=by)
    assert asked.extended == 2  # never more than the pack says
    assert wound(cases.ACCESS, begun[0], Tick(EXTENDED, date(2027, 2, 2), "2"), by=by).extended == 0


DAYS = st.dates(date(2026, 1, 1), date(2029, 12, 31))
KINDS = st.sampled_from(cases.KINDS)
ALLOWING = allowing(stops=True, extensions=dict.fromkeys(Terms.model_fields, 3))


@settings(max_examples=60, deadline=None)
@given(received=DAYS, kind=KINDS, after=st.lists(st.integers(0, 30), max_size=6), extended=st.integers(0, 5))
def test_a_date_is_never_before_its_receipt_and_no_stop_or_added_time_makes_it_earlier(
    received: date, kind: str, after: list[int], extended: int
) -> None:
    """I10, for any row of stops."""
    day, ticks = received, [Tick(RECEIVED, received)]
    for n, pause in enumerate(after):
        day += timedelta(days=pause)
        ticks.append(Tick(RESUMED if n % 2 else STOPPED, day))
    plain = wound(kind, ticks[0], by=ALLOWING)
    assert plain.last > received
    stood = wound(kind, *ticks, by=ALLOWING, today=day)
    longer = wound(kind, *ticks, Tick(EXTENDED, day, str(extended)), by=ALLOWING, today=day)
    assert plain.last <= stood.last <= longer.last
    if stood.working:
        assert PLAIN.is_working(stood.last) and not any(a < stood.last <= b for a, b in stood.stops)
    before = wound(kind, *ticks[:-1], by=ALLOWING, today=day) if len(ticks) > 1 else plain
    if ticks[-1].act == STOPPED:
        assert stood.last >= before.last


@settings(max_examples=60, deadline=None)
@given(received=DAYS, kind=KINDS, stops=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=3),
       asked=st.lists(st.integers(0, 400), min_size=2, max_size=4))  # fmt: skip
def test_a_date_is_the_same_whenever_it_is_asked_for(
    received: date, kind: str, stops: list[tuple[int, int]], asked: list[int]
) -> None:
    """I10: a fold of the events, once no stop is open."""
    day, ticks = received, [Tick(RECEIVED, received)]
    for wait, length in stops:
        ticks.append(Tick(STOPPED, day := day + timedelta(days=wait)))
        ticks.append(Tick(RESUMED, day := day + timedelta(days=length)))
    found = {wound(kind, *ticks, by=ALLOWING, today=day + timedelta(days=n)) for n in asked}
    assert len(found) == 1


@settings(max_examples=60, deadline=None)
@given(received=DAYS, kind=KINDS, extra=st.integers(1, 40))
def test_a_holiday_announced_late_never_makes_a_term_of_working_days_end_earlier(
    received: date, kind: str, extra: int
) -> None:
    free = received + timedelta(days=extra)
    before = wound(kind, Tick(RECEIVED, received))
    after = wound(kind, Tick(RECEIVED, received), calendar=Calendar(extra_days_off=[free]))
    if before.working:
        assert after.last >= before.last and (after.last == before.last) == (
            free > before.last or not PLAIN.is_working(free)
        )


def explained(clock: Clock, locale: str, by: Operator = SAMPLE, calendar: Calendar | None = None) -> str:
    desk = a_desk(by)
    desk.calendar = calendar or PLAIN
    visitor = subjects.visitor(desk, "", "")
    visit = Visit(None, desk, "", "", datetime(2026, 11, 20, tzinfo=UTC), locale, visitor)  # type: ignore[arg-type]
    with speaking(locale):
        return "\n".join(explanations.explain(visit, clock))


def test_a_date_explains_itself() -> None:
    """S14: received on Friday 20 November, counted from Monday 23; 3 working days; due by the end of Wednesday 25."""
    clock = wound(cases.ACCESS, Tick(RECEIVED, date(2026, 11, 20)))
    said = explained(clock, "en")
    assert said.startswith(
        "Received: Friday 20 November 2026. Term: 3 working days. First day counted: Monday 23 November 2026. Days off not "
        "counted: Saturday 21 November 2026; Sunday 22 November 2026. Last day: Wednesday 25 November 2026."
    )
    assert "midnight, Almaty time" in said and "paragraph 16 of the Rules" in said and "kz-2026-11" in said


@pytest.mark.parametrize(
    ("locale", "first", "holiday"),
    [
        ("kk", "2026 ж. 14 желтоқсан, дүйсенбі", "Тәуелсіздік күні"),
        ("ru", "14 декабря 2026 г., понедельник", "День Независимости"),
        ("en", "Monday 14 December 2026", "Independence Day"),
    ],
)
def test_it_names_the_holidays_it_did_not_count_in_each_language(
    locale: str, first: str, holiday: str
) -> None:
    said = explained(wound(cases.ACCESS, Tick(RECEIVED, date(2026, 12, 11))), locale)
    assert first in said and holiday in said


def test_a_day_of_the_operators_own_list_is_named() -> None:
    calendar = Calendar(extra_days_off=[date(2027, 2, 3)])
    clock = wound(cases.ACCESS, Tick(RECEIVED, date(2027, 2, 1)), calendar=calendar)
    assert "Wednesday 3 February 2027 (Extra day off)" in explained(clock, "en", calendar=calendar)


def test_nothing_is_said_of_days_off_where_there_were_none() -> None:
    assert "Days off" not in explained(wound(cases.ACCESS, Tick(RECEIVED, date(2027, 2, 1))), "en")


def test_stops_added_time_and_calendar_days_are_explained() -> None:
    ticks = (Tick(RECEIVED, date(2027, 2, 1)), Tick(STOPPED, date(2027, 2, 2)), Tick(RESUMED, date(2027, 2, 4)),
             Tick(EXTENDED, date(2027, 2, 4), "2"))  # fmt: skip
    said = explained(wound(cases.QUESTION, *ticks, by=ALLOWING), "en", ALLOWING)
    assert "after Tuesday 2 February 2027, up to and including Thursday 4 February 2027" in said
    assert "Term: 5 working days." in said and "2 days that were added once" in said
    assert (
        "3 February 2027 " not in said.split("Last day")[0].split("Days off")[1]
    )  # a day it stood is no day off
    said = explained(wound(cases.AUTHORITY, Tick(RECEIVED, date(2026, 11, 18))), "en")
    assert "10 calendar days" in said and "the working day before: Friday 27 November 2026" in said


async def test_staff_read_the_same_explanation(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    doorstep.desk.clock.move(datetime(2027, 2, 1, 6, tzinfo=UTC) - doorstep.desk.clock.now())

    def begin(visit: Visit) -> Any:
        return handoffs.send(visit, cases.begin(visit, cases.ACCESS))

    await doorstep.keep(begin, saule)
    letters = [
        parcel.body["text"] for parcel in await doorstep.courier("email") if parcel.message.kind == "case"
    ]
    assert len(letters) == 1 and "2027" in letters[0] and "395/НҚ" in letters[0]
