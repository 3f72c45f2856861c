"""The receipt: what was shown, word for word, with a code that says genuine and nothing else."""

from __future__ import annotations

import hashlib
import html
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from tests.doorstep import Doorstep, Person

from kelisim import texts
from kelisim.courier.outcome import UNKNOWN, Outcome
from kelisim.desk import numbers, receipts
from kelisim.desk.documents import Shelf
from kelisim.desk.purposes import Said

AGREE = {"kk": "Келісемін", "ru": "Даю согласие", "en": "I agree"}


async def told_of(step: Doorstep) -> list[dict[str, Any]]:
    """What the receipts that are due say, each act once."""
    parcels = [parcel for parcel in await step.courier("telegram") if parcel.message.kind == receipts.KIND]
    return list({parcel.body["facts"]["code"]: parcel.body["facts"] for parcel in parcels}.values())


async def given(step: Doorstep, locale: str = "en") -> Person:
    person = await step.person("saule").registers(locale)
    await step.courier()
    await person.press(data=f"c1:{locale}::informing-telegram")
    await person.press(AGREE[locale])
    return person


@pytest.mark.parametrize("locale", texts.LOCALES)
async def test_text_and_hash_are_those_of_the_screen_that_was_agreed_to(
    each_doorstep: Doorstep, locale: str
) -> None:
    """I3."""
    step = each_doorstep
    await given(step, locale)
    shown = step.desk.shelf.current("informing-telegram", locale)
    [told] = await told_of(step)
    document = told["document"]
    assert document["text"] == shown.text and shown.summary in document["text"]
    assert document["sha256"] == hashlib.sha256(document["text"].encode()).hexdigest() == shown.digest
    assert (told["language"], document["version"]) == (locale, shown.version)
    record = (
        await step.rows("SELECT number, digest FROM consent_records WHERE purpose = 'informing-telegram'")
    )[0]
    assert (told["number"], document["sha256"]) == (record[0], record[1])


async def test_a_receipt_quotes_the_old_text_after_a_new_version_came(doorstep: Doorstep) -> None:
    person = await given(doorstep)
    [before] = await told_of(doorstep)
    operator = doorstep.desk.operator
    place = Said(kk="Басқа", ru="Другое", en="Elsewhere")
    documents = {
        name: known.model_copy(update={"edition": 2, "material": True, "changes": place})
        for name, known in operator.documents.items()
    }
    doorstep.desk.operator = operator.model_copy(update={"mailbox": "new@alit.kz", "documents": documents})
    doorstep.desk.shelf = Shelf(doorstep.desk.operator, [texts.LOCALES_FOLDER], trial=True)
    await person.press(data="rcpt:en::informing-telegram")
    [again] = await told_of(doorstep)
    assert again["document"] == before["document"]
    assert again["code"] == before["code"] and again["number"] == before["number"]


async def test_a_receipt_that_goes_again_has_the_same_code(doorstep: Doorstep) -> None:
    await given(doorstep)
    first = [parcel.body["facts"] for parcel in await doorstep.courier("telegram", Outcome(UNKNOWN))]
    doorstep.later(minutes=1)
    again = [parcel.body["facts"] for parcel in await doorstep.courier("telegram")]
    assert {told["code"] for told in first} == {told["code"] for told in again} and len(
        {t["code"] for t in again}
    ) == 1


async def test_each_act_has_its_receipt_and_each_receipt_its_code(doorstep: Doorstep) -> None:
    person = await given(doorstep)
    await person.press(data="wdraw:en::informing-telegram")
    await person.say("STOP")
    await person.press(data="resume:en::telegram")
    told = await told_of(doorstep)
    acts = {one["act"] for one in told}
    assert {"given", "withdrawn", "stopped"} <= acts
    assert len({one["code"] for one in told}) == len(told)
    for one in told:
        assert (one["document"]["text"] is None) == (one["act"] != "given")


class Reader(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


HOSTILE = "<script>alert(1)</script>\"'&{table}{0.__class__}</pre><img src=x onerror=y>"


async def test_the_page_is_inert_whatever_the_operator_is_called(doorstep: Doorstep) -> None:
    """T-WEB-10 for the receipt: every value is escaped, nothing is loaded, no template is built from words."""
    await given(doorstep)
    [told] = await told_of(doorstep)
    told["operator"]["name"] = told["operator"]["responsible"] = told["document"]["text"] = HOSTILE
    told["document"]["title"] = told["number"] = HOSTILE
    page = receipts.as_html(told).decode()
    reader = Reader()
    reader.feed(page)
    assert not {"script", "img", "link", "iframe", "a", "form"} & set(reader.tags)
    assert not [
        name for name, _value in reader.attributes if name.startswith("on") or name in ("src", "href")
    ]
    assert html.escape(HOSTILE) in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize("locale", texts.LOCALES)
async def test_the_page_and_the_file_for_machines_say_the_same(doorstep: Doorstep, locale: str) -> None:
    await given(doorstep, locale)
    [told] = await told_of(doorstep)
    page = html.unescape(receipts.as_html(told).decode())
    machine = json.loads(receipts.as_json(told))
    assert machine == told
    for value in (
        told["number"],
        told["code"],
        told["document"]["sha256"],
        told["document"]["text"],
        told["ledger_head"],
    ):
        assert value in page
    assert f'lang="{locale}"' in page
    assert "{" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


async def code_of(step: Doorstep) -> str:
    await given(step)
    [told] = await told_of(step)
    code: str = told["code"]
    return code


async def test_anyone_may_check_a_receipt_and_learns_a_day_and_nothing_else(each_doorstep: Doorstep) -> None:
    """T-WEB-14."""
    step = each_doorstep
    code = await code_of(step)
    stranger = step.person("777")
    for typed in (code, code.lower(), code.replace("-", " "), f"  {code}. "):
        await stranger.say("/verify")
        said = await stranger.say(typed)
        assert "Genuine" in said.text
        for secret in ("informing", "Information", "C-", "Saule", "KazGer"):
            assert secret not in said.text
        step.later(minutes=30)


@pytest.mark.parametrize(
    "typed", ["AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-A", "qwerty", "C-123456789", "", "0" * 26, "я" * 26]
)
async def test_what_is_not_ours_is_said_so_alike(doorstep: Doorstep, typed: str) -> None:
    await code_of(doorstep)
    stranger = doorstep.person("777")
    await stranger.say("/verify")
    said = await stranger.say(typed or "-")
    assert "not a receipt of ours" in said.text


async def test_checks_are_limited_to_ten_an_hour(doorstep: Doorstep) -> None:
    code = await code_of(doorstep)
    stranger = doorstep.person("777")
    told = []
    for _n in range(12):
        await stranger.say("/verify")
        told.append((await stranger.say(code)).text)
    assert ["Genuine" in one for one in told] == [True] * 10 + [False] * 2
    assert all("Too many checks" in one for one in told[10:])
    doorstep.later(hours=1, seconds=1)
    await stranger.say("/verify")
    assert "Genuine" in (await stranger.say(code)).text


async def test_the_store_holds_the_fingerprint_of_a_code_and_not_the_code(doorstep: Doorstep) -> None:
    code = await code_of(doorstep)
    rows = await doorstep.rows("SELECT receipt FROM consent_records")
    assert all(len(row[0]) == 32 for row in rows)
    raw = b"".join(bytes(row[0]) for row in rows)
    assert code.encode() not in raw
    assert await doorstep.keep(lambda visit: receipts.check(visit, code)) is not None
    doorstep.desk.receipt_key = bytes(32)
    record = (await doorstep.rows("SELECT id FROM consent_records ORDER BY id DESC"))[0][0]
    assert numbers.receipt_code(bytes(32), record) != code


async def test_the_receipt_of_another_is_not_printed_again(doorstep: Doorstep) -> None:
    """T-CHAT-01."""
    await given(doorstep)
    await told_of(doorstep)
    dias = await doorstep.person("dias").registers("en")
    await doorstep.courier()
    await dias.press(data="rcpt:en::informing-telegram")
    assert await told_of(doorstep) == []
    record = (await doorstep.rows("SELECT id FROM consent_records WHERE purpose = 'informing-telegram'"))[0][
        0
    ]
    assert await doorstep.keep(lambda visit: receipts.facts(visit, record, visit.known.id), dias) is None
