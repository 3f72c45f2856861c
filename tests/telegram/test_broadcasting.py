"""/broadcast in the chat: for the chats of the operator file alone; from the first word to the word that sends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from tests.doorstep import Doorstep, Person, a_desk, doorstep_on

from kelisim.desk import audiences, broadcasts, drafts, markup, outbox, staff, watches
from kelisim.desk import operator as operators
from kelisim.desk.broadcasts import Broadcast
from kelisim.desk.operator import Operator
from kelisim.desk.visit import TELEGRAM, Visit
from kelisim.telegram import composing, counting
from kelisim.telegram.broadcasting import SCREENS
from kelisim.telegram.press import Press
from kelisim.telegram.screens import ACTS, VIEWS, code_of
from kelisim.telegram.wire import utf16
from kelisim.texts import LOCALES, NAMES, speaking

GULNAR, ERLAN = 6001, 6002
CHATS = {"gulnar@alit.kz": GULNAR, "erlan@alit.kz": ERLAN}
WORDS = {"kk": "Сенбіде ашықпыз", "ru": "В субботу открыто", "en": "Open on Saturday"}


def an_operator(**rules: Any) -> Operator:
    """The sample with two of the staff who may write to many."""
    operator = operators.load(None)
    people = tuple(
        person.model_copy(update={"telegram": CHATS.get(person.address), "locale": "en"})
        for person in operator.staff
    )
    return operator.model_copy(
        update={"staff": people, "broadcast": operator.broadcast.model_copy(update=rules)}
    )


@pytest.fixture
async def step(store_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Doorstep]:
    """The desk at noon in Almaty, on each store."""
    async with doorstep_on(store_url, desk=a_desk(an_operator(**getattr(request, "param", {})))) as step:
        step.desk.url = "https://alit.kz"
        now = step.desk.clock.now()
        step.desk.clock.move(now.replace(hour=7, minute=0, second=0) + timedelta(days=1) - now)
        yield step


async def agreed(step: Doorstep, name: str, locale: str) -> Person:
    """Somebody who agreed to information by Telegram."""
    person = await step.person(name).registers(locale)
    await person.say("/consent")
    await person.press(
        {"kk": "Ақпарат: Telegram", "ru": "Информация: Telegram", "en": "Information: Telegram"}[locale]
    )
    await person.press({"kk": "Келісемін", "ru": "Даю согласие", "en": "I agree"}[locale])
    return person


async def three(step: Doorstep) -> None:
    for name, locale in (("aigul", "kk"), ("dias", "ru"), ("saule", "en")):
        await agreed(step, name, locale)
    await step.courier(TELEGRAM)  # their receipts


async def drafted(step: Doorstep, chat: int = GULNAR) -> Person:
    """Gulnar, whose draft has its words in three languages."""
    gulnar = step.person(str(chat))
    await gulnar.say("/broadcast")
    await gulnar.press(first(gulnar))
    await gulnar.press("Information: Telegram")
    for locale in LOCALES:
        await gulnar.say(WORDS[locale])
    return gulnar


def brought(person: Person, panel: dict[str, Any]) -> None:
    """The screen that the courier brought is the one they look at."""
    keyboard = panel["reply_markup"]["inline_keyboard"]
    person.shown = {button["text"]: button["callback_data"] for row in keyboard for button in row}


def first(person: Person) -> str:
    """The first button of a screen: the purpose of information."""
    return next(iter(person.shown))


async def the(step: Doorstep) -> Broadcast:
    """The one broadcast there is."""
    (found,) = await step.keep(lambda visit: broadcasts.listed(visit))
    return found  # type: ignore[no-any-return]


async def test_from_the_first_word_to_the_word_that_sends_it(step: Doorstep) -> None:
    await three(step)
    gulnar = step.person(str(GULNAR))  # who never agreed to anything here
    said = await gulnar.say("/broadcast")
    assert "1 person agreed" not in said.text and "3 people agreed" in said.text
    said = await gulnar.press(first(gulnar))
    assert "By both channels" in said.buttons
    said = await gulnar.press("Information: Telegram")
    assert "write the text in Kazakh" in said.text and "English: nothing yet" in said.text
    said = await gulnar.say("Сенбіде ашықпыз", entities=[{"type": "bold", "offset": 0, "length": 7}])
    assert "Kept: Қазақша" in said.text and "write the text in Russian" in said.text
    await gulnar.say(WORDS["ru"])
    said = await gulnar.say(WORDS["en"])
    assert "All three languages are there" in said.text
    one = await the(step)
    assert one.content.texts == {"kk": "<b>Сенбіде</b> ашықпыз", "ru": WORDS["ru"], "en": WORDS["en"]}

    said = await gulnar.press("Preview")
    proofs = await step.courier(TELEGRAM)
    assert [parcel.address for parcel in proofs] == [str(GULNAR)] * 4
    for parcel, locale in zip(proofs[:3], LOCALES, strict=True):
        assert parcel.body["text"].startswith(one.content.texts[locale])
        assert parcel.body["text"] != one.content.texts[locale], "the line about how to stop it lacks"
    panel = proofs[3].body
    brought(gulnar, panel)
    said = await gulnar.press("Test to myself")
    proof, last = (parcel.body for parcel in await step.courier(TELEGRAM))
    assert proof["text"].startswith(WORDS["en"])
    brought(gulnar, last)

    said = await gulnar.press("Recipients")
    assert "3 messages would go out" in said.text and "cannot be called back" in said.text
    said = await gulnar.press("Send to 3")
    assert "▓" in said.text or "░" in said.text, said.text
    one = await the(step)
    assert (one.state, one.author) == (broadcasts.SCHEDULED, "telegram as gulnar@alit.kz")
    assert await step.keep(lambda visit: watches.screen(visit, one)) == (GULNAR, gulnar.message)
    assert await step.rows("SELECT 1 FROM contacts WHERE address IS NOT NULL AND subject_id NOT IN "
                           "(SELECT subject_id FROM consents)") == []  # fmt: skip


async def test_for_all_others_the_command_does_not_exist(step: Doorstep) -> None:
    gulnar = await drafted(step)
    one = await the(step)
    stranger, saule = step.person("7001"), await step.person("saule").registers("en")
    for person in (stranger, saule):
        broadcast = (await person.say("/broadcast")).text
        assert broadcast == (await person.say("/nosuchcommand")).text
        old = (await person.press(data="nosuch:en::")).text
        for identity in sorted(SCREENS | {name for name in ACTS if name.startswith("bc.")}):
            for ref in (one.number, f"{one.number}.kk", "informing-email", ""):
                for digest in ("", one.digest[:16]):
                    said = await person.press(data=Press(code_of(identity), "en", digest, ref).pack())
                    assert said.text == old, identity
                    assert one.number not in str(said.calls)
    assert await the(step) == one
    assert await step.rows("SELECT 1 FROM outbox WHERE kind IN ('preview', 'panel')") == []
    assert one.number in (await gulnar.say("/broadcast")).text


async def test_of_an_operator_who_agreed_to_nothing_only_screen_and_number_wait(step: Doorstep) -> None:
    gulnar = await drafted(step)
    one = await the(step)
    (row,) = await step.rows("SELECT screen, ref, locale FROM prompts")
    assert tuple(row) == ("bc.body", one.number, "en")
    await gulnar.press("Russian text")
    (row,) = await step.rows("SELECT screen, ref, locale FROM prompts")
    assert tuple(row) == ("bc.text", f"{one.number}.ru", "en")
    assert await step.rows("SELECT 1 FROM subjects") == []


async def test_taken_off_the_list_words_go_nowhere(step: Doorstep) -> None:
    gulnar = await drafted(step)
    before = await the(step)
    await gulnar.press("Russian text")
    step.desk.operator = operators.load(None)
    said = await gulnar.say("Другие слова")
    assert before.number not in str(said.calls) and "Саясат" not in said.text
    assert await the(step) == before
    assert await step.rows("SELECT 1 FROM prompts WHERE screen LIKE 'bc%'") == []


async def test_an_edit_after_the_count_makes_the_old_word_void(step: Doorstep) -> None:
    await three(step)
    gulnar = await drafted(step)
    one = await the(step)
    await gulnar.press(data=Press("bccnts", "en", "", one.number).pack())
    old = dict(gulnar.shown)
    erlan = step.person(str(ERLAN))  # another of the staff changes the words meanwhile
    await erlan.press(data=Press("bctext", "en", "", f"{one.number}.en").pack())
    await erlan.say("Closed on Saturday")
    gulnar.shown = old
    said = await gulnar.press("Send to 3")
    assert "has changed since" in said.text and "Closed on Saturday" in said.text
    assert (await the(step)).state == broadcasts.DRAFT


async def test_sent_twice_is_sent_once(step: Doorstep) -> None:
    await three(step)
    gulnar = await drafted(step)
    one = await the(step)
    await gulnar.press(data=Press("bccnts", "en", "", one.number).pack())
    data = gulnar.shown["Send to 3"]
    first_said = await gulnar.press(data=data)
    version = (await the(step)).version
    assert (await gulnar.press(data=data)).text == first_said.text
    assert (await the(step)).version == version


async def test_a_language_that_lacks_stops_it_until_a_fallback_is_chosen(step: Doorstep) -> None:
    await three(step)
    gulnar = step.person(str(GULNAR))
    await gulnar.say("/broadcast")
    await gulnar.press(first(gulnar))
    await gulnar.press("Information: Telegram")
    await gulnar.say(WORDS["kk"])
    await gulnar.say(WORDS["ru"])
    said = await gulnar.press("Preview")
    assert "cannot go on yet" in said.text and await step.courier(TELEGRAM) == []
    said = await gulnar.press("Fallback language")
    assert "English: 1 message concerned" in said.text
    said = await gulnar.press(f"{NAMES['en']} → {NAMES['ru']}")
    assert f"✓ {NAMES['en']} → {NAMES['ru']}" in said.buttons
    assert (await the(step)).content.fallback == {"en": "ru"}
    await gulnar.press("Back")
    await gulnar.press("Preview")
    assert len(await step.courier(TELEGRAM)) == 4


@pytest.mark.parametrize("step", [{"approval_above": 2, "approval": True}], indirect=True)
async def test_a_large_one_waits_for_somebody_else(step: Doorstep) -> None:
    await three(step)
    gulnar = await drafted(step)
    one = await the(step)
    said = await gulnar.press(data=Press("bccnts", "en", "", one.number).pack())
    assert "a second person has to approve" in said.text
    said = await gulnar.press("Ask for approval")
    assert said.text.startswith("✔") and one.number in said.text
    one = await the(step)
    assert one.state == broadcasts.APPROVING
    own = await gulnar.press(data=Press("bcyes", "en", one.digest[:16], one.number).pack())
    assert "somebody else has to approve" in own.text and "Approve" not in own.buttons
    came = await step.courier(TELEGRAM)
    assert {parcel.address for parcel in came} == {str(ERLAN)} and len(came) == 4
    panel = came[-1].body
    assert "3 messages would go out" in panel["text"] and "Gulnar" in panel["text"]
    erlan = step.person(str(ERLAN))
    brought(erlan, panel)
    said = await erlan.press("Approve")
    assert "is approved" in said.text
    one = await the(step)
    assert (one.state, one.approver) == (broadcasts.SCHEDULED, "telegram as erlan@alit.kz")
    (told,) = await step.courier(TELEGRAM)
    assert told.address == str(GULNAR) and "is approved" in told.body["text"]


async def test_a_time_is_chosen_by_button_or_by_words(step: Doorstep) -> None:
    await three(step)
    gulnar = await drafted(step)
    one = await the(step)
    await gulnar.press(data=Press("bccnts", "en", "", one.number).pack())
    said = await gulnar.press("Go on in the morning")
    assert "✓ Go on in the morning" in said.buttons
    said = await gulnar.press("Choose a time")
    assert "26.11 10:00" in said.text and len(said.buttons) >= 4
    assert "did not understand" in (await gulnar.say("some day")).text
    assert "has passed" in (await gulnar.say("today 00:05")).text
    said = await gulnar.say("tomorrow 23:30")
    assert "nobody is written to" in said.text
    await gulnar.press(data=Press("bcwhen", "en", "", f"{one.number}.night").pack())
    said = await gulnar.say("завтра в 10:00")
    assert "10:00" in said.text and "goes on in the morning" in said.text
    said = await gulnar.press("Send to 3")
    assert said.text.startswith("✔") and one.number in said.text
    one = await the(step)
    assert one.state == broadcasts.SCHEDULED and one.night and one.start_at is not None
    assert one.start_at - step.desk.clock.now() > timedelta(hours=20)
    assert await step.keep(lambda visit: watches.screen(visit, one)) == (GULNAR, 0)
    said = await gulnar.press("Stop the broadcast")
    assert said.text.startswith("✔") and (await the(step)).state == broadcasts.CANCELLED


async def test_pause_and_go_on(step: Doorstep) -> None:
    await three(step)
    gulnar = await drafted(step)
    one = await the(step)
    await gulnar.press(data=Press("bccnts", "en", "", one.number).pack())
    await gulnar.press("Send to 3")

    def begin(visit: Visit) -> None:
        running = broadcasts.start(visit, broadcasts.known(visit, one.number))
        while audiences.address(visit, running):
            running = broadcasts.known(visit, one.number)

    await step.keep(begin)
    said = await gulnar.press(data=Press("bcpaus", "en", "", one.number).pack())
    assert (
        "One of the staff decided so" in said.text
        and "Continue" in said.buttons
        and "Sent: 0 of 3" in said.text
    )
    said = await gulnar.press("Continue")
    assert (await the(step)).state == broadcasts.RUNNING and "Pause" in said.buttons
    assert (
        await step.rows("SELECT state FROM outbox WHERE broadcast_id IS NOT NULL") == [(outbox.WAITING,)] * 3
    )


@pytest.mark.parametrize("locale", LOCALES)
async def test_every_screen_keeps_the_rules_in_every_language(step: Doorstep, locale: str) -> None:
    await three(step)
    await drafted(step)
    one = await the(step)
    erlan = step.person(str(ERLAN))

    async def looked(*refs: str) -> None:
        for identity in sorted(SCREENS):
            for ref in refs:
                said = await erlan.press(data=Press(code_of(identity), locale, "", ref).pack())
                assert 0 < len(said.text) <= 3_500, identity
                rows = said.calls[0]["reply_markup"]["inline_keyboard"]
                labels = [button["text"] for row in rows for button in row]
                assert len(set(labels)) == len(labels), labels
                assert [label for label in labels if len(label) > 28] == []

    refs = (
        one.number,
        f"{one.number}.kk",
        f"{one.number}.night",
        f"{one.number}.296840001",
        "informing-email",
        "",
    )
    await looked(*refs)
    await erlan.press(data=Press("bccnts", locale, "", one.number).pack())
    await looked(*refs)
    digest = (await the(step)).digest[:16]
    await erlan.press(data=Press("bcsend", locale, digest, one.number).pack())
    await looked(*refs)
    with speaking(locale):
        assert set(VIEWS) >= SCREENS


async def test_words_file_and_button_say_everything_that_stands_in_the_way(step: Doorstep) -> None:
    gulnar = await drafted(step)
    one = await the(step)
    await gulnar.press("Link button")
    said = await gulnar.say("somewhere")
    assert "neither a link" in said.text
    said = await gulnar.say("https://evil.kz/win\nАшу\nОткрыть\nOpen")
    assert "Links lead to: evil.kz" in said.text and "Before it can go on" in said.text
    await gulnar.press("Preview")
    assert await step.courier(TELEGRAM) == []
    await gulnar.press(data=Press("bccnts", "en", "", one.number).pack())
    assert (await the(step)).digest == "", "a link to a stranger was counted"
    await gulnar.press("Link button")
    said = await gulnar.say(f"https://{step.desk.operator.site}/saturday\nАшу\nОткрыть\nOpen")
    assert "Before it can go on" not in said.text and (await the(step)).content.labels["ru"] == "Открыть"
    await gulnar.press("Link button")
    await gulnar.press("No button")
    assert (await the(step)).content.url == ""


PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


async def test_a_photo_of_an_operator_who_agreed_to_nothing_is_taken_where_it_was_asked_for(
    step: Doorstep,
) -> None:
    fetched: list[str] = []

    async def fetch(file: str) -> bytes:
        fetched.append(file)
        return PNG if file == "photo" else b"GIF89a"

    step.door.fetch = fetch
    photo = {"photo": [{"file_id": "photo", "file_unique_id": "u", "width": 8, "height": 6}]}
    gulnar = await drafted(step)
    said = await gulnar.bring(**photo)
    assert fetched == [] and "did not open the file" in said.text  # nobody asked for it here
    await gulnar.press(data=Press("bcfile", "en", "", (await the(step)).number).pack())
    said = await gulnar.bring(document={"file_id": "gif", "file_unique_id": "u", "file_name": "fun.png"})
    assert "not a PDF, JPEG or PNG" in said.text
    assert "This is text" in (await gulnar.say("here it is")).text
    said = await gulnar.bring(**photo)
    one = await the(step)
    assert (
        one.content.file is not None
        and one.content.file[1] == "image/png"
        and one.content.file[0] in said.text
    )
    assert await step.keep(lambda visit: broadcasts.enclosed(visit, one)) == PNG
    await gulnar.press("Preview")
    proofs = await step.courier(TELEGRAM)
    assert [parcel.body["content"][1] for parcel in proofs[:3]] == [PNG] * 3
    assert proofs[0].body["caption"].startswith(WORDS["kk"])
    await gulnar.press("Back")
    await gulnar.press("Photo or file")
    said = await gulnar.press("No file")
    one = await the(step)
    assert one.content.file is None and await step.keep(lambda visit: broadcasts.enclosed(visit, one)) is None


async def test_by_both_channels_the_letters_need_their_subjects(step: Doorstep) -> None:
    await three(step)
    saule = step.person("saule")
    await saule.gives_email("saule@mail.kz")
    await step.courier()
    gulnar = step.person(str(GULNAR))
    await gulnar.say("/broadcast")
    await gulnar.press(first(gulnar))
    await gulnar.press("By both channels")
    for locale in LOCALES:
        said = await gulnar.say(WORDS[locale])
    assert "Before it can go on" in said.text
    await gulnar.press("Subjects of the letters")
    said = await gulnar.say("Сенбі\nСуббота\nSaturday")
    assert "Subject: Saturday" in said.text and "Before it can go on" not in said.text
    await gulnar.press("Preview")
    came = await step.courier()
    letters = [parcel for parcel in came if "subject" in parcel.body]
    assert [(parcel.address, parcel.body["subject"]) for parcel in letters] == [
        ("gulnar@alit.kz", subject) for subject in ("Сенбі", "Суббота", "Saturday")
    ]
    await gulnar.press(data=Press("bccnts", "en", "", (await the(step)).number).pack())
    assert (await the(step)).counted["to"] == {
        "email en": 1, "telegram en": 1, "telegram kk": 1, "telegram ru": 1,
    }  # fmt: skip


async def test_a_language_may_have_a_letter_of_its_own_in_html_and_the_others_keep_their_words(
    step: Doorstep,
) -> None:
    files = {
        "good": "<meta charset='windows-1251'><h2>Суббота</h2><p>Открыто <b>с десяти</b></p>".encode(
            "cp1251"
        ),
        "kk": "<p>Сенбіде <i>оннан</i></p>".encode(),
        "loads": b"<p>Open</p><img src='https://example.org/x.png'>",
        "png": PNG,
        "plain": "Просто слова".encode(),
        "large": b"<p>" + b"x" * 240_000,
        "odd": b"<meta charset='klingon'><p>\xff</p>",
    }

    async def fetch(file: str) -> bytes:
        return files[file]

    step.door.fetch = fetch
    await three(step)
    gulnar = step.person(str(GULNAR))
    await gulnar.say("/broadcast")
    await gulnar.press(first(gulnar))
    await gulnar.press("By both channels")
    for locale in LOCALES:
        await gulnar.say(WORDS[locale])
    await gulnar.press("Subjects of the letters")
    await gulnar.say("Сенбі\nСуббота\nSaturday")

    async def sends(label: str, *names: str) -> str:
        await gulnar.press("Letters in HTML")
        await gulnar.press(label)
        for name in names:
            file = {"file_id": name, "file_unique_id": "u", "file_name": "letter.html"}
            said = await gulnar.bring(document=file)
        return str(said.text)

    for name in ("png", "plain", "odd"):
        assert "This is no HTML" in await sends("Letter in Russian", name)
        await gulnar.press(data=Press("bcbody", "en", "", (await the(step)).number).pack())
    assert "240 KB at most" in await sends("Letter in Russian", "large")
    await gulnar.press(data=Press("bcbody", "en", "", (await the(step)).number).pack())
    assert (await the(step)).content.letters == {}
    told = await sends("Letter in Russian", "png", "good")
    assert "Kept: Русский" in told and told.count("Letter in HTML") == 1 and "Before it can go on" not in told
    told = await sends("Letter in English", "loads")
    assert "Before it can go on" in told and "img" in told
    said = await gulnar.press("Letters in HTML")
    assert (
        "Қазақша: the words of the message" in said.text and "English: a letter of its own, 4 c" in said.text
    )
    await gulnar.press("Letter in English")
    assert "This is text" in (await gulnar.say("<p>Open</p>")).text
    said = await gulnar.press("No letter of its own")
    assert "English: the words of the message" in said.text
    await gulnar.press("Back")
    await gulnar.press("Preview")
    letters = [parcel.body for parcel in await step.courier() if "subject" in parcel.body]
    assert len(letters) == 3
    kk, ru, en = (letter["html"] for letter in letters)
    assert "<b>с десяти</b>" in ru and "Суббота" in ru and "Открыто с десяти" in letters[1]["text"]
    assert WORDS["kk"] in kk and WORDS["en"] in en and "img" not in en


async def test_the_draft_of_a_notice_is_the_responsible_persons_alone(step: Doorstep) -> None:
    def begin(visit: Visit) -> str:
        dana = staff.acting(visit.operator, "dana@alit.kz", "root")
        return drafts.begin(visit, dana, "", (TELEGRAM,), kind=broadcasts.BREACH, ground="breach").number

    number = await step.keep(begin)
    gulnar = step.person(str(GULNAR))
    assert number not in (await gulnar.say("/broadcast")).text
    for code in ("bcbody", "bctext", "bccnts", "bcsend", "bcdrop", "bcshow"):
        said = await gulnar.press(data=Press(code, "en", "", number).pack())
        assert number not in said.text, code
    await gulnar.press(data=Press("bctext", "en", "", f"{number}.en").pack())
    await gulnar.say("Buy now")
    one = await the(step)
    assert (one.state, one.content.texts) == (broadcasts.DRAFT, {})


async def test_the_responsible_person_sends_a_notice_from_the_chat(
    step: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "COUNTED_AT_ONCE", 2)
    operator = step.desk.operator
    people = tuple(
        person.model_copy(update={"telegram": 6003}) if person.role == staff.RESPONSIBLE else person
        for person in operator.staff
    )
    step.desk.operator = operator.model_copy(update={"staff": people})
    await three(step)
    texts = {locale: f"{WORDS[locale]}." for locale in LOCALES}

    def begin(visit: Visit) -> str:
        person = staff.acting(visit.operator, "dana@alit.kz", "root")
        draft = drafts.begin(visit, person, "", (TELEGRAM,), kind=broadcasts.BREACH, ground="breach")
        return drafts.edit(visit, draft, broadcasts.Content(texts=texts)).number

    number = await step.keep(begin)
    dana = step.person("6003")
    assert number in (await dana.say("/broadcast")).text
    await dana.press(number)
    await dana.press("Preview")
    proofs = await step.courier(TELEGRAM)
    assert [parcel.body["text"].startswith(texts[locale]) for parcel, locale in zip(proofs, LOCALES, strict=False)] == [
        True, True, True,
    ]  # fmt: skip
    brought(dana, proofs[-1].body)
    said = await dana.press("Recipients")
    assert "in a moment" in said.text  # everybody is looked at: never inside a visit
    assert (await the(step)).counted == {}


async def test_two_of_the_staff_confirm_in_the_same_moment_and_one_broadcast_is_sent(step: Doorstep) -> None:
    """T-CAST-04."""
    await three(step)
    gulnar = await drafted(step)
    one = await the(step)
    await gulnar.press(data=Press("bccnts", "en", "", one.number).pack())
    erlan, data = step.person(str(ERLAN)), gulnar.shown["Send to 3"]
    before = (await the(step)).version
    both = await asyncio.gather(gulnar.press(data=data), erlan.press(data=data))
    after = await the(step)
    assert (after.state, after.version) == (broadcasts.SCHEDULED, before + 1)
    assert all("Sent: 0 of" in said.text or "begins on" in said.text for said in both), both
    rows = await step.rows("SELECT what FROM ledger WHERE number = :n", n=one.number)
    assert [row[0] for row in rows] == ["broadcast scheduled"]


async def test_a_forged_digest_or_none_sends_nothing(step: Doorstep) -> None:
    """T-CAST-04, T-CAST-05."""
    await three(step)
    gulnar = await drafted(step)
    one = await the(step)
    await gulnar.press(data=Press("bccnts", "en", "", one.number).pack())
    for digest in ("", "0" * 16, "g" * 16):
        await gulnar.press(data=Press("bcsend", "en", digest, one.number).pack())
        await gulnar.press(data=Press("bcsend", "en", digest, f"{one.number}.night").pack())
        assert (await the(step)).state == broadcasts.DRAFT


KINDS = (
    "bold",
    "italic",
    "underline",
    "strikethrough",
    "spoiler",
    "code",
    "pre",
    "blockquote",
    "expandable_blockquote",
)


@pytest.mark.parametrize("kind", KINDS)
async def test_telegrams_own_formatting_arrives_as_it_was_typed(step: Doorstep, kind: str) -> None:
    gulnar = step.person(str(GULNAR))
    await gulnar.say("/broadcast")
    await gulnar.press(first(gulnar))
    await gulnar.press("Information: Telegram")
    words = 'a < b & "c" 😀 end'
    for _locale in LOCALES:
        said = await gulnar.say(words, entities=[{"type": kind, "offset": 4, "length": 5}])
    assert "Before it can go on" not in said.text, said.text
    one = await the(step)
    assert markup.plain(one.content.texts["kk"]).split() == words.split()
    assert "<" in one.content.texts["kk"].replace("&lt;", "")


ODD = ("", "-", "\n", "https://", "https://alit.kz/x\nA", "<b>", "</b>&", "{0} %s", "\u202e\u2066x",
       "😀" * 900, "x" * 4096, "00:00", "99.99 99:99",
       "2026-11-31 10:00", "tomorrow", "\u0301" * 50, "10:00")  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_an_operator_presses_and_types_is_answered(step: Doorstep, seed: int) -> None:
    await three(step)
    gulnar, dice = await drafted(step), Random(seed)
    codes = sorted(code_of(name) for name in SCREENS | {name for name in ACTS if name.startswith("bc.")})
    pages = ("", ".kk", ".night", ".none", ".kkru", ".2", ".0", ".1", ".9999999999", ".296840001", ".01")
    for _step in range(150):
        known = await step.keep(lambda visit: broadcasts.listed(visit))
        one = dice.choice(known)
        what = dice.random()
        if what < 0.55:
            ref = dice.choice((one.number + dice.choice(pages), "informing-email", "informing-email.2", ""))
            digest = dice.choice(("", one.digest[:16], "0" * 16))
            said = await gulnar.press(
                data=Press(dice.choice(codes), dice.choice(LOCALES), digest, ref).pack()
            )
        elif what < 0.75 and gulnar.shown:
            said = await gulnar.press(
                data=dice.choice([data for data in gulnar.shown.values() if ":" in data])
            )
        elif what < 0.9:
            said = await gulnar.say(dice.choice(ODD[1:]))
        else:
            said = await gulnar.say("/broadcast")
        assert said.text and len(said.text) <= 4_096 and utf16(said.text) <= 4_096
        for call in said.calls:
            for row in call.get("reply_markup", {}).get("inline_keyboard", []):
                assert all(
                    len(b["text"]) <= 28 for b in row if b.get("callback_data", "").startswith("bc")
                ), row
    await step.courier(TELEGRAM)
    assert (
        await step.rows("SELECT 1 FROM outbox WHERE broadcast_id IS NOT NULL") == []
    )  # nothing began by itself


@pytest.mark.parametrize("page", ["9999999990", "500000001"])  # the years 3871 and 2065
async def test_forged_digits_begin_nothing_in_another_age(step: Doorstep, page: str) -> None:
    await three(step)
    gulnar = await drafted(step)
    await gulnar.press(data=Press("bccnts", "en", "", (await the(step)).number).pack())
    one = await the(step)
    for code in ("bctime", "bcsend"):
        said = await gulnar.press(data=Press(code, "en", one.digest[:16], f"{one.number}.{page}").pack())
        assert "more than two months ahead" in said.text, code
    assert await the(step) == one
    for digits in (page, "9" * 12, "9" * 25, "9" * 400):
        at, _night = counting._unpacked(digits)
        assert at is not None and at.year > 2060  # never "at once"


async def test_what_was_posted_to_a_chat_or_mailbox_that_is_none_of_the_staffs_now_stays_here(
    step: Doorstep,
) -> None:
    """T-STAFF-02: the draft and the panel below it, as well as the letters."""
    await three(step)
    gulnar = step.person(str(GULNAR))
    await gulnar.say("/broadcast")
    await gulnar.press(first(gulnar))
    await gulnar.press("By both channels")
    for locale in LOCALES:
        await gulnar.say(WORDS[locale])
    await gulnar.press("Subjects of the letters")
    await gulnar.say("Сенбі\nСуббота\nSaturday")
    await gulnar.press("Preview")
    before = step.desk.operator
    step.desk.operator = before.model_copy(
        update={"staff": tuple(one for one in before.staff if one.telegram != GULNAR)}
    )
    assert await step.courier() == []
    rows = await step.rows(
        "SELECT kind, channel, state, address FROM outbox WHERE kind IN ('preview', 'panel')"
    )
    assert len(rows) == 7 and {(state, address) for _kind, _channel, state, address in rows} == {
        (outbox.DROPPED, None)
    }


async def test_of_a_notice_everybody_is_looked_at_beside_the_visit(
    step: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The counters know of given consents only: of a notice they say nought, of a purpose people left too few."""
    await three(step)
    await drafted(step)
    one = await the(step)

    def large(visit: Visit, most: int) -> tuple[bool, bool]:
        notice = replace(one, kind=broadcasts.BREACH, purpose="")
        return audiences.large(visit, one, most), audiences.large(visit, notice, most)

    assert await step.keep(lambda visit: large(visit, 2)) == (True, True)
    assert await step.keep(lambda visit: large(visit, 3)) == (False, False)

    def left(visit: Visit) -> None:  # all of them took it back
        for sql in ("UPDATE consents SET state = 'withdrawn'", "UPDATE consent_counts SET n = 0"):
            visit.connection.exec_driver_sql(f"{sql} WHERE purpose = 'informing-telegram'")

    await step.keep(left)
    pairs = len(step.desk.operator.pairs)
    every = int((await step.rows("SELECT count(*) FROM consents"))[0][0])
    assert await step.keep(lambda visit: large(visit, (every - 1) // pairs)) == (True, True)
    counted: list[Broadcast] = []
    monkeypatch.setattr(composing, "COUNTED_AT_ONCE", 0)
    monkeypatch.setattr(audiences, "count", lambda visit, broadcast: counted.append(broadcast))
    said = await step.person(str(GULNAR)).press(data=Press("bcfall", "en", "", one.number).pack())
    assert "how many people it concerns" in said.text and not counted


async def test_who_looks_at_anothers_count_takes_it_from_nobody(
    step: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "COUNTED_AT_ONCE", 2)
    await three(step)
    gulnar = await drafted(step)
    one = await the(step)
    await gulnar.press(data=Press("bccnts", "en", "", one.number).pack())
    erlan = step.person(str(ERLAN))
    await erlan.say("/broadcast")
    for _press in range(2):
        said = await erlan.press(data=Press("bccnts", "en", "", one.number).pack())
        assert "Somebody else has just asked" in said.text
        assert await step.keep(lambda visit: watches.screen(visit, one)) == (GULNAR, gulnar.message)
    assert "Somebody else has just asked" in (await erlan.press("Recipients")).text
    counted = await step.keep(lambda visit: audiences.count(visit, one).told())
    await step.keep(lambda visit: drafts.counted(visit, one, counted))
    await step.keep(lambda visit: watches.end(visit, one))
    assert "3 messages would go out" in (await erlan.press("Recipients")).text
    await step.keep(lambda visit: watches.begin(visit, one, 7001, 5))  # a chat that was taken off the list
    await erlan.press(data=Press("bccnts", "en", "", one.number).pack())
    assert await step.keep(lambda visit: watches.screen(visit, one)) == (ERLAN, erlan.message)
