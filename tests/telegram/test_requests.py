"""My requests: what is open, by when and why, the answer, adding to it and taking it back; nobody sees another's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.doorstep import Doorstep, Person, Said, a_desk, doorstep_on
from tests.promises.stories import altered

from kelisim.desk import cases, decisions, handoffs, staff
from kelisim.desk.cases import Case
from kelisim.desk.numbers import ALPHABET, is_number
from kelisim.desk.visit import Visit
from kelisim.telegram import requests
from kelisim.texts import speaking

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
CANARY = "CANARYWORDS about my flat"


async def asked(person: Person, words: str = CANARY, label: str = "Ask a question") -> str:
    """The number of a question that was sent."""
    await person.say("/ask")
    await person.press(label)
    await person.say(words)
    return (await person.press("Send")).number


async def opens(person: Person, number: str) -> Said:
    await person.say("/requests")
    return await person.press(number)


async def answered(step: Doorstep, number: str, words: str = "Here it is.") -> None:
    await step.keep(lambda visit: decisions.answer(visit, number, words, ERLAN))


async def reaches(step: Doorstep, person: Person) -> Any:
    """What came into the chat by itself; the person looks at its buttons."""
    found = [
        parcel for parcel in await step.courier("telegram") if parcel.message.kind in ("answer", "notice")
    ]
    body = found[-1].body
    person.shown = {
        button["text"]: button["callback_data"] for row in body["reply_markup"]["inline_keyboard"] for button in row
    }  # fmt: skip
    return body


def moved_to(step: Doorstep, when: datetime) -> None:
    step.desk.clock.move(when - step.desk.clock.now())


async def test_without_requests_the_way_to_one_is_shown(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    said = await saule.say("/requests")
    assert "no requests" in said.text and "Ask or complain" in said.buttons


async def test_open_ones_come_first_five_a_page(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    made = []
    for number in range(7):
        made.append(await asked(saule, f"Question {number}"))
        step.later(hours=6)
    await answered(step, made[6])
    said = await saule.say("/requests")
    assert [label for label in said.buttons if label.startswith("K-")] == [made[n] for n in (5, 4, 3, 2, 1)]
    assert said.text.count("with staff; answer due: ") == 5
    said = await saule.press("Next page")
    assert [label for label in said.buttons if label.startswith("K-")] == [made[0], made[6]]
    assert "answered" in said.text and "Previous page" in said.buttons and "Next page" not in said.buttons


async def test_a_request_tells_its_state_its_steps_its_date_and_what_comes_next(
    each_doorstep: Doorstep,
) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    number = await asked(saule)
    said = await opens(saule, number)
    assert f"No. {number}, question" in said.text and "State: with staff." in said.text
    for told in (
        "Answer due: ",
        "What next: a person reads it",
        ": received",
        ": given to staff",
        "You may complain at any time",
    ):
        assert told in said.text
    assert CANARY not in said.text  # words are read in the answer, never in a list (SCREENS rule 8)
    assert list(said.buttons) == [
        "Why this date?", "Add more", "Withdraw the request", "Complaint file", "Back", "Menu",
    ]  # fmt: skip


@pytest.mark.parametrize("whose", ["another's", "nobody's"])
async def test_anothers_and_an_unknown_number_are_the_same_to_everybody(
    each_doorstep: Doorstep, whose: str
) -> None:
    """T-CHAT-01, I2: the number is a pointer and grants nothing; what is answered tells nothing."""
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    number = await asked(aigul)
    await answered(step, number, "CANARYANSWER")
    saule = await step.person("saule").registers()
    own = await asked(saule, "My own question")
    await opens(saule, own)
    target = {"another's": number, "nobody's": _of_nobody("00000000")}[whose]
    before = await step.rows("SELECT state, version FROM cases ORDER BY id")
    texts = []
    for label in list(saule.shown):
        data = saule.shown[label]
        if own in data:
            said = await saule.press(data=data.replace(own, target))
            texts.append(said.text)
            assert "CANARY" not in said.text and "question" not in said.text.lower().replace("requests", "")
            await opens(saule, own)
    for code in ("rread", "rtake", "ransw", "rclock", "cmplt"):
        said = await saule.press(data=f"{code}:en::{target}")
        texts.append(said.text)
        assert "CANARY" not in said.text
    for way in ("link", "chat", "email"):
        said = await saule.press(data=f"cmpltb:en::{target}.{way}")
        assert "CANARY" not in said.text and "not among your requests" in said.text
    assert {text.replace(target, "") for text in texts} <= {
        "This number is not among your requests.",
        "This step is already over. Here is how things stand now: “My requests”.",
    }
    assert await step.rows("SELECT state, version FROM cases ORDER BY id") == before
    assert await step.rows("SELECT 1 FROM outbox WHERE kind = 'file'") == []


def _of_nobody(body: str) -> str:
    """A number whose checksum is right."""
    return next(made for letter in ALPHABET if is_number(made := f"K-{body}{letter}"))


async def test_a_date_explains_itself(doorstep: Doorstep) -> None:
    """S14 with the days off by name, the basis and the pack."""
    moved_to(doorstep, datetime(2026, 12, 14, 6, tzinfo=UTC))
    saule = await doorstep.person("saule").registers()
    number = await asked(saule)
    await opens(saule, number)
    said = await saule.press("Why this date?")
    for told in (
        "Received: Monday 14 December 2026. Term: 3 working days. First day counted: Tuesday 15 December 2026.",
        "Wednesday 16 December 2026 (Independence Day)",
        "Last day: Friday 18 December 2026.",
        "the operator's own promise",
        "kz-2026-11",
    ):
        assert told in said.text
    assert "Back" in said.buttons


async def test_the_answer_is_announced_by_number_and_read_in_the_chat(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    number = await asked(saule)
    await answered(step, number, "CANARYANSWER: the flat is sold.")
    body = await reaches(step, saule)
    assert body["text"] == f"✔ An answer has come to request No. {number}."
    assert list(saule.shown) == ["Read the answer", "Menu"]
    assert await step.rows("SELECT read_at FROM case_messages WHERE way = 'out'") == [(None,)]
    said = await saule.press("Read the answer")
    assert "CANARYANSWER: the flat is sold." in said.text and said.methods[0] == "sendMessage"
    ((read_at,),) = await step.rows("SELECT read_at FROM case_messages WHERE way = 'out'")
    assert read_at is not None
    assert "Read the answer" in (await opens(saule, number)).buttons


async def test_a_refusal_tells_ground_article_end_and_where_to_complain(each_doorstep: Doorstep) -> None:
    """S28 and S16; own words only behind the button."""
    step = each_doorstep
    saule = await step.person("saule").registers()
    number = await asked(saule)
    await step.keep(lambda visit: decisions.refuse(visit, number, "identity", "OWNWORDS of staff", ERLAN))
    body = await reaches(step, saule)
    for told in (number, "it is not confirmed that the data belong", "article 37, paragraph 5", "or a court"):
        assert told in body["text"]
    assert "OWNWORDS" not in body["text"] and {"Read the answer", "Complaint file"} <= saule.shown.keys()
    said = await saule.press("Read the answer")
    assert "OWNWORDS" in said.text and "article 37, paragraph 5" in said.text


async def test_a_long_answer_has_pages(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    number = await asked(saule)
    words = " ".join(f"word{n}" for n in range(1500))
    await answered(doorstep, number, words)
    await reaches(doorstep, saule)
    said = await saule.press("Read the answer")
    read, pages = said.text, 1
    while "Next page" in said.buttons:
        assert len(said.text) <= 3_500
        said = await saule.press("Next page")
        read, pages = f"{read} {said.text}", pages + 1
    assert (
        pages > 2 and all(f"word{n}" in read for n in range(0, 1500, 7)) and "Previous page" in said.buttons
    )


async def test_more_can_be_added_and_brings_an_answered_request_back_to_staff(
    each_doorstep: Doorstep,
) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    number = await asked(saule)
    await step.courier()
    await answered(step, number)
    await reaches(step, saule)
    await opens(saule, number)
    said = await saule.press("Add more")
    assert number in said.text
    said = await saule.say("But what of the second flat?")
    assert f"added to request No. {number}" in said.text and "Answer by e-mail" not in said.buttons
    said = await saule.press("Send")
    assert said.text.startswith(f"✔ Added to request No. {number}.")
    assert await step.rows("SELECT state FROM cases") == [(cases.WITH_STAFF,)]
    letter = (await step.courier("email"))[-1]
    assert (
        "But what of the second flat?" in letter.body["text"] and letter.message.body["what"] == handoffs.MORE
    )
    assert "you added to it" in (await opens(saule, number)).text


async def test_who_adds_while_an_answer_is_written_is_not_passed_over(each_doorstep: Doorstep) -> None:
    """T-STAFF-03: staff who read the request before the addition are told that it has moved on."""
    step = each_doorstep
    saule = await step.person("saule").registers()
    number = await asked(saule)
    read: Case = await step.keep(lambda visit: cases.known(visit, number))
    await opens(saule, number)
    await saule.press("Add more")
    await saule.say("One thing more.")
    await saule.press("Send")

    def answer(visit: Visit) -> None:
        with pytest.raises(cases.Overtaken):
            cases.act(visit, read, cases.ANSWERED, to=cases.ANSWERED, actor=ERLAN)

    await step.keep(answer)


async def test_what_staff_ask_waits_for_the_person(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    number = await asked(saule)
    await step.keep(lambda visit: decisions.ask(visit, number, "Which flat?", ERLAN))
    await reaches(step, saule)
    assert "Which flat?" in (await saule.press("Read the answer")).text
    said = await opens(saule, number)
    assert "staff wait for your word" in said.text and "answer with “Add more”" in said.text
    await saule.press("Add more")
    await saule.say("The one on Abay street.")
    await saule.press("Send")
    assert await step.rows("SELECT state FROM cases") == [(cases.WITH_STAFF,)]


async def test_a_request_is_withdrawn_once_and_staff_are_told(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    number = await asked(saule)
    await opens(saule, number)
    take = saule.shown["Withdraw the request"]
    said = await saule.press("Withdraw the request")
    assert said.text.startswith(f"✔ Request No. {number} is withdrawn.")
    assert await step.rows("SELECT state FROM cases") == [(cases.WITHDRAWN,)]
    said = await saule.press(data=take)
    assert "already done" in said.text and said.number == number
    said = await opens(saule, number)
    assert {"Withdraw the request", "Add more", "Why this date?"}.isdisjoint(said.buttons)
    assert "Complaint file" in said.buttons
    letters = [parcel for parcel in await step.courier("email") if parcel.message.kind == "case"]
    assert letters[-1].message.body == {"case": number, "what": handoffs.TAKEN_BACK}


async def test_what_a_kind_of_request_brought_about_is_undone_when_it_is_withdrawn(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A block it asked for is lifted: its module registers how."""
    happened = []
    monkeypatch.setitem(
        decisions.EFFECTS, (cases.QUESTION, cases.WITHDRAWN),
        lambda visit, case, actor: happened.append((case.number, actor.role, visit.known.id)),
    )  # fmt: skip
    saule = await doorstep.person("saule").registers()
    number = await asked(saule)
    await opens(saule, number)
    await saule.press("Withdraw the request")
    ((subject,),) = await doorstep.rows("SELECT id FROM subjects")
    assert happened == [(number, "subject", subject)]


async def test_blocked_people_read_their_answers_and_withdraw(each_doorstep: Doorstep) -> None:
    """SCREENS rule 11."""
    step = each_doorstep
    saule = await step.person("saule").registers()
    first, second = await asked(saule), await asked(saule, "Another thing")
    await step.database.keep(
        lambda connection: connection.exec_driver_sql("UPDATE subjects SET state = 'blocked'")
    )
    await answered(step, first, "READABLE")
    await reaches(step, saule)
    assert "READABLE" in (await saule.press("Read the answer")).text
    await opens(saule, second)
    assert "is withdrawn" in (await saule.press("Withdraw the request")).text


async def test_the_menu_names_open_requests_and_the_nearest_date(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    assert "Open requests" not in (await saule.say("/menu")).text
    await asked(saule)
    step.later(days=1)
    await asked(saule, "Another thing")
    said = await saule.say("/menu")
    ((due,),) = await step.rows("SELECT min(due) FROM cases")
    assert "Open requests: 2. The nearest date: " in said.text and str(due)[:4] in said.text


@pytest.mark.parametrize("state", sorted(cases.MOVES))
async def test_every_state_is_told_in_words(doorstep: Doorstep, state: str) -> None:
    saule = await doorstep.person("saule").registers()
    number = await asked(saule)
    await doorstep.database.keep(
        lambda connection: connection.exec_driver_sql(f"UPDATE cases SET state = '{state}'")
    )
    case = await doorstep.keep(lambda visit: cases.known(visit, number))
    with speaking("en"):
        told = requests.state_of(case)
    said = await opens(saule, number)
    assert told and f"State: {told}." in said.text
    assert ("Withdraw the request" in said.buttons) is (state in cases.IN_HAND)


async def test_an_answer_by_letter_reaches_the_proved_mailbox(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    await saule.gives_email("saule@mail.kz")
    await step.courier()
    await saule.say("/ask")
    await saule.press("Ask a question")
    await saule.say("By letter, please.")
    await saule.press("Answer by e-mail")
    number = (await saule.press("Send")).number
    await answered(step, number, "The whole answer.")
    (letter,) = [parcel for parcel in await step.courier() if parcel.message.kind == "answer-letter"]
    assert letter.address == "saule@mail.kz" and "The whole answer." in letter.body["text"]


async def test_a_date_that_moved_tells_old_new_and_why(sqlite_url: str, tmp_path: Path) -> None:
    """An extension, where the terms of the day allow one; the sample allows none."""
    allowed = ("[policy_pack.terms]", "[policy_pack.extensions]\nquestion = 2\n\n[policy_pack.terms]")
    changed = a_desk(altered(tmp_path, allowed))
    async with doorstep_on(sqlite_url, desk=changed) as step:
        saule = await step.person("saule").registers()
        number = await asked(saule)
        ((old,),) = await step.rows("SELECT due FROM cases")
        await step.keep(lambda visit: decisions.extend(visit, number, 2, ERLAN))
        ((new,),) = await step.rows("SELECT due FROM cases")
        assert old != new
        await opens(saule, number)
        said = await saule.press("Why this date?")
        assert "The date moved: it was " in said.text and "time was added, once" in said.text
