"""Letters of ours that come back: believed only by their secret name, and what they carried finds another way, once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.doorstep import Doorstep, Person
from tests.mail.desks import Mailroom
from tests.mail.post import bounce, bring

from kelisim.courier.loop import Courier
from kelisim.courier.outcome import GONE, REFUSED, SENT, Outcome, Parcel
from kelisim.desk import cases, decisions, destruction, handoffs, outbox, staff
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.texts import _, speaking

ERLAN = staff.Actor("staff", "root as erlan@alit.kz", "erlan@alit.kz")
MAIL, OTHER = "aigul@mail.kz", "dias@mail.kz"
LETTER = "answer-letter"


async def known(step: Doorstep, key: str = "aigul", address: str = MAIL) -> Person:
    """Somebody with a chat and a proved mailbox, who gave a consent for it."""
    person = await step.person(key).registers()
    await person.gives_email(address)
    await step.courier()
    return person


async def no_chat(step: Doorstep, person: Person) -> None:
    """They block the bot."""
    await step.feed({"my_chat_member": {
        "chat": {"id": person.id, "type": "private", "first_name": person.first_name}, "from": person.user(), "date": 1,
        "old_chat_member": {"status": "member", "user": person.user()},
        "new_chat_member": {"status": "kicked", "user": person.user(), "until_date": 0},
    }})  # fmt: skip


async def answered(step: Doorstep, person: Person, *, by: str = EMAIL, act: str = "answer") -> str:
    """A question answered, the answer not yet taken; its number."""

    def work(visit: Visit) -> str:
        case = handoffs.send(visit, cases.begin(visit, cases.QUESTION, words="Where?", answer_by=by))
        if act == "ask":
            decisions.ask(visit, case.number, "Which one?", ERLAN)
        elif act == "refuse":
            decisions.refuse(visit, case.number, next(iter(visit.operator.grounds)), "No.", ERLAN)
        else:
            decisions.answer(visit, case.number, "Here.", ERLAN)
        return case.number

    number: str = await step.keep(work, person)
    return number


def only(parcels: list[Parcel], kind: str) -> list[Parcel]:
    return [parcel for parcel in parcels if parcel.message.kind == kind]


async def returned(step: Doorstep, way: str, **report: Any) -> None:
    """The answer does not arrive: refused at once by the server, or reported later."""
    if way == "at once":
        assert await refuse(step, Outcome(GONE, "550")) == [LETTER]
        return
    (letter,) = only(await step.courier(EMAIL), LETTER)
    handled = await bring(step, bounce(step, letter, **report))
    assert handled.ours and handled.outcome == "bounce"


async def refuse(step: Doorstep, outcome: Outcome, kind: str = LETTER) -> list[str]:
    """The post, with a server that takes every letter but those of one kind; what it refused."""
    refused = []

    async def wire(parcel: Parcel) -> Outcome:
        if parcel.message.kind != kind:
            return Outcome(SENT)
        refused.append(parcel.message.kind)
        return outcome

    assert await Courier(step.desk, step.database, EMAIL, wire, per_second=1e6, pace=1.0).round()
    return refused


async def state(step: Doorstep, number: str) -> str:
    return str((await step.rows("SELECT state FROM cases WHERE number = :n", n=number))[0][0])


async def reachable(step: Doorstep, channel: str = EMAIL) -> list[bool]:
    return [
        bool(row[0])
        for row in await step.rows("SELECT reachable FROM contacts WHERE channel = :c ORDER BY id", c=channel)
    ]


async def consented(step: Doorstep) -> list[Any]:
    """Everything a bounce must leave as it is."""
    tables = ("consents", "consent_records", "suppressions", "profile")
    return [list(await step.rows(f"SELECT * FROM {table}")) for table in tables]


@pytest.mark.parametrize("way", ["at once", "later"])
@pytest.mark.parametrize("act, before", [("answer", "answered"), ("refuse", "refused"), ("ask", "waiting")])
async def test_without_a_chat_the_request_is_with_staff_again(
    each_doorstep: Doorstep, way: str, act: str, before: str
) -> None:
    """MOVES: asked again, or the answer did not arrive; staff are told, the person's consents are not touched."""
    step = each_doorstep
    aigul = await known(step)
    await no_chat(step, aigul)
    number = await answered(step, aigul, act=act)
    await step.courier(TELEGRAM)
    assert await state(step, number) == before
    consents = await consented(step)
    await returned(step, way)
    assert await state(step, number) == "with staff"
    assert await reachable(step) == [False]
    assert await consented(step) == consents
    sent = await step.courier()
    told = only(sent, "case")[-1]
    with speaking(
        next(person.locale for person in step.desk.operator.staff if person.address == told.address)
    ):
        why = _("The mailbox it went to takes no letters, and there is no chat to write to. Please find another way, for "
                "example by phone or on paper.")  # fmt: skip
    assert number in told.body["subject"] and why in told.body["text"]
    assert told.address in ("erlan@alit.kz", "gulnar@alit.kz") and MAIL not in told.body["text"]
    assert only(sent, LETTER) == [] and only(sent, "answer") == []
    assert [row[0] for row in await step.rows("SELECT read_at FROM case_messages WHERE way = 'out'")] == [
        None
    ]
    again = await step.keep(lambda visit: decisions.answer(visit, number, "By phone.", ERLAN))
    assert again.state == "answered"


@pytest.mark.parametrize("way", ["at once", "later"])
@pytest.mark.parametrize("act, screen", [("answer", "svc.answer"), ("refuse", "svc.refused")])
async def test_with_a_chat_the_answer_goes_there_and_staff_need_do_nothing(
    each_doorstep: Doorstep, way: str, act: str, screen: str
) -> None:
    step = each_doorstep
    aigul = await known(step)
    number = await answered(step, aigul, act=act)
    await step.courier(TELEGRAM)
    before = await state(step, number)
    await returned(step, way)
    assert await state(step, number) == before
    sent = await step.courier()
    step.later(hours=12)  # the notice about the mailbox waits for the morning
    sent += await step.courier()
    (told,) = only(sent, "answer")
    assert number in told.body["text"] and told.address == str(aigul.id)
    (notice,) = only(sent, "notice")
    assert "come back" in notice.body["text"] and MAIL not in notice.body["text"]
    assert only(sent, "case") == []
    await aigul.press(data=told.body["reply_markup"]["inline_keyboard"][0][0]["callback_data"])
    assert ("Here." if act == "answer" else "No.") in aigul.said.text
    next_one = await answered(step, aigul)  # the dead mailbox is not tried again while the chat is open
    sent = await step.courier()
    assert only(sent, LETTER) == [] and next_one in only(sent, "answer")[-1].body["text"]


async def test_one_report_after_another_changes_nothing_more(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await known(step)
    await no_chat(step, aigul)
    number = await answered(step, aigul)
    await step.courier(TELEGRAM)
    (letter,) = only(await step.courier(EMAIL), LETTER)
    for _report in range(3):  # each a letter of its own
        assert (await bring(step, bounce(step, letter))).ours
    assert len(only(await step.courier(), "case")) == 1
    acts = [row[0] for row in await step.rows("SELECT act FROM case_events WHERE act = 'returned'")]
    assert (len(acts), await state(step, number)) == (1, "with staff")


async def test_two_reports_at_the_same_moment_reopen_once(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await known(step)
    await no_chat(step, aigul)
    await answered(step, aigul)
    await step.courier(TELEGRAM)
    (letter,) = only(await step.courier(EMAIL), LETTER)
    done = await asyncio.gather(
        *(bring(step, bounce(step, letter)) for _n in range(4)), return_exceptions=True
    )
    assert [one for one in done if isinstance(one, BaseException)] == []
    assert len(await step.rows("SELECT 1 FROM case_events WHERE act = 'returned'")) == 1
    assert len(only(await step.courier(), "case")) == 1


async def test_a_report_that_names_no_letter_of_ours_is_ignored(each_doorstep: Doorstep) -> None:
    """T-LET-15: whoever knows only the address cannot make it count as dead."""
    step = each_doorstep
    aigul = await known(step)
    await no_chat(step, aigul)
    number = await answered(step, aigul)
    await step.courier(TELEGRAM)
    (letter,) = only(await step.courier(EMAIL), LETTER)
    forged = ("a" if letter.body["token"][0] != "a" else "b") + letter.body["token"][1:]
    bare = bounce(step, letter, to="info@alit.kz").replace(letter.body["token"].encode(), b"x")
    wrong = bounce(step, letter).replace(letter.body["token"].encode(), forged.encode())
    for content in (bare, wrong):
        handled = await bring(step, content)
        assert not handled.ours
    assert (await reachable(step), await state(step, number)) == ([True], "answered")
    assert await step.rows("SELECT 1 FROM letters") == []
    assert await step.courier() == []


async def test_whose_letter_it_is_decides_and_not_whom_the_report_names(each_doorstep: Doorstep) -> None:
    """T-LET-15: Dias has a letter of his own with its token, and names Aigul in a report he wrote himself."""
    step = each_doorstep
    await known(step)
    dias = await known(step, "dias", OTHER)
    await answered(step, dias)
    await step.courier(TELEGRAM)
    (letter,) = only(await step.courier(EMAIL), LETTER)
    await bring(step, bounce(step, letter, failed=MAIL))
    mine = await step.rows(
        "SELECT reachable FROM contacts WHERE channel = 'email' AND hash = :hash",
        hash=step.desk.vault.find(EMAIL, MAIL),
    )
    assert [bool(row[0]) for row in mine] == [True]


@pytest.mark.parametrize("status", ["4.4.7", "5.2.2", "5.7.1"])
async def test_what_says_nothing_of_the_address_marks_none_but_the_answer_finds_its_way(
    each_doorstep: Doorstep, status: str
) -> None:
    """A mailbox that was full for days, or a policy, may take the next letter; this one it did not."""
    step = each_doorstep
    aigul = await known(step)
    number = await answered(step, aigul)
    await returned(step, "later", status=status)
    assert await reachable(step) == [True]
    sent = await step.courier()
    step.later(hours=12)
    sent += await step.courier()
    assert number in only(sent, "answer")[0].body["text"] and only(sent, "notice") == []


@pytest.mark.parametrize("action", ["delayed", "relayed", "delivered"])
async def test_a_report_that_nothing_came_back_yet_does_nothing(doorstep: Doorstep, action: str) -> None:
    step = doorstep
    aigul = await known(step)
    await no_chat(step, aigul)
    number = await answered(step, aigul)
    await step.courier(TELEGRAM)
    (letter,) = only(await step.courier(EMAIL), LETTER)
    status = "4.4.1" if action == "delayed" else "2.0.0"
    await bring(step, bounce(step, letter, status=status, action=action))
    assert (await reachable(step), await state(step, number)) == ([True], "answered")
    assert await step.courier() == []


async def test_a_letter_that_alone_was_refused_says_nothing_about_its_mailbox(doorstep: Doorstep) -> None:
    step = doorstep
    aigul = await known(step)
    number = await answered(step, aigul)
    await step.courier(TELEGRAM)
    assert await refuse(step, Outcome(REFUSED, "554")) == [LETTER]
    assert await reachable(step) == [True]
    assert number in only(await step.courier(), "answer")[0].body["text"]


async def test_a_blocked_bot_sends_the_answer_to_the_proved_mailbox(each_doorstep: Doorstep) -> None:
    """SCREENS 3.11, the other way round: whether the block is known before or found out by the answer itself."""
    step = each_doorstep
    aigul = await known(step)
    number = await answered(step, aigul, by=TELEGRAM)
    (gone,) = only(await step.courier(TELEGRAM, Outcome(GONE, "403")), "answer")
    assert number in gone.body["text"]
    (letter,) = only(await step.courier(EMAIL), LETTER)
    assert letter.address == MAIL and "Here." in letter.body["text"]
    assert await reachable(step, TELEGRAM) == [False]
    later = await answered(step, aigul, by=TELEGRAM)
    sent = await step.courier()
    assert later in only(sent, LETTER)[0].body["text"] and only(sent, "answer") == []


async def test_neither_way_takes_anything_and_staff_have_it_again(each_doorstep: Doorstep) -> None:
    """Bot blocked, then the mailbox dead: it ends with staff and goes round no more."""
    step = each_doorstep
    aigul = await known(step)
    number = await answered(step, aigul, by=TELEGRAM)
    await step.courier(TELEGRAM, Outcome(GONE, "403"))
    (letter,) = only(await step.courier(EMAIL), LETTER)
    await bring(step, bounce(step, letter))
    assert await state(step, number) == "with staff"
    sent = await step.courier()
    assert [parcel.message.kind for parcel in sent] == ["case"]


async def test_an_answer_that_came_after_it_is_not_undone(doorstep: Doorstep) -> None:
    step = doorstep
    aigul = await known(step)
    await no_chat(step, aigul)
    number = await answered(step, aigul)
    await step.courier(TELEGRAM)
    (first,) = only(await step.courier(EMAIL), LETTER)
    await step.keep(lambda visit: handoffs.send(visit, cases.known(visit, number), handoffs.MORE), aigul)
    await step.keep(lambda visit: decisions.answer(visit, number, "Better.", ERLAN))
    (second,) = only(await step.courier(EMAIL), LETTER)
    await bring(step, bounce(step, first))
    assert await state(step, number) == "answered"
    await bring(step, bounce(step, second))
    assert await state(step, number) == "with staff"


async def test_a_letter_to_staff_that_comes_back_is_told_once_a_day(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    aigul = await known(step)
    letters = []
    for n in range(3):
        await step.keep(
            lambda visit, n=n: handoffs.send(visit, cases.begin(visit, cases.QUESTION, words=f"{n}")), aigul
        )
        letters += only(await step.courier(EMAIL), "case")
    who = letters[0].address
    for letter in letters:
        handled = await bring(step, bounce(step, letter))
        assert handled.ours and handled.case_id is not None
    (alarm,) = only(await step.courier(), "alarm")
    assert (
        alarm.address == "dana@alit.kz"
        and who in alarm.body["text"]
        and letters[0].message.number in alarm.body["text"]
    )
    assert "Айгүл" not in alarm.body["text"]
    states = [row[0] for row in await step.rows("SELECT state FROM cases")]
    assert states == ["with staff"] * 3


async def test_alarms_that_come_back_themselves_end(each_doorstep: Doorstep) -> None:
    """Every mailbox of the house is dead: two letters at most, then silence and the log."""
    step = each_doorstep
    aigul = await known(step)
    await step.keep(lambda visit: handoffs.send(visit, cases.begin(visit, cases.QUESTION, words="?")), aigul)
    rounds = 0
    while await step.courier(EMAIL, Outcome(GONE, "550")):
        rounds += 1
        assert rounds < 6
    alarms = await step.rows("SELECT 1 FROM outbox WHERE kind = 'alarm'")
    assert len(alarms) <= len(step.desk.operator.staff)


async def test_an_echo_that_comes_back_holds_the_answer(each_doorstep: Doorstep) -> None:
    """T-LET-07: nobody has seen what the person would read, so it does not leave by itself."""
    step = each_doorstep
    aigul = await known(step)
    room = Mailroom(step)
    letter = await room.case(aigul)
    await room.reply(letter, "We have looked: it is in the archive.", letter.address)
    assert [reply[1] for reply in await room.replies()] == ["waiting"]
    (echo,) = only(await step.courier(EMAIL), "echo")
    await bring(step, bounce(step, echo))
    assert [reply[1:] for reply in await room.replies()] == [("held", "bounced")]
    for _hour in range(30):
        step.later(hours=1)
        await step.caretaker()
    assert [reply[1:] for reply in await room.replies()] == [("held", "bounced")]
    assert await room.said(letter.message.number) == []


@pytest.mark.parametrize("way", ["at once", "later"])
async def test_nothing_more_is_sent_where_an_automatic_letter_came_back(doorstep: Doorstep, way: str) -> None:
    step = doorstep
    aigul = await step.person("aigul").registers()
    await aigul.say("/consent")
    await aigul.press("Information: e-mail")
    await aigul.press("I agree")
    await aigul.say("Nurlanova Aigul")
    await aigul.press("Yes, correct")
    await step.courier()
    await aigul.say(MAIL)
    if way == "at once":
        assert await refuse(step, Outcome(GONE, "550"), "code") == ["code"]
    else:
        (letter,) = only(await step.courier(EMAIL), "code")
        assert (await bring(step, bounce(step, letter))).ours
    step.later(hours=1)
    assert await step.courier() == []


async def test_the_report_about_an_erased_persons_letter_is_taken_away(doorstep: Doorstep) -> None:
    """It carries their words back into the mailbox: it goes to our folder, and no request holds it."""
    step = doorstep
    aigul = await known(step)
    await answered(step, aigul)
    await step.courier(TELEGRAM)
    (letter,) = only(await step.courier(EMAIL), LETTER)

    def gone(visit: Visit) -> None:
        visit.subject = visit.known
        destruction.destroy(visit, set(), [])

    await step.keep(gone, aigul)
    handled = await bring(step, bounce(step, letter))
    assert (handled.ours, handled.case_id, handled.subject_id) == (True, None, None)
    assert [row[0] for row in await step.rows("SELECT content FROM letters")] == [None]
    assert await step.courier() == []


async def test_what_follows_a_refusal_never_sends_the_letter_again(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours in the consequences leaves the letter settled."""
    step = doorstep
    aigul = await known(step)
    await answered(step, aigul)
    await step.courier(TELEGRAM)
    monkeypatch.setattr("kelisim.desk.returns.refused", lambda *_a, **_k: 1 / 0)
    assert len(only(await step.courier(EMAIL, Outcome(GONE, "550")), LETTER)) == 1
    step.later(hours=2)
    assert only(await step.courier(EMAIL, Outcome(SENT)), LETTER) == []
    assert outbox.FAILED in [
        row[0] for row in await step.rows("SELECT state FROM outbox WHERE kind = :k", k=LETTER)
    ]
