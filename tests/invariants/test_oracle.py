"""Who gives a consent with another's mailbox learns nothing about who is known (I13); the other ways: tests/desk/test_codes."""

from typing import Any

from tests.desk.test_codes import told
from tests.doorstep import Doorstep
from tests.invariants.residents import resident

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
