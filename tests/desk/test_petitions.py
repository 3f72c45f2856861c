"""Requests by letter as acts of the desk: whose they become, what they end, what is kept of who wrote, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.doorstep import Doorstep, Person
from tests.mail.writers import Writer, answered, number_of
from tests.promises.stories import at, at_noon, gives, outcome, prepare

from kelisim.desk import consents, decisions, holds, petitions, staff, subjects
from kelisim.desk.visit import Visit
from kelisim.mail.letter import Part

HERS = "aigul@mail.kz"
REVOKE, UPDATE = "Revocation of consent to the processing of personal data", "Personal Data Update"
OPT_OUT = "Opt-out of Notifications"
DANA = staff.Actor("responsible", "root as dana@alit.kz", "dana@alit.kz")


async def known(step: Doorstep, key: str = "aigul", address: str = HERS) -> Person:
    """Somebody with two consents and a proved mailbox."""
    person = await step.person(key).registers("en")
    await gives(person, "informing-email", "en", address, "Nurlanova Aigul")
    await gives(person, "promotion-telegram", "en")
    await step.courier()
    return person


def in_force(visit: Visit) -> list[str]:
    return sorted(code for code, one in consents.standing(visit).items() if one.state == consents.GIVEN)


async def test_a_revocation_by_letter_is_one_request_with_the_letters_day(each_doorstep: Doorstep) -> None:
    """P10: what «withdraw everything» does, into the request that has the number the writer was told."""
    step = each_doorstep
    at(step, datetime(2026, 11, 23, 7, tzinfo=UTC))
    aigul = await known(step)
    row = await prepare(step, aigul, "informing-email")
    received = step.desk.clock.now() - timedelta(days=3)  # the mailbox was not read over the weekend
    await Writer(step, HERS, True).writes(REVOKE, "", received=received)
    (case,) = await step.rows("SELECT number, kind, state, due, answer_by FROM cases")
    assert (case.kind, case.state, str(case.due), case.answer_by) == (
        "revocation",
        "with staff",
        "2026-12-11",
        "email",
    )
    assert await step.keep(in_force, aigul) == [] and await outcome(step, row) == "cancelled"
    sent = await step.courier()
    (handed,) = [parcel for parcel in sent if parcel.message.kind == "case"]
    assert handed.address == "dana@alit.kz" and case.number in handed.body["subject"]
    records = await step.rows("SELECT DISTINCT number FROM consent_records WHERE act = 'withdrawn'")
    assert len(records) == 1 and records[0].number in handed.body["text"]
    assert case.number in (await aigul.say("/requests")).text


async def test_the_receipts_of_a_revocation_by_letter_come_to_the_chat(doorstep: Doorstep) -> None:
    """P10, T-ID-08: who took the mailbox cannot end consents in silence."""
    at_noon(doorstep)
    await known(doorstep)
    await Writer(doorstep, HERS, True).writes(REVOKE)
    kinds = {parcel.message.kind for parcel in await doorstep.courier("telegram")}
    assert "receipt" in kinds


async def test_a_second_revocation_joins_the_first_and_new_consents_have_a_new_one(
    doorstep: Doorstep,
) -> None:
    at_noon(doorstep)
    aigul = await known(doorstep)
    writer = Writer(doorstep, HERS, True)
    await writer.writes(REVOKE)
    await writer.writes(REVOKE, "And I mean it.")
    assert len(await doorstep.rows("SELECT id FROM cases")) == 1
    doorstep.later(days=1)
    await gives(aigul, "informing-telegram", "en")
    await writer.writes(REVOKE)
    assert await doorstep.keep(in_force, aigul) == []
    assert len(await doorstep.rows("SELECT id FROM cases")) == 2


async def test_two_people_of_one_mailbox_each_get_the_act(doorstep: Doorstep) -> None:
    """DESIGN 8.4: a mailbox may be shared; the letter speaks for whoever proved it."""
    at_noon(doorstep)
    aigul, dias = await known(doorstep), await known(doorstep, "dias")
    writer = Writer(doorstep, HERS)
    await writer.writes(REVOKE)
    (asked,) = await answered(doorstep)
    assert await doorstep.keep(in_force, aigul) != [] != await doorstep.keep(in_force, dias)
    await writer.replies(asked, "yes")
    assert await doorstep.keep(in_force, aigul) == [] == await doorstep.keep(in_force, dias)
    rows = await doorstep.rows("SELECT subject_id, received_at FROM cases WHERE state = 'with staff'")
    assert len({row.subject_id for row in rows}) == 2 and len({row.received_at for row in rows}) == 1


async def test_an_unproved_mailbox_is_nobodys(doorstep: Doorstep) -> None:
    """T-ID-05: who only typed the address in the chat is not its owner: the letter is another's."""
    at_noon(doorstep)
    aigul = await known(doorstep)
    await doorstep.keep(
        lambda visit: subjects.unprove(visit, "email", visit.desk.vault.find("email", HERS)), aigul
    )
    await Writer(doorstep, HERS, True).writes(REVOKE)
    assert await doorstep.keep(in_force, aigul) != []
    (case,) = await doorstep.rows("SELECT subject_id FROM cases")
    assert case.subject_id != await doorstep.keep(lambda visit: visit.known.id, aigul)


async def test_the_confirmed_request_brings_its_letter_and_files_along(doorstep: Doorstep) -> None:
    at_noon(doorstep)
    aigul = await known(doorstep)
    writer = Writer(doorstep, HERS)
    await writer.writes(UPDATE, "My surname is Omarova", files=[Part("a.pdf", b"%PDF-1")])
    (asked,) = await answered(doorstep)
    await writer.replies(asked, "yes")
    hers = await doorstep.keep(lambda visit: visit.known.id, aigul)
    for table in ("cases", "attachments", "letters"):
        rows = await doorstep.rows(f"SELECT subject_id FROM {table}")
        assert rows and {row.subject_id for row in rows} == {hers}, table


async def test_who_only_wrote_is_kept_no_longer_than_the_request_needs(doorstep: Doorstep) -> None:
    """P16: no consent, no chat: the mailbox goes when the request is over, the person with the request's years."""
    at_noon(doorstep)
    await Writer(doorstep, "x@mail.kz").writes("About paper", "What do you keep?")
    (ack,) = await answered(doorstep)
    number = number_of(ack)
    rows = await doorstep.rows("SELECT channel, door, confirmed_at FROM contacts")
    assert [tuple(row) for row in rows] == [("email", "letter", None)]
    doorstep.later(days=30)
    await doorstep.caretaker()
    assert len(await doorstep.rows("SELECT id FROM contacts")) == 1  # it is still to be answered

    def ends(visit: Visit) -> Any:
        decisions.answer(visit, number, "Nothing.", DANA)
        return decisions.close(visit, number, DANA)

    await doorstep.keep(ends)
    await doorstep.courier()
    doorstep.later(days=8)
    await doorstep.caretaker()
    assert await doorstep.rows("SELECT id FROM contacts") == []
    doorstep.later(days=3 * 366 + 401)
    for _round in range(3):
        await doorstep.caretaker()
        doorstep.later(days=1)
    assert await doorstep.rows("SELECT id FROM subjects") == []
    assert await doorstep.rows("SELECT id FROM cases WHERE facts IS NOT NULL OR subject_id IS NOT NULL") == []


async def test_the_same_writer_is_one_person(doorstep: Doorstep) -> None:
    writer = Writer(doorstep, "x@mail.kz")
    for subject, text in (("About paper", "What?"), (UPDATE, "Omarova"), (REVOKE, ""), ("Tape", "And that?")):
        await writer.writes(subject, text)
    assert len(await doorstep.rows("SELECT id FROM subjects")) == 1
    assert len(await doorstep.rows("SELECT id FROM contacts")) == 1
    assert len(await doorstep.rows("SELECT id FROM cases")) == 4


async def test_blocked_data_take_what_only_reduces_and_nothing_else_moves(doorstep: Doorstep) -> None:
    """I7: a revocation ends the consents, a question and an update are asked, and no field changes."""
    at_noon(doorstep)
    aigul = await known(doorstep)
    await doorstep.keep(lambda visit: subjects.set_state(visit, subjects.BLOCKED), aigul)
    before = await doorstep.keep(subjects.profile, aigul)
    writer = Writer(doorstep, HERS, True)
    assert (await writer.writes(REVOKE)).outcome == "revoke"
    assert (await writer.writes(UPDATE, "My surname is Omarova")).outcome == "update"
    assert (await writer.writes("About paper", "What do you keep?")).outcome == "question"
    assert (await writer.writes(OPT_OUT)).outcome == "opt-out"
    assert await doorstep.keep(in_force, aigul) == []
    assert await doorstep.keep(subjects.profile, aigul) == before
    assert await doorstep.keep(lambda visit: visit.known.state, aigul) == subjects.BLOCKED
    rows = await doorstep.rows("SELECT kind FROM cases ORDER BY id")
    assert [row.kind for row in rows] == ["revocation", "correction", "question"]


async def test_a_hold_keeps_no_revocation_away(doorstep: Doorstep) -> None:
    at_noon(doorstep)
    aigul = await known(doorstep)
    await doorstep.keep(lambda visit: holds.place(visit, "law", "an order of the court", DANA), aigul)
    await Writer(doorstep, HERS, True).writes(REVOKE)
    assert await doorstep.keep(in_force, aigul) == []


async def test_a_stop_by_letter_bites_what_is_prepared_and_is_lifted_by_her_alone(
    each_doorstep: Doorstep,
) -> None:
    """P09: in anybody's name, for it only takes away; the same letter again has the same number."""
    step = each_doorstep
    at_noon(step)
    aigul = await known(step)
    row = await prepare(step, aigul, "informing-email")
    await Writer(step, HERS).writes(OPT_OUT)
    sent = await step.courier()
    assert [parcel.message.kind for parcel in sent if parcel.address == HERS] == ["stop-ack"]
    assert await outcome(step, row) == "cancelled"
    (first,) = await step.rows("SELECT number FROM suppressions")
    await Writer(step, HERS).writes(OPT_OUT)
    assert await step.rows("SELECT number FROM suppressions") == [first]
    step.later(minutes=1)
    await aigul.say("/menu")
    await aigul.press("Messages")
    await aigul.press("Resume: e-mail")
    step.later(minutes=1)
    await Writer(step, HERS).writes(OPT_OUT)
    assert await step.rows("SELECT number FROM suppressions") != [first]
    row = await prepare(step, aigul, "informing-email")
    await step.courier()
    assert await outcome(step, row) == "cancelled"


@pytest.mark.parametrize("asked", [REVOKE, UPDATE])
async def test_staff_read_that_nobody_confirmed(doorstep: Doorstep, asked: str) -> None:
    """T-LET-01: the one who decides knows what the letter is worth; a late «yes» still counts."""
    at_noon(doorstep)
    aigul = await known(doorstep)
    writer = Writer(doorstep, HERS)
    await writer.writes(asked, "Omarova")
    (confirm,) = await answered(doorstep)
    doorstep.later(hours=47)
    await doorstep.caretaker()
    assert [p for p in await doorstep.courier("email") if p.message.kind == "case"] == []
    doorstep.later(hours=2)
    await doorstep.caretaker()
    (handed,) = [p for p in await doorstep.courier("email") if p.message.kind == "case"]
    told = handed.body["text"]
    assert (
        "не подтверждено" in told.lower() or "not confirmed" in told.lower() or "расталмаған" in told.lower()
    )
    await writer.replies(confirm, "yes")
    assert await doorstep.keep(in_force, aigul) == (
        [] if asked == REVOKE else ["desk", "informing-email", "promotion-telegram"]
    )
    sent = [p for p in await doorstep.courier("email") if p.message.kind == "case"]
    assert len(sent) == 1 and number_of(confirm) in sent[0].body["subject"]


async def test_the_clock_of_a_waiting_request_runs(doorstep: Doorstep) -> None:
    """I10: its last day is that of the letter, confirmed or not."""
    at(doorstep, datetime(2026, 11, 23, 7, tzinfo=UTC))
    await Writer(doorstep, HERS).writes(UPDATE, "Omarova")
    (asked,) = await answered(doorstep)
    number = number_of(asked)
    due = [str(row.due) for row in await doorstep.rows("SELECT due FROM cases")]
    assert due == ["2026-11-24"]
    doorstep.later(days=1)
    await doorstep.keep(lambda visit: petitions.confirm(visit, number))
    assert [str(row.due) for row in await doorstep.rows("SELECT due FROM cases")] == due


async def test_a_yes_confirms_what_one_wrote_and_nothing_of_others(doorstep: Doorstep) -> None:
    """T-LET-01: X waits until Aigul has written and adds his own words in her name; her «yes» is not for them."""
    at_noon(doorstep)
    aigul = await known(doorstep)
    writer = Writer(doorstep, HERS)
    await writer.writes(UPDATE, "My surname is Omarova")
    (hers,) = await answered(doorstep)
    await writer.writes(UPDATE, "My mailbox is x@evil.kz")
    await writer.replies(hers, "yes")
    mine = await doorstep.keep(lambda visit: visit.known.id, aigul)
    rows = await doorstep.rows(
        "SELECT number, state, subject_id = :mine AS hers FROM cases ORDER BY id", mine=mine
    )
    assert [(row.state, bool(row.hers)) for row in rows] == [("with staff", True), ("waiting", False)]
    handed = [p for p in await doorstep.courier("email") if p.message.kind == "case"]
    assert [number_of(p) for p in handed] == [number_of(hers)] and "evil" not in handed[0].body["text"]


async def test_what_nobody_vouches_for_joins_no_request_that_is(doorstep: Doorstep) -> None:
    """T-LET-01: also above the number of a day, where words are joined to a request that is open."""
    for n in range(7):
        await Writer(doorstep, "x@mail.kz", True).writes(f"Question {n}", f"Mine {n}")
    await Writer(doorstep, "x@mail.kz").writes("Question", "A stranger's")
    rows = await doorstep.rows("SELECT case_id FROM case_messages ORDER BY id")
    assert len({row.case_id for row in rows[:7]}) == 5 and rows[7].case_id not in {
        row.case_id for row in rows[:7]
    }


async def test_a_confirmation_of_nothing_confirms_nothing(doorstep: Doorstep) -> None:
    """I12: an unknown number, a question, a request that has ended."""
    await Writer(doorstep, HERS).writes("About paper", "What?")
    (question,) = await doorstep.rows("SELECT number FROM cases")
    for number in ("K-000000000", question.number, ""):
        assert await doorstep.keep(lambda visit, n=number: petitions.confirm(visit, n)) is None
        assert await doorstep.keep(lambda visit, n=number: petitions.decline(visit, n)) is None


async def test_a_letter_of_one_who_is_being_erased_stops_no_erasure(doorstep: Doorstep) -> None:
    """I8: the request goes with the data; nobody comes back by it."""
    at_noon(doorstep)
    aigul = await known(doorstep)
    await aigul.say("/delete")
    done = await aigul.press("Delete for good")
    assert "E-" in done.text or "K-" in done.text, done.text
    await Writer(doorstep, HERS, True).writes(REVOKE)
    state = await doorstep.keep(lambda visit: visit.known.state, aigul)
    assert state == subjects.ERASING
    for _day in range(3):
        doorstep.later(days=1)
        await doorstep.caretaker()
        await doorstep.courier()
    assert await doorstep.rows("SELECT id FROM contacts") == []
    assert await doorstep.rows("SELECT id FROM case_messages") == []


async def test_who_has_no_chat_reads_by_letter_that_we_are_late(each_doorstep: Doorstep) -> None:
    """SCREENS 3.11 for those who are here by letter alone: the same words, to the address they wrote from."""
    step = each_doorstep
    at(step, datetime(2026, 11, 23, 7, tzinfo=UTC))
    await Writer(step, HERS, False).writes("Question", "Who sees my data?")
    (case,) = await step.rows("SELECT number FROM cases")
    await step.courier()
    step.later(days=30)
    await step.caretaker()
    late = [parcel for parcel in await step.courier() if parcel.message.kind == "notice-letter"]
    assert [parcel.address for parcel in late] == [HERS]
    assert case.number in late[0].body["subject"] and "We are late" in late[0].body["text"]
    step.later(minutes=2)
    await step.caretaker()
    assert not [parcel for parcel in await step.courier() if parcel.message.kind == "notice-letter"]
