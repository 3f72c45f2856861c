"""A question over the wire: words Telegram itself gives back, a paper that is fetched, a letter to staff, a file that comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.journeys.program import run
from tests.journeys.test_serve import press, written
from tests.ordeals.process import Serve, environment

from kelisim.sandbox import Sandbox
from kelisim.sandbox.driver import Chat, Message, Town

MELONS = "melons and pumpkins CANARYMELON"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


async def enters(town: Town) -> Chat:
    chat = await town.chat("saule")
    await chat.say("/start")
    await chat.until("Which language")
    for label, told in (
        ("English", "Until you agree we keep nothing"),
        ("I am 18 or over", "Consent: Requests through this bot"),
        ("I agree", "Purpose: Requests through this bot. Last day"),
    ):
        await press(chat, label, told)
    await chat.until(lambda message: message.document is not None)
    return chat


def named(file: str) -> Callable[[Message], bool]:
    """A document of this name."""
    return lambda message: message.document is not None and message.document["file_name"] == file


async def letter_to(town: Town, mailbox: str) -> str:
    """The first letter to a mailbox, waiting for it."""
    for _wait in range(400):
        for letter in await town.letters(mailbox):
            return str(letter["text"])
        await asyncio.sleep(0.05)
    raise AssertionError("no letter came")


@pytest.mark.parametrize("updates", ["polling", "webhook"])
async def test_words_nobody_understood_and_a_paper_reach_staff_and_the_complaint_file_comes(
    updates: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    """SCREENS 3.9: the press on our reply brings the words back, by polling and in the webhook's own response."""
    store = f"sqlite:///{tmp_path / 'kelisim.db'}"
    given = environment(sandbox, tmp_path, store, updates)
    assert (await run("migrate", **given)).status == 0
    serve = Serve(given, tmp_path)
    try:
        await serve.start()
        async with Town(sandbox.url, timeout=20) as town:
            await town.ready()
            chat = await enters(town)
            await chat.say(MELONS)
            shown = await chat.until("Shall I pass your words on?")
            assert shown.raw["reply_to_message"]["text"] == MELONS
            await press(chat, "Pass to staff", f"«\u2068{MELONS}\u2069»")
            await chat.bring("paper.pdf", b"%PDF-1.7 a paper of mine")
            await chat.until("With it goes 1 file.")
            await chat.bring("paper.pdf", b"MZ an exe in disguise")
            await chat.until("not a PDF, a JPEG or a PNG")
            await press(chat, "Send", "Your request is accepted, No. K-")
            assert MELONS in await letter_to(town, "erlan@alit.kz")
            await press(chat, "My requests", "with staff; answer due")
            number = (await written(store, "SELECT number FROM cases"))[0][0]
            await press(chat, number, "What next")
            await press(chat, "Complaint file", "We do not send it anywhere")
            await chat.press("Here in the chat")
            for part in ("html", "pdf"):
                await chat.until(named(f"{number}.{part}"))
        assert await serve.stop(seconds=10) == 0
        assert "CANARYMELON" not in serve.log() and "paper.pdf" not in serve.log()
    finally:
        await serve.close()
    assert await written(store, "SELECT kind, state FROM cases") == [("question", "with staff")]
    assert await written(store, "SELECT type FROM attachments") == [("pdf",)]
