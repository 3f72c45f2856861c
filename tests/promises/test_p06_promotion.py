"""P06 (clause 4.1): prior consent for promotion of goods, works, services."""

import pytest
from tests.doorstep import Doorstep
from tests.promises.stories import addressed, at_noon, audience, broadcast, composed, gives, outcome, prepare

from kelisim.desk import gates
from kelisim.desk.broadcasts import Unfit


async def test_p06_promotion_prepared_for_dias_who_gave_only_informing_never_leaves(
    doorstep: Doorstep,
) -> None:
    """P06: whoever puts it into the queue, it does not go out, on either channel; to Aigul, who agreed, it does."""
    at_noon(doorstep)
    aigul, dias = await doorstep.person("aigul").registers(), await doorstep.person("dias").registers()
    await gives(aigul, "promotion-telegram")
    await gives(dias, "informing-telegram")
    await gives(dias, "informing-email", address="dias@mail.kz", name="Omarov Dias")
    hers = await prepare(doorstep, aigul, "promotion-telegram", "Sale")
    his = [await prepare(doorstep, dias, f"promotion-{channel}", "Sale") for channel in ("telegram", "email")]
    assert await audience(doorstep, "promotion-telegram") == {"5001"}
    assert await outcome(doorstep, hers) == "sent"
    assert [await outcome(doorstep, row) for row in his] == ["cancelled", "cancelled"]
    doorstep.later(days=2)
    assert [parcel for parcel in await doorstep.courier() if parcel.message.purpose] == []


async def test_p06_promotion_is_off_until_given(doorstep: Doorstep) -> None:
    """P06: nobody has it by registering; it comes by its own press and goes by one."""
    at_noon(doorstep)
    dias = await doorstep.person("dias").registers()
    assert not await doorstep.keep(lambda visit: gates.allows(visit, "promotion-telegram"), dias)
    await gives(dias, "promotion-telegram")
    assert await doorstep.keep(lambda visit: gates.allows(visit, "promotion-telegram"), dias)


async def test_p06_what_was_prepared_before_the_withdrawal_does_not_leave(doorstep: Doorstep) -> None:
    """P06: Dias takes promotion back while a message waits for the morning."""
    at_noon(doorstep)
    dias = await doorstep.person("dias").registers()
    await gives(dias, "promotion-telegram")
    row = await prepare(doorstep, dias, "promotion-telegram", "Sale")
    await dias.say("/consent")
    await dias.press("Promotion: Telegram")
    await dias.press("Withdraw")
    assert await audience(doorstep, "promotion-telegram") == set()
    assert await outcome(doorstep, row) == "cancelled"


async def test_p06_a_consent_that_has_ended_lets_nothing_out(doorstep: Doorstep) -> None:
    """P06: after its last day there is no consent, whether the caretaker has come by or not."""
    at_noon(doorstep)
    dias = await doorstep.person("dias").registers()
    await gives(dias, "promotion-telegram")
    doorstep.later(days=367)
    row = await prepare(doorstep, dias, "promotion-telegram", "Sale")
    assert await audience(doorstep, "promotion-telegram") == set()
    assert await outcome(doorstep, row) == "cancelled"


async def test_p06_a_broadcast_of_promotion_reaches_those_who_gave_it_and_nobody_else(
    doorstep: Doorstep,
) -> None:
    """P06: Aigul gave promotion by both ways, Dias informing by both, Saule took promotion back."""
    at_noon(doorstep)
    aigul, dias, saule = [await doorstep.person(key).registers() for key in ("aigul", "dias", "saule")]
    for person, purpose in ((aigul, "promotion"), (dias, "informing")):
        await gives(person, f"{purpose}-telegram")
        await gives(person, f"{purpose}-email", address=f"person{person.id}@mail.kz", name="Omarova Aigul")
    await gives(saule, "promotion-telegram")
    await saule.say("/consent")
    await saule.press("Promotion: Telegram")
    await saule.press("Withdraw")
    number = await composed(doorstep, "promotion", "telegram", "email", words="Sale")
    await addressed(doorstep, number)
    assert await broadcast(doorstep, number) == {"5001", "person5001@mail.kz"}


async def test_p06_a_broadcast_to_nobody_does_not_begin(doorstep: Doorstep) -> None:
    """P06: where nobody agreed there is nothing to confirm."""
    at_noon(doorstep)
    await gives(await doorstep.person("dias").registers(), "informing-telegram")
    number = await composed(doorstep, "promotion", "telegram", words="Sale")
    with pytest.raises(Unfit):
        await addressed(doorstep, number)
    assert await doorstep.rows("SELECT count(*) FROM outbox WHERE purpose != ''") == [(0,)]
