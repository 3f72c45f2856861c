"""`kelisim demo` in a browser: one person after another, in three languages, goes all the way, and it is written."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.page import ARGUMENTS, CHROMIUM, NUMBER, Visitor
from tests.journeys.program import Demo
from tests.journeys.speech import EVERYBODY, Speech

playwright = pytest.importorskip("playwright.async_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(400),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
]


@pytest.fixture
def given(request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment: nothing, so that the store is a SQLite file in the demo's folder, or a PostgreSQL."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return {}
    return {"KELISIM_DATABASE": request.getfixturevalue("postgres_url")}


@pytest.fixture
async def demo(given: dict[str, str], tmp_path: Path) -> AsyncIterator[Demo]:
    """A demo on a fresh store."""
    async with Demo(tmp_path / "demo", **given) as demo:
        yield demo


@pytest.fixture
async def page(demo: Demo) -> AsyncIterator[Any]:
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1600, "height": 1000}, reduced_motion="reduce")
        page.set_default_timeout(20_000)
        faults: list[str] = []
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(demo.link)
        yield page
        await browser.close()
        assert faults == []


@pytest.fixture
def shots(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where the pictures go: a folder of this test in SCREENSHOTS, else the test's own."""
    base = os.environ.get("SCREENSHOTS")
    name = re.sub(r"\W+", "-", request.node.name).strip("-")
    folder = Path(base, name) if base else tmp_path / "shots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def number_in(told: str) -> str:
    """The one public number of a screen."""
    (found,) = set(NUMBER.findall(told))
    return str(found)


STORES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.mark.parametrize("given", STORES, indirect=True)
@pytest.mark.parametrize("speech", EVERYBODY, ids=lambda speech: speech.locale)
async def test_a_person_goes_all_the_way_and_sees_every_act_written(
    demo: Demo, page: Any, shots: Path, speech: Speech
) -> None:
    person = Visitor(page, playwright.expect, speech.who, shots)
    await person.come()
    await person.shot("before")
    await enter(person, speech)
    given = await give_informing(person, speech)
    await check_receipt(person, speech, given)
    await withdraw(person, speech, given)
    await stop(person, speech)
    await read_policy(person, speech)
    for screen in await person.screens():
        assert not re.search(speech.strange, screen), screen
    await change_language(person, speech)

    canaries = [speech.mailbox, *speech.shown_name]
    store = await page.get_by_test_id("store").inner_text()
    assert [canary for canary in canaries if canary in store] == []
    await page.close()  # it would ask a desk that is no longer there
    status, said = await demo.interrupt()
    assert (status, said.count("\n")) == (0, 6), said
    assert (demo.folder / "trial-sealing.key").is_file()


async def enter(person: Visitor, speech: Speech) -> None:
    """From Start to the menu: nothing is written before the consent to the desk."""
    await person.page.get_by_test_id("start").click()
    first = await person.read(speech.asks_language)
    assert re.search(r"\S.*\n", first) and first.startswith(speech.asks_language), (
        "one's own language is not first"
    )
    await person.shot("language")
    await person.press(speech.language, speech.notice)
    await person.shot("notice")
    await person.press(speech.adult, speech.desk_pair)
    await person.shot("desk")
    count = person.page.locator('[data-testid="store-table"][data-table="subjects"]')
    await person.expect(count).to_have_attribute("data-count", "0")
    number = number_in(await person.press(speech.agree, speech.recorded, speech.desk_pair))
    await person.wrote("consent_records", number, "given", "desk", speech.locale)
    await person.wrote("consents", number, "given", "desk")
    await person.shot("entered")


async def give_informing(person: Visitor, speech: Speech) -> str:
    """Agreement first, then name and mailbox, proved; no phone. Returns the number."""
    await person.press(speech.menu, speech.my_consents, speech.messages)
    await person.shot("menu")
    await person.press(speech.my_consents, speech.pair, speech.desk_pair)
    await person.shot("consents")
    await person.press(speech.pair, speech.agree)
    await person.shot("informing")
    await person.press(speech.agree, speech.asks_name)
    await person.shot("name")
    await person.say(speech.name, speech.right, *speech.shown_name)
    await person.shot("name-check")
    await person.press(speech.yes, speech.asks_mail)
    await person.say(speech.mailbox, speech.code_sent)
    await person.shot("code")
    code = await person.letter(speech.mailbox, speech.code)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    await person.say(wrong, speech.code_wrong)
    await person.say(code, speech.asks_phone)
    await person.shot("phone")
    number = number_in(await person.press(speech.without_phone, speech.recorded, speech.pair))
    await person.wrote("consent_records", number, "given", "informing-email", speech.locale)
    await person.wrote("consents", number, "given", "informing-email")
    await person.wrote("profile", "surname")
    await person.wrote("contacts", "email")
    await person.shot("given")
    return number


async def check_receipt(person: Visitor, speech: Speech, number: str) -> None:
    """The receipt holds the text agreed to word for word; its hash is right, its code is genuine, another is not."""
    told = await person.document(f"{number}.html", "SHA-256")
    digest, code = (
        re.search(r"\b[0-9a-f]{64}\b", told),
        re.search(r"\b[A-Z2-7]{5}(-[A-Z2-7]{1,5}){5}\b", told),
    )
    assert number in told and digest and code, told
    row = person.page.locator('[data-table="consent_records"] tr', has_text=number)
    await person.expect(row).to_contain_text(digest[0][:8])
    answer = await person.page.request.get(await receipt_address(person, f"{number}.json"))
    receipt = await answer.json()
    assert (receipt["number"], receipt["code"]) == (number, code[0])
    assert (
        receipt["document"]["sha256"]
        == digest[0]
        == hashlib.sha256(receipt["document"]["text"].encode()).hexdigest()
    )
    squeezed = " ".join(told.split())
    assert " ".join(receipt["document"]["text"].split()) in squeezed
    assert not re.search(speech.strange, told.replace(receipt["document"]["text"], "")), told
    await person.say("/verify", speech.asks_receipt)
    await person.say(code[0].lower(), speech.genuine)
    await person.shot("verified")
    await person.say("/verify", speech.asks_receipt)
    other = ("A" if code[0][0] != "A" else "B") + code[0][1:]
    await person.say(other, speech.not_ours)


async def receipt_address(person: Visitor, name: str) -> str:
    """Where a document of the chat can be fetched."""
    shown = person.page.get_by_test_id("document").filter(has_text=name).last
    await shown.click(timeout=30_000)
    address = await person.page.locator("#reader-tab").evaluate("node => node.href")
    await person.page.get_by_test_id("reader-close").click()
    return str(address)


async def withdraw(person: Visitor, speech: Speech, given: str) -> None:
    """As easily as it was given, from the menu."""
    await person.say("/menu", speech.my_consents, speech.messages)
    await person.press(speech.my_consents, f"{speech.pair}: {speech.given}")
    await person.press(speech.pair, given)
    await person.shot("in-force")
    number = number_in(await person.press(speech.withdraw, speech.withdrawn, speech.pair))
    await person.wrote("consent_records", number, "withdrawn", "informing-email", speech.locale)
    await person.wrote("consents", "withdrawn", "informing-email")
    await person.shot("withdrawn")
    await person.document(f"{number}.html", number)


async def stop(person: Visitor, speech: Speech) -> None:
    """By one word, and once more by the button: nothing changes twice."""
    number = number_in(await person.say(speech.stop, speech.stopped))
    await person.wrote("consent_records", number, "stopped", "all", speech.locale)
    await person.wrote("suppressions", number)
    await person.shot("stopped")
    await person.say("/menu", speech.stopped_state)
    await person.press(speech.messages, speech.stop_all)
    await person.shot("messages")
    again = await person.press(speech.stop_all, speech.already)
    assert number in again
    await person.shot("already")


async def read_policy(person: Visitor, speech: Speech) -> None:
    """By section and page."""
    await person.say("/menu", speech.stopped_state)
    await person.press(speech.policy, "1.1")
    await person.wrote("documents_shown", "policy", speech.locale)
    await person.shot("policy")
    messages = person.page.locator('#messages [data-testid="chat-message"]')
    screen = messages.filter(has=person.page.get_by_test_id("button")).last  # a receipt may stand below it
    label = await screen.get_by_test_id("button").first.get_attribute("data-label-text")
    await person.press(str(label), str(label), speech.next_page)
    await person.press(speech.next_page, speech.page_two)
    await person.shot("section")
    await person.press(speech.contents, str(label))


async def change_language(person: Visitor, speech: Speech) -> None:
    """The chat goes on in another language, and so is it written."""
    await person.say("/menu", speech.stopped_state)
    await person.press(speech.languages, speech.asks_language)
    await person.press(speech.other_language, speech.other_menu)
    await person.wrote("subjects", speech.other_locale)
    await person.shot("other-language")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
async def test_nobody_is_kept_out_of_the_page(
    demo: Demo, page: Any, shots: Path, width: int, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.async_playwright")
    speech = EVERYBODY[0]
    await page.emulate_media(color_scheme=scheme)
    await page.set_viewport_size({"width": width, "height": 844})
    person = Visitor(page, playwright.expect, speech.who, shots)
    await person.come()
    await page.get_by_test_id("start").click()
    await person.press(speech.language, speech.notice)
    await person.press(speech.adult, speech.desk_pair)
    await person.press(speech.agree, speech.recorded)
    await person.press(speech.menu, speech.my_consents)
    await page.get_by_test_id("document").first.wait_for()
    for view in ["chat", "post", "store"] if width < 760 else ["chat"]:
        if width < 760:
            await page.get_by_test_id(f"view-{view}").click()
        await person.shot(view)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        found = await axe.Axe().run(page)
        grave = [
            one["id"] for one in found.response["violations"] if one["impact"] in ("serious", "critical")
        ]
        assert grave == [], found.generate_report()
