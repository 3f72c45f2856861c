"""Buttons pressed again after the state moved on, by the person, by a thief of the callback data, and by staff twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.attacks.hostile import ERLAN, state, subject_of
from tests.doorstep import Doorstep, Person, Said

from kelisim.desk import (
    blocking,
    cases,
    decisions,
    erasure,
    handoffs,
    holds,
    mandates,
    representatives,
    staff,
    subjects,
)
from kelisim.desk.cases import NotAllowed, Overtaken
from kelisim.desk.decisions import Impossible
from kelisim.desk.visit import Visit

DANA = staff.Actor("responsible", "root as dana@alit.kz", "dana@alit.kz")
WORDS = "Aigulcanary words"


async def _through(step: Doorstep, aigul: Person) -> dict[str, str]:
    """Every kind of act once; each button that was ever shown, by its data, with the label it had."""
    seen: dict[str, str] = {}

    async def look(done: Awaitable[Said]) -> Said:
        said = await done
        seen.update(
            {data: label for label, data in said.buttons.items() if ":" in data and "://" not in data}
        )
        return said

    await look(aigul.say("/ask"))
    await look(aigul.press("Ask a question"))
    await look(aigul.say(WORDS))
    asked = await look(aigul.press("Send"))
    await look(aigul.say("/requests"))
    await look(aigul.press(asked.number))
    await look(aigul.press("Withdraw the request"))
    await look(aigul.say("/correct"))
    await look(aigul.press("Surname"))
    await look(aigul.say("Aigulcanarova"))
    await look(aigul.press("Skip"))
    await look(aigul.press("Yes, correct"))
    await look(aigul.say("/block"))
    await look(aigul.press("Kept too long"))
    await look(aigul.say("/requests"))
    await look(aigul.press(data="freeze:en::"))
    await look(aigul.press("Lift the block"))
    await look(aigul.say("/represent"))
    await look(aigul.press("I am a parent"))
    await look(aigul.say("Aigulcanary Child, child@mail.kz"))
    await look(aigul.press("No end date"))
    await look(aigul.say("what my authority rests on"))
    await look(aigul.press("Send"))
    await look(aigul.press(data="erase:en::"))
    await look(aigul.press("Delete for good"))
    await look(aigul.press("Keep my data"))
    return seen


async def _counted(step: Doorstep) -> list[Any]:
    """How much there is of what an act leaves behind."""
    return [
        (await step.rows(f"SELECT count(*) FROM {table}"))[0][0]
        for table in ("cases", "case_events", "case_messages", "erasures", "representations", "attachments")
    ]


@pytest.mark.timeout(120)
async def test_no_old_button_acts_a_second_time(each_doorstep: Doorstep) -> None:
    """Every button of a day pressed again: what it did is named or shown, and not done again (S12, I6)."""
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    seen = await _through(step, aigul)
    before = await _counted(step)
    anew = ("Kept too long", "The data are wrong", "I gave no consent", "Lift the block", "Delete for good")
    for data, label in seen.items():
        if label in anew:  # a new decision of the person, not the old one again
            continue
        said = await aigul.press(data=data)
        assert said.calls, label
        assert await _counted(step) == before, label


@pytest.mark.timeout(120)
async def test_the_buttons_of_one_pressed_by_another_touch_nobody(each_doorstep: Doorstep) -> None:
    """T-CHAT-01: Dias and a stranger send the very callback data that Aigul's phone was shown."""
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    seen = await _through(step, aigul)
    dias, x = await step.person("dias").registers("en"), step.person("9999")
    whose = await subject_of(step, aigul)
    before = await state(step, whose)
    for data, label in seen.items():
        for person in (dias, x):
            said = await person.press(data=data)
            assert said.calls, label
            assert "Aigulcanar" not in repr(said.calls), label
        await dias.press(data="unblck:en::")
        await dias.press(data="eraskp:en::")
    assert await state(step, whose) == before


async def test_a_preview_of_one_deletes_nothing_of_another(each_doorstep: Doorstep) -> None:
    """The digest on «Delete for good» is of what that person was shown: another's, an old and an empty one delete nothing."""
    step = each_doorstep
    aigul, dias = await step.person("aigul").registers("en"), await step.person("dias").registers("en")
    await aigul.gives_email("aigul@poshta.kz")
    await aigul.press(data="erase:en::")
    hers = aigul.shown["Delete for good"]
    for data in (hers, "erasdo:en::", "erasdo:en:AAAAAAAAAAAAAAAA:", hers.replace("erasdo", "eraskp")):
        await dias.press(data=data)
    assert await step.rows("SELECT 1 FROM erasures") == []
    assert await step.rows("SELECT 1 FROM subjects WHERE state <> 'active'") == []


async def test_deleting_twice_keeping_twice_and_keeping_after_the_end(each_doorstep: Doorstep) -> None:
    """Double erase, keep after kept, keep after destroyed: one decision, one certificate, nobody comes back."""
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    await aigul.press(data="erase:en::")
    delete = aigul.shown["Delete for good"]
    await aigul.press("Delete for good")
    keep = aigul.shown["Keep my data"]
    await aigul.press(data=delete)
    assert (await step.rows("SELECT count(*) FROM erasures"))[0][0] == 1
    await aigul.press(data=keep)
    await aigul.press(data=keep)
    await aigul.press(data=delete)  # the data are as they were shown: a decision of its own, or shown anew
    await step.caretaker()
    assert (await step.rows("SELECT count(*) FROM erasures WHERE stage = 'destroyed'"))[0][0] == 0
    await aigul.press(data="erase:en::")
    if "Delete for good" in aigul.shown:
        await aigul.press("Delete for good")
    step.later(days=4)
    await step.caretaker()
    assert await step.rows("SELECT 1 FROM subjects") == []
    for data in (keep, delete, "unblck:en::", "erasdo:en::", "requests:en::"):
        said = await aigul.press(data=data)
        assert "✔" not in said.text and said.calls
    assert await step.rows("SELECT 1 FROM subjects") == []
    assert await step.rows("SELECT 1 FROM cases WHERE subject_id IS NOT NULL") == []


async def test_a_keep_of_another_does_not_keep(each_doorstep: Doorstep) -> None:
    """Dias presses Aigul's «Keep my data» and «It was not me»: hers is destroyed as she decided."""
    step = each_doorstep
    aigul, dias = await step.person("aigul").registers("en"), await step.person("dias").registers("en")
    case = await step.keep(erasure.ask, aigul)
    for data in (
        "eraskp:en::",
        f"eraskp:en::{case.number}",
        f"notme:en::{case.number}.erasure",
        "unblck:en::",
    ):
        await dias.press(data=data)
    step.later(days=4)
    await step.caretaker()
    assert [row[0] for row in await step.rows("SELECT state FROM subjects")] == ["active"]  # Dias
    assert (await step.rows("SELECT count(*) FROM erasures WHERE stage IN ('destroyed', 'certified')"))[0][
        0
    ] == 1


Act = Callable[[Visit, str], Any]
_ACTS: dict[str, Act] = {
    "answer": lambda visit, number: decisions.answer(visit, number, "w", ERLAN),
    "ask": lambda visit, number: decisions.ask(visit, number, "w", ERLAN),
    "accept": lambda visit, number: decisions.accept(visit, number, "", ERLAN),
    "refuse": lambda visit, number: decisions.refuse(visit, number, "law", "w", ERLAN),
    "authority": lambda visit, number: mandates.accept(visit, number, "", ERLAN, subject_id=None),
    "close": lambda visit, number: decisions.close(visit, number, ERLAN),
    "withdraw": lambda visit, number: cases.act(
        visit, cases.known(visit, number), cases.WITHDRAWN, to=cases.WITHDRAWN
    ),
}


@pytest.mark.parametrize(
    "kind", [cases.CORRECTION, cases.BLOCKING, cases.ERASURE, cases.QUESTION, cases.REPRESENTATION]
)
async def test_of_every_two_acts_on_a_case_the_second_finds_it_decided(
    each_doorstep: Doorstep, kind: str
) -> None:
    """T-STAFF-03: after a case has ended no act but those of the table changes it; twice the same is once."""
    step = each_doorstep
    for n, (first, second) in enumerate((a, b) for a in _ACTS for b in _ACTS):
        if (n + len(kind)) % 3:  # a third of the pairs for each kind, another third for each
            continue
        person = await step.person(str(700_000 + n)).registers("en")

        def begin(visit: Visit) -> str:
            if kind == cases.BLOCKING:
                return blocking.block(visit, "wrong")[0].number
            if kind == cases.REPRESENTATION:
                return mandates.ask(visit, "parent", "Someone Else", "", None, "w").number
            facts = (
                {"field": "surname", "before": "", "after": "Aigulova"} if kind == cases.CORRECTION else None
            )
            return handoffs.send(visit, cases.begin(visit, kind, words="w", facts=facts)).number

        number = await step.keep(begin, person)
        for name in (first, second):
            before = await step.keep(lambda visit, number=number: cases.known(visit, number))

            def tried(visit: Visit, name: str = name, number: str = number) -> None:
                visit.subject = subjects.recognise(visit)
                _ACTS[name](visit, number)

            try:
                await step.keep(tried, person)
            except (Impossible, NotAllowed, Overtaken, LookupError):
                after = await step.keep(lambda visit, number=number: cases.known(visit, number))
                assert after == before, f"{name} failed and changed {kind}"
                continue
            after = await step.keep(lambda visit, number=number: cases.known(visit, number))
            assert after.state == before.state or after.state in cases.MOVES[before.state], (name, kind)


async def test_an_authority_decided_twice_stays_as_it_was_decided(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule, dias = await step.person("saule").registers("en"), await step.person("dias").registers("en")
    row = await subject_of(step, dias)
    number = await step.keep(
        lambda v: mandates.ask(v, "attorney", "Omarov Dias", "", None, "w").number, saule
    )
    await step.keep(lambda visit: decisions.refuse(visit, number, "law", "no paper", DANA))
    with pytest.raises((Impossible, NotAllowed)):
        await step.keep(lambda visit: mandates.accept(visit, number, "", DANA, subject_id=row))
    known = await step.keep(lambda visit: representatives.find(visit, number))
    assert known.state == representatives.REFUSED and known.subject_id is None
    assert await step.keep(representatives.accepted, saule) == []


async def test_a_block_by_an_order_is_not_lifted_by_any_button(each_doorstep: Doorstep) -> None:
    """«Lift the block», «Withdraw» and staff's refusal free nobody whom a hold keeps (I7)."""
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    case, _new = await step.keep(lambda visit: blocking.block(visit, "wrong"), aigul)
    await step.keep(lambda v: holds.place(v, "law", "an order", DANA, v.today + timedelta(days=30)), aigul)
    for data in ("unblck:en::", f"rwdraw:en::{case.number}", "erase:en::", "erasdo:en::", "eraskp:en::"):
        await aigul.press(data=data)
    await step.caretaker()
    assert (await step.rows("SELECT state FROM subjects"))[0][0] == "blocked"


async def test_two_hundred_presses_at_once_send_one_request(each_doorstep: Doorstep) -> None:
    """One draft, one request, however many copies of the press arrive together."""
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    await aigul.say("/ask")
    await aigul.press("Ask a question")
    await aigul.say(WORDS)
    send = aigul.shown["Send"]
    await asyncio.gather(*(aigul.press(data=send) for _n in range(200)))
    assert (await step.rows("SELECT count(*) FROM cases"))[0][0] == 1
    assert (await step.rows("SELECT count(*) FROM case_messages"))[0][0] == 1
