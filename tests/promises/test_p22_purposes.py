"""P22 (clauses 5.1-5.3): lawful, specific purposes; no combination of incompatible purposes."""

import pytest
from tests.doorstep import Doorstep
from tests.promises.stories import addressed, at_noon, audience, broadcast, composed, gives, outcome, prepare

from kelisim.desk.broadcasts import Unfit

PURPOSES = ("informing-telegram", "informing-email", "promotion-telegram", "promotion-email")
MAILBOXES = {"aigul": "aigul@mail.kz", "dias": "dias@mail.kz", "saule": "saule@mail.kz"}
CHATS = {"aigul": "5001", "dias": "5002", "saule": "5003"}
GAVE = {"aigul": PURPOSES, "dias": PURPOSES[:2], "saule": PURPOSES[2:]}


async def test_p22_a_list_for_one_purpose_cannot_be_used_for_another(doorstep: Doorstep) -> None:
    """P22: the same message prepared for all three under each purpose reaches just those who gave that very one."""
    at_noon(doorstep)
    people = {name: await doorstep.person(name).registers() for name in GAVE}
    for name, person in people.items():
        for purpose in GAVE[name]:
            await gives(person, purpose, address=MAILBOXES[name], name="Omarov Dias")
    await doorstep.courier()
    for purpose in PURPOSES:
        for person in people.values():
            await prepare(doorstep, person, purpose)
        addresses = MAILBOXES if purpose.endswith("email") else CHATS
        assert await audience(doorstep, purpose) == {
            addresses[name] for name, gave in GAVE.items() if purpose in gave
        }


@pytest.mark.parametrize("purpose", ["desk", "publication", "news", "informing", "informing-sms"])
async def test_p22_a_send_names_a_purpose_that_messages_have(doorstep: Doorstep, purpose: str) -> None:
    """P22: neither the desk consent, nor a purpose that is off or unknown, is a reason to send somebody anything."""
    at_noon(doorstep)
    aigul = await doorstep.person("aigul").registers()
    for code in ("informing-telegram", "promotion-telegram"):
        await gives(aigul, code)
    row = await prepare(doorstep, aigul, purpose)
    reached = await audience(doorstep, purpose)
    if purpose == "desk":
        assert reached == {"5001"}  # her own requests are what the desk consent is for
    else:
        assert reached == set()
        assert await outcome(doorstep, row) == "cancelled"


async def test_p22_data_collected_for_one_purpose_open_no_other(doorstep: Doorstep) -> None:
    """P22: the mailbox Dias proved for informing is not one for promotion until he agrees to that as well."""
    at_noon(doorstep)
    dias = await doorstep.person("dias").registers()
    await gives(dias, "informing-email", address="dias@mail.kz", name="Omarov Dias")
    await prepare(doorstep, dias, "promotion-email")
    assert await audience(doorstep, "promotion-email") == set()
    await gives(dias, "promotion-email")  # agreement alone: the mailbox is proved, it is not asked twice
    await prepare(doorstep, dias, "promotion-email")
    assert await audience(doorstep, "promotion-email") == {"dias@mail.kz"}


@pytest.mark.parametrize("purpose", ["desk", "publication", "news", "", "informing-telegram"])
async def test_p22_a_broadcast_names_a_purpose_that_messages_have(doorstep: Doorstep, purpose: str) -> None:
    """P22: neither the desk consent, nor a purpose that is off, unknown or has no such channel, begins a broadcast."""
    at_noon(doorstep)
    await gives(await doorstep.person("aigul").registers(), "informing-telegram")
    with pytest.raises(Unfit):
        await composed(doorstep, purpose, "telegram")


async def test_p22_the_purpose_of_a_broadcast_is_that_of_its_messages(doorstep: Doorstep) -> None:
    """P22: a list for informing cannot be used for promotion: each broadcast reaches just those who gave that one."""
    at_noon(doorstep)
    for key, purpose in (("aigul", "informing-telegram"), ("dias", "promotion-telegram")):
        await gives(await doorstep.person(key).registers(), purpose)
    for purpose, reached in (("informing", {"5001"}), ("promotion", {"5002"})):
        number = await composed(doorstep, purpose, "telegram")
        await addressed(doorstep, number)
        assert await broadcast(doorstep, number) == reached
