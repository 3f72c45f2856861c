"""Buttons: a modified client may send any data, and old messages keep their buttons for ever."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.doorstep import Doorstep

from kelisim import texts
from kelisim.desk.documents import Shelf
from kelisim.desk.purposes import Said
from kelisim.telegram import screens
from kelisim.telegram.press import LIMIT, Press

TABLES = (
    "subjects",
    "contacts",
    "profile",
    "consents",
    "consent_records",
    "suppressions",
    "outbox",
    "documents_shown",
)


async def everything_of(step: Doorstep, subject: int) -> list[list[tuple[Any, ...]]]:
    """Every row that belongs to one subject."""
    found = []
    for table in TABLES:
        column = "id" if table == "subjects" else "subject_id"
        if table == "suppressions":
            found.append([tuple(row) for row in await step.rows(f"SELECT * FROM {table} ORDER BY hash")])
        else:
            rows = await step.rows(f"SELECT * FROM {table} WHERE {column} = :s ORDER BY 1, 2", s=subject)
            found.append([tuple(row) for row in rows])
    return found


async def test_no_forged_button_reaches_another_person(doorstep: Doorstep) -> None:
    """T-CHAT-01: the subject is who presses; numbers and codes of Aigul open nothing in the chat of Dias."""
    aigul = await doorstep.person("aigul").registers()
    given_ = await aigul.gives_email("aigulcanary@mail.kz", "Qanarysova Aigul")
    dias = await doorstep.person("dias").registers()
    subject = (
        await doorstep.rows("SELECT subject_id FROM consent_records WHERE number = :n", n=given_.number)
    )[0][0]
    before = await everything_of(doorstep, subject)
    codes = [screens.code_of(identity) for identity in (*screens.VIEWS, *screens.ACTS)]
    token = doorstep.desk.shelf.current("informing-email", "en").token
    for code in codes:
        if code in ("stop", "lang", "speak"):
            continue
        for ref in (given_.number, "informing-email", str(subject)):
            said = await dias.press(data=f"{code}:en:{token}:{ref}"[:LIMIT])
            assert said.calls, code
            for canary in ("aigulcanary", "Qanarysova"):
                assert canary not in said.text, (code, ref)
    assert await everything_of(doorstep, subject) == before


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.text(max_size=LIMIT))
def test_any_text_is_read_as_a_press_or_as_nothing(data: str) -> None:
    press = Press.unpack(data)
    if press is not None:
        assert press.locale in texts.LOCALES
        assert len(press.pack()) <= LIMIT


def changed(step: Doorstep, *, edition: int) -> None:
    """A new edition of every document, with another word in the operator's storage place."""
    operator = step.desk.operator
    place = Said(kk="Басқа орын", ru="Другое место", en="Another place")
    documents = {
        name: known.model_copy(update={"edition": edition, "material": True, "changes": place})
        for name, known in operator.documents.items()
    }
    operator = operator.model_copy(
        update={"storage_place": place, "mailbox": "new@alit.kz", "documents": documents}
    )
    step.desk.operator, step.desk.shelf = operator, Shelf(operator, [texts.LOCALES_FOLDER], trial=True)


@pytest.mark.parametrize("code", ["informing-telegram", "promotion-telegram"])
async def test_agreeing_to_an_older_text_records_nothing_and_shows_the_new_one(
    doorstep: Doorstep, code: str
) -> None:
    """T-CHAT-02."""
    saule = await doorstep.person("saule").registers()
    label = doorstep.desk.operator.pairs[code].label("en")
    await saule.say("/consent")
    await saule.press(label)
    old = saule.shown["I agree"]
    changed(doorstep, edition=2)
    said = await saule.press(data=old)
    assert "has changed" in said.text and doorstep.desk.shelf.current(code, "en").summary in said.text
    assert await doorstep.rows("SELECT 1 FROM consent_records WHERE purpose = :p", p=code) == []
    assert "Consent recorded" in (await saule.press("I agree")).text


async def test_the_desk_consent_of_an_older_text_is_not_taken_either(doorstep: Doorstep) -> None:
    """T-CHAT-02."""
    saule = doorstep.person("saule")
    await saule.say("/start")
    await saule.press("English")
    await saule.press("I am 18 or over")
    old = saule.shown["I agree"]
    changed(doorstep, edition=2)
    assert "has changed" in (await saule.press(data=old)).text
    assert await doorstep.rows("SELECT 1 FROM subjects") == []


async def test_a_text_changed_in_the_middle_of_a_flow_ends_it_without_a_record(doorstep: Doorstep) -> None:
    """T-CHAT-02: agreed under version 1, the last datum came under version 2."""
    saule = await doorstep.person("saule").registers()
    await saule.say("/consent")
    await saule.press("Information: e-mail")
    await saule.press("I agree")
    await saule.say("Bek Saule")
    await saule.press("Yes, correct")
    await saule.say("saule@mail.kz")
    code = await doorstep.code("saule@mail.kz")
    changed(doorstep, edition=2)
    await saule.say(code)
    if "Without a phone" in saule.shown:
        await saule.press("Without a phone")
    assert "has changed" in saule.said.text
    assert await doorstep.rows("SELECT 1 FROM consent_records WHERE purpose = 'informing-email'") == []
    assert await doorstep.rows("SELECT 1 FROM profile") == []


async def test_the_record_names_the_language_of_the_text_that_was_agreed_to(doorstep: Doorstep) -> None:
    """T-CHAT-02: shown in Russian, language switched to Kazakh, then the Russian button pressed."""
    saule = await doorstep.person("saule").registers("ru")
    await saule.say("/consent")
    await saule.press(doorstep.desk.operator.pairs["informing-telegram"].label("ru"))
    russian = saule.shown["Даю согласие"]
    await saule.say("қазақша")
    await saule.press(data=russian)
    row = (
        await doorstep.rows("SELECT locale, digest FROM consent_records WHERE purpose = 'informing-telegram'")
    )[0]
    assert tuple(row) == ("ru", doorstep.desk.shelf.current("informing-telegram", "ru").digest)


@pytest.mark.parametrize("pressed", texts.LOCALES)
@pytest.mark.parametrize("digest", texts.LOCALES)
async def test_the_hash_and_the_language_of_a_button_must_belong_together(
    doorstep: Doorstep, pressed: str, digest: str
) -> None:
    """T-CHAT-02."""
    saule = await doorstep.person("saule").registers()
    token = doorstep.desk.shelf.current("informing-telegram", digest).token
    await saule.press(data=f"agree:{pressed}:{token}:informing-telegram")
    rows = await doorstep.rows("SELECT locale FROM consent_records WHERE purpose = 'informing-telegram'")
    assert [row[0] for row in rows] == ([pressed] if pressed == digest else [])


@pytest.mark.parametrize("locale", texts.LOCALES)
async def test_agree_stands_only_where_every_item_of_the_law_is_on_that_screen(
    doorstep: Doorstep, locale: str
) -> None:
    """T-CHAT-03."""
    step = doorstep
    saule = await step.person("saule").registers(locale)
    agree = {"kk": "Келісемін", "ru": "Даю согласие", "en": "I agree"}[locale]
    for code, pair in step.desk.operator.pairs.items():
        if code == "desk":
            continue
        said = await saule.press(data=f"c1:{locale}::{code}")
        assert agree in said.buttons and len(said.text) <= 4096
        operator, document = step.desk.operator, step.desk.shelf.current(code, locale)
        assert document.summary in said.text
        items = [operator.name.to(locale), operator.bin, pair.purpose.why.to(locale)]
        items += [recipient.name.to(locale) for recipient in pair.recipients]
        items += [recipient.country.to(locale) for recipient in pair.recipients if recipient.cross_border]
        missing = [item for item in items if item not in said.text]
        assert missing == [], code
        for page in range(len(document.text) // 2000 + 2):
            full = await saule.press(data=f"text:{locale}::{code}.{page}")
            assert agree not in full.buttons


async def test_every_button_of_every_screen_fits_and_leads_somewhere(doorstep: Doorstep) -> None:
    saule = await doorstep.person("saule").registers()
    seen: set[str] = set()
    waiting = list(saule.shown.values())
    while waiting and len(seen) < 150:
        data = waiting.pop()
        if data in seen or data.startswith(("http", "revdo")):
            continue
        seen.add(data)
        assert len(data.encode()) <= LIMIT
        said = await saule.press(data=data)
        assert said.text and "from an earlier page" not in said.text, data
        waiting += [told for told in said.buttons.values() if told not in seen]
    assert len(seen) > 40


async def test_a_button_of_a_program_that_knew_more_is_an_old_button(doorstep: Doorstep) -> None:
    """T-ADMIN-03."""
    saule = await doorstep.person("saule").registers()
    said = await saule.press(data="future:en:AAAAAAAAAAAAAAAA:someth")
    assert "from an earlier page" in said.text and "Menu" in said.text


async def test_random_bytes_change_nothing(each_doorstep: Doorstep) -> None:
    """T-CHAT-01."""
    saule = await each_doorstep.person("saule").registers()
    before = [
        await each_doorstep.rows(f"SELECT * FROM {table} ORDER BY 1")
        for table in ("consents", "suppressions")
    ]
    for _n in range(30):
        await saule.press(data=secrets.token_bytes(48).decode("latin-1"))
    after = [
        await each_doorstep.rows(f"SELECT * FROM {table} ORDER BY 1")
        for table in ("consents", "suppressions")
    ]
    assert after == before
