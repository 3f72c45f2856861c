"""P07 (clauses 8.2, 11): no transfer to third parties without consent."""

import pytest
from tests.doorstep import Doorstep
from tests.promises.stories import LABELS, LOCALES, at_noon, gives, outcome, prepare, told

from kelisim.desk import operator as operators

STAFF = {person.address for person in operators.load(None).staff}


@pytest.mark.parametrize("locale", LOCALES)
async def test_p07_every_consent_names_its_own_recipients_and_the_policy_all_of_them(
    doorstep: Doorstep, locale: str
) -> None:
    """P07: the register of recipients is shown, with the country of each, before anything is given."""
    operator = doorstep.desk.operator
    aigul = await doorstep.person("aigul").registers(locale)
    for code, pair in operator.pairs.items():
        if code == "desk":
            continue
        await aigul.say("/consent")
        screen = await aigul.press(LABELS[locale][code])
        for recipient in operator.recipients.values():
            named = recipient.name.to(locale) in screen.text
            assert named is (recipient in pair.recipients), (code, recipient)
            assert not named or recipient.country.to(locale) in screen.text
    policy = doorstep.desk.shelf.current("policy", locale).text
    for recipient in operator.recipients.values():
        assert recipient.name.to(locale) in policy and recipient.country.to(locale) in policy


async def test_p07_a_message_goes_to_the_recipient_of_its_own_consent(doorstep: Doorstep) -> None:
    """P07: what was agreed to by mail goes to the mailbox, what was agreed to in Telegram to the chat."""
    at_noon(doorstep)
    aigul = await doorstep.person("aigul").registers()
    await gives(aigul, "promotion-telegram")
    await gives(aigul, "informing-email", address="aigul@mail.kz", name="Nurlanova Aigul")
    await prepare(doorstep, aigul, "promotion-telegram")
    await prepare(doorstep, aigul, "informing-email")
    went = {
        (p.message.purpose, p.message.channel, p.address)
        for p in await doorstep.courier()
        if p.message.purpose
    }
    assert went == {("promotion-telegram", "telegram", "5001"), ("informing-email", "email", "aigul@mail.kz")}


async def test_p07_a_withdrawal_ends_the_transfer_and_only_its_own(doorstep: Doorstep) -> None:
    """P07: with informing by mail taken back the mail provider gets no more of it; Telegram's consent stands."""
    at_noon(doorstep)
    aigul = await doorstep.person("aigul").registers()
    await gives(aigul, "informing-telegram")
    await gives(aigul, "informing-email", address="aigul@mail.kz", name="Nurlanova Aigul")
    await aigul.say("/consent")
    await aigul.press("Information: e-mail")
    await aigul.press("Withdraw")
    by_mail = await prepare(doorstep, aigul, "informing-email")
    by_chat = await prepare(doorstep, aigul, "informing-telegram")
    await doorstep.courier()
    assert (await outcome(doorstep, by_mail), await outcome(doorstep, by_chat)) == ("cancelled", "sent")


async def test_p07_nothing_goes_to_anybody_else(doorstep: Doorstep) -> None:
    """P07: all that leaves in a whole day goes to the person, or to staff and then names nobody."""
    at_noon(doorstep)
    aigul = await doorstep.person("aigul").registers()
    await gives(aigul, "informing-email", address="aigul@mail.kz", name="Nurlanova Aigul Serikqyzy")
    await gives(aigul, "promotion-telegram")
    await aigul.say("stop")
    await aigul.say("/consent")
    await aigul.press("Withdraw everything")
    await aigul.press("Withdraw, answer me here")
    await doorstep.courier()
    others = [parcel for parcel in doorstep.sent if parcel.address not in ("5001", "aigul@mail.kz")]
    assert {parcel.address for parcel in others} <= STAFF
    assert len(others) == 1  # the responsible person learns of the withdrawal, and not of whom
    words = told(others)
    assert [
        name for name in ("Nurlanova", "Aigul", "Serikqyzy", "aigul@mail.kz", "5001") if name in words
    ] == []
