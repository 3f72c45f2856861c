"""P28 (clause 8.5): third-party services keep their own rules; bot messages carry as little personal data as possible."""

from collections.abc import Awaitable, Callable

import pytest
from tests.doorstep import Doorstep, Person, Said
from tests.promises.stories import LOCALES, gives, told

CHAT = "7418529634"
PERSONAL = ("Nurlanova", "Aigul", "Serikqyzy", "aigul@mail.kz", "77011234567", "701 123", CHAT, "Canarianna")
START = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
SERVERS = {"kk": "серверлерінен өтеді", "ru": "через его серверы", "en": "passes through its servers"}
RULES = {"kk": "өз қағидаларымен жұмыс істейді", "ru": "правил", "en": "work by rules of their own"}


@pytest.mark.parametrize("locale", LOCALES)
async def test_p28_said_in_the_notice_and_in_the_policy(doorstep: Doorstep, locale: str) -> None:
    """P28: before anything is given the person reads that Telegram's servers carry the chat, by Telegram's rules."""
    aigul = doorstep.person("aigul")
    await aigul.say("/start")
    assert SERVERS[locale] in (await aigul.press(START[locale])).text
    assert RULES[locale] in doorstep.desk.shelf.current("policy", locale).text


async def a_day(person: Person) -> list[Said]:
    """Every screen of a day but the one that quotes the name back."""
    said = []
    begins: list[Callable[[], Awaitable[Said]]] = [
        lambda: person.say("/consent"),
        lambda: person.press("Information: e-mail"),
        lambda: person.press("I agree"),
        lambda: person.say("Nurlanova Aigul Serikqyzy 7"),
    ]
    for act in begins:
        said.append(await act())
    quoted = await person.say("Nurlanova Aigul Serikqyzy")
    assert all(name in quoted.text for name in PERSONAL[:3])  # once, to be confirmed
    said.append(await person.press("Yes, correct"))
    said.append(await person.say("aigul@mail.kz"))
    said.append(await person.say(await person.step.code("aigul@mail.kz")))
    said.append(
        await person.bring(contact={"phone_number": "77011234567", "first_name": "A", "user_id": person.id})
    )
    for words in (
        "/menu",
        "/consent",
        "STOP",
        "/about",
        "/help",
        "hi",
        "/verify",
        "xyz",
        "I want to complain",
    ):
        said.append(await person.say(words))
    await person.say("/consent")
    said.append(await person.press("Information: e-mail"))
    said.append(await person.press("Receipt again"))
    await person.say("/consent")
    await person.press("Withdraw everything")
    said.append(await person.press("Withdraw, answer me here"))
    return said


async def test_p28_what_the_bot_writes_names_nobody(doorstep: Doorstep) -> None:
    """P28: no greeting by name, no address or number of the person on any screen, nor in a receipt sent to the chat."""
    person = doorstep.person(CHAT)
    person.first_name = "Canarianna"
    await person.registers()
    screens = await a_day(person)
    for screen in screens:
        assert [value for value in PERSONAL if value in screen.text] == [], screen.text
        for call in screen.calls:
            words = str(
                {name: value for name, value in call.items() if name not in ("chat_id", "reply_markup")}
            )
            assert [value for value in PERSONAL if value in words] == []
    await doorstep.courier()
    to_chat = [parcel for parcel in doorstep.sent if parcel.address == CHAT]
    assert {parcel.message.kind for parcel in to_chat} == {"receipt"}
    assert [value for value in PERSONAL if value in told(to_chat)] == []


async def test_p28_no_button_carries_anything_about_the_person(doorstep: Doorstep) -> None:
    """P28: callback data name a screen, a document or a number, never a person."""
    person = await doorstep.person(CHAT).registers()
    for screen in await a_day(person):
        assert [data for data in screen.buttons.values() if any(value in data for value in PERSONAL)] == []


async def test_p28_a_typed_code_is_taken_out_of_the_chat(doorstep: Doorstep) -> None:
    """P28: what opens a mailbox does not stay readable on someone else's servers."""
    person = await doorstep.person(CHAT).registers()
    await person.say("/consent")
    await person.press("Promotion: e-mail")
    await person.press("I agree")
    await person.say("Nurlanova Aigul")
    await person.press("Yes, correct")
    typed = await person.say("aigul@mail.kz")
    assert "deleteMessage" not in typed.methods
    assert "deleteMessage" in (await person.say(await doorstep.code("aigul@mail.kz"))).methods
    await gives(person, "informing-telegram")
