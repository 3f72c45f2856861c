"""For someone else, in the chat: three roles, what is asked, and not a word about whether the other person is known."""

from __future__ import annotations

from typing import Any

import pytest
from tests.doorstep import Doorstep, Person, Said
from tests.promises.stories import at_noon

PDF = b"%PDF-1.7 a power of attorney"
TABLES_NOBODY_MAY_FILL = (
    "subjects", "contacts", "profile", "consents", "consent_records", "cases", "case_events", "case_messages",
    "attachments", "representations", "suppressions", "prompts", "documents_shown", "ledger", "outbox", "parked", "codes",
    "attempts", "viewings", "links",
)  # fmt: skip


async def up_to_the_check(
    person: Person, whom: str = "Omarov Dias, dias@mail.kz", role: str = "I am a parent"
) -> Said:
    await person.say("/represent")
    await person.press(role)
    await person.say(whom)
    await person.say("31.12.2027")
    return await person.say("Please tell me what you hold about my son. Birth certificate 12345.")


@pytest.mark.parametrize("role", ["I am a parent", "Guardian or trustee", "By power of attorney"])
async def test_a_request_for_another_goes_to_staff_with_number_and_date(
    each_doorstep: Doorstep, role: str
) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers()
    said = await up_to_the_check(aigul, role=role)
    assert all(
        part in said.text for part in ("Omarov Dias", "dias@mail.kz", "Friday 31 December 2027", "12345")
    )
    said = await aigul.press("Send")
    assert said.text.startswith("✔") and "Answer due" in said.text
    assert "we tell nothing, not even whether we hold data" in said.text
    assert {"Why this date?", "My requests"} <= said.buttons.keys()
    rows = await step.rows("SELECT c.number, r.role, r.state, r.until, r.subject_id FROM representations r JOIN cases c ON "
                           "c.id = r.case_id")  # fmt: skip
    assert [(row[0], row[2], str(row[3]), row[4]) for row in rows] == [
        (said.number, "asked", "2027-12-31", None)
    ]
    (letter,) = [parcel for parcel in await step.courier("email") if parcel.message.kind == "case"]
    assert letter.address == "dana@alit.kz"
    assert "Omarov Dias" in letter.body["text"] and "Omarov" not in letter.body["subject"]


async def test_pressing_send_twice_asks_once(doorstep: Doorstep) -> None:
    aigul = await doorstep.person("aigul").registers()
    await up_to_the_check(aigul)
    send = aigul.shown["Send"]
    first = await aigul.press("Send")
    again = await aigul.press(data=send)
    assert first.number in again.text and "already done" in again.text
    assert await doorstep.rows("SELECT count(*) FROM representations") == [(1,)]


async def test_every_screen_is_the_same_whether_the_person_is_known_or_not(each_doorstep: Doorstep) -> None:
    """P18, I13: two runs that differ only in whether the address is ours: the same words and buttons, the same rows."""
    step = each_doorstep
    dias = await step.person("dias").registers("ru")
    await dias.say("/language")
    await dias.press("English")
    await dias.gives_email("canary-dias@mail.kz", "Omarov Dias")
    told = []
    for asker, address in (("7001", "canary-dias@mail.kz"), ("7002", "nobody-here@mail.kz")):
        person = await step.person(asker).registers()
        run = [await person.say("/represent"), await person.press("By power of attorney")]
        run += [await person.say(f"Omarov Dias {address}"), await person.press("No end date")]
        run += [await person.say("Everything about him, please.")]
        run += [await person.press("Send")]
        told.append([(said.text.replace(address, "…").replace(said.number if said.text.startswith("✔") else "…", "…"),
                      list(said.buttons)) for said in run])  # fmt: skip
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("a" * 201, "too long"),
        ("dias@mail", "does not look like an e-mail"),
        ("dias@mail.kz", "name is needed"),
        ("Omarov Dias +7 000 000 00 00", "does not look like a phone"),
        ("Omarov Dias", "And an e-mail or a phone"),
        ("Омаров Диас, 8 701 234 56 78", "Until when"),
        ("Омаров Диас <dias@mail.kz> +77012345678", "Until when"),
    ],
)
async def test_whom_is_read_from_one_line(doorstep: Doorstep, typed: str, answer: str) -> None:
    aigul = await doorstep.person("aigul").registers()
    await aigul.say("/represent")
    await aigul.press("I am a parent")
    assert answer in (await aigul.say(typed)).text


async def test_a_person_without_a_known_address_can_be_named_too(doorstep: Doorstep) -> None:
    aigul = await doorstep.person("aigul").registers()
    await aigul.say("/represent")
    await aigul.press("I am a parent")
    await aigul.say("Omarov Dias")
    assert "Until when" in (await aigul.press("Skip")).text
    await aigul.press("No end date")
    said = await aigul.say("What do you hold about him?")
    assert "E-mail or phone: —" in said.text and "no end date" in said.text


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("yesterday", "not understood"), ("31.02.2027", "not understood"), ("01.01.2020", "passed already"),
        ("31.12.2999", "hundred years"), ("31 желтоқсан 2027", "What should be done"),
        ("31 декабря 2027 года", "What should be done"), ("бессрочно", "What should be done"),
    ],
)  # fmt: skip
async def test_the_last_day_is_asked_again_until_it_is_one(
    doorstep: Doorstep, typed: str, answer: str
) -> None:
    aigul = await doorstep.person("aigul").registers()
    await aigul.say("/represent")
    await aigul.press("I am a parent")
    await aigul.say("Omarov Dias dias@mail.kz")
    said = await aigul.say(typed)
    assert answer in said.text
    assert "No end date" in said.buttons or answer == "What should be done"


def a_file(step: Doorstep, content: bytes | None) -> dict[str, Any]:
    async def fetch(file_id: str) -> bytes | None:
        return content

    step.door.fetch = fetch
    return {"document": {"file_id": "x", "file_unique_id": "y", "file_name": "paper.pdf", "file_size": 10}}


async def test_a_paper_goes_with_the_request_and_nothing_else_is_kept(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers()
    said = await up_to_the_check(aigul)
    said = await aigul.press("Add a document")
    assert "no photos of identity documents" in said.text
    said = await aigul.bring(**a_file(step, b"MZ no paper"))
    assert "not a PDF" in said.text and "Send" in said.buttons
    said = await aigul.bring(**a_file(step, PDF))
    assert "With it goes 1 file" in said.text
    sent = await aigul.press("Send")
    rows = await step.rows("SELECT c.number, a.type FROM attachments a JOIN cases c ON c.id = a.case_id")
    assert [tuple(row) for row in rows] == [(sent.number, "pdf")]


@pytest.mark.parametrize("way", ["Cancel", "/menu", "stop"])
async def test_what_is_left_is_forgotten_with_its_files(each_doorstep: Doorstep, way: str) -> None:
    step = each_doorstep
    aigul = await step.person("aigul").registers()
    await up_to_the_check(aigul)
    await aigul.bring(**a_file(step, PDF))
    assert await step.rows("SELECT count(*) FROM attachments") == [(1,)]
    await (aigul.press(way) if way == "Cancel" else aigul.say(way))
    assert await step.rows("SELECT count(*) FROM attachments") == [(0,)]
    assert await step.rows("SELECT count(*) FROM cases") == [(0,)]
    assert await step.rows("SELECT draft FROM subjects") == [(None,)]


async def test_write_again_keeps_the_role_and_forgets_the_rest(doorstep: Doorstep) -> None:
    aigul = await doorstep.person("aigul").registers()
    await up_to_the_check(aigul)
    assert "For whom" in (await aigul.press("Write again")).text
    await aigul.say("Smith Saule saule@mail.kz")
    await aigul.press("No end date")
    said = await aigul.say("Correct her surname.")
    assert "Saule" in said.text and "Omarov" not in said.text and "parent" in said.text


async def test_letters_to_the_other_person_are_stopped_at_once_without_any_authority(
    doorstep: Doorstep,
) -> None:
    aigul = await doorstep.person("aigul").registers()
    said = await up_to_the_check(aigul)
    assert "Stop e-mails" in said.buttons
    await aigul.press("Stop e-mails")
    said = await aigul.say("dias@mail.kz")
    assert "Stopped" in said.text


async def test_typed_markup_stays_what_it_is(doorstep: Doorstep) -> None:
    """T-CHAT-09."""
    aigul = await doorstep.person("aigul").registers()
    said = await up_to_the_check(aigul, "<b>{0.__class__}</b> \u202eEvil dias@mail.kz")
    assert "\u202e" not in said.text
    assert "parse_mode" not in said.calls[0]


async def the_store(step: Doorstep) -> dict[str, list[Any]]:
    return {
        table: [tuple(row) for row in await step.rows(f"SELECT * FROM {table}")]
        for table in TABLES_NOBODY_MAY_FILL
    }


@pytest.mark.parametrize("locale", ["Қазақша", "Русский", "English"])
async def test_nothing_is_stored_of_someone_under_18(each_doorstep: Doorstep, locale: str) -> None:
    """T-ID-13: after the whole branch the store holds nothing it did not hold before."""
    step = each_doorstep
    await step.person("aigul").registers()
    before = await the_store(step)
    minor = step.person("7003")
    await minor.say("/start")
    await minor.press(locale)
    under, parent = {
        "Қазақша": ("18 жасқа толмағанмын", "Ата-анаммен жалғастыру"),
        "Русский": ("Мне нет 18 лет", "Продолжить с родителем"),
        "English": ("I am under 18", "Continue with a parent"),
    }[locale]
    said = await minor.press(under)
    assert parent in said.buttons
    await minor.press(parent)  # the desk consent is shown, nobody has agreed
    assert await the_store(step) == before
    assert await step.rows("SELECT count(*) FROM subjects") == [(1,)]


async def test_a_parent_continues_to_acting_for_the_child(doorstep: Doorstep) -> None:
    parent = doorstep.person("7004")
    await parent.say("/start")
    for label in ("English", "I am under 18", "Continue with a parent", "I agree"):
        said = await parent.press(label)
    assert "For someone else" in said.buttons
    assert "I am a parent" in (await parent.press("For someone else")).buttons


async def test_who_acts_for_someone_else_says_so_first(doorstep: Doorstep) -> None:
    person = doorstep.person("7005")
    await person.say("/start")
    for label in ("English", "I act for someone else", "I agree"):
        said = await person.press(label)
    said = await person.press("For someone else")
    assert "we tell nothing" in said.text and "answers for it" in said.text


async def test_a_child_ends_every_consent_of_a_mailbox_by_proving_it(each_doorstep: Doorstep) -> None:
    """LAW.md 6.3, S8: two people share it; both are ended, and nobody else."""
    step = each_doorstep
    at_noon(step)
    aigul, saule, other = [await step.person(key).registers() for key in ("aigul", "saule", "7006")]
    for person in (aigul, saule):
        await person.gives_email("family@mail.kz", "Nurlanova Aigul")
        step.later(minutes=5)
    await other.gives_email("other@mail.kz", "Omarov Dias")
    minor = step.person("7007")
    await minor.say("/start")
    for label in ("English", "I am under 18", "Withdraw"):
        await minor.press(label)
    await minor.say("family@mail.kz")
    said = await minor.say(await step.code("family@mail.kz"))
    assert "Consent withdrawn" in said.text and said.number.startswith("C-")
    rows = await step.rows("SELECT state FROM consents WHERE purpose = 'informing-email' ORDER BY state")
    assert [row[0] for row in rows] == ["given", "withdrawn", "withdrawn"]
    assert await step.rows("SELECT count(*) FROM subjects") == [(3,)]
