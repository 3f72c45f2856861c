"""Deleting for good, as a person sees it: three lists, one press, a day of regret, a certificate as the last message."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.doorstep import Doorstep, Person
from tests.promises.stories import at_noon

from kelisim.courier.outcome import GONE, Outcome
from kelisim.desk import attachments, cases, certificates, consents, files, holds, staff, subjects
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
ADDRESS = "aigul.canary@mail.kz"


async def full(step: Doorstep) -> Person:
    """Aigul with a name, a mailbox and an open question with a file."""
    aigul = await step.person("aigul").registers("en")
    await aigul.gives_email(ADDRESS)

    def asks(visit: Visit) -> None:
        case = cases.begin(visit, cases.QUESTION, words="CANARYWORDS")
        attachments.keep(visit, "a.pdf", b"%PDF-1.7 CANARYFILE")
        attachments.adopt(visit, case)

    await step.keep(asks, aigul)
    await step.courier()
    return aigul


async def deletes(person: Person) -> str:
    """Through the menu, three taps; the number."""
    await person.say("/menu")
    for label in ("Block or delete", "Delete my data", "Delete for good"):
        said = await person.press(label)
    assert said.text.startswith("✔"), said.text
    return said.number


async def rounds(step: Doorstep, **by: float) -> None:
    step.later(**(by or {"minutes": 2}))
    await step.caretaker()


async def certificate(step: Doorstep, number: str) -> dict[str, Any]:
    """What the certificate of that number says, in English."""
    facts = await step.keep(lambda visit: files.gather(visit, certificates.FILE, number))
    assert isinstance(facts, dict)
    for part, make in files.MAKERS[certificates.FILE].parts.items():
        assert part == "pdf" or number.encode() in make(facts), part
    return facts


async def test_the_preview_says_what_goes_what_stays_and_what_ends(each_doorstep: Doorstep) -> None:
    """S17, T-LAW-09."""
    step = each_doorstep
    aigul = await full(step)
    dias = await step.person("dias").registers("ru")
    await dias.say("/menu")
    question = (await step.keep(lambda visit: cases.of_subject(visit), aigul))[0].number
    said = await aigul.say("/delete")
    assert "Look before you decide: nobody can bring this back afterwards, not even we." in said.text
    goes, nameless, stays = re.split(r"Kept without your name:|Kept, on which ground, until when:", said.text)
    for what in ("the address of this chat", "e-mail", "surname", "words of 1 request", "1 file you gave"):
        assert what in goes, what
    for what in ("2 records of consents", "journal of acts", "a code computed from each proved address", "still personal data",
                 "it ends with a consent you give yourself"):  # fmt: skip
        assert what in nameless, what
    assert "• nothing" in stays and f"Open requests that end: {question}" in stays
    assert "an address you have not proved here, are not included" in said.text
    assert {"Delete for good", "Get the file", "Find my other data", "Back", "Menu"} <= said.buttons.keys()
    assert ADDRESS not in said.text and "CANARY" not in said.text


async def test_of_somebody_with_nothing_but_the_chat_it_says_so(doorstep: Doorstep) -> None:
    aigul = await doorstep.person("aigul").registers("en")
    assert "nothing else is held about you" in (await aigul.say("/delete")).text


async def test_data_that_changed_since_they_were_shown_are_shown_again(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await full(step)
    await aigul.say("/delete")
    button = aigul.shown["Delete for good"]
    await step.keep(lambda visit: cases.begin(visit, cases.QUESTION, words="one more"), aigul)
    said = await aigul.press(data=button)
    assert "changed since this was shown" in said.text and "words of 2 requests" in said.text
    assert await step.rows("SELECT 1 FROM erasures") == []
    forged = await aigul.press(data="erasdo:en::")
    assert "changed since this was shown" in forged.text and await step.rows("SELECT 1 FROM erasures") == []
    assert (await aigul.press("Delete for good")).text.startswith("✔")


async def test_use_stops_at_once_and_nothing_is_called_deleted_before_it_is(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await full(step)
    number = await deletes(aigul)
    assert "no later than" in aigul.said.text and "have been destroyed" not in aigul.said.text
    assert aigul.said.buttons.keys() == {"Keep my data", "Menu"}

    def now(visit: Visit) -> tuple[str, list[str]]:
        return visit.known.state, consents.given(visit)

    assert await step.keep(now, aigul) == (subjects.ERASING, ["desk"])
    acts = await step.rows("SELECT act, purpose FROM consent_records ORDER BY id")
    assert [tuple(row) for row in acts][-1:] == [("withdrawn", "informing-email")]
    # By the other proved way it is told at once (T-ID-08).
    (letter,) = [parcel for parcel in await step.courier(EMAIL) if parcel.message.kind == "alert-letter"]
    assert letter.address == ADDRESS and number in letter.body["text"]
    for words in ("/delete", "/block"):
        said = await aigul.say(words)
        if words == "/block":
            said = await aigul.press("Kept too long")
        assert number in said.text and "about to be destroyed" in said.text and "Keep my data" in said.buttons
    await aigul.say("/consent")
    await aigul.press("Information: Telegram")
    assert "about to be destroyed" in (await aigul.press("I agree")).text
    assert await step.keep(now, aigul) == (subjects.ERASING, ["desk"])


async def test_for_a_day_the_data_can_be_kept(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await full(step)
    number = await deletes(aigul)
    await rounds(step, hours=23, minutes=50)
    said = await aigul.press("Keep my data")
    assert said.text.startswith("✔") and said.number == number and "nothing was destroyed" in said.text
    again = await aigul.press(data="eraskp:en::")
    assert not again.text.startswith("✔")
    await rounds(step, days=2)
    assert await step.keep(lambda visit: visit.known.state, aigul) == subjects.ACTIVE
    profile = await step.keep(subjects.profile, aigul)
    assert profile == {"surname": "Nurlanova", "name": "Aigul"}
    assert [tuple(row) for row in await step.rows("SELECT stage FROM erasures")] == [("kept",)]
    assert (await step.keep(lambda visit: cases.find(visit, number), aigul)).state == cases.WITHDRAWN


async def test_the_request_to_delete_withdrawn_among_my_requests_keeps_the_data(doorstep: Doorstep) -> None:
    aigul = await full(doorstep)
    number = await deletes(aigul)
    await aigul.say("/requests")
    await aigul.press(number)
    await aigul.press("Withdraw the request")
    assert await doorstep.keep(lambda visit: visit.known.state, aigul) == subjects.ACTIVE


async def test_the_certificate_is_the_last_message_and_its_address_goes_with_it(
    each_doorstep: Doorstep,
) -> None:
    """S18, T-LAW-08: places listed truthfully; then nobody is known here."""
    step = each_doorstep
    at_noon(step)
    aigul = await full(step)
    await deletes(aigul)
    await step.courier()
    await rounds(step, hours=24, minutes=1)
    for table in ("subjects", "contacts", "profile", "case_messages", "attachments", "consents"):
        assert await step.rows(f"SELECT 1 FROM {table}") == [], table
    papers = await step.courier(TELEGRAM)
    assert {parcel.body["part"] for parcel in papers} >= {"html", "json"}
    facts = await certificate(step, papers[0].message.number)
    told = json.dumps(facts, ensure_ascii=False)
    became = {each["place"]: each["became"] for each in facts["places"]}
    assert any("Database" in place and end == "destroyed" for place, end in became.items())
    assert any("Telegram" in place and "out of our reach" in end for place, end in became.items())
    assert any("staff" in place and "out of our reach" in end for place, end in became.items())
    assert any("Backups" in place and "destroyed by" in end for place, end in became.items())
    assert any(
        "our mailbox" in place and "not destroyed by this program" in end for place, end in became.items()
    )
    assert "still personal data" in told and "It ends when you give a consent yourself" in told
    assert ADDRESS not in told and "CANARY" not in told and str(aigul.id) not in told
    step.later(seconds=20)
    (last,) = await step.courier(TELEGRAM)
    assert last.address == str(aigul.id)
    text = last.body["text"]
    assert text.startswith("✔ Certificate No. E-") and "have been destroyed and cannot be restored" in text
    assert "No further message will come to this chat." in text
    assert [b["text"] for row in last.body["reply_markup"]["inline_keyboard"] for b in row] == ["Start"]
    assert await step.rows("SELECT 1 FROM outbox WHERE channel = 'telegram' AND body IS NOT NULL") == []
    assert await step.rows("SELECT 1 FROM outbox WHERE number LIKE 'E-%' AND address IS NOT NULL") == []
    await aigul.say("/mydata")
    assert await step.rows("SELECT 1 FROM subjects") == []
    assert "I am 18 or over" in aigul.said.buttons or "English" in aigul.said.buttons


@pytest.mark.parametrize("outcome", [Outcome(GONE, "403"), None])
async def test_a_refused_or_late_certificate_takes_its_address_with_it(
    doorstep: Doorstep, outcome: Outcome | None
) -> None:
    """DESIGN.md 8.16: until it is delivered, refused, or a day has passed."""
    step = doorstep
    aigul = await step.person("aigul").registers("en")
    await deletes(aigul)
    await step.courier()
    await rounds(step, hours=24, minutes=1)
    assert await step.rows("SELECT 1 FROM outbox WHERE address IS NOT NULL") != []
    if outcome is None:
        await rounds(step, hours=25)
    else:
        await step.courier(outcome=outcome)
        step.later(seconds=20)
        await step.courier(outcome=outcome)
    assert await step.rows("SELECT 1 FROM outbox WHERE address IS NOT NULL AND number LIKE 'E-%'") == []


async def test_somebody_who_blocked_the_bot_gets_the_certificate_by_letter(doorstep: Doorstep) -> None:
    step = doorstep
    aigul = await full(step)
    await deletes(aigul)
    await step.courier()
    await step.keep(lambda visit: subjects.unreachable(visit, TELEGRAM, visit.visitor.hash), aigul)
    await rounds(step, hours=24, minutes=1)
    (letter,) = [parcel for parcel in await step.courier(EMAIL) if parcel.message.number.startswith("E-")]
    assert letter.address == ADDRESS and "Certificate No. E-" in letter.body["subject"]
    assert (await certificate(step, letter.message.number))["number"] == letter.message.number


async def test_where_everything_must_stay_the_ground_is_said_and_use_stops_all_the_same(
    each_doorstep: Doorstep,
) -> None:
    """S16, T-LAW-03, I11: whoever placed the hold decided."""
    step = each_doorstep
    aigul = await full(step)
    await step.keep(lambda visit: holds.place(visit, "justice", "CANARY order No. 7", ERLAN), aigul)
    said = await aigul.say("/delete")
    assert "everything. Ground:" in said.text and "CANARY" not in said.text
    said = await aigul.press("Delete for good")
    assert "We cannot do this. Ground:" in said.text and "Article:" in said.text and "court" in said.text
    assert "Destroyed all the same" in said.text and "Complaint file" in said.buttons
    case = await step.keep(lambda visit: cases.find(visit, said.number), aigul)
    assert case.state == cases.REFUSED
    (event,) = [
        e for e in await step.keep(lambda visit: cases.events(visit, case), aigul) if e.act == cases.REFUSED
    ]
    assert event.role == "staff" and event.actor == ERLAN.label
    await rounds(step, days=2)
    assert await step.keep(subjects.profile, aigul) == {"surname": "Nurlanova", "name": "Aigul"}
    assert await step.keep(consents.given, aigul) == ["desk"]


async def test_an_open_complaint_stays_until_it_is_decided_and_the_rest_goes(each_doorstep: Doorstep) -> None:
    """T-LAW-03: shown as a ground to keep those records; what is decided is emptied then."""
    step = each_doorstep
    aigul = await full(step)

    def complains(visit: Visit) -> str:
        case = cases.begin(visit, cases.COMPLAINT, words="EVIDENCE of a breach")
        attachments.keep(visit, "b.pdf", b"%PDF-1.7 EVIDENCEFILE")
        attachments.adopt(visit, case)
        return case.number

    number = await step.keep(complains, aigul)
    said = await aigul.say("/delete")
    stays = said.text.partition("Kept, on which ground, until when:")[2]
    assert (
        number in stays
        and "Ground:" in stays
        and "Article:" in stays
        and "If you withdraw it, they go too" in stays
    )
    await aigul.press("Delete for good")
    await step.courier()
    await rounds(step, hours=24, minutes=1)
    assert await step.rows("SELECT 1 FROM subjects") == [] and await step.rows("SELECT 1 FROM profile") == []
    assert [tuple(row) for row in await step.rows("SELECT count(*) FROM case_messages")] == [(1,)]
    assert [tuple(row) for row in await step.rows("SELECT count(*) FROM attachments")] == [(1,)]
    papers = await step.courier(TELEGRAM)
    facts = await certificate(step, papers[0].message.number)
    assert number in json.dumps(facts, ensure_ascii=False)

    def decides(visit: Visit) -> None:
        case = cases.known(visit, number)
        assert case.subject_id is None and [m.words for m in cases.messages(visit, case)] == [
            "EVIDENCE of a breach"
        ]
        cases.act(visit, case, cases.ANSWERED, to=cases.ANSWERED, actor=ERLAN)

    await step.keep(decides)
    await rounds(step)
    assert (
        await step.rows("SELECT 1 FROM case_messages") == []
        and await step.rows("SELECT 1 FROM attachments") == []
    )


async def test_staff_are_told_that_an_open_request_ended(doorstep: Doorstep) -> None:
    step = doorstep
    aigul = await step.person("aigul").registers("en")
    await aigul.say("/ask")
    await aigul.press("Ask a question")
    await aigul.say("CANARYQUESTION")
    await aigul.press("Send")
    number = aigul.said.number
    await step.courier()
    await deletes(aigul)
    await step.courier()
    await rounds(step, hours=24, minutes=1)
    gone = [parcel for parcel in await step.courier(EMAIL) if parcel.message.kind == "case"]
    assert [parcel.message.body for parcel in gone] == [{"case": number, "what": "gone"}]
    assert "CANARY" not in str(gone[0].body)
