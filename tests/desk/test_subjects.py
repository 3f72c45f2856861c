"""Who the desk knows: shared mailboxes, squatted addresses, and people who are not to be known at all."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import inspect
from tests.doorstep import Doorstep, Person

from kelisim.desk import consents, gates, subjects, suppressions
from kelisim.desk.identity import Email, Name
from kelisim.desk.visit import EMAIL, PHONE, Visit
from kelisim.store.models import Base

FAMILY = "family@mail.kz"


async def proved(person: Person, address: str, name: str, purpose: str = "informing-email") -> None:
    said = await person.gives_email(address, name, purpose)
    assert "Consent recorded" in said.text


async def test_two_people_share_a_mailbox_and_nothing_else(each_doorstep: Doorstep) -> None:
    """T-ID-06: proof of a mailbox opens what was collected under that subject."""
    step = each_doorstep
    mother, daughter = await step.person("aigul").registers(), await step.person("saule").registers()
    await proved(mother, FAMILY, "Qanarysova Aigul")
    step.later(minutes=2)
    await proved(daughter, FAMILY, "Bek Saule", "promotion-email")

    def card(visit: Visit) -> tuple[list[str], dict[str, str]]:
        return sorted(consents.given(visit)), subjects.profile(visit)

    assert await step.keep(card, mother) == (
        ["desk", "informing-email"],
        {"surname": "Qanarysova", "name": "Aigul"},
    )
    assert await step.keep(card, daughter) == (
        ["desk", "promotion-email"],
        {"surname": "Bek", "name": "Saule"},
    )
    await daughter.say("/consent")
    await daughter.press("Promotion: e-mail")
    await daughter.press("Withdraw")
    assert (await step.keep(card, mother))[0] == ["desk", "informing-email"]
    assert (await step.keep(card, daughter))[0] == ["desk"]
    assert len(await step.rows("SELECT 1 FROM subjects")) == 2


async def test_the_second_proof_of_a_mailbox_takes_nothing_from_the_first(each_doorstep: Doorstep) -> None:
    """T-ID-05: X typed Aigul's address and never proved it; she proves it, and he has nothing."""
    step = each_doorstep
    x, aigul = await step.person("dias").registers("en"), await step.person("aigul").registers()
    await x.say("/consent")
    await x.press("Information: e-mail")
    await x.press("I agree")
    await x.say("Omarov Dias")
    await x.press("Yes, correct")
    await x.say("aigul@mail.kz")
    assert await step.rows("SELECT 1 FROM contacts WHERE channel = 'email'") == []
    await proved(aigul, "aigul@mail.kz", "Nurlanova Aigul")
    found = step.desk.vault.find(EMAIL, "aigul@mail.kz")
    owners = await step.keep(lambda visit: [known.id for known in subjects.with_mailbox(visit, found)])
    hers = await step.keep(lambda visit: visit.known.id, aigul)
    assert owners == [hers]
    assert await step.keep(lambda visit: subjects.proved_email(visit), x) is None


async def test_one_chat_is_one_subject_however_often_it_agrees(each_doorstep: Doorstep) -> None:
    saule = each_doorstep.person("saule")
    token = each_doorstep.desk.shelf.current("desk", "en").token
    await asyncio.gather(*(saule.press(data=f"dagree:en:{token}:") for _n in range(8)))
    assert len(await each_doorstep.rows("SELECT 1 FROM subjects")) == 1
    assert len(await each_doorstep.rows("SELECT 1 FROM consent_records")) == 1


async def rows_of(step: Doorstep) -> dict[str, int]:
    """How many rows each table has."""
    tables = await step.database.look(lambda connection: inspect(connection).get_table_names())
    return {
        name: (await step.rows(f"SELECT count(*) FROM {name}"))[0][0]
        for name in tables
        if name in Base.metadata.tables
    }


async def test_who_says_to_be_under_eighteen_leaves_nothing(each_doorstep: Doorstep) -> None:
    """T-ID-13: not even that they said so; only the numbers of the updates, as of everybody."""
    step = each_doorstep
    before = await rows_of(step)
    x = step.person("7777")
    await x.say("/start")
    await x.press("English")
    said = await x.press("I am under 18")
    assert "kept nothing" in said.text
    after = await rows_of(step)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {"seen": 3}
    columns = [column.name for table in Base.metadata.sorted_tables for column in table.columns]
    assert not [name for name in columns if "age" in name.split("_") or "minor" in name or "birth" in name]


async def test_under_eighteen_messages_stop_and_a_mailbox_is_freed(each_doorstep: Doorstep) -> None:
    """T-ID-13, I9: what an opt-out needs and no more."""
    step = each_doorstep
    aigul = await step.person("aigul").registers()
    await proved(aigul, "child@mail.kz", "Nurlanova Aigul")
    await step.courier()
    step.later(minutes=5)
    before = await rows_of(step)
    child = step.person("7778")
    await child.say("/start")
    await child.press("English")
    await child.press("I am under 18")
    await child.press("Withdraw")
    await child.say("child@mail.kz")
    said = await child.say(await step.code("child@mail.kz"))
    assert "Consent withdrawn" in said.text
    assert await step.keep(consents.given, aigul) == ["desk"]
    after = await rows_of(step)
    assert after["subjects"] == before["subjects"] and after["contacts"] == before["contacts"]
    record = (await step.rows("SELECT act, locale FROM consent_records ORDER BY at DESC, id DESC"))[0]
    assert tuple(record) == ("withdrawn", "en")
    await child.press("Start")
    await child.say("STOP")
    assert len(await step.rows("SELECT 1 FROM suppressions")) == 1


async def test_the_record_of_a_mailbox_that_another_freed_speaks_the_language_of_its_subject(
    doorstep: Doorstep,
) -> None:
    aigul = await doorstep.person("aigul").registers()
    await proved(aigul, "child@mail.kz", "Nurlanova Aigul")
    await aigul.say("қазақша")
    found = doorstep.desk.vault.find(EMAIL, "child@mail.kz")
    number = await doorstep.keep(lambda visit: consents.withdraw_mailbox(visit, found))
    rows = await doorstep.rows("SELECT locale FROM consent_records WHERE number = :n", n=number)
    assert [row[0] for row in rows] == ["kk"]


async def test_a_mailbox_nobody_proved_has_nothing_to_free(doorstep: Doorstep) -> None:
    found = doorstep.desk.vault.find(EMAIL, "nobody@mail.kz")
    assert await doorstep.keep(lambda visit: consents.withdraw_mailbox(visit, found)) == ""


async def test_a_name_given_again_is_changed_and_kept_once(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    for name in (Name("Bek", "Saule"), Name("Bekova", "Saule", "Asanqyzy")):
        await doorstep.keep(lambda visit, n=name: subjects.keep_name(visit, n), saule)
    assert await doorstep.keep(subjects.profile, saule) == {
        "surname": "Bekova", "name": "Saule", "patronymic": "Asanqyzy",
    }  # fmt: skip
    verbs = await doorstep.rows(
        "SELECT verb FROM ledger WHERE what IN ('surname', 'name', 'patronymic') ORDER BY id"
    )
    assert [row[0] for row in verbs].count("updated") == 2


async def test_a_mailbox_and_a_phone_are_kept_once_however_written(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    for address in ("Saule@Mail.kz", "saule@mail.kz", "SAULE@MAIL.KZ"):
        email = Email(address, "saule@mail.kz")
        await doorstep.keep(lambda visit, e=email: subjects.keep_email(visit, e), saule)
        await doorstep.keep(lambda visit: subjects.keep_phone(visit, "+77010001234", True), saule)
    counted = await doorstep.keep(
        lambda visit: [len(subjects.contacts(visit, way)) for way in (EMAIL, PHONE)], saule
    )
    assert counted == [1, 1]


async def test_who_blocks_the_bot_is_unreachable_and_their_consents_stand(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    await saule.say("/consent")
    await saule.press("Information: Telegram")
    await saule.press("I agree")

    def state(visit: Visit) -> tuple[bool, bool]:
        return gates.allows(visit, "informing-telegram"), "informing-telegram" in consents.given(visit)

    assert await step.keep(state, saule) == (True, True)
    await saule.send(member(saule, "kicked"))
    assert await step.keep(state, saule) == (False, True)
    await saule.send(member(saule, "member"))
    assert await step.keep(state, saule) == (True, True)
    await saule.send(member(saule, "kicked"))
    await saule.say("/menu")
    assert await step.keep(state, saule) == (True, True)


def member(person: Person, status: str) -> dict[str, Any]:
    bot = {"id": 1000000000, "is_bot": True, "first_name": "kelisim"}
    old, new = ("member", "kicked") if status == "kicked" else ("kicked", "member")
    states = [
        {"user": bot, "status": one} | ({"until_date": 0} if one == "kicked" else {}) for one in (old, new)
    ]
    chat = {"id": person.id, "type": "private", "first_name": "S"}
    return {
        "my_chat_member": {
            "chat": chat, "from": person.user(), "date": 1, "old_chat_member": states[0], "new_chat_member": states[1],
        }
    }  # fmt: skip


async def test_nobody_known_at_the_door_is_a_bug_and_not_somebody(doorstep: Doorstep) -> None:
    with pytest.raises(LookupError):
        await doorstep.keep(lambda visit: visit.known)


async def test_blocked_data_are_frozen_and_reducing_acts_are_honoured(each_doorstep: Doorstep) -> None:
    """I7."""
    step = each_doorstep
    saule = await step.person("saule").registers()
    await saule.say("/consent")
    await saule.press("Information: Telegram")
    await saule.press("I agree")
    await step.keep(lambda visit: subjects.set_state(visit, subjects.BLOCKED), saule)
    before = await step.rows("SELECT count(*) FROM consent_records")
    token = step.desk.shelf.current("promotion-telegram", "en").token
    said = await saule.press(data=f"agree:en:{token}:promotion-telegram")
    assert "blocked" in said.text
    assert "blocked" in (await saule.press(data="resume:en::telegram")).text
    assert await step.rows("SELECT count(*) FROM consent_records") == before
    assert not await step.keep(lambda visit: gates.allows(visit, "informing-telegram"), saule)
    assert "Stopped" in (await saule.say("STOP")).text
    assert "withdrawn" in (await saule.press(data="wdraw:en::informing-telegram")).text


async def test_a_stop_of_the_chat_reaches_every_mailbox_the_person_proved(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    saule = await step.person("saule").registers()
    await proved(saule, "saule@mail.kz", "Bek Saule")
    await saule.say("STOP")
    channels = await step.rows("SELECT channel, count(*) FROM suppressions GROUP BY channel ORDER BY channel")
    assert [tuple(row) for row in channels] == [("email", 2), ("telegram", 1)]
    standing = await step.keep(suppressions.stopped, saule)
    assert sorted(standing) == ["email", "telegram"]
