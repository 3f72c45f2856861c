"""A stop is a stop of its own, whoever stopped what before; and a block outlives the chat it was asked in."""

from typing import Any

from tests.doorstep import Doorstep
from tests.invariants.residents import resident

from kelisim.desk import gates, subjects


async def test_a_stop_after_anothers_stop_of_the_same_mailbox_has_a_number_of_its_own(
    each_doorstep: Doorstep,
) -> None:
    aigul, dias = resident(each_doorstep, "aigul"), resident(each_doorstep, "dias")
    await aigul.registers("en")
    await aigul.gives("informing-email")
    first = (await aigul.say("STOP")).number
    await dias.person.press(data="smail:ru::")
    theirs = (await dias.say(aigul.values.email)).number
    again = await aigul.say("STOP")
    assert theirs not in again.text
    assert again.number == first
    assert "earlier page" not in again.text


async def test_closing_the_chat_does_not_free_blocked_data(each_doorstep: Doorstep) -> None:
    """Other consents stand, but while the data are blocked nothing goes out under them; nor may they come alive anew."""
    aigul = resident(each_doorstep, "aigul")
    await aigul.registers("en")
    await aigul.gives("informing-email")

    def block(visit: Any) -> None:
        subjects.set_state(visit, subjects.BLOCKED)

    def allowed(visit: Any) -> bool:
        return gates.allows(visit, "informing-email")

    assert await each_doorstep.keep(allowed, aigul.person)
    await each_doorstep.keep(block, aigul.person)
    await aigul.say("/consent")
    await aigul.tap("c1", "desk")
    assert "withdrawn" in (await aigul.tap("wdraw", "desk")).text
    assert not await each_doorstep.keep(allowed, aigul.person)
    await aigul.say("/start")
    await aigul.say("/menu")
    if aigul.can("dagree"):
        await aigul.tap("dagree")
    assert not await each_doorstep.keep(allowed, aigul.person)
