"""The page in a real browser: three people, the postbox, the store, three languages."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from aiohttp import web

from kelisim.sandbox import Sandbox
from kelisim.sandbox.driver import Town

playwright = pytest.importorskip("playwright.async_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
]
LETTER = "From: desk@mail.kz\nTo: gulnara@mail.kz\nSubject: K-1\n\nSalem\n"


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """A sandbox whose bot answers by webhook and keeps what it heard."""
    file = tmp_path / "store.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as store:
        store.execute("create table heard (id integer primary key, words blob)")

    async def answer(request: web.Request) -> web.StreamResponse:
        update = await request.json()
        with closing(sqlite3.connect(file, isolation_level=None)) as store:
            store.execute("insert into heard (words) values (?)", (b"canary-on-page",))
        if "callback_query" in update:
            message = update["callback_query"]["message"]
            said: dict[str, Any] = {
                "method": "editMessageText",
                "message_id": message["message_id"],
                "text": "✔ K-1",
            }
        else:
            message = update["message"]
            keys = {"inline_keyboard": [[{"text": "Мәзір", "callback_data": "menu"}]]}
            said = {"method": "sendMessage", "text": f"<{message['text']}> <script>", "reply_markup": keys}
        return web.json_response(said | {"chat_id": message["chat"]["id"]})

    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with Sandbox(database=f"sqlite:///{file}") as sandbox:
        await sandbox.api.perform("setWebhook", {"url": f"http://127.0.0.1:{runner.addresses[0][1]}/"})
        await sandbox.api.perform("setMyDescription", {"description": "Сипаттама", "language_code": "kk"})
        yield sandbox
    await runner.cleanup()


@pytest.fixture
async def page(sandbox: Sandbox) -> AsyncIterator[Any]:
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1440, "height": 900}, locale="kk-KZ")
        faults: list[str] = []
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(sandbox.url)
        yield page
        await browser.close()
        assert faults == []


async def test_a_story_on_the_page(page: Any, sandbox: Sandbox) -> None:
    expect = playwright.expect
    await expect(page.get_by_test_id("description")).to_contain_text("Сипаттама")
    await page.get_by_test_id("start").click()
    messages = page.get_by_test_id("chat-message")
    await expect(messages.last).to_contain_text("</start> <script>")
    await page.get_by_test_id("button").click()
    await expect(messages.last).to_contain_text("✔ K-1")
    await page.get_by_test_id("composer").fill("сәлем")
    await page.get_by_test_id("composer").press("Enter")
    await expect(messages).to_have_count(4)

    await expect(page.get_by_test_id("store-row")).to_have_count(3)
    await expect(page.get_by_test_id("sealed").first).to_contain_text("14")
    assert "canary" not in await page.content()

    port = int(sandbox.smtp.rpartition(":")[2])
    await aiosmtplib.send(
        LETTER.encode(),
        sender="desk@mail.kz",
        recipients=["gulnara@mail.kz"],
        hostname="127.0.0.1",
        port=port,
    )
    await page.get_by_test_id("postbox-letter").click()
    await expect(page.get_by_test_id("letter-text")).to_have_text("Salem")

    await page.get_by_test_id("person-dias").click()
    await expect(messages).to_have_count(0)
    await expect(page.get_by_test_id("start")).to_have_text("Начать")
    await page.get_by_test_id("language-en").click()
    await expect(page.get_by_test_id("start")).to_have_text("Start")

    await page.get_by_test_id("person-aigul").click()
    await expect(messages).to_have_count(4)
    await page.get_by_test_id("block").click()
    await expect(page.get_by_test_id("composer")).to_be_hidden()
    await page.get_by_test_id("unblock").click()
    await expect(page.get_by_test_id("composer")).to_be_visible()


@pytest.mark.parametrize(("spoken", "start"), [("ru-RU", "Начать"), ("en-GB", "Start"), ("de-DE", "Бастау")])
async def test_the_page_opens_with_whoever_speaks_the_language_of_the_browser(
    sandbox: Sandbox, spoken: str, start: str
) -> None:
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(locale=spoken)
        await page.goto(sandbox.url)
        await playwright.expect(page.get_by_test_id("start")).to_have_text(start)
        await browser.close()


async def test_somebody_else_moving_the_square_is_seen_at_once(page: Any, sandbox: Sandbox) -> None:
    async with Town(sandbox.url) as town:
        aigul, dias = await town.chat("aigul"), await town.chat("dias")
        await asyncio.gather(aigul.say("/start"), dias.say("/start"))
    await playwright.expect(page.get_by_test_id("chat-message")).to_have_count(2)
    await playwright.expect(page.get_by_test_id("person-dias").locator(".count")).to_be_visible()


@pytest.mark.parametrize(
    ("width", "scheme"), [(1440, "light"), (1440, "dark"), (375, "light"), (375, "dark")]
)
async def test_nothing_spills_over_and_everybody_can_use_it(page: Any, width: int, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.async_playwright")
    await page.emulate_media(color_scheme=scheme)
    await page.set_viewport_size({"width": width, "height": 800})
    await page.get_by_test_id("start").click()
    await playwright.expect(page.get_by_test_id("store-row")).to_have_count(1)
    await page.wait_for_timeout(300)
    views = ["chat", "post", "store"] if width < 760 else ["chat"]
    for view in views:
        if width < 760:
            await page.get_by_test_id(f"view-{view}").click()
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        found = await axe.Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
