"""Two ways between a chat and a mailbox, over real servers: asked in Kazakh, answered in Russian by reply, read in Kazakh."""

from __future__ import annotations

import asyncio
import time
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.program import run
from tests.journeys.test_serve import written
from tests.mail.dovecot import USER, a_dovecot
from tests.ordeals.process import Serve, environment

from kelisim.desk import operator as operators
from kelisim.sandbox import Sandbox
from kelisim.sandbox.driver import Chat, Town
from kelisim.texts import _, speaking

ERLAN = "erlan@alit.kz"
ASKED = "Менің деректерімді кім көре алады? ЖҮГЕРІ-КАНАРЕЙКА"
with speaking("kk"):
    READ = _("Read the answer")
SECONDS = 3.0  # from the delivery of staff's letter to the chat (issue 4, Must 1)


async def enters(town: Town) -> Chat:
    """Aigul agrees in Kazakh."""
    chat = await town.chat("aigul")
    await chat.say("/start")
    await chat.until("Which language")
    for label in ("Қазақша", "18 жасқа толғанмын", "Келісемін"):
        await chat.press(label)
    await chat.until(lambda message: message.document is not None)
    return chat


async def letters_to(town: Town, mailbox: str, count: int) -> list[dict[str, Any]]:
    """The first letters to a mailbox, once there are so many."""
    async with asyncio.timeout(30):
        while len(found := await town.letters(mailbox)) < count:
            await asyncio.sleep(0.02)
    return found


def reply(letter: dict[str, Any], words: str) -> bytes:
    """What Erlan's mail program sends, with the stamps his own server puts on it: he logged in as himself."""
    made = EmailMessage(policy=WIRE.clone(utf8=False))
    made["From"], made["To"] = f"Ерлан <{ERLAN}>", letter["reply_to"]
    made["Subject"] = "Re: " + letter["subject"]
    made["Date"], made["Message-ID"] = formatdate(localtime=True), make_msgid(domain="alit.kz")
    made["In-Reply-To"] = made["References"] = letter["message_id"]
    quoted = "\n".join(f"> {line}" for line in letter["text"].splitlines())
    made.set_content(
        f"{words}\n\n-- \nЕрлан\n\nсб, 22 нояб. 2026 г. в 12:01, KazGer <info@alit.kz>:\n{quoted}\n",
        cte="base64",
    )
    stamps = (
        "Received: from [10.0.0.7] (erlan [10.0.0.7]) by mx.alit.kz (Postfix) with ESMTPSA id 1; "
        f"{formatdate()}\r\nAuthentication-Results: mx.alit.kz; auth=pass smtp.auth={ERLAN}\r\n"
    )
    return stamps.encode() + made.as_bytes()


def alias(address: str) -> str:
    """info@ is an alias of the mailbox at this server, as at most; what is behind the plus stays."""
    return address.replace("info", USER, 1)


@pytest.mark.parametrize("updates", ["polling", "webhook"])
async def test_asked_in_kazakh_answered_in_russian_by_reply_and_read_in_kazakh(
    updates: str, store_url: str, tmp_path: Path
) -> None:
    """Must 1 of the mail door: question, letter, reply with a template, echo, ok, and the words in the person's language."""
    with a_dovecot() as dovecot:
        async with Sandbox() as sandbox, Town(sandbox.url, timeout=20) as town:
            given = environment(sandbox, tmp_path, store_url, updates) | {"KELISIM_IMAP": dovecot.url}
            assert (await run("migrate", **given)).status == 0
            serve = Serve(given, tmp_path)
            try:
                await serve.start()
                await town.ready()
                chat = await enters(town)
                await chat.say("/ask")
                await chat.press("Сұрақ қою")
                await chat.say(ASKED)
                await chat.until("ЖҮГЕРІ-КАНАРЕЙКА")
                await chat.press("Жіберу")
                (case,) = await _rows(store_url, "SELECT number FROM cases")
                number = case[0]
                [asked] = await letters_to(town, ERLAN, 1)
                assert "ЖҮГЕРІ-КАНАРЕЙКА" in asked["text"] and number in asked["subject"]

                await asyncio.to_thread(
                    dovecot.deliver, reply(asked, "ответ held"), alias(asked["reply_to"]), ERLAN
                )
                _asked, echo = await letters_to(town, ERLAN, 2)
                told = operators.load(None).templates["held"].text.kk
                assert " ".join(told.split()) in " ".join(
                    echo["text"].replace("> ", "").replace("│", "").split()
                )
                assert not await _reached(chat, number)

                began = time.monotonic()
                await asyncio.to_thread(dovecot.deliver, reply(echo, "ok"), alias(echo["reply_to"]), ERLAN)
                await chat.until(lambda message: READ in message.labels and number in message.text)
                took = time.monotonic() - began
                await chat.press(READ)
                read = await chat.until(lambda message: told[:60] in message.text)
                assert " ".join(told.split()) in " ".join(read.text.split())
                assert took < SECONDS, f"{took:.2f} s from the delivery to the chat"
                print(f"\nfrom delivery to chat: {took:.2f} s ({updates}, {store_url.partition(':')[0]})")
                async with asyncio.timeout(
                    10
                ):  # both letters lie in the desk's own folder, and nothing is left behind
                    while dovecot.letters() or len(dovecot.letters("kelisim")) != 2:
                        await asyncio.sleep(0.1)
                assert await serve.stop(seconds=10) == 0
                assert "КАНАРЕЙКА" not in serve.log() and ERLAN not in serve.log()
            finally:
                await serve.close()
    assert await _rows(store_url, "SELECT kind, state FROM cases") == [("question", "answered")]


async def _rows(url: str, query: str) -> list[tuple[str, ...]]:
    return await written(url.replace("sqlite+aiosqlite:", "sqlite:"), query)


async def _reached(chat: Chat, number: str) -> bool:
    """Whether anything about an answer is in the chat yet."""
    return any(
        READ in message.labels or number in message.text
        for message in await chat.messages()
        if "✔" not in message.text
    )
