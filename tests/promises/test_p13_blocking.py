"""P13 (clauses 4.1, 2.2): a block binds every door; staff look with a reason; lifted or destroyed within a working day."""

from __future__ import annotations

import pytest
from tests.doorstep import Doorstep
from tests.promises.stories import at_noon, gives, outcome, prepare

from kelisim.desk import cases, decisions, staff, subjects, viewings
from kelisim.desk.visit import TELEGRAM, Visit

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")


async def blocked(step: Doorstep, reason: str = "I gave no consent") -> str:
    aigul = await step.person("aigul").registers("en")
    await gives(aigul, "informing-telegram")
    await step.courier()
    await aigul.say("/block")
    return (await aigul.press(reason)).number


async def test_nothing_is_sent_changed_or_destroyed_from_that_moment(each_doorstep: Doorstep) -> None:
    """P13."""
    step = each_doorstep
    at_noon(step)
    number = await blocked(step)
    aigul = step.person("aigul")
    row = await prepare(step, aigul, "informing-telegram")
    await step.courier(TELEGRAM)
    assert await outcome(step, row) == "cancelled"
    for words in ("/correct", "/delete"):
        assert number in (await aigul.say(words)).text and "Lift the block" in aigul.said.buttons
    step.later(days=30)
    await step.caretaker()
    assert await step.keep(lambda visit: visit.known.state, aigul) == subjects.BLOCKED


async def test_staff_look_with_a_reason_that_the_person_reads(each_doorstep: Doorstep) -> None:
    """P13."""
    step = each_doorstep
    at_noon(step)
    await blocked(step)
    aigul = step.person("aigul")
    with pytest.raises(viewings.NoReason):
        await step.keep(lambda visit: viewings.note(visit, ERLAN, viewings.DATA, ""), aigul)
    await step.keep(
        lambda visit: viewings.note(visit, ERLAN, viewings.DATA, "the finding of 22 November"), aigul
    )
    assert any(
        "the finding of 22 November" in parcel.body.get("text", "") for parcel in await step.courier(TELEGRAM)
    )


@pytest.mark.parametrize("confirmed", [False, True])
async def test_the_finding_lifts_the_block_or_destroys_within_a_working_day(
    each_doorstep: Doorstep, confirmed: bool
) -> None:
    """P13 (LAW D5, D6)."""
    step = each_doorstep
    at_noon(step)
    number = await blocked(step)
    aigul = step.person("aigul")
    case = await step.keep(lambda visit: cases.find(visit, number), aigul)
    assert case.due == step.desk.calendar.due(step.desk.clock.now().date(), 1).last

    def finds(visit: Visit) -> None:
        if confirmed:
            decisions.accept(visit, number, "There was no consent.", ERLAN)
        else:
            decisions.refuse(visit, number, "lawful", "There was a consent.", ERLAN)

    await step.keep(finds)
    told = [parcel.body.get("text", "") for parcel in await step.courier(TELEGRAM)]
    await step.courier()
    step.later(minutes=2)
    await step.caretaker()
    if confirmed:
        assert any("a breach is confirmed" in text for text in told)
        assert await step.rows("SELECT 1 FROM contacts") == []
    else:
        assert any("the block is lifted" in text for text in told)
        assert await step.keep(lambda visit: visit.known.state, aigul) == subjects.ACTIVE
