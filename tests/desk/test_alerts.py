"""«It was not me»: told by every other proved way, stopped once, and only by the person it was told to."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import delete, update
from tests.doorstep import Doorstep, Person

from kelisim.courier.outcome import GONE, Outcome, Parcel
from kelisim.desk import alerts, cases, files, links, subjects
from kelisim.desk.alerts import CONTACT, ERASURE, FILE, REPRESENTATION, NotMe
from kelisim.desk.cases import Case
from kelisim.desk.visit import EMAIL, TELEGRAM, Visit
from kelisim.store.models import Contact, OutboxMessage
from kelisim.texts import speaking

HERS = "aigul.canary@mail.kz"


async def known(step: Doorstep, key: str = "aigul", address: str = HERS) -> Person:
    """Somebody with a chat and a proved mailbox, whose letters have all come."""
    person = await step.person(key).registers()
    if address:
        await person.gives_email(address)
    await step.courier()
    return person


async def acted(
    step: Doorstep, person: Person, what: str = FILE, but: bytes = b"", door: str = TELEGRAM
) -> str:
    """An act with a case and its alert; the number. By another door when one is named."""

    def work(visit: Visit) -> str:
        case = cases.begin(visit, cases.ACCESS)
        here = visit
        if door != TELEGRAM:
            here = replace(visit, door=door, visitor=subjects.visitor(visit.desk, "", ""))
        alerts.post(here, what, case.number, but=but)
        return case.number

    number: str = await step.keep(work, person)
    return number


def told(parcels: list[Parcel]) -> list[tuple[str, str]]:
    """Which way and where the alerts went."""
    return [
        (parcel.message.channel, parcel.address)
        for parcel in parcels
        if parcel.message.kind == alerts.LETTER or "It was not me" in str(parcel.body.get("reply_markup", ""))
    ]


@pytest.mark.parametrize("what", alerts.WHAT)
async def test_an_act_in_the_chat_is_told_to_the_proved_mailbox_at_any_hour(
    each_doorstep: Doorstep, what: str
) -> None:
    """T-ID-08: notice before effect; at night too, for it is no message nobody asked for."""
    step = each_doorstep
    aigul = await known(step)
    await known(step, "dias", "dias@mail.kz")
    for _hour in range(3):
        number = await acted(step, aigul, what)
        parcels = await step.courier()
        assert told(parcels) == [(EMAIL, HERS)]
        [letter] = [parcel for parcel in parcels if parcel.message.kind == alerts.LETTER]
        assert number in letter.body["subject"] and number in letter.body["text"]
        step.later(hours=8)


async def test_an_act_by_another_door_is_told_in_the_chat_and_the_mailbox(doorstep: Doorstep) -> None:
    aigul = await known(doorstep)
    number = await acted(doorstep, aigul, ERASURE, door="web")
    parcels = await doorstep.courier()
    assert sorted(told(parcels)) == [(EMAIL, HERS), (TELEGRAM, str(aigul.id))]
    [screen] = [parcel.body for parcel in parcels if parcel.message.channel == TELEGRAM]
    assert number in screen["text"] and "your data stay" in screen["text"]


async def test_a_new_mailbox_is_not_asked_whether_it_was_me_and_an_unproved_one_hears_nothing(
    doorstep: Doorstep,
) -> None:
    """T-ID-08: the old proved mailbox is; the new one may be the thief's own."""
    aigul = await known(doorstep)
    new = doorstep.desk.vault.find(EMAIL, "thief@mail.kz")

    def both(visit: Visit) -> None:
        subjects._keep_contact(visit, EMAIL, "thief@mail.kz", new, True)
        subjects._keep_contact(
            visit, EMAIL, "unproved@mail.kz", visit.desk.vault.find(EMAIL, "unproved@mail.kz"), False
        )

    await doorstep.keep(both, aigul)
    await acted(doorstep, aigul, CONTACT, but=new)
    assert told(await doorstep.courier()) == [(EMAIL, HERS)]


async def test_without_another_proved_way_nobody_is_told(doorstep: Doorstep) -> None:
    aigul = await known(doorstep, address="")
    assert told(await doorstep.courier()) == []
    await acted(doorstep, aigul)
    assert told(await doorstep.courier()) == []


async def test_the_letter_keeps_the_address_it_was_written_to(doorstep: Doorstep) -> None:
    """The old mailbox is told though it is taken off the record in the same act."""
    aigul = await known(doorstep)

    def work(visit: Visit) -> None:
        case = cases.begin(visit, cases.CORRECTION)
        alerts.post(visit, CONTACT, case.number)
        for contact in subjects.contacts(visit, EMAIL):
            visit.run(delete(Contact).where(Contact.id == contact.id))

    await doorstep.keep(work, aigul)
    assert told(await doorstep.courier()) == [(EMAIL, HERS)]


async def test_the_letter_has_one_link_and_it_opens_nothing(doorstep: Doorstep) -> None:
    """T-ID-09: no other link, no value of hers; without a web door the mailbox of the desk stands there instead."""
    aigul = await known(doorstep)
    await acted(doorstep, aigul)
    [letter] = [parcel for parcel in await doorstep.courier() if parcel.message.kind == alerts.LETTER]
    assert "https://" not in letter.body["text"].replace(doorstep.desk.operator.url, "")
    assert doorstep.desk.operator.mailbox in letter.body["text"]
    doorstep.desk.url = "https://desk.example"
    await acted(doorstep, aigul)
    [letter] = [parcel for parcel in await doorstep.courier() if parcel.message.kind == alerts.LETTER]
    found = re.findall(r"https?://\S+", letter.body["text"].replace(doorstep.desk.operator.url, ""))
    assert len(found) == 1 and found[0].startswith("https://desk.example/l/")
    for value in ("canary", "Nurlanova", HERS):
        assert value not in letter.body["text"] and value not in letter.body["subject"]
    assert [row[0] for row in await doorstep.rows("SELECT use FROM links")] == [alerts.USE]


async def test_a_letter_to_somebody_gone_is_not_sent(doorstep: Doorstep) -> None:
    aigul = await known(doorstep)
    await acted(doorstep, aigul)

    def gone(visit: Visit) -> None:
        visit.run(update(OutboxMessage).where(OutboxMessage.kind == alerts.LETTER).values(subject_id=7))

    await doorstep.keep(gone)
    assert told(await doorstep.courier()) == []


async def stopped(step: Doorstep, person: Person, what: str, number: str) -> NotMe | None:
    """«It was not me», as the doors do it: in the person's language."""

    def work(visit: Visit) -> NotMe | None:
        with speaking("en"):
            return alerts.not_me(visit, what, number)

    made: NotMe | None = await step.keep(work, person)
    return made


async def test_not_me_voids_the_links_to_the_file_and_holds_back_what_has_not_left(
    each_doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-ID-08: the thief's link is dead; the «It was not me» of another letter lives on."""
    step = each_doorstep
    monkeypatch.setitem(files.MAKERS, "test", files.Maker(lambda visit, ref: {}, {"html": lambda told: b""}))
    step.desk.url = "https://desk.example"
    aigul = await known(step)
    number = await acted(step, aigul)
    await step.courier(EMAIL)

    def ordered(visit: Visit) -> str:
        files.promise(visit, "test", number, number)
        return links.make(visit, "test", number)

    await step.keep(ordered, aigul)
    done = await stopped(step, aigul, FILE, number)
    assert done is not None and done.stopped and done.new
    assert [row[0] for row in await step.rows("SELECT use FROM links")] == [alerts.USE]
    assert not [parcel for parcel in await step.courier(TELEGRAM) if parcel.message.kind == files.FILE]
    assert [row[0] for row in await step.rows("SELECT state FROM outbox WHERE kind = 'file'")] == [
        "cancelled"
    ]


async def test_not_me_opens_one_question_for_staff_however_often_it_is_pressed(
    each_doorstep: Doorstep,
) -> None:
    step = each_doorstep
    aigul = await known(step)
    number = await acted(step, aigul)
    await step.courier()
    first, again = await stopped(step, aigul, FILE, number), await stopped(step, aigul, FILE, number)
    assert first is not None and again is not None
    assert (first.new, again.new, first.case.number) == (True, False, again.case.number)
    assert (first.case.kind, first.case.state, first.stopped) == (cases.QUESTION, cases.WITH_STAFF, False)
    letters = [parcel for parcel in await step.courier(EMAIL) if parcel.message.kind == "case"]
    assert (
        len(letters) == 1 and number in letters[0].body["text"] and "It was not me" in letters[0].body["text"]
    )


@pytest.mark.parametrize("what", [CONTACT, ERASURE, REPRESENTATION])
async def test_what_a_noun_registered_is_undone_for_the_person_told(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    undone: list[tuple[int, str]] = []

    def undo(visit: Visit, number: str) -> bool:
        undone.append((visit.known.id, number))
        return True

    monkeypatch.setitem(alerts.UNDOS, what, undo)
    aigul = await known(doorstep)
    number = await acted(doorstep, aigul, what)
    first, again = await stopped(doorstep, aigul, what, number), await stopped(doorstep, aigul, what, number)
    assert first is not None and first.stopped and again is not None and again.stopped
    assert [known_number for _subject, known_number in undone] == [number]


async def test_nobody_stops_what_was_not_told_to_them(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I2, T-CHAT-02: Dias presses a button with Aigul's number: nothing is undone, nothing told, no request begun."""
    monkeypatch.setitem(alerts.UNDOS, ERASURE, _must_not)
    aigul, dias = await known(doorstep), await known(doorstep, "dias", "dias@mail.kz")
    number = await acted(doorstep, aigul, ERASURE)
    mine = await acted(doorstep, dias, FILE)
    before = await doorstep.rows("SELECT count(*) FROM cases")
    assert await stopped(doorstep, dias, ERASURE, number) is None
    assert await doorstep.rows("SELECT count(*) FROM cases") == before
    assert await stopped(doorstep, dias, FILE, mine) is not None


def _must_not(visit: Visit, number: str) -> bool:
    raise AssertionError("another's act was undone")


async def test_the_button_in_the_chat_stops_it_with_number_and_date(doorstep: Doorstep) -> None:
    """svc.alert: the press opens a confirmation; a second one changes nothing (S12); a forged one is an old button."""
    aigul = await known(doorstep)
    number = await acted(doorstep, aigul, door="web")
    [screen] = [parcel.body for parcel in await doorstep.courier(TELEGRAM)]
    [button] = [
        b for row in screen["reply_markup"]["inline_keyboard"] for b in row if b["text"] == "It was not me"
    ]
    assert len(button["callback_data"].encode()) <= 64
    said = await aigul.press(data=button["callback_data"])
    assert said.text.startswith("✔") and said.number.startswith("K-") and said.number != number
    assert {"Why this date?", "My requests"} <= said.buttons.keys()
    again = await aigul.press(data=button["callback_data"])
    assert "already done" in again.text and again.number == said.number
    dias = await known(doorstep, "dias", "dias@mail.kz")
    forged = await dias.press(data=button["callback_data"])
    assert "earlier page" in forged.text and number not in forged.text


async def test_what_staff_find_out_goes_by_letter_when_the_letter_was_used(doorstep: Doorstep) -> None:
    """The chat may be in another's hands."""
    aigul = await known(doorstep)
    number = await acted(doorstep, aigul)

    def by_letter(visit: Visit) -> Case:
        done = alerts.not_me(replace(visit, door="web"), FILE, number)
        assert done is not None
        return done.case

    case: Case = await doorstep.keep(by_letter, aigul)
    assert case.answer_by == EMAIL


async def test_a_mailbox_that_takes_nothing_holds_nobody_up(doorstep: Doorstep) -> None:
    aigul = await known(doorstep)
    await acted(doorstep, aigul)
    await doorstep.courier(EMAIL, Outcome(GONE, "550"))
    [(state,)] = await doorstep.rows("SELECT state FROM outbox WHERE kind = :kind", kind=alerts.LETTER)
    assert state == "failed"


def test_a_reference_fits_a_button_and_says_what_it_is_about() -> None:
    for what in alerts.WHAT:
        ref = alerts.reference(what, "K-7K2M9QXD4")
        assert len(ref) <= 22
        assert alerts.split(ref) is None  # the checksum of this number is wrong
    for ref in ("", "K-", "file", "K-7K2M9QXD4.nothing", ".file"):
        assert alerts.split(ref) is None
    with pytest.raises(ValueError):
        alerts.undo("nothing")
