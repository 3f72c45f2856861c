"""Asking, complaining, objecting, reporting: words and files are shown back, sent once, and gone when the flow is left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.doorstep import Doorstep, Person, Said

from kelisim.desk import attachments, cases
from kelisim.desk.visit import Visit

CANARY = "CANARYWORDS about my flat"
PDF = b"%PDF-1.7 CANARYPAPER"
JPEG, PNG = b"\xff\xd8\xff\xe0 a photo", b"\x89PNG\r\n\x1a\n a picture"
KINDS = {
    "Ask a question": (cases.QUESTION, ["erlan@alit.kz"]),
    "Complain": (cases.COMPLAINT, ["dana@alit.kz"]),
    "Object to automation": (cases.OBJECTION, ["dana@alit.kz"]),
    "Report a leak": (cases.BREACH, ["dana@alit.kz", "erlan@alit.kz", "gulnar@alit.kz"]),
}


def feeds(step: Doorstep, content: bytes | None) -> None:
    """What Telegram would hand out for any file."""

    async def fetch(file_id: str) -> bytes | None:
        return content

    step.door.fetch = fetch


async def brings(person: Person, content: bytes | None, name: str = "paper.pdf", size: int = 0) -> Said:
    feeds(person.step, content)
    size = size or len(content or b"")
    document = {"file_id": "f", "file_unique_id": "u", "file_name": name, "file_size": size}
    return await person.bring(document=document)


async def asks(person: Person, label: str, *words: str) -> Said:
    """From /ask to the check, with these messages."""
    await person.say("/ask")
    await person.press(label)
    said = person.said
    for each in words:
        said = await person.say(each)
    return said


async def letters(step: Doorstep) -> list[Any]:
    return [parcel for parcel in await step.courier("email") if parcel.message.kind == "case"]


async def count(step: Doorstep, table: str) -> int:
    return int((await step.rows(f"SELECT count(*) FROM {table}"))[0][0])


@pytest.mark.parametrize("label", KINDS)
async def test_each_of_the_four_ways_ends_with_a_number_a_date_and_a_letter_to_staff(
    each_doorstep: Doorstep, label: str
) -> None:
    """A leak is told to all the staff and the person responsible in the same moment."""
    step = each_doorstep
    kind, readers = KINDS[label]
    saule = await step.person("saule").registers()
    said = await asks(saule, label, "Why do you write to my old address?")
    assert "«\u2068Why do you write to my old address?\u2069»" in said.text
    assert await count(step, "cases") == 0 and await letters(step) == []
    said = await saule.press("Send")
    assert said.text.startswith("✔ Your request is accepted, No. K-") and "Answer due: " in said.text
    assert list(said.buttons) == ["Why this date?", "My requests", "Menu"]
    ((number, found, state),) = await step.rows("SELECT number, kind, state FROM cases")
    assert (number, found, state) == (said.number, kind, cases.WITH_STAFF)
    sent = await letters(step)
    assert sorted(parcel.address for parcel in sent) == readers
    assert all("Why do you write to my old address?" in parcel.body["text"] for parcel in sent)
    assert await step.rows("SELECT draft FROM subjects WHERE draft IS NOT NULL") == []


async def test_several_messages_are_joined_and_only_the_first_characters_come_back(
    each_doorstep: Doorstep,
) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    said = await asks(saule, "Ask a question", "a" * 290, "the second word " * 10)
    assert "a" * 290 in said.text and said.text.count("second") < 3 and "…" in said.text
    await saule.press("Add more")
    await saule.say("and a third")
    said = await saule.press("Send")
    (message,) = await step.keep(lambda visit: cases.messages(visit, _only(visit)), saule)
    assert message.words == "\n\n".join(("a" * 290, ("the second word " * 10), "and a third"))


def _only(visit: Visit) -> cases.Case:
    (case,) = cases.of_subject(visit)
    return case


async def test_what_waits_to_be_sent_is_sealed(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    await asks(saule, "Complain", CANARY)
    await brings(saule, PDF)
    ((draft,),) = await step.rows("SELECT draft FROM subjects WHERE draft IS NOT NULL")
    ((content, name),) = await step.rows("SELECT content, name FROM attachments")
    assert all(
        b"CANARY" not in bytes(cell) and b"paper" not in bytes(cell) for cell in (draft, content, name)
    )


@pytest.mark.parametrize("content", [PDF, JPEG, PNG])
async def test_a_file_goes_with_the_words(each_doorstep: Doorstep, content: bytes) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    said = await asks(saule, "Ask a question")
    assert "PDF or photos" in said.text and "identity documents" in said.text
    said = await brings(saule, content)
    assert "1 file is here" in said.text
    said = await saule.say("What is this paper?")
    assert "With it goes 1 file." in said.text
    number = (await saule.press("Send")).number

    def kept(visit: Visit) -> list[bytes]:
        case = cases.find(visit, number)
        assert case is not None
        return [attachments.content(visit, case, file.id) for file in attachments.of_case(visit, case)]

    assert await step.keep(kept, saule) == [content]


@pytest.mark.parametrize(
    ("content", "name", "size", "told"),
    [
        (b"<html><script>alert(1)</script>", "құжат.pdf", 0, "not a PDF, a JPEG or a PNG"),
        (b"MZ\x90\x00%PDF-1.7", "scan.pdf", 0, "not a PDF, a JPEG or a PNG"),
        (b"GIF89a", "photo.png", 0, "not a PDF, a JPEG or a PNG"),
        (PDF, "big.pdf", attachments.LARGEST + 1, "larger than 10 MB"),
        (PDF + b"0" * attachments.LARGEST, "lies.pdf", 12, "larger than 10 MB"),
        (None, "gone.pdf", 12, "could not be taken over"),
        (b"", "empty.pdf", 12, "could not be taken over"),
    ],
)
async def test_a_file_of_the_wrong_kind_or_size_is_not_kept_and_it_is_said_why(
    each_doorstep: Doorstep, content: bytes | None, name: str, size: int, told: str
) -> None:
    """T-LET-19: told apart by what is in it, never by its name."""
    step = each_doorstep
    saule = await step.person("saule").registers()
    for label, words in (
        ("Ask a question", ()),
        ("Complain", ("It happened.",)),
    ):  # at the question, and at the check
        await asks(saule, label, *words)
        said = await brings(saule, content, name, size)
        assert told in said.text
        assert await count(step, "attachments") == 0
    assert "It happened." in saule.said.text  # the words are still there


async def test_a_sixth_file_is_not_kept(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    await asks(saule, "Ask a question", "Here are my papers.")
    for _file in range(attachments.A_MESSAGE):
        said = await brings(saule, PDF)
    assert "With it go 5 files." in said.text
    said = await brings(saule, PDF)
    assert "as many files as can be kept" in said.text and "With it go 5 files." in said.text
    assert await count(step, "attachments") == 5


async def test_every_photo_of_an_album_is_taken_where_files_are_asked_for(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    await asks(saule, "Ask a question", "Three photos follow.")
    feeds(doorstep, JPEG)
    photo = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1, "file_size": 9}]
    for _photo in range(3):
        said = await saule.bring(photo=photo, media_group_id="album")
    assert "With it go 3 files." in said.text


async def test_a_forwarded_file_is_not_taken(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    await asks(saule, "Ask a question", "See below.")
    feeds(doorstep, PDF)
    origin = {"type": "hidden_user", "date": 1, "sender_user_name": "X"}
    document = {"file_id": "f", "file_unique_id": "u", "file_size": 9}
    said = await saule.bring(document=document, forward_origin=origin)
    assert "I did not open the file" in said.text and await count(doorstep, "attachments") == 0


async def _cancels(person: Person) -> Said:
    return await person.press("Cancel")


async def _commands(person: Person) -> Said:
    return await person.say("/cancel")


async def _stops(person: Person) -> Said:
    return await person.say("stop")


async def _goes_elsewhere(person: Person) -> Said:
    return await person.say("/consent")


async def _begins_anew(person: Person) -> Said:
    return await person.say("/ask")


async def _sleeps(person: Person) -> Said:
    person.step.later(hours=25)
    await person.step.caretaker()
    return person.said


LEAVES: list[Callable[[Person], Awaitable[Said]]] = [
    _cancels, _commands, _stops, _goes_elsewhere, _begins_anew, _sleeps,
]  # fmt: skip


@pytest.mark.parametrize("leaves", LEAVES, ids=lambda function: function.__name__)
async def test_a_flow_that_is_left_destroys_its_words_and_files(
    each_doorstep: Doorstep, leaves: Callable[[Person], Awaitable[Said]]
) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    await asks(saule, "Complain", CANARY)
    await brings(saule, PDF)
    send = saule.shown["Send"]
    await leaves(saule)
    assert await count(step, "attachments") == 0
    assert await step.rows("SELECT 1 FROM subjects WHERE draft IS NOT NULL") == []
    said = await saule.press(data=send)
    assert CANARY not in said.text and await count(step, "cases") == 0


async def test_a_stop_in_the_flow_says_that_it_was_dropped(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    await asks(saule, "Complain", CANARY)
    assert "What was begun is cancelled and forgotten." in (await saule.say("stop")).text


async def test_the_same_words_again_are_joined_and_it_is_said(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    await asks(saule, "Ask a question", "Where is my answer?")
    first = (await saule.press("Send")).number
    await asks(saule, "Ask a question", "where is  MY answer?")
    said = await saule.press("Send")
    assert said.number == first and "just this already" in said.text
    assert await count(step, "cases") == 1 and await count(step, "case_messages") == 1
    dias = await step.person("dias").registers("en")
    await asks(dias, "Ask a question", "Where is my answer?")
    assert (await dias.press("Send")).number != first  # another person's words are nobody else's business


async def test_the_sixth_request_of_a_day_is_joined_and_never_refused(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    made = []
    for number in range(cases.A_DAY):
        await asks(saule, "Ask a question", f"Question {number}")
        made.append((await saule.press("Send")).number)
    await letters(step)
    await asks(saule, "Complain", "The sixth thing of today")
    said = await saule.press("Send")
    assert said.number in made and "many requests today" in said.text
    assert await count(step, "cases") == cases.A_DAY
    assert "The sixth thing of today" in (await letters(step))[-1].body["text"]
    step.later(days=1, minutes=1)
    await asks(saule, "Complain", "A new day")
    assert (await saule.press("Send")).number not in made


async def test_send_pressed_twice_makes_one_request(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    await asks(saule, "Ask a question", "Once, please.")
    send = saule.shown["Send"]
    number = (await saule.press(data=send)).number
    said = await saule.press(data=send)
    assert "already done" in said.text and said.number == number
    assert await count(step, "cases") == 1


async def test_nothing_is_not_sent(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    await asks(saule, "Ask a question", "A thing to send")
    send = saule.shown["Send"]
    number = (await saule.press("Send")).number
    await saule.press("My requests")
    await saule.press(number)
    await saule.press("Add more")
    await brings(saule, PDF)
    await doorstep.keep(lambda visit: attachments.drop(visit), saule)
    assert "nothing to send" in (await saule.press(data=send)).text


async def test_the_answer_goes_by_email_only_to_a_mailbox_that_is_proved(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    dias = await step.person("dias").registers("en")
    said = await asks(dias, "Ask a question", "To me, please.")
    assert "Answer by e-mail" not in said.buttons
    # A forged press: no mailbox is proved, so nothing changes.
    data = dias.shown["Send"].replace("asksnd", "askby") + "email"
    assert "into this chat" in (await dias.press(data=data)).text

    saule = await step.person("saule").registers()
    await saule.gives_email("saule@mail.kz")
    await step.courier()
    await asks(saule, "Ask a question", "Write to me, please.")
    said = await saule.press("Answer by e-mail")
    assert "s…e@mail.kz" in said.text and "saule@mail.kz" not in said.text
    said = await saule.press("Answer here")
    assert "into this chat" in said.text
    await saule.press("Answer by e-mail")
    await saule.press("Send")
    assert await step.rows("SELECT answer_by FROM cases") == [("email",)]


async def test_words_with_a_screen_of_their_own_are_offered_it(doorstep: Doorstep) -> None:
    """SCREENS rule 6: an intent never acts, and what was typed still can be sent."""
    saule = await doorstep.person("saule").registers()
    said = await asks(saule, "Ask a question", "I want to file a complaint")
    assert {"Send", "Complain"} <= said.buttons.keys()
    assert "Complain" not in (await asks(saule, "Complain", "I want to file a complaint")).buttons


@pytest.mark.parametrize(
    "words", ["<b>bold</b> {0.__class__} %s", "\u202eevil\u202c", "a\x00b", "`code` *x* _y_"]
)
async def test_what_is_typed_stays_plain_text(doorstep: Doorstep, words: str) -> None:
    saule = await doorstep.person("saule").registers()
    said = await asks(saule, "Ask a question", words)
    assert "parse_mode" not in said.calls[0] and "\u202e" not in said.text and "\x00" not in said.text


async def test_blocked_people_may_ask_and_complain(each_doorstep: Doorstep) -> None:
    """SCREENS rule 11."""
    step = each_doorstep
    saule = await step.person("saule").registers()
    await step.database.keep(
        lambda connection: connection.exec_driver_sql("UPDATE subjects SET state = 'blocked'")
    )
    for label in KINDS:
        await asks(saule, label, f"While blocked: {label}")
        assert (await saule.press("Send")).number
    assert await count(step, "cases") == 4


async def test_another_language_in_the_middle_keeps_what_was_begun(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    await asks(saule, "Ask a question", "A question that goes on")
    said = await saule.say("по-русски")
    assert "A question that goes on" in said.text


# Words nobody understood


def replied(person: Person, words: str | None, whose: Person | None = None) -> dict[str, Any]:
    """A press on the bot's reply to these words, as the Bot API brings it."""
    bot = {"id": 1000000000, "is_bot": True, "first_name": "kelisim"}
    chat = {"id": person.id, "type": "private", "first_name": person.first_name}
    message: dict[str, Any] = {
        "message_id": person.message, "date": 1_800_000_000, "chat": chat, "from": bot, "text": "…"
    }  # fmt: skip
    if words is not None:
        message["reply_to_message"] = {**(whose or person).written(text=words), "chat": chat}
    data = person.shown["Pass to staff"]
    return {
        "callback_query": {
            "id": "1",
            "from": person.user(),
            "chat_instance": "1",
            "data": data,
            "message": message,
        }
    }


async def test_words_nobody_understood_are_not_kept_until_they_are_passed_on(each_doorstep: Doorstep) -> None:
    """SCREENS 3.9: the answer is a reply, so Telegram itself brings the words back with the press."""
    step = each_doorstep
    saule = await step.person("saule").registers()
    said = await saule.say("melons and pumpkins CANARYMELON")
    assert "Shall I pass your words on? Answer due: " in said.text
    assert said.calls[0]["reply_parameters"]["allow_sending_without_reply"] is True
    for table in ("subjects", "seen", "parked", "case_messages", "outbox"):
        for row in await step.rows(f"SELECT * FROM {table}"):
            assert "CANARYMELON" not in str(row)
    assert await step.rows("SELECT 1 FROM subjects WHERE draft IS NOT NULL") == []
    said = await saule.send(replied(saule, "melons and pumpkins CANARYMELON"))
    assert "melons and pumpkins CANARYMELON" in said.text
    said = await saule.press("Send")
    assert said.number and (await letters(step))[0].address == "erlan@alit.kz"
    assert await step.rows("SELECT kind FROM cases") == [(cases.QUESTION,)]


async def test_words_that_are_no_longer_there_are_asked_for_again(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    await saule.say("melons and pumpkins")
    said = await saule.send(replied(saule, None))
    assert "no longer at hand" in said.text
    said = await saule.say("melons once more")
    assert "melons once more" in said.text and "Send" in said.buttons


async def test_another_persons_words_are_never_passed_on_as_ones_own(doorstep: Doorstep) -> None:
    """A reply to what the bot or somebody else wrote carries no words of this person."""
    saule, aigul = await doorstep.person("saule").registers(), doorstep.person("aigul")
    await saule.say("melons and pumpkins")
    said = await saule.send(replied(saule, "AIGULS WORDS", aigul))
    assert "AIGULS" not in said.text and "no longer at hand" in said.text


async def test_passing_on_comes_after_the_desk_consent(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    await saule.say("melons and pumpkins")
    dias = doorstep.person("dias")
    dias.shown = dict(saule.shown)
    said = await dias.send(replied(dias, "MY WORDS"))
    assert "MY WORDS" not in said.text and await doorstep.rows("SELECT 1 FROM cases") == []
