"""Every right at the desk, in a browser and three languages: what is asked in the chat, staff decide at a shell, and is read."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.page import ARGUMENTS, CHROMIUM, Visitor
from tests.journeys.program import Demo, run
from tests.journeys.speech import EVERYBODY, Speech
from tests.journeys.test_demo import STORES, demo, enter, give_informing, given, shots

from kelisim.texts import _, speaking

playwright = pytest.importorskip("playwright.async_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(900),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
]
__all__ = ["demo", "given", "shots"]  # fixtures
CASE = re.compile(r"\bK-[0-9A-HJKMNP-TV-Z]{9}\b")
ERLAN, DANA = "erlan@alit.kz", "dana@alit.kz"


@pytest.fixture
async def page(demo: Demo) -> AsyncIterator[Any]:
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1600, "height": 1000}, reduced_motion="reduce")
        page.set_default_timeout(20_000)
        await page.goto(demo.link)
        yield page
        await browser.close()


class Journey(Visitor):
    """A person at the page who presses by the words of their language, and a desk whose staff act at a shell."""

    def __init__(self, page: Any, shots: Path, speech: Speech, demo: Demo, given: dict[str, str]) -> None:
        super().__init__(page, playwright.expect, speech.who, shots)
        self.speech, self.demo, self.given = speech, demo, given
        self._known: set[str] = set()

    def says(self, english: str, **values: Any) -> str:
        """A sentence or label in the person's language."""
        with speaking(self.speech.locale):
            return _(english, **values)

    async def go(self, label: str, *told: str) -> str:
        """Press a label given in English and read the screen that says so, told in English too."""
        return await self.press(self.says(label), *(self.says(each) for each in told))

    async def begun(self, label: str) -> str:
        """Press what begins a request; its number, which no screen has told before."""
        self._known |= {number for screen in await self.screens() for number in CASE.findall(screen)}
        await self.go(label)
        for _wait in range(100):
            found = {
                number for screen in await self.screens() for number in CASE.findall(screen)
            } - self._known
            if found:
                self._known |= found
                (number,) = found
                return str(number)
            await asyncio.sleep(0.2)
        raise AssertionError(f"«{label}» told no new number")

    async def menu(self, *labels: str) -> str:
        """From the menu through these labels; the last screen."""
        said = await self.say("/menu", self.says("My consents"))
        for label in labels:
            said = await self.go(label)
        return said

    async def staff(self, *arguments: str, as_: str = ERLAN) -> str:
        """One command of staff beside the running demo."""
        ended = await run(
            "case", *arguments, "--as", as_, HOME=str(self.demo.folder), KELISIM_HOME=str(self.demo.folder),
            KELISIM_TOKEN="1000000000:trial-token-of-the-sandbox-0000000", KELISIM_BOT_API="http://127.0.0.1:1",
            **self.given,
        )  # fmt: skip
        assert ended.status == 0, ended.said
        return ended.said

    async def answered(self, number: str, words: str, shot: str = "answer") -> None:
        """The answer came to the chat by itself: number only; the words when they are opened."""
        label = f'[data-testid="button"][data-label-text="{self.says("Read the answer")}"]'
        came = (
            self._box.locator('[data-by="bot"]').filter(has_text=number).filter(has=self.page.locator(label))
        )
        await self.expect(came.last).to_be_visible(timeout=30_000)
        assert words not in await came.last.inner_text()
        await self._pause()
        await came.last.locator(label).click()
        await self.read(words)
        await self.shot(shot)


@pytest.mark.parametrize("given", STORES, indirect=True)
@pytest.mark.parametrize("speech", EVERYBODY, ids=lambda speech: speech.locale)
async def test_every_right_is_used_in_a_browser(
    demo: Demo, page: Any, shots: Path, speech: Speech, given: dict[str, str]
) -> None:
    """Access, correction, question, complaint file, acting for another, block and erasure with its certificate."""
    person = Journey(page, shots, speech, demo, given)
    await person.come()
    await enter(person, speech)
    await give_informing(person, speech)
    await access(person)
    await correction(person)
    await question(person)
    await complaint(person)
    await representative(person)
    await block_and_lift(person)
    await erasure(person)
    for screen in await person.screens():  # the last one asks anew in which language to speak
        assert speech.asks_language in screen or not re.search(speech.strange, screen), screen


async def access(person: Journey) -> None:
    """The card at once; the file by a link that opens once, read in another window of the browser."""
    surname = person.speech.shown_name[0]
    await person.menu("My data")
    card = await person.read(person.says("My data"))
    assert surname not in card
    await person.shot("card")
    await person.go("Show in full")
    await person.read(surname)
    await person.go("Get the file")
    await person.shot("ways")
    await person.begun("One-time link")
    await person.shot("file-ready")
    link = person._box.locator(f'a:has-text("{person.says("One-time link")}")').last
    address = await link.get_attribute("href")
    window = await person.page.context.browser.new_page(viewport={"width": 390, "height": 844})
    await window.goto(address)
    await window.screenshot(path=person._shots / f"{person._who}-link.png")
    async with window.expect_download() as coming:
        await window.locator("form button").first.click()
    path = await (await coming.value).path()
    html = Path(path).read_text(encoding="utf-8")
    assert surname in html and person.speech.mailbox in html and f'lang="{person.speech.locale}"' in html
    await window.goto("about:blank")  # the link's page allows no styles but its own
    await window.set_content(html)
    await window.screenshot(path=person._shots / f"{person._who}-file.png", full_page=True)
    all_of_it = "[...document.querySelectorAll('*')]"
    wide = (
        f"{all_of_it}.filter(e => e.getBoundingClientRect().right > 390).map(e => e.outerHTML.slice(0, 90))"
    )
    assert await window.evaluate(wide) == []
    await window.close()
    await person.menu("My data", "Who looked")
    await person.shot("looked")


async def correction(person: Journey) -> None:
    """A surname: what it becomes, a document, staff accept, the card shows it."""
    new = {"kk": "Нұрланқызы", "ru": "Новикова", "en": "Northwood"}[person.speech.locale]
    await person.menu("Correct my data", "Surname")
    await person.say(new)
    await person.shot("correct-document")
    await person.go("Skip")
    await person.shot("correct-check")
    number = await person.begun("Yes, correct")
    await person.shot("correct-done")
    await person.go("Why this date?")
    await person.shot("why")
    shown = await person.staff("show", number, "--reason", "to decide")
    assert new in shown
    done = {"kk": "Түзетілді.", "ru": "Исправлено.", "en": "Corrected."}[person.speech.locale]
    await person.staff("accept", number, done, "--yes")
    await person.answered(number, done)
    await person.menu("My data", "Show in full")
    await person.read(new)


async def question(person: Journey) -> None:
    """In one's own words; the answer comes to the chat."""
    words = {"kk": "Деректерімді қанша уақыт сақтайсыздар?", "ru": "Сколько вы храните мои данные?",
             "en": "How long do you keep my data?"}[person.speech.locale]  # fmt: skip
    answer = {"kk": "Екі жыл.", "ru": "Два года.", "en": "Two years."}[person.speech.locale]
    await person.menu("Ask or complain", "Ask a question")
    await person.shot("ask")
    await person.say(words, words)
    await person.shot("ask-check")
    number = await person.begun("Send")
    await person.shot("ask-done")
    await person.staff("answer", number, answer, "--yes")
    await person.answered(number, answer)
    await person.menu("My requests")
    await person.shot("requests")


async def complaint(person: Journey) -> None:
    """The file for the authority, opened in the chat."""
    await person.menu("Ask or complain", "Complain", "Complaint file")
    await person.shot("complaint")
    words = {"kk": "Келісімсіз жазды.", "ru": "Писали без согласия.", "en": "They wrote without consent."}
    button = person._box.locator(
        f'[data-testid="button"][data-label-text="{person.says("Here in the chat")}"]'
    )
    if not await button.count():
        await person.say(words[person.speech.locale])
    await person.go("Here in the chat")
    shown = person._box.get_by_test_id("document").last
    await person.expect(shown).to_be_visible(timeout=30_000)
    await person.shot("complaint-file")


async def representative(person: Journey) -> None:
    """Once accepted, once refused; nothing told before."""
    name = {"kk": "Серікова Мәриям", "ru": "Серова Мария", "en": "Sterling Mary"}[person.speech.locale]
    for accepted in (True, False):
        await person.menu("For someone else", "I am a parent")
        await person.say(f"{name}, {person.speech.locale}-child@mail.kz")
        await person.shot("rep-until")
        await person.go("No end date")
        await person.say({"kk": "Деректерін көргім келеді.", "ru": "Хочу узнать данные.", "en": "I want to see the data."}[
            person.speech.locale])  # fmt: skip
        await person.shot("rep-check")
        number = await person.begun("Send")
        await person.shot("rep-done")
        if accepted:
            yes = {"kk": "Құжат дұрыс.", "ru": "Документ в порядке.", "en": "The paper is in order."}[
                person.speech.locale
            ]
            await person.staff("accept", number, yes, "--yes", as_=DANA)
            # What staff write may tell of the other person: it waits for the day of disclosure.
            await person.answered(number, person.says("no end date"))
        else:
            no = {"kk": "Құжат жоқ.", "ru": "Нет документа.", "en": "There is no paper."}[
                person.speech.locale
            ]
            await person.staff("refuse", number, no, "--ground", "authority", "--yes", as_=DANA)
            await person.answered(number, no, "refusal")


async def block_and_lift(person: Journey) -> None:
    """Frozen at once, refused to change, lifted by staff."""
    await person.menu("Block or delete", "Block my data")
    await person.shot("block")
    number = await person.begun("I gave no consent")
    await person.shot("blocked")
    await person.menu("Correct my data")
    await person.shot("frozen")
    no = {"kk": "Бұзушылық жоқ.", "ru": "Нарушения нет.", "en": "There is no breach."}[person.speech.locale]
    await person.staff("refuse", number, no, "--ground", "lawful", "--yes")
    told = await person.read(number)
    assert told
    await person.expect(person._box.locator('[data-by="bot"]').filter(has_text=number).last).to_be_visible(
        timeout=30_000
    )
    await person.menu("Correct my data")
    await person.shot("lifted")


async def erasure(person: Journey) -> None:
    """Shown before, undone within a day; then a breach is confirmed, and the certificate is the last message."""
    await person.menu("Block or delete", "Delete my data")
    await person.shot("preview")
    await person.begun("Delete for good")
    await person.shot("erasing")
    await person.go("Keep my data")
    await person.shot("kept")
    await person.menu("Block or delete", "Block my data")
    number = await person.begun("I gave no consent")
    yes = {"kk": "Бұзушылық бар.", "ru": "Нарушение есть.", "en": "There is a breach."}[person.speech.locale]
    await person.staff("accept", number, yes, "--yes")
    await person.expect(
        person._box.locator('[data-by="bot"]').filter(has_text=re.compile(r"\bE-[0-9A-Z]{9}\b")).last
    ).to_be_visible(timeout=90_000)
    await person.shot("certificate")
    store = await person.page.get_by_test_id("store").inner_text()
    assert person.speech.mailbox not in store
    await person.say("/menu", person.speech.asks_language)


async def test_under_18_nothing_is_kept(demo: Demo, page: Any, shots: Path, given: dict[str, str]) -> None:
    """The screen of a child: nothing is written, what only reduces is open, a parent can go on."""
    for speech in EVERYBODY:
        person = Journey(page, shots, speech, demo, given)
        await person.come()
        await page.get_by_test_id("start").click()
        await person.read(speech.asks_language)
        await person.press(speech.language, speech.notice)
        said = await person.go("I am under 18")
        assert person.says("Continue with a parent") and said
        await person.shot("minor")
        await person.go(
            "Continue with a parent", "Requests through this bot" if speech.locale == "en" else "I agree"
        )
    count = page.locator('[data-testid="store-table"][data-table="subjects"]')
    await playwright.expect(count).to_have_attribute("data-count", "0")
