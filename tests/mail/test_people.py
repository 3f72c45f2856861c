"""What people write beside the three letters: questions, answers to our letters, robots and hundreds of letters at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.doorstep import Doorstep
from tests.mail.writers import Writer, answered, letter, number_of, plain, take
from tests.promises.stories import altered, at_noon, becomes, gives, prepare

from kelisim.courier.outcome import Parcel
from kelisim.desk import decisions, identity, staff
from kelisim.mail.letter import Part, Sender

HERS = "aigul@mail.kz"
WORDS = "Which data of mine do you keep on paper?"
ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
PDF = b"%PDF-1.7 a scan"


async def to_staff(step: Doorstep) -> list[Parcel]:
    return [parcel for parcel in await step.courier("email") if parcel.message.kind == "case"]


async def asks(step: Doorstep, words: str = WORDS, address: str = "x@mail.kz") -> tuple[Writer, Parcel]:
    """Somebody unknown asks; who, and the letter that says so."""
    writer = Writer(step, address)
    await writer.writes("About paper", words)
    (ack,) = await answered(step, address)
    return writer, ack


async def test_a_letter_is_a_question_with_a_number_and_a_date(each_doorstep: Doorstep) -> None:
    """P29: by letter as in the chat: staff read the words, the writer the number, the answer comes to the same mailbox."""
    step = each_doorstep
    at_noon(step)
    handled = await Writer(step, "x@mail.kz").writes(
        "Сұрағым бар", "Мен туралы қағазда не сақталған?", files=[Part("s.pdf", PDF)]
    )
    assert handled.outcome == "question" and handled.case_id is not None
    sent = await step.courier("email")
    (handed,) = [parcel for parcel in sent if parcel.message.kind == "case"]
    (ack,) = [parcel for parcel in sent if parcel.message.kind == "ack"]
    number = number_of(ack)
    assert handed.address == "erlan@alit.kz" and number in handed.body["subject"]
    assert "Мен туралы қағазда не сақталған?" in handed.body["text"] and "x@mail.kz" in handed.body["text"]
    assert ack.message.locale == "kk" and "қағазда" not in ack.body["text"]
    rows = await step.rows("SELECT number, kind, state, door, locale, answer_by FROM cases")
    assert [tuple(row) for row in rows] == [(number, "question", "with staff", "letter", "kk", "email")]
    assert len(await step.rows("SELECT id FROM attachments WHERE case_id IS NOT NULL")) == 1
    assert len(await step.rows("SELECT id FROM letters WHERE content IS NOT NULL")) == 1
    await step.keep(lambda visit: decisions.answer(visit, number, "Ештеңе жоқ.", ERLAN))
    (answer,) = await step.courier("email")
    assert (answer.address, answer.message.kind) == ("x@mail.kz", "answer-letter")
    assert "Ештеңе жоқ." in answer.body["text"]


async def test_the_acknowledgement_answers_that_letter_and_says_that_no_person_wrote_it(
    doorstep: Doorstep,
) -> None:
    """RFC 3834: it names the letter it answers, and no robot answers it."""
    await Writer(doorstep, "x@mail.kz").writes("Paper", WORDS, message_id="<mine@mail.kz>")
    (ack,) = await answered(doorstep)
    assert (ack.body["answers"], ack.body["auto"]) == ("<mine@mail.kz>", "auto-replied")


async def test_the_same_words_again_are_the_same_request(doorstep: Doorstep) -> None:
    writer, ack = await asks(doorstep)
    await doorstep.courier()
    handled = await writer.writes("About paper", WORDS)
    rows = await doorstep.rows("SELECT id, number FROM cases")
    assert [(row.id, row.number) for row in rows] == [(handled.case_id, number_of(ack))]
    assert await doorstep.courier() == []


async def test_the_same_letter_twice_is_one_and_a_copied_id_hides_nothing(doorstep: Doorstep) -> None:
    """T-LET-22: seen is Message-ID, writer, date and body together."""
    first = letter(doorstep, "x@mail.kz", "Paper", WORDS, message_id="<1@mail.kz>")
    assert await take(doorstep, first) is not None
    before = await doorstep.rows("SELECT id FROM cases")
    again = await take(doorstep, first)
    assert again.outcome == "question" and await doorstep.rows("SELECT id FROM cases") == before
    assert len(await doorstep.rows("SELECT id FROM letters")) == 1
    await take(doorstep, replace(first, text="And what on tape?"))
    by_other = replace(
        first, sender=Sender(identity.email("y@mail.kz"), every=(identity.email("y@mail.kz"),))
    )
    await take(doorstep, by_other)
    assert len(await doorstep.rows("SELECT id FROM cases")) == 3


async def test_questions_may_be_left_in_the_mailbox(doorstep: Doorstep, tmp_path: object) -> None:
    """`[mail] questions = false`: staff read them there; the three letters act all the same."""
    await becomes(doorstep, altered(tmp_path, ("[mail]\n", "[mail]\nquestions = false\n")))  # type: ignore[arg-type]
    writer = Writer(doorstep, "x@mail.kz")
    handled = await writer.writes("About paper", WORDS)
    assert not handled.ours and await doorstep.rows("SELECT id FROM cases") == [] == await doorstep.courier()
    assert (await writer.writes("Отказ от уведомлений")).outcome == "opt-out"
    assert (await writer.writes("Personal Data Update", "Omarova")).outcome == "confirm"


async def test_nothing_written_is_nothing_asked(doorstep: Doorstep) -> None:
    handled = await Writer(doorstep, "x@mail.kz").writes("", "  \n")
    assert not handled.ours and await doorstep.rows("SELECT id FROM cases") == []


async def test_who_cannot_be_told_is_answered_by_nobody_but_a_stop_acts_for_each(doorstep: Doorstep) -> None:
    """T-LET-04: two addresses in From: nobody is meant, no letter leaves; what only takes away is done for both."""
    two = tuple(identity.email(each) for each in ("aigul@mail.kz", "x@evil.kz"))
    unsound = replace(letter(doorstep, "x@evil.kz", "Paper", WORDS), sender=Sender(None, every=two))
    assert not (await take(doorstep, unsound)).ours
    assert not (await take(doorstep, replace(unsound, subject="Personal Data Update"))).ours
    assert await doorstep.rows("SELECT id FROM cases") == []
    assert (await take(doorstep, replace(unsound, subject="Отказ от уведомлений"))).outcome == "opt-out"
    rows = await doorstep.rows("SELECT number FROM suppressions")
    assert len({row.number for row in rows}) == 2 and await doorstep.courier() == []


async def test_a_vouched_for_question_of_a_known_person_is_among_her_requests(doorstep: Doorstep) -> None:
    at_noon(doorstep)
    aigul = await doorstep.person("aigul").registers("en")
    await gives(aigul, "informing-email", "en", HERS, "Nurlanova Aigul")
    await Writer(doorstep, HERS, True).writes("About paper", WORDS)
    (ack,) = await answered(doorstep)
    assert number_of(ack) in (await aigul.say("/requests")).text
    await Writer(doorstep, HERS).writes("About paper", "And on tape?")  # somebody, in her name
    rows = await doorstep.rows("SELECT number FROM cases ORDER BY id")
    assert len(rows) == 2 and rows[1].number not in (await aigul.say("/requests")).text


async def test_a_reply_adds_to_its_request(doorstep: Doorstep) -> None:
    writer, ack = await asks(doorstep)
    await doorstep.courier()
    handled = await writer.replies(ack, "And which on tape?", files=[Part("a.png", b"\x89PNG\r\n\x1a\n1")])
    assert handled.outcome == "added"
    (handed,) = await to_staff(doorstep)
    assert "And which on tape?" in handed.body["text"] and number_of(ack) in handed.body["subject"]
    assert len(await doorstep.rows("SELECT id FROM cases")) == 1


async def test_a_reply_to_an_answer_brings_it_back_to_staff_and_thanks_do_not(doorstep: Doorstep) -> None:
    at_noon(doorstep)
    writer, ack = await asks(doorstep)
    await doorstep.courier()
    await doorstep.keep(lambda visit: decisions.answer(visit, number_of(ack), "Nothing.", ERLAN))
    (answer,) = await doorstep.courier()
    assert (await writer.replies(answer, "Thank you!")).outcome == "added"
    assert (await doorstep.rows("SELECT state FROM cases"))[0].state == "answered"
    assert await doorstep.courier() == []
    assert (await writer.replies(answer, "And the file of 2019?")).outcome == "added"
    assert (await doorstep.rows("SELECT state FROM cases"))[0].state == "with staff"
    assert "And the file of 2019?" in (await to_staff(doorstep))[0].body["text"]


@pytest.mark.parametrize(("authentic", "cases"), [(True, 1), (False, 2)])
async def test_a_number_in_the_subject_finds_the_request_of_who_is_vouched_for(
    doorstep: Doorstep, authentic: bool, cases: int
) -> None:
    """A number is a pointer and no right: the address must be the request's and the sender must be it."""
    _writer, ack = await asks(doorstep)
    await doorstep.courier()
    again = Writer(doorstep, "x@mail.kz", authentic)
    await again.writes(f"To No. {number_of(ack)}", "And which on tape?")
    assert len(await doorstep.rows("SELECT id FROM cases")) == cases
    await Writer(doorstep, "friend@mail.kz", True).writes(f"To No. {number_of(ack)}", "And what about mine?")
    assert len(await doorstep.rows("SELECT id FROM cases")) == cases + 1


@pytest.mark.parametrize(("text", "stops"), [("СТОП", 1), ("Спасибо, получил", 0)])
async def test_a_stop_in_answer_to_any_letter_of_ours(doorstep: Doorstep, text: str, stops: int) -> None:
    """P09: whoever answers our news with STOP has said what is meant, whatever the subject of the news was."""
    at_noon(doorstep)
    aigul = await doorstep.person("aigul").registers("ru")
    await gives(aigul, "informing-email", "ru", HERS, "Nurlanova Aigul")
    await prepare(doorstep, aigul, "informing-email", "Новости ноября")
    (news,) = [parcel for parcel in await doorstep.courier("email") if parcel.message.purpose]
    await Writer(doorstep, HERS).replies(news, text)
    assert len(await doorstep.rows("SELECT hash FROM suppressions")) == stops


async def test_a_letter_from_nowhere_asks_nothing(doorstep: Doorstep) -> None:
    """No From at all: it stays in the mailbox."""
    nobody = replace(letter(doorstep, HERS, "Отказ от уведомлений", ""), sender=Sender(None))
    assert not (await take(doorstep, nobody)).ours


async def test_a_forwarded_letter_gives_no_right_to_its_request(doorstep: Doorstep) -> None:
    """T-LET-06: who has the name of our letter and another address asks a question of their own."""
    _writer, ack = await asks(doorstep)
    await doorstep.courier()
    handled = await Writer(doorstep, "friend@mail.kz").replies(ack, "What is this about, and whose is it?")
    assert handled.outcome == "question"
    handed = await to_staff(doorstep)
    assert len(handed) == 1 and number_of(ack) not in handed[0].body["subject"]
    assert "friend@mail.kz" in handed[0].body["text"]
    assert len(await doorstep.rows("SELECT id FROM case_messages")) == 2


async def test_a_forwarded_question_is_confirmed_by_nobody_but_its_mailbox(doorstep: Doorstep) -> None:
    """T-LET-01: the letter with the question went to Aigul; a friend's «yes» is none."""
    await Writer(doorstep, HERS).writes("Personal Data Update", "Omarova")
    (asked,) = await answered(doorstep)
    assert (await Writer(doorstep, "friend@mail.kz").replies(asked, "yes")).outcome != "confirmed"
    rows = await doorstep.rows("SELECT state FROM cases WHERE kind = 'correction'")
    assert [row.state for row in rows] == ["waiting"]


@pytest.mark.parametrize("word", ["STOP", "Отпишите меня", "хат жібермеңіз"])
async def test_a_stop_in_a_reply_is_a_stop_first_of_all(doorstep: Doorstep, word: str) -> None:
    """I9: whatever our letter was about."""
    writer, ack = await asks(doorstep)
    assert (await writer.replies(ack, word)).outcome == "opt-out"
    (told,) = await answered(doorstep)
    assert told.message.kind == "stop-ack" and len(await doorstep.rows("SELECT hash FROM suppressions")) == 1


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("Иә", "confirmed"), ("ия", "confirmed"), ("Растаймын.", "confirmed"), ("ДА!", "confirmed"), ("Подтверждаю", "confirmed"),
        ("Yes, it was me.", "confirmed"),
        ("Ok", "confirmed"), ("Ок 👍", "confirmed"), ("yes\n\nMy surname is Omarova", "confirmed"),
        ("Жоқ", "declined"), ("Нет, это не я", "declined"), ("It was not me!", "declined"), ("No", "declined"),
        ("yes?", "added"), ("Why do you ask me this?", "added"), ("Да нет, наверное", "added"), ("yesterday", "added"),
        ("не да", "added"), ("ok, but first tell me who you are", "added"),
    ],
)  # fmt: skip
async def test_what_confirms_and_what_does_not(doorstep: Doorstep, text: str, outcome: str) -> None:
    writer = Writer(doorstep, HERS)
    await writer.writes("Personal Data Update", "Omarova")
    (asked,) = await answered(doorstep)
    assert (await writer.replies(asked, text)).outcome == outcome
    state = {"confirmed": "with staff", "declined": "withdrawn", "added": "waiting"}[outcome]
    assert [row.state for row in await doorstep.rows("SELECT state FROM cases")] == [state]
    if outcome == "added":
        assert len(await doorstep.rows("SELECT id FROM case_messages")) == 2  # kept, and no guess made of it


async def test_a_second_yes_does_nothing_more(doorstep: Doorstep) -> None:
    writer = Writer(doorstep, HERS)
    await writer.writes("Personal Data Update", "Omarova")
    (asked,) = await answered(doorstep)
    await writer.replies(asked, "yes")
    await doorstep.courier()
    await writer.replies(asked, "yes", message_id="<again@mail.kz>")
    assert await doorstep.courier() == [] and len(await doorstep.rows("SELECT id FROM cases")) == 1


async def test_five_hundred_letters_in_her_name_write_her_a_handful(doorstep: Doorstep) -> None:
    """T-LET-12: one of a kind a day goes to her mailbox, and staff are not drowned either."""
    at_noon(doorstep)
    subjects = [
        "Отказ от уведомлений",
        "Personal Data Update",
        "Отзыв согласия на обработку персональных данных",
    ]
    writer, sent = Writer(doorstep, HERS), []
    for n in range(500):
        await writer.writes([*subjects, "Question"][n % 4], f"Words of letter {n}")
    sent += await doorstep.courier("email")
    kinds = [parcel.message.kind for parcel in sent if parcel.address == HERS]
    assert sorted(kinds) == ["ack", "confirm", "stop-ack"]
    assert len([parcel for parcel in sent if parcel.message.kind == "case"]) <= 5 + 10
    assert len(await doorstep.rows("SELECT id FROM cases")) <= 5 + 2
    doorstep.later(days=1, minutes=1)
    late = [parcel for parcel in await doorstep.courier("email") if parcel.address == HERS]
    assert len(late) <= 3  # what waited for its day, and no more than one of a kind
    for _day in range(5):
        doorstep.later(days=1)
        assert [parcel for parcel in await doorstep.courier("email") if parcel.address == HERS] == []


async def test_above_the_hours_number_they_go_later_and_none_is_lost(
    doorstep: Doorstep, tmp_path: object
) -> None:
    """T-LET-12: 25 addresses, ten letters an hour: 10, 10 and 5."""
    await becomes(doorstep, altered(tmp_path, ("[mail]\n", "[mail]\nautomatic_per_hour = 10\n")))  # type: ignore[arg-type]
    at_noon(doorstep)
    for n in range(25):
        await Writer(doorstep, f"x{n}@mail.kz").writes("Отказ от уведомлений")
    counts = []
    for _hour in range(4):
        counts.append(len(await answered(doorstep)))
        doorstep.later(hours=1, seconds=1)
    assert counts == [10, 10, 5, 0]


async def test_our_own_mailbox_is_never_answered(doorstep: Doorstep) -> None:
    """T-LET-14: a letter from ourselves, with or without the plus, begins no talk with ourselves."""
    for address in ("info@alit.kz", "INFO+token@alit.kz"):
        await Writer(doorstep, address, True).writes("Отказ от уведомлений")
        await Writer(doorstep, address, True).writes("Paper", WORDS)
    assert await answered(doorstep) == []


@pytest.mark.parametrize(
    "subject", ["Opt-out of Notifications", "Personal Data Update", "Win: http://evil.example"]
)
async def test_nothing_typed_comes_back(doorstep: Doorstep, subject: str) -> None:
    """T-LET-13: X writes in Aigul's name; what he typed does not reach her in our letter, in no part of it."""
    canary = "http://evil.example/win"
    handled = await Writer(doorstep, HERS).writes(
        subject, f"Win: {canary}", files=[Part(f"{canary}.pdf", PDF), Part(f"{canary}.exe", b"MZ")]
    )
    assert handled.ours
    (told,) = await answered(doorstep)
    whole = str({key: value for key, value in told.body.items() if key != "answers"})
    assert told.address == HERS and "evil" not in whole and "win" not in whole.lower().replace("winter", "")


async def test_unkept_files_are_told_in_words_of_ours(doorstep: Doorstep) -> None:
    await Writer(doorstep, "x@mail.kz").writes("Paper", WORDS, files=[Part("x.exe", b"MZ")])
    (told,) = await answered(doorstep)
    assert "Not all files could be kept" in told.body["text"] and "x.exe" not in told.body["text"]


async def test_the_subject_of_a_known_and_an_unknown_question_differ_in_nothing(doorstep: Doorstep) -> None:
    """I13, for questions: known or not, vouched for or not."""
    at_noon(doorstep)
    aigul = await doorstep.person("aigul").registers("ru")
    await gives(aigul, "informing-email", "ru", HERS, "Nurlanova Aigul")
    await doorstep.courier()
    told = []
    for address, authentic in ((HERS, True), ("s@mail.kz", True), ("t@mail.kz", False)):
        await Writer(doorstep, address, authentic).writes("О бумаге", "Что у вас хранится на бумаге обо мне?")
        told += await answered(doorstep, address)
    assert len(told) == 3 and len({plain(parcel) for parcel in told}) == 1
