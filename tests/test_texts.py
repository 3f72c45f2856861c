"""Sentences and dates in the language of the reader; what people typed is a value and never a pattern."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kelisim import texts
from kelisim.texts import LOCALES, _, day, plural, speaking, spoken

DAY = date(2026, 11, 25)
SAID = {
    "kk": "2026 ж. 25 қараша, сәрсенбі",
    "ru": "25 ноября 2026 г., среда",
    "en": "Wednesday 25 November 2026",
}


@pytest.mark.parametrize("locale", LOCALES)
def test_a_date_is_written_as_the_language_writes_it(locale: str) -> None:
    with speaking(locale):
        assert day(DAY) == SAID[locale]


def test_kazakh_is_spoken_unless_something_else_is() -> None:
    assert spoken() == "kk"
    with speaking("ru"):
        with speaking("en"):
            assert spoken() == "en"
        assert spoken() == "ru"
    assert spoken() == "kk"


def test_a_fault_gives_the_language_back() -> None:
    with pytest.raises(ZeroDivisionError), speaking("ru"):
        raise ZeroDivisionError
    assert spoken() == "kk"


async def test_two_people_spoken_to_at_once_keep_their_languages() -> None:
    async def said(locale: str) -> str:
        with speaking(locale):
            await asyncio.sleep(0.001)
            return day(DAY)

    told = await asyncio.gather(*(said(locale) for locale in LOCALES * 5))
    assert told == [SAID[locale] for locale in LOCALES * 5]


@given(value=st.text())
def test_a_value_is_never_a_pattern(value: str) -> None:
    """T-CHAT-09."""
    with speaking("en"):
        assert _("Act") == "Act"
        assert _("Number: {value}", value=value) == f"Number: {value}"


def test_a_message_that_does_not_exist_is_said_as_it_is() -> None:
    with speaking("ru"):
        assert _("No such sentence {x}", x="{y}") == "No such sentence {y}"


def test_counting_uses_the_forms_of_the_language() -> None:
    told = {}
    for locale in LOCALES:
        with speaking(locale):
            told[locale] = {
                plural(
                    "We answer within {n} working day, free of charge.",
                    "We answer within {n} working days, free of charge.",
                    n,
                ).replace(str(n), "#")
                for n in (1, 2, 5, 21)
            }
    assert {locale: len(forms) for locale, forms in told.items()} in (
        {"kk": 1, "ru": 2, "en": 2},
        {"kk": 1, "ru": 3, "en": 2},
    )


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_has_a_catalogue(locale: str) -> None:
    assert texts.catalogue(locale).ugettext("Menu")
