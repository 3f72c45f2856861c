"""An authority over another: accepted by staff, told to the one concerned first, silent until its day, read again, ended."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from tests.doorstep import Doorstep, Person
from tests.promises.stories import ALMATY, at

from kelisim.courier.outcome import Parcel
from kelisim.desk import (
    alerts,
    cases,
    decisions,
    destruction,
    handoffs,
    mandates,
    representatives,
    staff,
    subjects,
)
from kelisim.desk.cases import Case
from kelisim.desk.decisions import Impossible
from kelisim.desk.visit import Visit

DANA = staff.Actor("responsible", "root as dana@alit.kz", "dana@alit.kz")
SECRET = "CANARY-he-has-two-consents"
MONDAY = datetime(2026, 11, 23, 11, tzinfo=ALMATY)  # D1 ends on Thursday
THURSDAY = datetime(2026, 11, 26, 12, tzinfo=ALMATY)


async def asked(step: Doorstep, until: date | None = None, key: str = "saule") -> tuple[Person, Case]:
    """Saule asks to act for Dias, on a Monday."""
    at(step, MONDAY)
    person = await step.person(key).registers()
    made: Case = await step.keep(
        lambda visit: mandates.ask(
            visit, "attorney", "Omarov Dias", "dias@mail.kz", until, "Everything, please."
        ),
        person,
    )
    await step.courier()
    return person, made


async def known(step: Doorstep) -> tuple[Person, int]:
    """Dias, known by his chat and by a mailbox he proved."""
    dias = await step.person("dias").registers()
    await dias.gives_email("dias@mail.kz", "Omarov Dias")
    await step.courier()
    row: int = await step.keep(lambda visit: visit.known.id, dias)
    return dias, row


async def accepts(step: Doorstep, case: Case, subject_id: int | None, words: str = "", **more: Any) -> Case:
    made: Case = await step.keep(
        lambda visit: mandates.accept(visit, case.number, words, DANA, subject_id=subject_id, **more)
    )
    return made


def to(parcels: list[Parcel], who: Person | str) -> list[str]:
    """The texts that went to someone's chat or mailbox."""
    address = str(who.id) if isinstance(who, Person) else who
    return [
        str(parcel.body.get("text", "")) for parcel in parcels
        if parcel.address == address and parcel.message.kind not in ("receipt", "code")
    ]  # fmt: skip


async def reads(person: Person, number: str) -> str:
    """What the person finds under the number among their requests, the answer included where it opens."""
    await person.say("/requests")
    said = await person.press(number)
    if "Read the answer" in said.buttons:
        said = await person.press("Read the answer")
    return said.text


async def test_the_one_concerned_is_told_first_by_their_own_ways_and_disclosure_waits(
    each_doorstep: Doorstep,
) -> None:
    """T-ID-10, P18."""
    step = each_doorstep
    saule, case = await asked(step)
    dias, row = await known(step)
    at(step, MONDAY + timedelta(hours=3))
    done = await accepts(step, case, row, SECRET)
    assert done.state == cases.DONE
    sent = await step.courier()
    assert len(to(sent, dias)) == 1 and case.number in to(sent, dias)[0]  # at once, in his chat
    assert len(to(sent, "dias@mail.kz")) == 1 and case.number in to(sent, "dias@mail.kz")[0]  # and by letter
    assert all(SECRET not in text for text in (*to(sent, saule), await reads(saule, case.number)))
    assert "26 November 2026" in await reads(saule, case.number)  # from when it is answered
    at(step, THURSDAY - timedelta(days=1))
    assert to(await step.courier(), saule) == []
    assert SECRET not in await reads(saule, case.number)
    at(step, THURSDAY)
    told = to(await step.courier(), saule)
    assert (
        len(told) == 1 and case.number in told[0] and SECRET not in told[0]
    )  # words only after «Read the answer»
    assert SECRET in await reads(saule, case.number)


async def test_known_or_not_the_representative_reads_the_same_until_the_day(each_doorstep: Doorstep) -> None:
    """I13: accepted over somebody we hold and over nobody: equal bytes to the asker."""
    step = each_doorstep
    told = []
    for key, found in (("7001", True), ("7002", False)):
        saule, case = await asked(step, key=key)
        _dias, row = await known(step) if found else (None, None)
        at(step, MONDAY + timedelta(hours=3))
        await accepts(step, case, row)
        sent = to(await step.courier(), saule)
        told.append([text.replace(case.number, "K") for text in (*sent, await reads(saule, case.number))])
    assert told[0] == told[1] and len(told[0]) == 2


async def test_an_authority_that_ended_or_was_revoked_before_the_day_tells_nothing(
    each_doorstep: Doorstep,
) -> None:
    """T-ID-11: read again when the answer is taken."""
    step = each_doorstep
    _dias, row = await known(step)
    runs: list[tuple[Person, Case]] = []
    for key, last in (("7001", MONDAY.date() + timedelta(days=1)), ("7002", None)):
        person, case = await asked(step, last, key)
        await accepts(step, case, row, SECRET)
        runs.append((person, case))
    await step.courier()
    assert await step.keep(lambda visit: mandates.revoke(visit, runs[1][1].number, DANA))
    at(step, THURSDAY)
    sent = await step.courier()
    for person, case in runs:
        assert all(SECRET not in text and "answer has come" not in text for text in to(sent, person))
        assert SECRET not in await reads(person, case.number)


async def test_it_was_not_me_stops_it_before_anything_is_told(each_doorstep: Doorstep) -> None:
    """T-ID-10: the estranged husband's old paper."""
    step = each_doorstep
    saule, case = await asked(step)
    dias, row = await known(step)
    await accepts(step, case, row, SECRET)
    await step.courier()
    found = await step.keep(lambda visit: alerts.not_me(visit, alerts.REPRESENTATION, case.number), dias)
    assert found is not None and found.stopped
    assert [state for (state,) in await step.rows("SELECT state FROM representations")] == ["revoked"]
    assert not await step.keep(lambda visit: representatives.accepted(visit), saule)
    at(step, THURSDAY)
    assert all(SECRET not in text for text in to(await step.courier(), saule))
    assert SECRET not in await reads(saule, case.number)
    # Another's alert is nobody else's to press.
    stranger = await step.person("7009").registers()
    assert (
        await step.keep(lambda visit: alerts.not_me(visit, alerts.REPRESENTATION, case.number), stranger)
        is None
    )


async def test_when_the_one_concerned_is_erased_what_waited_is_never_told(each_doorstep: Doorstep) -> None:
    """T-ID-11, I8: the authority goes with the person; an answer about them that is still here opens to nobody."""
    step = each_doorstep
    saule, case = await asked(step)
    _dias, row = await known(step)
    await accepts(step, case, row, SECRET)
    more = await step.keep(lambda visit: mandates.request(visit, case.number, "And his mailbox?"), saule)
    await step.keep(lambda visit: decisions.answer(visit, more.number, SECRET, DANA))

    def destroyed(visit: Visit) -> None:
        visit.subject = subjects.by_id(visit, row)
        destruction.destroy(visit, [], [])

    await step.keep(destroyed)
    assert await step.rows("SELECT count(*) FROM representations") == [(0,)]
    at(step, THURSDAY)
    assert all(
        SECRET not in text and "answer has come" not in text for text in to(await step.courier(), saule)
    )
    for number in (case.number, more.number):
        assert SECRET not in await reads(saule, number)


async def test_accepted_late_it_waits_for_the_next_working_day(doorstep: Doorstep) -> None:
    step = doorstep
    _saule, case = await asked(step)
    _dias, row = await known(step)
    at(step, THURSDAY)  # the last day of D1
    await accepts(step, case, row, SECRET)
    (found,) = await step.rows("SELECT discloses_on FROM representations")
    assert str(found[0]) == "2026-11-27"


async def test_before_the_decision_words_cannot_go_round_it(each_doorstep: Doorstep) -> None:
    """P18, T-STAFF-04: answering is impossible, asking is not; a refusal names its ground."""
    step = each_doorstep
    saule, case = await asked(step)
    with pytest.raises(Impossible):
        await step.keep(lambda visit: decisions.answer(visit, case.number, SECRET, DANA))
    assert await step.rows("SELECT count(*) FROM case_messages WHERE way = 'out'") == [(0,)]
    await step.keep(lambda visit: decisions.ask(visit, case.number, "Which paper?", DANA))
    await step.courier()
    assert "Which paper?" in await reads(saule, case.number)
    await step.keep(lambda visit: decisions.refuse(visit, case.number, "law", "The paper is old.", DANA))
    text = await reads(saule, case.number)
    assert "The paper is old." in text and "article 8" in text and "a court" in text
    with pytest.raises(Impossible):
        await accepts(step, case, None)
    assert [state for (state,) in await step.rows("SELECT state FROM representations")] == ["refused"]


@pytest.mark.parametrize("wrong", ["oneself", "scope", "none", "past"])
async def test_what_cannot_be_accepted(doorstep: Doorstep, wrong: str) -> None:
    step = doorstep
    saule, case = await asked(step)
    own: int = await step.keep(lambda visit: visit.known.id, saule)
    tried: dict[str, dict[str, Any]] = {
        "oneself": {"subject_id": own}, "scope": {"subject_id": None, "scope": ("everything",)},
        "none": {"subject_id": None, "scope": ()}, "past": {"subject_id": None, "until": date(2020, 1, 1)},
    }  # fmt: skip
    with pytest.raises(Impossible):
        await step.keep(lambda visit: mandates.accept(visit, case.number, "", DANA, **tried[wrong]))
    assert [state for (state,) in await step.rows("SELECT state FROM representations")] == ["asked"]


async def test_an_accepted_representative_asks_on_and_is_answered_after_the_day(
    each_doorstep: Doorstep,
) -> None:
    step = each_doorstep
    saule, case = await asked(step)
    dias, row = await known(step)
    await accepts(step, case, row)
    await step.courier()
    said = await saule.say("/represent")
    assert case.number in said.text
    said = await saule.press(f"Ask under No. {case.number}")
    assert "access to data" in said.text
    said = await saule.say("Please correct his surname.")
    number = said.number
    letters = [parcel for parcel in await step.courier("email") if parcel.message.number == number]
    assert case.number in letters[0].body["text"] and "correct his surname" in letters[0].body["text"]
    await step.keep(lambda visit: decisions.answer(visit, number, SECRET, DANA))
    assert all(SECRET not in text for text in to(await step.courier(), saule))
    assert SECRET not in await reads(saule, number)
    at(step, THURSDAY)
    assert len(to(await step.courier(), saule)) == 1
    assert SECRET in await reads(saule, number)
    # His own list does not hold the request of another, hers says for whom it is.
    assert number not in (await dias.say("/requests")).text
    assert "for another" in (await saule.say("/requests")).text.lower()


async def test_after_the_end_nothing_is_asked_any_more(doorstep: Doorstep) -> None:
    step = doorstep
    saule, case = await asked(step, MONDAY.date() + timedelta(days=5))
    await accepts(step, case, None)
    await saule.say("/represent")
    button = saule.shown[f"Ask under No. {case.number}"]
    at(step, MONDAY + timedelta(days=6))
    assert "already over" in (await saule.press(data=button)).text
    with pytest.raises(LookupError):
        await step.keep(lambda visit: mandates.request(visit, case.number, "More"), saule)
    dias = await step.person("dias").registers()
    with pytest.raises(LookupError):
        await step.keep(lambda visit: mandates.request(visit, case.number, "More"), dias)


async def test_both_sides_hear_of_the_end_fourteen_days_before_and_at_the_end(
    each_doorstep: Doorstep,
) -> None:
    """svc.repend, once each; the caretaker does it."""
    step = each_doorstep
    last = date(2027, 1, 29)
    saule, case = await asked(step, last)
    dias, row = await known(step)
    await accepts(step, case, row)
    await step.courier()
    noon = datetime(2027, 1, 14, 12, tzinfo=ALMATY)
    for days, words in (
        (0, ()),
        (1, ("ends: Friday 29 January 2027",)),
        (2, ()),
        (15, ()),
        (16, ("any more", "has ended")),
    ):
        at(step, noon + timedelta(days=days))
        await step.caretaker()
        step.later(minutes=2)
        await step.caretaker()
        sent = await step.courier()
        for person in (saule, dias):
            told = [text for text in to(sent, person) if case.number in text]
            assert len(told) == (1 if words else 0), (days, told)
            assert all(any(word in text for word in words) for text in told)
    assert [state for (state,) in await step.rows("SELECT state FROM representations")] == ["ended"]


async def test_a_request_that_is_taken_back_asks_for_no_authority_any_more(doorstep: Doorstep) -> None:
    step = doorstep
    saule, case = await asked(step)
    await saule.say("/requests")
    await saule.press(case.number)
    await saule.press("Withdraw the request")
    with pytest.raises(Impossible):
        await accepts(step, case, None)
    assert [state for (state,) in await step.rows("SELECT state FROM representations")] == ["revoked"]


async def test_an_acceptance_is_one_persons_act(each_doorstep: Doorstep) -> None:
    """I11, T-STAFF-06: who accepted stands in the timeline and in the ledger of the one concerned."""
    step = each_doorstep
    _saule, case = await asked(step)
    _dias, row = await known(step)
    await accepts(step, case, row)
    steps = await step.keep(lambda visit: cases.events(visit, cases.known(visit, case.number)))
    assert (steps[-1].act, steps[-1].actor) == (cases.ACCEPTED, DANA.label)
    noted = await step.rows("SELECT l.actor FROM ledger l JOIN subjects s ON s.pseudonym = l.pseudonym WHERE "
                            "l.what = 'authority accepted' AND s.id = :row", row=row)  # fmt: skip
    assert [actor for (actor,) in noted] == [DANA.label]


async def test_above_the_days_number_it_joins_an_open_request_and_is_not_lost(doorstep: Doorstep) -> None:
    step = doorstep
    saule, _case = await asked(step)
    for turn in range(4):
        await step.keep(
            lambda visit, turn=turn: handoffs.send(visit, cases.begin(visit, cases.QUESTION, words=f"{turn}")), saule
        )  # fmt: skip
    joined = await step.keep(
        lambda visit: mandates.ask(visit, "parent", "Smith Jr", "", None, "Paper 7"), saule
    )
    words = await step.keep(lambda visit: [said.words for said in cases.messages(visit, joined, cases.IN)])
    assert any("Smith Jr" in said and "Paper 7" in said for said in words)
    assert await step.rows("SELECT count(*) FROM cases") == [(5,)]


async def test_blocked_people_may_ask_for_another(doorstep: Doorstep) -> None:
    """SCREENS rule 11: asking is never refused."""
    step = doorstep
    saule = await step.person("saule").registers()

    def frozen(visit: Visit) -> None:
        subjects.set_state(visit, subjects.BLOCKED)

    await step.keep(frozen, saule)
    await saule.say("/represent")
    await saule.press("I am a parent")
    await saule.say("Omarov Dias dias@mail.kz")
    await saule.press("No end date")
    await saule.say("Everything.")
    assert (await saule.press("Send")).text.startswith("✔")
