"""Who gives a consent with another's mailbox learns nothing about who is known (I13); the other ways: tests/desk/test_codes."""

import re
from typing import Any

import pytest
from sqlalchemy import select
from tests.desk.test_codes import told
from tests.doorstep import Doorstep
from tests.invariants.places import ERLAN
from tests.invariants.residents import Resident, resident
from tests.promises.stories import at_noon

from kelisim.desk import mandates
from kelisim.desk.visit import TELEGRAM, Visit
from kelisim.store.models import Contact

KNOWN, UNKNOWN = "known.mailbox@hat.kz", "never.heard@hat.kz"


async def test_giving_with_a_known_mailbox_is_answered_like_giving_with_an_unknown_one(
    each_doorstep: Doorstep,
) -> None:
    owner = await each_doorstep.person("aigul").registers("en")
    await owner.gives_email(KNOWN)
    each_doorstep.later(hours=25)
    seen: list[list[Any]] = []
    for key, address in (("1", KNOWN), ("4", UNKNOWN)):
        asker = await resident(each_doorstep, key).registers("en")
        await asker.begins("informing-email")
        await asker.say("Same Name")
        await asker.tap("nyes")
        seen.append(
            [
                await told(each_doorstep, asker.person, words)
                for words in (address, "000000", "111111", "222222")
            ]
        )
        await asker.person.press(data="cother:en::")
        seen[-1].append(await told(each_doorstep, asker.person, address))
        each_doorstep.later(minutes=2)
        await asker.person.press(data="cother:en::")
        seen[-1].append(await told(each_doorstep, asker.person, address))
        letters = [
            parcel.body["text"]
            for parcel in await each_doorstep.courier("email")
            if parcel.address == address
        ]
        assert letters, "a code goes out in either case"
        assert all("Same" not in letter and "First" not in letter for letter in letters)
    assert seen[0] == seen[1]


async def _corrects(one: Resident) -> None:
    await one.say("/correct")
    await one.tap("cfield", "email")


async def _finds(one: Resident) -> None:
    one.look(await one.person.press(data="prove:en::"))
    await one.tap("pmail", "prove")


async def _sends(one: Resident) -> None:
    await one.say("/mydata")
    await one.tap("dfile")
    await one.tap("pmail", "file")


WAYS = {"correct": _corrects, "find": _finds, "file": _sends}


@pytest.mark.parametrize("way", WAYS)
async def test_a_mailbox_is_asked_for_in_the_same_words_whether_anybody_has_it(
    each_doorstep: Doorstep, way: str
) -> None:
    """I13: correcting an e-mail, finding other data and sending a file to a mailbox, up to the proof itself."""
    step = each_doorstep
    await (await step.person("aigul").registers("en")).gives_email(KNOWN)
    step.later(hours=25)
    seen: list[list[Any]] = []
    for key, address in (("1", KNOWN), ("4", UNKNOWN)):
        asker = await resident(step, key).registers("en")
        await step.courier()
        await WAYS[way](asker)
        seen.append([await told(step, asker.person, words) for words in (address, "000000", "111111")])
        letters = [parcel.body for parcel in await step.courier("email") if parcel.address == address]
        assert len(letters) == 1, "a code goes out in either case"
        seen[-1].append(re.sub(r"\d{6}", "…", str(letters[0]["text"])))
    assert seen[0] == seen[1]


async def _represents(step: Doorstep, found: bool) -> list[str]:
    """Everything one who acts for another is told until staff accepted it, numbers taken out."""
    concerned = resident(step, "2" if found else "5")
    if found:
        await concerned.registers("en")
        await concerned.gives("informing-email")
    asker = await resident(step, "1" if found else "4").registers("en")
    await step.courier()
    await asker.say("/represent")
    await asker.tap("repas", "attorney")
    texts = [(await asker.say(f"Some Body, {concerned.values.email}")).text, (await asker.tap("repnon")).text]
    texts.append((await asker.say("Under a power of attorney, No. 7.")).text)
    number = (await asker.tap("repsnd")).number
    texts.append(asker.said.text)

    def accept(visit: Visit) -> None:
        hash_ = visit.desk.vault.find(TELEGRAM, str(concerned.values.id))
        of = select(Contact.subject_id).where(Contact.hash == hash_)
        mandates.accept(
            visit, number, "", ERLAN, subject_id=visit.connection.execute(of).scalar_one_or_none()
        )

    await step.keep(accept)
    mine = [parcel for parcel in await step.courier(TELEGRAM) if parcel.address == str(asker.values.id)]
    texts += [parcel.body["text"] for parcel in mine]
    await asker.say("/requests")
    texts += [(await asker.tap("req1")).text, (await asker.tap("rread")).text]
    return [text.replace(number, "…").replace(concerned.values.email, "…") for text in texts]


async def test_acting_for_another_says_the_same_whether_we_know_them(doorstep: Doorstep) -> None:
    """P18, I13: what is asked, what staff's acceptance brings and the day of disclosure are the same for all."""
    at_noon(doorstep)
    known, unknown = await _represents(doorstep, True), await _represents(doorstep, False)
    assert known == unknown and any("accepted" in text for text in known)
