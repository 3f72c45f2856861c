"""Corrections: who decides what, what becomes of the old value, and what a changed contact ends."""

from __future__ import annotations

from typing import Any

import pytest
from tests.doorstep import Doorstep, Person

from kelisim.desk import access, alerts, cases, codes, corrections, decisions, files, links, staff, subjects
from kelisim.desk.identity import email
from kelisim.desk.visit import EMAIL, PHONE, Visit
from kelisim.texts import speaking

OLD, NEW, THIRD = "aigul@mail.kz", "aigul.new@mail.kz", "aigul.third@mail.kz"
NUMBER = "+77011234567"


def by_staff(visit: Visit) -> staff.Actor:
    return staff.acting(visit.operator, visit.operator.staff[0].address, "test")


async def aigul_with(step: Doorstep, *mailboxes: str, **fields: str) -> Person:
    """Someone with proved mailboxes and some fields."""
    aigul = await step.person("aigul").registers("en")

    def work(visit: Visit) -> None:
        for address in mailboxes:
            corrections.add_email(visit, email(address))
        for field, value in fields.items():
            subjects.keep_field(visit, field, value)

    await step.keep(work, aigul)
    await step.courier()
    return aigul


def addresses(visit: Visit) -> dict[str, bool]:
    return {
        one.value: one.confirmed_at is not None
        for one in subjects.addresses(visit)
        if one.channel != "telegram"
    }


async def test_staff_accept_refuse_or_destroy_and_the_field_follows(each_doorstep: Doorstep) -> None:
    """P11, D3: accepted it changes; refused for want of documents it stays; where it cannot be corrected it goes."""
    step = each_doorstep
    aigul = await aigul_with(step, surname="Nurlanova", name="Aigul", patronymic="Serikkyzy")

    def work(visit: Visit) -> dict[str, str]:
        surname, _joined = corrections.ask(visit, "surname", "Omarova")
        name, _joined = corrections.ask(visit, "name", "Aigulim")
        third, _joined = corrections.ask(visit, "patronymic", "Berikkyzy")
        decisions.accept(visit, surname.number, "", by_staff(visit))
        decisions.refuse(visit, name.number, "documents", "No paper says so.", by_staff(visit))
        corrections.destroy_field(visit, third.number, "Nobody can tell which is right.", by_staff(visit))
        return subjects.profile(visit)

    assert await step.keep(work, aigul) == {"surname": "Omarova", "name": "Aigul"}
    rows = await step.rows(
        "SELECT verb, what, actor FROM ledger WHERE verb IN ('updated', 'destroyed') AND number <> ''"
    )
    assert sorted((row.verb, row.what) for row in rows) == [
        ("destroyed", "patronymic"),
        ("updated", "surname"),
    ]
    assert all("@" in row.actor for row in rows)
    told = [parcel for parcel in await step.courier("telegram") if parcel.message.kind == "answer"]
    assert len(told) == 3


async def test_only_a_field_can_be_destroyed_and_only_while_it_is_decided(doorstep: Doorstep) -> None:
    aigul = await aigul_with(doorstep, surname="Nurlanova")

    def work(visit: Visit) -> None:
        words, _joined = corrections.ask(visit, "other", "My year of birth is wrong")
        question = cases.begin(visit, cases.QUESTION, words="?")
        done, _joined = corrections.ask(visit, "surname", "Omarova")
        decisions.accept(visit, done.number, "", by_staff(visit))
        for case in (words, question, done):
            with pytest.raises(decisions.Impossible):
                corrections.destroy_field(visit, case.number, "Gone.", by_staff(visit))

    await doorstep.keep(work, aigul)


async def test_nothing_is_corrected_while_the_data_are_blocked(doorstep: Doorstep) -> None:
    """I7: not by staff either, whose acceptance says why."""
    aigul = await aigul_with(doorstep, surname="Nurlanova")
    case, _joined = await doorstep.keep(lambda visit: corrections.ask(visit, "surname", "Omarova"), aigul)
    await doorstep.keep(lambda visit: subjects.set_state(visit, subjects.BLOCKED), aigul)
    with pytest.raises(decisions.Impossible, match="blocked"):
        await doorstep.keep(lambda visit: decisions.accept(visit, case.number, "", by_staff(visit)), aigul)
    assert (await doorstep.keep(subjects.profile, aigul))["surname"] == "Nurlanova"


async def test_a_changed_mailbox_leaves_nothing_of_the_old_one_beside(each_doorstep: Doorstep) -> None:
    """The old value stands, sealed, in the facts of the request and nowhere else."""
    step = each_doorstep
    aigul = await aigul_with(step, OLD, THIRD)

    def work(visit: Visit) -> Any:
        case = corrections.change_email(visit, email(NEW))
        return case.facts["before"], addresses(visit)

    assert await step.keep(work, aigul) == (OLD, {NEW: True, THIRD: True})
    rows = await step.rows("SELECT hash FROM contacts WHERE channel = 'email'")
    assert step.desk.vault.find(EMAIL, OLD) not in {bytes(row.hash) for row in rows}
    letters = await step.courier("email")
    assert sorted(parcel.address for parcel in letters) == sorted([OLD, THIRD])


async def test_a_changed_contact_ends_every_secret_but_those_that_only_take_away(
    each_doorstep: Doorstep,
) -> None:
    """I12: codes and links to files are dead, a file on its way stays here; «It was not me» of an earlier letter works."""
    step = each_doorstep
    step.desk.url = "https://desk.example"
    aigul = await aigul_with(step, OLD)
    step.later(hours=73)

    def before(visit: Visit) -> tuple[str, str]:
        codes.send(visit, "promotion-email", email(OLD))
        case = access.order(visit, access.MAIL)
        assert "access" in files.MAKERS
        return links.make(visit, "access", case.number), links.make(visit, alerts.USE, f"{case.number}.file")

    opens, stops = await step.keep(before, aigul)
    await step.keep(lambda visit: corrections.change_email(visit, email(NEW)), aigul)
    assert await step.rows("SELECT 1 FROM codes") == []
    assert not [parcel for parcel in await step.courier("email") if parcel.message.kind == "file-letter"]

    def alive(visit: Visit) -> list[bool]:
        return [links.look(visit, url.rpartition("/")[2]) is not None for url in (opens, stops)]

    assert await step.keep(alive, aigul) == [False, True]


async def test_a_mailbox_proved_again_is_proved_since_the_first_time(doorstep: Doorstep) -> None:
    aigul = await aigul_with(doorstep, OLD)
    doorstep.later(hours=73)

    def work(visit: Visit) -> tuple[bool, bool]:
        known = corrections.add_email(visit, email(OLD)) is None
        return known, access.ways(visit).mailbox is not None

    assert await doorstep.keep(work, aigul) == (True, True)


async def test_a_new_mailbox_is_told_to_the_others_and_can_be_undone_there(each_doorstep: Doorstep) -> None:
    """T-ID-08: whoever holds her phone proves his own mailbox: hers hears of it, and a press takes it away."""
    step = each_doorstep
    aigul = await aigul_with(step, OLD)
    case = await step.keep(lambda visit: corrections.add_email(visit, email("thief@mail.kz")), aigul)
    told = await step.courier("email")
    assert [parcel.address for parcel in told] == [OLD]
    assert "thief" not in told[0].body["text"]
    assert await step.keep(lambda visit: alerts.UNDOS[alerts.CONTACT](visit, case.number), aigul)
    assert await step.keep(addresses, aigul) == {OLD: True, "thief@mail.kz": False}
    assert not await step.keep(lambda visit: alerts.UNDOS[alerts.CONTACT](visit, case.number), aigul)


async def test_the_notice_of_a_change_stops_nothing_of_anybody_else(doorstep: Doorstep) -> None:
    """I2: the number of Aigul's request, pressed by Dias."""
    aigul = await aigul_with(doorstep, OLD)
    dias = await doorstep.person("dias").registers("en")
    case = await doorstep.keep(lambda visit: corrections.change_email(visit, email(NEW)), aigul)
    assert not await doorstep.keep(lambda visit: alerts.UNDOS[alerts.CONTACT](visit, case.number), dias)
    assert await doorstep.keep(addresses, aigul) == {NEW: True}


async def test_an_unproved_value_gives_way_to_a_proved_one(doorstep: Doorstep) -> None:
    """P24: a mailbox and a phone on record without a proof are what is corrected first of all."""
    aigul = await aigul_with(doorstep)

    def work(visit: Visit) -> dict[str, bool]:
        subjects.keep_phone(visit, NUMBER, False)
        corrections.change_phone(visit, NUMBER)
        corrections.change_email(visit, email(OLD))
        assert corrections.current(visit, PHONE) == NUMBER
        return addresses(visit)

    assert await doorstep.keep(work, aigul) == {NUMBER: True, OLD: True}


async def test_a_sixth_request_of_a_day_joins_one_that_is_open(doorstep: Doorstep) -> None:
    aigul = await aigul_with(doorstep, surname="Nurlanova")

    def work(visit: Visit) -> list[Any]:
        for number in range(cases.A_DAY):
            cases.begin(visit, cases.QUESTION, words=f"question {number}")
        with speaking("en"):
            case, joined = corrections.ask(visit, "surname", "Omarova")
        return [joined, case.kind, [message.words for message in cases.messages(visit, case, cases.IN)][-1]]

    assert await doorstep.keep(work, aigul) == [True, cases.QUESTION, "Surname: Omarova"]


async def test_an_accepted_request_of_words_changes_no_field(doorstep: Doorstep) -> None:
    aigul = await aigul_with(doorstep, surname="Nurlanova")

    def work(visit: Visit) -> dict[str, str]:
        case, _joined = corrections.ask(visit, "other", "surname")
        decisions.accept(visit, case.number, "Done by hand.", by_staff(visit))
        return subjects.profile(visit)

    assert await doorstep.keep(work, aigul) == {"surname": "Nurlanova"}
