"""Blocking: one request, one rule that frees, and each way it may end."""

from __future__ import annotations

import pytest
from tests.doorstep import Doorstep, Person

from kelisim.desk import blocking, cases, decisions, erasure, holds, ledger, staff, subjects
from kelisim.desk.cases import Case
from kelisim.desk.errors import NotWhileErasing
from kelisim.desk.visit import TELEGRAM, Visit

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")


async def blocked(step: Doorstep, reason: str = blocking.TOO_LONG) -> tuple[Person, Case]:
    aigul = await step.person("aigul").registers("en")
    case, new = await step.keep(lambda visit: blocking.block(visit, reason, "CANARY words"), aigul)
    assert new
    await step.courier()
    return aigul, case


async def state(step: Doorstep, person: Person) -> str:
    found: str = await step.keep(lambda visit: visit.known.state, person)
    return found


async def test_a_reason_nobody_knows_blocks_nothing(doorstep: Doorstep) -> None:
    aigul = await doorstep.person("aigul").registers()
    with pytest.raises(ValueError, match="no reason"):
        await doorstep.keep(lambda visit: blocking.block(visit, "because"), aigul)
    assert await state(doorstep, aigul) == subjects.ACTIVE


async def test_the_block_of_one_is_no_block_of_another(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul, case = await blocked(step)
    dias = await step.person("dias").registers("ru")
    assert await state(step, dias) == subjects.ACTIVE and await step.keep(blocking.standing, dias) is None
    assert await step.keep(blocking.last, dias) is None
    assert await step.keep(lambda visit: blocking.unblock(visit), dias) == (None, [])
    assert await state(step, aigul) == subjects.BLOCKED
    assert (await step.keep(blocking.standing, aigul)).number == case.number


async def test_only_the_end_of_everything_that_blocks_frees(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul, case = await blocked(step)
    hold = await step.keep(lambda visit: holds.place(visit, "law", "an order", ERLAN), aigul)
    assert not await step.keep(lambda visit: blocking.settle(visit, case.number, ERLAN), aigul)
    await step.keep(lambda visit: decisions.refuse(visit, case.number, "lawful", "It was lawful.", ERLAN))
    assert await state(step, aigul) == subjects.BLOCKED
    ended = await step.keep(lambda visit: cases.find(visit, case.number), aigul)
    assert await step.keep(lambda visit: blocking.outcome(visit, ended), aigul) == blocking.BLOCKED
    assert await step.keep(lambda visit: blocking.lift_hold(visit, hold, ERLAN), aigul)
    assert await state(step, aigul) == subjects.ACTIVE
    assert await step.keep(lambda visit: blocking.outcome(visit, ended), aigul) == blocking.LIFTED
    assert await step.rows("SELECT actor FROM ledger WHERE what = 'block lifted'") == [(ERLAN.label,)]


async def test_words_alone_decide_no_block(each_doorstep: Doorstep) -> None:
    """Or the data would stay blocked with nobody to free them."""
    step = each_doorstep
    aigul, case = await blocked(step)
    with pytest.raises(decisions.Impossible, match="decided"):
        await step.keep(lambda visit: decisions.answer(visit, case.number, "We will see.", ERLAN))
    now = await step.keep(lambda visit: cases.find(visit, case.number), aigul)
    assert now.state == cases.WITH_STAFF and await state(step, aigul) == subjects.BLOCKED


@pytest.mark.parametrize("reason", [blocking.NO_CONSENT, blocking.TOO_LONG, blocking.OTHER])
async def test_a_confirmed_breach_destroys_without_a_day_of_regret(
    each_doorstep: Doorstep, reason: str
) -> None:
    """D6, I11: an erasure row of its own, decided by a named person; the answer goes first, then the certificate."""
    step = each_doorstep
    aigul, case = await blocked(step, reason)
    await step.keep(lambda visit: decisions.accept(visit, case.number, "There was no ground.", ERLAN))
    assert await state(step, aigul) == subjects.ERASING
    found = await step.keep(erasure.standing, aigul)
    assert found.case_number == case.number and found.not_before == found.begun_at
    assert not await step.keep(lambda visit: erasure.may_keep(visit, found), aigul)
    assert await step.keep(erasure.keep, aigul) == ""
    assert "Keep my data" not in (await aigul.say("/delete")).buttons
    step.later(minutes=2)
    await step.caretaker()
    assert await step.rows("SELECT 1 FROM subjects") != [], "the address went before the answer"
    told = [parcel.body.get("text", "") for parcel in await step.courier(TELEGRAM)]
    assert any("a breach is confirmed" in text and case.number in text for text in told)
    await step.courier()
    step.later(minutes=2)
    await step.caretaker()
    assert (
        await step.rows("SELECT 1 FROM subjects") == []
        and await step.rows("SELECT 1 FROM case_messages") == []
    )
    assert [tuple(row) for row in await step.rows("SELECT stage FROM erasures")] == [("certified",)]
    events = await step.rows("SELECT role, actor FROM case_events WHERE act = 'accepted'")
    assert [tuple(row) for row in events] == [("staff", ERLAN.label)]
    assert await step.keep(ledger.broken) is None


async def test_an_answer_that_cannot_be_told_holds_the_destruction_up_for_an_hour_at_most(
    doorstep: Doorstep,
) -> None:
    step = doorstep
    _aigul, case = await blocked(step)
    await step.keep(lambda visit: decisions.accept(visit, case.number, "There was no ground.", ERLAN))
    for minutes, left in ((2, 1), (40, 1), (30, 0)):
        step.later(minutes=minutes)
        await step.caretaker()
        assert len(await step.rows("SELECT 1 FROM subjects")) == left, minutes


async def test_a_confirmed_breach_of_held_data_waits_for_the_hold(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul, case = await blocked(step)
    await step.keep(lambda visit: holds.place(visit, "justice", "an order", ERLAN), aigul)
    with pytest.raises(decisions.Impossible, match="hold"):
        await step.keep(lambda visit: decisions.accept(visit, case.number, "Destroy.", ERLAN))
    assert await step.rows("SELECT 1 FROM erasures") == [] and await state(step, aigul) == subjects.BLOCKED


async def test_who_has_data_destroyed_keeps_them_before_blocking_them(doorstep: Doorstep) -> None:
    aigul = await doorstep.person("aigul").registers()

    def asks(visit: Visit) -> None:
        erasure.ask(visit)
        with pytest.raises(NotWhileErasing):
            blocking.block(visit, blocking.WRONG)

    await doorstep.keep(asks, aigul)
    assert await state(doorstep, aigul) == subjects.ERASING
