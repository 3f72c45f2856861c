"""P09 (clauses 3.2, 4.1): messages stop upon an opt-out: at once, without identity proof, with a number."""

from collections.abc import Awaitable, Callable

import pytest
from tests.doorstep import Doorstep, Person, Said
from tests.mail.writers import number_of, posts
from tests.promises.stories import addressed, at_noon, audience, broadcast, composed, gives, outcome, prepare

Way = Callable[[Person], Awaitable[Said]]


def types(words: str) -> Way:
    return lambda person: person.say(words)


async def presses(person: Person) -> Said:
    await person.say("/menu")
    await person.press("Messages")
    return await person.press("Stop all")


async def in_the_middle_of_a_flow(person: Person) -> Said:
    await person.say("/consent")
    await person.press("Promotion: e-mail")
    await person.press("I agree")
    return await person.say("stop")


WAYS = {
    "STOP": types("STOP"), "СТОП": types("стоп!"), "ТОҚТАТУ": types("Тоқтату."), "ТОҚТА": types("тоқта"),
    "command": types("/stop"), "button": presses, "kk phrase": types("маған жазбаңыздар"),
    "ru phrase": types("отпишите меня"), "en phrase": types("unsubscribe me"), "in a flow": in_the_middle_of_a_flow,
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_p09_every_way_stops_and_cancels_what_was_prepared(doorstep: Doorstep, way: Way) -> None:
    """P09: the same act by word, command, button and phrase: a number, the cancelled messages counted, none leaves."""
    at_noon(doorstep)
    aigul = await doorstep.person("aigul").registers()
    await gives(aigul, "informing-telegram")
    await gives(aigul, "promotion-telegram")
    prepared = [await prepare(doorstep, aigul, code) for code in ("informing-telegram", "promotion-telegram")]
    said = await way(aigul)
    assert said.text.startswith("✔ Stopped") and said.number.startswith("S-")
    assert "Already prepared and now cancelled: 2." in said.text
    assert [await outcome(doorstep, row) for row in prepared] == [
        "cancelled",
        "cancelled",
    ]  # now, not when it is due
    late = await prepare(doorstep, aigul, "informing-telegram")
    assert await audience(doorstep, "informing-telegram") == set()
    assert await outcome(doorstep, late) == "cancelled"


async def test_p09_the_messages_of_others_go_on(doorstep: Doorstep) -> None:
    """P09: Aigul's stop is hers."""
    at_noon(doorstep)
    aigul, dias = await doorstep.person("aigul").registers(), await doorstep.person("dias").registers()
    for person in (aigul, dias):
        await gives(person, "informing-telegram")
        await prepare(doorstep, person, "informing-telegram")
    await aigul.say("stop")
    assert await audience(doorstep, "informing-telegram") == {"5002"}


@pytest.mark.parametrize(
    "word, told",
    [("ТОҚТАТУ", "Тоқтатылды"), ("СТОП", "Остановлено"), ("stop", "Stopped"), ("/stop", "Тоқтатылды")],
)
async def test_p09_someone_unknown_is_heard_as_well(doorstep: Doorstep, word: str, told: str) -> None:
    """P09: no proof, no registration: a number in the language of the word, and later consents do not undo the past."""
    aigul = doorstep.person("aigul")
    said = await aigul.say(word)
    assert told in said.text and said.number.startswith("S-")
    assert await doorstep.rows("SELECT id FROM subjects") == []
    again = await aigul.say(word)
    assert again.number == said.number  # a second stop is the first one's answer


async def test_p09_a_mailbox_is_stopped_by_anyone_who_names_it(doorstep: Doorstep) -> None:
    """P09: Saule, unknown, names Aigul's mailbox; letters to it stop, and only its owner brings them back."""
    at_noon(doorstep)
    aigul, saule = await doorstep.person("aigul").registers(), doorstep.person("saule")
    await gives(aigul, "informing-email", address="aigul@mail.kz", name="Nurlanova Aigul")
    await saule.say("stop")
    await saule.press("Stop e-mails")
    said = await saule.say("AIGUL@mail.kz")
    assert said.text.startswith("✔ Stopped")
    await prepare(doorstep, aigul, "informing-email")
    assert await audience(doorstep, "informing-email") == set()
    await aigul.say("/menu")
    await aigul.press("Messages")
    assert "Resumed" in (await aigul.press("Resume: e-mail")).text
    await prepare(doorstep, aigul, "informing-email")
    assert await audience(doorstep, "informing-email") == {"aigul@mail.kz"}


async def test_p09_answers_to_her_own_requests_still_come(doorstep: Doorstep) -> None:
    """P09: a stop is about messages: the receipt of the stop itself arrives."""
    aigul = await doorstep.person("aigul").registers()
    await doorstep.courier()
    said = await aigul.say("stop")
    receipts = [parcel for parcel in await doorstep.courier() if parcel.message.kind == "receipt"]
    assert {parcel.message.number for parcel in receipts} == {said.number}


@pytest.mark.parametrize(
    ("subject", "text", "locale"),
    [
        ("Opt-out of Notifications", "", "en"),
        ("Отказ от уведомлений", "", "ru"),
        ("Хабарламалардан бас тарту", "", "kk"),
        ("Re: отказ от уведомлений!", "Спасибо", "ru"),
        ("(без темы)", "Тоқтату", "kk"),
    ],
)
async def test_p09_by_letter(doorstep: Doorstep, subject: str, text: str, locale: str) -> None:
    """P09: the letter of the policy, its forms and near misses: the same act, from anybody, confirmed with a number."""
    at_noon(doorstep)
    aigul = await doorstep.person("aigul").registers()
    await gives(aigul, "informing-email", address="aigul@mail.kz", name="Nurlanova Aigul")
    await prepare(doorstep, aigul, "informing-email")
    await posts(doorstep, "Aigul <AIGUL@mail.kz>", subject, text)
    (told,) = [parcel for parcel in await doorstep.courier() if parcel.message.channel == "email"]
    assert (told.message.kind, told.message.locale) == ("stop-ack", locale)
    assert number_of(told).startswith("S-") and told.address.casefold() == "aigul@mail.kz"
    await prepare(doorstep, aigul, "informing-email")
    assert await audience(doorstep, "informing-email") == set()


async def test_p09_a_stop_in_the_middle_of_a_broadcast(doorstep: Doorstep) -> None:
    """P09: Aigul's message is prepared; she stops, is told that it is cancelled, and it does not leave. Dias gets his."""
    at_noon(doorstep)
    aigul, dias = [await doorstep.person(key).registers() for key in ("aigul", "dias")]
    for person in (aigul, dias):
        await gives(person, "informing-telegram")
    number = await composed(doorstep, "informing", "telegram")
    await addressed(doorstep, number)
    said = await aigul.say("STOP")
    assert "Already prepared and now cancelled: 1." in said.text
    assert await broadcast(doorstep, number) == {"5002"}


async def test_p09_a_stop_of_a_mailbox_by_anyone_holds_for_a_broadcast_under_way(doorstep: Doorstep) -> None:
    """P09: a stop that names an address cancels no row, and yet its letter does not leave: the claim asks again."""
    at_noon(doorstep)
    aigul, dias = [await doorstep.person(key).registers() for key in ("aigul", "dias")]
    for person in (aigul, dias):
        await gives(person, "informing-email", address=f"person{person.id}@mail.kz", name="Omarova Aigul")
    number = await composed(doorstep, "informing", "email")
    await addressed(doorstep, number)
    await posts(doorstep, "person5001@mail.kz", "Opt-out of Notifications")
    assert await broadcast(doorstep, number) == {"person5002@mail.kz"}
