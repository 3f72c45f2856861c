"""What leaves for the Bot API is counted where it leaves: one chat is spaced, and its 429 is not everybody's."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramRetryAfter
from aiogram.methods import EditMessageText, Response, SendMessage, TelegramMethod

from kelisim.limiter import PATIENT, PER_CHAT, Limiter
from kelisim.telegram.bot import Paced

BOT = Bot("4242:nobody-is-written-to")


async def taken(bot: Bot, method: TelegramMethod[Any]) -> Response[Any]:
    """A server that takes everything."""
    return Response[Any](ok=True)


async def refused(bot: Bot, method: TelegramMethod[Any]) -> Response[Any]:
    """A server that asks for patience."""
    raise TelegramRetryAfter(method, "Too Many Requests", 5)


async def test_what_nobody_waits_for_leaves_a_chat_a_second_and_an_answer_does_not_wait() -> None:
    limiter = Limiter(30)
    paced, loop = Paced(limiter), asyncio.get_running_loop()
    left: list[float] = []

    async def note(bot: Bot, method: TelegramMethod[Any]) -> Response[Any]:
        left.append(loop.time())
        return Response[Any](ok=True)

    async def receipt() -> None:
        PATIENT.set(True)
        await paced(note, BOT, SendMessage(chat_id=7, text="receipt"))

    await paced(note, BOT, SendMessage(chat_id=7, text="answer"))
    receipts = asyncio.gather(asyncio.create_task(receipt()), asyncio.create_task(receipt()))
    await asyncio.sleep(0)
    await paced(note, BOT, SendMessage(chat_id=7, text="another answer"))
    assert left[1] - left[0] < 0.1
    await receipts
    assert all(later - earlier > PER_CHAT - 0.01 for earlier, later in pairwise(left[1:]))


async def test_a_receipt_that_waits_longer_lets_the_answer_of_the_webhook_go_first() -> None:
    limiter = Limiter(30)
    paced = Paced(limiter)
    order: list[str] = []

    async def note(bot: Bot, method: TelegramMethod[Any]) -> Response[Any]:
        order.append("receipt")
        return Response[Any](ok=True)

    async def receipt() -> None:
        PATIENT.set(True)
        await paced(note, BOT, SendMessage(chat_id=7, text="receipt"))

    limiter.left("7")
    receipts = asyncio.gather(asyncio.create_task(receipt()), asyncio.create_task(receipt()))
    await asyncio.sleep(0.2)
    assert await limiter.reply("7")
    order.append("answer")
    await receipts
    assert order == ["answer", "receipt", "receipt"]


async def test_the_second_of_a_chat_counts_from_when_the_message_really_left() -> None:
    limiter = Limiter(2)
    paced, loop = Paced(limiter), asyncio.get_running_loop()
    left: list[float] = []

    async def note(bot: Bot, method: TelegramMethod[Any]) -> Response[Any]:
        left.append(loop.time())
        return Response[Any](ok=True)

    async def receipt() -> None:
        PATIENT.set(True)
        await paced(note, BOT, SendMessage(chat_id=7, text="receipt"))

    limiter.note()
    limiter.note()  # no room: the first receipt waits for a second
    began = loop.time()
    await asyncio.gather(asyncio.create_task(receipt()), asyncio.create_task(receipt()))
    assert left[0] - began > 0.9 and left[1] - left[0] > PER_CHAT - 0.01


async def test_a_429_of_one_chat_that_had_two_at_once_holds_nobody_and_any_other_holds_all() -> None:
    limiter = Limiter(30)
    paced = Paced(limiter)
    await paced(taken, BOT, SendMessage(chat_id=7, text="…"))
    with pytest.raises(TelegramRetryAfter):
        await paced(refused, BOT, SendMessage(chat_id=7, text="…"))
    assert not limiter.held
    with pytest.raises(TelegramRetryAfter):
        await paced(refused, BOT, EditMessageText(chat_id=8, message_id=1, text="…"))
    assert limiter.held > 4
