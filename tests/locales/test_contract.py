"""Labels, sentences, commands and descriptions are word for word those that were agreed on (`screens.toml`)."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from kelisim.desk import operator as operators
from kelisim.telegram.bot import commands, description, short_description
from kelisim.texts import LOCALES, _, catalogue, day, plural, speaking

AGREED = tomllib.loads(Path(__file__).with_name("screens.toml").read_text(encoding="utf-8"))
WORK_NOW = (
    "start", "menu", "consent", "stop", "mydata", "correct", "block", "delete", "ask", "requests", "represent",
    "policy", "language", "verify", "about", "cancel", "help",
)  # fmt: skip
LABELLED = {
    "start": "Start",
    "correct": "Correct my data",
    "block": "Block my data",
    "delete": "Delete my data",
}
FILLED = {"received": "1", "first": "2", "skipped": "3", "due": "4"}
PURPOSES = {
    "desk": "Requests through this bot",
    "informing-email": "Information: e-mail",
    "informing-telegram": "Information: Telegram",
    "promotion-email": "Promotion: e-mail",
    "promotion-telegram": "Promotion: Telegram",
    "publication": "Publication",
}


def used(part: str) -> dict[str, tuple[str, str]]:
    """What was agreed on and is in the program."""
    known = catalogue("en")._catalog
    return {english: (kk, ru) for english, (kk, ru) in AGREED[part].items() if english in known}


@pytest.mark.parametrize("part, least", [("labels", 90), ("sentences", 26)])
def test_what_is_used_is_said_as_it_was_agreed(part: str, least: int) -> None:
    told = used(part)
    assert len(told) >= least
    for english, (kk, ru) in told.items():
        with speaking("kk"):
            assert _(english) == kk
        with speaking("ru"):
            assert _(english) == ru


@pytest.mark.parametrize("locale", ["kk", "ru"])
def test_why_this_date_is_said_as_it_was_agreed(locale: str) -> None:
    (many,) = [english for english in AGREED["sentences"] if "Days off not counted" in english]
    with speaking(locale):
        told = plural(many.replace("working days.", "working day."), many, 5, **FILLED)
    agreed = AGREED["sentences"][many][("kk", "ru").index(locale)]
    assert told == agreed.format(n=5, **FILLED)


def test_no_label_is_longer_than_its_button() -> None:
    labels = {label for english, others in AGREED["labels"].items() for label in (english, *others)}
    assert [label for label in labels if len(label) > 28] == []


def test_the_purposes_of_the_sample_have_their_labels() -> None:
    pairs = operators.load(None).every_pair
    assert pairs.keys() == PURPOSES.keys()
    for code, english in PURPOSES.items():
        assert (pairs[code].label("en"), pairs[code].label("kk"), pairs[code].label("ru")) == (
            english,
            *AGREED["labels"][english],
        )


@pytest.mark.parametrize("locale", LOCALES)
def test_the_commands_are_those_that_work_described_as_agreed(locale: str) -> None:
    with speaking(locale):
        told = {command.command: command.description for command in commands()}
        labelled = {name: _(label) for name, label in LABELLED.items()}
    place = LOCALES.index(locale)
    assert tuple(told) == WORK_NOW
    assert told == labelled | {
        name: AGREED["commands"][name][place] for name in WORK_NOW if name not in LABELLED
    }
    assert all(1 <= len(text) <= 256 for text in told.values())


@pytest.mark.parametrize("locale", LOCALES)
def test_the_descriptions_are_as_agreed_and_fit(locale: str) -> None:
    with speaking(locale):
        short, full = short_description(), description()
    assert short == AGREED["short_description"][locale] and len(short) <= 120
    assert full == AGREED["description"][locale] and len(full) <= 512


def test_every_command_and_description_has_three_different_texts() -> None:
    told = []
    for locale in LOCALES:
        with speaking(locale):
            told.append(
                [short_description(), description(), *(command.description for command in commands())]
            )
    for texts in zip(*told, strict=True):
        assert len(set(texts)) == 3, texts


@pytest.mark.parametrize(
    "when, kk, ru, en",
    [
        (
            date(2026, 11, 25),
            "2026 ж. 25 қараша, сәрсенбі",
            "25 ноября 2026 г., среда",
            "Wednesday 25 November 2026",
        ),
        (date(2027, 1, 2), "2027 ж. 2 қаңтар, сенбі", "2 января 2027 г., суббота", "Saturday 2 January 2027"),
        (
            date(2028, 2, 29),
            "2028 ж. 29 ақпан, сейсенбі",
            "29 февраля 2028 г., вторник",
            "Tuesday 29 February 2028",
        ),
        (
            date(2026, 3, 22),
            "2026 ж. 22 наурыз, жексенбі",
            "22 марта 2026 г., воскресенье",
            "Sunday 22 March 2026",
        ),
        (
            date(2026, 8, 31),
            "2026 ж. 31 тамыз, дүйсенбі",
            "31 августа 2026 г., понедельник",
            "Monday 31 August 2026",
        ),
    ],
)
def test_a_date_has_its_weekday_as_the_language_writes_it(when: date, kk: str, ru: str, en: str) -> None:
    for locale, told in (("kk", kk), ("ru", ru), ("en", en)):
        with speaking(locale):
            assert day(when) == told
