"""A stop is a stop of its own, whoever stopped what before."""

from tests.doorstep import Doorstep
from tests.invariants.residents import resident


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
