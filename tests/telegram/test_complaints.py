"""The complaint file: made of one's own request at once, with everything an authority asks for, sent nowhere by us."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.doorstep import Doorstep, Person, Said
from tests.telegram.test_requests import CANARY, answered, asked, moved_to, opens

from kelisim.desk import cases, complaints, decisions, files, papers, staff
from kelisim.desk.visit import Visit
from kelisim.texts import LOCALES, _, speaking

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
NASTY = "<script>alert('x')</script> #let x = 1 \u202eevil\u202c & {title} $2^2$ ```raw```"


async def comes(step: Doorstep, channel: str = "telegram") -> dict[str, Any]:
    """The parts of the file that came, opened as their reader would."""
    parts = {}
    for parcel in await step.courier(channel):
        if parcel.message.kind in (files.FILE, files.FILE_LETTER):
            facts = parcel.body["facts"]
            for part in files.MAKERS[complaints.USE].parts:
                parts[part] = files.make(complaints.USE, part, facts)
    return parts


async def makes(person: Person, number: str) -> Said:
    await opens(person, number)
    return await person.press("Complaint file")


def words_of(page: bytes) -> str:
    return re.sub(r"<[^>]+>", " ", page.decode())


async def test_the_file_holds_all_that_an_authority_asks_for(each_doorstep: Doorstep) -> None:
    """LAW.md 5: whom, against whom, what happened, over which time, proof, what is asked, name and address, signature."""
    step = each_doorstep
    moved_to(step, datetime(2026, 12, 1, 6, tzinfo=UTC))
    saule = await step.person("saule").registers()
    number = await asked(saule)
    await step.keep(lambda visit: decisions.refuse(visit, number, "identity", "We do not know you.", ERLAN))
    said = await makes(saule, number)
    for told in (
        "We do not send it anywhere",
        "eOtinish",
        "Ministry of Artificial Intelligence",
        "akimat",
        "A court",
    ):
        assert told in said.text
    assert "Telegram's servers abroad" in said.text and said.text.startswith("✔")
    said = await saule.press("Here in the chat")
    assert number in said.text and "comes into this chat" in said.text
    page = words_of((await comes(step))["html"])
    for told in (
        "Ministry of Artificial Intelligence", "The akimat of the region", "A court", "eOtinish",
        "article 27-1, paragraph 1", "article 27, paragraph 2", "article 30", "article 24, paragraph 1, subparagraph 7",
        "KazGer LLP", "info@alit.kz", "https://alit.kz", number, "question", "Tuesday 1 December 2026",
        CANARY, "We do not know you.", "it is not confirmed that the data belong", "article 37, paragraph 5",
        "oblige the operator", "IIN", "Postal address", "Surname, name, patronymic", "Date and signature", 
        "sent it nowhere",
    ):  # fmt: skip
        assert told in page, told


async def test_a_late_answer_is_told_by_how_many_days(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    moved_to(step, datetime(2026, 12, 1, 6, tzinfo=UTC))
    saule = await step.person("saule").registers()
    number = await asked(saule)

    async def lines() -> dict[str, str]:
        found = await step.keep(lambda visit: complaints.facts(visit, number), saule)
        return {name: value for name, value in found["request"]}

    assert "Late by" not in await lines()
    moved_to(step, datetime(2026, 12, 9, 6, tzinfo=UTC))  # it was due on Friday the 4th
    assert (await lines())["Late by"] == "5 days" and (await lines())["Answered"] == "not yet"
    await answered(step, number)
    moved_to(step, datetime(2027, 1, 20, 6, tzinfo=UTC))
    assert (await lines())["Late by"] == "5 days" and (await lines())[
        "Answered"
    ] == "Wednesday 9 December 2026"


async def test_nobody_elses_words_are_in_it_and_nobody_else_gets_it(each_doorstep: Doorstep) -> None:
    """T-CHAT-01."""
    step = each_doorstep
    aigul, saule = await step.person("aigul").registers("en"), await step.person("saule").registers()
    number = await asked(aigul)
    own = await asked(saule, "My own words")
    await makes(saule, own)
    for way in ("chat", "link", "email"):
        said = await saule.press(data=f"cmpltb:en::{number}.{way}")
        assert "not among your requests" in said.text
    assert await step.keep(lambda visit: complaints.facts(visit, number), saule) is None
    await saule.press(data=f"cmpltb:en::{own}.chat")
    page = (await comes(step))["html"].decode()
    assert "My own words" in page and "CANARY" not in page


async def test_a_link_opens_the_file_and_a_new_one_ends_the_old(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    number = await asked(saule)
    assert "One-time link" not in (await makes(saule, number)).buttons  # there is no web door
    assert (
        "not" not in (await saule.press(data=f"cmpltb:en::{number}.link")).text.split("\n")[0].split("✔")[0]
    )
    assert await step.rows("SELECT 1 FROM links") == []
    step.desk.url = "https://desk.example"
    await makes(saule, number)
    said = await saule.press("One-time link")
    address = said.buttons["One-time link"]
    assert address.startswith("https://desk.example/l/") and address not in said.text
    assert "the link works once, until " in said.text
    for table in ("links", "seen", "outbox"):
        for row in await step.rows(f"SELECT * FROM {table}"):
            assert address.rsplit("/", 1)[1] not in str(row)
    assert await step.rows("SELECT use, ref FROM links") == [("complaint", number)]
    await makes(saule, number)
    assert (await saule.press("One-time link")).buttons["One-time link"] != address
    assert len(await step.rows("SELECT 1 FROM links")) == 1


async def test_it_goes_by_letter_only_to_a_proved_mailbox(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    number = await asked(saule)
    assert "To my e-mail" not in (await makes(saule, number)).buttons
    await saule.press(data=f"cmpltb:en::{number}.email")
    assert await step.rows("SELECT 1 FROM outbox WHERE kind = 'file-letter'") == []
    await saule.gives_email("saule@mail.kz")
    await step.courier()
    await makes(saule, number)
    said = await saule.press("To my e-mail")
    assert "s…e@mail.kz" in said.text
    (letter,) = [parcel for parcel in await step.courier("email") if parcel.message.kind == files.FILE_LETTER]
    assert letter.address == "saule@mail.kz" and number in letter.body["subject"]


async def test_without_a_request_words_are_asked_and_staff_are_not(each_doorstep: Doorstep) -> None:
    """Ask or complain › Complain › Complaint file: who goes straight to the authority has told us nothing to answer."""
    step = each_doorstep
    saule = await step.person("saule").registers()
    await step.courier()
    await saule.say("/ask")
    await saule.press("Complain")
    said = await saule.press("Complaint file")
    assert "Please write what happened" in said.text and "Cancel" in said.buttons
    said = await saule.say("They called me at night.")
    number = said.number
    assert said.text.startswith("✔") and "Here in the chat" in said.buttons
    await saule.press("Here in the chat")
    page = words_of((await comes(step))["html"])
    assert "They called me at night." in page and "Answer due" not in page and "Late by" not in page
    assert await step.courier("email") == []
    assert await step.rows("SELECT kind, state FROM cases") == [(cases.COMPLAINT, cases.DONE)]
    assert "done" in (await opens(saule, number)).text


@pytest.mark.parametrize("locale", LOCALES)
async def test_what_was_typed_is_never_markup(doorstep: Doorstep, locale: str) -> None:
    """HTML and Typst: what people and staff wrote goes in as data."""
    with speaking(locale):
        labels = (_("Ask a question"), _("Send"))
    saule = await doorstep.person("saule").registers(locale)
    await saule.say("/ask")
    await saule.press(labels[0])
    await saule.say(NASTY)
    number = (await saule.press(labels[1])).number
    await answered(doorstep, number, NASTY)

    def made(visit: Visit) -> Any:
        visit.locale = visit.known.locale
        return complaints.facts(visit, number)

    told = await doorstep.keep(made, saule)
    page = files.make(complaints.USE, "html", told).decode()
    assert "<script>" not in page and "&lt;script&gt;" in page and f'<html lang="{locale}">' in page
    assert "src=" not in page and "href=" not in page  # nothing is loaded from outside
    if papers.able():
        assert files.make(complaints.USE, "pdf", told).startswith(b"%PDF-")


async def test_the_words_of_a_complaint_are_forgotten_when_it_is_left(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    await saule.say("/ask")
    await saule.press("Complain")
    await saule.press("Complaint file")
    said = await saule.press("Cancel")
    assert "Ask a question" in said.buttons and await doorstep.rows("SELECT 1 FROM cases") == []
