"""My data in the chat: the card at once and masked, the file by one's own choice, who looked, what was sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.desk import fullness
from tests.doorstep import BOT, Doorstep, Person, Said

from kelisim.courier.outcome import REFUSED, Outcome
from kelisim.desk import access, cases, documents, files, outbox, staff, subjects, viewings
from kelisim.desk.identity import Email
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
URL = "https://desk.example"


async def at_my_data(step: Doorstep, key: str = "aigul") -> tuple[Person, Said]:
    """Someone registered who has opened My data."""
    person = await step.person(key).registers()
    await person.say("/menu")
    return person, await person.press("My data")


async def looked_at(step: Doorstep, person: Person, times: int, reason: str = "to answer") -> None:
    def work(visit: Visit) -> None:
        for n in range(times):
            viewings.note(visit, ERLAN, viewings.CASE, f"{reason} {n}", "K-123456789")

    await step.keep(work, person)


async def orders(person: Person, way: str) -> Said:
    """My data › Get the file › a way."""
    await person.say("/mydata")
    await person.press("Get the file")
    return await person.press(way)


async def test_of_a_bare_chat_it_says_just_that(each_doorstep: Doorstep) -> None:
    """P12: nothing but the chat is held, and the card says exactly so."""
    person, said = await at_my_data(each_doorstep)
    assert "nothing is held about you: no name, no mailbox, no phone, no request" in said.text
    for told in ("Proved", "Requests through this bot", "Basis: your consent", "Methods: collecting", "the Telegram messenger",
                 "United Arab Emirates", "Nobody of the staff has looked", "from this chat", "Until: "):  # fmt: skip
        assert told in said.text, told
    assert "5001" not in said.text and "… 01" in said.text
    for label in ("Show in full", "Get the file", "Who looked", "Messages sent to me"):
        assert label in said.buttons
    await person.gives_email("aigul@mail.kz")
    assert "nothing is held about you" not in (await person.say("/mydata")).text


async def test_values_are_masked_until_they_are_asked_for_and_ten_minutes_later_again(
    each_doorstep: Doorstep,
) -> None:
    """SCREENS rule 8, T-ID-08: an old screen does not show in full for ever."""
    person, _said = await at_my_data(each_doorstep)
    await person.gives_email("aigul@mail.kz")
    said = await person.say("/mydata")
    assert "a…l@mail.kz" in said.text and "N…a" in said.text
    assert [value for value in ("aigul@mail.kz", "Nurlanova", "5001") if value in said.text] == []
    full = await person.press("Show in full")
    assert [value for value in ("aigul@mail.kz", "Nurlanova", "5001") if value not in full.text] == []
    assert "Show in full" not in full.buttons and "for 10 minutes" in full.text
    seen = f"data:en::{int(each_doorstep.desk.clock.now().timestamp()) // 60}.0"
    assert "Nurlanova" in (await person.press(data=seen)).text
    each_doorstep.later(minutes=10)
    again = await person.press(data=seen)
    assert "Nurlanova" not in again.text and "Show in full" in again.buttons


@pytest.mark.parametrize("forged", ["99999999999.0", "1.0", "0.9999", "-1.0", "7" * 22])
async def test_a_forged_moment_shows_nothing_in_full(doorstep: Doorstep, forged: str) -> None:
    person, _said = await at_my_data(doorstep)
    await person.gives_email("aigul@mail.kz")
    said = await person.press(data=f"data:en::{forged}")
    assert "Nurlanova" not in said.text and "aigul@mail.kz" not in said.text


async def test_a_card_too_long_for_one_message_has_pages(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = documents.pages
    monkeypatch.setattr(documents, "pages", lambda title, text: cut(title, text, 900))
    person, _said = await at_my_data(doorstep)
    await person.gives_email("aigul@mail.kz")
    await person.gives_email("aigul@mail.kz", purpose="promotion-email")
    for pair in ("informing-telegram", "promotion-telegram"):
        await person.press(data=f"c1:en::{pair}")
        await person.press("I agree")
    said = await person.say("/mydata")
    texts = [said.text]
    assert "Next page" in said.buttons
    while "Next page" in said.buttons:
        said = await person.press("Next page")
        texts.append(said.text)
    assert "Previous page" in said.buttons and all(len(text) <= 3500 for text in texts)
    whole = "".join(texts)
    assert all(label in whole for label in ("Information: e-mail", "Requests through this bot", "Kept in: "))
    full = await person.press("Show in full")
    assert full.text.splitlines()[-1] == texts[-1].splitlines()[-1]  # the same page


async def test_another_persons_data_are_on_nobodys_card(each_doorstep: Doorstep) -> None:
    """I2, T-ID-06: mother and daughter share a mailbox; each card has its own name and chat alone."""
    mother, _said = await at_my_data(each_doorstep, "aigul")
    daughter, _said = await at_my_data(each_doorstep, "saule")
    for person, name in ((mother, "aigul"), (daughter, "saule")):
        await each_doorstep.keep(
            lambda visit, name=name: fullness.fill(visit, name, "family@mail.kz"), person
        )
    await looked_at(each_doorstep, mother, 1, "Reason about mother")
    seen = {}
    for person, name in ((mother, "Aigul"), (daughter, "Saule")):
        await person.say("/mydata")
        texts = [(await person.press("Show in full")).text]
        for screen in ("data.looked", "data.sent"):
            texts.append(
                (
                    await person.press(
                        data=f"{ {'data.looked': 'dlook', 'data.sent': 'dsent'}[screen] }:en::"
                    )
                ).text
            )
        seen[name] = "\n".join(texts)
    assert "Of Aigul" in seen["Aigul"] and "Of Saule" not in seen["Aigul"]
    assert "Of Saule" in seen["Saule"] and "Of Aigul" not in seen["Saule"]
    assert "Reason about mother" in seen["Aigul"] and "mother" not in seen["Saule"]


async def test_a_name_that_plays_tricks_is_only_a_name(doorstep: Doorstep) -> None:
    """T-CHAT-09: markup, a format string, direction marks and three hundred signs stand as letters, on one line."""
    person, _said = await at_my_data(doorstep)
    hostile = "<a href=x>y</a> {0.__class__} \u202e\u200b" + "😀" * 400
    await doorstep.keep(lambda visit: subjects.keep_field(visit, "surname", hostile), person)
    await person.say("/mydata")
    said = await person.press("Show in full")
    assert "<a href=x>y</a> {0.__class__}" in said.text and "\u202e" not in said.text
    assert len(said.text) < 3600 and "entities" in said.calls[0]
    assert {entity["type"] for entity in said.calls[0]["entities"]} == {"bold"}


async def test_without_a_web_door_and_a_mailbox_only_the_chat_is_offered(doorstep: Doorstep) -> None:
    person, _said = await at_my_data(doorstep)
    said = await person.press("Get the file")
    assert (
        "passes through Telegram's servers abroad" in said.text and "at most in 3 working days" in said.text
    )
    assert "Here in the chat" in said.buttons and "One-time link" not in said.buttons


async def test_the_file_by_link_opens_and_answers_a_request(each_doorstep: Doorstep) -> None:
    """P12, LAW D1: a number, a due date, and the link itself; asked again within the hour it is the same request."""
    step = each_doorstep
    step.desk.url = URL
    person, _said = await at_my_data(step)
    said = await orders(person, "One-time link")
    assert said.text.startswith("✔") and said.number.startswith("K-") and "once, until" in said.text
    link = said.buttons["One-time link"]
    assert link.startswith(f"{URL}/l/")
    rows = await step.rows("SELECT kind, state, due FROM cases")
    assert [(row[0], row[1]) for row in rows] == [("access", "done")]
    assert rows[0][2] is not None
    again = await orders(person, "One-time link")
    assert again.number == said.number and again.buttons["One-time link"] != link
    assert await step.rows("SELECT count(*) FROM cases") == [(1,)]
    assert await step.rows("SELECT count(*) FROM links") == [(1,)]  # the first one is void
    step.later(hours=2)
    assert (await orders(person, "One-time link")).number != said.number


async def test_the_same_update_again_gives_a_link_that_works(doorstep: Doorstep) -> None:
    """Only the hash of a secret is kept, so a lost answer is answered with a new link, and the lost one is void."""
    doorstep.desk.url = URL
    person, _said = await at_my_data(doorstep)
    await person.press("Get the file")
    bot = {"id": BOT, "is_bot": True, "first_name": "kelisim"}
    message = {"message_id": person.message, "date": 1_800_000_000, "chat": {"id": person.id, "type": "private"}, "from": bot,
               "text": "…"}  # fmt: skip
    query = {
        "id": "1",
        "from": person.user(),
        "chat_instance": "1",
        "data": "dfdo:en::link",
        "message": message,
    }
    first = await person.send({"callback_query": query}, 880001)
    second = await person.send({"callback_query": query}, 880001)
    assert first.number == second.number and first.buttons["One-time link"] != second.buttons["One-time link"]
    assert await doorstep.rows("SELECT count(*) FROM links") == [(1,)]
    assert await doorstep.rows("SELECT count(*) FROM cases") == [(1,)]


async def test_the_file_into_the_chat_comes_as_documents_of_its_own_person(each_doorstep: Doorstep) -> None:
    """P12, I2: every part, to the chat that ordered it, with its own person's words alone."""
    step = each_doorstep
    person, _said = await at_my_data(step)
    dias = await step.person("dias").registers("ru")
    for each, words in ((person, "Aigul's canary"), (dias, "Dias's canary")):
        await step.keep(lambda visit, words=words: cases.begin(visit, cases.QUESTION, words=words), each)
    said = await orders(person, "Here in the chat")
    assert f"{len(access.PARTS)} files" in said.text
    parcels = [parcel for parcel in await step.courier(TELEGRAM) if parcel.message.kind == files.FILE]
    assert [parcel.address for parcel in parcels] == ["5001"] * len(access.PARTS)
    facts = await step.keep(lambda visit: files.gather(visit, access.USE, said.number), person)
    made = b"".join(files.make(access.USE, part, facts) for part in ("html", "json")).decode()
    assert "Aigul&#x27;s canary" in made and "Aigul's canary" in made and "Dias" not in made
    assert all(parcel.message.number == said.number for parcel in parcels)


async def test_the_file_by_letter_goes_to_the_mailbox_that_was_old_enough(each_doorstep: Doorstep) -> None:
    """T-ID-08: a mailbox proved today gets nothing, also when it is proved between the order and the letter."""
    step = each_doorstep
    person, _said = await at_my_data(step)
    await step.keep(lambda visit: subjects.keep_email(visit, Email("own@mail.kz", "own@mail.kz")), person)
    await person.say("/mydata")
    said = await person.press("Get the file")
    assert "To my e-mail" not in said.buttons and "less than 72 hours ago" in said.text
    assert (await person.press(data="dfdo:en::email")).text == said.text  # a forged press gets no further
    assert await step.rows("SELECT count(*) FROM cases") == [(0,)]
    step.later(hours=73)
    said = await orders(person, "To my e-mail")
    assert "o…n@mail.kz" in said.text and "own@mail.kz" not in said.text
    await step.keep(lambda visit: subjects.keep_email(visit, Email("new@mail.kz", "new@mail.kz")), person)
    letters = [parcel for parcel in await step.courier(EMAIL) if parcel.message.kind == files.FILE_LETTER]
    assert [parcel.address for parcel in letters] == ["own@mail.kz"]
    assert letters[0].body["ref"] == said.number and said.number in letters[0].body["subject"]


async def test_who_has_no_proved_mailbox_proves_one_and_waits(doorstep: Doorstep) -> None:
    """SCREENS 3.5, T-ID-08: the way to a mailbox is its proof, and even then 72 hours."""
    person, _said = await at_my_data(doorstep)
    await person.press("Get the file")
    await person.press("To my e-mail")
    await person.say("new@mail.kz")
    said = await person.say(await doorstep.code("new@mail.kz"))
    assert "less than 72 hours ago" in said.text and "To my e-mail" not in said.buttons
    assert await doorstep.rows("SELECT count(*) FROM cases WHERE kind = 'access'") == [(0,)]


async def test_a_young_mailbox_beside_an_old_one_gets_no_file(doorstep: Doorstep) -> None:
    """T-ID-08: whoever adds a mailbox does not become the reader of the next file."""
    person, _said = await at_my_data(doorstep)
    await doorstep.keep(lambda visit: subjects.keep_email(visit, Email("old@mail.kz", "old@mail.kz")), person)
    doorstep.later(hours=80)
    await doorstep.keep(lambda visit: subjects.keep_email(visit, Email("new@mail.kz", "new@mail.kz")), person)
    await orders(person, "To my e-mail")
    letters = [parcel for parcel in await doorstep.courier(EMAIL) if parcel.message.kind == files.FILE_LETTER]
    assert [parcel.address for parcel in letters] == ["old@mail.kz"]


async def test_every_other_proved_way_hears_of_the_order_before_it_takes_effect(
    each_doorstep: Doorstep,
) -> None:
    """T-ID-08: the notice stands in the queue with the order, once, and «It was not me» can still stop the file."""
    step = each_doorstep
    step.desk.url = URL
    person, _said = await at_my_data(step)
    await step.keep(lambda visit: subjects.keep_email(visit, Email("own@mail.kz", "own@mail.kz")), person)
    said = await orders(person, "Here in the chat")
    again = await orders(person, "Here in the chat")
    assert again.number == said.number
    alerts = [parcel for parcel in await step.courier(EMAIL) if parcel.message.kind == "alert-letter"]
    assert [(parcel.address, parcel.message.number) for parcel in alerts] == [("own@mail.kz", said.number)]
    assert "A file with your data was ordered" in alerts[0].body["text"]


async def test_a_file_that_is_on_its_way_is_not_sent_twice(doorstep: Doorstep) -> None:
    person, _said = await at_my_data(doorstep)
    first = await orders(person, "Here in the chat")
    second = await orders(person, "Here in the chat")
    assert first.number == second.number
    parcels = [parcel for parcel in await doorstep.courier(TELEGRAM) if parcel.message.kind == files.FILE]
    assert len(parcels) == len(access.PARTS)
    await orders(person, "Here in the chat")
    parcels = [parcel for parcel in await doorstep.courier(TELEGRAM) if parcel.message.kind == files.FILE]
    assert len(parcels) == len(access.PARTS)


async def test_a_file_too_large_for_the_chat_goes_by_link(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SCREENS 3.5: over 20 MB not to the chat, and a forged press does not send it there either."""
    doorstep.desk.url = URL
    person, _said = await at_my_data(doorstep)
    monkeypatch.setattr(access, "CHAT_LIMIT", 10)
    said = await person.press("Get the file")
    assert "Here in the chat" not in said.buttons and "larger than 20 MB" in said.text
    assert "larger than 20 MB" in (await person.press(data="dfdo:en::here")).text
    assert await doorstep.rows("SELECT count(*) FROM outbox WHERE kind = 'file'") == [(0,)]


async def test_blocked_people_may_see_their_data_and_have_the_file(doorstep: Doorstep) -> None:
    """SCREENS rule 11: seeing is never refused."""
    person, _said = await at_my_data(doorstep)
    await doorstep.keep(lambda visit: subjects.set_state(visit, subjects.BLOCKED), person)
    assert "Telegram account" in (await person.say("/mydata")).text
    assert (await orders(person, "Here in the chat")).text.startswith("✔")


async def test_who_looked_is_a_role_a_moment_and_a_reason(each_doorstep: Doorstep) -> None:
    """T-STAFF-01, I15: nobody yet; then every look, the last first, page by page, and no name of staff."""
    person, _said = await at_my_data(each_doorstep)
    assert "Nobody yet" in (await person.press("Who looked")).text
    await looked_at(each_doorstep, person, 9, "erlan@alit.kz asked <b>why</b>")
    card = await person.say("/mydata")
    assert "Staff looked at your data 9 times" in card.text
    said = await person.press("Who looked")
    assert said.text.count("a member of staff saw a request, № K-123456789") == 8
    assert "<b>why</b>" in said.text and "erlan" not in said.text and "Erlan" not in said.text
    assert "8" in said.text and "asked" in said.text
    said = await person.press("Next page")
    assert said.text.count("a member of staff") == 1 and "<b>why</b> 0" in said.text
    assert "Next page" not in said.buttons and "Previous page" in said.buttons


async def test_a_letter_to_staff_stands_among_the_looks_in_the_readers_language(doorstep: Doorstep) -> None:
    person, _said = await at_my_data(doorstep)
    note = "өтініш туралы хат"

    def work(visit: Visit) -> None:
        viewings.note(visit, ERLAN, viewings.LETTER, note, "K-123456789")

    await doorstep.keep(work, person)
    said = await person.press("Who looked")
    assert "a letter about a request, № K-123456789" in said.text and note not in said.text


async def test_what_was_sent_is_told_with_purpose_way_and_outcome(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    person, _said = await at_my_data(step)
    dias = await step.person("dias").registers("ru")
    assert "Nothing was sent to you under a consent" in (await person.press("Messages sent to me")).text
    await person.press(data="c1:en::informing-telegram")
    await person.press("I agree")

    def post(visit: Visit) -> None:
        for n in range(9):
            outbox.post(visit, "broadcast", TELEGRAM, {"text": f"News {n}"}, purpose="informing-telegram",
                        due=visit.at + timedelta(seconds=n))  # fmt: skip

    await step.keep(post, person)
    await step.keep(
        lambda visit: outbox.post(visit, "broadcast", EMAIL, {"text": "x"}, purpose="promotion-email"), dias
    )
    step.later(hours=24 - (step.desk.clock.now().hour + 5) % 24 + 12)
    await step.courier(TELEGRAM, Outcome(REFUSED, "400"))
    await person.say("/mydata")
    said = await person.press("Messages sent to me")
    assert said.text.count("Information: Telegram (Telegram): could not be delivered.") == 8
    assert "News" not in said.text and "Promotion" not in said.text
    assert said.text.splitlines() and "Next page" in said.buttons
    said = await person.press("Next page")
    assert said.text.count("Information: Telegram") == 1
    stopped = await person.press("Stop all")
    assert "Stopped" in stopped.text


async def test_a_page_that_is_not_there_is_the_last_one(doorstep: Doorstep) -> None:
    person, _said = await at_my_data(doorstep)
    await looked_at(doorstep, person, 9)
    assert (await person.press(data="dlook:en::999")).text == (await person.press(data="dlook:en::1")).text


async def test_nobody_without_a_consent_sees_a_card(doorstep: Doorstep) -> None:
    """I6: the right is there; before the desk consent its first screen is the choice of language."""
    stranger = doorstep.person("7007")
    assert "English" in (await stranger.say("/mydata")).buttons
    assert "Telegram account" not in (await stranger.press(data="data:en::")).text
    assert await doorstep.rows("SELECT count(*) FROM subjects") == [(0,)]
