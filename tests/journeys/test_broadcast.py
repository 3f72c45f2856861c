"""/broadcast in the demo's page: Dana writes in three languages, three people read it, each in theirs, and she sees it end."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests import subscribers
from tests.journeys.page import ARGUMENTS, CHROMIUM, Visitor
from tests.journeys.program import Demo
from tests.journeys.speech import EVERYBODY

from kelisim import opening, upkeep
from kelisim.demonstration import with_dana
from kelisim.desk import charts
from kelisim.desk.visit import zone
from kelisim.settings import Settings

playwright = pytest.importorskip("playwright.async_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(400),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
]

AGREES = {
    "kk": ("Келісімдерім", "Ақпарат: Telegram", "Келісемін", "Келісім тіркелді"),
    "ru": ("Мои согласия", "Информация: Telegram", "Даю согласие", "Согласие записано"),
    "en": ("My consents", "Information: Telegram", "I agree", "Consent recorded"),
}
WORDS = {
    "kk": "Сенбіде қызмет көрсету бөлмесі ашық.",
    "ru": "В субботу комната обслуживания открыта.",
    "en": "The service room is open on Saturday.",
}
FIRST = 8_000_000
STOP_LINE = {"kk": "ТОҚТАТУ", "ru": "СТОП", "en": "STOP"}


@pytest.fixture
async def demo(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Demo]:
    """A demo whose operator file lies there already: the same, but its quiet hours are far from now."""
    folder = tmp_path / "demo"
    folder.mkdir()
    here = datetime.now(UTC).astimezone(zone("Asia/Almaty"))
    begins, ends = here + timedelta(hours=12), here + timedelta(hours=12, minutes=1)
    sample = files("kelisim").joinpath("operator.toml").read_text("utf-8")
    quiet = f'quiet_hours = ["{begins:%H:%M}", "{ends:%H:%M}"]'
    changed = re.sub(r"^quiet_hours = .*$", quiet, sample, count=1, flags=re.M)
    assert quiet in changed
    (folder / "operator.toml").write_text(with_dana(changed), encoding="utf-8")
    seeded = getattr(request, "param", 0)
    if seeded:
        await agreed_long_ago(folder, seeded)  # and none of it is many
        changed = re.sub(r"(?m)^approval_above = \d+", "approval_above = 1000", changed)
        (folder / "operator.toml").write_text(with_dana(changed), encoding="utf-8")
    async with Demo(folder) as demo:
        async with aiohttp.ClientSession() as post:
            for number in range(FIRST, FIRST + seeded):
                person = {"key": f"p{number}", "id": number, "first_name": "…"}
                async with post.post(
                    f"{demo.link.rstrip('/')}/sandbox/people", json={"person": person, "started": True}
                ) as told:
                    assert told.status == 200, await told.text()
        yield demo


async def agreed_long_ago(folder: Path, people: int) -> None:
    """The demo's store, with so many people who agreed to information by Telegram before it was started."""
    settings = Settings.read(
        {"HOME": str(folder), "KELISIM_HOME": str(folder), "KELISIM_DATABASE": f"sqlite:///{folder / 'kelisim.db'}",
         "KELISIM_BOT_API": "http://127.0.0.1:1", "KELISIM_TOKEN": "1000000000:trial-token-of-the-sandbox-0000000"}
    )  # fmt: skip
    await upkeep.migrate(settings)
    await subscribers.seed(opening.url_of(settings), opening.vault_of(settings), people, first=FIRST)


@pytest.fixture
async def page(demo: Demo) -> AsyncIterator[Any]:
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1600, "height": 1100}, reduced_motion="reduce")
        page.set_default_timeout(20_000)
        await page.goto(demo.link)
        yield page
        await browser.close()


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where the pictures go: a folder of this test in SCREENSHOTS, else the test's own."""
    base = os.environ.get("SCREENSHOTS")
    folder = Path(base, "broadcast") if base else tmp_path / "shots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def test_three_people_read_it_each_in_their_own_language(page: Any, shots: Path) -> None:
    people = {speech.locale: Visitor(page, playwright.expect, speech.who, shots) for speech in EVERYBODY}
    for speech in EVERYBODY:
        person = people[speech.locale]
        await person.come()
        await page.get_by_test_id("start").click()
        await person.read(speech.asks_language)
        await person.press(speech.language, speech.notice)
        await person.press(speech.adult, speech.desk_pair)
        await person.press(speech.agree, speech.recorded)
        await person.press(speech.menu, speech.my_consents)
        consents, pair, agree, recorded = AGREES[speech.locale]
        await person.press(consents, pair)
        await person.press(pair, agree)
        await person.press(agree, recorded, pair)

    dana = Visitor(page, playwright.expect, "dana", shots)
    await dana.come()
    await dana.page.get_by_test_id("start").click()
    await dana.say("/broadcast", "О чём будет рассылка?", "Информация: Telegram", "3 человека")
    await dana.shot("purposes")
    await page.locator('[data-testid="button"]').filter(has_text="Информ").first.click()
    await dana.read("По какому каналу?")
    await dana.press("Информация: Telegram", "напишите текст на казахском")
    await dana.shot("empty-draft")
    await dana.say(WORDS["kk"], "Сохранено: Қазақша")
    await dana.say(WORDS["ru"], "Сохранено: Русский")
    await dana.say(WORDS["en"], "Сохранено: English", "Тексты есть на всех трёх языках")
    await dana.shot("draft")
    await dana.press("Предпросмотр", "Выше всё верно?")
    for locale in ("kk", "ru", "en"):
        await dana.read(WORDS[locale], STOP_LINE[locale])
    await dana.shot("preview")
    await dana.press("Тест себе", "Тест отправлен")
    await playwright.expect(page.get_by_text("Выше всё верно?")).to_have_count(1)
    await dana.press("Получатели", "Отправленное вернуть нельзя")
    await dana.shot("count")
    await dana.press("Отправить: 3", "Рассылка №", "░")
    await dana.shot("running")
    told = await dana.read("✔", "Рассылка №")
    assert re.search(r"B-[0-9A-Z]{9}", told)
    await dana.shot("done")
    if charts.able():
        await playwright.expect(page.locator("img.photo").last).to_be_visible()
    await dana.press("Отчёт", "Қазақша", "Русский", "English")
    await dana.shot("report")

    for locale, person in people.items():
        await person.come()
        read = await person.read(WORDS[locale], STOP_LINE[locale])
        for other in WORDS.keys() - {locale}:
            assert WORDS[other] not in read
            assert not [screen for screen in await person.screens() if WORDS[other] in screen]
        await person.shot("received")


@pytest.mark.parametrize("demo", [240], indirect=True)
async def test_the_bar_moves_stands_still_and_goes_on(page: Any, shots: Path) -> None:
    dana = Visitor(page, playwright.expect, "dana", shots)
    await dana.come()
    await page.get_by_test_id("start").click()
    await dana.say("/broadcast", "Информация: Telegram", "240")
    await page.locator('[data-testid="button"]').filter(has_text="Информ").first.click()
    await dana.press("Информация: Telegram", "напишите текст на казахском")
    for locale in ("kk", "ru", "en"):
        await dana.say(WORDS[locale], "Сохранено")
    await dana.press("Предпросмотр", "Выше всё верно?")
    await dana.press("Получатели", "Отправленное вернуть нельзя")
    await dana.press("Отправить: 240", "Рассылка №", "░")
    told = await dana.read("▓", "░", "Сообщений в секунду")
    await dana.shot("moving")
    assert 0 < sent_of(told) < 240
    await dana.press("Пауза", "Продолжить")
    await asyncio.sleep(1.5)  # what was on the wire arrives
    stood = sent_of(await dana.read("из 240"))
    await dana.shot("standing")
    await asyncio.sleep(4)
    assert stood <= sent_of(await dana.read("из 240")) <= stood + 30  # no more than what had been claimed
    await dana.press("Продолжить", "Пауза")
    told = await dana.read("✔", "Рассылка №", "240")
    await dana.shot("done")
    received = await page.request.get(page.url.split("?")[0].rstrip("/") + f"/sandbox/chats/{FIRST}")
    assert (await received.text()).count(WORDS["kk"]) == 1


def sent_of(told: str) -> int:
    """How many a screen says were sent."""
    found = re.search(r"Отправлено: (\d+) из", told)
    assert found, told
    return int(found[1])
