"""Correct my data in the chat: every field, its proof, its document, and what each ✔ says (SCREENS 3.5)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection
from tests.doorstep import Doorstep, Person, Said

from kelisim.desk import cases, corrections, decisions, gates, staff, subjects, suppressions
from kelisim.desk.identity import email
from kelisim.desk.visit import Visit

OLD, NEW = "aigul@mail.kz", "aigul.new@mail.kz"
PDF = b"%PDF-1.7 a certificate"
ERLAN = "erlan@alit.kz"


def own_contact(user: int = 5001, number: str = "77011234567", **more: Any) -> dict[str, Any]:
    return {"contact": {"phone_number": number, "first_name": "A", "user_id": user}, **more}


async def known(
    step: Doorstep, key: str = "aigul", address: str = OLD, name: str = "Nurlanova Aigul"
) -> Person:
    """Someone with a name and a proved mailbox."""
    person = await step.person(key).registers("en")
    await person.gives_email(address, name=name)
    return person


async def chooses(person: Person, label: str) -> Said:
    await person.say("/correct")
    return await person.press(label)


async def changes_email(person: Person, address: str = NEW) -> Said:
    await chooses(person, "E-mail")
    await person.say(address)
    await person.say(await person.step.code(address))
    return await person.press("Yes, correct")


def profile(visit: Visit) -> dict[str, str]:
    return subjects.profile(visit)


def mailboxes(visit: Visit) -> dict[str, bool]:
    return {one.value: one.confirmed_at is not None for one in subjects.addresses(visit, "email")}


async def test_the_fields_we_hold_are_shown_masked(doorstep: Doorstep) -> None:
    aigul = await known(doorstep)
    said = await aigul.say("/correct")
    assert "N…a" in said.text and "a…l@mail.kz" in said.text
    assert "Nurlanova" not in said.text and OLD not in said.text
    assert {"Surname", "Name", "Patronymic", "E-mail", "Phone", "Something else"} <= said.buttons.keys()


async def test_a_surname_is_asked_for_shown_before_and_after_and_decided_by_staff(
    each_doorstep: Doorstep,
) -> None:
    """P11: the field stays as it is until staff decide; then it changes, and the journal says updated."""
    step = each_doorstep
    aigul = await known(step)
    asked = await chooses(aigul, "Surname")
    assert "whoever gives false or another's data" in asked.text
    paper = await aigul.say("Omarova")
    assert "no photos of identity documents" in paper.text
    check = await aigul.press("Skip")
    assert "N…a" in check.text and "Omarova" in check.text and "Nurlanova" not in check.text
    done = await aigul.press("Yes, correct")
    assert done.text.startswith("✔") and "law says" in done.text and "Why this date?" in done.buttons
    assert (await step.keep(profile, aigul))["surname"] == "Nurlanova"
    actor = staff.acting(step.desk.operator, step.desk.operator.staff[0].address, "test")
    await step.keep(lambda visit: decisions.accept(visit, done.number, "Done.", actor))
    assert (await step.keep(profile, aigul))["surname"] == "Omarova"
    rows = await step.rows(
        "SELECT verb, what, actor FROM ledger WHERE number = :n AND what = 'surname'", n=done.number
    )
    assert [(row.verb, row.what) for row in rows] == [("updated", "surname")]
    assert rows[0].actor != "subject"


async def test_a_document_goes_with_the_request(doorstep: Doorstep) -> None:
    aigul = await known(doorstep)

    async def fetch(_id: str) -> bytes:
        return PDF

    doorstep.door.fetch = fetch
    await chooses(aigul, "Surname")
    await aigul.say("Omarova")
    await aigul.press("Add a document")
    file = {"file_id": "a", "file_unique_id": "b", "file_name": "certificate.pdf", "file_size": len(PDF)}
    check = await aigul.bring(document=file)
    assert "With it goes 1 file" in check.text
    await aigul.press("Yes, correct")
    assert len(await doorstep.rows("SELECT id FROM attachments WHERE case_id IS NOT NULL")) == 1


async def test_what_is_no_document_is_said_and_not_kept(doorstep: Doorstep) -> None:
    aigul = await known(doorstep)

    async def fetch(_id: str) -> bytes:
        return b"<html>"

    doorstep.door.fetch = fetch
    await chooses(aigul, "Surname")
    await aigul.say("Omarova")
    file = {"file_id": "a", "file_unique_id": "b", "file_name": "certificate.pdf", "file_size": 6}
    said = await aigul.bring(document=file)
    assert "Skip" in said.buttons
    assert await doorstep.rows("SELECT id FROM attachments") == []


async def test_a_proved_mailbox_takes_the_place_of_the_old_one_at_once(each_doorstep: Doorstep) -> None:
    """P11, T-ID-08: the code decides; the old address is destroyed and told, consents go on to the new one."""
    step = each_doorstep
    aigul = await known(step)
    await step.courier()
    done = await changes_email(aigul)
    assert done.text.startswith("✔") and "Changed now" in done.text and NEW not in done.text
    assert await step.keep(mailboxes, aigul) == {NEW: True}
    assert await step.keep(lambda visit: gates.allows(visit, "informing-email"), aigul)
    told = [parcel.address for parcel in await step.courier("email") if parcel.message.kind == "alert-letter"]
    assert told == [OLD]

    def facts(visit: Visit) -> Any:
        case = cases.find(visit, done.number)
        assert case is not None
        return case.state, case.facts["before"], case.facts["after"]

    assert await step.keep(facts, aigul) == (cases.DONE, OLD, NEW)


async def test_it_was_not_me_puts_the_old_mailbox_back(each_doorstep: Doorstep) -> None:
    """T-ID-08: the new contact no longer counts as hers."""
    step = each_doorstep
    aigul = await known(step)
    done = await changes_email(aigul)

    def undo(visit: Visit) -> tuple[bool, bool]:
        case = cases.find(visit, done.number)
        assert case is not None
        return corrections.undo(visit, case), corrections.undo(visit, case)

    assert await step.keep(undo, aigul) == (True, False)
    assert await step.keep(mailboxes, aigul) == {NEW: False, OLD: True}


async def test_an_older_stop_of_the_new_address_goes_on_biting(each_doorstep: Doorstep) -> None:
    """DESIGN 8.14: moving to a stopped mailbox does not lift the stop; giving the consent there does."""
    step = each_doorstep
    other = step.person("6001")
    await step.keep(lambda visit: suppressions.stop_address(visit, email(NEW)), other)
    step.later(minutes=1)
    aigul = await known(step)
    assert await step.keep(lambda visit: gates.allows(visit, "informing-email"), aigul)
    step.later(minutes=1)
    await changes_email(aigul)
    assert not await step.keep(lambda visit: gates.allows(visit, "informing-email"), aigul)
    step.later(minutes=1)
    await aigul.say("/menu")
    await aigul.press("Messages")
    await aigul.press("Resume: e-mail")
    assert await step.keep(lambda visit: gates.allows(visit, "informing-email"), aigul)


async def test_what_was_resumed_before_does_not_lift_the_stop_of_the_new_address(doorstep: Doorstep) -> None:
    """DESIGN 8.14: she resumed her letters while she had another mailbox."""
    other = doorstep.person("6001")
    await doorstep.keep(lambda visit: suppressions.stop_address(visit, email(NEW)), other)
    doorstep.later(minutes=1)
    aigul = await known(doorstep)
    await doorstep.keep(lambda visit: suppressions.resume(visit, "email"), aigul)
    doorstep.later(minutes=1)
    await changes_email(aigul)
    assert not await doorstep.keep(lambda visit: gates.allows(visit, "informing-email"), aigul)


async def test_what_was_resumed_stays_resumed_at_the_new_address(doorstep: Doorstep) -> None:
    aigul = await known(doorstep)
    doorstep.later(minutes=1)
    await aigul.say("stop")
    doorstep.later(minutes=1)
    await aigul.say("/menu")
    await aigul.press("Messages")
    await aigul.press("Resume: e-mail")
    assert await doorstep.keep(lambda visit: gates.allows(visit, "informing-email"), aigul)
    doorstep.later(minutes=1)
    await changes_email(aigul)
    assert await doorstep.keep(lambda visit: gates.allows(visit, "informing-email"), aigul)


async def test_a_phone_is_changed_by_telegrams_own_contact_alone(doorstep: Doorstep) -> None:
    """T-CHAT-08, P24: typed digits, another's card and a forwarded one change nothing."""
    aigul = await known(doorstep)
    asked = await chooses(aigul, "Phone")
    assert any(call.get("reply_markup", {}).get("keyboard") for call in asked.calls)
    forward = {"type": "user", "date": 1, "sender_user": {"id": 5001, "is_bot": False, "first_name": "A"}}
    assert "Please use the button" in (await aigul.say("+7 701 123 45 67")).text
    assert "not your own" in (await aigul.bring(**own_contact(5002))).text
    assert "not your own" in (await aigul.bring(**own_contact(forward_origin=forward))).text
    card = {"contact": {"phone_number": "77011234567", "first_name": "A"}}
    assert "not your own" in (await aigul.bring(**card)).text
    check = await aigul.bring(**own_contact())
    assert "Yes, correct" in check.buttons
    done = await aigul.press("Yes, correct")
    assert done.text.startswith("✔") and "34567" not in done.text
    assert (
        len(
            await doorstep.rows(
                "SELECT id FROM contacts WHERE channel = 'phone' AND confirmed_at IS NOT NULL"
            )
        )
        == 1
    )


async def test_the_same_value_changes_nothing(doorstep: Doorstep) -> None:
    aigul = await known(doorstep)
    for label, value in (("Surname", "Nurlanova"), ("E-mail", OLD.upper())):
        await chooses(aigul, label)
        assert "Nothing has changed" in (await aigul.say(value)).text
    assert await doorstep.rows("SELECT id FROM cases") == []


async def test_an_open_request_of_the_same_field_takes_the_new_value(doorstep: Doorstep) -> None:
    aigul = await known(doorstep)
    numbers = []
    for value in ("Omarova", "Omarkyzy"):
        await chooses(aigul, "Surname")
        await aigul.say(value)
        await aigul.press("Skip")
        numbers.append((await aigul.press("Yes, correct")).number)
    assert numbers[0] == numbers[1]

    def facts(visit: Visit) -> Any:
        case = cases.find(visit, numbers[0])
        assert case is not None
        return case.facts["before"], case.facts["after"]

    assert await doorstep.keep(facts, aigul) == ("Nurlanova", "Omarkyzy")
    letters = [parcel for parcel in await doorstep.courier("email") if parcel.message.kind == "case"]
    assert "Omarkyzy" in letters[-1].body["text"]


async def test_something_else_goes_to_staff_in_the_persons_own_words(doorstep: Doorstep) -> None:
    aigul = await known(doorstep)
    await chooses(aigul, "Something else")
    await aigul.say("My year of birth is wrong <b>")
    await aigul.press("Skip")
    done = await aigul.press("Yes, correct")
    assert done.text.startswith("✔")
    words = await doorstep.keep(lambda visit: cases.messages(visit, cases.known(visit, done.number)), aigul)
    assert [message.words for message in words] == ["My year of birth is wrong <b>"]


@pytest.mark.parametrize("label", ["Surname", "E-mail", "Phone", "Something else"])
async def test_blocked_data_are_not_corrected(doorstep: Doorstep, label: str) -> None:
    """S20, I7: neither by the menu nor by a button of before."""
    aigul = await known(doorstep)
    await aigul.say("/correct")
    data = aigul.shown[label]

    def block(connection: Connection) -> None:
        connection.exec_driver_sql("UPDATE subjects SET state = 'blocked'")

    await doorstep.database.keep(block)
    assert "blocked" in (await aigul.press(data=data)).text
    assert "blocked" in (await aigul.say("/correct")).text
    assert await doorstep.rows("SELECT id FROM cases") == []


async def test_a_block_in_the_middle_of_a_correction_stops_it(doorstep: Doorstep) -> None:
    aigul = await known(doorstep)
    await chooses(aigul, "E-mail")
    await aigul.say(NEW)
    await aigul.say(await doorstep.code(NEW))

    def block(connection: Connection) -> None:
        connection.exec_driver_sql("UPDATE subjects SET state = 'blocked'")

    await doorstep.database.keep(block)
    assert "blocked" in (await aigul.press("Yes, correct")).text
    assert await doorstep.keep(mailboxes, aigul) == {OLD: True}


async def test_the_typed_code_is_taken_out_of_the_chat(doorstep: Doorstep) -> None:
    """T-CHAT-19."""
    aigul = await known(doorstep)
    await chooses(aigul, "E-mail")
    await aigul.say(NEW)
    said = await aigul.say(await doorstep.code(NEW))
    assert "deleteMessage" in said.methods


async def test_a_yes_without_the_proof_is_an_old_button(doorstep: Doorstep) -> None:
    """T-CHAT-01: a forged «Yes, correct» while the code is awaited changes nothing."""
    aigul = await known(doorstep)
    await chooses(aigul, "E-mail")
    await aigul.say(NEW)
    said = await aigul.press(data="cyes:en::")
    assert "earlier page" in said.text
    assert await doorstep.keep(mailboxes, aigul) == {OLD: True}
    await chooses(aigul, "Surname")
    assert "earlier page" in (await aigul.press(data="cyes:en::")).text


async def test_nobody_corrects_another(doorstep: Doorstep) -> None:
    """I2: Dias never sees a letter of what Aigul holds, though her number is pressed."""
    aigul = await known(doorstep)
    done = await changes_email(aigul)
    dias = await doorstep.person("dias").registers("en")
    said = [await dias.say("/correct"), await dias.press(data=f"cdone:en::{done.number}")]
    assert not any(word in each.text for each in said for word in (OLD, NEW, "a…l", "a…w"))
