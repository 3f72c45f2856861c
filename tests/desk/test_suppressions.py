"""Stop: at once, from anybody, for any address anybody may name, and never a way to bother people."""

from __future__ import annotations

from tests.doorstep import Doorstep, Person

from kelisim.desk import suppressions
from kelisim.desk.visit import EMAIL
from kelisim.telegram.messages import NOTICES_A_DAY


async def stranger(step: Doorstep, number: int = 7001) -> Person:
    """Somebody at «Stop e-mails»."""
    person = step.person(str(number))
    await person.say("STOP")
    await person.press("Stop e-mails")
    return person


async def test_an_address_that_is_not_there_yet_is_stopped_before_it_comes(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    x = await stranger(step)
    said = await x.say("future@mail.kz")
    assert "Stopped" in said.text
    rows = await step.rows("SELECT hash FROM suppressions WHERE channel = 'email'")
    assert [bytes(row[0]) for row in rows] == [step.desk.vault.find(EMAIL, "future@mail.kz")]


async def test_a_chat_that_names_many_addresses_stops_them_all_and_bothers_few(doorstep: Doorstep) -> None:
    """T-LET-12: the stops count without limit, the notices do not."""
    addresses = [f"known{n}@mail.kz" for n in range(NOTICES_A_DAY + 3)]
    for number, address in enumerate(addresses):
        person = await doorstep.person(str(6000 + number)).registers()
        await person.gives_email(address)
    await doorstep.courier()
    x = await stranger(doorstep)
    for address in addresses:
        await x.say(address)
        await x.press("Stop e-mails")
    handed = [
        parcel.address for parcel in await doorstep.courier(EMAIL) if parcel.message.kind == "stop-notice"
    ]
    assert handed == addresses[:NOTICES_A_DAY]
    assert len(await doorstep.rows("SELECT 1 FROM suppressions WHERE channel = 'email'")) == len(addresses)


async def test_a_later_stop_takes_the_number_and_the_time_of_the_first(each_doorstep: Doorstep) -> None:
    step = each_doorstep
    x = await stranger(step)
    first = await x.say("a@mail.kz")
    await x.press("Stop e-mails")
    step.later(hours=1)
    second = await x.say("A@MAIL.KZ")
    rows = await step.rows("SELECT number FROM suppressions WHERE channel = 'email'")
    assert [row[0] for row in rows] == [second.number] and first.number != second.number


async def test_a_stop_shows_its_day_only_in_the_chat_it_belongs_to(doorstep: Doorstep) -> None:
    """T-CHAT-01."""
    x, y = await stranger(doorstep, 7001), doorstep.person("7002")
    number = (await doorstep.rows("SELECT number FROM suppressions"))[0][0]
    assert await doorstep.keep(lambda visit: suppressions.since(visit, number), x) is not None
    assert await doorstep.keep(lambda visit: suppressions.since(visit, number), y) is None


async def test_the_notice_and_the_code_hold_nothing_that_was_typed(doorstep: Doorstep) -> None:
    """T-LET-13, T-ID-09: no name, no words, no link but the operator's own site; only its own mailbox named."""
    saule = doorstep.person("saule")
    saule.first_name = "Qanarysova"
    await saule.registers()
    await saule.gives_email("saule@mail.kz", "Win Qanarysova")
    doorstep.later(minutes=2)
    x = await stranger(doorstep)
    x.first_name = "http://evil.kz"
    await x.say("saule@mail.kz")
    letters = [parcel for parcel in doorstep.sent if parcel.message.channel == EMAIL]
    letters += await doorstep.courier(EMAIL)
    kinds = {parcel.message.kind for parcel in letters}
    assert {"code", "stop-notice"} <= kinds
    for parcel in letters:
        words = " ".join(parcel.body.values())
        for canary in ("Qanarysova", "Win", "evil", "saule@mail.kz"):
            assert canary not in words, parcel.message.kind
        links = [word for word in words.split() if "://" in word]
        assert set(links) <= {doorstep.desk.operator.url}
