"""P04 (clauses 4.1, 7.1): processing rests on the person's consent."""

import pytest
from tests.doorstep import Doorstep
from tests.promises.stories import everything, gives

from kelisim.desk import consents
from kelisim.telegram.press import Press

ABOUT_PEOPLE = (
    "subjects",
    "contacts",
    "profile",
    "consent_records",
    "consents",
    "documents_shown",
    "outbox",
    "parked",
)


@pytest.mark.parametrize("words", ["Меня зовут Диас Омаров", "dias@mail.kz", "+7 701 123 45 67", "I agree"])
async def test_p04_nothing_personal_is_kept_before_the_desk_consent(doorstep: Doorstep, words: str) -> None:
    """P04: whatever someone unknown presses or types, no row of theirs is made until «I agree»."""
    dias = doorstep.person("dias")
    await dias.say("/start")
    await dias.press("Русский")
    await dias.say(words)
    await dias.say("/start")
    await dias.press("Русский")
    await dias.press("Мне есть 18 лет")
    await dias.press("Полный текст")
    await dias.say(words)
    assert await everything(doorstep, ABOUT_PEOPLE) == []
    assert await everything(doorstep, ("prompts", "codes", "attempts", "suppressions")) == []
    await dias.registers("ru")
    assert len(await doorstep.rows("SELECT id FROM subjects")) == 1  # and with «I agree» there is one


async def test_p04_a_refusal_keeps_nothing(doorstep: Doorstep) -> None:
    """P04: «I do not agree» is an answer, not a record."""
    dias = doorstep.person("dias")
    await dias.say("/start")
    await dias.press("English")
    await dias.press("I am 18 or over")
    assert "kept nothing" in (await dias.press("I do not agree")).text
    assert await everything(doorstep, ABOUT_PEOPLE) == []


async def test_p04_each_purpose_has_its_own_press(doorstep: Doorstep) -> None:
    """P04: nothing is pre-ticked: the desk consent is only itself, and so is each consent after it."""
    aigul = await doorstep.person("aigul").registers()
    assert await doorstep.keep(consents.given, aigul) == ["desk"]
    await aigul.say("/consent")
    await aigul.press("Information: Telegram")  # looking is not agreeing
    assert await doorstep.keep(consents.given, aigul) == ["desk"]
    await gives(aigul, "informing-telegram")
    assert sorted(await doorstep.keep(consents.given, aigul)) == ["desk", "informing-telegram"]


async def test_p04_words_and_forged_buttons_are_no_agreement(doorstep: Doorstep) -> None:
    """P04: only a press on the text that was shown counts; the same words typed, or a press without its hash, do not."""
    aigul = await doorstep.person("aigul").registers()
    await aigul.say("/consent")
    await aigul.press("Information: Telegram")
    await aigul.say("I agree")
    other = doorstep.desk.shelf.current("promotion-telegram", "en").token
    for digest in ("", "AAAAAAAAAAAAAAAA", other):
        screen = await aigul.press(data=Press("agree", "en", digest, "informing-telegram").pack())
        assert "has changed" in screen.text
    assert await doorstep.keep(consents.given, aigul) == ["desk"]
    await aigul.press("I agree")
    assert sorted(await doorstep.keep(consents.given, aigul)) == ["desk", "informing-telegram"]
