"""Holds: a ground of the catalogue, a reason, an end; one gate for everything that changes or removes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.doorstep import Doorstep

from kelisim.desk import blocking, cases, decisions, holds, staff, subjects
from kelisim.desk.errors import NotWhileBlocked, NotWhileErasing
from kelisim.desk.visit import TELEGRAM, Visit

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")


async def test_a_hold_needs_a_ground_a_reason_and_an_end_to_come(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers()

    def tries(visit: Visit) -> None:
        for ground, reason, until in (("nosuch", "an order", None), ("law", "  ", None),
                                      ("law", "an order", visit.today - timedelta(days=1))):  # fmt: skip
            with pytest.raises(holds.NoGround):
                holds.place(visit, ground, reason, ERLAN, until)

    await step.keep(tries, aigul)
    assert await step.rows("SELECT 1 FROM holds") == []


async def test_a_hold_is_sealed_stands_until_its_day_and_is_in_the_ledger(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers()

    def places(visit: Visit) -> Any:
        holds.place(visit, "justice", "CANARY of the court", ERLAN, visit.today + timedelta(days=3))
        return visit.today

    today = await step.keep(places, aigul)
    ((reason, actor),) = await step.rows("SELECT reason, actor FROM holds")
    assert b"CANARY" not in bytes(reason) and actor == ERLAN.label
    (hold,) = await step.keep(holds.standing, aigul)
    assert (hold.ground, hold.reason, hold.until) == (
        "justice",
        "CANARY of the court",
        today + timedelta(days=3),
    )
    assert await step.rows("SELECT 1 FROM ledger WHERE verb = 'blocked' AND what = 'hold justice'") != []
    step.later(days=3)
    assert await step.keep(holds.held, aigul)
    step.later(days=1)
    assert not await step.keep(holds.held, aigul) and await step.keep(holds.standing, aigul) == []


async def test_a_hold_of_one_is_no_hold_of_another(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul, dias = await step.person("aigul").registers(), await step.person("dias").registers("ru")
    made = await step.keep(lambda visit: holds.place(visit, "law", "an order", ERLAN), aigul)
    assert not await step.keep(holds.held, dias)
    assert not await step.keep(lambda visit: holds.lift(visit, made, ERLAN), dias)
    assert await step.keep(holds.held, aigul)
    assert await step.keep(lambda visit: holds.lift(visit, made, ERLAN), aigul)
    assert not await step.keep(lambda visit: holds.lift(visit, made, ERLAN), aigul)  # ends once


@pytest.mark.parametrize("freeze", ["blocked", "held", "erasing"])
async def test_the_gate_is_shut_by_a_block_a_hold_and_a_destruction_to_come(
    each_doorstep: Doorstep, freeze: str
) -> None:
    """T-LAW-02."""
    step = each_doorstep
    aigul = await step.person("aigul").registers()
    assert await step.keep(holds.may_change, aigul)

    def shuts(visit: Visit) -> None:
        if freeze == "held":
            holds.place(visit, "law", "an order", ERLAN)
        else:
            subjects.set_state(visit, freeze)

    await step.keep(shuts, aigul)
    assert not await step.keep(holds.may_change, aigul)
    with pytest.raises(NotWhileErasing if freeze == "erasing" else NotWhileBlocked):
        await step.keep(subjects.free, aigul)


async def test_the_last_day_of_a_hold_frees_whom_nothing_else_blocks(each_doorstep: Doorstep) -> None:
    """The caretaker ends it; a block of the person's own stays."""
    step = each_doorstep
    aigul, dias = await step.person("aigul").registers("en"), await step.person("dias").registers("ru")

    def freezes(visit: Visit) -> str:
        case, _new = blocking.block(visit, blocking.WRONG)
        holds.place(visit, "law", "an order", ERLAN, visit.today + timedelta(days=1))
        return case.number

    numbers = [await step.keep(freezes, person) for person in (aigul, dias)]

    def decided(visit: Visit) -> None:  # staff refused while the hold stands: the data stay blocked
        decisions.refuse(visit, numbers[0], "lawful", "It was lawful.", ERLAN)

    await step.keep(decided)
    assert await step.keep(lambda visit: visit.known.state, aigul) == subjects.BLOCKED
    texts = [parcel.body.get("text", "") for parcel in await step.courier(TELEGRAM)]
    assert any("stay blocked for another reason" in text for text in texts)
    step.later(days=2)
    await step.caretaker()
    assert await step.keep(lambda visit: visit.known.state, aigul) == subjects.ACTIVE
    assert await step.keep(lambda visit: visit.known.state, dias) == subjects.BLOCKED
    told = [
        parcel
        for parcel in await step.courier(TELEGRAM)
        if "the block is lifted" in parcel.body.get("text", "")
    ]
    assert [parcel.address for parcel in told] == [str(aigul.id)]
    assert (await step.keep(lambda visit: cases.find(visit, numbers[1]), dias)).in_hand
