"""What staff decide: in words, on a ground, once, by a named person, and only where the case and the terms allow it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.doorstep import Doorstep
from tests.promises.stories import altered

from kelisim.desk import answers, cases, decisions, handoffs, staff
from kelisim.desk.cases import Case, NotAllowed, Overtaken
from kelisim.desk.decisions import Impossible
from kelisim.desk.visit import Visit
from kelisim.texts import speaking

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
GULNAR = staff.Actor("staff", "root as gulnar@alit.kz", "gulnar@alit.kz")


async def begun(step: Doorstep, kind: str = cases.QUESTION, words: str = "Why?") -> Case:
    aigul = await step.person("aigul").registers()
    made: Case = await step.keep(
        lambda visit: handoffs.send(visit, cases.begin(visit, kind, words=words)), aigul
    )
    return made


async def state(step: Doorstep) -> str:
    found = await step.rows("SELECT state FROM cases")
    return str(found[0][0])


@pytest.mark.parametrize(
    ("ground", "words"),
    [
        ("", "No."),
        ("because", "No."),
        ("obligation", "No."),
        ("law", ""),
        ("law", "   "),
        ("law", "x" * 20_001),
    ],
)
async def test_no_refusal_without_a_ground_that_fits_and_words(
    each_doorstep: Doorstep, ground: str, words: str
) -> None:
    """T-STAFF-04."""
    step = each_doorstep
    case = await begun(step)
    with pytest.raises(Impossible):
        await step.keep(lambda visit: decisions.refuse(visit, case.number, ground, words, ERLAN))
    assert await state(step) == "with staff"
    assert await step.rows("SELECT count(*) FROM case_messages WHERE way = 'out'") == [(0,)]


@pytest.mark.parametrize("actor", [staff.DESK, staff.SUBJECT], ids=["the desk", "the person"])
@pytest.mark.parametrize("detail", ["", "law|"])
async def test_no_refusal_by_the_timer_or_by_nobody(
    doorstep: Doorstep, actor: staff.Actor, detail: str
) -> None:
    """T-STAFF-04, I11: not even straight past `decisions`; and by a person only with a ground."""
    case = await begun(doorstep)

    def past(visit: Visit, who: staff.Actor = actor) -> Case:
        return cases.act(visit, case, cases.REFUSED, to=cases.REFUSED, actor=who, detail=detail)

    with pytest.raises(NotAllowed):
        await doorstep.keep(past)
    if not detail:
        with pytest.raises(NotAllowed):
            await doorstep.keep(lambda visit: past(visit, ERLAN))
    assert await state(doorstep) == "with staff"


async def test_time_refuses_nothing(doorstep: Doorstep) -> None:
    """T-STAFF-04: a year passes, the caretaker goes its rounds, the case is late and open."""
    step = doorstep
    await begun(step)
    for _day in range(4):
        step.later(days=90)
        await step.caretaker()
    assert await state(step) == "with staff"


async def test_a_refusal_is_read_with_ground_article_end_and_route(each_doorstep: Doorstep) -> None:
    """S16, I11."""
    step = each_doorstep
    case = await begun(step, cases.ERASURE)
    await step.keep(
        lambda visit: decisions.refuse(visit, case.number, "storage", "A term runs.", ERLAN, date(2027, 3, 1))
    )

    def read(visit: Visit) -> list[str]:
        found = cases.find(visit, case.number)
        assert found is not None
        with speaking("en"):
            return answers.readable(visit, found)

    told = " ".join(await step.keep(read, step.person("aigul")))
    for part in ("A term runs.", "Digital Code", "1 March 2027", "a court"):
        assert part in told


Act = Callable[[Visit, str], Any]
ACTS: dict[str, Act] = {
    "answer": lambda visit, number: decisions.answer(visit, number, "Answer", GULNAR),
    "refuse": lambda visit, number: decisions.refuse(visit, number, "law", "No", GULNAR),
    "ask": lambda visit, number: decisions.ask(visit, number, "Which?", GULNAR),
    "note": lambda visit, number: decisions.note(visit, number, "note", GULNAR),
}


@pytest.mark.parametrize("other", ["answer", "refuse"])
async def test_of_two_decisions_at_once_one_counts_and_the_other_learns_it(
    each_doorstep: Doorstep, other: str
) -> None:
    """T-STAFF-03: one accepts, one refuses, in the same moment, on both stores."""
    step = each_doorstep
    case = await begun(step)

    async def one(name: str) -> str:
        try:
            await step.keep(lambda visit: ACTS[name](visit, case.number))
        except Overtaken as fault:
            assert fault.by.role == "staff"
            return "overtaken"
        except Impossible as fault:
            assert "by staff" in str(fault)
            return "overtaken"
        return "done"

    ended = await asyncio.gather(*(one(name) for name in (other, "answer", other, "answer")))
    assert sorted(ended) == ["done", "overtaken", "overtaken", "overtaken"]
    assert await step.rows("SELECT count(*) FROM case_messages WHERE way = 'out'") == [(1,)]
    assert await step.rows("SELECT count(*) FROM outbox WHERE kind = 'answer'") == [(1,)]


@pytest.mark.parametrize("name", ACTS)
async def test_a_case_that_has_ended_is_decided_no_more(doorstep: Doorstep, name: str) -> None:
    case = await begun(doorstep)
    await doorstep.keep(lambda visit: decisions.answer(visit, case.number, "Done.", ERLAN))
    if name == "note":  # staff may always note
        await doorstep.keep(lambda visit: ACTS[name](visit, case.number))
        return
    with pytest.raises(Impossible, match="answered by staff"):
        await doorstep.keep(lambda visit: ACTS[name](visit, case.number))


async def test_a_question_has_nothing_to_accept(doorstep: Doorstep) -> None:
    case = await begun(doorstep)
    with pytest.raises(Impossible):
        await doorstep.keep(lambda visit: decisions.accept(visit, case.number, "", ERLAN))


async def test_the_date_is_moved_once_and_only_where_the_terms_allow(
    doorstep: Doorstep, tmp_path: Path
) -> None:
    """I10: the Law knows no extension; a pack that does lets staff add days once."""
    step = doorstep
    case = await begun(step)
    with pytest.raises(Impossible):
        await step.keep(lambda visit: decisions.extend(visit, case.number, 1, ERLAN))
    step.desk.operator = altered(
        tmp_path, ('name = "kz-2026-11"', 'name = "kz-2026-11"\nextensions = { question = 2 }')
    )
    for days in (0, -1, 3):
        with pytest.raises(Impossible):
            await step.keep(lambda visit, days=days: decisions.extend(visit, case.number, days, ERLAN))
    moved = await step.keep(lambda visit: decisions.extend(visit, case.number, 2, ERLAN))
    assert case.due is not None and moved.due is not None and moved.due > case.due
    with pytest.raises(Impossible, match="already"):
        await step.keep(lambda visit: decisions.extend(visit, case.number, 1, ERLAN))


async def test_a_case_is_passed_only_to_staff_and_closed_only_when_it_has_ended(doorstep: Doorstep) -> None:
    case = await begun(doorstep)
    with pytest.raises(Impossible):
        await doorstep.keep(lambda visit: decisions.assign(visit, case.number, "x@evil.example", ERLAN))
    with pytest.raises(Impossible):
        await doorstep.keep(lambda visit: decisions.close(visit, case.number, ERLAN))
    passed = await doorstep.keep(lambda visit: decisions.assign(visit, case.number, "gulnar@alit.kz", ERLAN))
    assert passed.assignee == "gulnar@alit.kz" and passed.due == case.due


async def test_a_note_is_for_staff_alone(doorstep: Doorstep) -> None:
    case = await begun(doorstep)
    await doorstep.keep(lambda visit: decisions.note(visit, case.number, "CANARY-among-us", ERLAN))
    await doorstep.keep(lambda visit: decisions.answer(visit, case.number, "Here.", ERLAN))
    aigul = doorstep.person("aigul")
    await aigul.say("/requests")
    one = await aigul.press(case.number)
    answer = (
        await aigul.press("Жауапты оқу")
        if "Жауапты оқу" in one.buttons
        else await aigul.press("Read the answer")
    )
    assert "CANARY" not in one.text + answer.text and "Here." in answer.text
    sent = await doorstep.courier()
    to_staff = [parcel for parcel in sent if parcel.message.kind == "case"]
    assert any("CANARY" in str(parcel.body) for parcel in to_staff)  # they read it, marked as internal
    assert not any("CANARY" in str(parcel.body) for parcel in sent if parcel not in to_staff)
