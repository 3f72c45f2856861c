"""What people type: STOP in every spelling, exact words, and sentences in three languages."""

from __future__ import annotations

import random
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kelisim.desk import words

PHRASES = tomllib.loads(Path(__file__).with_name("phrases.toml").read_text("utf-8"))
LOCALES = ("kk", "ru", "en")
POSITIVE = [
    (row["screen"], text) for row in PHRASES["contract"] for locale in LOCALES for text in row[locale]
]
NEVER = [(row["screen"], text) for row in PHRASES["contract"] for text in row["never"]]
SCREENS = {row["screen"] for row in PHRASES["contract"]} | {"messages"}


def rows(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    """A table of the file as (key, text) pairs."""
    return [(key, text) for key, texts in table.items() for text in texts]


STOP_ROWS = rows(PHRASES["stop"])


@pytest.mark.parametrize(("locale", "text"), STOP_ROWS)
def test_stop_is_stop_however_it_is_spelt(locale: str, text: str) -> None:
    assert words.is_stop(text)
    assert words.is_stop_phrase(text)
    assert words.language_of(text) == locale
    assert words.intents(text) == ("stop",)
    assert words.exact(text) is None


def test_more_than_a_hundred_spellings_are_tried() -> None:
    assert len({text for _, text in STOP_ROWS}) > 100


@pytest.mark.parametrize("text", PHRASES["no"]["stop"])
def test_what_only_looks_like_stop_is_not(text: str) -> None:
    assert not words.is_stop(text)
    assert not words.is_stop_phrase(text)


@pytest.mark.parametrize(("screen", "text"), POSITIVE)
def test_a_phrase_of_the_contract_opens_its_screen(screen: str, text: str) -> None:
    assert words.intents(text) == (screen,)


@pytest.mark.parametrize(("screen", "text"), POSITIVE)
def test_dressing_does_not_change_what_is_meant(screen: str, text: str) -> None:
    assert words.intents(f"  {text.upper()}!!! 🙏 ") == (screen,)


@pytest.mark.parametrize(("screen", "text"), NEVER)
def test_a_phrase_that_only_resembles_an_intent_does_not_open_its_screen(screen: str, text: str) -> None:
    assert screen not in words.intents(text)
    if screen == "stop":
        assert not words.is_stop_phrase(text)


@pytest.mark.parametrize(
    "text", ["удалите меня из рассылки", "remove me from mailing", "уберите меня из списка рассылки"]
)
def test_leaving_the_mailing_is_stop_and_not_erasure(text: str) -> None:
    assert words.intents(text) == ("stop",)
    assert words.is_stop_phrase(text)


@pytest.mark.parametrize("locale", LOCALES)
def test_natural_phrases_kept_apart_are_understood(locale: str) -> None:
    apart = rows(PHRASES["apart"][locale])
    wrong = []
    for right, text in apart:
        got = words.intents(text)
        fits = not got if right == "none" else bool(got) and set(got) <= set(right.split())
        if not fits:
            wrong.append((text, got))
    assert len(apart) >= 120
    assert len(wrong) <= 0.03 * len(apart), wrong


@pytest.mark.parametrize(("locale", "text"), rows(PHRASES["clear_stop"]))
def test_a_clear_stop_phrase_acts_and_its_language_is_known(locale: str, text: str) -> None:
    assert words.is_stop_phrase(text)
    assert words.language_of(text) == locale


@pytest.mark.parametrize("text", PHRASES["no"]["stop_phrase"])
def test_what_is_not_a_clear_wish_to_stop_does_not_act(text: str) -> None:
    assert not words.is_stop_phrase(text)


@pytest.mark.parametrize("text", PHRASES["no"]["act"])
def test_negated_told_and_quoted_acts_are_no_match(text: str) -> None:
    assert not set(words.intents(text)) & {"stop", "consents", "correct", "block", "erase"}


def test_two_wishes_of_equal_weight_are_a_tie_and_the_more_telling_one_wins() -> None:
    assert set(words.intents("удалите мои данные. покажите мои данные.")) == {"erase", "data"}
    assert words.intents("данные моего сына") == ("rep",)


@pytest.mark.parametrize(("meaning", "text"), rows(PHRASES["exact"]))
def test_exact_words_mean_one_thing_each(meaning: str, text: str) -> None:
    assert words.exact(text) == (None if meaning == "none" else meaning)


@pytest.mark.parametrize(("screen", "text"), rows(PHRASES["labels"]))
def test_the_label_of_a_button_may_be_typed(screen: str, text: str) -> None:
    assert words.intents(text) == (screen,)


def test_the_nearest_screens_are_offered_for_what_is_half_understood() -> None:
    assert words.nearest("согласие")[0] == "consents"
    assert "ask.leak" in words.nearest("утечка")
    assert words.nearest("погода завтра") == ()
    assert words.nearest("удалите мои данные") == ("erase",)
    assert len(words.nearest("данные согласие срок жалоба номер")) <= 2


@given(st.text())
def test_whatever_is_typed_gets_an_answer_of_the_right_shape(text: str) -> None:
    assert words.exact(text) in {
        None,
        "menu",
        "cancel",
        "greeting",
        "thanks",
        "decline",
        *map("language:{}".format, LOCALES),
    }
    assert set(words.intents(text)) <= SCREENS
    assert len(words.nearest(text)) <= 2
    assert words.language_of(text) in {None, *LOCALES}
    assert words.is_stop_phrase(text) or not words.is_stop(text)


@given(st.sampled_from([text for _, text in STOP_ROWS]), st.data())
def test_unseen_characters_never_hide_a_stop(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    unseen = data.draw(st.text("\u200b\u200c\u200d\u2060\ufeff\u202e\u00ad\u0336 !🛑", max_size=20))
    assert words.is_stop(text[:at] + unseen + text[at:])


def hostile() -> list[str]:
    """Texts made to be slow."""
    chance = random.Random(94)
    letters = "абвгдежзийклмнопрст"
    repeated = [
        "a",
        "ab",
        "стоп ",
        "не ",
        "«",
        '"',
        "\u0301",
        ">\n",
        "> ",
        "\ufdfa",
        "удолить",
        ",",
        " ",
        "жо",
        "қ",
    ]
    return [
        *(unit * (4096 // len(unit)) for unit in repeated),
        "С" + "Т" * 4000,
        "«" * 2000 + "»" * 2000,
        "stop" * 100_000,
        "".join(chr(chance.randrange(0x20, 0xD7FF)) for _ in range(4096)),
        "".join(chr(chance.randrange(0x10000, 0x10FFFF)) for _ in range(4096)),
        " ".join("".join(chance.choice(letters) for _ in range(27)) for _ in range(140)),
        " ".join("".join(chance.choice("acdeimnorstu") for _ in range(9)) for _ in range(400)),
    ]


def fastest(act: Callable[[str], object], text: str, times: int = 3) -> float:
    """Seconds of the best of a few tries: the machine may be busy, the algorithm may not be slow."""
    best = float("inf")
    for _ in range(times):
        started = time.perf_counter()
        act(text)
        best = min(best, time.perf_counter() - started)
    return best


@pytest.mark.parametrize(
    "act", [words.is_stop, words.is_stop_phrase, words.exact, words.intents, words.nearest, words.language_of]
)
def test_text_of_hostile_shape_costs_less_than_five_milliseconds(act: Callable[[str], object]) -> None:
    assert max(fastest(act, text) for text in hostile()) < 0.005


def test_ordinary_messages_cost_microseconds() -> None:
    # Budgets are 30 and 300 microseconds on a quiet machine; a busy one may take thrice that.
    assert fastest(words.is_stop, "мои данные", 200) < 90e-6
    assert fastest(words.exact, "здравствуйте", 200) < 90e-6
    assert fastest(words.intents, "здравствуйте, покажите какие данные вы храните", 200) < 900e-6


def test_a_message_longer_than_telegram_allows_is_no_stop_word() -> None:
    assert words.is_stop("с" + "т" * 4000 + "оп")
    assert not words.is_stop("с" + "т" * 5000 + "оп")
