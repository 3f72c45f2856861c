"""Deleting for good: what the decision does, what undoes it, and what may still stand in its way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.doorstep import Doorstep, Person

from kelisim.desk import (
    alerts,
    answers,
    cases,
    consents,
    decisions,
    erasure,
    holds,
    outbox,
    previews,
    removals,
    staff,
    subjects,
)
from kelisim.desk.cases import Case
from kelisim.desk.errors import NotWhileBlocked, NotWhileErasing
from kelisim.desk.visit import TELEGRAM, Visit

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")


async def asked(step: Doorstep) -> tuple[Person, Case]:
    aigul = await step.person("aigul").registers("en")
    await aigul.say("/consent")
    await aigul.press("Information: Telegram")
    await aigul.press("I agree")
    await step.courier()
    case = await step.keep(erasure.ask, aigul)
    return aigul, case


async def test_the_decision_is_a_request_with_a_day_and_no_staff(each_doorstep: Doorstep) -> None:
    """DESIGN.md 8.16: by the end of the next working day."""
    step = each_doorstep
    aigul, case = await asked(step)
    assert case.kind == cases.ERASURE and case.number.startswith("K-")
    found = await step.keep(erasure.standing, aigul)
    assert found.number.startswith("E-") and found.due == case.due
    assert found.not_before - found.begun_at == timedelta(hours=24)
    assert await step.rows("SELECT 1 FROM outbox WHERE kind IN ('case', 'withdrawal')") == []
    assert await step.keep(consents.differences) == []


@pytest.mark.parametrize("state", [subjects.BLOCKED, subjects.ERASING])
async def test_blocked_data_and_data_that_go_already_are_not_deleted(
    each_doorstep: Doorstep, state: str
) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers()
    await step.keep(lambda visit: subjects.set_state(visit, state), aigul)
    with pytest.raises(NotWhileBlocked if state == subjects.BLOCKED else NotWhileErasing):
        await step.keep(erasure.ask, aigul)
    assert await step.rows("SELECT 1 FROM cases") == [] and await step.rows("SELECT 1 FROM erasures") == []


async def test_what_was_prepared_is_cancelled_and_counted(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    await aigul.say("/consent")
    await aigul.press("Information: Telegram")
    await aigul.press("I agree")
    await step.courier()
    row = await step.keep(
        lambda visit: outbox.post(visit, "broadcast", TELEGRAM, {"text": "x"}, purpose="informing-telegram"),
        aigul,
    )
    await step.keep(erasure.ask, aigul)
    assert [tuple(r) for r in await step.rows("SELECT state FROM outbox WHERE id = :row", row=row)] == [
        ("cancelled",)
    ]
    ended = await step.rows("SELECT purpose, cancelled FROM consent_records WHERE act = 'withdrawn'")
    assert [tuple(r) for r in ended] == [("informing-telegram", 1)]
    assert await step.keep(consents.given, aigul) == ["desk"]


async def test_a_second_proved_way_stops_it(each_doorstep: Doorstep) -> None:
    """T-ID-08: «It was not me» keeps the data, once, for that number only."""
    step = each_doorstep
    aigul, case = await asked(step)
    undo = alerts.UNDOS[alerts.ERASURE]
    assert not await step.keep(lambda visit: undo(visit, "K-000000000"), aigul)
    assert await step.keep(lambda visit: undo(visit, case.number), aigul)
    assert not await step.keep(lambda visit: undo(visit, case.number), aigul)
    assert await step.keep(lambda visit: visit.known.state, aigul) == subjects.ACTIVE


async def test_a_hold_placed_in_the_day_of_regret_keeps_the_data_and_is_told(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul, case = await asked(step)
    await step.keep(lambda visit: holds.place(visit, "justice", "CANARY order", ERLAN), aigul)
    step.later(hours=24, minutes=1)
    await step.caretaker()
    assert await step.keep(lambda visit: visit.known.state, aigul) == subjects.ACTIVE
    assert (await step.keep(lambda visit: cases.find(visit, case.number), aigul)).state == cases.REFUSED
    texts = [parcel.body.get("text", "") for parcel in await step.courier(TELEGRAM)]
    assert any(case.number in text and "Ground:" in text for text in texts) and "CANARY" not in str(texts)


async def test_what_staff_accept_is_destroyed_at_once(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    await step.courier()
    number = (
        await step.keep(lambda visit: cases.begin(visit, cases.ERASURE, words="By letter"), aigul)
    ).number
    await step.keep(lambda visit: decisions.accept(visit, number, "Done.", ERLAN))
    assert await step.keep(lambda visit: visit.known.state, aigul) == subjects.ERASING
    await step.courier()
    step.later(minutes=2)
    await step.caretaker()
    assert await step.rows("SELECT 1 FROM subjects") == []


async def test_an_answer_that_waits_for_another_day_is_not_waited_for(each_doorstep: Doorstep) -> None:
    """What is told only later (to a representative, say) does not keep the data; what is on its way now does, an hour."""
    step = each_doorstep
    aigul, _case = await asked(step)
    await step.courier()
    later = step.desk.clock.now() + timedelta(days=3)
    await step.keep(lambda visit: answers.notice(visit, "svc.answer", answer=True, due=later), aigul)
    step.later(hours=25)
    await step.caretaker()
    assert [row[0] for row in await step.rows("SELECT stage FROM erasures")] != ["asked"]


async def test_a_press_that_keeps_and_a_caretaker_that_destroys_never_both_win(
    each_doorstep: Doorstep,
) -> None:
    step = each_doorstep
    aigul, _case = await asked(step)

    def both(visit: Visit) -> tuple[str, bool]:
        found = erasure.standing(visit)
        assert found is not None
        return erasure.keep(visit), removals.carry_out(visit, found.id)

    kept, destroyed = await step.keep(both, aigul)
    assert kept and not destroyed
    assert await step.keep(lambda visit: visit.known.state, aigul) == subjects.ACTIVE


async def test_a_shared_mailbox_stays_the_others(each_doorstep: Doorstep) -> None:
    """The mailbox is stopped, as it is by any stop of one who proved it; the other's data and consents stand."""
    step = each_doorstep
    aigul, saule = await step.person("aigul").registers("en"), await step.person("saule").registers("en")
    for person in (aigul, saule):
        await person.gives_email(
            "family@mail.kz", f"Qanarysova {person.first_name if person is saule else 'Aigul'}"
        )
        step.later(minutes=2)
    await step.courier()
    await step.keep(erasure.ask, aigul)
    step.later(hours=24, minutes=1)
    await step.courier()
    await step.caretaker()
    assert (await step.keep(subjects.profile, saule))["surname"] == "Qanarysova"
    assert await step.keep(consents.given, saule) == ["desk", "informing-email"]
    assert len(await step.rows("SELECT 1 FROM contacts WHERE channel = 'email'")) == 1


async def test_the_preview_is_of_the_persons_own_data_and_changes_with_them(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul, dias = await step.person("aigul").registers("en"), await step.person("dias").registers("ru")
    first = await step.keep(previews.preview, aigul)
    await step.keep(lambda visit: cases.begin(visit, cases.QUESTION, words="мой"), dias)
    assert await step.keep(previews.preview, aigul) == first
    await step.keep(lambda visit: subjects.keep_field(visit, "surname", "One"), aigul)
    second = await step.keep(previews.preview, aigul)
    await step.keep(lambda visit: subjects.keep_field(visit, "surname", "Two"), aigul)
    third = await step.keep(previews.preview, aigul)
    assert len({first.digest, second.digest, third.digest}) == 3 and len(first.digest) == 16
