"""P21 (clauses 4.2, 4.3): who gives false data, or another's, answers for it: said once, before the first entry."""

import pytest
from tests.doorstep import Doorstep
from tests.promises.stories import LABELS, LOCALES

from kelisim.texts import _, speaking

ANSWERS_FOR_IT = {
    "kk": "жалған не бөтен деректер үшін оларды берген адам жауапты",
    "ru": "за ложные или чужие отвечает тот, кто их указал",
    "en": "whoever gives false or another's data answers for it",
}
AGAIN = {"kk": "Қайта жазу", "ru": "Написать заново", "en": "Write again"}


@pytest.mark.parametrize("locale", LOCALES)
async def test_p21_said_once_and_before_the_first_entry(doorstep: Doorstep, locale: str) -> None:
    """P21: on the first question of the flow, and not again on any of its other screens."""
    said = LABELS[locale]
    aigul = await doorstep.person("aigul").registers(locale)
    await aigul.say("/consent")
    before = [await aigul.press(said["informing-email"])]
    first = await aigul.press(said["agree"])
    assert ANSWERS_FOR_IT[locale] in first.text
    after = [await aigul.say("Nurlanova"), await aigul.say("Nurlanova 2"), await aigul.say("Nurlanova Aigul")]
    after.append(await aigul.press(AGAIN[locale]))
    await aigul.say("Nurlanova Aigul")
    after.append(await aigul.press(said["yes"]))
    after += [await aigul.say("aigul@"), await aigul.say("aigul@mail.kz")]
    after.append(await aigul.say(await doorstep.code("aigul@mail.kz")))
    after.append(await aigul.press(said["skip"]))
    assert after[-1].text.startswith("✔")
    assert [screen.text for screen in before + after if ANSWERS_FOR_IT[locale] in screen.text] == []


async def test_p21_the_documents_say_it_too(doorstep: Doorstep) -> None:
    """P21: the policy and the consent that collects data speak of false and of another's data."""
    for name in ("policy", "informing-email"):
        text = doorstep.desk.shelf.current(name, "en").text
        assert "Whoever gives false data" in text or "whoever gives false data" in text


@pytest.mark.parametrize("locale", LOCALES)
async def test_p21_it_is_said_once_where_a_field_is_corrected(doorstep: Doorstep, locale: str) -> None:
    """P21: before the new value is typed, and not again when it is written anew."""
    said = LABELS[locale]
    aigul = await doorstep.person("aigul").registers(locale)
    before = await aigul.say("/correct")
    with speaking(locale):
        first = await aigul.press(_("Surname"))
        after = [await aigul.say("Omarova 2"), await aigul.say("Omarova"), await aigul.press(_("Skip"))]
    after += [await aigul.press(AGAIN[locale]), await aigul.say("Omarova")]
    with speaking(locale):
        await aigul.press(_("Skip"))
    after.append(await aigul.press(said["yes"]))
    assert after[-1].text.startswith("✔")
    assert ANSWERS_FOR_IT[locale] in first.text
    assert not any(ANSWERS_FOR_IT[locale] in screen.text for screen in [before, *after])


@pytest.mark.parametrize("locale", LOCALES)
async def test_p21_it_is_said_before_acting_for_another(doorstep: Doorstep, locale: str) -> None:
    """P21: on the first screen, and on none of the questions after it."""
    aigul = await doorstep.person("aigul").registers(locale)
    first = await aigul.say("/represent")
    with speaking(locale):
        after = [await aigul.press(_("I am a parent")), await aigul.say("Omarov Dias dias@mail.kz")]
        after += [await aigul.press(_("No end date")), await aigul.say("?"), await aigul.press(_("Send"))]
    assert after[-1].text.startswith("✔")
    assert ANSWERS_FOR_IT[locale] in first.text
    assert not any(ANSWERS_FOR_IT[locale] in screen.text for screen in after)
