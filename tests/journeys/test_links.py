"""The site of the program itself: a link from the chat opens in a browser, in the demo and where it serves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar
from tests.journeys.program import Demo
from tests.ordeals.process import Serve, environment, free_port

from kelisim.sandbox import Sandbox
from kelisim.sandbox.driver import Chat, Town


@pytest.fixture
async def browser() -> AsyncIterator[ClientSession]:
    """A browser that keeps its cookies."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        yield session


async def enter(chat: Chat) -> None:
    """From the first word to the menu, in English."""
    await chat.say("/start")
    await chat.until("Which language")
    for label, told in (
        ("English", "Until you agree"),
        ("I am 18 or over", "Consent"),
        ("I agree", "Consent recorded"),
    ):
        await chat.press(label)
        await chat.until(told)


async def link_in(chat: Chat) -> str:
    """The address behind the button «One-time link»."""
    for _n in range(400):
        for message in await chat.messages():
            for row in message.raw.get("reply_markup", {}).get("inline_keyboard", ()):
                for button in row:
                    if "/l/" in button.get("url", ""):
                        return str(button["url"])
        await asyncio.sleep(0.05)
    raise AssertionError("no link came")


async def test_a_file_ordered_in_the_demo_is_taken_in_a_browser_and_no_log_names_the_link(
    tmp_path: Path, browser: ClientSession
) -> None:
    """T-WEB-02, T-WEB-05: the program that people try has its own web door on this machine."""
    async with Demo(tmp_path / "demo") as demo:
        async with Town(demo.link, timeout=20) as town:
            await town.ready()
            chat = await town.chat("saule")
            await enter(chat)
            await chat.say("/mydata")
            await chat.until("My data")
            await chat.press("Get the file")
            await chat.until("How shall we send it?")
            await chat.press("One-time link")
            link = await link_in(chat)
        assert link.startswith("http://127.0.0.1:")
        base, _l, secret = link.rpartition("/l/")
        for _n in range(3):
            async with browser.get(link) as page:
                told = await page.text()
                assert page.status == 200 and "The file with your data" in told
        parts = {}
        for part in ("html", "pdf", "json"):
            form = {"token": secret, "part": part}
            async with browser.post(
                f"{base}/l", data=form, headers={"Sec-Fetch-Site": "same-origin"}
            ) as answer:
                assert answer.status == 200 and "attachment" in answer.headers["Content-Disposition"], part
                parts[part] = await answer.read()
        assert parts["pdf"].startswith(b"%PDF-") and json.loads(parts["json"])
        assert parts["html"].lower().startswith(b"<!doctype html")
        async with (
            ClientSession() as other,
            other.post(f"{base}/l", data={"token": secret, "part": "html"}) as answer,
        ):
            assert answer.status == 404
        status, said = await demo.interrupt()
    assert status == 0 and secret not in said and "/l/" not in said, said


async def test_one_server_has_the_webhook_and_the_site_or_the_site_alone(
    tmp_path: Path, sqlite_url: str, browser: ClientSession
) -> None:
    """T-WEB-13: these routes and no others; polling needs no webhook, and without an address nothing listens."""
    for updates, hooked in (("polling", 404), ("webhook", 403)):
        async with Sandbox() as sandbox:
            given = environment(sandbox, tmp_path, sqlite_url, updates)
            port = given.get("KELISIM_LISTEN", "").rpartition(":")[2] or str(free_port())
            base = f"http://127.0.0.1:{port}"
            serve = Serve(given | {"KELISIM_LISTEN": f"127.0.0.1:{port}", "KELISIM_URL": base}, tmp_path)
            try:
                await serve.start()
                for path, method, status in (("/telegram", "POST", hooked), ("/l/x", "GET", 404), ("/", "GET", 404),
                                             ("/sandbox/people", "GET", 404), ("/rows", "GET", 404)):  # fmt: skip
                    async with browser.request(method, base + path) as answer:
                        assert answer.status == status, (updates, path)
                assert await serve.stop(seconds=10) == 0
                assert "/l/x" not in serve.log() and "Traceback" not in serve.log()
            finally:
                await serve.close()
