"""Cases: numbers, states, the timeline, what was said; nobody sees another's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.doorstep import Doorstep

from kelisim.desk import cases, decisions, handoffs, staff
from kelisim.desk.cases import Case, NotAllowed, Overtaken
from kelisim.desk.visit import Visit

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
GULNAR = staff.Actor("staff", "root as gulnar@alit.kz", "gulnar@alit.kz")


async def begun(step: Doorstep, kind: str = cases.QUESTION, words: str = "Where is my answer?") -> Case:
    aigul = await step.person("aigul").registers()
    made: Case = await step.keep(
        lambda visit: handoffs.send(visit, cases.begin(visit, kind, words=words)), aigul
    )
    return made


async def test_a_request_has_a_number_a_date_and_is_with_staff(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    case = await begun(step)
    assert case.number.startswith("K-") and case.state == cases.WITH_STAFF and case.due is not None
    assert case.assignee == "erlan@alit.kz"
    clock = await step.keep(lambda visit: cases.clock(visit, case))
    assert clock.last == case.due
    letters = [parcel for parcel in await step.courier("email") if parcel.message.kind == "case"]
    assert [parcel.address for parcel in letters] == ["erlan@alit.kz"]
    assert "Where is my answer?" in letters[0].body["text"]
    assert case.number in letters[0].body["subject"] and "Where" not in letters[0].body["subject"]


async def test_a_letter_to_staff_is_a_look_at_the_persons_data(each_doorstep: Doorstep) -> None:
    """I15, T-STAFF-01: each case letter sent is a viewing row."""
    step = each_doorstep
    case = await begun(step)
    assert await step.rows("SELECT count(*) FROM viewings") == [(0,)]
    await step.courier("email")
    rows = await step.rows("SELECT role, what, number FROM viewings")
    assert [tuple(row) for row in rows] == [("staff", "letter", case.number)]


async def test_a_case_is_found_by_its_own_person_alone(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    case = await begun(step)
    dias = await step.person("dias").registers("ru")
    assert await step.keep(lambda visit: cases.find(visit, case.number), dias) is None
    assert await step.keep(lambda visit: cases.find(visit, case.number), step.person("aigul")) is not None
    assert await step.keep(lambda visit: cases.of_subject(visit), dias) == []


async def test_words_and_facts_are_sealed(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers()
    await step.keep(
        lambda visit: cases.begin(
            visit, cases.CORRECTION, words="CANARYWORDS", facts={"after": "CANARYFACT"}
        ),
        aigul,
    )
    for table, column in (("case_messages", "body"), ("cases", "facts")):
        for (cell,) in await step.rows(f"SELECT {column} FROM {table}"):
            assert b"CANARY" not in bytes(cell)


async def test_a_state_moves_only_along_the_table(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    case = await begun(step)

    def answer_then_ask(visit: Visit) -> Any:
        decisions.answer(visit, case.number, "Here it is.", ERLAN)
        closed = decisions.close(visit, case.number, ERLAN)
        with pytest.raises(NotAllowed):
            cases.act(visit, closed, cases.ANSWERED, to=cases.ANSWERED)
        with pytest.raises(decisions.Impossible):
            decisions.answer(visit, case.number, "Again.", ERLAN)

    await step.keep(answer_then_ask)


async def test_one_act_is_not_done_twice_by_two_members_of_staff(each_doorstep: Doorstep) -> None:
    """T-STAFF-03: the second is told what the first did, and nothing of theirs is kept."""
    step = each_doorstep
    case = await begun(step)
    stale = await step.keep(lambda visit: cases.known(visit, case.number))

    await step.keep(lambda visit: decisions.answer(visit, case.number, "The first answer.", ERLAN))

    def second(visit: Visit) -> None:
        cases.say(visit, stale, cases.OUT, "The second answer.")
        cases.act(visit, stale, cases.ANSWERED, to=cases.ANSWERED, actor=GULNAR)

    with pytest.raises(Overtaken) as told:
        await step.keep(second)
    assert told.value.by.act == cases.ANSWERED and told.value.case.state == cases.ANSWERED
    said = await step.keep(lambda visit: cases.messages(visit, case, cases.OUT))
    assert [message.words for message in said] == ["The first answer."]


async def test_of_two_answers_at_once_one_is_told(each_doorstep: Doorstep) -> None:
    """T-STAFF-03, raced: exactly one answer is kept, whoever commits first."""
    step = each_doorstep
    case = await begun(step)

    async def answers(words: str, actor: staff.Actor) -> bool:
        try:
            await step.keep(lambda visit: decisions.answer(visit, case.number, words, actor))
        except (Overtaken, decisions.Impossible):
            return False
        return True

    done = await asyncio.gather(answers("One.", ERLAN), answers("Two.", GULNAR))
    assert sorted(done) == [False, True]
    said = await step.keep(lambda visit: cases.messages(visit, case, cases.OUT))
    assert len(said) == 1


async def test_a_refusal_needs_a_ground_that_fits(each_doorstep: Doorstep) -> None:
    """T-STAFF-04, I11: no way to refuse without a ground of the catalogue and own words."""
    step = each_doorstep
    case = await begun(step)
    for ground, words in (("", "No."), ("mood", "No."), ("documents", "No."), ("identity", "  ")):
        with pytest.raises(decisions.Impossible):
            await step.keep(
                lambda visit, g=ground, w=words: decisions.refuse(visit, case.number, g, w, ERLAN)
            )
    assert (await step.keep(lambda visit: cases.known(visit, case.number))).state == cases.WITH_STAFF
    refused = await step.keep(
        lambda visit: decisions.refuse(visit, case.number, "identity", "We cannot tell who you are.", ERLAN)
    )
    assert refused.state == cases.REFUSED


async def test_the_law_knows_no_extension_and_no_stop(each_doorstep: Doorstep) -> None:
    """I10: the date moves later only by an event that the pack allows."""
    step = each_doorstep
    case = await begun(step)
    with pytest.raises(decisions.Impossible):
        await step.keep(lambda visit: decisions.extend(visit, case.number, 1, ERLAN))
    waiting = await step.keep(lambda visit: decisions.ask(visit, case.number, "Which address?", ERLAN))
    step.later(days=9)
    later = await step.keep(lambda visit: cases.clock(visit, waiting))
    assert waiting.state == cases.WAITING and later.last == case.due


async def test_the_sixth_request_of_a_day_joins_an_open_one(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers()

    def six(visit: Visit) -> Case | None:
        for number in range(cases.A_DAY):
            assert cases.room(visit, cases.QUESTION) is None
            cases.begin(visit, cases.QUESTION, words=f"question {number}")
        return cases.room(visit, cases.QUESTION)

    assert await step.keep(six, aigul) is not None
    step.later(days=2)
    assert await step.keep(lambda visit: cases.room(visit, cases.QUESTION), aigul) is None


async def test_the_same_words_are_one_request(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    case = await begun(step, words="Where is  my ANSWER?")
    aigul, dias = step.person("aigul"), await step.person("dias").registers("ru")
    found = await step.keep(lambda visit: cases.same(visit, cases.QUESTION, "where is my answer?"), aigul)
    assert found is not None and found.number == case.number
    assert (
        await step.keep(lambda visit: cases.same(visit, cases.QUESTION, "where is my answer?"), dias) is None
    )
