"""Kept no longer than needed: fields, addresses, requests, evidence; never of the blocked or held; a dry run tells the truth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, update
from tests.doorstep import Doorstep, Person, copied, doorstep_on

from kelisim.desk import cases, consents, decisions, handoffs, holds, ledger, retention, staff, subjects
from kelisim.desk.retention import Run
from kelisim.desk.visit import Visit
from kelisim.store.models import Letter as LetterRow
from kelisim.store.models import OutboxMessage

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
ADDRESS = "canary.aigul@mail.kz"


class Killed(Exception):
    """The process ended in the middle of a batch."""


async def run(step: Doorstep) -> dict[str, int]:
    """Today's run to its end: what it did."""
    while True:
        done: Run = await step.keep(retention.step)
        if done.over:
            return done.done


async def foreseen(step: Doorstep) -> dict[str, int]:
    found: dict[str, int] = await step.keep(retention.foresee)
    return found


async def informed(step: Doorstep, who: str = "aigul", address: str = ADDRESS) -> Person:
    """Someone with a name and a proved mailbox, which only informing by e-mail needs; everything on its way has arrived."""
    person = await step.person(who).registers()
    await person.gives_email(address)
    await settled(step)
    return person


async def settled(step: Doorstep) -> None:
    await step.courier()
    step.later(minutes=1)
    await step.courier()


async def withdraws(step: Doorstep, person: Person, *purposes: str) -> None:
    for purpose in purposes:
        await step.keep(lambda visit, code=purpose: consents.withdraw(visit, code), person)
    await settled(step)


async def count(step: Doorstep, table: str, where: str = "1 = 1") -> int:
    return int((await step.rows(f"SELECT count(*) FROM {table} WHERE {where}"))[0][0])


async def test_what_a_withdrawn_purpose_alone_needed_goes_after_the_days_of_the_setting(
    each_doorstep: Doorstep,
) -> None:
    step = each_doorstep
    aigul = await informed(step)
    assert await foreseen(step) == {}
    await withdraws(step, aigul, "informing-email")
    step.later(days=6)
    assert await foreseen(step) == {} == await run(step)
    step.later(days=1)
    assert await run(step) == {"fields": 2, "addresses": 1}
    assert await count(step, "profile") == 0
    assert [row[0] for row in await step.rows("SELECT channel FROM contacts")] == ["telegram"]
    verbs = await step.rows(
        "SELECT verb, what, actor FROM ledger WHERE verb = 'destroyed' AND actor = 'desk'"
    )
    assert sorted(row[1] for row in verbs) == ["email", "name", "surname"]
    assert await step.keep(ledger.broken) is None


async def test_what_another_purpose_needs_stays(doorstep: Doorstep) -> None:
    aigul = await informed(doorstep)
    await aigul.gives_email(ADDRESS, purpose="promotion-email")
    await settled(doorstep)
    await withdraws(doorstep, aigul, "informing-email")
    doorstep.later(days=40)
    assert await run(doorstep) == {}
    assert await count(doorstep, "profile") == 2


async def test_an_open_request_keeps_everything_until_it_is_closed(doorstep: Doorstep) -> None:
    aigul = await informed(doorstep)
    case = await doorstep.keep(
        lambda visit: handoffs.send(visit, cases.begin(visit, cases.QUESTION, words="Why?")), aigul
    )
    await withdraws(doorstep, aigul, "informing-email")
    doorstep.later(days=40)
    assert await run(doorstep) == {}
    await doorstep.keep(lambda visit: decisions.answer(visit, case.number, "Because.", ERLAN))
    await settled(doorstep)
    doorstep.later(days=1)
    assert await run(doorstep) == {}  # answered is not closed: the person may still ask
    doorstep.later(days=30)
    assert await run(doorstep) == {"closed requests": 1}
    assert (await doorstep.keep(lambda visit: cases.known(visit, case.number))).state == cases.CLOSED
    doorstep.later(days=1)
    assert await run(doorstep) == {"fields": 2, "addresses": 1}


async def test_a_closed_chat_is_forgotten_when_no_consent_is_left(each_doorstep: Doorstep) -> None:
    """D7, D16: the Telegram id is the last to go, and then the chat begins as a stranger's."""
    step = each_doorstep
    aigul = await informed(step)
    await withdraws(step, aigul, "desk")
    step.later(days=8)
    assert await run(step) == {}  # informing by e-mail is still taken back in this chat
    await withdraws(step, aigul, "informing-email")
    step.later(days=8)
    assert await run(step) == {"fields": 2, "addresses": 2}
    assert await step.keep(lambda visit: visit.subject, aigul) is None
    assert "Қазақша" in (await aigul.say("/menu")).buttons or "language" in (await aigul.say("/start")).text


async def test_nothing_waits_longer_than_the_due_date_of_the_withdrawal(doorstep: Doorstep) -> None:
    """D7: a setting above fifteen working days does not move the day that was promised."""
    known = doorstep.desk.operator
    doorstep.desk.operator = known.model_copy(
        update={"retention": known.retention.model_copy(update={"ended_days": 90})}
    )
    aigul = await informed(doorstep)
    await withdraws(doorstep, aigul, "informing-email")
    due = date.fromisoformat(
        str((await doorstep.rows("SELECT due FROM consent_records WHERE act = 'withdrawn'"))[0][0])
    )
    to_day(doorstep, due - timedelta(days=1))
    assert await foreseen(doorstep) == {}
    to_day(doorstep, due)
    assert await run(doorstep) == {"fields": 2, "addresses": 1}


def to_day(step: Doorstep, day: date) -> None:
    """Noon in Almaty of a day."""
    step.desk.clock.move(datetime(day.year, day.month, day.day, 7, tzinfo=UTC) - step.desk.clock.now())


async def test_the_blocked_the_held_and_those_being_erased_are_not_touched(each_doorstep: Doorstep) -> None:
    """T-LAW-02, I7: as if the job did not run, for every kind; and once they are free, everything is made up for."""
    step = each_doorstep
    people = {}
    for who in ("aigul", "dias", "saule"):
        people[who] = await informed(step, who, f"{who}@mail.kz")
        await step.keep(lambda visit: handoffs.send(visit, cases.begin(visit, cases.ACCESS)), people[who])
    for (number,) in await step.rows("SELECT number FROM cases"):
        await step.keep(lambda visit, number=number: decisions.answer(visit, number, "Here.", ERLAN))
    await settled(step)
    step.later(days=31)
    assert await run(step) == {"closed requests": 3}
    for person in people.values():
        await withdraws(step, person, "informing-email", "desk")
    await step.keep(lambda visit: subjects.set_state(visit, subjects.BLOCKED), people["aigul"])
    await step.keep(
        lambda visit: holds.place(visit, "justice", "an inquiry", ERLAN, until=date(2040, 1, 1)),
        people["dias"],
    )
    await step.keep(lambda visit: subjects.set_state(visit, subjects.ERASING), people["saule"])
    before = await everything(step)
    for _years in range(5):
        step.later(days=366)
        plan = await foreseen(step)  # letters to staff are nobody's
        assert plan == await run(step) and set(plan) <= {"messages"}
    assert await everything(step) == before
    await step.keep(lambda visit: subjects.set_state(visit, subjects.CLOSED), people["aigul"])
    done = await run_again(step)
    assert done["fields"] == 2 and done["addresses"] == 2 and done["requests"] == 1
    assert done["consents"] and done["viewings"] and done["messages"]
    to_day(step, date(2040, 1, 2))  # the hold is over by itself
    assert (await run(step))["fields"] == 2


async def everything(step: Doorstep) -> dict[str, list[str]]:
    """The rows of every table that holds somebody's data."""
    tables = ("subjects", "contacts", "profile", "consents", "consent_records", "cases", "case_messages", "case_events",
              "viewings", "outbox", "documents_shown", "holds")  # fmt: skip
    whose = {"outbox": "WHERE subject_id IS NOT NULL"}
    return {
        table: sorted(map(str, await step.rows(f"SELECT * FROM {table} {whose.get(table, '')}")))
        for table in tables
    }


async def run_again(step: Doorstep) -> dict[str, int]:
    await step.keep(retention.again)
    return await run(step)


async def test_a_request_loses_its_person_three_years_after_it_was_closed(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers()
    case = await step.keep(
        lambda visit: handoffs.send(
            visit, cases.begin(visit, cases.CORRECTION, words="My canary-words", facts={"after": "Canary"})
        ),
        aigul,
    )
    await step.keep(lambda visit: cases.act(visit, case, cases.WITHDRAWN, to=cases.WITHDRAWN), aigul)
    await settled(step)
    closed = step.desk.clock.now()
    same_day = closed.replace(year=closed.year + 3)
    step.desk.clock.move(same_day - timedelta(hours=1) - step.desk.clock.now())
    assert "requests" not in await foreseen(step)
    step.later(hours=2)
    assert (await run_again(step))["requests"] == 1
    row = (await step.rows("SELECT number, kind, subject_id, facts, words, assignee FROM cases"))[0]
    assert tuple(row) == (case.number, "correction", None, None, None, "")
    assert await count(step, "case_messages") == 0 and await count(step, "case_events", "actor <> ''") == 0
    assert await count(step, "case_events") > 0  # when what was done stays, by nobody
    said = await step.rows(
        "SELECT verb, what, number FROM ledger WHERE verb = 'anonymised' AND what LIKE 'case%'"
    )
    assert [tuple(each) for each in said] == [("anonymised", "case correction", case.number)]
    assert "requests" not in await foreseen(step)


async def test_evidence_loses_its_person_three_years_after_the_consent_ended(each_doorstep: Doorstep) -> None:
    """D16: the record stays and names nobody; the states still agree with the records (I4)."""
    step = each_doorstep
    aigul = await informed(step)
    await withdraws(step, aigul, "informing-email")
    records = await count(step, "consent_records")
    for _month in range(35):  # the desk's own consent is kept alive
        step.later(days=30)
        await step.keep(
            lambda visit: cases.act(visit, cases.begin(visit, cases.ACCESS), "withdrawn", to="withdrawn"),
            aigul,
        )
        assert "consents" not in await foreseen(step)
    step.later(days=50)
    assert (await run_again(step)).get("consents", 0) >= 2
    assert await count(step, "consent_records") == records
    assert await count(step, "consent_records", "purpose = 'informing-email' AND subject_id IS NOT NULL") == 0
    assert await count(step, "consent_records", "purpose = 'informing-email' AND evidence IS NOT NULL") == 0
    assert await count(step, "documents_shown", "name = 'informing-email'") == 0
    assert await step.keep(consents.differences) == []


async def test_in_the_end_nothing_but_nameless_rows_is_left_of_a_person(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await informed(step)
    await withdraws(step, aigul, "informing-email", "desk")
    for (number,) in await step.rows(
        "SELECT number FROM cases"
    ):  # staff decided on what the withdrawals left to do
        await step.keep(
            lambda visit, number=number: cases.act(
                visit, cases.known(visit, number), "accepted", to=cases.DONE
            )
        )
    for _year in range(5):
        step.later(days=366)
        await run(step)
    for table in ("subjects", "contacts", "profile", "consents", "documents_shown", "viewings"):
        assert await count(step, table) == 0, table
    assert await count(step, "consent_records", "subject_id IS NOT NULL OR evidence IS NOT NULL") == 0
    assert await count(step, "consent_records") > 0
    assert await step.keep(consents.differences) == [] and await step.keep(ledger.broken) is None


async def test_a_run_that_was_killed_goes_on_where_it_stopped(
    each_doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = each_doorstep
    monkeypatch.setattr(retention, "BATCH", 1)
    people = [await informed(step, who, f"{who}@mail.kz") for who in ("aigul", "dias", "saule")]
    for person in people:
        await withdraws(step, person, "informing-email")
    step.later(days=8)
    plan = await foreseen(step)
    end: Callable[[Visit, Any], None] = retention.KINDS[1].end
    left = [3]

    def killed(visit: Visit, rows: Any) -> None:
        end(visit, rows)
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    kinds = list(retention.KINDS)
    kinds[1] = retention.Kind("fields", kinds[1].find, killed)
    monkeypatch.setattr(retention, "KINDS", tuple(kinds))
    with pytest.raises(Killed):
        await run(step)
    assert await count(step, "profile") == 4  # two batches are safe, the third never was
    assert (await step.keep(retention.last)).done == {"fields": 2}
    assert await run(step) == plan == {"fields": 6, "addresses": 3}
    assert await count(step, "ledger", "verb = 'destroyed' AND actor = 'desk'") == 9  # each said once


async def test_a_day_has_one_run_and_the_next_day_another(doorstep: Doorstep) -> None:
    aigul = await informed(doorstep)
    await run(doorstep)
    await withdraws(doorstep, aigul, "informing-email")
    first = await doorstep.keep(retention.last)
    assert await doorstep.keep(retention.step) == first
    doorstep.later(days=8)
    assert (await doorstep.keep(retention.step)).day != first.day


# The courier's work in a moment: these stories are about what stays, not about how it went out.
ARRIVED = (
    update(OutboxMessage)
    .where(OutboxMessage.settled_at.is_(None))
    .values(state="sent", body=None, address=None, settled_at=bindparam("now"))
)
DAYS = st.integers(0, 120)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.data(),
    acts=st.lists(
        st.tuples(
            st.sampled_from(["aigul", "dias"]),
            st.sampled_from(["give", "withdraw", "ask", "answer", "block", "free", "stop", "wait"]),
            DAYS,
        ),
        max_size=8,
    ),
)
async def test_a_dry_run_says_what_the_run_then_does_and_changes_nothing(
    data: st.DataObject, acts: list[tuple[str, str, int]], sqlite_template: Any, tmp_path_factory: Any
) -> None:
    """P16, for any story of two people."""
    async with doorstep_on(copied(sqlite_template, tmp_path_factory.mktemp("run"))) as step:
        people = {who: await step.person(who).registers() for who in ("aigul", "dias")}
        for who, what, days in acts:
            await happens(step, people[who], what)
            step.later(days=days)
        step.later(days=data.draw(st.sampled_from([0, 9, 500, 1200, 2500])))
        before = await everything(step)
        plan = await foreseen(step)
        assert await everything(step) == before
        assert await run(step) == plan
        assert await step.keep(consents.differences) == []


async def happens(step: Doorstep, person: Person, what: str) -> None:
    """One act of a story, if it is possible now."""
    subject = await step.keep(lambda visit: visit.subject, person)
    if subject is None or subject.state == "closed":
        await person.registers()
    if what == "give":
        given = await step.keep(consents.given, person)
        if "informing-email" not in given:
            await person.gives_email(f"person{person.id}@mail.kz")
    elif what == "withdraw":
        await step.keep(lambda visit: consents.withdraw(visit, consents.given(visit)[-1]), person)
    elif what == "ask":
        await step.keep(
            lambda visit: handoffs.send(visit, cases.begin(visit, cases.QUESTION, words="Why?")), person
        )
    elif what == "answer":
        for (number,) in await step.rows("SELECT number FROM cases WHERE state = 'with staff'"):
            await step.keep(lambda visit, number=number: decisions.answer(visit, number, "So.", ERLAN))
    elif what in ("block", "free"):
        to = subjects.BLOCKED if what == "block" else subjects.ACTIVE
        await step.keep(lambda visit: subjects.set_state(visit, to), person)
    elif what == "stop":
        await person.say("STOP")
    await step.keep(lambda visit: visit.run(ARRIVED, now=visit.at))


async def test_letters_of_no_request_end_with_the_rows_of_messages(each_doorstep: Doorstep) -> None:
    """A stop by letter keeps a row without words for so long; a letter of a request goes with its request (DESIGN.md 8.8)."""
    step = each_doorstep

    def taken(visit: Visit) -> None:
        case = cases.begin(visit, cases.QUESTION, words="?")
        for mark, case_id in ((b"a" * 32, None), (b"b" * 32, case.id)):
            visit.add(
                LetterRow, mark=mark, subject_id=None, case_id=case_id, outcome="opt-out", content=None, cause="",
                received_at=visit.at, at=visit.at,
            )  # fmt: skip

    await step.keep(taken)
    step.later(days=step.desk.operator.retention.settled_days - 1)
    assert "letters" not in await step.keep(retention.foresee)
    step.later(days=2)
    assert (await step.keep(retention.foresee))["letters"] == 1
    while not (await step.keep(retention.step)).over:
        pass
    assert [bytes(row.mark) for row in await step.rows("SELECT mark FROM letters")] == [b"b" * 32]
