"""Finding other data in the chat: the same words until the proof, a Yes that names what is joined, and who is never opened."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from tests.desk.test_codes import code_asked, told, verify
from tests.desk.test_merges import MAIL, a_record
from tests.doorstep import Doorstep, Person, Said

from kelisim.desk import access, codes, consents, corrections, merges, subjects
from kelisim.desk.identity import email
from kelisim.desk.visit import Visit
from kelisim.telegram import mailboxes, proving

UNKNOWN = "never.heard@hat.kz"
CANARY = "Canaryova"


async def looks(person: Person, address: str = MAIL) -> Said:
    """From «My data» to the question for the code."""
    await person.say("/mydata")
    await person.press("Find my other data")
    await person.press("E-mail")
    return await person.say(address)


async def proves(person: Person, address: str = MAIL) -> Said:
    await looks(person, address)
    return await person.say(await person.step.code(address))


def shared(user: int, number: str = "77011234567") -> dict[str, Any]:
    return {"contact": {"phone_number": number, "first_name": "A", "user_id": user}}


async def test_what_the_site_collected_is_named_masked_and_joined_by_a_yes(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    await step.keep(lambda visit: a_record(visit, MAIL, surname=CANARY, name="Aigul"))
    aigul = await step.person("aigul").registers("en")
    named = await proves(aigul)
    assert "from the site" in named.text and "C…a" in named.text and CANARY not in named.text
    assert await step.keep(subjects.profile, aigul) == {}
    done = await aigul.press("Yes, correct")
    assert done.text.startswith("✔") and "parted" in done.text
    assert await step.keep(subjects.profile, aigul) == {"surname": CANARY, "name": "Aigul"}
    again = await aigul.press(data="pyes:en::")
    assert "earlier page" in again.text
    await aigul.say("/mydata")
    await aigul.press("Find my other data")
    await aigul.press("It was not me")
    assert await step.keep(subjects.profile, aigul) == {}


async def test_nothing_is_joined_without_the_yes(doorstep: Doorstep) -> None:
    await doorstep.keep(lambda visit: a_record(visit, MAIL, surname=CANARY))
    aigul = await doorstep.person("aigul").registers("en")
    await proves(aigul)
    assert "Is everything correct?" in (await aigul.say("maybe")).text
    await aigul.press("Cancel")
    assert "earlier page" in (await aigul.press(data="pyes:en::")).text
    assert await doorstep.keep(subjects.profile, aigul) == {}


async def test_until_the_proof_a_known_mailbox_is_answered_like_an_unknown_one(
    each_doorstep: Doorstep,
) -> None:
    """T-ID-04, I13: equal bytes, equal SQL, equal rows, and a letter leaves in either case."""
    step = each_doorstep
    await step.keep(lambda visit: a_record(visit, MAIL, surname=CANARY))
    mother = await step.person("dias").registers("en")
    await step.keep(lambda visit: corrections.add_email(visit, email(MAIL)), mother)
    await step.courier()
    seen: list[Any] = []
    for key, address in (("7001", MAIL), ("7002", UNKNOWN)):
        x = await step.person(key).registers("en")
        await x.say("/mydata")
        await x.press("Find my other data")
        await x.press("E-mail")
        await step.courier()
        some: list[Any] = [await told(step, x, words) for words in (address, "000000", "111111")]
        rows = await step.rows("SELECT kind, channel, state FROM outbox WHERE settled_at IS NULL")
        some.append(sorted(map(tuple, rows)))
        letters = await step.courier("email")
        some.append([re.sub(r"\d{6}", "…", parcel.body["text"]) for parcel in letters])
        assert [parcel.address for parcel in letters] == [address]
        seen.append(some)
    assert seen[0] == seen[1]


async def test_the_letter_with_the_code_has_no_link_and_nothing_that_was_typed(doorstep: Doorstep) -> None:
    """T-ID-09: across doors the proof is a code typed back in the asking chat."""
    aigul = await doorstep.person("aigul").registers("en")
    await looks(aigul)
    letter = (await doorstep.courier("email"))[-1].body["text"]
    body = letter.partition("-- ")[0]
    assert "http" not in body and "do not pass it on" in body and "Aigul" not in body


async def test_two_people_with_one_mailbox_have_two_cards(each_doorstep: Doorstep) -> None:
    """T-ID-06: mother and daughter; the second proof shows nothing of the first and joins nothing."""
    step = each_doorstep
    mother = await step.person("aigul").registers("en")
    await step.keep(lambda visit: subjects.keep_field(visit, "surname", CANARY), mother)
    await proves(mother)
    step.later(minutes=5)
    daughter = await step.person("dias").registers("en")
    named = await proves(daughter)
    assert "Another Telegram chat" in named.text and "C…a" not in named.text
    asked = await daughter.press("Yes, correct")
    assert "C…a" not in asked.text
    card = await daughter.say("/mydata")
    full = await daughter.press("Show in full")
    assert not any(CANARY in said.text or "C…a" in said.text for said in (card, full))
    assert await step.keep(subjects.profile, daughter) == {}


async def test_two_chats_become_one_only_by_both_yes(each_doorstep: Doorstep) -> None:
    """T-ID-06, T-ID-08: the other chat is asked; its No, or its silence, leaves everything as it was."""
    step = each_doorstep
    first = await step.person("aigul").registers("en")
    await step.keep(lambda visit: subjects.keep_field(visit, "surname", CANARY), first)
    await proves(first)
    step.later(minutes=5)
    second = await step.person("dias").registers("en")
    await step.courier()
    for answer in ("It was not me", "Yes, correct"):
        await proves(second)
        await second.press("Yes, correct")
        [asked] = [parcel for parcel in await step.courier("telegram") if parcel.message.kind == "answer"]
        assert asked.address == "5001" and "5002" not in str(asked.body)
        assert await step.keep(subjects.profile, second) == {}
        keys = asked.body["reply_markup"]["inline_keyboard"]
        data = next(key["callback_data"] for row in keys for key in row if key["text"] == answer)
        # The button of another's question is an old one.
        assert "earlier page" in (await second.press(data=data)).text
        said = await first.press(data=data)
        step.later(minutes=5)
    assert "one now" in said.text
    assert (await step.keep(subjects.profile, second))["surname"] == CANARY


async def test_a_phone_opens_nothing_and_staff_look_it_up(each_doorstep: Doorstep) -> None:
    """T-ID-07: the new owner of a number shares his genuine contact: nothing of the old one's, the same words as for any."""
    step = each_doorstep
    aigul = await step.person("aigul").registers("en")
    await step.keep(lambda visit: subjects.keep_field(visit, "surname", CANARY), aigul)
    await step.keep(lambda visit: subjects.keep_phone(visit, "+77011234567", True), aigul)
    texts = []
    for key, number in (("dias", "77011234567"), ("6001", "77017654321")):
        person = await step.person(key).registers("en")
        await person.say("/mydata")
        await person.press("Find my other data")
        await person.press("Phone")
        done = await person.bring(**shared(person.id, number))
        assert done.text.startswith("✔") and CANARY not in done.text and "C…a" not in done.text
        texts.append(done.text.replace(done.number, "…"))
        assert await step.keep(subjects.profile, person) == {}
    assert texts[0] == texts[1]
    letters = [parcel for parcel in await step.courier("email") if parcel.message.kind == "case"]
    assert len(letters) == 2 and all("+770" in parcel.body["text"] for parcel in letters)
    again = await step.person("dias").say("/mydata")
    assert CANARY not in again.text


async def test_a_typed_number_or_another_persons_card_asks_staff_nothing(doorstep: Doorstep) -> None:
    """T-CHAT-08."""
    aigul = await doorstep.person("aigul").registers("en")
    await aigul.say("/mydata")
    await aigul.press("Find my other data")
    await aigul.press("Phone")
    for said in (await aigul.say("+7 701 123 45 67"), await aigul.bring(**shared(5002))):
        assert "Please use the button" in said.text
    assert await doorstep.rows("SELECT id FROM cases") == []
    assert await doorstep.rows("SELECT id FROM contacts WHERE channel = 'phone'") == []


async def test_a_mailbox_proved_for_the_file_ends_no_consent_and_waits_three_days(doorstep: Doorstep) -> None:
    """T-ID-08: a new mailbox gets no file for 72 hours; proving it there is no withdrawal."""
    aigul = await doorstep.person("aigul").registers("en")
    await aigul.say("/mydata")
    await aigul.press("Get the file")
    await aigul.press("To my e-mail")
    await aigul.say(MAIL)
    said = await aigul.say(await doorstep.code(MAIL))
    assert "72 hours" in said.text and "To my e-mail" not in said.buttons
    assert await doorstep.keep(consents.given, aigul) == ["desk"]

    def young(visit: Visit) -> bool:
        return access.ways(visit).mailbox is None

    assert await doorstep.keep(young, aigul)
    doorstep.later(hours=73)
    assert not await doorstep.keep(young, aigul)


async def test_a_code_is_good_for_its_own_use_alone(each_doorstep: Doorstep) -> None:
    """T-ID-03: the cross table over all uses, for one mailbox and one chat; all refused alike, and the right one fits."""
    step = each_doorstep
    aigul = step.person("aigul")
    uses = ["withdraw", "prove", "file", "correct", "informing-email"]
    assert set(proving.USES) < set(uses)
    sent: dict[str, str] = {}
    for use in uses:
        await step.keep(lambda visit: visit.run(codes._FORGET, before=visit.at), aigul)
        step.later(seconds=1)
        sent[use] = await code_asked(step, aigul, use)
    if len(set(sent.values())) < len(uses):
        pytest.skip("two random codes were the same")
    for use in uses:
        for other in uses:
            if other != use:
                answer = await step.keep(verify(use, sent[other]), aigul)
                assert (answer.outcome, answer.address) == (codes.WRONG, b"")
        assert (await step.keep(verify(use, sent[use]), step.person("dias"))).outcome == codes.LAPSED
        assert (await step.keep(verify(use, sent[use]), aigul)).outcome == codes.RIGHT


@pytest.mark.parametrize("way", ["prove", "file", "correct"])
async def test_of_many_guesses_at_once_five_are_compared(each_doorstep: Doorstep, way: str) -> None:
    """T-ID-01 for each new use, through the door."""
    step = each_doorstep
    saule = await step.person("saule").registers("en")
    await saule.say("/correct" if way == "correct" else "/mydata")
    path = {
        "prove": ("Find my other data", "E-mail"),
        "file": ("Get the file", "To my e-mail"),
        "correct": ("E-mail",),
    }
    for label in path[way]:
        await saule.press(label)
    await saule.say(MAIL)
    right = await step.code(MAIL)
    guesses = [f"{n:06d}" for n in range(1_000, 1_201) if f"{n:06d}" != right][:200]
    answers = await asyncio.gather(*(step.feed({"message": saule.written(text=guess)}) for guess in guesses))
    told = [answer.screen["text"] for answer in answers if answer.screen is not None]
    assert (len(told), sum("did not fit" in text for text in told)) == (200, codes.TRIES)
    assert "over" in (await saule.say(right)).text
    assert await step.rows("SELECT id FROM contacts WHERE channel = 'email'") == []


@pytest.mark.parametrize("way", ["prove", "file", "correct"])
async def test_the_limits_of_a_chat_hold_for_every_use(doorstep: Doorstep, way: str) -> None:
    """T-ID-02, T-LET-12: three codes an hour and five a day, however they are asked for."""
    saule = await doorstep.person("saule").registers("en")
    path = {
        "prove": ("Find my other data", "E-mail"),
        "file": ("Get the file", "To my e-mail"),
        "correct": ("E-mail",),
    }
    letters = 0
    for _hour in range(4):
        for minute in range(5):
            await saule.say("/correct" if way == "correct" else "/mydata")
            for label in path[way]:
                await saule.press(label)
            said = await saule.say(f"m{minute}@mail.kz")
            letters += len(await doorstep.courier("email"))
            doorstep.later(minutes=2)
        assert "Too many codes" in said.text
        doorstep.later(minutes=52)
    assert letters == codes.PER_DAY


async def test_every_code_that_is_typed_is_taken_out_of_the_chat(doorstep: Doorstep) -> None:
    """T-CHAT-19: all flows that ask for one are known to the door."""
    assert {"consents.give.code", "prove.code", "correct.code"} == mailboxes.CODE_SCREENS
    aigul = await doorstep.person("aigul").registers("en")
    await looks(aigul)
    said = await aigul.say(await doorstep.code(MAIL))
    assert "deleteMessage" in said.methods


async def test_blocked_data_are_not_joined(doorstep: Doorstep) -> None:
    """S20, I7."""
    await doorstep.keep(lambda visit: a_record(visit, MAIL, surname=CANARY))
    aigul = await doorstep.person("aigul").registers("en")
    await proves(aigul)
    await doorstep.keep(lambda visit: subjects.set_state(visit, subjects.BLOCKED), aigul)
    assert "blocked" in (await aigul.press("Yes, correct")).text
    assert await doorstep.keep(subjects.profile, aigul) == {}
    await aigul.say("/mydata")
    assert "blocked" in (await aigul.press("Find my other data")).text


async def test_a_forged_row_joins_and_parts_nothing(doorstep: Doorstep) -> None:
    """T-CHAT-01: rows of others, and numbers that are no rows."""
    await doorstep.keep(lambda visit: a_record(visit, MAIL, surname=CANARY))
    aigul, dias = (
        await doorstep.person("aigul").registers("en"),
        await doorstep.person("dias").registers("en"),
    )
    await proves(aigul)
    await aigul.press("Yes, correct")
    row = await doorstep.keep(lambda visit: merges.joined(visit)[0].id, aigul)
    for code in ("pagree", "pdeny", "ppart"):
        for ref in (str(row), "0", "9" * 22, "1"):
            said = await dias.press(data=f"{code}:en::{ref}")
            assert "earlier page" in said.text and CANARY not in said.text
    assert await doorstep.keep(subjects.profile, aigul) == {"surname": CANARY}
