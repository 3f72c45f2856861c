"""P30 (clause 4.1): accessible form: three languages, switchable at any moment, dates and numbers of the locale."""

from datetime import UTC, datetime

import pytest
from tests.doorstep import Doorstep
from tests.promises.stories import LABELS, LOCALES, at, at_noon, gives, prepare

NAMES = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
MENU = {"kk": "Мәзір", "ru": "Меню", "en": "Menu"}
WORDS = {"kk": "қазақша", "ru": "на русском", "en": "english"}
LANGUAGE = {"kk": "🌐 Тіл", "ru": "🌐 Язык", "en": "🌐 Language"}
GIVEN = {"kk": "Келісім тіркелді", "ru": "Согласие записано", "en": "Consent recorded"}
MAIL = {"kk": "мекенжай", "ru": "адрес", "en": "e-mail address"}


@pytest.mark.parametrize("to", LOCALES)
@pytest.mark.parametrize("locale", LOCALES)
async def test_p30_the_language_changes_by_a_button_and_stays(
    doorstep: Doorstep, locale: str, to: str
) -> None:
    """P30: from each language to each, in two taps from the menu, and the next day it is still so."""
    dias = await doorstep.person("dias").registers(locale)
    await dias.say("/menu")
    await dias.press(LANGUAGE[locale])
    assert MENU[to] in (await dias.press(NAMES[to])).text
    doorstep.later(days=1)
    assert (await dias.say("/menu")).text.startswith(MENU[to])


@pytest.mark.parametrize("locale", LOCALES)
async def test_p30_in_the_middle_of_a_flow_it_goes_on_in_the_new_language(
    doorstep: Doorstep, locale: str
) -> None:
    """P30: a word is enough, and what was begun is not lost: the same question, in the new language."""
    dias = await doorstep.person("dias").registers("en")
    await dias.say("/consent")
    await dias.press("Promotion: e-mail")
    await dias.press("I agree")
    await dias.say("Omarov Dias")
    await dias.press("Yes, correct")
    screen = await dias.say(WORDS[locale])
    assert MAIL[locale] in screen.text.lower(), screen.text
    await dias.say("dias@mail.kz")
    assert GIVEN[locale] in (await dias.say(await doorstep.code("dias@mail.kz"))).text


@pytest.mark.parametrize("client", [*LOCALES, "de", "uz"])
async def test_p30_the_first_word_is_in_the_clients_language_else_in_kazakh(
    doorstep: Doorstep, client: str
) -> None:
    """P30: all three are offered at once, the person's own first."""
    someone = doorstep.person("7002")
    someone.client = client
    screen = await someone.say("/start")
    assert (
        list(screen.buttons) == [NAMES[client], *(n for n in NAMES.values() if n != NAMES[client])]
        if (client in NAMES)
        else list(NAMES.values())
    )


@pytest.mark.parametrize(
    "locale, told, counted",
    [
        ("kk", "2028 ж. 25 қараша, сенбі", "Кезектегі 2 хабарлама"),
        ("ru", "25 ноября 2028 г., суббота", "Отменено уже подготовленных: 2"),
        ("en", "Saturday 25 November 2028", "Already prepared and now cancelled: 2"),
    ],
)
async def test_p30_dates_and_counts_as_the_language_writes_them(
    doorstep: Doorstep, locale: str, told: str, counted: str
) -> None:
    """P30: the date with its weekday; a counted sentence in its own form."""
    at(doorstep, datetime(2026, 11, 25, 7, tzinfo=UTC))
    dias = await doorstep.person("dias").registers(locale)
    await dias.say("/consent")
    await dias.press(LABELS[locale]["informing-telegram"])
    assert told in (await dias.press(LABELS[locale]["agree"])).text
    for _each in range(2):
        await prepare(doorstep, dias, "informing-telegram")
    stopped = (await dias.say("stop")).text
    assert " 2" in stopped and (locale == "kk" or counted in stopped)


async def test_p30_receipts_are_in_the_language_of_the_act(doorstep: Doorstep) -> None:
    """P30: Dias agreed in Russian and switched to Kazakh: the receipt has the Russian text he read."""
    at_noon(doorstep)
    dias = await doorstep.person("dias").registers("ru")
    number = await gives(dias, "informing-telegram", "ru")
    await dias.say("қазақша")
    receipts = [parcel for parcel in await doorstep.courier() if parcel.message.number == number]
    document = doorstep.desk.shelf.current("informing-telegram", "ru")
    assert receipts
    for parcel in receipts:
        assert parcel.body["facts"]["language"] == "ru"
        assert parcel.body["facts"]["document"]["text"] == document.text
