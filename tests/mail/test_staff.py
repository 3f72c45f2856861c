"""Staff work by replying: what they write is shown first and leaves once, and what is not theirs or not sure leaves not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.doorstep import Doorstep
from tests.mail.desks import DANA, ERLAN, GULNAR, STRANGER, Mailroom, pdf, shown
from tests.promises.stories import altered, at_noon

from kelisim.desk import attachments, blocking, cases, decisions, mandates, staff, viewings
from kelisim.desk.cases import Case
from kelisim.desk.visit import Visit
from kelisim.mail.letter import AUTOMATIC, LIST

WORDS = "Құжаттарыңыз бізде сақтаулы, ертең жібереміз."
CANARY = "CANARY-among-us he was loud on the phone and we call again on Monday"
FACT = "CANARY-short note"


@pytest.fixture
async def room(doorstep: Doorstep) -> Mailroom:
    """On SQLite, at noon of a working day."""
    at_noon(doorstep)
    return Mailroom(doorstep)


@pytest.fixture
async def each_room(each_doorstep: Doorstep) -> Mailroom:
    """On each store."""
    at_noon(each_doorstep)
    return Mailroom(each_doorstep)


async def test_a_reply_is_shown_and_leaves_when_it_is_confirmed(each_room: Mailroom) -> None:
    """The echo is what the person reads, byte for byte; who answered is kept by name (T-STAFF-06)."""
    room = each_room
    aigul = await room.step.person("aigul").registers("kk")
    letter = await room.case(aigul, "Деректерім қайда?")
    number = letter.message.number
    echo = await room.echo(letter, WORDS)
    assert (echo.message.kind, echo.address, echo.message.locale) == ("echo", ERLAN, "kk")
    assert number in echo.body["subject"] and "Деректерім қайда?" in echo.body["text"]
    assert await room.state(number) == cases.WITH_STAFF and await room.said(number) == []
    await room.reply(echo, "иә")
    assert await room.state(number) == cases.ANSWERED
    assert await room.deliver() == []
    (told,) = [parcel for parcel in room.sent if parcel.message.kind == "answer"]
    await aigul.say("/requests")
    await aigul.press(number)
    screen = await aigul.press("Жауапты оқу")
    assert shown(echo) == [told.body["text"], WORDS]
    assert screen.text.count(WORDS) == 1
    steps = await room.step.rows("SELECT role, actor FROM case_events WHERE act = 'answered'")
    assert [tuple(step) for step in steps] == [("staff", "letter as erlan@alit.kz")]


async def test_what_goes_by_letter_is_shown_as_the_letter_it_becomes(room: Mailroom) -> None:
    saule = await room.step.person("saule").registers()
    await saule.gives_email("saule@mail.kz", "Nurlanova Saule")
    letter = await room.case(saule, "Where are my data?")
    number = letter.message.number
    await room.step.keep(lambda visit: cases.answer_by(visit, cases.known(visit, number), "email"), saule)
    echo = await room.echo(letter, "They are kept in Almaty.")
    await room.reply(echo, "ok")
    await room.deliver()
    (answer,) = [parcel for parcel in room.sent if parcel.message.kind == "answer-letter"]
    assert shown(echo) == [f"{answer.body['subject']}\n\n{answer.body['text']}"]
    assert answer.address == "saule@mail.kz" and "Nurlanova Saule" in echo.body["text"]


async def test_ok_twice_answers_once(each_room: Mailroom) -> None:
    room = each_room
    letter = await room.case(await room.step.person("aigul").registers())
    number = letter.message.number
    echo = await room.echo(letter, "We keep them.")
    await room.reply(echo, "ok")
    (told,) = [await room.echo(echo, "ok")]
    assert told.message.kind == "told" and number in told.body["text"]
    assert await room.said(number) == ["We keep them."]
    assert len([parcel for parcel in room.sent if parcel.message.kind == "answer"]) == 1


@pytest.mark.parametrize("text", ["ok", "Ok.\n\nErlan", "хорошо", "жарайды", "растаймын"])
@pytest.mark.parametrize("quoted", [True, False])
async def test_a_word_confirms_with_and_without_the_quotation(
    room: Mailroom, text: str, quoted: bool
) -> None:
    letter = await room.case(await room.step.person("aigul").registers())
    echo = await room.echo(letter, "We keep them.")
    await room.reply(echo, text, quoted=quoted)
    assert await room.state(letter.message.number) == cases.ANSWERED


async def test_cancel_drops_it_and_a_new_text_replaces_it(room: Mailroom) -> None:
    letter = await room.case(await room.step.person("aigul").registers())
    number = letter.message.number
    first = await room.echo(letter, "We keep all of it.")
    second = await room.echo(first, "We keep only your mailbox.")
    assert second.message.kind == "echo" and shown(second)[-1] == "We keep only your mailbox."
    assert await room.replies() == [("answer", "dropped", "replaced"), ("answer", "waiting", "")]
    late = await room.echo(first, "ok")  # of the text that was replaced
    assert late.message.kind == "told" and await room.said(number) == []
    dropped = await room.echo(second, "cancel")
    assert dropped.message.kind == "told"
    room.step.later(hours=3)
    await room.step.caretaker()
    assert await room.said(number) == [] and await room.state(number) == cases.WITH_STAFF
    assert [state for _act, state, _why in await room.replies()] == ["dropped", "dropped"]


# T-LET-03, T-LET-06, T-LET-07: who may write


async def test_a_letter_nobody_vouches_for_is_a_draft_until_the_listed_address_confirms(
    each_room: Mailroom,
) -> None:
    """T-LET-03: a server that stamps nothing inside; the echo's token reaches the listed address alone."""
    room = each_room
    letter = await room.case(await room.step.person("aigul").registers())
    number = letter.message.number
    echo = await room.echo(letter, "We keep them.", authentic=False)
    assert echo.address == ERLAN and await room.replies() == [("answer", "held", "sender")]
    room.step.later(hours=5)
    await room.step.caretaker()
    assert await room.said(number) == []
    await room.reply(echo, "ok", authentic=False)
    assert await room.said(number) == ["We keep them."]


@pytest.mark.parametrize("spoofed", [ERLAN, GULNAR])
async def test_an_echo_never_goes_to_who_only_says_so(room: Mailroom, spoofed: str) -> None:
    """T-LET-07: From: gulnar@ of anybody; what would be read goes to the assignee's listed address."""
    letter = await room.case(await room.step.person("aigul").registers())
    echo = await room.echo(letter, "Send money.", spoofed, authentic=False)
    assert echo.address == ERLAN
    assert all(parcel.address == ERLAN for parcel in room.sent if parcel.message.kind in ("echo", "told"))
    await room.reply(letter, "ok", spoofed, authentic=False)  # without the echo's token
    assert await room.said(letter.message.number) == []


async def test_a_letter_in_ones_name_takes_nothing_away_from_ones_own(room: Mailroom) -> None:
    """Whoever has the token and writes as Erlan neither drops nor replaces what Erlan wrote himself."""
    letter = await room.case(await room.step.person("aigul").registers())
    await room.echo(letter, "We keep them.")
    await room.echo(letter, "We keep nothing.", authentic=False)
    await room.reply(letter, "cancel", authentic=False)
    assert await room.replies() == [("answer", "waiting", ""), ("answer", "held", "sender")]
    room.step.later(minutes=20)
    await room.step.caretaker()
    assert await room.said(letter.message.number) == ["We keep them."]


@pytest.mark.parametrize("authentic", [True, False])
@pytest.mark.parametrize("to_echo", [True, False])
@pytest.mark.parametrize(
    "text", ["Here is what we know of her: she moved.", "ok", "refuse law\nNo.", "close"]
)
async def test_an_outsider_with_a_valid_token_gets_nothing_out(
    each_room: Mailroom, authentic: bool, text: str, to_echo: bool
) -> None:
    """T-LET-06: the case letter was passed on; the token is a pointer, not a right."""
    room = each_room
    letter = await room.case(await room.step.person("aigul").registers())
    number = letter.message.number
    echo = await room.echo(letter, "We keep them.")
    answered = echo if to_echo else letter
    handled = await room.reply(answered, text, STRANGER, authentic=authentic)
    assert (handled.outcome, handled.ours) == ("outsider", True) and handled.case_id is not None
    (told,) = await room.deliver()
    assert (told.message.kind, told.address) == ("told", ERLAN)
    assert (
        number in told.body["text"]
        and STRANGER not in told.body["text"]
        and "she moved" not in told.body["text"]
    )
    assert await room.said(number) == [] and await room.state(number) == cases.WITH_STAFF
    assert await room.replies() == [("answer", "waiting", "")]


async def test_a_colleague_does_not_confirm_what_another_wrote(room: Mailroom) -> None:
    letter = await room.case(await room.step.person("aigul").registers())
    echo = await room.echo(letter, "We keep them.")
    told = await room.echo(echo, "ok", GULNAR)
    assert (told.message.kind, told.address) == ("told", ERLAN)
    assert await room.said(letter.message.number) == []


async def test_who_left_the_operator_file_answers_nothing(each_room: Mailroom, tmp_path: Path) -> None:
    """T-STAFF-02: neither a new reply, nor what waited for its time, nor a confirmation."""
    room = each_room
    letter = await room.case(await room.step.person("aigul").registers())
    number = letter.message.number
    echo = await room.echo(letter, "We keep them.")
    room.step.desk.operator = altered(
        tmp_path,
        ('[[staff]]\nname = "Erlan Akhmetov (sample)"\naddress = "erlan@alit.kz"\nrole = "staff"\nlocale = "kk"\n'
         'deputy = "gulnar@alit.kz"\n', ""),
        ('deputy = "erlan@alit.kz"', 'deputy = "dana@alit.kz"'),
    )  # fmt: skip
    for answered, text in ((letter, "More words."), (echo, "ok")):
        told = await room.echo(answered, text)
        assert (told.message.kind, told.address) == ("told", GULNAR) and number in told.body["text"]
        assert ERLAN not in told.body["text"] and "More words" not in told.body["text"]
    room.step.later(minutes=30)
    await room.step.caretaker()
    assert await room.said(number) == [] and await room.replies() == [("answer", "held", "left")]
    (last,) = [parcel for parcel in await room.deliver() if parcel.message.kind == "told"]
    assert last.address == GULNAR


@pytest.mark.parametrize("kind", [AUTOMATIC, LIST])
async def test_a_robot_answers_nothing(room: Mailroom, kind: str) -> None:
    """T-LET-08: a vacation reply to a case letter, also one that begins like a command."""
    letter = await room.case(await room.step.person("aigul").registers())
    handled = await room.reply(letter, "ok\nI am away until Monday.", kind=kind)
    assert handled.outcome == "automatic"
    assert await room.replies() == [] and await room.deliver() == []


# T-LET-08: time


async def test_a_plain_answer_leaves_after_its_minutes_and_once(each_room: Mailroom) -> None:
    room = each_room
    letter = await room.case(await room.step.person("aigul").registers())
    number = letter.message.number
    await room.echo(letter, "We keep them.")
    room.step.later(minutes=14)
    await room.step.caretaker()
    assert await room.said(number) == []
    room.step.later(minutes=2)
    await room.step.caretaker()
    room.step.later(minutes=2)
    await room.step.caretaker()
    assert await room.said(number) == ["We keep them."] and await room.state(number) == cases.ANSWERED
    steps = await room.step.rows("SELECT actor FROM case_events WHERE act = 'answered'")
    assert [step[0] for step in steps] == ["letter as erlan@alit.kz"]


@pytest.mark.parametrize("first", ["refuse law", "accept", "answer documnets", "note he is", "assign"])
async def test_time_releases_nothing_but_plain_words(room: Mailroom, first: str) -> None:
    """T-STAFF-04, DESIGN 8.7."""
    person = await room.step.person("aigul").registers()
    letter = await room.case(person, "Change it", cases.CORRECTION)
    number = letter.message.number
    before = await room.known(number)
    await room.reply(letter, f"{first}\nHere are the words.")
    await room.deliver()
    for _round in range(3):
        room.step.later(days=1)
        await room.step.caretaker()
    assert await room.said(number) == [] and (await room.known(number)).state == before.state


# T-LET-09, T-LET-10, T-LET-11: what may be in it


EVERY = [
    "/refuse law",
    "принять",
    "қабылдау",
    "close",
    "/assign gulnar",
    "ok",
    "answer thanks",
    "note",
    "иә",
    "help",
]


@pytest.mark.parametrize("theirs", EVERY)
@pytest.mark.parametrize(
    "shape",
    [
        "{theirs}",
        "{theirs}\n\nWe keep them.",
        "> {theirs}\nWe keep them.",
        "Erlan wrote:\n{theirs}\n\nWe keep them.",
    ],
)
async def test_a_command_in_the_persons_own_words_does_nothing(
    room: Mailroom, theirs: str, shape: str
) -> None:
    """T-LET-09: the person's question is every command; a client that quotes without «>» brings it up to the first line."""
    aigul = await room.step.person("aigul").registers()
    letter = await room.case(aigul, f"{theirs}\nand why?")
    number = letter.message.number
    await room.reply(letter, shape.format(theirs=theirs))
    await room.deliver()
    room.step.later(hours=2)
    await room.step.caretaker()
    now = await room.known(number)
    assert now.state in (cases.WITH_STAFF, cases.ANSWERED) and now.assignee == ERLAN
    assert await room.said(number) in (
        [],
        [shape.format(theirs=theirs)],
    )  # at most as words, just as they were shown
    assert await room.said(number, cases.NOTE) == []


@pytest.mark.parametrize("where", ["{note}", "Dear Aigul,\n{note}\nBye", "{note}\nWe keep them.", "We keep them.\n\n{note}",
                                   "> {note}\n\nWe keep them.", "We keep them.\n| {note}", "We keep… {note} …them"])  # fmt: skip
@pytest.mark.parametrize("note", [CANARY, FACT])
async def test_an_internal_note_never_leaves(room: Mailroom, where: str, note: str) -> None:
    """T-LET-10: compared with the notes of the case, in every position; what is held so cannot be confirmed."""
    aigul = await room.step.person("aigul").registers()
    letter = await room.case(aigul)
    number = letter.message.number
    erlan = staff.acting(room.step.desk.operator, ERLAN, "test")
    await room.step.keep(lambda visit: decisions.note(visit, number, note, erlan))
    await room.reply(letter, where.format(note=note))
    back = await room.deliver()
    assert [parcel.message.kind for parcel in back] in (["echo"], ["told"])
    for word in ("ok", "иә"):
        await room.reply(back[0], word)
    room.step.later(hours=2)
    await room.step.caretaker()
    await room.deliver()
    assert not any("CANARY" in text for text in await room.said(number))
    to_aigul = [parcel for parcel in room.sent if parcel.message.kind in ("answer", "answer-letter")]
    assert not any("CANARY" in str(parcel.body) for parcel in to_aigul)


async def test_half_of_a_long_note_inline_is_a_leak(room: Mailroom) -> None:
    letter = await room.case(await room.step.person("aigul").registers())
    erlan = staff.acting(room.step.desk.operator, ERLAN, "test")
    await room.step.keep(lambda visit: decisions.note(visit, letter.message.number, CANARY, erlan))
    echo = await room.echo(
        letter, "Dear Aigul,\nI think he was loud on the phone and we call\nagain tomorrow.", quoted=False
    )
    ((_act, state, _why),) = await room.replies()
    assert state == "held" and not any("loud" in text for text in shown(echo))
    again = await room.echo(echo, "We call you tomorrow.")
    await room.reply(again, "ok")
    assert await room.said(letter.message.number) == ["We call you tomorrow."]


async def test_our_own_mark_in_the_text_is_no_answer(room: Mailroom) -> None:
    letter = await room.case(await room.step.person("aigul").registers())
    mark = letter.body["text"].split()[1]
    await room.reply(letter, f"We keep them. {mark} and more", quoted=False)
    await room.deliver()
    room.step.later(hours=2)
    await room.step.caretaker()
    assert await room.said(letter.message.number) == []


async def test_an_answer_to_the_wrong_request_is_seen_in_the_echo(room: Mailroom) -> None:
    """T-LET-11: number, name and the person's own last words stand beside the answer."""
    aigul = await room.step.person("aigul").registers()
    await aigul.gives_email("aigul@mail.kz")
    dias = await room.step.person("dias").registers("ru")
    hers = await room.case(aigul, "CANARY-hers where is my letter?")
    his = await room.case(dias, "CANARY-his сколько хранится?")
    echo = await room.echo(hers, "Храним один год.")
    text = echo.body["text"]
    assert "CANARY-hers" in text and "CANARY-his" not in text and "Nurlanova Aigul" in text
    assert hers.message.number in text and his.message.number not in text
    wrong = await room.echo(hers, f"answer {his.message.number}\nХраним один год.")
    assert wrong.message.kind == "told" and his.message.number in wrong.body["text"]
    assert await room.said(his.message.number) == [] and await room.said(hers.message.number) == []


async def test_a_template_for_another_kind_is_refused(room: Mailroom) -> None:
    """T-LET-11."""
    letter = await room.case(await room.step.person("aigul").registers(), "Who told you?", cases.BREACH)
    letter = next(parcel for parcel in room.sent if parcel.message.kind == "case" and parcel.address == ERLAN)
    told = await room.echo(letter, "answer corrected")
    assert (
        told.message.kind == "told"
        and "passed_on" in told.body["text"]
        and "reminder" not in told.body["text"]
    )
    assert await room.replies() == []


async def test_staff_pick_a_template_and_the_person_reads_it_in_their_language(each_room: Mailroom) -> None:
    """Written by who reads Russian, read by who reads Kazakh."""
    room = each_room
    aigul = await room.step.person("aigul").registers("kk")
    letter = await room.case(aigul, "Деректерім қате.")
    await room.step.keep(
        lambda visit: decisions.assign(
            visit, letter.message.number, GULNAR, staff.acting(visit.operator, DANA, "test")
        )
    )
    (hers,) = [parcel for parcel in await room.deliver() if parcel.address == GULNAR]
    echo = await room.echo(hers, "Ответ: нужен документ", GULNAR)
    await room.reply(echo, "да", GULNAR)
    (said,) = await room.said(letter.message.number)
    assert said == shown(echo)[-1] and "өтінішіңізді қарап жатырмыз" in said and letter.message.number in said
    assert "{" not in said and "2026" in said


async def test_words_in_another_language_leave_under_one_line_and_the_echo_names_a_template(
    room: Mailroom,
) -> None:
    aigul = await room.step.person("aigul").registers("kk")
    letter = await room.case(aigul, "Деректерім қате.")
    echo = await room.echo(letter, "Здравствуйте! Данные исправлены, посмотрите в боте раздел «Мои данные».")
    assert "corrected" in echo.body["text"]
    await room.reply(echo, "иә")
    (said,) = await room.said(letter.message.number)
    line, _end, rest = said.partition("\n")
    assert rest == "Здравствуйте! Данные исправлены, посмотрите в боте раздел «Мои данные»."
    assert shown(echo)[-1] == said and line
    same = await room.case(aigul, "Тағы бір сұрақ")
    echo = await room.echo(same, WORDS)
    assert shown(echo)[-1] == WORDS and "corrected" not in echo.body["text"]


# Decisions


async def test_a_refusal_wants_a_ground_that_fits_and_a_confirmation(each_room: Mailroom) -> None:
    """T-STAFF-04, T-STAFF-06."""
    room = each_room
    letter = await room.case(await room.step.person("aigul").registers(), "Delete it", cases.CORRECTION)
    number = letter.message.number
    for first in ("refuse", "/refuse because", "бас тарту obligation"):
        told = await room.echo(letter, f"{first}\nIt is not proved.")
        assert told.message.kind == "told" and await room.replies() == []
        assert (
            "documents" in told.body["text"] and "obligation" not in told.body["text"]
        )  # those that fit, and no others
    empty = await room.echo(letter, "refuse documents")
    assert empty.message.kind == "told"
    echo = await room.echo(letter, "refuse documents until 01.03.2027\nIt is not proved.")
    assert echo.message.kind == "echo" and "It is not proved." in shown(echo)[-1]
    await room.reply(echo, "ok")
    rows = await room.step.rows("SELECT role, actor, detail FROM case_events WHERE act = 'refused'")
    assert [tuple(row) for row in rows] == [("staff", "letter as erlan@alit.kz", "documents|2027-03-01")]
    assert await room.state(number) == cases.REFUSED


async def test_a_new_text_in_reply_to_an_echo_keeps_the_act(room: Mailroom) -> None:
    letter = await room.case(await room.step.person("aigul").registers(), "Change it", cases.CORRECTION)
    echo = await room.echo(letter, "refuse documents\nNo.")
    better = await room.echo(echo, "The paper you sent is of another person.")
    await room.reply(better, "ok")
    assert await room.state(letter.message.number) == cases.REFUSED
    assert await room.said(letter.message.number) == ["The paper you sent is of another person."]


async def test_accepting_waits_for_the_word_and_then_is_done(room: Mailroom) -> None:
    aigul = await room.step.person("aigul").registers()
    await aigul.gives_email("aigul@mail.kz")
    letter = await room.case(aigul, "Withdraw it", cases.REVOCATION)
    echo = await room.echo(letter, "accept", DANA)
    assert letter.address == DANA and echo.address == DANA
    assert await room.state(letter.message.number) == cases.WITH_STAFF
    await room.reply(echo, "да", DANA)
    assert await room.state(letter.message.number) == cases.DONE


async def test_an_authority_is_accepted_over_the_person_of_the_number(room: Mailroom) -> None:
    """The words wait for the day of disclosure, and the echo says so."""
    aigul = await room.step.person("aigul").registers()
    saule = await room.step.person("saule").registers()
    hers = (await room.case(aigul, "Mine")).message.number
    asked = await room.step.keep(
        lambda visit: mandates.ask(visit, "parent", "Nurlanova Aigul", "aigul@mail.kz", None, "Paper 5"),
        saule,
    )
    (letter,) = [parcel for parcel in await room.deliver() if parcel.message.number == asked.number]
    echo = await room.echo(letter, f"accept {hers}\nThree consents are hers.", DANA)
    assert "Three consents are hers." in shown(echo)[-1]
    await room.reply(echo, "да", DANA)
    assert await room.state(asked.number) == cases.DONE
    rows = await room.step.rows("SELECT state, subject_id IS NOT NULL FROM representations")
    assert [(row[0], bool(row[1])) for row in rows] == [("accepted", True)]


async def test_there_is_nothing_to_accept_in_a_question(room: Mailroom) -> None:
    letter = await room.case(await room.step.person("aigul").registers())
    told = await room.echo(letter, "accept")
    assert told.message.kind == "told" and await room.state(letter.message.number) == cases.WITH_STAFF


async def test_a_note_and_passing_on_happen_at_once_and_the_person_hears_nothing(each_room: Mailroom) -> None:
    room = each_room
    aigul = await room.step.person("aigul").registers()
    letter = await room.case(aigul)
    number = letter.message.number
    told = await room.echo(letter, "note\nCall again on Monday.")
    assert told.message.kind == "told" and await room.said(number, cases.NOTE) == ["Call again on Monday."]
    await room.reply(letter, "передать gulnar\nPlease take it.")
    back = await room.deliver()
    assert {(parcel.message.kind, parcel.address) for parcel in back} == {("told", ERLAN), ("case", GULNAR)}
    hers = next(parcel for parcel in back if parcel.address == GULNAR)
    assert "Call again on Monday." in hers.body["text"] and "Please take it." in hers.body["text"]
    assert (await room.known(number)).assignee == GULNAR
    assert not [parcel for parcel in room.sent if parcel.message.kind in ("answer", "notice")]


async def test_unproved_notes_and_assignments_wait_too(room: Mailroom) -> None:
    letter = await room.case(await room.step.person("aigul").registers())
    for text in ("note\nCANARY", "assign gulnar"):
        echo = await room.echo(letter, text, authentic=False)
        assert echo.message.kind == "echo"
        assert await room.said(letter.message.number, cases.NOTE) == []
    assert (await room.known(letter.message.number)).assignee == ERLAN
    await room.reply(echo, "ok", authentic=False)
    assert (await room.known(letter.message.number)).assignee == GULNAR


async def test_a_request_that_is_over_tells_how_it_stands(room: Mailroom) -> None:
    letter = await room.case(await room.step.person("aigul").registers())
    gulnar = staff.acting(room.step.desk.operator, GULNAR, "root")
    await room.step.keep(lambda visit: decisions.answer(visit, letter.message.number, "First.", gulnar))
    told = await room.echo(letter, "Second.")
    assert told.message.kind == "told" and GULNAR in told.body["text"]
    assert await room.said(letter.message.number) == ["First."]
    echo = await room.echo(letter, "close")
    await room.reply(echo, "ok")
    assert await room.state(letter.message.number) == cases.CLOSED


async def test_an_open_request_is_not_closed_over_the_persons_head(room: Mailroom) -> None:
    letter = await room.case(await room.step.person("aigul").registers())
    told = await room.echo(letter, "close")
    assert told.message.kind == "told" and await room.state(letter.message.number) == cases.WITH_STAFF


async def test_of_two_answers_the_second_hears_what_the_first_did(each_room: Mailroom) -> None:
    """T-STAFF-03: by letter and by letter, and by letter and at a shell."""
    room = each_room
    letter = await room.case(await room.step.person("aigul").registers(), "Change it", cases.CORRECTION)
    number = letter.message.number
    his = await room.echo(letter, "refuse documents\nIt is not proved.")
    hers = await room.echo(letter, "It was changed already.", GULNAR)
    await room.reply(hers, "ok", GULNAR)
    told = await room.echo(his, "ok")
    assert (told.message.kind, told.address) == ("told", ERLAN) and GULNAR in told.body["text"]
    assert (
        await room.said(number) == ["It was changed already."] and await room.state(number) == cases.ANSWERED
    )
    assert ("refuse", "dropped", "overtaken") in await room.replies()


async def test_what_the_person_added_overtakes_too_and_a_note_does_not(room: Mailroom) -> None:
    aigul = await room.step.person("aigul").registers()
    letter = await room.case(aigul)
    number = letter.message.number
    gulnar = staff.acting(room.step.desk.operator, GULNAR, "root")
    echo = await room.echo(letter, "We keep them.")
    await room.step.keep(lambda visit: decisions.note(visit, number, "CANARY-note of a colleague", gulnar))
    await room.reply(echo, "ok")
    assert await room.said(number) == ["We keep them."]
    other = await room.case(aigul, "And this?")
    echo = await room.echo(other, "It waits.")

    def withdrawn(visit: Visit) -> Case:
        return cases.act(visit, cases.known(visit, other.message.number), cases.WITHDRAWN, to=cases.WITHDRAWN)

    await room.step.keep(withdrawn, aigul)
    told = await room.echo(echo, "ok")
    assert told.message.kind == "told" and await room.said(other.message.number) == []


async def test_help_lists_what_fits_in_the_readers_language(room: Mailroom) -> None:
    letter = await room.case(await room.step.person("aigul").registers(), "Change it", cases.CORRECTION)
    told = await room.echo(letter, "помощь")
    text = told.body["text"]
    assert told.message.kind == "told" and all(
        word in text for word in ("жауап documents", "бас тарту documents", "көмек")
    )
    assert (
        "publication" not in text
        and "obligation" not in text
        and letter.message.number in told.body["subject"]
    )


async def test_every_letter_to_staff_begins_with_its_own_mark(room: Mailroom) -> None:
    letter = await room.case(await room.step.person("aigul").registers())
    echo = await room.echo(letter, "We keep them.")
    told = await room.echo(echo, "cancel")
    marks = [parcel.body["text"].split()[1] for parcel in (letter, echo, told)]
    assert len(set(marks)) == 3 and all(
        parcel.body["text"].startswith("▼ ") for parcel in (letter, echo, told)
    )
    assert told.body["answers"].startswith("<staff") and told.body["auto"] == "auto-replied"


async def test_blocked_data_stay_closed_in_the_echo(room: Mailroom) -> None:
    """T-STAFF-05."""
    aigul = await room.step.person("aigul").registers()
    await aigul.gives_email("aigul@mail.kz")
    await room.step.keep(lambda visit: blocking.block(visit, blocking.WRONG), aigul)
    letter = await room.case(aigul, "CANARY-words")
    assert "CANARY" not in letter.body["text"]
    looks = await room.step.keep(lambda visit: viewings.how_many(visit), aigul)
    echo = await room.echo(letter, "We keep them.")
    assert "CANARY" not in echo.body["text"] and "Nurlanova" not in echo.body["text"]
    assert await room.step.keep(lambda visit: viewings.how_many(visit), aigul) == looks
    await room.reply(echo, "ok")
    assert await room.said(letter.message.number) == ["We keep them."]


async def test_an_echo_with_the_persons_words_is_a_look_they_see(room: Mailroom) -> None:
    """T-STAFF-01."""
    aigul = await room.step.person("aigul").registers()
    letter = await room.case(aigul)
    before = await room.step.keep(lambda visit: viewings.how_many(visit), aigul)
    await room.echo(letter, "We keep them.")
    assert await room.step.keep(lambda visit: viewings.how_many(visit), aigul) == before + 1


async def test_files_wait_with_the_words_and_go_with_them(room: Mailroom) -> None:
    aigul = await room.step.person("aigul").registers()
    letter = await room.case(aigul)
    number = letter.message.number
    files: Any = (pdf(), pdf("two.pdf"))

    def released(visit: Visit) -> int:
        return len(attachments.released(visit, cases.known(visit, number)))

    echo = await room.echo(letter, "It is attached.", files=files)
    assert "2" in echo.body["text"] and await room.step.keep(released) == 0
    await room.reply(echo, "ok")
    assert await room.step.keep(released) == 2
    other = await room.case(aigul, "Another")
    dropped = await room.echo(other, "It is attached.", files=files)
    await room.reply(dropped, "cancel")
    assert await room.step.rows("SELECT count(*) FROM attachments") == [(2,)]


async def test_a_guessed_charset_and_words_below_are_held_and_can_be_confirmed(room: Mailroom) -> None:
    letter = await room.case(await room.step.person("aigul").registers())
    echo = await room.echo(letter, "We keep them.", sure=False)
    assert await room.replies() == [("answer", "held", "charset")]
    room.step.later(hours=2)
    await room.step.caretaker()
    assert await room.said(letter.message.number) == []
    await room.reply(echo, "ok")
    assert await room.said(letter.message.number) == ["We keep them."]


@pytest.mark.parametrize("text", ["", "   \n\n", "answer", "ask", "note", "x" * 20_001])
async def test_what_says_nothing_or_too_much_is_told(room: Mailroom, text: str) -> None:
    letter = await room.case(await room.step.person("aigul").registers())
    told = await room.echo(letter, text)
    assert told.message.kind == "told" and await room.replies() == []


async def test_a_request_that_is_gone_is_told_and_nothing_breaks(room: Mailroom) -> None:
    letter = await room.case(await room.step.person("aigul").registers())
    await room.step.keep(lambda visit: visit.connection.exec_driver_sql("DELETE FROM case_events"))
    await room.step.keep(lambda visit: visit.connection.exec_driver_sql("DELETE FROM case_messages"))
    await room.step.keep(lambda visit: visit.connection.exec_driver_sql("DELETE FROM cases"))
    told = await room.echo(letter, "We keep them.")
    assert told.message.kind == "told" and letter.message.number in told.body["text"]


async def test_every_path_leaves_a_step_that_only_staff_read(room: Mailroom) -> None:
    aigul = await room.step.person("aigul").registers()
    letter = await room.case(aigul)
    for text, sender in (("We keep them.", ERLAN), ("help", ERLAN), ("hello", STRANGER), ("refuse", GULNAR)):
        before = len(await room.step.rows("SELECT id FROM case_events"))
        await room.reply(letter, text, sender)
        assert len(await room.step.rows("SELECT id FROM case_events")) > before
    await aigul.say("/requests")
    assert "draft" not in (await aigul.press(letter.message.number)).text
